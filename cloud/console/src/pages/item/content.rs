//! What an item says, as text to be read on the page.

use maud::{Markup, html};

use super::{Block, Item, Picture, Table};
use crate::context::Context;
use crate::pages::fields::{self, Shape};
use crate::pages::media::clock;
use crate::time;

/// Pixels that a thumbnail is wide at most.
const THUMBNAIL: u32 = 480;

pub fn draw(cx: &Context, view: &Item) -> Markup {
    html! {
        div.reading {
            @if !view.summary.is_empty() { p.summary { (view.summary) } }
            (facts(cx, view))
            @if let Some(video) = &view.video {
                video controls preload="none" poster=(video.poster) src=(video.url) width="712" height="400" {}
                p.muted { (cx.t("时长", "Duration")) " " (clock(video.duration)) }
            }
            @if let Some(known) = &view.table { (table(cx, known)) }
            @for part in &view.body { (block(part)) }
            (pictures(&view.pictures))
            @if !view.receipts.is_empty() {
                h3 { (cx.fill("票据 {} 张", "{} receipts", &[&view.receipts.len()])) }
                (pictures(&view.receipts))
            }
        }
    }
}

fn facts(cx: &Context, view: &Item) -> Markup {
    let fields = fields::of(view.line.kind).iter().filter(|field| !view.values.get(field.name).is_empty());
    let fields: Vec<_> = fields.collect();
    html! {
        @if !fields.is_empty() {
            dl.facts {
                @for field in fields {
                    @let value = view.values.get(field.name);
                    dt { (cx.t(field.zh, field.en)) }
                    dd {
                        @match (field.shape, time::from_input(value)) {
                            (Shape::Moment, Some(at)) => (time::date_time(cx.lang, at)),
                            (Shape::Money, _) => { (value) " " (cx.t("元", "yuan")) },
                            _ => (value),
                        }
                    }
                }
            }
        }
    }
}

fn table(cx: &Context, table: &Table) -> Markup {
    let numeric = |at: usize| table.columns.get(at).is_some_and(|column| column.1);
    html! {
        div.table-scroll {
            table {
                caption.unseen { (cx.t("公开表", "Table")) }
                thead { tr { @for (title, numeric) in &table.columns { th.number[*numeric] scope="col" { (title) } } } }
                tbody {
                    @for (cells, total) in &table.rows {
                        tr.total[*total] { @for (at, cell) in cells.iter().enumerate() { td.number[numeric(at)] { (cell) } } }
                    }
                }
            }
        }
    }
}

fn block(block: &Block) -> Markup {
    match block {
        Block::Heading(text) => html! { h3 { (text) } },
        Block::Paragraph(text) => html! { p { (text) } },
        Block::Entry { number: 0, text } => html! { p.entry-line { span aria-hidden="true" { "•" } span { (text) } } },
        Block::Entry { number, text } => html! { p.entry-line { span { (number) "." } span { (text) } } },
        Block::Quote(text) => html! { blockquote { p { (text) } } },
        Block::Figure(picture) => html! { figure { (figure(picture)) } },
    }
}

fn pictures(pictures: &[Picture]) -> Markup {
    html! {
        @if !pictures.is_empty() {
            ul.pictures { @for picture in pictures { li { (figure(picture)) } } }
        }
    }
}

fn figure(picture: &Picture) -> Markup {
    // The thumbnail's size as it is shown, so that nothing moves once it is loaded.
    let width = picture.width.clamp(1, THUMBNAIL);
    let height = u64::from(width) * u64::from(picture.height) / u64::from(picture.width.max(1));
    html! {
        a href=(picture.url) {
            img src=(picture.thumbnail) width=(width) height=(height) loading="lazy" alt=(picture.caption);
        }
        @if !picture.caption.is_empty() { p.muted { (picture.caption) } }
    }
}
