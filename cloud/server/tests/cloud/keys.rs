//! Keys are replaced, kept offline and revoked; clients that had no part in it follow.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use yuexiang_cloud::desk::draft::Draft;
use yuexiang_cloud::desk::log::verify;
use yuexiang_cloud::desk::state::State;
use yuexiang_cloud::keys::import::Imported;
use yuexiang_cloud::keys::people::PersonKey;
use yuexiang_cloud::keys::request::{RequestError, RequestFile, SignatureFile};
use yuexiang_cloud::keys::{KeyActionError, KeyError, Keyring, NewKey, RootOutcome};
use yuexiang_cloud::publish::Publisher;
use yuexiang_cloud::region::RegionCode;
use yuexiang_cloud::renew::renew_due;
use yuexiang_cloud::tuf::{Role, Version};
use yuexiang_wire::Step;

use crate::fixture::{LINEAGE, NOW, PROVINCE, Server, VILLAGE, World};
use crate::tuf::{follow, python};

const TOWN: &str = LINEAGE[3];
const DAY: i64 = 24 * 3_600;
const BY: &str = "test";

fn code(region: &str) -> RegionCode {
    region.parse().expect("a code")
}

async fn published() -> (World, Publisher) {
    let world = World::new();
    world.publish(&[&world.village()]).await;
    let publisher = world.publisher().await;
    (world, publisher)
}

fn file(world: &World, region: &str, name: &str) -> Vec<u8> {
    std::fs::read(world.data().join("tuf").join(region).join(name)).expect("reads")
}

async fn ring(publisher: &Publisher, region: &str) -> Keyring {
    let mut change = publisher.store.change().await.expect("begins");
    let ring = Keyring::read(&publisher.master, &mut change, code(region)).await.expect("reads");
    change.abandon().await.expect("ends");
    ring
}

async fn version(publisher: &Publisher, region: &str, role: Role) -> u64 {
    let mut change = publisher.store.change().await.expect("begins");
    let versions = change.versions(code(region)).await.expect("reads");
    change.abandon().await.expect("ends");
    versions[&role].version
}

async fn unbroken_log(publisher: &Publisher) {
    let verdict = verify(&publisher.store, RegionCode::GUANGDONG).await.expect("reads");
    assert!(verdict.broken.is_empty() && verdict.lines > 0, "{verdict:?}");
}

/// Takes the root of a region offline and returns the file with its key.
async fn offline(world: &World, publisher: &Publisher, region: &str) -> PathBuf {
    let path = world.folder.path().join(format!("{region}.pem"));
    let public = publisher.export_root(code(region), &path, BY, NOW).await.expect("exports");
    assert!(ring(publisher, region).await.root_keys().all(|key| key.secret.is_some()), "still here");
    assert_eq!(publisher.confirm_root(code(region), &path, BY, NOW).await.expect("confirms"), public);
    assert!(ring(publisher, region).await.root_keys().all(|key| key.secret.is_none()), "gone");
    path
}

fn key(path: &Path) -> NewKey {
    yuexiang_cloud::keys::pem::read_secret(path).expect("reads")
}

async fn signed(publisher: &Publisher, region: &str, key: &NewKey) -> SignatureFile {
    publisher.root_request(code(region)).await.expect("a request").sign(key).expect("signs")
}

async fn import(publisher: &Publisher, file: &SignatureFile) -> Result<Imported, KeyActionError> {
    publisher.import_signature(file, BY, NOW).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_any_age_follows_every_key_that_is_replaced() {
    let (world, publisher) = published().await;
    let first = file(&world, VILLAGE, "1.root.json");
    let mut before: BTreeSet<String> = ring(&publisher, VILLAGE).await.keys.into_iter().map(|key| key.public).collect();
    for (index, role) in Role::ALL.into_iter().chain(Role::ALL).enumerate() {
        let outcome = publisher.rotate_key(code(VILLAGE), role, BY, NOW).await.expect("rotates");
        assert_eq!(outcome, RootOutcome::Published { version: index as u64 + 2 });
        let ring = ring(&publisher, VILLAGE).await;
        let key = ring.current(role).expect("a key");
        assert!(before.insert(key.public.clone()), "{} is new", role.name());
        assert!(ring.keys.iter().filter(|key| key.retired.is_some()).all(|key| key.secret.is_none()));
        let trusted = follow(&world, VILLAGE, &first, NOW);
        assert_eq!(trusted.root().version, index as u64 + 2);
    }
    // And those that had come as far as any root between.
    for version in 2..=9 {
        follow(&world, VILLAGE, &file(&world, VILLAGE, &format!("{version}.root.json")), NOW);
    }
    // Publishing goes on with the new keys.
    let village = world.village();
    village.item("canal", "");
    world.publish_at(&[&village], NOW + 60).await.expect("publishes");
    follow(&world, VILLAGE, &first, NOW + 60);
    unbroken_log(&publisher).await;
}

/// Refreshes with python-tuf, whose cache lies in a folder.
const CLIENT: &str = r#"
import sys
from tuf.ngclient import Updater
url, root, folder = sys.argv[1:]
updater = Updater(folder, url, folder, url + "targets/", bootstrap=open(root, "rb").read())
updater.refresh()
print(updater._trusted_set.root.version, updater._trusted_set.timestamp.version)
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_client_comes_back_from_the_far_future() {
    let python = python();
    let now = jiff::Timestamp::now().as_second();
    let world = World::new();
    world.publish_at(&[&world.village()], now).await.expect("publishes");
    let publisher = world.publisher().await;
    let (root, cache) = (world.folder.path().join("root.json"), world.folder.path().join("cache"));
    std::fs::write(&root, file(&world, VILLAGE, "1.root.json")).expect("writes");
    std::fs::create_dir(&cache).expect("a folder");
    let refresh = |server: &Server| {
        let url = format!("{}/tuf/{VILLAGE}/", server.url);
        Command::new(&python)
            .env("no_proxy", "*")
            .args(["-c", CLIENT, &url])
            .args([&root, &cache])
            .output()
            .expect("runs")
    };
    let server = world.serve();
    let output = refresh(&server);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    // Somebody with the online keys has shown it a timestamp and a snapshot of the far future.
    let stolen = ring(&publisher, VILLAGE).await;
    let far = |version| Version { version, expires: now + 5 * DAY };
    let snapshot = stolen.snapshot(far(1_000_000), far(900_000), b"{}").expect("signs");
    let timestamp = stolen.timestamp(far(2_000_000), far(1_000_000), &snapshot).expect("signs");
    std::fs::write(cache.join("timestamp.json"), &timestamp).expect("writes");
    std::fs::write(cache.join("snapshot.json"), &snapshot).expect("writes");
    let output = refresh(&server);
    assert!(!output.status.success(), "versions do not go backwards");
    drop(server);

    for role in [Role::Snapshot, Role::Root, Role::Targets, Role::Root, Role::Timestamp] {
        publisher.rotate_key(code(VILLAGE), role, BY, now).await.expect("rotates");
    }
    let output = refresh(&world.serve());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let timestamp = version(&publisher, VILLAGE, Role::Timestamp).await;
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("6 {timestamp}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_is_offline_signs_elsewhere_and_comes_back() {
    let (world, publisher) = published().await;
    let first = file(&world, PROVINCE, "1.root.json");
    let path = offline(&world, &publisher, PROVINCE).await;
    let root = key(&path);
    let before = ring(&publisher, PROVINCE).await.current(Role::Targets).expect("a key").public.clone();

    let outcome = publisher.rotate_key(code(PROVINCE), Role::Targets, BY, NOW).await.expect("asks");
    assert!(matches!(outcome, RootOutcome::Waiting { version: 2, .. }), "{outcome:?}");
    let current = ring(&publisher, PROVINCE).await.current(Role::Targets).expect("a key").public.clone();
    assert_eq!(current, before, "until the root is published the old key signs");
    world.publish_at(&[&world.pack("province", PROVINCE)], NOW + 60).await.expect("publishes with it");
    follow(&world, PROVINCE, &first, NOW + 60);

    // On the way the files are files.
    let folder = world.folder.path();
    let run = |arguments: &[&str]| command(&world, arguments).output().expect("runs");
    let (request, signature) = (folder.join("request.json"), folder.join("signature.json"));
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let output = run(&["request", PROVINCE, "--out", &text(&request)]);
    assert!(output.status.success(), "{output:?}");
    let output = Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud"))
        .current_dir("/")
        .args(["keys", "sign", &text(&request), "--key", &text(&path), "--out", &text(&signature)])
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("更换 targets 密钥") && shown.contains(&before) && shown.contains(&root.public), "{shown}");
    for expected in ["root 2 is published", "root 2 had been published before"] {
        let output = run(&["import", &text(&signature)]);
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains(expected), "{output:?}");
    }
    assert_eq!(follow(&world, PROVINCE, &first, NOW + 60).root().version, 2);
    assert_ne!(ring(&publisher, PROVINCE).await.current(Role::Targets).expect("a key").public, before);
    unbroken_log(&publisher).await;
}

/// `yuexiang-cloud keys …` on the world's data.
fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud"));
    command.arg("keys").args(arguments).env("YUEXIANG_DATA", world.data());
    if let Some(database) = world.database() {
        command.env("YUEXIANG_DATABASE", database);
    }
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_that_do_not_fit_are_refused_by_name() {
    let (world, publisher) = published().await;
    let root = key(&offline(&world, &publisher, PROVINCE).await);
    assert!(matches!(publisher.root_request(code(PROVINCE)).await, Err(KeyActionError::NoRequest(_))));
    publisher.rotate_key(code(PROVINCE), Role::Timestamp, BY, NOW).await.expect("asks");
    let good = signed(&publisher, PROVINCE, &root).await;
    let strange = NewKey::make(BY).expect("a key");
    let request = publisher.root_request(code(PROVINCE)).await.expect("a request");

    let wrong_key = SignatureFile { public: strange.public.clone(), ..good.clone() };
    let error = import(&publisher, &wrong_key).await.expect_err("wrong key");
    assert!(
        matches!(&error, KeyActionError::Request(RequestError::WrongKey { public, .. }) if *public == strange.public)
    );
    let wrong_version = SignatureFile { version: 3, ..good.clone() };
    let error = import(&publisher, &wrong_version).await.expect_err("wrong version");
    assert!(matches!(error, KeyActionError::OtherVersion { found: 3, expected: 2, .. }), "{error}");
    let other_region = SignatureFile { region: code(TOWN), ..good.clone() };
    assert!(matches!(import(&publisher, &other_region).await, Err(KeyActionError::NoRequest(_))));
    let broken = SignatureFile { signature: "00".repeat(64), ..good.clone() };
    let error = import(&publisher, &broken).await.expect_err("no signature");
    assert!(matches!(error, KeyActionError::BadSignature { .. }), "{error}");

    // Somebody altered the request on its way, consistently: what was signed is another document.
    let mut document: serde_json::Value = serde_json::from_str(&request.document).expect("JSON");
    document["expires"] = "2099-01-01T00:00:00Z".into();
    let follows = serde_json::from_str(&request.follows).expect("JSON");
    let altered = RequestFile::new(code(PROVINCE), "广东省", NOW, &follows, &document).expect("a request");
    let error = import(&publisher, &altered.sign(&root).expect("signs")).await.expect_err("altered");
    assert!(matches!(error, KeyActionError::OtherDocument { .. }), "{error}");
    assert_eq!(version(&publisher, PROVINCE, Role::Root).await, 1, "nothing was published");

    // A newer wish replaces the request; the signature of the older one is for another document.
    publisher.rotate_key(code(PROVINCE), Role::Targets, BY, NOW + 1).await.expect("asks");
    assert!(matches!(import(&publisher, &good).await, Err(KeyActionError::OtherDocument { .. })));
    publisher.cancel_root(code(PROVINCE), BY, NOW).await.expect("gives up");
    assert!(matches!(import(&publisher, &good).await, Err(KeyActionError::NoRequest(_))));
    assert!(ring(&publisher, PROVINCE).await.keys.iter().all(|key| !key.waiting));
    assert!(matches!(
        publisher.rotate_key(code(PROVINCE), Role::Root, BY, NOW).await,
        Err(KeyActionError::OfflineRoot(_))
    ));
    unbroken_log(&publisher).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_exported_key_can_be_confirmed() {
    let (world, publisher) = published().await;
    let path = world.folder.path().join("root.pem");
    let public = publisher.export_root(code(TOWN), &path, BY, NOW).await.expect("exports");
    let again = publisher.export_root(code(TOWN), &path, BY, NOW).await;
    assert!(matches!(again, Err(KeyActionError::Pem(_))), "a file that is there is never overwritten");
    let other = world.folder.path().join("other.pem");
    yuexiang_cloud::keys::pem::write_secret(&other, &NewKey::make(BY).expect("a key")).expect("writes");
    let refused = publisher.confirm_root(code(TOWN), &other, BY, NOW).await;
    assert!(matches!(refused, Err(KeyActionError::NotExported { .. })));
    std::fs::write(&other, "half a fi").expect("writes");
    assert!(publisher.confirm_root(code(TOWN), &other, BY, NOW).await.is_err());
    assert!(ring(&publisher, TOWN).await.root_keys().all(|key| key.secret.is_some()), "it is still here");
    assert_eq!(publisher.confirm_root(code(TOWN), &path, BY, NOW).await.expect("confirms"), public);
    let gone = publisher.export_root(code(TOWN), &world.folder.path().join("late.pem"), BY, NOW).await;
    assert!(matches!(gone, Err(KeyActionError::NothingToExport(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_three_keepers_sign_the_provinces_root() {
    let (world, publisher) = published().await;
    let first = file(&world, PROVINCE, "1.root.json");
    let keepers = [(); 3].map(|()| NewKey::make(BY).expect("a key"));
    let publics: BTreeSet<String> = keepers.iter().map(|key| key.public.clone()).collect();
    for threshold in [0, 4] {
        let refused = publisher.adopt_root(code(PROVINCE), &publics, threshold, BY, NOW).await;
        assert!(matches!(refused, Err(KeyActionError::Threshold { .. })));
    }
    // The key that is here agrees at once; two of the new ones have to show that they exist.
    let outcome = publisher.adopt_root(code(PROVINCE), &publics, 2, BY, NOW).await.expect("asks");
    assert!(matches!(outcome, RootOutcome::Waiting { version: 2, .. }));
    let one = signed(&publisher, PROVINCE, &keepers[0]).await;
    for _ in 0..2 {
        let imported = import(&publisher, &one).await.expect("takes it");
        assert!(matches!(imported, Imported::Waiting { tally, .. } if tally.next.have == 1), "{imported:?}");
    }
    let other = signed(&publisher, PROVINCE, &keepers[2]).await;
    assert_eq!(import(&publisher, &other).await.expect("takes it"), Imported::Published { version: 2 });
    assert_eq!(import(&publisher, &other).await.expect("again"), Imported::AlreadyPublished { version: 2 });
    assert_eq!(follow(&world, PROVINCE, &first, NOW).root().version, 2);
    let keys = ring(&publisher, PROVINCE).await;
    assert!(keys.keys.iter().filter(|key| key.role == Role::Root).all(|key| key.secret.is_none()), "none is here");

    // From now on one keeper alone brings about nothing.
    publisher.rotate_key(code(PROVINCE), Role::Snapshot, BY, NOW).await.expect("asks");
    let imported = import(&publisher, &signed(&publisher, PROVINCE, &keepers[1]).await).await.expect("takes it");
    assert!(matches!(imported, Imported::Waiting { .. }));
    let status = publisher.key_status(code(PROVINCE)).await.expect("a status");
    let tally = status.request.as_ref().expect("a request").tally;
    assert_eq!((status.threshold, tally.follows.have, tally.follows.need), (2, 1, 2));
    let shown = status.to_string();
    assert!(
        shown.contains("2 of 3 sign") && shown.contains("offline") && shown.contains("更换 snapshot 密钥"),
        "{shown}"
    );
    let imported = import(&publisher, &signed(&publisher, PROVINCE, &keepers[2]).await).await.expect("takes it");
    assert_eq!(imported, Imported::Published { version: 3 });
    assert_eq!(follow(&world, PROVINCE, &first, NOW).root().version, 3);

    // A keeper's key is nobody else's.
    let taken = publisher.adopt_root(code(TOWN), &publics, 1, BY, NOW).await;
    assert!(matches!(taken, Err(KeyActionError::InUse { region, .. }) if region == code(PROVINCE)));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_is_renewed_while_an_offline_root_waits() {
    let (world, publisher) = published().await;
    let first = file(&world, TOWN, "1.root.json");
    let root = key(&offline(&world, &publisher, TOWN).await);
    let mut now = NOW;
    while now < NOW + 360 * DAY {
        now += 3 * DAY;
        for region in renew_due(&publisher, now).await.expect("renews") {
            yuexiang_cloud::export::export(&world.data(), &publisher.store, region).await.expect("copies");
        }
        follow(&world, TOWN, &first, now);
        follow(&world, PROVINCE, &file(&world, PROVINCE, "1.root.json"), now);
    }
    assert_eq!(version(&publisher, TOWN, Role::Root).await, 1);
    assert_eq!(version(&publisher, PROVINCE, Role::Root).await, 2);
    let overview = publisher.key_overview(now).await.expect("an overview");
    assert_eq!((overview.regions, overview.offline), (5, 1));
    assert_eq!(overview.attention.iter().map(|status| status.region).collect::<Vec<_>>(), [code(TOWN)]);
    let signature = signed(&publisher, TOWN, &root).await;
    let imported = publisher.import_signature(&signature, BY, now).await.expect("takes it");
    assert_eq!(imported, Imported::Published { version: 2 });
    assert_eq!(follow(&world, TOWN, &first, now).root().version, 2);
    assert!(publisher.key_overview(now).await.expect("an overview").attention.is_empty());
}

/// Leaves the secrets of a region as nobody can open them.
async fn spoil(publisher: &Publisher, region: &str) {
    let sql = "UPDATE region_key SET secret = $1 WHERE region = $2";
    let values = vec![vec![0_u8; 60].into(), region.into()];
    publisher.store.db.execute("spoiling keys", sql, values).await.expect("spoils");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_whose_keys_cannot_be_opened_keeps_no_other_from_being_renewed() {
    let (_world, publisher) = published().await;
    spoil(&publisher, TOWN).await;
    // It is the first to expire, so it is at the head of every batch.
    let sql = "UPDATE role SET expires = expires - 1000 WHERE region = $1";
    publisher.store.db.execute("ageing a region", sql, vec![TOWN.into()]).await.expect("ages");
    let others: Vec<RegionCode> = LINEAGE.into_iter().filter(|region| *region != TOWN).map(code).collect();
    let mut now = NOW;
    for _ in 0..3 {
        now += 7 * DAY;
        assert_eq!(renew_due(&publisher, now).await.expect("renews"), others);
    }
    assert_eq!(version(&publisher, TOWN, Role::Timestamp).await, 1);
    assert_eq!(version(&publisher, VILLAGE, Role::Timestamp).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_whose_keys_cannot_be_opened_keeps_nothing_elsewhere_on_the_air() {
    let world = World::new();
    let desk = crate::desk::desk(&world).await;
    let villages = [VILLAGE, "440224103202"];
    let mut items = Vec::new();
    for (name, village) in ["a", "b"].into_iter().zip(villages) {
        let staff = crate::desk::staff(&desk, name, village).await;
        let draft = Draft { not_after: Some(NOW + 3_600), ..crate::desk::notice("今晚放映") };
        items.push(crate::desk::submitted(&desk, &staff, village, &draft).await);
        crate::desk::approve_all(&desk, &staff, &items[items.len() - 1]).await;
    }
    spoil(&desk.publisher, VILLAGE).await;
    assert_eq!(desk.expire(NOW + 3_600).await.expect("ends"), 1);
    assert_eq!(crate::desk::state_of(&desk, &items[0]).await, State::Published);
    assert_eq!(crate::desk::state_of(&desk, &items[1]).await, State::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_with_the_key_of_a_person_whom_no_region_names_is_in_the_log_of_their_own() {
    let (_world, publisher) = published().await;
    let sql = format!("INSERT INTO account (id, name, region, created) VALUES ('new', '新', '{TOWN}', {NOW})");
    publisher.store.db.execute("adding a person", &sql, vec![]).await.expect("adds");
    let done = publisher.rotate_reviewer("new", None, BY, NOW).await.expect("makes a key");
    assert_eq!(done.regions, []);
    publisher.revoke_reviewer("new", None, BY, NOW + 1).await.expect("revokes");
    let sql = "SELECT action FROM log WHERE region = $1 AND object = 'new' ORDER BY seq";
    let rows: Vec<(String,)> = publisher.store.db.all("reading the log", sql, vec![TOWN.into()]).await.expect("reads");
    assert_eq!(
        rows.iter().map(|(action,)| action.as_str()).collect::<Vec<_>>(),
        ["reviewer-rotate", "reviewer-revoke"]
    );
    unbroken_log(&publisher).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_nobody_signed_is_made_anew_before_it_is_worth_nothing() {
    let (world, publisher) = published().await;
    let root = key(&offline(&world, &publisher, TOWN).await);
    renew_due(&publisher, NOW + 280 * DAY).await.expect("renews");
    let old = signed(&publisher, TOWN, &root).await;
    let later = NOW + 700 * DAY;
    let expired = publisher.import_signature(&old, BY, later).await;
    assert!(matches!(expired, Err(KeyActionError::Expired(_))));
    renew_due(&publisher, later).await.expect("renews");
    let new = signed(&publisher, TOWN, &root).await;
    assert_ne!(new.sha256, old.sha256);
    publisher.import_signature(&new, BY, later).await.expect("takes it");
    // A box that slept all the time follows: the chain needs no root in between to be in force.
    follow(&world, TOWN, &file(&world, TOWN, "1.root.json"), later);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_keys_of_a_revoked_region_sign_nothing_that_follows() {
    let (world, publisher) = published().await;
    let old = ring(&publisher, TOWN).await;
    offline(&world, &publisher, TOWN).await;
    publisher.rotate_key(code(TOWN), Role::Targets, BY, NOW).await.expect("asks");
    let timestamp = version(&publisher, TOWN, Role::Timestamp).await;
    assert_eq!(publisher.revoke_child(code(TOWN), BY, NOW).await.expect("revokes"), 2);
    assert!(matches!(publisher.root_request(code(TOWN)).await, Err(KeyActionError::NoRequest(_))));
    assert!(version(&publisher, TOWN, Role::Timestamp).await > timestamp);
    let new = ring(&publisher, TOWN).await;
    for role in Role::ALL {
        assert_ne!(new.current(role).expect("a key").public, old.current(role).expect("a key").public);
    }
    assert!(new.keys.iter().filter(|key| key.retired.is_some()).all(|key| key.secret.is_none()));
    // What the county introduces is the new root, which its other boxes can start from.
    let introduced = world.target(LINEAGE[2], &format!("children/{TOWN}.root.json"));
    let root = file(&world, TOWN, "2.root.json");
    assert_eq!(introduced, serde_json::from_slice::<serde_json::Value>(&root).expect("JSON"));
    follow(&world, TOWN, &root, NOW);
    follow(&world, LINEAGE[2], &file(&world, LINEAGE[2], "1.root.json"), NOW);
    let mut trusted = sigstore_tuf::TrustedMetadataSet::from_root(&file(&world, TOWN, "1.root.json")).expect("a root");
    trusted.update_root(&root).expect_err("the old root does not lead to the new one by itself");
    // The town goes on from there, also through further roots.
    publisher.rotate_key(code(TOWN), Role::Root, BY, NOW).await.expect("rotates");
    assert_eq!(follow(&world, TOWN, &root, NOW).root().version, 3);
    assert!(matches!(publisher.revoke_child(code(PROVINCE), BY, NOW).await, Err(KeyActionError::NothingAbove(_))));
    unbroken_log(&publisher).await;
}

/// The reviewers of the village's pack, and the account behind one of them.
async fn reviewer(publisher: &Publisher, step: &str) -> (String, String) {
    let sql = "SELECT k.account, k.public FROM reviewer r JOIN person_key k ON k.public = r.public
               WHERE r.region = $1 AND r.step = $2 AND r.until IS NULL";
    let values = vec![VILLAGE.into(), step.into()];
    publisher.store.db.one("reading a reviewer", sql, values).await.expect("a reviewer")
}

fn listed(world: &World, public: &str) -> Vec<serde_json::Value> {
    let review = world.target(VILLAGE, "review.json");
    let all = review["reviewers"].as_array().expect("reviewers").iter();
    all.filter(|reviewer| reviewer["key"] == public).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reviewers_old_key_approved_stays_when_it_is_replaced() {
    let (world, publisher) = published().await;
    let (account, old) = reviewer(&publisher, "second").await;
    let done = publisher.rotate_reviewer(&account, None, BY, NOW + 60).await.expect("rotates");
    assert_eq!(done.regions, [code(VILLAGE)]);
    assert_eq!(listed(&world, &old)[0]["until"], NOW + 61);
    let new = &listed(&world, &done.public)[0];
    assert_eq!(
        (&new["from"], &new["steps"], new.get("until")),
        (&(NOW + 60).into(), &serde_json::json!(["second"]), None)
    );
    let item = &world.target(VILLAGE, "pages/governance/2026-10.json")["items"][0];
    assert!(item["approvals"].as_array().expect("approvals").iter().any(|approval| approval["key"] == old.as_str()));
    let unknown = publisher.rotate_reviewer("nobody", None, BY, NOW).await;
    assert!(matches!(unknown, Err(KeyActionError::UnknownAccount(_))));
    unbroken_log(&publisher).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_revoked_key_approved_goes_off_the_air_and_waits_for_that_review_alone() {
    let (world, publisher) = published().await;
    let (account, public) = reviewer(&publisher, "second").await;
    let item = format!("{VILLAGE}/water");
    let done = publisher.revoke_reviewer(&account, None, BY, NOW + 60).await.expect("revokes");
    assert_eq!(
        (&done.keys, &done.off_air, &done.regions),
        (&vec![public.clone()], &vec![item.clone()], &vec![code(VILLAGE)])
    );
    assert!(listed(&world, &public).is_empty());
    assert_eq!(world.target(VILLAGE, "review.json")["reviewers"].as_array().map(Vec::len), Some(2));
    let names = {
        let mut change = publisher.store.change().await.expect("begins");
        change.targets(code(VILLAGE)).await.expect("reads").into_keys().collect::<Vec<_>>()
    };
    assert!(!names.iter().any(|name| name.starts_with("pages/")), "{names:?}");
    let row = publisher.store.item(&item).await.expect("reads").expect("the item");
    assert_eq!((row.state.name(), row.live), ("second", None));
    let kept = publisher.store.approvals(&item, row.revision).await.expect("reads");
    assert_eq!(kept.iter().map(|row| row.approval.step).collect::<Vec<_>>(), [Step::First, Step::Final]);
    assert!(matches!(
        publisher.revoke_reviewer(&account, None, BY, NOW + 61).await,
        Err(KeyActionError::NoReviewerKey { .. })
    ));
    // The same pack again brings it back, with a new key of the same person.
    world.publish_at(&[&world.village()], NOW + 120).await.expect("publishes");
    assert_eq!(world.target(VILLAGE, "pages/governance/2026-10.json")["items"].as_array().map(Vec::len), Some(1));
    assert!(listed(&world, &public).is_empty());
    unbroken_log(&publisher).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_of_a_token_are_verified_and_never_made_here() {
    let (world, publisher) = published().await;
    let (account, _) = reviewer(&publisher, "final").await;
    let token = NewKey::make(BY).expect("a key");
    let done = publisher.rotate_reviewer(&account, Some(&token.public), BY, NOW + 60).await.expect("registers");
    assert_eq!((done.public.as_str(), listed(&world, &token.public).len()), (token.public.as_str(), 1));
    let mut change = publisher.store.change().await.expect("begins");
    let key = PersonKey::current(&publisher.master, &mut change, &account).await.expect("reads").expect("a key");
    assert!(key.is_on_token());
    let (item, hash, region) = (format!("{VILLAGE}/water"), "ab".repeat(32), code(VILLAGE));
    let elsewhere = key.approve(&item, &hash, Step::Final, region, NOW + 70);
    assert!(matches!(elsewhere, Err(KeyError::Elsewhere { .. })));
    let statement = yuexiang_wire::approval::statement(&item, &hash, Step::Final, VILLAGE, NOW + 70);
    let pair = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8(&token.secret).expect("a key");
    let signature = yuexiang_cloud::objects::hex(pair.sign(statement.as_bytes()).as_ref());
    let verify = |at, step| key.verify_external(&item, &hash, step, region, at, &signature);
    assert_eq!(verify(NOW + 70, Step::Final).expect("holds").signature, signature);
    assert!(matches!(verify(NOW + 71, Step::Final), Err(KeyError::Signature { .. })));
    assert!(matches!(verify(NOW + 70, Step::First), Err(KeyError::Signature { .. })));
    change.abandon().await.expect("ends");
    let again = publisher.rotate_reviewer(&account, Some(&token.public), BY, NOW + 80).await;
    assert!(matches!(again, Err(KeyActionError::KnownKey(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_leaves_all_of_a_rotation_or_nothing() {
    let (world, publisher) = published().await;
    let first = file(&world, VILLAGE, "1.root.json");
    let now = jiff::Timestamp::now().as_second();
    renew_due(&publisher, now).await.expect("renews");
    // PostgreSQL writes elsewhere; then only the number of looks decides.
    let wal = world.data().join("cloud.sqlite-wal");
    let written = || wal.metadata().and_then(|metadata| metadata.modified()).ok();
    let mut published = version(&publisher, VILLAGE, Role::Root).await;
    for attempt in 0..8_u32 {
        let before = written();
        let mut child = command(&world, &["rotate", VILLAGE, "targets"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        // Killed at once, or as soon as it writes, or later and later after that, until it is done before.
        let mut looks = 0;
        while attempt > 0 && child.try_wait().expect("a state").is_none() && looks < 100 * (attempt - 1) {
            looks += u32::from(written() != before || !wal.exists());
            std::thread::yield_now();
        }
        // It may have ended by itself.
        let _ = child.kill();
        child.wait().expect("an end");
        let root = version(&publisher, VILLAGE, Role::Root).await;
        assert!(root == published || root == published + 1);
        published = root;
        yuexiang_cloud::export::export(&world.data(), &publisher.store, code(VILLAGE)).await.expect("copies");
        assert_eq!(follow(&world, VILLAGE, &first, now).root().version, root);
        let ring = ring(&publisher, VILLAGE).await;
        assert!(ring.keys.iter().all(|key| !key.waiting), "no key is left over");
        assert_eq!(ring.keys.iter().filter(|key| key.retired.is_none()).count(), 4);
    }
    unbroken_log(&publisher).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_under_review_waits_for_the_revoked_review_again_and_for_no_other() {
    use crate::desk::{desk, hash_of, notice, page, person, staff, state_of, submitted};
    use yuexiang_cloud::desk::rights::Role as Right;
    use yuexiang_cloud::desk::state::State;
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let hash = hash_of(&desk, &id).await;
    for (reviewer, step) in staff.reviewers.iter().zip([Step::First, Step::Second]) {
        desk.approve(reviewer, &id, step, &hash, NOW + 1).await.expect("approves");
    }
    let stolen = &staff.reviewers[0].account;
    let done = desk.publisher.revoke_reviewer(stolen, None, BY, NOW + 2).await.expect("revokes");
    assert_eq!((done.off_air.len(), &done.set_back), (0, &vec![id.clone()]));
    assert_eq!(state_of(&desk, &id).await, State::Review(Step::First));
    let other = person(&desk, "a-other", &[(Right::FirstReviewer, VILLAGE)]).await;
    let next = desk.approve(&other, &id, Step::First, &hash, NOW + 3).await.expect("approves");
    assert_eq!(next, State::Review(Step::Final), "the second review was not the thief's");
    desk.approve(&staff.reviewers[2], &id, Step::Final, &hash, NOW + 4).await.expect("approves");
    let shown = page(&desk, VILLAGE, "pages/governance/2026-11.json").await.expect("a page");
    let steps: Vec<Step> = shown.items[0].approvals.iter().map(|approval| approval.step).collect();
    assert_eq!(steps, Step::ALL);

    // On the air, and the one who stepped in is not to be believed either.
    let done = desk.publisher.revoke_reviewer("a-other", None, BY, NOW + 5).await.expect("revokes");
    assert_eq!(done.off_air, std::slice::from_ref(&id));
    assert!(page(&desk, VILLAGE, "pages/governance/2026-11.json").await.is_none());
    assert_eq!(state_of(&desk, &id).await, State::Review(Step::First));
    let next = desk.approve(&staff.reviewers[0], &id, Step::First, &hash, NOW + 6).await.expect("approves");
    assert_eq!(next, State::Published, "with a new key, and nobody else is asked again");
}
