//! Every page with what it might show one morning in 扶溪镇, a town of 仁化县; also what the tests look at.

#[path = "samples/content.rs"]
mod content;
#[path = "samples/management.rs"]
mod management;

use yuexiang_console::words::{Board, Kind, Lang, Level, Role, State};
use yuexiang_console::*;

pub use content::pages as content_pages;
pub use management::pages as management_pages;

/// 2026-11-25 08:30 in China.
pub const NOW: i64 = 1_795_566_600;
pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 86_400;

/// A file name, what it draws, and the view behind it as text: a test compares the two.
pub struct Sample {
    pub name: &'static str,
    pub page: Markup,
    pub view: String,
}

pub fn all(lang: Lang) -> Vec<Sample> {
    let mut samples = content_pages(lang);
    samples.extend(management_pages(lang));
    samples
}

/// A sample of a page: the view's debug form goes with it.
pub fn sample<V: std::fmt::Debug>(
    name: &'static str,
    cx: &Context,
    view: &V,
    draw: impl Fn(&Context, &V) -> Markup,
) -> Sample {
    Sample { name, page: draw(cx, view), view: format!("{cx:?} {view:?}") }
}

pub fn context(lang: Lang, path: &str) -> Context {
    Context {
        lang,
        csrf: "3b1f8a6c".into(),
        once: "5d2a".into(),
        now: NOW,
        path: path.into(),
        viewer: Some(Viewer {
            id: "17".into(),
            name: "陈文秀".into(),
            region: town(),
            regions: vec![town(), county(), village("榕树村", "440224103999")],
            roles: vec![Role::Editor, Role::FirstReviewer, Role::Administrator],
            stands_in_for: vec!["李国强".into()],
            waiting: 7,
            notices: 3,
            places: Place::ALL.to_vec(),
        }),
        flashes: Vec::new(),
    }
}

pub fn stranger(lang: Lang, path: &str) -> Context {
    Context { viewer: None, ..context(lang, path) }
}

pub fn province() -> Region {
    Region { code: "440000000000".into(), name: "广东省".into(), level: Level::Province, above: Vec::new() }
}

pub fn county() -> Region {
    Region {
        code: "440224000000".into(),
        name: "仁化县".into(),
        level: Level::County,
        above: vec!["广东省".into(), "韶关市".into()],
    }
}

pub fn town() -> Region {
    town_named("扶溪镇", "440224103000")
}

pub fn town_named(name: &str, code: &str) -> Region {
    Region {
        code: code.into(),
        name: name.into(),
        level: Level::Town,
        above: vec!["广东省".into(), "韶关市".into(), "仁化县".into()],
    }
}

pub fn village(name: &str, code: &str) -> Region {
    Region {
        code: code.into(),
        name: name.into(),
        level: Level::Village,
        above: vec!["广东省".into(), "韶关市".into(), "仁化县".into(), "扶溪镇".into()],
    }
}

pub fn villages() -> Vec<Region> {
    let names = ["榕树村", "水口村", "左龙村", "紫岭村", "古夏村", "厚塘村", "斜周村", "蛇离村", "中洞村"];
    names.iter().enumerate().map(|(at, name)| village(name, &format!("4402241032{at:02}"))).collect()
}

/// A line of a list; `ago` in seconds.
pub fn line(id: &str, title: &str, kind: Kind, place: (Board, &str), state: State, ago: i64) -> ItemLine {
    let out = matches!(state, State::Published | State::Withdrawn | State::Expired);
    ItemLine {
        id: id.into(),
        title: title.into(),
        kind,
        board: place.0,
        section: place.1.into(),
        region: villages()[id.len() % 4].clone(),
        state,
        author: ["李国强", "黄志明", "陈文秀", "邓小燕"][title.len() % 4].into(),
        changed: NOW - ago,
        published: out.then_some(NOW - ago),
        not_before: None,
        not_after: None,
        pinned: false,
        priority: 0,
        reason: None,
        thumbnail: Some("sample-thumb.svg".into()),
    }
}
