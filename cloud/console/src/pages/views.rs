//! What viewers did, per village and item.

use maud::{Markup, html};

use crate::charts::{self, DayFigures};
use crate::context::{Context, Place, Region};
use crate::layout::Page;
use crate::pages::regions::{self, Mode, Picker};
use crate::parts::{Input, board_chip, heading, icon, item_url, nothing, pager, query};
use crate::time;
use crate::words::{Board, Kind, Level, grouped};

/// `/console/views?region=&from=YYYY-MM-DD&to=YYYY-MM-DD&after=<cursor>`.
#[derive(Clone, Debug)]
pub struct Views {
    pub region: Region,
    /// First and last day, `YYYY-MM-DD`.
    pub from: String,
    pub to: String,
    pub total: Figures,
    /// Every day of the range, ascending.
    pub days: Vec<DayFigures>,
    /// The regions directly below, or the villages, by views.
    pub regions: Vec<(Region, Figures)>,
    /// The items that were seen most.
    pub items: Vec<ItemFigures>,
    /// Whether those are counted by the whole months of which the range has a day.
    pub items_by_month: bool,
    /// Cursor of the next page of `regions`.
    pub next: Option<String>,
    /// Months that can be taken as CSV (`/console/views.csv?region=&month=YYYY-MM`), the latest first.
    pub months: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Times an item was opened.
    pub views: i64,
    /// Times a video was played.
    pub plays: i64,
    /// Minutes watched.
    pub minutes: i64,
}

#[derive(Clone, Debug)]
pub struct ItemFigures {
    pub id: String,
    pub title: String,
    pub kind: Kind,
    pub board: Board,
    pub region: Region,
    pub figures: Figures,
}

/// Lines of a list that are shown before one asks for all.
const FIRST: usize = 10;

pub fn page(cx: &Context, view: &Views) -> Markup {
    let line = html! { (view.region.full_name()) " · " (cx.t("机顶盒只报次数和分钟，不报谁在看", "Boxes report counts and minutes, never who watches")) };
    let next = view.next.as_ref().map(|after| {
        let pairs = [("region", &view.region.code), ("from", &view.from), ("to", &view.to), ("after", after)];
        format!("/console/views{}", query(&pairs.map(|(name, value)| (name, value.as_str()))))
    });
    let body = html! {
        (heading(cx.t("收视", "Viewing"), line, html! {}))
        div.stack {
            (range(cx, view))
            (totals(cx, &view.total))
            section.card {
                h2 { @if charts::is_weekly(&view.days) { (cx.t("每周", "Per week")) } @else { (cx.t("每天", "Per day")) } }
                (charts::days(cx, "chart-days", &view.days))
            }
            div.columns.two {
                // A village has nothing below it.
                @if view.region.level != Level::Village {
                    section.card { h2 { (cx.t("各地", "By region")) } (by_region(cx, view)) (pager(cx, None, next.as_deref())) }
                }
                section.card {
                    h2 { (cx.t("看得最多的内容", "Seen most")) }
                    @if view.items_by_month { p.hint { (cx.t("按整月统计。", "By whole months.")) } }
                    (by_item(cx, view))
                }
            }
        }
    };
    let title = Place::Views.word(cx.lang);
    Page { title, place: Some(Place::Views), scripts: &["regions.js", "echarts.js", "charts.js"], body }.draw(cx)
}

fn range(cx: &Context, view: &Views) -> Markup {
    html! {
        div.card.range {
            form method="get" action="/console/views" {
                (regions::picker(cx, &Picker {
                    id: "views-region",
                    label: cx.t("地区", "Region"),
                    root: cx.viewer.as_ref().map_or(&view.region, |viewer| &viewer.region),
                    mode: Mode::One { name: "region", chosen: Some(&view.region) },
                }))
                (Input { kind: "date", ..Input::text("views-from", "from", cx.t("从", "From"), &view.from) }.draw())
                (Input { kind: "date", ..Input::text("views-to", "to", cx.t("到", "To"), &view.to) }.draw())
                button.button.primary type="submit" { (cx.t("看", "Show")) }
            }
            @if !view.months.is_empty() {
                details.drop {
                    summary.button { (icon("download")) (cx.t("按月导出 CSV", "Monthly CSV")) }
                    div.sheet {
                        @for month in &view.months {
                            a href=(format!("/console/views.csv{}", query(&[("region", &view.region.code), ("month", month)]))) download {
                                (time::month(cx.lang, month))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn totals(cx: &Context, total: &Figures) -> Markup {
    let tile = |number: i64, word: &str| html! { li.card { span.figure { (grouped(number)) } span.muted { (word) } } };
    html! {
        ul.tiles {
            (tile(total.views, cx.t("打开次数（点击量）", "Views")))
            (tile(total.plays, cx.t("播放次数", "Plays")))
            (tile(total.minutes, cx.t("观看分钟", "Minutes watched")))
        }
    }
}

fn numbers(figures: &Figures) -> Markup {
    html! {
        td.number { (grouped(figures.views)) }
        td.number { (grouped(figures.plays)) }
        td.number { (grouped(figures.minutes)) }
    }
}

fn number_titles(cx: &Context) -> Markup {
    html! {
        th.number scope="col" { (cx.t("打开", "Views")) }
        th.number scope="col" { (cx.t("播放", "Plays")) }
        th.number scope="col" { (cx.t("分钟", "Minutes")) }
    }
}

/// A list by views, whose end is folded.
fn ranked<T>(cx: &Context, caption: &str, what: &str, list: &[T], line: impl Fn(&T) -> Markup) -> Markup {
    let (first, rest) = list.split_at(list.len().min(FIRST));
    let table = |lines: &[T]| {
        html! {
            table.ranked {
                caption.unseen { (caption) }
                thead { tr { th scope="col" { (what) } (number_titles(cx)) } }
                tbody { @for one in lines { tr { (line(one)) } } }
            }
        }
    };
    html! {
        @if first.is_empty() { (nothing(cx.t("这段时间没有数据。", "Nothing was reported in this time."))) } @else { (table(first)) }
        @if !rest.is_empty() {
            details.more {
                summary { (cx.fill("看全部 {} 条", "Show all {}", &[&grouped(list.len() as i64)])) }
                (table(rest))
            }
        }
    }
}

fn by_region(cx: &Context, view: &Views) -> Markup {
    let line = |(region, figures): &(Region, Figures)| {
        let url =
            format!("/console/views{}", query(&[("region", &region.code), ("from", &view.from), ("to", &view.to)]));
        html! { th scope="row" { a href=(url) { (region.name) } } (numbers(figures)) }
    };
    ranked(cx, cx.t("各地的收视", "Viewing by region"), cx.t("地区", "Region"), &view.regions, line)
}

fn by_item(cx: &Context, view: &Views) -> Markup {
    let line = |item: &ItemFigures| {
        html! {
            th scope="row" {
                a href=(item_url(&item.id)) { (item.title) }
                p.muted { (board_chip(cx, item.board)) " " (item.kind.word(cx.lang)) " · " (item.region.name) }
            }
            (numbers(&item.figures))
        }
    };
    ranked(cx, cx.t("看得最多的内容", "Items seen most"), cx.t("内容", "Item"), &view.items, line)
}
