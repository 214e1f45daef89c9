//! A video of the library in full: pause, seek, resume where it stopped, the next one in the list.

use super::{App, Overlay};
use crate::arbiter::Claim;
use crate::catalog::{Content, Item, ItemId, NeededObject, ObjectRole};
use crate::event::{Changes, Effect, Generation, MediaErrorKind, MediaEvent, MediaEventKind, Source, StoreRequest};
use crate::key::{Key, KeyEvent};
use crate::player::{Outcome, Programme};
use crate::screens::opened::Opened;
use crate::screens::video::{VideoDetail, following};
use crate::screens::{Command, ScreenState};
use crate::view::PlayState;
use crate::words::Hope;

/// The controls stay for so long after a key, in milliseconds.
pub(super) const CONTROLS: u64 = 5_000;
/// A position so near to either end is not worth remembering, in milliseconds.
const EDGE: u64 = 10_000;
/// Positions are kept at this interval, so that a power cut costs little, in milliseconds.
const KEEP_EVERY: u64 = 30_000;

/// The video that is shown in full.
#[derive(Clone, Debug)]
pub(super) struct Playing {
    pub(super) item: Box<Item>,
    kept: u64,
    /// Its file is there and cannot be read: it comes over the network.
    unreadable: bool,
    /// Its first picture has been seen.
    pub(super) began: bool,
    /// The last report: generation, position and when it came.
    pub(super) reported: Option<(Generation, u64, u64)>,
    /// Milliseconds for which it has played that are not counted yet.
    pub(super) uncounted: u64,
}

impl App {
    pub(super) fn play(&mut self, item: Item, from: u64) {
        let Some(source) = self.source_of(&item, false) else { return };
        self.player.load(Programme::Video(item.id.clone()), source, from);
        self.arbiter.claim(Claim::Video);
        self.playing = Some(Playing {
            item: Box::new(item),
            kept: from,
            unreadable: false,
            began: false,
            reported: None,
            uncounted: 0,
        });
        if !matches!(self.top(), ScreenState::Player) {
            self.push(ScreenState::Player);
        }
        self.show_controls();
    }

    /// Ends the video, remembers where, and lets live television come back.
    pub(super) fn stop_video(&mut self) {
        if self.playing.is_some() {
            self.keep_position();
            self.playing = None;
            self.arbiter.release(Claim::Video);
            self.held.seek = None;
            self.screens.retain(|screen| !matches!(screen, ScreenState::Player));
        }
    }

    pub(super) fn keep_position(&mut self) {
        let Some(playing) = &mut self.playing else { return };
        let (position, duration) = (self.player.position(), self.player.duration());
        // What failed or has not started says nothing about where the viewer is.
        if duration == 0 {
            return;
        }
        let worth = position >= EDGE && position + EDGE < duration;
        playing.kept = position;
        let id = playing.item.id.clone();
        let position = worth.then_some(position);
        match position {
            Some(position) => self.positions.insert(id.clone(), position),
            None => self.positions.remove(&id),
        };
        self.sync.commit(Changes { positions: vec![(id, position)], ..Changes::default() });
    }

    pub(super) fn handle_media(&mut self, event: MediaEvent) {
        let moved = matches!(event.kind, MediaEventKind::Position { .. });
        let failed = matches!(event.kind, MediaEventKind::Failed(_));
        self.count_playing(&event);
        if let Outcome::Ended(id) = self.player.handle(event, self.now.monotonic) {
            self.video_ended(&id);
        }
        if failed {
            self.doubt_the_object();
        }
        if moved
            && self.playing.as_ref().is_some_and(|playing| self.player.position().abs_diff(playing.kept) >= KEEP_EVERY)
        {
            self.keep_position();
        }
    }

    /// A stored video that does not play may have been damaged on the disk, or be gone from there: it is checked, and
    /// fetched again when it is not what it should be. One that came over the network and cannot be decoded may have
    /// been damaged on the way: as an object it is verified.
    fn doubt_the_object(&mut self) {
        if self.player.state() != PlayState::Failed || self.player.retries() {
            return;
        }
        let undecodable = self.player.failure() == Some(MediaErrorKind::Undecodable);
        let Some(playing) = &mut self.playing else { return };
        match (self.player.source(), &playing.item.content) {
            (Some(Source::Object(sha256)), _) => {
                self.sync.report_broken(*sha256);
                playing.unreadable |= !undecodable;
            }
            (Some(Source::Url(_)), Content::Video { video })
                if undecodable && !self.library.has(video.object.sha256) =>
            {
                let needed = NeededObject { object: video.object, role: ObjectRole::Video };
                self.sync.want(vec![needed], self.now);
            }
            _ => {}
        }
    }

    /// A video that does not play goes on from elsewhere as soon as it can: from the disk when it has come, over the
    /// network when the disk has lost it.
    pub(super) fn mend_video(&mut self) {
        let Some(playing) = &mut self.playing else { return };
        let Content::Video { video } = &playing.item.content else { return };
        playing.unreadable &= self.library.has(video.object.sha256);
        let programme = Programme::Video(playing.item.id.clone());
        if self.player.state() != PlayState::Failed || self.player.programme() != Some(&programme) {
            return;
        }
        let unreadable = playing.unreadable;
        let source = self.playing.as_ref().and_then(|playing| self.source_of(&playing.item, unreadable));
        if let Some(source) = source.filter(|source| self.player.source() != Some(source)) {
            self.player.switch(source);
        }
    }

    /// What happens by itself to a video that does not play.
    pub(super) fn hope(&self) -> Hope {
        let wanted = self.playing.as_ref().and_then(|playing| match &playing.item.content {
            Content::Video { video } => Some(video.object.sha256),
            _ => None,
        });
        match (self.player.source(), wanted) {
            _ if self.player.retries() => Hope::Retries,
            (Some(Source::Object(sha256)), _) if self.sync.is_checking(*sha256) => Hope::Checking,
            (Some(Source::Url(_)), Some(sha256)) if self.sync.is_coming(sha256) => Hope::Coming,
            _ => Hope::Nothing,
        }
    }

    fn video_ended(&mut self, id: &ItemId) {
        self.positions.remove(id);
        self.sync.commit(Changes { positions: vec![(id.clone(), None)], ..Changes::default() });
        match self.next_video() {
            Some(next) => self.play_next(&next),
            None => {
                self.playing = None;
                self.arbiter.release(Claim::Video);
                self.screens.retain(|screen| !matches!(screen, ScreenState::Player));
                self.moved(crate::view::Travel::Back);
            }
        }
    }

    /// The video after this one in its list.
    pub(super) fn next_video(&self) -> Option<ItemId> {
        let playing = self.playing.as_ref()?;
        let summary = self.library.item(&playing.item.id)?;
        let list = self.shelves.list(summary.board, &summary.section);
        let at = list.iter().position(|id| *id == summary.id)?;
        let context = self.context();
        following(summary, &context).first().map(|item| item.id.clone()).filter(|id| list[at + 1..].contains(id))
    }

    /// The page of the next video takes the place of this one's, so that Back leads to what was last seen.
    fn play_next(&mut self, id: &ItemId) {
        let Some(summary) = self.library.item(id) else { return };
        let detail = ScreenState::Video(VideoDetail::new(Opened::new(summary, self.now.monotonic)));
        let below = self.screens.len().saturating_sub(2);
        if let Some(place @ ScreenState::Video(_)) = self.screens.get_mut(below) {
            *place = detail;
        }
        self.effects.push_back(Effect::Store(StoreRequest::LoadItem { id: id.clone() }));
        self.awaited_next(id);
    }

    /// The item is read from the store; as soon as it is here it plays.
    fn awaited_next(&mut self, id: &ItemId) {
        self.keep_position();
        self.awaiting = Some(id.clone());
    }

    /// Plays what was waited for.
    pub(super) fn play_awaited(&mut self) {
        let Some(id) = self.awaiting.clone() else { return };
        if !matches!(self.top(), ScreenState::Player) {
            self.awaiting = None;
            return;
        }
        let opened = self.screens.iter().filter_map(ScreenState::opened).find(|opened| opened.id == id);
        if let Some(item) = opened.and_then(Opened::item).cloned() {
            self.awaiting = None;
            if matches!(item.content, Content::Video { .. }) {
                self.play(item, 0);
            }
        }
    }

    pub(super) fn show_controls(&mut self) {
        self.overlay = Some(Overlay::PlayerBar { until: self.now.monotonic + CONTROLS });
    }

    pub(super) fn answer_player(&mut self, event: KeyEvent) {
        match event.key {
            Key::Back | Key::Stop => return self.command(Command::Back),
            Key::Info if self.overlay.is_some() => return self.overlay = None,
            Key::Ok if self.player.state() == PlayState::Failed => self.player.retry(),
            Key::Ok | Key::PlayPause => {
                self.player.toggle();
                self.keep_position();
            }
            Key::Left | Key::Rewind => self.preview(false),
            Key::Right | Key::FastForward => self.preview(true),
            Key::Next | Key::ChannelUp => return self.skip(),
            Key::Previous | Key::ChannelDown => self.player.seek(0),
            _ => {}
        }
        self.show_controls();
    }

    fn skip(&mut self) {
        match self.next_video() {
            Some(id) => self.play_next(&id),
            None => self.say(self.words().last_video()),
        }
    }

    /// Moves the mark; the video follows when the key is let go.
    fn preview(&mut self, forward: bool) {
        let from = self.held.seek.unwrap_or(self.player.position());
        let to = if forward { from + self.leap() } else { from.saturating_sub(self.leap()) };
        let last = self.player.duration().saturating_sub(1_000);
        self.held.seek = Some(if self.player.duration() > 0 { to.min(last) } else { to });
    }

    pub(super) fn finish_hold(&mut self) {
        if let Some(position) = self.held.seek.take() {
            self.player.seek(position);
            if matches!(self.top(), ScreenState::Player) {
                self.show_controls();
            }
        }
    }
}
