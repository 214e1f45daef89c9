//! Whether the rows of totals say what the rows above them add up to.

use yuexiang_wire::Table;

use super::number::{self, Number};

/// A total that is not the sum of anything above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Counted from 1, without the titles.
    pub row: usize,
    pub column: String,
    pub says: String,
    pub sum: String,
}

/// Columns whose total is something else than a sum, by their titles.
const NO_SUM: [&str; 7] = ["价", "均", "率", "比", "％", "%", "编号"];

/// Compares each number in a row of totals with what stands above it. A total may be that of the rows since the last one
/// (小计) or of all rows, or that of the totals before it; a balance (结余) is the last row's. Cells that are no number, such
/// as a dash, say nothing.
pub fn check(table: &Table) -> Vec<Mismatch> {
    let mut wrong = Vec::new();
    for (column, known) in table.columns.iter().enumerate() {
        if !known.numeric || NO_SUM.iter().any(|word| known.title.contains(word)) {
            continue;
        }
        let tens_of_thousands = table.columns.iter().any(|column| column.title.contains('万'));
        let mut sums = Sums::default();
        for (row, cells) in table.rows.iter().enumerate() {
            let Some(cell) = cells.cells.get(column) else { continue };
            let Some(number) = number::number(cell).filter(|number| !number.percent) else { continue };
            if !cells.total {
                sums.add(number);
            } else if let Some(sum) = sums.total(number, tens_of_thousands) {
                let (says, sum) = (cell.clone(), number::written(sum, sums.places.max(number.places)));
                wrong.push(Mismatch { row: row + 1, column: known.title.clone(), says, sum });
            }
        }
    }
    wrong.sort_by_key(|mismatch| mismatch.row);
    wrong
}

/// What has been added up of one column so far.
#[derive(Default)]
struct Sums {
    /// Since the last total, and how many.
    since: i128,
    count: i128,
    all: i128,
    /// Of the totals.
    totals: i128,
    last: i128,
    places: usize,
}

impl Sums {
    fn add(&mut self, number: Number) {
        self.since += number.value;
        self.all += number.value;
        self.last = number.value;
        self.count += 1;
        self.places = self.places.max(number.places);
    }

    /// The sum that a total should have been, if it is none. What is told in 万元 was rounded, each number by itself.
    fn total(&mut self, total: Number, rounded: bool) -> Option<i128> {
        if self.count == 0 {
            return None;
        }
        let unit = 10_i128.pow(6_u32.saturating_sub(self.places.max(total.places) as u32));
        let tolerance = if rounded { unit * (self.count + 1) / 2 } else { 0 };
        let mut expected = vec![self.all, self.totals, self.last];
        // Right after another total there is nothing to add up.
        expected.extend((self.since != 0).then_some(self.since));
        let right = expected.iter().any(|sum| (sum - total.value).abs() <= tolerance);
        let sum = if self.totals == 0 || self.since == 0 { self.all } else { self.since };
        self.totals += total.value;
        self.since = 0;
        (!right).then_some(sum)
    }
}

#[cfg(test)]
mod tests {
    use yuexiang_wire::{Column, Row};

    use super::*;

    /// Rows of one column of numbers; those that begin with `=` are totals.
    fn table(title: &str, cells: &[&str]) -> Table {
        let row = |cell: &&str| {
            let total = cell.starts_with('=');
            Row { cells: vec!["甲".to_owned(), cell.trim_start_matches('=').to_owned()], total }
        };
        let column = |title: &str, numeric| Column { title: title.to_owned(), numeric };
        Table { columns: vec![column("项目", false), column(title, true)], rows: cells.iter().map(row).collect() }
    }

    #[track_caller]
    fn check_rows(title: &str, cells: &[&str], expected: &[(usize, &str)]) {
        let wrong = check(&table(title, cells));
        let wrong: Vec<(usize, &str)> = wrong.iter().map(|wrong| (wrong.row, wrong.sum.as_str())).collect();
        assert_eq!(wrong, expected, "{cells:?}");
    }

    #[test]
    fn a_total_that_is_no_sum_is_named_with_what_it_should_be() {
        check_rows("金额", &["21,600.00", "１４，４００．００", "=36,000.00"], &[]);
        check_rows("金额", &["21,600.00", "14,400.00", "=36,000.01"], &[(3, "36,000.00")]);
    }

    #[test]
    fn subtotals_balances_and_dashes_are_no_mistakes() {
        check_rows("金额", &["1", "2", "=3", "4", "=4", "=7"], &[]);
        check_rows("金额", &["1", "2", "=3", "4", "=5", "=7"], &[(5, "4")]);
        check_rows("结余", &["10", "8", "15", "=15"], &[]);
        check_rows("金额", &["1", "=—", "2", "=3"], &[]);
        check_rows("单价", &["1", "2", "=9"], &[]);
        check_rows("金额", &["=9"], &[]);
    }

    #[test]
    fn what_was_rounded_to_tens_of_thousands_may_be_off_by_its_rounding() {
        check_rows("金额（万元）", &["1.23", "1.24", "=2.48"], &[]);
        check_rows("金额（万元）", &["1.23", "1.24", "=2.60"], &[(3, "2.47")]);
    }
}
