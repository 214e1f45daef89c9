//! Who has the screen, the sound and the keys.
//!
//! Whatever wants them *claims* them and says when it no longer does. The highest claim has them; what lies below is
//! suspended or goes on beneath, and has everything again when the last claim above it is released. Nothing is put back by
//! hand: a [`Stage`] follows from the claims that are held and from what the viewer has set ([`Wishes`]), and from nothing
//! that happened before, so taking claims away leads to where it would have been without them.
//!
//! ```text
//!  Live < Video < Alert(Minor) < Alert(Moderate) < Alert(Severe) < Alert(Extreme)
//!                 └─ over the picture ─────────┘   └─ instead of it, wakes from standby ─┘
//! ```
//!
//! Signage, cameras and calls have their places between videos and alerts.

use crate::event::VideoPlace;
use std::collections::BTreeSet;

/// An alert is heard at least so loudly, in percent, whatever the viewer has set: as loud as a box that nobody has ever
/// made softer or louder.
pub const ALERT_VOLUME: u8 = 60;
/// What plays on below an alert is so many times softer: still there, and no rival of a voice at [`ALERT_VOLUME`]. Nobody
/// has listened to it yet.
const DUCKED: u8 = 4;

/// How grave an alert is, the least first; the names are those of CAP 1.2 (`severity`), the numbers and colours those of the
/// emergency broadcast in China.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// 4, blue: 一般.
    Minor,
    /// 3, yellow: 较大.
    Moderate,
    /// 2, orange: 重大.
    Severe,
    /// 1, red: 特别重大.
    Extreme,
}

impl Severity {
    /// The whole screen, without being asked, also from standby.
    pub fn takes_the_screen(self) -> bool {
        self >= Severity::Severe
    }
}

/// In their order: the greatest has the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// Live television. Held for as long as the program runs.
    Live,
    /// A video of the library, in full.
    Video,
    Alert(Severity),
}

/// What the viewer has set, and what the screens that they walk through ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wishes {
    pub place: VideoPlace,
    /// Percent.
    pub volume: u8,
    pub muted: bool,
    pub standby: bool,
}

/// What becomes of the one programme that plays at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Main {
    Plays(Claim),
    /// It goes on where it is, at the end of the claim above it.
    Suspended(Claim),
    /// Standby.
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Who has the screen.
    pub top: Claim,
    pub main: Main,
    pub place: VideoPlace,
    /// Of the programme, in percent.
    pub volume: u8,
    pub muted: bool,
    /// Of what the highest claim says, in percent; 0 while it has nothing to say.
    pub voice: u8,
    /// The display is on.
    pub display: bool,
}

impl Stage {
    /// The alert that has the whole screen and all keys.
    pub fn alert(&self) -> Option<Severity> {
        match self.top {
            Claim::Alert(severity) if severity.takes_the_screen() => Some(severity),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arbiter {
    /// Never without [`Claim::Live`].
    held: BTreeSet<Claim>,
}

impl Default for Arbiter {
    fn default() -> Arbiter {
        Arbiter { held: [Claim::Live].into() }
    }
}

impl Arbiter {
    pub fn claim(&mut self, claim: Claim) {
        self.held.insert(claim);
    }

    /// Live television cannot be released: there is always something to fall back on.
    pub fn release(&mut self, claim: Claim) {
        if claim != Claim::Live {
            self.held.remove(&claim);
        }
    }

    pub fn holds(&self, claim: Claim) -> bool {
        self.held.contains(&claim)
    }

    pub fn top(&self) -> Claim {
        self.held.last().copied().unwrap_or(Claim::Live)
    }

    /// Which programme is to play, or would without what lies over it.
    fn programme(&self) -> Claim {
        self.held.iter().rev().copied().find(|claim| !matches!(claim, Claim::Alert(_))).unwrap_or(Claim::Live)
    }

    pub fn stage(&self, wishes: Wishes) -> Stage {
        let Wishes { place, volume, muted, standby } = wishes;
        let (top, programme) = (self.top(), self.programme());
        let calm = Stage {
            top,
            main: if standby { Main::Off } else { Main::Plays(programme) },
            place: if standby { VideoPlace::Hidden } else { place },
            volume,
            muted,
            voice: 0,
            display: !standby,
        };
        let Claim::Alert(severity) = top else { return calm };
        let voice = volume.max(ALERT_VOLUME);
        if severity.takes_the_screen() {
            let main = if standby { Main::Off } else { Main::Suspended(programme) };
            Stage { main, place: VideoPlace::Hidden, voice, display: true, ..calm }
        } else if standby {
            // Nobody is woken for it; it is there when they come.
            calm
        } else {
            Stage { volume: volume / DUCKED, voice, ..calm }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLAIMS: [Claim; 5] = [
        Claim::Video,
        Claim::Alert(Severity::Minor),
        Claim::Alert(Severity::Moderate),
        Claim::Alert(Severity::Severe),
        Claim::Alert(Severity::Extreme),
    ];

    fn wishes() -> impl Strategy<Value = Wishes> {
        let place = prop_oneof![Just(VideoPlace::Hidden), Just(VideoPlace::Window), Just(VideoPlace::Full)];
        (place, 0..=100_u8, any::<bool>(), any::<bool>()).prop_map(|(place, volume, muted, standby)| Wishes {
            place,
            volume,
            muted,
            standby,
        })
    }

    proptest! {
        #[test]
        fn the_highest_claim_has_the_screen_whatever_came_before(
            steps in proptest::collection::vec((any::<bool>(), proptest::sample::select(&CLAIMS[..])), 0..60),
            wishes in wishes(),
        ) {
            let mut arbiter = Arbiter::default();
            let mut held = BTreeSet::from([Claim::Live]);
            for (claims, claim) in steps {
                if claims {
                    arbiter.claim(claim);
                    held.insert(claim);
                } else {
                    arbiter.release(claim);
                    held.remove(&claim);
                }
                arbiter.release(Claim::Live);
                let stage = arbiter.stage(wishes);
                let highest = held.last().copied().expect("live television is always held");
                prop_assert_eq!(stage.top, highest);
                let Claim::Alert(severity) = highest else {
                    let main = if wishes.standby { Main::Off } else { Main::Plays(highest) };
                    prop_assert_eq!((stage.main, stage.volume, stage.muted), (main, wishes.volume, wishes.muted));
                    prop_assert_eq!(stage.display, !wishes.standby);
                    continue;
                };
                if severity.takes_the_screen() {
                    prop_assert!(stage.display && stage.voice >= ALERT_VOLUME && stage.place == VideoPlace::Hidden);
                    prop_assert!(!matches!(stage.main, Main::Plays(_)));
                    prop_assert_eq!(stage.alert(), Some(severity));
                } else {
                    prop_assert_eq!(stage.display, !wishes.standby);
                    prop_assert_eq!(stage.voice >= ALERT_VOLUME, !wishes.standby);
                    prop_assert!(stage.volume <= wishes.volume && !matches!(stage.main, Main::Suspended(_)));
                }
            }
        }
    }
}
