//! What the viewer has chosen, kept in the store as text so that an older program can read a newer one's settings.

use crate::view::{Language, TextSize};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootMode {
    /// Full-screen live TV: the default that the Chinese cable rules ask for.
    Live,
    Home,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub boot: BootMode,
    pub text_size: TextSize,
    pub language: Language,
    /// 0–100.
    pub volume: u8,
    pub muted: bool,
    /// Key of the channel that was on last; as an older program saved it, its id alone.
    pub channel: Option<String>,
    /// What is watched is counted for the cloud.
    pub view_counts: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            boot: BootMode::Live,
            text_size: TextSize::Normal,
            language: Language::Chinese,
            volume: 60,
            muted: false,
            channel: None,
            view_counts: true,
        }
    }
}

const BOOT: &str = "boot";
const TEXT_SIZE: &str = "text-size";
const LANGUAGE: &str = "language";
const VOLUME: &str = "volume";
const MUTED: &str = "muted";
const CHANNEL: &str = "live/channel";
const VIEW_COUNTS: &str = "view-counts";

impl Settings {
    /// What cannot be understood is left at its default.
    pub fn from_saved(saved: &BTreeMap<String, String>) -> Settings {
        let text = |key: &str| saved.get(key).map(String::as_str);
        let default = Settings::default();
        Settings {
            boot: if text(BOOT) == Some("home") { BootMode::Home } else { BootMode::Live },
            text_size: if text(TEXT_SIZE) == Some("large") { TextSize::Large } else { TextSize::Normal },
            language: if text(LANGUAGE) == Some("en") { Language::English } else { Language::Chinese },
            volume: text(VOLUME).and_then(|volume| volume.parse().ok()).unwrap_or(default.volume).min(100),
            muted: text(MUTED) == Some("yes"),
            channel: text(CHANNEL).filter(|channel| !channel.is_empty()).map(str::to_owned),
            view_counts: text(VIEW_COUNTS) != Some("off"),
        }
    }

    pub fn to_saved(&self) -> Vec<(String, String)> {
        let boot = match self.boot {
            BootMode::Live => "live",
            BootMode::Home => "home",
        };
        let text_size = match self.text_size {
            TextSize::Normal => "normal",
            TextSize::Large => "large",
        };
        let language = match self.language {
            Language::Chinese => "zh",
            Language::English => "en",
        };
        let pairs = [
            (BOOT, boot.to_owned()),
            (TEXT_SIZE, text_size.to_owned()),
            (LANGUAGE, language.to_owned()),
            (VOLUME, self.volume.to_string()),
            (MUTED, if self.muted { "yes" } else { "no" }.to_owned()),
            (CHANNEL, self.channel.clone().unwrap_or_default()),
            (VIEW_COUNTS, if self.view_counts { "on" } else { "off" }.to_owned()),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value)).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_being_saved() {
        let settings = Settings {
            boot: BootMode::Home,
            text_size: TextSize::Large,
            language: Language::English,
            volume: 35,
            muted: true,
            channel: Some("440224103998/rongshu".into()),
            view_counts: false,
        };
        assert_eq!(Settings::from_saved(&settings.to_saved().into_iter().collect()), settings);
    }

    #[test]
    fn rubbish_in_the_settings_is_the_default() {
        let rubbish = [("boot", "?"), ("volume", "loud"), ("text-size", ""), ("live/channel", "")];
        let saved = rubbish.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect();
        assert_eq!(Settings::from_saved(&saved), Settings::default());
    }
}
