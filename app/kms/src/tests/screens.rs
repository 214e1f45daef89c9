//! Screens come and go, sleep and wake.

use super::{UI, VIDEO, World, bytes_picture, dmabuf_picture};
use crate::DisplayEvent::{Connected, Lost, Ready, Resized};
use crate::device::Connector;
use crate::fake::modes::{full_hd, hd, no_screen, ultra_hd};
use crate::fake::planes::{NV12_ONLY, TRUE_COLOUR, overlay, primary};
use std::sync::Arc;
use std::time::Duration;
use yuexiang_core::ports::{Panel, Rect};

const PART: Rect = Rect { x: 100, y: 50, width: 300, height: 200 };
const LIVE: Rect = Rect { x: 96, y: 200, width: 480, height: 270 };

/// A box with a frame on this screen.
fn showing(connector: Connector) -> World {
    let mut world = World::at(connector);
    world.paint_whole(1, Some(LIVE));
    world.refresh();
    world.events();
    world
}

#[test]
fn the_same_screen_shows_the_last_frame_at_once_when_it_comes_back() {
    let mut world = showing(full_hd());
    world.plug(no_screen());
    assert_eq!(world.events(), [Lost]);
    assert!(!world.card.state().is_active());
    assert_eq!(world.card.state().framebuffer(UI), None);
    world.plug(full_hd());
    assert_eq!(world.events(), [Connected]);
    assert!(world.card.state().is_active());
    world.assert_shown();
    world.close();
}

#[test]
fn another_screen_gets_frames_of_its_own_size() {
    let mut world = showing(full_hd());
    world.plug(hd());
    assert_eq!(world.events(), [Lost, Resized, Connected]);
    assert_eq!(world.panel.size(), (1280, 720));
    assert_eq!(world.card.state().mode().map(|mode| mode.size()), Some((1280, 720)));
    // A frame of the old size is still under way.
    world.present(&[PART], None);
    assert!(!world.card.is_waiting());
    world.paint_whole(5, None);
    world.refresh();
    world.assert_shown();
    world.paint(PART, 6, None);
    world.refresh();
    world.assert_shown();
    world.plug(ultra_hd());
    assert_eq!(world.panel.size(), (1920, 1080));
    assert_eq!(world.card.state().destination(UI), [0, 0, 3840, 2160]);
    world.close();
}

#[test]
fn a_screen_that_is_changed_while_a_flip_is_on_its_way_waits_for_it() {
    let mut world = showing(full_hd());
    world.paint(PART, 2, Some(LIVE));
    world.plug(hd());
    assert_eq!(world.events(), []);
    world.refresh();
    assert_eq!(world.events(), [Ready, Lost, Resized, Connected]);
    world.close();
}

#[test]
fn a_box_that_starts_without_a_screen_waits_for_one() {
    let mut world = World::at(no_screen());
    assert!(world.shared.lock().description.contains("waiting"));
    assert_eq!(world.panel.size(), (1920, 1080));
    for colour in 1..4 {
        world.paint_whole(colour, None);
        world.pass(Duration::from_millis(100));
        assert_eq!(world.events(), [Ready]);
    }
    world.card.state().connectors = vec![full_hd()];
    // No message came from the kernel: it is found all the same.
    world.pass(Duration::from_secs(3));
    assert_eq!(world.events(), [Ready, Connected][1..]);
    world.assert_shown();
    world.close();
}

#[test]
fn without_a_screen_the_ui_goes_on_slowly() {
    let mut world = showing(full_hd());
    world.plug(no_screen());
    world.events();
    world.paint(PART, 2, None);
    assert!(!world.panel.is_ready());
    let next = world.engine.poll_timeout();
    assert!(next <= world.now + Duration::from_millis(100));
    world.now = next;
    world.engine.handle_wake(next);
    assert_eq!(world.events(), [Ready]);
    world.paint(PART, 3, None);
    world.plug(full_hd());
    world.assert_shown();
    world.close();
}

#[test]
fn an_unplugged_screen_is_noticed_without_a_message() {
    let mut world = showing(full_hd());
    world.card.state().connectors = vec![no_screen()];
    world.pass(Duration::from_secs(11));
    assert_eq!(world.events(), [Lost]);
}

#[test]
fn standby_switches_the_signal_off_and_waking_shows_the_last_frame_at_once() {
    let mut world = showing(full_hd());
    world.power(false);
    assert!(!world.card.state().is_active());
    world.paint(PART, 2, Some(LIVE));
    world.pass(Duration::from_millis(100));
    assert_eq!(world.events(), [Ready]);
    world.paint(PART, 3, Some(LIVE));
    assert!(!world.card.state().is_active());
    world.power(true);
    assert!(world.card.state().is_active());
    world.assert_shown();
    assert_eq!(world.events(), [Ready]);
    world.paint(PART, 4, Some(LIVE));
    world.refresh();
    world.assert_shown();
    world.close();
}

#[test]
fn standby_waits_for_the_flip_on_its_way() {
    let mut world = showing(full_hd());
    world.paint(PART, 2, None);
    world.power(false);
    assert!(world.card.state().is_active());
    world.refresh();
    assert!(!world.card.state().is_active());
}

#[test]
fn the_picture_on_the_screen_survives_standby() {
    let mut world = showing(full_hd());
    let owner = Arc::new(());
    world.show(dmabuf_picture((1920, 1080), 3, &owner));
    world.refresh();
    world.power(false);
    assert_eq!(Arc::strong_count(&owner), 2);
    world.power(true);
    assert!(world.card.state().framebuffer(VIDEO).is_some());
    world.close();
    assert_eq!(Arc::strong_count(&owner), 1);
}

#[test]
fn a_screen_that_is_changed_during_standby_is_lit_in_its_own_mode() {
    let mut world = showing(full_hd());
    world.power(false);
    world.plug(hd());
    assert!(!world.card.state().is_active());
    world.power(true);
    assert_eq!(world.panel.size(), (1280, 720));
    assert_eq!(world.card.state().mode().map(|mode| mode.size()), Some((1280, 720)));
    world.close();
}

#[test]
fn a_screen_that_is_plugged_in_during_standby_stays_dark() {
    let mut world = World::at(no_screen());
    world.power(false);
    world.plug(full_hd());
    world.pass(Duration::from_secs(30));
    assert!(!world.card.state().is_active());
    world.power(true);
    assert!(world.card.state().is_active());
    world.close();
}

#[test]
fn a_card_that_is_taken_away_is_taken_back_when_it_is_free() {
    let mut world = showing(full_hd());
    world.card.state().master = false;
    world.paint(PART, 2, Some(LIVE));
    assert_eq!(world.events(), [Lost]);
    world.pass(Duration::from_secs(3));
    assert_eq!(world.events(), [Ready]);
    world.card.state().master = true;
    world.pass(Duration::from_secs(3));
    assert_eq!(world.events(), [Connected]);
    world.assert_shown();
}

#[test]
fn a_picture_returns_with_the_screen() {
    let mut world = showing(full_hd());
    world.show(bytes_picture((1280, 720), 1, 1));
    world.refresh();
    world.plug(no_screen());
    assert_eq!(world.card.state().framebuffer(VIDEO), None);
    world.plug(full_hd());
    assert!(world.card.state().framebuffer(VIDEO).is_some());
    world.close();
}

#[test]
fn the_ui_is_told_when_the_plane_for_video_is_gone() {
    let mut world = World::new(full_hd(), vec![primary(UI, &TRUE_COLOUR), overlay(VIDEO, &NV12_ONLY)]);
    assert!(!world.panel.has_video_plane());
    world.card.state().planes = crate::fake::planes::of_a_box();
    world.plug(no_screen());
    world.plug(full_hd());
    assert!(world.panel.has_video_plane());
    assert_eq!(world.events(), [Lost, Resized, Connected]);
}
