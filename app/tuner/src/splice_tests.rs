use super::*;
use proptest::prelude::*;

const VIDEO: u16 = 0x41;
const SOUND: u16 = 0x42;

/// A packet that begins a PES packet with a PTS, and with a PCR one tenth of a second before it.
fn pes(pid: u16, stream: u8, counter: u8, pts: u64) -> [u8; PACKET] {
    let mut packet = [0xFF; PACKET];
    packet[..4].copy_from_slice(&[SYNC, 0x40 | (pid >> 8) as u8, pid as u8, 0x30 | counter & 0x0F]);
    // An adaptation field with a PCR.
    packet[4..6].copy_from_slice(&[7, 0x10]);
    let clock = pts.wrapping_sub(SECOND / 10) % WRAP;
    packet[6..10].copy_from_slice(&((clock >> 1) as u32).to_be_bytes());
    packet[10..12].copy_from_slice(&[((clock & 1) as u8) << 7 | 0x7E, 0]);
    packet[12..21].copy_from_slice(&[0, 0, 1, stream, 0, 0, 0x80, 0x80, 5]);
    packet[21] = 0x21;
    write_stamp(&mut packet[21..], pts);
    packet
}

fn picture(counter: u8, pts: u64) -> [u8; PACKET] {
    pes(VIDEO, 0xE0, counter, pts)
}

fn clock(packet: &[u8]) -> u64 {
    packet[6..10].iter().fold(0_u64, |base, byte| base << 8 | u64::from(*byte)) << 1 | u64::from(packet[10] >> 7)
}

/// A second of pictures, counted from `from`.
fn second(from: u64, counter: u8) -> Vec<u8> {
    (0..25).flat_map(|number| picture(counter.wrapping_add(number as u8), (from + number * PICTURE) % WRAP)).collect()
}

fn splice(pieces: &[(Vec<u8>, bool)]) -> (Vec<u8>, Splicer) {
    let (mut splicer, mut out) = (Splicer::default(), Vec::new());
    for (piece, broken) in pieces {
        splicer.begin_piece(*broken, &mut out);
        splicer.push(piece, &mut out).expect("these are packets");
        splicer.end_piece(&mut out);
    }
    (out, splicer)
}

/// Picture times in seconds from the first one on.
fn times(stream: &[u8]) -> Vec<u64> {
    let stamps = stream.chunks_exact(PACKET).filter_map(video_pts);
    stamps.map(|pts| signed(pts.wrapping_sub(ORIGIN)) as u64).collect()
}

fn even(count: u64) -> Vec<u64> {
    (0..count).map(|number| number * PICTURE).collect()
}

#[test]
fn pieces_that_count_from_their_own_beginning_follow_one_another() {
    let (out, splicer) = splice(&[(second(900_000, 0), false), (second(0, 7), true), (second(55, 3), true)]);
    assert_eq!(times(&out), even(75));
    assert_eq!(splicer.until(), Some(Duration::from_secs(3)));
}

#[test]
fn a_jump_that_nobody_announced_is_mended_too() {
    let (out, _) = splice(&[(second(900_000, 0), false), (second(12_345, 7), false)]);
    assert_eq!(times(&out), even(50));
}

#[test]
fn pieces_that_belong_together_keep_their_distances_to_the_tick() {
    let late = 11;
    let (out, _) = splice(&[(second(500, 0), false), (second(500 + SECOND + late, 9), false)]);
    let times = times(&out);
    assert_eq!(times[25] - times[24], PICTURE + late);
}

#[test]
fn the_clock_moves_with_the_pictures() {
    let (out, _) = splice(&[(second(900_000, 0), false), (second(77, 0), true)]);
    for packet in out.chunks_exact(PACKET) {
        let distance = video_pts(packet).expect("pictures only").wrapping_sub(clock(packet));
        assert_eq!(distance % WRAP, SECOND / 10);
    }
}

#[test]
fn sound_before_the_first_picture_stays_beside_it() {
    let mut piece = pes(SOUND, 0xC0, 0, 1_000).to_vec();
    piece.extend(picture(0, 1_000 + PICTURE));
    let (out, _) = splice(&[(second(0, 0), false), (piece, true)]);
    let sound = out.chunks_exact(PACKET).find(|packet| pid(packet) == SOUND).and_then(any_pts);
    assert_eq!(sound, Some(ORIGIN + SECOND - PICTURE));
}

#[test]
fn counters_go_on_over_a_break_so_that_no_packet_is_taken_for_a_copy() {
    // The second piece begins with the number that the first one ended with.
    let (out, _) = splice(&[(second(0, 0), false), (second(0, 24), true)]);
    let numbers: Vec<u8> = out.chunks_exact(PACKET).map(|packet| packet[3] & 0x0F).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == (pair[0] + 1) & 0x0F), "{numbers:?}");
}

#[test]
fn time_goes_on_where_its_33_bits_begin_anew() {
    let (out, splicer) = splice(&[(second(WRAP - SECOND, 0), false), (second(0, 9), false)]);
    assert_eq!(times(&out), even(50));
    assert_eq!(splicer.until(), Some(Duration::from_secs(2)));
}

#[test]
fn after_a_day_and_more_the_time_still_follows() {
    let mut splicer = Splicer::default();
    let mut last = 0;
    // 30 hours in pieces of ten minutes with two pictures each.
    for piece in 0..180_u64 {
        let mut out = Vec::new();
        let minutes = 600 * SECOND;
        splicer.begin_piece(false, &mut out);
        for at in [0, minutes / 2] {
            splicer.push(&picture(0, (piece * minutes + at) % WRAP), &mut out).expect("packets");
        }
        last = splicer.until().expect("pictures").as_secs();
    }
    assert_eq!(last, 180 * 600);
}

#[test]
fn what_is_no_transport_stream_is_refused() {
    let mut out = Vec::new();
    assert_eq!(Splicer::default().push(&[b'<'; 4_000], &mut out), Err(NotTransportStream));
    assert!(!is_transport_stream(b"....ftypisom"));
}

#[test]
fn packets_are_found_again_after_bytes_that_are_none() {
    let mut piece = second(0, 0);
    piece.splice(PACKET * 5..PACKET * 5, [1, 2, 3]);
    let (out, _) = splice(&[(piece, false)]);
    assert_eq!(times(&out), even(25));
}

#[test]
fn encrypted_packets_are_passed_on_as_they_are() {
    let mut packet = picture(0, 5);
    packet[3] |= 0x80;
    let mut piece = second(0, 0);
    piece.extend(packet);
    let (out, _) = splice(&[(piece, false)]);
    assert_eq!(read_stamp(&out[out.len() - PACKET + 21..]), 5);
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_stream_is_the_same(cuts in prop::collection::vec(1..400_usize, 1..60)) {
        let stream = [second(5_000, 0), second(5_000 + SECOND, 9)].concat();
        let (whole, _) = splice(&[(stream.clone(), false)]);
        let (mut splicer, mut out) = (Splicer::default(), Vec::new());
        splicer.begin_piece(false, &mut out);
        let mut rest = &stream[..];
        for cut in cuts.into_iter().cycle() {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            splicer.push(now, &mut out).expect("packets");
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        splicer.end_piece(&mut out);
        prop_assert_eq!(out, whole);
    }

    #[test]
    fn a_time_stamp_that_is_written_is_read_again(stamp in 0..WRAP) {
        let mut bytes = [0x31, 0, 0, 0, 0];
        write_stamp(&mut bytes, stamp);
        prop_assert_eq!(read_stamp(&bytes), stamp);
        prop_assert_eq!((bytes[0] & 0xF1, bytes[2] & 1, bytes[4] & 1), (0x31, 1, 1));
    }

    #[test]
    fn no_bytes_bring_it_down(bytes in prop::collection::vec(any::<u8>(), 0..2_000), sync in any::<bool>()) {
        let mut bytes = bytes;
        if sync {
            bytes.iter_mut().step_by(PACKET).for_each(|byte| *byte = SYNC);
        }
        let (mut splicer, mut out) = (Splicer::default(), Vec::new());
        splicer.begin_piece(true, &mut out);
        let _ = splicer.push(&bytes, &mut out);
        splicer.end_piece(&mut out);
        splicer.begin_piece(false, &mut out);
        let _ = splicer.push(&bytes, &mut out);
        splicer.end_piece(&mut out);
        prop_assert_eq!(out.len() % PACKET, 0);
    }
}
