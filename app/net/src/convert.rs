//! Wire documents → the core's types. Every bound is checked here, once: a signed document may be wrong, and what the
//! core holds is within its bounds by construction.

use crate::codec::{from_wire_board, from_wire_step};
use std::collections::BTreeSet;
use wire::limits;
use yuexiang_core::catalog::{
    Approval, Audience, Block, Board, Channel, Column, Content, Former, Item, ObjectRef, Picture, Programme,
    RegionInfo, Review, ReviewKey, Reviewer, Section, Sha256, Table, TableRow, Video,
};
use yuexiang_core::moves::Move;
use yuexiang_core::region::RegionCode;
use yuexiang_wire as wire;

/// Why something was refused, for the log.
pub(crate) type Reason = String;

/// 2000-01-01 and 2100-01-01, in Unix seconds: what lies outside is a mistake in the unit.
const EARLIEST: i64 = 946_684_800;
const LATEST: i64 = 4_102_444_800;
/// Bytes.
const THUMBNAIL_BYTES: u64 = 1 << 20;
const PICTURE_BYTES: u64 = 16 << 20;
const VIDEO_BYTES: u64 = 8 << 30;
/// Pixels along an edge: what the decoders take.
const EDGE: u32 = 8192;
/// Milliseconds: a day.
const VIDEO_DURATION: u64 = 86_400_000;
/// A free text that is one line on the screen.
const LINE: usize = 100;
/// One for each step.
const APPROVALS: usize = wire::Step::ALL.len();
/// Characters of a person's name for machines.
const PERSON: usize = 40;

pub(crate) fn region(document: wire::Region) -> Result<RegionInfo, Reason> {
    let code = document.code.parse().map_err(|error| format!("{error}"))?;
    let mut sections: Vec<Section> = Vec::new();
    for section in document.sections.into_iter().take(limits::SECTIONS) {
        let id = section.id.clone();
        match convert_section(section) {
            Ok(section) if sections.iter().any(|other| (other.board, &other.id) == (section.board, &section.id)) => {
                tracing::warn!(%code, section = id, "duplicate section ignored");
            }
            Ok(section) => sections.push(section),
            Err(reason) => tracing::warn!(%code, section = id, reason, "invalid section ignored"),
        }
    }
    Ok(RegionInfo { code, name: text("name", document.name, 1..=limits::NAME)?, sections })
}

fn convert_section(section: wire::Section) -> Result<Section, Reason> {
    Ok(Section {
        id: slug("id", section.id, 32)?,
        board: from_wire_board(section.board),
        name: text("name", section.name, 1..=limits::SHORT_NAME)?,
        name_en: text("name_en", section.name_en, 0..=limits::NAME)?,
        order: section.order,
    })
}

pub(crate) fn channels(document: wire::Channels) -> Vec<Channel> {
    let mut channels: Vec<Channel> = Vec::new();
    for channel in document.channels.into_iter().take(limits::CHANNELS) {
        let id = channel.id.clone();
        match convert_channel(channel) {
            Ok(channel) if channels.iter().any(|other| other.id == channel.id) => {
                tracing::warn!(region = document.region, channel = id, "duplicate channel ignored");
            }
            Ok(channel) => channels.push(channel),
            Err(reason) => tracing::warn!(region = document.region, channel = id, reason, "invalid channel ignored"),
        }
    }
    channels
}

fn convert_channel(channel: wire::Channel) -> Result<Channel, Reason> {
    let name = text("name", channel.name, 1..=limits::NAME)?;
    within("number", channel.number.into(), 1..=999)?;
    at_most("programmes", channel.programmes.len(), limits::PROGRAMMES)?;
    let programme = |programme: wire::Programme| {
        within("a programme's duration", programme.duration.into(), 1..=7 * 86_400)?;
        let title = text("a programme's title", programme.title, 0..=limits::TITLE)?;
        Ok(Programme { title, duration: programme.duration })
    };
    let mut programmes = channel.programmes.into_iter().map(programme).collect::<Result<Vec<_>, Reason>>()?;
    if programmes.is_empty() {
        // A schedule that repeats needs something to repeat.
        programmes.push(Programme { title: name.clone(), duration: 86_400 });
    }
    let url = playlist(&channel.url)
        .ok_or_else(|| format!("`{}` is neither an http(s) URL nor a path on the cloud", brief(&channel.url)))?;
    Ok(Channel {
        id: slug("id", channel.id, 32)?,
        number: channel.number,
        name,
        url,
        loop_start: time("loop_start", channel.loop_start)?,
        programmes,
    })
}

/// An absolute URL, or a path on the cloud. What is relative stays so: the box may have another cloud tomorrow.
fn playlist(url: &str) -> Option<String> {
    use reqwest::Url;
    if let Ok(absolute) = Url::parse(url) {
        return matches!(absolute.scheme(), "http" | "https").then(|| absolute.into());
    }
    // Where nothing lies: whatever leads away from it, up or to another host, is seen.
    let nowhere = Url::parse("http://cloud.invalid/cloud/").ok()?;
    let resolved = nowhere.join(url.strip_prefix('/').unwrap_or(url)).ok()?;
    let path = resolved.as_str().strip_prefix(nowhere.as_str())?;
    Some(format!("/{path}"))
}

/// Who reviews. A reviewer who breaks a bound is left out alone: what he approves then counts no more.
pub(crate) fn review(document: wire::Review) -> Result<Review, Reason> {
    within("reviews_below", document.reviews_below.into(), 1..=3)?;
    at_most("former", document.former.len(), limits::FORMER)?;
    let region = region_code(&document.region)?;
    let mut former: Vec<Former> = Vec::with_capacity(document.former.len());
    for one in document.former {
        let taken_over = region_code(&one.region)?;
        // It takes over others of its level; those above them are named for the reviewers that they had. What a box has
        // above it speaks for itself.
        if region.lineage().contains(&taken_over) || taken_over.level() > region.level() {
            tracing::warn!(%region, %taken_over, "a region cannot have taken this one over");
            continue;
        }
        former.push(Former { region: taken_over, reviewers: reviewers(&one.region, one.reviewers)? });
    }
    let reviewers = reviewers(&document.region, document.reviewers)?;
    Ok(Review { reviews_below: document.reviews_below, reviewers, former })
}

fn reviewers(region: &str, listed: Vec<wire::Reviewer>) -> Result<Vec<Reviewer>, Reason> {
    at_most("reviewers", listed.len(), limits::REVIEWERS)?;
    let mut reviewers: Vec<Reviewer> = Vec::with_capacity(listed.len());
    for reviewer in listed {
        let key = brief(&reviewer.key);
        match convert_reviewer(reviewer) {
            // Two persons with one key could not be told apart.
            Ok(reviewer)
                if reviewers.iter().any(|other| other.key == reviewer.key && other.person != reviewer.person) =>
            {
                tracing::warn!(region, key, person = reviewer.person, "duplicate reviewer key ignored");
            }
            Ok(reviewer) => reviewers.push(reviewer),
            Err(reason) => tracing::warn!(region, key, reason, "invalid reviewer ignored"),
        }
    }
    Ok(reviewers)
}

/// Whether it may be followed is for the core to say, which knows who signed it and where the box stands.
pub(crate) fn moved(document: wire::Moved) -> Result<Move, Reason> {
    at_most("below", document.below.len(), limits::MOVED)?;
    at_most("channels", document.channels.len(), limits::MOVED)?;
    let below = document.below.iter().map(|(from, to)| Ok((region_code(from)?, region_code(to)?)));
    let channels = document.channels.into_iter().map(|(from, to)| Ok((channel_key(from)?, channel_key(to)?)));
    Ok(Move {
        from: region_code(&document.from)?,
        to: region_code(&document.to)?,
        at: time("at", document.at)?,
        below: below.collect::<Result<_, Reason>>()?,
        channels: channels.collect::<Result<_, Reason>>()?,
    })
}

fn channel_key(key: String) -> Result<String, Reason> {
    let (region, id) = key.split_once('/').ok_or_else(|| format!("`{}` is no channel", brief(&key)))?;
    Ok(format!("{}/{}", region_code(region)?, slug("a channel", id.to_owned(), 32)?))
}

fn convert_reviewer(reviewer: wire::Reviewer) -> Result<Reviewer, Reason> {
    if reviewer.steps.is_empty() {
        return Err("it has no steps".to_owned());
    }
    Ok(Reviewer {
        key: review_key(&reviewer.key)?,
        person: slug("person", reviewer.person, PERSON)?,
        name: text("name", reviewer.name, 1..=limits::NAME)?,
        steps: reviewer.steps.into_iter().map(from_wire_step).collect(),
        from: reviewer.from,
        until: reviewer.until,
    })
}

/// Without its signature, which is for whoever takes the item in to check.
pub(crate) fn approval(approval: &wire::Approval) -> Result<Approval, Reason> {
    Ok(Approval {
        step: from_wire_step(approval.step),
        region: region_code(&approval.region)?,
        key: review_key(&approval.key)?,
        at: time("at", approval.at)?,
    })
}

fn review_key(text: &str) -> Result<ReviewKey, Reason> {
    // A public key is written as a hash is.
    let Sha256(key) = text.parse().map_err(|_| format!("`{}` is no key: 64 hexadecimal digits", brief(text)))?;
    Ok(ReviewKey(key))
}

fn region_code(code: &str) -> Result<RegionCode, Reason> {
    code.parse().map_err(|error| format!("{error}"))
}

/// Its regions lie within one of `around`, or are it.
fn audience(audience: wire::Audience, around: [RegionCode; 2]) -> Result<Audience, Reason> {
    let regions = |what: &str, codes: Vec<String>| {
        at_most(what, codes.len(), limits::AUDIENCE)?;
        let within = |code: &String| {
            let code = region_code(code)?;
            let inside = around.iter().any(|region| code.lineage().contains(region));
            if inside { Ok(code) } else { Err(format!("{what} names {code}, which is not within {}", around[0])) }
        };
        codes.iter().map(within).collect::<Result<Vec<_>, Reason>>()
    };
    Ok(Audience { only: regions("only", audience.only)?, except: regions("except", audience.except)? })
}

/// `approvals` are those whose signatures hold; the item's own are not looked at. An item that the region has taken over
/// from another one keeps its id; whether the region may is for the core to say.
pub(crate) fn item(
    item: wire::Item,
    region: RegionCode,
    board: Board,
    approvals: Vec<Approval>,
) -> Result<Item, Reason> {
    let origin = item.id.split_once('/').and_then(|(code, name)| Some((code.parse::<RegionCode>().ok()?, name)));
    // Of another level it would be an item of somebody above or below.
    let own = origin.filter(|(origin, _)| *origin == region || origin.level() == region.level());
    let (origin, name) = own.ok_or_else(|| format!("its id `{}` is none of {region}", brief(&item.id)))?;
    slug("id", name.to_owned(), 64)?;
    at_most("approvals", item.approvals.len(), APPROVALS)?;
    at_most("body", item.body.len(), limits::BLOCKS)?;
    within("priority", item.priority.into(), 0..=limits::PRIORITY.into())?;
    let item = Item {
        id: item.id,
        region,
        board,
        section: slug("section", item.section, 32)?,
        title: text("title", item.title, 1..=limits::TITLE)?,
        summary: text("summary", item.summary, 0..=limits::SUMMARY)?,
        publisher: text("publisher", item.publisher, 0..=limits::NAME)?,
        published: time("published", item.published)?,
        not_before: item.not_before.map(|start| time("not_before", start)).transpose()?,
        not_after: item.not_after.map(|end| time("not_after", end)).transpose()?,
        pinned: item.pinned,
        priority: item.priority,
        audience: item.audience.map(|named| audience(named, [region, origin])).transpose()?.unwrap_or_default(),
        author: slug("author", item.author, PERSON)?,
        approvals,
        cover: item.cover.map(picture).transpose()?,
        body: item.body.into_iter().map(block).collect::<Result<_, _>>()?,
        content: content(item.kind)?,
    };
    consistent_lengths(&item)?;
    Ok(item)
}

/// One hash cannot have two lengths.
fn consistent_lengths(item: &Item) -> Result<(), Reason> {
    let objects: BTreeSet<ObjectRef> = item.summarize().objects.iter().map(|needed| needed.object).collect();
    let hashes: BTreeSet<_> = objects.iter().map(|object| object.sha256).collect();
    if hashes.len() == objects.len() { Ok(()) } else { Err("one object has two lengths".to_owned()) }
}

fn content(kind: wire::Kind) -> Result<Content, Reason> {
    Ok(match kind {
        wire::Kind::Article => Content::Article,
        wire::Kind::Notice => Content::Notice,
        wire::Kind::Story { pictures: list } => Content::Story { pictures: pictures("pictures", list)? },
        wire::Kind::Video { video: it } => Content::Video { video: video(it)? },
        wire::Kind::Disclosure { table: it, receipts } => {
            Content::Disclosure { table: table(it)?, receipts: pictures("receipts", receipts)? }
        }
        wire::Kind::Activity { starts, ends, place, contact } => Content::Activity {
            starts: time("starts", starts)?,
            ends: ends.map(|ends| time("ends", ends)).transpose()?,
            place: text("place", place, 0..=LINE)?,
            contact: text("contact", contact, 0..=LINE)?,
        },
        wire::Kind::Product { price, unit, origin, seller, phone, order, pictures: list } => Content::Product {
            // Ten million yuan.
            price: within("price", price, 0..=1_000_000_000)?,
            unit: text("unit", unit, 0..=LINE)?,
            origin: text("origin", origin, 0..=LINE)?,
            seller: text("seller", seller, 0..=LINE)?,
            phone: text("phone", phone, 0..=LINE)?,
            order: order_uri(order)?,
            pictures: pictures("pictures", list)?,
        },
        wire::Kind::Spot { address, hours, phone, pictures: list } => Content::Spot {
            address: text("address", address, 0..=LINE)?,
            hours: text("hours", hours, 0..=LINE)?,
            phone: text("phone", phone, 0..=LINE)?,
            pictures: pictures("pictures", list)?,
        },
        wire::Kind::Job { employer, pay, place, headcount, phone } => Content::Job {
            employer: text("employer", employer, 0..=LINE)?,
            pay: text("pay", pay, 0..=LINE)?,
            place: text("place", place, 0..=LINE)?,
            headcount,
            phone: text("phone", phone, 0..=LINE)?,
        },
    })
}

/// What a telephone does with a QR code depends on its scheme: a page or a call, nothing else.
fn order_uri(order: String) -> Result<String, Reason> {
    let scheme = order.starts_with("https://") || order.starts_with("tel:");
    let plain = order.bytes().all(|byte| byte.is_ascii_graphic());
    if scheme && plain && order.len() <= limits::ORDER {
        Ok(order)
    } else {
        Err(format!("order `{}` is no https: or tel: URI", brief(&order)))
    }
}

fn block(block: wire::Block) -> Result<Block, Reason> {
    let prose = |content| text("a block of text", content, 0..=limits::BLOCK);
    Ok(match block {
        wire::Block::Heading { text } => Block::Heading(prose(text)?),
        wire::Block::Paragraph { text } => Block::Paragraph(prose(text)?),
        wire::Block::Entry { number, text } => Block::Entry { number, text: prose(text)? },
        wire::Block::Quote { text } => Block::Quote(prose(text)?),
        wire::Block::Figure { picture: figure } => Block::Figure(picture(figure)?),
    })
}

fn table(table: wire::Table) -> Result<Table, Reason> {
    let width = table.columns.len();
    within("columns", width as u64, 1..=limits::COLUMNS as u64)?;
    if wire::too_many_rows(&table.rows) {
        return Err(format!("rows has {} entries, {} and a total are allowed", table.rows.len(), limits::ROWS));
    }
    let column = |column: wire::Column| {
        Ok(Column { title: text("a column's title", column.title, 0..=limits::CELL)?, numeric: column.numeric })
    };
    let row = |row: wire::Row| {
        if row.cells.len() != width {
            return Err(format!("a row has {} cells, the table {width} columns", row.cells.len()));
        }
        let cell = |cell| text("a cell", cell, 0..=limits::CELL);
        Ok(TableRow { cells: row.cells.into_iter().map(cell).collect::<Result<_, Reason>>()?, total: row.total })
    };
    Ok(Table {
        columns: table.columns.into_iter().map(column).collect::<Result<_, Reason>>()?,
        rows: table.rows.into_iter().map(row).collect::<Result<_, _>>()?,
    })
}

fn pictures(what: &str, list: Vec<wire::Picture>) -> Result<Vec<Picture>, Reason> {
    at_most(what, list.len(), limits::PICTURES)?;
    list.into_iter().map(picture).collect()
}

fn picture(picture: wire::Picture) -> Result<Picture, Reason> {
    let thumbnail = picture.thumbnail;
    Ok(Picture {
        object: object("a picture", &picture.sha256, picture.length, PICTURE_BYTES)?,
        width: edge(picture.width)?,
        height: edge(picture.height)?,
        caption: text("a caption", picture.caption, 0..=limits::CAPTION)?,
        thumbnail: object("a thumbnail", &thumbnail.sha256, thumbnail.length, THUMBNAIL_BYTES)?,
    })
}

fn video(video: wire::Video) -> Result<Video, Reason> {
    Ok(Video {
        object: object("a video", &video.sha256, video.length, VIDEO_BYTES)?,
        width: edge(video.width)?,
        height: edge(video.height)?,
        duration: within("a video's duration", video.duration, 1..=VIDEO_DURATION)?,
        poster: picture(video.poster)?,
    })
}

fn object(what: &str, sha256: &str, length: u64, limit: u64) -> Result<ObjectRef, Reason> {
    let sha256 = sha256.parse().map_err(|error| format!("{what}: {error}"))?;
    Ok(ObjectRef { sha256, length: within(&format!("the length of {what}"), length, 1..=limit)? })
}

fn edge(pixels: u32) -> Result<u32, Reason> {
    within("an edge in pixels", pixels.into(), 1..=EDGE.into()).map(|_| pixels)
}

/// Characters, none of which moves the cursor or turns the writing direction around.
fn text(what: &str, text: String, length: std::ops::RangeInclusive<usize>) -> Result<String, Reason> {
    let count = text.chars().count();
    if !length.contains(&count) {
        return Err(format!("{what} has {count} characters, {} to {} are allowed", length.start(), length.end()));
    }
    let odd = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    match text.chars().find(|character| odd(*character)) {
        Some(character) => Err(format!("{what} contains {}", character.escape_unicode())),
        None => Ok(text),
    }
}

/// `[a-z0-9-]{1,longest}`
fn slug(what: &str, text: String, longest: usize) -> Result<String, Reason> {
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if plain && (1..=longest).contains(&text.len()) {
        Ok(text)
    } else {
        Err(format!("{what} `{}` is no name of 1 to {longest} of a-z, 0-9 and -", brief(&text)))
    }
}

fn time(what: &str, seconds: i64) -> Result<i64, Reason> {
    if (EARLIEST..LATEST).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(format!("{what} {seconds} lies outside 2000 to 2099"))
    }
}

fn within(what: &str, value: u64, range: std::ops::RangeInclusive<u64>) -> Result<u64, Reason> {
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(format!("{what} is {value}, {} to {} are allowed", range.start(), range.end()))
    }
}

fn at_most(what: &str, count: usize, limit: usize) -> Result<(), Reason> {
    if count <= limit { Ok(()) } else { Err(format!("{what} has {count} entries, {limit} are allowed")) }
}

fn brief(text: &str) -> String {
    text.chars().take(80).collect()
}
