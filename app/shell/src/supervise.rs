//! How the program ends.

use std::panic;
use std::process;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// `EX_SOFTWARE` of `sysexits.h`.
pub const BROKEN: u8 = 70;
/// A clean end takes this long at most.
const END_AT_MOST: Duration = Duration::from_secs(8);

/// A program of many threads that has lost one shows a picture that nobody moves any more. A supervisor starts it anew
/// in less time than anybody needs to find the remote control.
pub fn exit_on_panic() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        tracing::error!("thread `{}` panicked: {info}", thread.name().unwrap_or("?"));
        default(info);
        abort_soon();
        process::exit(BROKEN.into());
    }));
}

/// What runs at exit may wait for a thread that has died or hangs.
fn abort_soon() {
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(2));
        process::abort();
    });
}

/// From here on the program ends, cleanly or not.
pub fn end_soon(ruin: &Ruin) {
    let code = if ruin.reason().is_some() { BROKEN } else { 1 };
    std::thread::spawn(move || {
        std::thread::sleep(END_AT_MOST);
        tracing::error!("timeout at exit: a thread does not end");
        abort_soon();
        process::exit(code.into());
    });
}

/// Why the program cannot go on as it is and has to be started anew, if so. Whoever finds it out says it here; the first
/// reason counts.
#[derive(Clone, Default)]
pub struct Ruin(Arc<OnceLock<String>>);

impl Ruin {
    /// `quit` begins the orderly end.
    pub fn declare(&self, reason: String, quit: impl FnOnce()) {
        tracing::error!("the program ends, to be started anew: {reason}");
        if self.0.set(reason).is_ok() {
            quit();
        }
    }

    pub fn reason(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// Waits for SIGTERM or SIGINT, calls `quit`, and leaves at once at the second one.
pub async fn on_signal(quit: impl Fn()) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    for again in [false, true] {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        if again {
            tracing::warn!("{name} again: exiting at once");
            process::exit(1);
        }
        tracing::info!("{name}: shutting down");
        quit();
    }
    Ok(())
}
