//! CRTCs and planes.

use crate::device::{Crtc, Plane, Properties, Property};
use drm::buffer::DrmFourcc;

pub(crate) const CRTC: u32 = 100;

pub(crate) const TRUE_COLOUR: [DrmFourcc; 2] = [DrmFourcc::Xrgb8888, DrmFourcc::Argb8888];
pub(crate) const XRGB_ONLY: [DrmFourcc; 1] = [DrmFourcc::Xrgb8888];
pub(crate) const NV12_ONLY: [DrmFourcc; 1] = [DrmFourcc::Nv12];

const NAMES: [&str; 19] = [
    "FB_ID",
    "CRTC_ID",
    "SRC_X",
    "SRC_Y",
    "SRC_W",
    "SRC_H",
    "CRTC_X",
    "CRTC_Y",
    "CRTC_W",
    "CRTC_H",
    "alpha",
    "pixel blend mode",
    "COLOR_ENCODING",
    "COLOR_RANGE",
    "zpos",
    "MODE_ID",
    "ACTIVE",
    "type",
    "rotation",
];

/// As in the kernel, a property has the same number in all objects.
pub(crate) fn property_id(name: &str) -> u32 {
    let index = NAMES.iter().position(|known| *known == name).expect("a known property");
    u32::try_from(index).expect("a small number") + 1
}

pub(crate) fn properties(names: &[&str]) -> Properties {
    let choices: &[(&str, &[&str])] = &[
        ("pixel blend mode", &["None", "Pre-multiplied", "Coverage"]),
        ("COLOR_ENCODING", &["ITU-R BT.601 YCbCr", "ITU-R BT.709 YCbCr"]),
        ("COLOR_RANGE", &["YCbCr limited range", "YCbCr full range"]),
    ];
    let property = |name: &&str| {
        let named = choices.iter().find(|(known, _)| known == name).map_or(&[][..], |(_, choices)| choices);
        let choices = named.iter().zip(0..).map(|(choice, value)| ((*choice).to_owned(), value)).collect();
        let range = (*name == "alpha").then_some((0, 0xffff));
        ((*name).to_owned(), Property { id: property_id(name), value: 0, mutable: true, range, choices })
    };
    names.iter().map(property).collect()
}

fn plane(id: u32, primary: bool, formats: &[DrmFourcc]) -> Plane {
    Plane { id, primary, crtcs: vec![CRTC], formats: formats.to_vec(), properties: properties(&NAMES[..14]) }
}

pub(crate) fn primary(id: u32, formats: &[DrmFourcc]) -> Plane {
    plane(id, true, formats)
}

pub(crate) fn overlay(id: u32, formats: &[DrmFourcc]) -> Plane {
    plane(id, false, formats)
}

pub(crate) fn with_zpos(mut plane: Plane, value: u64, range: Option<(u64, u64)>) -> Plane {
    let property = Property { id: property_id("zpos"), value, mutable: range.is_some(), range, choices: Vec::new() };
    plane.properties.insert("zpos".to_owned(), property);
    plane
}

pub(crate) fn crtc(id: u32) -> Crtc {
    Crtc { id, properties: properties(&["MODE_ID", "ACTIVE"]) }
}

/// Of a usual box: the UI's plane 1 lies above plane 2, which takes video.
pub(crate) fn of_a_box() -> Vec<Plane> {
    vec![with_zpos(primary(1, &TRUE_COLOUR), 1, None), with_zpos(overlay(2, &NV12_ONLY), 0, None)]
}
