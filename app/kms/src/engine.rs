//! Brings frames and pictures onto the screen, one commit per refresh. Belongs to the display's thread, which calls
//! `handle_*` when something happened and sleeps until [`Engine::poll_timeout`].
//!
//! ```text
//!            commit                  flip event
//!   idle ──────────────▶ in flight ──────────────▶ idle      what came meanwhile goes into the next commit
//!            EBUSY: a little later   none for a second: a blocking commit settles it
//! ```
//!
//! In standby and without a screen, frames are taken over by the clock, so that the UI goes on (the web remote shows it,
//! too) and the last frame is there when the screen lights up. Screens come and go in [`screen`](crate::screen).

use crate::compose::Composition;
use crate::device::{Commit, Device, Flip};
use crate::pictures::{Picture, Pictures};
use crate::screen::Screen;
use crate::setup::{Scene, Setup};
use crate::shared::{PictureOrder, QueuedFrame, Shared, UiBuffer};
use crate::{DisplayEvent, VideoChoice};
use rustix::io::Errno;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use yuexiang_core::ports::Rect;

/// Between attempts while the driver is busy.
const RETRY: Duration = Duration::from_millis(4);
/// A flip takes two refreshes at most; after this time its event is not waited for any longer.
const STALLED: Duration = Duration::from_secs(1);
/// Between frames that nobody sees.
const UNSEEN: Duration = Duration::from_millis(100);

pub(crate) type Notify = Box<dyn Fn(DisplayEvent) + Send>;

pub(crate) struct Engine {
    pub(crate) device: Arc<dyn Device>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) choice: VideoChoice,
    pub(crate) notify: Notify,
    pub(crate) screen: Option<Screen>,
    /// The frame that is shown.
    pub(crate) front: Option<UiBuffer>,
    /// Where it has left room for the video.
    pub(crate) window: Option<Rect>,
    flight: Option<Flight>,
    pub(crate) pictures: Pictures,
    /// The newest picture, shown whenever there is room for it.
    pub(crate) current: Option<Arc<Picture>>,
    pub(crate) on_screen: Option<Arc<Picture>>,
    pub(crate) asleep: bool,
    /// Screens are to be looked at; whether they are to be asked, too.
    pub(crate) check: Option<bool>,
    pub(crate) next_check: Instant,
    retry_at: Option<Instant>,
    last_flip: Instant,
    last_warning: Option<String>,
}

/// A commit that the screen has not taken yet.
struct Flight {
    since: Instant,
    frame: Option<QueuedFrame>,
    picture: Option<Arc<Picture>>,
    scene: Scene,
    /// When it ends, if its event came early.
    ends: Option<Instant>,
}

impl Engine {
    pub(crate) fn new(
        device: &Arc<dyn Device>,
        shared: &Arc<Shared>,
        choice: VideoChoice,
        notify: Notify,
        now: Instant,
    ) -> Engine {
        Engine {
            device: device.clone(),
            shared: shared.clone(),
            choice,
            notify,
            screen: None,
            front: None,
            window: None,
            flight: None,
            pictures: Pictures::new(device),
            current: None,
            on_screen: None,
            asleep: false,
            check: None,
            next_check: now,
            retry_at: None,
            last_flip: now,
            last_warning: None,
        }
    }

    /// The device reported a flip.
    pub fn handle_flip(&mut self, flip: Flip, now: Instant) {
        let period = self.refresh_period();
        // A flip that was reported late makes the next one seem early, so those at a refresh are given some room.
        let room = if flip == Flip::AtRefresh { period / 4 } else { Duration::ZERO };
        let earliest = self.last_flip + period - room;
        let Some(flight) = &mut self.flight else { return };
        if now < earliest {
            // Without a refresh to wait for, the UI would run as fast as it can.
            flight.ends = Some(earliest);
        } else {
            self.land(now);
        }
        self.advance(now);
    }

    /// The kernel reported that a screen came or went.
    pub fn handle_hotplug(&mut self, now: Instant) {
        self.check = Some(true);
        self.advance(now);
    }

    /// Something new is in [`Shared`], or it is time.
    pub fn handle_wake(&mut self, now: Instant) {
        self.advance(now);
    }

    /// When [`handle_wake`](Engine::handle_wake) is to be called without anything having happened.
    pub fn poll_timeout(&self) -> Instant {
        if let Some(flight) = &self.flight {
            return flight.ends.unwrap_or(flight.since + STALLED);
        }
        let unseen = (!self.is_lit() && self.shared.lock().queued.is_some()).then(|| self.last_flip + UNSEEN);
        [unseen, self.retry_at].into_iter().flatten().fold(self.next_check, Instant::min)
    }

    fn advance(&mut self, now: Instant) {
        if let Some(flight) = &self.flight {
            if let Some(end) = flight.ends.filter(|end| *end <= now) {
                // Not when it was noticed: that is always a little later, and the rate would be lower than the screen's.
                self.land(end);
            } else if flight.since + STALLED <= now {
                self.settle(now);
            } else {
                return;
            }
        }
        if self.retry_at.is_some_and(|at| at > now) {
            return;
        }
        self.retry_at = None;
        self.follow_power(now);
        self.follow_screens(now);
        if self.is_lit() { self.flip(now) } else { self.take_over_unseen(now) }
    }

    pub(crate) fn is_lit(&self) -> bool {
        self.screen.is_some() && !self.asleep
    }

    fn refresh_period(&self) -> Duration {
        let refresh = self.screen.as_ref().map_or(60, |screen| screen.setup.layout.mode.refresh);
        Duration::from_secs(1) / refresh.max(1)
    }

    /// Commits what is new, if anything.
    fn flip(&mut self, now: Instant) {
        let Some(setup) = self.screen.as_ref().map(|screen| screen.setup.clone()) else { return };
        let Some(composition) = self.compose(&setup) else { return };
        if composition.shows_nothing_new(&self.on_screen) {
            return;
        }
        let Composition { frame, picture, scene } = composition;
        match self.commit_scene(&setup, scene) {
            Ok(scene) => {
                let picture = picture.filter(|_| scene.video.is_some());
                self.flight = Some(Flight { since: now, frame, picture, scene, ends: None });
            }
            Err(error) => {
                self.requeue(frame);
                if is_busy(&error) {
                    self.retry_at = Some(now + RETRY);
                } else if is_gone(&error) {
                    self.lose(now, &format!("{}: {error}", self.device.name()));
                } else {
                    self.warn(format!("{} refuses a frame: {error}", self.device.name()));
                    self.relight(now);
                }
            }
        }
    }

    /// A picture that the driver does not take must not hold up the UI: it is left out.
    fn commit_scene(&mut self, setup: &Setup, scene: Scene) -> io::Result<Scene> {
        match self.device.commit(&setup.show(scene), Commit::Flip) {
            Err(error) if scene.video.is_some() && !is_busy(&error) && !is_gone(&error) => {
                self.warn(format!("{} refuses a picture: {error}", self.device.name()));
                self.current = None;
                let scene = Scene { video: None, ..scene };
                self.device.commit(&setup.show(scene), Commit::Flip).map(|()| scene)
            }
            result => result.map(|()| scene),
        }
    }

    /// The flight has arrived: what it replaced is free.
    fn land(&mut self, now: Instant) {
        if let Some(Flight { frame, picture, .. }) = self.flight.take() {
            self.arrived(frame, picture, now);
        }
    }

    pub(crate) fn arrived(&mut self, frame: Option<QueuedFrame>, picture: Option<Arc<Picture>>, now: Instant) {
        self.last_flip = now;
        self.on_screen = picture;
        self.shared.flips.fetch_add(1, Ordering::Relaxed);
        self.replace_front(frame);
    }

    /// The frame is the one that is shown; the buffer of the one before is free.
    fn replace_front(&mut self, frame: Option<QueuedFrame>) {
        let Some(frame) = frame else { return };
        self.window = frame.video;
        let before = self.front.replace(frame.buffer);
        self.shared.lock().free = before;
        (self.notify)(DisplayEvent::Ready);
    }

    pub(crate) fn requeue(&mut self, frame: Option<QueuedFrame>) {
        if frame.is_some() {
            self.shared.lock().queued = frame;
        }
    }

    /// The event of a flip is missing. A commit that waits for the screen makes sure of what is shown.
    fn settle(&mut self, now: Instant) {
        let (Some(flight), Some(screen)) = (&self.flight, &self.screen) else { return };
        tracing::warn!("{}: page flip timeout after {} s", self.device.name(), STALLED.as_secs());
        let result = self.device.commit(&screen.setup.show(flight.scene), Commit::Modeset);
        // An event that came meanwhile belongs to this flight and must not end the next.
        let _ = self.device.flips();
        self.land(now);
        if let Err(error) = result {
            self.lose(now, &format!("{}: {error}", self.device.name()));
        }
    }

    fn take_over_unseen(&mut self, now: Instant) {
        let due = now >= self.last_flip + UNSEEN;
        let (frame, clear) = {
            let mut state = self.shared.lock();
            let clear = matches!(state.picture, Some(PictureOrder::Clear)).then(|| state.picture.take());
            (if due { state.queued.take() } else { None }, clear.flatten())
        };
        self.follow_order(clear);
        if frame.is_some() {
            self.last_flip = now;
            self.replace_front(frame);
        }
    }

    /// Says it once, not with every frame.
    pub(crate) fn warn(&mut self, message: String) {
        if self.last_warning.as_ref() != Some(&message) {
            tracing::warn!("{message}");
            self.last_warning = Some(message);
        }
    }
}

fn is_busy(error: &io::Error) -> bool {
    let busy = [Errno::BUSY, Errno::AGAIN, Errno::INTR].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|number| busy.contains(&number))
}

/// Somebody else has the card, or it was taken out.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    let gone = [Errno::ACCESS, Errno::PERM, Errno::NODEV, Errno::NXIO].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|number| gone.contains(&number))
}
