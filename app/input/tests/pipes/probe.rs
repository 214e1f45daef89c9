use crate::support::{SOON, World};
use std::fs;
use std::sync::mpsc::{RecvTimeoutError, channel};
use yuexiang_input::{Identity, RemoteControls, probe, probe_with};

#[test]
fn a_probe_shows_all_devices_and_what_is_wrong_with_them() {
    let world = World::new();
    let _keyboard = world.plug("event0", "keyboard");
    let receiver = Identity { name: "hix5hd2-ir".into(), sends_scancodes: true, ..Identity::default() };
    let _receiver = world.plug_as("event10", receiver);
    let _jack = world.plug_as("event2", Identity { name: "jack".into(), ..Identity::default() });
    world.pipes.change("event3", |state| state.refusals = 1);
    let _forbidden = world.plug("event3", "forbidden");
    let shown: Vec<String> = probe_with(&world.options, &world.pipes)
        .unwrap()
        .iter()
        .map(|one| {
            let device = one.device.as_ref().map_or_else(ToString::to_string, |device| device.name.clone());
            let file = one.path.file_name().unwrap().display();
            format!("{file} {device}: {} {}", one.keymap.as_deref().unwrap_or("-"), one.keys)
        })
        .collect();
    let expected = [
        "event0 keyboard: generic 3",
        "event2 jack: - 0",
        "event3 permission denied: - 0",
        "event10 hix5hd2-ir: hisilicon 0",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn files_that_are_no_devices_are_left_alone() {
    let world = World::new();
    fs::write(world.device("event0"), "").unwrap();
    fs::create_dir(world.device("event1")).unwrap();
    let _pipe = world.plug("event2", "pipe");
    let (sender, events) = channel();
    let controls = RemoteControls::open(world.options.clone(), move |event| sender.send(event).unwrap()).unwrap();
    let shown = probe(&world.options).unwrap();
    assert!(shown.len() == 3 && shown.iter().all(|one| one.device.is_err()), "{shown:?}");
    drop(controls);
    assert_eq!(events.recv_timeout(SOON), Err(RecvTimeoutError::Disconnected));
}
