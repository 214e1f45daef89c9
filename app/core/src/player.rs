//! The player: one thing plays at a time.
//!
//! ```text
//!          load            FirstFrame/Playing
//!  Idle ────────▶ Loading ────────────────────▶ Playing ◀──▶ Paused
//!                    │                            ▲ │
//!                    │ Failed                     │ │ Buffering
//!                    ▼        retry_at            │ ▼
//!                  Failed ────────────▶ Loading  Buffering
//! ```
//!
//! The state is what the media bus reported, never what was asked for. Every load has a generation; an event of an
//! earlier generation is dropped. A live stream that fails or stalls is loaded again by itself for as long as it is
//! wanted, and so is a video that comes over the network; a stored video a few times. A video goes on at the position
//! where it stopped.

use crate::catalog::{ChannelKey, ItemId};
use crate::event::{Generation, MediaErrorKind, MediaEvent, MediaEventKind, MediaRequest, Source};
use crate::view::PlayState;

/// First, second, … wait before a stream is tried again, in milliseconds.
const RETRY_AFTER: [u64; 5] = [1_000, 2_000, 4_000, 8_000, 15_000];
/// A stored video is tried this many times before the viewer is asked.
const VIDEO_ATTEMPTS: usize = 3;
/// A load that has played for so long has got over what was wrong before it, in milliseconds. One that begins to play and
/// fails again has not; counting anew at each beginning would try it for ever.
const PROVEN: u64 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Programme {
    Live(ChannelKey),
    Video(ItemId),
}

#[derive(Clone, Debug)]
struct Load {
    programme: Programme,
    source: Source,
    /// Where to go on after a failure, in milliseconds.
    position: u64,
}

#[derive(Clone, Debug)]
pub struct Player {
    generation: Generation,
    load: Option<Load>,
    state: State,
    /// The picture on the screen is of this load.
    fresh: bool,
    buffered: u8,
    duration: u64,
    /// Failures in a row; none after it has played for [`PROVEN`].
    failures: usize,
    /// Where the load began to play, in milliseconds.
    begun: u64,
    /// The viewer paused it.
    held: bool,
    /// Something else has the screen; it neither plays nor is tried again until that is over.
    suspended: bool,
    requests: std::collections::VecDeque<MediaRequest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Loading,
    Buffering,
    Playing,
    Paused,
    Failed { kind: MediaErrorKind, retry_at: Option<u64> },
}

/// What the App has to know of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Nothing,
    /// The video came to its end.
    Ended(ItemId),
}

impl Default for Player {
    fn default() -> Player {
        Player::new()
    }
}

impl Player {
    pub fn new() -> Player {
        Player {
            generation: 0,
            load: None,
            state: State::Idle,
            fresh: false,
            buffered: 0,
            duration: 0,
            failures: 0,
            begun: 0,
            held: false,
            suspended: false,
            requests: std::collections::VecDeque::new(),
        }
    }

    pub fn load(&mut self, programme: Programme, source: Source, position: u64) {
        self.failures = 0;
        self.held = false;
        self.start(Load { programme, source, position });
    }

    fn start(&mut self, load: Load) {
        self.generation += 1;
        self.state = State::Loading;
        self.fresh = false;
        self.duration = 0;
        self.begun = load.position;
        self.requests.push_back(MediaRequest::Load {
            generation: self.generation,
            source: load.source.clone(),
            live: matches!(load.programme, Programme::Live(_)),
            start: load.position,
            paused: self.held || self.suspended,
        });
        self.load = Some(load);
    }

    pub fn stop(&mut self) {
        if self.load.take().is_some() {
            self.generation += 1;
            self.state = State::Idle;
            self.fresh = false;
            self.requests.push_back(MediaRequest::Stop);
        }
    }

    pub fn pause(&mut self) {
        self.held = true;
        if self.load.is_some() {
            self.requests.push_back(MediaRequest::Pause { generation: self.generation });
        }
    }

    pub fn resume(&mut self) {
        self.held = false;
        if self.load.is_some() && !self.suspended {
            self.requests.push_back(MediaRequest::Resume { generation: self.generation });
        }
    }

    /// Makes room for something else: a live service is left, a video stands still where it is.
    pub fn suspend(&mut self) {
        if std::mem::replace(&mut self.suspended, true) {
            return;
        }
        match self.load.as_ref().map(|load| &load.programme) {
            Some(Programme::Live(_)) => self.stop(),
            Some(Programme::Video(_)) if !self.held => {
                self.requests.push_back(MediaRequest::Pause { generation: self.generation });
            }
            _ => {}
        }
    }

    /// The end of [`Player::suspend`]. A video goes on unless the viewer had paused it; a live service is for the caller to
    /// load, as it is the newest that counts.
    pub fn unsuspend(&mut self) {
        if std::mem::replace(&mut self.suspended, false) && self.load.is_some() && !self.held {
            self.requests.push_back(MediaRequest::Resume { generation: self.generation });
        }
    }

    pub fn toggle(&mut self) {
        if self.held { self.resume() } else { self.pause() }
    }

    /// To a position in milliseconds, kept inside the video.
    pub fn seek(&mut self, position: u64) {
        // The last second is left out, so that holding the key does not run into the end.
        let last = self.duration.saturating_sub(1_000);
        let position = if self.duration > 0 { position.min(last) } else { position };
        if let Some(load) = &mut self.load {
            load.position = position;
            (self.begun, self.failures) = (position, 0);
            self.requests.push_back(MediaRequest::Seek { generation: self.generation, position });
        }
    }

    /// The viewer asks to try again now.
    pub fn retry(&mut self) {
        if let (State::Failed { .. }, Some(load)) = (self.state, self.load.clone()) {
            self.failures = 0;
            self.start(load);
        }
    }

    /// The same from elsewhere, at the position where it stopped.
    pub fn switch(&mut self, source: Source) {
        if let Some(load) = self.load.clone() {
            self.start(Load { source, ..load });
        }
    }

    pub fn handle(&mut self, event: MediaEvent, now: u64) -> Outcome {
        if event.generation != self.generation {
            return Outcome::Nothing;
        }
        let Some(load) = &mut self.load else { return Outcome::Nothing };
        match event.kind {
            MediaEventKind::FirstFrame { .. } => self.fresh = true,
            MediaEventKind::Playing => self.state = State::Playing,
            MediaEventKind::Paused => self.state = State::Paused,
            MediaEventKind::Buffering(percent) => {
                self.state = State::Buffering;
                self.buffered = percent.min(99);
            }
            MediaEventKind::Position { position, duration } => {
                // A live stream counts from where it was tuned to.
                let begun = if matches!(load.programme, Programme::Live(_)) { 0 } else { self.begun };
                if position >= begun + PROVEN {
                    self.failures = 0;
                }
                load.position = position;
                self.duration = duration;
            }
            MediaEventKind::Stalled => {
                // No line is at fault when a file of the disk does not go on.
                let stored = matches!(load.source, Source::Object(_));
                self.fail(if stored { MediaErrorKind::Other } else { MediaErrorKind::Network }, now);
            }
            MediaEventKind::Failed(error) => self.fail(error.kind, now),
            MediaEventKind::EndOfStream => match load.programme.clone() {
                // A live stream has no end: the server went away.
                Programme::Live(_) => self.fail(MediaErrorKind::Network, now),
                Programme::Video(item) => {
                    load.position = 0;
                    self.state = State::Paused;
                    return Outcome::Ended(item);
                }
            },
        }
        Outcome::Nothing
    }

    fn fail(&mut self, kind: MediaErrorKind, now: u64) {
        let live = matches!(self.load, Some(Load { programme: Programme::Live(_), .. }));
        let remote = matches!(self.load, Some(Load { source: Source::Url(_), .. }));
        let again = match kind {
            _ if live => true,
            MediaErrorKind::Undecodable => false,
            // The server comes back some time, for as long as somebody waits.
            MediaErrorKind::Network if remote => true,
            MediaErrorKind::Missing => remote,
            _ => self.failures < VIDEO_ATTEMPTS,
        };
        let wait = RETRY_AFTER[self.failures.min(RETRY_AFTER.len() - 1)];
        self.failures += 1;
        self.state = State::Failed { kind, retry_at: again.then_some(now + wait) };
    }

    pub fn handle_timeout(&mut self, now: u64) {
        if self.suspended {
            return;
        }
        if let (State::Failed { retry_at: Some(at), .. }, Some(load)) = (self.state, self.load.clone())
            && at <= now
        {
            let failures = self.failures;
            self.start(load);
            self.failures = failures;
        }
    }

    pub fn poll_timeout(&self) -> Option<u64> {
        match self.state {
            State::Failed { retry_at, .. } if !self.suspended => retry_at,
            _ => None,
        }
    }

    pub fn poll_request(&mut self) -> Option<MediaRequest> {
        self.requests.pop_front()
    }

    pub fn programme(&self) -> Option<&Programme> {
        self.load.as_ref().map(|load| &load.programme)
    }

    /// Of the current load.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    pub fn source(&self) -> Option<&Source> {
        self.load.as_ref().map(|load| &load.source)
    }

    pub fn state(&self) -> PlayState {
        match self.state {
            State::Idle => PlayState::Idle,
            State::Loading => PlayState::Loading,
            State::Buffering => PlayState::Buffering,
            State::Playing => PlayState::Playing,
            State::Paused => PlayState::Paused,
            State::Failed { .. } => PlayState::Failed,
        }
    }

    pub fn failure(&self) -> Option<MediaErrorKind> {
        match self.state {
            State::Failed { kind, .. } => Some(kind),
            _ => None,
        }
    }

    /// It will be tried again without anybody doing anything.
    pub fn retries(&self) -> bool {
        matches!(self.state, State::Failed { retry_at: Some(_), .. })
    }

    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    pub fn is_held(&self) -> bool {
        self.held
    }

    pub fn buffered(&self) -> u8 {
        self.buffered
    }

    /// Milliseconds.
    pub fn position(&self) -> u64 {
        self.load.as_ref().map_or(0, |load| load.position)
    }

    /// Milliseconds, 0 while not known.
    pub fn duration(&self) -> u64 {
        self.duration
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::MediaError;

    fn url() -> Source {
        Source::Url("http://127.0.0.1/a".into())
    }

    fn live() -> Player {
        let mut player = Player::new();
        player.load(Programme::Live("one".into()), url(), 0);
        player
    }

    fn failed(player: &Player, kind: MediaErrorKind) -> MediaEvent {
        let kind = MediaEventKind::Failed(MediaError { kind, detail: String::new() });
        MediaEvent { generation: player.generation, kind }
    }

    #[test]
    fn an_event_of_an_earlier_load_is_dropped() {
        let mut player = live();
        let stale = MediaEvent { generation: player.generation, kind: MediaEventKind::Playing };
        player.load(Programme::Live("two".into()), url(), 0);
        player.handle(stale, 0);
        assert_eq!(player.state(), PlayState::Loading);
    }

    #[test]
    fn a_live_stream_is_tried_again_for_ever_and_ever_more_slowly() {
        let mut player = live();
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..7 {
            player.handle(failed(&player, MediaErrorKind::Missing), now);
            let at = player.poll_timeout().expect("a live stream is always tried again");
            waits.push(at - now);
            now = at;
            player.handle_timeout(now);
            assert_eq!(player.state(), PlayState::Loading);
        }
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    }

    #[test]
    fn a_video_goes_on_where_the_connection_was_lost() {
        let mut player = Player::new();
        player.load(Programme::Video("a/b".into()), url(), 0);
        let event = |player: &Player, kind| MediaEvent { generation: player.generation, kind };
        player.handle(event(&player, MediaEventKind::Position { position: 61_000, duration: 90_000 }), 0);
        player.handle(failed(&player, MediaErrorKind::Network), 5_000);
        player.handle_timeout(6_000);
        let last = std::iter::from_fn(|| player.poll_request()).last();
        assert!(matches!(last, Some(MediaRequest::Load { start: 61_000, .. })), "{last:?}");
    }

    #[test]
    fn a_video_over_the_network_is_tried_again_for_as_long_as_it_is_wanted_and_a_stored_one_is_not() {
        for kind in [MediaErrorKind::Network, MediaErrorKind::Missing] {
            let mut player = Player::new();
            player.load(Programme::Video("a/b".into()), url(), 0);
            let mut now = 0;
            for _ in 0..100 {
                player.handle(failed(&player, kind), now);
                now = player.poll_timeout().expect("it is tried again");
                player.handle_timeout(now);
            }
            assert!((60_000 * 20..60_000 * 30).contains(&now), "ever more slowly: {now}");
            player.stop();
            assert_eq!(player.poll_timeout(), None);
        }
        let mut player = Player::new();
        player.load(Programme::Video("a/b".into()), Source::Object(crate::catalog::Sha256([1; 32])), 0);
        player.handle(failed(&player, MediaErrorKind::Missing), 0);
        assert!(!player.retries());
    }

    #[test]
    fn a_stored_video_that_fails_at_the_same_place_is_tried_a_few_times_however_well_it_begins() {
        let mut player = Player::new();
        player.load(Programme::Video("a/b".into()), Source::Object(crate::catalog::Sha256([1; 32])), 52_000);
        let event = |player: &Player, kind| MediaEvent { generation: player.generation, kind };
        let mut loads = 1;
        let mut now = 0;
        loop {
            for kind in [
                MediaEventKind::FirstFrame { width: 1, height: 1 },
                MediaEventKind::Playing,
                MediaEventKind::Position { position: 52_000, duration: 60_000 },
                MediaEventKind::Position { position: 56_000, duration: 60_000 },
                MediaEventKind::Stalled,
            ] {
                player.handle(event(&player, kind), now);
            }
            let Some(at) = player.poll_timeout() else { break };
            now = at;
            player.handle_timeout(now);
            loads += 1;
            assert!(loads < 100, "it is tried for ever");
        }
        assert_eq!(loads, 1 + VIDEO_ATTEMPTS);
    }

    #[test]
    fn a_stored_video_that_stalls_is_not_said_to_lack_a_network() {
        let mut player = Player::new();
        player.load(Programme::Video("a/b".into()), Source::Object(crate::catalog::Sha256([1; 32])), 0);
        let generation = player.generation;
        player.handle(MediaEvent { generation, kind: MediaEventKind::Stalled }, 0);
        assert_eq!(player.failure(), Some(MediaErrorKind::Other));
    }

    #[test]
    fn a_video_that_gets_on_after_a_failure_has_all_its_attempts_again() {
        let mut player = Player::new();
        player.load(Programme::Video("a/b".into()), url(), 0);
        let event = |player: &Player, kind| MediaEvent { generation: player.generation, kind };
        for place in 1..20_u64 {
            let now = place * 60_000;
            let position = MediaEventKind::Position { position: place * PROVEN, duration: 600_000 };
            player.handle(event(&player, position), now);
            player.handle(event(&player, MediaEventKind::Stalled), now);
            assert_eq!(player.poll_timeout(), Some(now + RETRY_AFTER[0]), "at place {place}");
            player.handle_timeout(now + RETRY_AFTER[0]);
        }
    }

    #[test]
    fn a_live_stream_that_only_begins_to_play_is_tried_ever_more_slowly() {
        let mut player = live();
        let mut now = 0;
        for wait in RETRY_AFTER {
            for kind in [MediaEventKind::Playing, MediaEventKind::Position { position: 3_000, duration: 0 }] {
                let generation = player.generation;
                player.handle(MediaEvent { generation, kind }, now);
            }
            player.handle(failed(&player, MediaErrorKind::Network), now);
            assert_eq!(player.poll_timeout(), Some(now + wait));
            now += wait;
            player.handle_timeout(now);
        }
    }

    #[test]
    fn a_video_that_cannot_be_decoded_is_not_tried_again() {
        let mut player = Player::new();
        player.load(Programme::Video("a/b".into()), url(), 0);
        player.handle(failed(&player, MediaErrorKind::Undecodable), 0);
        assert_eq!((player.state(), player.poll_timeout()), (PlayState::Failed, None));
    }
}
