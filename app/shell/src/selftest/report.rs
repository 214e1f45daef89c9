//! The lines of a self-test.

use std::fmt::Display;

/// Collects what is found; prints each line as soon as it is known, because some take a while.
#[derive(Default)]
pub struct Report {
    count: usize,
    failures: Vec<String>,
}

impl Report {
    pub fn ok(&mut self, what: &str, found: impl Display) {
        self.line("ok  ", what, found);
    }

    /// Worth knowing, and no reason not to deliver the box.
    pub fn note(&mut self, what: &str, found: impl Display) {
        self.line("note", what, found);
    }

    /// `advice`: what to do about it.
    pub fn fail(&mut self, what: &str, found: impl Display, advice: &str) {
        self.line("FAIL", what, &found);
        self.failures.push(format!("{what}: {found}. {advice}"));
    }

    fn line(&mut self, verdict: &str, what: &str, found: impl Display) {
        self.count += 1;
        println!("{verdict}  {what:<14} {found}");
    }

    /// The last lines. Returns whether all is well.
    pub fn end(self) -> bool {
        if self.failures.is_empty() {
            println!("SELFTEST OK");
        } else {
            println!("SELFTEST FAILED: {} of {}", self.failures.len(), self.count);
            for failure in &self.failures {
                println!("  {failure}");
            }
        }
        self.failures.is_empty()
    }
}
