//! Frames of the UI: what is copied, and when it is shown.

use super::{REFRESH, UI, World};
use crate::DisplayEvent::Ready;
use crate::device::Commit;
use crate::fake::modes::{full_hd, hd};
use crate::fake::planes::{XRGB_ONLY, primary};
use proptest::prelude::*;
use std::time::Duration;
use yuexiang_core::ports::{Panel, Rect};

const PART: Rect = Rect { x: 100, y: 50, width: 300, height: 200 };

#[test]
fn a_frame_is_shown_with_the_next_refresh_and_then_the_panel_is_ready_again() {
    let mut world = World::at(hd());
    assert_eq!(world.panel.size(), (1280, 720));
    assert!(world.panel.is_ready());
    world.paint_whole(40, None);
    assert!(!world.panel.is_ready());
    assert_eq!(world.events(), []);
    world.refresh();
    assert!(world.panel.is_ready());
    assert_eq!(world.events(), [Ready]);
    world.assert_shown();
    world.close();
}

#[test]
fn only_one_flip_is_on_its_way_and_what_comes_meanwhile_goes_into_the_next() {
    let mut world = World::at(hd());
    world.paint_whole(1, None);
    for colour in 2..10 {
        // The first of these waits, the others replace it or are dropped with their change remembered.
        world.paint(PART, colour, None);
        world.paint(Rect { x: 700, ..PART }, colour, None);
        world.refresh();
        world.paint(Rect { y: 400, ..PART }, colour, None);
    }
    world.refresh();
    world.refresh();
    world.paint(PART, 99, None);
    world.refresh();
    world.assert_shown();
    let commits = world.card.state().commits.clone();
    assert!(commits[1..].iter().all(|commit| *commit == Commit::Flip), "{commits:?}");
}

#[test]
fn nothing_is_committed_while_nothing_changes() {
    let mut world = World::at(hd());
    world.paint_whole(1, None);
    world.refresh();
    let before = world.card.state().commits.len();
    for _ in 0..10 {
        world.pass(REFRESH);
        world.refresh();
    }
    assert_eq!(world.card.state().commits.len(), before);
}

#[test]
fn a_frame_of_another_size_is_dropped() {
    let mut world = World::at(hd());
    world.paint_whole(1, None);
    world.refresh();
    let right = std::mem::replace(&mut world.frame, vec![7; 1920 * 1080 * 4]);
    world.present(&[], None);
    assert!(world.panel.is_ready());
    assert!(!world.card.is_waiting());
    world.frame = right;
    world.assert_shown();
}

#[test]
fn a_busy_driver_is_asked_again_a_little_later() {
    let mut world = World::at(hd());
    world.card.state().busy = 3;
    world.paint_whole(1, None);
    assert!(!world.card.is_waiting());
    let mut attempts = 0;
    while !world.card.is_waiting() {
        attempts += 1;
        assert!(attempts < 10 && !world.panel.is_ready());
        let next = world.engine.poll_timeout();
        assert!(next > world.now && next < world.now + REFRESH);
        world.now = next;
        world.engine.handle_wake(next);
    }
    world.refresh();
    world.assert_shown();
    assert_eq!(world.events(), [Ready]);
}

#[test]
fn a_flip_whose_event_is_lost_holds_the_screen_up_for_a_second_only() {
    let mut world = World::at(hd());
    world.card.state().silent = true;
    world.paint_whole(1, None);
    world.refresh();
    assert!(!world.panel.is_ready());
    let next = world.engine.poll_timeout();
    assert!(next <= world.now + Duration::from_secs(1));
    world.now = next;
    world.engine.handle_wake(next);
    assert_eq!(world.events(), [Ready]);
    world.assert_shown();
    world.paint(PART, 2, None);
    world.refresh();
    world.assert_shown();
}

#[test]
fn a_driver_without_a_vertical_blank_does_not_make_the_ui_race() {
    let mut world = World::at(hd());
    world.card.state().immediate = true;
    world.pass(REFRESH);
    world.paint_whole(1, None);
    world.take_flips();
    assert_eq!(world.events(), [Ready]);
    world.paint(PART, 2, None);
    world.take_flips();
    assert!(!world.panel.is_ready());
    let first = world.now;
    for frame in 1..=60 {
        let next = world.engine.poll_timeout();
        assert!(next > world.now && !world.panel.is_ready());
        // The thread sleeps a little longer than it is told to.
        world.now = next + Duration::from_millis(2);
        world.engine.handle_wake(world.now);
        assert_eq!(world.events(), [Ready]);
        let late = world.now.duration_since(first).abs_diff(REFRESH * frame);
        assert!(late < Duration::from_millis(3), "frame {frame} is {late:?} off the screen's rate");
        world.paint(PART, 3, None);
        world.take_flips();
    }
}

#[test]
fn a_flip_that_was_noticed_late_does_not_delay_those_that_come_after_it_for_ever() {
    let mut world = World::at(hd());
    world.paint_whole(1, None);
    world.refresh();
    let mut refresh = world.now;
    for late in [10, 0, 0, 0, 0] {
        world.paint(PART, 2, None);
        world.card.refresh();
        refresh += REFRESH;
        world.now = refresh + Duration::from_millis(late);
        world.take_flips();
        if !world.panel.is_ready() {
            world.now = world.engine.poll_timeout();
            world.engine.handle_wake(world.now);
        }
        assert!(world.panel.is_ready());
    }
    assert_eq!(world.now, refresh);
}

#[test]
fn a_driver_that_refuses_a_flip_gets_the_frame_with_a_whole_mode() {
    let mut world = World::at(hd());
    world.paint_whole(1, None);
    world.refresh();
    // Somebody switched the CRTC off behind our back.
    let key = (crate::fake::planes::CRTC, crate::fake::planes::property_id("ACTIVE"));
    world.card.state().shown.insert(key, 0);
    world.paint(PART, 2, None);
    assert!(world.card.state().is_active());
    world.assert_shown();
    assert!(world.panel.is_ready());
}

#[test]
fn an_opaque_screen_gets_the_same_pixels() {
    let mut world = World::new(full_hd(), vec![primary(UI, &XRGB_ONLY)]);
    assert!(!world.panel.has_video_plane());
    world.paint_whole(10, None);
    world.refresh();
    world.assert_shown();
    world.close();
}

fn rect() -> impl Strategy<Value = Rect> {
    (0_u32..1280, 0_u32..720, 1_u32..400, 1_u32..300).prop_map(|(x, y, width, height)| Rect {
        x,
        y,
        width: width.min(1280 - x),
        height: height.min(720 - y),
    })
}

/// What may happen between frames.
#[derive(Clone, Debug)]
enum Step {
    Present(Vec<Rect>),
    Refresh,
    Busy,
    Sleep,
    Wake,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::collection::vec(rect(), 0..4).prop_map(Step::Present),
        4 => Just(Step::Refresh),
        1 => Just(Step::Busy),
        1 => Just(Step::Sleep),
        1 => Just(Step::Wake),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes in between, what is shown is what was presented last, and nothing is drawn into what is shown.
    #[test]
    fn every_buffer_that_is_shown_equals_its_frame(steps in proptest::collection::vec(step(), 1..24)) {
        let mut world = World::at(hd());
        world.paint_whole(1, None);
        for (step, colour) in steps.into_iter().zip(2..) {
            match step {
                Step::Present(parts) => {
                    parts.iter().for_each(|part| world.draw(*part, colour));
                    world.present(&parts, None);
                }
                Step::Refresh => world.refresh(),
                Step::Busy => world.card.state().busy = 1,
                Step::Sleep => world.power(false),
                Step::Wake => world.power(true),
            }
            world.card.assert_no_violations();
        }
        world.power(true);
        world.card.state().busy = 0;
        // The last frame may have been dropped while both buffers were under way: another catches up.
        for _ in 0..3 {
            world.refresh();
            world.pass(Duration::from_millis(200));
            world.present(&[], None);
            world.refresh();
            world.assert_shown();
        }
    }
}
