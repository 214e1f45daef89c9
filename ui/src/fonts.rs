//! The shipped fonts. Two are compiled in and stand before every font of the system, so that a frame has the same
//! pixels on every machine. A static slice is a page of the program's file: it takes no memory of its own.
//!
//! The third has the rare characters, which names need and most boxes never draw. It is larger than the two together
//! and lies beside the program; it is mapped when a character that the two lack is to be drawn, so that only the pages
//! of what is drawn come into memory. Where it is not installed such a character is drawn as an empty box.

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};
use slint::fontique_011::fontique;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};
use yuexiang_core::ports::TextMeasure;

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/NotoSansCJKsc-Regular.otf");
const BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSansCJKsc-Bold.otf");

const RARE: &str = "NotoSansCJKscRare-Regular.otf";
const RARE_FAMILY: &str = "Noto Sans CJK SC Rare";

/// Where the font of the rare characters is: beside the program as the archive lays it out, whatever it was unpacked
/// into, or else where it is installed; in a build for development, in the tree.
pub fn rare_font() -> Option<PathBuf> {
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(|program| program.parent()?.parent()).map(|root| root.join(SHARED));
    let installed = Path::new("/usr").join(SHARED);
    let tree = cfg!(debug_assertions).then(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/fonts/rare"));
    let folders = beside.into_iter().chain([installed]).chain(tree);
    folders.map(|folder| folder.join(RARE)).find(|path| path.is_file())
}

const SHARED: &str = "share/yuexiang/fonts";

/// Puts the fonts into Slint's collection and makes them the answer to every question: named, generic, and as fallback
/// for every script, so that no character ever comes from a font of the system. They are asked in their order.
pub(crate) fn register() {
    let mut collection = slint::fontique_011::shared_collection();
    let mut families = Vec::new();
    for data in [REGULAR, BOLD] {
        let registered = collection.register_fonts(fontique::Blob::new(Arc::new(data)), None);
        families.extend(registered.into_iter().map(|(family, _)| family));
    }
    families.dedup();
    if let Some(path) = rare_font() {
        collection.load_fonts_from_paths([path]);
        families.extend(collection.family_id(RARE_FAMILY));
    }
    use fontique::GenericFamily;
    for generic in [
        GenericFamily::SansSerif,
        GenericFamily::SystemUi,
        GenericFamily::UiSansSerif,
        GenericFamily::Serif,
        GenericFamily::Monospace,
    ] {
        collection.set_generic_families(generic, families.iter().copied());
    }
    use fontique::ScriptExt;
    let samples = fontique::Script::all_samples().iter().map(|(script, _)| *script);
    let others =
        [b"Zyyy", b"Zinh", b"Zzzz", b"Zsye", b"Zsym", b"Hans", b"Hant"].map(|name| fontique::Script::from_bytes(*name));
    for script in samples.chain(others) {
        collection.set_fallbacks(fontique::FallbackKey::new(script, None), families.iter().copied());
    }
}

const SPACE: &[u8] = include_bytes!("../../assets/fonts/Space.otf");

/// fontconfig's library is asked for the system's fonts before ours are put in, and a system without a single font makes
/// Slint's font collection panic. For such a system this makes a folder with a blank font and a configuration that names
/// it: its `fonts.conf` is to be named by `FONTCONFIG_FILE` before any thread starts, for as long as the folder lives.
/// `None`: the system has fonts, or a configuration is named already.
pub fn substitute_for_no_font() -> io::Result<Option<tempfile::TempDir>> {
    if std::env::var_os("FONTCONFIG_FILE").is_some() || system_folders().iter().any(|folder| has_font(folder, 4)) {
        return Ok(None);
    }
    let folder = tempfile::Builder::new().prefix("yuexiang-fonts-").tempdir()?;
    fs::write(folder.path().join("space.otf"), SPACE)?;
    let path = folder.path().display();
    let configuration = format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"urn:fontconfig:fonts.dtd\">\n\
         <fontconfig><dir>{path}</dir><cachedir>{path}</cachedir></fontconfig>\n"
    );
    fs::write(folder.path().join("fonts.conf"), configuration)?;
    Ok(Some(folder))
}

/// Where Debian's fontconfig looks.
fn system_folders() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| home.as_ref().map(|home| home.join(".local/share")));
    let own = home.map(|home| home.join(".fonts")).into_iter().chain(data.map(|data| data.join("fonts")));
    ["/usr/share/fonts", "/usr/local/share/fonts"].into_iter().map(PathBuf::from).chain(own).collect()
}

fn has_font(folder: &Path, depth: usize) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let path = entry.path();
        let is_font = path
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| ["ttf", "otf", "ttc", "otc"].contains(&extension.to_ascii_lowercase().as_str()));
        is_font || (depth > 0 && path.is_dir() && has_font(&path, depth - 1))
    })
}

/// Measures characters as the screens draw them. For those that the compiled-in fonts lack it opens no file: whatever
/// the font of rare characters has is one em wide, and so is the box that stands for what no font has.
pub struct FontMeasure {
    regular: Face,
    bold: Face,
}

struct Face {
    characters: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    units_per_em: f32,
}

impl FontMeasure {
    pub fn new() -> FontMeasure {
        FontMeasure { regular: Face::new(REGULAR), bold: Face::new(BOLD) }
    }

    /// Whether the compiled-in fonts draw this character.
    pub fn has(&self, character: char) -> bool {
        [&self.regular, &self.bold].iter().all(|face| face.characters.map(character).is_some())
    }
}

impl Default for FontMeasure {
    fn default() -> FontMeasure {
        FontMeasure::new()
    }
}

impl TextMeasure for FontMeasure {
    fn advance(&self, character: char, bold: bool) -> f32 {
        let face = if bold { &self.bold } else { &self.regular };
        let glyph = face.characters.map(character).unwrap_or_default();
        face.metrics.advance_width(glyph).map_or(1.0, |advance| advance / face.units_per_em)
    }
}

impl Face {
    fn new(data: &'static [u8]) -> Face {
        #[expect(clippy::expect_used, reason = "the font is part of the program; a test reads it")]
        let font = FontRef::new(data).expect("the shipped font is well-formed");
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let units_per_em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        Face { characters: font.charmap(), metrics, units_per_em }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rare_character_is_as_wide_as_it_is_measured() {
        let data = fs::read(rare_font().expect("the tree has it")).expect("it is read");
        let font = FontRef::new(&data).expect("it is a font");
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let measure = FontMeasure::new();
        let mut rare = 0;
        for (character, glyph) in font.charmap().mappings() {
            let character = char::from_u32(character).expect("a character");
            assert!(!measure.has(character), "{character} is in the compiled-in fonts");
            let advance = metrics.advance_width(glyph).expect("a width") / 1_000.0;
            assert_eq!((advance, measure.advance(character, false), measure.advance(character, true)), (1.0, 1.0, 1.0));
            rare += 1;
        }
        assert!(rare > 20_000, "{rare} characters");
    }

    #[test]
    fn an_ideograph_is_one_em_wide_and_figures_are_tabular() {
        let measure = FontMeasure::new();
        assert_eq!(measure.advance('村', false), 1.0);
        assert_eq!(measure.advance('，', true), 1.0);
        for bold in [false, true] {
            let widths: Vec<f32> = ('0'..='9').map(|figure| measure.advance(figure, bold)).collect();
            assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
        }
    }
}
