//! What a self-test shows of the input devices.

use crate::device::{Evdev, Identity, Opener};
use crate::folder::Folder;
use crate::keymap::KeyMaps;
use crate::remote::{OpenError, Options};
use std::io;
use std::path::PathBuf;

/// An input device, and what would be done with it.
#[derive(Debug)]
pub struct Probed {
    pub path: PathBuf,
    /// The error says why the device cannot be used, such as a lack of permission.
    pub device: io::Result<Identity>,
    /// The key map that fits, if the device is followed at all.
    pub keymap: Option<String>,
    /// How many of our keys it has a code for. Receivers may send more through scancodes.
    pub keys: usize,
}

/// Opens every device for a moment.
pub fn probe(options: &Options) -> Result<Vec<Probed>, OpenError> {
    probe_with(options, &Evdev)
}

/// As [`probe`], with devices other than the kernel's.
pub fn probe_with(options: &Options, opener: &dyn Opener) -> Result<Vec<Probed>, OpenError> {
    let (keymaps, _) = KeyMaps::load(&options.keymaps);
    let folder =
        Folder::open(&options.devices).map_err(|source| OpenError::Watch { path: options.devices.clone(), source })?;
    let look = |name: &String| {
        let path = folder.path(name);
        let device = opener.open(&path).map(|device| device.identity().clone());
        let found = device.as_ref().ok().and_then(|device| Some((device, keymaps.select(device)?)));
        let found = found.filter(|(device, keymap)| keymap.fits(device));
        let keys = found.map_or(0, |(device, keymap)| keymap.keys_of(device));
        let keymap = found.map(|(_, keymap)| keymap.name.clone());
        Probed { path, device, keymap, keys }
    };
    Ok(folder.names().iter().map(look).collect())
}
