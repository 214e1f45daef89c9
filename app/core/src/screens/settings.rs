//! Settings: few, each with a sentence that says what it does.

use super::board::scroll;
use super::{Action, Command, Context, Direction, element};
use crate::settings::{BootMode, Settings};
use crate::view::{Element, ElementId, Language, SettingRow, SettingsView, TextSize};
use crate::words::{HintWord, Label};

#[derive(Clone, Debug, Default)]
pub struct SettingsScreen {
    index: usize,
    first_row: usize,
}

/// A row of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Boot,
    TextSize,
    Language,
    ViewCounts,
    Sync,
    About,
    Reset,
}

const ROWS: [Row; 7] = [Row::Boot, Row::TextSize, Row::Language, Row::ViewCounts, Row::Sync, Row::About, Row::Reset];

impl SettingsScreen {
    /// Keeps the focused row in sight, in large type too.
    pub fn settle(&mut self, context: &Context) {
        self.first_row = scroll(self.first_row, self.index, context.layout.setting_rows(), ROWS.len());
    }

    pub fn handle(&mut self, command: Command, context: &Context) -> Action {
        let row = ROWS[self.index.min(ROWS.len() - 1)];
        match command {
            Command::Back => Action::Leave,
            Command::Move { direction: Direction::Up, .. } => {
                self.index = self.index.saturating_sub(1);
                Action::Nothing
            }
            Command::Move { direction: Direction::Down, .. } => {
                self.index = (self.index + 1).min(ROWS.len() - 1);
                Action::Nothing
            }
            // Each choice has two values: either direction takes the other one.
            Command::Move { .. } if row.is_choice(context) => change(row, context.settings),
            Command::Move { .. } => Action::Nothing,
            Command::Ok => match row {
                Row::Sync => Action::SyncNow,
                Row::About => Action::OpenAbout,
                Row::Reset => Action::AskReset,
                choice if choice.is_choice(context) => change(choice, context.settings),
                _ => Action::Nothing,
            },
        }
    }

    pub fn elements(&self, context: &Context) -> (Vec<Element>, ElementId) {
        let elements = ROWS.map(|row| element(row.id(), context.words.setting(row).0)).to_vec();
        (elements, ROWS[self.index.min(ROWS.len() - 1)].id().into())
    }

    pub fn view(&self, context: &Context) -> SettingsView {
        SettingsView {
            title: context.words.label(Label::Settings),
            rows: ROWS.map(|row| view_row(row, context)).to_vec(),
            first_row: self.first_row,
            visible_rows: context.layout.setting_rows(),
            hints: context.hints(&[
                HintWord::Choose,
                HintWord::Change,
                HintWord::Confirm,
                HintWord::Back(context.back),
            ]),
        }
    }
}

impl Row {
    fn id(self) -> &'static str {
        match self {
            Row::Boot => "settings/boot",
            Row::TextSize => "settings/text-size",
            Row::Language => "settings/language",
            Row::ViewCounts => "settings/view-counts",
            Row::Sync => "settings/sync",
            Row::About => "settings/about",
            Row::Reset => "settings/reset",
        }
    }

    /// Where the box's configuration has switched the counting off there is nothing to choose.
    fn is_choice(self, context: &Context) -> bool {
        match self {
            Row::Boot | Row::TextSize | Row::Language => true,
            Row::ViewCounts => context.facts.view_counts,
            Row::Sync | Row::About | Row::Reset => false,
        }
    }
}

fn change(row: Row, settings: &Settings) -> Action {
    let mut settings = settings.clone();
    match row {
        Row::Boot => {
            settings.boot = if settings.boot == BootMode::Live { BootMode::Home } else { BootMode::Live };
        }
        Row::TextSize => {
            settings.text_size =
                if settings.text_size == TextSize::Normal { TextSize::Large } else { TextSize::Normal };
        }
        Row::Language => {
            settings.language =
                if settings.language == Language::Chinese { Language::English } else { Language::Chinese };
        }
        Row::ViewCounts => settings.view_counts = !settings.view_counts,
        Row::Sync | Row::About | Row::Reset => return Action::Nothing,
    }
    Action::Set(Box::new(settings))
}

fn view_row(row: Row, context: &Context) -> SettingRow {
    let words = context.words;
    let (label, text) = words.setting(row);
    let value = match row {
        Row::Boot => words.boot(context.settings.boot),
        Row::TextSize => words.text_size(context.settings.text_size),
        Row::Language => words.language_name(),
        Row::ViewCounts => words.on_or_off(context.facts.view_counts && context.settings.view_counts),
        Row::Sync => words.sync_state(context.sync.running, context.sync.last_success),
        Row::About => context.facts.version.clone(),
        Row::Reset => String::new(),
    };
    SettingRow { id: row.id().into(), label, value, text, choice: row.is_choice(context) }
}
