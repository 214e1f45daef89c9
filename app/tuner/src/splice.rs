//! Makes one transport stream of many pieces.
//!
//! Every programme of a channel was encoded by itself and counts its time from its own beginning; pieces are left out
//! when they cannot be had. A demuxer that is shown the jumps guesses, loses packets, or waits for a time that never
//! comes. So the time stamps are written anew: PCR (ISO 13818-1, 2.4.3.5), PTS and DTS (2.4.3.7) are moved by the same
//! distance, such that the first picture of a piece follows upon the last one of the piece before. Continuity counters
//! (2.4.3.3) go on in the same way; a packet that happened to have the number of the one before would be taken for a copy
//! and dropped.

use std::collections::HashMap;
use std::time::Duration;

pub const PACKET: usize = 188;
const SYNC: u8 = 0x47;
/// Ticks of PTS in a second; PCR has 300 times as many.
const SECOND: u64 = 90_000;
/// PTS and the base of PCR have 33 bits: 26.5 hours.
const WRAP: u64 = 1 << 33;
/// The first picture's PTS. Sound and clock may be before it.
const ORIGIN: u64 = 10 * SECOND;
/// Pictures of pieces that belong together are never farther apart.
const TOLERANCE: i64 = SECOND as i64 / 2;
/// The first picture of a piece is looked for in so many bytes.
const HOLD: usize = 1 << 20;
/// One picture's duration when a piece has one picture only.
const PICTURE: u64 = SECOND / 25;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no MPEG transport stream")]
pub struct NotTransportStream;

/// Whether these bytes begin with packets.
pub fn is_transport_stream(bytes: &[u8]) -> bool {
    bytes.len() >= PACKET && bytes.chunks(PACKET).take(3).all(|packet| packet[0] == SYNC)
}

#[derive(Debug, Default)]
pub struct Splicer {
    /// Added to every time stamp, modulo [`WRAP`].
    offset: u64,
    /// Where the next picture is expected, in ticks from the first one on, not wrapped.
    end: u64,
    /// Packets of the piece so far, until its first picture has been found.
    held: Option<Vec<u8>>,
    /// The piece's time does not follow from the one before.
    broken: bool,
    begun: bool,
    /// Bytes of a packet that has not come whole.
    part: Vec<u8>,
    /// The stream whose pictures say where the pieces belong.
    video: Option<u16>,
    piece: Piece,
    counters: HashMap<u16, Counter>,
    /// Continuity is to be made anew at the next packet of each stream.
    piece_number: u64,
}

/// What is known of the pictures of the piece that is coming in.
#[derive(Debug, Default)]
struct Piece {
    pictures: u64,
    earliest: u64,
    latest: u64,
}

#[derive(Debug, Default)]
struct Counter {
    offset: u8,
    last: u8,
    piece_number: u64,
}

impl Splicer {
    /// What comes next is a new piece. `broken`: it does not follow upon the one before, whatever its time stamps say.
    pub fn begin_piece(&mut self, broken: bool, out: &mut Vec<u8>) {
        self.flush_held(out);
        self.close_piece();
        self.part.clear();
        self.broken = broken;
        self.held = Some(Vec::new());
    }

    /// Takes the next bytes of the piece, of any number.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), NotTransportStream> {
        if !self.begun && self.held.is_none() {
            self.held = Some(Vec::new());
        }
        self.part.extend_from_slice(bytes);
        let part = std::mem::take(&mut self.part);
        let mut rest = &part[..];
        while rest.len() >= PACKET {
            if rest[0] == SYNC {
                let (packet, after) = rest.split_at(PACKET);
                self.take(packet, out);
                rest = after;
                continue;
            }
            match resync(rest) {
                Some(skip) if self.begun => rest = &rest[skip..],
                _ => return Err(NotTransportStream),
            }
        }
        self.part = rest.to_vec();
        Ok(())
    }

    /// The piece is complete: what was held back for a picture that never came is let go.
    pub fn end_piece(&mut self, out: &mut Vec<u8>) {
        self.flush_held(out);
    }

    /// How far the pictures go that have been given out, from the first one on; `None` before it.
    pub fn until(&self) -> Option<Duration> {
        let end = self.piece_end();
        self.begun.then(|| Duration::from_millis(end / (SECOND / 1_000)))
    }

    fn take(&mut self, packet: &[u8], out: &mut Vec<u8>) {
        let Some(held) = &mut self.held else { return self.write(packet, out) };
        held.extend_from_slice(packet);
        let full = held.len() >= HOLD;
        if let Some(pts) = video_pts(packet).filter(|_| self.video.is_none_or(|video| video == pid(packet))) {
            self.video = Some(pid(packet));
            self.align(pts);
            self.let_go(out);
        } else if full {
            self.flush_held(out);
        }
    }

    /// Lets the held packets go although no picture has been seen, placed by whatever time stamp there is.
    fn flush_held(&mut self, out: &mut Vec<u8>) {
        if let Some(held) = &self.held
            && !held.is_empty()
        {
            if let Some(pts) = held.chunks_exact(PACKET).find_map(any_pts) {
                self.align(pts);
            }
            self.let_go(out);
        }
    }

    fn let_go(&mut self, out: &mut Vec<u8>) {
        let held = self.held.take().unwrap_or_default();
        self.begun = true;
        for packet in held.chunks_exact(PACKET) {
            self.write(packet, out);
        }
    }

    /// Decides on the offset by the first time stamp of a piece.
    fn align(&mut self, pts: u64) {
        let expected = (ORIGIN + self.end) % WRAP;
        let distance = signed(pts.wrapping_add(self.offset).wrapping_sub(expected));
        if !self.begun || self.broken || distance.abs() > TOLERANCE {
            self.offset = expected.wrapping_sub(pts) % WRAP;
            self.piece_number += 1;
        }
        self.broken = false;
    }

    fn close_piece(&mut self) {
        self.end = self.piece_end();
        self.piece = Piece::default();
    }

    fn piece_end(&self) -> u64 {
        let Piece { pictures, earliest, latest } = self.piece;
        match pictures {
            0 => self.end,
            1 => latest + PICTURE,
            _ => latest + (latest - earliest) / (pictures - 1),
        }
    }

    fn write(&mut self, packet: &[u8], out: &mut Vec<u8>) {
        let at = out.len();
        out.extend_from_slice(packet);
        let packet = &mut out[at..];
        self.move_pcr(packet);
        let Some(payload) = payload_of(packet) else { return };
        let pid = pid(packet);
        if packet[1] & 0x40 != 0
            && let Some(stamps) = stamps_of(packet, payload)
        {
            self.counters.entry(pid).or_default();
            let pts = self.move_stamps(packet, stamps);
            if self.video == Some(pid) {
                self.note_picture(pts);
            }
        }
        // Tables keep their numbers: copies of them are copies on purpose.
        if let Some(counter) = self.counters.get_mut(&pid) {
            let number = packet[3] & 0x0F;
            if counter.piece_number != self.piece_number {
                if counter.piece_number != 0 {
                    counter.offset = (counter.last + 1).wrapping_sub(number) & 0x0F;
                }
                counter.piece_number = self.piece_number;
            }
            counter.last = (number + counter.offset) & 0x0F;
            packet[3] = packet[3] & 0xF0 | counter.last;
        }
    }

    fn move_pcr(&self, packet: &mut [u8]) {
        let has_pcr = packet[3] & 0x20 != 0 && (7..=183).contains(&packet[4]) && packet[5] & 0x10 != 0;
        if !has_pcr {
            return;
        }
        // 33 bits of base, 6 reserved, 9 of extension.
        let base = packet[6..10].iter().fold(0_u64, |base, byte| base << 8 | u64::from(*byte)) << 1
            | u64::from(packet[10] >> 7);
        let base = base.wrapping_add(self.offset) % WRAP;
        packet[6..10].copy_from_slice(&((base >> 1) as u32).to_be_bytes());
        packet[10] = packet[10] & 0x7F | ((base & 1) as u8) << 7;
    }

    fn move_stamps(&self, packet: &mut [u8], Stamps { pts, dts }: Stamps) -> u64 {
        let moved = read_stamp(&packet[pts..]).wrapping_add(self.offset) % WRAP;
        write_stamp(&mut packet[pts..], moved);
        if let Some(dts) = dts {
            let moved = read_stamp(&packet[dts..]).wrapping_add(self.offset) % WRAP;
            write_stamp(&mut packet[dts..], moved);
        }
        moved
    }

    fn note_picture(&mut self, pts: u64) {
        let expected = (ORIGIN + self.end) % WRAP;
        let distance = signed(pts.wrapping_sub(expected));
        // A stamp that is out of all reason says nothing about the time.
        let Some(at) = self.end.checked_add_signed(distance).filter(|_| distance.abs() < 3_600 * SECOND as i64) else {
            return;
        };
        let piece = &mut self.piece;
        piece.earliest = if piece.pictures == 0 { at } else { piece.earliest.min(at) };
        piece.latest = piece.latest.max(at);
        piece.pictures += 1;
    }
}

/// Bytes until a sync byte that another one follows at the right distance.
fn resync(bytes: &[u8]) -> Option<usize> {
    (1..bytes.len().saturating_sub(PACKET)).find(|at| bytes[*at] == SYNC && bytes[at + PACKET] == SYNC)
}

fn pid(packet: &[u8]) -> u16 {
    u16::from(packet[1] & 0x1F) << 8 | u16::from(packet[2])
}

/// Where the payload begins, if there is one that can be read.
fn payload_of(packet: &[u8]) -> Option<usize> {
    let scrambled = packet[3] & 0xC0 != 0;
    let begin = match packet[3] & 0x30 {
        0x10 => 4,
        0x30 => 5 + usize::from(packet[4]),
        _ => return None,
    };
    (!scrambled && begin < PACKET).then_some(begin)
}

/// Where the time stamps of a PES packet lie.
#[derive(Clone, Copy)]
struct Stamps {
    pts: usize,
    dts: Option<usize>,
}

fn stamps_of(packet: &[u8], payload: usize) -> Option<Stamps> {
    let header = packet.get(payload..payload + 9)?;
    let timed = matches!(header[3], 0xBD | 0xC0..=0xEF | 0xFD);
    if header[..3] != [0, 0, 1] || !timed || header[6] & 0xC0 != 0x80 {
        return None;
    }
    let pts = payload + 9;
    match header[7] & 0xC0 {
        0x80 if pts + 5 <= PACKET => Some(Stamps { pts, dts: None }),
        0xC0 if pts + 10 <= PACKET => Some(Stamps { pts, dts: Some(pts + 5) }),
        _ => None,
    }
}

fn pts_of(packet: &[u8], wanted: impl Fn(u8) -> bool) -> Option<u64> {
    if packet[1] & 0x40 == 0 {
        return None;
    }
    let payload = payload_of(packet)?;
    let stamps = stamps_of(packet, payload)?;
    wanted(packet[payload + 3]).then(|| read_stamp(&packet[stamps.pts..]))
}

fn video_pts(packet: &[u8]) -> Option<u64> {
    pts_of(packet, |stream| matches!(stream, 0xE0..=0xEF))
}

fn any_pts(packet: &[u8]) -> Option<u64> {
    pts_of(packet, |_| true)
}

/// 33 bits between marker bits (ISO 13818-1, table 2-21).
fn read_stamp(bytes: &[u8]) -> u64 {
    u64::from(bytes[0] >> 1 & 0x07) << 30
        | u64::from(bytes[1]) << 22
        | u64::from(bytes[2] >> 1) << 15
        | u64::from(bytes[3]) << 7
        | u64::from(bytes[4] >> 1)
}

fn write_stamp(bytes: &mut [u8], stamp: u64) {
    bytes[0] = (bytes[0] & 0xF0) | ((stamp >> 30 & 0x07) as u8 * 2) | 1;
    bytes[1] = (stamp >> 22) as u8;
    bytes[2] = ((stamp >> 15 & 0x7F) as u8 * 2) | 1;
    bytes[3] = (stamp >> 7) as u8;
    bytes[4] = ((stamp & 0x7F) as u8 * 2) | 1;
}

/// A difference of time stamps, the shorter way round.
fn signed(difference: u64) -> i64 {
    let difference = difference % WRAP;
    if difference > WRAP / 2 { difference as i64 - WRAP as i64 } else { difference as i64 }
}

#[cfg(test)]
#[path = "splice_tests.rs"]
mod tests;
