//! Where frames go and where the loop turns: a window on a desk, memory, or memory that a panel shows.

mod headless;
mod pixel;
mod window;

pub(crate) use window::rescale;

use crate::frames::{Frame, FrameHub};
use crate::generated::MainWindow;
use crate::stage::Stage;
use crate::ui::{Display, UiError};
use slint::ComponentHandle;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Something to be done on the UI's thread.
pub(crate) type Task = Box<dyn FnOnce(&Stage) + Send>;

/// Carries tasks to the UI's thread.
#[derive(Clone)]
pub(crate) enum Poster {
    Headless(Arc<headless::Queue>),
    Window,
}

impl Poster {
    pub fn post(&self, task: Task) {
        let run = move || crate::stage::with(|stage| task(stage));
        match self {
            Poster::Headless(queue) => queue.push(Box::new(run)),
            Poster::Window => {
                // Fails only when the event loop has ended: then nobody is left to be told.
                let _ = slint::invoke_from_event_loop(run);
            }
        }
    }

    pub fn quit(&self) {
        match self {
            Poster::Headless(queue) => queue.quit(),
            Poster::Window => {
                let _ = slint::quit_event_loop();
            }
        }
    }
}

pub(crate) enum Looper {
    Headless(Rc<headless::Screen>),
    Window(window::Desk),
}

impl Looper {
    pub fn open(display: Display, size: (u32, u32)) -> Result<Looper, UiError> {
        match display {
            Display::Headless => headless::Screen::open(size, None).map(Looper::Headless),
            Display::Panel(panel) => headless::Screen::open(panel.size(), Some(panel)).map(Looper::Headless),
            Display::Window { fullscreen } => window::Desk::open(size, fullscreen).map(Looper::Window),
        }
    }

    pub fn poster(&self) -> Poster {
        match self {
            Looper::Headless(screen) => Poster::Headless(screen.queue()),
            Looper::Window(_) => Poster::Window,
        }
    }

    pub fn frames(&self) -> FrameHub {
        match self {
            Looper::Headless(screen) => screen.frames(),
            Looper::Window(desk) => desk.frames(),
        }
    }

    pub fn size(&self) -> (u32, u32) {
        match self {
            Looper::Headless(screen) => screen.size(),
            Looper::Window(desk) => desk.size(),
        }
    }

    /// Whether the display shows the video by itself, below a hole in the UI.
    pub fn has_video_plane(&self) -> bool {
        match self {
            Looper::Headless(screen) => screen.has_video_plane(),
            Looper::Window(_) => false,
        }
    }

    /// The panel can take a frame, or has another size now.
    pub fn panel_changed(&self) {
        if let Looper::Headless(screen) = self {
            screen.adapt();
        }
    }

    /// The panel shows nothing any more.
    pub fn panel_emptied(&self) {
        if let Looper::Headless(screen) = self {
            screen.show_anew();
        }
    }

    pub fn show(&self, window: &MainWindow) -> Result<(), slint::PlatformError> {
        if let Looper::Window(desk) = self {
            desk.prepare(window.window());
        }
        window.show()
    }

    pub fn run(&self) -> Result<(), slint::PlatformError> {
        match self {
            Looper::Headless(screen) => {
                screen.run();
                Ok(())
            }
            Looper::Window(_) => slint::run_event_loop_until_quit(),
        }
    }

    pub fn settle(&self, limit: Duration, is_quiet: impl Fn() -> bool) -> bool {
        match self {
            Looper::Headless(screen) => screen.settle(limit, is_quiet),
            Looper::Window(_) => false,
        }
    }

    /// What is on the screen now, drawn first if something has changed.
    pub fn capture(&self, window: &MainWindow) -> Option<Arc<Frame>> {
        match self {
            Looper::Headless(screen) => Some(screen.capture()),
            Looper::Window(desk) => desk.capture(window.window()),
        }
    }

    /// Without a stage: what the window that is shown looks like.
    pub fn draw(&self) -> Option<Arc<Frame>> {
        match self {
            Looper::Headless(screen) => Some(screen.capture()),
            Looper::Window(_) => None,
        }
    }

    /// Somebody waits for a frame.
    pub fn answer(&self, window: &MainWindow) {
        match self {
            Looper::Headless(screen) => screen.answer(),
            Looper::Window(desk) => desk.answer(window),
        }
    }
}
