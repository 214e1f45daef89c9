//! `pack.toml`: the region, who reviewed, sections and channels.

use std::collections::HashSet;

use yuexiang_console::messages::pack::Flaw;
use yuexiang_wire::{Board, Section, limits};

use super::fields::{At, Fields, Source};
use super::problem::{Place, Problems};
use crate::divisions::Divisions;
use crate::region::RegionCode;

pub const FILE: &str = "pack.toml";
/// The version of the pack format.
const FORMAT: u32 = 1;

/// What `pack.toml` says, checked.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub region: RegionCode,
    pub region_place: Place,
    pub name: String,
    pub publisher: Option<String>,
    /// Who passed first, second and final review.
    pub reviewed_by: Vec<String>,
    pub sections: Vec<Section>,
    pub channels: Vec<ChannelEntry>,
    /// What it says of these is wrong, and has been refused: items that need them are not refused once more.
    pub wrong_publisher: bool,
    pub wrong_sections: bool,
}

#[derive(Clone, Debug)]
pub struct ChannelEntry {
    pub id: String,
    pub number: u16,
    pub name: String,
    pub programmes: Vec<ProgrammeEntry>,
}

#[derive(Clone, Debug)]
pub struct ProgrammeEntry {
    pub title: String,
    /// A path relative to the pack.
    pub video: At<String>,
}

pub fn read(source: Source<'_>, problems: &Problems) -> Option<Manifest> {
    let mut fields = Fields::parse(source, problems)?;
    fields.number("format", FORMAT..=FORMAT);
    let region = region(&mut fields, problems);
    let named = fields.has("publisher");
    let publisher = fields.optional_text("publisher", 1..=limits::NAME).map(|text| text.value);
    let reviewed_by = review(&mut fields, problems);
    let before = problems.len();
    let sections = sections(&mut fields, problems);
    let wrong_sections = problems.len() > before;
    let channels = channels(&mut fields, problems);
    fields.finish("a pack");
    let (region, name) = region?;
    Some(Manifest {
        region: region.value,
        region_place: region.place,
        name,
        wrong_publisher: named && publisher.is_none(),
        wrong_sections,
        publisher,
        reviewed_by: reviewed_by?,
        sections,
        channels,
    })
}

fn region(fields: &mut Fields<'_>, problems: &Problems) -> Option<(At<RegionCode>, String)> {
    let named = fields.has("name");
    let name = fields.optional_text("name", 1..=limits::NAME);
    let text = fields.text("region", 12..=12)?;
    let code: RegionCode = match text.value.parse() {
        Ok(code) => code,
        Err(_) => return problems.none(&text.place, Flaw::NoRegion { code: text.value }),
    };
    if !code.is_in(RegionCode::GUANGDONG) {
        return problems.none(&text.place, Flaw::NotInProvince { region: code.to_string() });
    }
    let region = At { place: text.place, value: code };
    match (Divisions::current().name(code), name) {
        (Some(known), Some(name)) if name.value != known => {
            let (region, known) = (code.to_string(), known.to_owned());
            problems.none(&name.place, Flaw::OtherName { region, known, name: name.value })
        }
        (Some(known), _) => Some((region, known.to_owned())),
        (None, Some(name)) => Some((region, name.value)),
        // Of a name that cannot be shown enough has been said.
        (None, None) if named => None,
        (None, None) => problems.none(&region.place, Flaw::NoName { region: code.to_string() }),
    }
}

fn review(fields: &mut Fields<'_>, problems: &Problems) -> Option<Vec<String>> {
    let place = fields.place().clone();
    let given = fields.has("review");
    let Some(mut review) = fields.optional_table("review") else {
        if given {
            return None;
        }
        return problems.none(&place, Flaw::NoReview);
    };
    let names = ["first", "second", "final"].map(|step| review.text(step, 1..=limits::NAME));
    review.finish("[review]");
    if let [Some(first), Some(second), Some(last)] = &names
        && (first.value == second.value || first.value == last.value || second.value == last.value)
    {
        problems.add(&place, Flaw::SameReviewer);
    }
    names.into_iter().map(|name| name.map(|name| name.value)).collect()
}

fn sections(fields: &mut Fields<'_>, problems: &Problems) -> Vec<Section> {
    let mut seen = HashSet::new();
    let mut sections = Vec::new();
    for mut entry in fields.tables("section") {
        let id = identifier(&mut entry, 32, problems);
        let board = board(&mut entry, problems);
        let name = entry.text("name", 1..=limits::SHORT_NAME);
        let name_en = entry.optional_text("name_en", 0..=limits::NAME).map_or_else(String::new, |text| text.value);
        let order = entry.number("order", 0..=u32::from(u16::MAX));
        let place = entry.place().clone();
        entry.finish("a section");
        let (Some(id), Some(board), Some(name), Some(order)) = (id, board, name, order) else { continue };
        if !seen.insert((board, id.value.clone())) {
            let (board, id_twice) = (board.slug().to_owned(), id.value.clone());
            problems.add(&id.place, Flaw::TwiceSection { board, id: id_twice });
        }
        if sections.len() == limits::SECTIONS {
            problems.add(&place, Flaw::TooManySections { most: limits::SECTIONS });
        }
        sections.push(Section { id: id.value, board, name: name.value, name_en, order: order.value as u16 });
    }
    sections
}

fn channels(fields: &mut Fields<'_>, problems: &Problems) -> Vec<ChannelEntry> {
    let mut channels: Vec<ChannelEntry> = Vec::new();
    for mut entry in fields.tables("channel") {
        let id = identifier(&mut entry, 32, problems);
        let number = entry.number("number", 1..=999);
        let name = entry.text("name", 1..=limits::SHORT_NAME);
        let programmes = programmes(&mut entry, problems);
        let place = entry.place().clone();
        entry.finish("a channel");
        let (Some(id), Some(number), Some(name)) = (id, number, name) else { continue };
        if channels.iter().any(|other| other.id == id.value) {
            problems.add(&id.place, Flaw::TwiceChannel { id: id.value.clone() });
        }
        if channels.iter().any(|other| u32::from(other.number) == number.value) {
            problems.add(&number.place, Flaw::TwiceNumber { number: number.value });
        }
        if channels.len() == limits::CHANNELS {
            problems.add(&place, Flaw::TooManyChannels { most: limits::CHANNELS });
        }
        channels.push(ChannelEntry { id: id.value, number: number.value as u16, name: name.value, programmes });
    }
    channels
}

fn programmes(channel: &mut Fields<'_>, problems: &Problems) -> Vec<ProgrammeEntry> {
    let before = problems.len();
    let mut programmes = Vec::new();
    for mut entry in channel.tables("programme") {
        let title = entry.text("title", 1..=limits::TITLE);
        let video = entry.text("video", 1..=500);
        entry.finish("a programme");
        if let (Some(title), Some(video)) = (title, video) {
            programmes.push(ProgrammeEntry { title: title.value, video });
        }
    }
    let none = programmes.is_empty() && problems.len() == before;
    if none || programmes.len() > limits::PROGRAMMES {
        problems.add(channel.place(), Flaw::Programmes { most: limits::PROGRAMMES });
    }
    programmes
}

/// An `id` of `[a-z0-9-]`.
fn identifier(fields: &mut Fields<'_>, longest: usize, problems: &Problems) -> Option<At<String>> {
    let id = fields.text("id", 1..=longest)?;
    if is_slug(&id.value, longest) {
        return Some(id);
    }
    problems.none(&id.place, Flaw::NoId { id: id.value.clone(), most: longest })
}

pub fn is_slug(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

pub fn board(fields: &mut Fields<'_>, problems: &Problems) -> Option<Board> {
    let text = fields.text("board", 1..=32)?;
    match Board::named(&text.value) {
        Some(board) => Some(board),
        None => problems.none(&text.place, Flaw::NoBoard { board: text.value }),
    }
}
