//! Keys, answered from the top layer down.
//!
//! A long press never does what a short press does not: only arrows, channel and volume keys repeat. Held arrows
//! accelerate in lists; held left and right move through a video, and the video goes there when the key is let go.

use super::show::RESET_BUTTONS;
use super::{App, Overlay, Question};
use crate::catalog::Board;
use crate::key::{Key, KeyEvent, Layer, Press};
use crate::screens::{Action, Command, Direction, ScreenState};
use crate::settings::Settings;
use crate::words::Label;

/// A key that is let go sends an event; a remote that loses it must not seek for ever, in milliseconds.
const LOST_RELEASE: u64 = 1_200;

/// The key that is being held, and where a video would go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    key: Option<Key>,
    repeats: usize,
    /// Milliseconds of the video.
    pub(super) seek: Option<u64>,
    last: u64,
}

impl Held {
    pub(super) fn is_seeking(&self) -> bool {
        self.seek.is_some()
    }

    pub(super) fn poll_timeout(&self) -> Option<u64> {
        self.seek.map(|_| self.last + LOST_RELEASE)
    }

    fn take(&mut self, event: KeyEvent, now: u64) {
        self.last = now;
        match event.press {
            Press::Down => {
                self.key = Some(event.key);
                self.repeats = 0;
            }
            Press::Repeat => self.repeats += 1,
            Press::Up => self.key = None,
        }
    }

    /// How far one repeat moves in a list.
    fn stride(&self) -> usize {
        match self.repeats {
            0..=9 => 1,
            10..=29 => 2,
            30..=59 => 4,
            _ => 8,
        }
    }

    /// How far one repeat moves in a video, in milliseconds.
    fn leap(&self) -> u64 {
        match self.repeats {
            0..=4 => 10_000,
            5..=14 => 20_000,
            _ => 60_000,
        }
    }
}

impl App {
    pub(super) fn handle_key(&mut self, event: KeyEvent) {
        self.held.take(event, self.now.monotonic);
        if event.press == Press::Up {
            if matches!(event.key, Key::Left | Key::Right | Key::Rewind | Key::FastForward) {
                self.finish_hold();
            }
            return;
        }
        if event.press == Press::Repeat && !repeats(event.key) {
            return;
        }
        if self.layer() == Layer::Alert {
            // It is not left by a key, and nothing below it moves.
            return;
        }
        self.last_key = self.now.monotonic;
        if event.key == Key::Power {
            self.toggle_standby();
        } else if !self.standby {
            self.answer(event);
        }
    }

    fn answer(&mut self, event: KeyEvent) {
        if self.question.is_some() && self.answer_question(event.key) {
            return;
        }
        if self.answer_everywhere(event.key) {
            return;
        }
        match (self.top(), &self.overlay) {
            (_, Some(Overlay::Channels { .. })) => self.answer_channels(event.key),
            (ScreenState::Live, _) => self.answer_live(event.key),
            (ScreenState::Player, _) => self.answer_player(event),
            _ => self.answer_screen(event.key),
        }
    }

    fn answer_question(&mut self, key: Key) -> bool {
        let Some(Question { at }) = self.question else { return false };
        match key {
            Key::Up => self.question = Some(Question { at: at.saturating_sub(1) }),
            Key::Down => self.question = Some(Question { at: (at + 1).min(RESET_BUTTONS.len() - 1) }),
            Key::Ok => {
                self.question = None;
                if RESET_BUTTONS.get(at).is_some_and(|(_, label)| *label == Label::Yes) {
                    // The channel and the volume are not settings in the viewer's eyes.
                    let kept = Settings {
                        volume: self.settings.volume,
                        muted: self.settings.muted,
                        channel: self.settings.channel.clone(),
                        ..Settings::default()
                    };
                    self.set(kept);
                }
            }
            Key::Back => self.question = None,
            // Keys that lead elsewhere take the question with them.
            Key::Home | Key::Red | Key::Green | Key::Yellow | Key::Blue => {
                self.question = None;
                return false;
            }
            _ => {}
        }
        true
    }

    /// Keys that mean the same on every screen.
    fn answer_everywhere(&mut self, key: Key) -> bool {
        match key {
            Key::Home if self.at_home() => self.go_live(),
            Key::Home => self.go_home(),
            Key::Red => self.jump(Board::Party),
            Key::Green => self.jump(Board::Governance),
            Key::Yellow => self.jump(Board::Culture),
            Key::Blue => self.jump(Board::Business),
            Key::VolumeUp => self.change_volume(5),
            Key::VolumeDown => self.change_volume(-5),
            Key::Mute => {
                let settings = Settings { muted: !self.settings.muted, ..self.settings.clone() };
                self.show_volume(settings);
            }
            Key::Menu if !matches!(self.top(), ScreenState::Live | ScreenState::Player) => self.open_settings(),
            _ => return false,
        }
        true
    }

    /// A colour key opens its board from anywhere; Back then leads to the home page.
    fn jump(&mut self, board: Board) {
        if matches!(self.top(), ScreenState::Board(screen) if screen.board == board) {
            return;
        }
        self.go_home();
        self.act(Action::OpenBoard(board));
    }

    fn answer_screen(&mut self, key: Key) {
        let by = self.held.stride();
        let command = match key {
            Key::Up => Command::Move { direction: Direction::Up, by },
            Key::Down => Command::Move { direction: Direction::Down, by },
            Key::Left => Command::Move { direction: Direction::Left, by },
            Key::Right => Command::Move { direction: Direction::Right, by },
            Key::Ok => Command::Ok,
            Key::Back => Command::Back,
            // Page keys of remotes that have them; channel keys page through lists and texts.
            Key::ChannelUp if !self.at_home() => Command::Move { direction: Direction::Up, by: 5 },
            Key::ChannelDown if !self.at_home() => Command::Move { direction: Direction::Down, by: 5 },
            Key::ChannelUp | Key::ChannelDown | Key::Digit(_) if self.at_home() => return self.answer_live(key),
            _ => return,
        };
        self.command(command);
    }

    pub(super) fn change_volume(&mut self, by: i16) {
        let volume = (i16::from(self.settings.volume) + by).clamp(0, 100) as u8;
        self.show_volume(Settings { volume, muted: false, ..self.settings.clone() });
    }

    fn show_volume(&mut self, settings: Settings) {
        self.set(settings);
        if !matches!(self.overlay, Some(Overlay::PlayerBar { .. } | Overlay::Channels { .. })) {
            self.overlay = Some(Overlay::Volume { until: self.now.monotonic + 2_500 });
        }
    }

    /// Standby: no picture, no sound; the synchronization goes on.
    fn toggle_standby(&mut self) {
        self.standby = !self.standby;
        if self.standby {
            self.stop_video();
            self.screens.truncate(1);
            self.overlay = None;
            self.question = None;
            self.toast = None;
        } else {
            self.moved(crate::view::Travel::None);
            self.show_banner();
        }
    }

    /// How far a held key moves through a video, in milliseconds.
    pub(super) fn leap(&self) -> u64 {
        self.held.leap()
    }
}

fn repeats(key: Key) -> bool {
    matches!(
        key,
        Key::Up
            | Key::Down
            | Key::Left
            | Key::Right
            | Key::ChannelUp
            | Key::ChannelDown
            | Key::VolumeUp
            | Key::VolumeDown
            | Key::Rewind
            | Key::FastForward
    )
}
