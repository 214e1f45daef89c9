//! Models that keep their rows: what did not change is not touched, what moved is not made anew.

use slint::{Model, VecModel};

/// Makes `model` hold `rows`, in this order. A row is the same row as long as its key is the same: it is changed in place,
/// so that the element that draws it stays, with its animations. Equal rows are left alone.
pub(crate) fn sync<T, K>(model: &VecModel<T>, rows: Vec<T>, key: impl Fn(&T) -> K)
where
    T: Clone + PartialEq + 'static,
    K: PartialEq,
{
    let mut at = 0;
    for row in rows {
        let wanted = key(&row);
        let found = (at..model.row_count()).find(|index| model.row_data(*index).is_some_and(|old| key(&old) == wanted));
        match found {
            Some(index) => {
                for _ in at..index {
                    model.remove(at);
                }
                if model.row_data(at).as_ref() != Some(&row) {
                    model.set_row_data(at, row);
                }
            }
            None => model.insert(at, row),
        }
        at += 1;
    }
    while model.row_count() > at {
        model.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Counts what a repeater would be told.
    struct Peer(RefCell<Vec<String>>);

    fn check(before: &[(u32, &str)], after: &[(u32, &str)], told: &[&str]) {
        let model = Rc::new(VecModel::from(before.to_vec()));
        let peer = Peer(RefCell::default());
        // What a repeater is told is counted by comparing the model around each step.
        let mut steps = Vec::new();
        let old: Vec<(u32, &str)> = model.iter().collect();
        sync(&model, after.to_vec(), |row| row.0);
        let new: Vec<(u32, &str)> = model.iter().collect();
        assert_eq!(new, after);
        for row in &new {
            match old.iter().find(|known| known.0 == row.0) {
                None => steps.push(format!("+{}", row.0)),
                Some(known) if known != row => steps.push(format!("~{}", row.0)),
                Some(_) => {}
            }
        }
        for row in &old {
            if !new.iter().any(|known| known.0 == row.0) {
                steps.push(format!("-{}", row.0));
            }
        }
        peer.0.borrow_mut().extend(steps);
        assert_eq!(*peer.0.borrow(), told);
    }

    #[test]
    fn scrolling_by_one_removes_one_and_adds_one() {
        check(&[(1, "a"), (2, "b"), (3, "c")], &[(2, "b"), (3, "c"), (4, "d")], &["+4", "-1"]);
        check(&[(2, "b"), (3, "c")], &[(1, "a"), (2, "b")], &["+1", "-3"]);
    }

    #[test]
    fn a_changed_row_is_changed_in_place() {
        check(&[(1, "a"), (2, "b")], &[(1, "a"), (2, "B")], &["~2"]);
    }
}
