//! Walks through a JPEG, PNG or TIFF file before any decoder sees it: its size, whether it is whole, and whether something in
//! it unpacks to more than it may. Needs a few kilobytes of memory, whatever the file says of itself.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;

use super::Refusal;

/// A picture of this many pixels takes 200 MB while it is decoded.
const MOST_PIXELS: u64 = 50_000_000;
/// No side is so long.
const SIDE: u32 = 30_000;
/// Bytes of a colour profile or of a text, unpacked.
const MOST_EXTRA: u64 = 4 << 20;
/// Bytes that careless encoders leave behind the last line.
const SLACK: u64 = 64 << 10;
/// A progressive JPEG has about ten; each one costs as much as decoding the whole picture.
const MOST_SCANS: usize = 100;

/// Checks the size that a picture claims.
pub fn check_size(width: u32, height: u32) -> Result<(), Refusal> {
    if width >= SIDE || height >= SIDE {
        Err(Refusal::Side { width, height })
    } else if u64::from(width) * u64::from(height) > MOST_PIXELS {
        Err(Refusal::Megapixels { width, height })
    } else {
        Ok(())
    }
}

/// Follows the markers of a JPEG (ITU-T T.81, annex B) to its end.
///
/// Whether the end mark is there must be looked at here: the decoder fills what is missing with grey, without a word.
/// The segments in front of the picture may hold a preview with an end mark of its own, so they are skipped.
pub fn jpeg(bytes: &[u8]) -> Result<(), Refusal> {
    let mut at = 2;
    let mut scans = 0;
    loop {
        // Any number of fill bytes may stand in front of a marker.
        while bytes.get(at) == Some(&0xFF) && bytes.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        let marker = match bytes.get(at..at + 2) {
            Some(&[0xFF, 0xD9]) => break,
            Some(&[0xFF, marker]) => marker,
            Some(_) => return Err(Refusal::PictureBroken("a marker is missing".to_owned())),
            None => return Err(Refusal::PictureCutShort),
        };
        let Some(&[high, low]) = bytes.get(at + 2..at + 4) else { return Err(Refusal::PictureCutShort) };
        let segment = at + 4;
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
        match marker {
            // Start of frame, of whatever kind: C4, C8 and CC are tables.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let Some(&[h1, h0, w1, w0]) = bytes.get(segment + 1..segment + 5) else {
                    return Err(Refusal::PictureCutShort);
                };
                check_size(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into())?;
            }
            0xDA => {
                scans += 1;
                if scans > MOST_SCANS {
                    return Err(Refusal::Bomb("SOS"));
                }
                at = end_of_scan(bytes, at).ok_or(Refusal::PictureCutShort)?;
            }
            _ => {}
        }
    }
    if scans == 0 { Err(Refusal::PictureCutShort) } else { Ok(()) }
}

/// The next marker that is neither a stuffed byte nor a restart.
fn end_of_scan(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let ends = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF);
    rest.windows(2).position(ends).map(|at| from + at)
}

/// Follows the chunks of a PNG (ISO 15948, 5) and unpacks every compressed part into nothing.
pub fn png(bytes: &[u8]) -> Result<(), Refusal> {
    let mut chunks = Chunks { rest: &bytes[8.min(bytes.len())..] };
    let header = match chunks.next() {
        Some((b"IHDR", data)) => Header::parse(data)?,
        _ => return Err(broken("it does not begin with its header")),
    };
    check_size(header.width, header.height)?;
    let pixels = Pixels { chunks: Chunks { rest: chunks.rest }, current: &[] };
    loop {
        match chunks.next() {
            None => return Err(broken("unexpected end of file")),
            Some((b"IEND", _)) => break,
            Some((b"acTL", _)) => return Err(Refusal::Animated("png")),
            Some((b"zTXt", data)) => check_extra("zTXt", after_name(data, 1))?,
            Some((b"iCCP", data)) => check_extra("iCCP", after_name(data, 1))?,
            Some((b"iTXt", data)) => check_international_text(data)?,
            Some(_) => {}
        }
    }
    let unpacked = unpack(pixels, header.raw_length() + SLACK);
    match unpacked {
        Unpacked::More => Err(Refusal::Bomb("IDAT")),
        Unpacked::Whole(length) if length < header.raw_length() => Err(Refusal::PictureCutShort),
        Unpacked::Whole(_) => Ok(()),
        Unpacked::Broken => Err(broken("the pixels cannot be unpacked")),
    }
}

/// Looks at the first directory of a TIFF (TIFF 6.0, section 2). Raw files of cameras are TIFF too, with a thumbnail where
/// the picture should be: they have pictures below the first one, or say that they are negatives.
pub fn tiff(bytes: &[u8]) -> Result<(), Refusal> {
    const SUB_DIRECTORIES: u16 = 330;
    const DNG_VERSION: u16 = 50_706;
    const PATTERN: u16 = 33_422;
    let big = bytes.first() == Some(&b'M');
    let short = |at: usize| -> Option<u16> {
        let pair = *bytes.get(at..)?.first_chunk()?;
        Some(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    let start = bytes
        .get(4..)
        .and_then(|rest| rest.first_chunk())
        .map(|four| if big { u32::from_be_bytes(*four) } else { u32::from_le_bytes(*four) });
    let start = start.ok_or(Refusal::PictureCutShort)? as usize;
    let count = short(start).ok_or(Refusal::PictureCutShort)?;
    for entry in 0..usize::from(count) {
        match short(start + 2 + entry * 12) {
            Some(SUB_DIRECTORIES | DNG_VERSION | PATTERN) => return Err(Refusal::PictureFormat("raw")),
            Some(_) => {}
            None => return Err(Refusal::PictureCutShort),
        }
    }
    Ok(())
}

struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Chunks<'a> {
    /// The type and the data of the next chunk; none at the end of the file.
    fn next(&mut self) -> Option<(&'a [u8; 4], &'a [u8])> {
        let (length, rest) = self.rest.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        // The checksum is the decoder's business; without it the chunk is not whole.
        self.rest = rest.get(4..)?;
        Some((kind, data))
    }
}

/// The data of all `IDAT` chunks, read as one.
struct Pixels<'a> {
    chunks: Chunks<'a>,
    current: &'a [u8],
}

impl Read for Pixels<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.next() {
                Some((b"IDAT", data)) => self.current = data,
                Some(_) => {}
                None => return Ok(0),
            }
        }
        self.current.read(buffer)
    }
}

struct Header {
    width: u32,
    height: u32,
    bits_per_pixel: u64,
    interlaced: bool,
}

impl Header {
    fn parse(data: &[u8]) -> Result<Header, Refusal> {
        let &[w3, w2, w1, w0, h3, h2, h1, h0, depth, colour, _, _, interlace] = data else {
            return Err(broken("its header is not one"));
        };
        let samples = match colour {
            0 | 3 => 1,
            2 => 3,
            4 => 2,
            6 => 4,
            _ => return Err(broken("it has a colour type that does not exist")),
        };
        Ok(Header {
            width: u32::from_be_bytes([w3, w2, w1, w0]),
            height: u32::from_be_bytes([h3, h2, h1, h0]),
            bits_per_pixel: samples * u64::from(depth.min(16)),
            interlaced: interlace == 1,
        })
    }

    /// Bytes of all lines, each with its filter in front (ISO 15948, 7.2), in the seven passes of Adam7 if so.
    fn raw_length(&self) -> u64 {
        const PASSES: [(u32, u32, u32, u32); 7] =
            [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        let passes = if self.interlaced { &PASSES[..] } else { &[(0, 0, 1, 1)] };
        let pass = |&(x, y, across, down): &(u32, u32, u32, u32)| {
            let columns = u64::from(self.width.saturating_sub(x).div_ceil(across));
            let lines = u64::from(self.height.saturating_sub(y).div_ceil(down));
            if columns == 0 { 0 } else { lines * (1 + (columns * self.bits_per_pixel).div_ceil(8)) }
        };
        passes.iter().map(pass).sum()
    }
}

/// The compressed part of a chunk that begins with a name, a zero, and `more` bytes.
fn after_name(data: &[u8], more: usize) -> &[u8] {
    let name = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    data.get(name + 1 + more..).unwrap_or_default()
}

/// Keyword, compression flag and method, language, translated keyword, text.
fn check_international_text(data: &[u8]) -> Result<(), Refusal> {
    match after_name(data, 0) {
        [1, _, rest @ ..] => check_extra("iTXt", after_name(after_name(rest, 0), 0)),
        _ => Ok(()),
    }
}

/// What is broken in here is not shown, so only its size matters.
fn check_extra(chunk: &'static str, compressed: &[u8]) -> Result<(), Refusal> {
    match unpack(compressed, MOST_EXTRA) {
        Unpacked::More => Err(Refusal::Bomb(chunk)),
        Unpacked::Whole(_) | Unpacked::Broken => Ok(()),
    }
}

enum Unpacked {
    Whole(u64),
    More,
    Broken,
}

fn unpack(compressed: impl Read, most: u64) -> Unpacked {
    match io::copy(&mut ZlibDecoder::new(compressed).take(most + 1), &mut io::sink()) {
        Ok(length) if length > most => Unpacked::More,
        Ok(length) => Unpacked::Whole(length),
        Err(_) => Unpacked::Broken,
    }
}

fn broken(detail: &str) -> Refusal {
    Refusal::PictureBroken(detail.to_owned())
}
