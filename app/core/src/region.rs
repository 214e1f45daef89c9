//! Administrative division codes (GB/T 2260 and GB/T 10114): 12 digits, of which 2, 4, 6, 9 or 12 are significant.

use std::fmt;
use std::str::FromStr;

/// The code of one division, from province to village. Holds valid codes only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegionCode(u64);

/// The five levels along which content is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Province,
    City,
    County,
    Town,
    Village,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a division code: 12 digits with 2, 4, 6, 9 or 12 of them significant are needed")]
pub struct InvalidRegionCode(pub String);

impl RegionCode {
    pub fn level(self) -> Level {
        let code = self.0;
        if !code.is_multiple_of(1_000) {
            Level::Village
        } else if !code.is_multiple_of(1_000_000) {
            Level::Town
        } else if !code.is_multiple_of(100_000_000) {
            Level::County
        } else if !code.is_multiple_of(10_000_000_000) {
            Level::City
        } else {
            Level::Province
        }
    }

    /// The division directly above, `None` for a province.
    ///
    /// The towns of a city without counties (东莞 4419, 中山 4420) carry `00` in the county's place; their parent is the
    /// city.
    pub fn parent(self) -> Option<RegionCode> {
        let above = match self.level() {
            Level::Province => return None,
            Level::City => self.0 / 10_000_000_000 * 10_000_000_000,
            Level::County => self.0 / 100_000_000 * 100_000_000,
            Level::Town => self.0 / 1_000_000 * 1_000_000,
            Level::Village => self.0 / 1_000 * 1_000,
        };
        Some(RegionCode(above))
    }

    /// The divisions from the province down to this one, itself included: at most five.
    pub fn lineage(self) -> Vec<RegionCode> {
        let mut lineage: Vec<_> = std::iter::successors(Some(self), |code| code.parent()).collect();
        lineage.reverse();
        lineage
    }

    /// This code when `from`, which it is or lies in, becomes `to`: what stands below keeps its digits. The code of a region
    /// elsewhere, and a change to another level, leave it as it is.
    pub fn with_prefix_of(self, from: RegionCode, to: RegionCode) -> RegionCode {
        if from.level() != to.level() || !self.lineage().contains(&from) {
            return self;
        }
        RegionCode(to.0 + (self.0 - from.0))
    }
}

impl FromStr for RegionCode {
    type Err = InvalidRegionCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidRegionCode(text.chars().take(32).collect());
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let code: u64 = text.parse().map_err(|_| invalid())?;
        if code < 10_000_000_000 * 11 {
            return Err(invalid());
        }
        // A town always has a town number and a village always has a town above it; a county may be missing.
        let town = code / 1_000 % 1_000;
        let city = code / 100_000_000 % 100;
        let county = code / 1_000_000 % 100;
        let village = code % 1_000;
        if (village != 0 && town == 0) || ((town != 0 || county != 0) && city == 0) {
            return Err(invalid());
        }
        Ok(RegionCode(code))
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, expected: &str) {
        let lineage = code.parse::<RegionCode>().map(|code| {
            code.lineage().iter().map(|code| format!("{code} {:?}", code.level())).collect::<Vec<_>>().join(", ")
        });
        assert_eq!(lineage.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn a_village_has_five_levels() {
        check(
            "440224103999",
            "440000000000 Province, 440200000000 City, 440224000000 County, 440224103000 Town, 440224103999 Village",
        );
    }

    #[test]
    fn a_village_of_a_city_without_counties_has_four_levels() {
        check("441900003001", "440000000000 Province, 441900000000 City, 441900003000 Town, 441900003001 Village");
    }

    #[test]
    fn codes_that_name_nothing_are_refused() {
        for code in ["", "44", "44022410399x", "440000000001", "440000001000", "４４０２２４１０３９９９"] {
            assert!(code.parse::<RegionCode>().is_err(), "{code}");
        }
    }
}
