//! Text as people type it, or paste it from Word and WeChat, to the blocks that a television can show.
//!
//! A line is a line, and an empty one ends a paragraph. Only what the editor's buttons put in front of a line means more
//! than it says: `## `, `- `, `1. ` to `99. ` and `> `, and a picture is `![caption](media:id)`. Everything else is text,
//! whatever it looks like: leading spaces, lines of dashes, `2026. 计划`, stars and underlines. Nothing is refused for its
//! form, because who writes a notice has never heard of one.

use std::cell::Cell;

use unicode_normalization::UnicodeNormalization;
use yuexiang_wire::{Block, Picture, limits};

use super::draft::Why;
use crate::glyphs;
use crate::pack::{Place, is_invisible};

/// Programs that write documents mark the entries of a list with these, followed by a tab. The last three are Word's, of
/// a font with signs of its own.
const BULLETS: [char; 9] = ['•', '·', '●', '▪', '◦', '○', '\u{F0B7}', '\u{F0A7}', '\u{F0D8}'];

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'a> {
    Empty,
    Text(&'a str),
    Heading(&'a str),
    Entry(u32, &'a str),
    Quote(&'a str),
}

/// A picture in the text.
struct Figure<'a> {
    caption: &'a str,
    path: &'a str,
}

/// Turns a text into blocks, and names with their line what cannot be shown. `figure` makes a picture of a path and a
/// caption.
pub fn blocks(
    text: &str,
    figure: &mut dyn FnMut(&str, &str) -> Result<Picture, Why>,
) -> (Vec<Block>, Vec<(usize, Why)>) {
    let text = cleaned(text);
    let mut reader = Reader { figure, blocks: Vec::new(), open: None, faults: Vec::new() };
    for (index, line) in text.lines().enumerate() {
        reader.line(index + 1, line);
    }
    reader.close();
    let Reader { blocks, mut faults, .. } = reader;
    if blocks.len() > limits::BLOCKS {
        faults.push((text.lines().count(), Why::TooManyParagraphs { has: blocks.len(), most: limits::BLOCKS }));
    }
    (blocks, faults)
}

/// The paths of the pictures in a text.
pub fn figures(text: &str) -> Vec<String> {
    text.lines().flat_map(pieces).filter_map(|piece| Some(piece.err()?.path.to_owned())).collect()
}

/// What is left of a text after everything that nobody sees is taken out, with one kind of line break. Zero-width spaces
/// come with every text from WeChat, marks of direction with every number from an address book.
pub fn cleaned(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let clean = text.chars().filter_map(|character| match character {
        // The last three end a line, a page or a paragraph in Word.
        '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\t' => Some('\t'),
        '\u{A0}' => Some(' '),
        hidden if is_harmless(hidden) => None,
        shown => Some(shown),
    });
    clean.flat_map(composed).nfc().collect()
}

/// Characters that look like another one and are it: texts copied from PDF files have radicals (`⼭`) in place of
/// characters (`山`).
fn composed(character: char) -> impl Iterator<Item = char> {
    let radical = matches!(character, '\u{2E80}'..='\u{2FD5}' | '\u{F900}'..='\u{FAFF}');
    let (same, other) = if radical { (None, Some(character)) } else { (Some(character), None) };
    same.into_iter().chain(other.into_iter().nfkc())
}

/// The same for what has one line alone.
pub fn one_line(text: &str) -> String {
    let spaced: String = cleaned(text).chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}

/// What may be left out unseen. What turns the direction of text around by force is not: it is there to deceive, and its
/// writer should hear of it.
fn is_harmless(character: char) -> bool {
    let forces = matches!(character, '\u{202D}' | '\u{202E}');
    // The last ones choose between forms of the character before, such as an emoji's colours.
    let hidden =
        is_invisible(character) || matches!(character, '\u{AD}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
    !forces && (character.is_control() || hidden)
}

struct Reader<'a> {
    figure: &'a mut dyn FnMut(&str, &str) -> Result<Picture, Why>,
    blocks: Vec<Block>,
    /// A paragraph or a quote that may go on: its first line, whether it is a quote, and its text.
    open: Option<(usize, bool, String)>,
    faults: Vec<(usize, Why)>,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) {
        for piece in pieces(line) {
            match piece {
                Ok(text) => self.text(number, text),
                Err(Figure { caption, path }) => {
                    self.close();
                    match (self.figure)(path, caption) {
                        Ok(picture) => self.blocks.push(Block::Figure { picture }),
                        Err(why) => self.faults.push((number, why)),
                    }
                }
            }
        }
    }

    fn text(&mut self, number: usize, text: &str) {
        match kind_of(text) {
            Line::Empty => self.close(),
            Line::Text(text) => self.go_on(number, false, text),
            Line::Quote(text) => self.go_on(number, true, text),
            Line::Heading(text) => {
                self.close();
                self.put(number, text, |text| Block::Heading { text });
            }
            Line::Entry(entry, text) => {
                self.close();
                self.put(number, text, |text| Block::Entry { number: entry, text });
            }
        }
    }

    /// Another line of what is open, unless it is something else or would become too long: a block ends between two lines
    /// rather than that somebody has to.
    fn go_on(&mut self, number: usize, quote: bool, line: &str) {
        let line = spaced(line);
        let fits = |open: &(usize, bool, String)| {
            open.1 == quote && open.2.chars().count() + 1 + line.chars().count() <= limits::BLOCK
        };
        if !self.open.as_ref().is_some_and(fits) {
            self.close();
        }
        match &mut self.open {
            Some((_, _, text)) => {
                text.push('\n');
                text.push_str(&line);
            }
            None => self.open = Some((number, quote, line)),
        }
    }

    fn close(&mut self) {
        match self.open.take() {
            Some((number, true, text)) => self.put(number, &text, |text| Block::Quote { text }),
            Some((number, false, text)) => self.put(number, &text, |text| Block::Paragraph { text }),
            None => {}
        }
    }

    fn put(&mut self, number: usize, text: &str, block: impl FnOnce(String) -> Block) {
        let text = spaced(text);
        let has = text.chars().count();
        if has > limits::BLOCK {
            self.faults.push((number, Why::LongParagraph { has, most: limits::BLOCK }));
        }
        if let Some(hidden) = text.chars().find(|&character| is_invisible(character)) {
            self.faults.push((number, Why::Unshowable(hidden)));
        }
        let missing = glyphs::missing(&text);
        if !missing.is_empty() {
            self.faults.push((number, Why::Undrawable(glyphs::named(&missing))));
        }
        self.blocks.push(block(text));
    }
}

/// Tabs line up nothing on a television.
fn spaced(text: &str) -> String {
    text.trim_end().replace('\t', " ")
}

/// A line without its pictures, and the pictures, in their order.
fn pieces(line: &str) -> Vec<Result<&str, Figure<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some((before, figure, after)) = next_figure(rest) {
        if !before.trim().is_empty() {
            pieces.push(Ok(before));
        }
        pieces.push(Err(figure));
        rest = after;
    }
    // A line that is nothing but pictures is no empty line besides.
    if pieces.is_empty() || !rest.trim().is_empty() {
        pieces.push(Ok(rest));
    }
    pieces
}

fn next_figure(line: &str) -> Option<(&str, Figure<'_>, &str)> {
    let start = line.find("![")?;
    let (caption, rest) = line[start + 2..].split_once("](media:")?;
    // The caption of the nearest picture, whatever was typed before it.
    let (start, caption) = match caption.rfind("![") {
        Some(at) => (start + 2 + at, &caption[at + 2..]),
        None => (start, caption),
    };
    let (id, after) = rest.split_once(')')?;
    Some((&line[..start], Figure { caption, path: id }, after))
}

fn kind_of(line: &str) -> Line<'_> {
    if line.trim().is_empty() {
        return Line::Empty;
    }
    let marked = |mark: &str| line.strip_prefix(mark).filter(|rest| !rest.trim().is_empty()).map(str::trim);
    if let Some(text) = ["# ", "## ", "### ", "#### "].into_iter().find_map(marked) {
        return Line::Heading(text);
    }
    if let Some(text) = marked("- ").or_else(|| bulleted(line)) {
        return Line::Entry(0, text);
    }
    if let Some(text) = marked("> ") {
        return Line::Quote(text);
    }
    numbered(line).map_or(Line::Text(line), |(number, text)| Line::Entry(number, text))
}

fn bulleted(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(BULLETS)?.strip_prefix('\t')?;
    Some(rest.trim()).filter(|rest| !rest.is_empty())
}

/// A year is no number of a list.
fn numbered(line: &str) -> Option<(u32, &str)> {
    let (number, text) = line.split_once('.')?;
    let is_number = (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|number| is_number && *number > 0)?;
    let text = text.strip_prefix([' ', '\t'])?.trim();
    (!text.is_empty()).then_some((number, text))
}

/// A text in Markdown, such as programs send, as somebody would have typed it; none when it would not look the same.
pub fn from_markdown(text: &str) -> Option<String> {
    let known = of_markdown(text)?;
    let mut typed = String::new();
    let mut before = None;
    for block in &known {
        let entry = matches!(block, Block::Entry { .. });
        match before.replace(entry) {
            Some(true) if entry => typed.push('\n'),
            Some(_) => typed.push_str("\n\n"),
            None => {}
        }
        typed.push_str(&match block {
            Block::Heading { text } => format!("## {text}"),
            Block::Paragraph { text } => text.clone(),
            Block::Entry { number: 0, text } => format!("- {text}"),
            Block::Entry { number, text } => format!("{number}. {text}"),
            Block::Quote { text } => format!("> {}", text.replace('\n', "\n> ")),
            Block::Figure { picture } => format!("![{}](media:{})", picture.caption, picture.sha256),
        });
    }
    (of_lines(&typed) == known).then_some(typed)
}

/// Whether a text in Markdown looks as one that was typed does.
pub fn looks_like(markdown: &str, typed: &str) -> bool {
    of_markdown(markdown).is_some_and(|blocks| blocks == of_lines(typed))
}

/// The blocks of a text in Markdown that can be shown.
fn of_markdown(text: &str) -> Option<Vec<Block>> {
    let is_refused = Cell::new(false);
    let refuse = |_: &Place, _: Why| is_refused.set(true);
    let here = Place::file("text").line(1);
    let blocks = crate::pack::blocks(text, &here, &refuse, &mut |_, path, caption| Some(stand_in(path, caption)));
    (!is_refused.get()).then_some(blocks)
}

fn of_lines(text: &str) -> Vec<Block> {
    blocks(text, &mut |path, caption| Ok(stand_in(path, caption))).0
}

/// A picture that only tells where it came from.
fn stand_in(path: &str, caption: &str) -> Picture {
    let thumbnail = yuexiang_wire::Object { sha256: String::new(), length: 0 };
    let sha256 = super::compile::medium_of(path).to_owned();
    Picture { sha256, length: 0, width: 0, height: 0, caption: caption.trim().to_owned(), thumbnail }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use yuexiang_console::words::Lang;

    use super::*;
    use crate::messages::Message;

    fn read(text: &str) -> (Vec<Block>, Vec<(usize, Why)>) {
        blocks(text, &mut |path, caption| match path {
            "gone" => Err(Why::NoMedium),
            path => Ok(stand_in(path, caption)),
        })
    }

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let (blocks, faults) = read(text);
        let mut lines: Vec<String> = blocks
            .into_iter()
            .map(|block| match block {
                Block::Heading { text } => format!("# {text}"),
                Block::Paragraph { text } => format!("¶ {}", text.replace('\n', "⏎")),
                Block::Entry { number: 0, text } => format!("• {text}"),
                Block::Entry { number, text } => format!("{number} {text}"),
                Block::Quote { text } => format!("> {}", text.replace('\n', "⏎")),
                Block::Figure { picture } => format!("! {} {}", picture.sha256, picture.caption),
            })
            .collect();
        lines.extend(
            faults.into_iter().map(|(line, why)| format!("✗ {line}: {}", Message::from(why).text(Lang::En).what)),
        );
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn a_line_break_that_was_typed_is_a_line_break() {
        check(
            "各位村民：\r\n　　明日停水，请提前储水。\r\n    联系人：小梁\r\n\r\n榕树村村委会\u{0B}2026年11月24日",
            expect![[r#"
                ¶ 各位村民：⏎　　明日停水，请提前储水。⏎    联系人：小梁
                ¶ 榕树村村委会⏎2026年11月24日"#]],
        );
    }

    #[test]
    fn what_only_looks_like_markdown_is_text() {
        check(
            "2026. 计划\n2025．总结\n标题\n----\n* 号楼 *\n_下划线_ **粗** `码` <b>\n| 一 | 二 |\n|---|---|\n\
             #1 楼\n1.5 公里\n-5 度\n```\n\n————\n***\n  - 里面\n![](http://a)",
            expect![[r#"
                ¶ 2026. 计划⏎2025．总结⏎标题⏎----⏎* 号楼 *⏎_下划线_ **粗** `码` <b>⏎| 一 | 二 |⏎|---|---|⏎#1 楼⏎1.5 公里⏎-5 度⏎```
                ¶ ————⏎***⏎  - 里面⏎![](http://a)"#]],
        );
    }

    #[test]
    fn what_the_buttons_put_in_means_something() {
        check(
            "## 安排\n- 一\n- 二\n1. 甲\n12. 乙\n> 话\n> 又话\n正文\n•\t从 Word 来\n\u{F0B7}\t也是\n3.\t第三",
            expect![[r#"
                # 安排
                • 一
                • 二
                1 甲
                12 乙
                > 话⏎又话
                ¶ 正文
                • 从 Word 来
                • 也是
                3 第三"#]],
        );
    }

    #[test]
    fn a_picture_stands_where_it_was_put_even_amid_a_line() {
        let text = "前![渠[1]](media:a)后\n![](media:b)\n![没有](media:gone)\n你好![";
        check(
            text,
            expect![[r#"
                ¶ 前
                ! a 渠[1]
                ¶ 后
                ! b 
                ¶ 你好![
                ✗ 3: there is no file, or it is gone"#]],
        );
        assert_eq!(figures(text), ["a", "b", "gone"]);
    }

    #[test]
    fn what_nobody_sees_is_left_out_and_what_deceives_is_named() {
        check(
            "cafe\u{301} ⼭⽔ ❤\u{FE0F}",
            expect![[r#"
            ¶ café 山水 ❤
            ✗ 1: holds “❤” (U+2764), which televisions cannot draw"#]],
        );
        check("\u{200B}电话\u{202A}13800\u{202C}\u{FEFF}\u{A0}打\u{AD}", expect!["¶ 电话13800 打"]);
        assert_eq!(read("一\n好\u{202E}坏").1, [(1, Why::Unshowable('\u{202E}'))]);
        assert_eq!(one_line(" 停\u{200B}水\r\n通知\t"), "停水 通知");
    }

    #[test]
    fn a_long_text_becomes_several_blocks_between_two_lines() {
        let line = "字".repeat(900);
        let (blocks, faults) = read(&[line.as_str(); 5].join("\n"));
        let lengths = blocks.iter().map(|block| match block {
            Block::Paragraph { text } => text.chars().count(),
            _ => 0,
        });
        assert_eq!((lengths.collect::<Vec<_>>(), faults), (vec![1_801, 1_801, 900], vec![]));
        let (_, faults) = read(&format!("一\n\n{}", "字".repeat(2_001)));
        assert_eq!(faults, [(3, Why::LongParagraph { has: 2_001, most: 2_000 })]);
    }

    #[test]
    fn what_a_program_wrote_in_markdown_looks_the_same_in_the_form() {
        let typed = from_markdown("# 一\n\n清淤**全长**\n1.8 公里  \n第二行\n\n- 甲\n- 乙\n\n> 话\n\n![渠](media:a)\n");
        assert_eq!(typed.as_deref(), Some("## 一\n\n清淤全长1.8 公里\n第二行\n\n- 甲\n- 乙\n\n> 话\n\n![渠](media:a)"));
        assert_eq!(from_markdown("\\- 不是列表"), None);
        assert_eq!(from_markdown("```\n码\n```"), None);
    }
}
