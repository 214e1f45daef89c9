//! Checks the whole path with the kernel's own devices: makes a virtual remote control through `/dev/uinput`, follows
//! `/dev/input`, presses, holds, floods, unplugs and plugs in again, and prints a line for each check. Needs root.

use evdev::uinput::VirtualDevice;
use evdev::{AttributeSet, BusType, EventType, InputEvent as RawEvent, InputId, KeyCode, MiscCode};
use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use yuexiang_core::key::{Key, KeyEvent, Press};
use yuexiang_input::{InputEvent, Options, RemoteControls, probe};

const NAME: &str = "Yuexiang check remote";
/// Events have whole microseconds.
const CLOCK_STEP: Duration = Duration::from_micros(1);
/// For everything that must happen.
const SOON: Duration = Duration::from_secs(10);
/// For everything that must not.
const A_WHILE: Duration = Duration::from_millis(400);

#[allow(dead_code)] // A test includes this file as a module and calls `check` itself.
fn main() -> ExitCode {
    match check() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("FAIL cannot make a virtual remote control: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything passed; an error when there is no uinput.
pub fn check() -> io::Result<bool> {
    let mut check = Check::open(Options::default())?;
    let mut remote = Some(plug()?);
    check.that("a device that is plugged in is found", |check| check.added());
    check.that("a probe shows it with its key map", |_| {
        let shown = probe(&Options::default()).map_err(|error| error.to_string())?;
        let found = shown.iter().find(|one| one.device.as_ref().is_ok_and(|device| device.name == NAME));
        let found = found.ok_or("it is not among the devices")?;
        expect(found.keymap.as_deref() == Some("generic") && found.keys == 3, format!("{found:?}"))
    });
    if let Some(remote) = &mut remote {
        check.with_remote(remote)?;
        key(remote, KeyCode::KEY_UP, 1)?;
    }
    check.that("a key that is held when its device is unplugged is let go", |check| {
        check.key(Key::Up, Press::Down)?;
        remote = None;
        check.key(Key::Up, Press::Up)
    });
    check.that("a device that is unplugged is gone", |check| check.removed());
    let mut remote = plug()?;
    check.that("a device that is plugged in again is found", |check| check.added());
    tap(&mut remote, KeyCode::KEY_OK)?;
    check.that("and its keys work", |check| check.tap(Key::Ok));
    key(&mut remote, KeyCode::KEY_UP, 1)?;
    check.that("a key that is held at the end is let go", |check| {
        check.key(Key::Up, Press::Down)?;
        check.controls = None;
        check.key(Key::Up, Press::Up)?;
        expect(check.next(SOON).is_none(), "something came after the end".to_owned())
    });
    let passed = check_grab(&mut remote)? && check.passed;
    println!("{}", if passed { "PASS all" } else { "FAIL some" });
    Ok(passed)
}

/// Whoever else reads the device sees its keys, unless it is grabbed.
fn check_grab(remote: &mut VirtualDevice) -> io::Result<bool> {
    let shown = probe(&Options::default()).map_err(io::Error::other)?;
    let path = shown.iter().find(|one| one.device.as_ref().is_ok_and(|device| device.name == NAME));
    let path = path.map(|one| one.path.clone()).ok_or_else(|| io::Error::other("the remote control is gone"))?;
    // Nothing is grabbed while a key is held.
    key(remote, KeyCode::KEY_UP, 0)?;
    let mut other = evdev::Device::open(path)?;
    other.set_nonblocking(true)?;
    let mut check = Check::open(Options { grab: true, ..Options::default() })?;
    check.that("a device that is there already is found", |check| check.added());
    tap(remote, KeyCode::KEY_OK)?;
    check.that("nobody else sees the keys of a grabbed device", |check| {
        check.tap(Key::Ok)?;
        let seen = other.fetch_events().map_or(0, Iterator::count);
        expect(seen == 0, format!("another program saw {seen} events"))
    });
    check.controls = None;
    tap(remote, KeyCode::KEY_OK)?;
    check.that("and others see them when it is let go", |_| {
        let seen = other.fetch_events().map_or(0, Iterator::count);
        expect(seen > 0, "another program saw nothing".to_owned())
    });
    Ok(check.passed)
}

type Outcome = Result<(), String>;

struct Check {
    controls: Option<RemoteControls>,
    events: Receiver<InputEvent>,
    /// While it is locked, the callback waits, and the kernel's queue runs over.
    gate: Arc<Mutex<()>>,
    passed: bool,
}

impl Check {
    fn open(options: Options) -> io::Result<Check> {
        let (sender, events) = channel();
        let gate = Arc::new(Mutex::new(()));
        let inside = Arc::clone(&gate);
        let on_event = move |event| {
            drop(inside.lock());
            let _ = sender.send(event);
        };
        let controls = RemoteControls::open(options, on_event).map_err(io::Error::other)?;
        Ok(Check { controls: Some(controls), events, gate, passed: true })
    }

    fn with_remote(&mut self, remote: &mut VirtualDevice) -> io::Result<()> {
        let before = Instant::now();
        tap(remote, KeyCode::KEY_OK)?;
        self.that("a press comes with the kernel's time", |check| {
            let Some(InputEvent::Key(event, at)) = check.next(SOON) else { return Err("no key came".to_owned()) };
            check.key(Key::Ok, Press::Up)?;
            let expected = KeyEvent { key: Key::Ok, press: Press::Down };
            expect(
                event == expected && before - CLOCK_STEP <= at && at <= Instant::now(),
                format!("{event:?} after {before:?}: {at:?}"),
            )
        });
        key(remote, KeyCode::KEY_UP, 1)?;
        thread::sleep(Duration::from_millis(700));
        key(remote, KeyCode::KEY_UP, 0)?;
        self.that("a held key repeats and is let go", |check| {
            check.key(Key::Up, Press::Down)?;
            for _ in 0..3 {
                check.key(Key::Up, Press::Repeat)?;
            }
            while check.press_of(Key::Up)? == Press::Repeat {}
            check.silence()
        });
        for _ in 0..4 {
            tap(remote, KeyCode::KEY_1)?;
            thread::sleep(Duration::from_millis(80));
        }
        self.that("frames that look like presses are one hold", |check| {
            check.key(Key::Digit(1), Press::Down)?;
            while check.press_of(Key::Digit(1))? == Press::Repeat {}
            check.silence()
        });
        remote.emit(&[RawEvent::new(EventType::MISC.0, MiscCode::MSC_SCAN.0, 0x4d)])?;
        key(remote, KeyCode::KEY_Q, 1)?;
        key(remote, KeyCode::KEY_Q, 0)?;
        self.that("keys that the key map lacks do nothing", |check| check.silence());
        self.flood(remote)
    }

    /// More events than the kernel keeps, of which the reader sees few in time. Up goes down in the middle, and nothing
    /// but the state tells of it.
    fn flood(&mut self, remote: &mut VirtualDevice) -> io::Result<()> {
        let gate = Arc::clone(&self.gate);
        let closed = gate.lock();
        for _ in 0..500 {
            tap(remote, KeyCode::KEY_1)?;
        }
        key(remote, KeyCode::KEY_UP, 1)?;
        for _ in 0..500 {
            tap(remote, KeyCode::KEY_1)?;
        }
        drop(closed);
        self.that("after lost events the state is that of the device", |check| {
            let mut held = None;
            while held != Some(Key::Up) {
                let Some(InputEvent::Key(event, _)) = check.next(SOON) else {
                    return Err("Up does not go down".to_owned());
                };
                held = match (event.press, held) {
                    (Press::Down, None) => Some(event.key),
                    (Press::Repeat, Some(key)) if key == event.key => held,
                    (Press::Up, Some(key)) if key == event.key => None,
                    _ => return Err(format!("{event:?} while {held:?} is held")),
                };
            }
            Ok(())
        });
        key(remote, KeyCode::KEY_UP, 0)?;
        self.that("and the key is let go as usual", |check| {
            while check.press_of(Key::Up)? == Press::Repeat {}
            check.silence()
        });
        Ok(())
    }

    fn that(&mut self, what: &str, check: impl FnOnce(&mut Check) -> Outcome) {
        match check(self) {
            Ok(()) => println!("PASS {what}"),
            Err(why) => {
                self.passed = false;
                println!("FAIL {what}: {why}");
            }
        }
    }

    fn next(&mut self, time: Duration) -> Option<InputEvent> {
        self.events.recv_timeout(time).ok()
    }

    /// Other devices of the machine may come first.
    fn added(&mut self) -> Outcome {
        loop {
            match self.next(SOON) {
                Some(InputEvent::DeviceAdded { name, .. }) if name == NAME => return Ok(()),
                Some(_) => {}
                None => return Err("it did not come".to_owned()),
            }
        }
    }

    fn removed(&mut self) -> Outcome {
        match self.next(SOON) {
            Some(InputEvent::DeviceRemoved { name }) if name == NAME => Ok(()),
            other => Err(format!("{other:?}")),
        }
    }

    fn press_of(&mut self, key: Key) -> Result<Press, String> {
        match self.next(SOON) {
            Some(InputEvent::Key(event, _)) if event.key == key => Ok(event.press),
            other => Err(format!("{other:?}")),
        }
    }

    fn key(&mut self, key: Key, press: Press) -> Outcome {
        let got = self.press_of(key)?;
        expect(got == press, format!("{got:?} instead of {press:?}"))
    }

    fn tap(&mut self, key: Key) -> Outcome {
        self.key(key, Press::Down)?;
        self.key(key, Press::Up)
    }

    fn silence(&mut self) -> Outcome {
        match self.next(A_WHILE) {
            None => Ok(()),
            Some(event) => Err(format!("{event:?} came as well")),
        }
    }
}

fn expect(is: bool, otherwise: String) -> Outcome {
    if is { Ok(()) } else { Err(otherwise) }
}

fn plug() -> io::Result<VirtualDevice> {
    let known = [KeyCode::KEY_OK, KeyCode::KEY_UP, KeyCode::KEY_1, KeyCode::KEY_Q];
    let keys: AttributeSet<KeyCode> = known.into_iter().collect();
    let scancodes: AttributeSet<MiscCode> = [MiscCode::MSC_SCAN].into_iter().collect();
    VirtualDevice::builder()?
        .name(NAME)
        .input_id(InputId::new(BusType::BUS_USB, 0x1209, 0x0001, 1))
        .with_keys(&keys)?
        .with_msc(&scancodes)?
        .build()
}

fn key(remote: &mut VirtualDevice, code: KeyCode, value: i32) -> io::Result<()> {
    remote.emit(&[RawEvent::new(EventType::KEY.0, code.0, value)])
}

fn tap(remote: &mut VirtualDevice, code: KeyCode) -> io::Result<()> {
    key(remote, code, 1)?;
    key(remote, code, 0)
}
