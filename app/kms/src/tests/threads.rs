//! The whole display with its thread.

use crate::fake::FakeCard;
use crate::fake::modes::{full_hd, hd};
use crate::fake::planes::of_a_box;
use crate::{Display, DisplayEvent, VideoChoice};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;
use yuexiang_core::ports::{Panel, Rect, UiFrame};

/// Longer than any machine takes.
const LONG: Duration = Duration::from_secs(20);

#[test]
fn frames_pictures_and_standby_go_through_the_thread() {
    let card = FakeCard::new(vec![full_hd()], of_a_box());
    card.state().immediate = true;
    let (sender, events) = channel();
    let notify = Box::new(move |event| {
        // A test may have let go of the events.
        let _ = sender.send(event);
    });
    let display = Display::start(Arc::new(card.clone()), VideoChoice::Plane, notify).expect("it opens");
    let (mut panel, video, power) = (display.panel(), display.video().expect("a plane"), display.power());
    let window = Rect { x: 0, y: 0, width: 1920, height: 1080 };
    let mut frame = vec![0; 1920 * 1080 * 4];
    for colour in 1..6 {
        frame.fill(colour);
        video.show(super::bytes_picture((1280, 720), colour, 128));
        assert!(panel.is_ready());
        panel.present(UiFrame { rgba: &frame, changed: &[window], video: Some(window) });
        assert_eq!(events.recv_timeout(LONG), Ok(DisplayEvent::Ready));
    }
    assert!(card.state().pixels(1).is_some_and(|shown| shown == frame));
    assert!(display.flips() >= 6);
    power.set_power(false);
    card.state().connectors = vec![hd()];
    power.set_power(true);
    drop(display);
    assert!(!card.state().is_active());
    panel.present(UiFrame { rgba: &frame, changed: &[], video: None });
    drop((panel, video));
    card.assert_no_violations();
    card.assert_empty();
}
