//! Settings, and what there is to know about the box.

use super::Context;
use super::parts::{fact_rows, hints, text};
use crate::generated as ui;
use crate::models::sync;
use slint::{ComponentHandle, ModelRc, VecModel};
use std::rc::Rc;
use yuexiang_core::view::{AboutView, SettingsView};

pub(super) struct Settings {
    rows: Rc<VecModel<ui::Setting>>,
    hints: Rc<VecModel<ui::Hint>>,
}

impl Settings {
    pub fn new(window: &ui::MainWindow) -> Settings {
        let settings = Settings { rows: Rc::default(), hints: Rc::default() };
        let data = window.global::<ui::SettingsData>();
        data.set_rows(ModelRc::from(settings.rows.clone()));
        data.set_hints(ModelRc::from(settings.hints.clone()));
        settings
    }

    pub fn apply(&mut self, view: &SettingsView, context: &mut Context) {
        let data = context.window.global::<ui::SettingsData>();
        data.set_title(text(&view.title));
        let rows = view.rows.iter().map(|row| ui::Setting {
            id: text(&row.id),
            label: text(&row.label),
            value: text(&row.value),
            text: text(&row.text),
            choice: row.choice,
        });
        sync(&self.rows, rows.collect(), |row| row.id.clone());
        sync(&self.hints, hints(&view.hints), |hint| hint.keys.clone());
        data.set_focused(context.focus.is_some());
        let at = context.focus.and_then(|focus| view.rows.iter().position(|row| row.id == focus));
        if let Some(at) = at {
            data.set_at(at as i32);
        }
        data.set_first(view.first_row as i32);
        data.set_visible_rows(view.visible_rows.max(1) as i32);
    }
}

pub(super) struct About {
    facts: Rc<VecModel<ui::FactRow>>,
    hints: Rc<VecModel<ui::Hint>>,
}

impl About {
    pub fn new(window: &ui::MainWindow) -> About {
        let about = About { facts: Rc::default(), hints: Rc::default() };
        let data = window.global::<ui::AboutData>();
        data.set_facts(ModelRc::from(about.facts.clone()));
        data.set_hints(ModelRc::from(about.hints.clone()));
        about
    }

    pub fn apply(&mut self, view: &AboutView, context: &mut Context) {
        let data = context.window.global::<ui::AboutData>();
        data.set_title(text(&view.title));
        data.set_technical(text(&view.technical));
        data.set_position(text(&view.position));
        sync(&self.facts, fact_rows(&view.page, context.large), |fact| fact.label.clone());
        sync(&self.hints, hints(&view.hints), |hint| hint.keys.clone());
    }
}
