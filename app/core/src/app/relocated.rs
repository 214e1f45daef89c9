//! What follows when the box's village goes on under another code.

use super::App;
use crate::event::{Effect, NetRequest};
use crate::settings::Settings;

impl App {
    /// Everything that knows where the box stands learns of it; what is on the screen stays.
    pub(super) fn go_along(&mut self) {
        let Some(relocation) = self.sync.take_relocation() else { return };
        self.lineage = relocation.village.lineage();
        self.facts.village = Some(relocation.village);
        self.view_counts.relocate(relocation.village);
        self.reports.relocate(relocation.village);
        if let Some(key) = self.settings.channel.as_deref().and_then(|key| relocation.channel(key)) {
            self.set(Settings { channel: Some(key), ..self.settings.clone() });
        }
        if let Some(key) = self.tuner.wanted().and_then(|key| relocation.channel(key)) {
            self.tuner.tune(&key);
        }
        self.effects.push_back(Effect::Net(NetRequest::Listen { regions: self.lineage.clone() }));
    }
}
