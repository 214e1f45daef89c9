//! Playlists (RFC 8216): reading them, refusing by name what is not played here, choosing a variant.

use crate::Failure;
use m3u8_rs::{AlternativeMediaType, KeyMethod, MasterPlaylist, MediaPlaylist, Playlist, VariantStream};
use std::time::Duration;

pub const MARK: &[u8] = b"#EXTM3U";
pub const BOM: &[u8] = b"\xEF\xBB\xBF";
/// A playlist of a day of segments has a megabyte.
pub const LIMIT: usize = 4 << 20;
/// Bits per second that a village's line is trusted to carry, until it has shown otherwise.
const AFFORDABLE: u64 = 4_000_000;
/// Pixels in height beyond which no box here has a screen.
const TALLEST: u64 = 1_080;
/// What a playlist is asked to be again within, whatever it says of itself.
const TARGET: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

pub fn is_playlist(begin: &[u8]) -> bool {
    begin.strip_prefix(BOM).unwrap_or(begin).starts_with(MARK)
}

pub enum Parsed {
    /// Variants, the one to begin with first, and after it those that need less.
    Master(Vec<Variant>),
    Media(Media),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub uri: String,
    /// Bits per second.
    pub bandwidth: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    pub target: Duration,
    /// The number of the first segment.
    pub sequence: u64,
    pub segments: Vec<Segment>,
    pub ended: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub uri: String,
    pub duration: Duration,
    /// First byte and length.
    pub range: Option<(u64, u64)>,
    pub discontinuity: bool,
}

pub fn parse(url: &str, text: &[u8]) -> Result<Parsed, Failure> {
    match m3u8_rs::parse_playlist_res(&tidied(text.strip_prefix(BOM).unwrap_or(text))) {
        Ok(Playlist::MasterPlaylist(master)) => variants(url, &master).map(Parsed::Master),
        Ok(Playlist::MediaPlaylist(media)) => Media::of(url, media).map(Parsed::Media),
        Err(_) => Err(Failure::unsupported(format!("{url}: a playlist that cannot be read"))),
    }
}

/// `m3u8-rs` takes what follows a comma in a title for an address. Titles are not needed here.
fn tidied(text: &[u8]) -> Vec<u8> {
    let mut tidied = Vec::with_capacity(text.len());
    for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        let title = line.starts_with(b"#EXTINF:").then(|| line.iter().position(|byte| *byte == b',')).flatten();
        tidied.extend_from_slice(title.map_or(line, |comma| &line[..=comma]));
        tidied.push(b'\n');
    }
    tidied
}

fn variants(url: &str, master: &MasterPlaylist) -> Result<Vec<Variant>, Failure> {
    let silent = |variant: &VariantStream| {
        variant.audio.as_ref().is_some_and(|group| {
            let mut renditions = master
                .alternatives
                .iter()
                .filter(|media| media.media_type == AlternativeMediaType::Audio && media.group_id == *group);
            // A rendition without an address is in the variant's own stream.
            renditions.clone().next().is_some() && renditions.all(|media| media.uri.is_some())
        })
    };
    let fits = |variant: &&VariantStream| {
        variant.resolution.is_none_or(|resolution| resolution.height.min(resolution.width) <= TALLEST)
    };
    let mut playable: Vec<&VariantStream> =
        master.variants.iter().filter(|variant| !variant.is_i_frame && !silent(variant)).collect();
    if playable.is_empty() {
        let why = if master.variants.iter().any(silent) { "the sound is a rendition of its own" } else { "no variant" };
        return Err(Failure::unsupported(format!("{url}: {why}, which is not played")));
    }
    if playable.iter().any(&fits) {
        playable.retain(&fits);
    }
    playable.sort_by_key(|variant| std::cmp::Reverse(variant.bandwidth));
    let first = playable.iter().position(|variant| variant.bandwidth <= AFFORDABLE).unwrap_or(playable.len() - 1);
    let variant = |variant: &&VariantStream| Variant { uri: variant.uri.clone(), bandwidth: variant.bandwidth };
    Ok(playable[first..].iter().map(variant).collect())
}

impl Media {
    fn of(url: &str, media: MediaPlaylist) -> Result<Media, Failure> {
        let mut segments: Vec<Segment> = Vec::with_capacity(media.segments.len());
        let mut end_of_range = 0;
        for segment in media.segments {
            if let Some(key) = segment.key.as_ref().filter(|key| key.method != KeyMethod::None) {
                return Err(Failure::unsupported(format!(
                    "{url}: segments encrypted with {} are not played",
                    key.method
                )));
            }
            if segment.map.is_some() {
                return Err(Failure::unsupported(format!("{url}: segments of fragmented MP4 are not played")));
            }
            let range = segment.byte_range.map(|range| {
                let from = range.offset.unwrap_or(end_of_range);
                end_of_range = from.saturating_add(range.length);
                (from, range.length)
            });
            segments.push(Segment {
                uri: segment.uri,
                duration: Duration::try_from_secs_f32(segment.duration).unwrap_or_default(),
                range,
                discontinuity: segment.discontinuity,
            });
        }
        let target = Duration::from_secs(media.target_duration).clamp(TARGET.0, TARGET.1);
        Ok(Media { target, sequence: media.media_sequence, segments, ended: media.end_list })
    }

    /// The number after the last segment's.
    pub fn end(&self) -> u64 {
        self.sequence.saturating_add(self.segments.len() as u64)
    }

    pub fn segment(&self, number: u64) -> Option<&Segment> {
        self.segments.get(usize::try_from(number.checked_sub(self.sequence)?).ok()?)
    }

    /// Where to begin: as near to the end as RFC 8216 allows (6.3.3), three target durations; with what has ended
    /// at its beginning.
    pub fn live_start(&self) -> u64 {
        if self.ended {
            return self.sequence;
        }
        let mut left = self.target * 3;
        let mut number = self.end();
        for segment in self.segments.iter().rev() {
            if left.is_zero() {
                break;
            }
            number -= 1;
            left = left.saturating_sub(segment.duration);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    const URL: &str = "http://cloud/live.m3u8";

    fn media(text: &str) -> Media {
        match parse(URL, text.as_bytes()) {
            Ok(Parsed::Media(media)) => media,
            Ok(Parsed::Master(_)) => panic!("a media playlist is none of variants"),
            Err(failure) => panic!("{failure}"),
        }
    }

    #[track_caller]
    fn check_refused(text: &str, names: &str) {
        let Err(failure) = parse(URL, text.as_bytes()) else { panic!("it is taken") };
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(failure.detail.contains(names), "{failure}");
    }

    /// As the cloud writes it.
    const LIVE: &str = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:896731211\n\
        #EXT-X-DISCONTINUITY-SEQUENCE:256208918\n#EXT-X-PROGRAM-DATE-TIME:2026-10-31T16:00:22.000Z\n\
        #EXTINF:2.000,opera\n896731211.ts\n#EXTINF:2.000,opera\n896731212.ts\n#EXTINF:2.000,opera\n896731213.ts\n\
        #EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-10-31T16:00:28.000Z\n#EXTINF:2.000,粤剧：《帝女花》, 第一场\n\
        896731214.ts\n#EXTINF:2.000,news\n896731215.ts\n#EXTINF:2.000,news\n896731216.ts\n";

    #[test]
    fn the_clouds_playlist_is_read_with_its_numbers_and_its_discontinuity() {
        let media = media(LIVE);
        assert_eq!((media.target, media.sequence, media.end()), (Duration::from_secs(2), 896_731_211, 896_731_217));
        assert!(!media.ended);
        let marks: Vec<bool> = media.segments.iter().map(|segment| segment.discontinuity).collect();
        assert_eq!(marks, [false, false, false, true, false, false]);
        assert_eq!(media.segment(896_731_214).map(|segment| segment.uri.as_str()), Some("896731214.ts"));
        assert_eq!(media.live_start(), 896_731_214, "three segments before the end");
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
        let text = format!("\u{FEFF}{}", LIVE.replace('\n', "\r\n"));
        assert!(is_playlist(text.as_bytes()));
        assert_eq!(media(&text).end(), 896_731_217);
    }

    #[test]
    fn what_is_not_played_is_refused_by_name() {
        let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n#EXTINF:2,\n1.ts\n";
        check_refused(&LIVE.replace("#EXTINF:2.000,opera\n896731211.ts\n", key), "AES-128");
        let map = "#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2,\n1.m4s\n";
        check_refused(&LIVE.replace("#EXTINF:2.000,opera\n896731211.ts\n", map), "fragmented MP4");
        let apart = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"yue\",URI=\"yue.m3u8\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO=\"a\"\nv.m3u8\n";
        check_refused(apart, "rendition");
    }

    #[test]
    fn a_key_that_says_none_is_no_encryption() {
        let text = LIVE.replace("#EXTINF:2.000,opera\n896731211.ts\n", "#EXT-X-KEY:METHOD=NONE\n#EXTINF:2,\n1.ts\n");
        assert_eq!(media(&text).segments.len(), 6);
    }

    #[test]
    fn byte_ranges_without_an_offset_follow_the_one_before() {
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n#EXT-X-BYTERANGE:100@20\na.ts\n#EXTINF:2,\n\
            #EXT-X-BYTERANGE:50\na.ts\n#EXT-X-ENDLIST\n";
        let media = media(text);
        assert_eq!(
            media.segments.iter().map(|segment| segment.range).collect::<Vec<_>>(),
            [Some((20, 100)), Some((120, 50))]
        );
        assert!(media.ended);
        assert_eq!(media.live_start(), 0, "what has ended begins at its beginning");
    }

    #[test]
    fn a_variant_is_chosen_that_the_line_can_carry_and_the_screen_can_show() {
        let text = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360\nlow.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=3800000,RESOLUTION=3840x2160\nuhd.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=6500000,RESOLUTION=1920x1080\nhigh.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=2500000,RESOLUTION=1280x720\nmiddle.m3u8\n";
        let Ok(Parsed::Master(variants)) = parse(URL, text.as_bytes()) else { panic!("a playlist of variants") };
        assert_eq!(
            variants.iter().map(|variant| variant.uri.as_str()).collect::<Vec<_>>(),
            ["middle.m3u8", "low.m3u8"]
        );
    }

    #[test]
    fn when_every_variant_is_too_much_the_least_is_taken() {
        let text =
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000000\na.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=6000000\nb.m3u8\n";
        let Ok(Parsed::Master(variants)) = parse(URL, text.as_bytes()) else { panic!("a playlist of variants") };
        assert_eq!(variants, [Variant { uri: "b.m3u8".into(), bandwidth: 6_000_000 }]);
    }
}
