//! Prepares what a pack names: pictures to JPEG, videos to MP4, programme clips to segments.
//!
//! Every result is kept under the hash of its source and the recipe that made it, so publishing again costs a hash.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use yuexiang_console::messages::Message;
use yuexiang_console::messages::pack::Flaw;
use yuexiang_console::words::Lang;
use yuexiang_wire::{Object, Picture, Video};

use crate::intake::Refusal;
use crate::objects::{ObjectError, Objects, Stored, hash_file};
use crate::pack::{Desk, PictureSource, Place, Problems};
use crate::progress::Progress;

mod colour;
mod cut;
mod feed;
mod guard;
pub mod heif;
mod picture;
mod poster;
mod probe;
mod video;

/// A programme of a live channel, cut into segments of `live::SEGMENT_SECONDS`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clip {
    pub segments: Vec<Stored>,
}

/// Why a medium could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The source is at fault.
    #[error(transparent)]
    Refused(Refusal),
    #[error("the work was cancelled")]
    Cancelled,
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error("this machine lacks the GStreamer element {0}")]
    Element(String),
    #[error("reading {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
}

/// Who looks on while a video is made.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Frames that are done, of how many; 0 when that is not known.
    pub part: &'a dyn Fn(u64, u64),
    /// Whoever sets it wants no more of it.
    pub cancel: &'a AtomicBool,
}

/// Packs are made to the end.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Checks a picture without decoding it.
pub fn check_picture(file: &Path) -> Result<(), MediaError> {
    picture::probe(&PictureSource { file: file.to_owned(), crop: None })
}

/// Checks a video by decoding its first frame.
pub fn check_video(file: &Path) -> Result<(), MediaError> {
    probe::probe(file).map(|_| ())
}

pub fn make_picture(file: &Path, objects: &Objects) -> Result<Picture, MediaError> {
    picture::make(&PictureSource { file: file.to_owned(), crop: None }, objects)
}

pub fn make_video(file: &Path, objects: &Objects, watch: &Watch<'_>) -> Result<Video, MediaError> {
    video::make_video(file, objects, watch)
}

/// Remembers results between runs.
pub trait Cache: Sync {
    fn get(&self, source: &str, recipe: &str) -> Option<String>;
    fn put(&self, source: &str, recipe: &str, result: &str);
}

/// What one or more packs need. As a desk it gives empty media and only takes notes.
#[derive(Debug, Default)]
pub struct Inventory {
    pictures: BTreeMap<PictureSource, Place>,
    videos: BTreeMap<PathBuf, Place>,
    clips: BTreeMap<PathBuf, Place>,
}

impl Desk for Inventory {
    fn picture(&mut self, at: &Place, source: &PictureSource, _: &Problems) -> Option<Picture> {
        self.pictures.entry(source.clone()).or_insert_with(|| at.clone());
        Some(empty_picture())
    }

    fn video(&mut self, at: &Place, file: &Path, _: &Problems) -> Option<Video> {
        self.videos.entry(file.to_owned()).or_insert_with(|| at.clone());
        Some(Video { sha256: String::new(), length: 0, width: 0, height: 0, duration: 0, poster: empty_picture() })
    }

    fn clip(&mut self, at: &Place, file: &Path, _: &Problems) -> Option<Clip> {
        self.clips.entry(file.to_owned()).or_insert_with(|| at.clone());
        Some(Clip { segments: Vec::new() })
    }
}

fn empty_picture() -> Picture {
    let thumbnail = Object { sha256: String::new(), length: 0 };
    Picture { sha256: String::new(), length: 0, width: 0, height: 0, caption: String::new(), thumbnail }
}

/// Media by what the pack calls them.
#[derive(Debug, Default)]
pub struct Prepared {
    pictures: HashMap<PictureSource, Picture>,
    videos: HashMap<PathBuf, Video>,
    clips: HashMap<PathBuf, Clip>,
}

impl Desk for Prepared {
    fn picture(&mut self, at: &Place, source: &PictureSource, problems: &Problems) -> Option<Picture> {
        found(self.pictures.get(source), at, problems)
    }

    fn video(&mut self, at: &Place, file: &Path, problems: &Problems) -> Option<Video> {
        found(self.videos.get(file), at, problems)
    }

    fn clip(&mut self, at: &Place, file: &Path, problems: &Problems) -> Option<Clip> {
        found(self.clips.get(file), at, problems)
    }
}

/// Absent only when the pack changed while it was being published.
fn found<T: Clone>(medium: Option<&T>, at: &Place, problems: &Problems) -> Option<T> {
    medium.cloned().or_else(|| problems.none(at, Flaw::PackChanged))
}

/// One medium to be made.
#[derive(Clone, Debug)]
enum Job {
    Picture(PictureSource),
    Video(PathBuf),
    Clip(PathBuf),
}

impl Job {
    fn file(&self) -> &Path {
        match self {
            Job::Picture(source) => &source.file,
            Job::Video(file) | Job::Clip(file) => file,
        }
    }

    fn recipe(&self) -> String {
        match self {
            Job::Picture(source) => picture::recipe(source.crop),
            Job::Video(_) => video::RECIPE_VIDEO.to_owned(),
            Job::Clip(_) => video::RECIPE_CLIP.to_owned(),
        }
    }

    /// Looks at the source without much work, so that mistakes are found before anything long begins.
    fn probe(&self) -> Result<(), MediaError> {
        match self {
            Job::Picture(source) => picture::probe(source),
            Job::Video(file) | Job::Clip(file) => check_video(file),
        }
    }

    fn make(&self, objects: &Objects, progress: &Progress) -> Result<Made, MediaError> {
        Ok(match self {
            Job::Picture(source) => Made::Picture(picture::make(source, objects)?),
            Job::Video(file) => {
                let part = |done, whole| progress.part(file, done, whole);
                Made::Video(video::make_video(file, objects, &Watch { part: &part, cancel: &NEVER })?)
            }
            Job::Clip(file) => {
                let part = |done, whole| progress.part(file, done, whole);
                Made::Clip(video::make_clip(file, objects, &Watch { part: &part, cancel: &NEVER })?)
            }
        })
    }

    /// A result of an earlier run whose objects are all still there.
    fn remembered(&self, result: &str, objects: &Objects) -> Option<Made> {
        fn read<T: DeserializeOwned>(result: &str) -> Option<T> {
            serde_json::from_str(result).ok()
        }
        let made = match self {
            Job::Picture(_) => Made::Picture(read(result)?),
            Job::Video(_) => Made::Video(read(result)?),
            Job::Clip(_) => Made::Clip(read(result)?),
        };
        made.objects().into_iter().all(|(sha256, length)| objects.has(sha256, length)).then_some(made)
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Made {
    Picture(Picture),
    Video(Video),
    Clip(Clip),
}

impl Made {
    fn objects(&self) -> Vec<(&str, u64)> {
        match self {
            Made::Picture(picture) => picture_objects(picture).to_vec(),
            Made::Video(video) => video_objects(video).to_vec(),
            Made::Clip(clip) => clip_objects(clip).collect(),
        }
    }
}

/// The objects that a picture names, with their lengths.
pub fn picture_objects(picture: &Picture) -> [(&str, u64); 2] {
    [(&picture.sha256, picture.length), (&picture.thumbnail.sha256, picture.thumbnail.length)]
}

/// The objects that a video names, with their lengths.
pub fn video_objects(video: &Video) -> [(&str, u64); 3] {
    let [poster, thumbnail] = picture_objects(&video.poster);
    [(&video.sha256, video.length), poster, thumbnail]
}

fn clip_objects(clip: &Clip) -> impl Iterator<Item = (&str, u64)> {
    clip.segments.iter().map(|segment| (segment.sha256.as_str(), segment.length))
}

/// Makes everything in the inventory. What is wrong with a source is noted; errors are about this machine.
pub fn prepare(
    inventory: Inventory,
    objects: &Objects,
    cache: &dyn Cache,
    progress: &Progress,
    problems: &Problems,
) -> Result<Prepared, MediaError> {
    let mut prepared = Prepared::default();
    let mut open = Vec::new();
    let mut hashes = HashMap::new();
    for (job, place) in inventory.jobs() {
        let source = source_hash(&mut hashes, job.file())?;
        let known = cache.get(&source, &job.recipe()).and_then(|result| job.remembered(&result, objects));
        match known {
            Some(made) => prepared.keep(&job, made),
            None => open.push((job, place, source)),
        }
    }
    let before = problems.len();
    for (job, place, _) in &open {
        note(job.probe(), place, job, problems)?;
    }
    if problems.len() > before {
        return Ok(prepared);
    }
    progress.begin(open.len());
    let (pictures, videos): (Vec<_>, Vec<_>) = open.into_iter().partition(|(job, ..)| matches!(job, Job::Picture(_)));
    // Pictures keep one core busy each; an encoder keeps all of them busy by itself.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for (jobs, workers) in [(pictures, cores), (videos, 1)] {
        for (made, job, place, source) in work(jobs, workers, objects, progress) {
            if let Some(made) = note(made, &place, &job, problems)? {
                // A result that cannot be remembered is only made again.
                if let Ok(result) = serde_json::to_string(&made) {
                    cache.put(&source, &job.recipe(), &result);
                }
                prepared.keep(&job, made);
            }
        }
    }
    progress.end();
    Ok(prepared)
}

impl Inventory {
    fn jobs(self) -> impl Iterator<Item = (Job, Place)> {
        let pictures = self.pictures.into_iter().map(|(source, place)| (Job::Picture(source), place));
        let videos = self.videos.into_iter().map(|(file, place)| (Job::Video(file), place));
        let clips = self.clips.into_iter().map(|(file, place)| (Job::Clip(file), place));
        pictures.chain(videos).chain(clips)
    }
}

impl Prepared {
    /// Every object that is named, with its length.
    pub fn objects(&self) -> Vec<(&str, u64)> {
        let pictures = self.pictures.values().flat_map(picture_objects);
        let videos = self.videos.values().flat_map(video_objects);
        pictures.chain(videos).chain(self.clips.values().flat_map(clip_objects)).collect()
    }

    fn keep(&mut self, job: &Job, made: Made) {
        match (job, made) {
            (Job::Picture(source), Made::Picture(picture)) => drop(self.pictures.insert(source.clone(), picture)),
            (Job::Video(file), Made::Video(video)) => drop(self.videos.insert(file.clone(), video)),
            (Job::Clip(file), Made::Clip(clip)) => drop(self.clips.insert(file.clone(), clip)),
            // A job makes its own kind.
            _ => {}
        }
    }
}

type Outcome = (Result<Made, MediaError>, Job, Place, String);

/// Runs jobs on a few threads. Places are not for other threads, so they wait here.
fn work(jobs: Vec<(Job, Place, String)>, workers: usize, objects: &Objects, progress: &Progress) -> Vec<Outcome> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let list: Vec<Job> = jobs.iter().map(|(job, ..)| job.clone()).collect();
    let results = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers.min(list.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(job) = list.get(at) else { break };
                    progress.file(job.file());
                    let made = job.make(objects, progress);
                    progress.done(job.file());
                    // A thread that panicked ends the program at the end of the scope.
                    if let Ok(mut results) = results.lock() {
                        results.push((at, made));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(at, _)| *at);
    let jobs = jobs.into_iter();
    results.into_iter().zip(jobs).map(|((_, made), (job, place, source))| (made, job, place, source)).collect()
}

/// Notes a refusal where the pack names the file, and passes on every other error.
fn note<T>(
    made: Result<T, MediaError>,
    place: &Place,
    job: &Job,
    problems: &Problems,
) -> Result<Option<T>, MediaError> {
    match made {
        Ok(made) => Ok(Some(made)),
        Err(MediaError::Refused(refusal)) => {
            let name = job.file().file_name().unwrap_or_default().to_string_lossy();
            let refusal = Message::from(refusal);
            let said = |lang| refusal.sentence(lang);
            problems.add(place, Flaw::Medium { name: name.into_owned(), zh: said(Lang::Zh), en: said(Lang::En) });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn source_hash(hashes: &mut HashMap<PathBuf, String>, file: &Path) -> Result<String, MediaError> {
    if let Some(hash) = hashes.get(file) {
        return Ok(hash.clone());
    }
    let hash = hash_file(file).map_err(|source| MediaError::Read { path: file.to_owned(), source })?;
    hashes.insert(file.to_owned(), hash.clone());
    Ok(hash)
}
