//! Pictures as phones make them: the same bars of colours, as they come and as they are to be shown.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use image::{DynamicImage, ImageFormat, RgbImage};
use tempfile::TempDir;
use yuexiang_cloud::intake::{IntakeError, Kind, Made, classify, prepare};
use yuexiang_cloud::objects::Objects;

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

    /// What a television gets of a file.
    fn shown(&self, file: &Path) -> Result<RgbImage, IntakeError> {
        assert_eq!(classify(file)?, Kind::Picture);
        let made = prepare(file, Kind::Picture, &self.objects, &|_| {}, &AtomicBool::new(false))?;
        let Made::Picture(picture) = made else { panic!("a picture") };
        let path = self.objects.path(&picture.sha256).expect("a hash");
        let shown = image::load(std::io::BufReader::new(std::fs::File::open(path).expect("opens")), ImageFormat::Jpeg);
        let shown = shown.expect("a JPEG").into_rgb8();
        assert_eq!(shown.dimensions(), (picture.width, picture.height));
        Ok(shown)
    }
}

fn stored(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloud/pictures").join(name)
}

/// What everybody sees on a phone or a computer.
const BARS: [[u8; 3]; 8] = [
    [222, 40, 16],
    [255, 223, 0],
    [34, 139, 34],
    [30, 90, 200],
    [225, 172, 106],
    [128, 128, 128],
    [255, 255, 255],
    [0, 0, 0],
];

/// The colour amid each of the eight bars, at a quarter and at three quarters of the height.
fn bars(picture: &RgbImage) -> Vec<[u8; 3]> {
    let (width, height) = picture.dimensions();
    let at = |bar: u32, quarter: u32| picture.get_pixel(width * (2 * bar + 1) / 16, height * quarter / 4).0;
    (0..8).flat_map(|bar| [at(bar, 1), at(bar, 3)]).collect()
}

#[track_caller]
fn check_bars(name: &str, shown: &RgbImage) {
    assert!(shown.width() > shown.height(), "{name} is not upright: {:?}", shown.dimensions());
    let right = BARS.iter().flat_map(|bar| [bar, bar]);
    for (at, (shown, right)) in bars(shown).iter().zip(right).enumerate() {
        let near = shown.iter().zip(right).all(|(one, other)| one.abs_diff(*other) <= 12);
        assert!(near, "{name}, bar {}: {shown:?} is not {right:?}", at / 2);
    }
}

#[test]
fn pictures_of_phones_are_shown_upright_and_in_their_colours() {
    let desk = Desk::new();
    for name in ["iphone.heic", "pic.avif", "wechat.webp"] {
        check_bars(name, &desk.shown(&stored(name)).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    // Held upright: what lies at the left in the file is above.
    let upright = desk.shown(&stored("rotated6.jpg")).expect("is taken");
    assert_eq!(upright.dimensions(), (540, 960));
    check_bars("rotated6.jpg", &image::imageops::rotate270(&upright));
}

#[test]
fn pictures_of_computers_are_taken_as_they_are() {
    let desk = Desk::new();
    let small = DynamicImage::from(RgbImage::from_fn(320, 180, |x, _| image::Rgb(BARS[x as usize / 40])));
    for format in [ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        small.to_rgba8().write_to(&mut bytes, format).expect("writes");
        let bytes = bytes.into_inner();
        check_bars(&format!("{format:?}"), &desk.shown(&desk.file(&bytes)).expect("is taken"));
        let cut = desk.shown(&desk.file(&bytes[..bytes.len() / 2]));
        assert!(matches!(cut, Err(IntakeError::Refused(_))), "{format:?} that is cut short: {cut:?}");
    }
}

#[test]
fn a_phones_picture_that_is_cut_short_or_too_large_is_refused_by_name() {
    let desk = Desk::new();
    let whole = std::fs::read(stored("iphone.heic")).expect("reads");
    let refusal = |bytes: &[u8]| match desk.shown(&desk.file(bytes)) {
        Err(IntakeError::Refused(refusal)) => refusal.name(),
        other => panic!("is not refused: {other:?}"),
    };
    assert_eq!(refusal(&whole[..whole.len() / 2]), "picture-broken");
    assert_eq!(refusal(&whole[..60]), "picture-broken");
    // Every size that the file declares (`ispe`, ISO 23008-12, 6.5.3) becomes that of a bomb.
    let mut bomb = whole.clone();
    let mut at = 0;
    while let Some(found) = bomb[at..].windows(4).position(|kind| kind == b"ispe") {
        at += found + 8;
        bomb[at..at + 8].copy_from_slice(&[0, 0, 0x70, 0, 0, 0, 0x70, 0]);
    }
    assert_eq!(refusal(&bomb), "picture-megapixels");
}

/// The colour of a video that is all of one colour, as its poster and its frames have it, and its size.
fn colour_of_video(desk: &Desk, file: &Path) -> ([u8; 3], (u32, u32)) {
    assert_eq!(classify(file).expect("is taken"), Kind::Video);
    let made = prepare(file, Kind::Video, &desk.objects, &|_| {}, &AtomicBool::new(false)).expect("is made");
    let Made::Video(video) = made else { panic!("a video") };
    let poster = desk.objects.path(&video.poster.sha256).expect("a hash");
    let poster = image::load(std::io::BufReader::new(std::fs::File::open(poster).expect("opens")), ImageFormat::Jpeg);
    let poster = poster.expect("a JPEG").into_rgb8();
    let caps = caps_of(&desk.objects.path(&video.sha256).expect("a hash"));
    assert!(caps.contains("colorimetry=(string)bt709"), "{caps}");
    (poster.get_pixel(poster.width() / 2, poster.height() / 2).0, (video.width, video.height))
}

/// How a video's own parameters say that it is to be decoded.
fn caps_of(file: &Path) -> String {
    use gstreamer as gst;
    use gstreamer_pbutils::prelude::*;
    let discoverer = gstreamer_pbutils::Discoverer::new(gst::ClockTime::from_seconds(20)).expect("a discoverer");
    let uri = gst::glib::filename_to_uri(file, None).expect("a URI");
    let info = discoverer.discover_uri(&uri).expect("media");
    info.video_streams().into_iter().next().and_then(|video| video.caps()).expect("a video").to_string()
}

/// A second of one colour, as a pipeline makes it.
fn video(desk: &Desk, format: &str) -> PathBuf {
    let path = desk.folder.path().join("made");
    let source = "videotestsrc num-buffers=25 pattern=solid-color foreground-color=0xffcc6633";
    crate::fixture::run(&format!("{source} ! video/x-raw,framerate=25/1,{format} ! filesink name=file"), &path);
    path
}

#[test]
fn a_video_keeps_its_colours_whatever_matrix_and_range_it_has() {
    let desk = Desk::new();
    for format in [
        // What cameras and phones record: of any size, in the matrix of either television.
        "format=I420,width=320,height=240,colorimetry=bt709 ! x264enc speed-preset=ultrafast ! matroskamux",
        "format=I420,width=1280,height=720,colorimetry=bt601 ! x264enc speed-preset=ultrafast ! matroskamux",
        // Full range.
        "format=RGB,width=320,height=240 ! videoconvert ! video/x-raw,format=I420,colorimetry=1:4:0:0 \
         ! jpegenc quality=95 ! avimux",
    ] {
        let (colour, _) = colour_of_video(&desk, &video(&desk, format));
        let near = colour.iter().zip([0xCC, 0x66, 0x33]).all(|(one, other)| one.abs_diff(other) <= 8);
        assert!(near, "{format}: {colour:?}");
    }
}

#[test]
fn a_video_that_was_taken_upright_is_shown_upright() {
    let desk = Desk::new();
    let path = video(&desk, "format=I420,width=320,height=240 ! x264enc speed-preset=ultrafast ! mp4mux");
    let mut bytes = std::fs::read(&path).expect("reads");
    // The matrix of the track's header, a quarter to the right (ISO 14496-12, 8.3.2).
    let at = bytes.windows(4).position(|kind| kind == b"tkhd").expect("a track") + 44;
    let quarter = [0_u32, 0x0001_0000, 0, 0xFFFF_0000, 0, 0, 0, 0, 0x4000_0000];
    for (number, value) in quarter.into_iter().enumerate() {
        bytes[at + number * 4..at + number * 4 + 4].copy_from_slice(&value.to_be_bytes());
    }
    assert_eq!(colour_of_video(&desk, &desk.file(&bytes)).1, (240, 320));
}
