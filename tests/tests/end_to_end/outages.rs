//! Zapping through hundreds of outages: whatever becomes of live television on its way, one channel plays at a time, and what
//! the box takes of the machine comes back to where it was.
//!
//! `YUEXIANG_OUTAGE_ROUNDS=200` makes the long run of it (about half an hour). Figures go to standard output.

use std::time::{Duration, Instant};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox};
use yuexiang_tests::proxy::{Outage, Proxy};

const ZAPS: usize = 50;
/// Without a wish of anybody.
const ROUNDS: usize = 2;
/// From key to key, as somebody holds the button.
const BETWEEN_ZAPS: Duration = Duration::from_millis(100);
/// The box gives back what it no longer needs within this time.
const TIDY: Duration = Duration::from_secs(12);
/// For the way back to where it was.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
struct Figures {
    threads: u64,
    descriptors: u64,
    kilobytes: u64,
}

impl Figures {
    fn read(process: u32) -> Figures {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the box runs");
        let number = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux says so");
            line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("it is a number")
        };
        let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).expect("the box runs").count() as u64;
        Figures { threads: number("Threads:"), descriptors, kilobytes: number("RssAnon:") }
    }

    /// The least of a while, in which nothing happens.
    async fn at_rest(process: u32) -> Figures {
        let (started, mut least) = (Instant::now(), Figures::read(process));
        while started.elapsed() < TIDY {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let now = Figures::read(process);
            least.threads = least.threads.min(now.threads);
            least.descriptors = least.descriptors.min(now.descriptors);
            least.kilobytes = least.kilobytes.min(now.kilobytes);
        }
        least
    }

    /// A tenth more, and what a moment more or less makes of small numbers.
    fn is_within(self, before: Figures) -> bool {
        let within = |now: u64, before: u64, moment: u64| now <= before + (before / 10).max(moment);
        within(self.threads, before.threads, 4)
            && within(self.descriptors, before.descriptors, 8)
            && within(self.kilobytes, before.kilobytes, 8_192)
    }
}

#[tokio::test]
async fn after_outages_and_zaps_the_box_is_what_it_was_before() {
    let rounds = std::env::var("YUEXIANG_OUTAGE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let proxy = Proxy::start(cloud.port, 0).await;
    let mut tv = TvBox::start(folder.path(), &BoxOptions::new(folder.path(), &proxy.url)).await;
    tv.remote.until_synced().await;
    tv.remote.until("a channel plays", |view| view["player"]["state"] == "playing").await;
    // Each outage once in all; the heap finds its shape slowly, so a long run gives it a tenth of its rounds besides.
    let first = Outage::ALL.len() - ROUNDS + rounds / 10;
    let mut before = None;
    for round in 0..first + rounds {
        let outage = Outage::ALL[round % Outage::ALL.len()];
        for zap in 0..ZAPS {
            // The line is good, fails, and is good again, at another zap in each round.
            proxy.set_outage((zap >= 5 + round % 20).then_some(outage));
            tv.remote.keys(if round % 3 == 0 { "channeldown" } else { "channelup" }).await;
            tokio::time::sleep(BETWEEN_ZAPS).await;
        }
        proxy.set_outage(None);
        let view = tv.remote.until("the picture is back", |view| view["player"]["state"] == "playing").await;
        let source = view["player"]["source"].as_str().expect("a channel has a source").replace('/', "-");
        // What was on its way when the picture came may still be asked for.
        proxy.take_live();
        until_asked(&proxy).await;
        let asked = until_asked(&proxy).await;
        assert!(asked.iter().all(|channel| source.contains(channel.as_str())), "{source}, and asked: {asked:?}");
        assert!(!tv.process.has_ended(), "in round {round}:\n{}", tv.process.log_text());
        let figures = Figures::read(tv.process.id());
        println!("round {round:3} {outage:?}: {figures:?}");
        if round + 1 == first {
            before = Some(Figures::at_rest(tv.process.id()).await);
        }
    }
    // The last pipelines may still be on their way out.
    let before = before.expect("there are rounds before the first that counts");
    let started = Instant::now();
    loop {
        let after = Figures::at_rest(tv.process.id()).await;
        if after.is_within(before) {
            println!("before {before:?}, after {after:?}");
            break;
        }
        assert!(started.elapsed() < PATIENCE, "before {before:?}, after {after:?}");
    }
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}

/// The next channels of which something is asked for.
async fn until_asked(proxy: &Proxy) -> Vec<String> {
    let started = Instant::now();
    loop {
        let asked = proxy.take_live();
        if !asked.is_empty() {
            return asked;
        }
        assert!(started.elapsed() < PATIENCE, "nothing is asked for");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
