//! Whether this machine's clock may be believed. What is signed carries the moment, and boxes judge by it: an approval
//! that was made before its reviewer was named counts for nothing, and a reviewer who was named in the year 2099 is none
//! until then. So with a clock that others contradict nothing is signed, and what was signed with one is found and healed
//! ([`heal`]).
//!
//! Who may contradict: PostgreSQL, which all processes share; sources that the configuration names (`clock`); and what the
//! database holds, since nobody signs before what was signed already. Agreement of the first two also *confirms* the
//! clock: then it is the database that holds something of a wrong future.
//!
//! The clock is looked at before a change when the last look is a minute old, or when it has gone another way since than
//! the clock that never jumps.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::str::FromStr;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

use crate::db::{Db, Kind, args};

pub mod heal;

/// Seconds by which two clocks may differ: what a request on its way and a drifting clock make of it.
pub const TOLERANCE: i64 = 60;
/// How long a look is good enough.
const FRESH: Duration = Duration::from_secs(60);
/// A source that does not answer by then says nothing.
const PATIENCE: Duration = Duration::from_secs(5);
/// Seconds from NTP's era (1900) to Unix'.
const NTP_EPOCH: i64 = 2_208_988_800;

/// Where to ask for the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `ntp://host[:port]`
    Ntp { host: String, port: u16 },
    /// `https://…`: the `Date` of any answer.
    Web(Url),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Source, String> {
        let wrong = || format!("`{text}` is neither ntp://HOST nor https://HOST/");
        let url: Url = text.parse().map_err(|_| wrong())?;
        match (url.scheme(), url.host_str()) {
            ("ntp", Some(host)) => Ok(Source::Ntp { host: host.to_owned(), port: url.port().unwrap_or(123) }),
            ("http" | "https", Some(_)) => Ok(Source::Web(url)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Ntp { host, .. } => write!(f, "{host}"),
            Source::Web(url) => write!(f, "{}", url.host_str().unwrap_or_default()),
        }
    }
}

/// Why nothing is signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error(
        "this machine's clock is {}, by {witness}: nothing is signed until they agree (docs/CLOUD.md, \"The clock\")",
        words(*.ahead)
    )]
    Contradicted {
        witness: String,
        /// Seconds by which this clock is ahead.
        ahead: i64,
    },
    #[error(
        "this machine's clock is {}, by what was signed before in {of}: set it, or see `yuexiang-cloud clock` if that was \
         signed with a wrong one",
        words(-*.behind)
    )]
    Past { of: String, behind: i64 },
}

impl Doubt {
    /// Seconds by which this clock seems to be ahead; fewer than none when it is behind.
    pub fn ahead(&self) -> i64 {
        match self {
            Doubt::Contradicted { ahead, .. } => *ahead,
            Doubt::Past { behind, .. } => -*behind,
        }
    }
}

fn words(ahead: i64) -> String {
    let (amount, way) = (ahead.unsigned_abs(), if ahead > 0 { "fast" } else { "slow" });
    match amount {
        0..120 => format!("{amount} s {way}"),
        120..7_200 => format!("{} min {way}", amount / 60),
        7_200..172_800 => format!("{} h {way}", amount / 3_600),
        _ => format!("{} days {way}", amount / 86_400),
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody was there to be asked.
    #[default]
    Unconfirmed,
    /// Everybody who answered agrees.
    Confirmed,
    Doubted(Doubt),
}

/// What the last look has found.
#[derive(Clone, Debug)]
pub struct Look {
    pub verdict: Verdict,
    /// Sources that did not answer.
    pub silent: Vec<String>,
    at: Instant,
    /// Unix milliseconds.
    wall: i64,
}

/// This machine's clock, as others see it.
#[derive(Debug, Default)]
pub struct Clock {
    sources: OnceLock<Vec<Source>>,
    /// Somebody who knows says that it is right.
    vouched: OnceLock<()>,
    last: Mutex<Option<Look>>,
}

impl Clock {
    /// Said once, before anything is signed.
    pub fn ask(&self, sources: Vec<Source>) {
        // A second configuration of one process there is not.
        let _ = self.sources.set(sources);
    }

    /// An operator has compared the clock with another one.
    pub fn vouch(&self) {
        let _ = self.vouched.set(());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The last look, or a new one when that is too old.
    pub async fn verdict(&self, db: &Db) -> Verdict {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match last.filter(Look::is_good) {
            Some(look) => look.verdict,
            None => self.look(db).await.verdict,
        }
    }

    /// Asks everybody.
    pub async fn look(&self, db: &Db) -> Look {
        let (mut verdict, mut silent) = (Verdict::Unconfirmed, Vec::new());
        if db.kind() == Kind::Postgres {
            let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
            match db.one::<(i64,)>("asking for the time", sql, args![]).await {
                Ok((theirs,)) => take(&mut verdict, "the database's".to_owned(), theirs),
                Err(error) => {
                    tracing::warn!(%error, "the database does not tell the time");
                    silent.push("the database".to_owned());
                }
            }
        }
        for source in self.sources.get().into_iter().flatten() {
            match ask(source).await {
                Ok(theirs) => take(&mut verdict, format!("{source}'s"), theirs),
                Err(error) => {
                    tracing::warn!(error, %source, "the time cannot be asked for");
                    silent.push(source.to_string());
                }
            }
        }
        if self.vouched.get().is_some() && verdict == Verdict::Unconfirmed {
            verdict = Verdict::Confirmed;
        }
        let look = Look { verdict, silent, at: Instant::now(), wall: wall() };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Verdict::Doubted(doubt) = &look.verdict
            && last.as_ref().is_none_or(|last| last.verdict != look.verdict)
        {
            tracing::error!(%doubt, "nothing is signed");
        }
        *last = Some(look.clone());
        look
    }

    /// The last look, whatever its age.
    pub fn last(&self) -> Option<Look> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Look {
    fn is_good(&self) -> bool {
        let elapsed = self.at.elapsed();
        let expected = self.wall + i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        elapsed < FRESH && (wall() - expected).abs() < TOLERANCE * 1_000 / 2
    }
}

/// One who contradicts outweighs all who agree.
fn take(verdict: &mut Verdict, witness: String, theirs: i64) {
    let ahead = (wall() - theirs) / 1_000;
    if ahead.abs() > TOLERANCE {
        *verdict = Verdict::Doubted(Doubt::Contradicted { witness, ahead });
    } else if *verdict == Verdict::Unconfirmed {
        *verdict = Verdict::Confirmed;
    }
}

fn wall() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Unix milliseconds.
async fn ask(source: &Source) -> Result<i64, String> {
    match source {
        Source::Web(url) => ask_web(url).await,
        Source::Ntp { host, port } => {
            let (host, port) = (host.clone(), *port);
            let asked = tokio::task::spawn_blocking(move || ask_ntp(&host, port)).await;
            asked.map_err(|error| error.to_string())?
        }
    }
}

async fn ask_web(url: &Url) -> Result<i64, String> {
    // A proxy might tell the time at which it has kept an answer.
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    let client = client.redirect(reqwest::redirect::Policy::none()).build();
    let answer = client.map_err(|error| error.to_string())?.head(url.clone()).send().await;
    let answer = answer.map_err(|error| error.to_string())?;
    // A cache would tell when somebody else has asked.
    let age = answer.headers().get("age").and_then(|age| age.to_str().ok()?.parse::<i64>().ok()).unwrap_or(0);
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok()).ok_or("the answer has no date")?;
    let date = jiff::fmt::rfc2822::parse(date).map_err(|error| error.to_string())?;
    Ok(date.timestamp().as_millisecond() + age * 1_000)
}

/// The simple way of asking (RFC 4330): one datagram there, one back.
fn ask_ntp(host: &str, port: u16) -> Result<i64, String> {
    let said = |error: std::io::Error| error.to_string();
    let address = (host, port).to_socket_addrs().map_err(said)?.next().ok_or("it has no address")?;
    let own: SocketAddr = match address.is_ipv4() {
        true => ([0, 0, 0, 0], 0).into(),
        false => ([0; 16], 0).into(),
    };
    let socket = UdpSocket::bind(own).map_err(said)?;
    socket.connect(address).map_err(said)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(said)?;
    let mut question = [0; 48];
    // Version 4, a client.
    question[0] = 0x23;
    // Whoever answers repeats this, so that nobody answers unasked.
    aws_lc_rs::rand::fill(&mut question[40..48]).map_err(|_| "no random numbers")?;
    socket.send(&question).map_err(said)?;
    let mut answer = [0; 48];
    let length = socket.recv(&mut answer).map_err(said)?;
    read_ntp(&question, &answer[..length])
        .ok_or_else(|| "the answer is none, or its server does not know the time".into())
}

/// The transmit timestamp of an answer that belongs to the question, in Unix milliseconds.
fn read_ntp(question: &[u8; 48], answer: &[u8]) -> Option<i64> {
    let is_server = answer.first()? & 0x07 == 4;
    let is_synchronized = answer[0] >> 6 != 3 && (1..16).contains(answer.get(1)?);
    if !is_server || !is_synchronized || answer.get(24..32)? != &question[40..48] {
        return None;
    }
    let number = |at: usize| Some(i64::from(u32::from_be_bytes(answer.get(at..at + 4)?.try_into().ok()?)));
    let (mut seconds, fraction) = (number(40)?, number(44)?);
    // The era that begins in 2036.
    if seconds < NTP_EPOCH {
        seconds += 1 << 32;
    }
    Some((seconds - NTP_EPOCH) * 1_000 + ((fraction * 1_000) >> 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_ntp_servers_and_web_servers() {
        let ntp = |host: &str, port| Ok(Source::Ntp { host: host.to_owned(), port });
        assert_eq!("ntp://ntp.ntsc.ac.cn".parse(), ntp("ntp.ntsc.ac.cn", 123));
        assert_eq!("ntp://10.0.0.1:1123".parse(), ntp("10.0.0.1", 1123));
        assert!(matches!("https://www.gov.cn/".parse(), Ok(Source::Web(_))));
        for wrong in ["ntp.ntsc.ac.cn", "ftp://a/", "ntp://"] {
            assert!(wrong.parse::<Source>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_ntp_answer_is_read_if_it_is_one() {
        let mut question = [0; 48];
        question[40..48].copy_from_slice(b"anything");
        let mut answer = [0; 48];
        (answer[0], answer[1]) = (0x24, 2);
        answer[24..32].copy_from_slice(b"anything");
        // 2026-11-01 00:00 in China, and half a second.
        answer[40..44].copy_from_slice(&((1_793_462_400 + NTP_EPOCH) as u32).to_be_bytes());
        answer[44] = 0x80;
        assert_eq!(read_ntp(&question, &answer), Some(1_793_462_400_500));
        for (at, wrong) in [(0, 0x23), (0, 0xe4), (1, 0), (24, b'x')] {
            let mut other = answer;
            other[at] = wrong;
            assert_eq!(read_ntp(&question, &other), None, "byte {at}");
        }
        assert_eq!(read_ntp(&question, &answer[..20]), None);
    }

    #[test]
    fn one_who_contradicts_outweighs_all_who_agree() {
        let mut verdict = Verdict::Unconfirmed;
        take(&mut verdict, "a".to_owned(), wall());
        assert_eq!(verdict, Verdict::Confirmed);
        take(&mut verdict, "b".to_owned(), wall() - 86_400_000 * 3);
        take(&mut verdict, "c".to_owned(), wall());
        let Verdict::Doubted(doubt) = verdict else { panic!("{verdict:?}") };
        assert!(doubt.to_string().contains("3 days fast, by b"), "{doubt}");
    }
}
