//! Polls without news: as many 304 answers per second as one client gets from the cloud, and from nginx with the same file.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::reach::{Running, VILLAGE, free_port, wait_for};

/// Seconds of one run, and runs of each, taken in turn.
const SECONDS: u32 = 5;
const RUNS: usize = 3;
const CONNECTIONS: u32 = 32;
/// Bytes of an answer without a body.
const LONGEST: f64 = 350.0;

/// `data` holds a village's repository, and its copy on disk.
pub async fn measure(program: &Path, data: &Path) -> Result {
    let cloud = Running::serve(program, data, None)?;
    let port = free_port()?;
    let _nginx = nginx(data, port)?;
    let path = format!("/tuf/{VILLAGE}/timestamp.json");
    let urls = [format!("{}{path}", cloud.url), format!("http://127.0.0.1:{port}{path}")];
    let mut rates = [Vec::new(), Vec::new()];
    let mut tags = Vec::new();
    for url in &urls {
        tags.push(wait_for(url, None).await?);
    }
    for _ in 0..RUNS {
        for ((url, tag), rates) in urls.iter().zip(&tags).zip(&mut rates) {
            rates.push(wrk(url, tag)?);
        }
    }
    let [ours, theirs] = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    });
    println!(
        "| 304 polls of timestamp.json: {ours:.0}/s; nginx {theirs:.0}/s | **{:.2}** | – | ≥ 0.8 |",
        ours / theirs
    );
    Ok(())
}

/// Answers per second; every one of them has to be a 304.
fn wrk(url: &str, tag: &str) -> Result<f64> {
    let script = tempfile::Builder::new().suffix(".lua").tempfile()?;
    // Answers of 400 and more are errors to it; what is left is 304, or 200 with a body, which would be seen in the bytes.
    let lua = "function done(summary, latency, requests)
                 io.write('rate ', summary.requests / summary.duration * 1e6, ' errors ', summary.errors.status,
                          ' bytes ', summary.bytes / summary.requests, '\\n')
               end\n";
    std::fs::write(script.path(), lua)?;
    let mut command = Command::new("wrk");
    command.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{SECONDS}s"), "-s"]).arg(script.path());
    let output = command.args(["-H", &format!("If-None-Match: {tag}"), url]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> = text.lines().find(|line| line.starts_with("rate ")).unwrap_or_default().split(' ').collect();
    match words[..] {
        ["rate", rate, "errors", "0", "bytes", bytes] if bytes.parse::<f64>()? < LONGEST => Ok(rate.parse()?),
        _ => Err(format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// nginx with the copies on disk, as many workers as it takes by itself.
fn nginx(data: &Path, port: u16) -> Result<Running> {
    let folder = data.join("nginx");
    std::fs::create_dir_all(&folder)?;
    let (folder, root) = (folder.canonicalize()?, data.canonicalize()?);
    let at = folder.display();
    let text = format!(
        "daemon off; pid {at}/pid; error_log {at}/error.log; worker_processes auto; user root;
         events {{ worker_connections 1024; }}
         http {{ access_log off; sendfile on; tcp_nopush on; open_file_cache max=1000; keepalive_requests 100000000;
           client_body_temp_path {at}/1; proxy_temp_path {at}/2; fastcgi_temp_path {at}/3; uwsgi_temp_path {at}/4;
           scgi_temp_path {at}/5;
           server {{ listen 127.0.0.1:{port}; root {root}; add_header Cache-Control no-cache; }} }}",
        root = root.display()
    );
    let path = folder.join("nginx.conf");
    std::fs::write(&path, text)?;
    let process = Command::new("nginx").arg("-c").arg(&path).arg("-e").arg(folder.join("error.log")).spawn()?;
    Ok(Running { process, url: format!("http://127.0.0.1:{port}") })
}
