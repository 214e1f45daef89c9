//! The sections of the four boards: what is inherited from above, and what the region adds.

use maud::{Markup, html};
use yuexiang_wire::limits;

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::parts::{Input, button_form, csrf, form_problems, heading, select};
use crate::words::{Board, grouped};

/// `/console/sections?region=`.
#[derive(Clone, Debug)]
pub struct Sections {
    pub region: Region,
    /// In the order that viewers see.
    pub sections: Vec<Section>,
    pub may_edit: bool,
    /// What was typed into the form for a new one, and what is wrong with it.
    pub draft: NewSection,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug)]
pub struct Section {
    /// `[a-z0-9-]{1,32}`.
    pub id: String,
    pub board: Board,
    pub name: String,
    pub name_en: String,
    pub order: u16,
    /// The region that defines it; the viewer's own can be changed here.
    pub from: Region,
    /// What it is called above, when this region gives it a name of its own.
    pub renamed_from: Option<String>,
    /// How many items the region has in it.
    pub items: i64,
}

#[derive(Clone, Debug, Default)]
pub struct NewSection {
    pub board: Option<Board>,
    pub id: String,
    pub name: String,
    pub name_en: String,
}

/// Posts `region`, `board`, `id`, `name`, `name_en` to `/console/sections` (adds, or gives an inherited one another
/// name), `region` and `direction` (`up`, `down`) to `/console/sections/{board}/{id}/move`, `region` to
/// `/console/sections/{board}/{id}/remove` (one's own section, or one's own name of an inherited one).
pub fn page(cx: &Context, view: &Sections) -> Markup {
    let line = cx.fill(
        "{} · 上级的栏目自动带下来，本地可以改名，也可以加自己的。",
        "{} · Sections come down from above; a region may rename them and add its own.",
        &[&view.region.full_name()],
    );
    let body = html! {
        (heading(cx.t("栏目", "Sections"), html! { (line) }, html! {}))
        div.stack {
            div.columns.two { @for &known in Board::ALL { (board(cx, view, known)) } }
            @if view.may_edit { (add(cx, view)) }
        }
    };
    Page { title: Place::Sections.word(cx.lang), place: Some(Place::Sections), scripts: &[], body }.draw(cx)
}

fn board(cx: &Context, view: &Sections, board: Board) -> Markup {
    html! {
        section.card.board-card.(format!("board-{}", board.slug())) {
            h2 { (board.word(cx.lang)) }
            @let sections: Vec<&Section> = view.sections.iter().filter(|section| section.board == board).collect();
            table {
                caption.unseen { (board.word(cx.lang)) }
                thead { tr {
                    th scope="col" { (cx.t("栏目", "Section")) }
                    th scope="col" { (cx.t("来自", "From")) }
                    th.number scope="col" { (cx.t("内容", "Items")) }
                    @if view.may_edit { th scope="col" { span.unseen { (cx.t("操作", "Actions")) } } }
                } }
                tbody {
                    @for (at, section) in sections.iter().enumerate() {
                        (row(cx, view, section, Ends { first: at == 0, last: at + 1 == sections.len() }))
                    }
                }
            }
        }
    }
}

/// Whether a section is the first or the last of its board.
#[derive(Clone, Copy)]
struct Ends {
    first: bool,
    last: bool,
}

fn row(cx: &Context, view: &Sections, section: &Section, ends: Ends) -> Markup {
    let own = section.from.code == view.region.code;
    html! {
        tr {
            th scope="row" {
                (section.name)
                @if !section.name_en.is_empty() { span.muted { " " (section.name_en) } }
                @if let Some(before) = &section.renamed_from { p.muted { (cx.fill("上级叫“{}”", "“{}” above", &[before])) } }
            }
            td { @if own { span.chip { (cx.t("本地", "Own")) } } @else { span.muted { (section.from.name) } } }
            td.number { (grouped(section.items)) }
            @if view.may_edit { td.right { (actions(cx, view, section, own.then_some(ends))) } }
        }
    }
}

/// `own` is none for a section that comes from above.
fn actions(cx: &Context, view: &Sections, section: &Section, own: Option<Ends>) -> Markup {
    let base = format!("/console/sections/{}/{}", section.board.slug(), section.id);
    let region = view.region.code.as_str();
    let id = format!("rename-{}-{}", section.board.slug(), section.id);
    html! {
        div.row.end.nowrap {
            @if let Some(ends) = own {
                (move_button(cx, &base, region, ("up", "↑"), &cx.fill("{} 上移", "Move {} up", &[&section.name]), ends.first))
                (move_button(cx, &base, region, ("down", "↓"), &cx.fill("{} 下移", "Move {} down", &[&section.name]), ends.last))
            }
            details.drop {
                summary aria-label=(cx.fill("改 {}", "Change {}", &[&section.name])) { (cx.t("改", "Change")) }
                div.sheet {
                    form.fields method="post" action="/console/sections" {
                        (csrf(cx))
                        input type="hidden" name="region" value=(region);
                        input type="hidden" name="board" value=(section.board.slug());
                        input type="hidden" name="id" value=(section.id);
                        (Input { required: true, limit: limits::SHORT_NAME, ..Input::text(&id, "name", cx.t("名称", "Name"), &section.name) }.draw())
                        (Input::text(&format!("{id}-en"), "name_en", cx.t("英文名", "English name"), &section.name_en).draw())
                        button.button.small type="submit" { (cx.t("保存", "Save")) }
                    }
                    @if own.is_some() {
                        @let (word, question) = match section.renamed_from {
                            Some(_) => (cx.t("恢复上级的名称", "Take the name from above"), ""),
                            None => (cx.t("删除栏目", "Remove the section"), cx.t("确定删除这个栏目吗？", "Remove this section?")),
                        };
                        (button_form(cx, &format!("{base}/remove"), &[("region", region)], word, "plain", question))
                    }
                }
            }
        }
    }
}

fn move_button(
    cx: &Context,
    base: &str,
    region: &str,
    (direction, arrow): (&str, &str),
    label: &str,
    at_end: bool,
) -> Markup {
    html! {
        form.inline method="post" action=(format!("{base}/move")) {
            (csrf(cx))
            input type="hidden" name="region" value=(region);
            button.plain type="submit" name="direction" value=(direction) aria-label=(label) disabled[at_end] { (arrow) }
        }
    }
}

fn add(cx: &Context, view: &Sections) -> Markup {
    let draft = &view.draft;
    let boards: Vec<_> = Board::ALL.iter().map(|board| (board.slug(), board.word(cx.lang))).collect();
    html! {
        section.card {
            h2 { (cx.fill("给{}加一个栏目", "Add a section to {}", &[&view.region.name])) }
            (form_problems(cx, &view.problems))
            form.fields method="post" action="/console/sections" novalidate {
                (csrf(cx))
                input type="hidden" name="region" value=(view.region.code);
                div.fields.four {
                    (select("new-board", "board", cx.t("板块", "Board"), draft.board.map_or("", Board::slug), &boards))
                    (Input { required: true, limit: limits::SHORT_NAME, problems: &view.problems, ..Input::text("new-name", "name", cx.t("名称", "Name"), &draft.name) }.draw())
                    (Input { problems: &view.problems, ..Input::text("new-name-en", "name_en", cx.t("英文名", "English name"), &draft.name_en) }.draw())
                    (Input { required: true, problems: &view.problems, hint: cx.t("小写字母、数字、连字符，以后不能改", "a-z, 0-9 and hyphens, for ever"),
                        ..Input::text("new-id", "id", cx.t("代号", "Id"), &draft.id) }.draw())
                }
                div.row.end { button.button.primary type="submit" { (cx.t("加栏目", "Add")) } }
            }
        }
    }
}
