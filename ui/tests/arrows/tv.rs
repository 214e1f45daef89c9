//! A box in memory with something of every kind, and somebody with its remote control in hand.

use std::sync::Arc;
use yuexiang_core::app::{App, AppConfig};
use yuexiang_core::catalog::*;
use yuexiang_core::event::{Effect, Event, Saved, StoreError, StoreErrorKind, StoreEvent, StoreRequest};
use yuexiang_core::key::{Key, KeyEvent, Press};
use yuexiang_core::screens::SystemFacts;
use yuexiang_core::sync::SyncConfig;
use yuexiang_core::sync::testing::samples;
use yuexiang_core::time::Now;
use yuexiang_core::view::{Language, TextSize, View};
use yuexiang_ui::FontMeasure;

const VILLAGE: &str = "440224103999";
/// 2026-11-23 19:42 in China, in milliseconds.
const WALL: i64 = 1_795_434_120_000;

fn item(board: Board, section: &str, number: u32, content: Content) -> Item {
    Item {
        board,
        section: section.into(),
        title: format!("{section} 第 {number} 条"),
        published: WALL / 1_000 - i64::from(number) * 3_600,
        body: vec![Block::Paragraph("清淤全长 1.8 公里，九月完工。".repeat(40)); 3],
        content,
        ..samples::item(&format!("{VILLAGE}/{}-{section}-{number}", board.slug()))
    }
}

fn picture(number: u64) -> Picture {
    samples::picture(samples::object(number, 1_000), samples::object(number + 1, 100))
}

fn items() -> Vec<Item> {
    let pictures = |count: u64| (0..count).map(|number| picture(100 + 2 * number)).collect::<Vec<_>>();
    let table = Table {
        columns: vec![Column { title: "项目".into(), numeric: false }, Column { title: "金额".into(), numeric: true }],
        rows: (0..17).map(|row| TableRow { cells: vec!["人工".into(), "1.00".into()], total: row == 16 }).collect(),
    };
    let disclosure = |receipts| Content::Disclosure { table: table.clone(), receipts };
    let video = |number| match samples::video_item(&format!("{VILLAGE}/v"), number, 9_000).content {
        Content::Video { video } => Content::Video { video },
        other => other,
    };
    let product = |pictures| Content::Product {
        price: 6_800,
        unit: "箱".into(),
        origin: "榕树村".into(),
        seller: "合作社".into(),
        phone: "0751".into(),
        order: "https://mall.example/1".into(),
        pictures,
    };
    let spot =
        |pictures| Content::Spot { address: "村口".into(), hours: "全天".into(), phone: "0751".into(), pictures };
    let mut items: Vec<Item> = (1..8).map(|number| item(Board::Party, "study", number, Content::Article)).collect();
    items.push(Item { cover: Some(picture(50)), ..item(Board::Party, "cover", 1, Content::Article) });
    items.extend((1..10).map(|number| item(Board::Governance, &format!("section-{number}"), number, Content::Notice)));
    items.push(item(Board::Governance, "finance", 5, disclosure(pictures(2))));
    items.push(item(Board::Governance, "finance", 6, disclosure(Vec::new())));
    items.extend((1..7).map(|number| item(Board::Culture, "video", number, video(u64::from(number) * 100))));
    items.push(item(Board::Culture, "stories", 2, Content::Story { pictures: pictures(3) }));
    items.push(item(Board::Business, "products", 1, product(pictures(2))));
    items.push(item(Board::Business, "products", 2, product(Vec::new())));
    items.push(item(Board::Business, "tourism", 1, spot(pictures(3))));
    items.push(item(Board::Business, "tourism", 2, spot(pictures(1))));
    items
}

/// An item of every kind, with pictures and without.
pub fn one_of_each() -> Vec<ItemId> {
    let names = [
        "party-study-1",
        "party-cover-1",
        "governance-finance-5",
        "governance-finance-6",
        "culture-video-1",
        "culture-video-2",
        "culture-stories-2",
        "business-products-1",
        "business-products-2",
        "business-tourism-1",
        "business-tourism-2",
    ];
    names.map(|name| format!("{VILLAGE}/{name}")).to_vec()
}

pub struct Tv {
    app: App,
    items: Vec<Item>,
    now: Now,
}

impl Tv {
    /// `count`: how many items there are at most.
    pub fn new(size: TextSize, language: Language, count: usize) -> Tv {
        let village: yuexiang_core::RegionCode = VILLAGE.parse().unwrap();
        let now = Now { monotonic: 1_000_000, wall: WALL };
        let items: Vec<Item> = items().into_iter().take(count).collect();
        let channel = |number: u16| Channel {
            id: format!("c{number}"),
            number,
            name: format!("频道{number}"),
            url: format!("http://127.0.0.1/{number}"),
            loop_start: 0,
            programmes: vec![Programme { title: "新闻".into(), duration: 86_400 }],
        };
        let size = if size == TextSize::Large { "large" } else { "normal" };
        let language = if language == Language::English { "en" } else { "zh" };
        let pairs = [("text-size", size), ("language", language)];
        let saved = Saved {
            items: items.iter().map(Item::summarize).collect(),
            reviews: samples::reviews(),
            channels: [(village, (1..10).map(channel).collect())].into(),
            // One video has been stopped in the middle.
            positions: [(format!("{VILLAGE}/culture-video-2"), 30_000)].into(),
            settings: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            ..Saved::default()
        };
        let config = AppConfig {
            sync: SyncConfig {
                village,
                province_root: Vec::new(),
                poll_interval_ms: u64::MAX / 4,
                quota: 0,
                reserve_free: 0,
                parallel_downloads: 0,
                seed: 1,
                built: WALL / 1_000 - 86_400,
            },
            facts: SystemFacts { village: Some(village), view_counts: true, ..SystemFacts::default() },
        };
        let app = App::new(config, saved, Arc::new(FontMeasure::new()), now);
        let mut tv = Tv { app, items, now };
        tv.serve();
        tv
    }

    pub fn view(&self) -> View {
        self.app.view()
    }

    pub fn press(&mut self, key: Key) {
        self.hold(key, 0);
    }

    pub fn hold(&mut self, key: Key, repeats: u32) {
        let repeats = (0..repeats).map(|_| Press::Repeat);
        for press in std::iter::once(Press::Down).chain(repeats).chain([Press::Up]) {
            self.app.handle(Event::Key(KeyEvent { key, press }), self.now);
            self.serve();
        }
    }

    pub fn keys(&mut self, names: &str) {
        for name in names.split_whitespace() {
            self.press(Key::from_name(name).unwrap());
        }
    }

    /// Leads to an item as a viewer gets there: over its board.
    pub fn open(&mut self, id: &str) {
        let board = self.items.iter().find(|item| item.id == id).map(|item| item.board);
        let colour = match board.unwrap() {
            Board::Party => Key::Red,
            Board::Governance => Key::Green,
            Board::Culture => Key::Yellow,
            Board::Business => Key::Blue,
        };
        self.press(colour);
        let wanted = format!("item/{id}");
        for _ in 0..16 {
            self.press(Key::Right);
            for _ in 0..8 {
                if self.view().focus == wanted {
                    return self.press(Key::Ok);
                }
                self.press(Key::Down);
            }
            self.keys("left down");
        }
        panic!("{id} cannot be reached");
    }

    /// The store answers at once, the network never.
    fn serve(&mut self) {
        while let Some(effect) = self.app.poll_effect() {
            let answer = match effect {
                Effect::Store(StoreRequest::LoadItem { id }) => {
                    let item = self.items.iter().find(|item| item.id == id).cloned();
                    let result = item
                        .map(Box::new)
                        .ok_or_else(|| StoreError { kind: StoreErrorKind::NotFound, detail: String::new() });
                    StoreEvent::Item { id, result }
                }
                Effect::Store(StoreRequest::Commit { serial, .. }) => {
                    StoreEvent::Committed { serial, result: Ok(()), space: Default::default() }
                }
                _ => continue,
            };
            self.app.handle(Event::Store(answer), self.now);
        }
    }
}
