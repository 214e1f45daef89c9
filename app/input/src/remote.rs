//! Remote controls for the program: a thread that follows all devices, and a callback for what they send.

use crate::controls::Controls;
use crate::device::{Evdev, Identity, Opener};
use crate::devices::{Devices, Happening};
use crate::hold::{DeviceId, Timing};
use crate::keymap::KeyMaps;
use rustix::event::{EventfdFlags, eventfd};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use yuexiang_core::key::KeyEvent;

#[derive(Clone, Debug)]
pub struct Options {
    /// Where the devices are: `/dev/input`.
    pub devices: PathBuf,
    /// Folders of key maps: the shipped one, then the site's, whose files go before those of the shipped one.
    pub keymaps: Vec<PathBuf>,
    /// Whether other programs, such as a console behind the picture, are kept from seeing the keys.
    pub grab: bool,
    pub timing: Timing,
}

impl Default for Options {
    fn default() -> Options {
        let devices = PathBuf::from("/dev/input");
        Options { devices, keymaps: Vec::new(), grab: false, timing: Timing::default() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A key, and when it was pressed, repeated or let go. Every `Down` is followed by `Repeat`s of the same key, if
    /// any, and by its `Up` before the next `Down`.
    Key(KeyEvent, Instant),
    DeviceAdded {
        name: String,
        /// The name of the key map that is used for it.
        keymap: String,
    },
    DeviceRemoved {
        name: String,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot watch {} for remote controls: {source}", path.display())]
    Watch { path: PathBuf, source: io::Error },
    #[error("cannot start the thread for remote controls: {0}")]
    Thread(io::Error),
}

/// Follows the devices until it is dropped; a key that is held then is let go.
#[derive(Debug)]
pub struct RemoteControls {
    wake: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl RemoteControls {
    /// Starts the thread, which calls `on_event`. Key maps are read once; what is wrong in them is logged, see
    /// [`KeyMaps::load`].
    pub fn open(options: Options, on_event: impl Fn(InputEvent) + Send + 'static) -> Result<RemoteControls, OpenError> {
        RemoteControls::open_with(options, Arc::new(Evdev), on_event)
    }

    /// As [`RemoteControls::open`], with devices other than the kernel's.
    pub fn open_with(
        options: Options,
        opener: Arc<dyn Opener>,
        on_event: impl Fn(InputEvent) + Send + 'static,
    ) -> Result<RemoteControls, OpenError> {
        let (keymaps, errors) = KeyMaps::load(&options.keymaps);
        for error in errors {
            tracing::error!("invalid key map ignored: {error}");
        }
        let fits = keymaps.clone();
        let accept = Box::new(move |device: &Identity| fits.select(device).is_some_and(|map| map.fits(device)));
        let devices = Devices::open(&options.devices, opener, accept, options.grab)
            .map_err(|source| OpenError::Watch { path: options.devices.clone(), source })?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let wake = Arc::new(wake.map_err(|error| OpenError::Thread(error.into()))?);
        let follower = Follower {
            devices,
            keymaps,
            controls: Controls::new(options.timing),
            names: BTreeMap::new(),
            on_event: Box::new(on_event),
        };
        let woken = Arc::clone(&wake);
        let thread = thread::Builder::new().name("remote controls".to_owned()).spawn(move || follower.run(&woken));
        Ok(RemoteControls { wake, thread: Some(thread.map_err(OpenError::Thread)?) })
    }
}

impl Drop for RemoteControls {
    fn drop(&mut self) {
        if let Err(error) = rustix::io::write(&self.wake, &1_u64.to_ne_bytes()) {
            tracing::error!("cannot stop the thread for remote controls: {error}");
            return;
        }
        // Dropped by the callback, the thread cannot wait for itself; it ends when the callback returns.
        let other = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id());
        if other.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("remote control thread panicked");
        }
    }
}

struct Follower {
    devices: Devices,
    keymaps: KeyMaps,
    controls: Controls,
    names: BTreeMap<DeviceId, String>,
    on_event: Box<dyn Fn(InputEvent) + Send>,
}

impl Follower {
    fn run(mut self, wake: &OwnedFd) {
        loop {
            let (happened, ends) = self.devices.wait(Some(wake.as_fd()), self.controls.poll_timeout());
            for happening in happened {
                self.handle(happening);
            }
            if ends {
                break;
            }
            self.controls.handle_timeout(Instant::now());
            self.send();
        }
        self.controls.end(Instant::now());
        self.send();
    }

    fn handle(&mut self, happening: Happening) {
        match happening {
            Happening::Added(device, identity) => {
                let Some(keymap) = self.keymaps.select(&identity) else { return };
                tracing::info!("remote control {} with key map {}", identity.name, keymap.name);
                self.controls.add(device, Arc::clone(keymap));
                self.names.insert(device, identity.name.clone());
                (self.on_event)(InputEvent::DeviceAdded { name: identity.name, keymap: keymap.name.clone() });
            }
            Happening::Removed(device) => {
                self.controls.remove(device, Instant::now());
                self.send();
                let Some(name) = self.names.remove(&device) else { return };
                tracing::info!("remote control {name} disconnected");
                (self.on_event)(InputEvent::DeviceRemoved { name });
            }
            Happening::Stroke(device, stroke, at) => {
                if let Some(unknown) = self.controls.handle_stroke(device, stroke, at) {
                    let name = self.names.get(&device).map_or("", String::as_str);
                    tracing::warn!("{name}: key not in its key map: {unknown}");
                }
                self.send();
            }
        }
    }

    fn send(&mut self) {
        while let Some((event, at)) = self.controls.poll_event() {
            (self.on_event)(InputEvent::Key(event, at));
        }
    }
}
