//! Live channels: which there are, which one is on, digits being typed, and what is on when.

use crate::catalog::Channel;
use crate::library::Library;
use crate::time::UnixSeconds;

/// So long after the last digit the channel is taken, in milliseconds.
const DIGITS_WAIT: u64 = 1_800;

#[derive(Clone, Debug, Default)]
pub struct Tuner {
    /// By number; of two with the same number the nearer region's.
    channels: Vec<Channel>,
    current: Option<String>,
    typed: Option<(String, u64)>,
}

/// A programme of the endless schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnAir<'a> {
    pub title: &'a str,
    pub starts: UnixSeconds,
    pub ends: UnixSeconds,
}

impl Tuner {
    pub fn new(current: Option<String>) -> Tuner {
        Tuner { channels: Vec::new(), current, typed: None }
    }

    /// Takes over the channels of all levels. Returns whether anything changed.
    pub fn update(&mut self, library: &Library) -> bool {
        let mut channels: Vec<(crate::RegionCode, &Channel)> = library
            .channels()
            .flat_map(|(region, channels)| channels.iter().map(move |channel| (region, channel)))
            .collect();
        // The nearer region first, so that dedup keeps it.
        channels.sort_by(|(a, x), (b, y)| x.number.cmp(&y.number).then(b.level().cmp(&a.level())));
        channels.dedup_by_key(|(_, channel)| channel.number);
        let channels: Vec<Channel> = channels.into_iter().map(|(_, channel)| channel.clone()).collect();
        let changed = channels != self.channels;
        self.channels = channels;
        changed
    }

    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// The channel that is on, or the first one when the last is gone.
    pub fn current(&self) -> Option<&Channel> {
        let current = self.current.as_deref();
        self.channels.iter().find(|channel| Some(channel.id.as_str()) == current).or(self.channels.first())
    }

    pub fn tune(&mut self, id: &str) {
        self.typed = None;
        self.current = Some(id.to_owned());
    }

    /// The channel so many places further, wrapping around.
    pub fn neighbour(&self, by: isize) -> Option<&Channel> {
        let count = self.channels.len();
        let current = self.current()?;
        let at = self.channels.iter().position(|channel| channel.id == current.id)?;
        self.channels.get((at as isize + by).rem_euclid(count as isize) as usize)
    }

    /// Takes a digit. Three make a number at once.
    pub fn digit(&mut self, digit: u8, now: u64) -> Option<Digits> {
        let mut typed = self.typed.take().map_or_else(String::new, |(typed, _)| typed);
        typed.push(char::from(b'0' + digit.min(9)));
        if typed.len() >= 3 {
            return Some(self.resolve(&typed));
        }
        self.typed = Some((typed, now + DIGITS_WAIT));
        None
    }

    /// The viewer confirms what was typed, or its time is over.
    pub fn finish_digits(&mut self) -> Option<Digits> {
        let (typed, _) = self.typed.take()?;
        Some(self.resolve(&typed))
    }

    pub fn cancel_digits(&mut self) -> bool {
        self.typed.take().is_some()
    }

    fn resolve(&self, typed: &str) -> Digits {
        match self.find(typed) {
            Some(channel) => Digits::Channel(channel.id.clone()),
            None => Digits::NoSuchChannel(typed.to_owned()),
        }
    }

    fn find(&self, typed: &str) -> Option<&Channel> {
        let number: u16 = typed.parse().ok()?;
        self.channels.iter().find(|channel| channel.number == number)
    }

    /// Digits typed so far and the name of the channel they lead to.
    pub fn typed(&self) -> Option<(&str, Option<&str>)> {
        let (typed, _) = self.typed.as_ref()?;
        Some((typed, self.find(typed).map(|channel| channel.name.as_str())))
    }

    pub fn poll_timeout(&self) -> Option<u64> {
        self.typed.as_ref().map(|(_, at)| *at)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digits {
    /// Channel id.
    Channel(String),
    NoSuchChannel(String),
}

/// A live picture is so much behind its schedule, in seconds: players begin some segments before the newest one and fill
/// their buffers first. Measured with the box's own player.
pub const LIVE_DELAY: i64 = 8;

/// What is on at a time of the schedule and what follows. What is *seen* now is what was on [`LIVE_DELAY`] ago.
pub fn on_air(channel: &Channel, now: UnixSeconds) -> Option<(OnAir<'_>, OnAir<'_>)> {
    let total: i64 = channel.programmes.iter().map(|programme| i64::from(programme.duration)).sum();
    if total <= 0 {
        return None;
    }
    let mut starts = now - (now - channel.loop_start).rem_euclid(total);
    let mut current = None;
    for programme in channel.programmes.iter().cycle().take(channel.programmes.len() + 1) {
        let ends = starts + i64::from(programme.duration);
        let on_air = OnAir { title: &programme.title, starts, ends };
        match current {
            None if now < ends => current = Some(on_air),
            None => {}
            Some(current) => return Some((current, on_air)),
        }
        starts = ends;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Programme;

    fn channel(number: u16) -> Channel {
        let programme = |title: &str, duration| Programme { title: title.into(), duration };
        Channel {
            id: format!("c{number}"),
            number,
            name: format!("频道{number}"),
            url: String::new(),
            loop_start: 1_000,
            programmes: vec![programme("新闻", 30), programme("农技", 60), programme("粤剧", 10)],
        }
    }

    fn tuner() -> Tuner {
        Tuner { channels: vec![channel(1), channel(2), channel(30)], current: Some("c30".into()), typed: None }
    }

    #[track_caller]
    fn check(now: i64, expected: &str) {
        let channel = channel(1);
        let (current, next) = on_air(&channel, now).expect("there are programmes");
        let shown = format!("{} {}–{}, {} –{}", current.title, current.starts, current.ends, next.title, next.ends);
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_schedule_goes_on_for_ever_in_both_directions() {
        check(1_000, "新闻 1000–1030, 农技 –1090");
        check(1_030, "农技 1030–1090, 粤剧 –1100");
        check(1_099, "粤剧 1090–1100, 新闻 –1130");
        check(1_100, "新闻 1100–1130, 农技 –1190");
        check(999, "粤剧 990–1000, 新闻 –1030");
    }

    #[test]
    fn zapping_wraps_around() {
        assert_eq!(tuner().neighbour(1).map(|channel| channel.number), Some(1));
        assert_eq!(tuner().neighbour(-1).map(|channel| channel.number), Some(2));
    }

    #[test]
    fn digits_lead_to_a_channel_when_their_time_is_over() {
        let mut tuner = tuner();
        assert_eq!(tuner.digit(3, 0), None);
        assert_eq!(tuner.digit(0, 500), None);
        assert_eq!(tuner.typed(), Some(("30", Some("频道30"))));
        assert_eq!(tuner.poll_timeout(), Some(500 + DIGITS_WAIT));
        assert_eq!(tuner.finish_digits(), Some(Digits::Channel("c30".into())));
    }

    #[test]
    fn three_digits_are_a_number_at_once() {
        let mut tuner = tuner();
        tuner.digit(0, 0);
        tuner.digit(0, 0);
        assert_eq!(tuner.digit(2, 0), Some(Digits::Channel("c2".into())));
        tuner.digit(9, 0);
        assert_eq!(tuner.finish_digits(), Some(Digits::NoSuchChannel("9".into())));
    }

    #[test]
    fn the_first_channel_is_on_when_the_last_one_is_gone() {
        let mut tuner = tuner();
        tuner.tune("gone");
        assert_eq!(tuner.current().map(|channel| channel.number), Some(1));
    }
}
