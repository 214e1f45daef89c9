//! Pictures and videos.

use super::world::{Cloud, DAY, POLL};
use super::*;
use crate::catalog::{Content, Item, ObjectRole, Video};
use crate::sync::testing::samples::{BUILT, item, picture};

const PAGE: &str = "pages/party/2026-10.json";
const TOWN: &str = "440224103000";
const VILLAGE: &str = "440224103201";

/// A video of `length` bytes with a poster of 20 and a thumbnail of 10.
fn video(cloud: &mut Cloud, id: &str, length: u64) -> (Item, ObjectRef) {
    let object = cloud.object(length);
    let poster = picture(cloud.object(20), cloud.object(10));
    let video = Video { object, width: 1280, height: 720, duration: 60_000, poster };
    (Item { content: Content::Video { video }, ..item(id) }, object)
}

/// A world whose village publishes videos of these lengths, the newest last.
fn world_of_videos(configure: impl FnOnce(&mut SyncConfig), lengths: &[u64]) -> (World, Vec<ObjectRef>) {
    let mut world = World::new(configure);
    let mut items = Vec::new();
    let mut objects = Vec::new();
    for (index, length) in lengths.iter().enumerate() {
        let (item, object) = video(&mut world.cloud, &format!("{VILLAGE}/v{index}"), *length);
        items.push(Item { published: BUILT + index as i64, ..item });
        objects.push(object);
    }
    world.cloud.publish(PAGE, items);
    (world, objects)
}

fn lengths_asked(world: &World) -> Vec<u64> {
    let asked = world.requests("object").into_iter().map(|entry| entry.split(' ').nth(1).unwrap().parse().unwrap());
    asked.collect()
}

#[test]
fn pictures_come_before_videos_the_village_before_the_town_and_the_newest_first() {
    let mut world = World::new(|config| config.parallel_downloads = 1);
    let (old, _) = video(&mut world.cloud, &format!("{VILLAGE}/old"), 1001);
    let (new, _) = video(&mut world.cloud, &format!("{VILLAGE}/new"), 1002);
    let (towns, _) = video(&mut world.cloud, &format!("{TOWN}/new"), 1003);
    let cover = picture(world.cloud.object(202), world.cloud.object(102));
    let town_cover = picture(world.cloud.object(203), world.cloud.object(103));
    let old = Item { cover: Some(picture(world.cloud.object(201), world.cloud.object(101))), ..old };
    world.cloud.publish(PAGE, vec![old, Item { published: BUILT + 5, cover: Some(cover), ..new }]);
    world.cloud.publish(PAGE, vec![Item { published: BUILT + 9, cover: Some(town_cover), ..towns }]);
    // Nothing is fetched until all pages are there.
    world.fault =
        Box::new(|request| matches!(request, NetRequest::FetchObject { .. }).then_some(NetErrorKind::Unreachable));
    world.drive(5_000);
    world.take_log();
    world.fault = Box::new(|_| None);
    world.sync.request_now(world.now());
    world.drive(60_000);
    world.assert_complete();
    let mut order = lengths_asked(&world);
    order.retain(|length| *length > 20);
    assert_eq!(order, [102, 101, 202, 201, 103, 203, 1002, 1001, 1003]);
}

#[test]
fn what_a_viewer_opens_comes_first_and_interrupts_a_video() {
    let (mut world, videos) = world_of_videos(
        |config| {
            config.parallel_downloads = 1;
            config.quota = 10_000_000;
        },
        &[300_000, 400_000, 500_000],
    );
    world.drive(4_000);
    assert_eq!(lengths_asked(&world).last(), Some(&500_000));
    let wanted = vec![NeededObject { object: videos[0], role: ObjectRole::Video }];
    world.sync.want(wanted, world.now());
    world.drive(200);
    assert_eq!(world.requests("cancel"), ["cancel 500000"]);
    assert_eq!(lengths_asked(&world).last(), Some(&300_000));
    world.drive(60_000);
    world.assert_complete();
    assert!(world.log.contains(&"object 500000 from 250000".to_owned()), "{:?}", world.log);
}

#[test]
fn a_new_picture_does_not_wait_behind_videos() {
    let (mut world, _) = world_of_videos(|config| config.quota = 100_000_000, &[30_000_000, 40_000_000]);
    world.drive(10_000);
    let cover = picture(world.cloud.object(77), world.cloud.object(7));
    let late = Item { cover: Some(cover.clone()), ..item(&format!("{VILLAGE}/late")) };
    world.cloud.publish("pages/party/2026-11.json", vec![late]);
    world.sync.request_now(world.now());
    world.drive(5_000);
    assert!(world.has(cover.object));
    assert_eq!(world.sync.status().pending_objects, 2);
}

#[test]
fn an_interrupted_download_is_continued_where_it_stopped() {
    let (mut world, videos) = world_of_videos(|_| {}, &[100_000]);
    let mut failures = 2;
    let large = videos[0].sha256;
    world.fault = Box::new(move |request| match request {
        NetRequest::FetchObject { object } if object.sha256 == large && failures > 0 => {
            failures -= 1;
            Some(NetErrorKind::Unreachable)
        }
        _ => None,
    });
    world.drive(120_000);
    world.assert_complete();
    let asked: Vec<_> = world.requests("object 100000").into_iter().map(str::to_owned).collect();
    assert_eq!(asked, ["object 100000 from 0", "object 100000 from 50000", "object 100000 from 75000"]);
}

#[test]
fn an_interrupted_download_is_continued_after_a_restart() {
    let (mut world, _) = world_of_videos(|_| {}, &[100_000]);
    world.fault = Box::new(|request| match request {
        NetRequest::FetchObject { object } if object.length == 100_000 => Some(NetErrorKind::Unreachable),
        _ => None,
    });
    world.drive(4_000);
    world.fault = Box::new(|_| None);
    world.restart();
    world.take_log();
    world.drive(60_000);
    world.assert_complete();
    assert_eq!(world.requests("object").len(), 1);
}

#[test]
fn wrong_bytes_are_fetched_again_from_the_beginning_but_not_for_ever() {
    let (mut world, videos) = world_of_videos(|_| {}, &[1000]);
    let bad = videos[0].sha256;
    world.fault = Box::new(move |request| match request {
        NetRequest::FetchObject { object } if object.sha256 == bad => Some(NetErrorKind::Untrusted),
        _ => None,
    });
    world.drive(3_600_000);
    let asked = world.requests("object 1000 ");
    assert!((3..=6).contains(&asked.len()), "{asked:?}");
    assert!(asked.iter().all(|entry| entry.ends_with("from 0")));
    world.take_log();
    world.drive(24 * 3_600_000);
    let asked = world.requests("object 1000 ");
    assert!((3..=7).contains(&asked.len()), "neither for ever at full speed nor given up: {asked:?}");
    world.fault = Box::new(|_| None);
    world.drive(12 * 3_600_000);
    world.assert_complete();
}

#[test]
fn what_an_earlier_attempt_has_left_wrong_is_fetched_anew_at_once_and_held_against_nobody() {
    let (mut world, videos) = world_of_videos(|_| {}, &[1000]);
    let object = videos[0].sha256;
    let mut faults = vec![NetErrorKind::Untrusted, NetErrorKind::Unreachable];
    world.fault = Box::new(move |request| match request {
        NetRequest::FetchObject { object: asked } if asked.sha256 == object => faults.pop(),
        _ => None,
    });
    world.drive(30_000);
    let asked: Vec<_> = world.requests("object 1000 ").into_iter().map(str::to_owned).collect();
    assert_eq!(asked, ["object 1000 from 0", "object 1000 from 500", "object 1000 from 0"]);
    world.assert_complete();
}

#[test]
fn one_object_that_cannot_be_had_does_not_stop_the_others() {
    let (mut world, videos) = world_of_videos(|config| config.parallel_downloads = 1, &[1000, 2000, 3000]);
    world.cloud.objects.remove(&videos[2].sha256);
    world.drive(60_000);
    assert!(world.has(videos[0]) && world.has(videos[1]) && !world.has(videos[2]));
    assert_eq!(world.sync.status().pending_objects, 1);
}

#[test]
fn a_dead_line_is_not_hammered_for_every_object() {
    let lengths: Vec<u64> = (1000..1100).collect();
    let (mut world, _) = world_of_videos(|_| {}, &lengths);
    world.fails_half_way = false;
    world.fault =
        Box::new(|request| matches!(request, NetRequest::FetchObject { .. }).then_some(NetErrorKind::Unreachable));
    world.drive(600_000);
    let asked = world.requests("object").len();
    assert!(asked < 40, "{asked}");
    world.fault = Box::new(|_| None);
    world.drive(3_600_000);
    world.assert_complete();
}

#[test]
fn the_objects_of_withdrawn_items_are_removed() {
    let (mut world, videos) = world_of_videos(|_| {}, &[1000, 2000]);
    world.drive(60_000);
    world.assert_complete();
    world.cloud.withdraw(village(), PAGE);
    world.drive(POLL * 2);
    assert_eq!(world.store.used(), 0);
    assert!(!world.has(videos[0]));
}

#[test]
fn an_object_on_the_screen_outlives_its_item_until_it_is_left() {
    let (mut world, videos) = world_of_videos(|_| {}, &[1000]);
    world.drive(60_000);
    world.sync.set_on_screen([videos[0].sha256].into());
    world.cloud.withdraw(village(), PAGE);
    world.drive(POLL * 2);
    assert!(world.has(videos[0]));
    world.sync.set_on_screen(BTreeSet::new());
    world.cloud.publish(PAGE, vec![item(&format!("{VILLAGE}/other"))]);
    world.drive(POLL * 2);
    assert!(!world.has(videos[0]));
}

#[test]
fn a_running_download_whose_item_is_withdrawn_is_given_up_and_its_file_removed() {
    let (mut world, _) = world_of_videos(|config| config.quota = 100_000_000, &[90_000_000]);
    world.drive(10_000);
    world.cloud.withdraw(village(), PAGE);
    world.sync.request_now(world.now());
    world.drive(5_000);
    assert_eq!(world.requests("cancel").len(), 1);
    world.drive(POLL * 2);
    assert_eq!(world.store.used(), 0);
}

#[test]
fn what_moves_from_one_page_to_another_keeps_its_objects() {
    let (mut world, videos) = world_of_videos(|_| {}, &[1000]);
    world.drive(60_000);
    let Some((_, Document::Page(items))) = world.cloud.repos[&village()].documents.get(PAGE).cloned() else {
        panic!("the page is there");
    };
    world.cloud.publish(PAGE, vec![item(&format!("{VILLAGE}/other"))]);
    world.cloud.publish("pages/culture/2026-10.json", items);
    world.take_log();
    world.drive(POLL * 2);
    assert!(world.has(videos[0]));
    assert_eq!(world.requests("object").len(), 0);
}

#[test]
fn newer_videos_take_the_place_of_older_ones_and_nothing_is_fetched_twice() {
    let (mut world, videos) = world_of_videos(|config| config.quota = 2_500, &[1000]);
    world.drive(60_000);
    let mut all = videos;
    for round in 1..6 {
        let (next, object) = video(&mut world.cloud, &format!("{VILLAGE}/w{round}"), 1000 + round);
        let next = Item { published: BUILT + 100 * round as i64, ..next };
        world.cloud.publish(&format!("pages/party/2027-0{round}.json"), vec![next]);
        all.push(object);
        world.drive(POLL * 2);
        assert!(world.has(object), "the newest is there");
        assert!(world.store.used() <= 2_500);
    }
    world.drive(POLL * 20);
    let mut asked = lengths_asked(&world);
    asked.retain(|length| *length >= 1000);
    asked.sort_unstable();
    let count = asked.len();
    asked.dedup();
    assert_eq!(asked.len(), count, "{asked:?}");
    assert!(!world.sync.status().storage_full, "what does not fit can be streamed");
}

#[test]
fn the_towns_newer_video_does_not_push_out_the_villages_older_one() {
    let (mut world, videos) = world_of_videos(|config| config.quota = 1_500, &[1000]);
    world.drive(60_000);
    let (towns, object) = video(&mut world.cloud, &format!("{TOWN}/new"), 1001);
    world.cloud.publish(PAGE, vec![Item { published: BUILT + 1000, ..towns }]);
    world.drive(POLL * 10);
    assert!(world.has(videos[0]) && !world.has(object));
    assert_eq!(world.requests("object 1001").len(), 0);
}

#[test]
fn of_videos_of_one_region_the_one_not_watched_for_longest_goes_and_does_not_come_back() {
    let (mut world, videos) = world_of_videos(|config| config.quota = 2_200, &[1000, 1001]);
    world.drive(60_000);
    let watched = vec![(videos[0].sha256, BUILT + DAY)];
    world.sync.commit(Changes { objects_used: watched, ..Changes::default() });
    let (next, object) = video(&mut world.cloud, &format!("{VILLAGE}/next"), 1002);
    world.cloud.publish("pages/party/2027-01.json", vec![Item { published: BUILT + 2 * DAY, ..next }]);
    world.drive(POLL * 10);
    assert!(world.has(object));
    assert!(world.has(videos[0]), "it was watched yesterday");
    assert!(!world.has(videos[1]));
    assert_eq!(world.requests("object 1001 ").len(), 1);
}

#[test]
fn a_video_that_the_cloud_does_not_have_makes_no_other_come_and_go() {
    let (mut world, videos) = world_of_videos(|config| config.quota = 1_500, &[1000]);
    world.drive(60_000);
    let (newer, missing) = video(&mut world.cloud, &format!("{VILLAGE}/newer"), 1001);
    world.cloud.objects.remove(&missing.sha256);
    world.cloud.publish("pages/party/2026-11.json", vec![Item { published: BUILT + 1000, ..newer }]);
    world.drive(5 * 3_600_000);
    assert!(world.has(videos[0]));
    assert!(world.requests("object 1000 ").len() <= 2, "{:?}", world.requests("object 1000 "));
}

#[test]
fn of_two_videos_the_lesser_is_not_fetched_to_make_room_for_the_greater() {
    let mut world = World::new(|config| config.quota = 4_500);
    let (towns, _) = video(&mut world.cloud, &format!("{TOWN}/a"), 3001);
    let (pinned, _) = video(&mut world.cloud, "440224000000/b", 3002);
    world.cloud.publish(PAGE, vec![towns]);
    world.cloud.publish(PAGE, vec![Item { pinned: true, published: BUILT + 9, ..pinned }]);
    world.drive(POLL * 5);
    let asked = lengths_asked(&world);
    assert!(asked.contains(&3002) && !asked.contains(&3001), "{asked:?}");
}

#[test]
fn pinned_and_shown_videos_are_never_evicted() {
    let mut world = World::new(|config| config.quota = 2_200);
    let (pinned, first) = video(&mut world.cloud, &format!("{VILLAGE}/pinned"), 1000);
    let (shown, second) = video(&mut world.cloud, &format!("{VILLAGE}/shown"), 1001);
    world.cloud.publish(PAGE, vec![Item { pinned: true, ..pinned }, shown]);
    world.drive(60_000);
    world.sync.set_on_screen([second.sha256].into());
    let (next, third) = video(&mut world.cloud, &format!("{VILLAGE}/next"), 1002);
    world.cloud.publish("pages/party/2027-01.json", vec![Item { published: BUILT + 1000, ..next }]);
    world.drive(POLL * 3);
    assert!(world.has(first) && world.has(second) && !world.has(third));
    world.sync.set_on_screen(BTreeSet::new());
    world.drive(POLL * 3);
    assert!(world.has(first) && !world.has(second) && world.has(third));
}

#[test]
fn pictures_push_out_videos_and_only_when_they_do_not_fit_is_the_storage_full() {
    let (mut world, videos) = world_of_videos(|config| config.quota = 1_100, &[1000]);
    world.drive(60_000);
    assert!(world.has(videos[0]));
    let cover = picture(world.cloud.object(500), world.cloud.object(5));
    let pictured = Item { cover: Some(cover.clone()), ..item(&format!("{TOWN}/picture")) };
    world.cloud.publish(PAGE, vec![pictured]);
    world.drive(POLL * 2);
    assert!(world.has(cover.object) && !world.has(videos[0]));
    assert!(!world.sync.status().storage_full);
    let cover = picture(world.cloud.object(900), world.cloud.object(6));
    let pictured = Item { cover: Some(cover.clone()), ..item(&format!("{TOWN}/larger")) };
    world.cloud.publish("pages/party/2026-11.json", vec![pictured]);
    world.drive(POLL * 2);
    assert!(!world.has(cover.object) && world.has(cover.thumbnail));
    assert!(world.sync.status().storage_full);
}

#[test]
fn bytes_are_kept_free_on_the_disk() {
    let (mut world, videos) = world_of_videos(|config| config.reserve_free = 5_000, &[1000, 3000]);
    world.store.set_capacity(Some(8_000));
    world.restart();
    world.drive(POLL * 2);
    assert!(world.has(videos[1]) != world.has(videos[0]));
    assert!(world.store.used() <= 3_000);
}

#[test]
fn a_full_disk_pauses_downloads_makes_room_and_recovers() {
    let (mut world, videos) = world_of_videos(|_| {}, &[1000, 2000]);
    world.drive(60_000);
    world.assert_complete();
    // Somebody else has filled the disk.
    world.store.refuse_commits(1, StoreErrorKind::Full);
    world.cloud.publish("pages/party/2026-11.json", vec![item(&format!("{VILLAGE}/text"))]);
    world.drive(POLL * 2);
    assert!(world.ids().contains(&format!("{VILLAGE}/text").as_str()));
    assert!(!world.has(videos[0]) && !world.has(videos[1]), "videos made room");
    assert!(!world.sync.status().storage_full);
}

#[test]
fn a_disk_that_fills_during_a_download_does_not_make_it_start_over_and_over() {
    let (mut world, _) = world_of_videos(|_| {}, &[50_000]);
    world.drive(400);
    world.store.set_capacity(Some(10_000));
    world.drive(3_600_000);
    assert!(world.requests("object 50000").len() < 10, "{:?}", world.requests("object 50000"));
    world.store.set_capacity(None);
    world.restart();
    world.drive(POLL * 2);
    world.assert_complete();
}

#[test]
fn the_media_of_items_whose_time_is_over_or_far_off_are_not_fetched() {
    let mut world = World::new(|_| {});
    let (over, past) = video(&mut world.cloud, &format!("{VILLAGE}/over"), 1000);
    let (soon, next) = video(&mut world.cloud, &format!("{VILLAGE}/soon"), 1001);
    let (far, later) = video(&mut world.cloud, &format!("{VILLAGE}/far"), 1002);
    let time = world.true_time();
    world.cloud.publish(
        PAGE,
        vec![
            Item { not_after: Some(time - 1), ..over },
            Item { not_before: Some(time + DAY), ..soon },
            Item { not_before: Some(time + 5 * DAY), ..far },
        ],
    );
    world.drive(60_000);
    assert!(!world.has(past) && world.has(next) && !world.has(later));
    assert_eq!(world.sync.status().pending_objects, 0);
    world.drive(4 * DAY as u64 * 1000);
    assert!(world.has(later), "fetched before it is shown");
}

#[test]
fn a_damaged_object_is_found_out_and_fetched_again() {
    let (mut world, videos) = world_of_videos(|_| {}, &[1000]);
    world.drive(60_000);
    world.store.damage(videos[0].sha256);
    world.take_log();
    world.sync.report_broken(videos[0].sha256);
    world.drive(60_000);
    world.assert_complete();
    assert_eq!(lengths_asked(&world), [1000]);
}

#[test]
fn a_picture_that_is_broken_as_published_is_checked_once_and_kept() {
    let (mut world, videos) = world_of_videos(|_| {}, &[1000]);
    world.drive(60_000);
    world.take_log();
    for _ in 0..5 {
        world.sync.report_broken(videos[0].sha256);
        world.drive(1_000);
    }
    assert!(world.has(videos[0]));
    assert_eq!(lengths_asked(&world).len(), 0);
}

#[test]
fn pending_bytes_count_down_to_nothing() {
    let (mut world, _) = world_of_videos(|_| {}, &[10_000, 20_000]);
    let mut most = 0;
    while world.step(60_000) {
        most = most.max(world.sync.status().pending_bytes);
    }
    assert_eq!(most, 30_060);
    assert_eq!((world.sync.status().pending_objects, world.sync.status().pending_bytes), (0, 0));
    assert!(!world.sync.status().running);
}
