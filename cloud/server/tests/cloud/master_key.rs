//! The master key and the database belong together, and nothing is made up in place of either.

use std::process::Command;

use yuexiang_cloud::keys::{KeyError, NewKey, SealError};
use yuexiang_cloud::publish::{PublishError, Publisher};
use yuexiang_cloud::region::RegionCode;
use yuexiang_cloud::tuf::Role;

use crate::fixture::{LINEAGE, PROVINCE, VILLAGE, World};
use crate::keys_box::{Television, memory, now, province_root};

async fn refused(world: &World) -> SealError {
    match Publisher::open(&world.data(), world.database().as_deref()).await {
        Err(PublishError::Key(KeyError::Seal(error))) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it opens"),
    }
}

fn program(world: &World, task: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud"));
    command.args(task).arg("--data").arg(world.data());
    if let Some(address) = world.database() {
        command.args(["--database", &address]);
    }
    command
}

/// What the program says when it is started.
fn said(world: &World, task: &[&str]) -> String {
    let output = program(world, task).output().expect("runs");
    assert!(!output.status.success(), "{task:?} does as if nothing were");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_master_key_nothing_starts_and_no_new_one_is_made() {
    let world = World::new();
    world.publish(&[&world.village()]).await;
    let path = world.data().join("keys/master");
    let right = std::fs::read(&path).expect("reads");
    std::fs::remove_file(&path).expect("loses it");
    let error = refused(&world).await;
    assert!(matches!(&error, SealError::Missing { keys, .. } if *keys >= 20), "{error}");
    for task in [&["serve", "--listen", "127.0.0.1:0"][..], &["keys", "status"], &["root", "--out", "/dev/null"]] {
        let said = said(&world, task);
        assert!(said.contains("is missing") && said.contains("put the file back"), "{task:?}: {said}");
    }
    assert!(!path.exists(), "a new one would seal what the right one does not open");
    std::fs::write(&path, right).expect("writes");
    world.publisher().await.check_master().await.expect("opens everything again");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_installations_master_key_is_refused_by_name() {
    let world = World::new();
    world.publish(&[&world.village()]).await;
    std::fs::write(world.data().join("keys/master"), [7; 32]).expect("writes");
    let error = refused(&world).await;
    assert!(matches!(&error, SealError::Other { key, .. } if key.contains('/')), "{error}");
    let said = said(&world, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(said.contains("is not the one") && said.contains("keys/master"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_copy_is_lost_the_keepers_and_the_regions_above_bring_boxes_on() {
    let world = World::new();
    world.publish_at(&[&world.village()], now()).await.expect("publishes");
    let publisher = world.publisher().await;
    let code = |region: &str| region.parse::<RegionCode>().expect("a code");
    let keeper = NewKey::make("a keeper").expect("a key");
    publisher.adopt_root(code(PROVINCE), &[keeper.public.clone()].into(), 1, "test", now()).await.expect("adopts");
    let sign = async |publisher: &Publisher| {
        let signature = publisher.root_request(code(PROVINCE)).await.expect("a request").sign(&keeper).expect("signs");
        publisher.import_signature(&signature, "test", now()).await.expect("imports");
    };
    sign(&publisher).await;
    let (root, store) = (province_root(&publisher).await, memory());
    let server = world.serve();
    let mut television = Television::start(&server.url, root.clone(), store.clone());
    tokio::task::block_in_place(|| television.watch(60_000));
    assert_eq!((television.titles().len(), television.trouble()), (1, None));
    assert!(server.stop().success());
    publisher.store.db.close().await;

    let lost = &["keys", "lost-master", "--every-copy-is-lost"];
    assert!(said(&world, lost).contains("nothing is lost"));
    std::fs::remove_file(world.data().join("keys/master")).expect("loses it");
    let output = program(&world, lost).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let publisher = world.publisher().await;
    publisher.rotate_key(code(PROVINCE), Role::Targets, "test", now()).await.expect("waits for the keeper");
    sign(&publisher).await;
    for region in &LINEAGE[1..] {
        publisher.revoke_child(code(region), "test", now()).await.expect("the region above puts new keys in charge");
    }
    let village = world.village();
    village.item("news", "");
    world.publish_at(&[&village], now()).await.expect("publishes with new reviewers' keys");
    let server = world.serve();
    let mut television = Television::start(&server.url, root, store);
    tokio::task::block_in_place(|| television.watch(60_000));
    assert_eq!((television.titles().len(), television.trouble()), (2, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_says_when_its_master_key_opens_nothing_any_more() {
    let world = World::new();
    let village = world.village();
    world.publish_at(&[&village], jiff::Timestamp::now().as_second()).await.expect("publishes");
    let server = world.serve();
    let publisher = world.publisher().await;
    assert_eq!(server.get("/healthz/ready").await.status(), 200);
    // The database of another installation in place of this one.
    let sql = "UPDATE region_key SET secret = substr(secret, 2) WHERE region <> $1";
    let other = vec![yuexiang_cloud::db::Value::from(VILLAGE)];
    publisher.store.db.execute("spoiling keys", sql, other).await.expect("spoils");
    crate::fixture::eventually("that it is not ready", async || {
        let answer = server.get("/healthz/ready").await;
        let status = answer.status().as_u16();
        let body: serde_json::Value = answer.json().await.expect("JSON");
        (status == 503 && body["checks"]["keys"]["state"] == "failed").then_some(())
    })
    .await;
}
