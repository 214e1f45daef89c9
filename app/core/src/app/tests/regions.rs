//! Two regions that use the same ids: they are unique within a region only.

use super::*;

const TOWN: &str = "440224103000";

fn code(code: &str) -> crate::RegionCode {
    code.parse().expect("a region")
}

fn channel(id: &str, number: u16, of: &str) -> Channel {
    Channel {
        id: id.into(),
        number,
        name: format!("{of}{number}"),
        url: format!("http://127.0.0.1/live/{of}-{id}/index.m3u8"),
        loop_start: 0,
        programmes: vec![Programme { title: "新闻".into(), duration: 60 }],
    }
}

/// The town's general channel is number 1, the village's number 5; each has one more.
fn bench(saved_channel: Option<&str>) -> Bench {
    Bench::with(items(), |saved| {
        saved.channels = [
            (code(TOWN), vec![channel("general", 1, TOWN), channel("other", 2, TOWN)]),
            (code(VILLAGE), vec![channel("general", 5, VILLAGE), channel("opera", 7, VILLAGE)]),
        ]
        .into();
        saved.settings.extend(saved_channel.map(|channel| ("live/channel".to_owned(), channel.to_owned())));
    })
}

/// What is loaded, and which row of the channel list is said to play.
#[track_caller]
fn check(bench: &mut Bench, number: &str, url: &str) {
    let loaded = bench.media.iter().rev().find_map(|request| match request {
        MediaRequest::Load { source: crate::event::Source::Url(url), .. } => Some(url.clone()),
        _ => None,
    });
    assert_eq!(loaded.as_deref(), Some(format!("http://127.0.0.1/live/{url}/index.m3u8").as_str()));
    bench.keys("menu");
    let Some(crate::view::Osd::Channels(list)) = bench.app.view().osd else { panic!("the channel list is open") };
    let playing: Vec<&str> = list.rows.iter().filter(|row| row.playing).map(|row| row.number.as_str()).collect();
    assert_eq!(playing, [number]);
    assert_eq!(bench.app.view().focus, format!("channel/{number}"));
    bench.keys("back");
}

#[test]
fn number_five_tunes_five_though_the_towns_channel_has_the_same_id() {
    let mut bench = bench(None);
    check(&mut bench, "1", "440224103000-general");
    bench.keys("5 ok");
    check(&mut bench, "5", "440224103999-general");
    bench.keys("1 ok");
    check(&mut bench, "1", "440224103000-general");
}

#[test]
fn zapping_passes_all_channels_of_both_regions() {
    let mut bench = bench(None);
    for (number, url) in [
        ("2", "440224103000-other"),
        ("5", "440224103999-general"),
        ("7", "440224103999-opera"),
        ("1", "440224103000-general"),
    ] {
        bench.keys("channelup");
        check(&mut bench, number, url);
    }
    bench.keys("channeldown channeldown");
    check(&mut bench, "5", "440224103999-general");
}

#[test]
fn the_channel_that_was_on_is_on_again_after_a_start_whoever_saved_it() {
    let mut first = bench(None);
    first.keys("5 ok");
    let saved = first.committed.iter().flat_map(|changes| changes.settings.clone());
    let saved: BTreeMap<String, String> = saved.collect();
    assert_eq!(saved["live/channel"], "440224103999/general");
    check(&mut bench(Some(&saved["live/channel"])), "5", "440224103999-general");
    // An older program saved the id alone.
    check(&mut bench(Some("opera")), "7", "440224103999-opera");
    check(&mut bench(Some("general")), "1", "440224103000-general");
}

#[test]
fn items_of_two_regions_with_the_same_name_are_two_everywhere() {
    let video = items().into_iter().find(|item| item.kind() == Kind::Video).expect("a video");
    let name = video.id.rsplit('/').next().expect("an id has two parts").to_owned();
    let of_town = Item {
        id: format!("{TOWN}/{name}"),
        region: code(TOWN),
        title: "镇里的".into(),
        published: video.published - 1,
        ..video.clone()
    };
    let ids = [video.id.clone(), of_town.id.clone()];
    let mut bench = Bench::with(vec![video, of_town], |saved| {
        saved.positions = [(ids[1].clone(), 42_000)].into();
    });
    assert_eq!(bench.app.shelves.list(Board::Culture, "video"), ids);
    let mut labels = Vec::new();
    for id in &ids {
        bench.app.open(id);
        bench.drain();
        let Screen::VideoDetail(detail) = bench.app.view().screen else { panic!("the page of the video") };
        labels.push((detail.title, detail.buttons[0].label.clone()));
    }
    assert_eq!(labels[0].1, "播放", "what was stopped is the town's");
    assert_eq!(labels[1], ("镇里的".into(), "从 00:42 继续".into()));
    bench.event(Event::Ending);
    assert_eq!(ids.map(|id| counted(&bench, &id).views), [1, 1]);
}

#[test]
fn a_section_of_the_same_board_and_id_is_one_section_with_the_nearest_name() {
    let of_town =
        Item { id: format!("{TOWN}/a"), region: code(TOWN), ..item(Board::Party, "study", 1, Content::Article) };
    let of_village = item(Board::Party, "study", 2, Content::Article);
    let elsewhere = item(Board::Culture, "study", 4, Content::Article);
    let bench = Bench::with(vec![of_town.clone(), of_village.clone(), elsewhere], |saved| {
        for (region, name) in [(TOWN, "镇上学习"), (VILLAGE, "村里学习")] {
            let section = Section {
                id: "study".into(),
                board: Board::Party,
                name: name.into(),
                name_en: String::new(),
                order: 1,
            };
            let info = RegionInfo { code: code(region), name: name.into(), sections: vec![section] };
            saved.regions.insert(code(region), info);
        }
    });
    let names =
        |board| bench.app.shelves.sections(board).iter().map(|section| section.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(Board::Party), ["村里学习"]);
    assert_eq!(names(Board::Culture), ["study"], "another board's section of that id is another section");
    assert_eq!(bench.app.shelves.list(Board::Party, "study"), [of_town.id, of_village.id]);
}
