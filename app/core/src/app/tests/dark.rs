//! Live television without a picture: what is said, and what is offered instead.

use super::*;
use crate::event::{MediaError, MediaErrorKind};

fn fail(bench: &mut Bench, kind: MediaErrorKind) {
    bench.media_event(MediaEventKind::Failed(MediaError { kind, detail: String::new() }));
}

#[test]
fn a_start_without_a_network_offers_the_villages_own_content_after_a_few_seconds() {
    let mut bench = Bench::new();
    fail(&mut bench, MediaErrorKind::Network);
    bench.pass(2_000);
    assert_eq!(bench.app.view().video.offer, None, "a picture may still come");
    fail(&mut bench, MediaErrorKind::Network);
    bench.pass(5_000);
    let view = bench.app.view();
    assert_eq!(view.video.offer.as_deref(), Some("按 OK 看村里自己的内容，存在本机，没有网络也能看"));
    bench.expect("live", "live/home");
    bench.keys("ok");
    assert_eq!(bench.screen(), "home");
    assert!(bench.app.view().focus.starts_with("item/"), "not on the picture that is not there");
    bench.keys("home").expect("live", "live/home");
    bench.keys("home");
    assert_eq!(bench.screen(), "home");
}

#[test]
fn the_reason_stays_said_while_the_channel_is_tried_again() {
    let mut bench = Bench::new();
    fail(&mut bench, MediaErrorKind::Network);
    let said = bench.app.view().video.message.expect("it is said what is wrong");
    for _ in 0..20 {
        bench.pass(700);
        assert_eq!(bench.app.view().video.message.as_ref(), Some(&said));
        if bench.app.player.state() == crate::view::PlayState::Loading {
            fail(&mut bench, MediaErrorKind::Network);
        }
    }
    bench.keys("home");
    let Screen::Home(home) = bench.app.view().screen else { panic!("the home page") };
    assert_eq!(home.live.trouble, Some(said));
}

#[test]
fn nothing_is_offered_while_the_picture_plays_and_ok_opens_the_channels() {
    let mut bench = Bench::new();
    bench.pass(10_000);
    assert!(bench.app.view().video.offer.is_some());
    assert!(bench.app.view().video.message.is_some(), "it is not just black");
    bench.media_event(MediaEventKind::Playing);
    let view = bench.app.view();
    assert_eq!((view.video.offer, view.video.message), (None, None));
    bench.keys("ok");
    assert!(matches!(bench.app.view().osd, Some(crate::view::Osd::Channels(_))));
}

#[test]
fn the_menu_still_opens_the_channels_and_digits_are_taken_while_home_is_offered() {
    let mut bench = Bench::new();
    bench.pass(10_000);
    bench.keys("menu");
    assert!(matches!(bench.app.view().osd, Some(crate::view::Osd::Channels(_))));
    bench.keys("back 2 ok");
    assert_eq!(bench.app.view().video.source, "live/440224103999/c2");
    bench.expect("live", "live/home");
}

#[test]
fn a_box_that_has_nothing_yet_offers_nothing() {
    let mut bench = Bench::with_items(Vec::new());
    fail(&mut bench, MediaErrorKind::Network);
    bench.pass(20_000);
    assert_eq!(bench.app.view().video.offer, None);
    bench.expect("live", "live");
}

#[test]
fn the_home_page_does_not_give_way_to_a_black_screen() {
    let mut bench = Bench::new();
    fail(&mut bench, MediaErrorKind::Network);
    bench.pass(10_000);
    bench.keys("home");
    for _ in 0..60 {
        bench.pass(1_000);
        if bench.app.player.state() == crate::view::PlayState::Loading {
            fail(&mut bench, MediaErrorKind::Network);
        }
    }
    assert_eq!(bench.screen(), "home");
    bench.media_event(MediaEventKind::Playing);
    bench.pass(20_100);
    assert_eq!(bench.screen(), "live", "nobody has pressed a key for long, and there is a picture");
}

#[test]
fn the_notice_wears_the_sign_of_what_it_says() {
    use crate::view::NoticeSign;
    let mut bench = Bench::new();
    bench.app.status.last_success = Some(WALL / 1_000);
    let sign = |bench: &Bench| {
        let view = bench.app.view();
        (view.notice.is_some(), view.notice_sign)
    };
    bench.app.status.storage_full = true;
    assert_eq!(sign(&bench), (true, NoticeSign::Storage));
    bench.app.facts.storage_lost = true;
    assert_eq!(sign(&bench), (true, NoticeSign::Storage));
    (bench.app.facts.storage_lost, bench.app.status.online) = (false, Some(false));
    assert_eq!(sign(&bench), (true, NoticeSign::Offline));
}
