//! Live services: what a channel does on good and on bad days.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::server::{Answer, Gate, Server};
use support::{Clip, Colour, Player, blue, make_stream, red};
use yuexiang_core::event::{MediaErrorKind, MediaEvent, MediaEventKind, Source};

/// Segments of two seconds each, with time stamps from the clip's own beginning.
fn segments(player: &Player, name: &str, clip: &Clip) -> Vec<Vec<u8>> {
    let folder = player.folder.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    make_stream(&folder, clip);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "ts"));
    files.sort();
    files.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A channel whose programmes follow one another, six segments in the playlist, as the cloud announces them. Segment
/// `n` is at `/CHANNEL/n.ts`; `marks`: the playlist says where a programme begins.
fn serve(server: &Server, channel: &str, programmes: &[Vec<Vec<u8>>], marks: bool) {
    let mut entries = Vec::new();
    for programme in programmes {
        for (at, bytes) in programme.iter().enumerate() {
            let number = entries.len();
            server.set(&format!("/{channel}/{number}.ts"), Answer::Bytes(bytes.clone()));
            let begins = marks && at == 0 && number > 0;
            let mark = if begins { "#EXT-X-DISCONTINUITY\n" } else { "" };
            entries.push(format!("{mark}#EXTINF:2.000,节目, 第{number}段\n{number}.ts\n"));
        }
    }
    let started = Instant::now();
    let playlist = move || {
        let first = (started.elapsed().as_secs() / 2) as usize;
        let window: String = entries.iter().skip(first).take(6).map(String::as_str).collect();
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n{window}").into_bytes()
    };
    server.set(&format!("/{channel}/live.m3u8"), Answer::Made(Arc::new(playlist)));
}

fn trouble(event: &MediaEvent) -> bool {
    matches!(event.kind, MediaEventKind::Failed(_) | MediaEventKind::Stalled | MediaEventKind::EndOfStream)
}

#[track_caller]
fn check_goes_from_programme_to_programme(marks: bool) {
    let (mut player, server) = (Player::new(), Server::start());
    let programmes = [
        segments(&player, "red", &Clip { sound: true, ..red(10) }),
        segments(&player, "blue", &Clip { sound: true, ..blue(20) }),
    ];
    serve(&server, "a", &programmes, marks);
    player.load_live(1, Source::Url(server.url("/a/live.m3u8")));
    player.wait_playing(1);
    let before = player.wait_position(1).0;
    player.frames.wait_after(0, |seen| seen.colour == Colour::Red);
    player.frames.wait_after(0, |seen| seen.colour == Colour::Blue);
    let blue_at = player.frames.count();
    // Pictures of the new programme keep coming, one after the other.
    player.frames.wait_after(blue_at + 60, |seen| seen.colour == Colour::Blue);
    assert!(player.wait_position(1).0 > before, "the time goes on over the boundary");
    player.drain();
    assert!(!player.log.iter().any(trouble), "{:?}", player.log);
    let frames = player.frames.all();
    let change = frames.iter().position(|seen| seen.colour == Colour::Blue).unwrap();
    assert!(frames[change..].iter().all(|seen| seen.colour == Colour::Blue), "the old programme is over");
}

#[test]
fn a_channel_goes_from_programme_to_programme_without_a_break() {
    check_goes_from_programme_to_programme(true);
}

#[test]
fn a_programme_that_nobody_announced_does_no_harm() {
    check_goes_from_programme_to_programme(false);
}

#[test]
fn segments_that_break_off_are_asked_for_again_where_they_broke_off() {
    let (mut player, server) = (Player::new(), Server::start());
    let noisy = Clip { pattern: "snow", size: (640, 360), ..red(30) };
    let segments = segments(&player, "snow", &noisy);
    serve(&server, "a", std::slice::from_ref(&segments), true);
    for (number, bytes) in segments.iter().enumerate() {
        let cut = Answer::Cut(bytes.clone(), bytes.len() / 2 + 77);
        server.set(&format!("/a/{number}.ts"), cut);
    }
    player.load_live(1, Source::Url(server.url("/a/live.m3u8")));
    player.wait_playing(1);
    for _ in 0..8 {
        player.wait_position(1);
    }
    assert!(!player.log.iter().any(trouble), "{:?}", player.log);
}

#[test]
fn a_segment_that_is_missing_is_left_out() {
    let (mut player, server) = (Player::new(), Server::start());
    let programme = segments(&player, "red", &red(60));
    serve(&server, "a", &[programme], true);
    player.load_live(1, Source::Url(server.url("/a/live.m3u8")));
    player.wait_playing(1);
    let missing = Arc::new(AtomicUsize::new(0));
    let asked = missing.clone();
    let answer = move || {
        asked.fetch_add(1, Ordering::SeqCst);
        Answer::Status(404)
    };
    server.set("/a/7.ts", Answer::Chosen(Arc::new(answer)));
    server.wait_for("/a/9.ts");
    // The stream goes on after it: pictures come, and no failure.
    let frames = player.frames.count();
    player.frames.wait_after(frames + 50, |seen| seen.colour == Colour::Red);
    player.drain();
    let asked = missing.load(Ordering::SeqCst);
    assert!((2..=4).contains(&asked), "it is asked for a few times, not for ever: {asked}");
    assert!(!player.log.iter().any(|event| matches!(event.kind, MediaEventKind::Failed(_))), "{:?}", player.log);
}

#[test]
fn a_line_that_fails_for_a_moment_buffers_and_goes_on_in_time() {
    let (mut player, server) = (Player::new(), Server::start());
    let programme = segments(&player, "red", &red(60));
    serve(&server, "a", std::slice::from_ref(&programme), true);
    player.load_live(1, Source::Url(server.url("/a/live.m3u8")));
    player.wait_playing(1);
    let gate = Gate::default();
    for (number, bytes) in programme.iter().enumerate().skip(6) {
        server.set(&format!("/a/{number}.ts"), Answer::Held(gate.clone(), bytes.clone()));
    }
    player.wait(1, |kind| matches!(kind, MediaEventKind::Buffering(_)));
    gate.open();
    player.wait(1, |kind| *kind == MediaEventKind::Playing);
    // What comes after the wait is shown, and not dropped for being late.
    let frames = player.frames.count();
    player.wait_position(1);
    player.wait_position(1);
    assert!(player.frames.count() - frames > 12, "pictures are dropped as too late");
    assert!(!player.log.iter().any(trouble), "{:?}", player.log);
}

#[test]
fn a_playlist_of_variants_leads_to_the_one_that_the_line_can_carry() {
    let (mut player, server) = (Player::new(), Server::start());
    let programme = segments(&player, "red", &red(30));
    serve(&server, "middle", &[programme], true);
    let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=1920x1080\n/high/live.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720\nmiddle/live.m3u8\n";
    server.set("/master.m3u8", Answer::Bytes(master.into()));
    player.load_live(1, Source::Url(server.url("/master.m3u8")));
    player.wait_playing(1);
    assert!(!server.requests().iter().any(|path| path.starts_with("/high")));
}

#[track_caller]
fn check_refused(tag: &str, names: &str) {
    let (mut player, server) = (Player::new(), Server::start());
    let playlist = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n{tag}\n#EXTINF:2,\n0.ts\n#EXTINF:2,\n1.ts\n"
    );
    server.set("/live.m3u8", Answer::Bytes(playlist.into_bytes()));
    player.load_live(1, Source::Url(server.url("/live.m3u8")));
    player.check_failure(1, MediaErrorKind::Undecodable, names);
}

#[test]
fn what_is_not_played_is_refused_by_its_name() {
    check_refused("#EXT-X-KEY:METHOD=AES-128,URI=\"key\"", "AES-128");
    check_refused("#EXT-X-MAP:URI=\"init.mp4\"", "fragmented MP4");
}

#[test]
fn a_transport_stream_without_a_playlist_plays_too() {
    let (mut player, server) = (Player::new(), Server::start());
    let programme = segments(&player, "red", &red(10)).concat();
    server.set("/rtp/239.0.0.1:5000", Answer::Slow(programme, Duration::from_millis(900)));
    player.load_live(1, Source::Url(server.url("/rtp/239.0.0.1:5000")));
    player.wait_playing(1);
    player.wait(1, |kind| *kind == MediaEventKind::EndOfStream);
}

#[test]
fn a_channel_that_is_left_is_not_asked_for_any_more() {
    let (mut player, server) = (Player::new(), Server::start());
    for channel in ["a", "b"] {
        let programme = segments(&player, channel, &red(60));
        serve(&server, channel, &[programme], true);
    }
    player.load_live(1, Source::Url(server.url("/a/live.m3u8")));
    player.wait_playing(1);
    player.load_live(2, Source::Url(server.url("/b/live.m3u8")));
    player.wait_playing(2);
    server.requests();
    let asked: Vec<String> = (0..5).flat_map(|_| server.until("/b/live.m3u8")).collect();
    assert!(!asked.iter().any(|path| path.starts_with("/a/")), "{asked:?}");
}
