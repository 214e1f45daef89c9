//! Live channels: which there are, which one is on, digits being typed, and what is on when.

use crate::RegionCode;
use crate::catalog::{Channel, ChannelKey};
use crate::library::Library;
use crate::time::UnixSeconds;

/// So long after the last digit the channel is taken, in milliseconds.
const DIGITS_WAIT: u64 = 1_800;

#[derive(Clone, Debug, Default)]
pub struct Tuner {
    /// By number; of two with the same number the nearer region's.
    stations: Vec<Station>,
    /// As it was saved: older programs saved the id alone.
    current: Option<String>,
    typed: Option<(String, u64)>,
}

/// A channel and whose it is: a town and its village may both have a channel `general`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    pub key: ChannelKey,
    pub channel: Channel,
}

impl Station {
    pub fn new(region: RegionCode, channel: Channel) -> Station {
        Station { key: format!("{region}/{}", channel.id), channel }
    }
}

/// A programme of the endless schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnAir<'a> {
    pub title: &'a str,
    pub starts: UnixSeconds,
    pub ends: UnixSeconds,
}

impl Tuner {
    /// `current` is the saved setting: the key of a channel, or its id alone.
    pub fn new(current: Option<String>) -> Tuner {
        Tuner { stations: Vec::new(), current, typed: None }
    }

    /// Takes over the channels of all levels. Returns whether anything changed.
    pub fn update(&mut self, library: &Library) -> bool {
        let mut channels: Vec<(RegionCode, &Channel)> = library
            .channels()
            .flat_map(|(region, channels)| channels.iter().map(move |channel| (region, channel)))
            .collect();
        // The nearer region first, so that dedup keeps it.
        channels.sort_by(|(a, x), (b, y)| x.number.cmp(&y.number).then(b.level().cmp(&a.level())));
        channels.dedup_by_key(|(_, channel)| channel.number);
        let stations = channels.into_iter().map(|(region, channel)| Station::new(region, channel.clone()));
        let stations: Vec<Station> = stations.collect();
        let changed = stations != self.stations;
        self.stations = stations;
        changed
    }

    pub fn stations(&self) -> &[Station] {
        &self.stations
    }

    /// The channel that is on, or the first one when the last is gone.
    pub fn current(&self) -> Option<&Station> {
        self.stations.get(self.position()?)
    }

    /// Where the channel that is on stands among all.
    pub fn position(&self) -> Option<usize> {
        let current = self.current.as_deref();
        let by = |name: fn(&Station) -> &str| self.stations.iter().position(|station| Some(name(station)) == current);
        let known = by(|station| station.key.as_str()).or_else(|| by(|station| station.channel.id.as_str()));
        known.or((!self.stations.is_empty()).then_some(0))
    }

    /// The channel that is meant to be on, whether it is there or not.
    pub fn wanted(&self) -> Option<&str> {
        self.current.as_deref()
    }

    pub fn tune(&mut self, key: &str) {
        self.typed = None;
        self.current = Some(key.to_owned());
    }

    /// The channel so many places further, wrapping around.
    pub fn neighbour(&self, by: isize) -> Option<&Station> {
        let at = self.position()?;
        self.stations.get((at as isize + by).rem_euclid(self.stations.len() as isize) as usize)
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
            Some(station) => Digits::Channel(station.key.clone()),
            None => Digits::NoSuchChannel(typed.to_owned()),
        }
    }

    fn find(&self, typed: &str) -> Option<&Station> {
        let number: u16 = typed.parse().ok()?;
        self.stations.iter().find(|station| station.channel.number == number)
    }

    /// Digits typed so far and the name of the channel they lead to.
    pub fn typed(&self) -> Option<(&str, Option<&str>)> {
        let (typed, _) = self.typed.as_ref()?;
        Some((typed, self.find(typed).map(|station| station.channel.name.as_str())))
    }

    pub fn poll_timeout(&self) -> Option<u64> {
        self.typed.as_ref().map(|(_, at)| *at)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digits {
    Channel(ChannelKey),
    NoSuchChannel(String),
}

/// A live picture is so much behind its schedule, in seconds. The cloud announces two segments ahead and the box begins
/// three before the newest, at the one that is on the air; what remains is its arrival and decoding: 1.4 s at three
/// programme boundaries, measured from the playlist's own times to the picture on the screen.
pub const LIVE_DELAY: i64 = 1;

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
    use crate::event::Saved;

    const TOWN: &str = "440224103000";
    const VILLAGE: &str = "440224103998";

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

    fn region(code: &str) -> RegionCode {
        code.parse().expect("a region")
    }

    fn tuner() -> Tuner {
        let station = |number| Station::new(region(VILLAGE), channel(number));
        Tuner { stations: [1, 2, 30].map(station).to_vec(), current: Some(format!("{VILLAGE}/c30")), typed: None }
    }

    /// Town and village both have a channel `general`: the town's is number 1, the village's number 5.
    fn two_levels(current: Option<&str>) -> Tuner {
        let general = |number| Channel { id: "general".into(), ..channel(number) };
        let saved = Saved {
            channels: [(region(TOWN), vec![general(1), channel(3)]), (region(VILLAGE), vec![general(5), channel(7)])]
                .into(),
            ..Saved::default()
        };
        let mut tuner = Tuner::new(current.map(str::to_owned));
        tuner.update(&Library::from_saved(&saved, region(VILLAGE)));
        tuner
    }

    fn number(station: Option<&Station>) -> Option<u16> {
        station.map(|station| station.channel.number)
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
        assert_eq!(number(tuner().neighbour(1)), Some(1));
        assert_eq!(number(tuner().neighbour(-1)), Some(2));
    }

    #[test]
    fn of_two_regions_channels_with_the_same_id_each_is_reached_by_its_number_and_by_zapping() {
        let mut tuner = two_levels(None);
        let mut passed = Vec::new();
        for _ in 0..5 {
            let next = tuner.neighbour(1).expect("there are channels").clone();
            tuner.tune(&next.key);
            passed.push(next.channel.number);
            assert_eq!(number(tuner.current()), Some(next.channel.number));
        }
        assert_eq!(passed, [3, 5, 7, 1, 3]);
        for typed in [5, 1] {
            tuner.digit(typed, 0);
            let Some(Digits::Channel(key)) = tuner.finish_digits() else { panic!("there is a channel {typed}") };
            tuner.tune(&key);
            assert_eq!(number(tuner.current()), Some(u16::from(typed)));
        }
    }

    #[test]
    fn a_channel_that_an_older_program_saved_by_its_id_alone_is_on_again() {
        assert_eq!(number(two_levels(Some("c7")).current()), Some(7));
        // That program could reach no other of two.
        assert_eq!(number(two_levels(Some("general")).current()), Some(1));
        assert_eq!(number(two_levels(Some("440224103998/general")).current()), Some(5));
        assert_eq!(number(two_levels(Some("440224103998/gone")).current()), Some(1));
    }

    #[test]
    fn digits_lead_to_a_channel_when_their_time_is_over() {
        let mut tuner = tuner();
        assert_eq!(tuner.digit(3, 0), None);
        assert_eq!(tuner.digit(0, 500), None);
        assert_eq!(tuner.typed(), Some(("30", Some("频道30"))));
        assert_eq!(tuner.poll_timeout(), Some(500 + DIGITS_WAIT));
        assert_eq!(tuner.finish_digits(), Some(Digits::Channel(format!("{VILLAGE}/c30"))));
    }

    #[test]
    fn three_digits_are_a_number_at_once() {
        let mut tuner = tuner();
        tuner.digit(0, 0);
        tuner.digit(0, 0);
        assert_eq!(tuner.digit(2, 0), Some(Digits::Channel(format!("{VILLAGE}/c2"))));
        tuner.digit(9, 0);
        assert_eq!(tuner.finish_digits(), Some(Digits::NoSuchChannel("9".into())));
    }

    #[test]
    fn the_first_channel_is_on_when_the_last_one_is_gone() {
        let mut tuner = tuner();
        tuner.tune("gone");
        assert_eq!(number(tuner.current()), Some(1));
    }
}
