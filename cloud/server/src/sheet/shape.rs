//! What a table is made of: which row has the titles, which columns are numbers, which rows are totals.

use super::number;
use crate::desk::typed::one_line;

/// Words that begin a row of totals.
const TOTALS: [&str; 6] = ["合计", "总计", "小计", "共计", "总额", "total"];

/// A table as it was understood, for somebody to look at before it is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Rows above the titles that have one cell, such as the name of the table: they are no part of it.
    pub above: Vec<String>,
    pub titles: Vec<String>,
    /// As many cells each as there are titles.
    pub rows: Vec<Vec<String>>,
    /// Columns of numbers, counted from 1.
    pub numeric: Vec<usize>,
    /// Rows of totals, counted from 1 without the titles.
    pub totals: Vec<usize>,
}

/// Makes a table of cells. Rows and columns in which there is nothing are left out; cells get one line each.
pub fn shape(cells: &[Vec<String>]) -> Shape {
    let width = cells.iter().map(Vec::len).max().unwrap_or(0);
    let mut rows: Vec<Vec<String>> = cells.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect();
    for row in &mut rows {
        row.resize(width, String::new());
    }
    rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
    let filled: Vec<bool> = (0..width).map(|column| rows.iter().any(|row| !row[column].is_empty())).collect();
    for row in &mut rows {
        let mut column = 0;
        row.retain(|_| {
            column += 1;
            filled[column - 1]
        });
    }
    let width = filled.iter().filter(|filled| **filled).count();
    let is_above = |row: &Vec<String>| width > 1 && row.iter().filter(|cell| !cell.is_empty()).count() == 1;
    // A table whose rows all have one cell has its titles in the first.
    let above = rows.iter().take_while(|row| is_above(row)).count();
    let above = if above == rows.len() { 0 } else { above };
    let head: Vec<String> = rows.drain(..above).map(|row| row.concat()).collect();
    let titles = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    let is_number = |cell: &&String| number::number(cell).is_some();
    let numeric: Vec<usize> = (0..width)
        .filter(|&column| {
            let filled = || rows.iter().map(|row| &row[column]).filter(|cell| !matches!(cell.as_str(), "" | "-" | "—"));
            filled().next().is_some() && filled().all(|cell| is_number(&cell)) && !is_ordinal(&titles[column])
        })
        .map(|column| column + 1)
        .collect();
    for row in &mut rows {
        for column in &numeric {
            row[column - 1] = number::tidy(&row[column - 1]);
        }
    }
    let is_total = |row: &Vec<String>| {
        let first = row.iter().find(|cell| !cell.is_empty()).map(|cell| cell.replace(' ', "").to_lowercase());
        first.is_some_and(|first| TOTALS.iter().any(|word| first.starts_with(word)))
    };
    let totals = rows.iter().enumerate().filter(|(_, row)| is_total(row)).map(|(at, _)| at + 1).collect();
    Shape { above: head, titles, rows, numeric, totals }
}

/// Numbers that are names: nobody adds them up or lines them up.
fn is_ordinal(title: &str) -> bool {
    ["序号", "编号", "电话", "手机", "年份", "年度", "号码", "账号", "身份证"].iter().any(|word| title.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_table_of_an_office_is_understood() {
        let found = shape(&cells(
            "榕树村财务公开表||||\n单位：元\n序号||项目|金额|日期\n1||挖机|２１，６００|10-08\n\n2||票据|—|10-09\n合 计|||21,600|",
        ));
        assert_eq!(found.above, ["榕树村财务公开表", "单位：元"]);
        assert_eq!(found.titles, ["序号", "项目", "金额", "日期"]);
        assert_eq!(found.rows[0], ["1", "挖机", "21,600", "10-08"]);
        assert_eq!((found.rows.len(), found.numeric, found.totals), (3, vec![3], vec![3]));
    }

    #[test]
    fn a_table_of_one_column_has_its_title_in_the_first_row() {
        let found = shape(&cells("姓名\n张三\n李四"));
        assert_eq!((found.titles, found.rows.len(), found.above.len()), (vec!["姓名".to_owned()], 2, 0));
        assert_eq!(shape(&[]), Shape::default());
    }
}
