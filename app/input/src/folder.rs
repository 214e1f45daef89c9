//! Follows the folder of input devices with inotify.
//!
//! The kernel makes `/dev/input` with its first device, so the folder may not be there yet, or go and come back. Until
//! it is there, the folder above it is watched.

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// What may have happened in the folder. Hints only: the file itself says what is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// A device's file appeared, or its permissions changed.
    Appeared(String),
    Gone(String),
    /// Everything may be different.
    Changed,
}

#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    inotify: OwnedFd,
    watch: Watch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    Itself(i32),
    Above(i32),
    /// Both are gone; devices that are open go on, new ones are not seen.
    Nothing,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> io::Result<Folder> {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        let mut folder = Folder { path: path.to_owned(), inotify, watch: Watch::Nothing };
        folder.watch()?;
        Ok(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The devices' files that are there now.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| is_device(name));
        // By number: event2 before event10.
        names.sort_by_key(|name| (name.len(), name.clone()));
        names
    }

    fn watch(&mut self) -> io::Result<()> {
        if let Watch::Itself(old) | Watch::Above(old) = self.watch {
            // Fails when the kernel has taken the watch away already, with its folder.
            let _ = inotify::remove_watch(&self.inotify, old);
        }
        self.watch = Watch::Nothing;
        let itself = WatchFlags::CREATE
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE
            | WatchFlags::MOVE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        match inotify::add_watch(&self.inotify, &self.path, itself) {
            Ok(watch) => {
                self.watch = Watch::Itself(watch);
                return Ok(());
            }
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let above = self.path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let flags = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
        self.watch = Watch::Above(inotify::add_watch(&self.inotify, above, flags)?);
        // It may have come between the two.
        if self.path.exists() { self.watch() } else { Ok(()) }
    }

    pub(crate) fn read(&mut self) -> Vec<Hint> {
        let mut hints = Vec::new();
        let mut moved = false;
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => break,
                Err(error) => {
                    tracing::warn!("reading inotify events of {} failed: {error}", self.path.display());
                    break;
                }
            };
            let flags = event.events();
            let name = event.file_name().and_then(|name| name.to_str().ok());
            if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
                hints.push(Hint::Changed);
            } else if self.watch == Watch::Above(event.wd()) {
                moved |= name.is_some_and(|name| self.path.file_name().is_some_and(|own| own == name));
            } else if self.watch == Watch::Itself(event.wd()) {
                moved |= flags.intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::IGNORED);
                let gone = flags.intersects(ReadFlags::DELETE | ReadFlags::MOVED_FROM);
                let hint = if gone { Hint::Gone } else { Hint::Appeared };
                hints.extend(name.filter(|name| is_device(name)).map(|name| hint(name.to_owned())));
            }
        }
        if moved {
            if let Err(error) = self.watch() {
                tracing::error!("inotify watch on {} failed: {error}", self.path.display());
            }
            hints.push(Hint::Changed);
        }
        hints
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

fn is_device(name: &str) -> bool {
    let number = name.strip_prefix("event").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_numbered_events() {
        for (name, is) in [("event0", true), ("event12", true), ("event", false), ("event1x", false), ("mouse0", false)]
        {
            assert_eq!(is_device(name), is, "{name}");
        }
    }

    #[test]
    fn the_folder_may_come_go_and_come_back() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("input");
        let mut folder = Folder::open(&path).unwrap();
        assert_eq!(folder.names(), [""; 0]);
        for _ in 0..2 {
            fs::create_dir(&path).unwrap();
            assert_eq!(folder.read(), [Hint::Changed]);
            fs::write(folder.path("event3"), "").unwrap();
            fs::write(folder.path("js0"), "").unwrap();
            assert_eq!(folder.read(), [Hint::Appeared("event3".to_owned())]);
            assert_eq!(folder.names(), ["event3"]);
            fs::remove_dir_all(&path).unwrap();
            let hints = folder.read();
            assert!(hints.contains(&Hint::Gone("event3".to_owned())) && hints.contains(&Hint::Changed), "{hints:?}");
        }
    }

    #[test]
    fn a_folder_that_can_never_come_is_an_error() {
        let above = tempfile::tempdir().unwrap();
        assert!(Folder::open(&above.path().join("no/input")).is_err());
    }
}
