//! Synchronizes one village from a running cloud into a folder and says what it took:
//! `cargo run -p yuexiang-net --example sync_once -- URL VILLAGE ROOT DIR [ROUNDS]`.
//!
//! `PARALLEL` and `RESERVE_FREE` (bytes) in the environment replace 2 downloads at a time and 64 MiB.
//!
//! The program that boxes run does the same behind a screen; this is for measuring and for trying a cloud out.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use yuexiang_core::event::{Effect, NetEvent, StoreEvent};
use yuexiang_core::library::Library;
use yuexiang_core::sync::{Sync, SyncConfig};
use yuexiang_core::time::Now;
use yuexiang_net::{Net, NetConfig, WireCodec};
use yuexiang_store::Store;

enum Message {
    Net(NetEvent),
    Store(StoreEvent),
}

struct Box {
    sync: Sync,
    library: Library,
    net: Net,
    store: Store,
    messages: Receiver<Message>,
    start: Instant,
}

impl Box {
    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        Now { monotonic: self.start.elapsed().as_millis() as u64, wall }
    }

    /// Runs until nothing is under way any more.
    fn run(&mut self) {
        loop {
            while let Some(effect) = self.sync.poll_effect() {
                match effect {
                    Effect::Net(request) => self.net.handle(request),
                    Effect::Store(request) => self.store.handle(request),
                    _ => {}
                }
            }
            let now = self.now();
            let status = self.sync.status();
            if status.last_success.is_some() && !status.running && status.pending_objects == 0 {
                return;
            }
            let wait = self.sync.poll_timeout().unwrap_or(u64::MAX).saturating_sub(now.monotonic).min(1_000);
            let message = self.messages.recv_timeout(Duration::from_millis(wait));
            let now = self.now();
            match message {
                Ok(Message::Net(event)) => self.sync.handle_net(event, &mut self.library, now),
                Ok(Message::Store(event)) => self.sync.handle_store(event, &mut self.library, now),
                Err(_) => self.sync.handle_timeout(&mut self.library, now),
            }
        }
    }
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

fn main() -> Result<(), std::boxed::Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, village, root, dir, rest @ ..] = arguments.as_slice() else {
        return Err("URL VILLAGE ROOT DIR [ROUNDS] are needed".into());
    };
    let village = village.parse()?;
    let (send, messages): (Sender<Message>, _) = channel();
    let to = send.clone();
    let (store, saved) =
        Store::open(Path::new(dir), Arc::new(WireCodec), move |event| drop(to.send(Message::Store(event))))?;
    let net = Net::new(NetConfig::new(url), store.objects(), move |event| drop(send.send(Message::Net(event))))?;
    let config = SyncConfig {
        village,
        province_root: std::fs::read(root)?,
        poll_interval_ms: 300_000,
        quota: 64 << 30,
        reserve_free: from_environment("RESERVE_FREE").unwrap_or(64 << 20),
        parallel_downloads: from_environment("PARALLEL").unwrap_or(2) as usize,
        seed: 1,
        built: 1_790_000_000,
    };
    let start = Instant::now();
    let mut tv = Box {
        sync: Sync::new(config, &saved, Now { monotonic: 0, wall: 0 }),
        library: Library::from_saved(&saved, village),
        net,
        store,
        messages,
        start,
    };
    let now = tv.now();
    tv.sync.request_now(now);
    tv.run();
    println!(
        "{:.2} s: {} items, {} bytes of objects; {:?}",
        start.elapsed().as_secs_f64(),
        tv.library.items().count(),
        tv.library.space().used,
        tv.sync.status(),
    );
    for _ in 0..rest.first().map_or(Ok(0), |rounds| rounds.parse())? {
        let begin = Instant::now();
        let now = tv.now();
        tv.sync.request_now(now);
        tv.run();
        println!("a round more: {:.1} ms", begin.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}
