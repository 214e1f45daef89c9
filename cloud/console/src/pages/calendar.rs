//! The calendar of publish windows: a month, what begins and ends on each day, what runs.

use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use crate::context::{Context, Place, Region};
use crate::layout::Page;
use crate::parts::{board_chip, heading, item_url, nothing, query};
use crate::time;
use crate::words::{Board, Level, State};

/// `/console/calendar?month=2026-11&region=`.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub region: Region,
    /// `YYYY-MM`.
    pub month: String,
    /// Everything with a window that touches the month, the earliest first; the page lays them out.
    pub items: Vec<Window>,
    /// How many more there are than `items` has.
    pub more: i64,
}

#[derive(Clone, Debug)]
pub struct Window {
    pub id: String,
    pub title: String,
    pub board: Board,
    pub state: State,
    pub region: Region,
    /// Unix seconds.
    pub from: i64,
    /// Unix seconds; without an end when absent.
    pub until: Option<i64>,
}

impl Window {
    /// Whether it is still to be approved.
    fn is_open(&self) -> bool {
        !matches!(self.state, State::Scheduled | State::Published | State::Expired)
    }
}

/// Rows of bars that a week has room for; what does not fit is counted.
const LANES: usize = 6;

pub fn page(cx: &Context, view: &Calendar) -> Markup {
    let body = html! {
        (heading(&time::month(cx.lang, &view.month), html! { (view.region.full_name()) }, steps(cx, view)))
        @if view.items.is_empty() {
            p.flash.note {
                (cx.t("这个月没有定时上线或下线的内容。写内容时在“发布”里填上时间，就会排在这里。",
                    "Nothing goes on or off the air at a set time this month. What has times under “Publishing” in the editor shows here."))
            }
        }
        @match first_day(&view.month) {
            Some(first) => (grid(cx, view, first)),
            None => (nothing(cx.t("没有这个月份。", "There is no such month."))),
        }
        p.muted.legend {
            @for &board in Board::ALL { (board_chip(cx, board)) " " }
            span { (cx.t("虚线边：还没审完", "dashed: not approved yet")) }
            @if matches!(view.region.level, Level::Province | Level::City) {
                span { (cx.t("省、市这里只列到县级；镇村的排期，换到那里再看", "Provinces and cities list down to counties; towns and villages have calendars of their own")) }
            }
        }
        @if view.more > 0 {
            p.muted { (cx.fill("还有 {} 条没有画出来，可以在内容列表里看。", "{} more are not drawn; the content list has them.", &[&view.more])) }
        }
    };
    Page { title: Place::Calendar.word(cx.lang), place: Some(Place::Calendar), scripts: &[], body }.draw(cx)
}

fn steps(cx: &Context, view: &Calendar) -> Markup {
    let link = |month: Date, word: &str| {
        let month = month.strftime("%Y-%m").to_string();
        html! { a.button href=(format!("/console/calendar{}", query(&[("month", &month), ("region", &view.region.code)]))) { (word) } }
    };
    let today = time::civil(cx.now).date();
    html! {
        @if let Some(first) = first_day(&view.month) {
            (link(first.saturating_sub(1.month()), cx.t("‹ 上个月", "‹ Previous")))
            (link(today, cx.t("本月", "This month")))
            (link(first.saturating_add(1.month()), cx.t("下个月 ›", "Next ›")))
        }
    }
}

fn first_day(month: &str) -> Option<Date> {
    format!("{month}-01").parse().ok()
}

fn grid(cx: &Context, view: &Calendar, first: Date) -> Markup {
    let monday = first.saturating_sub(i64::from(first.weekday().to_monday_zero_offset()).days());
    let last = first.last_of_month();
    let days: [&str; 7] = cx.lang.pick(
        ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    );
    let weeks = (0..6).map(|week| monday.saturating_add((week * 7).days())).take_while(|start| *start <= last);
    html! {
        div.card.calendar {
            div.weekdays aria-hidden="true" { @for day in days { span { (day) } } }
            @for start in weeks { (week(cx, view, first, start)) }
        }
    }
}

fn week(cx: &Context, view: &Calendar, month: Date, start: Date) -> Markup {
    let today = time::civil(cx.now).date();
    let (bars, hidden) = lay_out(&view.items, start);
    html! {
        div.week {
            @for offset in 0..7_i64 {
                @let day = start.saturating_add(offset.days());
                div.day.(format!("c{}", offset + 1)).outside[day.month() != month.month()].today[day == today] {
                    time datetime=(day.to_string()) aria-current=[(day == today).then_some("date")] { (day.day()) }
                }
            }
            ul.bars {
                @for bar in &bars { (bar_line(cx, bar)) }
                @if hidden > 0 { li.rest { (cx.fill("还有 {} 条", "{} more", &[&hidden])) } }
            }
        }
    }
}

fn bar_line(cx: &Context, bar: &Bar) -> Markup {
    let window = bar.window;
    let until = match window.until {
        Some(until) => time::date_time(cx.lang, until),
        None => cx.t("一直", "without an end").to_owned(),
    };
    let when = format!("{} – {until}", time::date_time(cx.lang, window.from));
    let open = window.is_open();
    let place = format!("c{} w{} l{}", bar.column + 1, bar.width, bar.lane + 1);
    html! {
        li.window.(window.board.slug()).(place).begins[bar.begins].ends[bar.ends].open[open] {
            a href=(item_url(&window.id)) title=(format!("{} · {} · {when}", window.title, window.state.word(cx.lang))) {
                (window.title)
                span.unseen { " " (window.state.word(cx.lang)) " " (when) }
            }
        }
    }
}

/// A window's part within one week.
struct Bar<'a> {
    window: &'a Window,
    /// 0–6 from Monday, and how many days.
    column: usize,
    width: usize,
    lane: usize,
    begins: bool,
    ends: bool,
}

/// Gives every window that touches the week the topmost lane that is free, what is approved before what is not; returns
/// how many found none.
fn lay_out(windows: &[Window], start: Date) -> (Vec<Bar<'_>>, usize) {
    let end = start.saturating_add(6.days());
    let mut taken = [[false; 7]; LANES];
    let (mut bars, mut hidden) = (Vec::new(), 0);
    let (open, approved): (Vec<&Window>, Vec<&Window>) = windows.iter().partition(|window| window.is_open());
    for window in approved.into_iter().chain(open) {
        let from = time::civil(window.from).date();
        // The end itself is no longer shown, so a window until midnight ends on the day before.
        let until = window.until.map(|until| time::civil(until.saturating_sub(1).max(window.from)).date());
        if from > end || until.is_some_and(|until| until < start) {
            continue;
        }
        let column = days_between(start, from.max(start));
        let last = days_between(start, until.unwrap_or(end).min(end));
        let Some(lane) = (0..LANES).find(|lane| taken[*lane][column..=last].iter().all(|day| !day)) else {
            hidden += 1;
            continue;
        };
        taken[lane][column..=last].fill(true);
        bars.push(Bar {
            window,
            column,
            width: last - column + 1,
            lane,
            begins: from >= start,
            ends: until.is_some_and(|until| until <= end),
        });
    }
    (bars, hidden)
}

/// Days from the first to the second, 0–6 within a week.
fn days_between(first: Date, second: Date) -> usize {
    first.until(second).map_or(0, |span| span.get_days().clamp(0, 6).unsigned_abs() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Level;

    const DAY: i64 = 86_400;
    /// Monday, 2026-11-23, 00:00 in China.
    const MONDAY: i64 = 1_795_363_200;

    fn window(from: i64, until: Option<i64>) -> Window {
        Window {
            id: "1".into(),
            title: "x".into(),
            board: Board::Culture,
            state: State::Published,
            region: Region { code: String::new(), name: String::new(), level: Level::Town, above: Vec::new() },
            from,
            until,
        }
    }

    fn week() -> Date {
        "2026-11-23".parse().unwrap()
    }

    #[test]
    fn a_window_until_midnight_ends_on_the_day_before() {
        let windows = [window(MONDAY, Some(MONDAY + 2 * DAY))];
        let (bars, hidden) = lay_out(&windows, week());
        assert_eq!((bars[0].column, bars[0].width, bars[0].begins, bars[0].ends), (0, 2, true, true));
        assert_eq!(hidden, 0);
    }

    #[test]
    fn a_window_that_goes_on_is_drawn_to_the_end_of_the_week() {
        let windows = [window(MONDAY - 20 * DAY, None)];
        let (bars, _) = lay_out(&windows, week());
        assert_eq!((bars[0].column, bars[0].width, bars[0].begins, bars[0].ends), (0, 7, false, false));
    }

    #[test]
    fn windows_that_overlap_lie_in_lanes_of_their_own_and_what_finds_none_is_counted() {
        let windows: Vec<Window> = (0..8).map(|at| window(MONDAY + at * DAY / 2, Some(MONDAY + 5 * DAY))).collect();
        let (bars, hidden) = lay_out(&windows, week());
        let lanes: Vec<usize> = bars.iter().map(|bar| bar.lane).collect();
        assert_eq!(lanes, (0..LANES).collect::<Vec<_>>());
        assert_eq!(hidden, 2);
    }

    #[test]
    fn what_is_approved_has_a_lane_before_any_draft() {
        let until = Some(MONDAY + 5 * DAY);
        let draft = |at| Window { state: State::Draft, ..window(MONDAY + at, until) };
        let mut windows: Vec<Window> = (0..LANES as i64).map(draft).collect();
        windows.push(window(MONDAY + DAY, until));
        let (bars, hidden) = lay_out(&windows, week());
        assert_eq!((bars[0].window.state, bars[0].lane, hidden), (State::Published, 0, 1));
    }

    #[test]
    fn what_lies_in_another_week_is_not_drawn() {
        let windows = [window(MONDAY - 3 * DAY, Some(MONDAY)), window(MONDAY + 7 * DAY, None)];
        assert!(lay_out(&windows, week()).0.is_empty());
    }
}
