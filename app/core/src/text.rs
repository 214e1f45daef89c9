//! Running text broken into lines and lines into pages.
//!
//! The core counts pages because it owns the page that is shown: "page down" on the last page must do nothing, whatever
//! draws it. Lines follow the Chinese rules for where a line may not begin or end (CLREQ §6.1.1, 避头尾): a comma or a
//! closing bracket never begins a line, an opening bracket never ends one, and a Latin word or a number is not torn.

use crate::catalog::{Block, Picture};
use crate::ports::TextMeasure;
use crate::view::{Fact, LineStyle};

/// Never at the beginning of a line.
const NOT_FIRST: &str = "，。、；：？！）》」』】〉”’…—·％%,.;:?!)]}℃°";
/// Never at the end of a line.
const NOT_LAST: &str = "（《「『【〈“‘([{￥¥";

/// A block of text placed on a page; positions in body lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Placed {
    Line { text: String, style: LineStyle, top: f32, indent: f32 },
    Figure { picture: Picture, caption: Vec<String>, top: f32, height: f32 },
    Fact(PlacedFact),
}

/// A fact placed on a page; positions in body lines, `indent` in em.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedFact {
    pub fact: Fact,
    pub label: Vec<String>,
    pub value: Vec<String>,
    pub indent: f32,
    pub top: f32,
    pub height: f32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub placed: Vec<Placed>,
}

/// Breaks `text` into lines no wider than `width` em. A line feed begins a new line.
pub fn break_lines(text: &str, width: f32, bold: bool, measure: &dyn TextMeasure) -> Vec<String> {
    text.lines().flat_map(|line| break_paragraph(line.trim(), width, bold, measure)).collect()
}

fn break_paragraph(text: &str, width: f32, bold: bool, measure: &dyn TextMeasure) -> Vec<String> {
    // What the shaper draws may differ from the sum of the advances by kerning: a little is kept in hand.
    let width = (width * 0.99).max(2.0);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    for cluster in clusters(text) {
        let advance: f32 = cluster.chars().map(|character| measure.advance(character, bold)).sum();
        if used + advance > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0.0;
        }
        if line.is_empty() && cluster.trim().is_empty() {
            continue;
        }
        if advance > width {
            (line, used) = break_anywhere(cluster, width, bold, measure, &mut lines);
        } else {
            line.push_str(cluster);
            used += advance;
        }
    }
    if !line.trim_end().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// A cluster wider than a line (a web address) is torn where the line is full. Returns the unfinished last line.
fn break_anywhere(
    cluster: &str,
    width: f32,
    bold: bool,
    measure: &dyn TextMeasure,
    lines: &mut Vec<String>,
) -> (String, f32) {
    let mut line = String::new();
    let mut used = 0.0;
    for character in cluster.chars() {
        let advance = measure.advance(character, bold);
        if used + advance > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        line.push(character);
        used += advance;
    }
    (line, used)
}

/// Width in em.
pub fn width(text: &str, bold: bool, measure: &dyn TextMeasure) -> f32 {
    text.chars().map(|character| measure.advance(character, bold)).sum()
}

/// Pieces between which a line may be broken.
pub fn clusters(text: &str) -> Vec<&str> {
    let mut clusters = Vec::new();
    let mut start = 0;
    let mut previous: Option<char> = None;
    for (at, character) in text.char_indices() {
        if let Some(previous) = previous
            && may_break(previous, character)
        {
            clusters.push(&text[start..at]);
            start = at;
        }
        previous = Some(character);
    }
    if start < text.len() {
        clusters.push(&text[start..]);
    }
    clusters
}

fn may_break(before: char, after: char) -> bool {
    if NOT_FIRST.contains(after) || NOT_LAST.contains(before) {
        return false;
    }
    if after == ' ' {
        return false;
    }
    if before == ' ' || before == '　' {
        return true;
    }
    is_wide(before) || is_wide(after)
}

/// Ideographs, kana and full-width forms stand for themselves; everything else sticks together as a word.
fn is_wide(character: char) -> bool {
    matches!(character as u32, 0x2E80..=0x9FFF | 0xAC00..=0xD7FF | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
}

/// Shape of the pages that text flows into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PageShape {
    /// em
    pub width: f32,
    /// Body lines.
    pub height: f32,
    /// Where the values of facts begin at the least, in em.
    pub indent: f32,
}

/// What flows into pages.
#[derive(Clone, Debug, Default)]
pub struct Matter<'a> {
    /// When, where, who to call: above the text.
    pub facts: Vec<Fact>,
    /// What it is about, before it begins.
    pub lead: &'a str,
    pub blocks: &'a [Block],
    /// Below the text: who published and who reviewed it, when that has no room elsewhere.
    pub imprint: Vec<Fact>,
}

impl<'a> Matter<'a> {
    pub fn blocks(blocks: &'a [Block]) -> Matter<'a> {
        Matter { blocks, ..Matter::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.lead.is_empty() && self.blocks.is_empty() && self.imprint.is_empty()
    }
}

/// Labels and captions are set smaller than the body.
pub const SMALL: f32 = 0.875;
/// Between a label and its value, in em.
const LABEL_GAP: f32 = 0.7;

/// Lets what there is flow into pages; at least one page, which may be empty.
pub fn paginate(matter: &Matter, shape: PageShape, measure: &dyn TextMeasure) -> Vec<Page> {
    let mut flow = Flow::new(shape, measure);
    flow.facts(&matter.facts);
    flow.gap(0.5);
    if !matter.lead.is_empty() {
        flow.quote(matter.lead);
        flow.gap(0.6);
    }
    let blocks = matter.blocks;
    for (index, block) in blocks.iter().enumerate() {
        match block {
            Block::Heading(text) => {
                let more = usize::from(index + 1 < blocks.len());
                flow.gap(0.5);
                flow.lines(break_lines(text, shape.width / 1.15, true, measure), LineStyle::Heading, 0.0, 0.0, more);
                flow.gap(0.15);
            }
            Block::Paragraph(text) => {
                flow.gap(0.4);
                flow.lines(break_lines(text, shape.width, false, measure), LineStyle::Body, 0.0, 0.0, 0);
            }
            Block::Quote(text) => flow.quote(text),
            Block::Entry { number, text } => {
                flow.gap(0.2);
                let marker = if *number == 0 { "• ".to_owned() } else { format!("{number}. ") };
                let hang = width(&marker, false, measure);
                let mut lines = break_lines(text, shape.width - hang, false, measure);
                if let Some(first) = lines.first_mut() {
                    first.insert_str(0, &marker);
                }
                flow.lines(lines, LineStyle::Entry, 0.0, hang, 0);
            }
            Block::Figure(picture) => flow.figure(picture),
        }
    }
    flow.gap(0.8);
    flow.facts(&matter.imprint);
    flow.finish()
}

/// Where the next thing goes.
struct Flow<'a> {
    shape: PageShape,
    measure: &'a dyn TextMeasure,
    pages: Vec<Page>,
    page: Page,
    top: f32,
    pending_gap: f32,
}

impl<'a> Flow<'a> {
    fn new(shape: PageShape, measure: &'a dyn TextMeasure) -> Flow<'a> {
        let height = shape.height.max(1.0);
        let shape = PageShape { height, ..shape };
        Flow { shape, measure, pages: Vec::new(), page: Page::default(), top: 0.0, pending_gap: 0.0 }
    }

    /// Space before what follows; none at the top of a page.
    fn gap(&mut self, lines: f32) {
        self.pending_gap = self.pending_gap.max(lines);
    }

    fn place(&mut self, height: f32, needed: f32) -> f32 {
        let gap = if self.page.placed.is_empty() { 0.0 } else { self.pending_gap };
        // A thousandth forgives what f32 adds up to over a page.
        if self.top + gap + needed > self.shape.height + 0.001 && !self.page.placed.is_empty() {
            self.next_page();
        } else {
            self.top += gap;
        }
        self.pending_gap = 0.0;
        let top = self.top;
        self.top += height;
        top
    }

    fn next_page(&mut self) {
        self.pages.push(std::mem::take(&mut self.page));
        self.top = 0.0;
    }

    /// `with_next` more lines must fit below the last one: a heading is not left alone at the foot of a page.
    fn lines(&mut self, lines: Vec<String>, style: LineStyle, first: f32, rest: f32, with_next: usize) {
        let count = lines.len();
        for (index, text) in lines.into_iter().enumerate() {
            let height = if style == LineStyle::Heading { 1.2 } else { 1.0 };
            let together = together(index, count) as f32 * height;
            let top = self.place(height, together + with_next as f32 * 1.15);
            let (indent, style) = match (index, style) {
                (0, style) => (first, style),
                (_, LineStyle::Entry) => (rest, LineStyle::Body),
                (_, style) => (rest, style),
            };
            self.page.placed.push(Placed::Line { text, style, top, indent });
        }
    }

    fn quote(&mut self, text: &str) {
        self.gap(0.4);
        let lines = break_lines(text, self.shape.width - 3.0, false, self.measure);
        self.lines(lines, LineStyle::Quote, 1.5, 1.5, 0);
    }

    /// One below the other; the values begin at the same place.
    fn facts(&mut self, facts: &[Fact]) {
        let widest = facts.iter().map(|fact| width(&fact.label, false, self.measure)).fold(0.0, f32::max);
        let most = (self.shape.width * 0.4).max(self.shape.indent);
        let indent = (widest * SMALL / 0.99 + LABEL_GAP).clamp(self.shape.indent.min(most), most);
        for fact in facts {
            let label = break_lines(&fact.label, (indent - LABEL_GAP) / SMALL, false, self.measure);
            let value = break_lines(&fact.value, self.shape.width - indent, false, self.measure);
            let height = value.len().max(label.len()).max(1) as f32 + 0.2;
            let top = self.place(height, height);
            self.page.placed.push(Placed::Fact(PlacedFact { fact: fact.clone(), label, value, indent, top, height }));
        }
    }

    fn figure(&mut self, picture: &Picture) {
        self.gap(0.5);
        let caption = break_lines(&picture.caption, self.shape.width / SMALL, false, self.measure);
        let below = caption_height(caption.len()) + 0.2;
        // em to lines: 32 px to 54 px.
        let natural = self.shape.width * 0.59 * picture.height.max(1) as f32 / picture.width.max(1) as f32;
        let height = (natural.clamp(3.0, 8.0) + below).min(self.shape.height);
        // Rather somewhat smaller than on the next page, with half a page left empty.
        let room = self.shape.height - self.top - if self.page.placed.is_empty() { 0.0 } else { self.pending_gap };
        let height = if height > room && room >= SMALLEST_FIGURE + below { room } else { height };
        let top = self.place(height, height);
        self.page.placed.push(Placed::Figure { picture: picture.clone(), caption, top, height });
        self.gap(0.5);
    }

    fn finish(mut self) -> Vec<Page> {
        if !self.page.placed.is_empty() || self.pages.is_empty() {
            self.pages.push(self.page);
        }
        self.pages
    }
}

/// Body lines that a caption below a figure takes.
pub fn caption_height(lines: usize) -> f32 {
    if lines == 0 { 0.0 } else { 0.22 + lines as f32 * 0.78 }
}

/// How many lines of a paragraph from this one on stay on one page: up to three are not torn, and of more, neither the
/// first nor the last stands alone.
fn together(index: usize, count: usize) -> usize {
    match (index, count) {
        (0, 0..=3) => count,
        (0, _) => 2,
        (_, 4..) if index + 2 == count => 2,
        _ => 1,
    }
}

/// Body lines of the smallest figure that is shrunk to go with the text before it.
const SMALLEST_FIGURE: f32 = 3.5;

/// Full-width characters take one em, others a bit more than half of it: near enough where no font is at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainMeasure;

impl TextMeasure for PlainMeasure {
    fn advance(&self, character: char, _bold: bool) -> f32 {
        if is_wide(character) || NOT_FIRST.contains(character) && !character.is_ascii() { 1.0 } else { 0.56 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, width: f32, expected: &[&str]) {
        assert_eq!(break_lines(text, width, false, &PlainMeasure), expected);
    }

    #[test]
    fn a_comma_never_begins_a_line() {
        check("一二三四五，六七", 5.2, &["一二三四", "五，六七"]);
    }

    #[test]
    fn an_opening_bracket_never_ends_a_line() {
        check("一二三四（五）六", 5.2, &["一二三四", "（五）六"]);
    }

    #[test]
    fn a_number_and_a_word_are_not_torn() {
        check("电话 13800138000 请打", 7.0, &["电话", "13800138000", "请打"]);
        check("一二三四 GStreamer 播放", 7.0, &["一二三四", "GStreamer 播", "放"]);
    }

    #[test]
    fn what_is_wider_than_a_line_is_torn_all_the_same() {
        check("abcdefghij", 3.0, &["abcde", "fghij"]);
    }

    #[test]
    fn no_line_is_wider_than_asked_for_and_nothing_is_lost() {
        let text =
            "2026 年三季度，村里收入 286,430.00 元（其中“沙田柚”收入 98,000.00 元），支出 213,905.60 元。".repeat(9);
        for width in [6.0_f32, 11.5, 20.0, 34.0] {
            let lines = break_lines(&text, width, false, &PlainMeasure);
            for line in &lines {
                let used: f32 = line.chars().map(|character| PlainMeasure.advance(character, false)).sum();
                assert!(used <= width + 0.01, "{used} > {width}: {line}");
            }
            let joined: String = lines.concat().split_whitespace().collect();
            let expected: String = text.split_whitespace().collect();
            assert_eq!(joined, expected);
        }
    }

    #[test]
    fn a_heading_is_not_left_alone_at_the_foot_of_a_page() {
        let blocks =
            [Block::Paragraph("一".repeat(38)), Block::Heading("标题".into()), Block::Paragraph("二".repeat(10))];
        let pages = paginate(&Matter::blocks(&blocks), SMALL_PAGE, &PlainMeasure);
        assert_eq!(pages.len(), 2);
        assert!(matches!(&pages[1].placed[0], Placed::Line { style: LineStyle::Heading, top: 0.0, .. }));
    }

    #[test]
    fn no_line_of_a_paragraph_stands_alone() {
        for first in 1..=5 {
            for second in 2..=9 {
                let blocks = [Block::Paragraph("一".repeat(first * 10)), Block::Paragraph("二".repeat(second * 10))];
                let pages = paginate(&Matter::blocks(&blocks), SMALL_PAGE, &PlainMeasure);
                for page in &pages {
                    let is_second =
                        |placed: &&Placed| matches!(placed, Placed::Line { text, .. } if text.contains('二'));
                    let lines = page.placed.iter().filter(is_second).count();
                    assert!(lines != 1, "{first} and {second} lines: {pages:?}");
                    assert!(second > 3 || lines == 0 || lines == second, "{first} and {second} lines: {pages:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_reaches_below_the_page() {
        let blocks: Vec<Block> = (1..40)
            .map(|number| Block::Entry {
                number, text: "农技课堂讲沙田柚的保果和防虫，请各位乡亲来听。".repeat(2)
            })
            .collect();
        let facts =
            ["地址", "电话"].map(|label| Fact { label: label.into(), value: "丹霞街道榕树村村口".repeat(4) });
        let matter = Matter { facts: facts.to_vec(), ..Matter::blocks(&blocks) };
        let pages = paginate(&matter, PageShape { width: 20.0, height: 7.5, indent: 5.0 }, &PlainMeasure);
        for page in &pages {
            for placed in &page.placed {
                let (top, height) = match placed {
                    Placed::Line { top, .. } => (*top, 1.0),
                    Placed::Figure { top, height, .. } => (*top, *height),
                    Placed::Fact(fact) => (fact.top, fact.height),
                };
                assert!(top + height <= 7.5 + 0.01);
            }
        }
        assert!(pages.len() > 3);
    }

    #[test]
    fn facts_and_captions_are_broken_into_lines_and_lose_nothing() {
        let object = crate::catalog::ObjectRef { sha256: crate::catalog::Sha256([0; 32]), length: 1 };
        let caption = "改造前后对比".repeat(10);
        let figure = Picture { object, width: 1_600, height: 900, caption: caption.clone(), thumbnail: object };
        let value = "县城环城路一百二十八号".repeat(4);
        let facts = vec![Fact { label: "用工方".into(), value: value.clone() }];
        let blocks = [Block::Figure(figure)];
        let matter = Matter { facts, ..Matter::blocks(&blocks) };
        let shape = PageShape { width: 28.0, height: 10.0, indent: 5.9 };
        let pages = paginate(&matter, shape, &PlainMeasure);
        let (mut values, mut captions) = (String::new(), String::new());
        for placed in pages.iter().flat_map(|page| &page.placed) {
            match placed {
                Placed::Fact(fact) => {
                    assert!(fact.value.iter().all(|line| width(line, false, &PlainMeasure) <= 28.0 - fact.indent));
                    assert!(fact.height >= fact.value.len() as f32);
                    values.extend(fact.value.iter().map(String::as_str));
                }
                Placed::Figure { caption, .. } => captions.extend(caption.iter().map(String::as_str)),
                Placed::Line { .. } => {}
            }
        }
        assert_eq!((values, captions), (value, caption));
    }

    const SMALL_PAGE: PageShape = PageShape { width: 10.2, height: 6.0, indent: 3.0 };

    #[test]
    fn no_text_is_one_empty_page() {
        assert_eq!(paginate(&Matter::default(), SMALL_PAGE, &PlainMeasure), [Page::default()]);
    }
}
