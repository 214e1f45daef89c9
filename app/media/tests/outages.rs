//! Zapping through hundreds of outages: whatever the server does, one channel plays at a time, and what the process takes
//! of the machine comes back to where it was.
//!
//! `YUEXIANG_OUTAGE_ROUNDS=200` makes the long run of it (about half an hour); figures go to standard output:
//! `cargo test -p yuexiang-media --test outages -- --nocapture`.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::server::{Answer, Server};
use support::{Clip, Player, make_stream, red};
use yuexiang_core::event::{MediaEventKind, Source};

const CHANNELS: usize = 4;
const ZAPS: u64 = 50;
/// Without a wish of anybody.
const ROUNDS: usize = 2;
/// Rounds after which everything has been loaded that will be: each kind of outage once.
const WARM: usize = OUTAGES.len();
/// From key to key, as somebody holds the button.
const BETWEEN_ZAPS: Duration = Duration::from_millis(100);

/// What the server does to segments in a round.
const OUTAGES: [&str; 5] = ["404", "reset", "hang", "cut", "slow"];
/// The line is good again.
const FINE: usize = OUTAGES.len();

fn outage(kind: usize, bytes: &[u8]) -> Answer {
    match kind {
        0 => Answer::Status(404),
        1 => Answer::Reset,
        2 => Answer::Stuck(bytes.to_vec(), 0),
        3 => Answer::Cut(bytes.to_vec(), bytes.len() / 3),
        4 => Answer::Slow(bytes.to_vec(), Duration::from_millis(600)),
        _ => Answer::Bytes(bytes.to_vec()),
    }
}

/// Channels that repeat one programme for ever; the outage of the moment concerns all of them.
fn serve(server: &Server, player: &Player) -> Arc<AtomicUsize> {
    let folder = player.folder.path().join("hls");
    std::fs::create_dir(&folder).unwrap();
    make_stream(&folder, &Clip { sound: true, ..red(20) });
    let files = (0..10).map(|number| std::fs::read(folder.join(format!("{number:03}.ts"))).unwrap());
    let segments: Vec<Arc<Vec<u8>>> = files.map(Arc::new).collect();
    let (now, started) = (Arc::new(AtomicUsize::new(FINE)), Instant::now());
    for channel in 0..CHANNELS {
        let count = segments.len();
        let playlist = move || {
            let first = started.elapsed().as_secs() as usize / 2;
            let entries: String = (first..first + 6)
                .map(|number| {
                    let mark = if number % count == 0 { "#EXT-X-DISCONTINUITY\n" } else { "" };
                    format!("{mark}#EXTINF:2,\n{}.ts\n", number % count)
                })
                .collect();
            format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n{entries}").into_bytes()
        };
        server.set(&format!("/{channel}/live.m3u8"), Answer::Made(Arc::new(playlist)));
        for (number, bytes) in segments.iter().enumerate() {
            let (bytes, now) = (bytes.clone(), now.clone());
            let answer = move || outage(now.load(Ordering::SeqCst), &bytes);
            server.set(&format!("/{channel}/{number}.ts"), Answer::Chosen(Arc::new(answer)));
        }
    }
    now
}

#[derive(Clone, Copy, Debug)]
struct Figures {
    threads: u64,
    descriptors: u64,
    kilobytes: u64,
}

impl Figures {
    fn read() -> Figures {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
        Figures { threads: number("Threads:"), descriptors, kilobytes: number("RssAnon:") }
    }

    /// A tenth more, and what a moment more or less makes.
    fn is_within(self, before: Figures) -> bool {
        let within = |now: u64, before: u64, moment: u64| now <= before + before / 10 + moment;
        within(self.threads, before.threads, 4)
            && within(self.descriptors, before.descriptors, 8)
            && within(self.kilobytes, before.kilobytes, 8_192)
    }
}

#[test]
fn after_outages_and_zaps_one_channel_plays_and_nothing_is_left_behind() {
    let rounds = std::env::var("YUEXIANG_OUTAGE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let (mut player, server) = (Player::new(), Server::start());
    let now = serve(&server, &player);
    // The heap finds its shape more slowly than that; a long run gives it a tenth of its rounds.
    let first = WARM.max(rounds / 10);
    let (mut generation, mut warm, mut stalls) = (0_u64, None, 0_usize);
    for round in 0..first + rounds {
        let kind = round % OUTAGES.len();
        let channel = |generation: u64| (generation as usize * 7 + round) % CHANNELS;
        for zap in 0..ZAPS {
            // The line is good, fails, and is good again, at another zap in each round.
            now.store(if zap >= 5 + (round as u64 % 20) { kind } else { FINE }, Ordering::SeqCst);
            generation += 1;
            player.load_live(generation, Source::Url(server.url(&format!("/{}/live.m3u8", channel(generation)))));
            std::thread::sleep(BETWEEN_ZAPS);
        }
        now.store(FINE, Ordering::SeqCst);
        // As the core does: what has failed is loaded again.
        loop {
            let newest = generation;
            let ends = |kind: &MediaEventKind| {
                matches!(kind, MediaEventKind::Playing | MediaEventKind::Failed(_) | MediaEventKind::Stalled)
            };
            if player.wait(newest, ends) == MediaEventKind::Playing {
                break;
            }
            stalls += 1;
            generation += 1;
            player.load_live(generation, Source::Url(server.url(&format!("/{}/live.m3u8", channel(generation)))));
        }
        let mine = format!("/{}/", channel(generation));
        // What was on its way when the picture came may still be asked for.
        server.requests();
        server.until(&format!("{mine}live.m3u8"));
        let asked = server.until(&format!("{mine}live.m3u8"));
        assert!(asked.iter().all(|path| path.starts_with(&mine)), "one channel at a time, in round {round}: {asked:?}");
        player.wait_position(generation);
        player.forget();
        assert_eq!(player.ruined.try_recv().ok(), None, "in round {round}");
        let figures = Figures::read();
        println!("round {round:3} {:>5}: {figures:?}, {stalls} loads again", OUTAGES[kind]);
        if round + 1 == first {
            warm = Some(figures);
        }
    }
    // The last pipelines may still be on their way out.
    let warm = warm.unwrap();
    let deadline = Instant::now() + support::PATIENCE;
    while !Figures::read().is_within(warm) {
        assert!(Instant::now() < deadline, "before {warm:?}, after {:?}", Figures::read());
        player.wait_position(generation);
    }
    println!("before {warm:?}, after {:?}", Figures::read());
}
