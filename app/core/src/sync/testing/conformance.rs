//! What every store must do, fake or real: [`check`] runs all of it.

use super::samples::{item, picture_item, region_info, review, sha, target, video_item};
use crate::catalog::{Audience, Channel, Item, ObjectRef, Programme, Sha256, Step};
use crate::event::{Changes, RegionTrust, Saved, StoreErrorKind, StoreEvent, StoreRequest, StoredObject};
use crate::moves::Relocation;
use crate::ports::ObjectSink;
use crate::region::RegionCode;
use crate::uplink::{Class, Message, MessageId, Payload};
use crate::view_counts::{ViewBatch, ViewCount};
use std::collections::BTreeMap;

/// A store under test.
pub trait Subject {
    /// Hands the request over and waits for the answer.
    fn handle(&mut self, request: StoreRequest) -> StoreEvent;
    fn sink(&self) -> Box<dyn ObjectSink + '_>;
    /// Closes the store and opens it again.
    fn reopen(&mut self) -> Saved;
    fn hash(&self, bytes: &[u8]) -> Sha256;
    /// Changes a byte of a whole object behind the store's back.
    fn damage(&mut self, sha256: Sha256);
}

/// Its name and what it does.
type Case = (&'static str, fn(&mut dyn Subject));

/// Runs every case with a fresh store.
pub fn check(make: &dyn Fn() -> Box<dyn Subject>) {
    let cases: [Case; 17] = [
        ("a_new_store_is_empty", a_new_store_is_empty),
        ("everything_that_was_committed_is_there_after_a_restart", everything_that_was_committed),
        ("a_new_version_of_a_page_replaces_its_rows", a_new_version_of_a_page_replaces_its_rows),
        ("an_item_that_moves_belongs_to_the_page_it_moved_to", an_item_that_moves),
        ("a_removed_target_takes_its_rows_with_it", a_removed_target_takes_its_rows_with_it),
        ("trust_without_files_forgets_the_region", trust_without_files_forgets_the_region),
        ("trust_that_is_written_again_is_what_was_written_last", trust_that_is_written_again),
        ("items_are_loaded_whole_and_missing_ones_named", items_are_loaded_whole),
        ("reviewers_come_back_as_they_were_and_go_with_their_target", reviewers_come_back),
        ("what_a_region_has_taken_over_is_its_own_from_then_on", what_a_region_has_taken_over),
        ("counts_and_messages_are_replaced_and_forgotten_one_by_one", counts_and_messages),
        ("an_object_is_written_in_pieces_and_over_a_restart", an_object_is_written_in_pieces),
        ("wrong_bytes_are_refused_and_leave_nothing", wrong_bytes_are_refused),
        ("a_restarted_object_begins_anew", a_restarted_object_begins_anew),
        ("a_file_without_a_row_is_adopted", a_file_without_a_row_is_adopted),
        ("what_is_held_in_memory_is_checked_and_takes_no_room", what_is_held_in_memory),
        ("a_damaged_object_is_found_out_and_forgotten", a_damaged_object_is_found_out),
    ];
    for (_, case) in cases {
        case(&mut *make());
    }
}

fn village() -> RegionCode {
    item("440224103201/a").region
}

#[track_caller]
fn commit(store: &mut dyn Subject, changes: Changes) {
    match store.handle(StoreRequest::Commit { serial: 7, changes: Box::new(changes) }) {
        StoreEvent::Committed { serial: 7, result: Ok(()), .. } => {}
        other => panic!("the commit was answered by {other:?}"),
    }
}

fn page(path: &str, number: u64, items: Vec<Item>) -> Changes {
    Changes { pages: vec![(village(), target(path, number), items)], ..Changes::default() }
}

fn ids(saved: &Saved) -> Vec<String> {
    let mut ids: Vec<_> = saved.items.iter().map(|item| item.id.clone()).collect();
    ids.sort();
    ids
}

const PATH: &str = "pages/party/2026-10.json";

fn a_new_store_is_empty(store: &mut dyn Subject) {
    let saved = store.reopen();
    assert!(saved.trust.is_empty() && saved.items.is_empty() && saved.objects.is_empty() && saved.settings.is_empty());
    assert_eq!(saved.space.used, 0);
    assert!(saved.space.free > 0);
}

fn everything_that_was_committed(store: &mut dyn Subject) {
    let trust = RegionTrust {
        files: [("root.json".to_owned(), vec![1, 2, 3]), ("targets.json".to_owned(), vec![4])].into(),
        etag: Some("\"5\"".to_owned()),
    };
    let channel = Channel {
        id: "news".to_owned(),
        number: 1,
        name: "新闻".to_owned(),
        url: "/live/news.m3u8".to_owned(),
        loop_start: -5,
        programmes: vec![
            Programme { title: "早间".to_owned(), duration: 60 },
            Programme { title: "晚间".to_owned(), duration: 1 },
        ],
    };
    let audience = Audience {
        only: vec![village(), "440224103000".parse().expect("a town")],
        except: vec!["440224103202".parse().expect("a village")],
    };
    let chosen = Item { priority: 7, pinned: true, audience, approvals: Vec::new(), ..item("440224103201/c") };
    let items = vec![picture_item("440224103201/a", 10), video_item("440224103201/b", 20, 5_000_000_000), chosen];
    let object = write_object(store, b"twelve bytes");
    commit(
        store,
        Changes {
            trust: vec![(village(), trust.clone())],
            regions: vec![(village(), target("region.json", 1), region_info(village()))],
            channels: vec![(village(), target("channels.json", 2), vec![channel.clone()])],
            objects_whole: vec![object],
            objects_used: vec![(object.sha256, 99)],
            settings: vec![("volume".to_owned(), "12".to_owned())],
            positions: vec![("440224103201/b".to_owned(), Some(61_000))],
            ..page(PATH, 3, items.clone())
        },
    );
    let saved = store.reopen();
    assert_eq!(saved.trust, [(village(), trust)].into());
    assert_eq!(saved.regions, [(village(), region_info(village()))].into());
    assert_eq!(saved.channels, [(village(), vec![channel])].into());
    let pages = [("channels.json", sha(2)), (PATH, sha(3)), ("region.json", sha(1))];
    assert_eq!(saved.pages, pages.map(|(path, sha256)| ((village(), path.to_owned()), sha256)).into());
    assert_eq!(saved.items, items.iter().map(Item::summarize).collect::<Vec<_>>());
    assert!(saved.item_pages.values().all(|page| page == PATH));
    assert_eq!(saved.objects, [(object.sha256, StoredObject { length: 12, last_used: 99 })].into());
    assert_eq!(saved.settings, [("volume".to_owned(), "12".to_owned())].into());
    assert_eq!(saved.positions, [("440224103201/b".to_owned(), 61_000)].into());
    assert_eq!(saved.space.used, 12);
    commit(store, Changes { positions: vec![("440224103201/b".to_owned(), None)], ..Changes::default() });
    assert!(store.reopen().positions.is_empty());
}

fn a_new_version_of_a_page_replaces_its_rows(store: &mut dyn Subject) {
    commit(store, page(PATH, 1, vec![item("440224103201/a"), item("440224103201/b")]));
    commit(store, page("pages/party/2026-11.json", 2, vec![item("440224103201/c")]));
    commit(store, page(PATH, 3, vec![item("440224103201/b")]));
    let saved = store.reopen();
    assert_eq!(ids(&saved), ["440224103201/b", "440224103201/c"]);
    assert_eq!(saved.pages.get(&(village(), PATH.to_owned())), Some(&sha(3)));
}

fn an_item_that_moves(store: &mut dyn Subject) {
    let elsewhere = "pages/culture/2026-10.json";
    commit(store, page(PATH, 1, vec![item("440224103201/a")]));
    commit(store, page(elsewhere, 2, vec![item("440224103201/a")]));
    commit(store, page(PATH, 3, Vec::new()));
    let saved = store.reopen();
    assert_eq!(ids(&saved), ["440224103201/a"]);
    assert_eq!(saved.item_pages.get("440224103201/a").map(String::as_str), Some(elsewhere));
}

fn a_removed_target_takes_its_rows_with_it(store: &mut dyn Subject) {
    commit(store, page(PATH, 1, vec![item("440224103201/a")]));
    commit(
        store,
        Changes {
            regions: vec![(village(), target("region.json", 1), region_info(village()))],
            channels: vec![(village(), target("channels.json", 2), Vec::new())],
            ..Changes::default()
        },
    );
    let removed = [PATH, "region.json", "channels.json"].map(|path| (village(), path.to_owned())).to_vec();
    commit(store, Changes { removed_targets: removed, ..Changes::default() });
    let saved = store.reopen();
    assert!(saved.items.is_empty() && saved.pages.is_empty() && saved.regions.is_empty() && saved.channels.is_empty());
    match store.handle(StoreRequest::LoadItem { id: "440224103201/a".to_owned() }) {
        StoreEvent::Item { result: Err(error), .. } => assert_eq!(error.kind, StoreErrorKind::NotFound),
        other => panic!("a removed item was answered by {other:?}"),
    }
}

fn trust_without_files_forgets_the_region(store: &mut dyn Subject) {
    let trust = RegionTrust { files: [("root.json".to_owned(), vec![1])].into(), etag: None };
    commit(store, Changes { trust: vec![(village(), trust)], ..Changes::default() });
    commit(store, Changes { trust: vec![(village(), RegionTrust::default())], ..Changes::default() });
    assert!(store.reopen().trust.is_empty());
}

/// Step by step: files that are new, that change, that stay and that go.
fn trust_that_is_written_again(store: &mut dyn Subject) {
    let trust = |files: &[(&str, u8)], etag: Option<&str>| RegionTrust {
        files: files.iter().map(|(name, byte)| ((*name).to_owned(), vec![*byte; 3])).collect(),
        etag: etag.map(str::to_owned),
    };
    let other = trust(&[("root.json", 9)], Some("\"9\""));
    let province = village().lineage()[0];
    commit(store, Changes { trust: vec![(province, other.clone())], ..Changes::default() });
    let steps = [
        trust(&[("root.json", 1)], None),
        trust(&[("root.json", 1), ("timestamp.json", 1)], None),
        trust(&[("root.json", 1), ("snapshot.json", 1), ("timestamp.json", 1)], Some("\"1\"")),
        trust(&[("root.json", 1), ("snapshot.json", 1), ("timestamp.json", 2)], None),
        trust(&[("root.json", 2)], None),
        trust(&[("root.json", 2), ("timestamp.json", 1)], Some("\"2\"")),
    ];
    for step in steps {
        commit(store, Changes { trust: vec![(village(), step.clone())], ..Changes::default() });
        assert_eq!(store.reopen().trust, [(village(), step), (province, other.clone())].into());
    }
}

fn items_are_loaded_whole(store: &mut dyn Subject) {
    let item = picture_item("440224103201/a", 1);
    commit(store, page(PATH, 1, vec![item.clone()]));
    match store.handle(StoreRequest::LoadItem { id: item.id.clone() }) {
        StoreEvent::Item { id, result } => assert_eq!((id, result), (item.id.clone(), Ok(Box::new(item)))),
        other => panic!("an item was asked for, not {other:?}"),
    }
    match store.handle(StoreRequest::LoadItem { id: "440224103201/none".to_owned() }) {
        StoreEvent::Item { result: Err(error), .. } => assert_eq!(error.kind, StoreErrorKind::NotFound),
        other => panic!("a missing item was answered by {other:?}"),
    }
}

fn reviewers_come_back(store: &mut dyn Subject) {
    let mut review = review();
    review.reviews_below = 2;
    if let Some(first) = review.reviewers.first_mut() {
        first.steps = vec![Step::Final, Step::First];
        first.from = -3;
        first.until = Some(1_900_000_000);
    }
    let reviews = vec![(village(), target("review.json", 4), review.clone())];
    commit(store, Changes { reviews, ..page(PATH, 1, vec![item("440224103201/a")]) });
    let saved = store.reopen();
    assert_eq!(saved.reviews, [(village(), review.clone())].into());
    assert_eq!(saved.pages.get(&(village(), "review.json".to_owned())), Some(&sha(4)));
    review.reviewers.pop();
    let reviews = vec![(village(), target("review.json", 5), review.clone())];
    commit(store, Changes { reviews, ..Changes::default() });
    assert_eq!(store.reopen().reviews, [(village(), review)].into());
    let removed_targets = vec![(village(), "review.json".to_owned())];
    commit(store, Changes { removed_targets, ..Changes::default() });
    let saved = store.reopen();
    assert!(saved.reviews.is_empty());
    assert_eq!(ids(&saved), ["440224103201/a"]);
}

fn what_a_region_has_taken_over(store: &mut dyn Subject) {
    let new: RegionCode = "440224103301".parse().expect("a village");
    let item = item("440224103201/a");
    commit(store, page("pages/party/2026-10.json", 1, vec![item.clone()]));
    let (named, reviewed) = (target("region.json", 2), target("review.json", 3));
    commit(
        store,
        Changes {
            regions: vec![(village(), named.clone(), region_info(village()))],
            reviews: vec![(village(), reviewed, review())],
            pages: vec![(village(), target("children/440224103201.root.json", 4), Vec::new())],
            ..Changes::default()
        },
    );
    let relocate = |old, new| {
        let relocation = Relocation { village: new, regions: vec![(old, new)], channels: BTreeMap::new() };
        Changes { relocation: Some(relocation), ..Changes::default() }
    };
    commit(store, relocate(village(), new));
    let check = |store: &mut dyn Subject, code: RegionCode, former: &[RegionCode]| {
        let saved = store.reopen();
        assert_eq!(saved.items.iter().map(|item| item.region).collect::<Vec<_>>(), [code]);
        assert_eq!(saved.regions.get(&code).map(|info| info.name.clone()), Some(region_info(village()).name));
        assert!(saved.pages.keys().all(|(region, path)| *region == code && !path.starts_with("children/")));
        assert_eq!(saved.pages.get(&(code, "region.json".to_owned())), Some(&named.object.sha256));
        let review = &saved.reviews[&code];
        assert_eq!(review.former.iter().map(|former| former.region).collect::<Vec<_>>(), former);
        assert_eq!((review.former[0].reviewers.len(), review.reviewers.len()), (3, 0));
        match store.handle(StoreRequest::LoadItem { id: "440224103201/a".to_owned() }) {
            StoreEvent::Item { result: Ok(loaded), .. } => {
                assert_eq!(*loaded, Item { region: code, ..item.clone() });
            }
            other => panic!("{other:?}"),
        }
    };
    check(store, new, &[village()]);
    // And once more: what it had taken over stays known.
    let next: RegionCode = "440224103401".parse().expect("a village");
    commit(store, relocate(new, next));
    check(store, next, &[village(), new]);
}

fn counts_and_messages(store: &mut dyn Subject) {
    let day = crate::time::civil(1_790_812_800).date();
    let batch = |views| {
        let count = ViewCount { views, plays: 2, seconds: 61 };
        let counts = [("440224103201/a".to_owned(), count), ("440224103201/b".to_owned(), count)].into();
        ViewBatch { village: village(), day, counts }
    };
    let id = |number| MessageId([number; 16]);
    let message = |class, sequence, views| {
        let payload = Payload::Views(batch(views));
        Message { class, sequence, expires: 1_796_083_200, payload }
    };
    let (first, second) = (message(Class::Bulk, 7, 2), message(Class::Urgent, u64::from(u32::MAX), 3));
    let uplink = vec![(id(7), Some(first.clone())), (id(8), Some(second.clone()))];
    let view_counts = vec![(day, Some(batch(1)))];
    commit(store, Changes { view_counts, uplink, ..Changes::default() });
    let saved = store.reopen();
    assert_eq!(saved.uplink, [(id(7), first), (id(8), second.clone())].into());
    assert_eq!(saved.view_counts, [(day, batch(1))].into());
    let mut fewer = batch(5);
    fewer.counts.pop_last();
    let third = message(Class::Normal, 9, 4);
    // A message and what it was made of change hands together.
    let uplink = vec![(id(7), None), (id(9), Some(third.clone()))];
    commit(store, Changes { view_counts: vec![(day, Some(fewer.clone()))], uplink, ..Changes::default() });
    let saved = store.reopen();
    assert_eq!(saved.uplink, [(id(8), second), (id(9), third)].into());
    assert_eq!(saved.view_counts, [(day, fewer)].into());
    let uplink = vec![(id(8), None), (id(9), None)];
    commit(store, Changes { view_counts: vec![(day, None)], uplink, ..Changes::default() });
    let saved = store.reopen();
    assert!(saved.view_counts.is_empty() && saved.uplink.is_empty());
}

fn write_object(store: &mut dyn Subject, bytes: &[u8]) -> ObjectRef {
    let object = ObjectRef { sha256: store.hash(bytes), length: bytes.len() as u64 };
    let sink = store.sink();
    let mut writer = sink.open(object).expect("the object is opened");
    writer.write(bytes).expect("the object is written");
    writer.finish().expect("the object is finished");
    object
}

fn an_object_is_written_in_pieces(store: &mut dyn Subject) {
    let bytes = b"one two three";
    let object = ObjectRef { sha256: store.hash(bytes), length: bytes.len() as u64 };
    {
        let sink = store.sink();
        let mut writer = sink.open(object).expect("the object is opened");
        assert_eq!(writer.offset(), 0);
        writer.write(&bytes[..4]).expect("the first piece is written");
    }
    {
        let sink = store.sink();
        let mut writer = sink.open(object).expect("the object is opened again");
        assert_eq!(writer.offset(), 4);
        writer.write(&bytes[4..8]).expect("the second piece is written");
    }
    // How much survives a restart is the store's affair; that it can be completed is not.
    let saved = store.reopen();
    assert!(!saved.objects.contains_key(&object.sha256));
    {
        let sink = store.sink();
        let mut writer = sink.open(object).expect("the object is opened after the restart");
        let offset = writer.offset() as usize;
        assert!(offset <= 8);
        writer.write(&bytes[offset..]).expect("the rest is written");
        writer.finish().expect("the object is finished");
    }
    commit(store, Changes { objects_whole: vec![object], ..Changes::default() });
    let saved = store.reopen();
    assert!(saved.objects.contains_key(&object.sha256));
    assert!(saved.partial.is_empty());
    commit(store, Changes { objects_removed: vec![object.sha256], ..Changes::default() });
    let saved = store.reopen();
    assert!(saved.objects.is_empty());
    assert_eq!(saved.space.used, 0);
}

fn wrong_bytes_are_refused(store: &mut dyn Subject) {
    let object = ObjectRef { sha256: store.hash(b"right"), length: 5 };
    for wrong in [&b"wrong"[..], b"righ", b"right and more"] {
        let sink = store.sink();
        let mut writer = sink.open(object).expect("the object is opened");
        assert_eq!(writer.offset(), 0);
        let refused = writer.write(wrong).and_then(|()| writer.finish());
        assert_eq!(refused.map_err(|error| error.kind), Err(StoreErrorKind::Corrupt));
    }
    let saved = store.reopen();
    assert!(saved.partial.is_empty() && saved.objects.is_empty());
}

fn a_restarted_object_begins_anew(store: &mut dyn Subject) {
    let object = ObjectRef { sha256: store.hash(b"right"), length: 5 };
    let sink = store.sink();
    let mut writer = sink.open(object).expect("the object is opened");
    writer.write(b"wro").expect("a piece is written");
    writer.restart().expect("the object is restarted");
    assert_eq!(writer.offset(), 0);
    writer.write(b"right").expect("the object is written");
    writer.finish().expect("the object is finished");
}

fn a_file_without_a_row_is_adopted(store: &mut dyn Subject) {
    // An item needs it, so that it is not taken for a stray file.
    let bytes = [7; 1000];
    let mut item = picture_item("440224103201/a", 1);
    let object = ObjectRef { sha256: store.hash(&bytes), length: 1000 };
    item.cover.iter_mut().for_each(|cover| cover.object = object);
    commit(store, page(PATH, 1, vec![item]));
    write_object(store, &bytes);
    let saved = store.reopen();
    assert!(saved.objects.is_empty());
    let sink = store.sink();
    let writer = sink.open(object).expect("the object is opened");
    assert_eq!(writer.offset(), 1000);
    writer.finish().expect("the object is adopted");
}

fn what_is_held_in_memory(store: &mut dyn Subject) {
    let object = ObjectRef { sha256: store.hash(b"right"), length: 5 };
    for (bytes, expected) in [
        (&b"wrong"[..], Err(StoreErrorKind::Corrupt)),
        (b"right and more", Err(StoreErrorKind::Corrupt)),
        (b"right", Ok(())),
    ] {
        let sink = store.sink();
        let mut writer = sink.open_in_memory(object, &[]);
        assert_eq!(writer.offset(), 0);
        let ended = writer.write(bytes).and_then(|()| writer.finish());
        assert_eq!(ended.map_err(|error| error.kind), expected);
    }
    let saved = store.reopen();
    assert!(saved.objects.is_empty() && saved.partial.is_empty());
    assert_eq!(saved.space.used, 0);
}

fn a_damaged_object_is_found_out(store: &mut dyn Subject) {
    let object = write_object(store, b"precious");
    commit(store, Changes { objects_whole: vec![object], ..Changes::default() });
    let verify = |store: &mut dyn Subject| match store.handle(StoreRequest::Verify { object }) {
        StoreEvent::Verified { object: verified, whole } => {
            assert_eq!(verified, object);
            whole
        }
        other => panic!("a verification was answered by {other:?}"),
    };
    assert!(verify(store));
    store.damage(object.sha256);
    assert!(!verify(store));
    assert!(store.reopen().objects.is_empty());
    let sink = store.sink();
    assert_eq!(sink.open(object).expect("the object is opened").offset(), 0);
}
