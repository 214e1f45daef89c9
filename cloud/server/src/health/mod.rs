//! Whether this process does its work: what `/healthz` tells.
//!
//! *Live* is a process that answers at all; one that is not has to be started anew. *Ready* is one that can do what people
//! and boxes ask of it: write into its database and its data folder, and open its keys. One that is not gets no requests
//! from whatever spreads them, and an operator; starting it anew would help nothing.
//!
//! Everybody may ask, so what is told names no path and no address (that is in the log), and however many ask, it is
//! measured once in a few seconds.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::clock::Verdict;
use crate::db::{DbError, args};
use crate::objects::{ObjectError, Objects};
use crate::publish::Publisher;
use crate::reports::refused;
use crate::serve::Served;
use crate::store::{Store, StoreError};

/// How long a report is good enough.
const FRESH: Duration = Duration::from_secs(10);
/// What has not answered by then is as good as broken, or busy with something long.
const PATIENCE: Duration = Duration::from_secs(5);
/// Messages that wait for longer, in seconds, are no hiccup of a mail server.
const LATE: i64 = 3_600;
/// Bytes that are written to see whether there is room: as much as a text with its place in all indexes takes. On a full
/// disk something small still finds a corner, such as the end of SQLite's log.
const TRIAL: usize = 256 << 10;
/// With less than this free, in bytes, and less than a twentieth of all there is, somebody should make room.
const SCARCE: u64 = 2 << 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// It works, and somebody should look.
    Warning,
    Failed,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub state: State,
    /// What is wrong, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(flatten)]
    pub figures: Map<String, Value>,
}

impl Check {
    pub fn ok() -> Check {
        Check { state: State::Ok, why: None, figures: Map::new() }
    }

    pub fn warning(why: impl Into<String>) -> Check {
        Check { state: State::Warning, why: Some(why.into()), ..Check::ok() }
    }

    pub fn failed(why: impl Into<String>) -> Check {
        Check { state: State::Failed, why: Some(why.into()), ..Check::ok() }
    }

    pub fn with(mut self, name: &str, figure: impl Into<Value>) -> Check {
        self.figures.insert(name.to_owned(), figure.into());
        self
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub checks: BTreeMap<&'static str, Check>,
}

impl Report {
    pub fn state(&self) -> State {
        self.checks.values().map(|check| check.state).max().unwrap_or(State::Ok)
    }

    pub fn is_ready(&self) -> bool {
        self.state() < State::Failed
    }
}

/// The last report.
#[derive(Debug, Default)]
pub struct Health(Mutex<Option<(Instant, Report)>>);

impl Health {
    /// Who asks while it is being measured waits for that measurement.
    pub async fn report(&self, served: &Served) -> Report {
        let mut last = self.0.lock().await;
        if let Some((at, report)) = &*last
            && at.elapsed() < FRESH
        {
            return report.clone();
        }
        let report = measure(served).await;
        let before = last.as_ref().map(|(_, report)| report);
        log_changes(before, &report);
        *last = Some((Instant::now(), report.clone()));
        report
    }
}

async fn measure(served: &Served) -> Report {
    let (boxes, database, data, keys, preview, notices) = tokio::join!(
        boxes(&served.store),
        database(&served.store),
        data_folder(&served.objects),
        keys(&served.publisher),
        preview(served),
        notices(&served.store),
    );
    let (space, clock) = (space(&served.publisher.data), clock(&served.store));
    let checks = [
        ("boxes", boxes),
        ("clock", clock),
        ("database", database),
        ("data", data),
        ("keys", keys),
        ("notices", notices),
        ("preview", preview),
        ("space", space),
    ];
    Report { checks: checks.into_iter().collect() }
}

/// What has turned better or worse is in the log once, not with each question.
fn log_changes(before: Option<&Report>, now: &Report) {
    for (name, check) in &now.checks {
        let was = before.and_then(|report| report.checks.get(name)).map_or(State::Ok, |check| check.state);
        let why = check.why.as_deref().unwrap_or_default();
        match (was, check.state) {
            (was, now) if was == now => {}
            (_, State::Ok) => tracing::info!(check = name, "health: in order again"),
            (_, State::Warning) => tracing::warn!(check = name, why, "health: needs attention"),
            (_, State::Failed) => tracing::error!(check = name, why, "health: failed"),
        }
    }
}

/// Reads and writes, in a transaction as everything else does.
async fn database(store: &Store) -> Check {
    match tokio::time::timeout(PATIENCE, write(store)).await {
        Ok(Ok(())) => Check::ok(),
        Ok(Err(error)) => {
            tracing::error!(%error, "writing into the database to see whether it works");
            match error {
                StoreError::Db(error) if error.is_full() => Check::failed("there is no room to write"),
                _ => Check::failed("it cannot be written"),
            }
        }
        // A long publication holds SQLite's one writer; that ends.
        Err(_) => Check::warning(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

async fn write(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.db.begin().await?;
    let sql = "INSERT INTO trial (id, body) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
    // What is all the same would be packed into nothing.
    let mut body = vec![0; TRIAL];
    if aws_lc_rs::rand::fill(&mut body).is_err() {
        body.fill(jiff::Timestamp::now().subsec_nanosecond() as u8);
    }
    let written: Result<u64, DbError> = tx.execute("trying to write", sql, args![body]).await;
    written?;
    Ok(tx.commit().await?)
}

async fn data_folder(objects: &Objects) -> Check {
    let objects = objects.clone();
    let tried = tokio::task::spawn_blocking(move || try_folder(&objects));
    match tokio::time::timeout(PATIENCE, tried).await {
        Ok(Ok(Ok(()))) => Check::ok(),
        Ok(Ok(Err(error))) => {
            tracing::error!(%error, "writing into the data folder to see whether it works");
            match &error {
                ObjectError::Folder { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                    Check::failed("there is no room to write")
                }
                _ => Check::failed("it cannot be written"),
            }
        }
        Ok(Err(error)) => Check::failed(error.to_string()),
        Err(_) => Check::failed(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn try_folder(objects: &Objects) -> Result<(), ObjectError> {
    let mut file = objects.temporary()?;
    let path = file.path().to_owned();
    let failed = |source| ObjectError::Folder { path: path.clone(), source };
    file.write_all(&[0x5a; TRIAL]).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)
}

async fn keys(publisher: &Publisher) -> Check {
    match tokio::time::timeout(PATIENCE, publisher.check_master()).await {
        Ok(Ok(())) => Check::ok(),
        Ok(Err(error)) => {
            tracing::error!(%error, "opening keys to see whether they open");
            Check::failed("the master key does not open the keys in the database")
        }
        Err(_) => Check::warning(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

async fn preview(served: &Served) -> Check {
    let Some(preview) = &served.preview else { return Check::ok().with("configured", false) };
    match preview.check().await {
        Ok(()) => Check::ok().with("configured", true),
        Err(error) => {
            tracing::warn!(%error, "asking the program that draws previews whether it answers");
            Check::warning("the program that draws previews does not answer").with("configured", true)
        }
    }
}

/// What boxes refuse is for an operator to look at: nobody has proved that it was one of ours who told it.
async fn boxes(store: &Store) -> Check {
    let refused = tokio::time::timeout(PATIENCE, refused(store, jiff::Timestamp::now().as_second())).await;
    let Ok(Ok(refused)) = refused else { return Check::warning("what boxes refuse cannot be read") };
    let check = match refused.is_empty() {
        true => Check::ok(),
        false => Check::warning("boxes refuse or withhold what was published"),
    };
    let most = refused.iter().map(|one| one.boxes).max().unwrap_or(0);
    check.with("objects", refused.len()).with("most", most)
}

/// Nobody is told of anything by mail while letters wait; the console has it all the same.
async fn notices(store: &Store) -> Check {
    let now = jiff::Timestamp::now().as_second();
    let sql = "SELECT count(*), min(created) FROM notice_message WHERE state = 'waiting'";
    let waiting = store.db.one::<(i64, Option<i64>)>("counting messages", sql, Vec::new());
    let Ok(Ok((waiting, since))) = tokio::time::timeout(PATIENCE, waiting).await else {
        return Check::warning("how notices are sent cannot be read");
    };
    let check = match since {
        Some(since) if since < now - LATE => Check::warning("notices are not delivered"),
        _ => Check::ok(),
    };
    check.with("waiting", waiting)
}

/// With a doubted clock everything can be read and nothing published.
fn clock(store: &Store) -> Check {
    let Some(look) = store.clock.last() else { return Check::ok().with("confirmed", false) };
    let check = match &look.verdict {
        Verdict::Doubted(doubt) => Check::warning(doubt.to_string()),
        _ if !look.silent.is_empty() => Check::warning(format!("{} does not tell the time", look.silent.join(", "))),
        _ => Check::ok(),
    };
    check.with("confirmed", look.verdict == Verdict::Confirmed)
}

/// Free space says what will come; whether it fails now, the trials say.
fn space(data: &std::path::Path) -> Check {
    let Ok(system) = rustix::fs::statvfs(data) else { return Check::ok() };
    let (free, all) = (system.f_bavail * system.f_frsize, system.f_blocks * system.f_frsize);
    let check = match free < SCARCE && free < all / 20 {
        true => Check::warning("little room is left"),
        false => Check::ok(),
    };
    check.with("free", json!(free)).with("capacity", json!(all))
}
