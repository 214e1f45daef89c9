//! Metadata and pages.

use super::world::{LATENCY, POLL, error};
use super::*;
use crate::catalog::Review;
use crate::event::Document;
use crate::sync::testing::samples::{fetched, item, region_info, review, target};

const PAGE: &str = "pages/party/2026-10.json";

fn town() -> RegionCode {
    village().parent().unwrap()
}

fn world() -> World {
    let mut world = World::new(|_| {});
    for code in village().lineage() {
        world.cloud.publish(PAGE, vec![item(&format!("{code}/a")), item(&format!("{code}/b"))]);
    }
    world
}

#[test]
fn a_new_box_comes_down_from_the_province_to_its_village() {
    let mut world = world();
    world.drive(10_000);
    world.assert_complete();
    let order: Vec<_> = world.requests("refresh").iter().map(|entry| entry[8..].to_owned()).collect();
    assert_eq!(order, village().lineage().iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(world.library.regions().count(), 5);
    assert_eq!(world.sync.status().last_trouble, None);
    assert_eq!(world.sync.status().online, Some(true));
}

#[test]
fn a_village_of_a_city_without_counties_has_four_ancestors() {
    let mut world = World::new(|config| config.village = "441900003001".parse().unwrap());
    world.drive(10_000);
    world.assert_complete();
    assert_eq!(world.requests("refresh").len(), 4);
}

#[test]
fn a_round_that_finds_nothing_new_asks_once_per_region_and_all_at_once() {
    let mut world = world();
    world.drive(10_000);
    world.take_log();
    let commits = world.store.commits();
    world.drive(POLL * 6 / 5);
    assert_eq!(world.log.len(), 5, "{:?}", world.log);
    assert_eq!(world.store.commits(), commits);
}

#[test]
fn rounds_are_a_poll_interval_apart_give_or_take_a_fifth() {
    let mut world = world();
    world.drive(10_000);
    let mut waits = Vec::new();
    for _ in 0..50 {
        let before = world.sync.next_poll;
        world.monotonic = before;
        world.drive(LATENCY * 2);
        waits.push(world.sync.next_poll - before);
    }
    assert!(waits.iter().all(|wait| (POLL * 4 / 5..=POLL * 6 / 5).contains(wait)), "{waits:?}");
    assert!(waits.iter().max() > waits.iter().min());
}

#[test]
fn only_the_page_that_changed_is_fetched() {
    let mut world = world();
    world.drive(10_000);
    world.take_log();
    world.cloud.publish(PAGE, vec![item("440224103201/a"), item("440224103201/c")]);
    world.sync.request_now(world.now());
    world.drive(10_000);
    world.assert_complete();
    assert_eq!(world.requests("fetch"), ["fetch 440224103201 pages/party/2026-10.json"]);
}

#[test]
fn what_is_withdrawn_is_gone_after_the_next_round() {
    let mut world = world();
    world.drive(10_000);
    world.cloud.withdraw(town(), PAGE);
    world.drive(POLL * 2);
    world.assert_complete();
    assert!(!world.ids().iter().any(|id| id.starts_with(&town().to_string())));
}

#[test]
fn the_village_comes_first_once_all_are_known() {
    let mut world = world();
    world.drive(10_000);
    for code in village().lineage() {
        world.cloud.publish("pages/party/2026-11.json", vec![item(&format!("{code}/new"))]);
        world.cloud.publish("pages/party/2026-12.json", vec![item(&format!("{code}/newer"))]);
    }
    world.take_log();
    // All answers come before anything is asked for, as on a line that is slow to begin.
    world.sync.request_now(world.now());
    world.drive(10_000);
    let fetches = world.requests("fetch");
    let newest = fetches.iter().position(|entry| *entry == "fetch 440224103201 pages/party/2026-12.json");
    let older = fetches.iter().position(|entry| *entry == "fetch 440224103201 pages/party/2026-11.json");
    assert!(newest < older, "{fetches:?}");
    world.assert_complete();
}

#[test]
fn who_reviews_is_fetched_before_the_pages_of_every_level() {
    let mut world = world();
    world.drive(10_000);
    for code in village().lineage() {
        for month in 1..=8 {
            world.cloud.publish(&format!("pages/party/2027-{month:02}.json"), vec![item(&format!("{code}/{month}"))]);
        }
        world.cloud.put(code, "review.json", Document::Review(Review { reviews_below: 2, ..review() }));
    }
    world.take_log();
    world.sync.request_now(world.now());
    world.drive(10_000);
    let fetches = world.requests("fetch");
    let last_review = fetches.iter().rposition(|entry| entry.ends_with("review.json"));
    // The levels answer one after the other: of those that come first some pages are asked for until all have answered.
    let before = fetches[..last_review.unwrap()].iter().filter(|entry| entry.contains("pages/"));
    assert!(before.count() <= PARALLEL_FETCHES, "{fetches:?}");
    for code in village().lineage() {
        let own = |part: &str| {
            let prefix = format!("fetch {code} {part}");
            fetches.iter().position(|entry| entry.starts_with(&prefix)).unwrap()
        };
        assert!(own("review.json") < own("pages/"), "{fetches:?}");
    }
    world.assert_complete();
}

#[test]
fn a_review_document_that_is_gone_takes_its_approvals_along() {
    let mut world = world();
    world.drive(10_000);
    world.cloud.withdraw(village().lineage()[0], "review.json");
    world.drive(POLL * 2);
    assert!(world.ids().is_empty());
    assert!(world.store.saved().reviews.is_empty());
    assert_eq!(world.library.withheld().count(), 10);
    world.restart();
    assert!(world.ids().is_empty(), "a restart brings nothing back");
    world.cloud.put(village().lineage()[0], "review.json", Document::Review(review()));
    world.take_log();
    world.drive(POLL * 2);
    world.assert_complete();
    assert_eq!(world.requests("fetch").len(), 1, "no page is fetched again");
}

#[test]
fn a_power_cut_after_any_step_loses_nothing() {
    for steps in 0..60 {
        let mut world = world();
        let mut left = steps;
        while left > 0 && world.step(10_000) {
            left -= 1;
        }
        world.restart();
        world.drive(10_000);
        world.assert_complete();
    }
}

#[test]
fn after_a_power_cut_only_what_is_missing_is_fetched() {
    let mut world = world();
    while world.store.saved().pages.len() < 9 {
        assert!(world.step(10_000));
    }
    let stored = world.store.saved().pages.len();
    world.restart();
    world.take_log();
    world.drive(10_000);
    world.assert_complete();
    assert_eq!(world.requests("fetch").len(), 15 - stored);
}

#[test]
fn a_broken_town_does_not_stop_the_village() {
    let mut world = world();
    world.drive(10_000);
    world.cloud.publish(PAGE, vec![item("440224103201/new")]);
    world.fault = Box::new(|request| match request {
        NetRequest::Refresh { region, .. } if *region == town() => Some(NetErrorKind::Untrusted),
        _ => None,
    });
    world.drive(POLL * 2);
    assert!(world.ids().contains(&"440224103201/new"));
    let trouble = world.sync.status().last_trouble.unwrap();
    assert_eq!((trouble.0, trouble.1), (town(), NetErrorKind::Untrusted));
    world.fault = Box::new(|_| None);
    world.drive(POLL * 2);
    world.assert_complete();
    assert_eq!(world.sync.status().last_trouble, None);
}

#[test]
fn a_region_that_fails_is_asked_again_ever_more_seldom() {
    let mut world = world();
    world.fault = Box::new(|_| Some(NetErrorKind::Unreachable));
    world.drive(POLL);
    let asked = world.requests("refresh").len();
    assert!((3..12).contains(&asked), "{asked}");
    assert_eq!(world.sync.status().online, Some(false));
    world.fault = Box::new(|_| None);
    world.drive(POLL * 2);
    world.assert_complete();
    assert_eq!(world.sync.status().online, Some(true));
}

#[test]
fn a_page_that_cannot_be_had_does_not_hold_up_the_others() {
    let mut world = world();
    world.fault = Box::new(|request| match request {
        NetRequest::FetchTarget { target, .. } if target.path == PAGE => Some(NetErrorKind::Untrusted),
        _ => None,
    });
    world.drive(10_000);
    assert_eq!(world.library.regions().count(), 5);
    assert_eq!(world.sync.status().last_success, None);
    world.fault = Box::new(|_| None);
    world.drive(POLL);
    world.assert_complete();
}

#[test]
fn a_page_in_an_unknown_form_is_not_asked_for_again_until_it_changes() {
    let mut world = world();
    world.fault = Box::new(|request| match request {
        NetRequest::FetchTarget { region, target } if *region == town() && target.path == PAGE => {
            Some(NetErrorKind::Malformed)
        }
        _ => None,
    });
    world.drive(POLL * 5);
    let asked = format!("fetch {} {PAGE}", town());
    assert_eq!(world.requests(&asked).len(), 1);
    let status = world.sync.status();
    assert!(status.last_success.is_some(), "everything else is up to date");
    assert_eq!(status.last_trouble.map(|(code, kind, _)| (code, kind)), Some((town(), NetErrorKind::Malformed)));
    world.fault = Box::new(|_| None);
    world.cloud.publish(PAGE, vec![item(&format!("{}/c", town()))]);
    world.drive(POLL * 2);
    world.assert_complete();
}

#[test]
fn a_region_speaks_for_itself_only() {
    let mut world = world();
    let theirs = item("440224103201/forged");
    world.cloud.put(town(), PAGE, Document::Page(vec![theirs, item(&format!("{}/own", town()))]));
    world.drive(10_000);
    assert!(!world.ids().contains(&"440224103201/forged"));
    assert!(world.ids().contains(&format!("{}/own", town()).as_str()));
}

#[test]
fn another_first_root_from_the_parent_puts_new_keys_in_charge() {
    let mut world = world();
    world.drive(10_000);
    let repo = world.cloud.repos.get_mut(&village()).unwrap();
    repo.root = b"new root".to_vec();
    repo.version += 1;
    world.drive(POLL * 2);
    assert_eq!(world.sync.status().last_trouble.map(|trouble| trouble.1), Some(NetErrorKind::Untrusted));
    let path = format!("children/{}.root.json", village());
    world.cloud.put(town(), &path, Document::ChildRoot(b"new root".to_vec()));
    world.drive(POLL * 2);
    world.assert_complete();
    assert_eq!(world.sync.status().last_trouble, None);
}

#[test]
fn what_a_step_of_a_refresh_has_verified_is_stored_at_once_and_outlives_its_failure() {
    let mut world = world();
    world.drive(10_000);
    let now = world.now();
    world.sync.request_now(now);
    while world.sync.poll_effect().is_some() {}
    let renewed = RegionTrust { files: [("root.json".to_owned(), b"root 2".to_vec())].into(), etag: None };
    let verified = NetEvent::MetadataVerified { region: village(), trust: renewed.clone() };
    world.sync.handle_net(verified, &mut world.library, now);
    let Some(Effect::Store(request)) = world.sync.poll_effect() else { panic!("it is stored before anything else") };
    let StoreRequest::Commit { changes, .. } = &request else { panic!("a commit was expected, not {request:?}") };
    assert_eq!(changes.trust, [(village(), renewed.clone())]);
    let committed = world.store.handle(request);
    world.sync.handle_store(committed, &mut world.library, now);
    let failed = Err(error(NetErrorKind::Missing));
    let answer = NetEvent::Refreshed { region: village(), result: failed, server_time: None };
    world.sync.handle_net(answer, &mut world.library, now);
    assert_eq!(world.store.saved().trust[&village()], renewed);
    world.sync.request_now(now);
    let mut asked = std::iter::from_fn(|| world.sync.poll_effect());
    let again = asked.find_map(|effect| match effect {
        Effect::Net(NetRequest::Refresh { region, trust, .. }) if region == village() => Some(trust),
        _ => None,
    });
    assert_eq!(again, Some(renewed), "the next refresh starts from it");
}

#[test]
fn what_the_old_keys_say_while_the_parent_puts_new_ones_in_charge_is_void() {
    let mut world = world();
    world.drive(10_000);
    let path = format!("children/{}.root.json", village());
    world.cloud.put(town(), &path, Document::ChildRoot(b"new root".to_vec()));
    let now = world.now();
    world.sync.request_now(now);
    let mut old = None;
    while let Some(effect) = world.sync.poll_effect() {
        match effect {
            Effect::Net(NetRequest::Refresh { region, trust, .. }) if region == village() => old = Some(trust),
            _ => {}
        }
    }
    let old = old.expect("the village is asked");
    // The town's answer is here first; the village's own, on the word of the old root, is still on its way.
    let targets: Vec<_> = world.cloud.repos[&town()].documents.values().map(|(target, _)| target.clone()).collect();
    let root = targets.iter().find(|target| target.path == path).expect("the root").clone();
    let mut answer = |event| world.sync.handle_net(event, &mut world.library, now);
    answer(NetEvent::Refreshed { region: town(), result: Ok(Refreshed::Unchanged { targets }), server_time: None });
    let root_answer = Ok(fetched(Document::ChildRoot(b"new root".to_vec())));
    answer(NetEvent::Fetched { region: town(), target: root, result: root_answer });
    answer(NetEvent::MetadataVerified { region: village(), trust: old.clone() });
    let forged = Refreshed::Changed { trust: old, targets: vec![target("pages/party/2026-12.json", 9)] };
    answer(NetEvent::Refreshed { region: village(), result: Ok(forged), server_time: None });
    let mut asked = Vec::new();
    while let Some(effect) = world.sync.poll_effect() {
        match effect {
            Effect::Net(NetRequest::Refresh { region, trust, .. }) if region == village() => {
                asked.push(trust.files["root.json"].clone());
            }
            Effect::Net(NetRequest::FetchTarget { region, target }) => {
                assert_ne!(region, village(), "{target:?} is fetched on the word of the old keys");
            }
            _ => {}
        }
    }
    assert_eq!(asked, [b"new root".to_vec()]);
}

#[test]
fn a_village_that_publishes_nothing_yet_still_gets_what_those_above_publish() {
    let mut world = world();
    world.cloud.withdraw(town(), &format!("children/{}.root.json", village()));
    world.drive(10_000);
    let (code, kind, detail) = world.sync.status().last_trouble.unwrap();
    assert_eq!((code, kind), (village(), NetErrorKind::Missing));
    assert_eq!(detail, "440224103000 publishes no root of 440224103201");
    assert!(world.sync.status().last_success.is_some());
    assert_eq!(world.ids().len(), 8);
    let root = Document::ChildRoot(b"root of 440224103201".to_vec());
    world.cloud.put(town(), &format!("children/{}.root.json", village()), root);
    world.drive(POLL * 2);
    world.assert_complete();
    assert_eq!(world.sync.status().last_trouble, None);
}

#[test]
fn a_box_that_moved_to_another_village_forgets_the_old_one() {
    let mut world = world();
    world.drive(10_000);
    world.config.village = "440224103202".parse().unwrap();
    let there = world.config.village;
    world.cloud.repos.insert(
        there,
        world::Repo {
            root: b"root of 440224103202".to_vec(),
            version: 0,
            expires: i64::MAX,
            documents: BTreeMap::new(),
        },
    );
    world.cloud.put(there, "region.json", Document::Region(region_info(there)));
    let root = Document::ChildRoot(b"root of 440224103202".to_vec());
    world.cloud.put(town(), &format!("children/{there}.root.json"), root);
    world.restart();
    world.drive(POLL * 2);
    assert!(world.library.region(village()).is_none() && world.library.region(there).is_some());
    assert!(!world.ids().iter().any(|id| id.starts_with("440224103201")));
    let saved = world.store.saved();
    assert!(saved.trust.contains_key(&there) && !saved.trust.contains_key(&village()));
}

#[test]
fn answers_for_regions_that_are_not_ours_have_no_effect() {
    let mut world = world();
    world.drive(10_000);
    let strange: RegionCode = "440300000000".parse().unwrap();
    let now = world.now();
    let page = target(PAGE, 1);
    let trust = RegionTrust { files: [("root.json".to_owned(), vec![1])].into(), etag: None };
    let changed = Refreshed::Changed { trust: trust.clone(), targets: vec![page.clone()] };
    let events = [
        NetEvent::MetadataVerified { region: strange, trust: trust.clone() },
        // Our own, but nobody asked.
        NetEvent::MetadataVerified { region: village(), trust: trust.clone() },
        NetEvent::Refreshed { region: strange, result: Ok(changed), server_time: Some(0) },
        NetEvent::Refreshed { region: strange, result: Err(error(NetErrorKind::Expired)), server_time: None },
        NetEvent::Fetched {
            region: strange,
            target: page.clone(),
            result: Ok(fetched(Document::Page(vec![item("440300000000/a")]))),
        },
        // Nobody asked for this page of ours either.
        NetEvent::Fetched { region: village(), target: page, result: Ok(fetched(Document::Page(Vec::new()))) },
    ];
    for event in events {
        world.sync.handle_net(event, &mut world.library, now);
        assert_eq!(world.sync.poll_effect(), None);
    }
    world.assert_complete();
}

#[test]
fn settings_of_the_app_are_written_with_the_next_transaction() {
    let mut world = world();
    let settings = vec![("volume".to_owned(), "7".to_owned())];
    world.sync.commit(Changes { settings, ..Changes::default() });
    world.drive(10_000);
    assert_eq!(world.store.saved().settings.get("volume").map(String::as_str), Some("7"));
}

#[test]
fn commits_that_fail_are_tried_again_and_nothing_is_shown_before_one_succeeds() {
    let mut world = world();
    world.store.refuse_commits(4, StoreErrorKind::Io);
    world.drive(1_500);
    assert!(world.ids().is_empty());
    world.drive(60_000);
    world.assert_complete();
}

#[test]
fn a_viewer_who_asks_does_not_wait_for_the_next_round() {
    let mut world = world();
    world.fault = Box::new(|_| Some(NetErrorKind::Unreachable));
    world.drive(POLL * 3);
    world.fault = Box::new(|_| None);
    world.sync.request_now(world.now());
    world.drive(1_000);
    world.assert_complete();
}

fn woken(world: &mut World, region: RegionCode, within: u64) {
    let now = world.now();
    world.sync.handle_net(NetEvent::Woken { region, within }, &mut world.library, now);
}

#[test]
fn a_message_brings_the_question_to_its_region_forward_and_to_no_other() {
    let mut world = world();
    world.drive(10_000);
    world.take_log();
    world.cloud.publish(PAGE, vec![item(&format!("{}/c", town()))]);
    woken(&mut world, town(), 2_000);
    world.drive(2_000 + LATENCY * 3);
    assert_eq!(world.requests("refresh"), [format!("refresh {}", town())]);
    world.assert_complete();
}

#[test]
fn those_who_are_woken_do_not_ask_all_at_once() {
    let mut moments = Vec::new();
    for seed in 0..20 {
        let mut world = World::new(|config| config.seed = seed);
        world.drive(10_000);
        world.take_log();
        woken(&mut world, village(), 5_000);
        let begun = world.monotonic;
        while world.log.is_empty() {
            assert!(world.step(begun + 5_000), "asked within five seconds");
        }
        moments.push((world.monotonic - begun) / 1_000);
    }
    moments.sort_unstable();
    moments.dedup();
    assert!(moments.len() >= 4, "{moments:?}");
}

#[test]
fn a_message_during_a_question_is_followed_by_another_question() {
    let mut world = world();
    world.drive(10_000);
    world.cloud.publish(PAGE, vec![item(&format!("{}/c", village()))]);
    world.sync.request_now(world.now());
    // The answer to that question is on its way when more is published.
    world.drive(LATENCY / 2);
    world.cloud.publish(PAGE, vec![item(&format!("{}/d", village()))]);
    woken(&mut world, village(), 0);
    world.drive(1_000);
    world.assert_complete();
    assert!(world.ids().contains(&format!("{}/d", village()).as_str()));
}

#[test]
fn who_floods_a_box_with_messages_makes_it_ask_once_a_second() {
    let mut world = world();
    world.drive(10_000);
    world.take_log();
    for _ in 0..100 {
        woken(&mut world, village(), 0);
        world.drive(100);
    }
    let asked = world.requests("refresh").len();
    assert!((9..=11).contains(&asked), "{asked} questions in ten seconds");
}

#[test]
fn a_message_about_somewhere_else_changes_nothing() {
    let mut world = world();
    world.drive(10_000);
    world.take_log();
    woken(&mut world, "440300000000".parse().unwrap(), 0);
    world.drive(5_000);
    assert!(world.log.is_empty(), "{:?}", world.log);
}
