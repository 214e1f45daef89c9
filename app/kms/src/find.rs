//! Which card is used, and what the cards of this machine are, for a self-test.

use crate::OpenError;
use crate::card::Card;
use crate::device::Device;
use crate::setup::value;
use std::io;
use std::path::{Path, PathBuf};

const DEVICES: &str = "/dev/dri";

/// A card with a screen, else one that could have one.
pub(crate) fn find_card() -> Result<Card, OpenError> {
    let mut without_screen = None;
    let mut failure = OpenError::NoDevice;
    for path in paths() {
        match usable(&path) {
            Ok((card, true)) => return Ok(card),
            Ok((card, false)) => {
                without_screen.get_or_insert(card);
            }
            // The first failure tells more than that of a card which is only there to draw.
            Err(error) if matches!(failure, OpenError::NoDevice) => failure = error,
            Err(error) => tracing::debug!("{error}"),
        }
    }
    without_screen.ok_or(failure)
}

/// Opens one card.
pub(crate) fn open_card(path: &Path) -> Result<Card, OpenError> {
    usable(path).map(|(card, _)| card)
}

/// A card that can show something, and whether a screen is connected.
fn usable(path: &Path) -> Result<(Card, bool), OpenError> {
    let card = Card::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::PermissionDenied => OpenError::Permission { path: path.to_owned() },
        _ => OpenError::Device { path: path.to_owned(), what: "the device", source },
    })?;
    let error = |what| move |source| OpenError::Device { path: path.to_owned(), what, source };
    card.enable_atomic().map_err(|source| OpenError::NoAtomic { path: path.to_owned(), source })?;
    let connectors = card.connectors(true).map_err(error("its connectors"))?;
    if connectors.is_empty() || !card.has_dumb_buffers() {
        let reason = "it has no connectors or no buffers; it only draws".to_owned();
        return Err(OpenError::Refused { path: path.to_owned(), reason });
    }
    let connected = connectors.iter().any(|connector| connector.connected);
    Ok((card, connected))
}

/// In the order of their numbers.
fn paths() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(DEVICES).into_iter().flatten().flatten();
    let mut cards: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix("card")?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    cards.sort();
    cards.into_iter().map(|(_, path)| path).collect()
}

/// What a card of this machine is.
#[derive(Clone, Debug)]
pub struct CardReport {
    pub path: PathBuf,
    /// Name of the kernel's driver; empty if the card cannot be opened.
    pub driver: String,
    /// Why the card cannot be used, if it cannot.
    pub problem: Option<String>,
    pub connectors: Vec<ConnectorReport>,
    pub planes: Vec<PlaneReport>,
}

#[derive(Clone, Debug)]
pub struct ConnectorReport {
    /// Such as `HDMI-A-1`.
    pub name: String,
    pub connected: bool,
    /// Such as `1920×1080p60`; the screen's favourite has an asterisk.
    pub modes: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct PlaneReport {
    pub id: u32,
    pub primary: bool,
    /// FourCC codes of the formats it takes with linear memory.
    pub formats: Vec<String>,
    /// Height in the stack, and the range in which it can be changed. `None`: the driver does not say.
    pub zpos: Option<(u64, Option<(u64, u64)>)>,
}

/// Lists the cards of this machine without changing anything.
pub fn probe() -> Vec<CardReport> {
    paths().into_iter().map(report).collect()
}

fn report(path: PathBuf) -> CardReport {
    let (mut connectors, mut planes, mut driver) = (Vec::new(), Vec::new(), String::new());
    let problem = match usable(&path) {
        Err(error) => Some(error.to_string()),
        Ok((card, _)) => {
            driver = card.driver().unwrap_or_default();
            match (card.connectors(false), card.planes()) {
                (Ok(found), Ok(found_planes)) => {
                    connectors = found.iter().map(connector_report).collect();
                    planes = found_planes.iter().map(plane_report).collect();
                    None
                }
                (Err(error), _) | (_, Err(error)) => Some(format!("{}: {error}", card.path().display())),
            }
        }
    };
    CardReport { path, driver, problem, connectors, planes }
}

fn connector_report(connector: &crate::device::Connector) -> ConnectorReport {
    let modes = connector.modes.iter().map(|mode| format!("{mode}{}", if mode.preferred { "*" } else { "" }));
    ConnectorReport { name: connector.name.clone(), connected: connector.connected, modes: modes.collect() }
}

fn plane_report(plane: &crate::device::Plane) -> PlaneReport {
    let zpos = plane.properties.get("zpos");
    PlaneReport {
        id: plane.id,
        primary: plane.primary,
        formats: plane.formats.iter().map(|format| format.to_string()).collect(),
        zpos: value(&plane.properties, "zpos")
            .map(|value| (value, zpos.filter(|property| property.mutable).and_then(|property| property.range))),
    }
}
