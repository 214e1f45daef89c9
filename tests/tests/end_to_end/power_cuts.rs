//! Power cuts at random moments of a synchronization.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox};
use yuexiang_tests::proxy::Proxy;

/// How many cuts; `YUEXIANG_POWER_CUTS` asks for another number.
const CUTS: u64 = 200;

/// Every file under a final name has the bytes its name promises.
fn assert_objects_are_whole(data: &Path, when: &str) {
    use sha2::Digest;
    let Ok(shelves) = std::fs::read_dir(data.join("objects")) else { return };
    for shelf in shelves.flatten() {
        for file in std::fs::read_dir(shelf.path()).expect("a shelf can be read").flatten() {
            let bytes = std::fs::read(file.path()).expect("an object can be read");
            let hash: String = sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(
                file.file_name().to_string_lossy(),
                hash,
                "{when}: an object is offered whose bytes are not whole"
            );
        }
    }
}

#[tokio::test]
async fn killed_at_random_moments_the_box_always_comes_back_and_downloads_hardly_anything_twice() {
    let cuts = std::env::var("YUEXIANG_POWER_CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(CUTS);
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    // So slow that the first synchronization lasts as long as all the cuts together.
    let published = folder_size(&cloud.data.join("objects"));
    let proxy = Proxy::start(cloud.port, (published / 60).max(256 * 1_024)).await;
    let options = BoxOptions { size: (1_280, 720), ..BoxOptions::new(folder.path(), &proxy.url) };

    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    for cut in 0..cuts {
        let mut tv = TvBox::launch(folder.path(), &options);
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_millis(100 + (state >> 33) % 900);
        let started = Instant::now();
        while started.elapsed() < moment {
            assert!(!tv.process.has_ended(), "cut {cut}: the box ended by itself:\n{}", tv.process.log_text());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tv.process.kill();
        if cut % 20 == 19 {
            assert_objects_are_whole(&options.data, &format!("after cut {cut}"));
        }
    }

    let tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;
    assert_objects_are_whole(&options.data, "at the end");
    let log = tv.process.log_text();
    assert!(!log.contains("rebuilt"), "the database had to be rebuilt:\n{log}");

    let stored = folder_size(&options.data.join("objects"));
    let fetched = proxy.counters.objects_down.load(Ordering::SeqCst);
    println!("{cuts} cuts: {stored} bytes stored, {fetched} bytes of objects came down, headers included");
    assert!(fetched <= stored + stored / 20, "{fetched} bytes came down for {stored} bytes stored");
}

fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => folder_size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
