//! The village goes on under another code while somebody watches.

use super::*;
use crate::event::{Document, NetError, NetErrorKind, NetEvent};
use crate::moves::Move;

const TOWN: &str = "440224103000";
const NEXT: &str = "440224103998";

fn code(code: &str) -> crate::RegionCode {
    code.parse().expect("a region")
}

/// The town says where the village has gone; nobody else answers.
fn answer(request: NetRequest) -> Option<NetEvent> {
    let (moved, child) = (format!("moved/{VILLAGE}.json"), format!("children/{NEXT}.root.json"));
    Some(match request {
        NetRequest::Refresh { region, .. } if region == code(TOWN) => {
            let targets = vec![target(&moved, 1), target(&child, 2)];
            NetEvent::Refreshed { region, result: Ok(Refreshed::Unchanged { targets }), server_time: None }
        }
        NetRequest::Refresh { region, .. } => {
            let error = NetError { kind: NetErrorKind::Unreachable, detail: String::new() };
            NetEvent::Refreshed { region, result: Err(error), server_time: None }
        }
        NetRequest::FetchTarget { region, target } => {
            let document = if target.path == moved {
                let channels = [(format!("{VILLAGE}/c2"), format!("{NEXT}/c2-2"))].into();
                let (from, to, below) = (code(VILLAGE), code(NEXT), BTreeMap::new());
                Document::Moved(Move { from, to, at: WALL / 1_000, below, channels })
            } else {
                Document::ChildRoot(vec![2])
            };
            NetEvent::Fetched { region, target, result: Ok(crate::sync::testing::samples::fetched(document)) }
        }
        _ => return None,
    })
}

#[test]
fn whoever_watches_goes_on_watching_and_everything_knows_the_new_code() {
    let mut bench = Bench::with(items(), |saved| drop(saved.trust.insert(code(TOWN), root())));
    bench.keys("2 ok home red");
    let (screen, rows) = (bench.app.view().screen, bench.app.library().items().count());
    let mut listened = Vec::new();
    for _ in 0..40 {
        for request in std::mem::take(&mut bench.asked) {
            if let NetRequest::Listen { regions } = &request {
                listened.push(regions.clone());
            }
            if let Some(event) = answer(request) {
                bench.event(Event::Net(event));
            }
        }
        bench.pass(1_000);
    }
    assert_eq!(listened, [code(NEXT).lineage()]);
    let changes: Vec<&Changes> = bench.committed.iter().filter(|changes| changes.relocation.is_some()).collect();
    assert_eq!(changes.len(), 1, "it goes once");
    let saved: BTreeMap<String, String> = changes[0].settings.iter().cloned().collect();
    assert_eq!(Place::of(code(VILLAGE), &saved).village, code(NEXT));
    let settings: BTreeMap<String, String> =
        bench.committed.iter().flat_map(|changes| changes.settings.clone()).collect();
    assert_eq!(settings["live/channel"], format!("{NEXT}/c2-2"), "the channel that is on, as it is called there");
    assert_eq!(bench.app.view().screen, screen, "nobody is led away");
    assert_eq!(bench.app.library().items().count(), rows);
    assert!(bench.app.library().items().all(|item| item.region == code(NEXT)));
    bench.keys("menu");
    while bench.app.view().focus != "settings/about" {
        bench.keys("down");
    }
    bench.keys("ok");
    let Screen::About(about) = bench.app.view().screen else { panic!("the page about this box") };
    assert!(about.facts.iter().any(|fact| fact.value.contains(NEXT)), "{:?}", about.facts);
    assert!(!about.facts.iter().any(|fact| fact.value.contains(VILLAGE)));
}
