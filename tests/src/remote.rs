//! The web remote as a test uses it.

use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Long enough for a busy machine; nothing waits longer than it must.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Remote {
    pub port: u16,
    pub url: String,
    client: reqwest::Client,
}

impl Remote {
    pub fn new(port: u16) -> Remote {
        Remote { port, url: format!("http://127.0.0.1:{port}/"), client: reqwest::Client::new() }
    }

    pub async fn view(&self) -> Value {
        let answer = self.client.get(format!("{}view.json", self.url)).send().await.expect("the box answers");
        answer.json().await.expect("the view is JSON")
    }

    /// Presses keys, one after the other; each is answered when the box has acted on it.
    pub async fn keys(&self, names: &str) {
        for name in names.split_whitespace() {
            let request = self.client.post(format!("{}keys", self.url)).json(&json!({ "key": name }));
            let answer = request.send().await.expect("the box answers");
            assert!(answer.status().is_success(), "key {name}: {}", answer.status());
        }
    }

    pub async fn screenshot(&self) -> image::RgbaImage {
        let answer = self.client.get(format!("{}screen.png", self.url)).send().await.expect("the box answers");
        let bytes = answer.bytes().await.expect("the picture comes whole");
        image::load_from_memory(&bytes).expect("the picture is a PNG").to_rgba8()
    }

    /// Waits until the view is as wanted, and returns it.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let view = self.view().await;
            if wanted(&view) {
                return view;
            }
            assert!(started.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}; the view is {view:#}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    pub async fn until_screen(&self, screen: &str) -> Value {
        self.until(&format!("the screen `{screen}`"), |view| view["screen"] == screen).await
    }

    /// Until everything is synchronized, media too.
    pub async fn until_synced(&self) -> Value {
        self.until("the first synchronization", |view| {
            let sync = &view["sync"];
            sync["last_success"].is_number() && sync["running"] == false && sync["pending_objects"] == 0
        })
        .await
    }
}

/// Walking as a viewer would: with the arrows, looking at the screen after every key.
impl Remote {
    /// Opens the first item of a kind on a board, such as (`green`, `disclosure`). Returns its id.
    pub async fn open_first(&self, colour: &str, kind: &str) -> String {
        self.open_where(colour, |row| row["kind"] == kind).await.unwrap_or_else(|| panic!("no {kind} behind {colour}"))
    }

    /// Opens the first item on a board that is as wanted, section by section.
    pub async fn open_where(&self, colour: &str, wanted: impl Fn(&Value) -> bool) -> Option<String> {
        self.keys(colour).await;
        let mut view = self.until_screen("board").await;
        let sections = view["sections"].as_array().map_or(0, Vec::len);
        while view["selected_section"] != 0 {
            self.keys("up").await;
            view = self.view().await;
        }
        for section in 0..sections {
            if section > 0 {
                self.keys("left down").await;
            }
            view = self.view().await;
            if let Some(id) = self.open_in_list(view["total_rows"].as_u64().unwrap_or(0), &wanted).await {
                return Some(id);
            }
        }
        None
    }

    /// Goes to a section of a board by its name and leaves its list on the screen.
    pub async fn open_section(&self, colour: &str, name: &str) {
        self.keys(colour).await;
        let view = self.until_screen("board").await;
        let sections = view["sections"].as_array().cloned().unwrap_or_default();
        let wanted = sections.iter().position(|section| section["name"] == name);
        let wanted = wanted.unwrap_or_else(|| panic!("no section {name} among {sections:?}"));
        loop {
            let at = self.view().await["selected_section"].as_u64().unwrap_or(0) as usize;
            match at.cmp(&wanted) {
                std::cmp::Ordering::Less => self.keys("down").await,
                std::cmp::Ordering::Greater => self.keys("up").await,
                std::cmp::Ordering::Equal => return,
            }
        }
    }

    async fn open_in_list(&self, total: u64, wanted: &impl Fn(&Value) -> bool) -> Option<String> {
        self.keys("right").await;
        for _ in 0..total {
            let view = self.view().await;
            let rows = view["rows"].as_array().cloned().unwrap_or_default();
            if let Some(row) = rows.iter().find(|row| row["id"] == view["focused"])
                && wanted(row)
            {
                self.keys("ok").await;
                return row["item"].as_str().map(str::to_owned);
            }
            self.keys("down").await;
        }
        None
    }
}
