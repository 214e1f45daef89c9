//! Who is answered. Every web page that is open in a browser on this machine can send requests to this address; three
//! things give such requests away:
//!
//! - a name that was made to point here (DNS rebinding) stands in `Host`;
//! - the page's own address stands in `Origin`;
//! - browsers say `Sec-Fetch-Site: cross-site` even where they send no `Origin`.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

pub async fn admit(request: Request, next: Next) -> Response {
    // HTTP/2 carries the name in the address.
    let named = request.uri().authority().map(|authority| authority.as_str().to_owned());
    if let Err(reason) = check(named.as_deref(), request.headers()) {
        return super::error(StatusCode::FORBIDDEN, &reason);
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn check(authority: Option<&str>, headers: &HeaderMap) -> Result<(), String> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = authority.or(text("host")).ok_or("a request without `Host` is not answered")?;
    if !is_loopback(host) {
        return Err(format!("`{host}` is not a name of this machine: 127.0.0.1, localhost or [::1] are"));
    }
    if let Some(origin) = text("origin")
        && origin.strip_prefix("http://") != Some(host)
    {
        return Err(format!("requests of a page of `{origin}` are not answered"));
    }
    if matches!(text("sec-fetch-site"), Some("cross-site" | "same-site")) {
        return Err("requests of another page are not answered".into());
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_headers(expected: bool, headers: &[(&'static str, &str)]) {
        let map = headers
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().expect("a header's value")));
        let result = check(None, &map.collect());
        assert_eq!(result.is_ok(), expected, "{headers:?}: {result:?}");
    }

    #[test]
    fn this_machine_is_answered_under_its_own_names() {
        for host in ["127.0.0.1:8600", "localhost:8600", "LOCALHOST", "[::1]:8600", "127.0.0.1"] {
            check_headers(true, &[("host", host)]);
        }
        check_headers(true, &[("host", "127.0.0.1:8600"), ("origin", "http://127.0.0.1:8600")]);
        check_headers(true, &[("host", "127.0.0.1:8600"), ("sec-fetch-site", "same-origin")]);
        check_headers(true, &[("host", "127.0.0.1:8600"), ("sec-fetch-site", "none")]);
    }

    #[test]
    fn a_name_that_was_made_to_point_here_is_refused() {
        for host in ["evil.example", "evil.example:8600", "127.0.0.1.evil.example", "192.168.1.5:8600", "", "["] {
            check_headers(false, &[("host", host)]);
        }
        check_headers(false, &[]);
    }

    #[test]
    fn pages_of_others_are_refused() {
        for origin in ["http://evil.example", "http://127.0.0.1:9000", "https://127.0.0.1:8600", "null"] {
            check_headers(false, &[("host", "127.0.0.1:8600"), ("origin", origin)]);
        }
        check_headers(false, &[("host", "127.0.0.1:8600"), ("sec-fetch-site", "cross-site")]);
    }
}
