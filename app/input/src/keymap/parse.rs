//! Reads one key map file, and says file, line and word of what is wrong in it.

use super::pattern::{Pattern, UsbId};
use super::{KeyMap, KeyMapError, Match};
use crate::stroke::Trigger;
use evdev::KeyCode;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use yuexiang_core::key::Key;

/// The largest code of an evdev key.
const KEY_MAX: u16 = 0x2ff;

type Value<'a> = Spanned<DeValue<'a>>;

pub(super) struct Parsed {
    pub(super) keymap: KeyMap,
    /// The key map whose keys this one keeps where it has none of its own, and its place for error messages.
    pub(super) extends: Option<(String, Range<usize>)>,
}

/// Turns places in a file's text into errors.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    pub(super) fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> KeyMapError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let word = self.text.get(span).unwrap_or_default().lines().next().unwrap_or_default();
        let word = word.trim_matches(['"', '\'']).to_owned();
        KeyMapError::Wrong { path: self.path.to_owned(), line, word, message: message.into() }
    }

    pub(super) fn parse(&self) -> Result<Parsed, KeyMapError> {
        let table = DeTable::parse(self.text)
            .map_err(|error| self.wrong(error.span().unwrap_or_default(), error.message().to_owned()))?;
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut keymap = KeyMap { title: name.clone(), name, matches: Match::default(), bindings: BTreeMap::new() };
        let mut extends = None;
        let mut found: Vec<(Trigger, Option<Key>, Range<usize>)> = Vec::new();
        for (word, value) in table.get_ref() {
            match word.get_ref().as_ref() {
                "title" => keymap.title = self.text_of(value)?,
                "extends" => extends = Some((self.text_of(value)?, value.span())),
                "match" => keymap.matches = self.parse_match(value)?,
                "keys" => self.parse_keys(value, Self::code, &mut found)?,
                "scancodes" => self.parse_keys(value, Self::scancode, &mut found)?,
                _ => {
                    return Err(
                        self.wrong(word.span(), "here stand `title`, `extends`, `match`, `keys` and `scancodes`")
                    );
                }
            }
        }
        // The parser sorts by word; who reads the message reads from the top.
        found.sort_by_key(|(_, _, span)| span.start);
        for (trigger, key, span) in found {
            if keymap.bindings.get(&trigger).is_some_and(|earlier| *earlier != key) {
                return Err(self.wrong(span, "is given to another key above"));
            }
            keymap.bindings.insert(trigger, key);
        }
        Ok(Parsed { keymap, extends })
    }

    fn parse_match(&self, value: &Value) -> Result<Match, KeyMapError> {
        let mut matches = Match::default();
        for (word, value) in self.table_of(value)? {
            for one in list(value) {
                let text = self.text_of(one)?;
                match word.get_ref().as_ref() {
                    "name" => matches.names.push(Pattern(text)),
                    "phys" => matches.phys.push(Pattern(text)),
                    "id" => matches.ids.push(UsbId::from_text(&text).ok_or_else(|| {
                        self.wrong(one.span(), "an id is vendor:product in four hexadecimal digits each, as 1d57:ad02")
                    })?),
                    _ => return Err(self.wrong(word.span(), "devices are known by `name`, `id` and `phys`")),
                }
            }
        }
        Ok(matches)
    }

    fn parse_keys(
        &self,
        value: &Value,
        trigger: impl Fn(&Self, &Value) -> Result<Trigger, KeyMapError>,
        found: &mut Vec<(Trigger, Option<Key>, Range<usize>)>,
    ) -> Result<(), KeyMapError> {
        for (word, value) in self.table_of(value)? {
            let key = match word.get_ref().as_ref() {
                "none" => None,
                name => Some(Key::from_name(name).ok_or_else(|| {
                    self.wrong(word.span(), "is no key; the list of keys stands in assets/keymaps/README.md")
                })?),
            };
            for one in list(value) {
                found.push((trigger(self, one)?, key, one.span()));
            }
        }
        Ok(())
    }

    fn code(&self, value: &Value) -> Result<Trigger, KeyMapError> {
        let code = match value.get_ref() {
            DeValue::String(name) => name.parse::<KeyCode>().ok().map(|code| code.0),
            DeValue::Integer(_) => integer(value).and_then(|code| u16::try_from(code).ok()),
            _ => None,
        };
        code.filter(|code| (1..=KEY_MAX).contains(code)).map(Trigger::Code).ok_or_else(|| {
            self.wrong(value.span(), "is no evdev key; write a name as \"KEY_OK\" or a number from 1 to 767")
        })
    }

    fn scancode(&self, value: &Value) -> Result<Trigger, KeyMapError> {
        let scan = integer(value).and_then(|scan| u32::try_from(scan).ok());
        scan.map(Trigger::Scan).ok_or_else(|| self.wrong(value.span(), "is no scancode; write a number as 0x40bf12"))
    }

    fn table_of<'a, 'b>(&self, value: &'b Value<'a>) -> Result<&'b DeTable<'a>, KeyMapError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.wrong(value.span(), "must be a table")),
        }
    }

    fn text_of(&self, value: &Value) -> Result<String, KeyMapError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.clone().into_owned()),
            _ => Err(self.wrong(value.span(), "must be a text in quotation marks")),
        }
    }
}

/// One value stands for a list of one.
fn list<'a, 'b>(value: &'b Value<'a>) -> Vec<&'b Value<'a>> {
    match value.get_ref() {
        DeValue::Array(array) => array.iter().collect(),
        _ => vec![value],
    }
}

fn integer(value: &Value) -> Option<u64> {
    match value.get_ref() {
        DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
        _ => None,
    }
}
