//! Targets: fetched, checked against the verified metadata, parsed by their path.

use crate::approvals;
use crate::convert::{self, Reason};
use crate::http::{Ask, Http};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256 as Hasher};
use sigstore_tuf::TrustedMetadataSet;
use yuexiang_core::catalog::{Board, Item, Sha256};
use yuexiang_core::event::{Document, Fetched, NetError, NetErrorKind, Target};
use yuexiang_core::region::RegionCode;
use yuexiang_wire as wire;

pub(crate) async fn fetch_target(http: &Http, region: RegionCode, target: &Target) -> Result<Fetched, NetError> {
    let refused = |kind, reason: String| NetError { kind, detail: format!("{region} {}: {reason}", target.path) };
    let (length, limit) = (target.object.length, http.config().page_limit);
    if length > limit {
        return Err(refused(NetErrorKind::Malformed, format!("{length} bytes, {limit} are allowed")));
    }
    let answer = http.get(&consistent_path(region, target), length, Ask::Compressed, &mut None).await?;
    let bytes = answer.body.unwrap_or_default();
    if bytes.len() as u64 != length {
        return Err(refused(NetErrorKind::Untrusted, format!("{} of {length} bytes came", bytes.len())));
    }
    if Sha256(Hasher::digest(&bytes).into()) != target.object.sha256 {
        return Err(refused(NetErrorKind::Untrusted, "its hash is not the one that was signed".to_owned()));
    }
    let document = parse(region, &target.path, &bytes).map_err(|reason| refused(NetErrorKind::Malformed, reason))?;
    Ok(Fetched { document, bytes: bytes.into() })
}

/// `dir/name` → `targets/dir/<sha256>.name` (consistent snapshots, TUF 6.2).
fn consistent_path(region: RegionCode, target: &Target) -> String {
    let (folder, name) = match target.path.rsplit_once('/') {
        Some((folder, name)) => (format!("{folder}/"), name),
        None => (String::new(), target.path.as_str()),
    };
    format!("tuf/{region}/targets/{folder}{}.{name}", target.object.sha256)
}

pub(crate) fn parse(region: RegionCode, path: &str, bytes: &[u8]) -> Result<Document, Reason> {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [wire::REGION_TARGET] => {
            let document: wire::Region = json(bytes)?;
            check_header(document.format, &document.code, region)?;
            convert::region(document).map(Document::Region)
        }
        [wire::CHANNELS_TARGET] => {
            let document: wire::Channels = json(bytes)?;
            check_header(document.format, &document.region, region)?;
            Ok(Document::Channels(convert::channels(document)))
        }
        [wire::REVIEW_TARGET] => {
            let document: wire::Review = json(bytes)?;
            check_header(document.format, &document.region, region)?;
            convert::review(document).map(Document::Review)
        }
        ["pages", board, name] => {
            let board = Board::ALL.into_iter().find(|known| known.slug() == *board);
            let board = board.ok_or_else(|| "there is no such board".to_owned())?;
            page(region, board, name.trim_end_matches(".json"), bytes).map(Document::Page)
        }
        ["moved", name] => {
            let document: wire::Moved = json(bytes)?;
            check_header(document.format, &document.region, region)?;
            if wire::moved_target(&document.from) != path {
                return Err(format!("it is about {}", document.from.chars().take(32).collect::<String>()));
            }
            convert::moved(document).map(Document::Moved).map_err(|reason| format!("{name}: {reason}"))
        }
        ["children", _] => match TrustedMetadataSet::from_root(bytes) {
            Ok(_) => Ok(Document::ChildRoot(bytes.to_vec())),
            Err(error) => Err(format!("no usable root: {error}")),
        },
        _ => Err("nothing is known under this name".to_owned()),
    }
}

/// The document itself is refused as a whole; an item that breaks a bound is left out alone.
fn page(region: RegionCode, board: Board, month: &str, bytes: &[u8]) -> Result<Vec<Item>, Reason> {
    // The version is read first: a later one may have another form.
    let document: Page = json(bytes)?;
    check_header(document.format, &document.region, region)?;
    if document.board != board.slug() || document.month != month {
        return Err(format!("it calls itself {}/{}", document.board, document.month));
    }
    let mut items: Vec<Item> = Vec::with_capacity(document.items.len());
    for (index, value) in document.items.into_iter().enumerate() {
        let id = value.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
        let known = |item: &Item| items.iter().any(|other| other.id == item.id);
        match parse_item(value, region, board) {
            Ok(item) if known(&item) => tracing::warn!(%region, item = id, "duplicate item ignored"),
            Ok(item) => items.push(item),
            Err(reason) => {
                tracing::warn!(%region, month, board = board.slug(), index, item = id, reason, "invalid item ignored")
            }
        }
    }
    Ok(items)
}

pub(crate) fn parse_item(value: serde_json::Value, region: RegionCode, board: Board) -> Result<Item, Reason> {
    // The hash is that of the bytes that came, with all that this version does not know.
    let content = wire::approval::content_hash(&value).ok_or_else(|| "it has no canonical form".to_owned())?;
    let item: wire::Item = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let approvals = approvals::checked(&item, &content);
    convert::item(item, region, board, approvals)
}

/// A [`wire::Page`] whose items are looked at one by one.
#[derive(serde::Deserialize)]
struct Page {
    format: u32,
    region: String,
    board: String,
    month: String,
    items: Vec<serde_json::Value>,
}

fn check_header(format: u32, code: &str, region: RegionCode) -> Result<(), Reason> {
    if format != wire::FORMAT {
        return Err(format!("format {format}, this program reads {}", wire::FORMAT));
    }
    if code != region.to_string() {
        return Err(format!("it calls itself a document of {}", code.chars().take(32).collect::<String>()));
    }
    Ok(())
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Reason> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}
