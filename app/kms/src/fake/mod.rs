//! A card of plain data, as strict as a kernel: it refuses what a driver would refuse, and it keeps a list of what no
//! program may do (drawing into what is shown, taking away what is shown, two flips at once).

pub(crate) mod modes;
pub(crate) mod planes;
mod check;

use crate::device::{
    Commit, Connector, Crtc, Device, DumbBuffer, Flip, FramebufferLayout, Memory, Mode, Plane, Request,
};
use drm::buffer::DrmFourcc;
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values of properties by object and property.
pub(crate) type Values = BTreeMap<(u32, u32), u64>;

#[derive(Clone)]
pub(crate) struct FakeCard(Arc<Inner>);

struct Inner {
    state: Mutex<FakeState>,
    event: OwnedFd,
}

pub(crate) struct FakeState {
    pub connectors: Vec<Connector>,
    pub crtcs: Vec<Crtc>,
    pub planes: Vec<Plane>,
    /// Planes that cannot scale.
    pub unscaled: HashSet<u32>,
    /// The CRTC does not work without its primary plane, as in virtual machines and many simple displays.
    pub needs_primary: bool,
    pub master: bool,
    /// Flips that end as soon as they are committed, as with drivers that have no vertical blank.
    pub immediate: bool,
    /// So many of the next flips are refused with EBUSY.
    pub busy: u32,
    /// The next flip happens without an event.
    pub silent: bool,
    /// Pictures of this width are refused.
    pub refused_width: Option<u32>,
    pub buffers: HashMap<u32, FakeBuffer>,
    pub imports: HashMap<u32, RawFd>,
    pub framebuffers: HashMap<u32, FramebufferLayout>,
    pub blobs: HashMap<u32, Mode>,
    /// What is on the screen, and what will be with the next refresh.
    pub shown: Values,
    pub pending: Option<Values>,
    pub commits: Vec<Commit>,
    pub violations: Vec<String>,
    /// Framebuffers made so far.
    pub made: usize,
    flips: usize,
    next: u32,
}

#[derive(Clone)]
pub(crate) struct FakeBuffer {
    pub pitch: u32,
    pub bytes: Arc<Mutex<Vec<u8>>>,
}

impl FakeCard {
    pub fn new(connectors: Vec<Connector>, planes: Vec<Plane>) -> FakeCard {
        let event = eventfd(0, EventfdFlags::NONBLOCK).expect("an eventfd");
        let crtcs = vec![planes::crtc(planes::CRTC)];
        let state = FakeState {
            connectors,
            crtcs,
            planes,
            unscaled: HashSet::new(),
            needs_primary: false,
            master: true,
            immediate: false,
            busy: 0,
            silent: false,
            refused_width: None,
            buffers: HashMap::new(),
            imports: HashMap::new(),
            framebuffers: HashMap::new(),
            blobs: HashMap::new(),
            shown: Values::new(),
            pending: None,
            commits: Vec::new(),
            violations: Vec::new(),
            made: 0,
            flips: 0,
            next: 1000,
        };
        FakeCard(Arc::new(Inner { state: Mutex::new(state), event }))
    }

    pub fn state(&self) -> MutexGuard<'_, FakeState> {
        // A test that fails while it looks at the state must not fail again while it cleans up.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The screen's next refresh.
    pub fn refresh(&self) {
        let mut state = self.state();
        if let Some(values) = state.pending.take() {
            state.shown = values;
            if !std::mem::take(&mut state.silent) {
                state.flips += 1;
                rustix::io::write(&self.0.event, &1_u64.to_ne_bytes()).expect("the event is counted");
            }
        }
    }

    /// Whether a flip waits for the refresh.
    pub fn is_waiting(&self) -> bool {
        self.state().pending.is_some()
    }

    /// Fails when something was done that no program may do.
    #[track_caller]
    pub fn assert_no_violations(&self) {
        assert_eq!(self.state().violations, Vec::<String>::new());
    }

    /// Fails when something of the card is still in use.
    #[track_caller]
    pub fn assert_empty(&self) {
        let state = self.state();
        let left = (state.buffers.len(), state.imports.len(), state.framebuffers.len(), state.blobs.len());
        assert_eq!(left, (0, 0, 0, 0), "buffers, imports, framebuffers, blobs");
    }
}

impl FakeState {
    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// The value of a property on the screen.
    pub fn value(&self, object: u32, name: &str) -> Option<u64> {
        self.shown.get(&(object, planes::property_id(name))).copied()
    }

    /// The framebuffer that a plane shows.
    pub fn framebuffer(&self, plane: u32) -> Option<u32> {
        self.value(plane, "FB_ID").filter(|id| *id != 0).and_then(|id| u32::try_from(id).ok())
    }

    pub fn is_active(&self) -> bool {
        self.value(planes::CRTC, "ACTIVE") == Some(1)
    }

    pub fn mode(&self) -> Option<&Mode> {
        let blob = self.value(planes::CRTC, "MODE_ID")?;
        self.blobs.get(&u32::try_from(blob).ok()?)
    }

    /// Where a plane lies on the screen: x, y, width, height.
    pub fn destination(&self, plane: u32) -> [u64; 4] {
        ["CRTC_X", "CRTC_Y", "CRTC_W", "CRTC_H"].map(|name| self.value(plane, name).unwrap_or_default())
    }

    /// What a plane shows, as red, green, blue, alpha.
    pub fn pixels(&self, plane: u32) -> Option<Vec<u8>> {
        let layout = self.framebuffers.get(&self.framebuffer(plane)?)?;
        let buffer = self.buffers.get(&layout.planes[0]?.handle)?;
        let bytes = buffer.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rgba = Vec::new();
        for row in bytes.chunks(buffer.pitch as usize) {
            rgba.extend_from_slice(&row[..layout.size.0 as usize * 4]);
        }
        if matches!(layout.format, DrmFourcc::Argb8888 | DrmFourcc::Xrgb8888) {
            rgba.as_chunks_mut::<4>().0.iter_mut().for_each(|pixel| pixel.swap(0, 2));
        }
        Some(rgba)
    }

    /// Whether memory or a framebuffer is on the screen or on its way to it.
    fn is_in_use(&self, of: impl Fn(u32) -> bool) -> bool {
        let id = planes::property_id("FB_ID");
        let all = [Some(&self.shown), self.pending.as_ref()].into_iter().flatten().flatten();
        let mut used = all.filter(|((_, property), value)| *property == id && **value != 0);
        used.any(|(_, value)| u32::try_from(*value).is_ok_and(&of))
    }

    /// Planes keep their framebuffers while the CRTC is off, but nobody sees them.
    fn shows_buffer(&self, handle: u32) -> bool {
        self.is_active()
            && self.is_in_use(|framebuffer| {
                let layout = self.framebuffers.get(&framebuffer);
                layout.is_some_and(|layout| layout.planes.iter().flatten().any(|plane| plane.handle == handle))
            })
    }
}

struct FakeMemory {
    card: FakeCard,
    handle: u32,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Memory for FakeMemory {
    fn write(&mut self, write: &mut dyn FnMut(&mut [u8])) {
        let mut state = self.card.state();
        if state.shows_buffer(self.handle) {
            state.violations.push(format!("buffer {} is drawn into while it is shown", self.handle));
        }
        drop(state);
        write(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Device for FakeCard {
    fn name(&self) -> &str {
        "/dev/dri/card0"
    }

    fn is_master(&self) -> bool {
        self.state().master
    }

    fn connectors(&self, _probe: bool) -> io::Result<Vec<Connector>> {
        let state = self.state();
        let mut connectors = state.connectors.clone();
        connectors.iter_mut().for_each(|one| check::update(one.id, &mut one.properties, &state.shown));
        Ok(connectors)
    }

    fn crtcs(&self) -> io::Result<Vec<Crtc>> {
        Ok(self.state().crtcs.clone())
    }

    fn planes(&self) -> io::Result<Vec<Plane>> {
        let state = self.state();
        let mut planes = state.planes.clone();
        planes.iter_mut().for_each(|one| check::update(one.id, &mut one.properties, &state.shown));
        Ok(planes)
    }

    fn create_mode(&self, mode: &Mode) -> io::Result<u32> {
        let mut state = self.state();
        let number = state.number();
        state.blobs.insert(number, mode.clone());
        Ok(number)
    }

    fn destroy_blob(&self, blob: u32) {
        let mut state = self.state();
        if state.blobs.remove(&blob).is_none() {
            state.violations.push(format!("blob {blob} is destroyed twice"));
        }
    }

    fn create_buffer(&self, (width, height): (u32, u32), bits: u32) -> io::Result<DumbBuffer> {
        // Not as long as the rows are, as in real cards.
        let pitch = (width * bits / 8).next_multiple_of(256) + 256;
        let bytes = Arc::new(Mutex::new(vec![0; pitch as usize * height as usize]));
        let mut state = self.state();
        let handle = state.number();
        state.buffers.insert(handle, FakeBuffer { pitch, bytes: bytes.clone() });
        Ok(DumbBuffer { handle, pitch, memory: Box::new(FakeMemory { card: self.clone(), handle, bytes }) })
    }

    fn import(&self, fd: RawFd) -> io::Result<u32> {
        let mut state = self.state();
        if let Some((handle, _)) = state.imports.iter().find(|(_, known)| **known == fd) {
            return Ok(*handle);
        }
        let handle = state.number();
        state.imports.insert(handle, fd);
        Ok(handle)
    }

    fn close_buffer(&self, handle: u32) {
        let mut state = self.state();
        let known = state.buffers.remove(&handle).is_some() | state.imports.remove(&handle).is_some();
        if !known {
            state.violations.push(format!("handle {handle} is closed twice"));
        }
    }

    fn add_framebuffer(&self, layout: &FramebufferLayout) -> io::Result<u32> {
        let mut state = self.state();
        let known = |handle| state.buffers.contains_key(&handle) || state.imports.contains_key(&handle);
        if !layout.planes.iter().flatten().all(|plane| known(plane.handle)) {
            return Err(Errno::NOENT.into());
        }
        state.made += 1;
        let number = state.number();
        state.framebuffers.insert(number, *layout);
        Ok(number)
    }

    fn remove_framebuffer(&self, framebuffer: u32) {
        let mut state = self.state();
        if state.is_in_use(|used| used == framebuffer) {
            state.violations.push(format!("framebuffer {framebuffer} is removed while it is shown"));
        }
        if state.framebuffers.remove(&framebuffer).is_none() {
            state.violations.push(format!("framebuffer {framebuffer} is removed twice"));
        }
    }

    fn commit(&self, request: &Request, kind: Commit) -> io::Result<()> {
        let mut state = self.state();
        state.commit(request, kind)?;
        let immediate = state.immediate && kind == Commit::Flip;
        drop(state);
        if immediate {
            self.refresh();
        }
        Ok(())
    }

    fn flips(&self) -> io::Result<Vec<Flip>> {
        let _ = rustix::io::read(&self.0.event, &mut [0_u8; 8]);
        let mut state = self.state();
        let flip = if state.immediate { Flip::AtOnce } else { Flip::AtRefresh };
        Ok(vec![flip; std::mem::take(&mut state.flips)])
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.0.event.as_fd()
    }
}
