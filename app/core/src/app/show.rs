//! What the screen shows now.

use super::{App, Overlay, Question};
use crate::key::Layer;
use crate::player::Programme;
use crate::screens::board::scroll;
use crate::screens::{Context, element};
use crate::tuner::Station;
use crate::view::{
    BannerView, ButtonView, ChannelListView, ChannelRow, Dialog, Element, ElementId, Header, NoticeSign, Osd,
    PlayState, PlayerBarView, SyncView, VideoView, View,
};
use crate::words::{HintWord, Label};

impl App {
    pub(super) fn show(&self) -> View {
        let context = self.context();
        let (elements, focus) = self.focusable(&context);
        let notice = self.notice(&context);
        let notice_sign = notice.as_ref().map_or_else(NoticeSign::default, |(sign, _)| *sign);
        View {
            language: self.settings.language,
            text_size: self.settings.text_size,
            header: self.header(&context),
            screen: self.top().view(&context),
            serial: self.serial,
            travel: self.travel,
            layer: self.layer(),
            focus,
            elements,
            video: self.video(&context),
            osd: self.osd(&context),
            dialog: self.dialog(&context),
            notice: notice.map(|(_, text)| text),
            notice_sign,
            toast: self.toast.as_ref().map(|(text, _)| text.clone()),
            standby: !self.staged.stage().display,
            sync: self.sync_view(),
        }
    }

    /// What can have the focus on the top layer, and what has it.
    fn focusable(&self, context: &Context) -> (Vec<Element>, ElementId) {
        match (self.layer(), &self.overlay) {
            (Layer::Alert, _) => (vec![element("alert", "")], "alert".into()),
            (Layer::Dialog, _) => {
                let buttons = dialog_buttons(context);
                let at = self.question.map_or(0, |question| question.at);
                let focus = buttons.get(at).map_or_else(String::new, |button| button.id.clone());
                (buttons.into_iter().map(|button| element(button.id, button.label)).collect(), focus)
            }
            (Layer::Osd, Some(Overlay::Channels { index, .. })) => {
                let channels = self.tuner.stations().iter().map(|station| &station.channel);
                let elements = channels.map(|channel| element(channel_id(channel.number), channel.name.clone()));
                let index = (*index).min(elements.len().saturating_sub(1));
                let focus = self.tuner.stations().get(index);
                let focus = focus.map_or_else(String::new, |station| channel_id(station.channel.number));
                (elements.collect(), focus)
            }
            (Layer::Osd, _) => (vec![element("player/bar", "")], "player/bar".into()),
            _ if self.offers_home() => (vec![element("live/home", self.offer(context))], "live/home".into()),
            _ => self.top().elements(context),
        }
    }

    fn header(&self, context: &Context) -> Header {
        let name = |code: &crate::RegionCode| self.library.region(*code).map(|region| region.name.clone());
        let village = self.lineage.last().and_then(name).unwrap_or_default();
        let above = self.lineage.len().saturating_sub(1);
        let lineage: Vec<String> = self.lineage.iter().take(above).filter_map(name).collect();
        let now = context.now;
        Header {
            // Before the village has a name the seal is the platform's.
            seal: village.chars().next().unwrap_or('粤').to_string(),
            village,
            lineage: lineage.join(" · "),
            date: now.map(|now| context.words.long_date(now)).unwrap_or_default(),
            time: now.map(|now| context.words.clock(now)).unwrap_or_default(),
        }
    }

    fn video(&self, context: &Context) -> VideoView {
        let source = match self.player.programme() {
            Some(Programme::Live(channel)) => format!("live/{channel}"),
            Some(Programme::Video(item)) => format!("item/{item}"),
            None => String::new(),
        };
        let live = !matches!(self.player.programme(), Some(Programme::Video(_)));
        VideoView {
            place: self.staged.stage().place,
            fresh: self.player.is_fresh(),
            source,
            state: self.player.state(),
            position: if live { 0 } else { self.player.position() },
            duration: if live { 0 } else { self.player.duration() },
            message: self.video_message(live, context),
            offer: self.offers_home().then(|| self.offer(context)),
            muted: self.settings.muted,
            volume: self.settings.volume,
        }
    }

    fn offer(&self, context: &Context) -> String {
        context.words.offer_home(&self.header(context).village)
    }

    fn video_message(&self, live: bool, context: &Context) -> Option<String> {
        let words = context.words;
        if self.player.programme().is_none() && self.tuner.stations().is_empty() {
            return Some(words.empty(context.no_channels()).0);
        }
        match (self.player.state(), self.player.failure()) {
            (PlayState::Buffering, _) => Some(words.buffering(self.player.buffered())),
            (_, Some(kind)) if !live => Some(words.video_trouble(kind, self.hope())),
            _ if !live => None,
            // While it is tried again the reason stays where it was.
            _ => context.live_trouble.map(|kind| words.live_trouble(kind)).or_else(|| {
                let waiting = self.player.state() == PlayState::Loading && self.is_dark();
                waiting.then(|| words.live_connecting())
            }),
        }
    }

    fn osd(&self, context: &Context) -> Option<Osd> {
        if let Some((typed, channel)) = self.tuner.typed() {
            return Some(Osd::Digits { typed: typed.to_owned(), channel: channel.unwrap_or_default().to_owned() });
        }
        match self.overlay.as_ref()? {
            Overlay::Banner { .. } => self.banner(context).map(Osd::Banner),
            Overlay::Channels { index, .. } => Some(Osd::Channels(self.channel_list(*index, context))),
            Overlay::PlayerBar { .. } => self.player_bar(context).map(Osd::Player),
            Overlay::Volume { .. } => Some(Osd::Volume { percent: self.settings.volume, muted: self.settings.muted }),
        }
    }

    fn banner(&self, context: &Context) -> Option<BannerView> {
        let channel = &self.tuner.current()?.channel;
        let (mut current, mut next, mut progress) = (String::new(), String::new(), 0);
        if let Some((now, then)) = context.on_air(channel) {
            current = format!("{} {}", context.words.clock(now.starts), now.title);
            next = format!("{} {}", context.words.clock(then.starts), then.title);
            let into = context.seen().map_or(0, |seen| seen - now.starts);
            progress = thousandths(into.max(0) as u64, (now.ends - now.starts).max(0) as u64);
        }
        let village = self.header(context).village;
        Some(BannerView {
            number: channel.number.to_string(),
            name: channel.name.clone(),
            current,
            progress,
            next,
            time: context.now.map(|now| context.words.clock(now)).unwrap_or_default(),
            hint: context.words.home_hint(&village),
        })
    }

    fn channel_list(&self, index: usize, context: &Context) -> ChannelListView {
        let playing = self.tuner.position();
        let stations = self.tuner.stations();
        let rows = stations.iter().enumerate().map(|(at, Station { channel, .. })| ChannelRow {
            id: channel_id(channel.number),
            number: channel.number.to_string(),
            name: channel.name.clone(),
            line: context.on_air(channel).map_or_else(String::new, |(now, _)| now.title.to_owned()),
            playing: Some(at) == playing,
        });
        let visible_rows = context.layout.channel_rows();
        ChannelListView {
            title: context.words.label(Label::Channels),
            rows: rows.collect(),
            first_row: scroll(index.saturating_sub(visible_rows / 2), index, visible_rows, stations.len()),
            visible_rows,
        }
    }

    fn player_bar(&self, context: &Context) -> Option<PlayerBarView> {
        let playing = self.playing.as_ref()?;
        let words = context.words;
        let (position, duration) = (self.player.position(), self.player.duration());
        let next = self.next_video().and_then(|id| self.library.item(&id)).map(|item| words.then(&item.title));
        let toggle = if self.player.is_held() { HintWord::Resume } else { HintWord::Pause };
        Some(PlayerBarView {
            title: playing.item.title.clone(),
            state: self.player.state(),
            position: words.duration(position),
            duration: words.duration(duration),
            progress: thousandths(position, duration),
            seek: self.held.seek.map(|seek| (thousandths(seek, duration), words.duration(seek))),
            next: next.unwrap_or_default(),
            hints: context.hints(&[toggle, HintWord::Seek, HintWord::Back(context.back)]),
        })
    }

    fn dialog(&self, context: &Context) -> Option<Dialog> {
        self.question.map(|Question { .. }| {
            let (title, text) = context.words.reset_question();
            Dialog { title, text, buttons: dialog_buttons(context) }
        })
    }

    /// One line about the storage, the network or the age of what is shown.
    fn notice(&self, context: &Context) -> Option<(NoticeSign, String)> {
        let words = context.words;
        let status = &self.status;
        if self.facts.storage_lost {
            Some((NoticeSign::Storage, words.storage_lost()))
        } else if status.storage_failing {
            Some((NoticeSign::Storage, words.storage_failing()))
        } else if status.online == Some(false) {
            Some((NoticeSign::Offline, words.offline(status.last_success)))
        } else if status.is_refused() {
            Some((NoticeSign::Refused, words.not_believed(status.last_success)))
        } else if status.failing && status.last_trouble.is_some() {
            Some((NoticeSign::Offline, words.no_answer(status.last_success)))
        } else if status.way_doubted {
            Some((NoticeSign::Refused, words.way_doubted(status.wrong_objects > 0)))
        } else if status.storage_full {
            Some((NoticeSign::Storage, words.storage_full()))
        } else if status.last_success.is_none() {
            Some((NoticeSign::Receiving, words.receiving(None)))
        } else {
            None
        }
    }

    fn sync_view(&self) -> SyncView {
        let status = &self.status;
        let trouble = status.last_trouble.as_ref();
        SyncView {
            running: status.running,
            online: status.online,
            last_success: status.last_success,
            pending_objects: status.pending_objects,
            pending_bytes: status.pending_bytes,
            storage_full: status.storage_full,
            way_doubted: status.way_doubted,
            wrong_objects: status.wrong_objects,
            absent_objects: status.absent_objects,
            unfit_pictures: status.unfit_pictures,
            trouble: trouble.map(|(region, kind, detail)| format!("{region}: {kind:?}: {detail}")),
            items: self.library.items().count(),
            withheld: self.library.distrusted(),
        }
    }
}

fn channel_id(number: u16) -> ElementId {
    format!("channel/{number}")
}

/// From the top; the last one is what whoever does not read gets.
pub(super) const RESET_BUTTONS: [(&str, Label); 2] = [("dialog/yes", Label::Yes), ("dialog/no", Label::No)];

fn dialog_buttons(context: &Context) -> Vec<ButtonView> {
    let button = |(id, label): (&str, Label)| ButtonView { id: id.to_owned(), label: context.words.label(label) };
    RESET_BUTTONS.map(button).to_vec()
}

fn thousandths(part: u64, whole: u64) -> u16 {
    (part.min(whole) * 1_000).checked_div(whole).unwrap_or(0) as u16
}
