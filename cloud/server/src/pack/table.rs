//! What a table must be like so that a television shows it, whoever made it.

use yuexiang_wire::Column;

/// Width of the widest figure that stays on one line in large type, next to the first column and beside receipts: in
/// tenths of the width of an ideograph. A digit is drawn 0.58 wide at the most.
const WIDEST_FIGURE: usize = 150;
/// As many digits at least.
pub const FIGURE: usize = WIDEST_FIGURE / 6;

/// The first column of figures, from 0, in which this row has one that a television could only show torn.
pub fn torn_figure(columns: &[Column], cells: &[String]) -> Option<usize> {
    let width = |cell: &str| cell.chars().map(|character| if character.is_ascii() { 6 } else { 10 }).sum::<usize>();
    columns.iter().zip(cells).position(|(column, cell)| column.numeric && width(cell) > WIDEST_FIGURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_figures_that_no_village_has_are_too_wide() {
        let columns = [false, true].map(|numeric| Column { title: "栏".to_owned(), numeric });
        let torn = |text: &str, figure: &str| torn_figure(&columns, &[text.to_owned(), figure.to_owned()]);
        for figure in ["", "-9,999,999,999,999.99", "1,234,567.89元", "免费", "12 张"] {
            assert_eq!(torn(&"字".repeat(60), figure), None, "{figure}");
        }
        assert_eq!(torn("", &"9".repeat(FIGURE)), None);
        assert_eq!(torn("", &"9".repeat(FIGURE + 1)), Some(1));
        assert_eq!(torn("", "按照合同约定分三期支付到账后再结清"), Some(1));
    }
}
