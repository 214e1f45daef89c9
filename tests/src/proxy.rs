//! A TCP relay on loopback between box and cloud that counts, slows down, cuts, and answers in the cloud's place.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex};
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

/// What can be wrong with a live service: with its segments, while its playlist goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    Missing,
    Reset,
    Hang,
    Cut,
    Slow,
}

impl Outage {
    pub const ALL: [Outage; 5] = [Outage::Missing, Outage::Reset, Outage::Hang, Outage::Cut, Outage::Slow];
}

/// Live television on its way.
#[derive(Default)]
struct Live {
    outage: Option<Outage>,
    /// Folders under `/live/` of which something was asked for, in order.
    asked: Vec<String>,
}

pub struct Proxy {
    pub url: String,
    pub counters: Arc<Counters>,
    cut: Arc<AtomicBool>,
    portal: Arc<AtomicBool>,
    live: Arc<StdMutex<Live>>,
}

/// The channel and whether it is a segment of it that is asked for.
fn live_request(request: &[u8]) -> Option<(String, bool)> {
    let path = request.strip_prefix(b"GET /live/")?.split(|byte| *byte == b' ').next()?;
    let (channel, file) = std::str::from_utf8(path).ok()?.split_once('/')?;
    Some((channel.to_owned(), file.ends_with(".ts")))
}

/// A cut segment ends after so many bytes of its answer.
const CUT_AFTER: u64 = 60_000;
/// Per second: a picture needs more.
const SLOW: u64 = 20_000;

/// What a login page says to whoever asks for an object: nothing that could be told from one but by its bytes.
const LOGIN_PAGE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\
    content-length: 26\r\nconnection: close\r\n\r\n<html>please log in</html>";

const MISSING: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

impl Proxy {
    /// Relays to `port`. `bytes_per_second` limits what comes down on each connection; 0 is no limit.
    pub async fn start(port: u16, bytes_per_second: u64) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let counters = Arc::new(Counters::default());
        let cut = Arc::new(AtomicBool::new(false));
        let portal = Arc::new(AtomicBool::new(false));
        let live = Arc::new(StdMutex::new(Live::default()));
        let (counted, is_cut, is_portal, is_live) = (counters.clone(), cut.clone(), portal.clone(), live.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
                let _ = near.set_nodelay(true);
                let _ = far.set_nodelay(true);
                let ways = Ways { cut: is_cut.clone(), portal: is_portal.clone(), live: is_live.clone() };
                tokio::spawn(relay(near, far, counted.clone(), ways, bytes_per_second));
            }
        });
        Proxy { url: format!("http://{address}/"), counters, cut, portal, live }
    }

    /// What is wrong with live segments from the next request on.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.live.lock().expect("no holder panics").outage = outage;
    }

    /// The channels of which something was asked for since the last time, in order.
    pub fn take_live(&self) -> Vec<String> {
        std::mem::take(&mut self.live.lock().expect("no holder panics").asked)
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

struct Ways {
    cut: Arc<AtomicBool>,
    portal: Arc<AtomicBool>,
    live: Arc<StdMutex<Live>>,
}

async fn relay(near: TcpStream, far: TcpStream, counters: Arc<Counters>, ways: Ways, limit: u64) {
    let Ways { cut, portal, live } = ways;
    // Of the answer that is on its way: what is wrong with it, and how much of it has come.
    let wrong = Arc::new(StdMutex::new((None::<Outage>, 0_u64)));
    let is_wrong = wrong.clone();
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
            if let Some((channel, segment)) = live_request(&buffer[..count]) {
                let outage = {
                    let mut live = live.lock().expect("no holder panics");
                    live.asked.push(channel);
                    live.outage.filter(|_| segment)
                };
                *wrong.lock().expect("no holder panics") = (outage, 0);
                match outage {
                    Some(Outage::Missing) => {
                        let _ = page_write.lock().await.write_all(MISSING).await;
                        break;
                    }
                    Some(Outage::Reset) => {
                        let _ = page_write.lock().await.as_ref().set_zero_linger();
                        break;
                    }
                    // Until who asked goes away.
                    Some(Outage::Hang) => continue,
                    Some(Outage::Cut | Outage::Slow) | None => {}
                }
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
            let outage = {
                let mut wrong = is_wrong.lock().expect("no holder panics");
                wrong.1 += count as u64;
                if wrong.0 == Some(Outage::Cut) && wrong.1 >= CUT_AFTER {
                    break;
                }
                wrong.0
            };
            let limit = if outage == Some(Outage::Slow) { SLOW } else { limit };
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
