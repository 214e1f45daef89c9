//! Every sample of the gallery, drawn without a screen.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../examples/gallery/photos.rs"]
mod photos;
#[path = "../examples/gallery/samples/mod.rs"]
mod samples;

use photos::Photos;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use yuexiang_core::event::VideoPlace;
use yuexiang_core::ports::{FrameSink, Panel, Rect, UiFrame, VideoFrame};
use yuexiang_core::view::{Travel, View};
use yuexiang_ui::{Display, FontMeasure, Frame, Ui, UiEvent, UiOptions};

const SIZE: (u32, u32) = (1280, 720);
/// Here nothing is scaled, and nothing rounded.
const FULL: (u32, u32) = (1920, 1080);

/// A user interface of this thread. Slint keeps its context per thread: every test, and every second one, gets its own.
struct Desk {
    ui: Ui,
    events: mpsc::Receiver<UiEvent>,
    folder: tempfile::TempDir,
}

impl Desk {
    fn open(size: (u32, u32)) -> Desk {
        Desk::on(Display::Headless, size)
    }

    fn on(display: Display, size: (u32, u32)) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let objects = Arc::new(Photos::painted(folder.path()).unwrap());
        let (sender, events) = mpsc::channel();
        let on_event = Box::new(move |event| drop(sender.send(event)));
        let ui = Ui::new(UiOptions { display, size, objects, on_event }).unwrap();
        Desk { ui, events, folder }
    }

    fn show(&self, view: View) -> Arc<Frame> {
        let place = view.video.place;
        let fresh = view.video.fresh;
        self.ui.handle().show(view);
        if fresh && place != VideoPlace::Hidden {
            let (width, height) = if place == VideoPlace::Full { FULL } else { (1216, 684) };
            let rgb: Vec<u8> = (0..width * height * 3).map(|index| (index / 7 % 200) as u8).collect();
            self.ui.handle().frame(VideoFrame { width, height, stride: width as usize * 3, rgb: &rgb });
        }
        assert!(self.ui.settle(Duration::from_secs(20)).unwrap(), "the screen does not come to rest");
        self.screenshot()
    }

    fn photo(&self, number: u8) -> std::path::PathBuf {
        self.folder.path().join(format!("photo-{number}.jpg"))
    }

    fn screenshot(&self) -> Arc<Frame> {
        let (sender, receiver) = mpsc::channel();
        self.ui.handle().screenshot(move |frame| drop(sender.send(frame)));
        self.ui.settle(Duration::from_secs(20)).unwrap();
        receiver.recv().unwrap()
    }
}

/// What a new user interface draws when it is shown nothing but this view.
fn drawn_at_once(view: View) -> Arc<Frame> {
    std::thread::spawn(move || Desk::open(FULL).show(view)).join().unwrap()
}

/// Where the edge of what is redrawn meets a round corner the renderer sets a few pixels a shade apart; what is
/// forgotten or drawn twice is much more than that.
#[track_caller]
fn assert_same(one: &Frame, other: &Frame, name: &str) {
    let pixels = one.rgba.chunks(4).zip(other.rgba.chunks(4)).enumerate();
    let differing: Vec<usize> = pixels.filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    let width = one.width as usize;
    let places = differing.iter().take(6).map(|at| (at % width, at / width)).collect::<Vec<_>>();
    assert!(differing.len() < 100, "{name}: {} pixels differ, such as {places:?}", differing.len());
}

#[test]
fn what_is_drawn_piece_by_piece_is_what_is_drawn_at_once() {
    let desk = Desk::open(FULL);
    // While a new picture is awaited the old one stays: there the past may be seen.
    for sample in samples::all()
        .into_iter()
        .filter(|sample| sample.view.video.fresh || sample.view.video.place == VideoPlace::Hidden)
    {
        let piece_by_piece = desk.show(sample.view.clone());
        assert_same(&piece_by_piece, &drawn_at_once(sample.view), sample.name);
    }
}

#[test]
fn two_runs_have_the_same_pixels() {
    let view = || samples::all().into_iter().find(|sample| sample.name == "board-row").unwrap().view;
    let (first, second) = (drawn_at_once(view()), drawn_at_once(view()));
    assert!(first.rgba == second.rgba);
}

#[test]
fn the_order_code_is_read_from_a_small_screen() {
    let desk = Desk::open(SIZE);
    for name in ["product", "product-large", "product-no-picture"] {
        let view = samples::all().into_iter().find(|sample| sample.name == name).unwrap().view;
        let yuexiang_core::view::Screen::Product(product) = &view.screen else { panic!("{name} is no product") };
        let order = product.order.clone();
        let frame = desk.show(view);
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(SIZE.0 as usize, SIZE.1 as usize, |x, y| {
            let pixel = &frame.rgba[(y * SIZE.0 as usize + x) * 4..][..3];
            (pixel.iter().map(|value| u16::from(*value)).sum::<u16>() / 3) as u8
        });
        let texts: Vec<String> =
            picture.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect();
        assert_eq!(texts, [order], "{name}");
    }
}

#[test]
fn no_cell_of_a_table_reaches_into_the_next_column() {
    let desk = Desk::open(FULL);
    for name in ["table", "table-rows", "table-large", "table-large-more"] {
        let view = samples::all().into_iter().find(|sample| sample.name == name).unwrap().view;
        let yuexiang_core::view::Screen::Table(table) = view.screen.clone() else { panic!("{name} is no table") };
        let frame = desk.show(view);
        let pixel = |x: u32, y: u32| &frame.rgba[(y * FULL.0 + x) as usize * 4..][..4];
        for columns in table.columns.windows(2) {
            // A pixel on either side is the soft edge of a letter.
            let (from, to) = (96.0 + columns[0].left + columns[0].width + 2.0, 96.0 + columns[1].left - 2.0);
            assert!(to - from > 10.0, "{name}: there is a gap between {columns:?}");
            for row in &table.rows {
                // Without the ring around the row that has the focus.
                let (top, bottom) = (262.0 + row.top + 10.0, 262.0 + row.top + row.height - 10.0);
                for y in top as u32..bottom as u32 {
                    let ink = (from as u32..to as u32).find(|x| pixel(*x, y) != pixel(from as u32, y));
                    assert_eq!(ink, None, "{name}: row {} at y = {y}", row.index);
                }
            }
        }
    }
}

#[test]
fn no_character_of_the_samples_is_missing_in_the_fonts() {
    let measure = FontMeasure::new();
    for sample in samples::all() {
        let written = format!("{:?}", sample.view);
        let missing: String = written.chars().filter(|character| !measure.has(*character)).collect();
        assert_eq!(missing, "", "{}", sample.name);
    }
}

#[test]
fn a_picture_that_cannot_be_decoded_is_reported_once() {
    let desk = Desk::open(SIZE);
    let mut view = samples::all().into_iter().find(|sample| sample.name == "home-live").unwrap().view;
    let broken = photos::photo(200, "");
    let yuexiang_core::view::Screen::Home(home) = &mut view.screen else { panic!("no home page") };
    home.fresh[0].thumbnail = Some(broken.clone());
    home.fresh[1].thumbnail = Some(broken.clone());
    desk.show(view.clone());
    view.header.time = "19:43".into();
    desk.show(view);
    let events: Vec<UiEvent> = desk.events.try_iter().collect();
    assert_eq!(events, [UiEvent::PictureBroken(broken.sha256.unwrap())]);
}

#[test]
fn a_picture_that_was_broken_is_drawn_when_it_has_been_fetched_again() {
    let desk = Desk::open(SIZE);
    let mut view = samples::all().into_iter().find(|sample| sample.name == "home-live").unwrap().view;
    let show = |view: &mut View, picture: Option<u8>, time: &str| {
        let yuexiang_core::view::Screen::Home(home) = &mut view.screen else { panic!("no home page") };
        let place_holder = yuexiang_core::view::PictureView { sha256: None, ..photos::photo(0, "") };
        home.fresh[0].thumbnail = Some(picture.map_or(place_holder, |number| photos::photo(number, "")));
        view.header.time = time.into();
        desk.show(view.clone())
    };
    let whole = std::fs::read(desk.photo(3)).unwrap();
    std::fs::write(desk.photo(3), "damaged").unwrap();
    let broken = show(&mut view, Some(3), "19:42");
    // The store has found it out, and has it again.
    show(&mut view, None, "19:42");
    std::fs::write(desk.photo(3), whole).unwrap();
    let drawn = show(&mut view, Some(3), "19:42");
    assert!(broken.rgba != drawn.rgba, "the place holder is still there");
}

#[test]
fn pages_slide_and_come_to_rest_where_they_belong() {
    let desk = Desk::open(FULL);
    let named = |name: &str| samples::all().into_iter().find(|sample| sample.name == name).unwrap().view;
    desk.show(named("home-live"));
    let mut board = named("board-row");
    (board.serial, board.travel) = (2, Travel::Forward);
    let slid = desk.show(board);
    let there = drawn_at_once(named("board-row"));
    assert_same(&slid, &there, "slid");
    let mut home = named("home-board");
    (home.serial, home.travel) = (3, Travel::Back);
    let back = desk.show(home);
    let there = drawn_at_once(named("home-board"));
    assert_same(&back, &there, "back");
}

#[test]
fn whoever_waits_for_a_frame_gets_the_next_one_and_only_then() {
    let desk = Desk::open(SIZE);
    let named = |name: &str| samples::all().into_iter().find(|sample| sample.name == name).unwrap().view;
    let shown = desk.show(named("settings"));
    let hub = desk.ui.handle().frames();
    assert_eq!(hub.wait(0, Duration::ZERO).map(|frame| frame.serial), Some(shown.serial));
    let serial = shown.serial;
    let waiting = std::thread::spawn(move || hub.wait(serial, Duration::from_secs(20)));
    // Nothing new is drawn as long as nothing new is shown.
    assert!(desk.ui.settle(Duration::from_millis(200)).unwrap());
    assert!(!waiting.is_finished());
    desk.show(named("about"));
    let next = waiting.join().unwrap().unwrap();
    assert!(next.serial > serial && next.rgba != shown.rgba);
}

/// The screen of a box that takes every frame and remembers what it was shown.
struct Recorder {
    size: (u32, u32),
    has_video_plane: bool,
    ready: Arc<AtomicBool>,
    shown: mpsc::Sender<(Vec<u8>, Vec<Rect>, Option<Rect>)>,
}

impl Panel for Recorder {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn has_video_plane(&self) -> bool {
        self.has_video_plane
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }

    fn present(&mut self, frame: UiFrame<'_>) {
        self.shown.send((frame.rgba.to_vec(), frame.changed.to_vec(), frame.video)).unwrap();
    }
}

#[test]
fn a_panel_gets_every_change_and_a_hole_where_the_video_is() {
    let (shown, frames) = mpsc::channel();
    let ready = Arc::new(AtomicBool::new(true));
    let panel = Recorder { size: FULL, has_video_plane: true, ready: ready.clone(), shown };
    let desk = Desk::on(Display::Panel(Box::new(panel)), FULL);
    let mut screen = vec![0; FULL.0 as usize * FULL.1 as usize * 4];
    let named = |name: &str| samples::all().into_iter().find(|sample| sample.name == name).unwrap().view;
    for (name, expected) in [
        ("live-banner", Some(Rect { x: 0, y: 0, width: 1920, height: 1080 })),
        ("home-live", Some(Rect { x: 96, y: 136, width: 1216, height: 684 })),
        ("board-row", None),
    ] {
        desk.ui.handle().show(named(name));
        desk.ui.settle(Duration::from_secs(20)).unwrap();
        let mut video = None;
        for (rgba, changed, hole) in frames.try_iter() {
            video = hole;
            // Only what is said to have changed is taken over, as the panel does.
            for rect in changed {
                for row in rect.y..rect.y + rect.height {
                    let from = (row * FULL.0 + rect.x) as usize * 4;
                    let row = from..from + rect.width as usize * 4;
                    screen[row.clone()].copy_from_slice(&rgba[row]);
                }
            }
        }
        assert_eq!(video, expected, "{name}");
        let at = |x: u32, y: u32| &screen[(y * FULL.0 + x) as usize * 4..][..4];
        match expected {
            Some(_) => assert_eq!(at(700, 400), [0; 4], "{name}: the video is seen"),
            None => assert!(screen.chunks(4).all(|pixel| pixel[3] == 255), "{name}: there is no hole"),
        }
    }
    // The banner lies over the hole, and a frame waits until the panel is ready.
    ready.store(false, Ordering::SeqCst);
    desk.ui.handle().show(named("live-banner"));
    desk.ui.settle(Duration::from_millis(300)).unwrap();
    assert!(frames.try_recv().is_err(), "nothing is shown before the panel is ready");
    ready.store(true, Ordering::SeqCst);
    desk.ui.handle().panel_changed();
    desk.ui.settle(Duration::from_secs(20)).unwrap();
    let (last, _, _) = frames.try_iter().last().unwrap();
    assert!(last.chunks(4).any(|pixel| pixel[3] == 255), "the banner is drawn over the video");
    // Another screen: everything is shown anew although nothing has changed.
    desk.ui.handle().panel_emptied();
    desk.ui.settle(Duration::from_secs(20)).unwrap();
    let (_, changed, _) = frames.try_iter().last().expect("a frame is shown");
    assert_eq!(changed, [Rect { x: 0, y: 0, width: 1920, height: 1080 }]);
}
