//! Something takes the screen from whatever is on it, and gives it back.

use super::storm::Dice;
use super::*;
use crate::arbiter::{ALERT_VOLUME, Claim, Severity};
use crate::event::VideoPlace;
use crate::key::Layer;
use crate::player::Programme;

const SEVERITIES: [Severity; 4] = [Severity::Minor, Severity::Moderate, Severity::Severe, Severity::Extreme];

impl Bench {
    fn claim(&mut self, severity: Severity) {
        self.app.arbiter.claim(Claim::Alert(severity));
        self.event(Event::Timeout);
    }

    fn play_a_video(&mut self) {
        let id = self.items.iter().find(|item| item.kind() == Kind::Video).expect("a video").id.clone();
        self.app.open(&id);
        self.drain();
        self.keys("ok").expect("player", "player/bar");
    }

    fn release(&mut self, severity: Severity) {
        self.app.arbiter.release(Claim::Alert(severity));
        self.event(Event::Timeout);
    }

    /// The last that the ports were told of it.
    fn told<T>(&self, which: impl Fn(&MediaRequest) -> Option<T>) -> T {
        self.media.iter().rev().find_map(which).expect("it is told at the start")
    }

    fn volume(&self) -> (u8, bool) {
        self.told(|request| match request {
            MediaRequest::Volume { percent, muted } => Some((*percent, *muted)),
            _ => None,
        })
    }

    fn place(&self) -> VideoPlace {
        self.told(|request| match request {
            MediaRequest::Place(place) => Some(*place),
            _ => None,
        })
    }

    /// What has been asked of the player last; with the last load's programme whether it runs.
    fn plays(&self) -> bool {
        let mut plays = false;
        for request in &self.media {
            match request {
                MediaRequest::Load { paused, .. } => plays = !paused,
                MediaRequest::Pause { .. } | MediaRequest::Stop => plays = false,
                MediaRequest::Resume { .. } => plays = true,
                _ => {}
            }
        }
        plays
    }

    /// All that somebody sees and hears, but the time and the state of the line.
    fn seen(&self) -> Seen {
        let view = self.app.view();
        let position = self.app.player.position();
        // A live picture is the newest there is.
        let position = if view.video.source.starts_with("live/") { 0 } else { position };
        Seen {
            screen: self.screen(),
            serial: view.serial,
            layer: view.layer,
            focus: view.focus,
            elements: view.elements,
            overlay: self.app.overlay.as_ref().map(std::mem::discriminant),
            dialog: view.dialog,
            toast: view.toast,
            standby: view.standby,
            source: view.video.source,
            position,
            plays: self.plays(),
            volume: self.volume(),
            place: self.place(),
        }
    }
}

#[derive(Debug, PartialEq)]
struct Seen {
    screen: &'static str,
    serial: u64,
    layer: Layer,
    focus: String,
    elements: Vec<crate::view::Element>,
    overlay: Option<std::mem::Discriminant<Overlay>>,
    dialog: Option<crate::view::Dialog>,
    toast: Option<String>,
    standby: bool,
    source: String,
    position: u64,
    plays: bool,
    volume: (u8, bool),
    place: VideoPlace,
}

/// A pipeline that has been paused neither gets on nor comes to its end; it may break.
fn happens_to_a_paused_one(kind: &MediaEventKind) -> bool {
    matches!(
        kind,
        MediaEventKind::Paused | MediaEventKind::Buffering(_) | MediaEventKind::Stalled | MediaEventKind::Failed(_)
    )
}

/// Keys, pictures and pauses, as a viewer has them.
fn live_a_little(bench: &mut Bench, dice: &mut Dice, keys: u64) {
    for _ in 0..keys {
        let key = dice.key();
        bench.press(key);
        if dice.below(3) == 0 {
            let media = dice.media();
            if bench.plays() || happens_to_a_paused_one(&media) {
                bench.media_event(media);
            }
        }
        if dice.below(4) == 0 {
            let pause = dice.below(3_000);
            bench.pass(pause);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_happens_the_highest_alert_has_the_screen_and_afterwards_everything_is_as_before(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut bench = Bench::new();
        for _ in 0..4 {
            let keys = dice.below(40);
            live_a_little(&mut bench, &mut dice, keys);
            // What was being typed or held is done first.
            bench.pass(2_000);
            let before = bench.seen();
            let mut held: Vec<Severity> = Vec::new();
            for _ in 0..1 + dice.below(8) {
                let severity = dice.pick(&SEVERITIES);
                match held.iter().position(|held| *held == severity) {
                    Some(at) => {
                        held.remove(at);
                        bench.release(severity);
                    }
                    None => {
                        held.push(severity);
                        bench.claim(severity);
                    }
                }
                let Some(highest) = held.iter().max().filter(|highest| highest.takes_the_screen()) else { continue };
                live_a_little(&mut bench, &mut dice, 5);
                let pause = dice.below(300_000);
                bench.pass(pause);
                prop_assert_eq!(bench.app.staged.stage().alert(), Some(*highest));
                let view = bench.app.view();
                prop_assert_eq!((view.layer, view.standby, bench.place()), (Layer::Alert, false, VideoPlace::Hidden));
                prop_assert!(bench.app.staged.stage().voice >= ALERT_VOLUME);
                prop_assert!(!bench.plays(), "nothing speaks beside it");
            }
            for severity in held {
                bench.release(severity);
            }
            prop_assert_eq!(bench.seen(), before);
        }
    }
}

#[test]
fn a_video_that_an_alert_interrupts_goes_on_where_it_was_and_a_paused_one_stays_paused() {
    for paused in [false, true] {
        let mut bench = Bench::new();
        bench.play_a_video();
        bench.media_event(MediaEventKind::Playing);
        bench.media_event(MediaEventKind::Position { position: 30_000, duration: 90_000 });
        if paused {
            bench.press(Key::Ok);
            bench.media_event(MediaEventKind::Paused);
        }
        bench.claim(Severity::Extreme);
        bench.media_event(MediaEventKind::Paused);
        assert!(!bench.plays());
        // The pipeline may fail meanwhile; it is not tried again below the alert.
        bench.pass(60_000);
        bench.release(Severity::Extreme);
        assert_eq!((bench.screen(), bench.plays(), bench.app.player.position()), ("player", !paused, 30_000));
    }
}

#[test]
fn an_alert_wakes_the_box_from_standby_and_standby_comes_back() {
    let mut bench = Bench::new();
    bench.press(Key::Power);
    assert!(bench.app.view().standby);
    bench.claim(Severity::Minor);
    assert!(bench.app.view().standby, "nobody is woken for a blue one");
    bench.claim(Severity::Severe);
    assert!(!bench.app.view().standby && !bench.plays());
    bench.press(Key::Power);
    assert_eq!(bench.app.layer(), Layer::Alert, "it is not switched off");
    bench.release(Severity::Severe);
    bench.release(Severity::Minor);
    assert!(bench.app.view().standby && !bench.plays());
    bench.press(Key::Power);
    assert!(!bench.app.view().standby && bench.plays());
}

#[test]
fn a_video_that_is_withdrawn_under_an_alert_is_gone_after_it() {
    let mut bench = Bench::new();
    bench.play_a_video();
    bench.claim(Severity::Extreme);
    bench.items.retain(|item| !matches!(item.content, Content::Video { .. }));
    bench.review_by(&[]);
    assert!(!matches!(bench.app.player.programme(), Some(Programme::Video(_))), "it does not wait in the dark");
    bench.release(Severity::Extreme);
    assert_eq!((bench.screen(), bench.app.player.programme()), ("live", None));
}
