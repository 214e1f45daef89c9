//! Uploads five gigabytes to a server of its own over the loopback and prints what that took.
//!
//! `cargo run --release -p yuexiang-cloud --example upload_5gb [MiB]`. The server is this program again in a process of
//! its own, so that its memory is not that of the client. The connection is cut once in the middle and the rest
//! resumed; the hash of what arrived is compared with that of what was sent.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use sha2::{Digest, Sha256};
use yuexiang_cloud::upload::{Limits, Uploader, Uploads, router};

type Outcome<T> = Result<T, Box<dyn Error>>;

const MIB: u64 = 1 << 20;
const ACCOUNT: &str = "bench";

fn main() -> Outcome<()> {
    let argument = std::env::args().nth(1);
    match argument.as_deref() {
        Some("serve") => serve(&std::env::args().nth(2).ok_or("which folder?")?),
        Some(mebibytes) => measure(mebibytes.parse()?),
        None => measure(5_000_000_000 / MIB),
    }
}

/// The server: until its input ends.
fn serve(data: &str) -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let uploads = Arc::new(Uploads::open(data.as_ref(), Limits::default())?);
        let log_in = from_fn(|mut request: Request, next: Next| async move {
            request.extensions_mut().insert(Uploader { account: ACCOUNT.to_owned() });
            next.run(request).await
        });
        let application = Router::new().nest("/console/uploads", router(uploads)).layer(log_in);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, application).await });
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
        Ok(())
    })
}

fn measure(mebibytes: u64) -> Outcome<()> {
    let folder = tempfile::tempdir_in(".")?;
    let mut server = Command::new(std::env::current_exe()?)
        .arg("serve")
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut address = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut address)?;
    let result = upload(address.trim(), &server, mebibytes);
    // Ends by itself when its input does.
    drop(server.stdin.take());
    server.wait()?;
    let (id, sent) = result?;

    let uploads = Uploads::open(folder.path(), Limits::default())?;
    let begin = Instant::now();
    let finished = uploads.finished(&id, ACCOUNT)?;
    println!("hashing: {:.0} MB/s", finished.length as f64 / 1e6 / begin.elapsed().as_secs_f64());
    if finished.sha256 != sent {
        return Err("what arrived is not what was sent".into());
    }
    println!("{} bytes arrived as they were sent", finished.length);
    Ok(())
}

/// Sends everything in two connections, and gives the id and the hash of what was sent.
fn upload(address: &str, server: &Child, mebibytes: u64) -> Outcome<(String, String)> {
    let length = mebibytes * MIB;
    let answer = ask(address, &format!("POST /console/uploads HTTP/1.1\r\nUpload-Length: {length}\r\n"))?;
    let path = header(&answer, "location").ok_or("no location")?;
    println!("server before: {} KiB", peak(server)?);
    let begin = Instant::now();

    let mut first = begin_chunk(address, &path, 0, length)?;
    for number in 0..mebibytes / 2 {
        first.write_all(&piece(number))?;
    }
    drop(first);
    // Everything that was sent is in the server's hands or lost; its word counts.
    let offset = loop {
        let before = offset(address, &path)?;
        let trial = ask(address, &chunk_head(&path, before, 0))?;
        if trial.starts_with("HTTP/1.1 204") {
            break before;
        }
        std::thread::yield_now();
    };
    println!("resumed at byte {offset} of {length}");
    let mut second = begin_chunk(address, &path, offset, length - offset)?;
    for number in offset / MIB..mebibytes {
        let from = if number == offset / MIB { (offset % MIB) as usize } else { 0 };
        second.write_all(&piece(number)[from..])?;
    }
    let answer = read_head(&mut second)?;
    let seconds = begin.elapsed().as_secs_f64();
    if !answer.starts_with("HTTP/1.1 204") {
        return Err(answer.into());
    }
    println!("uploading: {:.0} MB/s, {seconds:.1} s", length as f64 / 1e6 / seconds);
    println!("server at its peak: {} KiB", peak(server)?);
    let mut sent = Sha256::new();
    (0..mebibytes).for_each(|number| sent.update(piece(number)));
    let sent = sent.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((path.rsplit('/').next().unwrap_or_default().to_owned(), sent))
}

/// A mebibyte that no other one equals.
fn piece(number: u64) -> Vec<u8> {
    let mut piece: Vec<u8> = (0..MIB as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    piece[..8].copy_from_slice(&number.to_le_bytes());
    piece
}

fn chunk_head(path: &str, offset: u64, length: u64) -> String {
    format!(
        "PATCH {path} HTTP/1.1\r\nUpload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n\
         Content-Length: {length}\r\n"
    )
}

fn begin_chunk(address: &str, path: &str, offset: u64, length: u64) -> Outcome<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(
        format!("{}Host: {address}\r\nTus-Resumable: 1.0.0\r\n\r\n", chunk_head(path, offset, length)).as_bytes(),
    )?;
    Ok(stream)
}

fn offset(address: &str, path: &str) -> Outcome<u64> {
    let answer = ask(address, &format!("HEAD {path} HTTP/1.1\r\n"))?;
    Ok(header(&answer, "upload-offset").ok_or("no offset")?.parse()?)
}

/// Sends a request without a body on a connection of its own.
fn ask(address: &str, head: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(address)?;
    let end = format!("Host: {address}\r\nTus-Resumable: 1.0.0\r\nConnection: close\r\n\r\n");
    stream.write_all(format!("{head}{end}").as_bytes())?;
    read_head(&mut stream)
}

fn read_head(stream: &mut TcpStream) -> Outcome<String> {
    let mut head = String::new();
    let mut lines = BufReader::new(stream);
    while lines.read_line(&mut head)? > 2 {}
    Ok(head)
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

/// The most memory that a process has had, in KiB.
fn peak(process: &Child) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
