//! The box's display: the UI and the video on planes of a DRM card, brought together by the hardware.
//!
//! [`Display::open`] takes a card over and starts the display's thread, which alone asks the device. The UI's thread hands
//! it frames by the [`Panel`], the decoders' threads pictures by the [`VideoPlane`]; neither ever waits for the screen.
//! Frames are copied into buffers of the display, changed parts only; pictures go to a plane of their own below the UI,
//! which leaves a transparent hole for them. A change of the UI and the next picture share one commit, so the picture
//! moves together with its hole.

mod device;
mod card;
mod formats;
mod geometry;
mod pixels;
mod mode;
mod plan;
mod setup;
mod framebuffer;
mod negotiate;
mod shared;
mod pictures;
mod engine;
mod compose;
mod screen;
mod thread;
mod find;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use find::{CardReport, ConnectorReport, PlaneReport, probe};

use device::Device;
use engine::{Engine, Notify};
use shared::{DisplayPanel, DisplayVideo, Shared};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;
use yuexiang_core::ports::{Panel, VideoPlane};

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Such as `/dev/dri/card0`. `None`: the first card with a screen, else the first that can have one.
    pub device: Option<PathBuf>,
    pub video: VideoChoice,
}

/// Whether decoded pictures go to a plane of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VideoChoice {
    /// If the card can.
    #[default]
    Auto,
    /// Never: they are drawn into the UI.
    Scene,
    /// In any case; opening fails if the card cannot. Takes a plane that does not scale, too.
    Plane,
}

/// Comes from the display's thread and must be passed on quickly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisplayEvent {
    /// The last frame is on the screen: the panel takes the next one.
    Ready,
    /// The panel's size, or whether it has a plane for video, is another now, and its buffers are empty: a frame is to be
    /// presented.
    Resized,
    /// There is no screen, or another program has taken the card over. Frames are still taken.
    Lost,
    /// There is a screen again. It shows the last frame already, if its size is right.
    Connected,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("there is no display under /dev/dri; is the kernel's graphics driver loaded?")]
    NoDevice,
    #[error("no permission to open {}; add the user to the groups video and render", path.display())]
    Permission { path: PathBuf },
    #[error("the driver of {} has no atomic modesetting ({source}); it needs a newer kernel or driver", path.display())]
    NoAtomic { path: PathBuf, source: io::Error },
    #[error(
        "another program shows its picture on {}; stop it (a desktop, a login screen or another Yuexiang)",
        path.display()
    )]
    NotMaster { path: PathBuf },
    #[error("{}: {what}: {source}", path.display())]
    Device { path: PathBuf, what: &'static str, source: io::Error },
    #[error("{} cannot be used as the display: {reason}", path.display())]
    Refused { path: PathBuf, reason: String },
    #[error("{} has no plane for video below the UI: {reason}", path.display())]
    NoVideoPlane { path: PathBuf, reason: String },
    #[error("cannot start the display's thread: {0}")]
    Thread(#[source] io::Error),
}

/// A card that was taken over. Dropping it takes everything off the screen.
pub struct Display {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Display {
    /// Lights the screen, black. Without a screen it waits for one, and takes frames of 1920×1080 meanwhile.
    pub fn open(options: Options, on_event: impl Fn(DisplayEvent) + Send + 'static) -> Result<Display, OpenError> {
        let card = match &options.device {
            Some(path) => find::open_card(path)?,
            None => find::find_card()?,
        };
        Display::start(Arc::new(card), options.video, Box::new(on_event))
    }

    fn start(device: Arc<dyn Device>, choice: VideoChoice, notify: Notify) -> Result<Display, OpenError> {
        let shared = Shared::new().map_err(OpenError::Thread)?;
        let engine = Engine::start(&device, &shared, choice, notify, Instant::now())?;
        let builder = std::thread::Builder::new().name("display".to_owned());
        let thread = builder.spawn(move || thread::run(engine)).map_err(OpenError::Thread)?;
        Ok(Display { shared, thread: Some(thread) })
    }

    /// For the UI. Panels of the same display share their buffers: one is enough.
    pub fn panel(&self) -> impl Panel + Send + 'static {
        DisplayPanel(self.shared.clone())
    }

    /// For the decoders, if the card has a plane for video.
    pub fn video(&self) -> Option<Arc<dyn VideoPlane>> {
        let has_video = self.shared.lock().has_video;
        has_video.then(|| Arc::new(DisplayVideo(self.shared.clone())) as Arc<dyn VideoPlane>)
    }

    pub fn power(&self) -> PowerHandle {
        PowerHandle(self.shared.clone())
    }

    /// Card, screen, mode and planes, in one line for a log.
    pub fn describe(&self) -> String {
        self.shared.lock().description.clone()
    }

    /// How often the screen's contents have been changed since it was opened.
    pub fn flips(&self) -> u64 {
        self.shared.flips()
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake();
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("display thread panicked");
        }
    }
}

/// Switches the screen's signal off and on, for standby.
#[derive(Clone)]
pub struct PowerHandle(Arc<Shared>);

impl PowerHandle {
    /// Returns at once. When the screen comes back it shows the last frame.
    pub fn set_power(&self, on: bool) {
        self.0.lock().asleep = !on;
        self.0.wake();
    }
}
