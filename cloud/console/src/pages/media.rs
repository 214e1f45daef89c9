//! An uploaded file on its way to being shown.

use maud::{Markup, html};

use yuexiang_wire::limits;

use crate::context::Context;
use crate::parts::icon;
use crate::words::bytes;

/// `/console/media/{id}`.
#[derive(Clone, Debug)]
pub struct Media {
    pub id: String,
    pub slot: Slot,
    /// The file's name.
    pub name: String,
    /// Bytes; 0 as long as nobody knows.
    pub length: i64,
    pub caption: String,
    pub state: MediaState,
}

/// What a medium is for; also the name of the form field that carries its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Cover,
    Picture,
    Receipt,
    Video,
}

impl Slot {
    pub fn slug(self) -> &'static str {
        match self {
            Slot::Cover => "cover",
            Slot::Picture => "picture",
            Slot::Receipt => "receipt",
            Slot::Video => "video",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Slot> {
        [Slot::Cover, Slot::Picture, Slot::Receipt, Slot::Video].into_iter().find(|slot| slot.slug() == slug)
    }
}

#[derive(Clone, Debug)]
pub enum MediaState {
    /// Bytes received so far; the upload may be resumed.
    Uploading { received: i64 },
    /// So many are before it.
    Waiting { ahead: i64 },
    /// 0–100.
    Working { percent: u8 },
    Ready {
        /// URL of a small picture.
        thumbnail: String,
        width: u32,
        height: u32,
        /// Milliseconds, of a video.
        duration: Option<i64>,
    },
    /// Why, in the reader's language.
    Refused { reason: String },
}

/// The medium within the editor's form, with the hidden field that carries its id. While it is not settled it asks for
/// itself again every two seconds; the form keeps what was typed beside it.
pub fn fragment(cx: &Context, view: &Media) -> Markup {
    let settled = matches!(view.state, MediaState::Ready { .. } | MediaState::Refused { .. });
    let polled = matches!(view.state, MediaState::Waiting { .. } | MediaState::Working { .. });
    let (id, slot) = (format!("media-{}", view.id), view.slot.slug());
    html! {
        li.medium #(id) data-medium=(view.id) data-settled[settled] data-announce=[settled.then(|| announcement(cx, view))]
            hx-get=[polled.then(|| format!("/console/media/{}?slot={slot}", view.id))] hx-trigger=[polled.then_some("every 2s")]
            hx-swap=[polled.then_some("outerHTML")] {
            input type="hidden" name=(slot) value=(view.id);
            (picture(cx, view))
            div.grow {
                p.name { (view.name) @if view.length > 0 { " " span.muted { (bytes(view.length)) } } }
                (progress(cx, view))
                @if matches!(view.slot, Slot::Picture | Slot::Receipt) { (caption(cx, &id, slot, &view.caption)) }
            }
            button.link.bad type="button" data-remove aria-label=(cx.fill("去掉 {}", "Remove {}", &[&view.name])) {
                (cx.t("去掉", "Remove"))
            }
        }
    }
}

fn picture(cx: &Context, view: &Media) -> Markup {
    html! {
        @if let MediaState::Ready { thumbnail, duration, .. } = &view.state {
            div.thumb {
                img src=(thumbnail) width="112" height="63" alt="";
                @if let Some(duration) = duration { span.pages { (clock(*duration)) } }
            }
        } @else {
            div.thumb.empty { (icon(if view.slot == Slot::Video { "play" } else { "document" })) span.unseen { (cx.t("还没有图", "no picture yet")) } }
        }
    }
}

fn progress(cx: &Context, view: &Media) -> Markup {
    match &view.state {
        MediaState::Uploading { received } => html! {
            p.muted {
                (cx.fill("传了 {}，还没传完。再选一次这个文件就接着传。", "{} arrived, not all of it. Choose the file again to go on.", &[&bytes(*received)]))
            }
            progress max=(view.length.max(1)) value=(received) aria-label=(cx.t("上传进度", "Upload")) {}
        },
        MediaState::Waiting { ahead } => html! {
            p.muted { (cx.fill("已传完，排队转码，前面还有 {} 个", "Uploaded; waiting to be transcoded after {} others", &[ahead])) }
            progress aria-label=(cx.t("排队中", "Waiting")) {}
        },
        MediaState::Working { percent } => html! {
            p.muted { (cx.fill("正在转码 {} %", "Transcoding, {} %", &[percent])) }
            progress max="100" value=(percent) aria-label=(cx.t("转码进度", "Transcoding")) {}
        },
        MediaState::Ready { width, height, .. } => html! {
            p.ready { "✓ " (cx.t("可以用了", "Ready")) " " span.muted { (width) " × " (height) } }
        },
        MediaState::Refused { reason } => html! { p.problem role="alert" { (cx.t("不能用：", "Refused: ")) (reason) } },
    }
}

fn caption(cx: &Context, id: &str, slot: &str, value: &str) -> Markup {
    html! {
        label.unseen for=(format!("{id}-caption")) { (cx.t("图片说明", "Caption")) }
        input #(format!("{id}-caption")) hx-preserve name=(format!("{slot}_caption")) value=(value) maxlength=(limits::CAPTION)
            placeholder=(cx.t("图片说明", "Caption"));
    }
}

fn announcement(cx: &Context, view: &Media) -> String {
    match &view.state {
        MediaState::Refused { reason } => format!("{} {reason}", view.name),
        _ => format!("{} {}", view.name, cx.t("可以用了", "is ready")),
    }
}

/// Milliseconds as `12:05` or `1:02:05`.
pub fn clock(milliseconds: i64) -> String {
    let seconds = milliseconds / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}
