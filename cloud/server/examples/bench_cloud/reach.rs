//! From the final approval's commit to the first answer with the new timestamp, by another process than the one that has
//! published: a server that shares the database.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use yuexiang_cloud::publish::Publisher;
use yuexiang_cloud::publish::drafts::Drafts;
use yuexiang_cloud::region::RegionCode;

use crate::Result;
use crate::measure::line;

pub const VILLAGE: &str = "440224103201";
const ROUNDS: usize = 40;
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that ends when this does.
pub struct Running {
    pub process: Child,
    pub url: String,
}

impl Running {
    /// `yuexiang-cloud serve` with a data folder.
    pub fn serve(program: &Path, data: &Path, database: Option<&str>) -> Result<Running> {
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.args(database.into_iter().flat_map(|address| ["--database", address]));
        let mut process = command.env("RUST_LOG", "error").stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("its output")?).read_line(&mut line)?;
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        Ok(Running { process, url })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // nginx ends its workers when it is asked to, and not when it is killed.
        let id = self.process.id().to_string();
        if !Command::new("kill").args(["-TERM", &id]).status().is_ok_and(|status| status.success()) {
            // It has ended by itself.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Asks until an answer has another tag than the one that is known, and returns it.
pub async fn wait_for(url: &str, known: Option<&str>) -> Result<String> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let request = client.get(url);
        let request = known.iter().fold(request, |request, tag| request.header("if-none-match", *tag));
        if let Ok(answer) = request.send().await
            && answer.status() == 200
            && let Some(tag) = answer.headers().get("etag")
        {
            return Ok(tag.to_str()?.to_owned());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err(format!("{url}: nothing new after {PATIENCE:?}").into())
}

pub async fn measure(program: &Path, folder: &Path, postgres: Option<&str>) -> Result {
    let mut databases = vec![("SQLite", folder.join("sqlite"), None)];
    if let Some(server) = postgres {
        databases.push(("PostgreSQL", folder.join("postgres"), Some(crate::create(server, "bench_reach")?)));
    }
    for (name, data, address) in databases {
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        other_process(program, name, data, address).await?;
    }
    Ok(())
}

async fn other_process(program: &Path, name: &str, data: PathBuf, address: Option<String>) -> Result {
    let publisher = Publisher::open(&data, address.as_deref()).await?;
    let village: RegionCode = VILLAGE.parse()?;
    publish(&publisher, village, 0).await?;
    yuexiang_cloud::export::export(&data, &publisher.store, village).await?;
    let server = Running::serve(program, &data, address.as_deref())?;
    let url = format!("{}/tuf/{VILLAGE}/timestamp.json", server.url);
    let mut tag = wait_for(&url, None).await?;
    let mut times = Vec::new();
    for number in 1..=ROUNDS {
        publish(&publisher, village, number).await?;
        let began = Instant::now();
        tag = wait_for(&url, Some(&tag)).await?;
        times.push(began.elapsed());
    }
    line(&format!("{name}: commit in one process → first 200 from another"), times, "≤ 1 s");
    Ok(())
}

/// A change of the village's repository, up to its commit.
async fn publish(publisher: &Publisher, village: RegionCode, number: usize) -> Result {
    let mut change = publisher.store.change().await?;
    Drafts::lock(&mut change, &[village]).await?;
    let mut drafts = Drafts::new(publisher, jiff::Timestamp::now().as_second());
    drafts.open(&mut change, village, None).await?;
    drafts.put(village, "bench.json", number.to_string().into_bytes());
    drafts.finish(&mut change).await?;
    change.commit().await?;
    Ok(())
}
