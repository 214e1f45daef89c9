//! Reads the boxes of an ISO base media file (ISO 14496-12) before GStreamer does: whether the file is whole, whether
//! its media are in it, and what its index says of size and duration in different places.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::Refusal;

/// Bytes of an index; that of a day's recording has about fifty million.
const MOST_INDEX: u64 = 64 << 20;
/// A box has eight bytes at least, so a file of gigabytes could have hundreds of millions.
const MOST_BOXES: usize = 1_000_000;
/// Durations are rounded differently in different places.
const SECONDS_OF_GRACE: u64 = 2;

/// What the index declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movie {
    /// Every width and height that is declared for each video track: of the track and of its sample entries.
    pub sizes: Vec<Vec<(u32, u32)>>,
    /// The media lie in fragments, of which the index knows nothing.
    pub fragmented: bool,
}

/// What went wrong.
pub enum MovieError {
    Read(io::Error),
    Refused(Refusal),
}

impl From<io::Error> for MovieError {
    fn from(error: io::Error) -> MovieError {
        MovieError::Read(error)
    }
}

impl From<Refusal> for MovieError {
    fn from(refusal: Refusal) -> MovieError {
        MovieError::Refused(refusal)
    }
}

pub fn read(file: &mut File) -> Result<Movie, MovieError> {
    let length = file.metadata()?.len();
    let mut at = 0;
    let mut index = None;
    let mut fragmented = false;
    for _ in 0..MOST_BOXES {
        if at >= length {
            break;
        }
        let Some((kind, header, size)) = top_box(file, at, length)? else { break };
        if size < header || size > length - at {
            return Err(Refusal::VideoCutShort.into());
        }
        match &kind {
            b"moov" if index.is_none() => {
                if size > MOST_INDEX {
                    return Err(Refusal::Bomb("moov").into());
                }
                let mut bytes = vec![0; (size - header) as usize];
                file.seek(SeekFrom::Start(at + header))?;
                file.read_exact(&mut bytes)?;
                index = Some(bytes);
            }
            b"moof" => fragmented = true,
            _ => {}
        }
        at += size;
    }
    let index = index.ok_or(Refusal::NoIndex)?;
    let mut movie = Movie { fragmented, ..Movie::default() };
    read_index(&index, &mut movie)?;
    Ok(movie)
}

/// Type, length of the header, and whole length of the box at `at`. None for a few bytes at the end that are no box,
/// which some cameras leave there.
fn top_box(file: &mut File, at: u64, length: u64) -> io::Result<Option<([u8; 4], u64, u64)>> {
    let mut header = [0; 16];
    let available = (length - at).min(16) as usize;
    if available < 8 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut header[..available])?;
    let kind = [header[4], header[5], header[6], header[7]];
    let size = u64::from(u32_at(&header, 0).unwrap_or(0));
    Ok(Some(match size {
        0 => (kind, 8, length - at),
        // Without room for the long size the box is cut short, which a size beyond the file says.
        1 if available < 16 => (kind, 16, u64::MAX),
        1 => (kind, 16, u64_at(&header, 8).unwrap_or(u64::MAX)),
        _ => (kind, 8, size),
    }))
}

fn read_index(index: &[u8], movie: &mut Movie) -> Result<(), Refusal> {
    let mut whole = None;
    let mut tracks = Vec::new();
    for (kind, data) in Boxes(index) {
        match kind {
            // QuickTime's reference movies.
            b"rmra" => return Err(Refusal::ExternalReference),
            b"cmov" => return Err(Refusal::Bomb("cmov")),
            b"mvhd" => whole = seconds(data),
            b"trak" => tracks.push(Track::read(data)?),
            _ => {}
        }
    }
    let mut longest: Option<u64> = None;
    for track in tracks.iter().filter(|track| track.is_video) {
        let known = track.sizes.iter().copied().filter(|&(width, height)| width > 0 && height > 0);
        movie.sizes.push(known.collect());
        if let (Some(declared), Some(actual)) = (track.declared, track.samples)
            && actual > 0
        {
            agree(declared, actual)?;
            // An edit list shows a part of what is there, which is what trimming on a telephone makes.
            longest = longest.max(Some(actual).filter(|_| !track.edited));
        }
    }
    match (whole, longest) {
        (Some(declared), Some(actual)) if declared > 0 && actual > declared => agree(declared, actual),
        _ => Ok(()),
    }
}

/// Two durations in seconds that mean the same.
fn agree(declared: u64, actual: u64) -> Result<(), Refusal> {
    let tolerance = declared.max(actual) / 5 + SECONDS_OF_GRACE;
    if declared.abs_diff(actual) > tolerance { Err(Refusal::LyingDuration { declared, actual }) } else { Ok(()) }
}

#[derive(Default)]
struct Track {
    is_video: bool,
    sizes: Vec<(u32, u32)>,
    edited: bool,
    /// Seconds by the header.
    declared: Option<u64>,
    /// Seconds by the table of samples.
    samples: Option<u64>,
}

impl Track {
    fn read(track: &[u8]) -> Result<Track, Refusal> {
        let mut found = Track::default();
        let mut timescale = 0;
        for (kind, data) in Boxes(track) {
            match kind {
                // Width and height are the last two fields, in 16.16.
                b"tkhd" if data.len() >= 8 => {
                    let side = |from: usize| u32_at(data, data.len() - from).unwrap_or(0) >> 16;
                    found.sizes.push((side(8), side(4)));
                }
                b"edts" => found.edited = true,
                _ => {}
            }
        }
        for (kind, data) in child(track, b"mdia").map(Boxes).into_iter().flatten() {
            match kind {
                b"mdhd" => {
                    found.declared = seconds(data);
                    timescale = timescale_of(data);
                }
                b"hdlr" => found.is_video = data.get(8..12) == Some(b"vide"),
                b"minf" => found.read_media(data, timescale)?,
                _ => {}
            }
        }
        Ok(found)
    }

    fn read_media(&mut self, media: &[u8], timescale: u64) -> Result<(), Refusal> {
        let references = child(media, b"dinf").and_then(|information| child(information, b"dref"));
        // Version, flags and count come first. The flag says that the media are in this very file.
        for (_, entry) in references.and_then(|entries| entries.get(8..)).map(Boxes).into_iter().flatten() {
            if entry.get(3).is_none_or(|flags| flags & 1 == 0) {
                return Err(Refusal::ExternalReference);
            }
        }
        let Some(table) = child(media, b"stbl") else { return Ok(()) };
        let entries = child(table, b"stsd").and_then(|entries| entries.get(8..));
        for (format, entry) in entries.map(Boxes).into_iter().flatten() {
            if matches!(format, b"encv" | b"enca" | b"drmi" | b"drms") {
                return Err(Refusal::Encrypted);
            }
            if let (Some(width), Some(height)) = (u16_at(entry, 24), u16_at(entry, 26)) {
                self.sizes.push((width.into(), height.into()));
            }
        }
        // Pairs of a count and a duration.
        let pairs = child(table, b"stts").and_then(|pairs| pairs.get(8..)).unwrap_or_default();
        let ticks = pairs.chunks_exact(8).fold(0_u64, |sum, pair| {
            let of = |at| u64::from(u32_at(pair, at).unwrap_or(0));
            sum.saturating_add(of(0) * of(4))
        });
        self.samples = ticks.checked_div(timescale);
        Ok(())
    }
}

/// The children of a box. Ends at what is no box.
struct Boxes<'a>(&'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let size = u32_at(self.0, 0)? as usize;
        let kind = self.0.get(4..8)?.first_chunk()?;
        let (header, size) = match size {
            0 => (8, self.0.len()),
            1 => (16, usize::try_from(u64_at(self.0, 8)?).ok()?),
            _ => (8, size),
        };
        let data = self.0.get(header..size)?;
        self.0 = &self.0[size..];
        Some((kind, data))
    }
}

fn child<'a>(parent: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    Boxes(parent).find(|(found, _)| *found == kind).map(|(_, data)| data)
}

/// The duration in `mvhd` or `mdhd`; none when it is not known.
fn seconds(header: &[u8]) -> Option<u64> {
    let duration = match header.first()? {
        0 => u64::from(u32_at(header, 16)?),
        _ => u64_at(header, 24)?,
    };
    let unknown = duration == 0 || duration == u64::from(u32::MAX) || duration == u64::MAX;
    duration.checked_div(timescale_of(header)).filter(|_| !unknown)
}

fn timescale_of(header: &[u8]) -> u64 {
    let at = if header.first() == Some(&0) { 12 } else { 20 };
    u32_at(header, at).unwrap_or(0).into()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..at + 2)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..at + 4)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..at + 8)?.first_chunk()?))
}
