//! The documents of one region, as the bytes that are signed.

use std::collections::BTreeMap;

use serde::Serialize;
use yuexiang_wire::{Channel, Channels, FORMAT, Programme, Region, Section};

use crate::live::{LineUp, SEGMENT_SECONDS};
use crate::pack::manifest::ChannelEntry;
use crate::pack::standard;
use crate::region::{Level, RegionCode};

/// Bodies by target name.
pub type Documents = BTreeMap<String, Vec<u8>>;

/// The name under which a channel is sent. Channels of different regions may have the same id.
pub fn live_name(region: RegionCode, channel: &str) -> String {
    format!("{region}-{channel}")
}

/// What a region says of itself. The province's carries the sections that every village has, before its own.
pub fn region(code: RegionCode, name: &str, sections: &[Section]) -> Vec<u8> {
    let mut all = if code.level() == Level::Province { standard() } else { Vec::new() };
    all.retain(|known| !sections.iter().any(|own| own.board == known.board && own.id == known.id));
    all.extend_from_slice(sections);
    json(&Region { format: FORMAT, code: code.to_string(), name: name.to_owned(), sections: all })
}

pub fn channels(code: RegionCode, entries: &[(ChannelEntry, LineUp)]) -> Vec<u8> {
    let channels = entries
        .iter()
        .map(|(entry, line_up)| Channel {
            id: entry.id.clone(),
            number: entry.number,
            name: entry.name.clone(),
            url: format!("/live/{}/index.m3u8", live_name(code, &entry.id)),
            loop_start: line_up.loop_start,
            programmes: line_up
                .programmes
                .iter()
                .map(|programme| Programme {
                    title: programme.title.clone(),
                    duration: (programme.segments.len() as i64 * SEGMENT_SECONDS) as u32,
                })
                .collect(),
        })
        .collect();
    json(&Channels { format: FORMAT, region: code.to_string(), channels })
}

pub fn json(document: &impl Serialize) -> Vec<u8> {
    // The wire types have string keys, so writing them to memory cannot fail.
    #[allow(clippy::expect_used)]
    serde_json::to_vec(document).expect("wire documents are plain data")
}
