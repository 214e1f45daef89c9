//! A screen in memory: an own Slint platform on the software renderer, which draws into one buffer and only what has
//! changed. The loop sleeps while nothing moves; while something does it draws at most sixty times a second, or whenever
//! the panel that shows the buffer is ready for a frame.

use crate::display::pixel::Pixel;
use crate::frames::{Frame, FrameHub};
use crate::ui::UiError;
use slint::platform::software_renderer::{MinimalSoftwareWindow, PhysicalRegion, RepaintBufferType};
use slint::platform::{EventLoopProxy, Platform, WindowAdapter, WindowEvent};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use yuexiang_core::ports::{Panel, Rect, UiFrame};

/// Time between two frames while something moves.
const FRAME: Duration = Duration::from_micros(16_667);

/// A panel that has not said for so long that it is ready is asked.
const PANEL_PATIENCE: Duration = Duration::from_millis(100);

type Job = Box<dyn FnOnce() + Send>;

/// Jobs for the UI's thread, in order.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<QueueState>,
    filled: Condvar,
}

#[derive(Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    quit: bool,
}

impl Queue {
    pub fn push(&self, job: Job) {
        self.lock().jobs.push_back(job);
        self.filled.notify_one();
    }

    pub fn quit(&self) {
        self.lock().quit = true;
        self.filled.notify_one();
    }

    fn pop(&self) -> Option<Job> {
        self.lock().jobs.pop_front()
    }

    /// Waits for a job, for the end, or until `limit` has passed; `None` waits for ever.
    fn wait(&self, limit: Option<Duration>) {
        let is_idle = |state: &mut QueueState| state.jobs.is_empty() && !state.quit;
        match limit {
            Some(limit) => drop(self.filled.wait_timeout_while(self.lock(), limit, is_idle)),
            None => drop(self.filled.wait_while(self.lock(), is_idle)),
        }
    }

    fn has_quit(&self) -> bool {
        self.lock().quit
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Screen {
    window: Rc<MinimalSoftwareWindow>,
    queue: Arc<Queue>,
    frames: FrameHub,
    size: Cell<(u32, u32)>,
    pixels: RefCell<Vec<Pixel>>,
    last_drawn: Cell<Option<Instant>>,
    panel: Option<RefCell<Box<dyn Panel>>>,
    /// The panel has lost what it was shown: the next frame is given to it whole.
    whole: Cell<bool>,
}

impl Screen {
    pub fn open(size: (u32, u32), panel: Option<Box<dyn Panel>>) -> Result<Rc<Screen>, UiError> {
        let window = MinimalSoftwareWindow::new(RepaintBufferType::ReusedBuffer);
        let queue = Arc::new(Queue::default());
        let platform = HeadlessPlatform { window: Rc::downgrade(&window), queue: queue.clone() };
        slint::platform::set_platform(Box::new(platform)).map_err(|_| UiError::AlreadyRunning)?;
        let asking = queue.clone();
        let frames = FrameHub::new(move || asking.push(Box::new(|| crate::stage::with(crate::stage::Stage::answer))));
        let screen = Screen {
            window,
            queue,
            frames,
            size: Cell::new((0, 0)),
            pixels: RefCell::default(),
            last_drawn: Cell::new(None),
            panel: panel.map(RefCell::new),
            whole: Cell::new(false),
        };
        screen.resize(size);
        Ok(Rc::new(screen))
    }

    fn resize(&self, (width, height): (u32, u32)) {
        self.size.set((width, height));
        *self.pixels.borrow_mut() = vec![Pixel::default(); width as usize * height as usize];
        let scale = crate::paint::scale_for((width, height));
        self.window.dispatch_event(WindowEvent::ScaleFactorChanged { scale_factor: scale });
        self.window.set_size(slint::PhysicalSize::new(width, height));
    }

    /// Takes the panel's size; that it is ready is seen when the loop turns.
    pub fn adapt(&self) {
        if let Some(size) = self.panel.as_ref().map(|panel| panel.borrow().size())
            && size != self.size.get()
        {
            self.resize(size);
        }
    }

    /// As [`Screen::adapt`], and shows everything anew, whether it has changed or not.
    pub fn show_anew(&self) {
        self.adapt();
        self.whole.set(true);
        self.window.request_redraw();
    }

    pub fn has_video_plane(&self) -> bool {
        self.panel.as_ref().is_some_and(|panel| panel.borrow().has_video_plane())
    }

    pub fn queue(&self) -> Arc<Queue> {
        self.queue.clone()
    }

    pub fn frames(&self) -> FrameHub {
        self.frames.clone()
    }

    pub fn size(&self) -> (u32, u32) {
        self.size.get()
    }

    pub fn run(&self) {
        while !self.queue.has_quit() {
            self.queue.wait(self.turn());
        }
    }

    /// Turns the loop until nothing moves and `is_quiet`; false when `limit` passes before.
    pub fn settle(&self, limit: Duration, is_quiet: impl Fn() -> bool) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            let next = self.turn();
            let moves = self.window.has_active_animations() || next.is_some();
            if !moves && is_quiet() && self.queue.lock().jobs.is_empty() {
                return true;
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            self.queue.wait(Some(next.unwrap_or(FRAME).min(left)));
        }
    }

    /// Does what is to be done, draws, and says when to come back if nobody asks before.
    fn turn(&self) -> Option<Duration> {
        slint::platform::update_timers_and_animations();
        while let Some(job) = self.queue.pop() {
            job();
        }
        // Jobs may have started animations and changed what timers hang on.
        slint::platform::update_timers_and_animations();
        if let Some(early) = self.early() {
            return Some(early);
        }
        self.draw();
        let timer = slint::platform::duration_until_next_timer_update();
        if !self.window.has_active_animations() {
            return timer;
        }
        let frame = self.early().unwrap_or(Duration::ZERO);
        Some(timer.map_or(frame, |timer| timer.min(frame)))
    }

    /// How long to wait before the next frame may be drawn.
    fn early(&self) -> Option<Duration> {
        if let Some(panel) = &self.panel {
            // It wakes the loop.
            return (!panel.borrow().is_ready()).then_some(PANEL_PATIENCE);
        }
        let since = self.last_drawn.get()?.elapsed();
        FRAME.checked_sub(since).filter(|left| !left.is_zero())
    }

    fn draw(&self) -> bool {
        if self.panel.as_ref().is_some_and(|panel| !panel.borrow().is_ready()) {
            return false;
        }
        let started = Instant::now();
        let mut changed = PhysicalRegion::default();
        let drawn = self.window.draw_if_needed(|renderer| {
            changed = renderer.render(&mut self.pixels.borrow_mut(), self.size.get().0 as usize);
        });
        if drawn {
            self.present(&changed);
            self.last_drawn.set(Some(started));
            tracing::trace!(microseconds = started.elapsed().as_micros() as u64, "frame drawn");
            if self.frames.drawn() {
                self.publish();
            }
        }
        drawn
    }

    fn present(&self, changed: &PhysicalRegion) {
        let Some(panel) = &self.panel else { return };
        let length = |length: i32| u32::try_from(length).unwrap_or(0);
        let (width, height) = self.size.get();
        let changed: Vec<Rect> = if self.whole.take() {
            vec![Rect { x: 0, y: 0, width, height }]
        } else {
            let rect = |at: slint::PhysicalPosition, size: slint::PhysicalSize| Rect {
                x: length(at.x),
                y: length(at.y),
                width: size.width,
                height: size.height,
            };
            changed.iter().map(|(at, size)| rect(at, size)).collect()
        };
        let mut video = None;
        crate::stage::with(|stage| video = stage.video_hole());
        let pixels = self.pixels.borrow();
        panel.borrow_mut().present(UiFrame { rgba: bytemuck::cast_slice(&pixels), changed: &changed, video });
    }

    fn publish(&self) -> Arc<Frame> {
        let pixels = self.pixels.borrow();
        let (width, height) = self.size.get();
        self.frames.publish(width, height, bytemuck::cast_slice(&pixels).to_vec())
    }

    pub fn capture(&self) -> Arc<Frame> {
        slint::platform::update_timers_and_animations();
        self.draw();
        match self.frames.last() {
            Some(frame) if !self.frames.is_stale() => frame,
            _ => self.publish(),
        }
    }

    pub fn answer(&self) {
        if self.frames.is_stale() {
            self.publish();
        }
    }
}

/// Slint's context owns the platform, and a window its context: were the platform to own the window, none of the three
/// would ever go.
struct HeadlessPlatform {
    window: Weak<MinimalSoftwareWindow>,
    queue: Arc<Queue>,
}

/// Slint keeps one proxy per process. The first screen gives it; tests with several screens use the queue, as we do.
static PROXY_GIVEN: AtomicBool = AtomicBool::new(false);

impl Platform for HeadlessPlatform {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, slint::PlatformError> {
        let window = self.window.upgrade().ok_or_else(|| slint::PlatformError::from("the screen was closed"))?;
        Ok(window)
    }

    fn new_event_loop_proxy(&self) -> Option<Box<dyn EventLoopProxy>> {
        let first = !PROXY_GIVEN.swap(true, Ordering::Relaxed);
        first.then(|| Box::new(Proxy(self.queue.clone())) as Box<dyn EventLoopProxy>)
    }
}

struct Proxy(Arc<Queue>);

impl EventLoopProxy for Proxy {
    fn quit_event_loop(&self) -> Result<(), slint::EventLoopError> {
        self.0.quit();
        Ok(())
    }

    fn invoke_from_event_loop(&self, event: Box<dyn FnOnce() + Send>) -> Result<(), slint::EventLoopError> {
        self.0.push(event);
        Ok(())
    }
}
