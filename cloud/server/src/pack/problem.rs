//! What is wrong with a pack: every problem names its file, its line and the reason, and one run names all of them.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use yuexiang_console::messages::Message;
use yuexiang_console::words::Lang;

/// A line of a file, or the file as a whole when the line is 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: Arc<str>,
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    pub reason: Message,
}

/// Collects problems while a pack is read, so that an editor can mend all of them at once.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Place {
    pub fn file(file: &str) -> Place {
        Place { file: file.into(), line: 0 }
    }

    pub fn line(&self, line: usize) -> Place {
        Place { line, ..self.clone() }
    }
}

impl Problems {
    pub fn add(&self, place: &Place, reason: impl Into<Message>) {
        self.0.borrow_mut().push(Problem { place: place.clone(), reason: reason.into() });
    }

    /// Notes the problem and gives nothing, for the end of a function that gives something otherwise.
    pub fn none<T>(&self, place: &Place, reason: impl Into<Message>) -> Option<T> {
        self.add(place, reason);
        None
    }

    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// In the order of files and lines, each once.
    pub fn into_vec(self) -> Vec<Problem> {
        let mut problems = self.0.into_inner();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        problems.dedup();
        problems
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Lang::En))
    }
}

impl Problem {
    pub fn told(&self, lang: Lang) -> String {
        format!("{}: {}", self.place, self.reason.sentence(lang))
    }
}
