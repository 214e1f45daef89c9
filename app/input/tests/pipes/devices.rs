//! Folder, descriptors, thread and key maps together, with named pipes for devices.

use crate::support::{KEY_1, KEY_ENTER, KEY_UP, SOON, World, event, event_at, key};
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use yuexiang_core::key::{Key, KeyEvent, Press};
use yuexiang_input::{Identity, InputEvent, RemoteControls};

#[test]
fn devices_come_and_go() {
    let world = World::new();
    let mut first = world.plug("event0", "first");
    let seen = world.open();
    seen.expect_added("first");
    let mut second = world.plug("event1", "second");
    seen.expect_added("second");
    first.key(KEY_1, 1);
    first.key(KEY_1, 0);
    seen.expect_press(Key::Digit(1));
    second.key(KEY_UP, 1);
    seen.expect_key(Key::Up, Press::Down);
    second.unplug();
    seen.expect_key(Key::Up, Press::Up);
    seen.expect_removed("second");
    let mut again = world.plug("event1", "again");
    seen.expect_added("again");
    again.key(KEY_ENTER, 1);
    again.key(KEY_ENTER, 0);
    seen.expect_press(Key::Ok);
    first.unplug();
    seen.expect_removed("first");
}

#[test]
fn a_device_is_opened_once_and_anew_when_its_file_is_another() {
    let world = World::new();
    let mut first = world.plug("event0", "first");
    let seen = world.open();
    seen.expect_added("first");
    fs::set_permissions(world.device("event0"), fs::Permissions::from_mode(0o660)).unwrap();
    first.key(KEY_1, 1);
    first.key(KEY_1, 0);
    seen.expect_press(Key::Digit(1));
    // Unplugged and plugged in faster than we looked: one file takes the place of the other.
    let mut second = world.plug("event1.new", "second");
    world.pipes.change("event0", |state| state.identity.name = "second".to_owned());
    fs::rename(world.device("event1.new"), world.device("event0")).unwrap();
    seen.expect_removed("first");
    seen.expect_added("second");
    second.key(KEY_1, 1);
    second.key(KEY_1, 0);
    seen.expect_press(Key::Digit(1));
}

#[test]
fn what_is_no_remote_control_is_not_followed() {
    let world = World::new();
    const BTN_LEFT: u16 = 0x110;
    let mouse =
        Identity { name: "mouse".into(), codes: [BTN_LEFT].into(), sends_scancodes: true, ..Identity::default() };
    let _mouse = world.plug_as("event0", mouse);
    let _jack = world.plug_as("event1", Identity { name: "jack".into(), ..Identity::default() });
    let receiver = Identity { name: "gpio_ir_recv".into(), sends_scancodes: true, ..Identity::default() };
    let _receiver = world.plug_as("event2", receiver);
    world.open().expect_added("gpio_ir_recv");
}

#[test]
fn permissions_may_come_later() {
    let world = World::new();
    world.pipes.change("event0", |state| state.refusals = 3);
    let seen = world.open();
    let _device = world.plug("event0", "late");
    seen.expect_added("late");
    assert_eq!(world.pipes.change("event0", |state| state.refusals), 0);
}

#[test]
fn the_folder_may_come_later() {
    let world = World::new();
    fs::remove_dir(&world.options.devices).unwrap();
    let seen = world.open();
    for _ in 0..2 {
        fs::create_dir(&world.options.devices).unwrap();
        let device = world.plug("event0", "first of all");
        seen.expect_added("first of all");
        device.unplug();
        seen.expect_removed("first of all");
        fs::remove_dir(&world.options.devices).unwrap();
    }
}

#[test]
fn a_folder_that_can_never_come_is_an_error() {
    let mut world = World::new();
    world.options.devices = "/nowhere/input".into();
    let error = RemoteControls::open(world.options, |_| {}).unwrap_err();
    assert!(error.to_string().starts_with("cannot watch /nowhere/input for remote controls: "), "{error}");
}

#[test]
fn a_held_key_repeats_until_it_is_let_go() {
    let world = World::new();
    let mut device = world.plug("event0", "remote");
    let seen = world.open();
    seen.expect_added("remote");
    device.key(KEY_UP, 1);
    let times: Vec<Instant> = [Press::Down, Press::Repeat, Press::Repeat]
        .into_iter()
        .map(|press| match seen.next() {
            InputEvent::Key(event, at) => {
                assert_eq!(event, KeyEvent { key: Key::Up, press });
                at
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(times[1] - times[0], Duration::from_millis(400));
    assert!(times[2] - times[1] >= Duration::from_millis(90));
    device.key(KEY_UP, 0);
    seen.expect_key(Key::Up, Press::Up);
}

#[test]
fn a_press_has_the_time_at_which_the_kernel_saw_it() {
    let world = World::new();
    let mut device = world.plug("event0", "remote");
    let seen = world.open();
    seen.expect_added("remote");
    // No event is older than what was handled before it.
    assert!(seen.events.recv_timeout(Duration::from_millis(300)).is_err());
    let now = clock_gettime(ClockId::Monotonic);
    let now = Duration::new(now.tv_sec as u64, now.tv_nsec as u32);
    let earlier = now.saturating_sub(Duration::from_millis(200));
    let before = Instant::now();
    device.pipe.write_all(&event_at(earlier, 1, KEY_1, 1)).unwrap();
    let InputEvent::Key(_, at) = seen.next() else { panic!("a key") };
    let age = before.duration_since(at);
    assert!(age > Duration::from_millis(150) && age < Duration::from_millis(201), "{age:?}");
    // A time that cannot be: the time of reading counts.
    device.pipe.write_all(&event_at(now + Duration::from_secs(3_600), 1, KEY_1, 0)).unwrap();
    let InputEvent::Key(_, at) = seen.next() else { panic!("a key") };
    assert!(at >= before && at <= Instant::now());
}

#[test]
fn events_may_come_in_pieces() {
    let world = World::new();
    let mut device = world.plug("event0", "remote");
    let seen = world.open();
    seen.expect_added("remote");
    let bytes = [key(KEY_1, 1), key(KEY_1, 0)].concat();
    for byte in bytes.chunks(1) {
        device.pipe.write_all(byte).unwrap();
    }
    seen.expect_press(Key::Digit(1));
}

#[test]
fn garbage_does_no_harm() {
    let world = World::new();
    let mut broken = world.plug("event0", "broken");
    let mut good = world.plug("event1", "good");
    let seen = world.open();
    seen.expect_added("broken");
    seen.expect_added("good");
    // Whole events of nonsense, then one byte too many, which shifts all that follows.
    let mut state = 1_u32;
    let garbage: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(event(0, 0, 0).len() * 1_000 + 1)
    .collect();
    broken.pipe.write_all(&garbage).unwrap();
    broken.pipe.write_all(&vec![0xff; 50_000]).unwrap();
    good.key(KEY_ENTER, 1);
    good.key(KEY_ENTER, 0);
    seen.expect_press(Key::Ok);
    broken.unplug();
    seen.expect_removed("broken");
}

#[test]
fn the_device_is_asked_when_events_were_lost() {
    let world = World::new();
    let mut device = world.plug("event0", "remote");
    let seen = world.open();
    seen.expect_added("remote");
    device.key(KEY_UP, 1);
    seen.expect_key(Key::Up, Press::Down);
    world.pipes.change("event0", |state| state.held = [KEY_ENTER].into());
    device.pipe.write_all(&[event(0, 3, 0), key(KEY_1, 1)].concat()).unwrap();
    seen.expect_key(Key::Up, Press::Up);
    seen.expect_key(Key::Ok, Press::Down);
    device.key(KEY_ENTER, 0);
    seen.expect_key(Key::Ok, Press::Up);
}

#[test]
fn devices_are_grabbed_when_no_key_is_held() {
    let mut world = World::new();
    world.options.grab = true;
    world.pipes.change("event0", |state| state.held = [KEY_ENTER].into());
    let mut device = world.plug("event0", "keyboard");
    let _free = world.plug("event1", "remote");
    let seen = world.open();
    seen.expect_added("keyboard");
    seen.expect_added("remote");
    let grabs = |file| world.pipes.change(file, |state| state.grabs);
    assert_eq!((grabs("event0"), grabs("event1")), (0, 1));
    world.pipes.change("event0", |state| state.held.clear());
    // The release is one of a press that was before us; then a press of ours.
    device.key(KEY_ENTER, 0);
    device.key(KEY_1, 1);
    device.key(KEY_1, 0);
    seen.expect_press(Key::Digit(1));
    assert_eq!((grabs("event0"), grabs("event1")), (1, 1));
}

#[test]
fn dropping_it_lets_go_and_ends_the_thread() {
    let world = World::new();
    let mut device = world.plug("event0", "remote");
    let mut seen = world.open();
    seen.expect_added("remote");
    device.key(KEY_UP, 1);
    seen.expect_key(Key::Up, Press::Down);
    seen.controls = None;
    seen.expect_key(Key::Up, Press::Up);
    assert_eq!(seen.events.recv_timeout(SOON), Err(RecvTimeoutError::Disconnected));
}

#[test]
fn the_callback_itself_may_drop_it() {
    let world = World::new();
    let (sender, events) = channel();
    let place: Arc<Mutex<Option<RemoteControls>>> = Arc::default();
    let inside = Arc::clone(&place);
    let on_event = move |event| {
        inside.lock().unwrap().take();
        sender.send(event).unwrap();
    };
    let pipes = Arc::new(world.pipes.clone());
    // Nothing is there yet, so nothing happens before it is in its place.
    *place.lock().unwrap() = Some(RemoteControls::open_with(world.options.clone(), pipes, on_event).unwrap());
    let _device = world.plug("event0", "remote");
    assert!(matches!(events.recv_timeout(SOON), Ok(InputEvent::DeviceAdded { .. })));
    assert_eq!(events.recv_timeout(SOON), Err(RecvTimeoutError::Disconnected));
}

#[test]
fn an_idle_thread_sleeps() {
    let world = World::new();
    let (sender, events) = channel();
    let on_event = move |event| {
        let thread = fs::read_link("/proc/thread-self").unwrap();
        sender.send((event, thread)).unwrap();
    };
    let gone = world.plug("event0", "gone");
    let mut device = world.plug("event1", "remote");
    let _controls = RemoteControls::open_with(world.options.clone(), Arc::new(world.pipes.clone()), on_event).unwrap();
    device.key(KEY_1, 1);
    device.key(KEY_1, 0);
    gone.unplug();
    let thread = std::iter::from_fn(|| events.recv_timeout(Duration::from_secs(1)).ok()).last().unwrap().1;
    let switches = || {
        let status = fs::read_to_string(format!("/proc/{}/status", thread.display())).unwrap();
        let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
        lines.map(|line| line.split_whitespace().last().unwrap().parse::<u64>().unwrap()).sum::<u64>()
    };
    let before = switches();
    assert!(events.recv_timeout(Duration::from_millis(500)).is_err());
    assert!(switches() - before <= 1, "woken {} times in half a second of nothing", switches() - before);
}
