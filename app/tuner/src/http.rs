//! A stream without a playlist: the body of one answer, for as long as it lasts.

use crate::fetch::{self, Body};
use crate::splice::{self, Splicer};
use crate::{Ending, Outlet};

/// Enough to tell what it is.
const LOOK_AT: usize = 3 * splice::PACKET;

pub async fn stream(mut body: Body, mut begin: Vec<u8>, outlet: &mut Outlet) -> Result<(), Ending> {
    while begin.len() < LOOK_AT {
        match body.chunk().await? {
            Some(chunk) => begin.extend_from_slice(&chunk),
            None => break,
        }
    }
    if is_web_page(&begin) {
        return Err(fetch::web_page(body.url.as_str()).into());
    }
    // Anything else is shown to the demuxers as it is; they know more formats than could be named here.
    let mut splicer = splice::is_transport_stream(&begin).then(Splicer::default);
    let mut next = Some(begin);
    while let Some(bytes) = next {
        match &mut splicer {
            Some(splicer) => {
                let mut spliced = Vec::with_capacity(bytes.len());
                // Lost packets are found again by their sync bytes; only a beginning can be refused.
                let _ = splicer.push(&bytes, &mut spliced);
                outlet.bytes(spliced, splicer.until())?;
            }
            None => outlet.bytes(bytes, None)?,
        }
        outlet.room().await?;
        next = body.chunk().await?;
    }
    Err(Ending::End)
}

fn is_web_page(begin: &[u8]) -> bool {
    let text = begin.trim_ascii_start();
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    [&b"<!doctype"[..], b"<html", b"<?xml"]
        .iter()
        .any(|mark| text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark)))
}
