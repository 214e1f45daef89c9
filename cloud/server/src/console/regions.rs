//! The tree of regions, a level at a time or searched by name, code and pinyin.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use pinyin::ToPinyin;
use serde::Deserialize;
use yuexiang_console::regions::{Hit, Node};

use super::{Visit, region_of};
use crate::divisions::Divisions;
use crate::region::RegionCode;
use crate::serve::Shared;

/// Regions that a search shows.
const HITS: usize = 20;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/regions", get(tree))
}

#[derive(Deserialize)]
struct Asked {
    parent: Option<String>,
    q: Option<String>,
    /// Where a search begins.
    root: Option<String>,
}

async fn tree(visit: Visit, Query(asked): Query<Asked>) -> Response {
    if let Some(q) = asked.q.as_deref().filter(|q| !q.trim().is_empty()) {
        let root = asked.root.as_deref().and_then(|root| root.parse().ok()).unwrap_or(RegionCode::GUANGDONG);
        let mut hits = Vec::new();
        for code in search(q, root) {
            hits.push(Hit { region: visit.region_of(code).await, choosable: true });
        }
        return visit.page(yuexiang_console::regions::hits(&visit.cx, &hits));
    }
    let parent: RegionCode = asked.parent.and_then(|code| code.parse().ok()).unwrap_or(RegionCode::GUANGDONG);
    let divisions = Divisions::current();
    let mut nodes = Vec::new();
    for child in divisions.children(parent) {
        let branch = divisions.children(child.code).next().is_some();
        nodes.push(Node { region: region_of(visit.desk(), child.code).await, branch, choosable: true });
    }
    visit.page(yuexiang_console::regions::children(&visit.cx, &nodes))
}

/// How each region's name is typed: in full pinyin and by its initials, in the order of the divisions.
fn spelled(divisions: &Divisions) -> &[(RegionCode, String, String)] {
    let spell = |name: &str| {
        let syllables = || name.chars().filter_map(|character| character.to_pinyin());
        let full: String = syllables().map(|syllable| syllable.plain()).collect();
        let initials: String = syllables().map(|syllable| syllable.first_letter()).collect();
        (full, initials)
    };
    divisions.spelled.get_or_init(|| {
        let all = divisions.iter().map(|division| {
            let (full, initials) = spell(division.name);
            (division.code, full, initials)
        });
        all.collect()
    })
}

/// Regions within `root` by a part of their name, the digits of their code, or pinyin; higher levels first.
pub(crate) fn search(q: &str, root: RegionCode) -> Vec<RegionCode> {
    let q = q.trim().to_lowercase();
    let divisions = Divisions::current();
    let fits = |(code, full, initials): &&(RegionCode, String, String)| {
        root.contains(*code)
            && if q.bytes().all(|byte| byte.is_ascii_digit()) {
                code.to_string().starts_with(&q)
            } else if q.is_ascii() {
                full.starts_with(&q) || initials.starts_with(&q)
            } else {
                divisions.name(*code).is_some_and(|name| name.contains(&q))
            }
    };
    let mut found: Vec<RegionCode> = spelled(&divisions).iter().filter(fits).map(|(code, ..)| *code).collect();
    found.sort_by_key(|code| (code.level(), *code));
    found.truncate(HITS);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(q: &str, expected: &str) {
        let found = search(q, RegionCode::GUANGDONG);
        let expected = expected.parse().expect("a code");
        assert!(found.contains(&expected), "{q}: {found:?}");
    }

    #[test]
    fn a_region_is_found_by_name_code_and_pinyin() {
        for q in ["扶溪", "440224103", "fuxi", "fxz", "FuXiZhen"] {
            check(q, "440224103000");
        }
        check("sgs", "440200000000");
        assert!(search("fuxizhen", "4419".parse().expect("a code")).is_empty(), "not in another city");
        assert!(search("不存在的地方", RegionCode::GUANGDONG).is_empty());
    }
}
