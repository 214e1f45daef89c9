//! What lies over the picture: banner, digits, channel list, player controls, volume.

use super::Context;
use super::parts::{hints, text};
use crate::generated as ui;
use crate::models::sync;
use slint::{ComponentHandle, ModelRc, VecModel};
use std::rc::Rc;
use yuexiang_core::view::{BannerView, ChannelListView, Osd, PlayState, PlayerBarView};

pub(super) struct Osds {
    channels: Rc<VecModel<ui::Channel>>,
    hints: Rc<VecModel<ui::Hint>>,
}

impl Osds {
    pub fn new(window: &ui::MainWindow) -> Osds {
        let osds = Osds { channels: Rc::default(), hints: Rc::default() };
        window.global::<ui::ChannelData>().set_rows(ModelRc::from(osds.channels.clone()));
        window.global::<ui::PlayerData>().set_hints(ModelRc::from(osds.hints.clone()));
        osds
    }

    pub fn apply(&mut self, osd: Option<&Osd>, context: &mut Context) {
        let small = context.window.global::<ui::SmallData>();
        let kind = match osd {
            None => ui::OsdKind::None,
            Some(Osd::Banner(view)) => {
                banner(view, context);
                ui::OsdKind::Banner
            }
            Some(Osd::Digits { typed, channel }) => {
                small.set_typed(text(typed));
                small.set_channel(text(channel));
                ui::OsdKind::Digits
            }
            Some(Osd::Channels(view)) => {
                self.channels(view, context);
                ui::OsdKind::Channels
            }
            Some(Osd::Player(view)) => {
                self.player(view, context);
                ui::OsdKind::Player
            }
            Some(Osd::Volume { percent, muted }) => {
                small.set_volume(f32::from(*percent).min(100.0) / 100.0);
                small.set_volume_text(slint::format!("{percent}"));
                small.set_muted(*muted);
                ui::OsdKind::Volume
            }
        };
        context.window.global::<ui::OsdData>().set_kind(kind);
    }

    fn channels(&self, view: &ChannelListView, context: &Context) {
        let data = context.window.global::<ui::ChannelData>();
        data.set_title(text(&view.title));
        let rows = view.rows.iter().map(|row| ui::Channel {
            id: text(&row.id),
            number: text(&row.number),
            name: text(&row.name),
            line: text(&row.line),
            playing: row.playing,
        });
        sync(&self.channels, rows.collect(), |row| row.id.clone());
        data.set_visible_rows(view.visible_rows.max(1) as i32);
        data.set_first(view.first_row as i32);
        if let Some(at) = context.focus.and_then(|focus| view.rows.iter().position(|row| row.id == focus)) {
            data.set_at(at as i32);
        }
    }

    fn player(&self, view: &PlayerBarView, context: &Context) {
        let data = context.window.global::<ui::PlayerData>();
        data.set_title(text(&view.title));
        data.set_paused(matches!(view.state, PlayState::Paused | PlayState::Idle));
        data.set_failed(view.state == PlayState::Failed);
        data.set_position(text(&view.position));
        data.set_duration(text(&view.duration));
        data.set_progress(thousandths(view.progress));
        data.set_seeking(view.seek.is_some());
        if let Some((seek, position)) = &view.seek {
            data.set_seek(thousandths(*seek));
            data.set_seek_text(text(position));
        }
        data.set_next(text(&view.next));
        sync(&self.hints, hints(&view.hints), |hint| hint.keys.clone());
    }
}

fn thousandths(value: u16) -> f32 {
    f32::from(value.min(1_000)) / 1_000.0
}

fn banner(view: &BannerView, context: &Context) {
    let data = context.window.global::<ui::BannerData>();
    data.set_number(text(&view.number));
    data.set_name(text(&view.name));
    data.set_current(text(&view.current));
    data.set_progress(thousandths(view.progress));
    data.set_next(text(&view.next));
    data.set_time(text(&view.time));
    data.set_hint(text(&view.hint));
}
