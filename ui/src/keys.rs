//! A desk's keyboard stands for the remote control.

use slint::platform::Key as SlintKey;
use yuexiang_core::key::{Key, KeyEvent, Press};

/// The event for what Slint reports of the keyboard; `None` for keys that mean nothing here.
pub(crate) fn event(text: &str, down: bool, repeat: bool) -> Option<KeyEvent> {
    let key = key(text.chars().next()?)?;
    let press = match (down, repeat) {
        (false, _) => Press::Up,
        (true, true) => Press::Repeat,
        (true, false) => Press::Down,
    };
    Some(KeyEvent { key, press })
}

fn key(character: char) -> Option<Key> {
    let special = [
        (SlintKey::UpArrow, Key::Up),
        (SlintKey::DownArrow, Key::Down),
        (SlintKey::LeftArrow, Key::Left),
        (SlintKey::RightArrow, Key::Right),
        (SlintKey::Return, Key::Ok),
        (SlintKey::Escape, Key::Back),
        (SlintKey::Backspace, Key::Back),
        (SlintKey::Home, Key::Home),
        (SlintKey::Menu, Key::Menu),
        (SlintKey::PageUp, Key::ChannelUp),
        (SlintKey::PageDown, Key::ChannelDown),
        (SlintKey::F1, Key::Red),
        (SlintKey::F2, Key::Green),
        (SlintKey::F3, Key::Yellow),
        (SlintKey::F4, Key::Blue),
    ];
    if let Some((_, key)) = special.iter().find(|(known, _)| char::from(*known) == character) {
        return Some(*key);
    }
    Some(match character.to_ascii_lowercase() {
        digit @ '0'..='9' => Key::Digit(digit as u8 - b'0'),
        ' ' => Key::PlayPause,
        'h' => Key::Home,
        'm' => Key::Menu,
        'i' => Key::Info,
        's' => Key::Stop,
        '+' | '=' => Key::VolumeUp,
        '-' => Key::VolumeDown,
        'x' => Key::Mute,
        ',' => Key::Rewind,
        '.' => Key::FastForward,
        'p' => Key::Power,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_arrow_repeats() {
        let up = char::from(SlintKey::UpArrow).to_string();
        assert_eq!(event(&up, true, false), Some(KeyEvent { key: Key::Up, press: Press::Down }));
        assert_eq!(event(&up, true, true), Some(KeyEvent { key: Key::Up, press: Press::Repeat }));
        assert_eq!(event(&up, false, false), Some(KeyEvent { key: Key::Up, press: Press::Up }));
    }

    #[test]
    fn digits_are_channels_and_letters_without_a_meaning_are_nothing() {
        assert_eq!(event("7", true, false).map(|event| event.key), Some(Key::Digit(7)));
        assert_eq!(event("q", true, false), None);
    }
}
