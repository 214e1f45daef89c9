//! The audit log: every step, chained by hashes.

use maud::{Markup, html};

use crate::context::{Context, Place, Region};
use crate::layout::Page;
use crate::pages::regions::{self, Mode, Picker};
use crate::parts::{Input, button_form, heading, icon, moment, pager, query, region_name, select, short};
use crate::words::grouped;

/// `/console/log?region=&who=&action=&from=&to=&after=<cursor>`.
#[derive(Clone, Debug)]
pub struct Log {
    /// The region and everything below it.
    pub region: Region,
    /// A part of the person's name or account.
    pub who: String,
    /// An action's slug, or empty.
    pub action: String,
    /// First and last day, `YYYY-MM-DD`, or empty.
    pub from: String,
    pub to: String,
    /// The actions one can filter by: slug, and word in the reader's language.
    pub actions: Vec<(String, String)>,
    pub chain: Chain,
    /// The newest first.
    pub entries: Vec<LogEntry>,
    pub next: Option<String>,
    pub further: bool,
    /// Where the whole log is downloaded; absent when the viewer may not.
    pub export: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Chain {
    /// Every chain of the region and below, at a moment (Unix seconds); `head` is the hash of the last entry of the
    /// region's own, empty when that has none.
    Verified { chains: i64, entries: i64, head: String, at: i64 },
    /// The first entry of a region's chain whose hash does not follow from the one before.
    Broken { region: Region, number: i64 },
    /// Has not been looked at since the cloud was started.
    Unchecked,
}

#[derive(Clone, Debug)]
pub struct LogEntry {
    pub number: i64,
    /// Unix seconds.
    pub at: i64,
    /// The person's name; empty for the cloud itself.
    pub who: String,
    /// In the reader's language.
    pub action: String,
    pub region: Option<Region>,
    /// What it was done to, such as an item's title, and its page.
    pub object: String,
    pub url: Option<String>,
    /// What else is known, such as a reason.
    pub detail: String,
    /// SHA-256, 64 hexadecimal digits.
    pub hash: String,
}

/// Posts `region` to `/console/log/verify`.
pub fn page(cx: &Context, view: &Log) -> Markup {
    let actions = html! {
        @if let Some(url) = &view.export { a.button href=(url) download { (icon("download")) (cx.t("导出", "Export")) } }
    };
    let url = |after: &str| {
        let pairs = [
            ("region", view.region.code.as_str()),
            ("who", &view.who),
            ("action", &view.action),
            ("from", &view.from),
            ("to", &view.to),
            ("after", after),
        ];
        format!("/console/log{}", query(&pairs))
    };
    let body = html! {
        (heading(cx.t("操作日志", "Audit log"), html! { (view.region.full_name()) }, actions))
        (chain(cx, view))
        (filters(cx, view))
        @if view.entries.is_empty() {
            div.card { p.nothing.big { (cx.t("没有符合条件的记录。", "No entry matches.")) } }
        } @else {
            div.card.flush {
                table.log {
                    caption.unseen { (cx.t("操作记录", "Entries")) }
                    thead { tr {
                        th.number scope="col" { (cx.t("本地区序号", "No. in region")) }
                        th scope="col" { (cx.t("时间", "When")) }
                        th scope="col" { (cx.t("谁", "Who")) }
                        th scope="col" { (cx.t("做了什么", "What")) }
                        th scope="col" { (cx.t("对象", "To what")) }
                        th scope="col" { (cx.t("地区", "Region")) }
                        th scope="col" { (cx.t("链上指纹", "Hash")) }
                    } }
                    tbody { @for entry in &view.entries { (row(cx, entry)) } }
                }
            }
        }
        (pager(cx, view.further.then(|| url("")).as_deref(), view.next.as_deref().map(url).as_deref()))
    };
    Page { title: Place::Log.word(cx.lang), place: Some(Place::Log), scripts: &["regions.js"], body }.draw(cx)
}

fn chain(cx: &Context, view: &Log) -> Markup {
    let (class, said) = match &view.chain {
        Chain::Verified { chains, entries, head, at } => (
            "good",
            html! {
                strong { (cx.t("日志完整", "The log is whole")) } " · "
                (cx.fill("{} 个地区共 {} 条，逐条相扣", "{} regions, {} entries, each bound to the one before", &[&grouped(*chains), &grouped(*entries)]))
                @if !head.is_empty() { (cx.t("，本地区最后一条 ", ", the last one here ")) code title=(head) { (short(head)) } }
                " · " (moment(cx, *at)) (cx.t(" 核对", " checked"))
            },
        ),
        Chain::Broken { region, number } => (
            "bad",
            html! {
                strong { (cx.fill("{}的日志在第 {} 条断了", "The log of {} is broken at entry {}", &[&region.name, &grouped(*number)])) } " · "
                (cx.t("有人改过或删过记录，请马上报告审计。", "entries were changed or removed; tell the auditors at once."))
            },
        ),
        Chain::Unchecked => {
            ("note", html! { (cx.t("启动以来还没有核对过。", "Not checked since the cloud was started.")) })
        }
    };
    html! {
        div.flash.chain.(class) role=(if class == "bad" { "alert" } else { "status" }) {
            (icon("shield"))
            p.grow { (said) }
            (button_form(cx, "/console/log/verify", &[("region", &view.region.code)], cx.t("现在核对", "Check now"), "button small", ""))
        }
    }
}

fn filters(cx: &Context, view: &Log) -> Markup {
    let actions: Vec<_> = [("", cx.t("全部", "All"))]
        .into_iter()
        .chain(view.actions.iter().map(|(slug, word)| (slug.as_str(), word.as_str())))
        .collect();
    html! {
        form.card.filters.log-filters method="get" action="/console/log" role="search" {
            (regions::picker(cx, &Picker {
                id: "log-region",
                label: cx.t("地区（含下级）", "Region and below"),
                root: cx.viewer.as_ref().map_or(&view.region, |viewer| &viewer.region),
                mode: Mode::One { name: "region", chosen: Some(&view.region) },
            }))
            (Input::text("log-who", "who", cx.t("谁", "Who"), &view.who).draw())
            (select("log-action", "action", cx.t("做了什么", "What"), &view.action, &actions))
            (Input { kind: "date", ..Input::text("log-from", "from", cx.t("从", "From"), &view.from) }.draw())
            (Input { kind: "date", ..Input::text("log-to", "to", cx.t("到", "To"), &view.to) }.draw())
            button.button type="submit" { (cx.t("筛选", "Filter")) }
        }
    }
}

fn row(cx: &Context, entry: &LogEntry) -> Markup {
    html! {
        tr {
            td.number { (entry.number) }
            td.nowrap { (moment(cx, entry.at)) }
            td.nowrap { @if entry.who.is_empty() { span.muted { (cx.t("云", "the cloud")) } } @else { (entry.who) } }
            td.nowrap { strong { (entry.action) } }
            td {
                @match &entry.url {
                    Some(url) if !entry.object.is_empty() => a href=(url) { (entry.object) },
                    _ => (entry.object),
                }
                @if !entry.detail.is_empty() { p.muted { (entry.detail) } }
            }
            td { @if let Some(region) = &entry.region { (region_name(region)) } }
            td { code title=(entry.hash) { (short(&entry.hash)) } }
        }
    }
}
