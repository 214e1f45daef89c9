//! What the UI costs, at 1920 × 1080 without a screen: time to the first frame, memory, rest, motion.
//!
//! ```sh
//! cargo run -p yuexiang-ui --example ui_costs
//! ```

#[allow(dead_code)]
#[path = "gallery/photos.rs"]
mod photos;
#[allow(dead_code)]
#[path = "gallery/samples/mod.rs"]
mod samples;

use std::sync::Arc;
use std::time::{Duration, Instant};
use yuexiang_core::ports::{FrameSink, VideoFrame};
use yuexiang_core::view::{Travel, View};
use yuexiang_ui::{Display, Ui, UiHandle, UiOptions};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let folder = std::env::temp_dir();
    let objects = Arc::new(photos::Photos::painted(&folder)?);
    let painted = started.elapsed();
    let ui =
        Ui::new(UiOptions { display: Display::Headless, size: (1920, 1080), objects, on_event: Box::new(|_| {}) })?;
    let handle = ui.handle();
    let home = named("home-live");
    handle.show(home);
    let opened = started.elapsed() - painted;
    let measuring = std::thread::spawn(move || measure(&handle, started, painted, opened));
    ui.run()?;
    measuring.join().map_err(|_| "the measurement panicked")?.map_err(|error| error.to_string())?;
    Ok(())
}

fn named(name: &str) -> View {
    let sample = samples::all().into_iter().find(|sample| sample.name == name);
    sample.map_or_else(|| panic!("no sample {name}"), |sample| sample.view)
}

fn measure(handle: &UiHandle, started: Instant, painted: Duration, opened: Duration) -> Result<(), AnyError> {
    let frames = handle.frames();
    let first = frames.wait(0, Duration::from_secs(5)).ok_or("no frame")?;
    println!("opened after {opened:?}, first frame copied after {:?}", started.elapsed() - painted);
    std::thread::sleep(Duration::from_secs(2));
    println!("home page: {}", memory()?);
    let (before, clock) = (cpu()?, Instant::now());
    std::thread::sleep(Duration::from_secs(5));
    println!("at rest: {:.2} % of a core", share(before, clock)?);

    let mut serial = first.serial;
    let mut view = named("home-live");
    let names = ["home-board", "home-board-last", "home-fresh", "home-settings", "home-live"];
    motion(
        "focus moves",
        handle,
        names.iter().cycle().take(40).map(|name| {
            serial += 1;
            let mut next = named(name);
            next.header.time = format!("19:{serial:02}");
            next
        }),
    )?;
    let mut page = 1;
    motion(
        "pages",
        handle,
        ["board-row", "home-board"].iter().cycle().take(10).map(|name| {
            page += 1;
            view = named(name);
            view.serial = page;
            view.travel = if page % 2 == 0 { Travel::Forward } else { Travel::Back };
            view.clone()
        }),
    )?;

    for (name, width, height) in [("live in the window", 1216_u32, 684_u32), ("live full screen", 1920, 1080)] {
        handle.show(named(if width == 1920 { "live" } else { "home-live" }));
        let rgb: Vec<u8> = (0..width * height * 3).map(|index| (index / 977) as u8).collect();
        let (before, clock) = (cpu()?, Instant::now());
        for _ in 0..75 {
            handle.frame(VideoFrame { width, height, stride: width as usize * 3, rgb: &rgb });
            std::thread::sleep(Duration::from_millis(40));
        }
        println!("{name}, 25 frames a second: {:.1} % of a core; {}", share(before, clock)?, memory()?);
    }
    handle.quit();
    Ok(())
}

fn motion(name: &str, handle: &UiHandle, views: impl Iterator<Item = View>) -> Result<(), AnyError> {
    let (before, clock) = (cpu()?, Instant::now());
    let mut count = 0;
    for view in views {
        handle.show(view);
        count += 1;
        std::thread::sleep(Duration::from_millis(300));
    }
    let busy = share(before, clock)? / 100.0 * clock.elapsed().as_secs_f64() * 1_000.0;
    println!("{name}: {:.1} ms of a core each", busy / f64::from(count));
    Ok(())
}

/// Hundredths of a second that this process has computed.
fn cpu() -> Result<u64, AnyError> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Ok(field(11) + field(12))
}

fn share(before: u64, clock: Instant) -> Result<f64, AnyError> {
    Ok((cpu()? - before) as f64 / clock.elapsed().as_secs_f64())
}

fn memory() -> Result<String, AnyError> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = |name: &str| {
        let line = rollup.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    };
    Ok(format!("PSS {:.1} MB, of it anonymous {:.1} MB", line("Pss:"), line("Pss_Anon:")))
}
