//! Live channels without a playout machine: the playlist is computed from the clock.
//!
//! Publishing cuts every programme into MPEG-TS segments of exactly two seconds. What a channel sends at a moment then
//! follows from the time alone: segment `n` of every channel begins at Unix second `2n`, and the line-up says which
//! stored segment that is. So nothing has to run, to be supervised or to be restarted; sequence numbers rise by
//! themselves, over restarts, new line-ups and several servers behind one name.
//!
//! A new line-up takes effect a few seconds after it was published, beyond what any playlist has announced, so a
//! segment's name never changes its content. Discontinuities are counted along: the new line-up starts with the number
//! that the old one reached.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::objects::Stored;

/// Length of every segment. Whole and even seconds, so that segments and the programme guide meet.
pub const SEGMENT_SECONDS: i64 = 2;
/// Segments in a playlist.
const WINDOW: i64 = 6;
/// Segments announced beyond the one that is on air. Players begin three segments before the end of a playlist
/// (RFC 8216, 6.3.3), which with two ahead is the one that the programme guide says is on.
const AHEAD: i64 = 2;
/// Segments behind the window that are still sent, for players that are slow.
const BEHIND: i64 = 30;
/// Seconds from publication until a new line-up takes effect: more than is announced, and than a server needs to learn.
const NOTICE: i64 = 12;
/// Seconds that a line-up is kept after another one has taken its place.
pub const KEPT: i64 = (WINDOW + BEHIND + 10) * SEGMENT_SECONDS;

/// What a channel plays from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineUp {
    /// Unix seconds, even.
    pub effective_from: i64,
    /// The programmes repeat from here, Unix seconds, even, at or before `effective_from`.
    pub loop_start: i64,
    /// Discontinuities of the channel before `effective_from`.
    pub discontinuity: u64,
    /// Empty for a channel that ended.
    pub programmes: Vec<Programme>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programme {
    pub title: String,
    pub segments: Vec<Stored>,
}

/// One segment as it is sent.
struct Airing<'a> {
    programme: &'a Programme,
    segment: &'a Stored,
    discontinuity: u64,
}

impl LineUp {
    /// The line-up that follows `earlier` ones, published `now`. The loop starts at midnight in China, so that a guide
    /// looks alike every day. Nothing was sent before the first line-up of a channel, so it holds from the beginning of
    /// time: whoever's clock is behind, even by days, still has a picture.
    pub fn after(earlier: &[LineUp], programmes: Vec<Programme>, now: i64) -> LineUp {
        let midnight = now - (now + 8 * 3600).rem_euclid(86_400);
        let from = (now + NOTICE + SEGMENT_SECONDS - 1) / SEGMENT_SECONDS * SEGMENT_SECONDS;
        let earlier: Vec<&LineUp> = earlier.iter().filter(|line_up| line_up.effective_from < from).collect();
        match airing(&earlier, from / SEGMENT_SECONDS - 1) {
            Some(last) => {
                LineUp { effective_from: from, loop_start: midnight, discontinuity: last.discontinuity + 1, programmes }
            }
            None => {
                let discontinuity = earlier.last().map_or(0, |last| last.discontinuity + 1);
                // What an ended channel has sent must stay what it was.
                let effective_from = if earlier.is_empty() { 0 } else { from };
                LineUp { effective_from, loop_start: midnight, discontinuity, programmes }
            }
        }
    }

    fn length(&self) -> i64 {
        self.programmes.iter().map(|programme| programme.segments.len() as i64).sum()
    }

    /// Position of segment `number` in the endless loop: programmes begun since `loop_start`, programme, segment.
    fn position(&self, number: i64) -> Option<(i64, &Programme, &Stored)> {
        let length = self.length();
        if length == 0 {
            return None;
        }
        let since = number - self.loop_start / SEGMENT_SECONDS;
        let mut left = since.rem_euclid(length);
        for (index, programme) in self.programmes.iter().enumerate() {
            let count = programme.segments.len() as i64;
            if left < count {
                let begun = since.div_euclid(length) * self.programmes.len() as i64 + index as i64;
                return Some((begun, programme, &programme.segments[left as usize]));
            }
            left -= count;
        }
        None
    }
}

/// What is sent as segment `number`; line-ups in the order of time.
fn airing<'a>(line_ups: &[&'a LineUp], number: i64) -> Option<Airing<'a>> {
    let line_up = line_ups.iter().rev().find(|line_up| line_up.effective_from <= number * SEGMENT_SECONDS)?;
    let (begun, programme, segment) = line_up.position(number)?;
    let (before, ..) = line_up.position(line_up.effective_from / SEGMENT_SECONDS)?;
    // Within one line-up `begun` only rises, and `number` is not before its beginning.
    let discontinuity = line_up.discontinuity + (begun - before).unsigned_abs();
    Some(Airing { programme, segment, discontinuity })
}

/// The media playlist at a moment, or none when nothing is on.
pub fn playlist(line_ups: &[LineUp], now: i64) -> Option<String> {
    let line_ups: Vec<&LineUp> = line_ups.iter().collect();
    let last = now.div_euclid(SEGMENT_SECONDS) + AHEAD;
    let window = (last - WINDOW + 1..=last).filter_map(|number| Some((number, airing(&line_ups, number)?)));
    let window: Vec<(i64, Airing<'_>)> = window.collect();
    let (first, _) = window.first()?;
    // The number before the first segment, so that its own tag counts it up when it has one.
    let mut discontinuity = match airing(&line_ups, first - 1) {
        Some(before) => before.discontinuity,
        None => window[0].1.discontinuity,
    };
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
         #EXT-X-DISCONTINUITY-SEQUENCE:{discontinuity}\n"
    );
    for (number, airing) in &window {
        let begins = airing.discontinuity != discontinuity;
        if begins {
            text.push_str("#EXT-X-DISCONTINUITY\n");
            discontinuity = airing.discontinuity;
        }
        if begins || number == first {
            let time = jiff::Timestamp::from_second(number * SEGMENT_SECONDS).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:{time:.3}");
        }
        let _ = writeln!(text, "#EXTINF:{SEGMENT_SECONDS}.000,{}\n{number}.ts", airing.programme.title);
    }
    Some(text)
}

/// The stored segment with a number, while it may be asked for.
pub fn segment(line_ups: &[LineUp], number: i64, now: i64) -> Option<Stored> {
    let last = now.div_euclid(SEGMENT_SECONDS) + AHEAD;
    if !(last - WINDOW - BEHIND..=last).contains(&number) {
        return None;
    }
    let line_ups: Vec<&LineUp> = line_ups.iter().collect();
    Some(airing(&line_ups, number)?.segment.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use expect_test::expect;

    use super::*;

    /// 2026-11-01 00:00 in China.
    const MIDNIGHT: i64 = 1_793_462_400;

    fn programme(title: &str, segments: usize) -> Programme {
        let segment = |n| Stored { sha256: format!("{title}{n}"), length: 1 };
        Programme { title: title.to_owned(), segments: (0..segments).map(segment).collect() }
    }

    fn first() -> LineUp {
        LineUp::after(&[], vec![programme("news", 3), programme("opera", 4)], MIDNIGHT + 3_600)
    }

    #[test]
    fn a_playlist_shows_the_window_around_the_clock_with_its_programme_boundaries() {
        let playlist = playlist(&[first()], MIDNIGHT + 29).expect("on air");
        expect![[r#"
            #EXTM3U
            #EXT-X-VERSION:3
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:896731211
            #EXT-X-DISCONTINUITY-SEQUENCE:256208918
            #EXT-X-PROGRAM-DATE-TIME:2026-10-31T16:00:22.000Z
            #EXTINF:2.000,opera
            896731211.ts
            #EXTINF:2.000,opera
            896731212.ts
            #EXTINF:2.000,opera
            896731213.ts
            #EXT-X-DISCONTINUITY
            #EXT-X-PROGRAM-DATE-TIME:2026-10-31T16:00:28.000Z
            #EXTINF:2.000,news
            896731214.ts
            #EXTINF:2.000,news
            896731215.ts
            #EXTINF:2.000,news
            896731216.ts
        "#]]
        .assert_eq(&playlist);
    }

    /// Reads a playlist as a player does: media sequence number to discontinuity number and title.
    fn read(playlist: &str) -> Vec<(i64, u64, String)> {
        let value = |tag: &str| playlist.lines().find_map(|line| line.strip_prefix(tag)).expect("the tag");
        let mut number: i64 = value("#EXT-X-MEDIA-SEQUENCE:").parse().expect("a number");
        let mut discontinuity: u64 = value("#EXT-X-DISCONTINUITY-SEQUENCE:").parse().expect("a number");
        let mut title = "";
        let mut segments = Vec::new();
        for line in playlist.lines() {
            if line == "#EXT-X-DISCONTINUITY" {
                discontinuity += 1;
            } else if let Some(rest) = line.strip_prefix("#EXTINF:2.000,") {
                title = rest;
            } else if !line.starts_with('#') {
                assert_eq!(line, format!("{number}.ts"));
                segments.push((number, discontinuity, title.to_owned()));
                number += 1;
            }
        }
        segments
    }

    #[test]
    fn numbers_only_rise_and_a_segment_never_changes_over_a_day_with_new_line_ups() {
        let mut line_ups = vec![first()];
        let mut seen: HashMap<i64, (u64, String, Stored)> = HashMap::new();
        let mut newest = 0;
        for now in MIDNIGHT + 3_600..MIDNIGHT + 3_600 + 4_000 {
            match now - MIDNIGHT {
                4_001 => line_ups.push(LineUp::after(&line_ups, vec![programme("one", 1)], now)),
                4_005 => line_ups.push(LineUp::after(&line_ups, vec![programme("two", 5), programme("a", 2)], now)),
                6_000 => line_ups.push(LineUp::after(&line_ups, vec![programme("news", 3)], now)),
                _ => {}
            }
            let text = playlist(&line_ups, now).expect("on air");
            let segments = read(&text);
            assert_eq!(segments.len(), 6);
            assert!(segments[0].0 >= newest);
            newest = segments[0].0;
            for (number, discontinuity, title) in segments {
                let stored = segment(&line_ups, number, now).expect("announced segments are there");
                let entry = (discontinuity, title, stored);
                assert_eq!(seen.entry(number).or_insert_with(|| entry.clone()), &entry, "segment {number} at {now}");
            }
        }
        let mut in_order: Vec<_> = seen.into_iter().collect();
        in_order.sort_by_key(|(number, _)| *number);
        for pair in in_order.windows(2) {
            let ((number, (before, title, _)), (next, (after, next_title, _))) = (&pair[0], &pair[1]);
            assert_eq!(number + 1, *next);
            assert!(after == before && title == next_title || *after == before + 1, "at {next}");
        }
    }

    #[test]
    fn a_player_that_begins_three_segments_before_the_end_sees_what_the_guide_says() {
        let line_up = first();
        for now in MIDNIGHT + 100..MIDNIGHT + 200 {
            let segments = read(&playlist(std::slice::from_ref(&line_up), now).expect("on air"));
            let guide = (now - line_up.loop_start).rem_euclid(14);
            let expected = if guide < 6 { "news" } else { "opera" };
            assert_eq!(segments[segments.len() - 3].2, expected, "at {now}");
        }
    }

    #[test]
    fn an_ended_channel_runs_out_and_can_come_back() {
        let mut line_ups = vec![first()];
        let now = MIDNIGHT + 5_000;
        line_ups.push(LineUp::after(&line_ups, Vec::new(), now));
        assert!(playlist(&line_ups, now).is_some());
        assert_eq!(playlist(&line_ups, now + 60), None);
        let last = read(&playlist(&line_ups, now + 16).expect("the end")).last().expect("a segment").1;
        line_ups.push(LineUp::after(&line_ups, vec![programme("again", 2)], now + 500));
        assert_eq!(playlist(&line_ups, now + 500), None);
        let again = read(&playlist(&line_ups, now + 530).expect("back"));
        assert!(again[0].1 > last);
    }

    #[test]
    fn whoever_asks_days_before_the_first_line_up_was_made_has_a_picture() {
        let segments = read(&playlist(&[first()], MIDNIGHT - 3 * 86_400 + 29).expect("on air"));
        assert_eq!(segments.len(), 6);
    }

    #[test]
    fn what_lies_outside_the_window_is_not_sent() {
        let line_up = [first()];
        let on_air = MIDNIGHT / 2 + 1_000;
        let now = on_air * 2;
        for (number, sent) in
            [(on_air + 3, false), (on_air + 2, true), (on_air - 30, true), (on_air - 40, false), (-1, false)]
        {
            assert_eq!(segment(&line_up, number, now).is_some(), sent, "{number}");
        }
    }
}
