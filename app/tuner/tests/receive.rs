//! A service as its receiver sees it, over real connections.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;
use yuexiang_tuner::{Delivery, FailureKind, Reception, Tuner, TunerOptions};

/// Nothing that is waited for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

type Answer = dyn Fn(&str, &mut TcpStream) + Send + Sync;

/// Says where it listens; `answer` writes a whole answer to a path, and the connection is closed after it.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer: Arc<Answer> = Arc::new(answer);
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
                let first = lines.next().and_then(Result::ok).unwrap_or_default();
                lines.find(|line| line.as_ref().is_ok_and(String::is_empty));
                answer(first.split(' ').nth(1).unwrap_or_default(), &mut connection);
            });
        }
    });
    address
}

fn reply(connection: &mut TcpStream, status: u16, body: &[u8]) {
    // Who asked may have gone.
    let _ = write!(connection, "HTTP/1.1 {status} -\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = connection.write_all(body);
}

fn packets(count: usize) -> Vec<u8> {
    let mut packet = [0xFF; 188];
    packet[..4].copy_from_slice(&[0x47, 0x1F, 0xFF, 0x10]);
    packet.repeat(count)
}

fn playlist(first: usize, count: usize, end: &str) -> String {
    let entries: String = (first..first + count).map(|number| format!("#EXTINF:1,\n{number}.ts\n")).collect();
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n{entries}{end}")
}

fn tuner() -> Tuner {
    let idle_timeout = Duration::from_secs(20);
    Tuner::new(TunerOptions { idle_timeout, patience: Duration::from_millis(300), ..TunerOptions::default() }).unwrap()
}

fn open(tuner: &Tuner, url: &str) -> (Reception, Receiver<Delivery>) {
    let (send, deliveries) = mpsc::channel();
    (tuner.open(url, move |delivery| send.send(delivery).is_ok()), deliveries)
}

/// Everything until the end.
#[track_caller]
fn whole(deliveries: &Receiver<Delivery>) -> Result<Vec<u8>, yuexiang_tuner::Failure> {
    let mut bytes = Vec::new();
    loop {
        match deliveries.recv_timeout(PATIENCE).expect("it goes on or ends") {
            Delivery::Bytes(more) => bytes.extend(more),
            Delivery::End => return Ok(bytes),
            Delivery::Failed(failure) => return Err(failure),
        }
    }
}

#[test]
fn what_has_ended_is_brought_from_its_beginning_to_its_end() {
    let address = serve(|path, connection| match path {
        "/a.m3u8" => reply(connection, 200, playlist(0, 3, "#EXT-X-ENDLIST\n").as_bytes()),
        _ => reply(connection, 200, &packets(10)),
    });
    let tuner = tuner();
    let (_reception, deliveries) = open(&tuner, &format!("{address}/a.m3u8"));
    assert_eq!(whole(&deliveries).unwrap().len(), 3 * 10 * 188);
}

#[test]
fn a_segment_that_breaks_off_is_completed_and_nothing_of_it_comes_twice() {
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let address = serve(move |path, connection| {
        let segment = packets(100);
        match path {
            "/a.m3u8" => reply(connection, 200, playlist(0, 2, "#EXT-X-ENDLIST\n").as_bytes()),
            "/1.ts" if !broken.swap(true, std::sync::atomic::Ordering::SeqCst) => {
                let _ = write!(connection, "HTTP/1.1 200 -\r\nContent-Length: {}\r\n\r\n", segment.len());
                let _ = connection.write_all(&segment[..5_000]);
            }
            // It knows no ranges, and sends everything again.
            _ => reply(connection, 200, &segment),
        }
    });
    let tuner = Tuner::new(TunerOptions::default()).unwrap();
    let (_reception, deliveries) = open(&tuner, &format!("{address}/a.m3u8"));
    assert_eq!(whole(&deliveries).unwrap(), packets(200));
}

#[test]
fn while_there_is_no_room_nothing_is_brought() {
    // Without an end: how much of it comes at once is for the system to say.
    let address = serve(|_, connection| {
        let _ = write!(connection, "HTTP/1.1 200 -\r\nConnection: close\r\n\r\n");
        let some = packets(1_000);
        while connection.write_all(&some).is_ok() {}
    });
    let tuner = tuner();
    let (send, deliveries) = mpsc::channel();
    let (room, rooms): (Sender<tokio::sync::watch::Sender<bool>>, _) = mpsc::channel();
    let mut appetite: Option<tokio::sync::watch::Sender<bool>> = None;
    let reception = tuner.open(&format!("{address}/a.ts"), move |delivery| {
        let appetite = appetite.get_or_insert_with(|| rooms.recv().unwrap());
        appetite.send_replace(false);
        send.send(delivery).is_ok()
    });
    room.send(reception.appetite()).unwrap();
    for _ in 0..20 {
        let delivery = deliveries.recv_timeout(PATIENCE).unwrap();
        let Delivery::Bytes(_) = delivery else { panic!("{delivery:?}") };
        assert!(deliveries.try_recv().is_err(), "one for each time that there is room");
        reception.set_hungry(true);
    }
}

#[test]
fn a_reception_that_is_dropped_leaves_its_server_at_once() {
    let (gone, is_gone) = mpsc::channel();
    let (asked, is_asked) = mpsc::channel();
    let (gone, asked) = (std::sync::Mutex::new(gone), std::sync::Mutex::new(asked));
    let address = serve(move |path, connection| match path {
        "/a.m3u8" => reply(connection, 200, playlist(0, 3, "").as_bytes()),
        // Says nothing.
        _ => {
            let _ = asked.lock().unwrap().send(());
            let _ = connection.read(&mut [0]);
            let _ = gone.lock().unwrap().send(());
        }
    });
    let tuner = tuner();
    let (reception, _deliveries) = open(&tuner, &format!("{address}/a.m3u8"));
    is_asked.recv_timeout(PATIENCE).unwrap();
    drop(reception);
    is_gone.recv_timeout(PATIENCE).expect("the connection is closed");
}

#[track_caller]
fn check_failure(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static, kind: FailureKind, names: &str) {
    let address = serve(answer);
    let tuner = tuner();
    let (_reception, deliveries) = open(&tuner, &format!("{address}/a.m3u8"));
    let failure = whole(&deliveries).unwrap_err();
    assert_eq!(failure.kind, kind, "{failure}");
    assert!(failure.detail.contains(names) && failure.detail.contains(&address), "{failure}");
}

#[test]
fn what_is_wrong_from_the_beginning_is_said_at_once() {
    check_failure(|_, connection| reply(connection, 404, b""), FailureKind::Missing, "404");
    check_failure(|_, connection| reply(connection, 503, b""), FailureKind::Network, "503");
    let page = |_: &str, connection: &mut TcpStream| reply(connection, 200, b"<!DOCTYPE html><html>");
    check_failure(page, FailureKind::Unsupported, "web page");
    let no_stream = |path: &str, connection: &mut TcpStream| match path {
        "/a.m3u8" => reply(connection, 200, playlist(0, 3, "").as_bytes()),
        _ => reply(connection, 200, &b"\0\0\0\x18ftypiso5".repeat(100)),
    };
    check_failure(no_stream, FailureKind::Unsupported, "no MPEG transport stream");
}

#[test]
fn a_service_of_which_nothing_comes_is_given_up_in_the_end() {
    let missing = |path: &str, connection: &mut TcpStream| match path {
        "/a.m3u8" => reply(connection, 200, playlist(0, 3, "").as_bytes()),
        _ => reply(connection, 404, b""),
    };
    check_failure(missing, FailureKind::Missing, "404");
}
