//! All devices of a folder behind one `poll`: hot-plug, bytes, lost events. It wakes for events and timers only.

use crate::device::{Device, Identity, Opener};
use crate::event::{Decoder, EVENT_SIZE};
use crate::folder::{Folder, Hint};
use crate::hold::DeviceId;
use crate::stroke::{Stroke, Strokes};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// udev sets permissions a moment after the file has appeared. Tried again after this, then after twice as long…
const FIRST_RETRY: Duration = Duration::from_millis(50);
/// … seven times, 6 s in all. A change of permissions later than that is seen as well.
const RETRIES: u32 = 7;
/// Older events than this have no time of the monotonic clock.
const OLDEST_EVENT: Duration = Duration::from_secs(5);
/// Many enough for every burst of a remote, few enough that one device does not starve the others.
const EVENTS_PER_READ: usize = 64;

#[derive(Debug)]
pub(crate) enum Happening {
    Added(DeviceId, Identity),
    Removed(DeviceId),
    Stroke(DeviceId, Stroke, Instant),
}

/// Which devices are followed.
pub(crate) type Accept = Box<dyn Fn(&Identity) -> bool + Send>;

pub(crate) struct Devices {
    folder: Folder,
    opener: Arc<dyn Opener>,
    accept: Accept,
    grab: bool,
    /// By the file's name.
    open: BTreeMap<String, Open>,
    retries: BTreeMap<String, Retry>,
    next_id: DeviceId,
    /// What happened when devices were opened or closed, until [`Devices::wait`] tells it.
    happened: Vec<Happening>,
}

struct Open {
    id: DeviceId,
    /// Device and number of the file: another one under the same name is another device.
    file: (u64, u64),
    device: Box<dyn Device>,
    decoder: Decoder,
    strokes: Strokes,
    grabbed: bool,
}

struct Retry {
    at: Instant,
    attempt: u32,
}

impl Devices {
    pub(crate) fn open(folder: &Path, opener: Arc<dyn Opener>, accept: Accept, grab: bool) -> io::Result<Devices> {
        let mut devices = Devices {
            folder: Folder::open(folder)?,
            opener,
            accept,
            grab,
            open: BTreeMap::new(),
            retries: BTreeMap::new(),
            next_id: 0,
            happened: Vec::new(),
        };
        devices.scan();
        Ok(devices)
    }

    /// Waits until something happened, until the deadline, or until `wake` can be read; `true` is for the last.
    pub(crate) fn wait(&mut self, wake: Option<BorrowedFd>, deadline: Option<Instant>) -> (Vec<Happening>, bool) {
        if !self.happened.is_empty() {
            return (std::mem::take(&mut self.happened), false);
        }
        let retry = self.retries.values().map(|retry| retry.at).min();
        let deadline = deadline.into_iter().chain(retry).min();
        let ready = match self.poll(wake, deadline) {
            Ok(ready) => ready,
            Err(Errno::INTR) => return (Vec::new(), false),
            Err(error) => {
                // Out of memory, most likely: it must not become a loop that makes things worse.
                tracing::error!("polling remote controls failed: {error}");
                std::thread::sleep(Duration::from_secs(1));
                return (Vec::new(), false);
            }
        };
        // Devices before the folder: what a device sent comes before its end.
        for (name, hung_up) in &ready.devices {
            self.read(name, *hung_up);
        }
        if ready.folder {
            for hint in self.folder.read() {
                self.follow(hint);
            }
        }
        self.retry();
        (std::mem::take(&mut self.happened), ready.wake)
    }

    fn poll(&self, wake: Option<BorrowedFd>, deadline: Option<Instant>) -> rustix::io::Result<Ready> {
        let folder = PollFd::new(&self.folder, PollFlags::IN);
        let devices = self.open.values().map(|open| PollFd::from_borrowed_fd(open.device.as_fd(), PollFlags::IN));
        let wake = wake.map(|wake| PollFd::from_borrowed_fd(wake, PollFlags::IN));
        let mut all: Vec<PollFd> = std::iter::once(folder).chain(devices).chain(wake).collect();
        let timeout = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        poll(&mut all, timeout.as_ref())?;
        let is_ready = |one: &PollFd| !one.revents().is_empty();
        let hung_up = |one: &PollFd| one.revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
        let names = self.open.keys().zip(&all[1..]);
        Ok(Ready {
            folder: is_ready(&all[0]),
            devices: names.filter(|(_, one)| is_ready(one)).map(|(name, one)| (name.clone(), hung_up(one))).collect(),
            wake: all.len() > self.open.len() + 1 && all.last().is_some_and(is_ready),
        })
    }

    fn follow(&mut self, hint: Hint) {
        match hint {
            Hint::Appeared(name) => self.try_open(&name, 0),
            Hint::Gone(name) => self.close(&name),
            Hint::Changed => self.scan(),
        }
    }

    fn scan(&mut self) {
        let there: BTreeSet<String> = self.folder.names().into_iter().collect();
        let gone: Vec<String> = self.open.keys().filter(|name| !there.contains(*name)).cloned().collect();
        for name in gone {
            self.close(&name);
        }
        for name in there {
            self.try_open(&name, 0);
        }
    }

    fn retry(&mut self) {
        let now = Instant::now();
        let due = self.retries.iter().filter(|(_, retry)| retry.at <= now);
        let due: Vec<(String, u32)> = due.map(|(name, retry)| (name.clone(), retry.attempt)).collect();
        for (name, attempt) in due {
            self.try_open(&name, attempt);
        }
    }

    fn try_open(&mut self, name: &str, attempt: u32) {
        self.retries.remove(name);
        let path = self.folder.path(name);
        let Ok(metadata) = fs::metadata(&path) else { return };
        let file = (metadata.dev(), metadata.ino());
        if self.open.get(name).is_some_and(|open| open.file == file) {
            return;
        }
        self.close(name);
        match self.opener.open(&path) {
            Ok(device) if (self.accept)(device.identity()) => self.add(name, file, device),
            Ok(device) => tracing::debug!("{}: {} is no remote control", path.display(), device.identity().name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if is_no_device(&error) => tracing::debug!("{} is no input device: {error}", path.display()),
            Err(error) if attempt < RETRIES => {
                tracing::debug!("{} cannot be opened yet: {error}", path.display());
                let at = Instant::now() + FIRST_RETRY * 2_u32.pow(attempt);
                self.retries.insert(name.to_owned(), Retry { at, attempt: attempt + 1 });
            }
            Err(error) => tracing::warn!("cannot open the input device {}: {error}", path.display()),
        }
    }

    fn add(&mut self, name: &str, file: (u64, u64), device: Box<dyn Device>) {
        let id = self.next_id;
        self.next_id += 1;
        self.happened.push(Happening::Added(id, device.identity().clone()));
        let (decoder, strokes) = (Decoder::default(), Strokes::default());
        let mut open = Open { id, file, device, decoder, strokes, grabbed: !self.grab };
        open.grab_when_free();
        self.open.insert(name.to_owned(), open);
    }

    fn close(&mut self, name: &str) {
        self.retries.remove(name);
        if let Some(open) = self.open.remove(name) {
            self.happened.push(Happening::Removed(open.id));
        }
    }

    fn read(&mut self, name: &str, hung_up: bool) {
        let Some(open) = self.open.get_mut(name) else { return };
        match open.read(hung_up, &mut self.happened) {
            Ok(()) => {}
            Err(error) => {
                tracing::debug!("{} disconnected: {error}", self.folder.path(name).display());
                self.close(name);
            }
        }
    }
}

struct Ready {
    folder: bool,
    /// Which devices, and whether they have hung up.
    devices: Vec<(String, bool)>,
    wake: bool,
}

impl Open {
    /// An error means that the device is gone.
    fn read(&mut self, hung_up: bool, happened: &mut Vec<Happening>) -> io::Result<()> {
        let mut buffer = [0; EVENT_SIZE * EVENTS_PER_READ];
        let length = match rustix::io::read(&self.device, &mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => length,
            Err(Errno::INTR) => return Ok(()),
            // One that has hung up would be ready for ever.
            Err(Errno::AGAIN) if !hung_up => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let clock = Clock::now();
        let events = self.decoder.decode(&buffer[..length]);
        // A device that cannot say what is held holds nothing.
        let strokes = self.strokes.handle(&events, || self.device.held().unwrap_or_default());
        let happening = |(stroke, time)| Happening::Stroke(self.id, stroke, clock.instant(time));
        happened.extend(strokes.into_iter().map(happening));
        self.grab_when_free();
        Ok(())
    }

    /// Not while a key is held: the console would never hear that it was let go.
    fn grab_when_free(&mut self) {
        if self.grabbed || !self.device.held().is_ok_and(|held| held.is_empty()) {
            return;
        }
        self.grabbed = true;
        if let Err(error) = self.device.grab() {
            tracing::warn!("exclusive access (EVIOCGRAB) to {} failed: {error}", self.device.identity().name);
        }
    }
}

/// Turns the kernel's time of an event into ours.
struct Clock {
    now: Instant,
    monotonic: Duration,
}

impl Clock {
    fn now() -> Clock {
        let time = clock_gettime(ClockId::Monotonic);
        let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
        Clock { now: Instant::now(), monotonic: seconds + Duration::from_nanos(time.tv_nsec.unsigned_abs()) }
    }

    /// Times that cannot be are those of a broken device, or of the wall clock; the time of reading serves as well.
    fn instant(&self, time: Duration) -> Instant {
        let age = self.monotonic.checked_sub(time).filter(|age| *age <= OLDEST_EVENT).unwrap_or_default();
        self.now.checked_sub(age).unwrap_or(self.now)
    }
}

fn is_no_device(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::NOTTY | Errno::INVAL))
}
