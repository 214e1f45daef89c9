//! Start, memory, keys and rest, with a village of a thousand cached items and the cloud gone.

use crate::measure::{cpu_percent, median, numbers_after, pss};
use crate::{Figure, figure};
use std::time::Duration;
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, free_port, publish};
use yuexiang_tests::village::write_pack;

/// Below a real town; no such village exists.
const REGION: &str = "440224103998";
const STARTS: usize = 15;

pub async fn measure() -> Vec<Figure> {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("cloud");
    let root = publish(&data, &write_pack(folder.path(), REGION, 1_000));
    let mut cloud = Cloud::serve(folder.path(), data, free_port()).await;
    let mut options = BoxOptions { region: REGION.into(), root, ..BoxOptions::new(folder.path(), &cloud.url) };
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;
    // Boot into the home page from now on.
    tv.remote.keys("home menu right back").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    tv.process.terminate();
    cloud.process.kill();

    let mut figures = vec![starts(folder.path(), &options).await];
    options.more = vec!["--log".into(), "info,yuexiang::latency=debug".into()];
    let tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_screen("home").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let memory = pss(tv.process.id());
    figures.push(figure("PSS on the home page, 1080p, 1,000 items", format!("{memory:.1} MiB"), "≤ 50 MB"));
    let idle = cpu_percent(tv.process.id(), Duration::from_secs(10)).await;
    figures.push(figure("CPU at rest on the home page", format!("{idle:.1} %"), "0.0 %"));
    figures.push(keys(&tv).await);
    figures
}

async fn starts(folder: &std::path::Path, options: &BoxOptions) -> Figure {
    let mut options = options.clone();
    options.more.push("--exit-after-first-frame".into());
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let mut tv = TvBox::launch(folder, &options);
        while !tv.process.has_ended() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        times.extend(numbers_after(&tv.process.log_text(), "first frame after ").last());
    }
    let what = "process start → first frame of the home page, 1,000 cached items";
    figure(what, format!("{:.0} ms (median of {})", median(&mut times), times.len()), "≤ 100 ms")
}

/// Moves through a list and takes the times that the program measured itself.
async fn keys(tv: &TvBox) -> Figure {
    tv.remote.keys("red right").await;
    tv.remote.until_screen("board").await;
    let before = tv.process.log_text().len();
    for _ in 0..40 {
        tv.remote.keys("down").await;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let log = tv.process.log_text();
    // Presses only; letting a key go changes nothing here. The frame may be drawn before the press has been logged.
    let lines: Vec<&str> = log[before..].lines().collect();
    let micros = |line: &str| numbers_after(line, "microseconds=").last().copied();
    let mut times = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.contains("key to view") && line.contains("Down") {
            let until = lines[at + 1..].iter().position(|line| line.contains("key to view"));
            let around = &lines[at.saturating_sub(1)..until.map_or(lines.len(), |until| at + 1 + until)];
            let frame = around.iter().find(|line| line.contains("view to frame"));
            times.extend(micros(line).zip(frame.and_then(|line| micros(line))).map(|(view, frame)| view + frame));
        }
    }
    let worst = times.iter().copied().fold(0.0, f64::max) / 1_000.0;
    let value = format!("{:.1} ms (median of {}), {worst:.1} ms at most", median(&mut times) / 1_000.0, times.len());
    figure("key → new frame, in a list of 1,000", value, "≤ 21.7 ms: a frame and 5 ms")
}
