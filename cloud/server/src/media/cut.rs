//! Cuts an MPEG transport stream at its key frames, so that every piece can be decoded by itself.
//!
//! The stream must have one programme with one H.264 video, as `mpegtsmux` makes it. Every piece begins with the
//! programme tables and a key frame. The tables in front are verbatim copies of those sent last: a packet may be sent
//! twice (ISO 13818-1, 2.4.3.3), so a player that goes from piece to piece sees an unbroken stream.

use std::io::{self, Read};

const PACKET: usize = 188;
const H264: u8 = 0x1B;

type Packet = [u8; PACKET];

#[derive(Debug, thiserror::Error)]
pub enum CutError {
    #[error("reading the transport stream: {0}")]
    Read(#[from] io::Error),
    #[error("packet {0} of the transport stream has no sync byte")]
    Sync(u64),
    #[error("the transport stream does not begin with its tables and a key frame")]
    Start,
}

/// Calls `piece` with every piece, in order. Holds no more than one piece in memory.
pub fn cut<E: From<CutError>>(mut stream: impl Read, mut piece: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let mut tables = Tables::default();
    let mut current: Vec<u8> = Vec::new();
    let mut number = 0;
    while let Some(packet) = read_packet(&mut stream)? {
        if packet[0] != 0x47 {
            return Err(CutError::Sync(number).into());
        }
        number += 1;
        tables.see(&packet);
        if tables.is_key_frame(&packet) {
            if !current.is_empty() {
                piece(&current)?;
                current.clear();
            }
            current.extend(tables.packets().ok_or(CutError::Start)?.concat());
            current.extend(packet);
        } else if !current.is_empty() {
            current.extend(packet);
        } else if !tables.is_table(&packet) {
            // Sound that begins before the first picture is a fraction of a second; it goes with the tables' piece.
            tables.early.extend(packet);
        }
    }
    if current.is_empty() {
        return Err(CutError::Start.into());
    }
    piece(&current)
}

fn read_packet(stream: &mut impl Read) -> Result<Option<Packet>, CutError> {
    let mut packet = [0; PACKET];
    match stream.read_exact(&mut packet) {
        Ok(()) => Ok(Some(packet)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[derive(Default)]
struct Tables {
    association: Option<Packet>,
    map: Option<Packet>,
    map_pid: Option<u16>,
    video_pid: Option<u16>,
    early: Vec<u8>,
}

impl Tables {
    fn see(&mut self, packet: &Packet) {
        let pid = pid(packet);
        if pid == 0 {
            self.association = Some(*packet);
            self.map_pid = section(packet).and_then(map_pid);
        } else if Some(pid) == self.map_pid {
            self.map = Some(*packet);
            self.video_pid = section(packet).and_then(video_pid);
        }
    }

    fn is_table(&self, packet: &Packet) -> bool {
        let pid = pid(packet);
        pid == 0 || Some(pid) == self.map_pid
    }

    /// The first packet of a picture that the multiplexer marked as a point to begin at.
    fn is_key_frame(&self, packet: &Packet) -> bool {
        let starts_unit = packet[1] & 0x40 != 0;
        let has_adaptation = packet[3] & 0x20 != 0 && packet[4] > 0;
        Some(pid(packet)) == self.video_pid && starts_unit && has_adaptation && packet[5] & 0x40 != 0
    }

    fn packets(&mut self) -> Option<[Vec<u8>; 3]> {
        Some([self.association?.to_vec(), self.map?.to_vec(), std::mem::take(&mut self.early)])
    }
}

fn pid(packet: &Packet) -> u16 {
    u16::from(packet[1] & 0x1F) << 8 | u16::from(packet[2])
}

/// The table section that begins in a packet, from its table id on.
fn section(packet: &Packet) -> Option<&[u8]> {
    let payload = match packet[3] & 0x30 {
        0x10 => &packet[4..],
        0x30 => packet.get(5 + usize::from(packet[4])..)?,
        _ => return None,
    };
    payload.get(1 + usize::from(*payload.first()?)..)
}

/// The programme map's PID in a programme association table (ISO 13818-1, table 2-30).
fn map_pid(section: &[u8]) -> Option<u16> {
    let entries = section.get(8..)?;
    entries
        .chunks_exact(4)
        .find(|entry| entry[0] != 0 || entry[1] != 0)
        .map(|entry| u16::from(entry[2] & 0x1F) << 8 | u16::from(entry[3]))
}

/// The video's PID in a programme map table (ISO 13818-1, table 2-33).
fn video_pid(section: &[u8]) -> Option<u16> {
    let length = |high: u8, low: u8| usize::from(high & 0x0F) << 8 | usize::from(low);
    let end = (3 + length(*section.get(1)?, *section.get(2)?)).min(section.len()).checked_sub(4)?;
    let mut at = 12 + length(*section.get(10)?, *section.get(11)?);
    while let Some(entry) = section.get(at..at + 5).filter(|_| at + 5 <= end) {
        if entry[0] == H264 {
            return Some(u16::from(entry[1] & 0x1F) << 8 | u16::from(entry[2]));
        }
        at += 5 + length(entry[3], entry[4]);
    }
    None
}
