//! The whole path with the kernel's own devices, where the kernel has uinput; see `examples/uinput_check.rs`.

#[path = "../examples/uinput_check.rs"]
mod uinput_check;

use std::fs::OpenOptions;

#[test]
fn a_virtual_remote_control_works() {
    if let Err(error) = OpenOptions::new().write(true).open("/dev/uinput") {
        println!("skipped: /dev/uinput cannot be opened: {error}");
        return;
    }
    assert!(uinput_check::check().expect("a virtual remote control"), "see the lines above");
}
