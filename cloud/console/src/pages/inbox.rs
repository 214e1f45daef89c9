//! The review inbox: what waits for one's approval, as the TV will show it.

use maud::{Markup, html};

use crate::context::{Context, ItemLine, Place};
use crate::layout::Page;
use crate::messages::Message;
use crate::parts::{board_chip, csrf, heading, icon, item_url, moment, pager, query, state_chip, tv_pages};
use crate::time;
use crate::words::{State, Step, grouped};

/// `/console/inbox?step=first&after=<cursor>`.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// The step that is shown.
    pub step: Step,
    /// How much waits at every step that the viewer reviews.
    pub tabs: Vec<(Step, i64)>,
    /// The oldest first.
    pub entries: Vec<Entry>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Whether this is not the first page.
    pub further: bool,
    /// How many wait behind this page.
    pub behind: i64,
}

impl Entry {
    /// Whether all of it can be seen in the list: then, once every page was looked at, it is approved there.
    pub fn is_whole(&self) -> bool {
        self.screen.is_some() && self.more.is_empty()
    }
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub item: ItemLine,
    /// SHA-256 of the content, in full; an approval names it, so that nobody approves what they have not seen.
    pub hash: String,
    /// URL of the first page of the TV's screen; none where it cannot be drawn.
    pub screen: Option<String>,
    /// What it holds that the list does not show, such as a table or a video, in the reader's language.
    pub more: Vec<String>,
    /// The first 200 characters or so of the running text.
    pub excerpt: String,
    /// Against what was approved last; empty for something new.
    pub changes: Vec<Change>,
    /// Since when it waits for this step, Unix seconds.
    pub since: i64,
    /// Who has let it through before: step, name, Unix seconds.
    pub passed: Vec<(Step, String, i64)>,
    /// Why the viewer cannot decide, such as that it is their own text; in the reader's language.
    pub barred: Option<Message>,
}

/// A line of a comparison.
#[derive(Clone, Debug)]
pub struct Change {
    pub kind: ChangeKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Same,
    Added,
    Removed,
}

/// What takes the place of an entry once it is decided.
#[derive(Clone, Debug)]
pub struct Decided {
    pub id: String,
    pub title: String,
    /// Where the item stands now.
    pub state: State,
    /// Somebody else was quicker, or the text has changed meanwhile: what to say instead, in the reader's language.
    pub problem: Option<Message>,
    pub tabs: Vec<(Step, i64)>,
    /// The tab that is shown.
    pub step: Step,
}

/// Posts `hash`, `step`, `from` (`list`) and `seen` (how many pages of the TV's screen were looked at) to
/// `/console/items/{id}/approve`, or `hash`, `step` and `reason` to `/console/items/{id}/reject`, both with `return` (a
/// path); htmx expects [`decided`]. What holds more than the list shows is approved on its own page alone.
pub fn page(cx: &Context, view: &Inbox) -> Markup {
    let line = html! {
        (cx.t("键盘：", "Keys: "))
        kbd { "J" } " " kbd { "K" } " " (cx.t("下一条、上一条", "next, previous")) "　"
        kbd { "←" } " " kbd { "→" } " " (cx.t("翻电视画面", "turn the TV's pages")) "　"
        kbd { "A" } " " (cx.t("通过", "approve")) "　"
        kbd { "R" } " " (cx.t("退回，写原因", "send back with a reason")) "　"
        kbd { "O" } " " (cx.t("打开", "open"))
    };
    let body = html! {
        (heading(cx.t("待审", "Reviews"), html! { span.by-keys { (line) } }, html! {}))
        (tabs(cx, &view.tabs, view.step, false))
        @if view.entries.is_empty() {
            div.card.blank {
                p.nothing.big { (cx.fill("{}都审完了，歇一歇。", "Nothing is left for {}.", &[&view.step.word(cx.lang).to_lowercase()])) }
                p.muted { (cx.t("有新的送来，左边菜单上会有数字。", "When more is handed in, a number shows in the menu.")) }
            }
        } @else {
            ol.stack #inbox {
                @for entry in &view.entries { li { (article(cx, view.step, entry)) } }
            }
        }
        @if view.entries.iter().filter(|entry| entry.barred.is_none() && entry.is_whole()).count() > 1 {
            div.row.end #seen-all hidden data-question=(cx.t("以下看完的都通过？", "Approve all of these, which you have looked at?")) {
                button.button.good type="button" data-words=(cx.t("通过看完的 {} 条", "Approve the {} looked at")) {}
            }
        }
        @if view.behind > 0 {
            p.muted.center.behind {
                (cx.fill("后面还有 {} 条。这一页审完，刷新就接着往下审。", "{} more wait behind these. When these are done, reload to go on.", &[&grouped(view.behind)]))
            }
        }
        (pager(cx, view.further.then(|| url(view, "")).as_deref(), view.next.as_deref().map(|next| url(view, next)).as_deref()))
    };
    Page { title: Place::Inbox.word(cx.lang), place: Some(Place::Inbox), scripts: &["tv.js", "inbox.js"], body }
        .draw(cx)
}

fn url(view: &Inbox, after: &str) -> String {
    format!("/console/inbox{}", query(&[("step", view.step.slug()), ("after", after)]))
}

fn tabs(cx: &Context, tabs: &[(Step, i64)], current: Step, swapped: bool) -> Markup {
    html! {
        nav.tabs #steps aria-label=(cx.t("审核环节", "Review steps")) hx-swap-oob=[swapped.then_some("true")] {
            @for (step, count) in tabs {
                a href=(format!("/console/inbox?step={}", step.slug())) aria-current=[(*step == current).then_some("page")] {
                    (step.word(cx.lang)) " " span.chip { (count) }
                }
            }
        }
    }
}

fn article(cx: &Context, step: Step, entry: &Entry) -> Markup {
    let item = &entry.item;
    let (id, url) = (format!("entry-{}", item.id), item_url(&item.id));
    html! {
        article.card.entry #(id) tabindex="-1" aria-labelledby=(format!("{id}-title")) {
            @if let Some(screen) = &entry.screen {
                (tv_pages(cx, screen, &cx.fill("电视上的样子：{}", "As on the TV: {}", &[&item.title]), false))
            }
            div.grow {
                h2 #(format!("{id}-title")) { a.title href=(url) data-open { (item.title) } }
                p.muted {
                    (board_chip(cx, item.board)) " " (item.section) " · " (item.kind.word(cx.lang)) " · "
                    (item.region.short_name()) " · " (item.author) " · "
                    (cx.fill("等了 {}", "waiting for {}", &[&time::span(cx.lang, cx.now - entry.since)]))
                }
                @if !entry.passed.is_empty() {
                    p.muted {
                        @for (step, who, at) in &entry.passed {
                            span.passed { (icon("shield")) (step.word(cx.lang)) " " (who) " " (moment(cx, *at)) }
                        }
                    }
                }
                p.excerpt { (entry.excerpt) }
                (changes(cx, &entry.changes))
                (decide(cx, step, &id, entry))
            }
        }
    }
}

/// What is different from what was approved last.
pub fn changes(cx: &Context, changes: &[Change]) -> Markup {
    html! {
        @if !changes.is_empty() {
            div.changes {
                p.muted { (cx.t("和上次通过的相比：", "Compared with what was approved last:")) }
                ul {
                    @for change in changes {
                        @match change.kind {
                            ChangeKind::Same => li { (change.text) },
                            ChangeKind::Added => li.added { ins { (change.text) } },
                            ChangeKind::Removed => li.removed { del { (change.text) } },
                        }
                    }
                }
            }
        }
    }
}

fn decide(cx: &Context, step: Step, id: &str, entry: &Entry) -> Markup {
    let item = &entry.item.id;
    let target = format!("#{id}");
    let hidden = html! {
        (csrf(cx))
        input type="hidden" name="hash" value=(entry.hash);
        input type="hidden" name="step" value=(step.slug());
        input type="hidden" name="return" value=(cx.path);
    };
    let (approve, reject) = (format!("/console/items/{item}/approve"), format!("/console/items/{item}/reject"));
    html! {
        @if let Some(barred) = &entry.barred { p.barred { (icon("shield")) (barred.sentence(cx.lang)) } } @else {
            @if !entry.is_whole() {
                p.hint {
                    @if entry.more.is_empty() { (cx.t("这里画不出电视画面，打开看完再审。", "The TV's screen cannot be drawn here; open it to review it.")) }
                    @else { (cx.fill("还有{}，这里看不全，打开看完再审。", "It also has {}, which the list does not show; open it to review it.", &[&entry.more.join(cx.t("、", ", "))])) }
                }
            }
            div.decide {
                @if entry.is_whole() {
                    form method="post" action=(approve) hx-post=(approve) hx-target=(target) hx-swap="outerHTML" hx-sync="this:drop" {
                        (hidden)
                        input type="hidden" name="from" value="list";
                        input type="hidden" name="seen" value="0" data-seen;
                        button.button.good type="submit" data-approve disabled
                            data-unseen=(cx.t("看完 {} 页才能通过", "{} pages to look at first")) {
                            (cx.fill("{}通过", "Approve: {}", &[&step.word(cx.lang).to_lowercase()]))
                        }
                    }
                } @else {
                    a.button.primary href=(format!("{}#review", item_url(item))) data-to-review { (cx.t("打开看完再审", "Open and review")) }
                }
                details data-reject {
                    summary.button.bad { (cx.t("退回…", "Send back…")) }
                    form.reject method="post" action=(reject) hx-post=(reject) hx-target=(target) hx-swap="outerHTML" hx-sync="this:drop" {
                        (hidden)
                        label for=(format!("{id}-reason")) { (cx.t("退回的原因（作者会看到）", "Why (the author reads this)")) }
                        textarea #(format!("{id}-reason")) name="reason" rows="2" required maxlength="500" {}
                        div.row.end { button.button.bad.full type="submit" { (cx.t("退回", "Send back")) } }
                    }
                }
            }
        }
    }
}

/// The fragment that htmx puts in the place of the entry; the tabs come with it.
pub fn decided(cx: &Context, view: &Decided) -> Markup {
    let said = match &view.problem {
        Some(problem) => problem.sentence(cx.lang),
        None => cx.fill("现在：{}", "Now: {}", &[&view.state.word(cx.lang)]),
    };
    html! {
        article.card.entry.done #(format!("entry-{}", view.id)) tabindex="-1" data-announce=(format!("{} {said}", view.title)) {
            p.grow { a href=(item_url(&view.id)) { (view.title) } }
            @if view.problem.is_some() { p.reason { (said) } }
            (state_chip(cx, view.state))
        }
        (tabs(cx, &view.tabs, view.step, true))
    }
}
