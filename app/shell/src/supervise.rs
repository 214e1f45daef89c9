//! How the program ends.

use std::panic;
use std::process;
use std::time::Duration;

/// `EX_SOFTWARE` of `sysexits.h`.
const PANICKED: i32 = 70;
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
        // What runs at exit may wait for the thread that has just died.
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_secs(2));
            process::abort();
        });
        process::exit(PANICKED);
    }));
}

/// From here on the program ends, cleanly or not.
pub fn end_soon() {
    std::thread::spawn(|| {
        std::thread::sleep(END_AT_MOST);
        tracing::error!("something does not end; leaving it");
        process::exit(1);
    });
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
            tracing::warn!("{name} again: leaving at once");
            process::exit(1);
        }
        tracing::info!("{name}: ending");
        quit();
    }
    Ok(())
}
