//! The composition root: opens everything, wires it together, and closes it in the other order.

use crate::clock::{self, Clock};
use crate::driver::{Driver, Message, Ports};
use crate::entropy::random;
use crate::inbox::Inbox;
use crate::remote::{self, Remote};
use crate::screen::{Screen, ScreenError};
use crate::settings::{DisplayKind, Options, Settings, SettingsError};
use crate::supervise::{self, Ruin};
use crate::watchdog;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use yuexiang_core::app::AppConfig;
use yuexiang_core::event::{Saved, StoreEvent};
use yuexiang_core::screens::SystemFacts;
use yuexiang_core::sync::SyncConfig;
use yuexiang_core::view_counts::BatchId;
use yuexiang_core::{App, Event};
use yuexiang_input::{self as input, InputEvent, RemoteControls};
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
    #[error("cannot draw a seed from /dev/urandom: {0}")]
    Seed(std::io::Error),
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    #[error(transparent)]
    Listen(#[from] remote::ListenError),
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
    let root = read_root(&settings)?;
    let runtime = start_runtime()?;
    let inbox: Inbox<Message> = Inbox::default();
    // The store before the port: what a second instance is told is that the data are in use.
    let (store, saved, stored) = open_store(&settings, &inbox)?;
    let listener = match settings.web_remote {
        Some(address) => Some((address, runtime.block_on(remote::listen(address))?)),
        None => None,
    };
    let screen = Screen::open(&settings, store.objects(), &inbox)?;
    let ui = &screen.ui;
    let ruin = Ruin::default();
    let running = Running::start(&settings, root, saved, (store, stored), &screen, &inbox, &ruin)?;
    let controls = follow_remotes(&settings, &inbox);
    if let Some((address, listener)) = listener {
        serve_remote(&runtime, address, listener, Remote::new(inbox.clone(), running.views(), Arc::new(ui.handle())));
    }
    let handle = ui.handle();
    runtime.spawn(async move {
        if let Err(error) = supervise::on_signal(|| handle.quit()).await {
            tracing::error!("signals cannot be listened to: {error}");
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
    watchdog::start(ui.handle(), inbox.clone(), ruin.clone()).map_err(RunError::Thread)?;
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

/// Infrared, CEC, USB and Bluetooth remotes of a box. A window has a keyboard of its own.
fn follow_remotes(settings: &Settings, inbox: &Inbox<Message>) -> Option<RemoteControls> {
    if settings.display != DisplayKind::Kms {
        return None;
    }
    let inbox = inbox.clone();
    let on_event = move |event| match event {
        InputEvent::Key(key, pressed) => inbox.urgent(Message::Key(key, pressed)),
        InputEvent::DeviceAdded { name, keymap } => tracing::info!(name, keymap, "remote control"),
        InputEvent::DeviceRemoved { name } => tracing::info!(name, "remote control gone"),
    };
    let options = input::Options { keymaps: settings.keymaps.clone(), grab: true, ..input::Options::default() };
    match RemoteControls::open(options, on_event) {
        Ok(controls) => Some(controls),
        Err(error) => {
            tracing::error!("no remote control: {error}");
            None
        }
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

fn read_root(settings: &Settings) -> Result<Vec<u8>, RunError> {
    std::fs::read(&settings.root).map_err(|source| RunError::ReadRoot { path: settings.root.clone(), source })
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
        let on_event = move |event: StoreEvent| answers.normal(Message::Event(Event::Store(event)));
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

fn serve_remote(runtime: &Runtime, address: std::net::SocketAddr, listener: TcpListener, remote: Remote) {
    tracing::info!("web remote: http://{address}/");
    runtime.spawn(async move {
        if let Err(error) = remote::serve(listener, remote).await {
            tracing::error!("the web remote has ended: {error}");
        }
    });
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
        let on_event = move |event| answers.normal(Message::Event(Event::Net(event)));
        let wake = settings.wake.clone().map(|at| (at, settings.region.lineage()));
        let config = NetConfig { wake, ..NetConfig::new(settings.cloud.clone()) };
        let net = Arc::new(Net::new(config, store.objects(), on_event)?);
        let store = Arc::new(store);
        let app = App::new(app_config(settings, root, stored)?, saved, Arc::new(FontMeasure::new()), clock.now());
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
                    Ok(bytes) => inbox.normal(Message::Event(Event::BatchId(BatchId(bytes)))),
                    Err(error) => tracing::warn!("no random bytes from /dev/urandom: {error}"),
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
        inbox.urgent(Message::Quit);
        if self.driver.join().is_err() {
            tracing::error!("the driver panicked");
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
    let on_event = move |event| answers.normal(Message::Event(Event::Media(event)));
    let (width, height) = screen.size;
    // The UI scales its scene by the height.
    let scaled = |length: u32| (length * height + 540) / 1080;
    let sizes = VideoSizes { window: (scaled(WINDOW.0), scaled(WINDOW.1)), full: (width, height) };
    let options = MediaOptions { sound: settings.sound, ..MediaOptions::default() };
    let ui = screen.ui.handle();
    let on_ruin = move |reason| ruin.declare(reason, || ui.quit());
    Media::new(sizes, screen.video.clone(), store.objects(), on_event, on_ruin, options).map_err(RunError::Thread)
}

fn app_config(settings: &Settings, province_root: Vec<u8>, stored: Stored) -> Result<AppConfig, RunError> {
    let seed = random().map_err(RunError::Seed)?;
    let sync = SyncConfig {
        village: settings.region,
        province_root,
        poll_interval_ms: u64::try_from(settings.poll_interval.as_millis()).unwrap_or(u64::MAX),
        quota: settings.quota,
        reserve_free: RESERVE_FREE,
        parallel_downloads: PARALLEL_DOWNLOADS,
        seed: u64::from_ne_bytes(seed),
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
    Ok(AppConfig { sync, facts })
}
