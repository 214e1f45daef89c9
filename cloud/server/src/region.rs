//! The code of a region: 12 digits of the statistical division codes of China.
//!
//! | level | significant digits | example |
//! |---|---|---|
//! | province | 2 | `440000000000` 广东省 |
//! | city | 4 | `440200000000` 韶关市 |
//! | county | 6 | `440224000000` 仁化县 |
//! | town | 9 | `440224103000` 扶溪镇 |
//! | village | 12 | `440224103201` 左龙村 |
//!
//! 东莞 (4419) and 中山 (4420) have no counties: their towns carry `00` where others carry the county. China's own
//! tables bridge the gap with a pseudo-area, `441900` and `442000`; filled up to 12 digits that *is* the code of the
//! city, so it needs no case of its own: the lineage of a village in 东莞 is province, city, town, village.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A region's code. It holds 12 digits that name exactly one of the five levels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegionCode(u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Province,
    City,
    County,
    Town,
    Village,
}

impl Level {
    pub const ALL: [Level; 5] = [Level::Province, Level::City, Level::County, Level::Town, Level::Village];

    /// As it stands in the database.
    pub fn slug(self) -> &'static str {
        match self {
            Level::Province => "province",
            Level::City => "city",
            Level::County => "county",
            Level::Town => "town",
            Level::Village => "village",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegionCodeError {
    #[error("`{0}` is not a region code: it must have 2, 4, 6, 9 or 12 digits")]
    Shape(String),
    #[error("`{0}` is not a region code: no region has these digits, a level between is empty")]
    Gap(String),
}

/// Position of each level's own digits, as the power of ten of what follows them and of the part's size.
const PARTS: [(Level, u64, u64); 5] = [
    (Level::Province, 10_000_000_000, 100),
    (Level::City, 100_000_000, 100),
    (Level::County, 1_000_000, 100),
    (Level::Town, 1_000, 1_000),
    (Level::Village, 1, 1_000),
];

impl RegionCode {
    /// The province that this system serves, 广东省.
    pub const GUANGDONG: RegionCode = RegionCode(440_000_000_000);

    pub fn level(self) -> Level {
        PARTS
            .into_iter()
            .rev()
            .find(|&(_, unit, size)| !(self.0 / unit).is_multiple_of(size))
            .map_or(Level::Province, |(level, ..)| level)
    }

    /// The region one level up; a town of 东莞 or 中山 lies directly in its city.
    pub fn parent(self) -> Option<RegionCode> {
        let own = PARTS.iter().position(|&(level, ..)| level == self.level())?;
        let above = PARTS.get(own.checked_sub(1)?)?;
        let code = self.0 - self.0 % above.1;
        Some(RegionCode(code))
    }

    /// From the province down to this region itself: five, or four in 东莞 and 中山.
    pub fn lineage(self) -> Vec<RegionCode> {
        let mut lineage: Vec<_> = std::iter::successors(Some(self), |code| code.parent()).collect();
        lineage.reverse();
        lineage
    }

    pub fn is_in(self, province: RegionCode) -> bool {
        self.0 / 10_000_000_000 == province.0 / 10_000_000_000
    }

    /// The code as a number, for locks.
    pub fn number(self) -> i64 {
        self.0 as i64
    }

    /// The codes of this region and of everything below lie from the first of these texts up to, not including, the second.
    pub fn range(self) -> (String, String) {
        let unit = PARTS.iter().find(|&&(level, ..)| level == self.level()).map_or(1, |part| part.1);
        (self.to_string(), format!("{:012}", self.0 + unit))
    }

    /// Whether the other region is this one or lies in it.
    pub fn contains(self, other: RegionCode) -> bool {
        std::iter::successors(Some(other), |code| code.parent()).any(|code| code == self)
    }

    /// This code when `from`, which it is or lies in, becomes `to`: what stands below keeps its digits. The code of a region
    /// elsewhere, and a change to another level, leave it as it is.
    pub fn with_prefix_of(self, from: RegionCode, to: RegionCode) -> RegionCode {
        if from.level() != to.level() || !from.contains(self) {
            return self;
        }
        RegionCode(to.0 + (self.0 - from.0))
    }

    /// Digits that name the region without the zeros that fill it up, such as `440224` for a county.
    pub fn significant(self) -> String {
        let digits = match self.level() {
            Level::Province => 2,
            Level::City => 4,
            Level::County => 6,
            Level::Town => 9,
            Level::Village => 12,
        };
        let mut text = self.to_string();
        text.truncate(digits);
        text
    }

    fn new(value: u64, text: &str) -> Result<RegionCode, RegionCodeError> {
        let part = |n: usize| (value / PARTS[n].1) % PARTS[n].2;
        let code = RegionCode(value);
        // Only the county may be empty with something below it.
        let gap = match code.level() {
            Level::Province => part(0) == 0,
            Level::City => part(0) == 0,
            Level::County | Level::Town => part(0) == 0 || part(1) == 0,
            Level::Village => part(0) == 0 || part(1) == 0 || part(3) == 0,
        };
        if gap { Err(RegionCodeError::Gap(text.to_owned())) } else { Ok(code) }
    }
}

impl FromStr for RegionCode {
    type Err = RegionCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = || RegionCodeError::Shape(text.to_owned());
        let fill = match text.len() {
            2 | 4 | 6 | 9 | 12 => 12 - text.len(),
            _ => return Err(shape()),
        };
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(shape());
        }
        let digits: u64 = text.parse().map_err(|_| shape())?;
        RegionCode::new(digits * 10_u64.pow(fill as u32), text)
    }
}

impl TryFrom<String> for RegionCode {
    type Error = RegionCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RegionCode> for String {
    fn from(code: RegionCode) -> String {
        code.to_string()
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegionCode({self})")
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Province => "province",
            Level::City => "city",
            Level::County => "county",
            Level::Town => "town",
            Level::Village => "village",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> RegionCode {
        text.parse().expect("a valid code")
    }

    #[track_caller]
    fn check_lineage(text: &str, expected: &[&str]) {
        let lineage: Vec<String> = code(text).lineage().iter().map(|code| code.significant()).collect();
        assert_eq!(lineage, expected);
    }

    #[test]
    fn a_village_lies_in_a_town_a_county_a_city_and_the_province() {
        check_lineage("440224103201", &["44", "4402", "440224", "440224103", "440224103201"]);
    }

    #[test]
    fn a_region_contains_itself_and_what_lies_below() {
        for (outer, inner, expected) in [
            ("44", "440224103201", true),
            ("440224", "440224103201", true),
            ("440224103201", "440224103201", true),
            ("440224103201", "440224103", false),
            ("440224104", "440224103201", false),
            ("4419", "441900003001", true),
            ("440224", "441900003001", false),
        ] {
            assert_eq!(code(outer).contains(code(inner)), expected, "{outer} {inner}");
        }
    }

    #[test]
    fn the_range_of_a_region_holds_what_lies_in_it() {
        for (text, from, to) in [
            ("44", "440000000000", "450000000000"),
            ("440224", "440224000000", "440225000000"),
            ("4419", "441900000000", "442000000000"),
            ("440224103201", "440224103201", "440224103202"),
        ] {
            assert_eq!(code(text).range(), (from.to_owned(), to.to_owned()));
        }
    }

    #[test]
    fn a_village_of_dongguan_has_no_county() {
        check_lineage("441900003001", &["44", "4419", "441900003", "441900003001"]);
        assert_eq!(code("441900003").level(), Level::Town);
    }

    #[test]
    fn the_pseudo_area_of_dongguan_is_the_city_itself() {
        assert_eq!(code("441900"), code("4419"));
        assert_eq!(code("441900").level(), Level::City);
    }

    #[test]
    fn short_codes_are_filled_up_with_zeros() {
        assert_eq!(code("44").to_string(), "440000000000");
        assert_eq!(code("440224"), code("440224000000"));
    }

    #[test]
    fn what_names_no_region_is_refused() {
        for text in
            ["", "4", "440", "44022", "4402241", "44022410320a", "４４", "000000000000", "440224000201", "440000000001"]
        {
            assert!(text.parse::<RegionCode>().is_err(), "{text}");
        }
    }
}
