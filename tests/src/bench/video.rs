//! A cached video: how soon it is seen, and what playing it costs against GStreamer's own player.

use crate::measure::{cpu_percent, median, numbers_after};
use crate::{Figure, figure};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, free_port, publish};
use yuexiang_tests::village::write_pack;

const SPAN: Duration = Duration::from_secs(12);

pub async fn measure() -> Vec<Figure> {
    let mut figures = hd().await;
    figures.push(live_after_start().await);
    figures.extend(full_hd().await);
    figures
}

/// From the start of the program to the moving picture of the last channel, with everything cached.
async fn live_after_start() -> Figure {
    let folder = tempfile::tempdir().expect("a folder");
    let cloud = Cloud::demo(folder.path()).await;
    let options = BoxOptions::new(folder.path(), &cloud.url);
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;
    tv.process.terminate();
    let mut times = Vec::new();
    for _ in 0..7 {
        let tv = TvBox::start(folder.path(), &options).await;
        tv.remote.until("the live picture", |view| view["player"]["fresh"] == true).await;
        times.extend(numbers_after(&tv.process.log_text(), "first moving picture after ").last());
    }
    let value = format!("{:.0} ms (median of {})", median(&mut times), times.len());
    figure("process start → live picture", value, "–")
}

/// A village of one video in 1080p at 25 pictures a second.
const FULL_HD: &str = "+++\nkind = \"video\"\nboard = \"culture\"\nsection = \"video\"\ntitle = \"一千零八十行\"\n\
                       summary = \"为测量而做\"\npublished = 2026-11-01T08:00:00\nvideo = \"media/hd.mp4\"\n+++\n测量。\n";

async fn full_hd() -> Vec<Figure> {
    let folder = tempfile::tempdir().expect("a folder");
    let region = "440224103998";
    let pack = write_pack(folder.path(), region, 1);
    std::fs::write(pack.join("items/hd.md"), FULL_HD).expect("the item can be written");
    make_full_hd(&pack.join("media/hd.mp4"));
    let data = folder.path().join("cloud");
    let root = publish(&data, &pack);
    let cloud = Cloud::serve(folder.path(), data, free_port()).await;
    let options = BoxOptions { region: region.into(), root, ..BoxOptions::new(folder.path(), &cloud.url) };
    let tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;
    tv.remote.open_first("yellow", "video").await;
    tv.remote.until_screen("videodetail").await;
    tv.remote.keys("ok").await;
    tv.remote.until("the video plays", |view| view["player"]["state"] == "playing").await;
    let percent = cpu_percent(tv.process.id(), SPAN).await;
    let memory = crate::measure::pss(tv.process.id());
    vec![
        figure("CPU, cached 1080p video in full at 1080p, software decoder", format!("{percent:.1} % of a core"), "–"),
        figure("PSS while playing it", format!("{memory:.1} MiB"), "–"),
    ]
}

/// Thirty seconds of a test card with a corner of noise.
fn make_full_hd(path: &Path) {
    let pipeline = "videotestsrc num-buffers=750 pattern=smpte ! video/x-raw,width=1920,height=1080,framerate=25/1 ! \
                    x264enc speed-preset=ultrafast bitrate=6000 ! h264parse ! mp4mux ! filesink location=";
    let mut arguments: Vec<String> = pipeline.split_whitespace().map(str::to_owned).collect();
    if let Some(last) = arguments.last_mut() {
        last.push_str(&path.display().to_string());
    }
    let status =
        Command::new("gst-launch-1.0").arg("-q").args(arguments).status().expect("gst-launch-1.0 is installed");
    assert!(status.success(), "the test video can be made");
}

async fn hd() -> Vec<Figure> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cloud = Cloud::demo(folder.path()).await;
    let options = BoxOptions::new(folder.path(), &cloud.url);
    let tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;
    let live = cpu_percent(tv.process.id(), SPAN).await;
    cloud.process.kill();

    tv.remote.open_first("yellow", "video").await;
    tv.remote.until_screen("videodetail").await;
    let mut times = Vec::new();
    for _ in 0..9 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let pressed = Instant::now();
        tv.remote.keys("ok").await;
        tv.remote
            .until("the first picture", |view| view["screen"] == "player" && view["player"]["fresh"] == true)
            .await;
        times.push(pressed.elapsed().as_secs_f64() * 1_000.0);
        tv.remote.keys("back").await;
        tv.remote.until_screen("videodetail").await;
    }
    tv.remote.keys("ok").await;
    tv.remote.until("the video plays", |view| view["player"]["state"] == "playing").await;
    let ours = cpu_percent(tv.process.id(), SPAN).await;
    let memory = crate::measure::pss(tv.process.id());
    let file = largest(&options.data.join("objects"));
    let theirs = reference(&file).await;
    vec![
        figure(
            "OK on a cached video → first picture",
            format!("{:.0} ms (median of 9)", median(&mut times)),
            "≤ 500 ms",
        ),
        figure(
            "CPU, cached 720p video in full at 1080p",
            format!("{ours:.1} % of a core; gst-play-1.0 to fakesink {theirs:.1} %"),
            "–",
        ),
        figure("CPU, live 720p channel in full at 1080p", format!("{live:.1} % of a core"), "–"),
        figure("PSS while playing a cached 720p video", format!("{memory:.1} MiB"), "–"),
    ]
}

/// The largest object is a video.
fn largest(folder: &Path) -> std::path::PathBuf {
    let shelves = std::fs::read_dir(folder).expect("objects were stored").flatten();
    let files = shelves.flat_map(|shelf| std::fs::read_dir(shelf.path()).expect("a shelf can be read").flatten());
    files.max_by_key(|file| file.metadata().map_or(0, |meta| meta.len())).expect("there are objects").path()
}

async fn reference(file: &Path) -> f64 {
    let mut child = Command::new("gst-play-1.0")
        .args(["--quiet", "--no-interactive", "--videosink=fakesink sync=true", "--audiosink=fakesink sync=true"])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("gst-play-1.0 is installed");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let percent = cpu_percent(child.id(), SPAN.min(Duration::from_secs(10))).await;
    let _ = child.kill();
    let _ = child.wait();
    percent
}
