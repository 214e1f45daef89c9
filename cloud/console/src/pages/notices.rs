//! What one is told: the list, and how one wants to be told.

use maud::{Markup, html};

use crate::context::{Context, Problem, Region};
use crate::layout::Page;
use crate::parts::{Input, button_form, csrf, form_problems, heading, moment, nothing, pager, select};
use crate::time;
use crate::words::{Lang, Manner, Notice, NoticeGroup};

/// `/console/notices?unread=1`.
#[derive(Clone, Debug)]
pub struct Notices {
    /// Whether only what is not read is shown.
    pub unread_only: bool,
    /// How many are not read; a hundred stands for more.
    pub unread: i64,
    pub lines: Vec<Line>,
    /// The newest that is shown: what comes later stays unread.
    pub newest: Option<String>,
    /// Where the list goes on, and whether this is not its beginning.
    pub next: Option<String>,
    pub further: bool,
    /// How messages get out, for whoever looks after it.
    pub delivery: Option<Delivery>,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    pub kind: Notice,
    /// The sentence, in the reader's language; empty where the reader may not read it any more.
    pub text: String,
    /// Who did it; empty for time itself.
    pub who: String,
    pub region: Region,
    pub at: i64,
    /// Whether it leads anywhere.
    pub has_page: bool,
    pub is_read: bool,
    /// Nothing is left to be done.
    pub is_settled: bool,
}

/// How messages get out.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Whether this cloud sends letters at all.
    pub has_mail: bool,
    pub waiting: i64,
    pub since: Option<i64>,
    /// To whom something was given up, when, and why.
    pub failed: Vec<(String, i64, String)>,
}

/// Posts `up_to` (the newest notice that is shown) to `/console/notices/read`, or `id` for one; a notice leads to
/// `/console/notices/{id}`, which marks it as read and goes on to what it is about.
pub fn page(cx: &Context, view: &Notices) -> Markup {
    let line = match view.unread {
        0 => cx.t("都看过了", "All are read").to_owned(),
        count => cx.fill("{} 条没看", "{} not read", &[&counted(count)]),
    };
    let actions = html! {
        @if let (Some(newest), true) = (&view.newest, view.unread > 0) {
            (button_form(cx, "/console/notices/read", &[("up_to", newest)], cx.t("全部标为已看", "Mark all as read"), "button", ""))
        }
        a.button href="/console/notices/settings" { (cx.t("怎么通知我", "How I am told")) }
    };
    let url = |unread: bool| if unread { "/console/notices?unread=1" } else { "/console/notices" };
    let first = view.further.then(|| url(view.unread_only));
    let next = view
        .next
        .as_ref()
        .map(|next| format!("{}{}after={next}", url(view.unread_only), if view.unread_only { "&" } else { "?" }));
    let body = html! {
        (heading(cx.t("通知", "Notices"), html! { (line) }, actions))
        nav.tabs aria-label=(cx.t("哪些通知", "Which notices")) {
            a href=(url(false)) aria-current=[(!view.unread_only).then_some("page")] { (cx.t("全部", "All")) }
            a href=(url(true)) aria-current=[view.unread_only.then_some("page")] { (cx.t("没看的", "Not read")) }
        }
        section.card {
            @if view.lines.is_empty() {
                (nothing(match view.unread_only {
                    true => cx.t("没有没看的通知。", "Nothing is unread."),
                    false => cx.t("还没有通知。有稿子等您审、被退回或发布了，都会在这里告诉您。",
                        "No notices yet. What waits for your review, is sent back or published will be told here."),
                }))
            } @else {
                ul.lines.notices { @for line in &view.lines { (notice(cx, line)) } }
            }
        }
        (pager(cx, first, next.as_deref()))
        @if let Some(delivery) = &view.delivery { (delivered(cx, delivery)) }
    };
    Page { title: cx.t("通知", "Notices"), place: None, scripts: &[], body }.draw(cx)
}

/// A number of unread notices: nobody reads one with three digits.
pub fn counted(count: i64) -> String {
    if count > 99 { "99+".to_owned() } else { count.to_string() }
}

fn notice(cx: &Context, line: &Line) -> Markup {
    let is_open = !line.is_read && !line.is_settled;
    html! {
        li.unread[is_open] {
            span.dot aria-hidden="true" {}
            div.grow {
                p.what {
                    @if is_open { span.unseen { (cx.t("没看：", "Not read: ")) } }
                    span.chip.(format!("notice-{}", line.kind.group().slug())) { (line.kind.word(cx.lang)) } " "
                    @if line.text.is_empty() {
                        span.muted { (cx.t("这条内容已删除，或者您现在看不了。", "It was deleted, or you may not see it any more.")) }
                    } @else if line.has_page {
                        a href=(format!("/console/notices/{}", line.id)) { (line.text) }
                    } @else {
                        (line.text)
                    }
                }
                p.muted {
                    (line.region.short_name()) " · "
                    @if !line.who.is_empty() { (line.who) " · " }
                    (moment(cx, line.at))
                    @if line.is_settled { " · " (cx.t("已经处理", "done")) }
                }
            }
            @if is_open {
                (button_form(cx, "/console/notices/read", &[("id", &line.id)], cx.t("标为已看", "Mark as read"), "link", ""))
            }
        }
    }
}

fn delivered(cx: &Context, view: &Delivery) -> Markup {
    html! {
        section.card.delivery {
            h2 { (cx.t("发送情况", "Delivery")) }
            p.muted {
                @if !view.has_mail {
                    (cx.t("没有设置邮件服务器，只在控制台通知。", "No mail server is configured: people are told in the console alone."))
                } @else if view.waiting == 0 {
                    (cx.t("没有等着发的。", "Nothing waits to be sent."))
                } @else {
                    (cx.fill("{} 封等着发", "{} wait to be sent", &[&view.waiting]))
                    @if let Some(since) = view.since { (cx.t("，最早的一封等了 ", ", the oldest for ")) (time::span(cx.lang, cx.now - since)) }
                }
            }
            @if !view.failed.is_empty() {
                ul.lines {
                    @for (to, at, problem) in &view.failed {
                        li { div.grow { p { strong { (to) } " " span.muted { (moment(cx, *at)) } } p.problem { (problem) } } }
                    }
                }
            }
        }
    }
}

/// `/console/notices/settings`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether this cloud sends letters.
    pub has_mail: bool,
    /// Confirmed.
    pub address: Option<String>,
    /// Waits for its confirmation.
    pub unconfirmed: Option<String>,
    /// What was typed and is none.
    pub typed: String,
    /// How one is told of each group that can concern one.
    pub groups: Vec<(NoticeGroup, Manner)>,
    pub hour: i64,
    /// The language of letters.
    pub lang: Lang,
    pub problems: Vec<Problem>,
}

/// Posts `waiting`, `own`, `operation` (each `now`, `daily` or `never`), `hour` and `lang` to `/console/notices/settings`;
/// `address` to `/console/notices/address`, nothing else to `/console/notices/address/remove`.
pub fn settings(cx: &Context, view: &Settings) -> Markup {
    let body = html! {
        (heading(cx.t("怎么通知我", "How I am told"),
            html! { (cx.t("控制台里总有，右上角的铃铛会有数字。要不要也发邮件，在这里选。",
                "The console has all of it, with a number on the bell. Whether you get letters as well you choose here.")) },
            html! { a.button href="/console/notices" { (cx.t("回到通知", "Back to the notices")) } }))
        (form_problems(cx, &view.problems))
        div.columns.two { (mail(cx, view)) (manners(cx, view)) }
    };
    Page { title: cx.t("怎么通知我", "How I am told"), place: None, scripts: &[], body }.draw(cx)
}

fn mail(cx: &Context, view: &Settings) -> Markup {
    html! {
        section.card.stack {
            h2 { (cx.t("邮箱", "Mail address")) }
            @if let Some(address) = &view.address {
                div.row.wrap {
                    p.grow { strong { (address) } " " span.chip.state-published { (cx.t("已确认", "confirmed")) } }
                    (button_form(cx, "/console/notices/address/remove", &[], cx.t("不再发到这里", "Send nothing there"), "link bad",
                        cx.t("以后不再发邮件到这里，确定吗？", "No more letters there?")))
                }
            }
            @if let Some(address) = &view.unconfirmed {
                p { (cx.fill("确认信已经发到 {}，请打开信里的链接，24 小时内有效。", "A letter was sent to {}: please open the link in it within 24 hours.", &[address])) }
            }
            @if view.has_mail {
                form.fields method="post" action="/console/notices/address" {
                    (csrf(cx))
                    (Input {
                        kind: "email",
                        required: true,
                        autocomplete: "email",
                        problems: &view.problems,
                        hint: cx.t("会先发一封确认信，打开信里的链接才算数。", "A letter with a link comes first; the address counts when it was opened."),
                        ..Input::text("address", "address", match view.address {
                            Some(_) => cx.t("换一个邮箱", "Another address"),
                            None => cx.t("收信的邮箱", "Where letters go"),
                        }, &view.typed)
                    }.draw())
                    div.row.end { button.button type="submit" { (cx.t("发确认信", "Send the letter")) } }
                }
            } @else {
                p.muted { (cx.t("本系统还没有设置邮件服务器，要发邮件请与运维联系。", "This cloud sends no mail yet: ask its operators.")) }
            }
        }
    }
}

fn manners(cx: &Context, view: &Settings) -> Markup {
    let options: Vec<(&str, &str)> = Manner::ALL.iter().map(|manner| (manner.slug(), manner.word(cx.lang))).collect();
    let hours: Vec<(String, String)> = (0..24).map(|hour| (hour.to_string(), format!("{hour:02}:00"))).collect();
    let hours: Vec<(&str, &str)> = hours.iter().map(|(value, word)| (value.as_str(), word.as_str())).collect();
    html! {
        section.card {
            h2 { (cx.t("什么时候发", "When")) }
            form.fields method="post" action="/console/notices/settings" {
                (csrf(cx))
                @for (group, manner) in &view.groups {
                    (select(&format!("manner-{}", group.slug()), group.slug(), group.word(cx.lang), manner.slug(), &options))
                }
                div.fields.two {
                    (select("hour", "hour", cx.t("“每天一次”在几点", "The hour of “once a day”"), &view.hour.to_string(), &hours))
                    (select("mail-lang", "lang", cx.t("信用什么文字", "Language of letters"), view.lang.slug(), &[("zh", "中文"), ("en", "English")]))
                }
                div.row.end { button.button.primary type="submit" { (cx.t("保存", "Save")) } }
            }
            p.hint { (cx.t("“马上”发的，接着再有的会并成一封，不会一封接一封。", "After a letter “at once”, what comes soon afterwards is put into one.")) }
        }
    }
}

/// Where the link of a letter leads: the address, or none when the link is over. `done` after it was confirmed.
#[derive(Clone, Debug)]
pub struct Confirm {
    pub link: String,
    pub address: Option<String>,
    pub done: bool,
}

/// Posts nothing else to `/console/notices/confirm/{link}`: what reads mail for viruses opens links, and presses no button.
pub fn confirm(cx: &Context, view: &Confirm) -> Markup {
    let body = html! {
        div.door {
            section.card.stack {
                h1 { (cx.t("确认邮箱", "Confirm your address")) }
                @match (&view.address, view.done) {
                    (Some(address), true) => {
                        p { (cx.fill("{} 已确认，以后的通知会发到这里。", "{} is confirmed: notices will be sent there.", &[address])) }
                        a.button.primary href="/console/notices/settings" { (cx.t("选什么时候发", "Choose when")) }
                    }
                    (Some(address), false) => {
                        p { (cx.fill("粤乡的通知发到 {}，对吗？", "Are notices of Yuexiang to be sent to {}?", &[address])) }
                        form method="post" action=(format!("/console/notices/confirm/{}", view.link)) {
                            (csrf(cx))
                            button.button.primary type="submit" { (cx.t("对，发到这里", "Yes, send them there")) }
                        }
                    }
                    (None, _) => {
                        p { (cx.t("链接用过了，或已经过期。请登录后在“通知”里重新填邮箱。", "The link was used or is over. Please sign in and enter your address again.")) }
                        a.button href="/console/notices/settings" { (cx.t("去填邮箱", "Enter an address")) }
                    }
                }
            }
        }
    };
    Page { title: cx.t("确认邮箱", "Confirm your address"), place: None, scripts: &[], body }.draw(cx)
}
