//! Tells the service manager that the program is ready and alive (`sd_notify(3)`). Alive means: the UI's thread and the
//! driver answer. When one of them hangs nothing is told any more, and the service manager starts the program anew.
//!
//! It also watches what the process takes of the machine. What grows without end is said in the log; beyond a bound the
//! program ends by itself while it still can, if there is a service manager to start it anew.

mod vitals;

use crate::driver::Message;
use crate::heap::Heap;
use crate::inbox::Inbox;
use crate::supervise::Ruin;
use sd_notify::NotifyState;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use vitals::{Patient, Verdict, Vitals};
use yuexiang_ui::UiHandle;

/// Signs of life are asked for so often when the service manager names no time of its own.
const DEFAULT_PERIOD: Duration = Duration::from_secs(30);

/// Starts the thread that watches and, under a service manager, tells.
pub fn start(ui: UiHandle, inbox: Inbox<Message>, ruin: Ruin) -> std::io::Result<()> {
    let managed = std::env::var_os("NOTIFY_SOCKET").is_some();
    let period = if managed { sd_notify::watchdog_enabled() } else { None };
    let watch = move || watch(&ui, &inbox, &ruin, managed, period);
    std::thread::Builder::new().name("watchdog".into()).spawn(watch)?;
    Ok(())
}

fn watch(ui: &UiHandle, inbox: &Inbox<Message>, ruin: &Ruin, managed: bool, period: Option<Duration>) {
    // Twice within the period, as `sd_watchdog_enabled(3)` advises, and once more for an answer that comes late.
    let interval = period.unwrap_or(DEFAULT_PERIOD) / 3;
    let mut ready = false;
    let (mut patient, mut heap) = (Patient::default(), Heap::default());
    loop {
        if managed && (period.is_some() || !ready) {
            match silent(ui, inbox, interval) {
                None if !ready => {
                    ready = true;
                    tell(&[NotifyState::Ready, NotifyState::Status("on the screen"), NotifyState::Watchdog]);
                }
                None => tell(&[NotifyState::Watchdog]),
                Some(who) => tracing::error!("watchdog: {who} has not answered for {interval:?} (timeout)"),
            }
        }
        let vitals = Vitals::read();
        if let Ok(vitals) = &vitals {
            heap.look(vitals.memory);
        }
        match vitals.map(|vitals| patient.look(vitals)) {
            Ok(Verdict::Well) => {}
            Ok(Verdict::Grown(what)) => tracing::warn!("watchdog: resource usage is high: {what}"),
            Ok(Verdict::Broken(what)) if managed => ruin.declare(what, || ui.quit()),
            // Whoever has started it by hand is not helped by its end.
            Ok(Verdict::Broken(what)) => tracing::error!(
                "watchdog: resource limit exceeded, a service manager would restart the program: {what}"
            ),
            Err(error) => tracing::debug!("/proc/self: {error}"),
        }
        std::thread::sleep(interval);
    }
}

/// Bytes of memory that the process takes.
pub fn resident() -> std::io::Result<u64> {
    Vitals::read().map(|vitals| vitals.memory)
}

/// Who does not answer within the time.
fn silent(ui: &UiHandle, inbox: &Inbox<Message>, patience: Duration) -> Option<&'static str> {
    let (answer, answers) = mpsc::channel();
    let from_ui = answer.clone();
    // Who asked may have given up.
    ui.ping(move || {
        let _ = from_ui.send("the UI's thread");
    });
    inbox.post(Message::Ping(Box::new(move || {
        let _ = answer.send("the driver");
    })));
    let deadline = std::time::Instant::now() + patience;
    let mut waited_for = vec!["the UI's thread", "the driver"];
    while !waited_for.is_empty() {
        match answers.recv_timeout(deadline.saturating_duration_since(std::time::Instant::now())) {
            Ok(who) => waited_for.retain(|waiting| *waiting != who),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return waited_for.first().copied(),
        }
    }
    None
}

/// The program is about to end because it was asked to.
pub fn stopping() {
    if std::env::var_os("NOTIFY_SOCKET").is_some() {
        tell(&[NotifyState::Stopping]);
    }
}

fn tell(state: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("sd_notify failed: {error}");
    }
}
