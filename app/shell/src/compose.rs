//! The composition root: opens everything, wires it together, and closes it in the other order.

use crate::clock::{self, Clock};
use crate::controls::Controls;
use crate::driver::{Driver, Message, Ports};
use crate::entropy::random;
use crate::inbox::Inbox;
use crate::remote::{self, Remote};
use crate::screen::{Screen, ScreenError};
use crate::settings::{Options, Settings, SettingsError};
use crate::supervise::{self, Ruin};
use crate::watchdog;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Runtime;
use yuexiang_core::app::AppConfig;
use yuexiang_core::convenience::Convenience;
use yuexiang_core::event::{Saved, StoreEvent};
use yuexiang_core::moves::Place;
use yuexiang_core::screens::SystemFacts;
use yuexiang_core::sync::SyncConfig;
use yuexiang_core::uplink::MessageId;
use yuexiang_core::{App, Event};
use yuexiang_media::{Media, MediaOptions, VideoSizes};
use yuexiang_net::{Net, NetConfig, NetSetupError, WireCodec};
use yuexiang_store::{Store, StoreOpenError};
use yuexiang_ui::{FontMeasure, UiHandle};

/// Bytes of the file system that are left to others.
const RESERVE_FREE: u64 = 128 << 20;
/// Enough that one waits for the disk while another waits for the network.
const PARALLEL_DOWNLOADS: usize = 6;
/// The home page's window at 1920 × 1080.
const WINDOW: (u32, u32) = (1216, 684);

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("cannot read the province's root {}: {source}", path.display())]
    ReadRoot { path: PathBuf, source: std::io::Error },
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    #[error("no store: {0}")]
    Store(#[from] StoreOpenError),
    #[error("no network: {0}")]
    Net(#[from] NetSetupError),
    #[error("no screen: {0}")]
    Screen(#[from] ScreenError),
    #[error("to be started anew: {0}")]
    Ruined(String),
}

impl RunError {
    pub fn exit_code(&self) -> u8 {
        match self {
            RunError::Settings(_) | RunError::ReadRoot { .. } => 2,
            RunError::Ruined(_) => supervise::BROKEN,
            _ => 1,
        }
    }
}

/// Runs until a signal comes, the window is closed, or something is so broken that only a new process helps.
pub fn run(options: &Options) -> Result<(), RunError> {
    let settings = Settings::resolve(options)?;
    let runtime = start_runtime()?;
    let inbox: Inbox<Message> = Inbox::default();
    tell_doubts(&settings, &inbox);
    let (store, saved, stored) = open_store(&settings, &inbox)?;
    let root = read_root(&settings, &saved)?;
    let screen = Screen::open(&settings, store.objects(), &inbox)?;
    let ui = &screen.ui;
    let ruin = Ruin::default();
    let running = Running::start(&settings, root, saved, (store, stored), &screen, &inbox, &ruin)?;
    let controls = Controls::follow(&settings, &inbox);
    if let Some(address) = settings.web_remote {
        let remote = Remote::new(inbox.clone(), running.views(), Arc::new(ui.handle()));
        let what = Convenience::WebRemote { address: address.to_string() };
        let tell = tells(&inbox, what);
        runtime.spawn(remote::keep_serving(address, remote, tell));
    }
    let handle = ui.handle();
    runtime.spawn(async move {
        if let Err(error) = supervise::on_signal(|| handle.quit()).await {
            tracing::error!("signal handlers unavailable: {error}");
        }
    });
    if settings.exit_after_first_frame {
        let handle = ui.handle();
        ui.handle().screenshot(move |_| {
            tell_first_frame();
            handle.quit();
        });
    }
    tracing::info!(region = %settings.region, cloud = settings.cloud, data = %settings.data.display(), "running");
    if let Err(error) = watchdog::start(ui.handle(), inbox.clone(), ruin.clone()) {
        tracing::error!("watchdog unavailable: cannot start a thread: {error}");
    }
    if let Some(after) = settings.hang_after {
        hang(ui.handle(), after)?;
    }
    if let Some(after) = settings.ruin_after {
        ruin_after(ui.handle(), ruin.clone(), after)?;
    }
    let ended = screen.ui.run();
    watchdog::stopping();
    supervise::end_soon(&ruin);
    drop(controls);
    running.end(&inbox);
    drop(screen);
    runtime.shutdown_background();
    if let Some(reason) = ruin.reason() {
        return Err(RunError::Ruined(reason.to_owned()));
    }
    Ok(ended.map_err(ScreenError::from)?)
}

/// Tells the driver whether something works that the box does without otherwise.
fn tells(inbox: &Inbox<Message>, what: Convenience) -> impl Fn(bool) + Send + 'static {
    let inbox = inbox.clone();
    move |works| inbox.post(Message::Event(Event::Convenience { what: what.clone(), works }))
}

/// What was configured and not understood is said, and the box goes on with the defaults.
fn tell_doubts(settings: &Settings, inbox: &Inbox<Message>) {
    for doubt in &settings.doubts {
        tracing::error!("{doubt}");
    }
    if !settings.doubts.is_empty() {
        let names: Vec<&str> = settings.doubts.iter().map(|doubt| doubt.name.as_str()).collect();
        tells(inbox, Convenience::Options { names: names.join(", ") })(false);
    }
}

/// For trying what becomes of a box that hangs.
fn hang(ui: UiHandle, after: Duration) -> Result<(), RunError> {
    let hang = move || {
        std::thread::sleep(after);
        tracing::warn!("the UI's thread hangs now, as it was told to");
        ui.ping(|| {
            loop {
                std::thread::park();
            }
        });
    };
    std::thread::Builder::new().name("hang".into()).spawn(hang).map(drop).map_err(RunError::Thread)
}

/// For trying what becomes of a box that finds itself broken.
fn ruin_after(ui: UiHandle, ruin: Ruin, after: Duration) -> Result<(), RunError> {
    let declare = move || {
        std::thread::sleep(after);
        ruin.declare("as it was told to".to_owned(), || ui.quit());
    };
    std::thread::Builder::new().name("ruin".into()).spawn(declare).map(drop).map_err(RunError::Thread)
}

fn tell_first_frame() {
    match clock::since_process_start() {
        Some(after) => println!("first frame after {after} ms"),
        None => tracing::warn!("/proc does not say when this process started"),
    }
}

/// The root of the box's image. A box that has verified newer ones needs it no more.
fn read_root(settings: &Settings, saved: &Saved) -> Result<Vec<u8>, RunError> {
    let read = std::fs::read(&settings.root);
    let province = settings.region.lineage().first().and_then(|province| saved.trust.get(province));
    let known = province.is_some_and(|trust| trust.files.contains_key("root.json"));
    read.or_else(|source| {
        let error = RunError::ReadRoot { path: settings.root.clone(), source };
        if !known {
            return Err(error);
        }
        tracing::error!("{error}; using the stored one");
        Ok(Vec::new())
    })
}

fn start_runtime() -> Result<Runtime, RunError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("io")
        .enable_all()
        .build()
        .map_err(RunError::Thread)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    OnDisk,
    /// In a file system that is gone with the power, because the right one cannot be written.
    InMemory,
}

/// A box whose storage is full, worn out or mounted read-only still shows live television and what the network brings.
fn open_store(settings: &Settings, inbox: &Inbox<Message>) -> Result<(Store, Saved, Stored), RunError> {
    let open = |folder: &Path| {
        let answers = inbox.clone();
        let on_event = move |event: StoreEvent| answers.post(Message::Event(Event::Store(event)));
        Store::open(folder, Arc::new(WireCodec), on_event)
    };
    match open(&settings.data) {
        Ok((store, saved)) => Ok((store, saved, Stored::OnDisk)),
        Err(error @ StoreOpenError::InUse { .. }) => Err(error.into()),
        Err(error) => {
            let folder = passing_folder();
            tracing::error!(
                "the storage cannot be used: {error}; what comes is kept in {} until the power goes",
                folder.display()
            );
            let (store, saved) = open(&folder)?;
            Ok((store, saved, Stored::InMemory))
        }
    }
}

/// A folder in memory.
fn passing_folder() -> PathBuf {
    let given = std::env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = given.unwrap_or_else(|| {
        let memory = PathBuf::from("/dev/shm");
        if memory.is_dir() { memory } else { std::env::temp_dir() }
    });
    base.join("yuexiang-passing")
}

/// Everything that runs beside the UI.
struct Running {
    driver: JoinHandle<()>,
    views: tokio::sync::watch::Receiver<crate::driver::Published>,
    // In the order in which they end: what fills the store before the store.
    media: Arc<Media>,
    net: Arc<Net>,
    store: Arc<Store>,
}

impl Running {
    fn start(
        settings: &Settings,
        root: Vec<u8>,
        saved: Saved,
        (store, stored): (Store, Stored),
        screen: &Screen,
        inbox: &Inbox<Message>,
        ruin: &Ruin,
    ) -> Result<Running, RunError> {
        let clock = Clock::start();
        let media = Arc::new(start_media(settings, &store, screen, inbox, ruin.clone())?);
        let answers = inbox.clone();
        let on_event = move |event| answers.post(Message::Event(Event::Net(event)));
        let village = Place::of(settings.region, &saved.settings).village;
        if village != settings.region {
            tracing::info!(configured = %settings.region, %village, "the village goes on under another code");
        }
        let wake = settings.wake.clone().map(|at| (at, village.lineage()));
        let config = NetConfig { wake, ..NetConfig::new(settings.cloud.clone()) };
        let net = Arc::new(Net::new(config, store.objects(), on_event)?);
        tells(inbox, Convenience::Certificates)(net.has_certificates());
        tells(inbox, Convenience::RareCharacters)(yuexiang_ui::rare_font().is_some());
        let store = Arc::new(store);
        let app = App::new(app_config(settings, root, stored), saved, Arc::new(FontMeasure::new()), clock.now());
        let handle = screen.ui.handle();
        let ports = Ports {
            net: {
                let net = net.clone();
                Box::new(move |request| net.handle(request))
            },
            store: {
                let store = store.clone();
                Box::new(move |request| store.handle(request))
            },
            media: {
                let media = media.clone();
                Box::new(move |request| media.handle(request))
            },
            show: Box::new(move |view| handle.show(view)),
            display: screen.power(),
            entropy: {
                let inbox = inbox.clone();
                Box::new(move || match random() {
                    Ok(bytes) => inbox.post(Message::Event(Event::MessageId(MessageId(bytes)))),
                    Err(error) => tracing::warn!("reading /dev/urandom failed: {error}"),
                })
            },
        };
        let driver = Driver::new(app, clock, inbox.clone(), ports);
        let views = driver.views();
        let driver = std::thread::Builder::new().name("driver".into()).spawn(move || driver.run());
        Ok(Running { driver: driver.map_err(RunError::Thread)?, views, media, net, store })
    }

    fn views(&self) -> tokio::sync::watch::Receiver<crate::driver::Published> {
        self.views.clone()
    }

    fn end(self, inbox: &Inbox<Message>) {
        inbox.post(Message::Quit);
        if self.driver.join().is_err() {
            tracing::error!("driver thread panicked");
        }
        // The driver held the other references. The store writes what it was given before it closes.
        drop(self.media);
        drop(self.net);
        drop(self.store);
    }
}

fn start_media(
    settings: &Settings,
    store: &Store,
    screen: &Screen,
    inbox: &Inbox<Message>,
    ruin: Ruin,
) -> Result<Media, RunError> {
    let answers = inbox.clone();
    let on_event = move |event| answers.post(Message::Event(Event::Media(event)));
    let (width, height) = screen.size;
    // The UI scales its scene by the height.
    let scaled = |length: u32| (length * height + 540) / 1080;
    let sizes = VideoSizes { window: (scaled(WINDOW.0), scaled(WINDOW.1)), full: (width, height) };
    let options = MediaOptions { sound: settings.sound, ..MediaOptions::default() };
    let ui = screen.ui.handle();
    let on_ruin = move |reason| ruin.declare(reason, || ui.quit());
    Media::new(sizes, screen.video.clone(), store.objects(), on_event, on_ruin, options).map_err(RunError::Thread)
}

fn app_config(settings: &Settings, province_root: Vec<u8>, stored: Stored) -> AppConfig {
    let sync = SyncConfig {
        village: settings.region,
        province_root,
        poll_interval_ms: u64::try_from(settings.poll_interval.as_millis()).unwrap_or(u64::MAX),
        quota: settings.quota,
        reserve_free: RESERVE_FREE,
        parallel_downloads: PARALLEL_DOWNLOADS,
        seed: seed(),
        built: env!("YUEXIANG_BUILT").parse().unwrap_or(0),
    };
    let facts = SystemFacts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cloud: settings.cloud.clone(),
        village: Some(settings.region),
        quota: settings.quota,
        storage_lost: stored == Stored::InMemory,
        view_counts: settings.view_counts,
    };
    AppConfig { sync, facts }
}

/// So that boxes do not ask in step; nothing is kept secret by it.
fn seed() -> u64 {
    match random() {
        Ok(bytes) => u64::from_ne_bytes(bytes),
        Err(error) => {
            tracing::warn!("reading /dev/urandom failed: {error}");
            // The standard library seeds every such state at random, as well as it can.
            RandomState::new().hash_one(std::process::id())
        }
    }
}
