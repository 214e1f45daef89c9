//! A TCP relay on loopback between box and cloud that counts, slows down, cuts, and answers in the cloud's place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

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
    portal: Arc<AtomicBool>,
}

/// What a login page says to whoever asks for an object: nothing that could be told from one but by its bytes.
const LOGIN_PAGE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\
    content-length: 26\r\nconnection: close\r\n\r\n<html>please log in</html>";

impl Proxy {
    /// Relays to `port`. `bytes_per_second` limits what comes down on each connection; 0 is no limit.
    pub async fn start(port: u16, bytes_per_second: u64) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let counters = Arc::new(Counters::default());
        let cut = Arc::new(AtomicBool::new(false));
        let portal = Arc::new(AtomicBool::new(false));
        let (counted, is_cut, is_portal) = (counters.clone(), cut.clone(), portal.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
                let _ = near.set_nodelay(true);
                let _ = far.set_nodelay(true);
                let ways = (is_cut.clone(), is_portal.clone());
                tokio::spawn(relay(near, far, counted.clone(), ways, bytes_per_second));
            }
        });
        Proxy { url: format!("http://{address}/"), counters, cut, portal }
    }

    /// Who asks for an object is given a login page, or is let through again.
    pub fn set_portal(&self, portal: bool) {
        self.portal.store(portal, Ordering::SeqCst);
    }

    /// Cuts all connections and refuses new ones, or lets them through again.
    pub fn set_cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }
}

async fn relay(
    near: TcpStream,
    far: TcpStream,
    counters: Arc<Counters>,
    (cut, portal): (Arc<AtomicBool>, Arc<AtomicBool>),
    limit: u64,
) {
    let (mut near_read, near_write) = near.into_split();
    let near_write = Arc::new(Mutex::new(near_write));
    let page_write = near_write.clone();
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
            if starts && portal.load(Ordering::SeqCst) && class(&buffer[..count]) == OBJECT {
                let _ = page_write.lock().await.write_all(LOGIN_PAGE).await;
                break;
            }
            if far_write.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
    };
    let down = async move {
        let mut buffer = vec![0; 16 * 1_024];
        while let Ok(count @ 1..) = far_read.read(&mut buffer).await {
            if cut.load(Ordering::SeqCst) || near_write.lock().await.write_all(&buffer[..count]).await.is_err() {
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
