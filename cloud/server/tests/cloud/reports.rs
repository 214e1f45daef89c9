//! What boxes refuse is told, counted and shown.

use serde_json::{Value as Json, json};
use yuexiang_cloud::reports::{refused, take};

use crate::fixture::{LINEAGE, VILLAGE, World};
use crate::keys_box::now;

fn report(troubles: &Json) -> Vec<u8> {
    json!({ "format": 2, "village": VILLAGE, "troubles": troubles }).to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_boxes_refuse_is_counted_and_shown_where_operators_look() {
    let world = World::new();
    world.publish_at(&[&world.village()], now()).await.expect("publishes");
    let server = world.serve();
    let item = format!("{VILLAGE}/water");
    let troubles = json!([
        { "object": LINEAGE[3], "why": "untrusted", "version": 12 },
        { "object": item, "why": "outside-time", "new": "a later version says more" },
    ]);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for _ in 0..2 {
        let request = client.post(format!("{}/reports", server.url)).body(report(&troubles));
        assert_eq!(request.send().await.expect("answers").status(), 204);
    }
    let publisher = world.publisher().await;
    let told = refused(&publisher.store, now()).await.expect("reads");
    let told: Vec<_> = told.iter().map(|one| (one.object.as_str(), one.why.as_str(), one.boxes, one.version)).collect();
    assert_eq!(told, [(LINEAGE[3], "untrusted", 2, Some(12)), (&item, "outside-time", 2, None)]);
    let status = publisher.key_overview(now()).await.expect("reads").to_string();
    assert!(status.contains(&format!("2 boxes refuse {}: untrusted (has version 12)", LINEAGE[3])), "{status}");
    assert!(status.contains(&format!("2 boxes withhold {item}: outside-time")), "{status}");
    crate::fixture::eventually("that health says so", async || {
        let answer = server.get("/healthz/ready").await;
        let status = answer.status().as_u16();
        let body: Json = answer.json().await.expect("JSON");
        assert_eq!(status, 200, "it is nobody's reason to send people away");
        (body["checks"]["boxes"]["state"] == "warning" && body["checks"]["boxes"]["objects"] == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_fills_nothing() {
    let world = World::new();
    world.publish_at(&[&world.village()], now()).await.expect("publishes");
    let store = world.publisher().await.store;
    let trouble = |object: &str, why: &str| json!({ "object": object, "why": why });
    let odd = json!([
        trouble("440300000000", "untrusted"),
        trouble("440224103999", "untrusted"),
        trouble("4402", "untrusted"),
        trouble(&format!("{VILLAGE}/nothing"), "outside-time"),
        trouble("x/../y", "outside-time"),
        trouble(VILLAGE, "Untrusted"),
        trouble(VILLAGE, ""),
        trouble(VILLAGE, &"a".repeat(40)),
    ]);
    assert_eq!(take(&store, &report(&odd), now()).await.expect("reads"), 0);
    assert!(refused(&store, now()).await.expect("reads").is_empty());
    let many = json!(vec![trouble(VILLAGE, "untrusted"); 101]);
    for wrong in [report(&many), report(&json!([])), b"{".to_vec(), report(&json!([{ "object": 1 }]))] {
        assert!(take(&store, &wrong, now()).await.is_err());
    }
}
