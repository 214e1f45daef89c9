//! Files that are not what they seem, and what is made of those that are.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use tempfile::TempDir;
use yuexiang_cloud::intake::{IntakeError, Kind, Made, Progress, Refusal, Stage, classify, prepare};
use yuexiang_cloud::objects::Objects;

use crate::fixture::{clip, run, silent_clip};

struct Desk {
    folder: TempDir,
    objects: Objects,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = Objects::open(folder.path()).expect("opens");
        Desk { folder, objects }
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("upload");
        std::fs::write(&path, bytes).expect("writes");
        path
    }

    fn prepare(&self, path: &Path, kind: Kind) -> Result<Made, IntakeError> {
        prepare(path, kind, &self.objects, &|_| {}, &AtomicBool::new(false))
    }

    fn object(&self, sha256: &str) -> Vec<u8> {
        std::fs::read(self.objects.path(sha256).expect("a hash")).expect("reads")
    }

    /// The bytes of a video that a pipeline makes.
    fn video(&self, pipeline: &str) -> Vec<u8> {
        let path = self.folder.path().join("made");
        run(&format!("{pipeline} ! filesink name=file"), &path);
        std::fs::read(path).expect("reads")
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, IntakeError>) -> Refusal {
    match result {
        Err(IntakeError::Refused(refusal)) => refusal,
        other => panic!("is not refused: {other:?}"),
    }
}

/// What is said of a file when it comes in, and later if it is let in.
#[track_caller]
fn check(bytes: &[u8], name: &str) -> Refusal {
    let desk = Desk::new();
    let path = desk.file(bytes);
    let refusal = refusal(classify(&path).and_then(|kind| desk.prepare(&path, kind)));
    assert_eq!(refusal.name(), name, "{refusal}");
    assert!(refusal.to_string().starts_with("The ") && refusal.to_string().ends_with('.'), "{refusal}");
    refusal
}

#[test]
fn what_is_neither_picture_nor_video_is_refused_by_name() {
    check(b"", "empty");
    check(b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>", "svg");
    check(format!("<?xml version=\"1.0\"?>\n<!--{}-->\n<svg/>", "x".repeat(5_000)).as_bytes(), "svg");
    check(b"\xEF\xBB\xBF  <!DOCTYPE html><img src=x onerror=alert(1)>", "html");
    let wide: Vec<u8> = "\u{FEFF}<html><script>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(&wide, "html");
    check(b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", "xml");
    check(b"\x01\x02junk%PDF-1.7\n\xE2\xE3\xCF\xD3", "document");
    check(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj", "document");
    check(&[&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], &[0; 600]].concat(), "document");
    check(&[&b"\x7FELF\x02\x01\x01"[..], &[0; 600]].concat(), "executable");
    check(&[&b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF"[..], &[0; 600]].concat(), "executable");
    check(b"#!/bin/sh\nrm -rf /\n", "executable");
    check(&[&b"7z\xBC\xAF\x27\x1C\0\x04"[..], &[0; 600]].concat(), "archive");
    check(b"ID3\x04\0\0\0\0\0\x20TIT2", "sound");
    check(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", "sound");
    check(b"GIF89a\x01\0\x01\0\0\0\0!\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0;", "animated-picture");
    check(b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;", "picture-broken");
    check(b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0\0\0\0\0\0\0\0\0", "picture-broken");
    check(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "picture-broken");
    check(b"\0\0\0\x18ftypavis\0\0\0\0avifavis", "animated-picture");
    check(b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", "picture-format");
    check(b"II*\0\x10\0\0\0CR\x02\0", "picture-format");
    // A negative of a camera: TIFF with its picture below the first one.
    check(b"II*\0\x08\0\0\0\x01\0\x4A\x01\x04\0\x01\0\0\0\0\0\0\0\0\0\0\0", "picture-format");
    check("村委会通知：明日停水。".as_bytes(), "text");
    check(&[0, 1, 2, 3, 255, 7].repeat(500), "unknown");
}

#[test]
fn an_archive_is_refused_whatever_it_would_unpack_to() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![0; 32 << 20]).expect("packs");
    let gzip = gzip.finish().expect("packs");
    assert!(gzip.len() < 100_000, "a bomb");
    check(&gzip, "archive");
    // A local header of a file of four gigabytes, as a zip bomb has it.
    let mut zip = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\x10\0\0\0\xFF\xFF\xFF\xFF\x01\0\0\0a".to_vec();
    zip.extend([0; 64]);
    check(&zip, "archive");
}

#[test]
fn a_playlist_is_refused_and_nothing_that_it_names_is_opened() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
    listener.set_nonblocking(true).expect("does not block");
    let address = listener.local_addr().expect("an address");
    for text in [
        format!("#EXTM3U\n#EXTINF:2,\nhttp://{address}/a.ts\n"),
        format!("\n\n  #EXTM3U\nhttp://{address}/a.ts\n"),
        format!("v=0\r\no=- 0 0 IN IP4 {address}\r\n"),
        format!("ffconcat version 1.0\nfile http://{address}/a.ts\n"),
        format!("[playlist]\nFile1=http://{address}/a\n"),
        format!("<?xml version=\"1.0\"?><MPD><BaseURL>http://{address}/</BaseURL></MPD>"),
        format!("RTSPtextrtsp://{address}/a"),
    ] {
        check(text.as_bytes(), "playlist");
    }
    assert_eq!(listener.accept().expect_err("nobody came").kind(), std::io::ErrorKind::WouldBlock);
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = flate2::Crc::new();
    checksum.update(kind);
    checksum.update(data);
    [&(data.len() as u32).to_be_bytes(), &kind[..], data, &checksum.sum().to_be_bytes()].concat()
}

/// A grey PNG with chunks of one's own in front of its pixels.
fn png(width: u32, height: u32, more: &[Vec<u8>], pixels: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes(), &height.to_be_bytes(), &[8, 0, 0, 0, 0][..]].concat();
    let mut file = [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &more.concat()].concat();
    file.extend(chunk(b"IDAT", pixels));
    file.extend(chunk(b"IEND", &[]));
    file
}

fn deflated(length: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for from in (0..length).step_by(zeros.len()) {
        encoder.write_all(&zeros[..zeros.len().min(length - from)]).expect("packs");
    }
    encoder.finish().expect("packs")
}

#[test]
fn a_png_that_unpacks_to_more_than_it_says_is_refused() {
    let bomb = deflated(64 << 20);
    let pixels = deflated(100 * 101);
    assert_eq!(check(&png(100, 100, &[], &bomb), "decompression-bomb"), Refusal::Bomb("IDAT"));
    let extra = |kind: &[u8; 4], name: &[u8]| chunk(kind, &[name, &bomb].concat());
    let text = png(100, 100, &[extra(b"zTXt", b"Comment\0\0")], &pixels);
    assert_eq!(check(&text, "decompression-bomb"), Refusal::Bomb("zTXt"));
    let profile = png(100, 100, &[extra(b"iCCP", b"sRGB\0\0")], &pixels);
    assert_eq!(check(&profile, "decompression-bomb"), Refusal::Bomb("iCCP"));
    let text = png(100, 100, &[extra(b"iTXt", b"XML:com\0\x01\0zh\0\0")], &pixels);
    assert_eq!(check(&text, "decompression-bomb"), Refusal::Bomb("iTXt"));
    let honest = png(100, 100, &[chunk(b"zTXt", &[&b"Comment\0\0"[..], &deflated(1_000)].concat())], &pixels);
    let desk = Desk::new();
    assert_eq!(classify(&desk.file(&honest)).expect("is taken"), Kind::Picture);
}

#[test]
fn pictures_of_thirty_thousand_pixels_or_fifty_megapixels_are_refused_by_their_header() {
    check(&png(30_000, 30_000, &[], &[]), "picture-side");
    check(&png(30_000, 1, &[], &[]), "picture-side");
    check(&png(29_999, 1_700, &[], &[]), "picture-megapixels");
    let desk = Desk::new();
    let jpeg = std::fs::read(picture(&desk, "a.jpg")).expect("reads");
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).expect("a frame");
    let claims = |side: u16| {
        let mut jpeg = jpeg.clone();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[side.to_be_bytes(), side.to_be_bytes()].concat());
        jpeg
    };
    check(&claims(65_500), "picture-side");
    check(&claims(7_500), "picture-megapixels");
}

fn picture(desk: &Desk, name: &str) -> PathBuf {
    let path = desk.folder.path().join(name);
    image::RgbImage::from_fn(320, 200, |x, y| image::Rgb([x as u8, y as u8, 96])).save(&path).expect("saves");
    path
}

#[test]
fn broken_pictures_are_refused() {
    let desk = Desk::new();
    let jpeg = std::fs::read(picture(&desk, "a.jpg")).expect("reads");
    check(&jpeg[..jpeg.len() / 2], "picture-cut-short");
    check(&jpeg[..20], "picture-cut-short");
    check(&jpeg[..3], "picture-cut-short");
    let whole = std::fs::read(picture(&desk, "a.png")).expect("reads");
    check(&whole[..whole.len() / 2], "picture-broken");
    check(&whole[..9], "picture-broken");
    check(&png(100, 100, &[], &deflated(100 * 50)), "picture-cut-short");
    check(&png(100, 100, &[], b"no zlib stream"), "picture-broken");
    check(&png(100, 100, &[chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])], &deflated(100 * 101)), "animated-picture");
    let scans = [&jpeg[..2], &b"\xFF\xDA\0\x02".repeat(200)].concat();
    check(&scans, "decompression-bomb");
}

/// A JPEG with an Exif segment of one's own.
fn with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, exif, &jpeg[2..]].concat()
}

#[test]
fn broken_exif_harms_nothing_and_no_metadata_survive() {
    let desk = Desk::new();
    let jpeg = std::fs::read(picture(&desk, "a.jpg")).expect("reads");
    let broken = [&b"Exif\0\0II*\0\xFF\xFF\xFF\x7F"[..], &[0xFF; 40]].concat();
    let place =
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0E\x01\x02\0\x14\0\0\0\x1A\0\0\0\0\0\0\0GPS 23.1291N113.264\0".to_vec();
    for exif in [broken, place] {
        let mut source = with_exif(&jpeg, &exif);
        source.extend(b"<script>alert(1)</script>PK\x03\x04");
        let path = desk.file(&source);
        assert_eq!(classify(&path).expect("is taken"), Kind::Picture);
        let Made::Picture(made) = desk.prepare(&path, Kind::Picture).expect("is made") else { panic!("a picture") };
        assert_eq!((made.width, made.height), (320, 200));
        for object in [&made.sha256, &made.thumbnail.sha256] {
            let bytes = desk.object(object);
            let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
            assert!(!has(b"Exif") && !has(b"GPS 23") && !has(b"<script"), "something has survived");
        }
    }
}

/// An MP4 file of a moving picture.
fn mp4(desk: &Desk, frames: u32, size: &str) -> Vec<u8> {
    desk.video(&silent_clip(frames, "ball", size, 25).replace("matroskamux", "mp4mux"))
}

/// Where a box's data begin.
#[track_caller]
fn find(file: &[u8], kind: &[u8; 4]) -> usize {
    file.windows(4).position(|window| window == kind).expect("the box") + 4
}

fn put(file: &mut [u8], at: usize, value: u32) {
    file[at..at + 4].copy_from_slice(&value.to_be_bytes());
}

fn get(file: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(*file[at..].first_chunk().expect("four bytes"))
}

/// Width and height in the track's header and in its sample entry.
fn declare_size(file: &mut [u8], width: u16, height: u16, entry: bool) {
    let header = find(file, b"tkhd");
    put(file, header + 76, u32::from(width) << 16);
    put(file, header + 80, u32::from(height) << 16);
    if entry {
        let entry = find(file, b"avc1");
        put(file, entry + 24, u32::from(width) << 16 | u32::from(height));
    }
}

#[test]
fn a_video_whose_header_lies_about_the_size_is_refused() {
    let desk = Desk::new();
    let honest = mp4(&desk, 25, "width=1280,height=720");
    for entry in [false, true] {
        let mut file = honest.clone();
        declare_size(&mut file, 320, 240, entry);
        let refusal = check(&file, "video-lying-size");
        assert_eq!(refusal, Refusal::LyingSize { declared: (320, 240), actual: (1_280, 720) });
    }
    let large = mp4(&desk, 1, "width=4352,height=4352");
    assert_eq!(check(&large, "video-frame-size"), Refusal::FrameSize { width: 4_352, height: 4_352 });
    let mut file = large;
    declare_size(&mut file, 320, 240, true);
    check(&file, "video-frame-size");
}

#[test]
fn a_video_that_grows_in_the_middle_is_refused_before_it_is_decoded() {
    let desk = Desk::new();
    let stream = |frames: u32, size: &str| {
        desk.video(&silent_clip(frames, "ball", size, 25).replace("matroskamux", "mpegtsmux"))
    };
    let mut file = stream(50, "width=320,height=240");
    file.extend(stream(2, "width=4352,height=4352"));
    let path = desk.file(&file);
    assert_eq!(classify(&path).expect("begins well"), Kind::Video);
    assert_eq!(refusal(desk.prepare(&path, Kind::Video)).name(), "video-frame-size");
}

#[test]
fn a_video_whose_header_lies_about_the_duration_is_refused() {
    let desk = Desk::new();
    let honest = mp4(&desk, 250, "width=320,height=240");
    let whole = find(&honest, b"mvhd");
    let track = find(&honest, b"mdhd");
    // The edit list of mp4mux says how long the track is shown, so it would lie along.
    let honest = {
        let mut file = honest;
        if let Some(at) = file.windows(4).position(|window| window == b"edts") {
            file[at..at + 4].copy_from_slice(b"free");
        }
        file
    };
    let second = |header: usize| get(&honest, header + 12);
    let mut file = honest.clone();
    put(&mut file, whole + 16, second(whole));
    assert_eq!(check(&file, "video-lying-duration"), Refusal::LyingDuration { declared: 1, actual: 10 });
    put(&mut file, track + 16, second(track));
    assert_eq!(check(&file, "video-lying-duration"), Refusal::LyingDuration { declared: 1, actual: 10 });
    let mut file = honest.clone();
    put(&mut file, track + 16, second(track) * 36_000);
    assert_eq!(check(&file, "video-lying-duration"), Refusal::LyingDuration { declared: 36_000, actual: 10 });
}

#[test]
fn frames_that_are_hours_apart_do_not_become_hours_of_video() {
    let desk = Desk::new();
    let mut file = mp4(&desk, 15, "width=320,height=240");
    let (whole, track, header) = (find(&file, b"mvhd"), find(&file, b"mdhd"), find(&file, b"tkhd"));
    let times = find(&file, b"stts") + 8;
    for at in [whole + 16, track + 16, header + 20, times + 4] {
        let longer = get(&file, at) * 20_000;
        put(&mut file, at, longer);
    }
    if let Some(at) = file.windows(4).position(|window| window == b"edts") {
        file[at..at + 4].copy_from_slice(b"free");
    }
    check(&file, "video-breaks-off");
}

#[test]
fn frames_that_go_on_after_the_declared_end_are_refused() {
    let desk = Desk::new();
    let mut file = desk.video(&silent_clip(250, "ball", "width=320,height=240", 25));
    // Matroska's Duration: an element of eight bytes, in milliseconds.
    let at = file.windows(3).position(|window| window == [0x44, 0x89, 0x88]).expect("a duration") + 3;
    file[at..at + 8].copy_from_slice(&1_000_f64.to_be_bytes());
    let refusal = check(&file, "video-lying-duration");
    assert!(matches!(refusal, Refusal::LyingDuration { declared: 1, actual: 6.. }), "{refusal}");
}

#[test]
fn videos_that_are_not_whole_are_refused() {
    let desk = Desk::new();
    let whole = mp4(&desk, 50, "width=320,height=240");
    let index = find(&whole, b"moov") - 8;
    assert!(index > find(&whole, b"mdat"), "the index is at the end");
    check(&whole[..index], "video-without-index");
    check(&whole[..index + 100], "video-cut-short");
    check(&whole[..whole.len() / 2], "video-cut-short");
    check(&whole[..24], "video-cut-short");
    let sound = desk.video("audiotestsrc num-buffers=50 ! voaacenc ! mp4mux");
    check(&sound, "no-video");
    let mut file = whole.clone();
    let reference = find(&file, b"dref") + 8;
    put(&mut file, reference + 8, 0);
    check(&file, "external-reference");
    let mut file = whole;
    let entry = find(&file, b"avc1");
    file[entry - 4..entry].copy_from_slice(b"encv");
    check(&file, "encrypted");
}

#[test]
fn a_video_is_made_with_progress_and_without_its_metadata() {
    let desk = Desk::new();
    let mut bytes = desk.video(&clip(4.0, "ball").replace("matroskamux name=mux", "mp4mux name=mux"));
    // Where it was taken, as telephones write it: the last box of the index, which is the last one of the file.
    let place = b"\0\0\0\x28udta\0\0\0\x20\xA9xyz\0\x14\x15\xC7+23.1291+113.2644/\0\0";
    let index = find(&bytes, b"moov") - 8;
    assert_eq!(index + get(&bytes, index) as usize, bytes.len(), "the index is at the end");
    let longer = get(&bytes, index) + place.len() as u32;
    put(&mut bytes, index, longer);
    bytes.extend(place);
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let path = desk.file(&bytes);
    assert_eq!(classify(&path).expect("is taken"), Kind::Video);
    let seen = Mutex::new(Vec::new());
    let note = |progress: Progress| seen.lock().expect("a lock").push(progress);
    let made = prepare(&path, Kind::Video, &desk.objects, &note, &AtomicBool::new(false)).expect("is made");
    let Made::Video(video) = made else { panic!("a video") };
    assert!(video.duration.abs_diff(4_000) < 100, "{}", video.duration);
    let object = desk.object(&video.sha256);
    assert!(!has(&object, b"\xA9xyz") && !has(&object, b"+23.1291"), "the place has survived");
    let seen = seen.into_inner().expect("a lock");
    assert_eq!(seen[0], Progress { stage: Stage::Waiting, percent: 0 });
    assert_eq!(seen[1], Progress { stage: Stage::Checking, percent: 0 });
    let percents: Vec<u8> = seen[2..].iter().map(|progress| progress.percent).collect();
    assert!(percents.is_sorted() && percents.last() == Some(&100) && percents.len() > 1, "{percents:?}");
}

#[test]
fn work_that_is_cancelled_ends_and_leaves_nothing() {
    let desk = Desk::new();
    let path = desk.file(&desk.video(&silent_clip(2_000, "snow", "width=640,height=480", 25)));
    let cancel = AtomicBool::new(false);
    let stop = |progress: Progress| {
        if progress.stage == Stage::Making {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let result = prepare(&path, Kind::Video, &desk.objects, &stop, &cancel);
    assert!(matches!(result, Err(IntakeError::Cancelled)), "{result:?}");
    let left = |folder: &str| std::fs::read_dir(desk.folder.path().join(folder)).expect("lists").count();
    assert_eq!((left("tmp"), left("objects")), (0, 0));
}

#[test]
fn videos_are_made_one_after_the_other() {
    let desk = Desk::new();
    let path = desk.file(&desk.video(&silent_clip(25, "ball", "width=320,height=240", 25)));
    let events = Mutex::new(Vec::new());
    let (waits, waiting) = mpsc::channel();
    let waiting = Mutex::new(waiting);
    let (begun, begin) = mpsc::channel();
    let never = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let note = |progress: Progress| {
                if progress.stage == Stage::Checking {
                    begun.send(()).expect("is heard");
                    // The first one goes on only when the second one waits.
                    waiting.lock().expect("a lock").recv().expect("the second one comes");
                }
                events.lock().expect("a lock").push(("first", progress.stage, progress.percent));
            };
            prepare(&path, Kind::Video, &desk.objects, &note, &never).expect("is made");
        });
        begin.recv().expect("the first one begins");
        let note = |progress: Progress| {
            if progress.stage == Stage::Waiting {
                waits.send(()).expect("is heard");
            }
            events.lock().expect("a lock").push(("second", progress.stage, progress.percent));
        };
        prepare(&path, Kind::Video, &desk.objects, &note, &never).expect("is made");
    });
    let events = events.into_inner().expect("a lock");
    let at = |event| events.iter().position(|found| *found == event).expect("the event");
    assert!(at(("first", Stage::Making, 100)) < at(("second", Stage::Checking, 0)), "{events:?}");
}
