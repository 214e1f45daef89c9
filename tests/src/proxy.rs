//! A TCP relay on loopback between box and cloud that counts, slows down and cuts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Default)]
pub struct Counters {
    /// Requests seen, by their first line.
    pub requests: AtomicU64,
    /// Bytes from box to cloud.
    pub up: AtomicU64,
    /// Bytes from cloud to box, headers included.
    pub down: AtomicU64,
    /// Those of them that answered requests for `/objects/…`.
    pub objects_down: AtomicU64,
    /// The three above for requests for `/tuf/…` alone.
    pub tuf_requests: AtomicU64,
    pub tuf_up: AtomicU64,
    pub tuf_down: AtomicU64,
}

const OTHER: u8 = 0;
const TUF: u8 = 1;
const OBJECT: u8 = 2;

fn class(request: &[u8]) -> u8 {
    match request {
        _ if request.starts_with(b"GET /tuf/") => TUF,
        _ if request.starts_with(b"GET /objects/") => OBJECT,
        _ => OTHER,
    }
}

impl Counters {
    /// Requests, bytes up and bytes down of the metadata and pages since the last time.
    pub fn take_tuf(&self) -> (u64, u64, u64) {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::SeqCst);
        (take(&self.tuf_requests), take(&self.tuf_up), take(&self.tuf_down))
    }
}

pub struct Proxy {
    pub url: String,
    pub counters: Arc<Counters>,
    cut: Arc<AtomicBool>,
}

impl Proxy {
    /// Relays to `port`. `bytes_per_second` limits what comes down on each connection; 0 is no limit.
    pub async fn start(port: u16, bytes_per_second: u64) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let counters = Arc::new(Counters::default());
        let cut = Arc::new(AtomicBool::new(false));
        let (counted, is_cut) = (counters.clone(), cut.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
                let _ = near.set_nodelay(true);
                let _ = far.set_nodelay(true);
                tokio::spawn(relay(near, far, counted.clone(), is_cut.clone(), bytes_per_second));
            }
        });
        Proxy { url: format!("http://{address}/"), counters, cut }
    }

    /// Cuts all connections and refuses new ones, or lets them through again.
    pub fn set_cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }
}

async fn relay(near: TcpStream, far: TcpStream, counters: Arc<Counters>, cut: Arc<AtomicBool>, limit: u64) {
    let (mut near_read, mut near_write) = near.into_split();
    let (mut far_read, mut far_write) = far.into_split();
    let (counted, is_cut) = (counters.clone(), cut.clone());
    let asked = Arc::new(AtomicU8::new(OTHER));
    let answered = asked.clone();
    let up = async move {
        let mut buffer = vec![0; 16 * 1_024];
        while let Ok(count @ 1..) = near_read.read(&mut buffer).await {
            if is_cut.load(Ordering::SeqCst) {
                break;
            }
            // A request's first line begins where the box begins to write: it never sends one before the answer to the last.
            let starts = buffer[..count].starts_with(b"GET ") || buffer[..count].starts_with(b"HEAD ");
            if starts {
                asked.store(class(&buffer[..count]), Ordering::SeqCst);
            }
            if asked.load(Ordering::SeqCst) == TUF {
                counted.tuf_requests.fetch_add(u64::from(starts), Ordering::SeqCst);
                counted.tuf_up.fetch_add(count as u64, Ordering::SeqCst);
            }
            counted.requests.fetch_add(u64::from(starts), Ordering::SeqCst);
            counted.up.fetch_add(count as u64, Ordering::SeqCst);
            if far_write.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
    };
    let down = async move {
        let mut buffer = vec![0; 16 * 1_024];
        while let Ok(count @ 1..) = far_read.read(&mut buffer).await {
            if cut.load(Ordering::SeqCst) || near_write.write_all(&buffer[..count]).await.is_err() {
                break;
            }
            counters.down.fetch_add(count as u64, Ordering::SeqCst);
            let of_class = match answered.load(Ordering::SeqCst) {
                TUF => Some(&counters.tuf_down),
                OBJECT => Some(&counters.objects_down),
                _ => None,
            };
            if let Some(of_class) = of_class {
                of_class.fetch_add(count as u64, Ordering::SeqCst);
            }
            if let Some(nanoseconds) = (count as u64 * 1_000_000_000).checked_div(limit) {
                tokio::time::sleep(Duration::from_nanos(nanoseconds)).await;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}
