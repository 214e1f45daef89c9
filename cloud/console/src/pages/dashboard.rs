//! The dashboard of one's region.

use maud::{Markup, html};

use crate::charts::{self, CoverageArea, DayFigures, MonthlyItems};
use crate::context::{Context, ItemLine, Place, Region};
use crate::layout::Page;
use crate::parts::{heading, icon, item_row, moment, nothing, region_name};
use crate::time;
use crate::words::{Level, Step, bytes, grouped, percent};

/// `/console/`.
#[derive(Clone, Debug)]
pub struct Dashboard {
    pub region: Region,
    /// One entry for every step that the viewer reviews, also with nothing waiting.
    pub waiting: Vec<Waiting>,
    /// The viewer's own drafts and what was sent back to them, the newest first, a handful; none for whoever does not
    /// write here.
    pub mine: Option<Vec<ItemLine>>,
    /// What went out in the region lately, the newest first, a handful.
    pub recent: Vec<ItemLine>,
    pub coverage: Coverage,
    /// Absent for whoever may not see it.
    pub storage: Option<Storage>,
    pub transcoding: Option<Transcoding>,
    pub items: MonthlyItems,
    /// Cities with their counties, or whatever lies one and two levels below the region.
    pub areas: Vec<CoverageArea>,
    /// The last 30 days, ascending; none for whoever may not see figures.
    pub plays: Vec<DayFigures>,
}

#[derive(Clone, Debug)]
pub struct Waiting {
    pub step: Step,
    pub count: i64,
    /// Since when the oldest waits, Unix seconds.
    pub oldest: Option<i64>,
}

/// How many of the region's villages have published something within 30 days.
#[derive(Clone, Debug)]
pub struct Coverage {
    pub villages: i64,
    pub active: i64,
    /// Those that have been silent longest, a handful.
    pub silent: Vec<SilentVillage>,
    /// When the region itself last published, where it is a village; Unix seconds.
    pub last: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct SilentVillage {
    pub region: Region,
    /// When it last published, Unix seconds; never when absent.
    pub last: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Storage {
    /// Bytes.
    pub used: i64,
    /// Bytes; unknown with an object store.
    pub capacity: Option<i64>,
    pub objects: i64,
}

#[derive(Clone, Debug)]
pub struct Transcoding {
    pub waiting: i64,
    /// Refused within the last seven days.
    pub failed: i64,
    pub running: Vec<Running>,
}

#[derive(Clone, Debug)]
pub struct Running {
    /// The file's name.
    pub name: String,
    pub region: Region,
    /// 0–100.
    pub percent: u8,
}

pub fn page(cx: &Context, view: &Dashboard) -> Markup {
    let actions = html! {
        @if view.mine.is_some() {
            a.button.primary href="/console/items/new" { (icon("plus")) (cx.t("新建内容", "New item")) }
        }
    };
    let line = html! { (time::date(cx.lang, cx.now)) " · " (view.region.full_name()) };
    let (mut above, mut below) = (lists(cx, view), diagrams(cx, view));
    // Two stand side by side; where the lists are odd, the first diagram is beside the last of them.
    let missing = above.len() % 2;
    above.extend(below.drain(..missing.min(below.len())));
    let body = html! {
        (heading(&view.region.name, line, actions))
        div.stack {
            (waiting(cx, &view.waiting))
            @if view.region.level == Level::Village { (latest(cx, &view.coverage)) }
            div.columns.two { @for card in above { (card) } }
            @if !view.areas.is_empty() {
                section.card {
                    div.card-head {
                        h2 { (cx.t("各地覆盖", "Coverage")) }
                        span.muted { (cx.t("颜色是 30 天内发过内容的村的比例，点一下看下级", "Colours show the share of villages active within 30 days; click to go further down")) }
                    }
                    (charts::coverage(cx, "chart-coverage", &view.areas))
                }
            }
            @if !below.is_empty() { div.columns.two { @for card in below { (card) } } }
        }
    };
    let title = Place::Dashboard.word(cx.lang);
    Page { title, place: Some(Place::Dashboard), scripts: &["echarts.js", "charts.js"], body }.draw(cx)
}

/// The cards above the map.
fn lists(cx: &Context, view: &Dashboard) -> Vec<Markup> {
    let mut cards = Vec::new();
    if let Some(mine) = &view.mine {
        let title = cx.t("我的草稿和退回的稿子", "My drafts and what was sent back");
        let empty =
            cx.t("没有没写完的稿子。点右上角“新建内容”写一条。", "Nothing is unfinished. “New item” above begins one.");
        cards.push(lines(cx, title, "/console/items?mine=1", mine, empty));
    }
    let empty = cx.t("这里还没有发布过内容。", "Nothing has been published here yet.");
    let title = cx.t("最近发布", "Published lately");
    cards.push(lines(cx, title, "/console/items?state=published", &view.recent, empty));
    if view.region.level != Level::Village {
        cards.push(silence(cx, &view.coverage));
    }
    if let (Some(storage), Some(queue)) = (&view.storage, &view.transcoding) {
        cards.push(machines(cx, storage, queue));
    }
    cards
}

fn diagrams(cx: &Context, view: &Dashboard) -> Vec<Markup> {
    let mut cards = vec![html! {
        section.card {
            h2 { (cx.t("每月发布", "Published per month")) }
            (charts::monthly_items(cx, "chart-items", &view.items))
        }
    }];
    if !view.plays.is_empty() {
        cards.push(html! {
            section.card {
                h2 { (cx.t("近 30 天收视", "Viewing, last 30 days")) }
                (charts::days(cx, "chart-days", &view.plays))
            }
        });
    }
    cards
}

fn waiting(cx: &Context, steps: &[Waiting]) -> Markup {
    html! {
        @if !steps.is_empty() {
            section aria-labelledby="waiting" {
                h2.unseen #waiting { (cx.t("等我审核的", "Waiting for my review")) }
                ul.waiting {
                    @for step in steps {
                        li {
                            a.card.waiting-card.quiet[step.count == 0] href=(format!("/console/inbox?step={}", step.step.slug())) {
                                span.figure { (grouped(step.count)) }
                                span.grow {
                                    strong { (cx.fill("条等{}", "await {}", &[&step.step.word(cx.lang).to_lowercase()])) }
                                    span.muted {
                                        @match step.oldest {
                                            Some(oldest) => (cx.fill("最久的等了 {}", "the oldest for {}", &[&time::span(cx.lang, cx.now - oldest)])),
                                            None => (cx.t("都审完了", "all done")),
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn lines(cx: &Context, title: &str, more: &str, items: &[ItemLine], empty: &str) -> Markup {
    html! {
        section.card {
            div.card-head { h2 { (title) } a href=(more) { (cx.t("全部", "All")) span.unseen { " " (title) } } }
            @if items.is_empty() { (nothing(empty)) } @else {
                ul.lines { @for item in items { (item_row(cx, item)) } }
            }
        }
    }
}

/// Of a single village there is nothing to count.
fn latest(cx: &Context, coverage: &Coverage) -> Markup {
    html! {
        section.card.latest {
            h2 { (cx.t("最近更新", "Last published")) }
            @match coverage.last {
                Some(last) => p.figure-line {
                    span.when { (moment(cx, last)) }
                    @if coverage.active == 0 {
                        span.bad-text { (cx.fill("{}没有更新了", "silent for {}", &[&time::span(cx.lang, cx.now - last)])) }
                    }
                },
                None => p.nothing { (cx.t("还没发过。", "Nothing has been published yet.")) },
            }
        }
    }
}

fn silence(cx: &Context, coverage: &Coverage) -> Markup {
    let silent = (coverage.villages - coverage.active).max(0);
    html! {
        section.card {
            h2 { (cx.t("30 天没有更新的村", "Villages silent for 30 days")) }
            p.figure-line {
                span.figure { (grouped(silent)) }
                span.muted { (cx.fill("共 {} 个村，{} 个有更新", "of {} villages; {} are active", &[&grouped(coverage.villages), &grouped(coverage.active)])) }
            }
            progress.good max=(coverage.villages.max(1)) value=(coverage.active)
                aria-label=(cx.t("有更新的村", "Active villages")) {
                (percent(coverage.active, coverage.villages)) " %"
            }
            @if !coverage.silent.is_empty() {
                ul.lines.tight {
                    @for village in &coverage.silent {
                        li {
                            a.grow href=(format!("/console/?region={}", village.region.code)) { (region_name(&village.region)) }
                            span.muted.nowrap {
                                @match village.last {
                                    Some(last) => (cx.fill("{}前", "{} ago", &[&time::span(cx.lang, cx.now - last)])),
                                    None => (cx.t("还没发过", "never")),
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn machines(cx: &Context, storage: &Storage, queue: &Transcoding) -> Markup {
    html! {
        section.card {
            h2 { (cx.t("存储和转码", "Storage and transcoding")) }
            dl.facts.wide {
                dt { (cx.t("已用存储", "Storage used")) }
                dd.number {
                    (bytes(storage.used)) @if let Some(capacity) = storage.capacity { " / " (bytes(capacity)) }
                }
                dt { (cx.t("文件", "Files")) }
                dd.number { (grouped(storage.objects)) }
                dt { (cx.t("排队转码", "Waiting to be transcoded")) }
                dd.number { (grouped(queue.waiting)) }
                @if queue.failed > 0 {
                    dt { (cx.t("7 天内没转成", "Refused in 7 days")) }
                    dd.number.bad-text { (grouped(queue.failed)) }
                }
            }
            @if let Some(capacity) = storage.capacity {
                progress max=(capacity.max(1)) value=(storage.used) aria-label=(cx.t("已用存储", "Storage used")) {
                    (percent(storage.used, capacity)) " %"
                }
            }
            @if !queue.running.is_empty() {
                ul.lines.tight {
                    @for running in &queue.running {
                        li {
                            div.grow {
                                p { (running.name) }
                                p.muted { (running.region.short_name()) " · " (running.percent) " %" }
                                progress max="100" value=(running.percent) aria-label=(running.name) {}
                            }
                        }
                    }
                }
            }
        }
    }
}
