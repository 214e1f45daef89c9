//! Spreadsheets and comma-separated files.
//!
//! A file says by its bytes what it is, not by its name. A workbook is a ZIP archive, so before anything reads it, it is
//! unpacked into nothing as far as a workbook may be large; then its cells are read one after another, because a reader
//! that lays out a whole sheet gives a cell in the last row of the last column all of the memory.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use calamine::{Data, DataRef, DataType, Reader, Xlsx, XlsxError};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::text;

/// Bytes of a file.
pub const LONGEST: usize = 4 << 20;
/// Bytes of all parts of a workbook together, unpacked.
const MOST_UNPACKED: u64 = 64 << 20;
const MOST_PARTS: usize = 2_000;
/// Cells with something in them: a hundred times what a television shows.
const MOST_CELLS: usize = 160_000;
/// Sheets whose names are offered.
pub const SHEETS: usize = 30;
/// Characters of a cell that are kept; a longer one is too long for any table.
const LONGEST_CELL: usize = 2_000;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Names of the workbook's sheets; empty for text.
    pub sheets: Vec<String>,
    /// Which of them was read.
    pub sheet: usize,
    /// All cells from the first row and column on, as the spreadsheet shows them.
    pub rows: Vec<Vec<String>>,
}

/// Why a file is not taken.
pub use yuexiang_console::messages::files::Sheet as Refusal;

/// Reads a file; of a workbook the sheet asked for, or the first one with something in it.
pub fn read(bytes: &[u8], sheet: Option<usize>) -> Result<Source, Refusal> {
    if bytes.len() > LONGEST {
        return Err(Refusal::TooLarge);
    }
    match bytes {
        [] => Err(Refusal::Empty),
        [b'P', b'K', 3, 4, ..] => workbook(bytes, sheet),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Err(Refusal::Old),
        bytes => separated(bytes),
    }
}

fn separated(bytes: &[u8]) -> Result<Source, Refusal> {
    let text = decoded(bytes)?;
    let rows = text::cells(&text, separator(&text));
    if rows.iter().flatten().all(|cell| cell.trim().is_empty()) {
        return Err(Refusal::Empty);
    }
    Ok(Source { rows: rows.into_iter().map(|row| row.into_iter().map(short).collect()).collect(), ..Source::default() })
}

/// Offices save as UTF-8 with or without its mark, as GBK, and Excel's "Unicode text" is UTF-16.
fn decoded(bytes: &[u8]) -> Result<String, Refusal> {
    let encoding: &'static Encoding = match bytes {
        [0xFF, 0xFE, ..] => UTF_16LE,
        [0xFE, 0xFF, ..] => UTF_16BE,
        bytes if std::str::from_utf8(bytes).is_ok() => UTF_8,
        _ => GB18030,
    };
    let (text, _, wrong) = encoding.decode(bytes);
    if text.contains('\0') || text.starts_with("%PDF") || text.starts_with('<') {
        return Err(Refusal::NotATable);
    }
    if wrong { Err(Refusal::Encoding) } else { Ok(text.into_owned()) }
}

/// The sign that the first line has most of.
fn separator(text: &str) -> char {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |sign: char| line.matches(sign).count();
    ['\t', ',', ';'].into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(',')
}

fn workbook(bytes: &[u8], sheet: Option<usize>) -> Result<Source, Refusal> {
    check_size(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| match error {
        XlsxError::Password => Refusal::Old,
        // Another archive, such as a text of Word.
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => Refusal::NotATable,
        _ => Refusal::Broken,
    })?;
    let sheets: Vec<String> = book.sheet_names().into_iter().take(SHEETS).collect();
    let wanted = match sheet {
        Some(sheet) if sheet < sheets.len() => sheet..sheet + 1,
        Some(_) => return Err(Refusal::NoSheet),
        None => 0..sheets.len(),
    };
    for sheet in wanted {
        let rows = rows(&mut book, &sheets[sheet])?;
        if !rows.is_empty() {
            return Ok(Source { sheets, sheet, rows });
        }
    }
    Err(Refusal::Empty)
}

/// Unpacks every part and keeps nothing: what an archive declares of its sizes proves nothing.
fn check_size(bytes: &[u8]) -> Result<(), Refusal> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| Refusal::Broken)?;
    if archive.len() > MOST_PARTS {
        return Err(Refusal::TooLarge);
    }
    let mut left = MOST_UNPACKED;
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|_| Refusal::Broken)?;
        let length = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|_| Refusal::Broken)?;
        left = left.checked_sub(length).ok_or(Refusal::TooLarge)?;
    }
    Ok(())
}

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

fn rows(book: &mut Book<'_>, sheet: &str) -> Result<Vec<Vec<String>>, Refusal> {
    // A sheet of charts has no cells.
    let Ok(mut reader) = book.worksheet_cells_reader(sheet) else { return Ok(Vec::new()) };
    let mut cells: BTreeMap<(u32, u32), String> = BTreeMap::new();
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|_| Refusal::Broken)? {
        let format = reader.styles().get(style).and_then(|style| style.number_format.as_ref());
        let text = shown(cell.get_value(), format.map_or("General", |format| format.format_code.as_str()));
        if !text.trim().is_empty() {
            cells.insert(cell.get_position(), short(text));
        }
        if cells.len() > MOST_CELLS {
            return Err(Refusal::TooLarge);
        }
    }
    let (Some(first), Some(last)) = (cells.keys().next(), cells.keys().next_back()) else { return Ok(Vec::new()) };
    let (top, bottom) = (first.0, last.0);
    let left = cells.keys().map(|(_, column)| *column).min().unwrap_or(0);
    let right = cells.keys().map(|(_, column)| *column).max().unwrap_or(0);
    // A few cells far apart would be a table of nothing.
    let area = u64::from(bottom - top + 1) * u64::from(right - left + 1);
    if area > MOST_CELLS as u64 {
        return Err(Refusal::TooLarge);
    }
    let cell = |row, column| cells.get(&(row, column)).cloned().unwrap_or_default();
    Ok((top..=bottom).map(|row| (left..=right).map(|column| cell(row, column)).collect()).collect())
}

fn short(text: String) -> String {
    if text.chars().nth(LONGEST_CELL).is_some() { text.chars().take(LONGEST_CELL).collect() } else { text }
}

/// A value as the spreadsheet shows it, by the format of its cell.
fn shown(value: &DataRef<'_>, format: &str) -> String {
    match value {
        DataRef::Int(number) => formatted(*number as f64, format),
        DataRef::Float(number) => formatted(*number, format),
        DataRef::Bool(true) => "是".to_owned(),
        DataRef::Bool(false) => "否".to_owned(),
        DataRef::DateTime(moment) => {
            let (year, month, day, hour, minute, ..) = moment.to_ymd_hms_milli();
            match (moment.as_f64() < 1.0, hour + minute) {
                (true, _) => format!("{hour:02}:{minute:02}"),
                (false, 0) => format!("{year}-{month:02}-{day:02}"),
                (false, _) => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}"),
            }
        }
        // "#REF!" and its like are shown, so that somebody sees them.
        other => Data::from(other.clone()).as_string().unwrap_or_else(|| match other {
            DataRef::Error(error) => error.to_string(),
            _ => String::new(),
        }),
    }
}

/// A number by the first section of its format: decimal places, thousands separators and percent. Other parts, such as
/// colours and currency signs, are left out, because a table has a unit in its title.
fn formatted(number: f64, format: &str) -> String {
    let mut code = String::new();
    let mut characters = format.split(';').next().unwrap_or_default().chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => drop(characters.by_ref().find(|end| *end == '"')),
            '[' => drop(characters.by_ref().find(|end| *end == ']')),
            '\\' | '_' | '*' => drop(characters.next()),
            other => code.push(other),
        }
    }
    let is_digit = |character: char| matches!(character, '0' | '#' | '?');
    if !code.chars().any(is_digit) {
        return general(number);
    }
    let percent = code.contains('%');
    let number = if percent { number * 100.0 } else { number };
    let (whole, fraction) = code.split_once('.').unwrap_or((&code, ""));
    let places = fraction.chars().take_while(|character| is_digit(*character)).count().min(10);
    let least = fraction.chars().take_while(|character| *character == '0').count().min(places);
    let mut text = format!("{number:.places$}");
    while places > least && text.ends_with('0') && text.len() - text.find('.').unwrap_or(0) > least + 1 {
        text.pop();
    }
    let text = text.trim_end_matches('.').to_owned();
    let text = if whole.contains(',') { separated_by_thousands(&text) } else { text };
    let text = if text.trim_start_matches('-').bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    };
    if percent { format!("{text}%") } else { text }
}

/// Without a format, up to ten places: what is behind them is the dust of binary fractions.
fn general(number: f64) -> String {
    let rounded = format!("{number:.10}");
    let text = rounded.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn separated_by_thousands(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
pub mod tests {
    use std::io::Write;

    use super::*;

    /// A workbook of one sheet, with cells in the words of its XML.
    pub fn book(rows: &str) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        let relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let parts = [
            (
                "[Content_Types].xml",
                "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
            ),
            (
                "_rels/.rels",
                format!(
                    "<Relationships xmlns=\"{relationships}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" \
                     Target=\"xl/workbook.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"说明\" sheetId=\"1\" r:id=\"r1\"/>\
                     <sheet name=\"十月\" sheetId=\"2\" r:id=\"r2\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    "<Relationships xmlns=\"{relationships}\">\
                     <Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
                     <Relationship Id=\"r2\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet2.xml\"/>\
                     <Relationship Id=\"r3\" Type=\"{office}/styles\" Target=\"styles.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/styles.xml",
                format!(
                    "<styleSheet xmlns=\"{main}\"><numFmts count=\"1\"><numFmt numFmtId=\"170\" \
                     formatCode=\"[Red]&quot;¥&quot;#,##0.00\"/></numFmts><cellXfs count=\"4\"><xf numFmtId=\"0\"/>\
                     <xf numFmtId=\"170\" applyNumberFormat=\"1\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/>\
                     <xf numFmtId=\"9\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
                ),
            ),
            ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\"><sheetData/></worksheet>")),
            (
                "xl/worksheets/sheet2.xml",
                format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
            ),
        ];
        for (name, text) in parts {
            archive.start_file(name, options).expect("starts");
            archive.write_all(text.as_bytes()).expect("writes");
        }
        archive.finish().expect("ends").into_inner()
    }

    const ROWS: &str = "<row r=\"2\"><c r=\"B2\" t=\"inlineStr\"><is><t>项目</t></is></c>\
        <c r=\"C2\" t=\"inlineStr\"><is><t>金额\n（元）</t></is></c><c r=\"D2\" t=\"inlineStr\"><is><t>日期</t></is></c></row>\
        <row r=\"3\"><c r=\"B3\" t=\"inlineStr\"><is><t>挖机</t></is></c><c r=\"C3\" s=\"1\"><v>21600</v></c>\
        <c r=\"D3\" s=\"2\"><v>46338</v></c></row>\
        <row r=\"5\"><c r=\"B5\"><v>0.30000000000000004</v></c><c r=\"C5\" s=\"3\"><v>0.5</v></c></row>";

    #[test]
    fn a_workbook_is_read_as_it_is_shown() {
        let source = read(&book(ROWS), None).expect("reads");
        assert_eq!((source.sheets, source.sheet), (vec!["说明".to_owned(), "十月".to_owned()], 1));
        let expected = [
            vec!["项目", "金额\n（元）", "日期"],
            vec!["挖机", "21,600.00", "2026-11-12"],
            vec!["", "", ""],
            vec!["0.3", "50%", ""],
        ];
        assert_eq!(source.rows, expected);
        assert_eq!(read(&book(ROWS), Some(0)), Err(Refusal::Empty));
        assert_eq!(read(&book(ROWS), Some(2)), Err(Refusal::NoSheet));
    }

    #[test]
    fn a_cell_in_the_last_corner_costs_no_memory() {
        let far =
            "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
        assert_eq!(read(&book(far), None), Err(Refusal::TooLarge));
    }

    #[test]
    fn a_workbook_that_unpacks_to_far_too_much_is_refused_before_it_is_read() {
        let spaces = " ".repeat(MOST_UNPACKED as usize);
        assert_eq!(read(&book(&spaces), None), Err(Refusal::TooLarge));
    }

    #[test]
    fn text_is_read_in_the_encodings_of_offices() {
        let text = "项目,金额\r\n挖机,\"21,600\"\r\n";
        let expected = [vec!["项目", "金额"], vec!["挖机", "21,600"]];
        let (gbk, _, _) = GB18030.encode(text);
        let utf_16: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(|unit| unit.to_le_bytes())).collect();
        let files = [text.as_bytes().to_vec(), format!("\u{FEFF}{text}").into_bytes(), gbk.into_owned(), utf_16];
        for bytes in files {
            assert_eq!(read(&bytes, None).expect("reads").rows, expected, "{bytes:?}");
        }
        assert_eq!(read("项目\t金额\n一,二\t3\n".as_bytes(), None).expect("reads").rows[1], ["一,二", "3"]);
    }

    #[test]
    fn what_is_no_table_is_refused_by_name() {
        let check = |bytes: &[u8], expected| assert_eq!(read(bytes, None), Err(expected));
        check(b"", Refusal::Empty);
        check(b" \n,\n", Refusal::Empty);
        check(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Refusal::Old);
        check(b"PK\x03\x04broken", Refusal::Broken);
        check(b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR", Refusal::NotATable);
        check(b"%PDF-1.7", Refusal::NotATable);
        check(&vec![b'a'; LONGEST + 1], Refusal::TooLarge);
    }

    #[test]
    fn a_number_is_written_as_its_format_says() {
        for (number, format, expected) in [
            (48_000.0, "#,##0.00", "48,000.00"),
            (-1_234_567.891, "#,##0.00_);[Red]\\(#,##0.00\\)", "-1,234,567.89"),
            (0.125, "0.0%", "12.5%"),
            (3.0, "0.##", "3"),
            (7.12344, "0.0##", "7.123"),
            (-0.001, "0.00", "0.00"),
            (2_026.0, "General", "2026"),
            (0.1 + 0.2, "General", "0.3"),
            (12.0, "@", "12"),
        ] {
            assert_eq!(formatted(number, format), expected, "{number} {format}");
        }
    }
}
