//! Drives a [`Learner`] with real devices, on the caller's thread.

use super::{KEYS, Learner, Prompt};
use crate::debounce::Debounce;
use crate::device::{Evdev, Identity, Opener};
use crate::devices::{Devices, Happening};
use crate::hold::{DeviceId, Timing};
use crate::keymap::write;
use crate::stroke::{Input, Stroke};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use yuexiang_core::key::Key;

#[derive(Clone, Debug)]
pub struct LearnOptions {
    /// Where the devices are: `/dev/input`.
    pub devices: PathBuf,
    /// The site's folder of key maps. It is made if need be.
    pub keymaps: PathBuf,
    pub keys: Vec<Key>,
    /// A key is skipped when nothing was pressed for so long.
    pub patience: Duration,
    /// Whether the console is kept from seeing the keys. A keyboard cannot stop the program then.
    pub grab: bool,
    /// Of [`Timing`].
    pub frame_period: Duration,
}

impl LearnOptions {
    pub fn new(keymaps: PathBuf) -> LearnOptions {
        LearnOptions {
            devices: PathBuf::from("/dev/input"),
            keymaps,
            keys: KEYS.to_vec(),
            patience: Duration::from_secs(15),
            grab: false,
            frame_period: Timing::default().frame_period,
        }
    }
}

/// The key map that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    pub path: PathBuf,
    /// The device that it is for.
    pub device: String,
    pub keys: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    #[error("cannot watch {} for remote controls: {source}", path.display())]
    Watch { path: PathBuf, source: io::Error },
    #[error("there is no remote control in {}", .0.display())]
    NoDevice(PathBuf),
    #[error("no key was learned; nothing was written")]
    NothingLearned,
    #[error("cannot write the key map {name} to {}: {source}", folder.display())]
    Write { folder: PathBuf, name: String, source: io::Error },
}

/// Asks for all keys and writes the key map; returns when the last key was pressed or skipped. A
/// [`RemoteControls`](crate::RemoteControls) that was opened before must be opened anew to use it.
pub fn run(options: &LearnOptions, prompt: impl FnMut(&Prompt)) -> Result<Learned, LearnError> {
    run_with(options, Arc::new(Evdev), prompt)
}

/// As [`run`], with devices other than the kernel's.
pub fn run_with(
    options: &LearnOptions,
    opener: Arc<dyn Opener>,
    mut prompt: impl FnMut(&Prompt),
) -> Result<Learned, LearnError> {
    // Everything that may have keys; what mice click is told apart later.
    let accept = Box::new(|device: &Identity| device.sends_scancodes || !device.codes.is_empty());
    let mut devices = Devices::open(&options.devices, opener, accept, options.grab)
        .map_err(|source| LearnError::Watch { path: options.devices.clone(), source })?;
    let mut learner = Learner::new(options.keys.clone(), options.patience, Instant::now());
    let mut presses = Presses::new(options.frame_period);
    // `wait` gives the devices that are there at once.
    let (happened, _) = devices.wait(None, Some(Instant::now()));
    if happened.is_empty() {
        return Err(LearnError::NoDevice(options.devices.clone()));
    }
    presses.handle(happened, &mut learner);
    loop {
        while let Some(next) = learner.poll_prompt() {
            prompt(&next);
        }
        let Some(patience) = learner.poll_timeout() else { break };
        let (happened, _) = devices.wait(None, Some(presses.poll_timeout().map_or(patience, |at| at.min(patience))));
        presses.handle(happened, &mut learner);
        presses.handle_timeout(Instant::now());
        learner.handle_timeout(Instant::now());
    }
    let device = learner.device().and_then(|device| presses.known.get(device)).ok_or(LearnError::NothingLearned)?;
    let learned = learner.learned();
    let name = write::name(device);
    let path = write::write(&options.keymaps, &name, &write::render(device, &learned))
        .map_err(|source| LearnError::Write { folder: options.keymaps.clone(), name, source })?;
    Ok(Learned { path, device: device.name.clone(), keys: learned.len() })
}

/// Clean presses of all devices: a held key is one press, not the two that confirm.
struct Presses {
    frame_period: Duration,
    /// All devices that were seen. A device that is plugged in anew is the same one.
    known: Vec<Identity>,
    present: BTreeMap<DeviceId, (usize, Debounce<Input>)>,
}

impl Presses {
    fn new(frame_period: Duration) -> Presses {
        Presses { frame_period, known: Vec::new(), present: BTreeMap::new() }
    }

    fn handle(&mut self, happened: Vec<Happening>, learner: &mut Learner) {
        for happening in happened {
            match happening {
                Happening::Added(id, identity) => {
                    let known = self.known.iter().position(|known| *known == identity);
                    let number = known.unwrap_or_else(|| {
                        self.known.push(identity);
                        self.known.len() - 1
                    });
                    self.present.insert(id, (number, Debounce::new(self.frame_period)));
                }
                Happening::Removed(id) => {
                    self.present.remove(&id);
                }
                Happening::Stroke(id, stroke, at) => self.handle_stroke(id, stroke, at, learner),
            }
        }
    }

    fn handle_stroke(&mut self, id: DeviceId, stroke: Stroke, at: Instant, learner: &mut Learner) {
        let Some((number, debounce)) = self.present.get_mut(&id) else { return };
        debounce.handle_timeout(at);
        match stroke {
            Stroke::Press(input) | Stroke::Frame(input) => {
                let (new, _) = debounce.press(input, at);
                if matches!(stroke, Stroke::Frame(_)) {
                    debounce.release(input, at);
                }
                if new {
                    learner.handle_press(*number, input, at);
                }
            }
            Stroke::Release(input) => {
                debounce.release(input, at);
            }
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.present.values().filter_map(|(_, debounce)| debounce.poll_timeout()).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        for (_, debounce) in self.present.values_mut() {
            debounce.handle_timeout(now);
        }
    }
}
