//! Live HLS (RFC 8216): follows a playlist and brings its segments one after the other.

use crate::fetch::{Body, Fetcher};
use crate::playlist::{self, Media, Parsed, Segment, Variant};
use crate::schedule::{ATTEMPTS, Schedule, Step};
use crate::splice::Splicer;
use crate::{Ending, Failure, Outlet, TunerOptions};
use std::time::Duration;
use tokio::time::Instant;

/// Between attempts for the same segment or playlist: doubled each time, up to the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(2));
/// A segment may take so many times as long as it plays, and no less than the other: a line that is slower has no use for
/// this one any more.
const SLOWEST: (u32, Duration) = (5, Duration::from_secs(10));
/// Segments in a row that took longer than they play before a variant is taken that needs less.
const SLOW_IN_A_ROW: u32 = 2;

pub struct Client<'a> {
    fetcher: &'a Fetcher,
    options: &'a TunerOptions,
    outlet: &'a mut Outlet,
    splicer: Splicer,
    schedule: Schedule,
    /// Variants that need less than the one that is received.
    smaller: std::vec::IntoIter<Variant>,
    slow: u32,
    /// When the last bytes came.
    fed: Instant,
    /// How far the segment that is being fetched has been delivered.
    partial: Option<(u64, u64)>,
    failures: u32,
}

/// A playlist that is followed.
struct Followed {
    /// Where it was asked for.
    asked: String,
    /// Where it came from in the end: its addresses are relative to that.
    base: reqwest::Url,
    media: Media,
    /// When it has to be loaded again.
    due: Instant,
}

impl<'a> Client<'a> {
    pub fn new(fetcher: &'a Fetcher, options: &'a TunerOptions, outlet: &'a mut Outlet) -> Client<'a> {
        Client {
            fetcher,
            options,
            outlet,
            splicer: Splicer::default(),
            schedule: Schedule::default(),
            smaller: Vec::new().into_iter(),
            slow: 0,
            fed: Instant::now(),
            partial: None,
            failures: 0,
        }
    }

    /// `body` is the answer to the address that was asked for, `begin` what has been read of it.
    pub async fn run(mut self, body: Body, begin: Vec<u8>) -> Result<(), Ending> {
        let mut followed = self.begin(body, begin).await?;
        loop {
            if followed.due <= Instant::now() {
                self.reload(&mut followed).await?;
            }
            if self.outlet.take_starved() {
                self.schedule.catch_up(&followed.media);
            }
            match self.schedule.step(&followed.media) {
                Step::Fetch { number, break_before } => {
                    self.outlet.room().await?;
                    let segment = followed.media.segment(number).cloned();
                    if let Some(segment) = segment {
                        self.segment(&mut followed, number, &segment, break_before).await?;
                    }
                }
                Step::Wait => tokio::time::sleep_until(followed.due).await,
                Step::End => return Err(Ending::End),
            }
        }
    }

    async fn begin(&mut self, body: Body, begin: Vec<u8>) -> Result<Followed, Ending> {
        let asked = Instant::now();
        let base = body.url.clone();
        let text = body.rest(begin, playlist::LIMIT).await?;
        match playlist::parse(base.as_str(), &text)? {
            Parsed::Media(media) => {
                let due = asked + media.target;
                Ok(Followed { asked: base.to_string(), base, media, due })
            }
            Parsed::Master(variants) => {
                self.smaller = variants.into_iter();
                let variant = self.smaller.next();
                // There is at least one, or the playlist would have been refused.
                let variant = variant.ok_or_else(|| Failure::unsupported(format!("{base}: no variant")))?;
                Ok(self.follow(&base, &variant).await?)
            }
        }
    }

    async fn follow(&mut self, base: &reqwest::Url, variant: &Variant) -> Result<Followed, Failure> {
        let url = join(base, &variant.uri)?;
        tracing::debug!(url, bandwidth = variant.bandwidth, "variant");
        let asked = Instant::now();
        let (base, media) = media_playlist(self.fetcher, &url).await?;
        let due = asked + media.target;
        Ok(Followed { asked: url, base, media, due })
    }

    /// Loads the playlist again. What was known of it holds until there is a newer one.
    async fn reload(&mut self, followed: &mut Followed) -> Result<(), Ending> {
        let asked = Instant::now();
        match media_playlist(self.fetcher, &followed.asked).await {
            Ok((base, media)) => {
                self.failures = 0;
                // RFC 8216, 6.3.4: the target duration after a change, half of it after none, counted from the request.
                let changed = media != followed.media;
                let wait = if changed { media.target } else { media.target / 2 };
                followed.due = asked + wait;
                (followed.base, followed.media) = (base, media);
                if !changed {
                    self.lose_patience(|| Failure::network(format!("{}: the playlist stands still", followed.asked)))?;
                }
            }
            Err(failure) => {
                tracing::debug!("{failure}");
                self.failures += 1;
                followed.due = Instant::now() + backoff(self.failures);
                self.lose_patience(|| failure)?;
            }
        }
        Ok(())
    }

    /// Who receives has long said that nothing comes; a server that stays silent is not asked for ever.
    fn lose_patience(&self, why: impl FnOnce() -> Failure) -> Result<(), Ending> {
        if self.fed.elapsed() < self.options.patience { Ok(()) } else { Err(why().into()) }
    }

    async fn segment(
        &mut self,
        followed: &mut Followed,
        number: u64,
        segment: &Segment,
        break_before: bool,
    ) -> Result<(), Ending> {
        let begun = Instant::now();
        match self.fetch_segment(followed, number, segment, break_before).await {
            Ok(reading) => {
                self.partial = None;
                self.schedule.delivered();
                self.slow = if reading > segment.duration { self.slow + 1 } else { 0 };
                self.step_down(followed).await;
                Ok(())
            }
            Err(Ending::Failed(failure)) => {
                tracing::debug!("segment {number}, after {:.1} s: {failure}", begun.elapsed().as_secs_f32());
                // The first bytes of a service decide on whether it can be played at all.
                if failure.kind == crate::FailureKind::Unsupported && self.splicer.until().is_none() {
                    return Err(failure.into());
                }
                let failures = self.schedule.failed();
                self.lose_patience(|| failure)?;
                if failures < ATTEMPTS {
                    tokio::time::sleep(backoff(failures)).await;
                } else {
                    self.partial = None;
                }
                Ok(())
            }
            Err(ending) => Err(ending),
        }
    }

    /// Delivers what is still missing of a segment. Returns how long its bytes were waited for.
    async fn fetch_segment(
        &mut self,
        followed: &Followed,
        number: u64,
        segment: &Segment,
        break_before: bool,
    ) -> Result<Duration, Ending> {
        let url = join(&followed.base, &segment.uri)?;
        let have = self.partial.filter(|(partial, _)| *partial == number).map_or(0, |(_, have)| have);
        let range = match segment.range {
            Some((from, length)) => Some((from + have.min(length), Some(length - have.min(length)))),
            None => (have > 0).then_some((have, None)),
        };
        let asked = Instant::now();
        let mut body = self.fetcher.get(&url, range).await?;
        if segment.range.is_some() && !body.partial {
            return Err(Failure::unsupported(format!("{url}: the server knows no byte ranges")).into());
        }
        // A server that begins anew sends again what has been delivered.
        let mut skip = if body.partial { 0 } else { have };
        let limit = (segment.duration * SLOWEST.0).max(SLOWEST.1);
        let mut reading = asked.elapsed();
        let mut out = Vec::new();
        if have == 0 {
            self.splicer.begin_piece(break_before, &mut out);
        }
        loop {
            let waiting = Instant::now();
            let Some(chunk) = body.chunk().await? else { break };
            reading += waiting.elapsed();
            if reading > limit {
                return Err(Failure::network(format!("{url}: not whole within {} s", limit.as_secs())).into());
            }
            let known = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
            skip -= known as u64;
            let fresh = &chunk[known..];
            self.splicer.push(fresh, &mut out).map_err(|error| Failure::unsupported(format!("{url}: {error}")))?;
            let have = self.partial.filter(|(partial, _)| *partial == number).map_or(0, |(_, have)| have);
            self.partial = Some((number, have + fresh.len() as u64));
            self.deliver(std::mem::take(&mut out)).await?;
        }
        self.splicer.end_piece(&mut out);
        self.deliver(out).await?;
        Ok(reading)
    }

    async fn deliver(&mut self, bytes: Vec<u8>) -> Result<(), Ending> {
        self.outlet.bytes(bytes, self.splicer.until())?;
        self.outlet.room().await?;
        // After the wait: who has no room is not in want.
        self.fed = Instant::now();
        Ok(())
    }

    /// A line that is slower than the picture gets a smaller one, for as long as this channel is watched.
    async fn step_down(&mut self, followed: &mut Followed) {
        if self.slow < SLOW_IN_A_ROW {
            return;
        }
        self.slow = 0;
        let Some(variant) = self.smaller.next() else { return };
        let base = followed.base.clone();
        match self.follow(&base, &variant).await {
            Ok(smaller) => {
                tracing::info!(bandwidth = variant.bandwidth, "bandwidth too low; switching to a lower variant");
                *followed = smaller;
            }
            Err(failure) => tracing::debug!("{failure}"),
        }
    }
}

async fn media_playlist(fetcher: &Fetcher, url: &str) -> Result<(reqwest::Url, Media), Failure> {
    let body = fetcher.get(url, None).await?;
    let base = body.url.clone();
    let text = body.rest(Vec::new(), playlist::LIMIT).await?;
    if !playlist::is_playlist(&text) {
        return Err(Failure::network(format!("{url}: no playlist any more")));
    }
    match playlist::parse(url, &text)? {
        Parsed::Media(media) => Ok((base, media)),
        Parsed::Master(_) => Err(Failure::unsupported(format!("{url}: variants within a variant"))),
    }
}

fn join(base: &reqwest::Url, uri: &str) -> Result<String, Failure> {
    base.join(uri).map(String::from).map_err(|error| Failure::unsupported(format!("{uri}: {error}")))
}

fn backoff(failures: u32) -> Duration {
    RETRY.0.saturating_mul(1 << failures.saturating_sub(1).min(8)).min(RETRY.1)
}
