//! The geometry that decides how much fits on a page; what the UI draws agrees with it. Heights count in body lines,
//! widths in em of the body, at 1080p: 54 px and 32 px, in large type 68 px and 40 px.

use crate::ports::TextMeasure;
use crate::text::{PageShape, SMALL};
use crate::view::TextSize;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    size: TextSize,
}

/// What a table is laid out in: pixels at 1080p.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableShape {
    pub width: f32,
    pub height: f32,
    /// Type size of the cells.
    pub em: f32,
    /// Height of a row of one line.
    pub row: f32,
    /// What every further line of a cell adds, and of a title.
    pub line: f32,
    pub title_line: f32,
}

impl Layout {
    pub fn new(size: TextSize) -> Layout {
        Layout { size }
    }

    fn em(self) -> f32 {
        match self.size {
            TextSize::Normal => 32.0,
            TextSize::Large => 40.0,
        }
    }

    fn line(self) -> f32 {
        match self.size {
            TextSize::Normal => 54.0,
            TextSize::Large => 68.0,
        }
    }

    /// Pages of the reader: from y = 264 to y = 960.
    pub fn reader(self, beside_picture: bool) -> PageShape {
        let width = if beside_picture { 1120.0 } else { 1728.0 };
        PageShape { width: width / self.em(), height: 696.0 / self.line(), indent: 5.9 }
    }

    /// Pages of what there is to know about the box: from y = 160 to y = 956.
    pub fn about(self) -> PageShape {
        PageShape { width: 1728.0 / self.em(), height: 796.0 / self.line(), indent: 9.5 }
    }

    /// Pages of a product, price above, pictures and QR code beside: from y = 366 to y = 960.
    pub fn product(self) -> PageShape {
        PageShape { width: 1120.0 / self.em(), height: 594.0 / self.line(), indent: 4.7 }
    }

    /// Width of a product's unit beside its price, in em of a row: as high as the price there are 69 px (86 px) of figures.
    pub fn unit_width(self, figures: f32) -> f32 {
        let k = self.em() / 32.0;
        (1096.0 - figures * 69.12 * k) / (36.0 * k)
    }

    /// What stands beside the poster of a video.
    pub fn beside_poster(self) -> PageShape {
        PageShape { width: 800.0 / self.em(), height: 4.0, indent: 4.7 }
    }

    /// The table: from y = 262 to y = 960, in pixels at 1080p.
    pub fn table(self, width: f32) -> TableShape {
        let large = self.size == TextSize::Large;
        TableShape {
            width,
            height: 698.0,
            em: self.em(),
            row: if large { 98.0 } else { 78.0 },
            line: if large { 58.0 } else { 46.5 },
            title_line: if large { 51.0 } else { 41.0 },
        }
    }

    /// Body lines left for the note below a table of such a height, in pixels.
    pub fn note_height(self, table: f32) -> f32 {
        ((698.0 - table) / self.line() - 0.5).max(0.0)
    }

    /// Width of a line of 28 px (35 px) from edge to edge, in em of its type.
    pub fn second_line_width(self) -> f32 {
        1728.0 / (self.em() * SMALL)
    }

    /// Width of the second line of a row in a list where it is narrowest: in large type. In em of its type.
    pub fn row_line_width() -> f32 {
        31.5
    }

    pub fn caption_width(self) -> f32 {
        1728.0 / self.em()
    }

    /// What words below a picture leave for it, in pixels at 1080p: from y = 48 to the line that says which keys do what.
    pub fn picture_height(self, heading: usize, caption: usize) -> f32 {
        let k = self.em() / 32.0;
        let words = (heading as f32 * 28.0 + caption as f32 * 32.0) * 1.46 * k;
        // With a title of one line and a caption of two it has been 766 px, 728 px in large type.
        (1036.0 - 48.0 * k - 4.0 - 10.0 - words - 48.0).min(if k > 1.0 { 728.0 } else { 766.0 })
    }

    pub fn list_rows(self) -> usize {
        match self.size {
            TextSize::Normal => 5,
            TextSize::Large => 4,
        }
    }

    pub fn sections(self) -> usize {
        match self.size {
            TextSize::Normal => 8,
            TextSize::Large => 6,
        }
    }

    pub fn fresh_cards(self) -> usize {
        match self.size {
            TextSize::Normal => 4,
            TextSize::Large => 3,
        }
    }

    /// The line of a board's card on the home page: as many of the names as stand there whole. Where the title leaves no
    /// room for the badge it stands beside the line, and the second value is true. See `BoardTile` in the scene: 472 px
    /// wide, the title 44 px, the line 28 px, the badge 24 px high; in large type a quarter more.
    pub fn card_line(self, title: &str, names: &[String], badge: &str, measure: &dyn TextMeasure) -> (String, bool) {
        const CARD: f32 = 472.0;
        // What rounding to pixels may add to a line.
        const SLACK: f32 = 6.0;
        let k = self.em() / 32.0;
        let width = |text: &str, size: f32, bold: bool| {
            text.chars().map(|character| measure.advance(character, bold)).sum::<f32>() * size * k
        };
        let badge_width = if badge.is_empty() { 0.0 } else { width(badge, 24.0, false) + 24.0 * 1.75 * 0.7 * k };
        let below = !badge.is_empty() && width(title, 44.0, true) + badge_width + 68.0 + SLACK > CARD;
        let room = CARD - 60.0 - SLACK - if below { badge_width + 4.0 } else { 0.0 };
        let lines = (0..=names.len()).rev().map(|count| names[..count].join(" · "));
        let line = lines.into_iter().find(|line| width(line, 28.0, false) <= room).unwrap_or_default();
        // A name too long for any card is better cut than not there.
        let line = if line.is_empty() && !below { names.first().cloned().unwrap_or_default() } else { line };
        (line, below)
    }

    pub fn channel_rows(self) -> usize {
        match self.size {
            TextSize::Normal => 7,
            TextSize::Large => 5,
        }
    }

    pub fn setting_rows(self) -> usize {
        match self.size {
            TextSize::Normal => 7,
            TextSize::Large => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::PlainMeasure;

    #[track_caller]
    fn check(size: TextSize, title: &str, badge: &str, expected: (&str, bool)) {
        let names = if title.is_ascii() { ["Accounts", "Safe homes"] } else { ["村务公开", "平安村居"] };
        let (line, below) = Layout::new(size).card_line(title, &names.map(str::to_owned), badge, &PlainMeasure);
        assert_eq!((line.as_str(), below), expected);
    }

    #[test]
    fn no_name_on_a_boards_card_is_cut_by_its_badge() {
        check(TextSize::Normal, "乡村治理", "今日更新 3", ("村务公开 · 平安村居", false));
        check(TextSize::Large, "乡村治理", "今日更新 3", ("村务公开", true));
        check(TextSize::Normal, "Village affairs", "2 new today", ("Accounts", true));
        check(TextSize::Large, "Village affairs", "12 new this week", ("", true));
        check(TextSize::Normal, "Village affairs", "", ("Accounts · Safe homes", false));
    }
}
