//! From a village's desk to its televisions, as people do it: in a browser, with a remote control beside it.

use crate::browser::{Browser, Driver};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, demo_region};
use yuexiang_tests::path_from_environment;

pub const PASSWORD: &str = "rongshu-2026-tv";
const TITLE: &str = "村道清扫志愿活动";

/// Makes an account of the demo village on the command line, as an administrator does on the first day.
fn account(data: &Path, login: &str, name: &str, role: &str) {
    account_in(&demo_region(), data, login, name, role);
}

/// The same for another region.
pub fn account_in(region: &str, data: &Path, login: &str, name: &str, role: &str) {
    let program = path_from_environment("YUEXIANG_PROGRAMS").join("yuexiang-cloud");
    let mut child = Command::new(program)
        .args(["admin", "create", login, "--name", name, "--region", region, "--role", role])
        .arg("--password-stdin")
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the cloud's program starts");
    let mut input = child.stdin.take().expect("its input");
    writeln!(input, "{PASSWORD}").expect("the password is taken");
    drop(input);
    assert!(child.wait().expect("it ends").success(), "the account {login} was made");
}

/// A short video with sound, as a telephone would send it.
fn video(folder: &Path) -> PathBuf {
    let path = folder.join("volunteers.mp4");
    let status = Command::new("gst-launch-1.0")
        .args(["-q", "mp4mux", "name=mux", "!", "filesink"])
        .arg(format!("location={}", path.display()))
        .args("videotestsrc num-buffers=75 pattern=ball ! video/x-raw,width=640,height=360,framerate=25/1".split(' '))
        .args("! videoconvert ! x264enc speed-preset=ultrafast ! h264parse ! mux.".split(' '))
        .args(
            "audiotestsrc num-buffers=130 ! audio/x-raw,rate=44100,channels=2 ! voaacenc ! aacparse ! mux.".split(' '),
        )
        .status()
        .expect("gst-launch-1.0 starts");
    assert!(status.success());
    path
}

pub async fn log_in(browser: &Browser, cloud: &str, login: &str) {
    browser.page.delete_all_cookies().await.expect("cookies go");
    browser.goto(&format!("{cloud}console/login")).await;
    browser.fill("[name=account]", login).await;
    browser.fill("[name=password]", PASSWORD).await;
    browser.click("form[action='/console/login'] button[type=submit]").await;
    browser.until("the overview", "nav.menu").await;
}

/// Titles in the list that the box shows now.
fn titles(view: &serde_json::Value) -> Vec<String> {
    let rows = view["rows"].as_array().into_iter().flatten();
    rows.filter_map(|row| row["title"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_video_from_the_desk_is_on_the_television_and_off_it_again_within_ten_seconds() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    for (login, name, role) in [
        ("xiaochen", "陈晓", "editor"),
        ("lijie", "李洁", "first-reviewer"),
        ("huangbo", "黄波", "second-reviewer"),
        ("zhangzhen", "张镇", "final-reviewer"),
    ] {
        account(&cloud.data, login, name, role);
    }
    let mut options = BoxOptions::new(folder.path(), &cloud.url);
    // Its rounds are a minute apart: the cloud tells it.
    options.wake = Some(cloud.wake.clone());
    let tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until("the first synchronization", |view| view["sync"]["last_success"].is_number()).await;
    // Somebody is looking at the videos; nobody touches the box from here on.
    tv.remote.open_section("yellow", "看视频").await;

    let driver = Driver::start().await;
    let browser = Browser::start(&driver, folder.path()).await;
    log_in(&browser, &cloud.url, "xiaochen").await;
    browser.goto(&format!("{}console/items/new?kind=video", cloud.url)).await;
    browser.fill("[name=title]", TITLE).await;
    browser.fill("[name=summary]", "党员和村民一起清扫村道。").await;
    let file = video(folder.path());
    browser.send("[data-upload=video] input[type=file]", &file.display().to_string()).await;
    browser.until("the transcoded video", "[data-upload=video] [data-settled]").await;
    browser.click("button[name=then][value=submit]").await;
    browser.until("the item's page", ".timeline").await;

    let mut approved = Instant::now();
    for login in ["lijie", "huangbo", "zhangzhen"] {
        log_in(&browser, &cloud.url, login).await;
        browser.goto(&format!("{}console/inbox", cloud.url)).await;
        // A video is seen on its own page; whoever approves it without having seen its end is asked once more.
        browser.click("[data-to-review]").await;
        browser.click("form[data-review] button").await;
        browser.page.accept_alert().await.expect("a question");
        browser.until("the decision", ".flash.good").await;
        approved = Instant::now();
    }
    tv.remote.until("the new video", |view| titles(view).iter().any(|title| title == TITLE)).await;
    assert!(approved.elapsed() < Duration::from_secs(10), "on the air after {:?}", approved.elapsed());

    browser.goto(&format!("{}console/items?q={TITLE}", cloud.url)).await;
    browser.click("#results a[href^='/console/items/4']").await;
    browser.click("details:has(form[action$='/withdraw']) > summary").await;
    browser.fill("form[action$='/withdraw'] [name=reason]", "日期有误").await;
    browser.click("form[action$='/withdraw'] button[type=submit]").await;
    browser.until("the item's page", "main h1").await;
    let withdrawn = Instant::now();
    tv.remote.until("the video gone", |view| !titles(view).iter().any(|title| title == TITLE)).await;
    assert!(withdrawn.elapsed() < Duration::from_secs(10), "off the air after {:?}", withdrawn.elapsed());
    browser.page.clone().close().await.expect("the browser ends");
}
