//! What viewers did, per village and item.

use maud::{Markup, html};

use crate::charts::{self, DayFigures};
use crate::context::{Context, Place, Region};
use crate::layout::Page;
use crate::pages::regions::{self, Mode, Picker};
use crate::parts::{Input, board_chip, heading, icon, item_url, nothing, pager, query};
use crate::time;
use crate::words::{Board, Kind, grouped};

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
            section.card { h2 { (cx.t("每天", "Per day")) } (charts::days(cx, "chart-days", &view.days)) }
            div.columns.two {
                section.card { h2 { (cx.t("各地", "By region")) } (by_region(cx, view)) (pager(cx, None, next.as_deref())) }
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

fn by_region(cx: &Context, view: &Views) -> Markup {
    html! {
        @if view.regions.is_empty() { (nothing(cx.t("这段时间没有数据。", "Nothing was reported in this time."))) } @else {
            table {
                caption.unseen { (cx.t("各地的收视", "Viewing by region")) }
                thead { tr { th scope="col" { (cx.t("地区", "Region")) } (number_titles(cx)) } }
                tbody {
                    @for (region, figures) in &view.regions {
                        tr {
                            th scope="row" {
                                a href=(format!("/console/views{}", query(&[("region", &region.code), ("from", &view.from), ("to", &view.to)]))) { (region.name) }
                            }
                            (numbers(figures))
                        }
                    }
                }
            }
        }
    }
}

fn by_item(cx: &Context, view: &Views) -> Markup {
    html! {
        @if view.items.is_empty() { (nothing(cx.t("这段时间没有数据。", "Nothing was reported in this time."))) } @else {
            table {
                caption.unseen { (cx.t("看得最多的内容", "Items seen most")) }
                thead { tr { th scope="col" { (cx.t("内容", "Item")) } (number_titles(cx)) } }
                tbody {
                    @for item in &view.items {
                        tr {
                            th scope="row" {
                                a href=(item_url(&item.id)) { (item.title) }
                                p.muted { (board_chip(cx, item.board)) " " (item.kind.word(cx.lang)) " · " (item.region.name) }
                            }
                            (numbers(&item.figures))
                        }
                    }
                }
            }
        }
    }
}
