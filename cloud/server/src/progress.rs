//! Shows how far a publication is: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

/// Steps of the bar for one file, so that a long video is seen to move.
const STEPS: u64 = 100;

pub struct Progress {
    bar: Option<ProgressBar>,
    /// Nothing at all, for tests.
    silent: bool,
    files: AtomicUsize,
    finished: AtomicUsize,
}

impl Progress {
    pub fn new() -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} [{bar:30}] {percent:>3} % {wide_msg}") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        });
        Progress { bar, silent: false, files: AtomicUsize::new(0), finished: AtomicUsize::new(0) }
    }

    pub fn silent() -> Progress {
        Progress { bar: None, silent: true, files: AtomicUsize::new(0), finished: AtomicUsize::new(0) }
    }

    pub fn begin(&self, files: usize) {
        self.files.store(files, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_length(files as u64 * STEPS);
        }
    }

    /// Work on a file begins.
    pub fn file(&self, file: &Path) {
        match &self.bar {
            Some(bar) => bar.set_message(name(file)),
            None if self.silent => {}
            None => {
                let files = self.files.load(Ordering::Relaxed);
                eprintln!("preparing {} ({} of {files} done)", name(file), self.finished.load(Ordering::Relaxed));
            }
        }
    }

    /// Part of a long file is done; `whole` is 0 when it is not known.
    pub fn part(&self, file: &Path, done: u64, whole: u64) {
        if let Some(bar) = &self.bar {
            let steps = (done * STEPS).checked_div(whole).unwrap_or(0).min(STEPS - 1);
            bar.set_position(self.finished.load(Ordering::Relaxed) as u64 * STEPS + steps);
            bar.set_message(name(file));
        }
    }

    pub fn done(&self, _: &Path) {
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(bar) = &self.bar {
            bar.set_position(finished as u64 * STEPS);
        }
    }

    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Progress::new()
    }
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
