//! Writes the key map that an installer has taught.

use crate::device::Identity;
use crate::stroke::{Trigger, code_name};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use yuexiang_core::key::Key;

/// A file's name for a device, such as `learned-gpio-ir-recv-0001-0001`: learning again replaces what was learned.
pub(crate) fn name(device: &Identity) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { ' ' };
    let words: String = device.name.chars().map(plain).collect();
    let words: Vec<&str> = words.split_whitespace().take(6).collect();
    let words = if words.is_empty() { "remote".to_owned() } else { words.join("-") };
    format!("learned-{words}-{:04x}-{:04x}", device.vendor, device.product)
}

/// Not by its socket: a remote may be plugged in elsewhere tomorrow. Keys that were not taught keep what the generic
/// key map says.
pub(crate) fn render(device: &Identity, learned: &[(Key, Trigger)]) -> String {
    // Names come from the device, so they are quoted as TOML wants it.
    let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text =
        format!("title = {}\nextends = \"generic\"\n\n[match]\n", quote(&format!("Learned: {}", device.name)));
    if device.name.is_empty() {
        let _ = writeln!(text, "phys = {}", quote(&device.phys));
    } else {
        let _ = writeln!(text, "name = {}", quote(&device.name));
    }
    let _ = writeln!(text, "id = \"{:04x}:{:04x}\"", device.vendor, device.product);
    let mut codes: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    let mut scans: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for (key, trigger) in learned {
        match trigger {
            Trigger::Scan(scan) => scans.entry(*key).or_default().push(format!("{scan:#x}")),
            Trigger::Code(code) => {
                let code = code_name(*code).map_or_else(|| code.to_string(), |name| quote(&name));
                codes.entry(*key).or_default().push(code);
            }
        }
    }
    for (table, keys) in [("scancodes", scans), ("keys", codes)] {
        if !keys.is_empty() {
            let _ = writeln!(text, "\n[{table}]");
        }
        for (key, triggers) in keys {
            let _ = writeln!(text, "{} = [{}]", key.name(), triggers.join(", "));
        }
    }
    text
}

/// Whole or not at all, whenever the power goes: written beside, synced, renamed, and the folder synced.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{name}.toml"));
    // No `.toml`: a file left by a power cut is not read as a key map.
    let unfinished = folder.join(format!(".{name}.unfinished"));
    let mut file = File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, &path)?;
    File::open(folder)?.sync_all()?;
    Ok(path)
}
