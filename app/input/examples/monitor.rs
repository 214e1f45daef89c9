//! Prints what remote controls send: `cargo run --example monitor -- [FOLDER OF KEY MAPS]…`, the site's folder last.

use std::process::ExitCode;
use std::time::Instant;
use yuexiang_input::{InputEvent, KeyMaps, Options, RemoteControls, probe};

fn main() -> ExitCode {
    let keymaps = std::env::args_os().skip(1).map(Into::into).collect();
    let options = Options { keymaps, ..Options::default() };
    for error in KeyMaps::load(&options.keymaps).1 {
        println!("invalid key map ignored: {error}");
    }
    for device in probe(&options).unwrap_or_default() {
        let name = device.device.map_or_else(|error| error.to_string(), |device| device.name);
        let keymap = device.keymap.as_deref().unwrap_or("not followed");
        println!("{}: {name}, {keymap}, {} keys by code", device.path.display(), device.keys);
    }
    let start = Instant::now();
    let controls = RemoteControls::open(options, move |event| match event {
        InputEvent::Key(event, at) => {
            println!("{:9.3} {:?} {}", (at - start).as_secs_f64(), event.press, event.key.name());
        }
        other => println!("{other:?}"),
    });
    match controls {
        // Until the program is stopped.
        Ok(_controls) => loop {
            std::thread::park();
        },
        Err(error) => {
            eprintln!("monitor: {error}");
            ExitCode::FAILURE
        }
    }
}
