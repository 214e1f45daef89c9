//! A remote control is taught and then used, with named pipes for devices.

use crate::support::World;
use std::fs;
use std::sync::Arc;
use std::time::Duration;
use yuexiang_core::key::Key;
use yuexiang_input::learn::{LearnError, LearnOptions, Prompt, run_with};
use yuexiang_input::{Identity, InputEvent};

fn receiver() -> Identity {
    Identity { name: "gpio_ir_recv".into(), vendor: 1, product: 1, sends_scancodes: true, ..Identity::default() }
}

fn options(world: &World, keys: &[Key]) -> LearnOptions {
    LearnOptions {
        devices: world.options.devices.clone(),
        keys: keys.to_vec(),
        patience: Duration::from_secs(2),
        // Presses follow the prompts as fast as the machine can: faster than any thumb.
        frame_period: Duration::ZERO,
        ..LearnOptions::new(world.site())
    }
}

#[test]
fn a_taught_remote_works() {
    let world = World::new();
    let mut remote = world.plug_as("event0", receiver());
    let mut spare = Some(world.plug_as("event1", Identity { name: "other".into(), ..receiver() }));
    let options = options(&world, &[Key::Ok, Key::Red, Key::Blue]);
    let mut prompts = Vec::new();
    let learned = run_with(&options, Arc::new(world.pipes.clone()), |prompt| {
        prompts.push(prompt.to_string());
        match prompt {
            Prompt::Press { key: Key::Ok, .. } | Prompt::Again { key: Key::Ok } => remote.scan(0x1234),
            // Another remote lies about; then it is gone.
            Prompt::Press { key: Key::Red, .. } => {
                if let Some(mut spare) = spare.take() {
                    spare.scan(0x99);
                    spare.unplug();
                }
                remote.scan(0x1235);
            }
            Prompt::Again { key: Key::Red } => remote.scan(0x1235),
            _ => {}
        }
    })
    .unwrap();
    let expected = [
        "[1/3] press ok now",
        "once more: ok",
        "ok is scancode 0x1234",
        "[2/3] press red now",
        "once more: red",
        "red is scancode 0x1235",
        "[3/3] press blue now",
        "blue skipped",
        "2 keys learned, 1 skipped",
    ];
    assert_eq!(prompts, expected);
    assert_eq!((learned.device.as_str(), learned.keys), ("gpio_ir_recv", 2));
    assert_eq!(learned.path, world.site().join("learned-gpio-ir-recv-0001-0001.toml"));
    let text = fs::read_to_string(&learned.path).unwrap();
    assert_eq!(
        text,
        "title = \"Learned: gpio_ir_recv\"\nextends = \"generic\"\n\n[match]\nname = \"gpio_ir_recv\"\n\
         id = \"0001:0001\"\n\n[scancodes]\nok = [0x1234]\nred = [0x1235]\n"
    );
    let seen = world.open();
    let keymap = "learned-gpio-ir-recv-0001-0001".to_owned();
    assert_eq!(seen.next(), InputEvent::DeviceAdded { name: "gpio_ir_recv".to_owned(), keymap });
    remote.scan(0x1235);
    seen.expect_press(Key::Red);
}

#[test]
fn a_held_key_is_not_its_own_confirmation() {
    let world = World::new();
    let mut remote = world.plug_as("event0", receiver());
    let options = LearnOptions { frame_period: Duration::from_secs(60), ..options(&world, &[Key::Ok]) };
    let mut prompts = Vec::new();
    let error = run_with(&options, Arc::new(world.pipes.clone()), |prompt| {
        prompts.push(*prompt);
        if matches!(prompt, Prompt::Press { .. }) {
            remote.scan(0x14);
            remote.scan(0x14);
            remote.scan(0x14);
        }
    })
    .unwrap_err();
    assert!(matches!(error, LearnError::NothingLearned), "{error}");
    assert_eq!(prompts[1..3], [Prompt::Again { key: Key::Ok }, Prompt::Skipped { key: Key::Ok }]);
    assert!(!world.site().exists(), "nothing is written");
}

#[test]
fn without_a_device_there_is_nothing_to_learn() {
    let world = World::new();
    let error = run_with(&options(&world, &[Key::Ok]), Arc::new(world.pipes.clone()), |_| {}).unwrap_err();
    assert_eq!(error.to_string(), format!("there is no remote control in {}", world.options.devices.display()));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let world = World::new();
    fs::write(world.site(), "a file where the folder should be").unwrap();
    let mut remote = world.plug_as("event0", receiver());
    let error = run_with(&options(&world, &[Key::Ok]), Arc::new(world.pipes.clone()), |prompt| {
        if matches!(prompt, Prompt::Press { .. } | Prompt::Again { .. }) {
            remote.scan(0x14);
        }
    })
    .unwrap_err();
    let expected = format!("cannot write the key map learned-gpio-ir-recv-0001-0001 to {}: ", world.site().display());
    assert!(error.to_string().starts_with(&expected), "{error}");
}
