//! A screen in memory for one picture.

use super::PreviewError;
use super::request::Objects;
use crate::remote::pictures;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use yuexiang_core::view::View;
use yuexiang_ui::{Display, Frame, Ui, UiOptions};

/// A screen whose pictures have not been decoded by then is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the screen shows once every picture has been decoded and nothing moves any more, as a PNG file.
///
/// Every picture gets a user interface of its own, on a thread of its own, as after the box has been switched on: so it
/// depends on no picture before, and a screen that panics takes no more with it than itself.
pub fn draw(view: View, size: (u32, u32), objects: Objects) -> Result<Vec<u8>, PreviewError> {
    let thread = std::thread::Builder::new().name("preview".into());
    let drawing = thread.spawn(move || frame(view, size, objects)).map_err(PreviewError::Thread)?;
    let frame = drawing.join().unwrap_or(Err(PreviewError::Panicked))?;
    pictures::png(&frame).map_err(PreviewError::Encode)
}

fn frame(view: View, size: (u32, u32), objects: Objects) -> Result<Arc<Frame>, PreviewError> {
    // A picture that cannot be decoded has been logged, and its place holder is seen.
    let ui = Ui::new(UiOptions {
        display: Display::Headless,
        size,
        objects: Arc::new(objects),
        on_event: Box::new(|event| tracing::debug!(?event, "preview")),
    })?;
    ui.handle().show(view);
    if !ui.settle(PATIENCE)? {
        return Err(PreviewError::Restless);
    }
    let (sender, receiver) = mpsc::channel();
    ui.handle().screenshot(move |frame| drop(sender.send(frame)));
    if !ui.settle(PATIENCE)? {
        return Err(PreviewError::Restless);
    }
    receiver.try_recv().map_err(|_| PreviewError::Restless)
}
