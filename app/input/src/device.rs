//! One input device: who it is, its events' descriptor, its state. [`Evdev`] is the kernel's.

use crate::stroke::is_button;
use evdev::raw_stream::RawDevice;
use evdev::{KeyCode, MiscCode};
use rustix::fs::{Mode, OFlags};
use rustix::ioctl::{Opcode, Setter, ioctl, opcode};
use std::collections::BTreeSet;
use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// What is known of a device before it sends anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Such as `gpio_ir_recv`, or what a USB device calls itself.
    pub name: String,
    /// Where it is connected, such as `usb-0000:00:14.0-2/input0`.
    pub phys: String,
    pub vendor: u16,
    pub product: u16,
    /// The evdev codes that it may send.
    pub codes: BTreeSet<u16>,
    /// Whether it sends `MSC_SCAN`.
    pub sends_scancodes: bool,
}

impl Identity {
    /// Infrared receivers list only the codes of their kernel key map, which may be empty. That they list pointer axes
    /// as well says nothing: the kernel gives those to every receiver. Mice and joysticks send scancodes too, and have
    /// buttons.
    pub(crate) fn is_receiver(&self) -> bool {
        self.sends_scancodes && !self.codes.iter().copied().any(is_button)
    }
}

/// Where devices come from.
pub trait Opener: Send + Sync {
    /// Reading from the device must not block. Errors of kind `NotFound`, and those that say that this is no input
    /// device (`ENOTTY`, `EINVAL`), are final; after all others it is tried again.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Device>>;
}

/// A device whose descriptor gives `struct input_event`s; when it has hung up, the device is gone.
pub trait Device: AsFd + Send {
    fn identity(&self) -> &Identity;

    /// The codes of the keys that are down now.
    fn held(&self) -> io::Result<BTreeSet<u16>>;

    /// Keeps its events from everyone else.
    fn grab(&mut self) -> io::Result<()>;
}

/// The kernel's devices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evdev;

impl Opener for Evdev {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Device>> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let descriptor = rustix::fs::open(path, flags, Mode::empty())?;
        let device = RawDevice::from_fd(descriptor)?;
        if let Err(error) = use_monotonic_clock(device.as_fd()) {
            tracing::debug!("{}: events keep the time of the wall clock: {error}", path.display());
        }
        let id = device.input_id();
        let identity = Identity {
            name: device.name().unwrap_or_default().to_owned(),
            phys: device.physical_path().unwrap_or_default().to_owned(),
            vendor: id.vendor(),
            product: id.product(),
            codes: device.supported_keys().into_iter().flat_map(|keys| keys.iter()).map(KeyCode::code).collect(),
            sends_scancodes: device.misc_properties().is_some_and(|misc| misc.contains(MiscCode::MSC_SCAN)),
        };
        Ok(Box::new(EvdevDevice { device, identity }))
    }
}

/// So that a press has the time at which the kernel saw it, however late a busy box reads it.
fn use_monotonic_clock(device: BorrowedFd) -> rustix::io::Result<()> {
    const EVIOCSCLOCKID: Opcode = opcode::write::<c_int>(b'E', 0xa0);
    const CLOCK_MONOTONIC: c_int = 1;
    // SAFETY: `EVIOCSCLOCKID` reads one `int` through its argument and writes nothing.
    unsafe { ioctl(device, Setter::<EVIOCSCLOCKID, c_int>::new(CLOCK_MONOTONIC)) }
}

struct EvdevDevice {
    device: RawDevice,
    identity: Identity,
}

impl AsFd for EvdevDevice {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

impl Device for EvdevDevice {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn held(&self) -> io::Result<BTreeSet<u16>> {
        Ok(self.device.get_key_state()?.iter().map(KeyCode::code).collect())
    }

    fn grab(&mut self) -> io::Result<()> {
        self.device.grab()
    }
}
