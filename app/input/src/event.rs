//! The kernel's `struct input_event`, from bytes as they come.

use std::ffi::c_ulong;
use std::time::Duration;

pub(crate) const EV_SYN: u16 = 0;
pub(crate) const EV_KEY: u16 = 1;
pub(crate) const EV_MSC: u16 = 4;
pub(crate) const SYN_REPORT: u16 = 0;
pub(crate) const SYN_DROPPED: u16 = 3;
pub(crate) const MSC_SCAN: u16 = 4;

const WORD: usize = size_of::<c_ulong>();

/// Bytes of one event: two words of time, then type, code and value. The kernel keeps words of its own width here even
/// where `time_t` has 64 bits, so this is 24 on 64-bit machines and 16 on 32-bit ones.
pub(crate) const EVENT_SIZE: usize = 2 * WORD + 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawEvent {
    /// On the monotonic clock, when the device was opened by [`Evdev`](crate::Evdev).
    pub(crate) time: Duration,
    pub(crate) kind: u16,
    pub(crate) code: u16,
    pub(crate) value: i32,
}

impl RawEvent {
    fn from_bytes(bytes: &[u8; EVENT_SIZE]) -> RawEvent {
        let (time, event) = bytes.split_at(2 * WORD);
        let (seconds, micros) = time.split_at(WORD);
        RawEvent {
            time: Duration::from_secs(word(seconds)).saturating_add(Duration::from_micros(word(micros))),
            kind: u16::from_ne_bytes([event[0], event[1]]),
            code: u16::from_ne_bytes([event[2], event[3]]),
            value: i32::from_ne_bytes([event[4], event[5], event[6], event[7]]),
        }
    }
}

#[cfg(test)]
impl RawEvent {
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = (self.time.as_secs() as c_ulong).to_ne_bytes().to_vec();
        bytes.extend(c_ulong::from(self.time.subsec_micros()).to_ne_bytes());
        bytes.extend(self.kind.to_ne_bytes());
        bytes.extend(self.code.to_ne_bytes());
        bytes.extend(self.value.to_ne_bytes());
        bytes
    }
}

fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; WORD];
    word.copy_from_slice(bytes);
    // Same width on 64-bit machines, wider than the word on 32-bit ones.
    #[allow(clippy::useless_conversion)]
    u64::from(c_ulong::from_ne_bytes(word))
}

/// Cuts a stream of bytes into events. The kernel hands out whole events only; a pipe does not.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    partial: Vec<u8>,
}

impl Decoder {
    pub(crate) fn decode(&mut self, bytes: &[u8]) -> Vec<RawEvent> {
        self.partial.extend_from_slice(bytes);
        let (events, rest) = self.partial.as_chunks::<EVENT_SIZE>();
        let decoded = events.iter().map(RawEvent::from_bytes).collect();
        self.partial = rest.to_vec();
        decoded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_survive_being_cut_anywhere() {
        let sent: Vec<RawEvent> = (0..5)
            .map(|number| RawEvent {
                time: Duration::from_micros(1_000_007 * number),
                kind: EV_KEY,
                code: 0x160 + number as u16,
                value: 1 - number as i32,
            })
            .collect();
        let bytes: Vec<u8> = sent.iter().flat_map(|event| event.to_bytes()).collect();
        for size in 1..bytes.len() {
            let mut decoder = Decoder::default();
            let got: Vec<RawEvent> = bytes.chunks(size).flat_map(|part| decoder.decode(part)).collect();
            assert_eq!(got, sent, "in parts of {size} bytes");
        }
    }
}
