//! The metadata, verified by clients that had no part in making them.

use std::path::{Path, PathBuf};
use std::process::Command;

use sigstore_tuf::TrustedMetadataSet;
use yuexiang_cloud::export::export;
use yuexiang_cloud::renew::renew_due;

use crate::fixture::{LINEAGE, NOW, PROVINCE, VILLAGE, World};

const DAY: i64 = 24 * 3_600;

/// A Python that has python-tuf: the one in YUEXIANG_PYTHON, or one of our own, made once.
pub fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("YUEXIANG_PYTHON") {
        return python.into();
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let python = target.join("python-tuf/bin/python");
    let has_tuf =
        |python: &Path| Command::new(python).args(["-c", "import tuf"]).output().is_ok_and(|out| out.status.success());
    if !has_tuf(&python) {
        let made =
            Command::new("python3").args(["-m", "venv"]).arg(target.join("python-tuf")).status().expect("python3");
        assert!(made.success());
        let installed = Command::new(&python).args(["-m", "pip", "install", "-q", "tuf==7.0.1"]).status().expect("pip");
        assert!(installed.success());
    }
    python
}

/// Follows the regions down with python-tuf and downloads every target of each.
const CLIENT: &str = r#"
import os, sys, tempfile
from tuf.ngclient import Updater
base, root, *lineage = sys.argv[1:]
root = open(root, "rb").read()
for code, child in zip(lineage, lineage[1:] + [None]):
    folder = tempfile.mkdtemp()
    updater = Updater(folder, f"{base}/tuf/{code}/", folder, f"{base}/tuf/{code}/targets/", bootstrap=root)
    updater.refresh()
    for name in sorted(updater._trusted_set.targets.targets):
        path = updater.download_target(updater.get_targetinfo(name), os.path.join(folder, name.replace("/", "_")))
        print(code, name)
        if child and name == f"children/{child}.root.json":
            root = open(path, "rb").read()
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_client_follows_five_levels_down() {
    let python = python();
    let world = World::new();
    let village = world.village();
    // The client has no other clock than the machine's.
    world.publish_at(&[&village], jiff::Timestamp::now().as_second()).await.expect("publishes");
    let server = world.serve();
    let root = world.folder.path().join("root.json");
    let exported = Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud"))
        .args(["root", "--data"])
        .arg(world.data())
        .args(world.database().iter().flat_map(|address| ["--database", address]))
        .arg("--out")
        .arg(&root)
        .status()
        .expect("runs");
    assert!(exported.success());
    let client = Command::new(python)
        .env("no_proxy", "*")
        .args(["-c", CLIENT, &server.url])
        .arg(&root)
        .args(LINEAGE)
        .output()
        .expect("runs");
    assert!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
    expect_test::expect![[r#"
        440000000000 channels.json
        440000000000 children/440200000000.root.json
        440000000000 region.json
        440200000000 channels.json
        440200000000 children/440224000000.root.json
        440200000000 region.json
        440224000000 channels.json
        440224000000 children/440224103000.root.json
        440224000000 region.json
        440224103000 channels.json
        440224103000 children/440224103201.root.json
        440224103000 region.json
        440224103201 channels.json
        440224103201 pages/governance/2026-10.json
        440224103201 region.json
        440224103201 review.json
    "#]]
    .assert_eq(&String::from_utf8_lossy(&client.stdout));
}

/// A box's client, which trusts a root and reads the copies on disk at a time of our choosing.
pub fn follow(world: &World, region: &str, root: &[u8], now: i64) -> TrustedMetadataSet {
    let folder = world.data().join("tuf").join(region);
    let now = jiff::Timestamp::from_second(now).expect("a time");
    let read = |name: String| std::fs::read(folder.join(name));
    let mut trusted = TrustedMetadataSet::from_root(root).expect("a root");
    while let Ok(next) = read(format!("{}.root.json", trusted.root().version + 1)) {
        trusted.update_root(&next).expect("the next root");
    }
    trusted.check_root_expired(now).expect("a root in force");
    trusted.update_timestamp(&read("timestamp.json".into()).expect("reads"), now).expect("a timestamp");
    let snapshot = trusted.timestamp().expect("a timestamp").snapshot_meta().expect("a snapshot").version;
    trusted.update_snapshot(&read(format!("{snapshot}.snapshot.json")).expect("reads"), now).expect("a snapshot");
    let targets = trusted.snapshot().expect("a snapshot").meta["targets.json"].version;
    trusted.update_targets(&read(format!("{targets}.targets.json")).expect("reads"), now).expect("targets");
    trusted
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_of_any_age_follows_two_years_of_renewals() {
    let world = World::new();
    world.publish(&[&world.village()]).await;
    let root = std::fs::read(world.data().join(format!("tuf/{VILLAGE}/1.root.json"))).expect("reads");
    let publisher = world.publisher().await;
    let mut last = 0;
    for day in 1..=730 {
        let now = NOW + day * DAY;
        for region in renew_due(&publisher, now).await.expect("renews") {
            export(&world.data(), &publisher.store, region).await.expect("copies");
        }
        if day % 73 == 0 {
            let trusted = follow(&world, VILLAGE, &root, now);
            let version = trusted.timestamp().expect("a timestamp").version;
            assert!(version > last);
            last = version;
        }
    }
    // One signature in four days: a timestamp is renewed when less than four of its seven days are left.
    assert!((180..=250).contains(&last), "{last} timestamps");
    let root = std::fs::read(world.data().join(format!("tuf/{PROVINCE}/1.root.json"))).expect("reads");
    follow(&world, PROVINCE, &root, NOW + 730 * DAY);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_one_region_does_not_vouch_for_another() {
    let world = World::new();
    world.publish(&[&world.village()]).await;
    let read =
        |region: &str, file: &str| std::fs::read(world.data().join("tuf").join(region).join(file)).expect("reads");
    let mut trusted = TrustedMetadataSet::from_root(&read(VILLAGE, "1.root.json")).expect("a root");
    let now = jiff::Timestamp::from_second(NOW).expect("a time");
    trusted.update_timestamp(&read(PROVINCE, "timestamp.json"), now).expect_err("another region's timestamp");
    trusted.update_timestamp(&read(VILLAGE, "timestamp.json"), now).expect("its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_holds_no_key_that_signs() {
    let world = World::new();
    world.publish(&[&world.village()]).await;
    let publisher = world.publisher().await;
    let keys: Vec<(Option<Vec<u8>>,)> =
        publisher.store.db.all("reading keys", "SELECT secret FROM region_key", vec![]).await.expect("reads");
    assert_eq!(keys.len(), 4 * LINEAGE.len());
    for (secret,) in keys {
        let secret = secret.expect("a sealed secret");
        assert!(aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8(&secret).is_err());
    }
    use std::os::unix::fs::PermissionsExt;
    let master = world.data().join("keys/master");
    assert_eq!(master.metadata().expect("a master key").permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_an_earlier_version_go_on_signing() {
    let world = World::new();
    let key = |region: &str, role: &str| world.data().join("keys").join(region).join(role);
    let secret = aws_lc_rs::signature::Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new());
    let secret = secret.expect("a key").as_ref().to_vec();
    std::fs::create_dir_all(key(PROVINCE, "root").parent().expect("a folder")).expect("a folder");
    std::fs::write(key(PROVINCE, "root"), &secret).expect("writes");
    world.publish(&[&world.village()]).await;
    let root = std::fs::read_to_string(world.data().join("tuf").join(PROVINCE).join("1.root.json")).expect("reads");
    use aws_lc_rs::signature::KeyPair;
    let pair = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8(&secret).expect("a key");
    let public: String = pair.public_key().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(root.contains(&public));
}
