//! GET, and one POST, within limits of size and time, and with nothing in the request that is not needed.

use crate::{NetConfig, NetSetupError};
use flate2::read::GzDecoder;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, LOCATION, RANGE,
};
use reqwest::{Client, Response, StatusCode, Url};
use std::io::Read;
use std::time::Duration;
use yuexiang_core::event::{NetError, NetErrorKind};
use yuexiang_core::time::UnixSeconds;

pub(crate) struct Http {
    client: Client,
    base: Url,
    config: NetConfig,
    has_certificates: bool,
}

/// What a request says beyond its path.
#[derive(Clone, Copy)]
pub(crate) enum Ask<'a> {
    /// Only what is newer than this. The poll that finds nothing new is said in as few bytes as can be.
    Newer(Option<&'a str>),
    /// Compressed, where the server can: what is asked for like this is JSON.
    Compressed,
}

/// A whole answer.
pub(crate) struct Answer {
    pub etag: Option<String>,
    /// `None`: it has not changed (304).
    pub body: Option<Vec<u8>>,
}

/// What became of something that was sent.
pub(crate) enum Delivery {
    Taken,
    /// With this status: sending it again would not help.
    Refused(u16),
}

impl Http {
    pub fn new(config: NetConfig) -> Result<Http, NetSetupError> {
        let refused = |reason: String| NetSetupError::Address { url: config.base_url.clone(), reason };
        let mut base = Url::parse(&config.base_url).map_err(|error| refused(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(refused("another scheme".to_owned()));
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        // A redirect means a captive portal far more often than a moved cloud, and metadata would not say where to. For
        // objects `get_object` follows one by itself.
        let builder = || {
            Client::builder()
                .user_agent(&config.user_agent)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .connect_timeout(config.connect_timeout)
                .read_timeout(config.idle_timeout)
                .pool_max_idle_per_host(8)
        };
        let (client, has_certificates) = match builder().build() {
            Ok(client) => (client, true),
            Err(error) => {
                // Over HTTP everything can still be had, and what comes is signed either way.
                tracing::error!("HTTPS unavailable: {}", chain(&error));
                (builder().tls_certs_only([]).build().map_err(NetSetupError::Http)?, false)
            }
        };
        Ok(Http { client, base, config, has_certificates })
    }

    /// Whether the system has root certificates, without which nothing can be had over HTTPS.
    pub fn has_certificates(&self) -> bool {
        self.has_certificates
    }

    pub fn config(&self) -> &NetConfig {
        &self.config
    }

    /// The time that an answer of this length may take.
    pub fn patience(&self, length: u64) -> Duration {
        self.config.base_timeout + Duration::from_secs(length / self.config.slowest.max(1))
    }

    /// Gets `path` below the cloud's address, at most `limit` bytes. `date` takes the server's time, even from an
    /// answer that is refused.
    pub async fn get(
        &self,
        path: &str,
        limit: u64,
        ask: Ask<'_>,
        date: &mut Option<UnixSeconds>,
    ) -> Result<Answer, NetError> {
        let patience = self.patience(limit.min(self.config.page_limit));
        match tokio::time::timeout(patience, self.get_unhurried(path, limit, ask, date)).await {
            Ok(answer) => answer,
            Err(_) => Err(unreachable(path, format_args!("no whole answer within {} s", patience.as_secs()))),
        }
    }

    async fn get_unhurried(
        &self,
        path: &str,
        limit: u64,
        ask: Ask<'_>,
        date: &mut Option<UnixSeconds>,
    ) -> Result<Answer, NetError> {
        let mut headers = HeaderMap::new();
        let known = match ask {
            Ask::Newer(etag) => etag.and_then(|etag| etag.parse().ok()),
            Ask::Compressed => None,
        };
        let conditional = known.is_some();
        match ask {
            Ask::Newer(_) => known.and_then(|etag| headers.insert(IF_NONE_MATCH, etag)),
            Ask::Compressed => headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip")),
        };
        let response = self.send(path, headers).await?;
        *date = server_time(response.headers()).or(*date);
        if response.status() == StatusCode::NOT_MODIFIED && conditional {
            return Ok(Answer { etag: None, body: None });
        }
        let response = accept(path, response, &[StatusCode::OK])?;
        let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let body = read(path, response, limit).await?;
        Ok(Answer { etag, body: Some(body) })
    }

    /// Asks for an object from `offset` on. The answer is one of 200, 206 and 416.
    ///
    /// A cloud whose objects lie elsewhere, in a bucket or behind a CDN, answers with where that is. One such redirect is
    /// followed and no other: what comes is an object only if it has the object's hash, wherever it came from. The other
    /// server hears of nothing but the range and the program's name.
    pub async fn get_object(&self, path: &str, offset: u64) -> Result<Response, NetError> {
        let mut headers = HeaderMap::new();
        if offset > 0 {
            let range =
                format!("bytes={offset}-").parse().map_err(|error| unreachable(path, format_args!("{error}")))?;
            headers.insert(RANGE, range);
        }
        const EXPECTED: [StatusCode; 3] =
            [StatusCode::OK, StatusCode::PARTIAL_CONTENT, StatusCode::RANGE_NOT_SATISFIABLE];
        let response = self.send(path, headers.clone()).await?;
        let Some(url) = redirect(&response) else { return accept(path, response, &EXPECTED) };
        let path = format!("{path} at {}", url.origin().ascii_serialization());
        let request = self.client.get(url).headers(headers);
        let response = request.send().await.map_err(|error| unreachable(&path, format_args!("{}", causes(&error))))?;
        accept(&path, response, &EXPECTED)
    }

    /// Sends `document` as JSON. An error is worth another try.
    pub async fn post(&self, path: &str, document: &impl serde::Serialize) -> Result<Delivery, NetError> {
        let url = self.base.join(path).map_err(|error| unreachable(path, format_args!("{error}")))?;
        let body = serde_json::to_vec(document).map_err(|error| unreachable(path, format_args!("{error}")))?;
        let request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        let answer = tokio::time::timeout(self.config.base_timeout, request.send()).await;
        let response = answer
            .map_err(|_| unreachable(path, format_args!("no answer within {} s", self.config.base_timeout.as_secs())))?
            .map_err(|error| unreachable(path, format_args!("{}", causes(&error))))?;
        let status = response.status();
        let again = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        if status.is_client_error() && !again {
            return Ok(Delivery::Refused(status.as_u16()));
        }
        let expected: &[StatusCode] = if status.is_success() { &[status] } else { &[] };
        accept(path, response, expected).map(|_| Delivery::Taken)
    }

    async fn send(&self, path: &str, headers: HeaderMap) -> Result<Response, NetError> {
        let url = self.base.join(path).map_err(|error| unreachable(path, format_args!("{error}")))?;
        let request = self.client.get(url).headers(headers);
        request.send().await.map_err(|error| unreachable(path, format_args!("{}", causes(&error))))
    }
}

/// Where the answer leads, if that may be followed.
fn redirect(response: &Response) -> Option<Url> {
    let leads_on = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(LOCATION).filter(|_| leads_on)?;
    follow(response.url(), location.to_str().ok()?)
}

fn follow(from: &Url, location: &str) -> Option<Url> {
    let mut to = from.join(location).ok()?;
    let secure = match (from.scheme(), to.scheme()) {
        (_, "https") => true,
        // Who reads along on the way must not learn by a redirect what was asked for in secret.
        (from, "http") => from != "https",
        _ => false,
    };
    // What opens one server is for no other, and a server does not hand out names and passwords. There is a host, so that
    // both can be set.
    let cleared = to.set_username("").and_then(|()| to.set_password(None));
    (secure && cleared.is_ok()).then_some(to)
}

/// The body, unpacked; neither it nor what it came as may be longer than `limit`.
async fn read(path: &str, mut response: Response, limit: u64) -> Result<Vec<u8>, NetError> {
    if let Some(length) = response.content_length().filter(|length| *length > limit) {
        return Err(too_long(path, length, limit));
    }
    let encoding = response.headers().get(CONTENT_ENCODING).cloned();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                if body.len() as u64 + chunk.len() as u64 > limit {
                    return Err(too_long(path, body.len() as u64 + chunk.len() as u64, limit));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break,
            Err(error) => return Err(unreachable(path, format_args!("{}", causes(&error)))),
        }
    }
    match encoding.as_ref().map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(body),
        Some(b"gzip") => unpack(path, &body, limit),
        Some(_) => Err(no_protocol(path, "packed in an unknown way")),
    }
}

/// A few bytes can unpack to gigabytes; what goes beyond the limit is not unpacked.
fn unpack(path: &str, packed: &[u8], limit: u64) -> Result<Vec<u8>, NetError> {
    let mut body = Vec::new();
    let unpacked = GzDecoder::new(packed).take(limit + 1).read_to_end(&mut body);
    match unpacked {
        Err(error) => Err(no_protocol(path, &format!("badly packed: {error}"))),
        Ok(length) if length as u64 > limit => Err(too_long(path, length as u64, limit)),
        Ok(_) => Ok(body),
    }
}

fn too_long(path: &str, length: u64, limit: u64) -> NetError {
    let detail = format!("{path}: {length} bytes or more, {limit} are allowed");
    NetError { kind: NetErrorKind::Untrusted, detail }
}

fn no_protocol(path: &str, reason: &str) -> NetError {
    NetError { kind: NetErrorKind::Server, detail: format!("{path}: the answer is {reason}") }
}

/// Sorts answers by what they mean for us.
fn accept(path: &str, response: Response, expected: &[StatusCode]) -> Result<Response, NetError> {
    let status = response.status();
    let refused = |kind, reason: &dyn std::fmt::Display| Err(NetError { kind, detail: format!("{path}: {reason}") });
    if status.is_redirection() {
        let to = response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
        let to: String = to.chars().take(100).collect();
        return refused(NetErrorKind::Server, &format_args!("redirected to {to}, which is refused"));
    }
    if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
        return refused(NetErrorKind::Missing, &format_args!("not there ({})", status.as_u16()));
    }
    if !expected.contains(&status) {
        return refused(NetErrorKind::Server, &format_args!("the server answered {}", status.as_u16()));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.to_ascii_lowercase().starts_with("text/html") {
        return refused(NetErrorKind::Server, &"answered with a web page");
    }
    Ok(response)
}

fn server_time(headers: &HeaderMap) -> Option<UnixSeconds> {
    let date = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok().map(|time| time.as_second())
}

pub(crate) fn unreachable(path: &str, reason: std::fmt::Arguments<'_>) -> NetError {
    NetError { kind: NetErrorKind::Unreachable, detail: format!("{path}: {reason}") }
}

/// An error with what lies beneath it: reqwest's own text says only that something failed.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { "connection failed".to_owned() };
    append_causes(&mut text, error);
    text
}

fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    append_causes(&mut text, error);
    text
}

fn append_causes(text: &mut String, error: &reqwest::Error) {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_follow(from: &str, location: &str, expected: Option<&str>) {
        let from = Url::parse(from).expect("an address");
        assert_eq!(follow(&from, location).as_ref().map(Url::as_str), expected, "{from} → {location}");
    }

    #[test]
    fn a_redirect_leads_to_http_or_https_and_never_from_the_secure_to_the_open() {
        const CLOUD: &str = "http://tv.example.cn/objects/ab";
        check_follow(CLOUD, "http://127.0.0.2:9000/b/ab", Some("http://127.0.0.2:9000/b/ab"));
        check_follow(CLOUD, "https://cdn.example.cn/ab?sig=1", Some("https://cdn.example.cn/ab?sig=1"));
        check_follow(CLOUD, "/elsewhere/ab", Some("http://tv.example.cn/elsewhere/ab"));
        check_follow(CLOUD, "file:///etc/passwd", None);
        check_follow(CLOUD, "ftp://cdn.example.cn/ab", None);
        check_follow(CLOUD, "http://", None);
        const SECURE: &str = "https://tv.example.cn/objects/ab";
        check_follow(SECURE, "https://cdn.example.cn/ab", Some("https://cdn.example.cn/ab"));
        check_follow(SECURE, "//cdn.example.cn/ab", Some("https://cdn.example.cn/ab"));
        check_follow(SECURE, "http://cdn.example.cn/ab", None);
    }

    #[test]
    fn a_redirect_carries_no_name_and_no_password() {
        check_follow("http://me:secret@tv.example.cn/objects/ab", "/ab", Some("http://tv.example.cn/ab"));
        check_follow("http://tv.example.cn/", "http://me:secret@cdn.example.cn/ab", Some("http://cdn.example.cn/ab"));
    }
}
