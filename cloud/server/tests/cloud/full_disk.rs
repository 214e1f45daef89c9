//! The disk fills and is emptied again: what could not be written then can be written afterwards, all of it.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value as Json, json};
use yuexiang_cloud::desk::rights::{Actor, Role};
use yuexiang_cloud::publish::Publisher;

use crate::api::{PASSWORD, Site, draft, now};
use crate::fixture::{Server, VILLAGE, World, eventually};

/// As many as there are connections to the database, and more.
const AT_ONCE: usize = 40;

/// Leaves not one byte free.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("a file");
    for size in [1 << 20, 4 << 10, 1] {
        let block = vec![0x5a; size];
        let error = loop {
            if let Err(error) = file.write_all(&block) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
    }
}

/// Statuses of new drafts that are sent at the same time.
async fn drafts(site: &Site, token: &str) -> Vec<u16> {
    let long = "明日停水。".repeat(300);
    let sent = (0..AT_ONCE).map(|number| {
        let mut draft = draft(&format!("第{number}份通知"));
        draft["body"] = json!(long);
        let body = json!({ "region": VILLAGE, "draft": draft });
        async move { site.request(Method::POST, "/items", token).json(&body).send().await.expect("answers").status() }
    });
    join_all(sent).await.into_iter().map(|status| status.as_u16()).collect()
}

async fn health(site: &Site) -> (u16, Json) {
    let answer = site.server.get("/healthz/ready").await;
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_was_full_leaves_nothing_broken_once_there_is_room_again() {
    let world = World::new();
    let [data, prepared] = ["small", "prepared"].map(|name| world.folder.path().join(name));
    let publisher = Publisher::open(&prepared, None).await.expect("opens");
    let mut site = Site::of(world, publisher.clone(), Server::start(&prepared, None, None));
    let token = site.token("editor", Role::Editor, VILLAGE).await;
    publisher.store.db.close().await;
    assert!(site.server.stop().success());
    site.server = Server::on_small_disk(24, &data, &prepared);
    let inside = site.server.inside(&data);
    assert!(drafts(&site, &token).await.iter().all(|status| *status == 201), "a draft before the disk is full");
    let (status, body) = health(&site).await;
    assert_eq!((status, &body["checks"]["database"]["state"]), (200, &json!("ok")), "{body}");

    let ballast = inside.join("ballast");
    fill(&ballast);
    let mut refused = 0;
    // What the log of the database has room for is still taken.
    while refused < 3 * AT_ONCE {
        refused += drafts(&site, &token).await.iter().filter(|status| **status >= 500).count();
    }
    eventually("that it names the reason", async || {
        let body = json!({ "region": VILLAGE, "draft": draft("停水") });
        let (status, problem) = site.post("/items", &token, &body).await;
        (status == 507).then(|| assert_eq!(problem["code"], "insufficient-storage", "{problem}"))
    })
    .await;
    eventually("that it is not ready", async || {
        let (status, body) = health(&site).await;
        (status == 503 && body["checks"]["database"]["state"] == "failed").then_some(())
    })
    .await;
    assert_eq!(site.server.get("/healthz/live").await.status(), 200, "starting it anew would help nothing");

    std::fs::remove_file(&ballast).expect("makes room");
    for turn in 0..3 {
        let statuses = drafts(&site, &token).await;
        assert!(statuses.iter().all(|status| *status == 201), "turn {turn}: {statuses:?}");
    }
    eventually("that it is ready again", async || (health(&site).await.0 == 200).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_cloud_is_not_told_as_a_session_that_has_ended_nor_as_a_link_that_was_used() {
    let site = Site::new().await;
    let editor = site.person("editor", &[(Role::Editor, VILLAGE)]).await;
    let link = site.accounts.new_password_link(&Actor::command_line(), &editor.id, now()).await.expect("a link");
    for table in ["session", "password_link"] {
        let sql = format!("ALTER TABLE {table} RENAME TO {table}_gone");
        site.accounts.publisher.store.db.execute("breaking the database", &sql, Vec::new()).await.expect("breaks");
    }
    let login = format!("{}/console/login", site.server.url);
    let form = [("login", "editor"), ("password", PASSWORD)];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = site.client.post(login).header("content-type", "application/x-www-form-urlencoded").body(body);
    let answer = request.send().await.expect("answers");
    let back = answer.headers()["location"].to_str().expect("a path").to_owned();
    let page = site.server.get(&back).await.text().await.expect("a page");
    assert!(page.contains("云端出了点问题") && !page.contains("登录已过期"), "{back}: {page}");
    let page = site.server.get(&format!("/console/password/{link}")).await.text().await.expect("a page");
    assert!(page.contains("云端出了点问题") && !page.contains("这个链接已经用过"), "{page}");
}
