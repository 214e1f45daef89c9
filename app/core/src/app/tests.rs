//! The whole core, driven by keys and by what the ports answer.

mod promises;
mod times;
mod regions;
mod relocated;
mod dark;
mod back;
mod storm;
mod stage;
mod reading;
mod about;

use super::*;
use crate::arbiter::Claim;
use crate::catalog::*;
use crate::event::{
    Document, MediaError, MediaErrorKind, MediaEvent, MediaEventKind, MediaRequest, NetRequest, Refreshed, RegionTrust,
};
use crate::key::{Key, KeyEvent, Press};
use crate::sync::testing::samples::{approvals, fetched, review, reviews, target};
use crate::text::PlainMeasure;
use crate::uplink::{MessageId, Payload};
use crate::view::{Screen, TextSize};
use crate::view_counts::ViewCount;
use proptest::prelude::*;

const VILLAGE: &str = "440224103999";
/// 2026-11-23 19:42 in China, in milliseconds.
const WALL: i64 = 1_795_434_120_000;

fn sha(number: u32) -> Sha256 {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Sha256(bytes)
}

fn picture(number: u32) -> Picture {
    let object = |number| ObjectRef { sha256: sha(number), length: 1_000 };
    Picture {
        object: object(number),
        width: 1_600,
        height: 900,
        caption: "票据".into(),
        thumbnail: object(number + 500_000),
    }
}

fn item(board: Board, section: &str, number: u32, content: Content) -> Item {
    Item {
        id: format!("{VILLAGE}/{}-{section}-{number}", board.slug()),
        region: VILLAGE.parse().expect("a village"),
        board,
        section: section.into(),
        title: format!("第 {number} 条"),
        summary: "说明".into(),
        publisher: "榕树村村民委员会".into(),
        published: WALL / 1_000 - i64::from(number) * 3_600,
        not_before: None,
        not_after: None,
        pinned: number == 3,
        priority: 0,
        audience: Audience::default(),
        author: "zuozhe".into(),
        approvals: approvals(),
        cover: None,
        body: (0..number % 40).map(|_| Block::Paragraph("清淤全长 1.8 公里，九月完工。".repeat(6))).collect(),
        content,
    }
}

/// Something of every kind, spread over the boards.
fn items() -> Vec<Item> {
    let table = Table {
        columns: vec![Column { title: "项目".into(), numeric: false }, Column { title: "金额".into(), numeric: true }],
        rows: (0..17).map(|row| TableRow { cells: vec!["人工".into(), "1.00".into()], total: row == 16 }).collect(),
    };
    let video = |number| Content::Video {
        video: Video {
            object: ObjectRef { sha256: sha(number), length: 9_000 },
            width: 1_280,
            height: 720,
            duration: 90_000,
            poster: picture(number + 1),
        },
    };
    let product = |pictures| Content::Product {
        price: 6_800,
        unit: "箱".into(),
        origin: "榕树村".into(),
        seller: "合作社".into(),
        phone: String::new(),
        order: "https://mall.example/1".into(),
        pictures,
    };
    let spot = Content::Spot {
        address: "村口".into(),
        hours: String::new(),
        phone: "0751".into(),
        pictures: vec![picture(30), picture(31)],
    };
    let job = Content::Job {
        employer: "合作社".into(),
        pay: "面议".into(),
        place: "村里".into(),
        headcount: 3,
        phone: String::new(),
    };
    let activity = Content::Activity {
        starts: WALL / 1_000 + 86_400,
        ends: None,
        place: "榕树广场".into(),
        contact: String::new(),
    };
    let mut items: Vec<Item> = (1..40).map(|number| item(Board::Party, "study", number, Content::Article)).collect();
    items.push(item(Board::Governance, "notice", 3, Content::Notice));
    items.push(item(
        Board::Governance,
        "finance",
        5,
        Content::Disclosure { table: table.clone(), receipts: vec![picture(10), picture(11)] },
    ));
    items.push(item(Board::Governance, "finance", 6, Content::Disclosure { table, receipts: Vec::new() }));
    items.extend((1..9).map(|number| item(Board::Culture, "video", number, video(number * 100))));
    items.push(item(Board::Culture, "activity", 2, activity));
    items.push(item(Board::Culture, "stories", 2, Content::Story { pictures: (40..45).map(picture).collect() }));
    items.push(item(Board::Business, "products", 12, product(vec![picture(20), picture(21)])));
    items.push(item(Board::Business, "products", 13, product(Vec::new())));
    items.push(item(Board::Business, "tourism", 2, spot));
    items.push(item(Board::Business, "jobs", 2, job));
    items
}

struct Bench {
    app: App,
    items: Vec<Item>,
    now: Now,
    media: Vec<MediaRequest>,
    committed: Vec<Changes>,
    /// Requests to the network.
    asked: Vec<NetRequest>,
    batches: u8,
    published: u64,
}

/// A region's root stands for all its metadata.
fn root() -> RegionTrust {
    RegionTrust { files: [("root.json".to_owned(), vec![1])].into(), etag: None }
}

impl Bench {
    fn with_items(items: Vec<Item>) -> Bench {
        Bench::configured(items, |_, _, _| {})
    }

    /// `change` is what else the store has kept.
    fn with(items: Vec<Item>, change: impl FnOnce(&mut Saved)) -> Bench {
        Bench::configured(items, |_, saved, _| change(saved))
    }

    /// A box that is another one before it is switched on.
    fn configured(items: Vec<Item>, change: impl FnOnce(&mut AppConfig, &mut Saved, &mut Now)) -> Bench {
        let village: crate::RegionCode = VILLAGE.parse().expect("a village");
        let mut now = Now { monotonic: 1_000_000, wall: WALL };
        let mut saved = Saved {
            items: items.iter().map(Item::summarize).collect(),
            reviews: reviews(),
            trust: [(village, root())].into(),
            ..Saved::default()
        };
        let channel = |number: u16| Channel {
            id: format!("c{number}"),
            number,
            name: format!("频道{number}"),
            url: format!("/live/{number}/index.m3u8"),
            loop_start: 0,
            programmes: vec![Programme { title: "新闻".into(), duration: 60 }],
        };
        saved.channels.insert(village, vec![channel(1), channel(2), channel(3)]);
        let objects = saved.items.iter().flat_map(|item| item.objects.clone());
        saved.objects = objects
            .map(|needed| {
                (needed.object.sha256, crate::event::StoredObject { length: needed.object.length, last_used: 0 })
            })
            .collect();
        let mut config = AppConfig {
            sync: SyncConfig {
                village,
                province_root: Vec::new(),
                poll_interval_ms: 60_000,
                quota: 1 << 30,
                reserve_free: 0,
                parallel_downloads: 2,
                seed: 1,
                built: WALL / 1_000 - 86_400,
            },
            facts: SystemFacts {
                storage_lost: false,
                view_counts: true,
                version: "0".into(),
                cloud: "http://127.0.0.1:1/".into(),
                village: Some(village),
                quota: 1 << 30,
            },
        };
        saved.space.free = 1 << 40;
        change(&mut config, &mut saved, &mut now);
        let app = App::new(config, saved, Arc::new(PlainMeasure), now);
        let mut bench = Bench {
            app,
            items,
            now,
            media: Vec::new(),
            committed: Vec::new(),
            asked: Vec::new(),
            batches: 0,
            published: 0,
        };
        bench.drain();
        bench
    }

    fn new() -> Bench {
        Bench::with_items(items())
    }

    /// The reviewers are now called so.
    fn review_by(&mut self, names: &[String]) {
        let mut reviews = reviews();
        for review in reviews.values_mut() {
            for (reviewer, name) in review.reviewers.iter_mut().zip(names) {
                reviewer.name.clone_from(name);
            }
        }
        let saved = Saved { items: self.items.iter().map(Item::summarize).collect(), reviews, ..Saved::default() };
        self.app.library = Library::from_saved(&saved, VILLAGE.parse().expect("a village"));
        self.app.shelves = Shelves::default();
        self.event(Event::Timeout);
    }

    /// The store answers at once; the network never does.
    fn drain(&mut self) {
        while let Some(effect) = self.app.poll_effect() {
            match effect {
                Effect::Store(StoreRequest::LoadItem { id }) => {
                    let item = self.items.iter().find(|item| item.id == id).cloned();
                    let result = item.map(Box::new).ok_or_else(|| crate::event::StoreError {
                        kind: crate::event::StoreErrorKind::NotFound,
                        detail: String::new(),
                    });
                    self.app.handle(Event::Store(StoreEvent::Item { id, result }), self.now);
                }
                Effect::Store(StoreRequest::Commit { serial, changes }) => {
                    self.committed.push((*changes).clone());
                    let space = crate::event::Space { used: 0, free: 1 << 40 };
                    let event = StoreEvent::Committed { serial, result: Ok(()), space };
                    self.app.handle(Event::Store(event), self.now);
                }
                Effect::Media(request) => self.media.push(request),
                Effect::Net(request) => self.asked.push(request),
                Effect::DrawMessageId => {
                    self.batches += 1;
                    self.app.handle(Event::MessageId(MessageId([self.batches; 16])), self.now);
                }
                Effect::Display { .. } | Effect::Store(StoreRequest::Verify { .. }) => {}
            }
        }
    }

    fn event(&mut self, event: Event) {
        self.app.handle(event, self.now);
        self.drain();
        self.check();
    }

    fn press(&mut self, key: Key) -> &mut Bench {
        self.event(Event::Key(KeyEvent { key, press: Press::Down }));
        self.event(Event::Key(KeyEvent { key, press: Press::Up }));
        self
    }

    fn keys(&mut self, names: &str) -> &mut Bench {
        for name in names.split_whitespace() {
            let key = Key::from_name(name).unwrap_or_else(|| panic!("no key {name}"));
            self.press(key);
        }
        self
    }

    fn pass(&mut self, milliseconds: u64) {
        let until = self.now.monotonic + milliseconds;
        while let Some(at) = self.app.poll_timeout().filter(|at| *at <= until) {
            let step = at.saturating_sub(self.now.monotonic).max(1);
            self.now.monotonic += step;
            self.now.wall += step as i64;
            self.event(Event::Timeout);
        }
        let rest = until.saturating_sub(self.now.monotonic);
        self.now.monotonic += rest;
        self.now.wall += rest as i64;
    }

    fn media_event(&mut self, kind: MediaEventKind) {
        let generation = self.generation();
        self.event(Event::Media(MediaEvent { generation, kind }));
    }

    fn generation(&self) -> u64 {
        let loads = self.media.iter().rev();
        loads
            .filter_map(|request| match request {
                MediaRequest::Load { generation, .. } => Some(*generation),
                _ => None,
            })
            .next()
            .unwrap_or(0)
    }

    /// The village publishes documents: they come with the next poll.
    fn publish(&mut self, documents: Vec<(&str, Document)>) {
        let region: crate::RegionCode = VILLAGE.parse().expect("a village");
        self.published += documents.len() as u64;
        let number = self.published;
        let targets: Vec<_> =
            documents.iter().zip(number..).map(|((path, _), number)| target(path, 1_000 + number)).collect();
        self.asked.clear();
        let before = self.now.monotonic;
        while !self
            .asked
            .iter()
            .any(|request| matches!(request, NetRequest::Refresh { region: of, .. } if *of == region))
        {
            self.pass(500);
            assert!(self.now.monotonic - before < 73_000, "the village is not asked");
        }
        let result = Ok(Refreshed::Changed { trust: root(), targets: targets.clone() });
        self.event(Event::Net(NetEvent::Refreshed { region, result, server_time: None }));
        for ((_, document), target) in documents.into_iter().zip(targets) {
            self.event(Event::Net(NetEvent::Fetched { region, target, result: Ok(fetched(document)) }));
        }
    }

    /// The month's page of a board now holds these items.
    fn publish_page(&mut self, board: Board, items: Vec<Item>) {
        self.items.retain(|item| item.board != board);
        self.items.extend(items.clone());
        let path = format!("pages/{}/2026-11.json", board.slug());
        self.publish(vec![(&path, Document::Page(items))]);
    }

    /// The items of a board without this one.
    fn without(&self, board: Board, id: &str) -> Vec<Item> {
        self.items.iter().filter(|item| item.board == board && item.id != id).cloned().collect()
    }

    /// What must hold after every event.
    fn check(&self) {
        let view = self.app.view();
        // A video is played, is shown and has been claimed for: three sides of one thing.
        let shown = self.app.screens.iter().any(|screen| matches!(screen, ScreenState::Player));
        let sides = (self.app.arbiter.holds(Claim::Video), self.app.playing.is_some(), shown);
        assert!(matches!(sides, (true, true, true) | (false, false, false)), "{sides:?}");
        if !view.elements.is_empty() {
            let focused = view.elements.iter().filter(|element| element.id == view.focus).count();
            assert_eq!(focused, 1, "the focus {} is not among {:?}", view.focus, view.elements);
        }
        if let Screen::Settings(settings) = &view.screen
            && let Some(row) = settings.rows.iter().position(|row| row.id == view.focus)
        {
            let visible = settings.first_row..settings.first_row + settings.visible_rows;
            assert!(visible.contains(&row), "row {row} is focused but out of sight {visible:?}");
        }
        if let Screen::Board(board) = &view.screen
            && let Some(row) = board.rows.iter().find(|row| row.id == view.focus)
        {
            let visible = board.first_row..board.first_row + board.visible_rows;
            assert!(visible.contains(&row.index), "row {} is focused but out of sight {visible:?}", row.index);
        }
    }

    fn screen(&self) -> &'static str {
        match self.app.view().screen {
            Screen::Live => "live",
            Screen::Home(_) => "home",
            Screen::Board(_) => "board",
            Screen::Reader(_) => "reader",
            Screen::Table(_) => "table",
            Screen::Story(_) => "story",
            Screen::VideoDetail(_) => "videodetail",
            Screen::Product(_) => "product",
            Screen::Player => "player",
            Screen::Settings(_) => "settings",
            Screen::About(_) => "about",
        }
    }

    #[track_caller]
    fn expect(&self, screen: &str, focus: &str) {
        assert_eq!((self.screen(), self.app.view().focus.as_str()), (screen, focus));
    }
}

const ARROWS: [Key; 4] = [Key::Up, Key::Down, Key::Left, Key::Right];

#[test]
fn the_box_starts_with_live_television_in_full() {
    let bench = Bench::new();
    bench.expect("live", "live");
    assert!(matches!(bench.media.last(), Some(MediaRequest::Load { live: true, .. })));
    assert!(matches!(bench.app.view().osd, Some(crate::view::Osd::Banner(_))));
}

#[test]
fn what_is_published_under_a_path_is_asked_of_the_cloud_of_the_moment() {
    let bench = Bench::new();
    let Some(MediaRequest::Load { source, .. }) = bench.media.last() else { panic!("a channel is tuned") };
    assert_eq!(*source, crate::event::Source::Url("http://127.0.0.1:1/live/1/index.m3u8".into()));
    let facts = SystemFacts { cloud: "https://tv.example.cn/x/".into(), ..SystemFacts::default() };
    assert_eq!(facts.absolute("/live/1/index.m3u8"), "https://tv.example.cn/x/live/1/index.m3u8");
    assert_eq!(facts.absolute("http://cdn.example/live.m3u8"), "http://cdn.example/live.m3u8");
}

#[test]
fn what_the_box_does_without_is_said_on_the_page_about_it_until_it_works() {
    let mut bench = Bench::new();
    let facts = |bench: &Bench| match bench.app.view().screen {
        Screen::About(about) => about.facts.into_iter().map(|fact| fact.value).collect::<Vec<_>>(),
        other => panic!("not the page about this box: {other:?}"),
    };
    bench.keys("home menu");
    while bench.app.view().focus != "settings/about" {
        bench.keys("down");
    }
    bench.keys("ok").expect("about", "about/text");
    let sound = facts(&bench);
    let what = Convenience::WebRemote { address: "127.0.0.1:8600".into() };
    for _ in 0..2 {
        bench.event(Event::Convenience { what: what.clone(), works: false });
    }
    assert_eq!(facts(&bench).len(), sound.len() + 1);
    assert!(facts(&bench).iter().any(|value| value.contains("127.0.0.1:8600")), "{:?}", facts(&bench));
    bench.event(Event::Convenience { what, works: true });
    assert_eq!(facts(&bench), sound);
}

#[test]
fn twenty_seconds_without_a_key_lead_from_home_to_live() {
    let mut bench = Bench::new();
    bench.media_event(MediaEventKind::Playing);
    bench.keys("home").expect("home", "home/live");
    bench.pass(19_000);
    bench.keys("right").expect("home", "home/board/party");
    bench.pass(19_900);
    bench.expect("home", "home/board/party");
    bench.pass(200);
    bench.expect("live", "live");
}

#[test]
fn back_leads_to_the_row_one_came_from() {
    let mut bench = Bench::new();
    bench.keys("home right ok right down down down down down down down").check();
    let focus = bench.app.view().focus;
    assert!(focus.starts_with("item/"));
    bench.keys("ok").expect("reader", "reader/text");
    bench.keys("back").expect("board", &focus);
    bench.keys("back").expect("home", "home/board/party");
    bench.keys("back").expect("live", "live");
}

#[test]
fn the_colour_keys_open_the_boards_from_anywhere() {
    let mut bench = Bench::new();
    for (key, board) in [("red", Board::Party), ("green", Board::Governance), ("blue", Board::Business)] {
        bench.keys(key);
        assert!(matches!(bench.app.view().screen, Screen::Board(view) if view.board == board));
    }
    bench.keys("back").expect("home", "home/live");
}

#[test]
fn a_video_goes_on_where_it_was_left() {
    let mut bench = Bench::new();
    bench.keys("yellow").check();
    bench.keys("down down right ok");
    while bench.screen() == "board" {
        bench.keys("down right ok");
    }
    if bench.screen() != "videodetail" {
        bench.keys("back left up right ok");
    }
    bench.expect("videodetail", "video/play");
    bench.keys("ok").expect("player", "player/bar");
    bench.media_event(MediaEventKind::Playing);
    bench.media_event(MediaEventKind::Position { position: 42_000, duration: 90_000 });
    bench.keys("back").expect("videodetail", "video/play");
    let Screen::VideoDetail(detail) = bench.app.view().screen else { panic!("the page of the video") };
    assert_eq!(detail.buttons[0].label, "从 00:42 继续");
    bench.keys("ok");
    assert!(matches!(bench.media.last(), Some(MediaRequest::Load { start: 42_000, live: false, .. })));
}

#[test]
fn a_press_before_the_video_is_read_is_not_lost() {
    let mut bench = Bench::new();
    let item = bench.items.iter().find(|item| item.kind() == Kind::Video).expect("a video").clone();
    bench.app.open(&item.id);
    // The store has not answered yet.
    while bench.app.poll_effect().is_some() {}
    bench.keys("ok").expect("videodetail", "video/play");
    bench.event(Event::Store(StoreEvent::Item { id: item.id.clone(), result: Ok(Box::new(item)) }));
    bench.expect("player", "player/bar");
}

#[test]
fn a_held_key_seeks_once_when_it_is_let_go() {
    let mut bench = Bench::new();
    let id = bench.items.iter().find(|item| item.kind() == Kind::Video).expect("a video").id.clone();
    bench.app.open(&id);
    bench.drain();
    bench.keys("ok").expect("player", "player/bar");
    bench.media_event(MediaEventKind::Playing);
    bench.media_event(MediaEventKind::Position { position: 0, duration: 900_000 });
    let before = bench.media.len();
    bench.event(Event::Key(KeyEvent { key: Key::Right, press: Press::Down }));
    for _ in 0..3 {
        bench.event(Event::Key(KeyEvent { key: Key::Right, press: Press::Repeat }));
    }
    bench.event(Event::Key(KeyEvent { key: Key::Right, press: Press::Up }));
    let seeks: Vec<_> = bench.media[before..].iter().collect();
    assert!(matches!(seeks.as_slice(), [MediaRequest::Seek { position: 40_000, .. }]), "{seeks:?}");
}

#[test]
fn the_next_video_follows_by_itself_and_the_last_one_leads_back() {
    let mut bench = Bench::new();
    let videos: Vec<ItemId> = bench.app.shelves.list(Board::Culture, "video").iter().map(|id| id.to_string()).collect();
    bench.app.open(&videos[videos.len() - 2]);
    bench.drain();
    bench.keys("ok");
    bench.media_event(MediaEventKind::Playing);
    bench.media_event(MediaEventKind::EndOfStream);
    assert_eq!(bench.app.view().video.source, format!("item/{}", videos[videos.len() - 1]));
    bench.expect("player", "player/bar");
    bench.media_event(MediaEventKind::Playing);
    bench.media_event(MediaEventKind::EndOfStream);
    bench.expect("videodetail", "video/play");
    assert!(bench.app.view().video.source.starts_with("live/"), "live television comes back");
}

#[test]
fn digits_and_zapping_change_the_channel_and_the_last_one_is_remembered() {
    let mut bench = Bench::new();
    bench.keys("2");
    bench.pass(2_000);
    assert_eq!(bench.app.view().video.source, "live/440224103999/c2");
    bench.keys("channelup channelup");
    assert_eq!(bench.app.view().video.source, "live/440224103999/c1");
    let saved: Vec<_> = bench.committed.iter().flat_map(|changes| changes.settings.clone()).collect();
    let last = saved.iter().rev().find(|(key, _)| key == "live/channel");
    assert_eq!(last.map(|(_, value)| value.as_str()), Some("440224103999/c1"));
    bench.keys("9 9 9");
    assert_eq!(bench.app.view().toast.as_deref(), Some("没有 999 频道"));
}

#[test]
fn nine_hundred_zaps_load_once_each_and_the_last_channel_is_the_one_that_is_remembered() {
    let mut bench = Bench::new();
    let loads =
        |bench: &Bench| bench.media.iter().filter(|request| matches!(request, MediaRequest::Load { .. })).count();
    let before = loads(&bench);
    for zap in 0..900_u64 {
        bench.press(if zap % 7 < 5 { Key::ChannelUp } else { Key::ChannelDown });
        let detail = String::new();
        match zap % 4 {
            0 => bench.media_event(MediaEventKind::Playing),
            1 => {
                bench.media_event(MediaEventKind::Failed(MediaError { kind: MediaErrorKind::Network, detail }));
            }
            2 => bench.media_event(MediaEventKind::Stalled),
            _ => {}
        }
        bench.pass(zap * 37 % 600);
    }
    assert_eq!(loads(&bench) - before, 900);
    let source = bench.app.view().video.source;
    let saved: Vec<_> = bench.committed.iter().flat_map(|changes| changes.settings.clone()).collect();
    let last = saved.iter().rev().find(|(key, _)| key == "live/channel").map(|(_, value)| format!("live/{value}"));
    assert_eq!(last.as_ref(), Some(&source));
}

#[test]
fn settings_are_kept_and_asked_before_they_are_reset() {
    let mut bench = Bench::new();
    bench.keys("home menu down right").expect("settings", "settings/text-size");
    assert_eq!(bench.app.view().text_size, TextSize::Large);
    bench.keys("down down down down down ok").expect("settings", "dialog/no");
    bench.keys("ok").expect("settings", "settings/reset");
    assert_eq!(bench.app.view().text_size, TextSize::Large);
    bench.keys("ok up ok");
    assert_eq!(bench.app.view().text_size, TextSize::Normal);
}

#[test]
fn standby_stops_the_picture_and_waking_brings_the_channel_back() {
    let mut bench = Bench::new();
    bench.keys("red right ok power");
    assert!(bench.app.view().standby);
    assert!(bench.media.contains(&MediaRequest::Stop));
    bench.keys("ok").expect("live", "live");
    assert!(bench.app.view().standby, "only the power key wakes");
    bench.keys("power");
    assert!(!bench.app.view().standby);
    assert!(matches!(bench.media.last(), Some(MediaRequest::Load { live: true, .. } | MediaRequest::Volume { .. })));
    assert_eq!(bench.app.view().video.source, "live/440224103999/c1");
}

#[test]
fn items_outside_their_publication_window_are_not_shown() {
    let mut early = item(Board::Party, "study", 1, Content::Article);
    early.not_before = Some(WALL / 1_000 + 60);
    let mut late = item(Board::Party, "study", 2, Content::Article);
    late.not_after = Some(WALL / 1_000 + 120);
    let mut bench = Bench::with_items(vec![early, late]);
    let titles = |bench: &Bench| match bench.app.view().screen {
        Screen::Board(board) => board.rows.iter().map(|row| row.title.clone()).collect::<Vec<_>>().join(" "),
        _ => panic!("not on a board"),
    };
    bench.keys("red");
    assert_eq!(titles(&bench), "第 2 条");
    bench.pass(61_000);
    assert_eq!(titles(&bench), "第 1 条 第 2 条");
    bench.pass(60_000);
    assert_eq!(titles(&bench), "第 1 条");
}

fn titles(bench: &Bench) -> Vec<String> {
    match bench.app.view().screen {
        Screen::Board(board) => board.rows.into_iter().map(|row| row.title).collect(),
        Screen::Home(home) => home.fresh.into_iter().map(|card| card.title).collect(),
        other => panic!("neither a board nor the home page: {other:?}"),
    }
}

#[test]
fn a_new_item_shows_on_the_open_board_and_a_withdrawn_one_leaves_it_without_a_key() {
    let mut bench = Bench::new();
    bench.keys("red right down");
    let focus = bench.app.view().focus;
    let news = Item { title: "新消息".into(), priority: 9, ..item(Board::Party, "study", 0, Content::Article) };
    let mut items = bench.without(Board::Party, "");
    items.push(news.clone());
    bench.publish_page(Board::Party, items);
    assert_eq!(titles(&bench)[1], "新消息", "after the pinned item");
    assert_eq!(bench.app.view().focus, focus, "the focus stays with its item");
    bench.publish_page(Board::Party, bench.without(Board::Party, &news.id));
    assert!(!titles(&bench).contains(&"新消息".to_owned()));
    assert_eq!(bench.app.view().toast, None, "nobody was reading it");
}

#[test]
fn a_new_item_shows_on_the_open_home_page_without_a_key() {
    let mut bench = Bench::new();
    bench.keys("home");
    let news =
        Item { title: "新消息".into(), pinned: true, ..item(Board::Governance, "notice", 0, Content::Notice) };
    let mut items = bench.without(Board::Governance, "");
    items.push(news);
    bench.publish_page(Board::Governance, items);
    assert_eq!(titles(&bench)[0], "新消息");
}

#[test]
fn who_reads_what_is_withdrawn_is_led_back_to_the_list_and_told() {
    let mut bench = Bench::new();
    bench.keys("red right down ok").expect("reader", "reader/text");
    let id = bench.app.top().opened().expect("an item is open").id.clone();
    bench.publish_page(Board::Party, bench.without(Board::Party, &id));
    assert_eq!(bench.screen(), "board");
    assert!(bench.app.view().focus.starts_with("item/"));
    assert_eq!(bench.app.view().toast.as_deref(), Some("这条内容已撤下"));
    bench.keys("back").expect("home", "home/live");
}

#[test]
fn who_watches_what_is_withdrawn_is_led_back_and_the_picture_stops() {
    let mut bench = Bench::new();
    let id = bench.items.iter().find(|item| item.kind() == Kind::Video).expect("a video").id.clone();
    bench.keys("yellow");
    bench.app.open(&id);
    bench.drain();
    bench.keys("ok").expect("player", "player/bar");
    bench.media_event(MediaEventKind::Playing);
    bench.publish_page(Board::Culture, bench.without(Board::Culture, &id));
    assert_eq!(bench.screen(), "board");
    assert!(bench.app.view().video.source.starts_with("live/"), "live television comes back");
    assert_eq!(bench.app.view().toast.as_deref(), Some("这条内容已撤下"));
}

#[test]
fn enlarged_receipts_go_with_their_item() {
    let mut bench = Bench::new();
    let id = bench.items.iter().find(|item| item.section == "finance").expect("a disclosure").id.clone();
    bench.keys("green");
    bench.app.open(&id);
    bench.drain();
    bench.keys("right ok");
    assert_eq!(bench.screen(), "story");
    bench.publish_page(Board::Governance, bench.without(Board::Governance, &id));
    assert_eq!(bench.screen(), "board");
}

#[test]
fn a_reviewer_whose_key_is_taken_away_takes_the_open_item_along() {
    let mut bench = Bench::new();
    bench.keys("red right down ok").expect("reader", "reader/text");
    let province: crate::RegionCode = "440000000000".parse().expect("a province");
    let mut fewer = review();
    fewer.reviewers.remove(1);
    let changes = Changes { reviews: vec![(province, target("review.json", 1), fewer)], ..Changes::default() };
    bench.app.sync.commit(changes);
    bench.event(Event::Timeout);
    assert_eq!(bench.screen(), "board");
    assert!(titles(&bench).is_empty());
    assert!(bench.app.view().sync.withheld > 0);
    let later = bench.items[0].clone();
    bench.event(Event::Store(StoreEvent::Item { id: later.id.clone(), result: Ok(Box::new(later)) }));
    assert_eq!(bench.screen(), "board", "what is not admitted is not opened");
}

/// The counts of an item that wait in the store or have been sent.
fn counted(bench: &Bench, id: &str) -> ViewCount {
    let (mut counting, mut sealed) = (BTreeMap::new(), BTreeMap::new());
    for changes in &bench.committed {
        counting.extend(changes.view_counts.iter().cloned());
        sealed.extend(changes.uplink.iter().cloned());
    }
    let sealed = sealed.into_values().flatten().map(|message| match message.payload {
        Payload::Views(batch) => batch,
    });
    let stored: Vec<_> = counting.into_values().flatten().chain(sealed).collect();
    let counts = stored.iter().filter_map(|batch| batch.counts.get(id));
    counts.fold(ViewCount::default(), |sum, count| ViewCount {
        views: sum.views + count.views,
        plays: sum.plays + count.plays,
        seconds: sum.seconds + count.seconds,
    })
}

/// A second of a video, as the media bus reports it.
fn play_second(bench: &mut Bench, position: u64) {
    bench.now.monotonic += 1_000;
    bench.now.wall += 1_000;
    bench.media_event(MediaEventKind::Position { position, duration: 90_000 });
}

#[test]
fn what_is_watched_is_counted_as_the_media_bus_reports_it() {
    let mut bench = Bench::new();
    let id = bench.items.iter().find(|item| item.kind() == Kind::Video).expect("a video").id.clone();
    bench.app.open(&id);
    bench.drain();
    bench.keys("ok").expect("player", "player/bar");
    bench.pass(70_000);
    assert_eq!(counted(&bench, &id), ViewCount { views: 1, plays: 0, seconds: 0 }, "it has not begun to play");
    bench.media_event(MediaEventKind::FirstFrame { width: 1_280, height: 720 });
    bench.media_event(MediaEventKind::Playing);
    for second in 0..=10 {
        play_second(&mut bench, second * 1_000);
    }
    // A pause: time passes, the position does not.
    bench.media_event(MediaEventKind::Paused);
    bench.pass(30_000);
    play_second(&mut bench, 10_000);
    bench.media_event(MediaEventKind::Playing);
    // A seek: the position moves, time does not.
    bench.media_event(MediaEventKind::Position { position: 60_000, duration: 90_000 });
    for second in 61..=65 {
        play_second(&mut bench, second * 1_000);
    }
    // The line is lost: playing goes on in a second load, which is no second play.
    let error = crate::event::MediaError { kind: crate::event::MediaErrorKind::Network, detail: String::new() };
    bench.media_event(MediaEventKind::Failed(error));
    bench.pass(5_000);
    bench.media_event(MediaEventKind::Playing);
    bench.event(Event::Ending);
    assert_eq!(counted(&bench, &id), ViewCount { views: 1, plays: 1, seconds: 15 });
}

#[test]
fn live_television_is_not_counted() {
    let mut bench = Bench::new();
    bench.media_event(MediaEventKind::Playing);
    play_second(&mut bench, 1_000);
    play_second(&mut bench, 2_000);
    bench.event(Event::Ending);
    assert!(bench.committed.iter().all(|changes| changes.view_counts.is_empty()));
}

#[test]
fn counts_are_sent_after_some_minutes_and_forgotten_when_they_were_taken() {
    let mut bench = Bench::new();
    let id = bench.items[0].id.clone();
    bench.app.open(&id);
    bench.drain();
    bench.pass(13 * 60_000);
    let sent = bench.asked.iter().find_map(|request| match request {
        NetRequest::Send { id, payload: Payload::Views(batch) } => Some((*id, batch.clone())),
        _ => None,
    });
    let (batch_id, batch) = sent.expect("a batch is sent");
    assert_eq!(batch.counts.get(&id), Some(&ViewCount { views: 1, plays: 0, seconds: 0 }));
    assert_eq!((batch.village.to_string().as_str(), batch.day.to_string().as_str()), (VILLAGE, "2026-11-23"));
    bench.event(Event::Net(NetEvent::Sent { id: batch_id, result: Ok(()) }));
    assert_eq!(counted(&bench, &id), ViewCount::default());
}

#[test]
fn the_settings_page_switches_the_counting_off_and_what_waits_is_forgotten() {
    let mut bench = Bench::new();
    let id = bench.items[0].id.clone();
    bench.app.open(&id);
    bench.drain();
    bench.pass(61_000);
    assert_eq!(counted(&bench, &id).views, 1);
    bench.keys("home menu down down down").expect("settings", "settings/view-counts");
    let value = |bench: &Bench| match bench.app.view().screen {
        Screen::Settings(settings) => settings.rows[3].value.clone(),
        other => panic!("the settings page was expected, not {other:?}"),
    };
    assert_eq!(value(&bench), "开");
    bench.keys("right");
    assert_eq!(value(&bench), "关");
    assert_eq!(counted(&bench, &id), ViewCount::default());
    bench.app.open(&id);
    bench.drain();
    bench.event(Event::Ending);
    assert_eq!(counted(&bench, &id), ViewCount::default());
}

#[test]
fn what_the_configuration_has_switched_off_the_settings_page_does_not_switch_on() {
    let mut bench = Bench::new();
    bench.app.facts.view_counts = false;
    bench.keys("home menu down down down right ok").expect("settings", "settings/view-counts");
    let Screen::Settings(settings) = bench.app.view().screen else { panic!("the settings page") };
    assert_eq!((settings.rows[3].value.as_str(), settings.rows[3].choice), ("关", false));
    assert!(bench.app.settings.view_counts, "what the viewer chose is kept for another time");
}

/// Walks over the screen with the arrows and tells what had the focus. Going on from every element in every direction
/// for long enough finds all that can be found.
fn reached(bench: &mut Bench) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut state: u32 = 1;
    for _ in 0..1_500 {
        reached.insert(bench.app.view().focus);
        // A fixed sequence that prefers no direction.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bench.press(ARROWS[(state >> 24) as usize % 4]);
    }
    reached
}

/// Leads to a screen.
type Start = Box<dyn Fn(&mut Bench)>;

#[test]
fn every_element_of_every_screen_is_reached_with_the_arrows() {
    for size in [TextSize::Normal, TextSize::Large] {
        let ids: Vec<ItemId> = {
            let mut kinds = BTreeSet::new();
            items()
                .iter()
                .filter(|item| kinds.insert((item.kind(), item.section.clone())))
                .map(|item| item.id.clone())
                .collect()
        };
        let mut starts: Vec<Start> = vec![
            Box::new(|bench| {
                bench.keys("home");
            }),
            Box::new(|bench| {
                bench.keys("red");
            }),
            Box::new(|bench| {
                bench.keys("green");
            }),
            Box::new(|bench| {
                bench.keys("yellow");
            }),
            Box::new(|bench| {
                bench.keys("blue");
            }),
            Box::new(|bench| {
                bench.keys("home menu");
            }),
            Box::new(|bench| {
                bench.keys("ok");
            }),
            Box::new(|bench| {
                bench.keys("home menu down down down down down ok");
            }),
        ];
        for id in ids {
            starts.push(Box::new(move |bench| {
                bench.app.open(&id);
                bench.drain();
            }));
        }
        for (index, start) in starts.iter().enumerate() {
            let mut bench = Bench::new();
            bench.app.settings.text_size = size;
            start(&mut bench);
            let screen = bench.screen();
            let reached = reached(&mut bench);
            assert_eq!(bench.screen(), screen, "arrows alone never leave a screen");
            for element in bench.app.view().elements {
                assert!(reached.contains(&element.id), "{} cannot be reached on {screen} ({index})", element.id);
            }
        }
    }
}

fn any_key() -> impl Strategy<Value = Key> {
    prop_oneof![
        6 => prop::sample::select(ARROWS.to_vec()),
        4 => Just(Key::Ok),
        2 => Just(Key::Back),
        1 => prop::sample::select(vec![
            Key::Home, Key::Menu, Key::Info, Key::ChannelUp, Key::ChannelDown, Key::Digit(2), Key::PlayPause,
            Key::Rewind, Key::FastForward, Key::Next, Key::Red, Key::Green, Key::Yellow, Key::Blue, Key::Mute,
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_pressed_the_focus_is_never_lost_and_back_leads_out(
        keys in prop::collection::vec((any_key(), 0u8..4, 0u64..4_000), 1..80),
    ) {
        let mut bench = Bench::new();
        for (key, repeats, pause) in keys {
            bench.event(Event::Key(KeyEvent { key, press: Press::Down }));
            for _ in 0..repeats {
                bench.event(Event::Key(KeyEvent { key, press: Press::Repeat }));
            }
            bench.event(Event::Key(KeyEvent { key, press: Press::Up }));
            bench.pass(pause);
        }
        let mut presses = 0;
        while !matches!(bench.screen(), "home" | "live") || bench.app.layer() != Layer::Screen {
            bench.press(Key::Back);
            presses += 1;
            prop_assert!(presses < 12, "Back does not lead out of {}", bench.screen());
        }
    }

    #[test]
    fn whatever_is_withdrawn_the_focus_stays_on_something(
        keys in prop::collection::vec(any_key(), 1..40),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 1..60),
    ) {
        let mut bench = Bench::new();
        for key in keys {
            bench.press(key);
        }
        for index in gone {
            let at = index.index(bench.items.len().max(1));
            if at < bench.items.len() {
                bench.items.remove(at);
            }
            let saved = Saved {
                items: bench.items.iter().map(Item::summarize).collect(),
                channels: bench.app.library.channels().map(|(code, channels)| (code, channels.to_vec())).collect(),
                reviews: reviews(),
                ..Saved::default()
            };
            bench.app.library = Library::from_saved(&saved, VILLAGE.parse().expect("a village"));
            bench.app.shelves = Shelves::default();
            bench.event(Event::Timeout);
        }
    }
}
