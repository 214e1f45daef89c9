//! Tells the service manager that the program is ready and alive (`sd_notify(3)`). Alive means: the UI's thread and the
//! driver answer. When one of them hangs nothing is told any more, and the service manager starts the program anew.

use crate::driver::Message;
use crate::inbox::Inbox;
use sd_notify::NotifyState;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use yuexiang_ui::UiHandle;

/// Signs of life are asked for so often when the service manager names no time of its own.
const DEFAULT_PERIOD: Duration = Duration::from_secs(30);

/// Starts the thread that tells; without a service manager it ends at once.
pub fn start(ui: UiHandle, inbox: Inbox<Message>) -> std::io::Result<()> {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return Ok(());
    }
    let period = sd_notify::watchdog_enabled();
    std::thread::Builder::new().name("watchdog".into()).spawn(move || watch(&ui, &inbox, period))?;
    Ok(())
}

fn watch(ui: &UiHandle, inbox: &Inbox<Message>, period: Option<Duration>) {
    // Twice within the period, as `sd_watchdog_enabled(3)` advises, and once more for an answer that comes late.
    let interval = period.unwrap_or(DEFAULT_PERIOD) / 3;
    let mut ready = false;
    loop {
        let missing = silent(ui, inbox, interval);
        match missing {
            None if !ready => {
                ready = true;
                tell(&[NotifyState::Ready, NotifyState::Status("on the screen"), NotifyState::Watchdog]);
            }
            None => tell(&[NotifyState::Watchdog]),
            Some(who) => tracing::error!("{who} has not answered for {interval:?}"),
        }
        if period.is_none() && ready {
            return;
        }
        std::thread::sleep(interval);
    }
}

/// Who does not answer within the time.
fn silent(ui: &UiHandle, inbox: &Inbox<Message>, patience: Duration) -> Option<&'static str> {
    let (answer, answers) = mpsc::channel();
    let from_ui = answer.clone();
    // Who asked may have given up.
    ui.ping(move || {
        let _ = from_ui.send("the UI's thread");
    });
    inbox.normal(Message::Ping(Box::new(move || {
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
        tracing::warn!("the service manager cannot be told: {error}");
    }
}
