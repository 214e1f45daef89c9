//! The way of an item to the screen, as a table of transitions.
//!
//! ```text
//! draft ──submit──▶ first ──▶ second ──▶ final ──▶ published ──▶ withdrawn
//!   ▲                 └────────┴───────────┘           └───────▶ expired
//!   └── rejected ◀────────────reject
//! ```
//!
//! A change of the text starts again as a draft, whatever had been approved. What is on the air stays there until the
//! new text has passed its own reviews, or until somebody withdraws it.

use yuexiang_console::words;
use yuexiang_wire::Step;
use yuexiang_wire::approval::required_steps;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    Draft,
    /// Waits for this review.
    Review(Step),
    Rejected,
    Published,
    Withdrawn,
    Expired,
}

impl State {
    pub const ALL: [State; 8] = [
        State::Draft,
        State::Review(Step::First),
        State::Review(Step::Second),
        State::Review(Step::Final),
        State::Rejected,
        State::Published,
        State::Withdrawn,
        State::Expired,
    ];

    /// As it stands in the database and in the API.
    pub fn name(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Review(step) => step.slug(),
            State::Rejected => "rejected",
            State::Published => "published",
            State::Withdrawn => "withdrawn",
            State::Expired => "expired",
        }
    }

    pub fn named(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What somebody does with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Writes a new text.
    Edit,
    Submit,
    Approve(Step),
    Reject(Step),
    Withdraw,
}

impl From<State> for words::State {
    fn from(state: State) -> words::State {
        match state {
            State::Draft => words::State::Draft,
            State::Review(yuexiang_wire::Step::First) => words::State::FirstReview,
            State::Review(yuexiang_wire::Step::Second) => words::State::SecondReview,
            State::Review(yuexiang_wire::Step::Final) => words::State::FinalReview,
            State::Rejected => words::State::Rejected,
            State::Published => words::State::Published,
            State::Withdrawn => words::State::Withdrawn,
            State::Expired => words::State::Expired,
        }
    }
}

/// Why an act is not possible now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("the item is not a draft")]
    NotADraft,
    #[error("the item does not wait for this review")]
    NotWaiting,
    #[error("the item is not on the air and not under review")]
    NothingToWithdraw,
    #[error("only what is still written, or was sent back, can be deleted")]
    NotDeletable,
}

/// The state after an act. `reviews` is how many reviews the item's region needs, `on_air` whether some revision of it is
/// published now.
pub fn after(state: State, act: Act, reviews: u8, on_air: bool) -> Result<State, Denied> {
    let steps = required_steps(reviews);
    match (state, act) {
        (_, Act::Edit) => Ok(State::Draft),
        // What was withdrawn or has ended may be handed in again as it was.
        (State::Draft | State::Rejected | State::Withdrawn | State::Expired, Act::Submit) => {
            Ok(steps.first().map_or(State::Published, |step| State::Review(*step)))
        }
        (_, Act::Submit) => Err(Denied::NotADraft),
        (State::Review(waiting), Act::Approve(step)) if waiting == step => {
            let next = steps.iter().find(|later| **later > step);
            Ok(next.map_or(State::Published, |step| State::Review(*step)))
        }
        (State::Review(waiting), Act::Reject(step)) if waiting == step => Ok(State::Rejected),
        (_, Act::Approve(_) | Act::Reject(_)) => Err(Denied::NotWaiting),
        (State::Published | State::Review(_), Act::Withdraw) => Ok(State::Withdrawn),
        (_, Act::Withdraw) if on_air => Ok(State::Withdrawn),
        (_, Act::Withdraw) => Err(Denied::NothingToWithdraw),
    }
}

/// The first of the steps that nobody has given yet; none when all are there. An item that lost one approval waits for
/// that alone, so the next review is not always the one after the last.
pub fn first_missing(steps: &[Step], given: &[Step]) -> Option<Step> {
    steps.iter().copied().find(|step| !given.contains(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows a text through all its approvals.
    fn reviews(reviews: u8) -> Vec<&'static str> {
        let mut state = after(State::Draft, Act::Submit, reviews, false).expect("submits");
        let mut way = Vec::new();
        while let State::Review(step) = state {
            way.push(step.slug());
            state = after(state, Act::Approve(step), reviews, false).expect("approves");
        }
        assert_eq!(state, State::Published);
        way
    }

    #[test]
    fn as_many_reviews_are_needed_as_the_level_above_has_set() {
        assert_eq!(reviews(3), ["first", "second", "final"]);
        assert_eq!(reviews(2), ["first", "final"]);
        assert_eq!(reviews(1), ["final"]);
        assert_eq!(reviews(0), ["first", "second", "final"], "what makes no sense asks for all");
    }

    #[test]
    fn a_change_starts_again_from_every_state() {
        for state in State::ALL {
            assert_eq!(after(state, Act::Edit, 3, true), Ok(State::Draft));
        }
    }

    #[test]
    fn nothing_is_published_but_by_the_last_approval() {
        for reviews in 1..=3 {
            for state in State::ALL {
                for act in [Act::Edit, Act::Submit, Act::Withdraw, Act::Approve(Step::First), Act::Reject(Step::Final)]
                {
                    assert_ne!(after(state, act, reviews, true), Ok(State::Published), "{state:?} {act:?} {reviews}");
                }
            }
        }
    }

    #[test]
    fn a_review_is_given_in_its_turn_alone() {
        for state in State::ALL {
            for step in Step::ALL {
                let waits = state == State::Review(step);
                assert_eq!(after(state, Act::Approve(step), 3, true).is_ok(), waits);
                assert_eq!(after(state, Act::Reject(step), 3, true).is_ok(), waits);
            }
        }
    }

    #[test]
    fn what_is_on_the_air_can_be_withdrawn_in_every_state() {
        for state in State::ALL {
            assert_eq!(after(state, Act::Withdraw, 3, true), Ok(State::Withdrawn));
        }
        assert_eq!(after(State::Draft, Act::Withdraw, 3, false), Err(Denied::NothingToWithdraw));
    }

    #[test]
    fn a_lost_review_is_the_one_that_is_waited_for() {
        let all = required_steps(3);
        assert_eq!(first_missing(all, &[]), Some(Step::First));
        assert_eq!(first_missing(all, &[Step::First, Step::Final]), Some(Step::Second));
        assert_eq!(first_missing(all, &Step::ALL), None);
        assert_eq!(first_missing(required_steps(1), &[Step::Final]), None);
    }

    #[test]
    fn every_state_is_read_by_its_name() {
        for state in State::ALL {
            assert_eq!(State::named(state.name()), Some(state));
        }
    }
}
