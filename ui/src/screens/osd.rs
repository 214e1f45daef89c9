//! What lies over the picture: banner, digits, channel list, player controls, volume.

use super::text;
use crate::generated as ui;
use slint::ComponentHandle;
use yuexiang_core::view::{BannerView, Osd};

pub(crate) struct Osds {}

impl Osds {
    pub fn new(_window: &ui::MainWindow) -> Osds {
        Osds {}
    }

    pub fn apply(&mut self, window: &ui::MainWindow, osd: Option<&Osd>, _focus: Option<&str>) {
        let kind = match osd {
            None => ui::OsdKind::None,
            Some(Osd::Banner(view)) => {
                banner(window, view);
                ui::OsdKind::Banner
            }
            Some(_) => ui::OsdKind::None,
        };
        window.global::<ui::OsdData>().set_kind(kind);
    }
}

fn banner(window: &ui::MainWindow, view: &BannerView) {
    let data = window.global::<ui::BannerData>();
    data.set_number(text(&view.number));
    data.set_name(text(&view.name));
    data.set_current(text(&view.current));
    data.set_progress(f32::from(view.progress) / 1_000.0);
    data.set_next(text(&view.next));
    data.set_time(text(&view.time));
    data.set_hint(text(&view.hint));
}
