use std::fmt;

use super::*;
use crate::words::Kind;

fn is_chinese(character: char) -> bool {
    matches!(character, '\u{4E00}'..='\u{9FFF}')
}

/// Names that have no other form in Chinese: formats, protocols, units, programs, and the letters of numbers.
const NAMES: [&str; 22] = [
    "JPEG",
    "PNG",
    "HEIC",
    "SVG",
    "XML",
    "MP4",
    "MOV",
    "MB",
    "WPS",
    "Excel",
    "xls",
    "et",
    "xlsx",
    "csv",
    "tus",
    "JSON",
    "https",
    "tel",
    "UTF",
    "md",
    "U",
    "application",
];

/// The words of Latin letters in a text, with the digits that belong to them.
fn latin(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric());
    words.filter(|word| word.chars().any(|one| one.is_ascii_alphabetic())).map(str::to_owned).collect()
}

#[test]
fn every_message_says_what_is_wrong_and_the_way_out_in_both_languages() {
    let all = all();
    assert!(all.len() > 150, "the table was walked: {}", all.len());
    for (line, message) in all {
        for text in [&message.zh.what, &message.zh.way_out] {
            assert!(text.chars().any(is_chinese), "{line} lacks Chinese: {text:?}");
        }
        for text in [&message.en.what, &message.en.way_out] {
            let own: String = text.replace("示例", "x");
            assert!(own.split_whitespace().count() > 1 || own == "x", "{line} lacks English: {text:?}");
            assert!(!own.chars().any(is_chinese), "{line} has Chinese in the English: {text:?}");
        }
        assert_ne!(message.zh.what, message.zh.way_out, "{line}");
        assert!((400..600).contains(&message.status), "{line}");
        assert!(message.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{line}: {}", message.code);
    }
}

#[test]
fn the_chinese_has_no_latin_words_but_names() {
    for (line, message) in all() {
        let said = message.sentence(Lang::Zh);
        let foreign: Vec<String> = latin(&said)
            .into_iter()
            .filter(|word| !NAMES.contains(&word.as_str()))
            // A moment, and the number of a character after its `U+`.
            .filter(|word| !word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'T'))
            .filter(|word| !word.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)))
            // The types of a body.
            .filter(|word| !["offset", "octet", "stream", "json"].contains(&word.as_str()))
            .collect();
        assert!(foreign.is_empty(), "{line} has {foreign:?} in the Chinese: {said}");
        for mark in [',', ';', '?', '!'] {
            let plain = said.replace("1,200", "");
            assert!(!plain.contains(mark), "{line} has the half-width `{mark}` in the Chinese: {said}");
        }
    }
}

fn names<L: fmt::Debug>(lines: Vec<L>) -> Vec<String> {
    lines.iter().map(|line| format!("{line:?}")).collect()
}

#[test]
fn what_is_wrong_with_a_value_names_its_field() {
    // Of a whole: a form, a file, a choice among several things.
    const WHOLE: [&str; 13] = [
        "Faults",
        "Undrawn",
        "TooMany {",
        "Act",
        "Items",
        "Direction",
        "FormBroken",
        "FormFields",
        "Body",
        "NoJson",
        "Query",
        "Path",
        "Batch",
    ];
    // A file, and what a pack has in a line, is its own place; what is wrong with a text is told of a field.
    let elsewhere: Vec<String> = [names(files::File::samples()), names(files::Upload::samples())]
        .into_iter()
        .chain([names(files::Sheet::samples()), names(pack::Flaw::samples()), names(draft::Why::samples())])
        .flatten()
        .collect();
    for (line, message) in all() {
        let is_whole = WHOLE.iter().any(|whole| line.starts_with(whole)) || line.starts_with("Report");
        if matches!(message.status, 400 | 422) && !is_whole && !elsewhere.contains(&line) {
            assert!(message.field.is_some(), "{line} names no field");
            let word = message.field.map(|field| field.word(Lang::Zh)).unwrap_or_default();
            assert!(message.sentence(Lang::Zh).starts_with(word), "{line}");
        }
    }
}

#[test]
fn a_fault_names_field_place_and_way_out_in_both_languages() {
    let spots = [
        (Spot::line("好\n\n今年村里修了两条水渠，共三公里", 3), "正文第 3 行“今年村里修了两条水渠，共…”："),
        (Spot::line("好", 7), "正文第 7 行："),
        (Spot::Row(2), "正文第 2 行："),
        (Spot::Column(2), "正文第 2 列："),
        (Spot::Cell { row: 3, column: 2 }, "正文第 3 行第 2 列："),
        (Spot::Picture(4), "正文第 4 张："),
        (Spot::Whole, "正文："),
    ];
    for why in draft::Why::samples() {
        let message = Message::from(why).about(Field::Body);
        for (spot, begins) in &spots {
            let said = message.clone().at(spot.clone());
            let (zh, en) = (said.sentence(Lang::Zh), said.sentence(Lang::En));
            assert!(zh.starts_with(begins) && zh.ends_with(['。', '！']), "{zh}");
            assert!(zh.contains(&said.zh.what) && zh.contains(&said.zh.way_out), "{zh}");
            assert!(en.starts_with("Text") && en.ends_with('.') && !en.contains(".."), "{en}");
        }
    }
}

#[test]
fn the_fields_of_every_kind_have_names() {
    for kind in Kind::ALL {
        for field in crate::pages::fields::of(*kind) {
            let known = Field::ALL.iter().find(|known| known.name() == field.name);
            assert!(known.is_some(), "{}", field.name);
        }
    }
}

#[test]
fn sentences_end_once_and_begin_with_the_field() {
    let said = Message::from(account::Account::Taken("chen".to_owned()));
    assert_eq!(said.sentence(Lang::Zh), "账号：“chen”已经有人用了。请换一个。");
    assert_eq!(said.sentence(Lang::En), "Account: “chen” is taken. Choose another one.");
    let whole = Message::from(request::Request::Internal);
    assert!(whole.sentence(Lang::En).starts_with("The server failed; its log says why. Try again later"));
    let kept = Message::from(draft::Why::Refused("“a.pdf”：这是文档。请换。".to_owned(), "x.".to_owned()));
    assert_eq!(kept.sentence(Lang::Zh), "“a.pdf”：这是文档。请换。请换一个文件。");
}
