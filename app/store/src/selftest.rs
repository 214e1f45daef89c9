//! Whether a folder can hold a store, for who sets a box up.

use rusqlite::Connection;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// What writing to the folder costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// One transaction until it would survive a power cut.
    pub commit: Duration,
    /// The same for a file of a MiB.
    pub file: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Writes a database and a file as the store does, and removes them again. A store that is open there is not touched.
pub fn check_writing(dir: &Path) -> Result<Written, WriteError> {
    let folder = dir.join(format!("selftest-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = write(&folder);
    let removed = fs::remove_dir_all(&folder);
    let written = result?;
    removed?;
    Ok(written)
}

fn write(folder: &Path) -> Result<Written, WriteError> {
    let connection = Connection::open(folder.join("test.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE TABLE test (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")?;
    let started = Instant::now();
    connection.execute("INSERT INTO test (text) VALUES (?1)", ["粤乡"])?;
    let commit = started.elapsed();
    let text: String = connection.query_row("SELECT text FROM test", [], |row| row.get(0))?;
    if text != "粤乡" {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "what was written is not what is read").into());
    }
    let started = Instant::now();
    let mut file = File::create(folder.join("test.bin"))?;
    file.write_all(&vec![0xa5; 1 << 20])?;
    file.sync_all()?;
    File::open(folder)?.sync_all()?;
    Ok(Written { commit, file: started.elapsed() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        check_writing(folder.path()).expect("a temporary folder can be written to");
        assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
    }

    #[test]
    fn a_file_in_the_way_is_named_by_the_system() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("it can be written");
        let error = check_writing(&file).expect_err("a file is no folder");
        assert!(error.to_string().contains("Not a directory"), "{error}");
    }
}
