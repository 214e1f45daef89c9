//! Content packs: a folder that holds everything one region publishes. The format is described in `docs/PACK.md`.
//!
//! A pack is read twice with the same code. The first time a desk that only looks (`media::Inventory`) stands in for
//! the media, so that every mistake is named before anything expensive begins; the second time the desk hands out what
//! was prepared.

use std::path::{Component, Path, PathBuf};

use yuexiang_console::messages::pack::Flaw;
use yuexiang_wire::{Board, Item, Picture, Video};

use crate::media::Clip;

mod fields;
mod item;
pub mod manifest;
mod markdown;
pub mod problem;
mod sections;
mod table;

pub use fields::{At, CHINA, YEARS, is_invisible};
pub use manifest::Manifest;
pub use markdown::blocks;
pub use problem::{Place, Problem, Problems};
pub use sections::{Sections, standard};
pub use table::{FIGURE, torn_figure};

/// A text file of a pack must fit into memory many times over.
const LONGEST_TEXT: u64 = 1 << 20;

/// Gives the media that a pack names, or notes why it cannot.
pub trait Desk {
    fn picture(&mut self, at: &Place, source: &PictureSource, problems: &Problems) -> Option<Picture>;
    fn video(&mut self, at: &Place, file: &Path, problems: &Problems) -> Option<Video>;
    fn clip(&mut self, at: &Place, file: &Path, problems: &Problems) -> Option<Clip>;
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PictureSource {
    pub file: PathBuf,
    pub crop: Option<Crop>,
}

/// A rectangle in pixels of the upright picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Crop {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// The folder of a pack, and the names of its files as they appear in messages.
#[derive(Debug)]
pub struct PackFolder {
    /// As the user named it.
    shown: PathBuf,
    /// Without links, so that what lies inside can be told from what does not.
    real: PathBuf,
}

/// The texts of a pack, read but not yet understood beyond `pack.toml`.
#[derive(Debug)]
pub struct Pack {
    pub folder: PackFolder,
    pub manifest: Manifest,
    /// Name without `.md`, place and text, in the order of names.
    items: Vec<(String, Place, String)>,
}

/// Everything a pack publishes, apart from the region itself.
#[derive(Debug)]
pub struct Contents {
    pub items: Vec<(Board, Item)>,
    /// The clips of each channel of the manifest, in its order.
    pub clips: Vec<Vec<Clip>>,
}

impl Pack {
    pub fn read(folder: &Path, problems: &Problems) -> Option<Pack> {
        let shown = folder.to_owned();
        let here = Place::file(&shown.display().to_string());
        let real = match folder.canonicalize() {
            Ok(real) if real.is_dir() => real,
            Ok(_) => return problems.none(&here, Flaw::NoFolder),
            Err(error) => return problems.none(&here, unreadable(&here.file, &error)),
        };
        let folder = PackFolder { shown, real };
        let place = folder.place(Path::new(manifest::FILE));
        let text = folder.read_text(manifest::FILE, &place, problems);
        let manifest =
            text.and_then(|text| manifest::read(fields::Source { file: &place, text: &text, first_line: 1 }, problems));
        let items = folder.items(problems);
        Some(Pack { manifest: manifest?, items, folder })
    }

    /// Reads every item and channel, asking `desk` for the media.
    pub fn contents(&self, sections: &Sections, desk: &mut dyn Desk, problems: &Problems) -> Contents {
        let context = item::Context { folder: &self.folder, manifest: &self.manifest, sections, problems };
        let items =
            self.items.iter().filter_map(|(slug, place, text)| item::read(&context, slug, text, place, desk)).collect();
        let mut clips = Vec::new();
        for channel in &self.manifest.channels {
            let videos = channel.programmes.iter().map(|programme| &programme.video);
            clips.push(
                videos
                    .filter_map(|video| {
                        let file = self.folder.resolve(video, problems)?;
                        desk.clip(&video.place, &file, problems)
                    })
                    .collect(),
            );
        }
        Contents { items, clips }
    }
}

impl PackFolder {
    fn place(&self, file: &Path) -> Place {
        Place::file(&self.shown.join(file).display().to_string())
    }

    /// The file that a path of the pack names. A pack comes from elsewhere: a path must not lead out of it.
    pub fn resolve(&self, path: &At<String>, problems: &Problems) -> Option<PathBuf> {
        let named = Path::new(&path.value);
        let inside = named.components().all(|part| matches!(part, Component::Normal(_)));
        if !inside || path.value.contains('\\') {
            return problems.none(&path.place, Flaw::Outside { path: path.value.clone() });
        }
        match self.real.join(named).canonicalize() {
            Ok(real) if !real.starts_with(&self.real) => {
                problems.none(&path.place, Flaw::LinkOutside { path: path.value.clone() })
            }
            Ok(real) if !real.is_file() => problems.none(&path.place, Flaw::NoFile { path: path.value.clone() }),
            Ok(real) => Some(real),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                problems.none(&path.place, Flaw::Missing { path: path.value.clone() })
            }
            Err(error) => problems.none(&path.place, unreadable(&path.value, &error)),
        }
    }

    fn items(&self, problems: &Problems) -> Vec<(String, Place, String)> {
        let entries = match std::fs::read_dir(self.real.join("items")) {
            Ok(entries) => entries,
            // A pack of channels or sections alone has no items.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                problems.add(&self.place(Path::new("items")), unreadable("items", &error));
                return Vec::new();
            }
        };
        let mut names: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
        names.sort();
        names
            .into_iter()
            .filter_map(|name| {
                let file = Path::new("items").join(&name);
                let place = self.place(&file);
                let name = name.to_string_lossy();
                // What file managers leave behind, such as .DS_Store.
                if name.starts_with('.') {
                    return None;
                }
                let Some(slug) = name.strip_suffix(".md").filter(|slug| manifest::is_slug(slug, 64)) else {
                    return problems.none(&place, Flaw::ItemName);
                };
                let text = self.read_text(&file.to_string_lossy(), &place, problems)?;
                Some((slug.to_owned(), place, text))
            })
            .collect()
    }

    fn read_text(&self, file: &str, place: &Place, problems: &Problems) -> Option<String> {
        let path = self.resolve(&At { place: place.clone(), value: file.to_owned() }, problems)?;
        match path.metadata() {
            Ok(metadata) if metadata.len() > LONGEST_TEXT => {
                return problems.none(place, Flaw::LargeText);
            }
            Ok(_) => {}
            Err(error) => return problems.none(place, unreadable(file, &error)),
        }
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => return problems.none(place, unreadable(file, &error)),
        };
        match String::from_utf8(bytes) {
            // An editor on Windows may have put a byte order mark in front.
            Ok(text) => Some(text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text)),
            Err(error) => {
                let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
                problems.none(&place.line(line + 1), Flaw::Encoding)
            }
        }
    }
}

fn unreadable(what: &str, error: &std::io::Error) -> Flaw {
    Flaw::Unreadable { what: what.to_owned(), why: error.to_string() }
}

/// The calendar date of a moment in China.
pub fn china_date(unix_seconds: i64) -> jiff::civil::Date {
    let timestamp = jiff::Timestamp::from_second(unix_seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    CHINA.to_datetime(timestamp).date()
}
