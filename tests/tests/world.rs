//! Outages, clock jumps, power cuts and a year of sleep, replayed in the simulated world.

use proptest::prelude::*;
use yuexiang_core::RegionCode;
use yuexiang_core::catalog::Step;
use yuexiang_core::view::Screen;
use yuexiang_tests::world::{SimulatedCloud, World};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn village() -> RegionCode {
    "440224103999".parse().expect("a village")
}

fn world(seed: u64, items: usize) -> World {
    let mut cloud = SimulatedCloud::new(village());
    let lineage = village().lineage();
    for number in 0..items {
        let region = lineage[number % lineage.len()];
        cloud.publish(region, &format!("item-{number}"), 1 + number as u32 % 11, 1_795_000_000 - number as i64 * 3_600);
    }
    World::new(cloud, village(), seed)
}

#[test]
fn a_new_box_fetches_everything_its_five_ancestors_publish() {
    let mut world = world(1, 60);
    world.power_on();
    assert!(world.run_until_synced(2 * HOUR));
    assert_eq!(world.app().view().notice, None);
    let before = world.requests;
    world.run(10 * MINUTE);
    let polls = world.requests - before;
    // Five requests a round, a round a minute, ± 20 %.
    assert!((40..=65).contains(&polls), "{polls} requests in ten quiet minutes");
}

#[test]
fn what_is_withdrawn_disappears_and_its_files_are_collected() {
    let mut world = world(2, 30);
    world.power_on();
    assert!(world.run_until_synced(2 * HOUR));
    let used = world.disk.space().used;
    world.cloud.withdraw(village(), "item-4", 5);
    assert!(world.run_until_synced(HOUR));
    world.run(5 * MINUTE);
    assert!(world.disk.space().used < used, "the withdrawn item's files are still there");
}

#[test]
fn a_month_offline_changes_nothing_but_the_words_on_the_screen() {
    let mut world = world(3, 30);
    world.power_on();
    assert!(world.run_until_synced(2 * HOUR));
    let items = world.app().library().items().count();
    world.network.up = false;
    world.run(30 * DAY);
    assert_eq!(world.app().library().items().count(), items);
    let notice = world.app().view().notice.unwrap_or_default();
    assert!(notice.contains("网络断了") && notice.contains("月"), "{notice}");
    world.network.up = true;
    world.run(HOUR);
    assert_eq!(world.app().view().notice, None);
}

#[test]
fn after_a_year_of_sleep_the_box_comes_back_by_itself() {
    let mut world = world(4, 30);
    world.power_on();
    assert!(world.run_until_synced(2 * HOUR));
    world.power_cut();
    world.sleep(365 * DAY);
    for number in 0..50 {
        world.cloud.publish(village(), &format!("later-{number}"), 12, world.truth / 1_000);
    }
    // Without a battery its clock stands where it was at the factory.
    world.clock_error = -world.truth;
    world.power_on();
    assert!(world.run_until_synced(2 * HOUR));
    let header = world.app().view().header;
    assert!(header.date.starts_with("11月23日"), "{header:?}");
}

#[test]
fn a_clock_decades_ahead_is_put_right_and_comes_back_when_it_is_mended() {
    let mut world = world(5, 20);
    world.clock_error = 15 * 365 * DAY as i64;
    world.power_on();
    assert!(world.run_until_synced(2 * HOUR));
    assert!(world.app().view().header.date.starts_with("11月23日"));
    world.clock_error = 0;
    world.cloud.publish(village(), "news", 11, world.truth / 1_000);
    assert!(world.run_until_synced(2 * HOUR));
    assert!(world.app().view().header.date.starts_with("11月23日"));
}

fn titles(world: &World) -> Vec<String> {
    match world.app().view().screen {
        Screen::Board(board) => board.rows.into_iter().map(|row| row.title).collect(),
        other => panic!("a board was expected, not {other:?}"),
    }
}

#[test]
fn what_is_published_and_withdrawn_shows_on_the_open_board_within_one_poll() {
    let mut world = world(6, 5);
    world.power_on();
    assert!(world.run_until_synced(HOUR));
    world.press("red");
    let before = titles(&world);
    world.cloud.publish(village(), "news", 11, world.truth / 1_000);
    // A poll a minute, give or take a fifth, and a little for the line.
    world.run(MINUTE * 6 / 5 + 3_000);
    assert_eq!(titles(&world).len(), before.len() + 1);
    assert!(titles(&world).contains(&"消息 news".to_owned()));
    world.cloud.withdraw(village(), "news", 11);
    world.run(MINUTE * 6 / 5 + 3_000);
    assert_eq!(titles(&world), before);
}

#[test]
fn items_go_with_a_reviewer_who_is_dismissed_and_come_back_without_being_fetched_again() {
    let mut world = world(7, 10);
    let province = village().lineage()[0];
    world.power_on();
    assert!(world.run_until_synced(HOUR));
    let stored = world.app().library().items().count();
    assert_eq!(stored, 10);
    world.cloud.dismiss_reviewers(province, Step::Second);
    world.run(2 * MINUTE);
    assert_eq!(world.app().library().items().count(), 0);
    assert_eq!(world.app().view().sync.withheld, 10);
    // The power goes; what was withheld stays so.
    world.power_cut();
    world.power_on();
    assert_eq!(world.app().view().sync.withheld, 10);
    world.cloud.restore_reviewers(province);
    assert!(world.run_until_synced(HOUR));
    assert_eq!(world.app().view().sync.withheld, 0);
}

#[test]
fn every_view_reaches_the_cloud_once_over_outages_and_lost_answers() {
    let mut world = world(8, 10);
    world.power_on();
    assert!(world.run_until_synced(HOUR));
    let items: Vec<String> = world.app().library().items().map(|item| item.id.clone()).collect();
    for round in 0..40u64 {
        world.network.up = round % 4 != 1;
        world.network.loss = if round % 4 == 2 { 500 } else { 0 };
        world.press("red right ok back back");
        world.run(20 * MINUTE);
        if round % 8 == 7 {
            world.power_cut();
            world.sleep(HOUR);
            world.power_on();
        }
    }
    world.network.up = true;
    world.network.loss = 0;
    world.run(2 * DAY);
    let views: u32 = items.iter().map(|item| world.cloud.views(item).views).sum();
    assert_eq!(views, 40);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_box_has_everything_in_the_end_and_fetches_little_twice(
        seed in any::<u64>(),
        days in prop::collection::vec((0u8..6, 1u64..180, 0u64..400), 4..25),
    ) {
        let mut world = world(seed, 50);
        world.power_on();
        let mut on = true;
        for (number, (trouble, minutes, loss)) in days.into_iter().enumerate() {
            world.network.up = true;
            world.network.loss = 0;
            match trouble {
                0 => {
                    world.power_cut();
                    world.sleep(minutes * MINUTE);
                    on = false;
                }
                1 => world.network.up = false,
                2 => world.network.loss = loss,
                3 => world.clock_error = (minutes as i64 - 90) * DAY as i64 * 10,
                4 => world.cloud.publish(village(), &format!("new-{number}"), 11, world.truth / 1_000),
                _ => world.cloud.withdraw(village(), &format!("item-{}", minutes % 50), (minutes % 11) as u32 + 1),
            }
            if !on {
                world.power_on();
                on = true;
            }
            world.run(minutes * MINUTE / 20);
        }
        world.network.up = true;
        world.network.loss = 0;
        prop_assert!(world.run_until_synced(6 * HOUR), "not synchronized in the end: {:?}", world.app().view().sync);
    }
}
