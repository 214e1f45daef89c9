//! A window on a desk: Slint's winit backend with the same software renderer.

use crate::frames::{Frame, FrameHub};
use crate::generated::MainWindow;
use crate::ui::UiError;
use slint::platform::WindowEvent;
use slint::{ComponentHandle, PhysicalSize};
use std::sync::Arc;
use std::time::Duration;

/// How often the window is looked at while somebody watches it from elsewhere. Slint does not tell when it has drawn.
const LOOK: Duration = Duration::from_millis(100);

/// Nobody has asked for so long: nobody watches any more.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) struct Desk {
    size: (u32, u32),
    fullscreen: bool,
    frames: FrameHub,
}

impl Desk {
    pub fn open(size: (u32, u32), fullscreen: bool) -> Result<Desk, UiError> {
        let selector = slint::BackendSelector::new().backend_name("winit".into()).renderer_name("software".into());
        selector.select().map_err(UiError::OpenDisplay)?;
        let frames = FrameHub::new(|| {
            let _ = slint::invoke_from_event_loop(|| crate::stage::with(crate::stage::Stage::answer));
        });
        Ok(Desk { size, fullscreen, frames })
    }

    pub fn frames(&self) -> FrameHub {
        self.frames.clone()
    }

    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    pub fn prepare(&self, window: &slint::Window) {
        // Without a window manager full screen alone would leave the window small.
        window.set_size(PhysicalSize::new(self.size.0, self.size.1));
        window.set_fullscreen(self.fullscreen);
    }

    pub fn capture(&self, window: &slint::Window) -> Option<Arc<Frame>> {
        let picture = window.take_snapshot().inspect_err(|error| tracing::warn!(%error, "window snapshot failed"));
        let picture = picture.ok()?;
        let rgba = picture.as_bytes();
        if let Some(last) = self.frames.last()
            && last.rgba == rgba
        {
            return Some(last);
        }
        self.frames.drawn();
        Some(self.frames.publish(picture.width(), picture.height(), rgba.to_vec()))
    }

    /// Looks again and again until there is a new picture or nobody asks any more.
    pub fn answer(&self, window: &MainWindow) {
        self.capture(window.window());
        let watched = self.frames.asked().is_some_and(|asked| asked.elapsed() < PATIENCE);
        if self.frames.is_wanted() && watched {
            slint::Timer::single_shot(LOOK, || crate::stage::with(crate::stage::Stage::answer));
        }
    }
}

/// Fits the scene into a window that got another size than it had.
pub(crate) fn rescale(window: &slint::Window) -> Option<f32> {
    let size = window.size();
    let scale = crate::paint::scale_for((size.width, size.height));
    if (scale - window.scale_factor()).abs() < 0.001 {
        return None;
    }
    let _ = window.dispatch_event_with_result(WindowEvent::ScaleFactorChanged { scale_factor: scale });
    let _ = window.dispatch_event_with_result(WindowEvent::Resized { size: size.to_logical(scale) });
    Some(scale)
}
