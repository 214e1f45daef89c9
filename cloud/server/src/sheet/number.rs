//! Numbers as people type them: `６８．００`, `1,200`, `￥68`, `68元`, `(300)`.

/// Decimal places that are kept of a number.
const PLACES: usize = 6;
const ONE: i128 = 1_000_000;
/// Digits before the point: more is no amount but an account or a telephone.
const MOST_DIGITS: usize = 15;

const BEFORE: [&str; 5] = ["人民币", "RMB", "CNY", "￥", "¥"];
const AFTER: [&str; 8] = ["元整", "元", "圆", "块钱", "块", "人", "名", "个"];

/// A number that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// In millionths.
    pub value: i128,
    /// Decimal places that were written.
    pub places: usize,
    pub percent: bool,
}

/// Full-width digits, signs and letters become those that everybody means; everything else stays.
pub fn narrow(text: &str) -> String {
    let narrow = |character: char| match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
        '\u{3000}' | '\u{A0}' => ' ',
        '−' | '–' | '﹣' => '-',
        '。' => '.',
        '﹒' | '·' => '.',
        other => other,
    };
    text.chars().map(narrow).collect()
}

/// A cell or a field that is one number, with a currency or a unit or without; none for anything else.
pub fn number(text: &str) -> Option<Number> {
    let text = narrow(text.trim());
    let text = text.trim();
    // Accountants put what is owed in brackets.
    let (negative, text) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inside) => (true, inside.trim()),
        None => (false, text),
    };
    let text = strip_start(text);
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (true, strip_start(rest.trim_start())),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (percent, text) = match text.strip_suffix('%') {
        Some(rest) => (true, rest.trim_end()),
        None => (false, AFTER.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim_end()),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = grouped(whole)?;
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // "68." is a slip, ".5" is not.
    let point_only = text.ends_with('.') || (digits.is_empty() && fraction.is_empty());
    if !is_digits(fraction) || fraction.len() > PLACES || digits.len() > MOST_DIGITS || point_only {
        return None;
    }
    let whole: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let part: i128 = format!("{fraction:0<PLACES$}").parse().ok()?;
    let value = whole * ONE + part;
    let value = if negative != sign { -value } else { value };
    Some(Number { value, places: fraction.len(), percent })
}

fn strip_start(text: &str) -> &str {
    BEFORE.iter().find_map(|sign| text.strip_prefix(sign)).unwrap_or(text).trim_start()
}

/// The digits of a whole number whose separators, if it has any, stand between groups of three. Anything else may be a
/// slip: nobody knows what `1,20` means.
fn grouped(whole: &str) -> Option<String> {
    if !whole.contains([',', ' ', '\'']) {
        return whole.bytes().all(|byte| byte.is_ascii_digit()).then(|| whole.to_owned());
    }
    let groups: Vec<&str> = whole.split([',', ' ', '\'']).collect();
    let right = groups.iter().enumerate().all(|(at, group)| {
        let length = if at == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        length && group.bytes().all(|byte| byte.is_ascii_digit())
    });
    right.then(|| groups.concat())
}

/// Yuan, in hundredths; none for less than nothing, for parts of a cent, and for what is no amount.
pub fn cents(text: &str) -> Option<u64> {
    let number = number(text).filter(|number| !number.percent && number.value >= 0)?;
    let cents = number.value / (ONE / 100);
    (cents * (ONE / 100) == number.value).then(|| u64::try_from(cents).ok()).flatten()
}

/// A whole number that is not less than nothing.
pub fn count(text: &str) -> Option<u32> {
    let number = number(text).filter(|number| !number.percent && number.value >= 0 && number.value % ONE == 0)?;
    u32::try_from(number.value / ONE).ok()
}

/// A cell of a column of numbers as it is shown: what it says stays, in the digits that line up.
pub fn tidy(cell: &str) -> String {
    if number(cell).is_some() { narrow(cell).trim().to_owned() } else { cell.to_owned() }
}

/// A sum as it would be written.
pub fn written(value: i128, places: usize) -> String {
    let places = places.min(PLACES);
    let unit = 10_i128.pow((PLACES - places) as u32);
    let rounded = (value.abs() + unit / 2) / unit;
    let scale = 10_i128.pow(places as u32);
    let digits = (rounded / scale).to_string();
    let mut whole = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            whole.push(',');
        }
        whole.push(digit);
    }
    let sign = if value < 0 && rounded > 0 { "-" } else { "" };
    match places {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{:0places$}", rounded % scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_means_what_it_says_however_it_is_typed() {
        for (text, expected) in [
            ("68.00", Some(6_800)),
            ("６８．００", Some(6_800)),
            ("1,200", Some(120_000)),
            ("１，２００．５", Some(120_050)),
            ("68元", Some(6_800)),
            ("￥68", Some(6_800)),
            (" 人民币 1 200 元整 ", Some(120_000)),
            (".5", Some(50)),
            ("68.005", None),
            ("68.", None),
            ("1,20", None),
            ("12,0000", None),
            ("-1", None),
            ("50%", None),
            ("68元/斤", None),
            ("面议", None),
            ("", None),
            ("元", None),
            ("99999999999999999", None),
        ] {
            assert_eq!(cents(text), expected, "{text}");
        }
    }

    #[test]
    fn a_count_is_whole() {
        let check = |text: &str, expected| assert_eq!(count(text), expected, "{text}");
        check("５", Some(5));
        check("12人", Some(12));
        check("1,000 名", Some(1_000));
        check("5.5", None);
        check("若干", None);
    }

    #[test]
    fn what_is_owed_is_less_than_nothing() {
        let value = |text: &str| number(text).map(|number| number.value);
        assert_eq!(value("(300.5)"), Some(-300_500_000));
        assert_eq!(value("-￥3"), Some(-3_000_000));
        assert_eq!(value("￥-3"), Some(-3_000_000));
        assert_eq!(number("12.5％"), Some(Number { value: 12_500_000, places: 1, percent: true }));
    }

    #[test]
    fn a_cell_of_numbers_is_shown_in_digits_that_line_up() {
        assert_eq!(tidy("１，２００．００"), "1,200.00");
        assert_eq!(tidy("见附件（一）"), "见附件（一）");
        assert_eq!(written(48_000_000_000, 2), "48,000.00");
        assert_eq!(written(-1_234_567_890_000, 0), "-1,234,568");
        assert_eq!(written(0, 2), "0.00");
    }
}
