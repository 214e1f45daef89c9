//! Cookies of the console: what a browser may do with them.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::accounts::{AccountError, Settings, sessions};

/// A `Set-Cookie` header's value.
///
/// Over https the names begin with `__Host-`: then browsers take the cookie from this very host alone, and over https
/// alone (RFC 6265bis, 4.1.3.2).
#[derive(Clone, Debug)]
pub struct Cookie(String);

impl Cookie {
    pub fn session_name(settings: &Settings) -> &'static str {
        if settings.is_secure() { "__Host-yuexiang-session" } else { "yuexiang-session" }
    }

    /// The cookie that holds a session.
    pub fn session(settings: &Settings, secret: &str) -> Cookie {
        Cookie::new(settings, Cookie::session_name(settings), secret, sessions::LIFE)
    }

    /// Takes the session's cookie away.
    pub fn no_session(settings: &Settings) -> Cookie {
        Cookie::new(settings, Cookie::session_name(settings), "", 0)
    }

    /// `seconds` is how long it lives. SameSite=Lax lets it come along when a link from elsewhere is followed, with
    /// nothing that changes anything.
    pub fn new(settings: &Settings, name: &str, value: &str, seconds: i64) -> Cookie {
        let secure = if settings.is_secure() { "; Secure" } else { "" };
        Cookie(format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"))
    }

    /// Adds it to an answer.
    pub fn put(&self, headers: &mut HeaderMap) -> Result<(), AccountError> {
        // Names are constants, and values are base64url or nothing.
        let value = HeaderValue::from_str(&self.0).map_err(|_| AccountError::Random)?;
        headers.append(header::SET_COOKIE, value);
        Ok(())
    }
}

/// The value of a cookie that the browser has sent.
pub fn read_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_bound_to_the_host_over_https() {
        let secure =
            Settings { public_url: Some("https://tv.example.cn/".parse().expect("a URL")), ..Settings::default() };
        assert_eq!(
            Cookie::session(&secure, "abc").0,
            "__Host-yuexiang-session=abc; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            Cookie::no_session(&Settings::default()).0,
            "yuexiang-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; yuexiang-session=x=y; b=2"));
        assert_eq!(read_cookie(&headers, "yuexiang-session").as_deref(), Some("x=y"));
        assert_eq!(read_cookie(&headers, "session"), None);
    }
}
