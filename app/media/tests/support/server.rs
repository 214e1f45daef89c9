//! A web server that does what real ones do on a bad day.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

#[derive(Clone)]
pub enum Answer {
    Bytes(Vec<u8>),
    Status(u16),
    /// It lies at this address.
    Redirect(String),
    /// Says nothing until the gate opens, then the bytes.
    Held(Gate, Vec<u8>),
    /// The first so many bytes, and then nothing more.
    Stuck(Vec<u8>, usize),
    /// The first so many bytes, and then the connection is closed; what is asked for beyond them comes whole.
    Cut(Vec<u8>, usize),
    /// In eight parts with so long between them.
    Slow(Vec<u8>, Duration),
    /// The connection is closed without a word.
    Reset,
    /// Made anew for every request.
    Made(Arc<dyn Fn() -> Vec<u8> + Send + Sync>),
    /// Decided anew for every request.
    Chosen(Arc<dyn Fn() -> Answer + Send + Sync>),
}

#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let opened = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(opened, |open| !*open).unwrap());
    }
}

type Routes = Arc<Mutex<HashMap<String, Answer>>>;

pub struct Server {
    address: SocketAddr,
    down: Arc<AtomicBool>,
    routes: Routes,
    requests: Receiver<String>,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Routes::default();
        let (asked, requests) = mpsc::channel();
        let serving = routes.clone();
        let down = Arc::new(AtomicBool::new(false));
        let is_down = down.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (routes, asked, down) = (serving.clone(), asked.clone(), is_down.clone());
                std::thread::spawn(move || serve(connection, &routes, &asked, &down));
            }
        });
        Server { address, down, routes, requests }
    }

    pub fn set(&self, path: &str, answer: Answer) {
        self.routes.lock().unwrap().insert(path.to_owned(), answer);
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request is answered with 503.
    pub fn set_down(&self, down: bool) {
        self.requests.try_iter().for_each(drop);
        self.down.store(down, Ordering::SeqCst);
    }

    #[track_caller]
    pub fn wait_for_any(&self) {
        self.requests.recv_timeout(super::PATIENCE).expect("nobody asks for anything");
    }

    /// What has been asked for since the last call.
    pub fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }

    /// Waits until this path is asked for.
    #[track_caller]
    pub fn wait_for(&self, path: &str) {
        self.until(path);
    }

    /// Waits until this path is asked for, and returns everything that has been until then.
    #[track_caller]
    pub fn until(&self, path: &str) -> Vec<String> {
        let mut all = Vec::new();
        while all.last().is_none_or(|last| last != path) {
            all.push(self.requests.recv_timeout(super::PATIENCE).expect("nobody asks for it"));
        }
        all
    }
}

/// A port that nobody listens on.
pub fn refused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/clip.mp4", listener.local_addr().unwrap())
}

fn serve(connection: TcpStream, routes: &Routes, asked: &Sender<String>, down: &AtomicBool) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut from = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
                from = range.trim().split('-').next().and_then(|from| from.parse().ok()).unwrap_or(0);
            }
        }
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let answer = match down.load(Ordering::SeqCst) {
            true => Some(Answer::Status(503)),
            false => routes.lock().unwrap().get(&path).cloned(),
        };
        let answer = match answer {
            Some(Answer::Chosen(choose)) => Some(choose()),
            answer => answer,
        };
        // Nobody may be waiting for requests.
        let _ = asked.send(path);
        let mut connection = &connection;
        let written = match answer {
            None | Some(Answer::Chosen(_)) => head(&mut connection, 404, 0, 0, 0),
            Some(Answer::Reset) => return,
            Some(Answer::Cut(bytes, until)) if from < until.min(bytes.len()) => {
                let status = if from > 0 { 206 } else { 200 };
                let _ = head(&mut connection, status, bytes.len() - from, from, bytes.len())
                    .and_then(|()| connection.write_all(&bytes[from..until.min(bytes.len())]));
                return;
            }
            Some(Answer::Cut(bytes, _)) => send(&mut connection, &bytes, from),
            Some(Answer::Slow(bytes, pause)) => slowly(&mut connection, &bytes, from, pause),
            Some(Answer::Redirect(to)) => {
                let head = format!("HTTP/1.1 302 -\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
                connection.write_all(head.as_bytes())
            }
            Some(Answer::Status(status)) => head(&mut connection, status, 0, 0, 0),
            Some(Answer::Bytes(bytes)) => send(&mut connection, &bytes, from),
            Some(Answer::Made(make)) => send(&mut connection, &make(), from),
            Some(Answer::Held(gate, bytes)) => {
                gate.wait();
                send(&mut connection, &bytes, from)
            }
            Some(Answer::Stuck(bytes, until)) => {
                let end = until.max(from).min(bytes.len());
                let start = from.min(end);
                let sent = head(&mut connection, 206, bytes.len() - start, start, bytes.len())
                    .and_then(|()| connection.write_all(&bytes[start..end]));
                // Until the other side gives up.
                sent.and_then(|()| reader.read_line(&mut String::new()).map(drop))
            }
        };
        if written.is_err() {
            return;
        }
    }
}

fn send(connection: &mut &TcpStream, bytes: &[u8], from: usize) -> std::io::Result<()> {
    let from = from.min(bytes.len());
    let status = if from > 0 { 206 } else { 200 };
    head(connection, status, bytes.len() - from, from, bytes.len())?;
    connection.write_all(&bytes[from..])
}

fn slowly(connection: &mut &TcpStream, bytes: &[u8], from: usize, pause: Duration) -> std::io::Result<()> {
    let from = from.min(bytes.len());
    let status = if from > 0 { 206 } else { 200 };
    head(connection, status, bytes.len() - from, from, bytes.len())?;
    for part in bytes[from..].chunks(bytes.len() / 8 + 1) {
        connection.write_all(part)?;
        std::thread::sleep(pause);
    }
    Ok(())
}

fn head(connection: &mut &TcpStream, status: u16, length: usize, from: usize, total: usize) -> std::io::Result<()> {
    let range = match status {
        206 => format!("Content-Range: bytes {from}-{}/{total}\r\n", total - 1),
        _ => String::new(),
    };
    let head = format!("HTTP/1.1 {status} -\r\nContent-Length: {length}\r\nAccept-Ranges: bytes\r\n{range}\r\n");
    connection.write_all(head.as_bytes())
}
