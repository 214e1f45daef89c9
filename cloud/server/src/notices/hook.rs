//! Posts to the webhooks of groups: WeCom's robots, DingTalk's, and programs of one's own.
//!
//! | kind | body | what counts as taken |
//! |---|---|---|
//! | `wecom` | `{"msgtype": "text", "text": {"content": …}}` | 200 with `errcode` 0 |
//! | `dingtalk` | the same; with a secret, `timestamp` and `sign` in the address | 200 with `errcode` 0 |
//! | `generic` | `{"id": …, "text": …, "notices": [{"kind", "region", "item", "title", "step", "at", "url"}]}` | any 2xx |

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use url::Url;

use super::NoticeError;
use super::config::{HookConfig, HookKind};

const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of a text that WeCom's robots take; DingTalk's take more.
const LONGEST: usize = 2_000;

/// A post as it is to be made.
#[derive(Clone, Debug)]
pub struct Post {
    /// By which it is known again when it is sent twice.
    pub id: String,
    pub text: String,
    /// The same for programs.
    pub notices: Json,
}

/// Whoever posts. Redirections are not followed: the address in the configuration is the one that is meant.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()
}

pub async fn send(client: &reqwest::Client, hook: &HookConfig, post: &Post, now_ms: i64) -> Result<(), NoticeError> {
    let failed = |problem: String| NoticeError::Hook { name: hook.name.clone(), problem };
    // The address holds the robot's key, so no error says it.
    let unsent = |error: reqwest::Error| failed(error.without_url().to_string());
    let url = address(hook, now_ms).ok_or_else(|| failed("its address is none".to_owned()))?;
    let body = body(hook.kind, post);
    let request = client.post(url).header("idempotency-key", &post.id).json(&body);
    let answer = request.send().await.map_err(unsent)?;
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    let beginning = || text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    if !status.is_success() {
        return Err(failed(format!("it answers {status}: {}", beginning())));
    }
    if hook.kind == HookKind::Generic {
        return Ok(());
    }
    let said: Json = serde_json::from_str(&text).unwrap_or_default();
    match said["errcode"].as_i64() {
        Some(0) => Ok(()),
        _ => Err(failed(format!("it does not take it: {}", beginning()))),
    }
}

/// DingTalk has its requests signed: the moment in milliseconds and a line break before the secret, with the secret.
fn address(hook: &HookConfig, now_ms: i64) -> Option<Url> {
    let mut url: Url = hook.url.expose().parse().ok()?;
    if let (HookKind::Dingtalk, Some(secret)) = (hook.kind, &hook.secret) {
        let sign = sign(secret.expose(), now_ms);
        url.query_pairs_mut().append_pair("timestamp", &now_ms.to_string()).append_pair("sign", &sign);
    }
    Some(url)
}

fn sign(secret: &str, now_ms: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{now_ms}\n{secret}").as_bytes()))
}

fn body(kind: HookKind, post: &Post) -> Json {
    match kind {
        HookKind::Wecom | HookKind::Dingtalk => {
            json!({ "msgtype": "text", "text": { "content": shortened(&post.text) } })
        }
        HookKind::Generic => json!({ "id": post.id, "text": post.text, "notices": post.notices }),
    }
}

/// Whole lines as far as they fit.
fn shortened(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let mut short = String::new();
    for line in text.lines() {
        if short.len() + line.len() + "\n…".len() > LONGEST {
            break;
        }
        short.push_str(line);
        short.push('\n');
    }
    short + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dingtalk_is_signed_as_its_documentation_says() {
        // `echo -en '1577262236757\nSECtest' | openssl dgst -sha256 -hmac SECtest -binary | base64`
        assert_eq!(sign("SECtest", 1_577_262_236_757), "Za/ne6w2koB8B4ROVlgTNd/X+/FbyDpZrXLz57xNZSA=");
    }

    #[test]
    fn a_text_that_is_too_long_ends_with_a_whole_line() {
        let long = shortened(&"荔枝文化节\n".repeat(400));
        assert!(long.len() <= LONGEST && long.ends_with("荔枝文化节\n…"), "{} bytes", long.len());
        assert_eq!(shortened("短"), "短");
    }
}
