//! The remote against a fake box: a driver that counts keys, and a screen of two colours.

use super::*;
use axum::body::Body;
use axum::http::Request;
use futures_util::StreamExt;
use serde_json::Value;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::ServiceExt;
use yuexiang_core::event::VideoPlace;
use yuexiang_core::key::{KeyEvent, Layer};
use yuexiang_core::view::*;

struct Fake {
    serial: AtomicU64,
    more: tokio::sync::Notify,
}

impl Fake {
    fn frame(&self) -> Arc<Frame> {
        let serial = self.serial.load(Ordering::SeqCst);
        let rgba = [200, 40, 30, 255, 20, 120, 40, 255].repeat(8 * 8 / 2);
        Arc::new(Frame { serial, width: 8, height: 8, rgba })
    }
}

struct FakeScreen(Arc<Fake>);

impl Picture for FakeScreen {
    fn now(&self) -> BoxFuture<'static, Option<Arc<Frame>>> {
        let frame = self.0.frame();
        Box::pin(async { Some(frame) })
    }

    fn after(&self, serial: u64) -> BoxFuture<'static, Arc<Frame>> {
        let fake = self.0.clone();
        Box::pin(async move {
            while fake.serial.load(Ordering::SeqCst) <= serial {
                fake.more.notified().await;
            }
            fake.frame()
        })
    }
}

struct FakeBox {
    router: Router,
    keys: Arc<Mutex<Vec<KeyEvent>>>,
    screen: Arc<Fake>,
    views: watch::Sender<Published>,
}

fn view_of_home() -> View {
    View {
        language: Language::Chinese,
        text_size: TextSize::Normal,
        header: Header { village: "榕树村".into(), ..Header::default() },
        screen: Screen::About(AboutView {
            title: "关于".into(),
            facts: vec![Fact { label: "版本".into(), value: "0.1.0".into() }],
            page: TextPage::default(),
            position: String::new(),
            hints: Vec::new(),
            technical: String::new(),
        }),
        serial: 7,
        travel: Travel::None,
        layer: Layer::Screen,
        focus: "about/text".into(),
        elements: vec![Element { id: "about/text".into(), label: "关于".into() }],
        video: VideoView {
            place: VideoPlace::Hidden,
            fresh: false,
            source: "live/rongshu".into(),
            state: PlayState::Playing,
            position: 0,
            duration: 0,
            message: None,
            offer: None,
            muted: false,
            volume: 60,
        },
        osd: None,
        dialog: None,
        notice: Some("网络断了".into()),
        notice_sign: NoticeSign::Offline,
        toast: None,
        standby: false,
        sync: SyncView::default(),
    }
}

fn fake_box() -> FakeBox {
    let inbox: Inbox<Message> = Inbox::default();
    let keys = Arc::new(Mutex::new(Vec::new()));
    let (views, view) = watch::channel(Published { serial: 1, view: Arc::new(view_of_home()) });
    let (taken, handled, published) = (inbox.clone(), keys.clone(), views.clone());
    std::thread::spawn(move || {
        while let Some(Message::Keys(keys, done)) = taken.next(None) {
            handled.lock().expect("nobody panics with it").extend(keys);
            published.send_modify(|published| published.serial += 1);
            let _ = done.send(published.borrow().serial);
        }
    });
    let screen = Arc::new(Fake { serial: AtomicU64::new(1), more: tokio::sync::Notify::new() });
    let remote = Remote::new(inbox, view, Arc::new(FakeScreen(screen.clone())));
    FakeBox { router: remote.router(), keys, screen, views }
}

impl FakeBox {
    async fn request(&self, method: &str, path: &str, body: &str) -> Response {
        let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8600");
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        self.router.clone().oneshot(request).await.expect("the router answers everything")
    }

    async fn get(&self, path: &str) -> Response {
        self.request("GET", path, "").await
    }

    async fn keys(&self, body: &str) -> (StatusCode, Value) {
        json_of(self.request("POST", "/keys", body).await).await
    }

    fn pressed(&self) -> String {
        let keys = std::mem::take(&mut *self.keys.lock().expect("nobody panics with it"));
        let words: Vec<String> =
            keys.iter().map(|event| format!("{} {:?}", event.key.name(), event.press).to_lowercase()).collect();
        words.join(", ")
    }
}

async fn bytes_of(response: Response) -> Bytes {
    axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a whole answer")
}

async fn json_of(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    (status, serde_json::from_slice(&bytes_of(response).await).expect("the answer is JSON"))
}

use bytes::Bytes;

#[tokio::test]
async fn a_key_is_answered_when_it_has_been_handled() {
    let fake = fake_box();
    assert_eq!(fake.keys(r#"{"key":"ok"}"#).await, (StatusCode::OK, json!({ "serial": 2 })));
    assert_eq!(fake.pressed(), "ok down, ok up");
    fake.keys(r#"{"key":"KEY_CHANNELUP","action":"repeat","times":3}"#).await;
    assert_eq!(fake.pressed(), "channelup repeat, channelup repeat, channelup repeat");
    fake.keys(r#"{"key":"7","action":"down"}"#).await;
    fake.keys(r#"{"key":"7","action":"up"}"#).await;
    assert_eq!(fake.pressed(), "7 down, 7 up");
}

#[tokio::test]
async fn what_is_no_key_is_named() {
    let fake = fake_box();
    for (body, named) in [
        (r#"{"key":"warp"}"#, "`warp` is not a key"),
        (r#"{"key":"ok","times":51}"#, "51 times"),
        (r#"{"key":"ok","times":0}"#, "0 times"),
        (r#"{"key":"ok","action":"hold"}"#, "hold"),
        (r#"{"key":"ok","force":true}"#, "force"),
        ("ok", "a key is pressed by"),
    ] {
        let (status, answer) = fake.keys(body).await;
        let reason = answer["error"].as_str().expect("the reason is text");
        assert!(status == StatusCode::BAD_REQUEST && reason.contains(named), "{body}: {reason}");
    }
    assert_eq!(fake.pressed(), "");
}

#[tokio::test]
async fn pages_of_others_press_no_keys() {
    let fake = fake_box();
    for (name, value) in [("host", "evil.example"), ("origin", "http://evil.example")] {
        let request = Request::post("/keys").header("host", "127.0.0.1:8600").header(name, value);
        let mut request = request.body(Body::from(r#"{"key":"power"}"#)).expect("a request");
        if name == "host" {
            request.headers_mut().insert("host", value.parse().expect("a name"));
        }
        let answer = fake.router.clone().oneshot(request).await.expect("the router answers everything");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(answer.headers().get("access-control-allow-origin").is_none());
    }
    assert_eq!(fake.pressed(), "");
}

#[tokio::test]
async fn the_view_is_data() {
    let (status, view) = json_of(fake_box().get("/view.json").await).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(view["screen"], "about");
    assert_eq!(view["layer"], "screen");
    assert_eq!(view["focused"], "about/text");
    assert_eq!(view["items"], json!([{ "id": "about/text", "label": "关于" }]));
    assert_eq!(view["title"], "关于");
    assert_eq!(view["facts"], json!([{ "label": "版本", "value": "0.1.0" }]));
    assert_eq!(view["player"]["state"], "playing");
    assert_eq!(view["notice"], "网络断了");
}

#[tokio::test]
async fn who_waits_for_a_view_gets_the_next_one() {
    let fake = fake_box();
    let (_, same) = json_of(fake.get("/view.json?since=1&wait_ms=1").await).await;
    assert_eq!(same["serial"], 1);
    let (next, ()) = tokio::join!(fake.get("/view.json?since=1&wait_ms=30000"), async {
        fake.views.send_modify(|published| published.serial = 5);
    });
    assert_eq!(json_of(next).await.1["serial"], 5);
}

#[tokio::test]
async fn the_screen_is_a_picture_of_its_exact_pixels() {
    let fake = fake_box();
    for path in ["/screen.png", "/screen.png?rest=1"] {
        let answer = fake.get(path).await;
        assert_eq!(answer.headers()["content-type"], "image/png");
        let picture = image::load_from_memory(&bytes_of(answer).await).expect("a PNG file").to_rgba8();
        assert_eq!(picture.into_raw(), fake.screen.frame().rgba);
    }
}

#[tokio::test]
async fn the_stream_brings_the_picture_there_is_and_then_only_new_ones() {
    let fake = fake_box();
    let answer = fake.get("/stream").await;
    assert_eq!(answer.headers()["content-type"], "multipart/x-mixed-replace; boundary=frame");
    let mut parts = answer.into_body().into_data_stream();
    let mut next = async || parts.next().await.expect("the stream goes on").expect("a part");
    let head = "--frame\r\nContent-Type: image/jpeg\r\n\r\n";
    assert_eq!(next().await, head);
    for _ in 0..3 {
        let part = next().await;
        let jpeg = part.strip_suffix(format!("\r\n{head}").as_bytes()).expect("the next part's head");
        let picture = image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).expect("a JPEG file");
        assert_eq!((picture.width(), picture.height()), (8, 8));
        fake.screen.serial.fetch_add(1, Ordering::SeqCst);
        fake.screen.more.notify_one();
    }
}

#[tokio::test]
async fn the_page_is_whole_and_in_the_language_that_is_asked_for() {
    let fake = fake_box();
    let page = String::from_utf8(bytes_of(fake.get("/").await).await.to_vec()).expect("the page is UTF-8");
    assert!(page.contains(r#"<html lang="zh-CN">"#) && !page.contains("{{"));
    for outside in ["src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!page.contains(outside), "the page needs {outside}");
    }
    assert!(prefers_english("en-GB,en;q=0.9,zh;q=0.2"));
    assert!(!prefers_english("zh-CN,zh;q=0.9,en;q=0.8") && !prefers_english("") && !prefers_english("fr"));
    assert_eq!(bytes_of(fake.get("/healthz").await).await, "ok");
}

/// The page and the core must name the same keys.
#[test]
fn every_key_of_the_page_is_a_key() {
    let names: Vec<&str> = PAGE.split("data-key=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() > 30);
    for name in names {
        assert!(yuexiang_core::key::Key::from_name(name).is_some(), "{name}");
    }
}
