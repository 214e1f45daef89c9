//! What becomes of pictures and videos.

use std::path::PathBuf;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer_pbutils::prelude::*;
use yuexiang_cloud::db;
use yuexiang_cloud::desk::media::MediumState;
use yuexiang_cloud::desk::rights::Role;
use yuexiang_cloud::upload::{Limits, NewUpload, Uploads};
use yuexiang_wire::{Item, Kind, Page, Picture};

use crate::desk::{desk, person};
use crate::fixture::{NOW, TestPack, VILLAGE, World, clip, item, silent_clip};

fn object(world: &World, sha256: &str) -> PathBuf {
    world.data().join("objects").join(&sha256[..2]).join(sha256)
}

/// Publishes a pack with one item and gives it back.
async fn published(world: &World, pack: &TestPack, board: &str) -> Item {
    world.publish(&[pack]).await;
    let page = world.target(VILLAGE, &format!("pages/{board}/2026-10.json"));
    let page: Page = serde_json::from_value(page).expect("a page");
    page.items.into_iter().next().expect("an item")
}

async fn cover(pack: impl FnOnce(&TestPack), source: &str) -> (World, Picture) {
    let world = World::new();
    let village = world.pack("village", VILLAGE);
    pack(&village);
    village.item("a", &format!("cover = {source}\n"));
    let cover = published(&world, &village, "governance").await.cover.expect("a cover");
    (world, cover)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_picture_is_reduced_and_gets_a_thumbnail() {
    let (world, cover) = cover(|pack| pack.picture("media/a.jpg", 3_000, 2_000), "\"media/a.jpg\"").await;
    assert_eq!((cover.width, cover.height), (1_920, 1_280));
    let full = image::open_as_jpeg(&object(&world, &cover.sha256));
    assert_eq!(full.dimensions(), (1_920, 1_280));
    let thumbnail = image::open_as_jpeg(&object(&world, &cover.thumbnail.sha256));
    assert_eq!(thumbnail.dimensions(), (480, 320));
    assert_eq!(object(&world, &cover.sha256).metadata().expect("there").len(), cover.length);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_picture_keeps_its_size_and_a_crop_takes_its_part() {
    let (_, whole) = cover(|pack| pack.picture("media/a.png", 300, 200), "\"media/a.png\"").await;
    assert_eq!((whole.width, whole.height), (300, 200));
    let crop = "{ file = \"media/a.png\", crop = [200, 0, 100, 50] }";
    let (world, part) = cover(|pack| pack.picture("media/a.png", 300, 200), crop).await;
    assert_eq!((part.width, part.height), (100, 50));
    // The fixture's pictures grow red to the right.
    let picture = image::open_as_jpeg(&object(&world, &part.sha256));
    assert!(picture.get_pixel(10, 10).0[0] > 160);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_taken_sideways_is_set_upright() {
    let sideways = |pack: &TestPack| {
        pack.picture("media/plain.jpg", 300, 200);
        let plain = std::fs::read(pack.path.join("media/plain.jpg")).expect("reads");
        // An Exif segment with one entry: orientation 6, which is a quarter turn to the right.
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        let mut bytes = plain[..2].to_vec();
        bytes.extend([0xFF, 0xE1]);
        bytes.extend((exif.len() as u16 + 2).to_be_bytes());
        bytes.append(&mut exif);
        bytes.extend(&plain[2..]);
        pack.bytes("media/a.jpg", &bytes);
    };
    let (world, cover) = cover(sideways, "\"media/a.jpg\"").await;
    assert_eq!((cover.width, cover.height), (200, 300));
    let picture = image::open_as_jpeg(&object(&world, &cover.sha256));
    assert!(picture.get_pixel(100, 10).0[0] < 60 && picture.get_pixel(100, 290).0[0] > 200, "red grows downwards now");
}

/// Reads a file back: duration in milliseconds, size, and the kinds of its streams.
fn probe(path: &std::path::Path) -> (u64, (u32, u32), Vec<String>) {
    gst::init().expect("GStreamer");
    let discoverer = gstreamer_pbutils::Discoverer::new(gst::ClockTime::from_seconds(20)).expect("a discoverer");
    let uri = gst::glib::filename_to_uri(path, None).expect("a URI");
    let info = discoverer.discover_uri(&uri).expect("media");
    let video = info.video_streams().into_iter().next().expect("a video");
    let mut kinds: Vec<String> =
        info.stream_list().iter().filter_map(|stream| Some(stream.caps()?.structure(0)?.name().to_string())).collect();
    kinds.retain(|kind| kind != "video/quicktime");
    (info.duration().expect("a duration").mseconds(), (video.width(), video.height()), kinds)
}

async fn video(source: &str, more: &str) -> (World, yuexiang_wire::Video) {
    let world = World::new();
    let village = world.pack("village", VILLAGE);
    village.video("media/a.mkv", source);
    village.write("items/a.md", &item("video", &format!("video = \"media/a.mkv\"\n{more}")));
    let Kind::Video { video } = published(&world, &village, "culture").await.kind else { panic!("a video") };
    (world, video)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_becomes_h264_and_aac_with_the_index_in_front() {
    let (world, video) = video(&clip(3.0, "ball"), "").await;
    let path = object(&world, &video.sha256);
    let (duration, size, kinds) = probe(&path);
    assert_eq!(kinds, ["video/x-h264", "audio/mpeg"]);
    assert_eq!((size, (video.width, video.height)), ((320, 240), (320, 240)));
    assert!(duration.abs_diff(3_000) < 100 && video.duration.abs_diff(3_000) < 50, "{duration} {}", video.duration);
    let bytes = std::fs::read(&path).expect("reads");
    let find = |name: &[u8]| bytes.windows(4).position(|window| window == name).expect("a box");
    assert!(find(b"moov") < find(b"mdat"));
    assert_eq!((video.poster.width, video.poster.height), (320, 240));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_without_sound_stays_without() {
    let (world, video) = video(&silent_clip(50, "smpte", "width=640,height=360", 50), "").await;
    let (duration, _, kinds) = probe(&object(&world, &video.sha256));
    assert_eq!(kinds, ["video/x-h264"]);
    assert!(duration.abs_diff(1_000) < 50, "{duration}");
}

/// Slides of so many seconds each as MP4, with narration of another length.
async fn slides(count: u32, each: u32, narration: u32) -> (World, yuexiang_wire::Video) {
    let sound = match narration {
        0 => String::new(),
        seconds => format!(
            "audiotestsrc num-buffers={} samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! voaacenc ! mux.",
            seconds * 48_000 / 1_024
        ),
    };
    let source = format!(
        "videotestsrc num-buffers={count} pattern=smpte ! video/x-raw,format=I420,width=320,height=240,framerate=1/{each} \
         ! x264enc speed-preset=ultrafast key-int-max=1 ! h264parse ! mux. {sound} mp4mux name=mux"
    );
    video(&source, "").await
}

#[track_caller]
fn check_length((world, video): &(World, yuexiang_wire::Video), seconds: u64) {
    let (duration, ..) = probe(&object(world, &video.sha256));
    let whole = seconds * 1_000;
    assert!(duration.abs_diff(whole) < 100 && video.duration.abs_diff(whole) < 100, "{duration} {}", video.duration);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_a_few_slides_is_shown_as_long_as_the_others() {
    check_length(&slides(4, 20, 80).await, 80);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_slide_keeps_its_time_without_narration_and_with_one_that_is_shorter_or_longer() {
    check_length(&slides(3, 4, 0).await, 12);
    check_length(&slides(3, 4, 9).await, 12);
    check_length(&slides(3, 4, 14).await, 14);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_larger_than_the_screen_is_reduced() {
    let (world, video) = video(&silent_clip(10, "smpte", "width=2160,height=2400", 25), "").await;
    assert_eq!((video.width, video.height), (972, 1_080));
    assert_eq!(probe(&object(&world, &video.sha256)).1, (972, 1_080));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_poster_is_not_the_black_before_the_video_begins() {
    // Two black seconds, then a picture: a tenth to a quarter of twelve seconds lies on both sides.
    let source = "concat name=joined ! x264enc speed-preset=ultrafast ! matroskamux name=mux \
                  videotestsrc num-buffers=50 pattern=black ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! joined. \
                  videotestsrc num-buffers=250 pattern=smpte ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! joined. mux.";
    let (world, video) = video(source, "").await;
    let poster = image::open_as_jpeg(&object(&world, &video.poster.sha256));
    let brightest = poster.pixels().map(|pixel| pixel.0.into_iter().max().unwrap_or(0)).max();
    assert!(brightest > Some(150), "{brightest:?}");
}

/// The uploads of a world, and a finished one with a picture that this account has sent.
fn upload(world: &World, account: &str) -> (Arc<Uploads>, String) {
    let limits = Limits { reserve: 0, ..Limits::default() };
    let uploads = Arc::new(Uploads::open(&world.data(), limits).expect("opens"));
    let pack = world.pack("sent", VILLAGE);
    pack.picture("a.png", 300, 200);
    let bytes = std::fs::read(pack.path.join("a.png")).expect("reads");
    let new =
        NewUpload { account: account.to_owned(), length: bytes.len() as u64, name: "a.png".to_owned(), declared: None };
    let id = uploads.create(new).expect("begins").id;
    std::fs::write(world.data().join("uploads").join(&id).join("part"), bytes).expect("writes");
    (uploads, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_could_not_be_taken_in_is_there_for_the_next_try() {
    let world = World::new();
    let desk = desk(&world).await;
    let editor = person(&desk, "editor", &[(Role::Editor, VILLAGE)]).await;
    let (uploads, id) = upload(&world, "editor");
    let (hinder, allow) = match desk.publisher.store.db.kind() {
        db::Kind::Sqlite => (
            "CREATE TRIGGER disk_full BEFORE INSERT ON medium BEGIN SELECT RAISE(ABORT, 'disk full'); END",
            "DROP TRIGGER disk_full",
        ),
        db::Kind::Postgres => (
            "ALTER TABLE medium ADD CONSTRAINT disk_full CHECK (false) NOT VALID",
            "ALTER TABLE medium DROP CONSTRAINT disk_full",
        ),
    };
    desk.publisher.store.db.execute("hindering", hinder, vec![]).await.expect("runs");
    desk.take_in(&editor, &uploads, &id, NOW).await.expect_err("cannot be kept");
    assert!(uploads.finished(&id, "editor").is_ok() && !world.data().join("sources").join(&id).exists());
    desk.publisher.store.db.execute("allowing", allow, vec![]).await.expect("runs");
    let taken = desk.take_in(&editor, &uploads, &id, NOW).await.expect("is taken in");
    assert_eq!(taken.state, MediumState::Waiting);
    assert!(uploads.finished(&id, "editor").is_err() && world.data().join("sources").join(&id).is_file());
    assert_eq!(desk.take_in(&editor, &uploads, &id, NOW + 1).await.expect("is known"), taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_medium_that_was_kept_before_the_process_died_gets_its_source_with_the_next_try() {
    let world = World::new();
    let desk = desk(&world).await;
    let editor = person(&desk, "editor", &[(Role::Editor, VILLAGE)]).await;
    let (uploads, id) = upload(&world, "editor");
    let sql = format!(
        "INSERT INTO medium (id, region, account, name, state, kind, created)
         VALUES ('{id}', '{VILLAGE}', 'editor', 'a.png', 'waiting', 'picture', {NOW})"
    );
    desk.publisher.store.db.execute("keeping a medium", &sql, vec![]).await.expect("keeps");
    assert!(!desk.work("w", NOW).await.expect("looks"), "its source is not here yet");
    desk.take_in(&editor, &uploads, &id, NOW).await.expect("goes on");
    assert!(desk.work("w", NOW).await.expect("works"));
    assert!(matches!(desk.medium(&id).await.expect("reads").expect("a medium").state, MediumState::Picture(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn media_whose_sources_lie_with_another_process_do_not_keep_this_one_from_its_own() {
    let world = World::new();
    let desk = desk(&world).await;
    let editor = person(&desk, "editor", &[(Role::Editor, VILLAGE)]).await;
    for number in 0..120 {
        let sql = format!(
            "INSERT INTO medium (id, region, account, name, state, kind, created)
             VALUES ('foreign{number}', '{VILLAGE}', 'other', 'b.png', 'waiting', 'picture', {NOW})"
        );
        desk.publisher.store.db.execute("keeping a medium", &sql, vec![]).await.expect("keeps");
    }
    let (uploads, id) = upload(&world, "editor");
    desk.take_in(&editor, &uploads, &id, NOW + 60).await.expect("is taken in");
    assert!(desk.work("w", NOW + 60).await.expect("works"));
    assert!(matches!(desk.medium(&id).await.expect("reads").expect("a medium").state, MediumState::Picture(_)));
    assert!(!desk.work("w", NOW + 60).await.expect("looks"), "the others are not here");
}

/// The image crate by the kind that is expected, not by the name, which an object does not have.
mod image {
    pub use ::image::*;

    pub fn open_as_jpeg(path: &std::path::Path) -> RgbImage {
        let bytes = std::fs::read(path).expect("reads");
        load_from_memory_with_format(&bytes, ImageFormat::Jpeg).expect("a JPEG").into_rgb8()
    }
}
