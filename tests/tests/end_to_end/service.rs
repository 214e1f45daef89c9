//! The box under a service manager: it says that it is ready and alive, and when it hangs it is started anew.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox};

/// As systemd has it: silence for so long means that the program hangs.
const WATCHDOG: Duration = Duration::from_secs(3);

/// The side of `sd_notify(3)` that listens.
struct Manager {
    socket: UnixDatagram,
}

impl Manager {
    fn listen(folder: &Path, options: &mut BoxOptions) -> Manager {
        let path = folder.join("notify");
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).expect("a socket can be bound");
        let period = WATCHDOG.as_micros().to_string();
        options.environment = vec![("NOTIFY_SOCKET", path.into()), ("WATCHDOG_USEC", period.into())];
        Manager { socket }
    }

    /// The next message; `None` when none has come in time.
    fn next(&self, patience: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(patience)).expect("a time-out can be set");
        let mut buffer = [0; 1_024];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    #[track_caller]
    fn until(&self, word: &str) {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            if self.next(Duration::from_secs(1)).is_some_and(|message| message.lines().any(|line| line == word)) {
                return;
            }
        }
        panic!("{word} has not been said");
    }

    /// How long messages kept coming before the watchdog's time ran out.
    fn until_silence(&self) -> Duration {
        let started = Instant::now();
        let mut last = started;
        while self.next(WATCHDOG).is_some() {
            last = Instant::now();
            assert!(started.elapsed() < Duration::from_secs(60), "a hanging box goes on saying that it is alive");
        }
        last - started
    }
}

#[tokio::test]
async fn a_box_that_hangs_falls_silent_and_comes_back_to_its_channel() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let mut options = BoxOptions::new(folder.path(), &cloud.url);
    let manager = Manager::listen(folder.path(), &mut options);
    options.more = vec!["--hang-after".into(), "12s".into()];
    let mut tv = TvBox::start(folder.path(), &options).await;
    manager.until("READY=1");
    tv.remote.until("a channel plays", |view| view["player"]["state"] == "playing").await;
    let first = tv.remote.view().await["player"]["source"].clone();
    tv.remote.keys("channelup").await;
    let second = tv
        .remote
        .until("another channel plays", |view| {
            view["player"]["state"] == "playing" && view["player"]["source"] != first
        })
        .await["player"]["source"]
        .clone();

    let alive = manager.until_silence();
    assert!(alive > WATCHDOG, "it told for {alive:?} that it was alive");
    assert!(!tv.process.has_ended(), "nothing but the service manager ends a box that hangs");
    tv.process.kill();
    options.more.clear();
    let mut tv = TvBox::start(folder.path(), &options).await;
    manager.until("READY=1");
    tv.remote.until("the channel is back", |view| view["player"]["source"] == second).await;
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
    manager.until("STOPPING=1");
}

#[tokio::test]
async fn a_box_that_finds_itself_broken_ends_by_itself_and_comes_back_to_its_channel() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let mut options = BoxOptions::new(folder.path(), &cloud.url);
    options.more = vec!["--ruin-after".into(), "12s".into()];
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until("a channel plays", |view| view["player"]["state"] == "playing").await;
    let first = tv.remote.view().await["player"]["source"].clone();
    tv.remote.keys("channelup").await;
    let second = tv
        .remote
        .until("another channel plays", |view| {
            view["player"]["state"] == "playing" && view["player"]["source"] != first
        })
        .await["player"]["source"]
        .clone();
    let code = tv.process.exit_code(Duration::from_secs(30));
    assert_eq!(code, Some(70), "the service manager starts it anew:\n{}", tv.process.log_text());
    assert!(tv.process.log_text().contains("to be started anew"), "{}", tv.process.log_text());
    options.more.clear();
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until("the channel is back", |view| view["player"]["source"] == second).await;
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}

#[tokio::test]
async fn a_storage_that_cannot_be_written_is_said_and_television_goes_on() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let mut options = BoxOptions::new(folder.path(), &cloud.url);
    // Whoever runs the test may be allowed everything; a file where the folder should be stops everybody.
    std::fs::write(folder.path().join("box"), "in the way").expect("a file can be written");
    let runtime = folder.path().join("runtime");
    options.environment = vec![("RUNTIME_DIRECTORY", runtime.into())];
    let mut tv = TvBox::start(folder.path(), &options).await;
    let view = tv.remote.until("live television plays", |view| view["player"]["state"] == "playing").await;
    let notice = view["notice"].as_str().unwrap_or_default();
    assert!(notice.contains("存储写不进去"), "{notice}");
    assert!(tv.process.log_text().contains("the storage cannot be used"), "{}", tv.process.log_text());
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}
