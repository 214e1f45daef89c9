//! Modes and screens.

use super::planes::{CRTC, properties};
use crate::device::{Connector, Mode};

pub(crate) fn mode(width: u32, height: u32, refresh: u32) -> Mode {
    Mode { width, height, refresh, interlaced: false, preferred: false, timing: None }
}

pub(crate) fn preferred(width: u32, height: u32, refresh: u32) -> Mode {
    Mode { preferred: true, ..mode(width, height, refresh) }
}

pub(crate) fn interlaced(width: u32, height: u32, refresh: u32) -> Mode {
    Mode { interlaced: true, ..mode(width, height, refresh) }
}

pub(crate) const CONNECTOR: u32 = 200;

pub(crate) fn screen(modes: &[Mode]) -> Connector {
    let name = "HDMI-A-1".to_owned();
    let properties = properties(&["CRTC_ID"]);
    Connector { id: CONNECTOR, name, hdmi: true, connected: true, modes: modes.to_vec(), crtcs: vec![CRTC], properties }
}

pub(crate) fn hd() -> Connector {
    screen(&[preferred(1280, 720, 60), mode(720, 576, 50)])
}

pub(crate) fn full_hd() -> Connector {
    screen(&[preferred(1920, 1080, 60), mode(1920, 1080, 50), mode(1280, 720, 60), interlaced(1920, 1080, 60)])
}

pub(crate) fn ultra_hd() -> Connector {
    screen(&[preferred(3840, 2160, 60), mode(3840, 2160, 30), mode(1920, 1080, 60), mode(1280, 720, 60)])
}

pub(crate) fn no_screen() -> Connector {
    Connector { connected: false, ..screen(&[]) }
}
