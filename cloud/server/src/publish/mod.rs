//! Publishes: the repositories of one change ([`drafts`]), their pages from the items on the air ([`pages`]), and whole
//! packs: check everything, prepare everything, then one transaction.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::block_in_place;
use yuexiang_console::messages::Message;
use yuexiang_console::messages::pack::Flaw;
use yuexiang_console::words::Lang;
use yuexiang_wire::Section;

use crate::bucket::Bucket;
use crate::db::DbError;
use crate::divisions::Divisions;
use crate::export::{ExportError, export};
use crate::keys::{KeyError, Master, master};
use crate::media::{Cache, Inventory, MediaError, Prepared, prepare};
use crate::objects::{ObjectError, Objects};
use crate::pack::{Contents, Pack, Problem, Problems, Sections};
use crate::progress::Progress;
use crate::region::RegionCode;
use crate::repository::RepositoryError;
use crate::store::{Store, StoreError};

mod commit;
pub(crate) mod documents;
pub mod drafts;
pub mod pages;

pub use commit::month_of;
pub use documents::live_name;

/// Ten years, in seconds: longer than a box is used whose program is never renewed.
pub const KEEP_MOVED: i64 = 3_653 * 24 * 3_600;

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("{}", told(.0, Lang::En))]
    Problems(Vec<Problem>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error("region {region} is not in the list of divisions and has no name")]
    Unknown { region: RegionCode },
    #[error(
        "{page} of region {region} would have {length} bytes, more than boxes accept: withdraw something of that month"
    )]
    Full { region: RegionCode, page: String, length: usize },
    #[error("the item {item} is nothing that can be approved")]
    Content { item: String },
    #[error("the list of divisions: {0}")]
    Divisions(#[from] crate::moves::list::ListError),
    #[error("the lock {path}: {source}")]
    Lock { path: PathBuf, source: std::io::Error },
}

impl PublishError {
    /// For the terminal of whoever publishes. What is no fault of the pack is told as the log has it.
    pub fn told_in(&self, lang: Lang) -> String {
        match self {
            PublishError::Problems(problems) => told(problems, lang),
            other => other.to_string(),
        }
    }
}

/// What a publication did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The packs' regions and how many items each has now.
    pub regions: Vec<(RegionCode, String, usize)>,
    /// Regions whose repositories changed, ancestors included; empty when everything was published before.
    pub changed: BTreeSet<RegionCode>,
}

/// What publishing needs: where media and copies lie, the database, and the key that opens all others.
#[derive(Clone, Debug)]
pub struct Publisher {
    pub data: PathBuf,
    pub store: Store,
    pub master: Arc<Master>,
    /// Where objects are shared with other processes.
    pub bucket: Option<Bucket>,
    /// Seconds for which the repository of a region is renewed that goes on under another code.
    pub keep_moved: i64,
}

impl Publisher {
    /// Opens a data folder with the database at `address`, or with its own. Without the master key that opens what is
    /// sealed there, nothing is opened.
    pub async fn open(data: &Path, address: Option<&str>) -> Result<Publisher, PublishError> {
        let store = Store::open(data, address).await?;
        let master = master::open(data, &store).await?;
        crate::moves::list::take_over(&store).await?;
        Ok(Publisher { data: data.to_owned(), store, master: Arc::new(master), bucket: None, keep_moved: KEEP_MOVED })
    }

    /// The objects of this data folder.
    pub fn objects(&self) -> Result<Objects, ObjectError> {
        Ok(Objects::open(&self.data)?.with_bucket(self.bucket.clone()))
    }
}

/// Publishes packs into the data folder, all of them or none.
pub async fn publish(
    publisher: &Publisher,
    folders: &[PathBuf],
    now: i64,
    progress: &Progress,
) -> Result<Published, PublishError> {
    let Publisher { data, store, .. } = publisher;
    let objects = publisher.objects()?;
    let _lock = lock(data)?;
    let problems = Problems::default();
    let packs = read(folders, &problems);
    for pack in &packs {
        let region = pack.manifest.region;
        let gone = crate::moves::forward(&store.db, region).await?;
        if gone != region {
            let (from, to) = (region.to_string(), gone.to_string());
            problems.add(&pack.manifest.region_place, Flaw::Moved { from, to });
        }
    }
    let sections = known_sections(store, &packs, &problems).await?;

    let mut inventory = Inventory::default();
    for (pack, sections) in packs.iter().zip(&sections) {
        pack.contents(sections, &mut inventory, &problems);
    }
    let problems = none_or_stop(problems)?;

    let cache = Remembered { handle: Handle::current(), store: store.clone() };
    let mut prepared = block_in_place(|| prepare(inventory, &objects, &cache, progress, &problems))?;
    let problems = none_or_stop(problems)?;
    objects.share(prepared.objects()).await?;

    let contents: Vec<Contents> = packs
        .iter()
        .zip(&sections)
        .map(|(pack, sections)| contents(pack, sections, &mut prepared, &problems))
        .collect();
    let problems = none_or_stop(problems)?;
    let regions = packs.iter().zip(&contents);
    let regions = regions
        .map(|(pack, contents)| (pack.manifest.region, pack.manifest.name.clone(), contents.items.len()))
        .collect();
    let changed = commit::commit(publisher, &packs, contents, now, &problems).await?;
    none_or_stop(problems)?;
    for &region in &changed {
        export(data, store, region).await?;
    }
    Ok(Published { regions, changed })
}

fn contents(pack: &Pack, sections: &Sections, prepared: &mut Prepared, problems: &Problems) -> Contents {
    pack.contents(sections, prepared, problems)
}

/// Reads the packs' texts, ancestors before what lies in them.
fn read(folders: &[PathBuf], problems: &Problems) -> Vec<Pack> {
    let mut packs: Vec<Pack> = folders.iter().filter_map(|folder| Pack::read(folder, problems)).collect();
    packs.sort_by_key(|pack| (pack.manifest.region.level(), pack.manifest.region));
    for pair in packs.windows(2) {
        if pair[0].manifest.region == pair[1].manifest.region {
            let reason = Flaw::TwoPacks { region: pair[1].manifest.region.to_string() };
            problems.add(&pair[1].manifest.region_place, reason);
        }
    }
    packs
}

/// For each pack the sections its items may be in: its own and those of the regions above. Notes ancestors that nobody
/// knows, since a region that hangs in the air could never be reached by a box.
async fn known_sections(store: &Store, packs: &[Pack], problems: &Problems) -> Result<Vec<Sections>, StoreError> {
    let mut all = Vec::new();
    for pack in packs {
        let mut added: Vec<Section> = Vec::new();
        for code in pack.manifest.region.lineage() {
            if let Some(other) = packs.iter().find(|other| other.manifest.region == code) {
                added.extend(other.manifest.sections.iter().cloned());
            } else if let Some(row) = store.region(code).await? {
                added.extend(row.sections);
            } else if Divisions::current().name(code).is_none() {
                problems.add(&pack.manifest.region_place, Flaw::NoAncestor { region: code.to_string() });
            }
        }
        all.push(Sections::with(&added));
    }
    Ok(all)
}

fn none_or_stop(problems: Problems) -> Result<Problems, PublishError> {
    if problems.is_empty() { Ok(problems) } else { Err(PublishError::Problems(problems.into_vec())) }
}

/// One publication at a time; a second one waits.
fn lock(data: &Path) -> Result<File, PublishError> {
    let path = data.join("publish.lock");
    let failed = |source| PublishError::Lock { path: path.clone(), source };
    let file = File::create(&path).map_err(failed)?;
    block_in_place(|| file.lock()).map_err(failed)?;
    Ok(file)
}

/// The database as a memory for media. A memory that fails only costs time.
struct Remembered {
    handle: Handle,
    store: Store,
}

impl Cache for Remembered {
    fn get(&self, source: &str, recipe: &str) -> Option<String> {
        self.handle.block_on(self.store.prepared(source, recipe)).ok().flatten()
    }

    fn put(&self, source: &str, recipe: &str, result: &str) {
        if let Err(error) = self.handle.block_on(self.store.keep_prepared(source, recipe, result)) {
            tracing::warn!(%error, "a prepared medium could not be remembered");
        }
    }
}

fn told(problems: &[Problem], lang: Lang) -> String {
    let heading = Message::from(Flaw::Nothing { count: problems.len() }).sentence(lang);
    std::iter::once(heading).chain(problems.iter().map(|problem| problem.told(lang))).collect::<Vec<_>>().join("\n")
}
