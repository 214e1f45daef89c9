//! Text with a sign between the cells of a row, as spreadsheets copy (tabs) and save (commas) it.

/// The rows of a text. A cell in quotation marks may hold line breaks and the sign itself; two marks in it are one.
/// Marks amid a cell are text, as `6"` is.
pub fn cells(text: &str, between: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let mut characters = text.chars().peekable();
    let mut at_start = true;
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            _ if quoted => cell.push(character),
            // Without its end it is a mark that somebody typed: everything behind it would be one cell.
            '"' if at_start && is_closed(characters.clone(), between) => quoted = true,
            '\r' if characters.peek() == Some(&'\n') => continue,
            '\n' | '\r' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
                at_start = true;
                continue;
            }
            _ if character == between => {
                row.push(std::mem::take(&mut cell));
                at_start = true;
                continue;
            }
            _ => cell.push(character),
        }
        at_start = false;
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

/// Whether a mark that was opened is closed before the end of a cell.
fn is_closed(rest: std::iter::Peekable<std::str::Chars<'_>>, between: char) -> bool {
    let mut rest = rest;
    while let Some(character) = rest.next() {
        if character != '"' {
            continue;
        }
        match rest.peek() {
            Some('"') => drop(rest.next()),
            Some(&next) => return next == between || matches!(next, '\n' | '\r'),
            None => return true,
        }
    }
    false
}

/// Rows as the text that the form keeps: tabs between cells, and marks around those that hold a tab, a mark or a line
/// break.
pub fn tabbed(rows: &[Vec<String>]) -> String {
    let cell = |cell: &String| {
        if cell.contains(['\t', '\n', '\r']) || cell.starts_with('"') {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    let rows = rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("\t"));
    rows.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, between: char, expected: &[&[&str]]) {
        let rows = cells(text, between);
        let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_quoted_cell_with_a_line_break_stays_whole() {
        check(
            "项目\t说明\r\n挖机\t\"12 天\n两台\"\r\n\"他说\"\"好\"\"\"\t1\r\n",
            '\t',
            &[&["项目", "说明"], &["挖机", "12 天\n两台"], &["他说\"好\"", "1"]],
        );
        check("a,\"b,c\"\n,\n", ',', &[&["a", "b,c"], &["", ""]]);
    }

    #[test]
    fn a_mark_that_is_no_quotation_is_text() {
        check("6\" 管\t\"半\n\"引\" 文\tx", '\t', &[&["6\" 管", "\"半"], &["\"引\" 文", "x"]]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            rows in prop::collection::vec(prop::collection::vec("[a\"\t\n,字]{0,6}", 2..4), 1..5)
        ) {
            prop_assert_eq!(cells(&tabbed(&rows), '\t'), rows);
        }
    }
}
