//! What may be as long as publishing allows is drawn to its last character, in either text size and language: the same
//! picture with another last character is another picture. What ends in an ellipsis would not be.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../examples/gallery/photos.rs"]
mod photos;
#[path = "../examples/gallery/samples/mod.rs"]
mod samples;

use photos::Photos;
use std::cell::RefCell;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use yuexiang_core::catalog::Board;
use yuexiang_core::event::VideoPlace;
use yuexiang_core::ports::{FrameSink, VideoFrame};
use yuexiang_core::screens::settings::Row;
use yuexiang_core::sync::Fate;
use yuexiang_core::view::*;
use yuexiang_core::words::{BackTo, EmptyWord, HintWord, Words};
use yuexiang_ui::{Display, FontMeasure, Frame, Ui, UiOptions};

/// Nothing is scaled, and nothing rounded.
const SIZE: (u32, u32) = (1920, 1080);
/// Characters of a title, of a village's name and of a section's English name: `yuexiang_wire::limits`.
const TITLE: usize = 60;
const NAME: usize = 40;
/// Two last characters. Most of what is inked of one is not of the other.
const ENDS: [char; 2] = ['一', '龘'];
/// Fewer pixels than that are not a character of 28 px.
const CHARACTER: usize = 100;

struct Tv {
    ui: Ui,
    wrong: RefCell<Vec<String>>,
    _folder: tempfile::TempDir,
}

impl Tv {
    fn open() -> Tv {
        let folder = tempfile::tempdir().unwrap();
        let objects = Arc::new(Photos::painted(folder.path()).unwrap());
        let on_event = Box::new(|_| ());
        let ui = Ui::new(UiOptions { display: Display::Headless, size: SIZE, objects, on_event }).unwrap();
        Tv { ui, wrong: RefCell::default(), _folder: folder }
    }

    fn draw(&self, view: View) -> Arc<Frame> {
        let (sender, receiver) = mpsc::channel();
        let place = view.video.place;
        self.ui.handle().show(view);
        if place != VideoPlace::Hidden {
            let (width, height) = if place == VideoPlace::Full { SIZE } else { (1216, 684) };
            let rgb = vec![40; width as usize * height as usize * 3];
            self.ui.handle().frame(VideoFrame { width, height, stride: width as usize * 3, rgb: &rgb });
        }
        assert!(self.ui.settle(Duration::from_secs(20)).unwrap(), "the screen does not come to rest");
        self.ui.handle().screenshot(move |frame| drop(sender.send(frame)));
        self.ui.settle(Duration::from_secs(20)).unwrap();
        receiver.recv().unwrap()
    }

    /// `view` makes the screen of a text that it is given the last character of.
    fn check(&self, what: &str, view: &dyn Fn(char) -> View) {
        let [one, other] = ENDS.map(|end| self.draw(view(end)));
        let differing = one.rgba.chunks(4).zip(other.rgba.chunks(4)).filter(|(a, b)| a != b).count();
        if differing < CHARACTER {
            self.wrong.borrow_mut().push(format!("{what}: the end is not drawn, {differing} pixels differ"));
        }
    }
}

fn sample(name: &str) -> View {
    samples::all().into_iter().find(|sample| sample.name == name).unwrap().view
}

/// A text of so many characters, all of them wide or all but the last narrow.
fn text(language: Language, length: usize, end: char) -> String {
    let words = match language {
        Language::Chinese => "榕树村二〇二六年灌溉渠道清淤疏浚工程合同价款支付情况及全部票据的公开说明和答疑",
        Language::English => "Public hearing on irrigation works, their contracts and all payments made ",
    };
    words.chars().cycle().take(length - 1).chain([end]).collect()
}

/// What the box says by itself, with another last character.
fn ending(text: &str, end: char) -> String {
    let kept = text.chars().count() - 1;
    text.chars().take(kept).chain([end]).collect()
}

/// Every screen with its texts in one size and language.
fn check(size: TextSize, language: Language) {
    let tv = Tv::open();
    let words = Words::new(language, Some(1_795_434_120));
    let of = |name: &str| View { text_size: size, language, ..sample(name) };
    let title = |end| text(language, TITLE, end);
    let large = if size == TextSize::Large { ", large" } else { "" };
    let check = |what: &str, view: &dyn Fn(char) -> View| {
        tv.check(&format!("{what}, {language:?}{large}"), view);
    };
    banner_and_channels(&check, &of, &title);
    names(&check, &of, language);
    player(&check, &of, &title);
    for page in ["reader", "table", "product", "detail"] {
        check(&format!("title of {page}"), &|end| with_title(of(page), title(end)));
    }
    let notice = longest_notice(words);
    for page in ["home-live", "board-row", "reader", "detail", "settings", "about", "story", "live-banner"] {
        check(&format!("{notice} on {page}"), &|end| View { notice: Some(format!("{notice}{end}")), ..of(page) });
    }
    settings(&check, &of, words);
    check("message", &|end| View { toast: Some(text(language, TITLE, end)), ..of("home-live") });
    let village = text(Language::Chinese, NAME, '村');
    check("offer", &|end| {
        let mut view = of("live-offer");
        view.video.offer = Some(format!("{}{end}", words.offer_home(&village)));
        view
    });
    small(&check, &of, words);
    let wrong = tv.wrong.take();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

type Check<'a> = &'a dyn Fn(&str, &dyn Fn(char) -> View);
type Of<'a> = &'a dyn Fn(&str) -> View;

fn banner_and_channels(check: Check, of: Of, title: &dyn Fn(char) -> String) {
    let banner = |change: &dyn Fn(&mut BannerView)| {
        let mut view = of("live-banner");
        let Some(Osd::Banner(banner)) = &mut view.osd else { panic!("no banner") };
        banner.current = format!("19:30 {}", title('完'));
        banner.next = format!("20:00 {}", title('完'));
        change(banner);
        view
    };
    check("what is on", &|end| banner(&|banner| banner.current = format!("19:30 {}", title(end))));
    check("what follows", &|end| banner(&|banner| banner.next = format!("20:00 {}", title(end))));
    check("what is on and last", &|end| {
        banner(&|banner| {
            banner.current = format!("19:30 {}", title(end));
            banner.next.clear();
        })
    });
    check("programme in the list of channels", &|end| {
        let mut view = of("live-channels");
        let focus = view.focus.clone();
        let Some(Osd::Channels(list)) = &mut view.osd else { panic!("no channels") };
        list.rows.iter_mut().find(|row| row.id == focus).unwrap().line = title(end);
        view
    });
}

fn names(check: Check, of: Of, language: Language) {
    for page in ["home-live", "home-fresh"] {
        check(&format!("village on {page}"), &|end| {
            let mut view = of(page);
            view.header.village = text(Language::Chinese, NAME, end);
            view
        });
    }
    check("section", &|end| {
        let mut view = of("board-section");
        let Screen::Board(board) = &mut view.screen else { panic!("no board") };
        board.sections[board.selected_section].name = match language {
            Language::Chinese => text(language, 8, end),
            Language::English => text(language, NAME, end),
        };
        view
    });
}

fn player(check: Check, of: Of, title: &dyn Fn(char) -> String) {
    let bar = |change: &dyn Fn(&mut PlayerBarView)| {
        let mut view = of("player");
        let Some(Osd::Player(bar)) = &mut view.osd else { panic!("no bar") };
        bar.title = title('完');
        bar.next = format!("接着播：{}", title('完'));
        change(bar);
        view
    };
    check("title of what plays", &|end| bar(&|bar| bar.title = title(end)));
    check("title of what plays next", &|end| bar(&|bar| bar.next = format!("接着播：{}", title(end))));
}

fn with_title(mut view: View, title: String) -> View {
    match &mut view.screen {
        Screen::Reader(screen) => screen.title = title,
        Screen::Table(screen) => screen.title = title,
        Screen::Product(screen) => screen.title = title,
        Screen::VideoDetail(screen) => screen.title = title,
        _ => panic!("a page without a title"),
    }
    view
}

fn longest_notice(words: Words) -> String {
    // 2025-10-08: the year is said as well.
    let last = Some(1_759_900_000);
    let measure = FontMeasure::new();
    let notices = [
        words.storage_lost(),
        words.storage_failing(),
        words.offline(last),
        words.not_believed(last),
        words.no_answer(last),
        words.way_doubted(true),
        words.way_doubted(false),
        words.storage_full(),
    ];
    let width = |notice: &String| yuexiang_core::text::width(notice, false, &measure);
    notices.into_iter().max_by(|one, other| width(one).total_cmp(&width(other))).unwrap()
}

fn settings(check: Check, of: Of, words: Words) {
    for row in [Row::ViewCounts, Row::Sync, Row::Reset] {
        let (label, text) = words.setting(row);
        check(&format!("words of a setting, {label}"), &|end| {
            let mut view = of("settings");
            let Screen::Settings(settings) = &mut view.screen else { panic!("no settings") };
            settings.rows[1].label = label.clone();
            settings.rows[1].text = format!("{text}{end}");
            settings.rows[1].value = words.moment(1_759_900_000);
            view
        });
    }
}

/// What has one line and is said by the box itself.
fn small(check: Check, of: Of, words: Words) {
    for (fate, online) in [(Fate::Absent, true), (Fate::Coming, true), (Fate::Coming, false)] {
        let text = words.not_stored(fate, online);
        check(&text, &|end| {
            let mut view = of("detail");
            let Screen::VideoDetail(detail) = &mut view.screen else { panic!("no video") };
            detail.availability = format!("{text}{end}");
            view
        });
    }
    for (page, label) in [
        ("reader-picture", words.picture_label(11, 12, true)),
        ("reader-picture", words.picture_label(11, 12, false)),
        ("table", words.receipt_label(11, 12, true)),
    ] {
        check(&label, &|end| {
            let mut view = of(page);
            let side = match &mut view.screen {
                Screen::Reader(screen) => &mut screen.side,
                Screen::Table(screen) => &mut screen.receipts,
                _ => panic!("no picture"),
            };
            side.as_mut().unwrap().label = ending(&label, end);
            view
        });
    }
    for word in [EmptyWord::Section, EmptyWord::FirstStart, EmptyWord::FirstStartOffline, EmptyWord::Refused] {
        let (title, text) = words.empty(word);
        check(&text, &|end| {
            let mut view = of("home-first-start");
            let Screen::Home(home) = &mut view.screen else { panic!("no home page") };
            let text = format!("{text}{end}");
            home.empty = Some(EmptyView { icon: EmptyIcon::Empty, title: title.clone(), text });
            view
        });
    }
    let board = Board::Governance;
    check("a board's card", &|end| {
        let mut view = of("home-live");
        let Screen::Home(home) = &mut view.screen else { panic!("no home page") };
        let card = &mut home.boards[1];
        card.title = ending(&words.board(board), end);
        (card.line, card.badge, card.badge_below) = (String::new(), words.new_this_week(12), true);
        view
    });
}

#[test]
fn what_is_said_in_chinese_is_drawn_to_its_last_character() {
    check(TextSize::Normal, Language::Chinese);
}

#[test]
fn what_is_said_in_english_is_drawn_to_its_last_character() {
    check(TextSize::Normal, Language::English);
}

#[test]
fn what_is_said_in_chinese_is_drawn_to_its_last_character_in_large_type() {
    check(TextSize::Large, Language::Chinese);
}

#[test]
fn what_is_said_in_english_is_drawn_to_its_last_character_in_large_type() {
    check(TextSize::Large, Language::English);
}

/// The table with receipts and columns that do not fit has the most keys.
#[test]
fn the_words_about_the_keys_do_not_reach_into_the_page_number() {
    let measure = FontMeasure::new();
    let width = |text: &str, size: f32| yuexiang_core::text::width(text, false, &measure) * size;
    let most = [HintWord::ChooseRow, HintWord::WholeRow, HintWord::MoreColumns, HintWord::ToReceipts];
    for (k, language) in [1.0, 1.25].into_iter().flat_map(|k| [Language::Chinese, Language::English].map(|of| (k, of)))
    {
        let words = Words::new(language, None);
        let hint = |word: HintWord| {
            let (keys, text) = words.hint(word);
            f32::max(48.0 * k, width(&keys, 24.0 * k) + 28.0) + 14.0 + width(&text, 28.0 * k) + 44.0
        };
        let hints: f32 = most.into_iter().chain([HintWord::Back(BackTo::Before)]).map(hint).sum();
        let position = width(&words.position(127, 128), 28.0 * k);
        assert!(hints + position <= 1728.0, "{hints} and {position}, {language:?}, {k}");
    }
}

/// Both fonts together, and a title in bold, for which the rare ones have one weight.
#[test]
fn rare_characters_of_names_are_drawn_each_as_itself() {
    assert!(!FontMeasure::new().has('𠮷'), "it is not in the program");
    let tv = Tv::open();
    let drawn = |character: char| {
        let mut view = sample("reader");
        let Screen::Reader(reader) = &mut view.screen else { panic!("no text") };
        reader.title = character.to_string();
        reader.page = TextPage {
            lines: vec![TextLine { text: character.to_string(), style: LineStyle::Body, top: 0.0, indent: 0.0 }],
            ..TextPage::default()
        };
        let frame = tv.draw(view);
        let cut = |x: usize, y: usize, size: usize| -> Vec<bool> {
            let pixel = |x: usize, y: usize| frame.rgba[(y * SIZE.0 as usize + x) * 4] > 128;
            (y..y + size).flat_map(|y| (x..x + size).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect()
        };
        // The title, and the first line of the text.
        [cut(96, 108, 56), cut(96, 272, 32)]
    };
    let ink = |cell: &[bool]| cell.iter().filter(|ink| **ink).count();
    // U+20000 is in no font: what is drawn for it is the box.
    let tofu = drawn('\u{20000}');
    let mut seen = vec![tofu];
    for character in ['𠮷', '㐂', '𰻝', '䶮', '村'] {
        let cells = drawn(character);
        assert!(cells.iter().all(|cell| ink(cell) > 60), "{character} is drawn blank");
        for (at, cell) in cells.iter().enumerate() {
            assert!(seen.iter().all(|other| other[at] != *cell), "{character} is drawn as something else");
        }
        seen.push(cells);
    }
}
