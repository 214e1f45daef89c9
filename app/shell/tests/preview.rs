//! `yuexiang preview` as the cloud runs it: a child that is asked for one picture after the other.

use image::RgbImage;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

const VILLAGE: &str = "440224103999";
/// The evening of 2026-11-23.
const NOW: i64 = 1_795_434_120;
/// Where the titles and texts of all screens are, at 720p: x, y, width, height.
const TEXT: [u32; 4] = [64, 90, 1_150, 550];

struct Program {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    folder: TempDir,
}

impl Program {
    fn start() -> Program {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut child = Command::new(env!("CARGO_BIN_EXE_yuexiang"))
            .args(["preview", "--log", "error"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let answers = BufReader::new(child.stdout.take().expect("its output is read"));
        std::fs::create_dir(folder.path().join("objects")).expect("a folder can be made there");
        Program { requests: child.stdin.take(), child, answers, folder }
    }

    /// The answer to a line.
    fn ask(&mut self, line: &str) -> Value {
        let requests = self.requests.as_mut().expect("the program has not been ended");
        writeln!(requests, "{line}").and_then(|()| requests.flush()).expect("the program reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the program answers");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("`{answer}`: {error}"))
    }

    fn request(&self, item: Value, board: &str) -> Value {
        json!({
            "id": 1, "size": "1280x720", "language": "zh", "village": VILLAGE, "village_name": "榕树村",
            "lineage": ["广东省", "韶关市", "仁化县", "石塘镇"], "board": board, "item": item,
            "sections": [
                { "id": "first", "board": board, "name": "头条", "name_en": "Top", "order": 1 },
                { "id": "news", "board": board, "name": "新闻", "name_en": "News", "order": 2 },
            ],
            "objects": self.folder.path().join("objects"), "screen": "item", "page": 0, "now": NOW,
            "out": self.folder.path().join("out.png"),
        })
    }

    /// Draws what is asked for, and how many pages there are.
    fn draw(&mut self, request: &Value) -> (RgbImage, u64) {
        let answer = self.ask(&request.to_string());
        assert_eq!(answer["ok"], true, "{answer}");
        let path = request["out"].as_str().expect("a request says where the picture goes");
        let picture = image::open(path).expect("a picture was written").to_rgb8();
        assert_eq!(json!([picture.width(), picture.height()]), json!([answer["width"], answer["height"]]));
        if let Some(kept) = std::env::var_os("YUEXIANG_KEEP_PREVIEWS") {
            let name = format!("{}-{}.png", request["item"]["kind"].as_str().unwrap_or_default(), request["screen"]);
            picture.save(Path::new(&kept).join(name.replace('"', ""))).expect("a copy can be kept");
        }
        (picture, answer["pages"].as_u64().expect("an answer says how many pages there are"))
    }

    fn paint(&self, digit: char) {
        let name = digit.to_string().repeat(64);
        let folder = self.folder.path().join("objects").join(&name[..2]);
        std::fs::create_dir_all(&folder).expect("a folder can be made there");
        let tint = digit as u8;
        let photo = RgbImage::from_fn(320, 200, |x, y| image::Rgb([x as u8, (y as u8).wrapping_mul(3), tint]));
        let mut jpeg = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new(&mut jpeg);
        photo.write_with_encoder(encoder).expect("a picture can be encoded");
        std::fs::write(folder.join(&name), jpeg).expect("a file can be written there");
    }

    /// A picture of an item; there if it has been painted.
    fn picture(&self, digit: char) -> Value {
        let name = digit.to_string().repeat(64);
        let file = self.folder.path().join("objects").join(&name[..2]).join(&name);
        let length = file.metadata().map_or(1_000, |file| file.len());
        json!({
            "sha256": name, "length": length, "width": 320, "height": 200, "caption": "村口的榕树",
            "thumbnail": { "sha256": name, "length": length },
        })
    }

    fn end(mut self) {
        drop(self.requests.take());
        let status = self.child.wait().expect("the program ends");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Already gone unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn item(kind: &str, title: &str, more: Value) -> Value {
    let mut item = json!({
        "id": format!("{VILLAGE}/draft"), "section": "news", "title": title, "summary": "一两行摘要",
        "publisher": "榕树村村民委员会", "published": NOW - 3_600, "author": "zuozhe", "kind": kind,
        "not_before": NOW + 86_400, "audience": { "except": [VILLAGE] },
        "body": [
            { "block": "heading", "text": "为什么修路" },
            { "block": "paragraph", "text": "村道去年雨季塌了两处，今年由县里补助、村民出工，分三段修。".repeat(6) },
            { "block": "entry", "number": 1, "text": "第一段从村口到祠堂" },
            { "block": "quote", "text": "路通了，果子就出得去。" },
        ],
    });
    let fields = item.as_object_mut().expect("an item is an object");
    fields.extend(more.as_object().expect("more fields").clone());
    item
}

/// One of each kind, with its board.
fn every_kind(program: &Program) -> Vec<(Value, &'static str)> {
    let rows: Vec<Value> =
        (1..=9).map(|row| json!({ "cells": [format!("支出{row}"), format!("{row}0.50")] })).collect();
    let columns = json!([{ "title": "项目" }, { "title": "金额（元）", "numeric": true }]);
    let picture = |digit| program.picture(digit);
    let video = json!({
        "sha256": "e".repeat(64), "length": 9_000_000, "width": 1280, "height": 720, "duration": 83_000,
        "poster": picture('c'),
    });
    vec![
        (item("article", "村道修好了", json!({ "cover": picture('a') })), "party"),
        (item("notice", "停水通知", json!({})), "governance"),
        (item("story", "一棵榕树的一年", json!({ "body": [], "pictures": [picture('a'), picture('b')] })), "culture"),
        (item("video", "舞狮", json!({ "video": video })), "culture"),
        (
            item(
                "disclosure",
                "三季度财务公开",
                json!({ "table": { "columns": columns, "rows": rows }, "receipts": [picture('b')] }),
            ),
            "governance",
        ),
        (
            item("activity", "重阳节敬老", json!({ "starts": NOW + 90_000, "place": "祠堂", "contact": "李玉兰" })),
            "culture",
        ),
        (
            item(
                "product",
                "沙田柚",
                json!({
                    "price": 4_500, "unit": "每箱 5 斤", "origin": "本村", "seller": "榕树合作社", "phone": "0751-1234567",
                    "order": "https://shop.example/1", "pictures": [picture('a')],
                }),
            ),
            "business",
        ),
        (item("spot", "古驿道", json!({ "address": "村东", "hours": "全天", "pictures": [picture('b')] })), "business"),
        (
            item(
                "job",
                "招采茶工",
                json!({ "employer": "茶厂", "pay": "4,500 元/月", "place": "县城", "headcount": 3 }),
            ),
            "business",
        ),
    ]
}

/// The share of pixels in the text's place that differ visibly.
fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    let [left, top, width, height] = TEXT;
    let places = (top..top + height).flat_map(|y| (left..left + width).map(move |x| (x, y)));
    let differs = |(x, y): &(u32, u32)| {
        let (one, other) = (one.get_pixel(*x, *y).0, other.get_pixel(*x, *y).0);
        one.iter().zip(other).any(|(one, other)| one.abs_diff(other) > 40)
    };
    places.filter(differs).count() as f64 / f64::from(width * height)
}

/// How many pixels are much brighter than the dark ground, as letters are.
fn ink(picture: &RgbImage) -> usize {
    picture.pixels().filter(|pixel| pixel.0.iter().all(|value| *value > 150)).count()
}

#[test]
fn every_kind_of_item_is_seen_in_its_list_and_opened_and_no_two_look_the_same() {
    let mut program = Program::start();
    "abc".chars().for_each(|digit| program.paint(digit));
    let mut seen: Vec<(String, RgbImage)> = Vec::new();
    for (item, board) in every_kind(&program) {
        for screen in ["list", "item"] {
            let mut request = program.request(item.clone(), board);
            request["screen"] = json!(screen);
            let name = format!("{} {screen}", item["kind"]);
            let (picture, pages) = program.draw(&request);
            assert_eq!(picture.dimensions(), (1_280, 720));
            assert!(ink(&picture) > 600, "{name} has words: {}", ink(&picture));
            assert!(pages >= 1 && (screen == "item" || pages == 1), "{name}: {pages}");
            for (other, drawn) in &seen {
                let off = difference(&picture, drawn);
                assert!(off > 0.002, "{name} differs from {other}: {off}");
            }
            seen.push((name, picture));
        }
    }
    program.end();
}

#[test]
fn the_same_request_gives_the_same_pixels_and_size_language_page_and_type_size_count() {
    let mut program = Program::start();
    program.paint('a');
    let long = "路修好了，车开到家门口。".repeat(150);
    let article = item("article", "村道修好了", json!({ "body": [{ "block": "paragraph", "text": long }] }));
    let request = program.request(article, "party");
    let (first, pages) = program.draw(&request);
    let (again, _) = program.draw(&request);
    assert!(first == again, "two pictures of one thing are the same");
    assert!(pages > 1, "{pages}");
    let mut other = |field: &str, value: Value| {
        let mut request = request.clone();
        request[field] = value;
        program.draw(&request)
    };
    for (field, value) in [("page", json!(1)), ("language", json!("en")), ("text_size", json!("large"))] {
        assert!(difference(&first, &other(field, value).0) > 0.002, "{field} is seen");
    }
    assert!(other("text_size", json!("large")).1 > pages, "larger type takes more pages");
    assert_eq!(other("size", json!("1920x1080")).0.dimensions(), (1_920, 1_080));
    program.end();
}

#[test]
fn a_picture_that_is_missing_or_broken_leaves_its_place_holder_and_is_seen_once_it_has_come() {
    let mut program = Program::start();
    program.paint('a');
    let article = item("article", "村道修好了", json!({ "cover": program.picture('a') }));
    let request = program.request(article, "party");
    let (whole, _) = program.draw(&request);
    let name = "a".repeat(64);
    let file = program.folder.path().join("objects/aa").join(&name);
    let bytes = std::fs::read(&file).expect("the picture was painted");
    std::fs::write(&file, vec![0; bytes.len()]).expect("it can be overwritten");
    let (broken, _) = program.draw(&request);
    std::fs::remove_file(&file).expect("it can be removed");
    let (missing, _) = program.draw(&request);
    assert!(difference(&whole, &missing) > 0.05, "the picture is gone");
    assert!(broken == missing, "either shows the place holder");
    std::fs::write(&file, bytes).expect("it can be written again");
    assert!(program.draw(&request).0 == whole, "a picture that has come is seen");
    program.end();
}

#[test]
fn what_is_wrong_is_said_by_name_and_the_next_request_is_served() {
    let mut program = Program::start();
    let good = program.request(item("article", "村道修好了", json!({})), "party");
    let mut check = |pointer: &str, value: Value, says: &str| {
        let mut request = good.clone();
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
        request.pointer_mut(parent).expect("it is there")[field] = value;
        let answer = program.ask(&request.to_string());
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(says), "`{says}` is said: {answer}");
        assert_eq!((&answer["id"], &answer["ok"]), (&json!(1), &Value::Null));
    };
    check("/size", json!("99999x99999"), "`99999x99999` is not a size of the screen");
    check("/size", json!(-1), "the request: invalid type");
    check("/item", json!(7), "the item: it is no JSON object");
    check("/item/title", json!(""), "the item: title has 0 characters");
    check("/item/kind", json!("poem"), "the item: unknown variant `poem`");
    check("/item/id", json!("here/draft"), "the item: its id: `here` is not a division code");
    let elsewhere = item("notice", "停水通知", json!({ "id": "440224103001/draft", "audience": {} }));
    check("/item", elsewhere, "the item is of 440224103001");
    check("/board", json!("sports"), "the board: `sports` is no board");
    check("/village", json!("440224103000"), "440224103000 is not a village");
    check("/village", json!("4402"), "`4402` is not a division code");
    check("/village_name", json!(""), "the sections: name has 0 characters");
    check("/sections", json!("news"), "the sections: invalid type");
    check("/lineage", json!(["a", "b", "c", "d", "e"]), "the lineage: 5 names for the 4 regions");
    check("/objects", json!("/nowhere/objects"), "the folder of objects /nowhere/objects is not there");
    check("/screen", json!("both"), "unknown variant `both`");
    check("/page", json!(1_000_000_000), "there is no page 1000000000: the item has 1");
    check("/page", json!(-1), "the request: invalid value");
    check("/now", json!(-5), "now: -5 lies outside 2000 to 2099");
    check("/out", json!("/nowhere/out.png"), "write the picture /nowhere/out.png: No such file");
    check("/language", json!("fr"), "unknown variant `fr`");
    check("/colour", json!("red"), "unknown field `colour`");
    for line in ["{", "7", "\"id\"", "[1]", "{}"] {
        let answer = program.ask(line);
        assert!(answer["error"].as_str().is_some_and(|error| error.starts_with("the request")), "{line}: {answer}");
        assert_eq!(answer["id"], Value::Null);
    }
    program.draw(&good);
    program.end();
}

#[test]
fn the_memory_does_not_grow_with_the_pictures() {
    let mut program = Program::start();
    "abc".chars().for_each(|digit| program.paint(digit));
    let items = every_kind(&program);
    let mut draw = |count: usize| {
        for (item, board) in items.iter().cycle().take(count) {
            let request = program.request(item.clone(), board);
            program.draw(&request);
        }
        let status = std::fs::read_to_string(format!("/proc/{}/status", program.child.id())).expect("it is running");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says how much it has");
        resident.trim().trim_end_matches(" kB").parse::<u64>().expect("a number of kilobytes")
    };
    let before = draw(27);
    let after = draw(45);
    assert!(after < before + 8_000, "{before} kB, then {after} kB");
    program.end();
}

#[test]
fn a_person_gets_a_picture_of_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |name: &str| folder.path().join(name);
    let draw = |item: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yuexiang"));
        command.args(["preview", "--size", "1280x720", "--item"]).arg(item);
        command.arg("--objects").arg(folder.path()).arg("--out").arg(path("out.png"));
        command.output().expect("the program runs")
    };
    std::fs::write(
        path("item.json"),
        item("job", "招采茶工", json!({ "employer": "茶厂", "pay": "面议", "place": "县城" })).to_string(),
    )
    .expect("a file can be written there");
    let done = draw(&path("item.json"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("1280 × 720, page 1 of 1"));
    assert!(ink(&image::open(path("out.png")).expect("a picture was written").to_rgb8()) > 600);
    let refused = draw(&path("nothing.json"));
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("nothing.json"));
}
