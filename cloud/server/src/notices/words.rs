//! What notices say, in both languages: on the page, in letters and in groups.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use yuexiang_console::time;
use yuexiang_console::words::{Lang, Step as StepWord};
use yuexiang_wire::Step;

use super::Kind;
use super::read::{About, Notice};
use crate::console::item_segment;
use crate::desk::rights::Role;
use crate::divisions::Divisions;
use crate::region::RegionCode;

/// Notices that one message tells in full.
const LINES: usize = 50;

/// For whom something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The one whom it concerns.
    Person,
    /// Anybody.
    Group,
}

/// What a notice says, in one sentence without its end.
pub fn sentence(lang: Lang, notice: &Notice, reader: Reader) -> String {
    let what = what(lang, &notice.item);
    let step = notice.step.map_or("", |step| step_word(lang, step));
    let text = |name: &str| notice.detail[name].as_str().unwrap_or_default();
    let with_reason = |said: String| match text("reason") {
        "" => said,
        reason => format!("{said}{}{}", lang.pick("：", ": "), one_line(reason)),
    };
    match (notice.kind, lang) {
        (Kind::Waits, Lang::Zh) if reader == Reader::Person => format!("{what}等您{step}"),
        (Kind::Waits, Lang::Zh) => format!("{what}等待{step}"),
        (Kind::Waits, Lang::En) if reader == Reader::Person => format!("{what} waits for your {}", step.to_lowercase()),
        (Kind::Waits, Lang::En) => format!("{what} waits for its {}", step.to_lowercase()),
        (Kind::Overdue, _) => {
            let waited = time::span(lang, notice.at - notice.detail["since"].as_i64().unwrap_or(notice.at));
            match lang {
                Lang::Zh => format!("{what}等{step}已经 {waited}"),
                Lang::En => format!("{what} has waited {waited} for its {}", step.to_lowercase()),
            }
        }
        (Kind::Returned, Lang::Zh) => with_reason(format!("{what}被退回")),
        (Kind::Returned, Lang::En) => with_reason(format!("{what} was sent back")),
        (Kind::Published, Lang::Zh) => format!("{what}已发布"),
        (Kind::Published, Lang::En) => format!("{what} was published"),
        (Kind::Withdrawn, Lang::Zh) => with_reason(format!("{what}被撤回")),
        (Kind::Withdrawn, Lang::En) => with_reason(format!("{what} was withdrawn")),
        (Kind::Expired, Lang::Zh) => format!("{what}已到期下线"),
        (Kind::Expired, Lang::En) => format!("{what} has come to its end"),
        (Kind::OffAir, Lang::Zh) => format!("{what}的审核失效，已下线，等待重审"),
        (Kind::OffAir, Lang::En) => format!("{what} lost a review, went off the air and waits for that review again"),
        (Kind::Substitute, _) => substitute(lang, notice),
        (Kind::Refused, Lang::Zh) => {
            format!("{} 台机顶盒不接收{what}（{}）", notice.detail["boxes"], text("why"))
        }
        (Kind::Refused, Lang::En) => {
            format!("{} boxes refuse or withhold {what} ({})", notice.detail["boxes"], text("why"))
        }
        (Kind::Failed, Lang::Zh) => format!("给{}的通知没有送到：{}", text("name"), one_line(text("problem"))),
        (Kind::Failed, Lang::En) => format!("a notice to {} was not delivered: {}", text("name"), text("problem")),
    }
}

fn substitute(lang: Lang, notice: &Notice) -> String {
    let text = |name: &str| notice.detail[name].as_str().unwrap_or_default();
    let day = |name: &str, before: i64| time::date(lang, notice.detail[name].as_i64().unwrap_or(notice.at) - before);
    let (away, stands_in) = (text("for_name"), text("substitute_name"));
    let role = Role::named(text("role")).map_or("", |role| lang.pick(role.zh(), role.en()));
    let place = place(notice.region);
    let (from, until) = (day("from", 0), day("until", 1));
    match (text("what"), lang) {
        ("begun", Lang::Zh) => format!("{stands_in}开始代{away}做{place}的{role}，到{until}为止"),
        ("begun", Lang::En) => format!("{stands_in} now stands in for {away} ({role}, {place}) until {until}"),
        ("ended", Lang::Zh) => format!("{stands_in}代{away}做{place}的{role}已经结束"),
        ("ended", Lang::En) => format!("{stands_in} no longer stands in for {away} ({role}, {place})"),
        (_, Lang::Zh) => format!("{stands_in}从{from}到{until}代{away}做{place}的{role}"),
        (_, Lang::En) => format!("{stands_in} stands in for {away} ({role}, {place}) from {from} to {until}"),
    }
}

fn what(lang: Lang, item: &About) -> String {
    match item {
        About::Item { title, .. } if title.is_empty() => {
            lang.pick("无标题的内容", "an item without a title").to_owned()
        }
        About::Item { title, .. } => format!("“{}”", one_line(title)),
        About::Hidden => lang.pick("一条内容", "an item").to_owned(),
        About::Nothing => lang.pick("签名数据", "signed metadata").to_owned(),
    }
}

/// The word for a review.
pub fn step_word(lang: Lang, step: Step) -> &'static str {
    StepWord::from(step).word(lang)
}

fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What a region is called where there is little room.
pub fn place(region: RegionCode) -> String {
    let divisions = Divisions::current();
    let name = |code: RegionCode| divisions.name(code).map_or_else(|| code.to_string(), str::to_owned);
    match region.parent().filter(|_| region.level() >= crate::region::Level::Town) {
        Some(parent) => format!("{}{}", name(parent), name(region)),
        None => name(region),
    }
}

/// Where a notice leads, below the address of the console.
pub fn path(notice: &Notice) -> String {
    match &notice.item {
        About::Item { id, .. } => format!("/console/items/{}", item_segment(id)),
        About::Nothing | About::Hidden => "/console/notices".to_owned(),
    }
}

/// Subject and body of a letter.
pub fn letter(lang: Lang, name: &str, notices: &[Notice], console: Option<&str>) -> (String, String) {
    let subject = match notices {
        [notice] => sentence(lang, notice, Reader::Person),
        notices => summary(lang, notices),
    };
    let subject = format!("{}{subject}", lang.pick("【粤乡】", "[Yuexiang] "));
    let mut body = match lang {
        Lang::Zh => format!("{name}，您好：\n\n"),
        Lang::En => format!("Dear {name},\n\n"),
    };
    body.push_str(&lines(lang, notices, console, Reader::Person));
    let settings = format!("{}/console/notices/settings", console.unwrap_or_default());
    body.push_str(&match (lang, console) {
        (Lang::Zh, Some(_)) => format!("\n这封信由系统发出，请不要回复。怎么通知、发到哪里，在这里改：{settings}\n"),
        (Lang::Zh, None) => {
            "\n这封信由系统发出，请不要回复。怎么通知、发到哪里，请登录控制台，在“通知”里改。\n".to_owned()
        }
        (Lang::En, Some(_)) => {
            format!("\nThis letter was sent by a program. What is sent to you you choose at {settings}\n")
        }
        (Lang::En, None) => {
            "\nThis letter was sent by a program. What is sent to you you choose in the console.\n".to_owned()
        }
    });
    (subject, body)
}

/// What is posted to a group.
pub fn post(notices: &[Notice], console: Option<&str>) -> String {
    let lang = Lang::Zh;
    let head =
        if notices.len() > 1 { format!("【粤乡】{}\n", summary(lang, notices)) } else { "【粤乡】".to_owned() };
    head + &lines(lang, notices, console, Reader::Group)
}

/// The same for programs.
pub fn machine(notices: &[Notice], console: Option<&str>) -> Json {
    let one = |notice: &Notice| {
        let (item, title) = match &notice.item {
            About::Item { id, title, .. } => (Some(id), Some(title)),
            About::Nothing | About::Hidden => (None, None),
        };
        json!({
            "id": notice.id,
            "kind": notice.kind.slug(),
            "region": notice.region,
            "item": item,
            "title": title,
            "step": notice.step.map(Step::slug),
            "at": notice.at,
            "url": console.map(|console| format!("{console}{}", path(notice))),
        })
    };
    notices.iter().map(one).collect()
}

/// How many there are of each kind.
fn summary(lang: Lang, notices: &[Notice]) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for notice in notices {
        *counts.entry(notice.kind).or_default() += 1;
    }
    let count = |(kind, count): (Kind, usize)| match lang {
        Lang::Zh => format!("{count} 条{}", kind.word(lang)),
        Lang::En => format!("{count} × {}", kind.word(lang)),
    };
    counts.into_iter().map(count).collect::<Vec<_>>().join(lang.pick("，", ", "))
}

fn lines(lang: Lang, notices: &[Notice], console: Option<&str>, reader: Reader) -> String {
    let mut text = String::new();
    for notice in notices.iter().take(LINES) {
        let said = sentence(lang, notice, reader);
        let (place, at) = (place(notice.region), time::date_time(lang, notice.at));
        let mark = if notices.len() > 1 { "· " } else { "" };
        text += &match lang {
            Lang::Zh => format!("{mark}{said}（{place}，{at}）\n"),
            Lang::En => format!("{mark}{said} ({place}, {at})\n"),
        };
        if let Some(console) = console {
            text += &format!("  {console}{}\n", path(notice));
        }
    }
    let more = notices.len().saturating_sub(LINES);
    if more > 0 {
        text += &match lang {
            Lang::Zh => format!("另有 {more} 条，请到控制台看。\n"),
            Lang::En => format!("And {more} more, in the console.\n"),
        };
    }
    text
}

/// Subject and body of the letter that asks whether an address is somebody's own.
pub fn confirmation(lang: Lang, link: &str) -> (String, String) {
    match lang {
        Lang::Zh => (
            "【粤乡】请确认邮箱".to_owned(),
            format!(
                "有人在粤乡控制台填了这个邮箱，用来接收审核和发布的通知。\n\n如果是您，请打开下面的链接确认，24 小时内有效：\n\
                 {link}\n\n如果不是您，不用理会，不会再收到邮件。\n"
            ),
        ),
        Lang::En => (
            "[Yuexiang] Please confirm your address".to_owned(),
            format!(
                "Somebody has given this address in the console of Yuexiang to be told of reviews and publications.\n\n\
                 If it was you, please open this link within 24 hours:\n{link}\n\n\
                 If not, do nothing: no other letter will follow.\n"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(kind: Kind, title: &str) -> Notice {
        Notice {
            id: "1".into(),
            kind,
            region: "440224103201".parse().expect("a code"),
            item: About::Item { id: "440224103201/water".into(), title: title.into(), is_on_air: false },
            step: Some(Step::First),
            actor: "a".into(),
            actor_name: None,
            at: 1_793_462_400,
            detail: json!({ "reason": "缺发票\r\n请补" }),
            seen: None,
            is_settled: false,
        }
    }

    #[test]
    fn every_kind_has_a_sentence_in_both_languages() {
        for kind in Kind::ALL {
            for lang in Lang::ALL {
                let said = sentence(lang, &notice(*kind, "停水通知"), Reader::Person);
                assert!(!said.is_empty() && !said.contains(['\r', '\n']), "{kind:?}: {said}");
            }
        }
        assert_eq!(sentence(Lang::Zh, &notice(Kind::Waits, "停水"), Reader::Person), "“停水”等您初审");
        assert_eq!(sentence(Lang::Zh, &notice(Kind::Returned, "停水"), Reader::Person), "“停水”被退回：缺发票 请补");
    }

    #[test]
    fn many_notices_are_one_letter_that_counts_them() {
        let many: Vec<Notice> = (0..60).map(|n| notice(Kind::Waits, &format!("第 {n} 号"))).collect();
        let (subject, body) = letter(Lang::Zh, "陈文秀", &many, Some("https://tv.example.cn"));
        assert_eq!(subject, "【粤乡】60 条等您审核");
        assert!(body.contains("第 49 号") && !body.contains("第 50 号") && body.contains("另有 10 条"), "{body}");
        assert!(body.contains("https://tv.example.cn/console/items/440224103201-water"), "{body}");
    }
}
