//! What is chosen on which card.

use super::start;
use crate::VideoChoice;
use crate::device::{Connector, Plane};
use crate::fake::FakeCard;
use crate::fake::modes::{full_hd, hd, mode, no_screen, preferred, screen, ultra_hd};
use crate::fake::planes::{NV12_ONLY, TRUE_COLOUR, XRGB_ONLY, of_a_box, overlay, primary, with_zpos};
use drm::buffer::DrmFourcc;

/// `unscaled`: planes that cannot scale.
#[track_caller]
fn check_card(connector: Connector, planes: Vec<Plane>, unscaled: &[u32], choice: VideoChoice, expected: &str) {
    let card = FakeCard::new(vec![connector], planes);
    card.state().unscaled.extend(unscaled);
    let outcome = match start(&card, choice) {
        Ok(world) => {
            let description = world.shared.lock().description.clone();
            let has_plane = world.card.state().planes.len() > 1 && description.contains("video on plane");
            assert_eq!(world.shared.lock().has_video, has_plane, "{description}");
            if description.contains(" at ") {
                assert!(world.card.state().is_active());
                world.card.assert_no_violations();
                world.close();
            }
            description
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(outcome, format!("/dev/dri/card0{expected}"));
}

#[track_caller]
fn check(connector: Connector, planes: Vec<Plane>, expected: &str) {
    check_card(connector, planes, &[], VideoChoice::Auto, expected);
}

#[test]
fn screens_are_used_in_their_own_size_with_the_ui_in_720_or_1080_lines() {
    check(hd(), of_a_box(), ": HDMI-A-1 at 1280×720p60, UI 1280×720 on plane 1 (AR24), video on plane 2");
    check(full_hd(), of_a_box(), ": HDMI-A-1 at 1920×1080p60, UI 1920×1080 on plane 1 (AR24), video on plane 2");
    check(
        ultra_hd(),
        of_a_box(),
        ": HDMI-A-1 at 3840×2160p60, UI 1920×1080 on plane 1 (AR24), scaled to 3840×2160, video on plane 2",
    );
}

#[test]
fn a_ui_that_cannot_be_scaled_takes_the_screen_s_1080_lines() {
    let expected = ": HDMI-A-1 at 1920×1080p60, UI 1920×1080 on plane 1 (AR24), video on plane 2";
    check_card(ultra_hd(), of_a_box(), &[1], VideoChoice::Auto, expected);
    let computer = screen(&[preferred(1680, 1050, 60), mode(1024, 768, 60)]);
    let expected = ": HDMI-A-1 at 1680×1050p60, UI 1280×720 on plane 1 (AR24), video on plane 2";
    check_card(computer, of_a_box(), &[1], VideoChoice::Auto, expected);
    let small = screen(&[preferred(1024, 768, 60)]);
    let expected =
        " cannot be used as the display: the driver refuses every mode and plane (Invalid argument (os error 22))";
    check_card(small, of_a_box(), &[1], VideoChoice::Auto, expected);
}

#[test]
fn a_video_plane_must_scale_unless_it_is_insisted_on() {
    let ui = ": HDMI-A-1 at 1920×1080p60, UI 1920×1080 on plane 1";
    let expected = format!("{ui} (XR24), no plane for video: the driver refuses it (Invalid argument (os error 22))");
    check_card(full_hd(), of_a_box(), &[2], VideoChoice::Auto, &expected);
    let expected = format!("{ui} (AR24), video on plane 2, which does not scale");
    check_card(full_hd(), of_a_box(), &[2], VideoChoice::Plane, &expected);
}

#[test]
fn without_a_plane_for_nv12_the_ui_is_opaque() {
    let expected = ": HDMI-A-1 at 1920×1080p60, UI 1920×1080 on plane 1 (XR24), no plane for video: ";
    let planes = vec![primary(1, &TRUE_COLOUR), overlay(2, &TRUE_COLOUR)];
    check(full_hd(), planes.clone(), &format!("{expected}no plane takes pictures in NV12"));
    let error = " has no plane for video below the UI: no plane takes pictures in NV12";
    check_card(full_hd(), planes.clone(), &[], VideoChoice::Plane, error);
    check_card(no_screen(), planes, &[], VideoChoice::Plane, error);
    let planes = vec![primary(1, &XRGB_ONLY), overlay(2, &NV12_ONLY)];
    let reason = "no plane takes a transparent UI (ARGB8888 or ABGR8888)";
    check(full_hd(), planes, &format!("{expected}{reason}"));
}

#[test]
fn the_video_is_never_put_above_the_ui() {
    let stack =
        |ui, video| vec![with_zpos(primary(1, &TRUE_COLOUR), ui, None), with_zpos(overlay(2, &NV12_ONLY), video, None)];
    let ui = ": HDMI-A-1 at 1920×1080p60, UI 1920×1080 on plane 1";
    let reason = "plane 2, which takes pictures in NV12, lies above plane 1 with the UI and cannot be moved (zpos)";
    check(full_hd(), stack(0, 1), &format!("{ui} (XR24), no plane for video: {reason}"));
    check(full_hd(), stack(1, 0), &format!("{ui} (AR24), video on plane 2"));
}

#[test]
fn a_changeable_order_is_changed_with_the_mode() {
    let range = Some((0, 3));
    let planes = vec![with_zpos(primary(1, &TRUE_COLOUR), 0, range), with_zpos(overlay(2, &NV12_ONLY), 1, range)];
    let world = super::World::new(full_hd(), planes);
    assert!(world.shared.lock().has_video);
    let state = world.card.state();
    assert_eq!((state.value(1, "zpos"), state.value(2, "zpos")), (Some(1), Some(0)));
}

#[test]
fn a_primary_plane_for_video_lies_below_an_overlay_with_the_ui() {
    let planes = vec![primary(1, &[DrmFourcc::Xrgb8888, DrmFourcc::Nv12]), overlay(2, &TRUE_COLOUR)];
    let expected = ": HDMI-A-1 at 1920×1080p60, UI 1920×1080 on plane 2 (AR24), video on plane 1";
    let card = FakeCard::new(vec![full_hd()], planes);
    let world = start(&card, VideoChoice::Auto).expect("it opens");
    assert_eq!(world.shared.lock().description, format!("/dev/dri/card0{expected}"));
}

#[test]
fn a_driver_that_insists_on_its_primary_plane_shows_the_ui_on_it() {
    let planes = vec![primary(1, &[DrmFourcc::Xrgb8888, DrmFourcc::Nv12]), overlay(2, &TRUE_COLOUR)];
    let card = FakeCard::new(vec![full_hd()], planes);
    card.state().needs_primary = true;
    let mut world = start(&card, VideoChoice::Auto).expect("it opens");
    let reason = "no plane for video: the driver refuses it (Invalid argument (os error 22))";
    let expected = format!("/dev/dri/card0: HDMI-A-1 at 1920×1080p60, UI 1920×1080 on plane 1 (XR24), {reason}");
    assert_eq!(world.shared.lock().description, expected);
    world.paint_whole(1, None);
    world.refresh();
    world.assert_shown();
    world.power(false);
    world.power(true);
    world.assert_shown();
    world.close();
}

#[test]
fn the_video_plane_can_be_switched_off() {
    let expected = ": HDMI-A-1 at 1920×1080p60, UI 1920×1080 on plane 1 (XR24), no plane for video: switched off";
    check_card(full_hd(), of_a_box(), &[], VideoChoice::Scene, expected);
}

#[test]
fn hdmi_comes_before_other_connected_screens() {
    let other = Connector { id: 201, name: "Composite-1".to_owned(), hdmi: false, ..hd() };
    let card = FakeCard::new(vec![other, full_hd()], of_a_box());
    let world = start(&card, VideoChoice::Auto).expect("it opens");
    assert!(world.shared.lock().description.contains("HDMI-A-1"));
}

#[test]
fn a_card_that_another_program_uses_is_named() {
    let card = FakeCard::new(vec![full_hd()], of_a_box());
    card.state().master = false;
    let error = start(&card, VideoChoice::Auto).err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("another program") && error.contains("/dev/dri/card0")));
    card.assert_empty();
}

#[test]
fn trying_leaves_nothing_behind() {
    let card = FakeCard::new(vec![full_hd()], of_a_box());
    let world = start(&card, VideoChoice::Auto).expect("it opens");
    let framebuffers = card.state().framebuffers.len();
    let blobs = card.state().blobs.len();
    assert_eq!((framebuffers, blobs), (2, 1));
    world.close();
}
