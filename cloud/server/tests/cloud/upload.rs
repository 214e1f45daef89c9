//! Resumable uploads over real connections.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use futures_util::stream;
use reqwest::{Method, Response, StatusCode};
use sha2::{Digest, Sha256};
use yuexiang_cloud::objects::hash;
use yuexiang_cloud::upload::{Limits, UploadError, Uploader, Uploads, router};

use crate::fixture::eventually;

const CHUNK: &str = "application/offset+octet-stream";
/// Says to the child process that it is to serve this folder.
const SERVE: &str = "YUEXIANG_TEST_UPLOADS";

/// A server in this process.
struct Desk {
    folder: tempfile::TempDir,
    uploads: Arc<Uploads>,
    address: String,
}

fn limits() -> Limits {
    Limits { reserve: 0, ..Limits::default() }
}

/// Who asks is said by a header, as the log-in would.
fn application(uploads: Arc<Uploads>) -> Router {
    let log_in = from_fn(|mut request: Request, next: Next| async move {
        let account = request.headers().get("x-account").and_then(|name| name.to_str().ok()).map(str::to_owned);
        if let Some(account) = account {
            request.extensions_mut().insert(Uploader { account });
        }
        next.run(request).await
    });
    Router::new().nest("/console/uploads", router(uploads)).layer(log_in)
}

impl Desk {
    async fn new() -> Desk {
        Desk::with(limits()).await
    }

    async fn with(limits: Limits) -> Desk {
        let folder = tempfile::tempdir().expect("a folder");
        let uploads = Arc::new(Uploads::open(folder.path(), limits).expect("opens"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let address = listener.local_addr().expect("an address").to_string();
        let application = application(uploads.clone());
        tokio::spawn(async move { axum::serve(listener, application).await });
        Desk { folder, uploads, address }
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Response {
        ask(&self.address, method, path, headers, body).await
    }

    /// A new upload's path.
    async fn create(&self, length: u64) -> String {
        create(&self.address, length).await
    }

    async fn patch(&self, path: &str, offset: u64, body: impl Into<reqwest::Body>) -> Response {
        self.ask("PATCH", path, &[("content-type", CHUNK), ("upload-offset", &offset.to_string())], body).await
    }

    async fn offset(&self, path: &str) -> Option<u64> {
        offset(&self.address, path).await
    }
}

async fn ask(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Response {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let mut all = reqwest::header::HeaderMap::new();
    for (name, value) in [("x-account", "chen"), ("tus-resumable", "1.0.0")].iter().chain(headers) {
        let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).expect("a name");
        all.insert(name, value.parse().expect("a value"));
    }
    all.retain_nonempty();
    client.request(method, format!("http://{address}{path}")).headers(all).body(body).send().await.expect("an answer")
}

/// An empty value stands for a header that is not sent.
trait RetainNonempty {
    fn retain_nonempty(&mut self);
}

impl RetainNonempty for reqwest::header::HeaderMap {
    fn retain_nonempty(&mut self) {
        let empty: Vec<_> = self.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| name.clone()).collect();
        empty.iter().for_each(|name| drop(self.remove(name)));
    }
}

async fn create(address: &str, length: u64) -> String {
    let headers = [("upload-length", &*length.to_string()), ("upload-metadata", "filename 5p2R5pmaLm1wNA==")];
    let answer = ask(address, "POST", "/console/uploads", &headers, "").await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    header(&answer, "location")
}

async fn offset(address: &str, path: &str) -> Option<u64> {
    let answer = ask(address, "HEAD", path, &[], "").await;
    answer.status().is_success().then(|| header(&answer, "upload-offset").parse().expect("a number"))
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).unwrap_or_else(|| panic!("{name} is missing")).to_str().expect("a text").to_owned()
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().expect("an id")
}

/// Sends the beginning of a chunk and keeps the connection open.
fn begin_chunk(address: &str, path: &str, offset: u64, announced: usize, body: &[u8], more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("connects");
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: {address}\r\nX-Account: chen\r\nTus-Resumable: 1.0.0\r\nContent-Type: {CHUNK}\r\n\
         Upload-Offset: {offset}\r\nContent-Length: {announced}\r\n{more}\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sends");
    stream.write_all(body).expect("sends");
    stream
}

fn noise(length: usize) -> Vec<u8> {
    (0..length as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_it_can_do() {
    let desk = match std::env::var(SERVE) {
        // The child process of another test: serves until its input ends.
        Ok(data) => {
            let uploads = Arc::new(Uploads::open(Path::new(&data), limits()).expect("opens"));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
            println!("\nserves {}", listener.local_addr().expect("an address"));
            tokio::spawn(async move { axum::serve(listener, application(uploads)).await });
            tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()))
                .await
                .expect("ends")
                .expect("reads");
            return;
        }
        Err(_) => Desk::new().await,
    };
    let answer = desk.ask("OPTIONS", "/console/uploads", &[("tus-resumable", ""), ("x-account", "")], "").await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(header(&answer, "tus-version"), "1.0.0");
    assert_eq!(header(&answer, "tus-max-size"), (8_u64 << 30).to_string());
    assert_eq!(header(&answer, "tus-checksum-algorithm"), "sha1,sha256");
    let extensions = header(&answer, "tus-extension");
    for extension in ["creation", "creation-with-upload", "termination", "expiration", "checksum"] {
        assert!(extensions.split(',').any(|name| name == extension), "{extensions}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_in_pieces_is_finished_and_taken_once() {
    let desk = Desk::new().await;
    let file = noise(3_000_000);
    let headers = [
        ("upload-length", "3000000"),
        ("upload-metadata", "filename Li4vLi4vZXRjL3Bhc3N3ZA==,filetype aW1hZ2UvanBlZw=="),
        ("content-type", CHUNK),
    ];
    let answer = desk.ask("POST", "/console/uploads", &headers, file[..1_000].to_vec()).await;
    assert_eq!((answer.status(), &*header(&answer, "upload-offset")), (StatusCode::CREATED, "1000"));
    let path = header(&answer, "location");
    assert!(path.starts_with("/console/uploads/"), "{path}");

    let answer = desk.patch(&path, 1_000, file[1_000..2_000_000].to_vec()).await;
    assert_eq!((answer.status(), &*header(&answer, "upload-offset")), (StatusCode::NO_CONTENT, "2000000"));
    assert!(header(&answer, "upload-expires").ends_with(" GMT"));
    let unfinished = desk.uploads.finished(id(&path), "chen");
    assert!(matches!(unfinished, Err(UploadError::Unfinished { offset: 2_000_000, length: 3_000_000 })));

    let override_it = [("content-type", CHUNK), ("upload-offset", "2000000"), ("x-http-method-override", "PATCH")];
    let answer = desk.ask("POST", &path, &override_it, file[2_000_000..].to_vec()).await;
    assert_eq!((answer.status(), &*header(&answer, "tus-resumable")), (StatusCode::NO_CONTENT, "1.0.0"));

    let finished = desk.uploads.finished(id(&path), "chen").expect("is finished");
    assert_eq!((&*finished.sha256, finished.length), (&*hash(&file), 3_000_000));
    assert_eq!((&*finished.name, finished.declared.as_deref()), ("passwd", Some("image/jpeg")));
    let to = desk.folder.path().join("taken");
    let taken = desk.uploads.take(id(&path), "chen", &to).expect("is taken");
    assert_eq!((std::fs::read(&to).expect("reads") == file, taken.path), (true, to.clone()));
    assert!(matches!(desk.uploads.take(id(&path), "chen", &to), Err(UploadError::Unknown)));
    assert_eq!(desk.offset(&path).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_not_of_the_protocol_are_refused_by_status() {
    let desk = Desk::new().await;
    let path = desk.create(100).await;
    let chunk = [("content-type", CHUNK), ("upload-offset", "0")];
    let check = async |method: &str, path: &str, headers: &[(&str, &str)], status: u16| {
        let answer = desk.ask(method, path, headers, if method == "HEAD" { "" } else { "abc" }).await;
        assert_eq!(answer.status().as_u16(), status, "{method} {path} {headers:?}");
        assert_eq!(header(&answer, "tus-resumable"), "1.0.0");
        answer
    };
    check("PATCH", &path, &[("content-type", CHUNK), ("upload-offset", "1")], 409).await;
    check("PATCH", &path, &[("content-type", CHUNK)], 400).await;
    check("PATCH", &path, &[("content-type", CHUNK), ("upload-offset", "-1")], 400).await;
    check("PATCH", &path, &[("content-type", CHUNK), ("upload-offset", "+0")], 400).await;
    check("PATCH", &path, &[("content-type", "text/plain"), ("upload-offset", "0")], 415).await;
    check("PATCH", &path, &[("upload-offset", "0")], 415).await;
    let old = check("PATCH", &path, &[chunk[0], chunk[1], ("tus-resumable", "0.2.2")], 412).await;
    assert_eq!(header(&old, "tus-version"), "1.0.0");
    check("HEAD", &path, &[("tus-resumable", "")], 412).await;
    check("GET", &path, &[], 405).await;
    check("GET", &path, &[("x-http-method-override", "DELETE")], 405).await;
    for unknown in ["00000000000000000000000000000000", "..%2f..", ".lock", "x"] {
        check("HEAD", &format!("/console/uploads/{unknown}"), &[], 404).await;
        check("PATCH", &format!("/console/uploads/{unknown}"), &chunk, 404).await;
        check("DELETE", &format!("/console/uploads/{unknown}"), &[], 404).await;
    }
    let collection = "/console/uploads";
    check("POST", collection, &[], 400).await;
    check("POST", collection, &[("upload-defer-length", "1")], 400).await;
    check("POST", collection, &[("upload-length", "99999999999999999999")], 400).await;
    check("POST", collection, &[("upload-length", "10"), ("upload-metadata", "filename ###")], 400).await;
    check("POST", collection, &[("upload-length", "10"), ("content-type", "text/plain")], 415).await;
    check("POST", collection, &[("upload-length", "2"), ("content-type", CHUNK)], 413).await;
    assert_eq!(desk.offset(&path).await, Some(0));
    let answer = desk.ask("HEAD", &path, &[], "").await;
    assert_eq!((&*header(&answer, "cache-control"), &*header(&answer, "upload-length")), ("no-store", "100"));
    assert_eq!(header(&answer, "upload-metadata"), "filename 5p2R5pmaLm1wNA==");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_the_upload_of_somebody_else() {
    let desk = Desk::new().await;
    let path = desk.create(3).await;
    for (account, status) in [("", 401), ("li", 404)] {
        let who = ("x-account", account);
        for method in ["HEAD", "DELETE"] {
            assert_eq!(desk.ask(method, &path, &[who], "").await.status().as_u16(), status, "{method} {account}");
        }
        let headers = [who, ("content-type", CHUNK), ("upload-offset", "0")];
        assert_eq!(desk.ask("PATCH", &path, &headers, "abc").await.status().as_u16(), status, "{account}");
        assert!(matches!(desk.uploads.finished(id(&path), account), Err(UploadError::Unknown)));
    }
    assert_eq!(desk.ask("POST", "/console/uploads", &[("x-account", "")], "").await.status(), 401);
    assert_eq!(desk.patch(&path, 0, "abc").await.status(), 204);
    assert_eq!(desk.ask("DELETE", &path, &[], "").await.status(), 204);
    assert_eq!(desk.ask("DELETE", &path, &[], "").await.status(), 404);
    assert_eq!(
        std::fs::read_dir(desk.folder.path().join("uploads")).expect("lists").count(),
        1,
        "only the lock is left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn size_number_and_disk_space_are_limited_in_words() {
    let post = async |desk: &Desk, length: &str, language: &str| {
        let headers = [("upload-length", length), ("accept-language", language)];
        let answer = desk.ask("POST", "/console/uploads", &headers, "").await;
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };
    let small = Desk::with(Limits { size: 2_000_000, open: 2, ..limits() }).await;
    let refused = (413, "文件有 3 MB，最大只能上传 2 MB。请缩小后再传。".to_owned());
    assert_eq!(post(&small, "2000001", "zh-CN").await, refused);
    assert_eq!(post(&small, "2000000", "en").await.0, 201);
    assert_eq!(post(&small, "1", "en").await.0, 201);
    assert_eq!(post(&small, "1", "en").await, (429, "You have 2 uploads already. Use or delete one first.".to_owned()));
    let full = Desk::with(Limits { reserve: u64::MAX, ..limits() }).await;
    let (status, text) = post(&full, "1000000", "en-GB").await;
    assert_eq!(
        (status, &*text),
        (507, "The server has no room for 1 MB more. Tell the operators, and go on when there is room.")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_promised_counts_as_used_space() {
    let folder = tempfile::tempdir().expect("a folder");
    let free = rustix::fs::statvfs(folder.path()).expect("looks");
    let free = free.f_bavail * free.f_frsize;
    let new =
        |length| yuexiang_cloud::upload::NewUpload { account: "chen".into(), length, name: "a".into(), declared: None };
    let uploads = Uploads::open(folder.path(), Limits { size: u64::MAX, ..limits() }).expect("opens");
    // Nothing has been written, but three quarters of the disk are promised.
    uploads.create(new(free / 4 * 3)).expect("there is room");
    assert!(matches!(uploads.create(new(free / 4 * 3)), Err(UploadError::NoSpace { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_was_announced_is_not_kept() {
    let desk = Desk::new().await;
    let path = desk.create(10).await;
    assert_eq!(desk.patch(&path, 0, "12345").await.status(), 204);
    assert_eq!(desk.patch(&path, 5, "123456").await.status(), 413);
    // Without a Content-Length it shows only on the way.
    let pieces = ["678", "90", "too much"].map(Ok::<_, std::io::Error>);
    assert_eq!(desk.patch(&path, 5, reqwest::Body::wrap_stream(stream::iter(pieces))).await.status(), 413);
    assert_eq!(desk.offset(&path).await, Some(5));
    let pieces = ["678", "90"].map(Ok::<_, std::io::Error>);
    assert_eq!(desk.patch(&path, 5, reqwest::Body::wrap_stream(stream::iter(pieces))).await.status(), 204);
    assert_eq!(desk.uploads.finished(id(&path), "chen").expect("is finished").sha256, hash(b"1234567890"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_with_a_wrong_checksum_is_as_if_it_had_never_come() {
    let desk = Desk::new().await;
    let path = desk.create(10).await;
    let patch = async |offset: &str, checksum: &str, body: &'static str| {
        let headers = [("content-type", CHUNK), ("upload-offset", offset), ("upload-checksum", checksum)];
        desk.ask("PATCH", &path, &headers, body).await.status().as_u16()
    };
    // Of "hello", by sha1sum and sha256sum.
    let (sha1, sha256) = ("sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    assert_eq!(patch("0", sha1, "hallo").await, 460);
    assert_eq!(desk.offset(&path).await, Some(0));
    assert_eq!(patch("0", "crc32 AAAA", "hello").await, 400);
    assert_eq!(patch("0", sha1, "hello").await, 204);
    assert_eq!(patch("5", sha1, "world").await, 460);
    assert_eq!(patch("5", sha256, "hello").await, 204);
    assert_eq!(desk.uploads.finished(id(&path), "chen").expect("is finished").sha256, hash(b"hellohello"));
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_chunk_with_a_checksum_does_not_count() {
    let desk = Desk::new().await;
    let path = desk.create(3_000_000).await;
    let checksum = "Upload-Checksum: sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n";
    let stream = begin_chunk(&desk.address, &path, 0, 3_000_000, &noise(2_500_000), checksum);
    let part = desk.folder.path().join("uploads").join(id(&path)).join("part");
    eventually("the arrival of a megabyte", async || (part.metadata().ok()?.len() >= 1 << 20).then_some(())).await;
    assert_eq!(desk.offset(&path).await, Some(0), "it is not verified yet");
    drop(stream);
    eventually("the end of the chunk", async || (part.metadata().ok()?.len() == 0).then_some(())).await;
    eventually("another writer", async || {
        let answer = desk.patch(&path, 0, noise(3_000_000)).await;
        (answer.status() != StatusCode::LOCKED).then(|| assert_eq!(answer.status(), StatusCode::NO_CONTENT))
    })
    .await;
    assert_eq!(desk.uploads.finished(id(&path), "chen").expect("is finished").sha256, hash(&noise(3_000_000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_off_leaves_what_has_come() {
    let desk = Desk::new().await;
    let file = noise(5_000_000);
    let path = desk.create(file.len() as u64).await;
    drop(begin_chunk(&desk.address, &path, 0, file.len(), &file[..3_141_592], ""));
    eventually("the end of the broken chunk", async || (desk.offset(&path).await? == 3_141_592).then_some(())).await;
    // Another process with the same folder goes on: here, another `Uploads`.
    let again = Uploads::open(desk.folder.path(), limits()).expect("opens");
    assert_eq!(again.state(id(&path), "chen").expect("is there").offset, 3_141_592);
    eventually("another writer", async || {
        let answer = desk.patch(&path, 3_141_592, file[3_141_592..].to_vec()).await;
        (answer.status() != StatusCode::LOCKED).then(|| assert_eq!(answer.status(), StatusCode::NO_CONTENT))
    })
    .await;
    assert_eq!(again.finished(id(&path), "chen").expect("is finished").sha256, hash(&file));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_writes_to_an_upload_at_a_time_also_across_processes() {
    let desk = Desk::new().await;
    let path = desk.create(4_000_000).await;
    let first = begin_chunk(&desk.address, &path, 0, 4_000_000, &noise(2_000_000), "");
    eventually("the arrival of a megabyte", async || (desk.offset(&path).await? >= 1 << 20).then_some(())).await;
    let at = desk.offset(&path).await.expect("is there");
    assert_eq!(desk.patch(&path, at, "abc").await.status(), StatusCode::LOCKED);
    assert_eq!(desk.ask("DELETE", &path, &[], "").await.status(), StatusCode::LOCKED);
    drop(first);
    let other = desk.create(10).await;
    let part = desk.folder.path().join("uploads").join(id(&other)).join("part");
    // flock(1) stands for the other process.
    let mut holder = Command::new("flock")
        .arg(&part)
        .args(["sh", "-c", "echo held; read end"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("flock");
    let mut line = String::new();
    BufReader::new(holder.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    assert_eq!(desk.patch(&other, 0, "abc").await.status(), StatusCode::LOCKED);
    drop(holder.stdin.take());
    holder.wait().expect("ends");
    assert_eq!(desk.patch(&other, 0, "abc").await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_brings_nothing_gives_way() {
    let desk = Desk::with(Limits { stall: Duration::from_millis(100), ..limits() }).await;
    let path = desk.create(2_000_010).await;
    let _open = begin_chunk(&desk.address, &path, 0, 2_000_010, &noise(2_000_000), "");
    eventually("the end of the chunk that stalls", async || {
        let answer = desk.patch(&path, 2_000_000, "0123456789").await;
        (answer.status() == StatusCode::NO_CONTENT).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_silent_for_a_day_is_deleted() {
    let desk = Desk::new().await;
    let path = desk.create(10).await;
    assert_eq!(desk.patch(&path, 0, "abc").await.status(), 204);
    let hours = |hours: u64| SystemTime::now() + Duration::from_secs(hours * 3_600);
    std::fs::create_dir(desk.folder.path().join("uploads/.new-half")).expect("a folder");
    assert_eq!(desk.uploads.sweep(hours(23)).expect("sweeps"), 0);
    assert_eq!(desk.offset(&path).await, Some(3));
    let busy = begin_chunk(&desk.address, &path, 3, 7, b"de", "");
    eventually("a writer", async || (desk.patch(&path, 3, "x").await.status() == StatusCode::LOCKED).then_some(()))
        .await;
    assert_eq!(desk.uploads.sweep(hours(25)).expect("sweeps"), 0, "somebody writes");
    drop(busy);
    eventually("the sweep", async || (desk.uploads.sweep(hours(25)).expect("sweeps") == 1).then_some(())).await;
    assert_eq!(desk.ask("HEAD", &path, &[], "").await.status(), 404);
    assert!(!desk.folder.path().join("uploads/.new-half").exists());

    let hasty = Desk::with(Limits { silence: Duration::ZERO, ..limits() }).await;
    let headers = [("upload-length", "3")];
    assert_eq!(hasty.ask("POST", "/console/uploads", &headers, "").await.status(), 410, "expired before it began");
}

/// This program again, serving uploads.
struct OtherProcess {
    process: Child,
    address: String,
}

impl OtherProcess {
    fn start(data: &Path) -> OtherProcess {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "upload::the_server_says_what_it_can_do", "--nocapture"])
            .env(SERVE, data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let address = output.lines().find_map(|line| Some(line.ok()?.strip_prefix("serves ")?.to_owned()));
        OtherProcess { process, address: address.expect("an address") }
    }

    /// The most memory it has had, in KiB.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        // Already gone after a test that kills it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_has_kept_what_came_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = noise(20_000_000);
    let mut server = OtherProcess::start(folder.path());
    let path = create(&server.address, file.len() as u64).await;
    let _stream = begin_chunk(&server.address, &path, 0, file.len(), &file[..12_000_000], "");
    eventually("the arrival of ten megabytes", async || {
        (offset(&server.address, &path).await? > 10_000_000).then_some(())
    })
    .await;
    server.process.kill().expect("is killed");
    server.process.wait().expect("ends");

    let next = OtherProcess::start(folder.path());
    let at = offset(&next.address, &path).await.expect("is still there");
    assert!((10_000_001..=12_000_000).contains(&at), "{at}");
    let headers = [("content-type", CHUNK), ("upload-offset", &*at.to_string())];
    let answer = ask(&next.address, "PATCH", &path, &headers, file[at as usize..].to_vec()).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let uploads = Uploads::open(folder.path(), limits()).expect("opens");
    assert_eq!(uploads.finished(id(&path), "chen").expect("is finished").sha256, hash(&file));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_needs_no_more_memory_than_a_small_one() {
    const PIECES: u64 = 300;
    let folder = tempfile::tempdir().expect("a folder");
    let server = OtherProcess::start(folder.path());
    let piece = bytes::Bytes::from(noise(1 << 20));
    let send = async |pieces: u64| {
        let path = create(&server.address, pieces << 20).await;
        let all = stream::iter((0..pieces).map({
            let piece = piece.clone();
            move |_| Ok::<_, std::io::Error>(piece.clone())
        }));
        let headers = [("content-type", CHUNK), ("upload-offset", "0")];
        let answer = ask(&server.address, "PATCH", &path, &headers, reqwest::Body::wrap_stream(all)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        path
    };
    send(8).await;
    let small = server.peak();
    let path = send(PIECES).await;
    let grown = server.peak() - small;
    assert!(grown < 8 << 10, "{PIECES} MiB took {grown} KiB more than 8 MiB");
    let mut expected = Sha256::new();
    (0..PIECES).for_each(|_| expected.update(&piece));
    let expected: String = expected.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let uploads = Uploads::open(folder.path(), limits()).expect("opens");
    assert_eq!(uploads.finished(id(&path), "chen").expect("is finished").sha256, expected);
}
