//! The API under requests that nobody would think of: Schemathesis makes them from the description.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value as Json, json};
use yuexiang_cloud::desk::rights::Role;

use crate::api::{Site, draft};
use crate::fixture::{PROVINCE, VILLAGE};

/// What must hold of every answer. That valid data is accepted is not among it, for most of it names what does not
/// exist; nor that all other data is refused, for a draft keeps what was typed, right or wrong.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,\
                      missing_required_header,unsupported_method,ignored_auth";

fn program() -> PathBuf {
    std::env::var_os("YUEXIANG_SCHEMATHESIS").map(PathBuf::from).unwrap_or_else(|| {
        panic!(
            "YUEXIANG_SCHEMATHESIS must name the program `st` of Schemathesis; `cargo xtask test` installs and names it"
        )
    })
}

/// Runs Schemathesis over a description, as whoever these headers speak for.
fn run(site: &Site, description: &std::path::Path, headers: &[String], more: &[&str]) {
    let mut command = Command::new(program());
    // A cookie that is sent with every request is sent with those too that are to be without a valid one.
    let checks = match headers.iter().any(|header| header.starts_with("Cookie")) {
        true => CHECKS.trim_end_matches(",ignored_auth"),
        false => CHECKS,
    };
    command.args(["run", "--url", &site.server.url, "--checks", checks]);
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--no-shrink"]);
    command.args(["--generation-database", "none", "--warnings", "off", "--suppress-health-check", "all"]);
    command.args(headers.iter().flat_map(|header| ["--header", header])).args(more).arg(description);
    command.env("NO_COLOR", "1").env("no_proxy", "127.0.0.1").current_dir(site.world.folder.path());
    let output = command.output().expect("starts Schemathesis");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("No issues found"), "{said}");
}

/// The description with names of things that exist in place of its examples, so that requests get beyond 404.
async fn described(site: &Site, names: &[(&str, &str)]) -> PathBuf {
    let mut text = site.server.get("/api/openapi.json").await.text().await.expect("a description");
    for (example, name) in names {
        assert!(text.contains(example), "the description has no example {example}");
        text = text.replace(example, name);
    }
    let path = site.world.folder.path().join("openapi.json");
    std::fs::write(&path, text).expect("writes");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_makes_the_server_fail_or_answer_what_is_not_described() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, PROVINCE).await;
    let first = site.token("first", Role::FirstReviewer, PROVINCE).await;
    let operator = site.token("operator", Role::Operator, PROVINCE).await;
    let administrator = site.token("administrator", Role::Administrator, PROVINCE).await;
    let roles: Vec<(Role, &str)> = Role::ALL.into_iter().map(|role| (role, PROVINCE)).collect();
    site.person("everybody", &roles).await;
    let bystander = site.person("bystander", &[(Role::Editor, VILLAGE)]).await;
    let (cookie, csrf) = site.sign_in("everybody").await;

    let (_, item) = site.post("/items", &editor, &json!({ "region": VILLAGE, "draft": draft("停水通知") })).await;
    let id = item["id"].as_str().expect("an id");
    let (status, _) = site.post(&format!("/items/{id}/submit"), &editor, &json!({ "revision": 1 })).await;
    assert_eq!(status, 200);
    let (_, whole) = site.get(&format!("/items/{id}"), &editor).await;
    let text = |value: &Json| value.as_str().expect("text").to_owned();
    let names = [
        ("20261101-0a1b2", id.split('/').nth(1).expect("a slug")),
        (&"0".repeat(64), &text(&whole["hash"])),
        ("u0123456789abcdef", &bystander.id),
    ];
    let description = described(&site, &names).await;

    // Tokens have one role each. Names in answers are used in further requests, so that an administrator ends tokens
    // and accounts that are there: his run comes after those that need them.
    let bearer = |token: &str| [format!("Authorization: Bearer {token}")];
    run(&site, &description, &bearer(&editor), &["--include-tag", "push", "--include-tag", "media"]);
    run(&site, &description, &bearer(&first), &["--include-tag", "review"]);
    let tags = ["settings", "overview", "figures", "keys"].map(|tag| ["--include-tag", tag]);
    run(&site, &description, &bearer(&operator), &tags.concat());
    for (token, whose) in
        [(&editor, "editor"), (&first, "first reviewer"), (&operator, "operator"), (&administrator, "administrator")]
    {
        let (status, said) = site.get("/me", token).await;
        assert_eq!(status, 200, "a run must be made with a token that holds, but the {whose}'s: {said}");
    }
    run(&site, &description, &bearer(&administrator), &["--include-tag", "tokens", "--include-tag", "accounts"]);
    // One person with every role reaches everything.
    let session = [format!("Cookie: {cookie}"), format!("x-csrf-token: {csrf}")];
    run(&site, &description, &session, &[]);
}
