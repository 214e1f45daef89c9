//! The TV's screen for editors: the box's own program draws it, in a process of its own.
//!
//! The program is started at the first request and answers line by line (`yuexiang preview --help`). One request is under
//! way at a time. A program that dies or does not answer in time is started anew for the next request; pictures are kept
//! by what they show, so a page that is looked at again costs nothing.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use yuexiang_wire::Item;

use crate::desk::screen::Screen;
use crate::objects::{Objects, Place, hash};

/// The first picture loads the fonts; on a busy server that takes a while.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pictures that are kept: some ten megabytes.
const KEPT: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    #[error("the program {program} cannot be started: {source}")]
    Start { program: PathBuf, source: std::io::Error },
    #[error("the program that draws previews has died")]
    Died,
    #[error("the preview was not drawn within {} s", PATIENCE.as_secs())]
    Late,
    #[error("the preview cannot be drawn: {0}")]
    Refused(String),
    #[error("reading the preview: {0}")]
    Read(std::io::Error),
}

/// What is to be drawn: 1280 × 720 pixels.
pub struct Wanted<'a> {
    pub screen: &'a Screen,
    /// The board's list, or this page of the opened item.
    pub page: Option<u32>,
    pub large_letters: bool,
    pub english: bool,
    pub now: i64,
}

/// A PNG file's bytes and how many pages the item has.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub png: bytes::Bytes,
    pub pages: u32,
}

pub struct Preview {
    program: PathBuf,
    objects: Objects,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Running>,
    /// The newest last.
    kept: Vec<(String, Drawn)>,
    count: u64,
}

struct Running {
    // Ends with it.
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    folder: tempfile::TempDir,
}

impl Preview {
    pub fn new(program: PathBuf, objects: &Objects) -> Preview {
        Preview { program, objects: objects.clone(), state: Mutex::default() }
    }

    pub async fn draw(&self, wanted: &Wanted<'_>) -> Result<Drawn, PreviewError> {
        let Screen { item, board, village, above, village_name, sections, reviews, reviewers } = wanted.screen;
        let reviewers: Map<String, Value> =
            reviewers.iter().map(|(step, name)| (step.slug().to_owned(), name.as_str().into())).collect();
        let mut request = json!({
            "item": item,
            "board": board.slug(),
            "village": village,
            "village_name": village_name,
            "lineage": above,
            "sections": sections,
            "reviews": reviews,
            "reviewers": reviewers,
            "objects": self.objects.folder(),
            "screen": if wanted.page.is_some() { "item" } else { "list" },
            "page": wanted.page.unwrap_or(0),
            "size": "1280x720",
            "text_size": if wanted.large_letters { "large" } else { "normal" },
            "language": if wanted.english { "en" } else { "zh" },
            // By the minute, so that the same picture is known again.
            "now": wanted.now - wanted.now.rem_euclid(60),
        });
        let name = hash(request.to_string().as_bytes());
        let known = |state: &State| state.kept.iter().find(|(known, _)| *known == name).map(|(_, drawn)| drawn.clone());
        let before = known(&*self.state.lock().await);
        if let Some(drawn) = before {
            return Ok(drawn);
        }
        let has_all = self.bring_pictures(item).await;
        let mut state = self.state.lock().await;
        if let Some(drawn) = known(&state) {
            return Ok(drawn);
        }
        let mut running = match state.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        state.count += 1;
        let out = running.folder.path().join(format!("{}.png", state.count));
        request["id"] = json!(state.count);
        request["out"] = json!(out);
        let answer = tokio::time::timeout(PATIENCE, running.ask(&request)).await.map_err(|_| PreviewError::Late)??;
        // It has answered in good order, so it may go on.
        state.running = Some(running);
        if answer["ok"] != true {
            return Err(PreviewError::Refused(answer["error"].as_str().unwrap_or("no reason given").to_owned()));
        }
        let png = tokio::fs::read(&out).await.map_err(PreviewError::Read)?;
        // Another request never has its number; what cannot be removed goes with the folder.
        let _ = tokio::fs::remove_file(&out).await;
        let drawn = Drawn { png: png.into(), pages: answer["pages"].as_u64().unwrap_or(1) as u32 };
        // What was drawn without one of its pictures is drawn anew the next time.
        if has_all {
            if state.kept.len() == KEPT {
                state.kept.remove(0);
            }
            state.kept.push((name, drawn.clone()));
        }
        Ok(drawn)
    }

    /// Whether the program answers; it is started when it is not running. Whoever is having something drawn finds that out
    /// anyway, and is not waited for.
    pub async fn check(&self) -> Result<(), PreviewError> {
        let Ok(mut state) = self.state.try_lock() else { return Ok(()) };
        let mut running = match state.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        // It is asked for nothing, and answers what it lacks.
        tokio::time::timeout(PATIENCE, running.ask(&json!({}))).await.map_err(|_| PreviewError::Late)??;
        state.running = Some(running);
        Ok(())
    }

    /// Brings here what another process has put into the bucket: the program reads files. Without a picture the rest is
    /// shown all the same. Returns whether all of them are here.
    async fn bring_pictures(&self, item: &Item) -> bool {
        if self.objects.bucket().is_none() {
            return true;
        }
        let mut names = Vec::new();
        pictures(&serde_json::to_value(item).unwrap_or_default(), &mut names);
        let mut has_all = true;
        for sha256 in names {
            let found = tokio::time::timeout(PATIENCE, self.objects.find(&sha256)).await;
            match found {
                Ok(Ok(Place::Here(_))) => continue,
                Ok(Ok(Place::Bucket(..) | Place::Nowhere)) => tracing::warn!(sha256, "a preview lacks a picture"),
                Ok(Err(error)) => tracing::warn!(%error, sha256, "a preview lacks a picture"),
                // A bucket that does not answer keeps nobody waiting for every single picture.
                Err(_) => {
                    tracing::warn!(sha256, "a preview lacks a picture: the bucket does not answer");
                    return false;
                }
            }
            has_all = false;
        }
        has_all
    }

    fn start(&self) -> Result<Running, PreviewError> {
        let failed = |source| PreviewError::Start { program: self.program.clone(), source };
        let folder = tempfile::tempdir().map_err(failed)?;
        let mut child = Command::new(&self.program)
            .args(["preview", "--log", "error"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(PreviewError::Died);
        };
        Ok(Running { _child: child, input, output: BufReader::new(output).lines(), folder })
    }
}

/// The names of all pictures in a document, wherever they stand: a picture is what has a thumbnail.
fn pictures(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(thumbnail) = fields.get("thumbnail") {
                let both = [fields.get("sha256"), thumbnail.get("sha256")];
                names.extend(both.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
            }
            fields.values().for_each(|value| pictures(value, names));
        }
        Value::Array(values) => values.iter().for_each(|value| pictures(value, names)),
        _ => {}
    }
}

impl Running {
    async fn ask(&mut self, request: &Value) -> Result<Value, PreviewError> {
        let line = format!("{request}\n");
        self.input.write_all(line.as_bytes()).await.map_err(|_| PreviewError::Died)?;
        self.input.flush().await.map_err(|_| PreviewError::Died)?;
        let answer = self.output.next_line().await.map_err(|_| PreviewError::Died)?.ok_or(PreviewError::Died)?;
        serde_json::from_str(&answer).map_err(|_| PreviewError::Died)
    }
}
