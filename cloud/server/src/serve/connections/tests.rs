use axum::http::StatusCode;
use axum::routing::{get, post};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::*;

/// How long a test waits for what must happen; what the limits say is far shorter.
const PATIENCE: Duration = Duration::from_secs(60);

fn limits() -> Limits {
    let moment = Duration::from_millis(200);
    Limits { head: moment, idle: moment, body: moment, stalled: moment, connections: 64, each: 4 }
}

/// A server whose bodies tell what comes of them.
struct Running {
    address: SocketAddr,
    bodies: mpsc::UnboundedReceiver<Result<usize, String>>,
    _task: tokio::task::JoinHandle<()>,
}

async fn start(limits: Limits, settings: Settings) -> Running {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (said, bodies) = mpsc::unbounded_channel();
    let take = move |body: Body| {
        let said = said.clone();
        async move {
            let (mut length, mut parts) = (0, body.into_data_stream());
            while let Some(part) = parts.next().await {
                let told = part.map(|part| part.len()).map_err(|error| error.to_string());
                let failed = told.is_err();
                length += told.as_ref().copied().unwrap_or(0);
                said.send(told).expect("somebody listens");
                if failed {
                    return StatusCode::REQUEST_TIMEOUT.into_response();
                }
            }
            length.to_string().into_response()
        }
    };
    let endless = || async {
        Body::from_stream(futures_util::stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from(vec![0; 1 << 16]))))
    };
    let router =
        Router::new().route("/", get(async || "here")).route("/take", post(take)).route("/endless", get(endless));
    let task = tokio::spawn(serve(listener, router, settings, limits, std::future::pending()));
    Running { address, bodies, _task: task }
}

async fn connect(running: &Running) -> TcpStream {
    TcpStream::connect(running.address).await.expect("connects")
}

/// Waits until the server has closed a connection, and returns what it had said.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // Whether it is closed in good order or not is all the same.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("it is closed in the end");
    String::from_utf8_lossy(&said).into_owned()
}

async fn asked(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("asks");
    read_until(stream, "here").await
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut said = String::new();
    let mut buffer = [0; 1024];
    while !said.ends_with(end) {
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.expect("in time").expect("reads");
        assert!(read > 0, "closed after {said}");
        said += &String::from_utf8_lossy(&buffer[..read]);
    }
    said
}

#[tokio::test]
async fn who_says_nothing_or_half_a_sentence_is_shown_out() {
    let running = start(limits(), Settings::default()).await;
    for half in ["", "P", "GET / HTTP/1.1\r\nhost: a\r\nx-long: "] {
        let mut stream = connect(&running).await;
        stream.write_all(half.as_bytes()).await.expect("writes");
        assert_eq!(until_closed(&mut stream).await, "", "{half:?}");
    }
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_has_no_more_time() {
    let running = start(limits(), Settings::default()).await;
    let (mut from, mut to) = connect(&running).await.into_split();
    let drip = tokio::spawn(async move {
        to.write_all(b"GET / HTTP/1.1\r\nx: ").await.expect("writes");
        // Each byte would begin a new wait if the limit were one between bytes.
        while to.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut said = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, from.read_to_end(&mut said)).await.expect("it is closed in the end");
    tokio::time::timeout(PATIENCE, drip).await.expect("ends").expect("no panic");
    assert_eq!(said, b"");
}

#[tokio::test]
async fn a_connection_serves_again_and_is_closed_when_nobody_asks_any_more() {
    let limits = Limits { idle: Duration::from_secs(5), ..limits() };
    let running = start(limits, Settings::default()).await;
    let mut stream = connect(&running).await;
    for _ in 0..3 {
        assert!(asked(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(until_closed(&mut stream).await, "");
}

#[tokio::test]
async fn a_body_that_stops_ends_its_request_and_one_that_goes_on_does_not() {
    let limits = Limits { body: Duration::from_secs(3), ..limits() };
    let mut running = start(limits, Settings::default()).await;
    let mut slow = connect(&running).await;
    slow.write_all(b"POST /take HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n").await.expect("begins");
    for _ in 0..5 {
        // All parts together take longer than any pause may.
        tokio::time::sleep(Duration::from_millis(900)).await;
        slow.write_all(b"x").await.expect("goes on");
        assert_eq!(running.bodies.recv().await, Some(Ok(1)));
    }
    assert!(read_until(&mut slow, "5").await.starts_with("HTTP/1.1 200"));

    let mut stops = connect(&running).await;
    stops.write_all(b"POST /take HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nxx").await.expect("begins");
    assert_eq!(running.bodies.recv().await, Some(Ok(2)), "what has come is there");
    let end = tokio::time::timeout(PATIENCE, running.bodies.recv()).await.expect("in the end").expect("said");
    assert!(end.is_err(), "{end:?}");
    assert!(until_closed(&mut stops).await.starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn who_does_not_take_the_answer_is_shown_out() {
    let running = start(Limits { each: 1, ..limits() }, Settings::default()).await;
    let mut lazy = connect(&running).await;
    lazy.write_all(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("asks");
    // It reads nothing, and has the only place of its address: the next one gets it once the first has lost it.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut next = connect(&running).await;
        let mut buffer = [0; 1024];
        let sent = next.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        if sent.is_ok() && next.read(&mut buffer).await.is_ok_and(|read| read > 0) {
            break;
        }
        assert!(Instant::now() < deadline, "the place is held for ever");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let limits = Limits { idle: PATIENCE, ..limits() };
    let running = start(limits, Settings::default()).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        let mut stream = connect(&running).await;
        asked(&mut stream).await;
        open.push(stream);
    }
    let mut fifth = connect(&running).await;
    assert_eq!(until_closed(&mut fifth).await, "");
    for stream in &mut open {
        asked(stream).await;
    }
}

#[tokio::test]
async fn those_who_come_through_a_proxy_are_counted_by_their_own_address() {
    let proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    let settings = Settings { behind_proxy: true, proxies, ..Settings::default() };
    let limits = Limits { idle: PATIENCE, stalled: PATIENCE, ..limits() };
    let running = start(limits, settings).await;
    let begin = async |from: &str| {
        let mut stream = connect(&running).await;
        let head = format!("GET /endless HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 10.0.0.1, {from}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("asks");
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.expect("an answer");
        (stream, String::from_utf8_lossy(&status).into_owned())
    };
    let mut open = Vec::new();
    for _ in 0..4 {
        let (stream, status) = begin("192.0.2.1").await;
        assert_eq!(status, "HTTP/1.1 200");
        open.push(stream);
    }
    assert_eq!(begin("192.0.2.1").await.1, "HTTP/1.1 429");
    assert_eq!(begin("192.0.2.2").await.1, "HTTP/1.1 200", "another address, the same proxy");
}
