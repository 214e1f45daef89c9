//! What is watched, on its way to [`ViewCounts`](crate::view_counts::ViewCounts), and what goes to the cloud.

use super::App;
use crate::event::{Changes, Effect, MediaEvent, MediaEventKind, NetRequest};
use crate::player::Programme;
use crate::reports::{Trouble, why};
use crate::time::civil;
use crate::uplink::{Payload, Request};
use crate::view_counts::Day;

impl App {
    /// Counts what the media bus reports: a play from the first picture on, and the time for which the position moved.
    /// A seek moves it further than time has passed, and a pause lets time pass without it: the lesser of the two is
    /// what was watched.
    pub(super) fn count_playing(&mut self, event: &MediaEvent) {
        let (today, now) = (self.today(), self.now.monotonic);
        let Some(playing) = &mut self.playing else { return };
        let shown = self.player.programme() == Some(&Programme::Video(playing.item.id.clone()));
        if !shown || event.generation != self.player.generation() {
            return;
        }
        match event.kind {
            MediaEventKind::FirstFrame { .. } | MediaEventKind::Playing if !playing.began => {
                playing.began = true;
                self.view_counts.began(&playing.item.id, today, now);
            }
            MediaEventKind::Position { position, .. } => {
                if let Some((generation, from, since)) = playing.reported
                    && generation == event.generation
                {
                    playing.uncounted += position.saturating_sub(from).min(now.saturating_sub(since));
                }
                playing.reported = Some((event.generation, position, now));
                let seconds = playing.uncounted / 1_000;
                if seconds > 0 {
                    playing.uncounted %= 1_000;
                    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
                    self.view_counts.played(&playing.item.id, seconds, today, now);
                }
            }
            _ => {}
        }
    }

    pub(super) fn settle_uplink(&mut self) {
        let now = self.now.monotonic;
        self.view_counts.hand_over(&mut self.uplink, now);
        let (view_counts, uplink) = (self.view_counts.take_changes(), self.uplink.take_changes());
        if !view_counts.is_empty() || !uplink.is_empty() {
            self.sync.commit(Changes { view_counts, uplink, ..Changes::default() });
        }
        while let Some(request) = self.uplink.poll_request(!self.sync.writes_uplink(), now) {
            self.effects.push_back(match request {
                Request::DrawId => Effect::DrawMessageId,
                Request::Send { id, payload } => Effect::Net(NetRequest::Send { id, payload }),
            });
        }
    }

    /// Counts as the installer and the viewer have chosen. What waits to be sent is forgotten when they do not want it.
    pub(super) fn settle_whether_views_count(&mut self) {
        let counted = self.facts.view_counts && self.settings.view_counts;
        self.view_counts.set_enabled(counted);
        if !counted {
            self.uplink.forget(|message| matches!(message.payload, Payload::Views(_)));
        }
    }

    /// Looks for what is refused and withheld, and tells the cloud of it. An installer who wants nothing told switches it
    /// off together with the counts.
    pub(super) fn report(&mut self) {
        let regions = self.sync.refused().filter_map(|(region, kind, trust)| {
            let timestamp = trust.and_then(|trust| trust.files.get("timestamp.json")).cloned();
            Some(Trouble { object: region.to_string(), why: why(kind)?, timestamp })
        });
        let distrusted = self.library.withheld().filter(|(_, refusal)| refusal.is_distrust());
        let items =
            distrusted.map(|(item, refusal)| Trouble { object: item.id.clone(), why: refusal.slug(), timestamp: None });
        let troubles = regions.chain(items).collect();
        let report = self.reports.look(troubles, self.today(), self.now.monotonic);
        if let Some(report) = report.filter(|_| self.facts.view_counts) {
            self.effects.push_back(Effect::Net(NetRequest::SendReport { report }));
        }
    }

    /// `None` while the time is not known.
    pub(super) fn today(&self) -> Option<Day> {
        self.true_time().map(|now| civil(now).date())
    }
}
