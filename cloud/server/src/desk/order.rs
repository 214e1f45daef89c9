//! What a QR code holds, of what people type: an address of the web or a telephone.

use url::Url;
use yuexiang_wire::limits;

use crate::sheet::number::narrow;

/// Digits of a telephone number, from service numbers on (ITU-T E.164 has at most 15).
const DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// The `https:` or `tel:` URI, in ASCII; none when it is neither.
pub fn address(typed: &str) -> Option<String> {
    let text = narrow(typed.trim());
    let uri = telephone(&text).or_else(|| web(text.trim()))?;
    (uri.len() <= limits::ORDER).then_some(uri)
}

/// A number with whatever stands between its digits; `转` leads to an extension, which a telephone dials after a pause.
fn telephone(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let number = ["tel:", "电话:", "手机:", "电话", "手机"].iter().find_map(|word| lower.strip_prefix(word));
    let number = number.unwrap_or(&lower).trim();
    let (number, extension) = number.split_once('转').unwrap_or((number, ""));
    let (plus, number) = number.strip_prefix('+').map_or(("", number), |rest| ("+", rest));
    let digits = |text: &str| -> Option<String> {
        let known = text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.'));
        known.then(|| text.chars().filter(char::is_ascii_digit).collect())
    };
    let (number, extension) = (digits(number)?, digits(extension)?);
    let pause = if extension.is_empty() { "" } else { "," };
    DIGITS.contains(&number.len()).then(|| format!("tel:{plus}{number}{pause}{extension}"))
}

/// An address of the web; one without `https://` in front is meant with it.
fn web(text: &str) -> Option<String> {
    let has_scheme = text.to_lowercase().starts_with("https://");
    if !has_scheme && (text.contains("://") || text.contains([' ', '@']) || !text.contains('.')) {
        return None;
    }
    let whole = if has_scheme { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&whole).ok()?;
    let host = url.domain().filter(|host| host.contains('.'))?;
    let ends_in_letters = host.rsplit('.').next().is_some_and(|end| end.starts_with(|c: char| c.is_ascii_alphabetic()));
    // As it was typed where that will do: shops compare such addresses letter by letter.
    let is_plain = has_scheme && whole.starts_with("https://") && whole.bytes().all(|byte| byte.is_ascii_graphic());
    ends_in_letters.then(|| if is_plain { whole } else { url.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_or_an_address_becomes_what_a_qr_code_holds() {
        for (typed, expected) in [
            ("13800138000", Some("tel:13800138000")),
            ("１３８ ００１３ ８０００", Some("tel:13800138000")),
            ("0751-6350000", Some("tel:07516350000")),
            ("（0751）6350000转12", Some("tel:07516350000,12")),
            ("+86 138-0013-8000", Some("tel:+8613800138000")),
            ("tel:07516350000", Some("tel:07516350000")),
            ("电话：12345", Some("tel:12345")),
            ("https://m.example.cn/youzi?a=b", Some("https://m.example.cn/youzi?a=b")),
            ("m.example.cn/youzi", Some("https://m.example.cn/youzi")),
            ("ｗｗｗ．example.cn", Some("https://www.example.cn/")),
            ("https://example.cn/柚子", Some("https://example.cn/%E6%9F%9A%E5%AD%90")),
            ("http://example.cn/", None),
            ("javascript:alert(1)", None),
            ("138001380001380013800", None),
            ("13800138000/13900139000", None),
            ("1.2.3.4", None),
            ("someone@example.cn", None),
            ("找村委会", None),
            ("", None),
        ] {
            assert_eq!(address(typed).as_deref(), expected, "{typed}");
        }
    }
}
