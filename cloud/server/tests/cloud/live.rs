//! Live channels: what is cut, what is announced, and that a player plays it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::fixture::{VILLAGE, World, clip, eventually, silent_clip};

/// A channel of two programmes, one of them without sound and neither of them a whole number of segments long.
async fn on_air(at: i64) -> World {
    let world = World::new();
    let village = world.village();
    village.video("media/news.mkv", &clip(3.2, "ball"));
    village.video("media/opera.mkv", &silent_clip(170, "smpte", "width=352,height=288", 30));
    village.channel("rongshu", 3, &[("新闻", "media/news.mkv"), ("粤剧", "media/opera.mkv")]);
    world.publish_at(&[&village], at).await.expect("publishes");
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_says_how_long_the_segments_are() {
    let world = on_air(crate::fixture::NOW).await;
    let channels = world.target(VILLAGE, "channels.json");
    let channel = &channels["channels"][0];
    assert_eq!((&channel["id"], &channel["number"]), (&"rongshu".into(), &3.into()));
    assert_eq!(channel["url"], format!("/live/{VILLAGE}-rongshu/index.m3u8"));
    // 3.2 and 5.67 seconds, filled up to whole segments.
    let durations: Vec<_> =
        channel["programmes"].as_array().expect("programmes").iter().map(|it| it["duration"].clone()).collect();
    assert_eq!(durations, [4, 6]);
    assert_eq!(channel["loop_start"].as_i64().expect("a time") % 86_400, 16 * 3_600, "midnight in China");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_segment_can_be_decoded_by_itself_and_lasts_two_seconds() {
    let world = on_air(jiff::Timestamp::now().as_second()).await;
    let server = world.serve();
    let playlist = server.get(&format!("/live/{VILLAGE}-rongshu/index.m3u8")).await;
    assert_eq!(playlist.headers()["content-type"], "application/vnd.apple.mpegurl");
    assert_eq!(playlist.headers()["cache-control"], "no-cache");
    let tag = playlist.headers()["etag"].to_str().expect("text").to_owned();
    assert!(tag.len() <= 10, "{tag}");
    let playlist = playlist.text().await.expect("text");
    let segments: Vec<&str> = playlist.lines().filter(|line| line.ends_with(".ts")).collect();
    assert_eq!(segments.len(), 6);
    assert!(playlist.contains("#EXT-X-DISCONTINUITY\n"), "{playlist}");
    for segment in segments {
        let answer = server.get(&format!("/live/{VILLAGE}-rongshu/{segment}")).await;
        assert_eq!(answer.status(), 200, "{segment}");
        assert_eq!(answer.headers()["content-type"], "video/mp2t");
        let file = world.folder.path().join(segment);
        std::fs::write(&file, answer.bytes().await.expect("a body")).expect("writes");
        let (frames, samples) = decode(&file);
        assert_eq!(frames, 50, "{segment}");
        // Sound does not meet the cuts: AAC comes in frames of 1,024 samples, and pictures are sent a little ahead.
        assert!((90_000..=102_000).contains(&samples), "{segment}: {samples} samples");
    }
    let far = server.get(&format!("/live/{VILLAGE}-rongshu/1.ts")).await;
    assert_eq!(far.status(), 404);
}

/// Decodes a file and counts frames and samples.
fn decode(file: &std::path::Path) -> (u64, u64) {
    gst::init().expect("GStreamer");
    let description = "filesrc name=file ! tsdemux name=demux \
         demux. ! queue max-size-time=0 max-size-buffers=0 ! h264parse ! avdec_h264 ! fakesink name=video sync=false signal-handoffs=true \
         demux. ! queue max-size-time=0 max-size-buffers=0 ! aacparse ! avdec_aac ! audioconvert ! audio/x-raw,format=S16LE,channels=1 \
         ! fakesink name=audio sync=false signal-handoffs=true";
    let pipeline =
        gst::parse::launch(description).expect("a pipeline").downcast::<gst::Pipeline>().expect("a pipeline");
    pipeline.by_name("file").expect("the source").set_property("location", file);
    let sink = |name: &str| pipeline.by_name(name).expect("the sink");
    let frames = count(&sink("video"), |_| 1);
    let samples = count(&sink("audio"), |buffer| buffer.size() as u64 / 2);
    pipeline.set_state(gst::State::Playing).expect("plays");
    let bus = pipeline.bus().expect("a bus");
    let end = bus.timed_pop_filtered(None, &[gst::MessageType::Eos, gst::MessageType::Error]).expect("an end");
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    pipeline.set_state(gst::State::Null).expect("stops");
    (frames.load(Ordering::Relaxed), samples.load(Ordering::Relaxed))
}

fn count(sink: &gst::Element, weigh: impl Fn(&gst::Buffer) -> u64 + Send + Sync + 'static) -> Arc<AtomicU64> {
    let counter = Arc::new(AtomicU64::new(0));
    let count = counter.clone();
    sink.connect("handoff", false, move |values| {
        if let Ok(buffer) = values[1].get::<gst::Buffer>() {
            count.fetch_add(weigh(&buffer), Ordering::Relaxed);
        }
        None
    });
    counter
}

/// In real time, because that is what is in question: twelve seconds are more than one turn of the loop.
#[tokio::test(flavor = "multi_thread")]
async fn a_player_plays_over_programme_boundaries_without_a_gap() {
    let world = on_air(jiff::Timestamp::now().as_second()).await;
    let server = world.serve();
    gst::init().expect("GStreamer");
    let sink = || {
        gst::ElementFactory::make("fakesink")
            .property("sync", true)
            .property("signal-handoffs", true)
            .build()
            .expect("a sink")
    };
    let (video, audio) = (sink(), sink());
    let frames = count(&video, |_| 1);
    let samples = count(&audio, |buffer| buffer.size() as u64);
    let player = gst::ElementFactory::make("playbin3")
        .property("uri", format!("{}/live/{VILLAGE}-rongshu/index.m3u8", server.url))
        .property("video-sink", video)
        .property("audio-sink", audio)
        .build()
        .expect("playbin3")
        .downcast::<gst::Pipeline>()
        .expect("a pipeline");
    player.set_state(gst::State::Playing).expect("plays");
    let bus = player.bus().expect("a bus");
    let (mut first, wanted) = (None, 12 * 25);
    let deadline = Instant::now() + Duration::from_secs(60);
    while frames.load(Ordering::Relaxed) < wanted {
        if let Some(message) = bus.timed_pop_filtered(gst::ClockTime::from_mseconds(20), &[gst::MessageType::Error]) {
            panic!("{message:?}");
        }
        if frames.load(Ordering::Relaxed) > 0 {
            first.get_or_insert_with(Instant::now);
        }
        assert!(Instant::now() < deadline, "only {} frames", frames.load(Ordering::Relaxed));
    }
    let played = first.expect("a first frame").elapsed();
    player.set_state(gst::State::Null).expect("stops");
    assert!(played < Duration::from_secs(14), "twelve seconds took {played:?}");
    assert!(samples.load(Ordering::Relaxed) > 0, "there is sound");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_line_up_goes_on_the_air_while_the_server_runs() {
    let now = jiff::Timestamp::now().as_second();
    let world = on_air(now).await;
    let server = world.serve();
    let sequence = async || -> i64 {
        let playlist = server.get(&format!("/live/{VILLAGE}-rongshu/index.m3u8")).await.text().await.expect("text");
        let line = playlist
            .lines()
            .find_map(|line| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:"))
            .expect("a sequence")
            .to_owned();
        line.parse().expect("a number")
    };
    let before = sequence().await;
    let village = world.village();
    village.channel("rongshu", 3, &[("粤剧", "media/opera.mkv")]);
    // Published a minute ago, as far as the clock is concerned, so that it is in force at once.
    world.publish_at(&[&village], now - 60).await.expect("publishes");
    let path = format!("/live/{VILLAGE}-rongshu/index.m3u8");
    eventually("the new line-up", async || {
        let playlist = server.get(&path).await.text().await.ok()?;
        (!playlist.contains("新闻") && playlist.contains("粤剧")).then_some(())
    })
    .await;
    assert!(sequence().await >= before);
}
