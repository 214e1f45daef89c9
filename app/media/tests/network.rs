//! Streams and files over HTTP, and what goes wrong with them.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::time::Duration;
use support::server::{Answer, Gate, Server, refused_url};
use support::{Clip, Colour, Player, blue, make_clip, make_stream, red};
use yuexiang_core::event::{MediaErrorKind, MediaEventKind, MediaRequest, Source};
use yuexiang_media::MediaOptions;

fn clip_bytes(player: &Player, clip: &Clip) -> Vec<u8> {
    let path = player.folder.path().join("clip.mp4");
    make_clip(&path, clip);
    std::fs::read(path).unwrap()
}

fn impatient() -> MediaOptions {
    MediaOptions {
        sound: false,
        stalled_after: Duration::from_secs(2),
        loading_at_most: Duration::from_secs(3),
        http_timeout: Duration::from_secs(20),
        live_timeout: Duration::from_secs(20),
        ..MediaOptions::default()
    }
}

#[test]
fn a_file_over_http_plays() {
    let (mut player, server) = (Player::new(), Server::start());
    server.set("/clip.mp4", Answer::Bytes(clip_bytes(&player, &Clip { sound: true, ..red(3) })));
    player.load(1, Source::Url(server.url("/clip.mp4")));
    player.wait_first_frame(1);
    player.wait(1, |kind| *kind == MediaEventKind::EndOfStream);
}

#[test]
fn a_video_that_lies_on_another_server_plays_and_is_sought_in_there() {
    let (mut player, cloud, bucket) = (Player::new(), Server::start(), Server::start());
    bucket.set("/stored", Answer::Bytes(clip_bytes(&player, &Clip { pattern: "snow", size: (640, 360), ..red(20) })));
    cloud.set("/clip.mp4", Answer::Redirect(bucket.url("/stored")));
    player.load(1, Source::Url(cloud.url("/clip.mp4")));
    player.wait_playing(1);
    cloud.requests();
    player.media.handle(MediaRequest::Seek { generation: 1, position: 15_000 });
    player.wait(1, |kind| matches!(kind, MediaEventKind::Position { position: 13_000..=17_000, .. }));
    player.wait(1, |kind| *kind == MediaEventKind::EndOfStream);
    assert_eq!(cloud.requests(), Vec::<String>::new(), "the cloud is not asked again");
}

#[test]
fn a_video_is_looked_for_behind_one_redirect_and_not_behind_a_second() {
    let (mut player, cloud, bucket, stranger) = (Player::new(), Server::start(), Server::start(), Server::start());
    stranger.set("/clip.mp4", Answer::Bytes(clip_bytes(&player, &red(3))));
    bucket.set("/stored", Answer::Redirect(stranger.url("/clip.mp4")));
    cloud.set("/clip.mp4", Answer::Redirect(bucket.url("/stored")));
    let url = cloud.url("/clip.mp4");
    player.load(1, Source::Url(url.clone()));
    player.check_failure(1, MediaErrorKind::Network, &url);
    assert_eq!(stranger.requests(), Vec::<String>::new());
    // What is allowed still plays afterwards.
    bucket.set("/stored", Answer::Bytes(clip_bytes(&player, &red(3))));
    player.load(2, Source::Url(url));
    player.wait_first_frame(2);
}

#[test]
fn a_video_is_not_fetched_from_anything_but_the_web_by_a_redirect() {
    let (mut player, cloud) = (Player::new(), Server::start());
    cloud.set("/clip.mp4", Answer::Redirect("file:///etc/hostname".to_owned()));
    player.load(1, Source::Url(cloud.url("/clip.mp4")));
    player.check_failure(1, MediaErrorKind::Network, "redirected to file:///etc/hostname, which is refused");
}

#[track_caller]
fn check_status(status: u16, expected: MediaErrorKind) {
    let (mut player, server) = (Player::new(), Server::start());
    server.set("/clip.mp4", Answer::Status(status));
    let url = server.url("/clip.mp4");
    player.load(1, Source::Url(url.clone()));
    player.check_failure(1, expected, &url);
}

#[test]
fn what_is_not_on_the_server_is_missing() {
    check_status(404, MediaErrorKind::Missing);
}

#[test]
fn what_is_gone_from_the_server_is_missing() {
    check_status(410, MediaErrorKind::Missing);
}

#[test]
fn a_server_in_trouble_is_the_networks_fault() {
    check_status(503, MediaErrorKind::Network);
}

#[test]
fn a_refused_connection_is_the_networks_fault() {
    let mut player = Player::new();
    let url = refused_url();
    player.load(1, Source::Url(url.clone()));
    player.check_failure(1, MediaErrorKind::Network, &url);
}

#[test]
fn a_name_that_does_not_resolve_is_the_networks_fault() {
    let mut player = Player::new();
    player.load(1, Source::Url("http://no-such-host.invalid/live.m3u8".into()));
    player.check_failure(1, MediaErrorKind::Network, "no-such-host.invalid");
}

#[test]
fn only_the_web_is_reached_by_a_url() {
    let mut player = Player::new();
    player.load(1, Source::Url("file:///etc/hostname".into()));
    player.check_failure(1, MediaErrorKind::Other, "file:///etc/hostname");
}

#[test]
fn a_web_page_instead_of_a_video_is_undecodable() {
    let (mut player, server) = (Player::new(), Server::start());
    let page = "<!DOCTYPE html><html><head><title>登录</title></head><body>".to_owned() + &"请登录 ".repeat(500);
    server.set("/live.m3u8", Answer::Bytes(page.into_bytes()));
    player.load_live(1, Source::Url(server.url("/live.m3u8")));
    player.check_failure(1, MediaErrorKind::Undecodable, "live.m3u8");
}

#[test]
fn the_old_picture_goes_on_until_the_new_one_is_there() {
    let (mut player, server) = (Player::new(), Server::start());
    make_clip(&player.path(1), &red(30));
    let gate = Gate::default();
    server.set("/clip.mp4", Answer::Held(gate.clone(), clip_bytes(&player, &blue(10))));
    player.load(1, player.object(1));
    player.wait_playing(1);
    player.load(2, Source::Url(server.url("/clip.mp4")));
    server.wait_for("/clip.mp4");
    player.frames.wait_more(10);
    assert!(player.frames.all().iter().all(|seen| seen.colour == Colour::Red));
    gate.open();
    player.wait_first_frame(2);
    player.frames.wait_more(10);
    let seen = player.frames.all();
    let change = seen.iter().position(|seen| seen.colour == Colour::Blue).unwrap();
    assert!(seen[change..].iter().all(|seen| seen.colour == Colour::Blue), "an old frame came after a new one");
}

#[test]
fn a_load_that_is_given_up_leaves_the_old_picture_on() {
    let (mut player, server) = (Player::new(), Server::start());
    make_clip(&player.path(1), &red(30));
    make_clip(&player.path(3), &blue(30));
    let gate = Gate::default();
    server.set("/clip.mp4", Answer::Held(gate.clone(), Vec::new()));
    player.load(1, player.object(1));
    player.wait_playing(1);
    player.load(2, Source::Url(server.url("/clip.mp4")));
    server.wait_for("/clip.mp4");
    player.load(3, player.object(3));
    player.wait_playing(3);
    gate.open();
    player.frames.wait_more(5);
    assert!(!player.log.iter().any(|event| event.generation == 2), "{:?}", player.log);
}

#[test]
fn a_server_that_says_nothing_is_reported_as_a_stall() {
    let (mut player, server) = (Player::with(impatient()), Server::start());
    server.set("/clip.mp4", Answer::Held(Gate::default(), Vec::new()));
    player.load(1, Source::Url(server.url("/clip.mp4")));
    player.wait(1, |kind| *kind == MediaEventKind::Stalled);
}

#[test]
fn a_download_that_dries_up_is_buffering_and_then_a_stall() {
    let (mut player, server) = (Player::with(impatient()), Server::start());
    let noisy = Clip { pattern: "snow", size: (640, 360), ..red(8) };
    let bytes = clip_bytes(&player, &noisy);
    let part = bytes.len() / 3;
    server.set("/clip.mp4", Answer::Stuck(bytes, part));
    player.load(1, Source::Url(server.url("/clip.mp4")));
    player.wait(1, |kind| matches!(kind, MediaEventKind::Buffering(_)));
    player.wait(1, |kind| *kind == MediaEventKind::Stalled);
}

#[test]
fn a_live_stream_survives_a_hiccup_of_the_server() {
    let (mut player, server) = (Player::new(), Server::start());
    serve_live(&player, &server, &red(60));
    player.load_live(1, Source::Url(server.url("/live.m3u8")));
    player.wait_playing(1);
    server.set_down(true);
    // As many requests are refused as a restarting server refuses.
    for _ in 0..3 {
        server.wait_for_any();
    }
    server.set_down(false);
    for _ in 0..6 {
        player.wait_position(1);
    }
    let trouble = |kind: &MediaEventKind| matches!(kind, MediaEventKind::Failed(_) | MediaEventKind::Stalled);
    assert!(!player.log.iter().any(|event| trouble(&event.kind)), "{:?}", player.log);
}

/// A live stream: a window of three segments that moves on with every two seconds of the clock.
fn serve_live(player: &Player, server: &Server, clip: &Clip) {
    let folder = player.folder.path().join("hls");
    std::fs::create_dir(&folder).unwrap();
    make_stream(&folder, clip);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".ts"))
        .collect();
    names.sort();
    for name in &names {
        server.set(&format!("/{name}"), Answer::Bytes(std::fs::read(folder.join(name)).unwrap()));
    }
    let started = std::time::Instant::now();
    let playlist = move || {
        let first = (started.elapsed().as_secs() / 2) as usize;
        let window = names.iter().skip(first).take(5);
        let entries: String = window.map(|name| format!("#EXTINF:2.0,\n{name}\n")).collect();
        let head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n";
        format!("{head}#EXT-X-MEDIA-SEQUENCE:{first}\n{entries}").into_bytes()
    };
    server.set("/live.m3u8", Answer::Made(std::sync::Arc::new(playlist)));
}

#[test]
fn a_live_stream_plays_and_reports_a_stall_when_the_server_is_gone() {
    let (mut player, server) = (Player::with(impatient()), Server::start());
    serve_live(&player, &server, &red(60));
    player.load_live(1, Source::Url(server.url("/live.m3u8")));
    player.wait_first_frame(1);
    player.wait_playing(1);
    player.wait_position(1);
    // Everything fails from here on; what is buffered plays first.
    server.set("/live.m3u8", Answer::Held(Gate::default(), Vec::new()));
    for segment in 0..30 {
        server.set(&format!("/{segment:03}.ts"), Answer::Held(Gate::default(), Vec::new()));
    }
    player.wait(1, |kind| matches!(kind, MediaEventKind::Stalled | MediaEventKind::Failed(_)));
}
