//! What viewers do: boxes send what they have counted, and people read the sums.
//!
//! In reading order: a batch that makes sense (`batch`), who may send how many (`limit`), adding one up (`take`), the sums
//! (`read`), a month as a table (`export`), and the address at which boxes knock (`web`).
//!
//! A batch names the village and no box, so nothing here knows how many boxes there are. Sums are kept by village, by
//! town, and by item, month and county, in the same transaction as the rows that they add up: with 26,842 villages no
//! page could add up a month of rows. What is larger than a county is added up from its towns or counties when it is
//! asked for, since one row for the province would be written by every batch there is.

pub mod batch;
pub mod export;
pub mod limit;
pub mod read;
pub mod take;
pub mod web;

use crate::region::{Level, RegionCode};

/// How often items were opened and played, and for how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sum {
    pub views: i64,
    pub plays: i64,
    pub seconds: i64,
}

impl Sum {
    pub fn minutes(self) -> i64 {
        self.seconds / 60
    }
}

impl std::ops::AddAssign for Sum {
    fn add_assign(&mut self, other: Sum) {
        self.views = self.views.saturating_add(other.views);
        self.plays = self.plays.saturating_add(other.plays);
        self.seconds = self.seconds.saturating_add(other.seconds);
    }
}

/// The county of a region, or the city where there are no counties; the region itself when it lies above.
pub fn county_of(region: RegionCode) -> RegionCode {
    let mut above = region.lineage().into_iter().filter(|code| code.level() <= Level::County);
    above.next_back().unwrap_or(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(region: &str, county: &str) {
        let code = |text: &str| text.parse::<RegionCode>().expect("a code");
        assert_eq!(county_of(code(region)), code(county));
    }

    #[test]
    fn a_village_counts_in_its_county_or_in_the_city_where_there_is_none() {
        check("440224103201", "440224");
        check("440224103", "440224");
        check("441900003001", "4419");
        check("44", "44");
    }
}
