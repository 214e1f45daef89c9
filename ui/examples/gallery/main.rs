//! Draws every screen in every state into PNG files:
//!
//! ```sh
//! cargo run -p yuexiang-ui --example gallery -- target/gallery [width height] [part of a name]
//! ```

mod photos;
mod samples;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use yuexiang_core::event::VideoPlace;
use yuexiang_core::ports::{FrameSink, VideoFrame};
use yuexiang_ui::{Display, Ui, UiOptions};

type AnyError = Box<dyn std::error::Error>;

fn main() -> Result<(), AnyError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = PathBuf::from(arguments.first().map_or("target/gallery", String::as_str));
    let number = |at: usize, default: u32| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let size = (number(1, 1920), number(2, 1080));
    let wanted = arguments.get(3).cloned().unwrap_or_default();
    std::fs::create_dir_all(&folder)?;
    let photos = Arc::new(photos::Photos::find(&folder)?);
    let started = Instant::now();
    let ui = Ui::new(UiOptions {
        display: Display::Headless,
        size,
        objects: photos.clone(),
        on_event: Box::new(|event| println!("{event:?}")),
    })?;
    println!("opened after {:?}", started.elapsed());
    for sample in samples::all().into_iter().filter(|sample| sample.name.contains(&wanted)) {
        let handle = ui.handle();
        let place = sample.view.video.place;
        let fresh = sample.view.video.fresh;
        handle.show(sample.view);
        if fresh && place != VideoPlace::Hidden {
            let (width, height) = match place {
                VideoPlace::Full => size,
                _ => (1216 * size.1 / 1080, 684 * size.1 / 1080),
            };
            let rgb = photos.moving_picture(width, height)?;
            handle.frame(VideoFrame { width, height, stride: width as usize * 3, rgb: &rgb });
        }
        let before = Instant::now();
        if !ui.settle(Duration::from_secs(120))? {
            println!("{} does not come to rest", sample.name);
        }
        let took = before.elapsed();
        save(&ui, &folder.join(format!("{}-{}.png", sample.name, size.1)))?;
        println!("{:<28} at rest after {took:?}", sample.name);
    }
    Ok(())
}

fn save(ui: &Ui, path: &Path) -> Result<(), AnyError> {
    let (sender, receiver) = std::sync::mpsc::channel();
    ui.handle().screenshot(move |frame| drop(sender.send(frame)));
    ui.settle(Duration::from_secs(1))?;
    let frame = receiver.recv()?;
    let rgb: Vec<u8> = frame.rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    image::save_buffer(path, &rgb, frame.width, frame.height, image::ExtendedColorType::Rgb8)?;
    Ok(())
}
