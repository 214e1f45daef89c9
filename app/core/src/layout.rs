//! The geometry that decides how much fits on a page; what the UI draws agrees with it. Heights count in body lines,
//! widths in em of the body, at 1080p: 54 px and 32 px, in large type 68 px and 40 px.

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

    pub fn channel_rows(self) -> usize {
        match self.size {
            TextSize::Normal => 7,
            TextSize::Large => 5,
        }
    }

    pub fn setting_rows(self) -> usize {
        match self.size {
            TextSize::Normal => 6,
            TextSize::Large => 5,
        }
    }
}
