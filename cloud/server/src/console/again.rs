//! What people are told when their form, or their page, did not get through: in the console's own words, and never
//! without what they have typed.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use yuexiang_console::again::{self, Again, Why};
use yuexiang_console::error::ErrorKind;
use yuexiang_console::messages::request::Request as Reason;

use super::{Trouble, bare_context, page};
use crate::accounts::web::{END, LOGIN, Problem, Sent, SignInFirst, is_background, put_console_headers};

/// Fields that no page shows again.
const SECRETS: [&str; 5] = ["csrf", "once", "password", "repeat", "current"];

/// Middleware around everything that people open in a browser. Scripts get the answers as they are.
pub async fn answer(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let is_page = path.starts_with("/console/") && !path.starts_with("/console/uploads");
    if !is_page || is_background(request.headers()) {
        return next.run(request).await;
    }
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let mut response = next.run(request).await;
    let Some(mut told) = told(&path, &method, &headers, &response) else { return response };
    // What was to be kept in the browser is kept all the same.
    for cookie in response.headers_mut().get_all(header::SET_COOKIE) {
        told.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    put_console_headers(told.headers_mut());
    told
}

/// The page that says it; none for an answer that is a page already.
fn told(path: &str, method: &Method, headers: &HeaderMap, response: &Response) -> Option<Response> {
    let mut cx = bare_context(headers, jiff::Timestamp::now().as_second());
    // There is no way back to a form by its address.
    cx.path = if *method == Method::GET { path.to_owned() } else { "/console/".to_owned() };
    // Forms to sign in hold a password and nothing else that would be worth keeping.
    let holds_text = !path.starts_with(LOGIN) && !path.starts_with("/console/password") && path != END;
    let sent = response.extensions().get::<Sent>().filter(|_| holds_text);
    if response.extensions().get::<SignInFirst>().is_some() {
        let view = Again::new(Why::SignedOut, path, sent_fields(&sent?.fields));
        return Some(page(StatusCode::UNAUTHORIZED, again::page(&cx, &view)));
    }
    let Some(problem) = response.extensions().get::<Problem>() else {
        return refused(response.status(), response, &cx);
    };
    if problem.code == "forged" {
        // With the token of the session that there is now, one press sends it again.
        if let Some((sent, csrf)) = sent.and_then(|sent| Some((sent, sent.csrf.clone()?))) {
            cx.csrf = csrf;
            let view = Again::new(Why::Stale, path, sent_fields(&sent.fields));
            return Some(page(StatusCode::FORBIDDEN, again::page(&cx, &view)));
        }
        return Some(Trouble::plain(ErrorKind::StaleForm).page(&cx));
    }
    Some(Trouble::from(problem.clone()).page(&cx))
}

/// A form that could not even be read, or an address that takes none: the web server says that in English, in one line.
fn refused(status: StatusCode, response: &Response, cx: &yuexiang_console::Context) -> Option<Response> {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !status.is_client_error() || !(kind.is_empty() || kind.starts_with("text/plain")) {
        return None;
    }
    let trouble = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Trouble::plain(ErrorKind::NotFound),
        StatusCode::PAYLOAD_TOO_LARGE => Trouble::plain(ErrorKind::TooLarge),
        _ => Trouble::new(ErrorKind::Refused, Reason::FormFields),
    };
    Some(trouble.page(cx))
}

/// What somebody has typed, as the form had it.
pub fn sent_fields(form: &[u8]) -> Vec<(String, String)> {
    let fields = url::form_urlencoded::parse(form).filter(|(name, _)| !SECRETS.contains(&name.as_ref()));
    fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
