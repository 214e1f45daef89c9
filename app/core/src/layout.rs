//! The geometry that decides how much fits on a page; what the UI draws agrees with it. Heights count in body lines,
//! widths in em of the body, at 1080p: 54 px and 32 px, in large type 68 px and 40 px.

use crate::ports::TextMeasure;
use crate::view::TextSize;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    size: TextSize,
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

    /// Width of the reader's text.
    pub fn text_width(self, beside_picture: bool) -> f32 {
        if beside_picture { 1120.0 / self.em() } else { 1728.0 / self.em() }
    }

    /// Height of the reader's text: from y = 264 to y = 960.
    pub fn text_height(self) -> f32 {
        696.0 / self.line()
    }

    /// What the facts above the text take.
    pub fn facts_height(self, count: usize) -> f32 {
        if count == 0 { 0.0 } else { count as f32 * 1.2 + 0.5 }
    }

    /// Table rows that fit below the header.
    pub fn table_rows(self) -> usize {
        match self.size {
            TextSize::Normal => 7,
            TextSize::Large => 6,
        }
    }

    /// Body lines left for the note below a table of so many rows.
    pub fn note_height(self, rows: usize) -> f32 {
        let row = match self.size {
            TextSize::Normal => 78.0,
            TextSize::Large => 98.0,
        };
        ((698.0 - row * (rows as f32 + 1.0)) / self.line() - 0.5).max(0.0)
    }

    /// Height of a product's text, price, pictures and QR code beside it: from below the facts to y = 960.
    pub fn product_height(self) -> f32 {
        400.0 / self.line()
    }

    pub fn detail_width(self) -> f32 {
        800.0 / self.em()
    }

    pub fn caption_width(self) -> f32 {
        1600.0 / self.em()
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
