//! The web remote in a real browser.

use fantoccini::elements::Element;
use fantoccini::{ClientBuilder, Locator};
use serde_json::{Value, json};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, free_port};

pub struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    pub async fn start() -> Driver {
        let port = free_port();
        let child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver is installed: `cargo xtask setup`");
        let driver = Driver { child, port };
        let status = format!("http://127.0.0.1:{port}/status");
        while reqwest::get(&status).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        driver
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // With the browsers that it has started, which live on when a test fails before it closes them.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]).status();
        let _ = self.child.wait();
    }
}

/// What the picture on the page shows now, as the browser drew it.
async fn picture(page: &fantoccini::Client) -> Vec<u8> {
    let element: Element = page.find(Locator::Css("#picture")).await.expect("the page shows a picture");
    element.screenshot().await.expect("the browser draws the picture")
}

#[tokio::test]
async fn in_a_browser_the_picture_moves_and_a_click_on_a_key_changes_the_screen() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let tv = TvBox::start(folder.path(), &BoxOptions::new(folder.path(), &cloud.url)).await;
    tv.remote.until("the live picture", |view| view["player"]["fresh"] == true).await;

    let driver = Driver::start().await;
    let page = open(&driver, folder.path()).await;
    page.goto(&tv.remote.url).await.expect("the page opens");

    // Five different looks: more than a banner that goes.
    let mut looks = std::collections::BTreeSet::new();
    for _ in 0..100 {
        looks.insert(picture(&page).await);
        if looks.len() == 5 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(looks.len(), 5, "the picture stands still");

    assert_eq!(tv.remote.view().await["screen"], "live");
    let key = page.find(Locator::Css("[data-key='home']")).await.expect("the remote has a home key");
    key.click().await.expect("the key can be clicked");
    tv.remote.until_screen("home").await;
    page.find(Locator::Css("body")).await.expect("a body").send_keys("\u{e014}\u{e007}").await.expect("keys");
    tv.remote.until_screen("board").await;
    page.close().await.expect("the browser ends");
}

/// A headless browser with a profile of its own.
async fn open(driver: &Driver, folder: &Path) -> fantoccini::Client {
    open_as(driver, folder, json!({})).await
}

/// The same as another device, in chromedriver's words.
async fn open_as(driver: &Driver, folder: &Path, device: Value) -> fantoccini::Client {
    let profile = folder.join("profile");
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1366,900",
        &format!("--user-data-dir={}", profile.display()),
    ];
    let mut options = json!({ "args": arguments, "binary": "/usr/bin/chromium" });
    if device != json!({}) {
        options["mobileEmulation"] = device;
    }
    let capabilities = json!({ "goog:chromeOptions": options });
    let capabilities = capabilities.as_object().expect("an object").clone();
    ClientBuilder::new(hyper_connector())
        .capabilities(capabilities)
        .connect(&format!("http://127.0.0.1:{}", driver.port))
        .await
        .expect("the browser starts")
}

/// A person at a browser: waits for what is to come, and says what was there instead.
pub struct Browser {
    pub page: fantoccini::Client,
}

/// Long enough for a busy machine; nothing waits longer than it must.
const PATIENCE: Duration = Duration::from_secs(60);

impl Browser {
    pub async fn start(driver: &Driver, folder: &Path) -> Browser {
        Browser { page: open(driver, folder).await }
    }

    /// A telephone.
    pub async fn start_phone(driver: &Driver, folder: &Path) -> Browser {
        let metrics = json!({ "width": 390, "height": 844, "pixelRatio": 1, "touch": true, "mobile": true });
        Browser { page: open_as(driver, folder, json!({ "deviceMetrics": metrics })).await }
    }

    pub async fn goto(&self, url: &str) {
        self.page.goto(url).await.expect("the page opens");
    }

    pub async fn until(&self, what: &str, css: &str) -> Element {
        let found = self.page.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => {
                let text = match self.page.find(Locator::Css("body")).await {
                    Ok(body) => body.text().await.unwrap_or_default(),
                    Err(_) => String::new(),
                };
                panic!("{what} (`{css}`) did not come: {error}; the page says: {text}");
            }
        }
    }

    pub async fn click(&self, css: &str) {
        self.until("something to click", css).await.click().await.expect("it can be clicked");
    }

    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.until("a field", css).await;
        field.clear().await.expect("it can be emptied");
        field.send_keys(text).await.expect("it takes text");
    }

    /// Keys to a field that cannot be emptied, such as the name of a file.
    pub async fn send(&self, css: &str, text: &str) {
        self.until("a field", css).await.send_keys(text).await.expect("it takes keys");
    }
}

fn hyper_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}
