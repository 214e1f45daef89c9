//! Measures what a viewer feels: `cargo run -p yuexiang-media --example measure -- FILE [SECONDS]` prints the time from
//! each load to its first frame, and the processor time that playing takes in every place.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use yuexiang_core::catalog::Sha256;
use yuexiang_core::event::{MediaEventKind, MediaRequest, Source, VideoPlace};
use yuexiang_core::ports::{FrameSink, ObjectPaths, VideoFrame, VideoOutput};
use yuexiang_media::{Media, MediaOptions, VideoSizes};

#[derive(Default)]
struct Counter(AtomicUsize);

impl FrameSink for Counter {
    fn frame(&self, _: VideoFrame<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct OneFile(PathBuf);

impl ObjectPaths for OneFile {
    fn path(&self, _: Sha256) -> PathBuf {
        self.0.clone()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: measure FILE|URL [SECONDS]")?;
    let seconds: u64 = arguments.next().map_or(Ok(5), |seconds| seconds.parse())?;
    let live = file.ends_with(".m3u8");
    let source = match file.starts_with("http") {
        true => Source::Url(file.clone()),
        false => Source::Object(Sha256([0; 32])),
    };
    let frames = Arc::new(Counter::default());
    let (send, events) = mpsc::channel();
    let sizes = VideoSizes { window: (1216, 684), full: (1920, 1080) };
    let report = move |event| drop(send.send(event));
    let media = Media::new(
        sizes,
        VideoOutput::Scene(frames.clone()),
        Arc::new(OneFile(file.into())),
        report,
        |reason| eprintln!("{reason}"),
        MediaOptions::default(),
    )?;
    media.handle(MediaRequest::Place(VideoPlace::Full));
    for generation in 1..=5 {
        let asked = Instant::now();
        media.handle(MediaRequest::Load { generation, source: source.clone(), live, start: 0, paused: false });
        for event in &events {
            match event.kind {
                MediaEventKind::FirstFrame { width, height } => {
                    println!("load {generation}: first frame ({width}×{height}) after {:?}", asked.elapsed());
                }
                MediaEventKind::Playing => break,
                MediaEventKind::Failed(error) => return Err(error.into()),
                _ => {}
            }
        }
    }
    for place in [VideoPlace::Full, VideoPlace::Window, VideoPlace::Hidden] {
        media.handle(MediaRequest::Place(place));
        let (cpu, shown) = (processor_time()?, frames.0.load(Ordering::Relaxed));
        std::thread::sleep(Duration::from_secs(seconds));
        let percent = (processor_time()? - cpu).as_secs_f64() / seconds as f64 * 100.0;
        let rate = (frames.0.load(Ordering::Relaxed) - shown) as f64 / seconds as f64;
        println!("{place:?}: {percent:.0} % of a core, {rate:.1} frames a second");
    }
    Ok(())
}

/// User and system time of this process, from `/proc`; it counts in hundredths of a second.
fn processor_time() -> Result<Duration, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}
