//! Remote controls: evdev devices and their key maps.
