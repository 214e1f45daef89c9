//! What there is to know about the box is read to its end.

use super::*;
use crate::convenience::Convenience;
use crate::layout::Layout;
use crate::settings::Settings;
use crate::view::{AboutView, Language};

fn about(bench: &Bench) -> AboutView {
    match bench.app.view().screen {
        Screen::About(about) => about,
        other => panic!("not the page about this box: {other:?}"),
    }
}

/// A box with the longest names, and everything that it can do without missing.
fn worst(size: TextSize, language: Language) -> Bench {
    let mut bench = Bench::configured(items(), |config, saved, _| {
        config.facts.cloud = format!("https://{}example.cn/", "xiangcun.".repeat(12));
        let village: crate::RegionCode = VILLAGE.parse().expect("a village");
        for code in village.lineage() {
            let name = "榕树村".chars().cycle().take(40).collect();
            saved.regions.insert(code, RegionInfo { code, name, sections: Vec::new() });
        }
        let settings = Settings { text_size: size, language, ..Settings::default() };
        saved.settings = settings.to_saved().into_iter().collect();
    });
    for what in [
        Convenience::WebRemote { address: "127.0.0.1:8600".into() },
        Convenience::RemoteControls,
        Convenience::Options { names: "web-remote, poll-interval, video-output, drm-device, quota, sound".into() },
        Convenience::Certificates,
        Convenience::RareCharacters,
    ] {
        bench.event(Event::Convenience { what, works: false });
    }
    bench.keys("home menu");
    while bench.app.view().focus != "settings/about" {
        bench.keys("down");
    }
    bench.keys("ok");
    bench
}

#[track_caller]
fn check(size: TextSize, language: Language) {
    let mut bench = worst(size, language);
    let height = Layout::new(size).about().height;
    let mut seen = String::new();
    loop {
        let shown = about(&bench);
        for row in &shown.page.facts {
            assert!(row.top + row.height <= height + 0.01, "{row:?} is not on the page");
            assert!(row.height >= row.label_lines.len().max(row.value_lines.len()) as f32, "{row:?} has no room");
            seen.extend(row.label_lines.iter().chain(&row.value_lines).flat_map(|line| line.chars()));
        }
        bench.keys("down");
        if about(&bench).page == shown.page {
            break;
        }
    }
    let plain = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
    let seen = plain(&seen);
    let facts = about(&bench).facts;
    assert_eq!(facts.len(), 12);
    for fact in facts {
        assert!(seen.contains(&plain(&(fact.label.clone() + &fact.value))), "{fact:?} is not read whole");
    }
}

#[test]
fn the_page_about_the_box_is_read_whole_in_either_text_size_and_language() {
    for size in [TextSize::Normal, TextSize::Large] {
        for language in [Language::Chinese, Language::English] {
            check(size, language);
        }
    }
}

#[test]
fn what_fits_is_on_one_page_and_has_no_key_to_turn_it() {
    let mut bench = Bench::new();
    bench.keys("home menu down down down down down ok");
    let shown = about(&bench);
    assert_eq!((shown.position.as_str(), shown.hints.len(), shown.page.facts.len()), ("", 1, 7));
    bench.keys("down ok");
    assert_eq!(about(&bench), shown);
}
