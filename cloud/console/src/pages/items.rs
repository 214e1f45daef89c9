//! The list of content, with filters and search.

use maud::{Markup, html};

use crate::context::{Context, ItemLine, Place, Region};
use crate::layout::Page;
use crate::pages::many::Act;
use crate::pages::regions::{self, Mode, Picker};
use crate::parts::{
    Input, board_chip, csrf, heading, icon, item_url, moment, pager, query, region_name, select, state_chip,
};
use crate::words::{Board, Kind, State};

/// `/console/items?region=&board=&section=&state=&kind=&mine=1&from=&to=&q=&after=<cursor>`.
#[derive(Clone, Debug)]
pub struct Items {
    pub filter: Filter,
    /// The sections one can filter by.
    pub sections: Vec<SectionOption>,
    /// The states one can narrow the list to.
    pub states: Vec<State>,
    pub items: Vec<ItemLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Whether this is not the first page.
    pub further: bool,
    /// Whether the viewer may write something new in the region.
    pub may_create: bool,
    /// What the viewer may do with several of them at once.
    pub acts: Vec<Act>,
}

/// What the list is narrowed to; the fields' names are those of the query.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The region and everything below it.
    pub region: Region,
    pub board: Option<Board>,
    /// The section's id.
    pub section: Option<String>,
    pub state: Option<State>,
    pub kind: Option<Kind>,
    /// Only the viewer's own.
    pub mine: bool,
    /// First and last day of the last change, `YYYY-MM-DD`, or empty.
    pub from: String,
    pub to: String,
    /// Words to search for.
    pub q: String,
}

#[derive(Clone, Debug)]
pub struct SectionOption {
    pub id: String,
    pub board: Board,
    pub name: String,
}

pub fn page(cx: &Context, view: &Items) -> Markup {
    let actions = html! {
        @if view.may_create { a.button.primary href="/console/items/new" { (icon("plus")) (cx.t("新建内容", "New item")) } }
    };
    let url = |after: &str| format!("/console/items{}", view.filter.query(view.filter.state, after));
    let body = html! {
        (heading(cx.t("内容", "Content"), html! { (view.filter.region.full_name()) }, actions))
        (filters(cx, view))
        // A script replaces this part alone when a filter changes.
        div #results aria-live="polite" {
            (states(cx, view))
            @if view.items.is_empty() {
                div.card.blank {
                    p.nothing.big { (cx.t("没有符合条件的内容。", "Nothing matches.")) }
                    p.muted { (cx.t("换几个字搜，或者放宽地区和日期。", "Try other words, or a wider region and more days.")) }
                    a.button href="/console/items" { (cx.t("清除筛选", "Clear the filters")) }
                }
            } @else if view.acts.is_empty() {
                (table(cx, view))
            } @else {
                (chosen(cx, view))
            }
            (pager(cx, view.further.then(|| url("")).as_deref(), view.next.as_deref().map(url).as_deref()))
        }
    };
    Page { title: Place::Items.word(cx.lang), place: Some(Place::Items), scripts: &["regions.js"], body }.draw(cx)
}

impl Filter {
    /// The query that asks for this list again, with another state or further on.
    fn query(&self, state: Option<State>, after: &str) -> String {
        query(&[
            ("region", &self.region.code),
            ("board", self.board.map_or("", Board::slug)),
            ("section", self.section.as_deref().unwrap_or_default()),
            ("state", state.map_or("", State::slug)),
            ("kind", self.kind.map_or("", Kind::slug)),
            ("mine", if self.mine { "1" } else { "" }),
            ("from", &self.from),
            ("to", &self.to),
            ("q", &self.q),
            ("after", after),
        ])
    }
}

fn filters(cx: &Context, view: &Items) -> Markup {
    let filter = &view.filter;
    let all = ("", cx.t("全部", "All"));
    let boards: Vec<_> =
        [all].into_iter().chain(Board::ALL.iter().map(|board| (board.slug(), board.word(cx.lang)))).collect();
    let kinds: Vec<_> =
        [all].into_iter().chain(Kind::ALL.iter().map(|kind| (kind.slug(), kind.word(cx.lang)))).collect();
    let sections: Vec<_> = [all]
        .into_iter()
        .chain(
            view.sections
                .iter()
                .filter(|section| filter.board.is_none_or(|board| board == section.board))
                .map(|section| (section.id.as_str(), section.name.as_str())),
        )
        .collect();
    html! {
        form.card.filters method="get" action="/console/items" role="search" hx-get="/console/items" hx-trigger="change, submit"
            hx-target="#results" hx-select="#results" hx-swap="outerHTML" hx-push-url="true" {
            div.search {
                label for="q" { (cx.t("标题里的字", "Words of titles")) }
                div.line {
                    (icon("search"))
                    input #q name="q" type="search" value=(filter.q);
                    button.button type="submit" { (cx.t("搜索", "Search")) }
                }
            }
            (regions::picker(cx, &Picker {
                id: "filter-region",
                label: cx.t("地区", "Region"),
                root: cx.viewer.as_ref().map_or(&filter.region, |viewer| &viewer.region),
                mode: Mode::One { name: "region", chosen: Some(&filter.region) },
            }))
            (select("filter-board", "board", cx.t("板块", "Board"), filter.board.map_or("", Board::slug), &boards))
            (select("filter-section", "section", cx.t("栏目", "Section"), filter.section.as_deref().unwrap_or_default(), &sections))
            (select("filter-kind", "kind", cx.t("类型", "Kind"), filter.kind.map_or("", Kind::slug), &kinds))
            (day("filter-from", "from", cx.t("从", "From"), &filter.from))
            (day("filter-to", "to", cx.t("到", "To"), &filter.to))
            div.field.check-field {
                span.label { (cx.t("作者", "Author")) }
                label.check { input type="checkbox" name="mine" value="1" checked[filter.mine]; (cx.t("只看我写的", "Only mine")) }
            }
            @if let Some(state) = filter.state { input type="hidden" name="state" value=(state.slug()); }
        }
    }
}

fn day(id: &str, name: &str, label: &str, value: &str) -> Markup {
    Input { kind: "date", ..Input::text(id, name, label, value) }.draw()
}

fn states(cx: &Context, view: &Items) -> Markup {
    let chip = |state: Option<State>, word: &str| {
        html! {
            li {
                a href=(format!("/console/items{}", view.filter.query(state, "")))
                    aria-current=[(view.filter.state == state).then_some("true")] {
                    (word)
                }
            }
        }
    };
    html! {
        ul.states aria-label=(cx.t("按状态", "By state")) {
            (chip(None, cx.t("全部", "All")))
            @for state in &view.states { (chip(Some(*state), state.word(cx.lang))) }
        }
    }
}

/// The list with boxes to choose several. Posts repeated `item`, `act` and `return` (a path) to `/console/items/many`,
/// which asks before it does anything.
fn chosen(cx: &Context, view: &Items) -> Markup {
    html! {
        form method="post" action="/console/items/many" {
            (csrf(cx))
            input type="hidden" name="return" value=(format!("/console/items{}", view.filter.query(view.filter.state, "")));
            (table(cx, view))
            div.row.many {
                span.muted { (cx.t("选中的：", "Those that are chosen:")) }
                @for act in &view.acts { button.button.small type="submit" name="act" value=(act.slug()) { (act.word(cx)) "…" } }
            }
        }
    }
}

fn table(cx: &Context, view: &Items) -> Markup {
    html! {
        div.card.flush {
            table.items {
                caption.unseen { (cx.t("内容列表", "Content")) }
                thead { tr {
                    @if !view.acts.is_empty() { th.box scope="col" { span.unseen { (cx.t("选中", "Choose")) } } }
                    th scope="col" { (cx.t("标题", "Title")) }
                    th scope="col" { (cx.t("类型", "Kind")) }
                    th scope="col" { (cx.t("板块和栏目", "Board and section")) }
                    th scope="col" { (cx.t("地区", "Region")) }
                    th scope="col" { (cx.t("作者", "Author")) }
                    th scope="col" { (cx.t("状态", "State")) }
                    th scope="col" { (cx.t("修改", "Changed")) }
                } }
                tbody { @for item in &view.items { (row(cx, item, !view.acts.is_empty())) } }
            }
        }
    }
}

fn row(cx: &Context, item: &ItemLine, has_box: bool) -> Markup {
    html! {
        tr {
            @if has_box {
                td.box {
                    input type="checkbox" name="item" value=(item.id) aria-label=(cx.fill("选中：{}", "Choose: {}", &[&item.title]));
                }
            }
            td.main {
                a.title href=(item_url(&item.id)) { (item.title) }
                (marks(cx, item))
                @if let Some(reason) = &item.reason { p.reason { (reason) } }
            }
            td.nowrap { (item.kind.word(cx.lang)) }
            td.nowrap { (board_chip(cx, item.board)) br; span.muted { (item.section) } }
            td { (region_name(&item.region)) }
            td.nowrap { (item.author) }
            td.nowrap { (state_chip(cx, item.state)) }
            td.nowrap { (moment(cx, item.changed)) }
        }
    }
}

/// Pinned, priority and window, where they are other than usual.
pub fn marks(cx: &Context, item: &ItemLine) -> Markup {
    html! {
        @if item.pinned || item.priority > 0 || item.not_before.is_some() || item.not_after.is_some() {
            p.muted {
                @if item.pinned { span.pin { (cx.t("置顶", "Pinned")) } " " }
                @if item.priority > 0 { span.pin { (cx.fill("优先 {}", "Priority {}", &[&item.priority])) } " " }
                @if let Some(from) = item.not_before {
                    (cx.t("从 ", "from ")) (moment(cx, from)) @if item.not_after.is_none() { (cx.t(" 起", " on")) } " "
                }
                @if let Some(until) = item.not_after { (cx.t("至", "until")) " " (moment(cx, until)) }
            }
        }
    }
}
