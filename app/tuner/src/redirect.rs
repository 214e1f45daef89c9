//! Where a file leads that lies elsewhere: one redirect is followed, as for the objects that are stored on the box, and
//! never from HTTPS to HTTP.

use crate::Failure;
use reqwest::Url;
use reqwest::redirect::{Action, Attempt, Policy};

/// Operators' servers send on to whichever machine has time.
const OF_A_SERVICE: usize = 5;

/// For live services, which no viewer seeks in.
pub fn of_a_service() -> Policy {
    Policy::custom(service)
}

fn service(attempt: Attempt<'_>) -> Action {
    let before = attempt.previous();
    if before.len() > OF_A_SERVICE {
        return attempt.error("too many redirects");
    }
    match before.last().is_none_or(|from| is_allowed(from, attempt.url())) {
        true => attempt.follow(),
        false => attempt.error("redirected from HTTPS to something else"),
    }
}

/// Who reads along on the way must not learn by a redirect what was asked for in secret.
fn is_allowed(from: &Url, to: &Url) -> bool {
    match to.scheme() {
        "https" => true,
        "http" => from.scheme() != "https",
        _ => false,
    }
}

/// The address that an answer's `Location` means. What opens one server is for no other, and a server does not hand out
/// names and passwords.
pub fn follow(from: &Url, location: &str) -> Result<Url, Failure> {
    let refused = || Failure::network(format!("{from}: redirected to {location:.200}, which is refused"));
    let mut to = from.join(location).map_err(|_| refused())?;
    let cleared = to.set_username("").and_then(|()| to.set_password(None));
    if is_allowed(from, &to) && cleared.is_ok() { Ok(to) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, location: &str, expected: Option<&str>) {
        let from: Url = from.parse().expect("an address");
        let followed = follow(&from, location).ok();
        assert_eq!(followed.as_ref().map(Url::as_str), expected);
    }

    #[test]
    fn a_redirect_never_leads_from_the_secure_to_the_open_and_carries_no_password() {
        check("http://tv.example/a/b.mp4", "http://cdn.example/c?x=1", Some("http://cdn.example/c?x=1"));
        check("http://tv.example/a/b.mp4", "c.mp4", Some("http://tv.example/a/c.mp4"));
        check("http://tv.example/b.mp4", "https://u:p@cdn.example/c", Some("https://cdn.example/c"));
        check("https://tv.example/b.mp4", "https://cdn.example/c", Some("https://cdn.example/c"));
        check("https://tv.example/b.mp4", "//cdn.example/c", Some("https://cdn.example/c"));
        check("https://tv.example/b.mp4", "http://cdn.example/c", None);
        check("http://tv.example/b.mp4", "file:///etc/hostname", None);
        check("http://tv.example/b.mp4", "http://", None);
    }
}
