//! All key maps of a box, and which of them a device gets.

use super::parse::{Parsed, Source};
use super::{KeyMap, KeyMapError};
use crate::device::Identity;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const GENERIC: &str = include_str!("../../../../assets/keymaps/generic.toml");

#[derive(Clone, Debug)]
pub struct KeyMaps {
    /// Best first; the last one fits every device.
    maps: Vec<Arc<KeyMap>>,
}

/// A key map and the folder that it came from; later folders go before earlier ones.
type Loaded = BTreeMap<String, (KeyMap, usize)>;

impl KeyMaps {
    /// Reads `*.toml` of the folders. A file of a later folder takes the place of one with the same name in an earlier
    /// folder, so a site's folder stands after the shipped one. A folder that does not exist is an empty one.
    ///
    /// Broken files are left out and reported: one bad file must not leave a village without remote controls. The
    /// generic key map is part of the program and is there in any case.
    pub fn load(folders: &[PathBuf]) -> (KeyMaps, Vec<KeyMapError>) {
        let mut errors = Vec::new();
        let mut loaded = Loaded::new();
        let built_in = [(PathBuf::from("generic.toml"), GENERIC.to_owned())];
        add(0, &built_in, &mut loaded, &mut errors);
        for (number, folder) in folders.iter().enumerate() {
            add(number + 1, &read_folder(folder, &mut errors), &mut loaded, &mut errors);
        }
        let mut maps: Vec<(KeyMap, usize)> = loaded.into_values().collect();
        maps.sort_by_key(|(map, folder)| {
            let precision = map.matches.precision();
            (Reverse(precision.min(1)), Reverse(*folder), Reverse(precision), map.name.clone())
        });
        (KeyMaps { maps: maps.into_iter().map(|(map, _)| Arc::new(map)).collect() }, errors)
    }

    /// The key map for a device: one that names devices goes before one for all, a site's before a shipped one, the one
    /// that asks for more before the one that asks for less, then the first by name.
    pub fn select(&self, device: &Identity) -> Option<&Arc<KeyMap>> {
        self.maps.iter().find(|map| map.matches.fits(device))
    }

    pub fn iter(&self) -> impl Iterator<Item = &KeyMap> {
        self.maps.iter().map(AsRef::as_ref)
    }
}

fn read_folder(folder: &Path, errors: &mut Vec<KeyMapError>) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return files,
        Err(source) => {
            errors.push(KeyMapError::Read { path: folder.to_owned(), source });
            return files;
        }
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    for path in paths {
        match fs::read_to_string(&path) {
            Ok(text) => files.push((path, text)),
            Err(source) => errors.push(KeyMapError::Read { path, source }),
        }
    }
    files
}

/// Adds the files of one folder; what they extend lies in the same folder or in an earlier one.
fn add(folder: usize, files: &[(PathBuf, String)], loaded: &mut Loaded, errors: &mut Vec<KeyMapError>) {
    let mut waiting: Vec<(Source, Parsed)> = Vec::new();
    for (path, text) in files {
        let source = Source { path, text };
        match source.parse() {
            Ok(parsed) => waiting.push((source, parsed)),
            Err(error) => errors.push(error),
        }
    }
    // Each round takes what extends nothing that still waits; what remains when a round takes nothing runs in a circle.
    loop {
        let names: Vec<String> = waiting.iter().map(|(_, parsed)| parsed.keymap.name.clone()).collect();
        let must_wait = |parsed: &Parsed| {
            let base = parsed.extends.as_ref().map(|(base, _)| base);
            base.is_some_and(|base| *base != parsed.keymap.name && names.contains(base))
        };
        let (later, ready): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, parsed)| must_wait(parsed));
        waiting = later;
        if ready.is_empty() {
            break;
        }
        for (source, parsed) in ready {
            match complete(&source, parsed, loaded) {
                Ok(map) => {
                    loaded.insert(map.name.clone(), (map, folder));
                }
                Err(error) => errors.push(error),
            }
        }
    }
    for (source, parsed) in waiting {
        let (_, span) = parsed.extends.unwrap_or_default();
        errors.push(source.wrong(span, "extends a key map that extends this one"));
    }
}

fn complete(source: &Source, parsed: Parsed, loaded: &Loaded) -> Result<KeyMap, KeyMapError> {
    let Parsed { mut keymap, extends } = parsed;
    if let Some((base, span)) = extends {
        let (base, _) = loaded.get(&base).ok_or_else(|| source.wrong(span, "there is no such key map to extend"))?;
        for (trigger, key) in &base.bindings {
            keymap.bindings.entry(*trigger).or_insert(*key);
        }
    }
    Ok(keymap)
}
