//! A month in which far more was published than one page holds, and a box that follows it.

use std::collections::BTreeSet;

use yuexiang_console::words::Lang;
use yuexiang_wire::{Board, limits, part_target};

use crate::desk::{approve_all, code, desk, notice, page, staff, submitted};
use crate::fixture::{NOW, TestPack, VILLAGE, World, item};
use crate::keys_box::{Television, memory, now, province_root};

const MONTH: &str = "2026-10";

/// A notice of some four kilobytes.
fn long(pack: &TestPack, number: usize) {
    let text = item("notice", "") + &"\n\n明日停水，请提前储水。".repeat(120);
    pack.write(&format!("items/n{number}.md"), &text.replace("停水通知", &format!("第 {number} 号通知")));
}

/// The pages of a month: what they are called, how many items they have, and all ids.
async fn pages(desk: &yuexiang_cloud::desk::Desk) -> (Vec<(String, usize)>, BTreeSet<String>) {
    let mut pages = Vec::new();
    let mut ids = BTreeSet::new();
    for part in 0.. {
        let name = part_target(Board::Governance, MONTH, part);
        let Some(page) = page(desk, VILLAGE, &name).await else { break };
        assert!(name.ends_with(&format!("/{}.json", page.month)), "a box compares {name} with {}", page.month);
        for item in &page.items {
            assert!(ids.insert(item.id.clone()), "{} is on two pages", item.id);
        }
        pages.push((name, page.items.len()));
    }
    (pages, ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_month_has_several_pages_and_a_box_shows_all_of_it() {
    let world = World::new();
    let village = world.pack("village", VILLAGE);
    for number in 0..20 {
        long(&village, number);
    }
    world.publish_at(&[&village], now()).await.expect("publishes");
    let desk = desk(&world).await;
    assert_eq!(pages(&desk).await.0, [(format!("pages/governance/{MONTH}.json"), 20)], "a quiet month has one page");
    let server = world.serve();
    let mut television = Television::start(&server.url, province_root(&desk.publisher).await, memory());
    tokio::task::block_in_place(|| television.round());
    assert_eq!((television.titles().len(), television.trouble()), (20, None));

    for number in 20..400 {
        long(&village, number);
    }
    world.publish_at(&[&village], now()).await.expect("a busy month fits");
    let (busy, ids) = pages(&desk).await;
    assert!(busy.len() > 4 && ids.len() == 400, "{busy:?}");
    served(&server, &desk).await;
    tokio::task::block_in_place(|| television.round());
    assert_eq!((television.titles().len(), television.trouble()), (400, None));

    // One more changes one page.
    let before = targets(&desk).await;
    long(&village, 400);
    world.publish_at(&[&village], now()).await.expect("publishes");
    let after = targets(&desk).await;
    assert_eq!(after.difference(&before).count(), 1, "{after:?}");

    // And a month that becomes quiet again has one.
    for number in 1..=400 {
        std::fs::remove_file(village.path.join(format!("items/n{number}.md"))).expect("removes");
    }
    world.publish_at(&[&village], now()).await.expect("publishes");
    assert_eq!(pages(&desk).await.0, [(format!("pages/governance/{MONTH}.json"), 1)]);
    served(&server, &desk).await;
    tokio::task::block_in_place(|| television.round());
    assert_eq!((television.titles().len(), television.trouble()), (1, None));
}

/// Names and hashes of the village's pages.
async fn targets(desk: &yuexiang_cloud::desk::Desk) -> BTreeSet<(String, String)> {
    let mut change = desk.publisher.store.change().await.expect("begins");
    let targets = change.targets(code(VILLAGE)).await.expect("reads");
    change.abandon().await.expect("ends");
    let pages = targets.into_iter().filter(|(name, _)| name.starts_with("pages/"));
    pages.map(|(name, stored)| (name, stored.sha256)).collect()
}

/// Waits until a server serves what the database has.
async fn served(server: &crate::fixture::Server, desk: &yuexiang_cloud::desk::Desk) {
    let path = format!("/tuf/{VILLAGE}/timestamp.json");
    let expected = desk.publisher.store.file(code(VILLAGE), "timestamp.json").await.expect("reads").expect("a file");
    crate::fixture::eventually("serving what was published", async || {
        let body = server.get(&path).await.bytes().await.ok()?;
        (body == expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_page_could_hold_is_said_to_its_writer_and_not_to_its_last_reviewer() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let mut draft = notice("全文");
    draft.body = vec!["字".repeat(1_900); 100].join("\n\n");
    let saved = desk
        .create(&staff.editor, code(VILLAGE), &draft, yuexiang_cloud::desk::items::Origin::Desk, NOW)
        .await
        .expect("is kept");
    let refused = desk.submit(&staff.editor, &saved.id, saved.revision, NOW).await.expect_err("no page holds it");
    let yuexiang_cloud::desk::DeskError::Faults(faults) = refused else { panic!("{refused}") };
    assert!(faults[0].message().sentence(Lang::Zh).contains("请分成几条发布"), "{faults:?}");
    // Two as large as they may be fit.
    draft.body = vec!["字".repeat(1_900); limits::ITEM / 3 / 1_930].join("\n\n");
    for title in ["上", "下"] {
        let id = submitted(
            &desk,
            &staff,
            VILLAGE,
            &yuexiang_cloud::desk::draft::Draft { title: title.to_owned(), ..draft.clone() },
        )
        .await;
        approve_all(&desk, &staff, &id).await;
    }
}
