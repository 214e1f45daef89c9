//! Moments as people here read them: China Standard Time (UTC+8, no summer time), from Unix seconds.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::words::Lang;

const CHINA: Offset = jiff::tz::offset(8);

/// `2026年11月25日 08:30`; in English `25 Nov 2026, 08:30`.
pub fn date_time(lang: Lang, unix: i64) -> String {
    let civil = civil(unix);
    format!("{}{}{}", date_of(lang, civil), if lang == Lang::Zh { " " } else { ", " }, clock_of(civil))
}

/// `2026年11月25日`; in English `25 Nov 2026`.
pub fn date(lang: Lang, unix: i64) -> String {
    date_of(lang, civil(unix))
}

/// How a list says it, the shorter the nearer: `今天 08:30`, `昨天 08:30`, `明天 08:30`, `11月20日 08:30`, and in
/// another year `2025年11月20日`.
pub fn near(lang: Lang, unix: i64, now: i64) -> String {
    let (then, today) = (civil(unix), civil(now));
    let clock = clock_of(then);
    let days = today.date().until(then.date()).map_or(i32::MAX, |span| span.get_days());
    match (days, lang) {
        (0, Lang::Zh) => format!("今天 {clock}"),
        (0, Lang::En) => format!("today {clock}"),
        (-1, Lang::Zh) => format!("昨天 {clock}"),
        (-1, Lang::En) => format!("yesterday {clock}"),
        (1, Lang::Zh) => format!("明天 {clock}"),
        (1, Lang::En) => format!("tomorrow {clock}"),
        _ if then.year() != today.year() => date_of(lang, then),
        (_, Lang::Zh) => format!("{}月{}日 {clock}", then.month(), then.day()),
        (_, Lang::En) => format!("{} {}, {clock}", then.day(), MONTHS[month_index(then)]),
    }
}

/// How long something has lasted, coarsely: `3 天`, `5 小时`, `12 分钟`; less than a minute counts as one.
pub fn span(lang: Lang, seconds: i64) -> String {
    let minutes = (seconds / 60).max(1);
    let (number, zh, en) = match minutes {
        ..60 => (minutes, "分钟", "min"),
        60..2_880 => (minutes / 60, "小时", "h"),
        _ => (minutes / 1_440, "天", "days"),
    };
    format!("{number} {}", lang.pick(zh, en))
}

/// The value of an `<input type="datetime-local">`: `2026-11-25T08:30`.
pub fn input(unix: i64) -> String {
    civil(unix).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The moment that the value of an `<input type="datetime-local">` means. A day without a time is none.
pub fn from_input(text: &str) -> Option<i64> {
    let civil = text.trim().parse::<DateTime>().ok().filter(|_| text.contains([':', 'T']))?;
    CHINA.to_timestamp(civil).ok().map(Timestamp::as_second)
}

/// For `<time datetime>`: `2026-11-25T08:30:00+08:00`.
pub fn machine(unix: i64) -> String {
    civil(unix).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

/// `2026年11月` of a `YYYY-MM`; anything else is returned as it is.
pub fn month(lang: Lang, month: &str) -> String {
    let parsed = month.split_once('-').and_then(|(year, month)| Some((year, month.parse::<usize>().ok()?)));
    match (parsed, lang) {
        (Some((year, number @ 1..=12)), Lang::Zh) => format!("{year}年{number}月"),
        (Some((year, number @ 1..=12)), Lang::En) => format!("{} {year}", MONTHS[number - 1]),
        _ => month.to_owned(),
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub(crate) fn civil(unix: i64) -> DateTime {
    // A moment outside jiff's years -9999 to 9999 can only be a mistake; it is shown as the epoch.
    CHINA.to_datetime(Timestamp::from_second(unix).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn date_of(lang: Lang, civil: DateTime) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月{}日", civil.year(), civil.month(), civil.day()),
        Lang::En => format!("{} {} {}", civil.day(), MONTHS[month_index(civil)], civil.year()),
    }
}

fn clock_of(civil: DateTime) -> String {
    format!("{:02}:{:02}", civil.hour(), civil.minute())
}

fn month_index(civil: DateTime) -> usize {
    usize::from(civil.month().unsigned_abs().clamp(1, 12)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-25 08:30 in China.
    const MORNING: i64 = 1_795_566_600;

    #[test]
    fn moments_are_shown_in_china_standard_time() {
        assert_eq!(date_time(Lang::Zh, MORNING), "2026年11月25日 08:30");
        assert_eq!(date_time(Lang::En, MORNING), "25 Nov 2026, 08:30");
        assert_eq!(date(Lang::Zh, MORNING - 9 * 3_600), "2026年11月24日");
        assert_eq!(machine(MORNING), "2026-11-25T08:30:00+08:00");
    }

    #[test]
    fn near_days_are_named() {
        let check = |unix, expected| assert_eq!(near(Lang::Zh, unix, MORNING), expected);
        check(MORNING - 3_600, "今天 07:30");
        check(MORNING - 9 * 3_600, "昨天 23:30");
        check(MORNING + 86_400, "明天 08:30");
        check(MORNING - 5 * 86_400, "11月20日 08:30");
        check(MORNING - 365 * 86_400, "2025年11月25日");
    }

    #[test]
    fn what_an_input_shows_is_read_back_as_the_same_moment() {
        assert_eq!(input(MORNING), "2026-11-25T08:30");
        assert_eq!(from_input(&input(MORNING)), Some(MORNING));
        for unread in ["soon", "2026-11-25", "2026/11/25 08:30", "2026-11-31T08:30"] {
            assert_eq!(from_input(unread), None, "{unread}");
        }
    }

    #[test]
    fn spans_are_coarse() {
        assert_eq!(span(Lang::Zh, 20), "1 分钟");
        assert_eq!(span(Lang::Zh, 5 * 3_600), "5 小时");
        assert_eq!(span(Lang::En, 3 * 86_400 + 5), "3 days");
    }

    #[test]
    fn a_month_has_a_name_and_nonsense_stays_as_it_is() {
        assert_eq!(month(Lang::Zh, "2026-11"), "2026年11月");
        assert_eq!(month(Lang::En, "2026-11"), "Nov 2026");
        assert_eq!(month(Lang::Zh, "2026-13"), "2026-13");
    }
}
