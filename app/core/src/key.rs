//! Remote-control keys and what they mean.

/// A key of a remote control, named as in Linux `input-event-codes.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Up,
    Down,
    Left,
    Right,
    Ok,
    Back,
    Home,
    Menu,
    Info,
    ChannelUp,
    ChannelDown,
    Digit(u8),
    PlayPause,
    Stop,
    Rewind,
    FastForward,
    Previous,
    Next,
    Red,
    Green,
    Yellow,
    Blue,
    VolumeUp,
    VolumeDown,
    Mute,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Press {
    Down,
    /// The key is still held: sent by the input device at its repeat rate.
    Repeat,
    Up,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyEvent {
    pub key: Key,
    pub press: Press,
}

const NAMES: &[(&str, Key)] = &[
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("ok", Key::Ok),
    ("back", Key::Back),
    ("home", Key::Home),
    ("menu", Key::Menu),
    ("info", Key::Info),
    ("channelup", Key::ChannelUp),
    ("channeldown", Key::ChannelDown),
    ("playpause", Key::PlayPause),
    ("stop", Key::Stop),
    ("rewind", Key::Rewind),
    ("fastforward", Key::FastForward),
    ("previous", Key::Previous),
    ("next", Key::Next),
    ("red", Key::Red),
    ("green", Key::Green),
    ("yellow", Key::Yellow),
    ("blue", Key::Blue),
    ("volumeup", Key::VolumeUp),
    ("volumedown", Key::VolumeDown),
    ("mute", Key::Mute),
    ("power", Key::Power),
    // Other names that remotes and keyboards use for the same keys.
    ("enter", Key::Ok),
    ("select", Key::Ok),
    ("esc", Key::Back),
    ("exit", Key::Back),
    ("homepage", Key::Home),
    ("play", Key::PlayPause),
    ("pause", Key::PlayPause),
];

impl Key {
    /// The key of a name such as `ok`, `channelup` or `7`; `key_` may stand before it.
    pub fn from_name(name: &str) -> Option<Key> {
        let name = name.strip_prefix("key_").unwrap_or(name);
        let digit = name.strip_prefix("numeric_").unwrap_or(name);
        if let [byte @ b'0'..=b'9'] = digit.as_bytes() {
            return Some(Key::Digit(byte - b'0'));
        }
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, key)| *key)
    }

    pub fn name(self) -> String {
        match self {
            Key::Digit(digit) => digit.to_string(),
            key => NAMES.iter().find(|(_, known)| *known == key).map_or_else(String::new, |(name, _)| (*name).into()),
        }
    }
}

/// What answers a key first, from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    Screen,
    /// What lies over the picture: banner, channel list, player controls.
    Osd,
    Dialog,
    Alert,
}
