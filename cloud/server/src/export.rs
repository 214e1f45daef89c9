//! Copies a region's files to `DATA/tuf/<code>/`, for mirrors, USB sticks and carousels that know no database.
//!
//! Whoever copies a region holds its lock from the reading of the rows on, so that of several processes with one data
//! folder none lays an older state over a newer one or takes away what another is just writing.
//!
//! A reader of the folder never sees a timestamp whose files are not there: everything else is written and synced
//! first, the timestamp takes its place by a rename, and what was replaced long ago goes last.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::objects::sync_folder;
use crate::region::RegionCode;
use crate::store::{Store, StoreError};
use crate::tuf::Role;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the lock {path}: {source}")]
    Lock { path: PathBuf, source: io::Error },
    #[error("writing {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
}

/// Brings the copy of one region up to date; whatever is right already is left alone.
pub async fn export(data: &Path, store: &Store, region: RegionCode) -> Result<(), ExportError> {
    let _lock = lock(data, region).await?;
    let files = store.files(region).await?;
    let root = data.join("tuf").join(region.to_string());
    let last = Role::Timestamp.file(0);
    if let Some((_, timestamp)) = files.iter().find(|(path, _)| *path == last)
        && fs::read(root.join(&last)).is_ok_and(|written| written == *timestamp)
    {
        return Ok(());
    }
    let (timestamp, others): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| *path == last);
    let mut folders = BTreeSet::new();
    for (path, body) in others {
        let is_target = path.starts_with("targets/");
        let path = root.join(path);
        // A target has its hash in its name; one that was cut short is written again. Metadata have their version there,
        // and after a loss there may be another one under the same.
        let is_there = match is_target {
            true => path.metadata().is_ok_and(|metadata| metadata.len() == body.len() as u64),
            false => fs::read(&path).is_ok_and(|written| written == *body),
        };
        if is_there {
            continue;
        }
        if is_root(&path) {
            keep_aside(&path).map_err(|source| ExportError::Write { path: path.clone(), source })?;
        }
        write(&path, body).map_err(|source| ExportError::Write { path: path.clone(), source })?;
        folders.extend(path.parent().map(Path::to_owned));
    }
    for folder in folders {
        sync_folder(&folder).map_err(|source| ExportError::Write { path: folder.clone(), source })?;
    }
    for (path, body) in timestamp {
        let path = root.join(path);
        write(&path, body).map_err(|source| ExportError::Write { path: path.clone(), source })?;
    }
    sync_folder(&root).map_err(|source| ExportError::Write { path: root.clone(), source })?;
    let known: BTreeSet<PathBuf> = files.iter().map(|(path, _)| root.join(path)).collect();
    remove_unknown(&root, &known).map_err(|source| ExportError::Write { path: root.clone(), source })
}

/// The system gives the lock back when the file is closed, also when the process is killed. The file stays: removing it
/// would let two processes hold locks of two files with the same name.
async fn lock(data: &Path, region: RegionCode) -> Result<fs::File, ExportError> {
    let folder = data.join("locks");
    let path = folder.join(region.to_string());
    let own_path = path.clone();
    let taken = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(folder)?;
        let file = fs::File::create(own_path)?;
        file.lock()?;
        Ok(file)
    });
    let taken = taken.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    taken.map_err(|source| ExportError::Lock { path, source })
}

fn write(path: &Path, body: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut file =
        tempfile::Builder::new().prefix(".new-").permissions(fs::Permissions::from_mode(0o644)).tempfile_in(folder)?;
    file.write_all(body)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Whether it is a root of the region itself, or was one: `7.root.json`. What a region says of those below it has a hash
/// before the code in its name.
fn is_root(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut parts = name.splitn(3, '.');
    let is_number = parts.next().is_some_and(|number| number.parse::<u64>().is_ok());
    is_number && parts.next() == Some("root") && parts.next().is_some_and(|rest| rest.starts_with("json"))
}

/// A root that another is to replace under its name gets a name of its own: boxes may have followed it, and then nothing
/// brings them on but what is signed with its keys.
fn keep_aside(path: &Path) -> io::Result<()> {
    let body = match fs::read(path) {
        Ok(body) => body,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".replaced-{}", &crate::objects::hash(&body)[..16]));
    fs::rename(path, name)
}

/// Roots stay, also those that the database does not know: it may be older than they are.
fn remove_unknown(folder: &Path, known: &BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_unknown(&path, known)?;
        } else if !known.contains(&path) && !is_root(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
