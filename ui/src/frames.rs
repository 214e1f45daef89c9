//! The drawn frames for whoever looks at them from elsewhere: the web remote, the tests.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// What was on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Grows with every drawn frame.
    pub serial: u64,
    pub width: u32,
    pub height: u32,
    /// Four bytes per pixel: red, green, blue, 255; all zero where a panel shows the video by itself.
    pub rgba: Vec<u8>,
}

/// Gives out drawn frames. A frame is copied only when somebody waits for it: while nobody looks it costs nothing.
#[derive(Clone)]
pub struct FrameHub {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    published: Condvar,
    /// Asks the UI for a copy of what is on the screen.
    ask: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    /// Serial of what is on the screen; 0 before the first frame.
    drawn: u64,
    /// The last copy.
    frame: Option<Arc<Frame>>,
    /// Somebody waits for the next copy.
    wanted: bool,
    asked: Option<Instant>,
    /// When the view arrived that the next frame shows.
    expected: Option<Instant>,
    wakers: Vec<Waker>,
}

impl FrameHub {
    pub(crate) fn new(ask: impl Fn() + Send + Sync + 'static) -> FrameHub {
        let inner = Inner { state: Mutex::default(), published: Condvar::new(), ask: Box::new(ask) };
        FrameHub { inner: Arc::new(inner) }
    }

    /// The frame on the screen when its serial is greater than `after`, else the next one, as soon as it is drawn.
    /// `None` when `timeout` has passed. Blocks the thread.
    pub fn wait(&self, after: u64, timeout: Duration) -> Option<Arc<Frame>> {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        loop {
            if let Some(frame) = state.newer_than(after) {
                return Some(frame);
            }
            state = self.want(state);
            let left = deadline.checked_duration_since(Instant::now())?;
            let waited = self.inner.published.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The same as a future.
    pub fn next(&self, after: u64) -> NextFrame {
        NextFrame { hub: self.clone(), after }
    }

    /// The next frame shows a view that arrived at `since`.
    pub(crate) fn expect(&self, since: Instant) {
        self.lock().expected.get_or_insert(since);
    }

    /// A frame has been drawn; says whether somebody wants a copy of it.
    pub(crate) fn drawn(&self) -> bool {
        let mut state = self.lock();
        state.drawn += 1;
        if let Some(since) = state.expected.take() {
            let microseconds = since.elapsed().as_micros() as u64;
            tracing::debug!(target: "yuexiang::latency", microseconds, "view to frame");
        }
        state.wanted
    }

    /// Something newer than the last copy is on the screen.
    pub(crate) fn is_stale(&self) -> bool {
        let state = self.lock();
        state.drawn > state.frame.as_ref().map_or(0, |frame| frame.serial)
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.lock().wanted
    }

    /// When somebody asked for the last time.
    pub(crate) fn asked(&self) -> Option<Instant> {
        self.lock().asked
    }

    pub(crate) fn publish(&self, width: u32, height: u32, rgba: Vec<u8>) -> Arc<Frame> {
        let mut state = self.lock();
        let frame = Arc::new(Frame { serial: state.drawn, width, height, rgba });
        state.frame = Some(frame.clone());
        state.wanted = false;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.inner.published.notify_all();
        wakers.into_iter().for_each(Waker::wake);
        frame
    }

    pub(crate) fn last(&self) -> Option<Arc<Frame>> {
        self.lock().frame.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn want<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.asked = Some(Instant::now());
        if std::mem::replace(&mut state.wanted, true) {
            return state;
        }
        // The UI may answer at once and on this thread: the lock is not held while it is asked.
        drop(state);
        (self.inner.ask)();
        self.lock()
    }
}

impl State {
    fn newer_than(&self, after: u64) -> Option<Arc<Frame>> {
        self.frame.clone().filter(|frame| frame.serial > after && frame.serial >= self.drawn)
    }
}

/// Resolves to a frame that is newer than the one named.
pub struct NextFrame {
    hub: FrameHub,
    after: u64,
}

impl Future for NextFrame {
    type Output = Arc<Frame>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Arc<Frame>> {
        let mut state = self.hub.lock();
        if let Some(frame) = state.newer_than(self.after) {
            return Poll::Ready(frame);
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            state.wakers.push(context.waker().clone());
        }
        let state = self.hub.want(state);
        match state.newer_than(self.after) {
            Some(frame) => Poll::Ready(frame),
            None => Poll::Pending,
        }
    }
}
