//! The media that editors send: from a finished upload to something that boxes can show.
//!
//! A medium has its upload's id. Taking it in looks at what the file really is and refuses by name what cannot be shown;
//! making it is the work of [`Desk::work`], one after another, in whichever process has the source on its disk. A process
//! that dies in the middle is noticed by its silence, and the work begins anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use yuexiang_console::words::Lang;
use yuexiang_wire::{Picture, Video};

use super::compile::{Medium, medium_of};
use super::draft::{Draft, Markup};
use super::rights::{Action, Actor};
use super::{Desk, DeskError, typed};
use crate::db::args;
use crate::intake::{self, IntakeError, Made, Refusal};
use crate::media::{picture_objects, video_objects};
use crate::messages::Message;
use crate::objects::ObjectError;
use crate::publish::PublishError;
use crate::region::RegionCode;
use crate::store::unreadable;
use crate::upload::{UploadError, Uploads};

/// Work of which nothing was heard for so long, in seconds, is taken over.
const SILENCE: i64 = 60;
/// Media that are looked at in one go for one whose source is here.
const PAGE: i64 = 50;
/// Files that a process looks at at the same time, so that memory does not depend on how many editors send something.
static LOOKS: Semaphore = Semaphore::const_new(2);
/// How often the progress of a work is noted.
const BEAT: Duration = Duration::from_secs(1);

/// What has become of a medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediumRow {
    pub id: String,
    pub account: String,
    pub region: RegionCode,
    /// The file's name, as its sender calls it.
    pub name: String,
    pub state: MediumState,
    pub created: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediumState {
    Waiting,
    /// 0–100
    Working(u8),
    Picture(Picture),
    Video(Box<Video>),
    /// Chinese, English.
    Refused(String, String),
}

/// Why it was refused, as it is kept.
#[derive(Serialize, Deserialize)]
struct Refused {
    zh: String,
    en: String,
}

impl Refused {
    fn new(name: &str, refusal: &Refusal) -> Refused {
        let refusal = Message::from(refusal.clone());
        let said = |lang| refusal.sentence(lang);
        Refused { zh: format!("“{name}”：{}", said(Lang::Zh)), en: format!("`{name}`: {}", said(Lang::En)) }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TakeInError {
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error("the work was stopped")]
    Stopped,
}

impl From<crate::db::DbError> for TakeInError {
    fn from(error: crate::db::DbError) -> TakeInError {
        TakeInError::Desk(error.into())
    }
}

crate::db::row! {
    struct Record {
        id: String,
        account: String,
        region: String,
        name: String,
        state: String,
        kind: String,
        percent: i64,
        result: Option<String>,
        created: i64,
    }
}

const COLUMNS: &str = "id, account, region, name, state, kind, percent, result, created";

impl Desk {
    /// Makes a medium of a finished upload, or returns the one that it has become. A file that cannot be shown becomes a
    /// medium that was refused. The medium is kept before its source leaves the upload, so a failure loses neither: whoever
    /// asks again goes on from there.
    pub async fn take_in(
        &self,
        actor: &Actor,
        uploads: &Arc<Uploads>,
        id: &str,
        now: i64,
    ) -> Result<MediumRow, TakeInError> {
        if let Some(known) = self.medium(id).await? {
            return self.taken_in(actor, uploads, known).await;
        }
        let regions = actor.regions(Action::Upload);
        let region = *regions.first().ok_or_else(|| DeskError::NoMedium(id.to_owned()))?;
        let (name, looked) = look_at(uploads, id, &actor.account).await?;
        let (kind, state, result) = match looked {
            Ok(intake::Kind::Picture) => ("picture", "waiting", None),
            Ok(intake::Kind::Video) => ("video", "waiting", None),
            Err(IntakeError::Refused(refusal)) => ("", "refused", Some(json(&Refused::new(&name, &refusal)))),
            Err(error) => return Err(error.into()),
        };
        // Somebody who asks twice at once is answered the same twice.
        let sql = "INSERT INTO medium (id, region, account, name, state, kind, result, created)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
        let values = args![id, region, &actor.account, name, state, kind, result, now];
        self.publisher.store.db.execute("keeping a medium", sql, values).await?;
        let kept = self.medium(id).await?.ok_or_else(|| DeskError::NoMedium(id.to_owned()))?;
        self.taken_in(actor, uploads, kept).await
    }

    /// Has the source of a medium where it is worked on, or nowhere when nothing is to be made of it.
    async fn taken_in(
        &self,
        actor: &Actor,
        uploads: &Arc<Uploads>,
        medium: MediumRow,
    ) -> Result<MediumRow, TakeInError> {
        if medium.account != actor.account {
            return Err(UploadError::Unknown.into());
        }
        let is_waiting = medium.state == MediumState::Waiting;
        let source = self.source(&medium.id);
        let (uploads, id, account) = (uploads.clone(), medium.id.clone(), medium.account.clone());
        let moved = spawn_blocking(move || match is_waiting {
            true => {
                std::fs::create_dir_all(source.parent().unwrap_or(Path::new("."))).ok();
                uploads.take(&id, &account, &source).map(|_| ())
            }
            false => uploads.remove(&id, &account),
        });
        match moved.await.map_err(|_| TakeInError::Stopped)? {
            // It was moved before, or lies with another process.
            Ok(()) | Err(UploadError::Unknown) => {}
            Err(error) if is_waiting => return Err(error.into()),
            // The upload ends by itself after a while.
            Err(error) => tracing::warn!(%error, medium = medium.id, "an upload that is no longer needed stays"),
        }
        Ok(medium)
    }

    pub async fn medium(&self, id: &str) -> Result<Option<MediumRow>, DeskError> {
        let sql = format!("SELECT {COLUMNS} FROM medium WHERE id = $1");
        let record = self.publisher.store.db.optional("reading a medium", &sql, args![id]).await?;
        record.map(row).transpose()
    }

    /// A medium that the actor may see: their own, or one of a region whose drafts they see. To others there is none.
    pub async fn medium_seen(&self, actor: &Actor, id: &str) -> Result<MediumRow, DeskError> {
        let sees = |row: &MediumRow| row.account == actor.account || actor.may(Action::SeeDrafts, row.region);
        self.medium(id).await?.filter(sees).ok_or_else(|| DeskError::NoMedium(id.to_owned()))
    }

    /// How many media wait to be made, and those that are being made: name, region and percent.
    pub async fn in_work(&self) -> Result<(i64, Vec<MediumRow>), DeskError> {
        let db = &self.publisher.store.db;
        let sql = "SELECT count(*) FROM medium WHERE state = 'waiting'";
        let (waiting,): (i64,) = db.one("counting media", sql, args![]).await?;
        let sql = format!("SELECT {COLUMNS} FROM medium WHERE state = 'working' ORDER BY created");
        let rows: Vec<Record> = db.all("reading what is being made", &sql, args![]).await?;
        Ok((waiting, rows.into_iter().map(row).collect::<Result<_, _>>()?))
    }

    /// What the media of a draft have become. Those count that its writers have sent, or somebody for the item's region or
    /// for one above it.
    pub(super) async fn media_of(
        &self,
        region: RegionCode,
        writers: &[String],
        draft: &Draft,
    ) -> Result<BTreeMap<String, Medium>, DeskError> {
        let listed = draft.pictures.iter().chain(&draft.receipts).map(|picture| picture.medium.clone());
        let named = listed.chain(draft.cover.clone()).chain(draft.video.clone()).chain(figures(draft));
        let mut made = BTreeMap::new();
        for id in named.take(500) {
            let Some(row) = self.medium(&id).await? else { continue };
            if !row.region.contains(region) && !writers.contains(&row.account) {
                continue;
            }
            let medium = match row.state {
                MediumState::Waiting | MediumState::Working(_) => Medium::StillMade,
                MediumState::Picture(picture) => Medium::Picture(picture),
                MediumState::Video(video) => Medium::Video(video),
                MediumState::Refused(zh, en) => Medium::Refused(zh, en),
            };
            made.insert(id, medium);
        }
        Ok(made)
    }

    /// Makes one medium that waits, if there is one whose source is here. Returns whether there was.
    pub async fn work(&self, worker: &str, now: i64) -> Result<bool, TakeInError> {
        let sql = "SELECT id, name, kind, created FROM medium WHERE state IN ('waiting', 'working')
                   AND (state = 'waiting' OR beat < $1) AND (created, id) > ($2, $3) ORDER BY created, id LIMIT $4";
        let db = &self.publisher.store.db;
        // Any number of media may wait whose sources lie with other processes.
        let mut behind = (i64::MIN, String::new());
        loop {
            let values = args![now - SILENCE, behind.0, &behind.1, PAGE];
            let rows: Vec<(String, String, String, i64)> = db.all("looking for work", sql, values).await?;
            let Some((last, .., created)) = rows.last() else { return Ok(false) };
            behind = (*created, last.clone());
            for (id, name, kind, _) in rows {
                if self.source(&id).is_file() && self.claim(&id, worker, now).await? {
                    self.make(&id, &name, &kind, worker).await?;
                    return Ok(true);
                }
            }
        }
    }

    /// One process alone gets it.
    async fn claim(&self, id: &str, worker: &str, now: i64) -> Result<bool, DeskError> {
        let sql = "UPDATE medium SET state = 'working', worker = $1, beat = $2, percent = 0
                   WHERE id = $3 AND (state = 'waiting' OR (state = 'working' AND beat < $4))";
        let values = args![worker, now, id, now - SILENCE];
        Ok(self.publisher.store.db.execute("claiming a medium", sql, values).await? == 1)
    }

    async fn make(&self, id: &str, name: &str, kind: &str, worker: &str) -> Result<(), TakeInError> {
        let kind = if kind == "video" { intake::Kind::Video } else { intake::Kind::Picture };
        let percent = Arc::new(AtomicU8::new(0));
        let cancel = Arc::new(AtomicBool::new(false));
        let preparing = spawn_blocking({
            let (percent, cancel) = (percent.clone(), cancel.clone());
            let (source, objects) = (self.source(id), self.objects.clone());
            move || {
                let note = |progress: intake::Progress| percent.store(progress.percent, Ordering::Relaxed);
                intake::prepare(&source, kind, &objects, &note, &cancel)
            }
        });
        let work = async {
            let made = preparing.await.map_err(|_| TakeInError::Stopped)?;
            self.share(&made).await.map_err(|error| DeskError::from(PublishError::from(error)))?;
            Ok::<_, TakeInError>(made)
        };
        tokio::pin!(work);
        let mut beats = tokio::time::interval(BEAT);
        let made = loop {
            tokio::select! {
                made = &mut work => break made,
                _ = beats.tick() => {
                    // Whoever has lost its claim, because it was silent for too long, leaves the work to the other.
                    if !self.beat(id, worker, percent.load(Ordering::Relaxed)).await? {
                        cancel.store(true, Ordering::Relaxed);
                    }
                }
            }
        };
        let (state, result) = match made {
            Ok(Ok(Made::Picture(picture))) => ("ready", json(&picture)),
            Ok(Ok(Made::Video(video))) => ("ready", json(&video)),
            Ok(Err(IntakeError::Refused(refusal))) => ("refused", json(&Refused::new(name, &refusal))),
            Ok(Err(IntakeError::Cancelled)) => return Ok(()),
            Ok(Err(error)) => {
                self.give_back(id, worker).await?;
                return Err(error.into());
            }
            Err(error) => {
                self.give_back(id, worker).await?;
                return Err(error);
            }
        };
        let sql = "UPDATE medium SET state = $1, result = $2, percent = 100 WHERE id = $3 AND worker = $4";
        self.publisher.store.db.execute("keeping what was made", sql, args![state, result, id, worker]).await?;
        self.drop_source(id);
        Ok(())
    }

    /// Only what other processes can read too is ready.
    async fn share(&self, made: &Result<Made, IntakeError>) -> Result<(), ObjectError> {
        match made {
            Ok(Made::Picture(picture)) => self.objects.share(picture_objects(picture)).await,
            Ok(Made::Video(video)) => self.objects.share(video_objects(video)).await,
            Err(_) => Ok(()),
        }
    }

    async fn beat(&self, id: &str, worker: &str, percent: u8) -> Result<bool, DeskError> {
        let sql = "UPDATE medium SET beat = $1, percent = $2 WHERE id = $3 AND worker = $4 AND state = 'working'";
        let now = jiff::Timestamp::now().as_second();
        let values = args![now, i64::from(percent), id, worker];
        Ok(self.publisher.store.db.execute("noting progress", sql, values).await? == 1)
    }

    /// After a failure of this machine the work waits for a while, for this process or another.
    async fn give_back(&self, id: &str, worker: &str) -> Result<(), DeskError> {
        let sql = "UPDATE medium SET percent = 0 WHERE id = $1 AND worker = $2";
        self.publisher.store.db.execute("giving work back", sql, args![id, worker]).await?;
        Ok(())
    }

    /// Where the source of a medium lies until it is made.
    fn source(&self, id: &str) -> PathBuf {
        // An id is an upload's: digits and letters.
        let name: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
        self.publisher.data.join("sources").join(name)
    }

    fn drop_source(&self, id: &str) {
        if let Err(error) = std::fs::remove_file(self.source(id)) {
            tracing::warn!(%error, medium = id, "a source that is no longer needed stays");
        }
    }
}

/// The name of a finished upload, and what its file really is.
async fn look_at(
    uploads: &Arc<Uploads>,
    id: &str,
    account: &str,
) -> Result<(String, Result<intake::Kind, IntakeError>), TakeInError> {
    let _turn = LOOKS.acquire().await.map_err(|_| TakeInError::Stopped)?;
    let (uploads, id, account) = (uploads.clone(), id.to_owned(), account.to_owned());
    let looked = spawn_blocking(move || {
        let finished = uploads.finished(&id, &account)?;
        Ok::<_, UploadError>((finished.name, intake::classify(&finished.path)))
    });
    Ok(looked.await.map_err(|_| TakeInError::Stopped)??)
}

fn json(value: &impl Serialize) -> String {
    // Wire documents and sentences have string keys.
    serde_json::to_string(value).unwrap_or_default()
}

fn row(record: Record) -> Result<MediumRow, DeskError> {
    let missing = || DeskError::NoMedium(record.id.clone());
    let result = record.result.as_deref().unwrap_or("null");
    let state = match (record.state.as_str(), record.kind.as_str()) {
        ("waiting", _) => MediumState::Waiting,
        ("working", _) => MediumState::Working(record.percent.clamp(0, 100) as u8),
        ("ready", "video") => MediumState::Video(read(result, &record.id)?),
        ("ready", _) => MediumState::Picture(read(result, &record.id)?),
        _ => {
            let Refused { zh, en } = read(result, &record.id)?;
            MediumState::Refused(zh, en)
        }
    };
    let region = record.region.parse().map_err(|_| missing())?;
    let Record { id, account, name, created, .. } = record;
    Ok(MediumRow { id, account, region, name, state, created })
}

fn read<T: serde::de::DeserializeOwned>(text: &str, id: &str) -> Result<T, DeskError> {
    Ok(serde_json::from_str(text).map_err(unreadable("medium", id))?)
}

/// Ids that the figures of a text name.
fn figures(draft: &Draft) -> Vec<String> {
    use pulldown_cmark::{Event, Parser, Tag};
    if draft.markup == Markup::Lines {
        return typed::figures(&draft.body);
    }
    let images = Parser::new(&draft.body).filter_map(|event| match event {
        Event::Start(Tag::Image { dest_url, .. }) => Some(medium_of(&dest_url).to_owned()),
        _ => None,
    });
    images.collect()
}
