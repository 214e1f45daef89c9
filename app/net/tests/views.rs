//! What was watched goes to the cloud once, whatever the line does.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::server::{Manner, Server};
use common::{Line, NOW, village};
use serde_json::{Value, json};
use yuexiang_core::event::NetErrorKind;
use yuexiang_core::time::civil;
use yuexiang_core::uplink::MessageId;
use yuexiang_core::view_counts::{ViewBatch, ViewCount};

const ID: MessageId = MessageId([0xab; 16]);

fn batch() -> ViewBatch {
    let counts = [
        ("440224103201/a".to_owned(), ViewCount { views: 3, plays: 1, seconds: 61 }),
        ("440224103201/b".to_owned(), ViewCount { views: 1, plays: 0, seconds: 0 }),
    ];
    ViewBatch { village: village(), day: civil(NOW).date(), counts: counts.into() }
}

#[test]
fn a_batch_names_its_village_and_day_and_nothing_else_of_the_box() {
    let server = Server::start();
    server.behave("/views", Manner::Status(204));
    let line = Line::to(&server);
    assert_eq!(line.send_views(ID, &batch()), Ok(()));
    let posted = server.take_posted();
    let [(path, body)] = posted.as_slice() else { panic!("one request was expected, not {}", posted.len()) };
    assert_eq!(path, "/views");
    let document: Value = serde_json::from_slice(body).unwrap();
    let expected = json!({
        "format": 2, "id": "ab".repeat(16), "village": "440224103201", "day": "2026-11-01",
        "counts": [
            { "item": "440224103201/a", "views": 3, "plays": 1, "seconds": 61 },
            { "item": "440224103201/b", "views": 1 },
        ],
    });
    assert_eq!(document, expected);
}

#[test]
fn what_the_cloud_will_never_take_is_given_up_and_everything_else_is_tried_again() {
    let server = Server::start();
    let line = Line::impatient(&server);
    for code in [200, 201, 202, 204, 400, 404, 409, 413, 422] {
        server.behave("/views", Manner::Status(code));
        assert_eq!(line.send_views(ID, &batch()), Ok(()), "{code}");
    }
    let unreachable = [Manner::Silence];
    let server_says_no = [408, 429, 500, 503].map(Manner::Status);
    // A captive portal says that all is well.
    let portals = [Manner::Html, Manner::Redirect(302, "http://portal.example/".to_owned())];
    for manner in unreachable {
        server.behave("/views", manner);
        assert_eq!(line.send_views(ID, &batch()).unwrap_err().kind, NetErrorKind::Unreachable);
    }
    for manner in server_says_no.into_iter().chain(portals) {
        server.behave("/views", manner);
        assert_eq!(line.send_views(ID, &batch()).unwrap_err().kind, NetErrorKind::Server);
    }
}
