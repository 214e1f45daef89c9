//! Every screen of the demo village, compared with the pictures under `tests/screenshots`.
//!
//! `YUEXIANG_BLESS=1 cargo xtask test screens` writes the pictures anew; then look at them before they are committed.

use image::RgbImage;
use std::path::{Path, PathBuf};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, copy_linked, free_port};
use yuexiang_tests::path_from_environment;
use yuexiang_tests::remote::Remote;

/// The evening on which the pictures were taken.
const TIME: &str = "2026-11-23 19:42:05";

/// What changes from one look to the next: x, y, width, height at 1080p.
const CLOCK: [u32; 4] = [1_200, 30, 640, 100];
/// With the line below it, which says what is on.
const LIVE_WINDOW: [u32; 4] = [90, 130, 1_228, 748];
const WHOLE: [u32; 4] = [0, 0, 1_920, 1_080];

struct Gallery<'a> {
    remote: &'a Remote,
    folder: PathBuf,
    wrong: Vec<String>,
}

impl Gallery<'_> {
    /// Looks at the screen when it stands still, and compares all but what moves.
    async fn look(&mut self, name: &str, moving: &[[u32; 4]]) {
        let screen = self.still(moving).await;
        let path = self.folder.join(format!("{name}.jpg"));
        if std::env::var_os("YUEXIANG_BLESS").is_some() {
            std::fs::create_dir_all(&self.folder).expect("the folder can be made");
            let file = std::fs::File::create(&path).expect("the picture can be written");
            let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(file, 90);
            screen.write_with_encoder(encoder).expect("the picture can be written");
            return;
        }
        match image::open(&path) {
            Err(error) => self.wrong.push(format!("{}: {error}", path.display())),
            Ok(kept) => {
                let off = difference(&screen, &kept.to_rgb8(), moving);
                if off > 0.01 {
                    let seen = std::env::temp_dir().join(format!("yuexiang-{name}-{}.png", screen.width()));
                    let _ = screen.save(&seen);
                    self.wrong.push(format!(
                        "{name}: {:.1} % differ from {}, see {}",
                        off * 100.0,
                        path.display(),
                        seen.display()
                    ));
                }
            }
        }
    }

    async fn still(&self, moving: &[[u32; 4]]) -> RgbImage {
        let mut last = self.shot().await;
        for _ in 0..40 {
            tokio::time::sleep(std::time::Duration::from_millis(120)).await;
            let now = self.shot().await;
            if difference(&last, &now, moving) == 0.0 {
                return now;
            }
            last = now;
        }
        last
    }

    async fn shot(&self) -> RgbImage {
        image::DynamicImage::ImageRgba8(self.remote.screenshot().await).to_rgb8()
    }

    async fn open(&mut self, name: &str, colour: &str, kind: &str) {
        self.remote.open_first(colour, kind).await;
        self.look(name, &[CLOCK]).await;
    }
}

/// The share of small blocks whose mean colour differs visibly, outside of what moves.
fn difference(a: &RgbImage, b: &RgbImage, moving: &[[u32; 4]]) -> f64 {
    const BLOCK: u32 = 8;
    assert_eq!(a.dimensions(), b.dimensions());
    let scale = f64::from(a.height()) / 1_080.0;
    let hidden = |x: u32, y: u32| {
        let (x, y) = (f64::from(x) / scale, f64::from(y) / scale);
        moving.iter().any(|[left, top, width, height]| {
            x >= f64::from(*left) && x < f64::from(left + width) && y >= f64::from(*top) && y < f64::from(top + height)
        })
    };
    let (mut blocks, mut differing) = (0_u32, 0_u32);
    for y in (0..a.height() / BLOCK).map(|y| y * BLOCK) {
        for x in (0..a.width() / BLOCK).map(|x| x * BLOCK) {
            if hidden(x, y) {
                continue;
            }
            blocks += 1;
            let mean = |image: &RgbImage| {
                let mut sum = [0_i32; 3];
                for (dy, dx) in (0..BLOCK).flat_map(|dy| (0..BLOCK).map(move |dx| (dy, dx))) {
                    for (sum, value) in sum.iter_mut().zip(image.get_pixel(x + dx, y + dy).0) {
                        *sum += i32::from(value);
                    }
                }
                sum.map(|sum| sum / (BLOCK * BLOCK) as i32)
            };
            let (one, other) = (mean(a), mean(b));
            differing += u32::from(one.iter().zip(other).any(|(one, other)| (one - other).abs() > 12));
        }
    }
    f64::from(differing) / f64::from(blocks.max(1))
}

async fn look_at_everything(size: (u32, u32)) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let data = folder.path().join("cloud");
    copy_linked(&path_from_environment("YUEXIANG_DEMO_CLOUD"), &data);
    let cloud = Cloud::serve_at(folder.path(), data, free_port(), Some(TIME)).await;
    let options = BoxOptions { size, time: Some(TIME.into()), ..BoxOptions::new(folder.path(), &cloud.url) };
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder_of_pictures = home.join("screenshots").join(format!("{}x{}", size.0, size.1));
    let remote = Remote::new(tv.remote.port);
    let mut gallery = Gallery { remote: &remote, folder: folder_of_pictures, wrong: Vec::new() };

    remote.keys("home").await;
    remote.until("live picture", |view| view["player"]["fresh"] == true && view["screen"] == "home").await;
    gallery.look("home", &[CLOCK, LIVE_WINDOW]).await;
    for (colour, board) in [("red", "party"), ("green", "governance"), ("yellow", "culture"), ("blue", "business")] {
        remote.keys(colour).await;
        remote.keys("right").await;
        gallery.look(&format!("board-{board}"), &[CLOCK]).await;
    }
    gallery.open("article", "red", "article").await;
    gallery.open("notice", "green", "notice").await;
    remote
        .open_where("green", |row| row["line"].as_str().is_some_and(|line| line.contains("票据")))
        .await
        .expect("receipts");
    gallery.look("table", &[CLOCK]).await;
    remote.keys("ok").await;
    remote.until_screen("reader").await;
    gallery.look("table-row", &[CLOCK]).await;
    remote.keys("back").await;
    let mut view = remote.until_screen("table").await;
    while view["focused"] != "table/receipts" {
        remote.keys("right").await;
        view = remote.view().await;
    }
    remote.keys("ok").await;
    remote.until_screen("story").await;
    gallery.look("receipt", &[]).await;
    gallery.open("table-plain", "green", "disclosure").await;
    gallery.open("activity", "yellow", "activity").await;
    gallery.open("story", "yellow", "story").await;
    remote.keys("ok").await;
    remote.until_screen("reader").await;
    gallery.look("story-text", &[CLOCK]).await;
    gallery.open("video", "yellow", "video").await;
    remote.open_where("green", |row| row["line"].as_str().is_some_and(|line| line.contains("先听清楚"))).await;
    remote.until_screen("videodetail").await;
    remote.until("more text than stands beside the picture", |view| view["more"].is_string()).await;
    remote.keys("down ok").await;
    remote.until_screen("reader").await;
    gallery.look("video-text", &[CLOCK]).await;
    gallery.open("product", "blue", "product").await;
    gallery.open("spot", "blue", "spot").await;
    gallery.open("job", "blue", "job").await;
    remote.keys("menu").await;
    gallery.look("settings", &[CLOCK]).await;
    remote.keys("down down down down down ok").await;
    remote.until_screen("about").await;
    // The free space and the cloud's port.
    gallery.look("about", &[[396, 354, 1_428, 98], [396, 646, 1_428, 98]]).await;
    remote.keys("home home").await;
    remote.until("full screen", |view| view["screen"] == "live").await;
    gallery.look("live", &[WHOLE]).await;
    remote.keys("ok").await;
    gallery.look("channels", &[WHOLE]).await;
    remote.keys("back home menu down right down down down down ok back").await;
    let large = remote.view().await;
    assert_eq!(large["text_size"], "large");
    remote.keys("home").await;
    gallery.look("home-large", &[CLOCK, LIVE_WINDOW]).await;
    gallery.open("article-large", "red", "article").await;
    gallery.open("table-large", "green", "disclosure").await;
    gallery.open("story-large", "yellow", "story").await;
    gallery.open("video-large", "yellow", "video").await;
    gallery.open("product-large", "blue", "product").await;
    assert!(gallery.wrong.is_empty(), "{}", gallery.wrong.join("\n"));
    assert!(tv.process.terminate());
}

#[tokio::test]
async fn every_screen_looks_as_it_should_at_1080p() {
    look_at_everything((1_920, 1_080)).await;
}

#[tokio::test]
async fn every_screen_looks_as_it_should_at_720p() {
    look_at_everything((1_280, 720)).await;
}
