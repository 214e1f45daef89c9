//! A table laid out for a television: how wide its columns are, what stands in which line of a cell, and what is seen at
//! once.
//!
//! A figure of which the last digits are missing is a wrong figure, so nothing is ever cut. Figures have the width that
//! the widest of their column needs; words share the rest and are broken into lines. When that is more than the screen is
//! wide, the table falls into *parts* that are seen one after the other; the first column, which says whose row it is,
//! stays in all of them. The rows of a page are the same in every part.

use crate::catalog::Table;
use crate::layout::TableShape;
use crate::ports::TextMeasure;
use crate::text::{SMALL, break_lines, clusters, width};
use std::ops::Range;

/// From the edge of the table to its words, in pixels at 1080p.
const MARGIN: f32 = 28.0;
/// Between the words of one column and those of the next.
const GAP: f32 = 24.0;
/// Figures end where words begin: there the gap is wider.
const GAP_AFTER_FIGURES: f32 = 44.0;
/// A name of so many characters is not broken, in em.
const NAME: f32 = 5.0;
/// Into more lines than this no cell is broken, if there is any way around it.
const LINES: f32 = 4.0;
/// Higher than this no header becomes.
const TITLE_LINES: usize = 7;
/// While there are others the first column takes no more than this share of the table, and any other no more than that.
const MOST: [f32; 2] = [0.4, 0.5];

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// At least one.
    pub parts: Vec<Vec<GridColumn>>,
    pub header_height: f32,
    /// As many as the table has rows.
    pub heights: Vec<f32>,
    /// The rows of each page.
    pub pages: Vec<Range<usize>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GridColumn {
    /// Which column of the table.
    pub column: usize,
    pub title: Vec<String>,
    pub left: f32,
    pub width: f32,
    /// The lines of every row's cell.
    pub cells: Vec<Vec<String>>,
}

/// What a column asks for, in pixels.
#[derive(Clone, Copy, Debug)]
struct Wish {
    least: f32,
    ideal: f32,
    numeric: bool,
}

pub fn lay_out(table: &Table, shape: TableShape, measure: &dyn TextMeasure) -> Grid {
    let wishes: Vec<Wish> = (0..table.columns.len()).map(|column| wish(table, column, shape, measure)).collect();
    let mut parts: Vec<Vec<GridColumn>> = divide(&wishes, shape.width - 2.0 * MARGIN)
        .into_iter()
        .map(|columns| place(&columns, &wishes, table, shape, measure))
        .collect();
    let titles = parts.iter().flatten().map(|column| column.title.len()).max().unwrap_or(1).min(TITLE_LINES);
    let header_height = shape.row + titles.saturating_sub(1) as f32 * shape.title_line;
    let room = shape.height - header_height;
    let most = 1 + ((room - shape.row) / shape.line).max(0.0) as usize;
    for column in parts.iter_mut().flatten() {
        shorten(&mut column.title, titles);
        column.cells.iter_mut().for_each(|cell| shorten(cell, most));
    }
    let every = || parts.iter().flatten();
    let heights: Vec<f32> = (0..table.rows.len())
        .map(|row| shape.row + further(every().map(|column| column.cells.get(row).map_or(0, Vec::len))) * shape.line)
        .collect();
    let pages = pages(&heights, room);
    Grid { parts, header_height, heights, pages }
}

impl Grid {
    /// Whether all columns are seen at once.
    pub fn is_whole(&self) -> bool {
        self.parts.len() <= 1
    }

    /// Height of the header and these rows.
    pub fn height(&self, rows: Range<usize>) -> f32 {
        self.header_height + self.heights.get(rows).unwrap_or_default().iter().sum::<f32>()
    }
}

/// Lines beyond the first.
fn further(lines: impl Iterator<Item = usize>) -> f32 {
    lines.max().unwrap_or(1).saturating_sub(1) as f32
}

/// What is higher than a page ends in an ellipsis; the row in full has it all. Nothing of the lengths that may be
/// published is so high.
fn shorten(lines: &mut Vec<String>, most: usize) {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.pop();
            last.push('…');
        }
    }
}

fn wish(table: &Table, column: usize, shape: TableShape, measure: &dyn TextMeasure) -> Wish {
    let numeric = table.columns[column].numeric;
    let title = table.columns[column].title.as_str();
    let cells = || table.rows.iter().filter_map(|row| row.cells.get(column)).map(String::as_str);
    // All in bold: a row of totals is.
    let wide = |text: &str| width(text, true, measure);
    let word = |text: &str| clusters(text).into_iter().map(wide).fold(0.0, f32::max);
    let (widest, title_width) = (cells().map(wide).fold(0.0, f32::max), wide(title) * SMALL);
    let title_least = (title_width / LINES).max(word(title) * SMALL).min(title_width);
    let least = match numeric {
        true => widest,
        false => cells().map(word).fold(0.0, f32::max).max(widest.min(NAME)).max(widest / LINES),
    };
    // A hundredth more, as `break_lines` keeps in hand.
    let pixels = |em: f32| (em / 0.99 * shape.em).ceil();
    let most = match (table.columns.len(), column) {
        (1, _) => shape.width - 2.0 * MARGIN,
        (_, 0) => shape.width * MOST[0],
        _ => shape.width * MOST[1],
    };
    let most = most.floor();
    let least = pixels(least.max(title_least).max(2.0)).min(most);
    Wish { least, ideal: pixels(widest.max(title_width)).clamp(least, most.max(least)), numeric }
}

/// Which columns are seen at once, so that each has at least what it needs.
fn divide(wishes: &[Wish], room: f32) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..wishes.len()).collect();
    if least(&all, wishes) <= room || wishes.len() < 2 {
        return vec![all];
    }
    let stays = stays(wishes, room);
    let fits = |rest: &[usize]| {
        let columns: Vec<usize> = all[..stays].iter().chain(rest).copied().collect();
        least(&columns, wishes) <= room || rest.len() == 1
    };
    let rest = &all[stays..];
    let mut parts = Vec::new();
    let mut at = 0;
    while at < rest.len() {
        let count = (1..=rest.len() - at).take_while(|count| fits(&rest[at..at + count])).last().unwrap_or(1);
        let mut from = at;
        at += count;
        // The last part is filled up from the left: what one has just seen beside what is new.
        while at == rest.len() && from > 0 && fits(&rest[from - 1..]) {
            from -= 1;
        }
        parts.push(all[..stays].iter().chain(&rest[from..at]).copied().collect());
    }
    parts
}

/// How many columns stay in every part: the first; after a number that only counts the rows the name too.
fn stays(wishes: &[Wish], room: f32) -> usize {
    let counts = wishes[0].numeric && wishes.len() > 2 && !wishes[1].numeric;
    if counts && least(&[0, 1], wishes) <= room * 0.4 { 2 } else { 1 }
}

/// The least width of these columns side by side.
fn least(columns: &[usize], wishes: &[Wish]) -> f32 {
    columns.iter().map(|column| wishes[*column].least).sum::<f32>() + gaps(columns, wishes).iter().sum::<f32>()
}

/// What is left free before each of these columns.
fn gaps(columns: &[usize], wishes: &[Wish]) -> Vec<f32> {
    let before = |at: usize| match at.checked_sub(1).map(|before| (wishes[columns[before]], wishes[columns[at]])) {
        None => 0.0,
        Some((Wish { numeric: true, .. }, Wish { numeric: false, .. })) => GAP_AFTER_FIGURES,
        Some(_) => GAP,
    };
    (0..columns.len()).map(before).collect()
}

/// Gives every column what it needs and then the same more until it has what it asks for, so that a column of short words
/// is not broken for a long one's sake. What is left when all have it is shared out.
fn share_out(wishes: Vec<Wish>, room: f32) -> Vec<f32> {
    let mut widths: Vec<f32> = wishes.iter().map(|wish| wish.least).collect();
    let mut left = (room - widths.iter().sum::<f32>()).max(0.0);
    let mut open: Vec<usize> = (0..wishes.len()).filter(|at| wishes[*at].ideal > wishes[*at].least).collect();
    while !open.is_empty() && left > 0.5 {
        let share = left / open.len() as f32;
        let wanting = |at: &usize| wishes[*at].ideal - widths[*at];
        let more: Vec<(usize, f32)> = open.iter().map(|at| (*at, wanting(at).min(share))).collect();
        for (at, more) in more {
            widths[at] += more;
            left -= more;
        }
        open.retain(|at| wishes[*at].ideal - widths[*at] > 0.5);
    }
    let ideal = wishes.iter().map(|wish| wish.ideal).sum::<f32>().max(1.0);
    if left > 0.5 {
        widths.iter_mut().zip(&wishes).for_each(|(width, wish)| *width += left * wish.ideal / ideal);
    }
    widths
}

/// Puts columns side by side and breaks what is in them into lines.
fn place(
    columns: &[usize],
    wishes: &[Wish],
    table: &Table,
    shape: TableShape,
    measure: &dyn TextMeasure,
) -> Vec<GridColumn> {
    let gaps = gaps(columns, wishes);
    let room = shape.width - 2.0 * MARGIN - gaps.iter().sum::<f32>();
    let widths = share_out(columns.iter().map(|column| wishes[*column]).collect(), room);
    let mut x = MARGIN;
    let mut placed = Vec::with_capacity(columns.len());
    for ((column, gap), width) in columns.iter().zip(gaps).zip(widths) {
        // What the sums above lose must not cost a pixel: it would break a word.
        let width = (width + 0.01).floor();
        x += gap;
        let lines = |text: &str, type_size: f32| break_lines(text, width / type_size, true, measure);
        placed.push(GridColumn {
            column: *column,
            title: lines(&table.columns[*column].title, shape.em * SMALL),
            left: x,
            width,
            cells: table
                .rows
                .iter()
                .map(|row| row.cells.get(*column).map(|cell| lines(cell, shape.em)).unwrap_or_default())
                .collect(),
        });
        x += width;
    }
    placed
}

/// As many rows on each page as there is room for, at least one.
fn pages(heights: &[f32], room: f32) -> Vec<Range<usize>> {
    let mut pages = Vec::new();
    let (mut from, mut used) = (0, 0.0);
    for (row, height) in heights.iter().enumerate() {
        if used + height > room + 0.5 && row > from {
            pages.push(from..row);
            (from, used) = (row, 0.0);
        }
        used += height;
    }
    if from < heights.len() {
        pages.push(from..heights.len());
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Column, TableRow};
    use crate::layout::Layout;
    use crate::text::PlainMeasure;
    use crate::view::TextSize;
    use proptest::prelude::*;

    const SIZES: [TextSize; 2] = [TextSize::Normal, TextSize::Large];

    fn table(columns: &[(&str, bool)], rows: &[&[&str]]) -> Table {
        let column = |(title, numeric): &(&str, bool)| Column { title: (*title).into(), numeric: *numeric };
        let row = |cells: &&[&str]| TableRow { cells: cells.iter().map(|cell| (*cell).into()).collect(), total: false };
        Table { columns: columns.iter().map(column).collect(), rows: rows.iter().map(row).collect() }
    }

    fn ledger() -> Table {
        table(
            &[
                ("日期", false),
                ("凭证号", false),
                ("事由", false),
                ("经手人", false),
                ("收入（元）", true),
                ("支出（元）", true),
                ("结余（元）", true),
            ],
            &[
                &[
                    "2026-07-03",
                    "收字第001号",
                    "沙田柚合作社缴上半年集体土地租金及滞纳金",
                    "陈文秀",
                    "128,000.00",
                    "",
                    "1,286,430.05",
                ],
                &[
                    "2026-07-08",
                    "收字第002号",
                    "支付村道硬化工程第二期进度款（韶关市某建筑工程有限公司）",
                    "欧阳志明",
                    "",
                    "356,000.00",
                    "930,430.05",
                ],
                &["合计", "", "", "", "1,628,000.00", "380,600.00", "2,405,830.05"],
            ],
        )
    }

    /// What must hold of every table: everything is there, in lines that fit, in columns and on pages that fit.
    #[track_caller]
    fn check(table: &Table, shape: TableShape) -> Grid {
        let grid = lay_out(table, shape, &PlainMeasure);
        let squeeze = |text: &str| text.split_whitespace().collect::<String>();
        let mut seen = vec![false; table.columns.len()];
        for part in &grid.parts {
            let mut end = 0.0;
            for column in part {
                seen[column.column] = true;
                assert!(column.left >= end, "columns overlap: {part:?}");
                end = column.left + column.width;
                assert_eq!(squeeze(&column.title.concat()), squeeze(&table.columns[column.column].title));
                for (row, lines) in table.rows.iter().zip(&column.cells) {
                    assert_eq!(squeeze(&lines.concat()), squeeze(&row.cells[column.column]));
                    let widest = lines.iter().map(|line| width(line, true, &PlainMeasure)).fold(0.0, f32::max);
                    assert!(widest * shape.em <= column.width + 0.5, "{lines:?} in {}", column.width);
                    if table.columns[column.column].numeric
                        && width(&row.cells[column.column], true, &PlainMeasure) < 16.0
                    {
                        assert!(lines.len() <= 1, "a figure is torn: {lines:?}");
                    }
                }
            }
            assert!(end <= shape.width - MARGIN + 0.5, "{end} of {}", shape.width);
        }
        assert!(seen.iter().all(|seen| *seen), "a column is in no part");
        let rows: Vec<usize> = grid.pages.iter().cloned().flatten().collect();
        assert_eq!(rows, (0..table.rows.len()).collect::<Vec<_>>());
        for page in &grid.pages {
            assert!(grid.height(page.clone()) <= shape.height + 0.5, "{page:?} is {} high", grid.height(page.clone()));
        }
        grid
    }

    #[test]
    fn an_ordinary_ledger_is_seen_at_once_and_in_large_type_in_two_parts_that_keep_the_date() {
        let normal = check(&ledger(), Layout::new(TextSize::Normal).table(1_728.0));
        assert!(normal.is_whole());
        let large = check(&ledger(), Layout::new(TextSize::Large).table(1_728.0));
        let parts: Vec<Vec<usize>> =
            large.parts.iter().map(|part| part.iter().map(|column| column.column).collect()).collect();
        assert_eq!(parts.len(), 2, "{parts:?}");
        assert!(parts.iter().all(|part| part[0] == 0) && parts[1].ends_with(&[4, 5, 6]), "{parts:?}");
    }

    #[test]
    fn the_name_after_a_running_number_stays_too() {
        let cell = "12,345,678.90";
        let mut columns = vec![("序号", true), ("户主", false)];
        columns.extend([("金额", true); 6]);
        let row = ["1", "欧阳某某", cell, cell, cell, cell, cell, cell];
        let grid = check(&table(&columns, &[&row]), Layout::new(TextSize::Large).table(1_728.0));
        assert!(grid.parts.len() > 1);
        for part in &grid.parts {
            assert_eq!((part[0].column, part[1].column), (0, 1));
        }
    }

    #[test]
    fn the_longest_cells_that_may_be_published_are_whole_in_both_sizes() {
        let long = "六十个字的单元格".repeat(8).chars().take(60).collect::<String>();
        let figure = "-99,999,999,999,999.99";
        for size in SIZES {
            for beside in [1_120.0, 1_728.0] {
                let columns: Vec<(&str, bool)> = (0..8).map(|index| (long.as_str(), index % 3 == 2)).collect();
                let row: Vec<&str> = (0..8).map(|index| if index % 3 == 2 { figure } else { &long }).collect();
                let rows: Vec<&[&str]> = vec![&row; 40];
                let shape = Layout::new(size).table(beside);
                let grid = lay_out(&table(&columns, &rows), shape, &PlainMeasure);
                if beside > 1_200.0 {
                    check(&table(&columns, &rows), shape);
                }
                assert!(grid.parts.len() > 1);
            }
        }
    }

    #[test]
    fn no_rows_are_no_page() {
        let grid = check(&table(&[("项目", false)], &[]), Layout::new(TextSize::Normal).table(1_728.0));
        assert_eq!((grid.pages.len(), grid.parts.len()), (0, 1));
    }

    fn any_cell() -> impl Strategy<Value = String> {
        prop_oneof![
            "[一二三四五六七八九十，。（）]{0,60}",
            "[a-zA-Z0-9 ,.:/-]{0,60}",
            "-?[0-9]{1,3}(,[0-9]{3}){0,3}\\.[0-9]{2}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn whatever_stands_in_a_table_is_shown_as_a_whole(
            numeric in prop::collection::vec(any::<bool>(), 1..=8),
            titles in prop::collection::vec("[一二三四五（）a-z ]{1,20}", 8),
            cells in prop::collection::vec(any_cell(), 8 * 12),
            large in any::<bool>(),
        ) {
            let columns = numeric.iter().zip(&titles).map(|(numeric, title)| Column { title: title.clone(), numeric: *numeric });
            let rows = cells.chunks(8).map(|row| TableRow { cells: row[..numeric.len()].to_vec(), total: false });
            let table = Table { columns: columns.collect(), rows: rows.collect() };
            check(&table, Layout::new(SIZES[usize::from(large)]).table(1_728.0));
        }
    }
}
