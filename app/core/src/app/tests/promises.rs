//! What the screen promises the box does, and what it claims is so.

use super::*;
use crate::event::{MediaError, MediaErrorKind, NetError, NetErrorKind, Source};
use crate::screens::opened::PATIENCE;

fn fetched(bench: &mut Bench, object: ObjectRef, result: Result<(), NetErrorKind>) {
    let result = result.map_err(|kind| NetError { kind, detail: String::new() });
    bench.event(Event::Net(NetEvent::ObjectFetched { object, result }));
}

/// Objects asked for since the last call: into the store, and into memory.
fn take_asked(bench: &mut Bench) -> (Vec<ObjectRef>, Vec<ObjectRef>) {
    let (mut stored, mut borrowed) = (Vec::new(), Vec::new());
    for request in std::mem::take(&mut bench.asked) {
        match request {
            NetRequest::FetchObject { object } => stored.push(object),
            NetRequest::BorrowObject { object, .. } => borrowed.push(object),
            _ => {}
        }
    }
    (stored, borrowed)
}

fn failed(kind: MediaErrorKind) -> MediaEventKind {
    MediaEventKind::Failed(MediaError { kind, detail: String::new() })
}

fn message(bench: &Bench) -> String {
    bench.app.view().video.message.unwrap_or_default()
}

fn about(bench: &mut Bench) -> String {
    bench.keys("home menu down down down down down ok");
    let Screen::About(about) = bench.app.view().screen else { panic!("the page about the box") };
    about.facts[4].value.clone()
}

// -------------------------------------------------------------------------------------------------- a full storage

/// A box with text and no room for a single picture.
fn full(items: Vec<Item>) -> Bench {
    let mut bench = Bench::configured(items, |config, saved, _| {
        config.sync.quota = 0;
        saved.objects.clear();
        saved.settings.insert("sync/last-success".into(), (WALL / 1_000 - 3_600).to_string());
    });
    bench.pass(2_000);
    bench
}

fn pictured(count: u32) -> Vec<Item> {
    let with_cover =
        |number| Item { cover: Some(picture(1_000 + number)), ..item(Board::Party, "study", number, Content::Article) };
    (1..=count).map(with_cover).collect()
}

#[test]
fn a_full_storage_shows_the_thumbnails_of_the_visible_page_from_memory_and_no_others() {
    let mut bench = full(pictured(40));
    assert_eq!(take_asked(&mut bench), (Vec::new(), Vec::new()), "nobody looks at any");
    bench.keys("red");
    for _ in 0..40 {
        bench.pass(1_000);
        let (stored, borrowed) = take_asked(&mut bench);
        assert_eq!(stored, []);
        for object in borrowed {
            assert!(object.sha256 >= sha(500_000), "only thumbnails are in the list");
            fetched(&mut bench, object, Ok(()));
        }
    }
    let Screen::Board(board) = bench.app.view().screen else { panic!("a board") };
    let there = |row: &crate::view::RowView| row.thumbnail.as_ref().is_some_and(|picture| picture.sha256.is_some());
    assert!(board.rows.iter().all(there), "all rows that are drawn");
    assert!(board.rows.iter().all(|row| row.missing == "图片存不下，联网时可看"), "{:?}", board.rows[0].missing);
    assert_eq!(bench.app.library.borrowed().count(), board.rows.len(), "and no others");
}

#[test]
fn a_full_storage_shows_the_picture_that_is_opened_from_memory_and_says_the_truth() {
    let mut bench = full(pictured(3));
    bench.keys("red right ok").expect("reader", "reader/text");
    bench.pass(1_000);
    for _ in 0..10 {
        for object in take_asked(&mut bench).1 {
            fetched(&mut bench, object, Ok(()));
        }
    }
    let Screen::Reader(reader) = bench.app.view().screen else { panic!("an article") };
    let shown = reader.side.expect("a picture beside the text").picture.sha256.expect("it is shown");
    assert!(shown < sha(500_000), "the picture itself");
    let notice = bench.app.view().notice.unwrap_or_default();
    assert!(notice.contains("满了") && notice.contains("联网时照样能看"), "{notice}");
    assert!(about(&mut bench).contains("存不下"));
}

// ------------------------------------------------------------------------------------------------- videos that fail

/// A video is playing; whether its file is stored.
fn watching(stored: bool) -> (Bench, ItemId, ObjectRef) {
    let mut bench = Bench::configured(items(), |_, saved, _| {
        if !stored {
            let videos = saved.items.iter().flat_map(|item| &item.objects);
            let videos: Vec<_> = videos.filter(|needed| needed.role == ObjectRole::Video).copied().collect();
            for needed in videos {
                saved.objects.remove(&needed.object.sha256);
            }
        }
    });
    let item = bench.items.iter().find(|item| item.kind() == Kind::Video).expect("a video").clone();
    let Content::Video { video } = &item.content else { panic!("a video") };
    bench.keys("yellow");
    bench.app.open(&item.id);
    bench.drain();
    bench.keys("ok").expect("player", "player/bar");
    bench.media_event(MediaEventKind::FirstFrame { width: 1_280, height: 720 });
    bench.media_event(MediaEventKind::Playing);
    bench.media_event(MediaEventKind::Position { position: 42_000, duration: 90_000 });
    (bench, item.id, video.object)
}

/// The last load: where from, and at which position.
fn last_load(bench: &Bench) -> (Source, u64) {
    let loads = bench.media.iter().rev();
    let mut loads = loads.filter_map(|request| match request {
        MediaRequest::Load { source, start, .. } => Some((source.clone(), *start)),
        _ => None,
    });
    loads.next().expect("something is loaded")
}

fn availability(bench: &mut Bench) -> String {
    bench.keys("back").expect("videodetail", "video/play");
    let Screen::VideoDetail(detail) = bench.app.view().screen else { panic!("the page of a video") };
    detail.availability
}

#[test]
fn a_video_over_a_dead_line_is_tried_for_as_long_as_somebody_waits() {
    let (mut bench, id, _) = watching(false);
    for _ in 0..200 {
        bench.media_event(failed(MediaErrorKind::Network));
        assert_eq!(message(&bench), "网络断了，正在重新连接");
        let loads = bench.media.len();
        bench.pass(15_000);
        assert!(bench.media.len() > loads, "what is said is done");
    }
    assert!(matches!(last_load(&bench), (Source::Url(_), 42_000)));
    bench.media_event(MediaEventKind::Playing);
    assert_eq!(message(&bench), "");
    bench.keys("back");
    let loads = bench.media.iter().filter(|request| matches!(request, MediaRequest::Load { live: false, .. })).count();
    bench.pass(60_000);
    let after = bench.media.iter().filter(|request| matches!(request, MediaRequest::Load { live: false, .. })).count();
    assert_eq!(loads, after, "{id} is not tried for nobody");
}

#[test]
fn a_video_whose_file_is_gone_goes_on_over_the_network_and_is_not_called_stored() {
    let (mut bench, _, object) = watching(true);
    assert_eq!(last_load(&bench).0, Source::Object(object.sha256));
    bench.media_event(failed(MediaErrorKind::Missing));
    let (source, start) = last_load(&bench);
    assert!(matches!(source, Source::Url(url) if url.ends_with(&object.sha256.to_string())));
    assert_eq!(start, 42_000, "where it stopped");
    // The store looks for the file and finds none.
    bench.event(Event::Store(StoreEvent::Verified { object, whole: false }));
    bench.media_event(MediaEventKind::Playing);
    assert_eq!(message(&bench), "");
    bench.pass(10);
    assert_eq!(take_asked(&mut bench).0, [object], "it is fetched again");
    assert!(!availability(&mut bench).contains("已存到本机"));
}

#[test]
fn a_damaged_video_is_checked_then_comes_over_the_network_and_from_the_disk_when_it_is_whole_again() {
    let (mut bench, _, object) = watching(true);
    bench.media_event(failed(MediaErrorKind::Undecodable));
    assert_eq!(message(&bench), "正在检查这段视频，请稍等");
    bench.pass(10);
    bench.event(Event::Store(StoreEvent::Verified { object, whole: false }));
    assert!(matches!(last_load(&bench), (Source::Url(_), 42_000)));
    // There is no network.
    bench.media_event(failed(MediaErrorKind::Network));
    assert_eq!(message(&bench), "网络断了，正在重新连接");
    bench.pass(10);
    assert_eq!(take_asked(&mut bench).0, [object]);
    fetched(&mut bench, object, Ok(()));
    assert_eq!(last_load(&bench), (Source::Object(object.sha256), 42_000), "without a key");
}

#[test]
fn a_sound_video_that_cannot_be_decoded_promises_nothing() {
    let (mut bench, _, object) = watching(true);
    bench.media_event(failed(MediaErrorKind::Undecodable));
    bench.pass(10);
    bench.event(Event::Store(StoreEvent::Verified { object, whole: true }));
    assert_eq!(message(&bench), "放不出来。按 OK 再试一次，按返回键回去");
    bench.pass(60_000);
    assert_eq!(take_asked(&mut bench).0, []);
    let loads = bench.media.len();
    bench.keys("ok");
    assert!(bench.media.len() > loads, "OK tries again");
}

#[test]
fn a_video_that_came_damaged_over_the_network_is_fetched_as_it_was_published_and_goes_on() {
    let (mut bench, _, object) = watching(false);
    bench.pass(1_000);
    take_asked(&mut bench);
    bench.media_event(failed(MediaErrorKind::Undecodable));
    assert!(message(&bench).contains("正在重新下载"), "{}", message(&bench));
    bench.pass(10);
    assert!(bench.app.sync.is_coming(object.sha256), "it is under way");
    fetched(&mut bench, object, Ok(()));
    assert_eq!(last_load(&bench), (Source::Object(object.sha256), 42_000));
}

#[test]
fn a_video_that_the_server_does_not_have_is_tried_again_and_not_called_gone() {
    let (mut bench, _, object) = watching(false);
    bench.media_event(failed(MediaErrorKind::Missing));
    assert_eq!(message(&bench), "服务器上暂时没有这段视频，会自动再试。按返回键回去");
    let loads = bench.media.len();
    bench.pass(15_000);
    assert!(bench.media.len() > loads);
    // It has come meanwhile by the other way.
    bench.media_event(failed(MediaErrorKind::Missing));
    fetched(&mut bench, object, Ok(()));
    assert_eq!(last_load(&bench).0, Source::Object(object.sha256));
}

// ------------------------------------------------------------------------------------------ items that cannot be read

fn reading(bench: &mut Bench) -> String {
    let Screen::Reader(reader) = bench.app.view().screen else { panic!("an article is open") };
    reader.empty.map(|empty| empty.text).unwrap_or_default()
}

#[test]
fn an_item_that_cannot_be_read_is_fetched_again_and_shown_without_a_key() {
    for kind in [StoreErrorKind::Corrupt, StoreErrorKind::NotFound, StoreErrorKind::Io] {
        let mut bench = Bench::new();
        bench.keys("red");
        let article = bench.items.iter().find(|item| item.board == Board::Party && item.kind() == Kind::Article);
        let id = article.expect("an article").id.clone();
        bench.app.open(&id);
        // The store cannot read it.
        while bench.app.poll_effect().is_some() {}
        bench.asked.clear();
        let unreadable = || Err(StoreError { kind, detail: String::new() });
        bench.event(Event::Store(StoreEvent::Item { id: id.clone(), result: unreadable() }));
        assert!(reading(&mut bench).contains("会自动重新下载"), "{kind:?}");
        let asked = |bench: &Bench| bench.asked.iter().any(|request| matches!(request, NetRequest::Refresh { .. }));
        assert!(asked(&bench), "its region is asked at once");
        // The page comes again, the same as before.
        let region: crate::RegionCode = VILLAGE.parse().expect("a village");
        let page = target("pages/party/2026-11.json", 1_000);
        let refreshed = Refreshed::Unchanged { targets: vec![page.clone()] };
        bench.event(Event::Net(NetEvent::Refreshed { region, result: Ok(refreshed), server_time: None }));
        let items = bench.without(Board::Party, "");
        let result = Ok(crate::sync::testing::samples::fetched(Document::Page(items)));
        bench.event(Event::Net(NetEvent::Fetched { region, target: page, result }));
        assert_eq!(reading(&mut bench), "", "it is shown");
    }
}

#[test]
fn an_item_that_stays_unreadable_is_fetched_three_times_and_then_nothing_more_is_promised() {
    let mut bench = Bench::new();
    let article = bench.items.iter().find(|item| item.board == Board::Party && item.kind() == Kind::Article);
    let id = article.expect("an article").id.clone();
    bench.app.open(&id);
    while bench.app.poll_effect().is_some() {}
    let mut promised = 0;
    for _ in 0..10 {
        let error = StoreError { kind: StoreErrorKind::Corrupt, detail: String::new() };
        bench.app.handle(Event::Store(StoreEvent::Item { id: id.clone(), result: Err(error) }), bench.now);
        promised += usize::from(reading(&mut bench).contains("会自动重新下载"));
    }
    assert_eq!(promised, 3);
    assert!(reading(&mut bench).contains("请告诉安装师傅"));
}

#[test]
fn a_next_video_that_cannot_be_read_does_not_hold_the_last_picture() {
    let (mut bench, _, _) = watching(true);
    let next = bench.app.next_video().expect("one follows");
    bench.items.retain(|item| item.id != next);
    bench.media_event(MediaEventKind::EndOfStream);
    assert_ne!(bench.screen(), "player");
    assert!(bench.app.view().video.source.starts_with("live/"), "live television comes back");
}

// ------------------------------------------------------------------------------------------------- how things stand

#[test]
fn all_is_well_is_said_only_when_nothing_is_missing() {
    let mut bench = Bench::new();
    bench.app.status.last_success = Some(WALL / 1_000);
    let words = bench.app.words();
    let fine = SyncStatus { last_success: Some(WALL / 1_000), online: Some(true), ..SyncStatus::default() };
    assert_eq!(words.sync_result(&fine), "正常");
    let trouble = |kind| Some((VILLAGE.parse().expect("a village"), kind, String::new()));
    let lacking = [
        SyncStatus { last_success: None, ..fine.clone() },
        SyncStatus { way_doubted: true, wrong_objects: 3, ..fine.clone() },
        SyncStatus { wrong_objects: 1, ..fine.clone() },
        SyncStatus { absent_objects: 1, ..fine.clone() },
        SyncStatus { unfit_pictures: 1, ..fine.clone() },
        SyncStatus { pending_objects: 1, ..fine.clone() },
        SyncStatus { pending_objects: 1, online: Some(false), ..fine.clone() },
        SyncStatus { storage_failing: true, ..fine.clone() },
        SyncStatus { last_trouble: trouble(NetErrorKind::Unreachable), ..fine.clone() },
        SyncStatus { last_trouble: trouble(NetErrorKind::Expired), ..fine.clone() },
    ];
    let said: BTreeSet<String> = lacking.iter().map(|status| words.sync_result(status)).collect();
    assert_eq!(said.len(), lacking.len(), "each is told from the others: {said:?}");
    assert!(!said.contains("正常"));
}

#[test]
fn wrong_pictures_and_videos_are_said_on_the_screen_and_the_page_about_the_box_until_one_is_right() {
    let mut bench = Bench::configured(pictured(12), |_, saved, _| {
        saved.objects.clear();
        saved.settings.insert("sync/last-success".into(), (WALL / 1_000 - 3_600).to_string());
    });
    for _ in 0..20 {
        bench.pass(1_000);
        for object in take_asked(&mut bench).0 {
            fetched(&mut bench, object, Err(NetErrorKind::Untrusted));
        }
    }
    assert_eq!(bench.app.view().notice.as_deref(), Some("收到的图片和视频不对，没有采用，会自动再试"));
    assert!(about(&mut bench).contains("不对"));
    // The way is right again.
    for _ in 0..120 {
        bench.pass(1_000);
        for object in take_asked(&mut bench).0 {
            fetched(&mut bench, object, Ok(()));
        }
    }
    assert_eq!(bench.app.view().notice, None);
    assert_eq!(about(&mut bench), "正常");
}

#[test]
fn a_storage_that_refuses_to_be_written_is_said() {
    let mut bench = Bench::new();
    bench.keys("home menu");
    bench.app.sync.commit(Changes { settings: vec![("a".into(), "b".into())], ..Changes::default() });
    for _ in 0..3 {
        // The bench would answer that it was written.
        let refused = || Err(StoreError { kind: StoreErrorKind::Io, detail: String::new() });
        bench.app.handle(Event::Timeout, bench.now);
        while let Some(effect) = bench.app.poll_effect() {
            if let Effect::Store(StoreRequest::Commit { serial, .. }) = effect {
                let event = StoreEvent::Committed { serial, result: refused(), space: Default::default() };
                bench.app.handle(Event::Store(event), bench.now);
            }
        }
        bench.app.sync.commit(Changes { settings: vec![("a".into(), "c".into())], ..Changes::default() });
        bench.now.monotonic += 60_000;
    }
    let notice = bench.app.view().notice.unwrap_or_default();
    assert!(notice.contains("写不进去"), "{notice}");
    bench.pass(60_000);
    assert_ne!(bench.app.view().notice, Some(notice), "and no longer than it is so");
}

#[test]
fn nothing_is_called_on_its_way_when_nothing_comes() {
    let empty = |last_success: bool, online: Option<bool>, trouble: Option<NetErrorKind>| {
        let mut bench = Bench::configured(Vec::new(), |_, saved, _| saved.channels.clear());
        bench.keys("home");
        bench.app.status = SyncStatus {
            last_success: last_success.then_some(WALL / 1_000),
            online,
            last_trouble: trouble.map(|kind| (VILLAGE.parse().expect("a village"), kind, String::new())),
            ..SyncStatus::default()
        };
        let view = bench.app.view();
        let Screen::Home(home) = view.screen else { panic!("the home page") };
        let home = home.empty.expect("there is nothing").title;
        (home, view.video.message.unwrap_or_default())
    };
    let pair = |home: &str, live: &str| (home.to_owned(), live.to_owned());
    let receiving = "正在接收村里的内容";
    assert_eq!(empty(false, None, None), pair(receiving, receiving));
    assert_eq!(empty(false, Some(false), None), pair("还没有连上网络", "还没有收到频道"));
    let refused = "收到的内容没有采用";
    assert_eq!(empty(false, Some(true), Some(NetErrorKind::Untrusted)), pair(refused, refused));
    assert_eq!(empty(true, Some(true), None), pair("这里还没有内容", "这里还没有电视频道"));
}

#[test]
fn an_item_that_is_being_read_says_so_only_after_a_while() {
    let mut bench = Bench::new();
    let id = bench.items[0].id.clone();
    bench.app.open(&id);
    while bench.app.poll_effect().is_some() {}
    assert_eq!(reading(&mut bench), "");
    bench.now.monotonic += PATIENCE;
    bench.event(Event::Timeout);
    assert!(!reading(&mut bench).is_empty());
}
