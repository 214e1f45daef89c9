//! Takes connections in, and lets none of them wait for ever: `axum::serve` installs no timer, and whoever opens
//! connections and says nothing would keep the helper out.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// What a connection may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the beginning of a connection, or from an answer, to the end of the next request's head.
    pub head: Duration,
    /// For the whole body; the largest is a list of keys.
    pub body: Duration,
    /// Without anything of an answer being taken.
    pub stalled: Duration,
    /// Connections at the same time. A page holds two; beyond the limit new ones are closed at once.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        let [head, body, stalled] = [75, 10, 30].map(Duration::from_secs);
        Limits { head, body, stalled, connections: 64 }
    }
}

/// Bytes of a body.
const BODY: usize = 64 << 10;
/// After an error that is the machine's, such as too many open files, so long nobody is taken in.
const PAUSE: Duration = Duration::from_secs(1);

pub async fn serve(listener: TcpListener, router: Router, limits: Limits) -> std::io::Result<()> {
    let room = Arc::new(Semaphore::new(limits.connections));
    let router = router.layer(axum::middleware::from_fn(move |request, next| whole(request, next, limits.body)));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!("web remote: accept failed: {error}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = room.clone().try_acquire_owned() else { continue };
        prepare(&stream, limits.stalled);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let mut connection = http1::Builder::new();
            connection.timer(TokioTimer::new()).header_read_timeout(limits.head);
            // Who has gone, or was too slow, is told nothing more.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            drop(permit);
        });
    }
}

fn prepare(stream: &TcpStream, stalled: Duration) {
    // Without it small answers wait for the other side's delayed acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("setting TCP_NODELAY failed: {error}");
    }
    // Who watches the moving picture and takes nothing of it would hold his place for ever.
    let stalled = u32::try_from(stalled.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, stalled) {
        tracing::debug!("setting TCP_USER_TIMEOUT failed: {error}");
    }
}

/// Reads a body before anybody handles the request.
async fn whole(request: Request, next: Next, patience: Duration) -> Response {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(patience, to_bytes(body, BODY)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(_)) => super::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or was cut off"),
        Err(_) => super::error(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::{get, post};
    use bytes::Bytes;
    use std::convert::Infallible;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const PATIENCE: Duration = Duration::from_secs(60);

    async fn start(connections: usize) -> std::net::SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let endless = || async {
            Body::from_stream(futures_util::stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from(vec![0; 1 << 16]))))
        };
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/keys", post(async || "taken"))
            .route("/endless", get(endless));
        let [head, body, stalled] = [300; 3].map(Duration::from_millis);
        tokio::spawn(serve(listener, router, Limits { head, body, stalled, connections }));
        address
    }

    /// What is said until the connection is closed.
    async fn said(stream: &mut TcpStream) -> String {
        let mut said = Vec::new();
        // Whether it is closed in good order or not is all the same.
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("it is closed in the end");
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Asks until there is a place.
    async fn served_in_the_end(address: std::net::SocketAddr) {
        let asking = async {
            loop {
                let mut stream = TcpStream::connect(address).await.expect("connects");
                let sent = stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
                if sent.is_ok() && said(&mut stream).await.ends_with("here") {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.expect("there is a place in the end");
    }

    #[tokio::test]
    async fn who_says_nothing_or_half_a_sentence_makes_room_for_others() {
        let address = start(3).await;
        let mut silent = Vec::new();
        for half in ["", "P", "GET / HTTP/1.1\r\nhost: a\r\nx: "] {
            let mut stream = TcpStream::connect(address).await.expect("connects");
            stream.write_all(half.as_bytes()).await.expect("writes");
            silent.push(stream);
        }
        served_in_the_end(address).await;
        for stream in &mut silent {
            said(stream).await;
        }
    }

    #[tokio::test]
    async fn a_body_that_stops_ends_its_request() {
        let mut stream = TcpStream::connect(start(1).await).await.expect("connects");
        stream.write_all(b"POST /keys HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{").await.expect("begins");
        assert!(said(&mut stream).await.starts_with("HTTP/1.1 408"));
    }

    #[tokio::test]
    async fn who_watches_and_takes_nothing_makes_room_for_others() {
        let address = start(1).await;
        let mut lazy = TcpStream::connect(address).await.expect("connects");
        lazy.write_all(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("asks");
        served_in_the_end(address).await;
    }
}
