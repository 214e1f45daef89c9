//! Somebody sits on the remote control: thousands of keys, held and let go, lost releases, over every screen, while the
//! picture comes and goes.

use super::*;
use crate::event::{MediaError, MediaErrorKind};

/// The same storm every time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // Knuth's MMIX generator; its high bits.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    pub(super) fn key(&mut self) -> Key {
        const RARE: [Key; 20] = [
            Key::Home,
            Key::Menu,
            Key::Info,
            Key::ChannelUp,
            Key::ChannelDown,
            Key::PlayPause,
            Key::Stop,
            Key::Rewind,
            Key::FastForward,
            Key::Previous,
            Key::Next,
            Key::Red,
            Key::Green,
            Key::Yellow,
            Key::Blue,
            Key::VolumeUp,
            Key::VolumeDown,
            Key::Mute,
            Key::Back,
            Key::Power,
        ];
        match self.below(20) {
            0..=10 => self.pick(&ARROWS),
            11..=14 => Key::Ok,
            15 => Key::Back,
            16 => Key::Digit(self.below(10) as u8),
            _ => self.pick(&RARE),
        }
    }

    pub(super) fn media(&mut self) -> MediaEventKind {
        let failed = |kind| MediaEventKind::Failed(MediaError { kind, detail: String::new() });
        match self.below(9) {
            0 | 1 => MediaEventKind::Playing,
            2 => MediaEventKind::FirstFrame { width: 1_280, height: 720 },
            3 => MediaEventKind::Position { position: self.below(90_000), duration: 90_000 },
            4 => MediaEventKind::Buffering(40),
            5 => failed(MediaErrorKind::Network),
            6 => failed(MediaErrorKind::Undecodable),
            7 => MediaEventKind::Stalled,
            _ => MediaEventKind::EndOfStream,
        }
    }
}

#[test]
fn a_storm_of_keys_over_all_screens_loses_no_focus_and_back_leads_out_of_it() {
    let (mut screens, mut layers) = (BTreeSet::new(), BTreeSet::new());
    for seed in 1..=4 {
        let mut bench = Bench::new();
        let mut dice = Dice(seed);
        for _ in 0..2_500 {
            let key = dice.key();
            bench.event(Event::Key(KeyEvent { key, press: Press::Down }));
            // Now and then it is held, and now and then the remote loses that it was let go.
            let repeats = if dice.below(8) == 0 { dice.below(40) } else { 0 };
            for _ in 0..repeats {
                bench.event(Event::Key(KeyEvent { key, press: Press::Repeat }));
            }
            if dice.below(16) != 0 {
                bench.event(Event::Key(KeyEvent { key, press: Press::Up }));
            }
            if dice.below(3) == 0 {
                let media = dice.media();
                bench.media_event(media);
            }
            if dice.below(4) == 0 {
                let pause = dice.below(3_000);
                bench.pass(pause);
            }
            if bench.app.standby && dice.below(3) == 0 {
                bench.press(Key::Power);
            }
            screens.insert(bench.screen());
            layers.insert(bench.app.layer());
        }
        if bench.app.standby {
            bench.press(Key::Power);
        }
        let mut presses = 0;
        while !matches!(bench.screen(), "home" | "live") || bench.app.layer() != Layer::Screen {
            bench.press(Key::Back);
            presses += 1;
            assert!(presses < 40, "Back does not lead out of {}", bench.screen());
        }
    }
    let all =
        ["about", "board", "home", "live", "player", "product", "reader", "settings", "story", "table", "videodetail"];
    assert_eq!(screens.into_iter().collect::<Vec<_>>(), all, "the storm passes over every screen");
    assert_eq!(layers.into_iter().collect::<Vec<_>>(), [Layer::Screen, Layer::Osd, Layer::Dialog]);
}
