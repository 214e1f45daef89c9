//! The door of the crate: start the UI, hand it views and frames, hear keys.

use crate::display::{Poster, Task};
use crate::frames::{Frame, FrameHub};
use crate::stage::Stage;
use crate::video::FrameSlot;
use crate::{display, fonts, stage};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use yuexiang_core::catalog::Sha256;
use yuexiang_core::key::KeyEvent;
use yuexiang_core::ports::{FrameSink, ObjectPaths, Panel, VideoFrame};
use yuexiang_core::view::View;

pub struct UiOptions {
    pub display: Display,
    /// Width and height in pixels. Everything is drawn for 1920 × 1080 and scaled by the smaller of the two ratios.
    pub size: (u32, u32),
    /// Where the pictures lie.
    pub objects: Arc<dyn ObjectPaths>,
    /// Called on the main thread.
    pub on_event: Box<dyn Fn(UiEvent)>,
}

pub enum Display {
    /// A window on a desk; its keyboard stands for the remote control.
    Window { fullscreen: bool },
    /// No screen: frames are drawn into memory, for [`FrameHub`] and [`UiHandle::screenshot`].
    Headless,
    /// The screen of a box. Frames have its size. Whoever opened the panel hands on what it tells to
    /// [`UiHandle::panel_changed`].
    Panel(Box<dyn Panel>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum UiEvent {
    Key(KeyEvent),
    /// The object is there but is no picture that can be decoded.
    PictureBroken(Sha256),
    /// The window was closed.
    Closed,
}

#[derive(Debug, thiserror::Error)]
pub enum UiError {
    #[error("the display cannot be opened: {0}")]
    OpenDisplay(#[source] slint::PlatformError),
    #[error("this thread has a user interface already")]
    AlreadyRunning,
    #[error("the event loop failed: {0}")]
    EventLoop(#[source] slint::PlatformError),
}

/// The user interface. Lives on the thread that made it, which must be the main thread for [`Display::Window`].
pub struct Ui {
    stage: Rc<Stage>,
    handle: UiHandle,
}

impl Ui {
    /// Opens the display. Nothing is shown before the first [`UiHandle::show`].
    pub fn new(options: UiOptions) -> Result<Ui, UiError> {
        let UiOptions { display, size, objects, on_event } = options;
        if stage::exists() {
            return Err(UiError::AlreadyRunning);
        }
        let looper = display::Looper::open(display, size)?;
        fonts::register();
        let frames = looper.frames();
        let shared = Arc::new(Shared {
            poster: looper.poster(),
            view: Mutex::default(),
            frame: FrameSlot::default(),
            frames: frames.clone(),
        });
        let handle = UiHandle { shared };
        let stage = Stage::new(looper, handle.clone(), objects, on_event)?;
        Ok(Ui { stage, handle })
    }

    pub fn handle(&self) -> UiHandle {
        self.handle.clone()
    }

    /// Runs until [`UiHandle::quit`], or until the window is closed.
    pub fn run(&self) -> Result<(), UiError> {
        self.stage.run()
    }

    /// Headless only, for tests and pictures: handles what has been sent and draws until nothing moves any more and
    /// every picture has been decoded, but no longer than `limit`. Returns whether it came to rest.
    pub fn settle(&self, limit: Duration) -> Result<bool, UiError> {
        self.stage.settle(limit)
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        self.stage.close();
        stage::forget();
    }
}

struct Shared {
    poster: Poster,
    /// The newest view that has not been shown yet, and when the first one arrived that waits.
    view: Mutex<Option<(Box<View>, Instant)>>,
    frame: FrameSlot,
    frames: FrameHub,
}

/// Reaches the UI from any thread. Calls return at once; after the UI is gone they do nothing.
#[derive(Clone)]
pub struct UiHandle {
    shared: Arc<Shared>,
}

impl UiHandle {
    /// Shows a view. Of several that come faster than the screen only the last one is drawn.
    pub fn show(&self, view: View) {
        let mut slot = self.shared.view.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = slot.as_ref().map(|(_, since)| *since);
        *slot = Some((Box::new(view), waiting.unwrap_or_else(Instant::now)));
        if waiting.is_none() {
            self.post(Box::new(|stage| stage.show_next()));
        }
    }

    /// Gives the picture that is on the screen to `callback`, on the main thread.
    pub fn screenshot(&self, callback: impl FnOnce(Arc<Frame>) + Send + 'static) {
        self.post(Box::new(move |stage| stage.screenshot(callback)));
    }

    /// What is on the screen, picture by picture.
    pub fn frames(&self) -> FrameHub {
        self.shared.frames.clone()
    }

    /// The panel shows nothing any more, and may have another size: everything is shown to it anew.
    pub fn panel_emptied(&self) {
        self.post(Box::new(|stage| stage.panel_emptied()));
    }

    /// The panel is ready for a frame, or has another size.
    pub fn panel_changed(&self) {
        self.post(Box::new(|stage| stage.panel_changed()));
    }

    /// Calls back from the main thread as soon as it has done what it was given before: a sign of life.
    pub fn ping(&self, callback: impl FnOnce() + Send + 'static) {
        self.post(Box::new(move |_| callback()));
    }

    /// Ends [`Ui::run`].
    pub fn quit(&self) {
        self.shared.poster.quit();
    }

    pub(crate) fn post(&self, task: Task) {
        self.shared.poster.post(task);
    }

    pub(crate) fn take_view(&self) -> Option<(Box<View>, Instant)> {
        self.shared.view.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn frame_slot(&self) -> &FrameSlot {
        &self.shared.frame
    }
}

impl FrameSink for UiHandle {
    fn frame(&self, frame: VideoFrame<'_>) {
        if self.shared.frame.put(frame) {
            self.post(Box::new(|stage| stage.take_frame()));
        }
    }
}
