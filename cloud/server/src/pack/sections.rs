//! The sections that every village has. A pack adds to them; the names are the box's affair.

use std::collections::HashSet;

use yuexiang_wire::{Board, Section};

const STANDARD: [(Board, &[&str]); 4] = [
    (Board::Party, &["study", "history", "branch", "party-affairs"]),
    (
        Board::Governance,
        &["village-affairs", "finance", "notice", "legal", "safety", "emergency", "legal-aid"],
    ),
    (Board::Culture, &["activity", "video", "stories", "library", "health"]),
    (Board::Business, &["products", "jobs", "tourism", "farming", "support"]),
];

/// Which sections the items of a pack may be in.
#[derive(Clone, Debug)]
pub struct Sections(HashSet<(Board, String)>);

impl Sections {
    /// The standard ones and those that the region and the regions above it add.
    pub fn with<'a>(added: impl IntoIterator<Item = &'a Section>) -> Sections {
        let standard = STANDARD.iter().flat_map(|(board, ids)| ids.iter().map(|id| (*board, (*id).to_owned())));
        let added = added.into_iter().map(|section| (section.board, section.id.clone()));
        Sections(standard.chain(added).collect())
    }

    pub fn has(&self, board: Board, id: &str) -> bool {
        self.0.contains(&(board, id.to_owned()))
    }
}
