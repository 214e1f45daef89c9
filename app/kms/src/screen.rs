//! Screens come and go, sleep and wake: the part of the [`Engine`] that changes modes. It runs while no flip is in
//! flight, with commits that wait, which take as long as the screen takes.

use crate::compose::Composition;
use crate::device::{Commit, Connector, Device};
use crate::engine::{Engine, Notify};
use crate::framebuffer::{Canvas, ModeBlob};
use crate::mode::USUAL_FRAME;
use crate::negotiate::{Refusal, expected, negotiate, read};
use crate::pictures::Picture;
use crate::plan::Plan;
use crate::setup::{Resources, Scene, Setup};
use crate::shared::{QueuedFrame, Shared, UiBuffer};
use crate::{DisplayEvent, OpenError, VideoChoice};
use drm::buffer::DrmFourcc;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the kernel is asked whether the screen is still there, in case its message was missed.
const CHECK: Duration = Duration::from_secs(10);
/// How often screens are looked for while there is none.
const SEARCH: Duration = Duration::from_secs(2);

/// What a commit brought onto the screen.
type Shown = (Option<QueuedFrame>, Option<Arc<Picture>>);

pub(crate) struct Screen {
    pub setup: Arc<Setup>,
    _mode: ModeBlob,
}

impl Engine {
    /// Lights the screen, or waits for one.
    pub fn start(
        device: &Arc<dyn Device>,
        shared: &Arc<Shared>,
        choice: VideoChoice,
        notify: Notify,
        now: Instant,
    ) -> Result<Engine, OpenError> {
        let path = || PathBuf::from(device.name());
        if !device.is_master() {
            return Err(OpenError::NotMaster { path: path() });
        }
        let mut engine = Engine::new(device, shared, choice, notify, now);
        let read = read(&**device, true);
        let resources = read.map_err(|source| OpenError::Device { path: path(), what: "its resources", source })?;
        match negotiate(device, &resources, choice) {
            Ok(setup) => {
                let missing = setup.no_video.clone().filter(|_| choice == VideoChoice::Plane);
                if let Some(reason) = missing {
                    return Err(OpenError::NoVideoPlane { path: path(), reason });
                }
                let lit = engine.light(Arc::new(setup), &resources, now);
                lit.map_err(|source| OpenError::Device { path: path(), what: "the mode of the screen", source })?;
            }
            Err(Refusal::NoScreen) => engine.wait_for_screen(&resources, now)?,
            Err(refusal) => return Err(OpenError::Refused { path: path(), reason: refusal.to_string() }),
        }
        Ok(engine)
    }

    fn wait_for_screen(&mut self, resources: &Resources, now: Instant) -> Result<(), OpenError> {
        let path = PathBuf::from(self.device.name());
        let (plan, no_video) = expected(resources, self.choice);
        if let Some(reason) = no_video.filter(|_| self.choice == VideoChoice::Plane) {
            return Err(OpenError::NoVideoPlane { path, reason });
        }
        let format = plan.as_ref().map_or(DrmFourcc::Xrgb8888, |plan: &Plan| plan.format);
        let buffers = self.ensure_buffers(USUAL_FRAME, format);
        buffers.map_err(|source| OpenError::Device { path, what: "buffers for the UI", source })?;
        self.shared.lock().has_video = plan.is_some_and(|plan| plan.video.is_some());
        self.describe("no screen is connected; waiting for one".to_owned());
        self.next_check = now + SEARCH;
        Ok(())
    }

    /// Carries out a wish for standby or its end.
    pub(crate) fn follow_power(&mut self, now: Instant) {
        let asleep = self.shared.lock().asleep;
        if asleep == self.asleep {
            return;
        }
        self.asleep = asleep;
        let Some(screen) = &self.screen else {
            self.check = (!asleep).then_some(true).or(self.check);
            return;
        };
        if !asleep {
            // It may be another screen by now. Asking it takes time, so that is done only after a message about it.
            let probe = self.check.take().unwrap_or(false);
            if !self.look_at_screens(probe, now) {
                self.relight(now);
            }
        } else if let Err(error) = self.device.commit(&screen.setup.sleep(), Commit::Modeset) {
            self.warn(format!("{} cannot switch the screen off: {error}", self.device.name()));
        } else {
            tracing::info!("{}: standby", self.device.name());
        }
    }

    /// Looks after screens when there is a reason to. In standby it is put off until the end of it.
    pub(crate) fn follow_screens(&mut self, now: Instant) {
        if self.asleep {
            self.next_check = now + CHECK;
            return;
        }
        let due = (self.next_check <= now).then_some(self.screen.is_none());
        if let Some(probe) = self.check.take().or(due) {
            self.look_at_screens(probe, now);
        }
    }

    /// Whether the screen is another one, or gone.
    fn look_at_screens(&mut self, probe: bool, now: Instant) -> bool {
        self.next_check = now + if self.screen.is_some() { CHECK } else { SEARCH };
        if let Some(screen) = &self.screen {
            match self.device.connectors(probe) {
                Ok(connectors) if is_there(&screen.setup.connector, &connectors) => return false,
                Ok(_) => self.let_go(now),
                Err(error) => {
                    self.lose(now, &format!("{}: {error}", self.device.name()));
                    return true;
                }
            }
        }
        let refusal = match read(&*self.device, probe) {
            Ok(resources) => match negotiate(&self.device, &resources, self.choice) {
                Ok(setup) => match self.light(Arc::new(setup), &resources, now) {
                    Ok(()) => {
                        (self.notify)(DisplayEvent::Connected);
                        return true;
                    }
                    Err(error) => error.to_string(),
                },
                Err(Refusal::NoScreen) => return true,
                Err(refusal) => refusal.to_string(),
            },
            Err(error) => error.to_string(),
        };
        self.warn(format!("{} cannot light the screen: {refusal}", self.device.name()));
        true
    }

    /// Brings everything to the screen anew in the mode that was chosen.
    pub(crate) fn relight(&mut self, now: Instant) {
        let Some(setup) = self.screen.as_ref().map(|screen| screen.setup.clone()) else { return };
        let result = read(&*self.device, false).and_then(|resources| self.light(setup, &resources, now));
        if let Err(error) = result {
            self.lose(now, &format!("{}: {error}", self.device.name()));
        }
    }

    /// Lights a screen in the mode that was chosen for it.
    fn light(&mut self, setup: Arc<Setup>, resources: &Resources, now: Instant) -> io::Result<()> {
        let mode = ModeBlob::new(&self.device, &setup.layout.mode)?;
        // What was shown before is kept until the commit has replaced it.
        let started = self.front.is_some();
        let before = self.ensure_buffers(setup.layout.frame, setup.plan.format)?;
        let has_video = std::mem::replace(&mut self.shared.lock().has_video, setup.has_video());
        let changed = before.is_some() || (started && has_video != setup.has_video());
        let result = self.commit_light(&setup, &mode, resources);
        let lit = result.map(|(frame, picture)| {
            tracing::info!("{}: {setup}", self.device.name());
            self.describe(setup.to_string());
            self.screen = Some(Screen { setup, _mode: mode });
            self.next_check = now + CHECK;
            self.arrived(frame, picture, now);
        });
        drop(before);
        if changed {
            (self.notify)(DisplayEvent::Resized);
        }
        lit
    }

    /// Switches the mode with what is to be seen; a picture that the driver does not take is left out.
    fn commit_light(&mut self, setup: &Setup, mode: &ModeBlob, resources: &Resources) -> io::Result<Shown> {
        let composition = self.compose(setup).ok_or_else(|| io::Error::other("there are no buffers"))?;
        let Composition { frame, mut picture, scene } = composition;
        let mut result = self.device.commit(&setup.light(mode.id, scene, resources), Commit::Modeset);
        if result.is_err() && picture.take().is_some() {
            let scene = Scene { video: None, ..scene };
            result = self.device.commit(&setup.light(mode.id, scene, resources), Commit::Modeset);
        }
        match result {
            Ok(()) => Ok((frame, picture)),
            Err(error) => {
                self.requeue(frame);
                Err(error)
            }
        }
    }

    /// Makes the two buffers of the UI where they do not fit, and gives the one that is shown.
    fn ensure_buffers(&mut self, size: (u32, u32), format: DrmFourcc) -> io::Result<Option<UiBuffer>> {
        if self.front.as_ref().is_some_and(|front| front.canvas.size == size && front.canvas.format() == format) {
            return Ok(None);
        }
        let canvases = [0, 1].map(|_| Canvas::for_ui(&self.device, size, format));
        let [first, second] = canvases;
        let (first, second) = (first?, second?);
        let (generation, old) = {
            let mut state = self.shared.lock();
            state.generation += 1;
            state.size = size;
            state.missed = [None, None];
            let generation = state.generation;
            let free = state.free.replace(UiBuffer { canvas: second, slot: 1, generation });
            (generation, (free, state.queued.take()))
        };
        drop(old);
        self.window = None;
        Ok(self.front.replace(UiBuffer { canvas: first, slot: 0, generation }))
    }

    /// The screen was taken away.
    fn let_go(&mut self, now: Instant) {
        let Some(screen) = &self.screen else { return };
        let name = screen.setup.connector.name.clone();
        if let Err(error) = self.device.commit(&screen.setup.release(), Commit::Modeset) {
            tracing::debug!("{}: cannot switch {name} off: {error}", self.device.name());
        }
        self.lose(now, &format!("the screen at {name} was disconnected"));
    }

    /// There is no screen any more; the last frame is kept for the next.
    pub(crate) fn lose(&mut self, now: Instant, why: &str) {
        self.warn(why.to_owned());
        self.describe(format!("{why}; waiting for a screen"));
        self.screen = None;
        self.on_screen = None;
        self.next_check = now + SEARCH;
        (self.notify)(DisplayEvent::Lost);
    }

    fn describe(&self, what: String) {
        self.shared.lock().description = format!("{}: {what}", self.device.name());
    }

    /// Takes everything off the screen and lets go of it.
    pub fn close(self) {
        if let Some(screen) = &self.screen
            && let Err(error) = self.device.commit(&screen.setup.release(), Commit::Modeset)
        {
            tracing::debug!("{}: cannot let go of the screen: {error}", self.device.name());
        }
        let (buffers, picture) = {
            let mut state = self.shared.lock();
            state.closed = true;
            ((state.free.take(), state.queued.take()), state.picture.take())
        };
        drop((buffers, picture));
    }
}

/// Still connected, and the same: another one has other modes.
fn is_there(connector: &Connector, connectors: &[Connector]) -> bool {
    let same = connectors.iter().find(|one| one.id == connector.id);
    same.is_some_and(|one| one.connected && one.modes == connector.modes)
}
