//! Which characters televisions can draw: those of the font inside the box's program. Whatever else is written is blank
//! there, so it is named where it is written.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use skrifa::{FontRef, MetadataProvider};

use crate::pack::is_invisible;

/// The very file that is compiled into the box's program. The bold one has the same characters.
static FONT: &[u8] = include_bytes!("../../../assets/fonts/NotoSansCJKsc-Regular.otf");

static DRAWN: LazyLock<HashSet<u32>> = LazyLock::new(|| {
    // A test reads it; it is a part of this program.
    FontRef::new(FONT)
        .map(|font| font.charmap().mappings().map(|(character, _)| character).collect())
        .unwrap_or_default()
});

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
        assert_eq!(missing("𠮷田㐂𠮷😀"), "𠮷㐂😀");
        assert_eq!(named("𠮷😀"), "“𠮷” (U+20BB7), “😀” (U+1F600)");
    }

    #[test]
    fn the_names_of_all_regions_are_drawn_but_for_one_village() {
        let divisions = crate::divisions::Divisions::current();
        let blank: String = divisions.iter().flat_map(|one| one.name.chars()).filter(|one| !draws(*one)).collect();
        assert_eq!(blank, UNAVOIDABLE.to_string());
        assert_eq!(missing("𣒍村"), "", "the village may write its name");
    }
}
