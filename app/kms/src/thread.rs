//! The display's thread: sleeps until the device, the kernel or a neighbour has something for the [`Engine`].

use crate::engine::Engine;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// After an error of `poll`, so that the thread does not turn in circles.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) fn run(mut engine: Engine) {
    let (device, shared) = (engine.device.clone(), engine.shared.clone());
    let hotplug = match HotplugSocket::open() {
        Ok(socket) => Some(socket),
        Err(error) => {
            tracing::warn!("no hot-plug events from the kernel, polling for screens: {error}");
            None
        }
    };
    let mut device_alive = true;
    while !shared.lock().closed {
        let mut fds = vec![PollFd::from_borrowed_fd(shared.wake_fd(), PollFlags::IN)];
        fds.extend(hotplug.as_ref().map(|socket| PollFd::new(&socket.0, PollFlags::IN)));
        if device_alive {
            fds.push(PollFd::from_borrowed_fd(device.fd(), PollFlags::IN));
        }
        let timeout = engine.poll_timeout().saturating_duration_since(Instant::now());
        // Rounded up: a millisecond early would be a turn for nothing.
        let timeout = Timespec::try_from(timeout + Duration::from_micros(100)).ok();
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => {
                tracing::error!("polling the display failed: {error}");
                std::thread::sleep(PAUSE);
            }
        }
        if device_alive && fds.last().is_some_and(|fd| fd.revents().intersects(PollFlags::ERR | PollFlags::HUP)) {
            tracing::error!("{} disconnected", device.name());
            device_alive = false;
        }
        drop(fds);
        shared.clear_wake();
        if hotplug.as_ref().is_some_and(HotplugSocket::heard) {
            engine.handle_hotplug(Instant::now());
        }
        for flip in device.flips().unwrap_or_default() {
            engine.handle_flip(flip, Instant::now());
        }
        engine.handle_wake(Instant::now());
    }
    engine.close();
}

/// The kernel's messages about devices.
struct HotplugSocket(OwnedFd);

impl HotplugSocket {
    fn open() -> io::Result<HotplugSocket> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::DGRAM, flags, Some(KOBJECT_UEVENT))?;
        // Group 1 are the kernel's own messages, group 2 would be udev's.
        bind(&socket, &SocketAddrNetlink::new(0, 1))?;
        Ok(HotplugSocket(socket))
    }

    /// Reads what has come; whether one of them was about a screen.
    fn heard(&self) -> bool {
        let mut heard = false;
        let mut message = [0_u8; 8192];
        while let Ok((length, _)) = recv(&self.0, &mut message[..], RecvFlags::empty()) {
            heard |= is_hotplug(message.get(..length).unwrap_or_default());
        }
        heard
    }
}

/// `change@/devices/…/drm/card0`, then `NAME=value` pairs, each ended by a zero.
fn is_hotplug(message: &[u8]) -> bool {
    let mut fields = message.split(|byte| *byte == 0);
    fields.any(|field| field == b"SUBSYSTEM=drm")
}

#[cfg(test)]
mod tests {
    use super::is_hotplug;

    #[test]
    fn messages_about_screens_are_told_from_others() {
        assert!(is_hotplug(b"change@/devices/platform/display/drm/card0\0ACTION=change\0SUBSYSTEM=drm\0HOTPLUG=1\0"));
        assert!(!is_hotplug(b"add@/devices/usb1\0ACTION=add\0SUBSYSTEM=usb\0"));
        assert!(!is_hotplug(b""));
    }
}
