//! Figures to look at: each is drawn by ECharts from data in the page, and told as a table to who cannot see it or
//! has no script.

use maud::{Markup, html};
use serde_json::{Value, json};

use crate::context::Context;
use crate::parts::data;
use crate::time;
use crate::words::{Level, grouped, percent};

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

/// A chart: the module `charts.js` finds `data-chart`, reads the JSON and draws. Without it the table is all there is.
fn figure(id: &str, kind: &str, label: &str, json: &Value, cx: &Context, table: Markup) -> Markup {
    let data_id = format!("{id}-data");
    html! {
        figure.chart {
            div.canvas.(kind) #(id) data-chart=(kind) data-source=(data_id) role="img" aria-label=(label) {}
            (data(&data_id, json))
            details.more {
                summary { (cx.t("看数字", "Show the figures")) }
                div.table-scroll { (table) }
            }
        }
    }
}

/// Stacked bars of items per month.
pub fn monthly_items(cx: &Context, id: &str, view: &MonthlyItems) -> Markup {
    let label = cx.t("每月发布条数，按级别", "Items published per month, by level");
    let series: Vec<Value> = view
        .levels
        .iter()
        .map(|(level, numbers)| json!({ "name": level.word(cx.lang), "level": level.slug(), "data": numbers }))
        .collect();
    let months: Vec<String> = view.months.iter().map(|month| time::month(cx.lang, month)).collect();
    let json = json!({ "categories": months, "series": series, "unit": cx.t("条", "items") });
    let table = html! {
        table {
            caption { (label) }
            thead { tr {
                th scope="col" { (cx.t("月份", "Month")) }
                @for (level, _) in &view.levels { th.number scope="col" { (level.word(cx.lang)) } }
            } }
            tbody {
                @for (at, month) in months.iter().enumerate() {
                    tr {
                        th scope="row" { (month) }
                        @for (_, numbers) in &view.levels {
                            td.number { (grouped(numbers.get(at).copied().unwrap_or(0))) }
                        }
                    }
                }
            }
        }
    };
    figure(id, "stacked", label, &json, cx, table)
}

/// A tree map: the size is the number of villages, the colour the share that has published. A click goes further down.
pub fn coverage(cx: &Context, id: &str, areas: &[CoverageArea]) -> Markup {
    let label = cx.t("各地 30 天内发过内容的村的比例", "Share of villages that published within 30 days, by area");
    let json = json!({
        "areas": areas.iter().map(area_json).collect::<Vec<_>>(),
        "villages": cx.t("个村", "villages"),
        "active": cx.t("30 天内发过", "published within 30 days"),
        "low": cx.t("少", "few"),
        "high": cx.t("多", "many"),
    });
    let table = html! {
        table {
            caption { (label) }
            thead { tr {
                th scope="col" { (cx.t("地区", "Area")) }
                th.number scope="col" { (cx.t("村数", "Villages")) }
                th.number scope="col" { (cx.t("发过的村", "Active")) }
                th.number scope="col" { (cx.t("比例", "Share")) }
            } }
            tbody {
                @for area in areas {
                    (area_row(area, false))
                    @for inner in &area.areas { (area_row(inner, true)) }
                }
            }
        }
    };
    figure(id, "coverage", label, &json, cx, table)
}

fn area_json(area: &CoverageArea) -> Value {
    json!({
        "name": area.name,
        "short": short(&area.name),
        "villages": area.villages,
        "active": area.active,
        "share": percent(area.active, area.villages),
        "url": area_url(area),
        "areas": area.areas.iter().map(area_json).collect::<Vec<_>>(),
    })
}

/// A name without the words for a committee, which all villages share: `左龙村` for `左龙村委会`.
fn short(name: &str) -> &str {
    const COMMITTEES: [&str; 4] = ["居民委员会", "村民委员会", "居委会", "委会"];
    let bare = COMMITTEES.iter().find_map(|committee| name.strip_suffix(committee));
    bare.filter(|bare| !bare.is_empty()).unwrap_or(name)
}

fn area_url(area: &CoverageArea) -> String {
    format!("/console/?region={}", area.code)
}

fn area_row(area: &CoverageArea, inner: bool) -> Markup {
    html! {
        tr {
            th.inner[inner] scope="row" { a href=(area_url(area)) { (area.name) } }
            td.number { (grouped(area.villages)) }
            td.number { (grouped(area.active)) }
            td.number { (percent(area.active, area.villages)) " %" }
        }
    }
}

/// Points of a line that can still be told apart.
const POINTS: usize = 90;

/// Whether so many days are drawn by weeks.
pub fn is_weekly(days: &[DayFigures]) -> bool {
    days.len() > POINTS
}

/// The sums of seven days each, counted back from the last day and named by their first; the earliest may have fewer.
fn weeks(days: &[DayFigures]) -> Vec<DayFigures> {
    let sum = |days: &[DayFigures], of: fn(&DayFigures) -> i64| days.iter().map(of).sum::<i64>();
    let week = |days: &[DayFigures]| DayFigures {
        day: days.first().map(|day| day.day.clone()).unwrap_or_default(),
        views: sum(days, |day| day.views),
        plays: sum(days, |day| day.plays),
        minutes: sum(days, |day| day.minutes),
    };
    let mut weeks: Vec<DayFigures> = days.rchunks(7).map(week).collect();
    weeks.reverse();
    weeks
}

/// Lines of what viewers did per day, or per week where there are many days.
pub fn days(cx: &Context, id: &str, days: &[DayFigures]) -> Markup {
    let (label, first, days) = if is_weekly(days) {
        let label = cx.t("每周的打开、播放次数和观看分钟", "Views, plays and minutes watched per week");
        (label, cx.t("一周的第一天", "First day of the week"), weeks(days))
    } else {
        let label = cx.t("每天的打开、播放次数和观看分钟", "Views, plays and minutes watched per day");
        (label, cx.t("日期", "Day"), days.to_vec())
    };
    let (views, plays, minutes) = (cx.t("打开", "Views"), cx.t("播放", "Plays"), cx.t("分钟", "Minutes"));
    let column = |of: fn(&DayFigures) -> i64| days.iter().map(of).collect::<Vec<_>>();
    let json = json!({
        "categories": days.iter().map(|day| day.day.as_str()).collect::<Vec<_>>(),
        "units": [cx.t("次", "times"), cx.t("分钟", "minutes")],
        "series": [
            { "name": views, "data": column(|day| day.views) },
            { "name": plays, "data": column(|day| day.plays) },
            { "name": minutes, "data": column(|day| day.minutes), "second": true },
        ],
    });
    let table = html! {
        table {
            caption { (label) }
            thead { tr {
                th scope="col" { (first) }
                th.number scope="col" { (views) }
                th.number scope="col" { (plays) }
                th.number scope="col" { (minutes) }
            } }
            tbody {
                @for day in days.iter().rev() {
                    tr {
                        th scope="row" { (day.day) }
                        td.number { (grouped(day.views)) }
                        td.number { (grouped(day.plays)) }
                        td.number { (grouped(day.minutes)) }
                    }
                }
            }
        }
    };
    figure(id, "days", label, &json, cx, table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_end_with_the_last_day_and_lose_nothing() {
        let days: Vec<DayFigures> =
            (1..=10).map(|at| DayFigures { day: at.to_string(), views: at, plays: 1, minutes: 0 }).collect();
        let weeks: Vec<(String, i64, i64)> =
            weeks(&days).into_iter().map(|week| (week.day, week.views, week.plays)).collect();
        assert_eq!(weeks, [("1".to_owned(), 6, 3), ("4".to_owned(), 49, 7)]);
        assert!(!is_weekly(&days));
    }

    #[test]
    fn villages_are_told_apart_by_what_they_do_not_share() {
        for (name, expected) in [
            ("左龙村委会", "左龙村"),
            ("扶溪居委会", "扶溪"),
            ("沙面社区居民委员会", "沙面社区"),
            ("榕树村", "榕树村"),
            ("居委会", "居委会"),
        ] {
            assert_eq!(short(name), expected);
        }
    }
}
