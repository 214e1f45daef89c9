//! Files over HTTP, and every way of serving them badly.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How a file is served.
#[derive(Clone)]
pub enum Manner {
    /// With `ETag` and ranges.
    Well,
    Status(u16),
    /// With this status, to this address.
    Redirect(u16, String),
    /// As a web page, whatever was asked for.
    Html,
    /// As a web page that does not say that it is one, in chunks.
    LoginPage,
    /// The connection is closed after so many bytes.
    CutAfter(usize),
    /// A byte every 100 ms.
    Drip,
    /// Nothing is said at all.
    Silence,
    /// Without a length, and it never ends.
    Endless,
    /// Packed with gzip, for those who accept it.
    Gzip,
    /// As gzip, which unpacks to a hundred times the file.
    Bomb,
    /// Says that it is packed, and is not.
    NotReallyGzip,
    /// Ranges are ignored.
    NoRanges,
    /// Every range is refused.
    Refuses416,
    /// The answer to a range tells of another total length.
    OtherTotal,
    /// A range is answered by another one.
    OtherRange,
}

#[derive(Default)]
struct Shared {
    files: BTreeMap<String, Vec<u8>>,
    manners: BTreeMap<String, Manner>,
    /// Paths asked for, with the range if there was one.
    log: Vec<String>,
    /// What came with each request.
    headers: Vec<HeaderMap>,
    /// Paths and bodies that were posted.
    posted: Vec<(String, Vec<u8>)>,
    date: Option<String>,
}

type Scene = Arc<Mutex<Shared>>;

pub struct Server {
    scene: Scene,
    address: std::net::SocketAddr,
    runtime: Option<Runtime>,
}

impl Server {
    pub fn start() -> Server {
        Server::start_at("127.0.0.1")
    }

    /// Another address of this machine is another host.
    pub fn start_at(host: &str) -> Server {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let scene = Scene::default();
        let listener = runtime.block_on(tokio::net::TcpListener::bind((host, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(serve).with_state(Arc::clone(&scene));
        runtime.spawn(async move { axum::serve(listener, app).await });
        Server { scene, address, runtime: Some(runtime) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn put(&self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.scene.lock().unwrap().files.insert(path.into(), bytes.into());
    }

    pub fn remove(&self, path: &str) {
        self.scene.lock().unwrap().files.remove(path);
    }

    /// What lies under this path.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.scene.lock().unwrap().files.get(path).cloned()
    }

    pub fn behave(&self, path: impl Into<String>, manner: Manner) {
        self.scene.lock().unwrap().manners.insert(path.into(), manner);
    }

    pub fn set_date(&self, date: &str) {
        self.scene.lock().unwrap().date = Some(date.to_owned());
    }

    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.scene.lock().unwrap().log)
    }

    pub fn take_headers(&self) -> Vec<HeaderMap> {
        std::mem::take(&mut self.scene.lock().unwrap().headers)
    }

    pub fn take_posted(&self) -> Vec<(String, Vec<u8>)> {
        std::mem::take(&mut self.scene.lock().unwrap().posted)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(State(scene): State<Scene>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let range = request.headers().get(header::RANGE).map(|range| range.to_str().unwrap().to_owned());
    let headers = request.headers().clone();
    let post = request.method() == Method::POST;
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let (file, manner, date) = {
        let mut scene = scene.lock().unwrap();
        if post {
            assert_eq!(headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes()), Some(&b"application/json"[..]));
            scene.posted.push((path.clone(), body.to_vec()));
        }
        scene.headers.push(headers.clone());
        let name = path.rsplit('/').next().unwrap().to_owned();
        scene.log.push(range.as_ref().map_or(name.clone(), |range| format!("{name} {range}")));
        let manner = scene.manners.get(&path).cloned().unwrap_or(Manner::Well);
        (scene.files.get(&path).cloned(), manner, scene.date.clone())
    };
    let mut response = answer(file, manner, range, &headers).await;
    if let Some(date) = date {
        response.headers_mut().insert(header::DATE, date.parse().unwrap());
    }
    response
}

fn status(status: u16) -> Response {
    let mut response = Response::new(Body::from("an error"));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

async fn answer(file: Option<Vec<u8>>, manner: Manner, range: Option<String>, headers: &HeaderMap) -> Response {
    let start = range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    match manner {
        Manner::Status(code) => return status(code),
        Manner::Redirect(status, to) => {
            return Response::builder().status(status).header(header::LOCATION, to).body(Body::empty()).unwrap();
        }
        Manner::Html => {
            let page = "<!doctype html><title>登录</title>";
            return Response::builder()
                .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
                .body(Body::from(page))
                .unwrap();
        }
        Manner::LoginPage => {
            let page = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"<html>please log in</html>"))]);
            return Response::new(Body::from_stream(page));
        }
        Manner::Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            return status(500);
        }
        Manner::Endless => {
            let piece = Bytes::from(vec![b' '; 64 << 10]);
            let pieces = stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
            return Response::new(Body::from_stream(pieces));
        }
        Manner::Refuses416 if start.is_some() => return status(416),
        _ => {}
    }
    let Some(file) = file else { return status(404) };
    match manner {
        Manner::CutAfter(count) => {
            let first = Bytes::from(file[..count].to_vec());
            let pieces = stream::iter([Ok(first), Err(std::io::Error::other("cut"))]).then(|piece| async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                piece
            });
            Response::builder().header(header::CONTENT_LENGTH, file.len()).body(Body::from_stream(pieces)).unwrap()
        }
        Manner::Drip => {
            let length = file.len();
            let bytes = stream::iter(file).then(|byte| async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok::<_, std::io::Error>(Bytes::from(vec![byte]))
            });
            Response::builder().header(header::CONTENT_LENGTH, length).body(Body::from_stream(bytes)).unwrap()
        }
        Manner::OtherTotal if start.is_some() => ranged(&file, start.unwrap_or(0), file.len() + 1),
        Manner::OtherRange if start.is_some() => ranged(&file, start.unwrap_or(0) - 1, file.len()),
        Manner::Gzip | Manner::Bomb | Manner::NotReallyGzip => packed(&file, &manner, headers),
        Manner::NoRanges => Response::new(Body::from(file)),
        _ => match start {
            Some(start) if start < file.len() => ranged(&file, start, file.len()),
            Some(_) => status(416),
            None => whole(file, headers),
        },
    }
}

fn packed(file: &[u8], manner: &Manner, headers: &HeaderMap) -> Response {
    assert!(headers.get(header::ACCEPT_ENCODING).is_some_and(|accepted| accepted == "gzip"), "it was not asked for");
    let bytes = match manner {
        Manner::NotReallyGzip => file.to_vec(),
        Manner::Bomb => gzip(&file.repeat(100)),
        _ => gzip(file),
    };
    Response::builder().header(header::CONTENT_ENCODING, "gzip").body(Body::from(bytes)).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn ranged(file: &[u8], start: usize, total: usize) -> Response {
    let range = format!("bytes {start}-{}/{total}", file.len() - 1);
    let body = Body::from(file[start..].to_vec());
    Response::builder().status(206).header(header::CONTENT_RANGE, range).body(body).unwrap()
}

fn whole(file: Vec<u8>, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", &super::hash(&file).to_string()[..16]);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return Response::builder().status(304).header(header::ETAG, etag).body(Body::empty()).unwrap();
    }
    Response::builder().header(header::ETAG, etag).body(Body::from(file)).unwrap()
}
