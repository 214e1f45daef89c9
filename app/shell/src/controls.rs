//! Follows the box's remote controls, and tries again where that cannot be done: a box without one still has its picture.

use crate::driver::Message;
use crate::inbox::Inbox;
use crate::retry::Retry;
use crate::settings::{DisplayKind, Settings};
use std::fmt::Display;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use yuexiang_core::Event;
use yuexiang_core::convenience::Convenience;
use yuexiang_input::{self as input, InputEvent, RemoteControls};

/// Until it is dropped.
pub struct Controls {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Controls {
    /// Infrared, CEC, USB and Bluetooth remotes of a box. A window has a keyboard of its own.
    pub fn follow(settings: &Settings, inbox: &Inbox<Message>) -> Option<Controls> {
        if settings.display != DisplayKind::Kms {
            return None;
        }
        let options = input::Options { keymaps: settings.keymaps.clone(), grab: true, ..input::Options::default() };
        let keys = inbox.clone();
        let open = move || {
            let inbox = keys.clone();
            RemoteControls::open(options.clone(), move |event| match event {
                InputEvent::Key(key, pressed) => inbox.post(Message::Key(key, pressed)),
                InputEvent::DeviceAdded { name, keymap } => tracing::info!(name, keymap, "remote control"),
                InputEvent::DeviceRemoved { name } => tracing::info!(name, "remote control disconnected"),
            })
        };
        let inbox = inbox.clone();
        let tell = move |works| {
            inbox.post(Message::Event(Event::Convenience { what: Convenience::RemoteControls, works }));
        };
        let (stop, stopped) = channel();
        let mut retry = Retry::default();
        let hold = move || hold(open, &stopped, tell, || retry.next_wait());
        match std::thread::Builder::new().name("controls".into()).spawn(hold) {
            Ok(thread) => Some(Controls { stop: Some(stop), thread: Some(thread) }),
            Err(error) => {
                tracing::error!("remote controls unavailable: cannot start a thread: {error}");
                None
            }
        }
    }
}

impl Drop for Controls {
    fn drop(&mut self) {
        self.stop = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("remote control thread panicked");
        }
    }
}

/// Opens it, as often as it takes, and holds it until there is nobody any more who could say `stopped`.
fn hold<T, E: Display>(
    mut open: impl FnMut() -> Result<T, E>,
    stopped: &Receiver<()>,
    tell: impl Fn(bool),
    mut wait: impl FnMut() -> Duration,
) {
    let _held = loop {
        match open() {
            Ok(held) => {
                tell(true);
                break held;
            }
            Err(error) => {
                let wait = wait();
                tracing::error!("remote controls unavailable: {error}; retrying in {wait:?}");
                tell(false);
                match stopped.recv_timeout(wait) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    };
    // Nothing is ever sent; this is the end of the sender.
    let _ = stopped.recv();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn remote_controls_that_cannot_be_followed_are_tried_again_until_they_can() {
        let (stop, stopped) = channel();
        let mut attempts = 0;
        let open = || {
            attempts += 1;
            if attempts < 4 { Err("too many files are watched") } else { Ok(()) }
        };
        let told = RefCell::new(Vec::new());
        drop(stop);
        // Nobody waits: the end comes before the second attempt.
        hold(open, &stopped, |works| told.borrow_mut().push(works), || Duration::from_secs(600));
        assert_eq!((attempts, told.take()), (1, vec![false]));

        let (stop, stopped) = channel();
        let stop = RefCell::new(Some(stop));
        let mut attempts = 0;
        let open = || {
            attempts += 1;
            if attempts < 4 { Err("too many files are watched") } else { Ok(()) }
        };
        let tell = |works| {
            told.borrow_mut().push(works);
            if works {
                stop.take();
            }
        };
        hold(open, &stopped, tell, || Duration::ZERO);
        assert_eq!(told.take(), [false, false, false, true]);
    }
}
