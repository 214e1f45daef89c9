//! The details of a step of the log in words. What is kept is JSON for programs; here each member that is known has its
//! place, its words and its shape, and what nobody has named yet stands as it is.

use std::collections::HashMap;

use serde_json::{Map, Value};
use yuexiang_console::time;
use yuexiang_console::words::Lang;

use crate::console::items::word_of;
use crate::console::step_word;
use crate::desk::rights::Role;
use crate::desk::state::State;

/// Characters of a step's details.
const LONGEST: usize = 200;
/// Characters of a hash or a key that people compare.
pub const SHORT: usize = 12;

/// How a value is told.
#[derive(Clone, Copy)]
enum Shape {
    /// As it stands.
    Plain,
    /// The beginning of a hash or of a key.
    Hash,
    /// A region, an account, or something else that has a name.
    Named,
    Role,
    Step,
    State,
    /// How somebody came in, or who has set a password.
    Way,
    /// Unix seconds.
    Day,
    /// The first moment, in Unix seconds, after the day.
    LastDay,
    /// Told when it is so, without the value.
    Flag,
    /// Whether a root is in force or waits for signatures.
    Outcome,
}

/// The known members in the order in which they are told: name, Chinese, English.
const MEMBERS: [(&str, Shape, &str, &str); 36] = [
    ("reason", Shape::Plain, "{}", "{}"),
    ("step", Shape::Step, "{}", "{}"),
    ("role", Shape::Role, "{}", "{}"),
    ("region", Shape::Named, "{}", "{}"),
    ("for", Shape::Named, "代{}", "for {}"),
    ("substitute", Shape::Named, "由{}代审", "{} stands in"),
    ("from", Shape::Day, "从 {}", "from {}"),
    ("until", Shape::LastDay, "到 {}", "to {}"),
    ("attempts", Shape::Plain, "发了 {} 次", "{} attempts"),
    ("mail", Shape::Way, "{}", "{}"),
    ("as", Shape::Named, "{}审核员", "as a reviewer of {}"),
    ("name", Shape::Plain, "“{}”", "“{}”"),
    ("login", Shape::Plain, "账号名 {}", "login {}"),
    ("before", Shape::Plain, "原为 {}", "{} before"),
    ("account", Shape::Named, "账号：{}", "account {}"),
    ("person", Shape::Named, "审核员：{}", "reviewer {}"),
    ("subject", Shape::Plain, "统一身份 {}", "identity {}"),
    ("by", Shape::Way, "{}", "{}"),
    ("items", Shape::Plain, "{} 条内容", "{} items"),
    ("reviewed_by", Shape::Plain, "审核人：{}", "reviewed by {}"),
    ("reviews", Shape::Plain, "要过 {} 审", "{} reviews needed"),
    ("sections", Shape::Plain, "本地栏目：{}", "own sections: {}"),
    ("sessions", Shape::Plain, "{} 处登录", "{} sessions"),
    ("state", Shape::State, "现在：{}", "now: {}"),
    ("off_air", Shape::Flag, "已从电视上撤下", "taken off the air"),
    ("outcome", Shape::Outcome, "{}", "{}"),
    ("version", Shape::Plain, "第 {} 版", "version {}"),
    ("threshold", Shape::Plain, "须 {} 把签名", "{} signatures needed"),
    ("token", Shape::Flag, "密钥由本人随身带", "on a token that the person carries"),
    ("expires", Shape::Day, "到 {}", "until {}"),
    ("revision", Shape::Plain, "第 {} 稿", "revision {}"),
    ("hash", Shape::Hash, "指纹 {}", "hash {}"),
    ("key", Shape::Hash, "密钥 {}", "key {}"),
    ("keys", Shape::Hash, "密钥 {}", "keys {}"),
    ("retired", Shape::Hash, "作废密钥 {}", "retired keys {}"),
    ("sha256", Shape::Hash, "文件指纹 {}", "file {}"),
];

/// The details in one line. `names` has what regions and accounts are called.
pub fn detail(json: &str, lang: Lang, names: &HashMap<String, String>) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(json) else { return String::new() };
    let known = MEMBERS.iter().filter_map(|(name, shape, zh, en)| {
        let told = told(fields.get(*name)?, *shape, lang, names)?;
        Some(lang.pick(*zh, *en).replacen("{}", &told, 1))
    });
    let named = |name: &str| MEMBERS.iter().any(|(known, ..)| *known == name);
    let others = fields.iter().filter(|(name, _)| !named(name)).filter_map(|(name, value)| {
        let told = told(value, Shape::Plain, lang, names)?;
        Some(format!("{name} {told}"))
    });
    let parts: Vec<String> = known.chain(others).collect();
    parts.join(" · ").chars().take(LONGEST).collect()
}

/// Codes and accounts in the details, whose names the line needs.
pub fn to_name(json: &str) -> Vec<String> {
    let fields: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let named = MEMBERS.iter().filter(|(_, shape, ..)| matches!(shape, Shape::Named));
    named.filter_map(|(name, ..)| fields.get(*name)?.as_str().map(str::to_owned)).collect()
}

/// A value in words; none when there is nothing to tell.
fn told(value: &Value, shape: Shape, lang: Lang, names: &HashMap<String, String>) -> Option<String> {
    if let Value::Array(several) = value {
        let parts: Vec<String> = several.iter().filter_map(|one| told(one, shape, lang, names)).collect();
        return (!parts.is_empty()).then(|| parts.join(lang.pick("、", ", ")));
    }
    let text = match value {
        Value::Null => return None,
        Value::Bool(false) if matches!(shape, Shape::Flag) => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => text.clone(),
        // A section has a name; of an outcome the one member says what it is.
        Value::Object(fields) => match fields.get("name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None if matches!(shape, Shape::Outcome) => fields.keys().next()?.clone(),
            None => value.to_string(),
        },
        other => other.to_string(),
    };
    Some(match shape {
        Shape::Plain | Shape::Flag => text,
        Shape::Hash => text.chars().take(SHORT).collect(),
        Shape::Named => names.get(&text).cloned().unwrap_or(text),
        Shape::Role => {
            Role::named(&text).map_or_else(|| key_role(&text, lang), |role| lang.pick(role.zh(), role.en()).into())
        }
        Shape::Step => step_word(&text).map_or(text, |step| step.word(lang).to_owned()),
        Shape::State => State::named(&text).map_or(text, |state| word_of(state).word(lang).to_owned()),
        Shape::Day => value.as_i64().map_or(text, |at| time::date(lang, at)),
        Shape::LastDay => value.as_i64().map_or(text, |at| time::date(lang, at - 1)),
        Shape::Way => pick(&WAYS, text, lang),
        Shape::Outcome => pick(&OUTCOMES, text, lang),
    })
}

const WAYS: [(&str, &str, &str); 7] = [
    ("password", "用密码", "with a password"),
    ("oidc", "用统一身份", "with single sign-on"),
    ("link", "用一次性链接", "with a one-time link"),
    ("administrator", "由管理员设", "by an administrator"),
    ("owner", "由本人改", "by the person"),
    ("confirmed", "邮箱已确认", "address confirmed"),
    ("removed", "邮箱已删除", "address removed"),
];

const OUTCOMES: [(&str, &str, &str); 2] =
    [("published", "已生效", "in force"), ("waiting", "等离线签名", "waits for offline signatures")];

/// The roles of TUF.
const KEY_ROLES: [(&str, &str, &str); 4] = [
    ("root", "根密钥", "root"),
    ("targets", "内容密钥", "targets"),
    ("snapshot", "快照密钥", "snapshot"),
    ("timestamp", "时间戳密钥", "timestamp"),
];

fn key_role(text: &str, lang: Lang) -> String {
    pick(&KEY_ROLES, text.to_owned(), lang)
}

fn pick(words: &[(&str, &'static str, &'static str)], text: String, lang: Lang) -> String {
    let known = words.iter().find(|(slug, ..)| *slug == text);
    known.map_or(text, |(_, zh, en)| lang.pick(*zh, *en).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, zh: &str, en: &str) {
        let names = HashMap::from([("440224103000".to_owned(), "扶溪镇".to_owned())]);
        assert_eq!(detail(json, Lang::Zh, &names), zh);
        assert_eq!(detail(json, Lang::En, &names), en);
    }

    #[test]
    fn what_is_known_has_words_and_the_reason_comes_first() {
        check(r#"{"hash":"ab","reason":"缺发票"}"#, "缺发票 · 指纹 ab", "缺发票 · hash ab");
        check(r#"{"region":"440224103000","role":"editor"}"#, "采编 · 扶溪镇", "Editor · 扶溪镇");
        check(
            r#"{"items":1,"reviewed_by":["陈文秀","李国强"]}"#,
            "1 条内容 · 审核人：陈文秀、李国强",
            "1 items · reviewed by 陈文秀, 李国强",
        );
        check(
            r#"{"as":"440224103000","hash":"0123456789abcdef","key":"fedcba9876543210","revision":2,"step":"first"}"#,
            "初审 · 扶溪镇审核员 · 第 2 稿 · 指纹 0123456789ab · 密钥 fedcba987654",
            "First review · as a reviewer of 扶溪镇 · revision 2 · hash 0123456789ab · key fedcba987654",
        );
        check(r#"{"by":"password"}"#, "用密码", "with a password");
        check(
            r#"{"off_air":false,"reviews":2,"state":"draft"}"#,
            "要过 2 审 · 现在：草稿",
            "2 reviews needed · now: Draft",
        );
        check(r#"{"sections":[{"id":"a","name":"荔枝"}]}"#, "本地栏目：荔枝", "own sections: 荔枝");
        check(
            r#"{"role":"root","key":["ab"],"outcome":{"published":{"version":2}}}"#,
            "根密钥 · 已生效 · 密钥 ab",
            "root · in force · key ab",
        );
    }

    #[test]
    fn what_nobody_has_named_stands_as_it_is_and_what_is_empty_is_left_out() {
        check(r#"{"later":"a","nothing":null,"empty":""}"#, "later a", "later a");
        check("{}", "", "");
        check("not JSON", "", "");
        assert_eq!(to_name(r#"{"as":"440224103000","role":"editor"}"#), ["440224103000"]);
    }
}
