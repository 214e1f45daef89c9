//! Files of the store.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::time::Duration;
use support::{Clip, Colour, FULL, Player, WINDOW, blue, make_clip, make_slides, red};
use yuexiang_core::event::{MediaErrorKind, MediaEvent, MediaEventKind, MediaRequest, VideoPlace};
use yuexiang_media::{Endurance, MediaOptions};

fn player_with(clips: &[(u8, Clip)]) -> Player {
    let player = Player::new();
    for (number, clip) in clips {
        make_clip(&player.path(*number), clip);
    }
    player
}

#[test]
fn a_file_shows_its_first_frame_and_then_plays() {
    let mut player = player_with(&[(1, Clip { sound: true, ..red(4) })]);
    player.load(1, player.object(1));
    assert_eq!(player.wait_first_frame(1), FULL);
    player.wait_playing(1);
    player.frames.wait_more(10);
    assert!(player.frames.all().iter().all(|seen| seen.colour == Colour::Red && seen.size == FULL));
    let (_, duration) = player.wait_position(1);
    assert!((3_900..4_200).contains(&duration), "{duration}");
}

#[test]
fn a_plane_of_the_display_gets_pictures_as_they_were_decoded_wherever_they_are_shown() {
    let mut player = Player::on_plane();
    for (number, clip) in [(1, red(4)), (2, blue(4))] {
        make_clip(&player.path(number), &clip);
    }
    player.load(1, player.object(1));
    let size = player.wait_first_frame(1);
    player.frames.wait_after(0, |seen| seen.colour == Colour::Red && seen.size == size);
    // The display scales: a window takes the same pictures.
    player.media.handle(MediaRequest::Place(VideoPlace::Window));
    player.frames.wait_more(5);
    player.load(2, player.object(2));
    player.wait_first_frame(2);
    player.frames.wait_after(0, |seen| seen.colour == Colour::Blue);
    let all = player.frames.all();
    let first_blue = all.iter().position(|seen| seen.colour == Colour::Blue).unwrap();
    assert!(all[first_blue..].iter().all(|seen| seen.colour == Colour::Blue), "no old picture after a new one");
    assert!(all.iter().all(|seen| seen.size == size), "{size:?}");
    assert!(size != WINDOW, "the clip has a size of its own");
}

#[test]
fn the_end_is_reported_once_and_the_position_before_it_is_the_end() {
    let mut player = player_with(&[(1, red(1))]);
    player.load(1, player.object(1));
    player.wait(1, |kind| *kind == MediaEventKind::EndOfStream);
    let position = player.log.iter().rev().find_map(|event| match event.kind {
        MediaEventKind::Position { position, .. } => Some(position),
        _ => None,
    });
    assert!(position.is_some_and(|position| position >= 900), "{:?}", player.log);
    // From the end one can go back.
    player.media.handle(MediaRequest::Seek { generation: 1, position: 0 });
    player.wait_playing(1);
    player.wait(1, |kind| *kind == MediaEventKind::EndOfStream);
}

#[test]
fn a_seek_nearby_goes_to_the_very_frame() {
    let mut player = player_with(&[(1, red(20))]);
    player.load(1, player.object(1));
    player.wait_playing(1);
    player.media.handle(MediaRequest::Pause { generation: 1 });
    player.wait(1, |kind| *kind == MediaEventKind::Paused);
    player.media.handle(MediaRequest::Seek { generation: 1, position: 7_400 });
    // The position of the pause may still be under way.
    player.wait(1, |kind| matches!(kind, MediaEventKind::Position { position: 7_400, .. }));
}

#[test]
fn a_far_seek_goes_to_a_key_frame_nearby() {
    let mut player = player_with(&[(1, red(40))]);
    player.load(1, player.object(1));
    player.wait_playing(1);
    player.media.handle(MediaRequest::Pause { generation: 1 });
    player.wait(1, |kind| *kind == MediaEventKind::Paused);
    player.media.handle(MediaRequest::Seek { generation: 1, position: 30_600 });
    // The position of the pause may still be under way.
    let position = loop {
        match player.wait_position(1) {
            (position, _) if position > 2_000 => break position,
            _ => {}
        }
    };
    assert!(position.abs_diff(30_600) <= 2_000 && position % 2_000 == 0, "{position}");
}

#[test]
fn of_many_seeks_the_last_one_counts() {
    let mut player = player_with(&[(1, red(20))]);
    player.media.handle(MediaRequest::Load {
        generation: 1,
        source: player.object(1),
        live: false,
        start: 0,
        paused: true,
    });
    player.wait(1, |kind| *kind == MediaEventKind::Paused);
    for position in (500..=9_500).step_by(500) {
        player.media.handle(MediaRequest::Seek { generation: 1, position });
    }
    player.wait(1, |kind| matches!(kind, MediaEventKind::Position { position: 9_500, .. }));
}

#[test]
fn a_load_starts_where_it_is_told_to() {
    let mut player = player_with(&[(1, red(20))]);
    let source = player.object(1);
    player.media.handle(MediaRequest::Load { generation: 1, source, live: false, start: 8_000, paused: true });
    player.wait_first_frame(1);
    player.wait(1, |kind| *kind == MediaEventKind::Paused);
    assert_eq!(player.frames.count(), 1, "the frame at the beginning is not shown");
    player.media.handle(MediaRequest::Resume { generation: 1 });
    let (position, _) = player.wait_position(1);
    assert!((8_000..10_500).contains(&position), "{position}");
}

#[test]
fn a_paused_video_sends_no_frames_and_goes_on_when_resumed() {
    let mut player = player_with(&[(1, red(20))]);
    player.load(1, player.object(1));
    player.wait_playing(1);
    player.media.handle(MediaRequest::Pause { generation: 1 });
    player.wait(1, |kind| *kind == MediaEventKind::Paused);
    let paused = player.frames.count();
    player.media.handle(MediaRequest::Resume { generation: 1 });
    player.wait_playing(1);
    assert!(player.frames.count() <= paused + 2, "frames came while it was paused");
    player.frames.wait_more(5);
}

#[test]
fn bytes_that_are_no_video_are_undecodable() {
    let mut player = Player::new();
    let garbage: Vec<u8> = (0..200_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    std::fs::write(player.path(1), garbage).unwrap();
    player.load(1, player.object(1));
    player.check_failure(1, MediaErrorKind::Undecodable, "object 0101");
}

#[test]
fn an_empty_file_is_undecodable() {
    let mut player = Player::new();
    std::fs::write(player.path(1), b"").unwrap();
    player.load(1, player.object(1));
    player.check_failure(1, MediaErrorKind::Undecodable, "object 0101");
}

#[test]
fn a_file_whose_middle_is_garbage_does_not_bring_the_player_down() {
    let mut player = player_with(&[(1, Clip { size: (640, 360), pattern: "smpte", ..red(4) }), (2, blue(4))]);
    let mut bytes = std::fs::read(player.path(1)).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].iter_mut().for_each(|byte| *byte ^= 0x5A);
    std::fs::write(player.path(1), bytes).unwrap();
    player.load(1, player.object(1));
    player.wait(1, |kind| matches!(kind, MediaEventKind::Failed(_) | MediaEventKind::EndOfStream));
    player.load(2, player.object(2));
    player.wait_playing(2);
}

#[test]
fn sound_alone_is_no_video() {
    let mut player = Player::new();
    support::make_sound(&player.path(1));
    player.load(1, player.object(1));
    player.check_failure(1, MediaErrorKind::Undecodable, "no picture");
}

#[test]
fn a_file_that_is_not_there_is_missing() {
    let mut player = Player::new();
    player.load(1, player.object(1));
    player.check_failure(1, MediaErrorKind::Missing, "object 0101");
}

#[test]
fn after_a_failure_the_next_load_plays() {
    let mut player = player_with(&[(2, blue(4))]);
    player.load(1, player.object(1));
    player.check_failure(1, MediaErrorKind::Missing, "");
    player.load(2, player.object(2));
    player.wait_first_frame(2);
    player.wait_playing(2);
}

#[test]
fn of_loads_in_a_row_only_the_last_one_is_reported() {
    let mut player = player_with(&[(1, red(4)), (2, blue(4))]);
    for generation in 1..=20 {
        player.load(generation, player.object(1 + (generation % 2) as u8));
    }
    // What an earlier one reports has to be reported before a later one is asked for.
    player.drain();
    let stale = |event: &MediaEvent| event.generation < 20;
    let before = player.log.len();
    player.wait_playing(20);
    player.frames.wait_more(3);
    assert!(!player.log[before..].iter().any(stale), "{:?}", player.log);
}

#[test]
fn whatever_is_loaded_in_a_row_stops_again() {
    let patience = Endurance { stop: Duration::from_secs(10), lost: 0, ..Endurance::default() };
    let mut player = Player::with(MediaOptions { sound: false, endurance: patience, ..MediaOptions::default() });
    make_clip(&player.path(1), &Clip { sound: true, ..red(20) });
    for generation in 1..=60 {
        player.load(generation, player.object(1));
    }
    player.wait_playing(60);
    // One that does not stop is lost by then.
    for _ in 0..12 {
        player.wait_position(60);
    }
    assert_eq!(player.ruined.try_recv().ok(), None);
}

#[test]
fn the_place_decides_on_the_size_and_hidden_sends_nothing() {
    let mut player = player_with(&[(1, red(30))]);
    player.load(1, player.object(1));
    player.wait_playing(1);
    for _ in 0..3 {
        for (place, size) in [(VideoPlace::Window, WINDOW), (VideoPlace::Full, FULL)] {
            let before = player.frames.count();
            player.media.handle(MediaRequest::Place(place));
            player.frames.wait_after(before, |seen| seen.size == size);
        }
        player.media.handle(MediaRequest::Place(VideoPlace::Hidden));
        // The position goes on, so the pipeline does.
        player.wait_position(1);
        let hidden = player.frames.count();
        player.wait_position(1);
        assert_eq!(player.frames.count(), hidden);
    }
    assert!(player.frames.all().iter().all(|seen| seen.colour == Colour::Red));
    assert!(!player.log.iter().any(|event| matches!(event.kind, MediaEventKind::Failed(_))), "{:?}", player.log);
}

#[test]
fn a_paused_picture_is_made_anew_for_its_new_place() {
    let mut player = player_with(&[(1, red(20))]);
    player.load(1, player.object(1));
    player.wait_playing(1);
    player.media.handle(MediaRequest::Pause { generation: 1 });
    player.wait(1, |kind| *kind == MediaEventKind::Paused);
    for (place, size) in [(VideoPlace::Window, WINDOW), (VideoPlace::Full, FULL)] {
        let before = player.frames.count();
        player.media.handle(MediaRequest::Place(place));
        player.frames.wait_after(before, |seen| seen.size == size);
    }
}

#[test]
fn what_is_loaded_while_hidden_is_there_when_it_is_shown() {
    let mut player = player_with(&[(1, red(20))]);
    player.media.handle(MediaRequest::Place(VideoPlace::Hidden));
    player.load(1, player.object(1));
    player.wait_playing(1);
    assert_eq!(player.frames.count(), 0);
    player.media.handle(MediaRequest::Place(VideoPlace::Window));
    player.frames.wait_after(0, |seen| seen.size == WINDOW);
}

#[test]
fn a_picture_of_another_shape_gets_black_borders() {
    let mut player = player_with(&[(1, Clip { size: (240, 180), ..red(4) })]);
    player.load(1, player.object(1));
    player.wait_playing(1);
    let seen = player.frames.wait_after(0, |seen| seen.size == FULL);
    assert_eq!((seen.colour, seen.corner), (Colour::Red, Colour::Black));
}

#[test]
fn after_a_stop_there_are_no_frames() {
    let mut player = player_with(&[(1, red(20))]);
    player.load(1, player.object(1));
    player.wait_playing(1);
    player.frames.wait_more(2);
    player.media.handle(MediaRequest::Stop);
    // A request that is answered shows that the one before it is done.
    player.load(2, player.object(9));
    player.check_failure(2, MediaErrorKind::Missing, "");
    let stopped = player.frames.count();
    player.load(3, player.object(8));
    player.check_failure(3, MediaErrorKind::Missing, "");
    assert_eq!(player.frames.count(), stopped);
}

#[test]
fn volume_can_be_set_at_any_time() {
    let mut player = player_with(&[(1, Clip { sound: true, ..red(4) })]);
    player.media.handle(MediaRequest::Volume { percent: 40, muted: false });
    player.load(1, player.object(1));
    player.media.handle(MediaRequest::Volume { percent: 140, muted: true });
    player.wait_playing(1);
    player.media.handle(MediaRequest::Volume { percent: 0, muted: false });
    player.wait_position(1);
}

/// Half as patient as a slide is long.
fn impatient() -> Player {
    let (stalled_after, loading_at_most) = (Duration::from_secs(1), Duration::from_secs(10));
    Player::with(MediaOptions { sound: false, stalled_after, loading_at_most, ..MediaOptions::default() })
}

#[track_caller]
fn check_plays_out(player: &mut Player, end: u64) {
    player.wait(1, |kind| *kind == MediaEventKind::EndOfStream);
    let trouble = |event: &MediaEvent| matches!(event.kind, MediaEventKind::Stalled | MediaEventKind::Failed(_));
    assert!(!player.log.iter().any(trouble), "{:?}", player.log);
    let positions = player.log.iter().filter_map(|event| match event.kind {
        MediaEventKind::Position { position, .. } => Some(position),
        _ => None,
    });
    let positions: Vec<u64> = positions.collect();
    assert!(positions.windows(2).all(|pair| pair[0] <= pair[1]), "the position goes on: {positions:?}");
    assert!(positions.last().is_some_and(|last| *last + 300 >= end), "to the end: {positions:?}");
}

#[test]
fn sound_that_outlasts_the_picture_plays_to_its_end_over_the_last_picture() {
    let mut player = impatient();
    make_slides(&player.path(1), 2, 2, 8);
    player.load(1, player.object(1));
    player.wait_first_frame(1);
    check_plays_out(&mut player, 8_000);
    // The first one is shown when it is ready and once more when playing begins.
    assert_eq!(player.frames.count(), 1 + 2, "the last slide stays on");
}

#[test]
fn slides_without_sound_stay_as_long_as_they_say() {
    let mut player = impatient();
    make_slides(&player.path(1), 3, 3, 0);
    player.load(1, player.object(1));
    player.wait_first_frame(1);
    check_plays_out(&mut player, 9_000);
    assert_eq!(player.frames.count(), 1 + 3);
}

#[test]
fn a_load_that_starts_where_there_is_sound_alone_shows_the_last_picture() {
    let mut player = impatient();
    make_slides(&player.path(1), 2, 2, 8);
    let source = player.object(1);
    player.media.handle(MediaRequest::Load { generation: 1, source, live: false, start: 6_000, paused: false });
    player.wait_first_frame(1);
    check_plays_out(&mut player, 8_000);
}
