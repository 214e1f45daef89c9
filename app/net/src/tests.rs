//! Every bound of every document, and the codec.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::codec::WireCodec;
use crate::documents;
use proptest::prelude::*;
use serde_json::{Value, json};
use yuexiang_core::catalog::{Approval, Board, Item, ReviewKey, Step};
use yuexiang_core::event::Document;
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::region::RegionCode;

fn village() -> RegionCode {
    "440224103201".parse().unwrap()
}

fn sha(digit: char) -> String {
    digit.to_string().repeat(64)
}

fn picture() -> Value {
    json!({
        "sha256": sha('a'), "length": 1000, "width": 1280, "height": 720, "caption": "图",
        "thumbnail": { "sha256": sha('b'), "length": 100 },
    })
}

/// An item of this kind, with everything that an item can have.
fn item(kind: &str, content: Value) -> Value {
    let mut item = json!({
        "id": "440224103201/one", "section": "news", "title": "标题", "summary": "摘要", "publisher": "村委会",
        "published": 1_793_491_200, "not_before": 1_793_491_200, "not_after": 1_893_491_200, "pinned": true,
        "priority": 3, "author": "person-1", "cover": picture(), "kind": kind,
        "audience": { "only": ["440224103201"], "except": ["440224103201"] },
        "body": [
            { "block": "heading", "text": "一" }, { "block": "paragraph", "text": "二" },
            { "block": "entry", "number": 3, "text": "三" }, { "block": "quote", "text": "四" },
            { "block": "figure", "picture": picture() },
        ],
    });
    item.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
    item
}

fn kinds() -> Vec<Value> {
    let table = json!({
        "columns": [{ "title": "项目" }, { "title": "金额", "numeric": true }],
        "rows": [{ "cells": ["水", "1.00"] }, { "cells": ["合计", "1.00"], "total": true }],
    });
    let video = json!({
        "sha256": sha('c'), "length": 5_000_000_000_u64, "width": 1280, "height": 720, "duration": 60_000,
        "poster": picture(),
    });
    vec![
        item("article", json!({})),
        item("notice", json!({})),
        item("story", json!({ "pictures": [picture(), picture()] })),
        item("video", json!({ "video": video })),
        item("disclosure", json!({ "table": table, "receipts": [picture()] })),
        item("activity", json!({ "starts": 1_793_491_200, "ends": 1_793_501_200, "place": "祠堂", "contact": "甲" })),
        item(
            "product",
            json!({
                "price": 4_500, "unit": "每箱", "origin": "本村", "seller": "合作社", "phone": "1",
                "order": "https://shop.example/1", "pictures": [picture()],
            }),
        ),
        item("spot", json!({ "address": "村口", "hours": "全天", "phone": "1", "pictures": [picture()] })),
        item("job", json!({ "employer": "厂", "pay": "4,500 元/月", "place": "县城", "headcount": 3, "phone": "1" })),
    ]
}

fn convert(item: Value) -> Result<Item, String> {
    documents::parse_item(item, village(), Board::Culture)
}

const PATH: &str = "pages/culture/2026-11.json";

/// A page with these items.
fn page(items: &[Value]) -> Vec<u8> {
    let page = json!({
        "format": 2, "region": village().to_string(), "board": "culture", "month": "2026-11", "items": items,
    });
    page.to_string().into_bytes()
}

#[track_caller]
fn items(page: &[u8]) -> Vec<Item> {
    match WireCodec.decode(village(), PATH, page) {
        Ok(Document::Page(items)) => items,
        other => panic!("a page was expected, not {other:?}"),
    }
}

#[test]
fn every_kind_of_item_survives_the_store() {
    let mut kinds = kinds();
    for (number, kind) in kinds.iter_mut().enumerate() {
        kind["id"] = json!(format!("440224103201/{number}"));
    }
    let page = page(&kinds);
    let mut items = items(&page);
    assert_eq!(items.len(), kinds.len());
    for item in &mut items {
        item.approvals = Step::ALL
            .map(|step| Approval { step, region: village(), key: ReviewKey([step as u8; 32]), at: 1_793_491_200 })
            .to_vec();
    }
    let bodies = WireCodec.bodies(&page, &items);
    let stored: Vec<Item> = bodies.iter().map(|body| WireCodec.item(body).unwrap()).collect();
    assert_eq!(stored, items);
}

#[test]
fn what_this_version_does_not_know_of_an_item_is_kept_as_it_was_signed() {
    let later = r#"{"id":"440224103201/one","section":"news","title":"\u6807题","publisher":"村委会","published":1793491200,
        "author":"person-1", "kind":"article","subtitle":{"zh" : "副题", "weight" :  7}}"#;
    let page = format!(
        r#"{{"format":2,"region":"440224103201","board":"culture","month":"2026-11","items":[7, {later}],"more":[]}}"#
    );
    let items = items(page.as_bytes());
    let bodies = WireCodec.bodies(page.as_bytes(), &items);
    let [body] = bodies.as_slice() else { panic!("one item has one body") };
    assert!(String::from_utf8_lossy(body).contains(later), "{}", String::from_utf8_lossy(body));
    assert_eq!(WireCodec.item(body).unwrap(), items[0]);
}

#[test]
fn bytes_that_are_no_item_are_an_error_that_says_so() {
    for bytes in [&b""[..], b"{}", b"\xff\xff", br#"{"board":"party","item":{}}"#] {
        assert!(WireCodec.item(bytes).is_err_and(|reason| !reason.is_empty()));
    }
}

/// Puts `value` at `pointer` in an item of the kind with this number, and expects it to be refused.
#[track_caller]
fn check(kind: usize, pointer: &str, value: Value, says: &str) {
    let mut item = kinds().swap_remove(kind);
    *item.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there")) = value;
    let reason = convert(item).expect_err("the item is refused");
    assert!(reason.contains(says), "`{says}` is said: {reason}");
}

#[test]
fn a_table_of_two_hundred_rows_may_have_one_of_totals_below() {
    let with = |totals: usize| {
        let mut rows = vec![json!({ "cells": ["a", "b"] }); 200];
        rows.extend(vec![json!({ "cells": ["合计", "b"], "total": true }); totals]);
        let mut item = kinds().swap_remove(4);
        item["table"]["rows"] = json!(rows);
        convert(item)
    };
    assert!(with(1).is_ok());
    assert!(with(2).is_err_and(|reason| reason.contains("rows has 202 entries")));
}

#[test]
fn items_beyond_a_bound_are_refused_with_the_reason() {
    let long = |count: usize| json!("长".repeat(count));
    check(0, "/id", json!("440224103000/one"), "is none of 440224103201");
    check(0, "/id", json!("440224103201"), "is none of 440224103201");
    check(0, "/id", json!("440224103201/"), "no name");
    check(0, "/id", json!("440224103201/../x"), "no name");
    check(0, "/section", json!("News"), "section");
    check(0, "/title", json!(""), "title has 0 characters");
    check(0, "/title", long(61), "title has 61 characters");
    check(0, "/title", json!("看\u{7}"), "title contains \\u{7}");
    check(0, "/title", json!("看\u{202e}"), "title contains \\u{202e}");
    check(0, "/summary", long(201), "summary");
    check(0, "/publisher", long(41), "publisher");
    check(0, "/published", json!(1_793_491_200_000_i64), "published");
    check(0, "/not_before", json!(0), "not_before");
    check(0, "/not_after", json!(i64::MAX), "not_after");
    check(0, "/priority", json!(10), "priority is 10");
    check(0, "/author", json!("Somebody"), "author");
    check(0, "/author", json!("x".repeat(41)), "author");
    check(0, "/audience/only", json!(["440224103000"]), "only names 440224103000, which is not within 440224103201");
    check(0, "/audience/except", json!(["440300000000"]), "except names 440300000000");
    check(0, "/audience/only", json!(["4402241032"]), "not a division code");
    check(0, "/audience/only", json!(vec!["440224103201"; 201]), "only has 201 entries");
    check(0, "/published", json!(1_793_491_200.5), "no canonical form");
    check(0, "/body", json!(vec![json!({ "block": "quote", "text": "四" }); 201]), "body has 201 entries");
    check(0, "/body/1/text", long(2001), "a block of text");
    check(0, "/body/1/block", json!("video"), "unknown variant");
    check(0, "/cover/sha256", json!(sha('A')), "not a SHA-256");
    check(0, "/cover/length", json!(0), "the length of a picture");
    check(0, "/cover/length", json!(17 << 20), "the length of a picture");
    check(0, "/cover/width", json!(0), "edge");
    check(0, "/cover/height", json!(10_000), "edge");
    check(0, "/cover/caption", long(61), "caption");
    check(0, "/cover/thumbnail/length", json!(2 << 20), "the length of a thumbnail");
    check(0, "/cover/length", json!(999), "one object has two lengths");
    check(2, "/pictures", json!(vec![picture(); 31]), "pictures has 31 entries");
    check(3, "/video/duration", json!(0), "duration");
    check(3, "/video/length", json!(9_u64 << 30), "the length of a video");
    check(4, "/table/columns", json!([]), "columns");
    check(4, "/table/rows/0/cells", json!(["一"]), "a row has 1 cells, the table 2 columns");
    check(4, "/table/rows/0/cells/1", long(61), "a cell");
    check(4, "/table/rows", json!(vec![json!({ "cells": ["a", "b"] }); 201]), "rows has 201 entries");
    check(5, "/starts", json!(-1), "starts");
    check(6, "/price", json!(-1), "invalid value");
    check(6, "/price", json!(u64::MAX), "price");
    check(6, "/order", json!("http://shop.example/"), "order");
    check(6, "/order", json!("javascript:alert(1)"), "order");
    check(6, "/order", json!(format!("https://shop.example/{}", "x".repeat(200))), "order");
    check(6, "/order", json!("https://shop.example/\u{200b}"), "order");
    check(7, "/address", long(101), "address");
    let approval = json!({
        "step": "first", "region": "440224103201", "key": sha('a'), "at": 1_793_491_200, "signature": "0".repeat(128),
    });
    let mut approved = kinds().swap_remove(0);
    approved["approvals"] = json!(vec![approval; 4]);
    assert!(convert(approved).unwrap_err().contains("approvals has 4 entries"));
    check(8, "/headcount", json!(-1), "invalid value");
}

fn parse_review(document: Value) -> Result<Document, String> {
    documents::parse(village(), "review.json", document.to_string().as_bytes())
}

/// A review document with one reviewer, in which `value` stands at `pointer`.
fn review(pointer: &str, value: Value) -> Value {
    let mut document = json!({
        "format": 2, "region": "440224103201", "reviews_below": 2, "reviewers": [{
            "key": sha('a'), "person": "person-1", "name": "陈伟民", "steps": ["first", "final"], "from": 0, "until": 9,
        }],
    });
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

#[test]
fn a_review_document_beyond_a_bound_is_refused_with_the_reason() {
    let check = |pointer, value, says: &str| {
        let reason = parse_review(review(pointer, value)).unwrap_err();
        assert!(reason.contains(says), "`{says}` is said: {reason}");
    };
    check("/reviews_below", json!(0), "reviews_below is 0, 1 to 3 are allowed");
    check("/reviews_below", json!(4), "reviews_below is 4");
    check("/format", json!(1), "format 1, this program reads 2");
    check("/region", json!("440224103000"), "a document of 440224103000");
    check("/reviewers/0/steps", json!(["fourth"]), "unknown variant");
    let reviewer = review("/format", json!(2))["reviewers"][0].clone();
    check("/reviewers", json!(vec![reviewer; 501]), "reviewers has 501 entries");
}

#[test]
fn a_reviewer_who_breaks_a_bound_is_left_out_alone() {
    let reviewers = |pointer, value| match parse_review(review(pointer, value)).unwrap() {
        Document::Review(review) => review.reviewers.len(),
        other => panic!("a review document was expected, not {other:?}"),
    };
    assert_eq!(reviewers("/format", json!(2)), 1);
    for (pointer, value) in [
        ("/reviewers/0/key", json!("a".repeat(63))),
        ("/reviewers/0/key", json!(sha('A'))),
        ("/reviewers/0/person", json!("陈伟民")),
        ("/reviewers/0/person", json!("")),
        ("/reviewers/0/name", json!("")),
        ("/reviewers/0/name", json!("陈\u{202e}民")),
        ("/reviewers/0/steps", json!([])),
    ] {
        assert_eq!(reviewers(pointer, value.clone()), 0, "{pointer} {value}");
    }
    let mut twice = review("/format", json!(2));
    let mut other = twice["reviewers"][0].clone();
    other["person"] = json!("person-2");
    twice["reviewers"].as_array_mut().unwrap().push(other);
    let Ok(Document::Review(parsed)) = parse_review(twice) else { panic!("a review document was expected") };
    assert_eq!(parsed.reviewers.len(), 1, "one key is one person's");
}

proptest! {
    #[test]
    fn no_page_whatever_its_bytes_stops_the_box(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), cut in any::<prop::sample::Index>(),
    ) {
        let page = json!({
            "format": 2, "region": "440224103201", "board": "culture", "month": "2026-11", "items": kinds(),
        });
        let mut bytes = page.to_string().into_bytes();
        for (index, byte) in &changes {
            let at = index.index(bytes.len());
            bytes[at] = *byte;
        }
        if changes.len() % 2 == 1 {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(Document::Page(items)) = documents::parse(village(), "pages/culture/2026-11.json", &bytes) {
            prop_assert!(items.iter().all(|item| item.region == village() && item.board == Board::Culture));
        }
    }
}

/// A document of the village, as bytes.
fn parse(path: &str, document: Value) -> Result<Document, String> {
    documents::parse(village(), path, &serde_json::to_vec(&document).unwrap())
}

#[test]
fn an_item_that_came_from_another_region_survives_the_store_as_the_regions_own() {
    let mut foreign = item("notice", json!({}));
    foreign["id"] = json!("440224104777/one");
    foreign["audience"] = json!({ "only": ["440224104777"], "except": ["440224103201"] });
    let page = page(&[foreign]);
    let items = items(&page);
    assert_eq!(items[0].region, village());
    assert_eq!(WireCodec.item(&WireCodec.bodies(&page, &items)[0]).as_ref(), Ok(&items[0]));
}

#[test]
fn a_region_takes_over_none_that_a_box_has_above_it_or_below() {
    let former = |region: &str| json!({ "region": region, "reviewers": [] });
    let regions = ["440224104777", "440224104000", "440224103201", "440224103000", "440000000000"];
    let document = json!({
        "format": 2, "region": "440224103201", "reviews_below": 3, "reviewers": [], "former": regions.map(former),
    });
    let Ok(Document::Review(review)) = parse("review.json", document) else { panic!("no review") };
    let taken: Vec<String> = review.former.iter().map(|former| former.region.to_string()).collect();
    assert_eq!(taken, ["440224104777", "440224104000"]);
    let without = json!({ "format": 2, "region": "440224103201", "reviews_below": 3, "reviewers": [] });
    assert!(matches!(parse("review.json", without), Ok(Document::Review(review)) if review.former.is_empty()));
}

#[test]
fn a_move_is_what_the_document_of_its_name_says() {
    let moved = json!({
        "format": 2, "region": "440224103201", "from": "440224103301", "to": "440224103302", "at": 1_793_491_200,
        "below": { "440224103303": "440224103304" }, "channels": { "440224103301/general": "440224103302/general-2" },
    });
    let path = "moved/440224103301.json";
    let Ok(Document::Moved(read)) = parse(path, moved.clone()) else { panic!("no move") };
    assert_eq!((read.from.to_string(), read.to.to_string()), ("440224103301".into(), "440224103302".into()));
    assert_eq!(read.channels["440224103301/general"], "440224103302/general-2");
    let refused = |path: &str, member: &str, value: Value, words: &str| {
        let mut moved = moved.clone();
        moved[member] = value;
        let reason = parse(path, moved).expect_err(words);
        assert!(reason.contains(words), "{reason}");
    };
    refused("moved/440224103309.json", "at", json!(1_793_491_200), "it is about 440224103301");
    refused(path, "region", json!("440224103202"), "it calls itself a document of 440224103202");
    refused(path, "format", json!(9), "format 9");
    refused(path, "to", json!("44022410330"), "44022410330");
    refused(path, "at", json!(5), "at");
    refused(path, "channels", json!({ "general": "x" }), "is no channel");
    let many: serde_json::Map<String, Value> =
        (0..5_001).map(|number| (format!("4402241{number:05}"), json!("440224103302"))).collect();
    refused(path, "below", json!(many), "below");
}
