//! The one owner of all state. It takes events in, gives effects out, and says what the screen is to show.
//!
//! Keys are answered from the top: a dialog, then what lies over the picture, then the screen. The lowest screen is live
//! television; it cannot be left, and Back on it opens the home page.

mod keys;
mod live;
mod video;
mod show;
mod stage;
mod withdrawn;
mod counting;
mod relocated;
#[cfg(test)]
mod tests;

use crate::arbiter::Arbiter;
use crate::catalog::{Item, ItemId, Sha256};
use crate::convenience::Convenience;
use crate::event::{Changes, Effect, Event, NetEvent, Saved, StoreError, StoreErrorKind, StoreEvent, StoreRequest};
use crate::key::Layer;
use crate::layout::Layout;
use crate::library::Library;
use crate::moves::Place;
use crate::player::Player;
use crate::ports::TextMeasure;
use crate::reports::Reports;
use crate::screens::{Action, Context, ScreenState, SystemFacts, board, home, reader, settings, story};
use crate::settings::{BootMode, Settings};
use crate::shelves::Shelves;
use crate::sync::{Sync, SyncConfig, SyncStatus};
use crate::time::{Now, UnixSeconds};
use crate::tuner::Tuner;
use crate::uplink::Uplink;
use crate::view::{Travel, View};
use crate::view_counts::ViewCounts;
use crate::words::{BackTo, Words};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Without a key for so long the home page gives way to full-screen live television (rule of the cable standard).
const HOME_PATIENCE: u64 = 20_000;

pub struct AppConfig {
    pub sync: SyncConfig,
    pub facts: SystemFacts,
}

pub struct App {
    facts: SystemFacts,
    /// What has failed and is done without.
    missing: BTreeSet<Convenience>,
    lineage: Vec<crate::RegionCode>,
    measure: Arc<dyn TextMeasure>,
    library: Library,
    sync: Sync,
    status: SyncStatus,
    settings: Settings,
    shelves: Shelves,
    positions: BTreeMap<ItemId, u64>,
    player: Player,
    tuner: Tuner,
    view_counts: ViewCounts,
    uplink: Uplink,
    reports: Reports,
    /// Never empty; the lowest is live television.
    screens: Vec<ScreenState>,
    serial: u64,
    travel: Travel,
    overlay: Option<Overlay>,
    /// A question over everything else; one kind so far: shall the settings be reset?
    question: Option<Question>,
    toast: Option<(String, u64)>,
    /// The video that the player screen shows.
    playing: Option<video::Playing>,
    /// The next video, being read from the store.
    awaiting: Option<ItemId>,
    arbiter: Arbiter,
    /// What has been told to the ports of it.
    staged: stage::Staged,
    /// Since when live television should be seen and is not.
    dark: Option<live::Dark>,
    standby: bool,
    held: keys::Held,
    /// When the last key was pressed.
    last_key: u64,
    effects: VecDeque<Effect>,
    now: Now,
    /// Of the library, when what is open was last looked at.
    items_revision: u64,
}

/// What lies over the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Overlay {
    Banner { until: u64 },
    Channels { index: usize, until: u64 },
    PlayerBar { until: u64 },
    Volume { until: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
    /// Which of its buttons has the focus: they stand one below the other.
    at: usize,
}

impl App {
    pub fn new(config: AppConfig, saved: Saved, measure: Arc<dyn TextMeasure>, now: Now) -> App {
        let settings = Settings::from_saved(&saved.settings);
        let configured = config.sync.village;
        let village = Place::of(configured, &saved.settings).village;
        let counted = config.facts.view_counts && settings.view_counts;
        let view_counts =
            ViewCounts::new(village, counted, &saved.view_counts, config.sync.seed.rotate_left(32), now.monotonic);
        let uplink = Uplink::new(&saved.uplink, config.sync.seed.rotate_left(48), now.monotonic);
        let reports = Reports::new(village, config.sync.seed.rotate_left(16), now.monotonic);
        let sync = Sync::new(config.sync, &saved, now);
        let mut app = App {
            lineage: config.facts.village.map(|_| village.lineage()).unwrap_or_default(),
            facts: SystemFacts { village: config.facts.village.map(|_| village), ..config.facts },
            missing: BTreeSet::new(),
            measure,
            library: Library::from_saved(&saved, configured),
            status: sync.status(),
            sync,
            tuner: Tuner::new(settings.channel.clone()),
            view_counts,
            uplink,
            reports,
            screens: vec![ScreenState::Live],
            settings,
            shelves: Shelves::default(),
            positions: saved.positions,
            player: Player::new(),
            serial: 0,
            travel: Travel::None,
            overlay: None,
            question: None,
            toast: None,
            playing: None,
            awaiting: None,
            arbiter: Arbiter::default(),
            staged: stage::Staged::default(),
            dark: None,
            standby: false,
            held: keys::Held::default(),
            last_key: now.monotonic,
            effects: VecDeque::new(),
            now,
            items_revision: 0,
        };
        if app.settings.boot == BootMode::Home {
            app.screens.push(ScreenState::Home(home::Home::new()));
        } else {
            app.show_banner();
        }
        app.settle_whether_views_count();
        app.settle();
        app
    }

    /// Takes in what happened at `now`. The clock of `now.monotonic` must not go back.
    pub fn handle(&mut self, event: Event, now: Now) {
        self.now = now;
        match event {
            Event::Key(key) => self.handle_key(key),
            Event::Timeout => {}
            Event::Net(event) => self.handle_net(event),
            Event::Store(event) => self.handle_store(event),
            Event::Media(event) => self.handle_media(event),
            Event::PictureBroken(sha256) => self.sync.report_broken(sha256),
            Event::MessageId(id) => self.uplink.handle_drawn(id),
            Event::Convenience { what, works: true } => drop(self.missing.remove(&what)),
            Event::Convenience { what, works: false } => drop(self.missing.insert(what)),
            Event::Ending => {
                self.keep_position();
                self.view_counts.save();
            }
        }
        self.handle_time();
        self.settle();
    }

    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`App::handle`] wants to be called with [`Event::Timeout`], in milliseconds of the clock that never jumps.
    pub fn poll_timeout(&self) -> Option<u64> {
        let covered = self.staged.is_covered();
        let overlay = match self.overlay {
            _ if covered => None,
            Some(
                Overlay::Banner { until }
                | Overlay::Channels { until, .. }
                | Overlay::PlayerBar { until }
                | Overlay::Volume { until },
            ) => Some(until),
            None => None,
        };
        let opened = self.top().opened().and_then(|opened| opened.poll_timeout());
        let times = [
            self.sync.poll_timeout(),
            self.player.poll_timeout(),
            self.tuner.poll_timeout(),
            self.held.poll_timeout(),
            self.view_counts.poll_timeout(),
            self.uplink.poll_timeout(),
            Some(self.reports.poll_timeout()),
            self.toast.as_ref().map(|(_, until)| *until).filter(|_| !covered),
            Some(self.next_minute()),
            overlay,
            self.home_ends(),
            self.offer_comes(),
            opened,
        ];
        times.into_iter().flatten().min()
    }

    pub fn view(&self) -> View {
        self.show()
    }

    /// What is stored, as far as it has been committed.
    pub fn library(&self) -> &Library {
        &self.library
    }

    // ------------------------------------------------------------------------------------------------------- events

    fn handle_net(&mut self, event: NetEvent) {
        match event {
            NetEvent::Sent { id, result } => {
                self.uplink.handle_sent(id, result.as_ref().copied(), self.now.monotonic);
            }
            NetEvent::ReportSent { result } => self.reports.handle_sent(result.is_ok()),
            event => self.sync.handle_net(event, &mut self.library, self.now),
        }
    }

    fn handle_store(&mut self, event: StoreEvent) {
        match event {
            StoreEvent::Item { id, result } => {
                // A row that is gone although the item is published is no withdrawal.
                let page = self.library.page_of(&id);
                let result = result.map_err(|error| match error.kind {
                    StoreErrorKind::NotFound if page.is_some() => StoreError { kind: StoreErrorKind::Corrupt, ..error },
                    _ => error,
                });
                let result = result.and_then(|item| self.admitted(item));
                let failed = result.is_err();
                let mut mend = false;
                for screen in &mut self.screens {
                    if let Some(opened) = screen.opened_mut().filter(|opened| opened.id == id) {
                        opened.take(result.clone());
                        mend |= opened.is_unreadable();
                    }
                }
                if let Some((region, path)) = page.filter(|_| mend) {
                    self.sync.fetch_again(region, &path, self.now);
                }
                self.want_opened();
                self.play_awaited();
                if failed && self.awaiting.take_if(|awaited| *awaited == id).is_some() {
                    self.leave();
                }
                if let Some(ScreenState::Video(screen)) = self.screens.last_mut() {
                    let action = screen.overdue();
                    self.act(action);
                }
            }
            event => self.sync.handle_store(event, &mut self.library, self.now),
        }
    }

    /// What somebody looks at is fetched first; its video only when it is being played.
    fn want_opened(&mut self) {
        let Some(opened) = self.top().opened() else { return };
        let pictures = opened.summary.objects.iter().filter(|needed| needed.role != crate::catalog::ObjectRole::Video);
        let wanted: Vec<_> = pictures.filter(|needed| !self.library.shows(needed.object.sha256)).copied().collect();
        if !wanted.is_empty() {
            self.sync.want(wanted, self.now);
        }
    }

    fn handle_time(&mut self) {
        let now = self.now.monotonic;
        if self.sync.poll_timeout().is_some_and(|at| at <= now) {
            self.sync.handle_timeout(&mut self.library, self.now);
        }
        self.player.handle_timeout(now);
        if self.tuner.poll_timeout().is_some_and(|at| at <= now) {
            self.finish_digits();
        }
        if self.held.poll_timeout().is_some_and(|at| at <= now) {
            self.finish_hold();
        }
        if self.view_counts.poll_timeout().is_some_and(|at| at <= now) {
            self.view_counts.handle_timeout(now);
        }
        if self.uplink.poll_timeout().is_some_and(|at| at <= now) {
            self.uplink.handle_timeout(now, self.sync.at_least(self.now));
        }
        if self.reports.poll_timeout() <= now {
            self.report();
        }
        self.close_what_is_over(now);
        if self.home_ends().is_some_and(|at| at <= now) {
            self.go_live();
        }
    }

    fn close_what_is_over(&mut self, now: u64) {
        if self.staged.is_covered() {
            return;
        }
        if self.toast.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.toast = None;
        }
        let over = match self.overlay {
            // The controls stay for as long as the video does not play.
            Some(Overlay::PlayerBar { until }) => until <= now && !self.player.is_held() && !self.held.is_seeking(),
            Some(Overlay::Banner { until } | Overlay::Channels { until, .. } | Overlay::Volume { until }) => {
                until <= now
            }
            None => false,
        };
        match (over, &mut self.overlay) {
            (true, overlay) => *overlay = None,
            // Looked at again a little later.
            (false, Some(Overlay::PlayerBar { until })) if *until <= now => *until = now + 1_000,
            _ => {}
        }
    }

    // ------------------------------------------------------------------------------------------------------ actions

    fn act(&mut self, action: Action) {
        match action {
            Action::Nothing => {}
            Action::Leave => self.leave(),
            Action::Live => self.go_live(),
            Action::OpenBoard(board) => self.push(ScreenState::Board(board::BoardScreen::new(board))),
            Action::Open(id) => self.open(&id),
            Action::ShowPictures { board, title, pictures, index } => {
                self.push(ScreenState::Story(story::Story::enlarged(board, title, pictures, index)));
            }
            Action::OpenRow => {
                if let ScreenState::Table(table) = self.top() {
                    self.push(ScreenState::Row(table.open_row()));
                }
            }
            Action::OpenText => {
                if let Some(opened) = self.top().opened().cloned() {
                    self.push(ScreenState::Reader(reader::Reader::new(opened)));
                }
            }
            Action::Play { item, from } => self.play(*item, from),
            Action::OpenSettings => self.open_settings(),
            Action::OpenAbout => self.push(ScreenState::About(Default::default())),
            Action::Set(settings) => self.set(*settings),
            Action::SyncNow => {
                self.sync.request_now(self.now);
                self.say(self.words().sync_started());
            }
            Action::AskReset => self.question = Some(Question { at: show::RESET_BUTTONS.len() - 1 }),
        }
    }

    fn open(&mut self, id: &str) {
        let Some(summary) = self.library.item(id) else {
            self.say(self.words().empty(crate::words::EmptyWord::Withdrawn).0);
            return;
        };
        let screen = ScreenState::open(summary, self.now.monotonic);
        let id = summary.id.clone();
        self.view_counts.opened(&id, self.today(), self.now.monotonic);
        self.push(screen);
        self.effects.push_back(Effect::Store(StoreRequest::LoadItem { id }));
        self.want_opened();
    }

    fn open_settings(&mut self) {
        if !self.screens.iter().any(|screen| matches!(screen, ScreenState::Settings(_))) {
            self.push(ScreenState::Settings(settings::SettingsScreen::default()));
        }
    }

    fn push(&mut self, screen: ScreenState) {
        self.screens.push(screen);
        self.moved(Travel::Forward);
    }

    fn leave(&mut self) {
        if self.screens.len() > 1 {
            match self.screens.pop() {
                Some(ScreenState::Player) => self.stop_video(),
                // Back leads to the row that was read last.
                Some(ScreenState::Row(row)) => {
                    if let Some(ScreenState::Table(table)) = self.screens.last_mut() {
                        table.select(row.row);
                    }
                }
                _ => {}
            }
            self.moved(Travel::Back);
        } else {
            self.go_home();
        }
    }

    fn go_home(&mut self) {
        self.stop_video();
        self.tuner.cancel_digits();
        self.screens.truncate(1);
        self.screens.push(ScreenState::Home(home::Home::new()));
        self.moved(Travel::Forward);
    }

    fn go_live(&mut self) {
        self.stop_video();
        self.screens.truncate(1);
        self.moved(Travel::Back);
        self.show_banner();
    }

    fn moved(&mut self, travel: Travel) {
        self.serial += 1;
        self.travel = travel;
        self.overlay = None;
        self.last_key = self.now.monotonic;
    }

    fn set(&mut self, settings: Settings) {
        if settings != self.settings {
            self.settings = settings;
            self.settle_whether_views_count();
            self.sync.commit(Changes { settings: self.settings.to_saved(), ..Changes::default() });
        }
    }

    fn say(&mut self, text: String) {
        self.toast = Some((text, self.now.monotonic + 4_000));
    }

    // ---------------------------------------------------------------------------------------------------- what holds

    /// Makes everything agree after an event: lists, focus, what plays, what is kept in the store, what goes out.
    fn settle(&mut self) {
        self.go_along();
        self.status = self.sync.status();
        self.shelves.update(&self.library, &self.lineage, self.sync.at_least(self.now));
        self.tuner.update(&self.library);
        self.leave_withdrawn();
        self.read_again();
        self.settle_stage();
        self.tune();
        self.mend_video();
        self.settle_dark();
        let (shown, lacking) = self.settle_screens();
        self.sync.set_on_screen(shown);
        self.sync.look_at(lacking, &self.library, self.now);
        while let Some(request) = self.player.poll_request() {
            self.effects.push_back(Effect::Media(request));
        }
        self.settle_uplink();
        while let Some(effect) = self.sync.poll_effect() {
            self.effects.push_back(effect);
        }
        self.status = self.sync.status();
    }

    /// What could not be read may have come again since.
    fn read_again(&mut self) {
        if self.items_revision == self.library.items_revision() {
            return;
        }
        self.items_revision = self.library.items_revision();
        let opened = self.screens.iter().filter_map(ScreenState::opened).filter(|opened| opened.is_unreadable());
        let requests = opened.map(|opened| Effect::Store(StoreRequest::LoadItem { id: opened.id.clone() }));
        self.effects.extend(requests);
    }

    /// The pictures that are on the screen, and those that would be if they were there.
    fn settle_screens(&mut self) -> (BTreeSet<Sha256>, BTreeSet<Sha256>) {
        let mut screens = std::mem::take(&mut self.screens);
        let context = self.context();
        for screen in &mut screens {
            screen.settle(&context);
        }
        // Drawing names every picture it needs; so nothing that is on the screen is evicted.
        let (mut shown, mut lacking) = (BTreeSet::new(), BTreeSet::new());
        if let Some(top) = screens.last() {
            top.view(&context);
            (shown, lacking) = (context.shown.take(), context.lacking.take());
        }
        if let Some(crate::event::Source::Object(sha256)) = self.player.source() {
            shown.insert(*sha256);
        }
        self.screens = screens;
        (shown, lacking)
    }

    fn top(&self) -> &ScreenState {
        self.screens.last().unwrap_or(&ScreenState::Live)
    }

    fn at_home(&self) -> bool {
        matches!(self.top(), ScreenState::Home(_)) && self.question.is_none()
    }

    /// When the home page gives way to live television. It stays while there is no picture to see instead.
    fn home_ends(&self) -> Option<u64> {
        let ends = self.at_home() && !self.standby && !self.is_dark() && !self.staged.is_covered();
        ends.then_some(self.last_key + HOME_PATIENCE)
    }

    fn layer(&self) -> Layer {
        match (&self.question, &self.overlay) {
            _ if self.staged.stage().alert().is_some() => Layer::Alert,
            (Some(_), _) => Layer::Dialog,
            (None, Some(Overlay::Channels { .. } | Overlay::PlayerBar { .. })) => Layer::Osd,
            _ => Layer::Screen,
        }
    }

    /// The time, for whoever says it; `None` while it is not known.
    fn true_time(&self) -> Option<UnixSeconds> {
        self.sync.true_time(self.now)
    }

    fn words(&self) -> Words {
        Words::new(self.settings.language, self.true_time())
    }

    /// The next full minute, when the clock on the screen moves on.
    fn next_minute(&self) -> u64 {
        let into = self.true_time().map_or(0, |now| now.rem_euclid(60).unsigned_abs());
        self.now.monotonic + (60 - into) * 1_000
    }

    fn context(&self) -> Context<'_> {
        Context {
            library: &self.library,
            shelves: &self.shelves,
            settings: &self.settings,
            words: self.words(),
            layout: Layout::new(self.settings.text_size),
            measure: &*self.measure,
            player: &self.player,
            tuner: &self.tuner,
            sync: &self.status,
            positions: &self.positions,
            facts: &self.facts,
            missing: &self.missing,
            monotonic: self.now.monotonic,
            now: self.true_time(),
            back: self.back_to(),
            live_trouble: self.dark.and_then(|dark| dark.trouble),
            shown: RefCell::new(BTreeSet::new()),
            lacking: RefCell::new(BTreeSet::new()),
            fates: &self.sync,
        }
    }

    fn back_to(&self) -> BackTo {
        let below = self.screens.len().checked_sub(2).and_then(|below| self.screens.get(below));
        match (self.top(), below) {
            (ScreenState::Player, _) => BackTo::Video,
            (ScreenState::Story(story), _) if story.opened.is_none() => BackTo::Text,
            // Back from live television opens the home page.
            (_, None | Some(ScreenState::Home(_))) => BackTo::Home,
            (_, Some(ScreenState::Live)) => BackTo::Live,
            (_, Some(ScreenState::Board(_))) => BackTo::List,
            (_, Some(ScreenState::Settings(_))) => BackTo::Settings,
            (_, Some(_)) => BackTo::Before,
        }
    }

    /// Lets the top screen answer a command, with everything it may read.
    fn command(&mut self, command: crate::screens::Command) {
        let Some(mut screen) = self.screens.pop() else { return };
        let action = screen.handle(command, &self.context());
        self.screens.push(screen);
        self.act(action);
    }

    /// Where the video of an item comes from: from the store when it lies there whole.
    fn source_of(&self, item: &Item, unreadable: bool) -> Option<crate::event::Source> {
        let crate::catalog::Content::Video { video } = &item.content else { return None };
        let sha256 = video.object.sha256;
        Some(if self.library.has(sha256) && !unreadable {
            crate::event::Source::Object(sha256)
        } else {
            crate::event::Source::Url(self.facts.absolute(&format!("/objects/{sha256}")))
        })
    }
}
