//! Carries out what the [`Arbiter`](crate::arbiter::Arbiter) decides: tells the ports what has changed, and lets time stand
//! still for what an alert covers.

use super::{App, Overlay};
use crate::arbiter::{Arbiter, Claim, Main, Stage, Wishes};
use crate::event::{Effect, MediaRequest, VideoPlace};
use crate::player::Programme;
use crate::screens::ScreenState;

/// The stage as the ports know it.
#[derive(Clone, Debug)]
pub(super) struct Staged {
    stage: Stage,
    /// Nothing has been told yet: the display is on, and nothing plays.
    new: bool,
    /// Since when an alert has had the whole screen.
    covered: Option<u64>,
}

impl Default for Staged {
    fn default() -> Staged {
        let wishes = Wishes { place: VideoPlace::Full, volume: 0, muted: true, standby: false };
        Staged { stage: Arbiter::default().stage(wishes), new: true, covered: None }
    }
}

impl Staged {
    pub(super) fn stage(&self) -> &Stage {
        &self.stage
    }

    /// While nothing of it is seen, nothing below an alert comes to its end.
    pub(super) fn is_covered(&self) -> bool {
        self.covered.is_some()
    }
}

impl App {
    fn wishes(&self) -> Wishes {
        let place = match self.top() {
            ScreenState::Live | ScreenState::Player => VideoPlace::Full,
            ScreenState::Home(_) => VideoPlace::Window,
            _ => VideoPlace::Hidden,
        };
        Wishes { place, volume: self.settings.volume, muted: self.settings.muted, standby: self.standby }
    }

    pub(super) fn settle_stage(&mut self) {
        let stage = self.arbiter.stage(self.wishes());
        let before = std::mem::replace(&mut self.staged.stage, stage);
        let new = std::mem::replace(&mut self.staged.new, false);
        if stage.alert().is_some() != self.staged.is_covered() {
            self.cover(stage.alert().is_some());
        }
        if matches!(stage.main, Main::Suspended(_)) {
            self.player.suspend();
        } else {
            self.player.unsuspend();
        }
        if stage.display != before.display {
            self.effects.push_back(Effect::Display { on: stage.display });
        }
        // A display that was off may have taken its sound with it.
        let woken = stage.display && !before.display;
        if new || woken || (stage.volume, stage.muted) != (before.volume, before.muted) {
            let request = MediaRequest::Volume { percent: stage.volume, muted: stage.muted };
            self.effects.push_back(Effect::Media(request));
        }
        if new || stage.place != before.place {
            self.effects.push_back(Effect::Media(MediaRequest::Place(stage.place)));
        }
    }

    /// What an alert covers finds its time again as it left it: nobody has seen it meanwhile.
    fn cover(&mut self, covers: bool) {
        let now = self.now.monotonic;
        if covers {
            // The key is let go under the alert.
            self.finish_hold();
            self.staged.covered = Some(now);
            return;
        }
        let Some(since) = self.staged.covered.take() else { return };
        let away = now.saturating_sub(since);
        self.last_key += away;
        if let Some(dark) = &mut self.dark {
            dark.since += away;
        }
        if let Some((_, until)) = &mut self.toast {
            *until += away;
        }
        if let Some(
            Overlay::Banner { until }
            | Overlay::Channels { until, .. }
            | Overlay::PlayerBar { until }
            | Overlay::Volume { until },
        ) = &mut self.overlay
        {
            *until += away;
        }
    }

    /// Whether live television is what plays, or would without what lies over it.
    pub(super) fn is_live(&self) -> bool {
        self.staged.stage.main == Main::Plays(Claim::Live)
    }

    /// Ends what plays although nothing asks for it any more. Returns whether there is nothing to load.
    pub(super) fn clear_player(&mut self) -> bool {
        match self.staged.stage.main {
            Main::Plays(_) => return false,
            Main::Off => self.player.stop(),
            Main::Suspended(_) => {
                let video = matches!(self.player.programme(), Some(Programme::Video(_)));
                if video && !self.arbiter.holds(Claim::Video) {
                    self.player.stop();
                }
            }
        }
        true
    }
}
