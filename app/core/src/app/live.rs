//! Live television: which channel is on, zapping, digits, the banner and the channel list.

use super::{App, Overlay};
use crate::event::Source;
use crate::key::Key;
use crate::player::Programme;
use crate::settings::Settings;
use crate::tuner::Digits;

/// Long enough to be read by who reads slowly, in milliseconds.
const BANNER: u64 = 6_000;
const CHANNEL_LIST: u64 = 20_000;

impl App {
    /// Lets the live channel play whenever nothing else does.
    pub(super) fn tune(&mut self) {
        if self.standby || self.playing.is_some() {
            return;
        }
        let Some(channel) = self.tuner.current() else {
            self.player.stop();
            return;
        };
        let programme = Programme::Live(channel.id.clone());
        let source = Source::Url(self.facts.absolute(&channel.url));
        if self.player.programme() != Some(&programme) || self.player.source() != Some(&source) {
            self.player.load(programme, source, 0);
        }
    }

    pub(super) fn show_banner(&mut self) {
        if self.tuner.current().is_some() || self.overlay.is_none() {
            self.overlay = Some(Overlay::Banner { until: self.now.monotonic + BANNER });
        }
    }

    fn switch_to(&mut self, id: &str) {
        self.tuner.tune(id);
        self.set(Settings { channel: Some(id.to_owned()), ..self.settings.clone() });
        self.show_banner();
    }

    fn zap(&mut self, by: isize) {
        self.tuner.cancel_digits();
        if let Some(id) = self.tuner.neighbour(by).map(|channel| channel.id.clone()) {
            self.switch_to(&id);
        }
    }

    pub(super) fn finish_digits(&mut self) {
        if let Some(digits) = self.tuner.finish_digits() {
            self.take_digits(digits);
        }
    }

    fn take_digits(&mut self, digits: Digits) {
        match digits {
            Digits::Channel(id) => self.switch_to(&id),
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
        let current = self.tuner.current().map(|channel| channel.id.clone());
        let index = self.tuner.channels().iter().position(|channel| Some(&channel.id) == current.as_ref());
        if let Some(index) = index {
            self.overlay = Some(Overlay::Channels { index, until: self.now.monotonic + CHANNEL_LIST });
        }
    }

    pub(super) fn answer_channels(&mut self, key: Key) {
        let Some(Overlay::Channels { index, .. }) = self.overlay else { return };
        let last = self.tuner.channels().len().saturating_sub(1);
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
                let id = self.tuner.channels().get(index).map(|channel| channel.id.clone());
                self.overlay = None;
                if let Some(id) = id {
                    self.switch_to(&id);
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
