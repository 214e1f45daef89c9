//! Several processes on one database: both publish, one is killed in the middle, and nothing is lost or published twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use yuexiang_cloud::db::Kind;
use yuexiang_cloud::desk::rights::{Actor, Grant, Role, Via};
use yuexiang_cloud::desk::state::State;
use yuexiang_cloud::desk::{Desk, DeskError, log};
use yuexiang_cloud::objects::Objects;
use yuexiang_cloud::publish::Publisher;
use yuexiang_cloud::store::{Change, RegionRow, Store};
use yuexiang_wire::Step;

use crate::desk::{Staff, code, desk, notice, page, staff, state_of, submitted};
use crate::fixture::{NOW, Server, VILLAGE, World, eventually};

/// Names the file with the work of a process that this test starts.
const WORK: &str = "YUEXIANG_TEST_DESK_WORK";
const PAGE: &str = "pages/governance/2026-11.json";
/// Villages of two towns.
const VILLAGES: [&str; 4] = [VILLAGE, "440224103202", "440224102201", "440224102202"];
const ITEMS: usize = 8;
/// Items on the air when the process is killed.
const KILLED_AFTER: usize = 6;

/// What a process that approves is given.
#[derive(Serialize, Deserialize)]
struct Work {
    data: PathBuf,
    database: Option<String>,
    /// Items in the order in which they are taken up, with their content's hash and the name of their village's staff.
    items: Vec<(String, String, String)>,
}

/// A process that lets items through all three reviews, one after another, and says which are on the air.
struct Approver {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Approver {
    fn start(world: &World, name: &str, items: Vec<(String, String, String)>) -> Approver {
        let work = Work { data: world.data(), database: world.database(), items };
        let path = world.folder.path().join(name);
        std::fs::write(&path, serde_json::to_vec(&work).expect("JSON")).expect("writes");
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["scale::what_is_given_to_a_desk_is_let_through", "--exact", "--nocapture"])
            .env(WORK, path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        Approver { process, lines }
    }

    /// The next item that it has put on the air, or none at its end.
    fn next(&mut self) -> Option<String> {
        let lines = self.lines.by_ref().map_while(Result::ok);
        lines.filter_map(|line| line.split_once("on the air: ").map(|(_, id)| id.to_owned())).next()
    }

    fn kill(mut self) {
        self.process.kill().expect("kills");
        self.process.wait().expect("an end");
    }

    fn finish(mut self) {
        while self.next().is_some() {}
        assert!(self.process.wait().expect("an end").success());
    }
}

/// The same people in another process.
fn reviewer(name: &str, role: Role, step: Step, region: &str) -> (Actor, Step) {
    let account = format!("{name}-{}", role.slug());
    let grants = vec![Grant { role, region: code(region) }];
    (Actor::new(account.clone(), account, grants, Via::CommandLine), step)
}

async fn let_through(desk: &Desk, items: &[(String, String, String)]) {
    for (id, hash, staff) in items {
        let region = id.split('/').next().expect("a region");
        let roles = [Role::FirstReviewer, Role::SecondReviewer, Role::FinalReviewer];
        for (role, step) in roles.into_iter().zip(Step::ALL) {
            let (reviewer, step) = reviewer(staff, role, step, region);
            match desk.approve(&reviewer, id, step, hash, NOW + 1).await {
                // Another process was faster.
                Ok(_) | Err(DeskError::Denied { .. } | DeskError::SecondReview(_)) => {}
                Err(error) => panic!("{id}: {error}"),
            }
        }
        println!("on the air: {id}");
    }
}

async fn submitted_items(desk: &Desk, count: usize) -> Vec<(String, String, String)> {
    let mut people: Vec<Staff> = Vec::new();
    for (number, village) in VILLAGES.iter().enumerate() {
        people.push(staff(desk, &format!("s{number}"), village).await);
    }
    let mut items = Vec::new();
    for item in 0..count {
        for (number, village) in VILLAGES.iter().enumerate() {
            let id = submitted(desk, &people[number], village, &notice(&format!("第{item}号通知"))).await;
            let hash = crate::desk::hash_of(desk, &id).await;
            items.push((id, hash, format!("s{number}")));
        }
    }
    items
}

/// Started by the test below with work in its environment; by itself it works on a desk of its own.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_to_a_desk_is_let_through() {
    if let Some(path) = std::env::var_os(WORK) {
        let work: Work = serde_json::from_slice(&std::fs::read(path).expect("reads")).expect("work");
        let publisher = Publisher::open(&work.data, work.database.as_deref()).await.expect("opens");
        let objects = Objects::open(&publisher.data).expect("opens");
        let_through(&Desk { publisher, objects, published: Default::default() }, &work.items).await;
        return;
    }
    let world = World::new();
    let desk = desk(&world).await;
    let items = submitted_items(&desk, 1).await;
    let_through(&desk, &items).await;
    for (id, ..) in &items {
        assert_eq!(state_of(&desk, id).await, State::Published);
    }
}

/// Asks a server for the timestamps of all villages again and again until it is told to stop, and checks that no version
/// is lower than the one before. Returns how many versions it has seen.
fn poll(server: &Server, stop: Arc<AtomicBool>) -> JoinHandle<usize> {
    let url = server.url.clone();
    tokio::spawn(async move {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut seen: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        while !stop.load(Ordering::Relaxed) {
            for village in VILLAGES {
                let asked = client.get(format!("{url}/tuf/{village}/timestamp.json")).send().await;
                // Until a village has published there is nothing; from a server that was killed nothing comes any more.
                let Ok(answer) = asked else { return seen.values().map(BTreeSet::len).sum() };
                if !answer.status().is_success() {
                    continue;
                }
                let Ok(timestamp) = answer.json::<serde_json::Value>().await else { continue };
                let version = timestamp["signed"]["version"].as_u64().expect("a version");
                let versions = seen.entry(village).or_default();
                let last = versions.last().copied().unwrap_or_default();
                assert!(version >= last, "{village}: {version} after {last}");
                versions.insert(version);
            }
        }
        seen.values().map(BTreeSet::len).sum()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_while_two_publish_loses_nothing_and_nothing_is_published_twice() {
    let world = World::new();
    let desk = desk(&world).await;
    let items = submitted_items(&desk, ITEMS).await;
    let (one, other) = (world.serve(), world.serve());
    let stop = Arc::new(AtomicBool::new(false));
    let polls = [poll(&one, stop.clone()), poll(&other, stop.clone())];
    // Both take up the same items from the same end, so that they meet at every one of them.
    let mut killed = Approver::start(&world, "one", items.clone());
    let survivor = Approver::start(&world, "other", items.clone());
    let killed = tokio::task::spawn_blocking(move || {
        for _ in 0..KILLED_AFTER {
            killed.next().expect("is not done yet");
        }
        killed.kill();
    });
    killed.await.expect("is killed");
    // The server beside it goes as well, without a word.
    drop(one);
    tokio::task::spawn_blocking(move || survivor.finish()).await.expect("finishes");
    check_desk(&desk, &items).await;
    check_versions(&desk).await;
    let restarted = world.serve();
    for server in [&other, &restarted] {
        for village in VILLAGES {
            check_served(&desk, server, village).await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    for seen in polls {
        assert!(seen.await.expect("no version went backwards") > 0, "the poll saw something");
    }
    eventually("the copy on disk", async || copies_are_current(&world, &desk).await.then_some(())).await;
}

/// Every item went through each review once, is on the air once, and the log says so.
async fn check_desk(desk: &Desk, items: &[(String, String, String)]) {
    let db = &desk.publisher.store.db;
    let mut expected: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (id, ..) in items {
        assert_eq!(state_of(desk, id).await, State::Published, "{id}");
        assert_eq!(desk.publisher.store.approvals(id, 1).await.expect("reads").len(), 3, "{id}");
        let sql = format!("SELECT action FROM log WHERE object = '{id}' ORDER BY seq");
        let actions: Vec<(String,)> = db.all("reading the log", &sql, vec![]).await.expect("reads");
        let actions: Vec<&str> = actions.iter().map(|(action,)| action.as_str()).collect();
        assert_eq!(actions, ["create", "submit", "approve", "approve", "approve", "publish"], "{id}");
        expected.entry(id.split('/').next().expect("a region")).or_default().insert(id.clone());
    }
    for (village, ids) in expected {
        let shown: Vec<String> =
            page(desk, village, PAGE).await.expect("a page").items.into_iter().map(|item| item.id).collect();
        assert_eq!(shown.len(), ids.len(), "{village}: nothing twice");
        assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), ids, "{village}");
    }
    let verdict = log::verify(&desk.publisher.store, code("44")).await.expect("verifies");
    assert!(verdict.broken.is_empty(), "{:?}", verdict.broken);
}

/// Versions of targets and snapshots follow one another without a gap up to the current ones.
async fn check_versions(desk: &Desk) {
    for village in VILLAGES {
        let mut change = desk.publisher.store.change().await.expect("begins");
        let current = change.versions(code(village)).await.expect("reads");
        change.abandon().await.expect("ends");
        let files = desk.publisher.store.files(code(village)).await.expect("reads");
        for (role, version) in current {
            let suffix = role.file(0).replacen('0', "", 1);
            let mut versions: Vec<u64> =
                files.iter().filter_map(|(path, _)| path.strip_suffix(&suffix)?.parse().ok()).collect();
            versions.sort_unstable();
            if role != yuexiang_cloud::tuf::Role::Timestamp {
                assert_eq!(versions, (1..=version.version).collect::<Vec<_>>(), "{village} {role:?}");
            }
        }
    }
}

/// A server serves what is in the database, where servers sign timestamps anew that run out.
async fn check_served(desk: &Desk, server: &Server, village: &str) {
    eventually("serving the last publication", async || {
        let expected = desk.publisher.store.file(code(village), "timestamp.json").await.expect("reads")?;
        let answer = server.get(&format!("/tuf/{village}/timestamp.json")).await;
        (answer.bytes().await.ok()?[..] == expected[..]).then_some(())
    })
    .await;
}

async fn copies_are_current(world: &World, desk: &Desk) -> bool {
    for village in VILLAGES {
        for (path, body) in desk.publisher.store.files(code(village)).await.expect("reads") {
            if !std::fs::read(world.data().join("tuf").join(village).join(path)).is_ok_and(|copy| copy == body) {
                return false;
            }
        }
    }
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_once_while_an_older_one_is_open_and_that_one_when_it_commits() {
    let world = World::new();
    let desk = desk(&world).await;
    let store = &desk.publisher.store;
    // SQLite has one writer, so nothing is ever open beside a change.
    let older = match store.db.kind() {
        Kind::Postgres => Some(changed(store, "440200000000").await),
        Kind::Sqlite => None,
    };
    changed(store, VILLAGE).await.commit().await.expect("commits");
    let (first, told) = store.news(0).await.expect("looks");
    assert_eq!(told, [code(VILLAGE)]);
    assert_eq!(store.news(first).await.expect("looks"), (first, vec![]), "nothing twice");
    changed(store, VILLAGES[1]).await.commit().await.expect("commits");
    let (second, told) = store.news(first).await.expect("looks");
    assert_eq!(told, [code(VILLAGES[1])]);
    // Whoever could not take that over asks as before.
    let (again, told) = store.news(first).await.expect("looks");
    assert_eq!(told, [code(VILLAGES[1])]);
    assert!(second > first && again >= second);
    let Some(older) = older else { return };
    older.commit().await.expect("commits");
    let (last, told) = store.news(again).await.expect("looks");
    assert_eq!(told, [code("440200000000")]);
    assert_eq!(store.news(last).await.expect("looks"), (last, vec![]));
}

/// A change of a region that is not committed yet.
async fn changed(store: &Store, region: &str) -> Change {
    let mut change = store.change().await.expect("begins");
    let row = RegionRow { name: region.to_owned(), sections: Vec::new() };
    change.keep_region(code(region), &row).await.expect("keeps");
    change
}
