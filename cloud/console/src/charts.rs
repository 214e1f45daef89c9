//! Figures to look at: each is drawn by ECharts from data in the page, and told as a table to who cannot see it or
//! has no script.

use crate::words::Level;

/// Items that went out, by month and by the level that published them.
#[derive(Clone, Debug, Default)]
pub struct MonthlyItems {
    /// `YYYY-MM`, ascending.
    pub months: Vec<String>,
    /// For every level the numbers, in the order of `months`.
    pub levels: Vec<(Level, Vec<i64>)>,
}

/// An area and how many of its villages have published lately; areas within it, if they are to be shown.
#[derive(Clone, Debug)]
pub struct CoverageArea {
    /// 12 digits; a click goes to the dashboard of that region.
    pub code: String,
    pub name: String,
    pub villages: i64,
    /// Those of them that published something within 30 days.
    pub active: i64,
    pub areas: Vec<CoverageArea>,
}

/// What viewers did on one day.
#[derive(Clone, Debug)]
pub struct DayFigures {
    /// `YYYY-MM-DD`.
    pub day: String,
    pub views: i64,
    pub plays: i64,
    pub minutes: i64,
}
