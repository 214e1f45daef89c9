//! Markdown to the blocks that a television can show: headings, paragraphs, lists, quotes and figures.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};
use yuexiang_console::messages::draft::Why;
use yuexiang_wire::{Block, Picture, limits};

use super::fields::is_invisible;
use super::problem::Place;
use crate::glyphs;

/// Turns Markdown into blocks. `figure` makes a picture of a path and a caption, or notes why it cannot; `refuse` notes
/// what cannot be shown.
/// `first` is the place of the text's first line.
pub fn blocks(
    text: &str,
    first: &Place,
    refuse: &dyn Fn(&Place, Why),
    figure: &mut dyn FnMut(&Place, &str, &str) -> Option<Picture>,
) -> Vec<Block> {
    let ends = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut reader = Reader {
        text,
        first,
        note: refuse,
        figure,
        blocks: Vec::new(),
        lists: Vec::new(),
        quotes: 0,
        open: None,
        ends,
    };
    // Tables and footnotes are recognized in order to be refused; without the option they would be shown as they stand.
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.event(event, range);
    }
    let blocks = reader.blocks;
    if blocks.len() > limits::BLOCKS {
        refuse(first, Why::TooManyParagraphs { has: blocks.len(), most: limits::BLOCKS });
    }
    blocks
}

struct Reader<'a> {
    text: &'a str,
    first: &'a Place,
    note: &'a dyn Fn(&Place, Why),
    figure: &'a mut dyn FnMut(&Place, &str, &str) -> Option<Picture>,
    blocks: Vec<Block>,
    /// The next number of each open list, 0 for bullets.
    lists: Vec<u64>,
    quotes: usize,
    open: Option<Open>,
    /// Where the lines of the text end, so that the place of a block is found without reading what is before it.
    ends: Vec<usize>,
}

/// A block whose text is being gathered.
struct Open {
    kind: OpenKind,
    at: Range<usize>,
    text: String,
    image: Option<Image>,
}

enum OpenKind {
    Heading,
    Paragraph,
    Entry(u32),
}

struct Image {
    path: String,
    caption: String,
    inside: bool,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, at: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, at),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.push(&text, &at),
            Event::SoftBreak => self.soft_break(&at),
            Event::HardBreak => self.push("\n", &at),
            Event::Code(_) => self.refuse(&at, Why::Code),
            Event::Html(_) | Event::InlineHtml(_) => self.refuse(&at, Why::Html),
            Event::Rule => self.refuse(&at, Why::Rule),
            Event::FootnoteReference(_) => self.refuse(&at, Why::Footnote),
            // Recognized only with options that are not set.
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, at: Range<usize>) {
        match tag {
            Tag::Heading { .. } => self.open(OpenKind::Heading, at),
            // The first paragraph of a list's entry is the entry itself.
            Tag::Paragraph if self.open.is_some() => {}
            Tag::Paragraph => self.open(OpenKind::Paragraph, at),
            Tag::BlockQuote(_) => {
                self.close();
                self.quotes += 1;
            }
            Tag::List(first) => {
                self.close();
                self.lists.push(first.unwrap_or(0));
            }
            Tag::Item => {
                let number = self.lists.last().copied().unwrap_or(0);
                if let Some(next) = self.lists.last_mut().filter(|next| **next > 0) {
                    *next += 1;
                }
                self.open(OpenKind::Entry(u32::try_from(number).unwrap_or(0)), at);
            }
            Tag::Image { dest_url, .. } => self.image(dest_url, &at),
            Tag::CodeBlock(_) => self.refuse(&at, Why::Code),
            Tag::Table(_) => self.refuse(&at, Why::TableInText),
            Tag::FootnoteDefinition(_) => self.refuse(&at, Why::Footnote),
            // Raw HTML is refused by its own event; emphasis and links keep their words.
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::Paragraph | TagEnd::Item => self.close(),
            TagEnd::BlockQuote(_) => {
                self.close();
                self.quotes -= 1;
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Image => {
                if let Some(image) = self.open.as_mut().and_then(|open| open.image.as_mut()) {
                    image.inside = false;
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, kind: OpenKind, at: Range<usize>) {
        self.close();
        self.open = Some(Open { kind, at, text: String::new(), image: None });
    }

    fn image(&mut self, path: CowStr<'_>, at: &Range<usize>) {
        match &mut self.open {
            Some(Open { kind: OpenKind::Paragraph, text, image: image @ None, .. }) if text.trim().is_empty() => {
                *image = Some(Image { path: path.into_string(), caption: String::new(), inside: true });
            }
            _ => self.refuse(at, Why::PictureAlone),
        }
    }

    fn push(&mut self, text: &str, at: &Range<usize>) {
        match &mut self.open {
            Some(Open { image: Some(image), .. }) if image.inside => image.caption.push_str(text),
            Some(Open { image: Some(_), .. }) if !text.trim().is_empty() => {
                self.refuse(at, Why::PictureAlone);
            }
            Some(open) => open.text.push_str(text),
            // Text of a refused table or code block.
            None => {}
        }
    }

    /// Lines are broken for the editor's convenience. Chinese needs no space where they meet, Latin words do.
    fn soft_break(&mut self, at: &Range<usize>) {
        let before = self.open.as_ref().and_then(|open| open.text.chars().last());
        let after = self.text.get(at.end..).and_then(|rest| rest.trim_start().chars().next());
        if before.is_some_and(|c| c.is_ascii_graphic()) && after.is_some_and(|c| c.is_ascii_graphic()) {
            self.push(" ", at);
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let place = self.place(&open.at);
        if let Some(image) = open.image {
            if let Some(picture) = (self.figure)(&place, &image.path, &image.caption) {
                self.blocks.push(Block::Figure { picture });
            }
            return;
        }
        let text = open.text.trim().to_owned();
        if text.is_empty() {
            return;
        }
        let count = text.chars().count();
        if count > limits::BLOCK {
            (self.note)(&place, Why::LongParagraph { has: count, most: limits::BLOCK });
        }
        if let Some(bad) = text.chars().find(|&c| (c.is_control() && c != '\n') || is_invisible(c)) {
            (self.note)(&place, Why::Unshowable(bad));
        }
        let missing = glyphs::missing(&text);
        if !missing.is_empty() {
            (self.note)(&place, Why::Undrawable(glyphs::named(&missing)));
        }
        self.blocks.push(match open.kind {
            OpenKind::Heading => Block::Heading { text },
            OpenKind::Entry(number) => Block::Entry { number, text },
            OpenKind::Paragraph if self.quotes > 0 => Block::Quote { text },
            OpenKind::Paragraph => Block::Paragraph { text },
        });
    }

    fn refuse(&self, at: &Range<usize>, why: Why) {
        (self.note)(&self.place(at), why);
    }

    fn place(&self, at: &Range<usize>) -> Place {
        let lines = self.ends.partition_point(|end| *end < at.start);
        self.first.line(self.first.line + lines)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use yuexiang_wire::Object;

    use super::super::problem::Problems;
    use super::*;

    #[track_caller]
    fn check(markdown: &str, expected: Expect) {
        let problems = Problems::default();
        let mut figure = |_: &Place, path: &str, caption: &str| {
            Some(Picture {
                sha256: path.to_owned(),
                length: 0,
                width: 0,
                height: 0,
                caption: caption.to_owned(),
                thumbnail: Object { sha256: String::new(), length: 0 },
            })
        };
        let refuse = |place: &Place, why: Why| problems.add(place, why);
        let blocks = blocks(markdown, &Place::file("x.md").line(10), &refuse, &mut figure);
        let mut lines: Vec<String> = blocks
            .into_iter()
            .map(|block| match block {
                Block::Heading { text } => format!("# {text}"),
                Block::Paragraph { text } => format!("¶ {text}"),
                Block::Entry { number: 0, text } => format!("• {text}"),
                Block::Entry { number, text } => format!("{number} {text}"),
                Block::Quote { text } => format!("> {text}"),
                Block::Figure { picture } => format!("! {} {}", picture.sha256, picture.caption),
            })
            .collect();
        lines.extend(problems.into_vec().iter().map(|problem| format!("✗ {problem}")));
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn text_becomes_blocks_and_emphasis_keeps_its_words() {
        check(
            "# 清淤\n\n清淤**全长**\n1.8 公里，[见图](http://a)\nsecond line\n\n> 引用\n\n![渠道](media/a.jpg)\n",
            expect![[r#"
                # 清淤
                ¶ 清淤全长1.8 公里，见图second line
                > 引用
                ! media/a.jpg 渠道"#]],
        );
    }

    #[test]
    fn lists_keep_their_numbers_even_when_they_are_nested_or_loose() {
        check(
            "3. 三\n4. 四\n   - 子\n5. 五\n\n   续\n\n- 点\n",
            expect![[r#"
                3 三
                4 四
                • 子
                5 五
                ¶ 续
                • 点"#]],
        );
    }

    #[test]
    fn what_cannot_be_shown_is_refused_with_its_line() {
        check(
            "一\n\n<b>二</b>\n\n```\n三\n```\n\n| 四 |\n|---|\n| 五 |\n\n字 `六`\n\n七![八](media/a.jpg)\n\n---\n\n![九](media/a.jpg)十\n",
            expect![[r#"
                ¶ 一
                ¶ 二
                ¶ 字
                ¶ 七八
                ! media/a.jpg 九
                ✗ x.md:12: Raw HTML cannot be shown. Write it as plain text.
                ✗ x.md:14: Code cannot be shown. Write it as plain text.
                ✗ x.md:18: A table cannot be shown in running text. Use the kind `disclosure`.
                ✗ x.md:22: Code cannot be shown. Write it as plain text.
                ✗ x.md:24: A picture must stand alone in a paragraph. Put an empty line before and after it.
                ✗ x.md:26: A horizontal rule cannot be shown. Remove it, or use a heading.
                ✗ x.md:28: A picture must stand alone in a paragraph. Put an empty line before and after it."#]],
        );
    }

    #[test]
    fn a_loose_list_starts_each_entry_with_its_number() {
        check(
            "1. 一\n\n2. 二\n",
            expect![[r#"
                1 一
                2 二"#]],
        );
    }
}
