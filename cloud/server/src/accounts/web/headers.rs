//! What browsers are told of the console's pages.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Scripts and styles come from our own files, never from within a page, so that text which slipped into a page stays
/// text. `form-action` keeps forms from being sent elsewhere; it would also stop a form that leads to the OpenID
/// provider by redirections, which is why that sign-in is a link.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Middleware for the console. Pages are stored nowhere; files say themselves how long they may be.
pub async fn console_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    put_console_headers(response.headers_mut());
    response
}

/// The same for a page that is made outside of it.
pub fn put_console_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
