//! What the process takes of the machine, and when that is too much.

use std::io;

/// Read from `/proc/self`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    pub threads: u64,
    /// Open file descriptors.
    pub descriptors: u64,
    /// Bytes of memory that belong to nobody else (`RssAnon`); files that are mapped can be taken away at any time.
    pub memory: u64,
}

/// A passing peak is none: a picture story, two pipelines while one follows the other.
const LOOKS: u32 = 5;

/// Far more than has been seen of a box that plays: 170 MB with 1080p, and without a display and sound 21 threads and 39
/// descriptors, to which a decoder adds a thread for each core.
const GROWN: Vitals = Vitals { threads: 128, descriptors: 256, memory: 272 << 20 };

/// While the program can still end in order. Of `yuexiang.service`: no thread can be started beyond `TasksMax=256`, nothing
/// can be opened beyond `LimitNOFILE=4096`, and from `MemoryHigh=384M` on the kernel makes it slower and slower.
const BROKEN: Vitals = Vitals { threads: 208, descriptors: 2_048, memory: 352 << 20 };

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Well,
    /// Said once for as long as it lasts.
    Grown(String),
    /// It has been too much for a while. Said once.
    Broken(String),
}

#[derive(Debug, Default)]
pub struct Patient {
    grown: u32,
    broken: u32,
}

impl Vitals {
    pub fn read() -> io::Result<Vitals> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let (threads, memory) = of_status(&status).ok_or(io::ErrorKind::InvalidData)?;
        // One of them is the folder being read.
        let descriptors = std::fs::read_dir("/proc/self/fd")?.count().saturating_sub(1) as u64;
        Ok(Vitals { threads, descriptors, memory })
    }

    fn beyond(self, bound: Vitals) -> Option<String> {
        const MIB: u64 = 1 << 20;
        let named = [
            ("threads", self.threads, bound.threads),
            ("open descriptors", self.descriptors, bound.descriptors),
            ("MiB of memory", self.memory / MIB, bound.memory / MIB),
        ];
        let (what, taken, bound) = named.into_iter().find(|(_, taken, bound)| taken > bound)?;
        Some(format!("{taken} {what}, more than {bound}"))
    }
}

fn of_status(status: &str) -> Option<(u64, u64)> {
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').split_whitespace().next()?.parse::<u64>().ok()
    };
    Some((number("Threads")?, number("RssAnon")? * 1_024))
}

impl Patient {
    pub fn look(&mut self, vitals: Vitals) -> Verdict {
        let count = |beyond: &Option<String>, looks: u32| if beyond.is_some() { looks.saturating_add(1) } else { 0 };
        let (grown, broken) = (vitals.beyond(GROWN), vitals.beyond(BROKEN));
        self.grown = count(&grown, self.grown);
        self.broken = count(&broken, self.broken);
        match (broken, grown) {
            (Some(what), _) if self.broken == LOOKS => Verdict::Broken(what),
            (_, Some(what)) if self.grown == LOOKS => Verdict::Grown(what),
            _ => Verdict::Well,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Vitals = Vitals { threads: 60, descriptors: 110, memory: 170 << 20 };

    #[track_caller]
    fn look_long(patient: &mut Patient, vitals: Vitals) -> Vec<Verdict> {
        (0..4 * LOOKS).map(|_| patient.look(vitals)).filter(|verdict| *verdict != Verdict::Well).collect()
    }

    #[test]
    fn a_box_that_plays_is_well() {
        assert_eq!(look_long(&mut Patient::default(), USUAL), []);
    }

    #[test]
    fn what_has_grown_is_said_once_and_again_when_it_comes_back() {
        let mut patient = Patient::default();
        let grown = Vitals { threads: 130, ..USUAL };
        let said = [Verdict::Grown("130 threads, more than 128".into())];
        assert_eq!(look_long(&mut patient, grown), said);
        assert_eq!(look_long(&mut patient, USUAL), []);
        assert_eq!(look_long(&mut patient, grown), said);
    }

    #[test]
    fn whatever_is_too_much_for_long_ends_the_program_with_its_name() {
        for (vitals, what) in [
            (Vitals { threads: 371, ..USUAL }, "371 threads, more than 208"),
            (Vitals { descriptors: 3_000, ..USUAL }, "3000 open descriptors, more than 2048"),
            (Vitals { memory: 1_025 << 20, ..USUAL }, "1025 MiB of memory, more than 352"),
        ] {
            assert_eq!(look_long(&mut Patient::default(), vitals), [Verdict::Broken(what.into())]);
        }
    }

    #[test]
    fn a_passing_peak_is_none() {
        let mut patient = Patient::default();
        let peak = Vitals { memory: 400 << 20, ..USUAL };
        for _ in 0..20 {
            for _ in 1..LOOKS {
                assert_eq!(patient.look(peak), Verdict::Well);
            }
            assert_eq!(patient.look(USUAL), Verdict::Well);
        }
    }

    #[test]
    fn the_kernels_own_words_are_read() {
        let status =
            "Name:\tyuexiang\nVmRSS:\t  200000 kB\nRssAnon:\t  150000 kB\nRssFile:\t   50000 kB\nThreads:\t61\n";
        assert_eq!(of_status(status), Some((61, 150_000 * 1_024)));
        let vitals = Vitals::read().expect("this process has a status");
        assert!(vitals.threads >= 1 && vitals.descriptors >= 3 && vitals.memory > 0, "{vitals:?}");
    }

    /// The bounds stand in the unit's own words.
    #[test]
    fn the_bounds_lie_below_what_the_service_manager_allows() {
        let unit = include_str!("../../../../cross/systemd/yuexiang.service");
        let value = |name: &str| {
            let line = unit.lines().find_map(|line| line.strip_prefix(name)).expect("the unit names it");
            let digits = line.trim_end_matches('M');
            digits.parse::<u64>().expect("a number") << if line.ends_with('M') { 20 } else { 0 }
        };
        assert!(BROKEN.threads < value("TasksMax="));
        assert!(BROKEN.descriptors < value("LimitNOFILE="));
        assert!(BROKEN.memory < value("MemoryHigh="));
    }
}
