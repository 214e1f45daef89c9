//! Which characters televisions can draw: those of the fonts that come with the box's program, inside it and beside it.
//! Whatever else is written is an empty box there, so it is named where it is written.
//!
//! The cloud does not know what is installed on which box. It goes by what this release brings, because a name is
//! written once and stays, and boxes are updated. A box whose firmware is older draws an empty box for a rare character,
//! and one that knows of the font and lacks it says so on its page 关于本机.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use skrifa::{FontRef, MetadataProvider};

use crate::pack::is_invisible;

/// The very file that is compiled into the box's program. The bold one has the same characters.
static FONT: &[u8] = include_bytes!("../../../assets/fonts/NotoSansCJKsc-Regular.otf");

/// What the font of rare characters adds, as spans of code points: the font itself is too large to be carried for this.
static RARE: &str = include_str!("../../../assets/fonts/rare/characters.txt");

static DRAWN: LazyLock<HashSet<u32>> = LazyLock::new(|| {
    // Tests read both; they are a part of this program.
    let font = FontRef::new(FONT).ok();
    let common = font.iter().flat_map(|font| font.charmap().mappings().map(|(character, _)| character));
    common.chain(RARE.lines().flat_map(span)).collect()
});

/// The code points of a line such as `3400-4DB5` or `4DB7`.
fn span(line: &str) -> std::ops::Range<u32> {
    let (first, last) = line.split_once('-').unwrap_or((line, line));
    let number = |text: &str| u32::from_str_radix(text, 16).ok();
    match (number(first), number(last)) {
        (Some(first), Some(last)) => first..last + 1,
        _ => 0..0,
    }
}

/// Whether a television draws a character. Line breaks are not drawn but obeyed.
pub fn draws(character: char) -> bool {
    character == '\n' || DRAWN.contains(&u32::from(character))
}

/// In the name of one village of the province, and in no free font: it cannot be drawn, and cannot be written otherwise.
const UNAVOIDABLE: char = '𣒍';

/// What a television cannot draw of a text: each character once, in the order in which they come.
pub fn missing(text: &str) -> String {
    let mut missing = String::new();
    // What nobody sees anywhere is judged elsewhere.
    let is_meant = |character: char| !character.is_control() && !is_invisible(character) && character != UNAVOIDABLE;
    for character in text.chars().filter(|character| !draws(*character) && is_meant(*character)) {
        if !missing.contains(character) {
            missing.push(character);
        }
    }
    missing
}

/// Characters in quotation marks and with their numbers, such as `“𠮷” (U+20BB7)`: whoever has no font for them either
/// can look them up.
pub fn named(characters: &str) -> String {
    let mut names = String::new();
    for character in characters.chars() {
        let _ =
            write!(names, "{}“{character}” (U+{:04X})", if names.is_empty() { "" } else { ", " }, u32::from(character));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_village_writes_is_drawn_and_what_is_not_is_named_once() {
        assert_eq!(missing("榕树村 2026年11月　“停水”\n①￥68.00㎡ á ǜ 嘅啲"), "");
        assert_eq!(missing("𠮷田 王㐂 𰻝𰻞面 丏 䶮"), "", "what names need");
        assert_eq!(missing("𠀀田😀𠀀"), "𠀀😀");
        assert_eq!(named("𠮷😀"), "“𠮷” (U+20BB7), “😀” (U+1F600)");
    }

    #[test]
    fn the_list_of_rare_characters_is_what_their_font_has() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/fonts/rare/NotoSansCJKscRare-Regular.otf");
        let data = std::fs::read(path).expect("the tree has it");
        let font = FontRef::new(&data).expect("it is a font");
        let mut has: Vec<u32> = font.charmap().mappings().map(|(character, _)| character).collect();
        has.sort_unstable();
        assert_eq!(RARE.lines().flat_map(span).collect::<Vec<u32>>(), has);
    }

    #[test]
    fn the_names_of_all_regions_are_drawn_but_for_one_village() {
        let divisions = crate::divisions::Divisions::current();
        let blank: String = divisions.iter().flat_map(|one| one.name.chars()).filter(|one| !draws(*one)).collect();
        assert_eq!(blank, UNAVOIDABLE.to_string());
        assert_eq!(missing("𣒍村"), "", "the village may write its name");
    }
}
