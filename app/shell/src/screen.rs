//! Opens what the picture is shown on: the screen of a box, a window, or nothing.

use crate::driver::Message;
use crate::inbox::Inbox;
use crate::settings::{DisplayKind, Settings, VideoChoice};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use yuexiang_core::Event;
use yuexiang_core::ports::{ObjectPaths, VideoOutput};
use yuexiang_kms as kms;
use yuexiang_ui::{Display, Ui, UiError, UiEvent, UiHandle, UiOptions};

#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    #[error(transparent)]
    Ui(#[from] UiError),
}

/// The open screen. Fields are dropped in this order: the UI lets go of the display before it is closed.
pub struct Screen {
    pub ui: Ui,
    pub video: VideoOutput,
    pub size: (u32, u32),
    display: Option<kms::Display>,
}

impl Screen {
    pub fn open(
        settings: &Settings,
        objects: Arc<dyn ObjectPaths>,
        inbox: &Inbox<Message>,
    ) -> Result<Screen, ScreenError> {
        let asked: Arc<OnceLock<UiHandle>> = Arc::default();
        let display = match settings.display {
            DisplayKind::Kms => open_kms(settings, &asked),
            DisplayKind::Window | DisplayKind::Headless => None,
        };
        let (kind, size) = match (&display, settings.display) {
            (Some(display), _) => {
                let panel = display.panel();
                let size = yuexiang_core::ports::Panel::size(&panel);
                (Display::Panel(Box::new(panel)), size)
            }
            (None, DisplayKind::Window) => (Display::Window { fullscreen: settings.fullscreen }, settings.size),
            (None, _) => (Display::Headless, settings.size),
        };
        let inbox = inbox.clone();
        let on_event = move |event| match event {
            UiEvent::Key(key) => inbox.post(Message::Key(key, Instant::now())),
            UiEvent::PictureBroken(sha256) => inbox.post(Message::Event(Event::PictureBroken(sha256))),
            UiEvent::Closed => tracing::info!("window closed"),
        };
        let ui = Ui::new(UiOptions { display: kind, size, objects, on_event: Box::new(on_event) })?;
        // Set once, here.
        let _ = asked.set(ui.handle());
        let plane = display.as_ref().and_then(kms::Display::video);
        let video = match plane {
            Some(plane) => VideoOutput::Plane(plane),
            None => VideoOutput::Scene(Arc::new(ui.handle())),
        };
        let how = if matches!(video, VideoOutput::Plane(_)) { "on a plane of their own" } else { "drawn into the UI" };
        tracing::info!(width = size.0, height = size.1, "video output: {how}");
        Ok(Screen { ui, video, size, display })
    }

    /// Switches the display on or off, for standby. Without a display of its own the view goes dark, and that is all.
    pub fn power(&self) -> Box<dyn Fn(bool) + Send> {
        match &self.display {
            Some(display) => {
                let power = display.power();
                Box::new(move |on| power.set_power(on))
            }
            None => Box::new(|on| tracing::info!(on, "display")),
        }
    }
}

/// `None` when there is no display at all: the box goes on without one, and its web remote shows the picture.
fn open_kms(settings: &Settings, asked: &Arc<OnceLock<UiHandle>>) -> Option<kms::Display> {
    let video = match settings.video_output {
        VideoChoice::Auto => kms::VideoChoice::Auto,
        VideoChoice::Scene => kms::VideoChoice::Scene,
        VideoChoice::Plane => kms::VideoChoice::Plane,
    };
    let mut opened = open_with(settings, video, asked);
    if let (Err(error), VideoChoice::Plane) = (&opened, settings.video_output) {
        tracing::error!("no video plane: {error}; drawing videos into the UI");
        opened = open_with(settings, kms::VideoChoice::Scene, asked);
    }
    match opened {
        Ok(display) => {
            let found = display.describe();
            tracing::info!("display: {found}");
            Some(display)
        }
        Err(error) => {
            tracing::error!("display unavailable: {error}; continuing without one");
            None
        }
    }
}

fn open_with(
    settings: &Settings,
    video: kms::VideoChoice,
    asked: &Arc<OnceLock<UiHandle>>,
) -> Result<kms::Display, kms::OpenError> {
    let options = kms::Options { device: settings.drm_device.clone(), video };
    let asked = asked.clone();
    let on_event = move |event| {
        tracing::trace!(?event, "display");
        match (asked.get(), event) {
            (Some(ui), kms::DisplayEvent::Resized) => ui.panel_emptied(),
            (Some(ui), _) => ui.panel_changed(),
            (None, _) => {}
        }
    };
    kms::Display::open(options, on_event)
}
