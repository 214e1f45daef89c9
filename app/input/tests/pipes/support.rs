//! Devices made of named pipes in a temporary folder: their bytes, the folder and the thread are the real ones; what
//! only the kernel could say of a device is said here.

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use yuexiang_core::key::{Key, KeyEvent, Press};
use yuexiang_input::{Device, Identity, InputEvent, Opener, Options, RemoteControls};

/// Longer than anything here takes, also on a busy machine.
pub const SOON: Duration = Duration::from_secs(20);

pub const KEY_1: u16 = 2;
pub const KEY_ENTER: u16 = 28;
pub const KEY_UP: u16 = 103;

#[derive(Clone, Debug, Default)]
pub struct State {
    pub identity: Identity,
    pub held: BTreeSet<u16>,
    /// How many more times opening fails for lack of permission.
    pub refusals: u32,
    pub grabs: u32,
}

#[derive(Clone, Default)]
pub struct Pipes {
    states: Arc<Mutex<BTreeMap<String, State>>>,
}

impl Pipes {
    pub fn change<T>(&self, name: &str, change: impl FnOnce(&mut State) -> T) -> T {
        change(self.states.lock().unwrap().entry(name.to_owned()).or_default())
    }
}

impl Opener for Pipes {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Device>> {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let identity = self.change(&name, |state| {
            if state.refusals > 0 {
                state.refusals -= 1;
                return Err(io::Error::from(io::ErrorKind::PermissionDenied));
            }
            Ok(state.identity.clone())
        })?;
        let descriptor = rustix::fs::open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Box::new(Pipe { descriptor, identity, name, pipes: self.clone() }))
    }
}

struct Pipe {
    descriptor: OwnedFd,
    identity: Identity,
    name: String,
    pipes: Pipes,
}

impl AsFd for Pipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Device for Pipe {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn held(&self) -> io::Result<BTreeSet<u16>> {
        Ok(self.pipes.change(&self.name, |state| state.held.clone()))
    }

    fn grab(&mut self) -> io::Result<()> {
        self.pipes.change(&self.name, |state| state.grabs += 1);
        Ok(())
    }
}

/// A folder of devices, and what was seen of them.
pub struct World {
    folder: tempfile::TempDir,
    pub pipes: Pipes,
    pub options: Options,
}

impl World {
    pub fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let devices = folder.path().join("input");
        fs::create_dir(&devices).unwrap();
        let keymaps =
            vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/keymaps"), folder.path().join("site")];
        World { folder, pipes: Pipes::default(), options: Options { devices, keymaps, ..Options::default() } }
    }

    pub fn site(&self) -> PathBuf {
        self.folder.path().join("site")
    }

    pub fn device(&self, name: &str) -> PathBuf {
        self.options.devices.join(name)
    }

    pub fn open(&self) -> Seen {
        let (sender, events) = channel();
        let on_event = move |event| {
            let _ = sender.send(event);
        };
        let pipes = Arc::new(self.pipes.clone());
        let controls = RemoteControls::open_with(self.options.clone(), pipes, on_event).unwrap();
        Seen { controls: Some(controls), events }
    }

    /// A keyboard of this name under this file name.
    pub fn plug(&self, file: &str, name: &str) -> Plugged {
        let codes = [KEY_1, KEY_ENTER, KEY_UP].into();
        self.plug_as(file, Identity { name: name.to_owned(), codes, sends_scancodes: true, ..Identity::default() })
    }

    pub fn plug_as(&self, file: &str, identity: Identity) -> Plugged {
        self.pipes.change(file, |state| state.identity = identity);
        let path = self.device(file);
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        // For reading as well, so that opening does not wait for the reader.
        let pipe = File::options().read(true).write(true).open(&path).unwrap();
        Plugged { path, pipe }
    }
}

pub struct Plugged {
    path: PathBuf,
    pub pipe: File,
}

impl Plugged {
    pub fn key(&mut self, code: u16, value: i32) {
        self.pipe.write_all(&key(code, value)).unwrap();
    }

    pub fn scan(&mut self, scan: i32) {
        self.pipe.write_all(&[event(4, 4, scan), event(0, 0, 0)].concat()).unwrap();
    }

    /// As the kernel does it: the file goes, and whoever reads is told.
    pub fn unplug(self) {
        fs::remove_file(&self.path).unwrap();
    }
}

pub fn key(code: u16, value: i32) -> Vec<u8> {
    [event(1, code, value), event(0, 0, 0)].concat()
}

/// Without a time of its own.
pub fn event(kind: u16, code: u16, value: i32) -> Vec<u8> {
    event_at(Duration::ZERO, kind, code, value)
}

pub fn event_at(time: Duration, kind: u16, code: u16, value: i32) -> Vec<u8> {
    let words = [time.as_secs() as std::ffi::c_ulong, time.subsec_micros().into()];
    let mut bytes = words.map(|word| word.to_ne_bytes()).concat();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(code.to_ne_bytes());
    bytes.extend(value.to_ne_bytes());
    bytes
}

pub struct Seen {
    pub controls: Option<RemoteControls>,
    pub events: Receiver<InputEvent>,
}

impl Seen {
    #[track_caller]
    pub fn next(&self) -> InputEvent {
        self.events.recv_timeout(SOON).expect("an event")
    }

    /// The next event that is no repeat.
    #[track_caller]
    pub fn expect_key(&self, key: Key, press: Press) {
        loop {
            match self.next() {
                InputEvent::Key(KeyEvent { press: Press::Repeat, .. }, _) if press != Press::Repeat => {}
                InputEvent::Key(event, _) => return assert_eq!(event, KeyEvent { key, press }),
                other => panic!("{other:?} instead of {press:?} {key:?}"),
            }
        }
    }

    #[track_caller]
    pub fn expect_press(&self, key: Key) {
        self.expect_key(key, Press::Down);
        self.expect_key(key, Press::Up);
    }

    #[track_caller]
    pub fn expect_added(&self, name: &str) {
        assert!(matches!(self.next(), InputEvent::DeviceAdded { name: added, .. } if added == name), "{name} is added");
    }

    #[track_caller]
    pub fn expect_removed(&self, name: &str) {
        assert_eq!(self.next(), InputEvent::DeviceRemoved { name: name.to_owned() });
    }
}
