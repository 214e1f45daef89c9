//! The bottom line says where Back leads, and Back leads there.

use super::*;

fn hints(bench: &Bench) -> Vec<crate::view::Hint> {
    let view = bench.app.view();
    if let Some(crate::view::Osd::Player(bar)) = view.osd {
        return bar.hints;
    }
    match view.screen {
        Screen::Reader(screen) => screen.hints,
        Screen::Table(screen) => screen.hints,
        Screen::Story(screen) => screen.hints,
        Screen::VideoDetail(screen) => screen.hints,
        Screen::Product(screen) => screen.hints,
        Screen::Settings(screen) => screen.hints,
        Screen::About(screen) => screen.hints,
        Screen::Live | Screen::Player | Screen::Home(_) | Screen::Board(_) => Vec::new(),
    }
}

/// Opens what `lead` opens, reads what Back is said to do, and presses it.
#[track_caller]
fn check(lead: impl FnOnce(&mut Bench), from: &str, said: &str, to: &str) {
    let mut bench = Bench::new();
    lead(&mut bench);
    assert_eq!(bench.screen(), from);
    let hint = hints(&bench).into_iter().find(|hint| hint.keys == "返回").expect("Back is explained");
    bench.keys("back");
    assert_eq!((hint.text.as_str(), bench.screen()), (said, to), "from {from}");
}

fn open(bench: &mut Bench, wanted: impl Fn(&Item) -> bool) {
    let id = bench.items.iter().find(|item| wanted(item)).expect("there is one of every kind").id.clone();
    bench.app.open(&id);
    bench.drain();
}

#[test]
fn back_leads_where_the_bottom_line_says() {
    let kind = |kind: Kind| move |item: &Item| item.kind() == kind;
    let keys = |keys: &'static str| {
        move |bench: &mut Bench| {
            bench.keys(keys);
        }
    };
    check(keys("red right ok"), "reader", "回列表", "board");
    check(keys("home down ok"), "reader", "回主页", "home");
    check(keys("home menu"), "settings", "回主页", "home");
    check(keys("home menu down down down down down ok"), "about", "回设置", "settings");
    check(keys("red right ok menu"), "settings", "回刚才那页", "reader");
    for (of, screen) in [(Kind::Disclosure, "table"), (Kind::Product, "product"), (Kind::Story, "story")] {
        let lead = move |bench: &mut Bench| {
            bench.keys("green");
            open(bench, kind(of));
        };
        check(lead, screen, "回列表", "board");
    }
    let receipts = |bench: &mut Bench| {
        bench.keys("green");
        open(bench, |item| item.id.ends_with("finance-5"));
        while bench.screen() == "table" {
            bench.keys("right ok");
        }
    };
    check(receipts, "story", "收起图片", "table");
    let playing = |bench: &mut Bench| {
        bench.keys("yellow");
        open(bench, kind(Kind::Video));
        bench.keys("ok");
    };
    check(playing, "player", "退出播放", "videodetail");
    let next = |bench: &mut Bench| {
        bench.keys("yellow");
        open(bench, kind(Kind::Video));
        bench.keys("down ok");
    };
    check(next, "videodetail", "回刚才那页", "videodetail");
}

#[test]
fn no_two_things_on_the_page_of_a_video_are_called_the_same() {
    let mut bench = Bench::new();
    let id = bench.items.iter().find(|item| item.kind() == Kind::Video).expect("a video").id.clone();
    bench.app.positions.insert(id.clone(), 42_000);
    bench.app.open(&id);
    bench.drain();
    let Screen::VideoDetail(detail) = bench.app.view().screen else { panic!("the page of the video") };
    let labels: Vec<&str> = detail.buttons.iter().map(|button| button.label.as_str()).collect();
    assert_eq!(labels, ["从 00:42 继续", "从头看"]);
}
