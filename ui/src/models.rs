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
    use std::rc::Rc;

    type Row = (u32, Rc<str>);

    fn rows(rows: &[(u32, &str)]) -> Vec<Row> {
        rows.iter().map(|(key, text)| (*key, Rc::from(*text))).collect()
    }

    /// `kept` are the keys of the rows that must not even be written again.
    #[track_caller]
    fn check(before: &[(u32, &str)], after: &[(u32, &str)], kept: &[u32]) {
        let old = rows(before);
        let model = VecModel::from(old.clone());
        sync(&model, rows(after), |row| row.0);
        let new: Vec<Row> = model.iter().collect();
        assert_eq!(new, rows(after));
        let same = |row: &&Row| old.iter().any(|known| Rc::ptr_eq(&known.1, &row.1));
        assert_eq!(new.iter().filter(same).map(|row| row.0).collect::<Vec<_>>(), kept);
    }

    #[test]
    fn scrolling_by_one_leaves_the_rows_that_stay_alone() {
        check(&[(1, "a"), (2, "b"), (3, "c")], &[(2, "b"), (3, "c"), (4, "d")], &[2, 3]);
        check(&[(2, "b"), (3, "c")], &[(1, "a"), (2, "b")], &[2]);
    }

    #[test]
    fn only_a_changed_row_is_written() {
        check(&[(1, "a"), (2, "b"), (3, "c")], &[(1, "a"), (2, "B"), (3, "c")], &[1, 3]);
    }

    #[test]
    fn a_new_row_among_old_ones_moves_them_down() {
        check(&[(1, "a"), (2, "b")], &[(1, "a"), (9, "new"), (2, "b")], &[1, 2]);
    }

    #[test]
    fn another_list_replaces_all() {
        check(&[(1, "a"), (2, "b")], &[(7, "x")], &[]);
        check(&[(1, "a")], &[], &[]);
    }
}
