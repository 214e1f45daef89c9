//! Live television: which channel is on, zapping, digits, the banner and the channel list.

use super::{App, Overlay};
use crate::arbiter::{Claim, Main};
use crate::event::{MediaErrorKind, Source};
use crate::key::Key;
use crate::player::Programme;
use crate::screens::ScreenState;
use crate::settings::Settings;
use crate::tuner::Digits;
use crate::view::PlayState;

/// Long enough to be read by who reads slowly, in milliseconds.
const BANNER: u64 = 6_000;
const CHANNEL_LIST: u64 = 20_000;
/// A live picture that has not come for so long may not come soon, in milliseconds. Zapping takes a third of it.
const OFFER_AFTER: u64 = 6_000;

/// Live television should be seen, and there is no picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dark {
    pub(super) since: u64,
    /// The last failure; it stays said while the channel is tried again.
    pub(super) trouble: Option<MediaErrorKind>,
}

impl App {
    /// Lets the live channel play whenever nothing else does.
    pub(super) fn tune(&mut self) {
        if self.clear_player() || !self.is_live() {
            return;
        }
        let Some(station) = self.tuner.current() else {
            self.player.stop();
            return;
        };
        let programme = Programme::Live(station.key.clone());
        let source = Source::Url(self.facts.absolute(&station.channel.url));
        if self.player.programme() != Some(&programme) || self.player.source() != Some(&source) {
            self.player.load(programme, source, 0);
        }
    }

    pub(super) fn settle_dark(&mut self) {
        let seen = matches!(self.player.state(), PlayState::Playing | PlayState::Paused);
        if matches!(self.staged.stage().main, Main::Suspended(Claim::Live)) {
            return;
        }
        self.dark = if seen || !self.is_live() {
            None
        } else {
            let dark = self.dark.unwrap_or(Dark { since: self.now.monotonic, trouble: None });
            Some(Dark { trouble: self.player.failure().or(dark.trouble), ..dark })
        };
    }

    /// There has been no live picture for so long that it is worth a word.
    pub(super) fn is_dark(&self) -> bool {
        self.dark.is_some_and(|dark| dark.since + OFFER_AFTER <= self.now.monotonic)
    }

    /// When [`App::is_dark`] becomes true by itself.
    pub(super) fn offer_comes(&self) -> Option<u64> {
        self.dark.map(|dark| dark.since + OFFER_AFTER).filter(|at| *at > self.now.monotonic)
    }

    /// Instead of a black screen: OK opens what the village itself has to show.
    pub(super) fn offers_home(&self) -> bool {
        matches!(self.top(), ScreenState::Live) && self.is_dark() && !self.shelves.fresh().is_empty()
    }

    pub(super) fn show_banner(&mut self) {
        if self.tuner.current().is_some() || self.overlay.is_none() {
            self.overlay = Some(Overlay::Banner { until: self.now.monotonic + BANNER });
        }
    }

    fn switch_to(&mut self, key: &str) {
        self.tuner.tune(key);
        self.set(Settings { channel: Some(key.to_owned()), ..self.settings.clone() });
        self.show_banner();
    }

    fn zap(&mut self, by: isize) {
        self.tuner.cancel_digits();
        if let Some(key) = self.tuner.neighbour(by).map(|station| station.key.clone()) {
            self.switch_to(&key);
        }
    }

    pub(super) fn finish_digits(&mut self) {
        if let Some(digits) = self.tuner.finish_digits() {
            self.take_digits(digits);
        }
    }

    fn take_digits(&mut self, digits: Digits) {
        match digits {
            Digits::Channel(key) => self.switch_to(&key),
            Digits::NoSuchChannel(typed) => self.say(self.words().no_such_channel(&typed)),
        }
    }

    pub(super) fn answer_live(&mut self, key: Key) {
        match key {
            Key::Up | Key::ChannelUp => self.zap(1),
            Key::Down | Key::ChannelDown => self.zap(-1),
            Key::Left => self.change_volume(-5),
            Key::Right => self.change_volume(5),
            Key::Digit(digit) => {
                self.overlay = None;
                if let Some(digits) = self.tuner.digit(digit, self.now.monotonic) {
                    self.take_digits(digits);
                }
            }
            Key::Ok if self.tuner.typed().is_some() => self.finish_digits(),
            Key::Ok if self.offers_home() => {
                self.go_home();
                // Not the live picture: there is none.
                if let (Some(ScreenState::Home(home)), Some(id)) =
                    (self.screens.last_mut(), self.shelves.fresh().first())
                {
                    home.go_to(id);
                }
            }
            Key::Ok | Key::Menu => self.open_channels(),
            Key::Info => match self.overlay {
                Some(Overlay::Banner { .. }) => self.overlay = None,
                _ => self.show_banner(),
            },
            // Back takes the digits away first.
            Key::Back if self.tuner.cancel_digits() => {}
            Key::Back => self.go_home(),
            _ => {}
        }
    }

    fn open_channels(&mut self) {
        if let Some(index) = self.tuner.position() {
            self.overlay = Some(Overlay::Channels { index, until: self.now.monotonic + CHANNEL_LIST });
        }
    }

    pub(super) fn answer_channels(&mut self, key: Key) {
        let Some(Overlay::Channels { index, .. }) = self.overlay else { return };
        let last = self.tuner.stations().len().saturating_sub(1);
        let index = index.min(last);
        let until = self.now.monotonic + CHANNEL_LIST;
        match key {
            Key::Up | Key::ChannelUp => {
                self.overlay = Some(Overlay::Channels { index: index.saturating_sub(1), until });
            }
            Key::Down | Key::ChannelDown => {
                self.overlay = Some(Overlay::Channels { index: (index + 1).min(last), until });
            }
            Key::Ok => {
                let key = self.tuner.stations().get(index).map(|station| station.key.clone());
                self.overlay = None;
                if let Some(key) = key {
                    self.switch_to(&key);
                }
            }
            Key::Back | Key::Menu | Key::Left => self.overlay = None,
            Key::Digit(_) => {
                self.overlay = None;
                self.answer_live(key);
            }
            _ => {}
        }
    }
}
