//! Shows what the cards of this machine are, takes one over, and plays a test picture on it.
//!
//! `probe [--device /dev/dri/card0] [--video auto|scene|plane] [--seconds 10] [--standby]`

use std::error::Error;
use std::f64::consts::TAU;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use yuexiang_core::ports::{Nv12Picture, Panel, PictureMemory, PlaneLayout, Rect, UiFrame};
use yuexiang_kms::{Display, DisplayEvent, Options, VideoChoice, probe};

const PICTURE: (u32, u32) = (640, 360);
/// Between pictures of the test video: 25 a second.
const PICTURE_PERIOD: Duration = Duration::from_millis(40);

struct Arguments {
    options: Options,
    seconds: f64,
    standby: bool,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut found = Arguments { options: Options::default(), seconds: 10.0, standby: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--device" => found.options.device = Some(PathBuf::from(value()?)),
            "--seconds" => found.seconds = value()?.parse()?,
            "--standby" => found.standby = true,
            "--video" => {
                found.options.video = match value()?.as_str() {
                    "auto" => VideoChoice::Auto,
                    "scene" => VideoChoice::Scene,
                    "plane" => VideoChoice::Plane,
                    other => return Err(format!("--video {other}: auto, scene or plane").into()),
                }
            }
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    Ok(found)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let Arguments { options, seconds, standby } = arguments()?;
    list();
    let (sender, events) = channel();
    let display = Display::open(options, move |event| {
        // The program may have ended its loop already.
        let _ = sender.send(event);
    })?;
    println!("{}", display.describe());
    let (mut panel, video) = (display.panel(), display.video());
    let mut scene = TestScene::new(panel.size());
    let (start, end) = (Instant::now(), Instant::now() + Duration::from_secs_f64(seconds));
    let (mut frames, mut next_picture) = (0_u32, start);
    while Instant::now() < end {
        let elapsed = start.elapsed().as_secs_f64();
        if let Some(video) = video.as_ref().filter(|_| Instant::now() >= next_picture) {
            next_picture += PICTURE_PERIOD;
            video.show(test_picture(elapsed));
        }
        if panel.is_ready() {
            if scene.size != panel.size() {
                scene = TestScene::new(panel.size());
            }
            let (changed, window) = scene.draw(elapsed, panel.has_video_plane());
            panel.present(UiFrame { rgba: &scene.rgba, changed: &changed, video: window });
            frames += 1;
        }
        match events.recv_timeout(Duration::from_millis(10)) {
            Ok(DisplayEvent::Ready) | Err(RecvTimeoutError::Timeout) => {}
            Ok(event) => println!("{elapsed:6.2} s: {event:?}: {}", display.describe()),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{frames} frames in {seconds:.2} s: {:.1} a second", f64::from(frames) / seconds);
    println!("{} flips: {:.1} a second", display.flips(), display.flips() as f64 / seconds);
    if standby {
        println!("standby for two seconds");
        display.power().set_power(false);
        std::thread::sleep(Duration::from_secs(2));
        display.power().set_power(true);
        std::thread::sleep(Duration::from_secs(2));
        println!("{}", display.describe());
    }
    Ok(())
}

fn list() {
    let cards = probe();
    if cards.is_empty() {
        println!("no cards under /dev/dri");
    }
    for card in cards {
        println!("{} ({})", card.path.display(), card.driver);
        if let Some(problem) = card.problem {
            println!("  {problem}");
        }
        for connector in card.connectors {
            let state = if connector.connected { "connected" } else { "not connected" };
            println!("  connector {} {state}: {}", connector.name, connector.modes.join(" "));
        }
        for plane in card.planes {
            let kind = if plane.primary { "primary" } else { "overlay" };
            println!("  plane {} {kind}, zpos {:?}: {}", plane.id, plane.zpos, plane.formats.join(" "));
        }
    }
}

/// Colour bars with a moving white bar, and a window for the video that wanders.
struct TestScene {
    size: (u32, u32),
    rgba: Vec<u8>,
    moving: Vec<Rect>,
}

impl TestScene {
    fn new(size: (u32, u32)) -> TestScene {
        let length = size.0 as usize * size.1 as usize * 4;
        TestScene { size, rgba: vec![0; length], moving: Vec::new() }
    }

    /// What changed, and where the video is to be.
    fn draw(&mut self, elapsed: f64, has_video: bool) -> (Vec<Rect>, Option<Rect>) {
        let (width, height) = self.size;
        let mut changed = std::mem::take(&mut self.moving);
        if changed.is_empty() {
            changed = vec![Rect { x: 0, y: 0, width, height }];
        }
        for part in &changed {
            for x in part.x..part.x + part.width {
                let bar = x * 8 / width;
                let colour = |bit: u32| if bar & bit == 0 { 200 } else { 30 };
                self.fill(Rect { x, width: 1, ..*part }, [colour(2), colour(4), colour(1), 255]);
            }
        }
        let wander = |length: u32, speed: f64| ((elapsed * speed).sin() + 1.0) / 2.0 * f64::from(length);
        let bar = Rect { x: 0, y: wander(height - height / 20, TAU / 4.0) as u32, width, height: height / 20 };
        self.fill(bar, [255; 4]);
        self.moving.push(bar);
        let window = has_video.then(|| {
            let (x, y) = (wander(width / 2, TAU / 7.0) as u32, wander(height / 2, TAU / 5.0) as u32);
            Rect { x, y, width: width / 2, height: height / 2 }
        });
        if let Some(window) = window {
            self.fill(window, [0; 4]);
            self.moving.push(window);
        }
        changed.extend(&self.moving);
        (changed, window)
    }

    fn fill(&mut self, area: Rect, pixel: [u8; 4]) {
        for row in area.y..area.y + area.height {
            let start = (row as usize * self.size.0 as usize + area.x as usize) * 4;
            let row = &mut self.rgba[start..start + area.width as usize * 4];
            row.as_chunks_mut::<4>().0.fill(pixel);
        }
    }
}

/// Moving stripes in grey, with a colour that changes.
fn test_picture(elapsed: f64) -> Nv12Picture {
    let (width, height) = (PICTURE.0 as usize, PICTURE.1 as usize);
    let shift = (elapsed * 100.0) as usize;
    let mut bytes: Vec<u8> = (0..width * height).map(|index| ((index % width + shift) % 220 + 16) as u8).collect();
    let (cb, cr) = ((elapsed.sin() * 80.0 + 128.0) as u8, (elapsed.cos() * 80.0 + 128.0) as u8);
    bytes.extend([cb, cr].iter().cycle().take(width * height / 2));
    Nv12Picture {
        width: PICTURE.0,
        height: PICTURE.1,
        pixel_aspect: (1, 1),
        bt709: false,
        planes: [PlaneLayout { offset: 0, stride: width }, PlaneLayout { offset: width * height, stride: width }],
        memory: PictureMemory::Bytes(Arc::new(bytes)),
    }
}
