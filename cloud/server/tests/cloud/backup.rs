//! The drill: a backup of yesterday is brought back, and boxes that have seen today go on by themselves.

use std::path::Path;
use std::process::Command;

use yuexiang_cloud::backup::backup;
use yuexiang_cloud::desk::log::verify;
use yuexiang_cloud::keys::request::RequestFile;
use yuexiang_cloud::keys::{NewKey, RootOutcome};
use yuexiang_cloud::publish::Publisher;
use yuexiang_cloud::region::RegionCode;
use yuexiang_cloud::tuf::Role;

use crate::fixture::{LINEAGE, PROVINCE, Server, TestPack, VILLAGE, World};
use crate::keys_box::{Television, memory, now, province_root};

const TOWN: &str = LINEAGE[3];
const COUNTY: &str = LINEAGE[2];

fn code(region: &str) -> RegionCode {
    region.parse().expect("a code")
}

/// Runs the program on a world's data, and returns what it says.
fn run(world: &World, arguments: &[&str], paths: &[(&str, &Path)]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud"));
    command.args(arguments).arg("--data").arg(world.data());
    for (option, path) in paths {
        command.args(Some(*option).filter(|option| !option.is_empty())).arg(path);
    }
    if let Some(address) = world.database() {
        command.args(["--database", &address]);
    }
    let output = command.output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Nothing of this process holds the database any more.
async fn close(publisher: Publisher) {
    publisher.store.db.close().await;
}

fn at_home(television: &mut Television) -> (usize, bool) {
    tokio::task::block_in_place(|| television.watch(60_000));
    if let Some(trouble) = television.trouble() {
        println!("the box: {trouble:?}");
    }
    (television.titles().len(), television.trouble().is_none())
}

/// A village and its town with an item each; the village's has a picture.
async fn published(world: &World) -> (TestPack, Publisher) {
    let (town, village) = (world.pack("town", TOWN), world.village());
    town.item("bridge", "");
    village.picture("media/a.png", 640, 480);
    village.item("cover", "cover = \"media/a.png\"\n");
    world.publish_at(&[&village, &town], now()).await.expect("publishes");
    (village, world.publisher().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_yesterdays_backup_was_restored_boxes_go_on_by_themselves() {
    let world = World::new();
    let (village, publisher) = published(&world).await;
    let server = world.serve();
    let (root, store) = (province_root(&publisher).await, memory());
    let mut television = Television::start(&server.url, root.clone(), store.clone());
    assert_eq!(at_home(&mut television), (3, true));
    let out = world.folder.path().join("backups");
    let said = run(&world, &["backup"], &[("--out", &out)]).expect("a running cloud is backed up");
    let backup = std::path::PathBuf::from(said.split(':').next().expect("a path"));

    // Today: news, a new timestamp key, and new root keys of which the backup knows nothing.
    village.item("second", "");
    world.publish_at(&[&village], now()).await.expect("publishes");
    publisher.rotate_key(code(TOWN), Role::Timestamp, "test", now()).await.expect("rotates");
    for role in [Role::Root, Role::Targets, Role::Root] {
        publisher.rotate_key(code(VILLAGE), role, "test", now()).await.expect("rotates");
    }
    publisher.revoke_child(code(COUNTY), "test", now()).await.expect("revokes");
    drop(television);
    let mut television = Television::start(&server.url, root.clone(), store.clone());
    crate::fixture::eventually("the box sees today", async || {
        (at_home(&mut television) == (4, true) && television.root_version(VILLAGE) == 4).then_some(())
    })
    .await;
    let refused = run(&world, &["restore"], &[("", &backup)]).expect_err("a server runs");
    assert!(refused.contains("stop it first"), "{refused}");
    assert!(server.stop().success());
    close(publisher).await;

    let said = run(&world, &["restore"], &[("", &backup)]).expect("is restored");
    println!("{said}");
    assert!(said.contains("what was there before lies in"), "{said}");
    for (region, words) in [(VILLAGE, "new keys are in charge"), (TOWN, "root 2"), (COUNTY, "new keys are in charge")] {
        assert!(said.lines().any(|line| line.contains(region) && line.contains(words)), "{region}: {said}");
    }
    let server = world.serve();
    let mut television = Television::start(&server.url, root, store);
    assert_eq!(at_home(&mut television), (3, true), "yesterday's three items, and nothing is refused");
    assert!(television.root_version(VILLAGE) > 4, "boxes have seen the fourth");
    village.item("third", "");
    world.publish_at(&[&village], now()).await.expect("publishes");
    crate::fixture::eventually("what is published from now on", async || {
        tokio::task::block_in_place(|| television.round());
        (television.titles().len() == 5 && television.trouble().is_none()).then_some(())
    })
    .await;
    let publisher = world.publisher().await;
    let verdict = verify(&publisher.store, RegionCode::GUANGDONG).await.expect("reads");
    assert!(verdict.broken.is_empty(), "{verdict:?}");
    let roots = std::fs::read_dir(world.data().join("tuf").join(VILLAGE)).expect("reads");
    let roots =
        roots.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().contains(".root.")));
    assert!(roots.count() >= 5, "no root that boxes have followed is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_comes_back_on_an_empty_machine_with_the_master_key_alone() {
    let world = World::new();
    let (village, publisher) = published(&world).await;
    let server = world.serve();
    let (root, store) = (province_root(&publisher).await, memory());
    let out = world.folder.path().join("backups");
    let made = backup(&publisher, world.database().as_deref(), &out, None, now()).await.expect("backs up");
    assert_eq!((made.manifest.regions, made.new_objects), (5, made.manifest.objects));
    for name in ["second", "third"] {
        village.item(name, "");
        world.publish_at(&[&village], now()).await.expect("publishes");
    }
    let mut television = Television::start(&server.url, root.clone(), store.clone());
    assert_eq!(at_home(&mut television), (5, true));
    let objects: Vec<(String, u64)> = {
        let cover = world.target(VILLAGE, "pages/governance/2026-10.json");
        let cover = cover["items"].as_array().expect("items").iter().find_map(|item| item.get("cover")).cloned();
        let cover = cover.expect("a cover");
        vec![(cover["sha256"].as_str().expect("a name").to_owned(), cover["length"].as_u64().expect("a length"))]
    };
    assert!(server.stop().success());

    let other = World::new();
    let refused = run(&other, &["restore"], &[("", &made.path)]).expect_err("without the master key");
    assert!(refused.contains("--master"), "{refused}");
    let wrong = world.folder.path().join("wrong");
    std::fs::write(&wrong, [7; 32]).expect("writes");
    let refused = run(&other, &["restore"], &[("", &made.path), ("--master", &wrong)]).expect_err("with another one");
    assert!(refused.contains("does not open the backup"), "{refused}");
    assert!(!other.data().join("cloud.sqlite").exists() && !other.data().join("restoring").exists());
    let master = world.data().join("keys/master");
    let said = run(&other, &["restore"], &[("", &made.path), ("--master", &master)]).expect("is restored");
    println!("{said}");
    let server = other.serve();
    let mut television = Television::start(&server.url, root, store);
    assert_eq!(at_home(&mut television), (3, true), "versions are above all that it has seen");
    for (sha256, length) in objects {
        let answer = server.get(&format!("/objects/{sha256}")).await;
        assert_eq!(answer.bytes().await.expect("a body").len() as u64, length);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_keeper_can_mend_is_named_until_it_is_mended() {
    let world = World::new();
    let (_village, publisher) = published(&world).await;
    let keeper = NewKey::make("a keeper").expect("a key");
    let publics = [keeper.public.clone()].into();
    publisher.adopt_root(code(COUNTY), &publics, 1, "test", now()).await.expect("adopts");
    sign(&publisher, &keeper).await;
    let server = world.serve();
    let (root, store) = (province_root(&publisher).await, memory());
    let out = world.folder.path().join("backups");
    let made = backup(&publisher, world.database().as_deref(), &out, None, now()).await.expect("backs up");
    let outcome = publisher.rotate_key(code(COUNTY), Role::Targets, "test", now()).await.expect("rotates");
    assert!(matches!(outcome, RootOutcome::Waiting { .. }));
    sign(&publisher, &keeper).await;
    let mut television = Television::start(&server.url, root.clone(), store.clone());
    assert_eq!(at_home(&mut television), (3, true));
    assert!(server.stop().success());
    close(publisher).await;

    let said = run(&world, &["restore"], &[("", &made.path)]).expect("is restored");
    let line = said.lines().find(|line| line.starts_with(COUNTY) && line.contains("keys request"));
    assert!(line.is_some(), "{said}");
    let status = run(&world, &["keys", "status"], &[]).expect("says how things stand");
    assert!(status.contains(COUNTY) && status.contains("nothing can be signed"), "{status}");
    let server: Server = world.serve();
    let mut television = Television::start(&server.url, root, store);
    assert!(!at_home(&mut television).1, "it has followed a root whose keys are lost");
    assert!(tokio::task::block_in_place(|| television.report()), "and says so");
    let status = run(&world, &["keys", "status"], &[]).expect("says how things stand");
    assert!(status.contains(&format!("1 box refuses {COUNTY}: untrusted (has version ")), "{status}");
    let publisher = world.publisher().await;
    sign(&publisher, &keeper).await;
    crate::fixture::eventually("that the box goes on", async || {
        tokio::task::block_in_place(|| television.round());
        television.trouble().is_none().then_some(())
    })
    .await;
    assert_eq!(television.titles().len(), 3);
    let status = run(&world, &["keys", "status"], &[]).expect("says how things stand");
    assert!(!status.contains("nothing can be signed"), "{status}");
}

/// The keeper signs what waits in the county.
async fn sign(publisher: &Publisher, keeper: &NewKey) {
    let request: RequestFile = publisher.root_request(code(COUNTY)).await.expect("a request");
    let signature = request.sign(keeper).expect("signs");
    publisher.import_signature(&signature, "test", now()).await.expect("imports");
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_are_made_of_one_moment_share_their_objects_and_are_cleared_away() {
    let world = World::new();
    let (village, publisher) = published(&world).await;
    let out = world.folder.path().join("backups");
    let address = world.database();
    let publishing = async {
        for number in 0..5 {
            village.item(&format!("news-{number}"), "");
            world.publish_at(&[&village], now()).await.expect("publishes");
        }
    };
    let backing_up = async {
        let mut made = Vec::new();
        for number in 0..3 {
            made.push(backup(&publisher, address.as_deref(), &out, Some(2), now() + number).await.expect("backs up"));
        }
        made
    };
    let ((), made) = tokio::join!(publishing, backing_up);
    assert!(made[0].new_objects > 0 && made[1].new_objects == 0, "an object is copied once");
    assert_eq!(made[2].removed, [made[0].path.clone()]);
    assert!(!made[0].path.exists() && made[1].path.exists());
    // One that was spoilt is found out before anything is touched.
    let database = made[2].path.join("database");
    let mut bytes = std::fs::read(&database).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&database, bytes).expect("writes");
    close(publisher).await;
    let before = world.published();
    let refused = run(&world, &["restore"], &[("", &made[2].path)]).expect_err("it is spoilt");
    assert!(refused.contains("spoilt"), "{refused}");
    assert_eq!(world.published(), before);
    run(&world, &["restore"], &[("", &made[1].path)]).expect("the one before is whole");
    let publisher = world.publisher().await;
    let verdict = verify(&publisher.store, RegionCode::GUANGDONG).await.expect("reads");
    assert!(verdict.broken.is_empty() && verdict.lines > 0, "{verdict:?}");
    assert!(publisher.store.file(code(PROVINCE), "timestamp.json").await.expect("reads").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restoration_that_was_broken_off_keeps_the_server_from_starting() {
    let world = World::new();
    let (_village, publisher) = published(&world).await;
    let out = world.folder.path().join("backups");
    let made = backup(&publisher, world.database().as_deref(), &out, None, now()).await.expect("backs up");
    close(publisher).await;
    std::fs::write(world.data().join("restoring"), "half of it").expect("writes");
    let said = run(&world, &["serve", "--listen", "127.0.0.1:0"], &[]).expect_err("does not start");
    assert!(said.contains("run `yuexiang-cloud restore` again"), "{said}");
    run(&world, &["restore"], &[("", &made.path)]).expect("is restored");
    assert_eq!(world.serve().get("/healthz/ready").await.status(), 200);
}
