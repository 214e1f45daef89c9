//! A cached video: how soon it is seen, and what playing it costs against GStreamer's own player.

use crate::measure::{cpu_percent, median};
use crate::{Figure, figure};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox};

const SPAN: Duration = Duration::from_secs(12);

pub async fn measure() -> Vec<Figure> {
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
