//! What a file is, by its first bytes and never by its name.
//!
//! Accepting is strict: a picture has the signature of a format in the list, a video that of a container. Refusing is
//! generous: whatever else can be recognised is refused by what it is, so that an editor knows what to do.

use super::Refusal;

/// Bytes that are looked at.
pub const HEAD: usize = 64 << 10;
/// Where an SVG drawing or a PDF may begin at the latest; both allow something in front.
const TEXT: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    Tiff,
    /// HEIC or AVIF.
    Heif,
    Video(Container),
}

/// What a video may be wrapped in. All of them carry their streams in themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// MP4, QuickTime, 3GP.
    IsoMedia,
    /// Also WebM.
    Matroska,
    TransportStream,
    ProgramStream,
    Avi,
    Asf,
    Flash,
    Mxf,
    Ogg,
}

impl Container {
    /// The one GStreamer element that may open it.
    pub fn demuxer(self) -> &'static str {
        match self {
            Container::IsoMedia => "qtdemux",
            Container::Matroska => "matroskademux",
            Container::TransportStream => "tsdemux",
            Container::ProgramStream => "mpegpsdemux",
            Container::Avi => "avidemux",
            Container::Asf => "asfdemux",
            Container::Flash => "flvdemux",
            Container::Mxf => "mxfdemux",
            Container::Ogg => "oggdemux",
        }
    }

    /// Whether the duration is written down. The others' is estimated from the bit rate.
    pub fn declares_duration(self) -> bool {
        matches!(self, Container::IsoMedia | Container::Matroska | Container::Avi | Container::Asf | Container::Mxf)
    }
}

/// Judges the first [`HEAD`] bytes of a file, or all of them when there are less.
pub fn sniff(head: &[u8]) -> Result<Found, Refusal> {
    if head.is_empty() {
        return Err(Refusal::Empty);
    }
    if let Some(found) = signature(head) {
        return found;
    }
    if let Some(text) = text_of(head) {
        return Err(text_kind(&text));
    }
    Err(other_kind(head))
}

fn signature(head: &[u8]) -> Option<Result<Found, Refusal>> {
    let video = |container| Some(Ok(Found::Video(container)));
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Some(Ok(Found::Jpeg)),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Ok(Found::Png)),
        [_, _, _, _, b'f', b't', b'y', b'p', rest @ ..] => Some(brand(rest)),
        [_, _, _, _, kind @ ..] if is_movie_box(kind) => video(Container::IsoMedia),
        [0x1A, 0x45, 0xDF, 0xA3, rest @ ..] => {
            let start = &rest[..rest.len().min(64)];
            let known = [&b"matroska"[..], b"webm"].into_iter().any(|name| contains(start, name));
            Some(if known { Ok(Found::Video(Container::Matroska)) } else { Err(Refusal::Unknown) })
        }
        [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..] => match kind {
            [b'A', b'V', b'I', b' ', ..] => video(Container::Avi),
            [b'W', b'A', b'V', b'E', ..] => Some(Err(Refusal::Sound)),
            [b'W', b'E', b'B', b'P', b'V', b'P', b'8', b'X', _, _, _, _, flags, ..] if flags & 2 != 0 => {
                Some(Err(Refusal::Animated("webp")))
            }
            [b'W', b'E', b'B', b'P', b'V', b'P', b'8', ..] => Some(Ok(Found::WebP)),
            _ => None,
        },
        [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, ..] => video(Container::Asf),
        [b'F', b'L', b'V', 1, ..] => video(Container::Flash),
        [0x06, 0x0E, 0x2B, 0x34, 0x02, 0x05, 0x01, 0x01, ..] => video(Container::Mxf),
        [0x00, 0x00, 0x01, 0xBA, ..] => video(Container::ProgramStream),
        [b'O', b'g', b'g', b'S', ..] => {
            let shows = [&b"\x80theora"[..], b"fishead\0"].into_iter().any(|name| contains(head, name));
            Some(if shows { Ok(Found::Video(Container::Ogg)) } else { Err(Refusal::Sound) })
        }
        [b'G', b'I', b'F', b'8', ..] if contains(head, b"NETSCAPE2.0") => Some(Err(Refusal::Animated("gif"))),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Ok(Found::Gif)),
        // What follows the length of the file is zero, and the header behind it has one of a few lengths.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, _, _, _, _, 12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0, ..] => {
            Some(Ok(Found::Bmp))
        }
        // Cameras' raw files begin alike; one says at once what it is, the others are found by their parts.
        [b'I', b'I', 42, 0, _, _, _, _, b'C', b'R', ..] => Some(Err(Refusal::PictureFormat("cr2"))),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(Ok(Found::Tiff)),
        _ if is_transport_stream(head) => video(Container::TransportStream),
        _ => None,
    }
}

/// What an ISO base media file says it is (ISO 14496-12, 4.3).
fn brand(rest: &[u8]) -> Result<Found, Refusal> {
    match rest.get(..4) {
        Some(b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"avif") => Ok(Found::Heif),
        Some(b"hevc" | b"hevx" | b"msf1") => Err(Refusal::Animated("heic")),
        Some(b"avis") => Err(Refusal::Animated("avif")),
        Some(b"crx ") => Err(Refusal::PictureFormat("cr3")),
        Some(b"M4A " | b"M4B " | b"M4P ") => Err(Refusal::Sound),
        Some(_) => Ok(Found::Video(Container::IsoMedia)),
        None => Err(Refusal::VideoCutShort),
    }
}

/// Old QuickTime files begin without a brand.
fn is_movie_box(kind: &[u8]) -> bool {
    matches!(kind.get(..4), Some(b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot"))
}

/// Packets of 188 bytes, or of 192 with a time in front, as camcorders write them.
fn is_transport_stream(head: &[u8]) -> bool {
    let synchronised =
        |from: usize, packet: usize| (0..4).all(|number| head.get(from + number * packet) == Some(&0x47));
    synchronised(0, 188) || synchronised(4, 192)
}

/// The beginning of a text in lower case; none when it is none.
fn text_of(head: &[u8]) -> Option<String> {
    let wide = |from_bytes: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = head[2..].chunks_exact(2).map(|pair| from_bytes([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    let text = match head {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => {
            let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x20..=0x7E | 0x80..);
            head.iter().take(TEXT).all(printable).then(|| String::from_utf8_lossy(head).into_owned())?
        }
    };
    Some(text.trim_start_matches('\u{FEFF}').trim_start().to_lowercase())
}

fn text_kind(text: &str) -> Refusal {
    const PLAYLISTS: [&str; 8] =
        ["#extm3u", "[playlist]", "[reference]", "ffconcat", "v=0", "rtsptext", "smiltext", "#!ytpl"];
    const MARKED_UP_PLAYLISTS: [&str; 6] = ["<smil", "<mpd", "<smoothstreamingmedia", "<asx", "<playlist", "<wpl"];
    if PLAYLISTS.iter().any(|start| text.starts_with(start)) {
        Refusal::Playlist
    } else if text.starts_with('<') {
        let has = |tag: &str| text.contains(tag);
        match () {
            () if has("<svg") => Refusal::Svg,
            () if has("<!doctype html") || has("<html") || has("<head") || has("<script") => Refusal::Html,
            () if MARKED_UP_PLAYLISTS.iter().any(|tag| has(tag)) => Refusal::Playlist,
            () => Refusal::Xml,
        }
    } else if text.starts_with("#!") {
        Refusal::Executable("script")
    } else if text.starts_with("%pdf") {
        Refusal::Document("pdf")
    } else if text.starts_with("%!ps") {
        Refusal::Document("ps")
    } else if text.starts_with("{\\rtf") {
        Refusal::Document("rtf")
    } else {
        Refusal::Text
    }
}

/// Everything that is neither accepted nor a text.
fn other_kind(head: &[u8]) -> Refusal {
    // The PDF reader looks for its mark anywhere in the first kilobyte.
    if contains(&head[..head.len().min(1_024)], b"%PDF-") {
        return Refusal::Document("pdf");
    }
    match head {
        // The compound files of Microsoft Office before 2007.
        [0xD0, 0xCF, 0x11, 0xE0, ..] => return Refusal::Document("doc"),
        [0xFF, second, ..] if second & 0xE0 == 0xE0 => return Refusal::Sound,
        [b'I', b'D', b'3', ..] | [b'c', b'a', b'f', b'f', ..] => return Refusal::Sound,
        _ => {}
    }
    use infer::MatcherType as Type;
    let Some(kind) = infer::get(head) else { return Refusal::Unknown };
    match kind.matcher_type() {
        Type::App => Refusal::Executable(kind.extension()),
        Type::Archive => Refusal::Archive(kind.extension()),
        Type::Audio => Refusal::Sound,
        Type::Book | Type::Doc => Refusal::Document(kind.extension()),
        Type::Image => Refusal::PictureFormat(kind.extension()),
        Type::Font | Type::Text | Type::Video | Type::Custom => Refusal::Unknown,
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
