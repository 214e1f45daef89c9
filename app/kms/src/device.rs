//! What the display needs of DRM, as a trait: a real card ([`Card`](crate::card::Card)) or, in tests, one made of plain
//! data that checks what it is asked to do.

use drm::buffer::DrmFourcc;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};

/// A card with atomic modesetting. Objects, framebuffers, blobs and buffers are named by the kernel's numbers.
pub(crate) trait Device: Send + Sync {
    /// Path of the device node, for messages.
    fn name(&self) -> &str;
    /// Whether this program may change what is shown.
    fn is_master(&self) -> bool;
    /// `probe` asks the screens again, which reads their EDID and takes a while; else the kernel says what it knows.
    fn connectors(&self, probe: bool) -> io::Result<Vec<Connector>>;
    fn crtcs(&self) -> io::Result<Vec<Crtc>>;
    /// Those that can be used by an atomic commit, without cursors.
    fn planes(&self) -> io::Result<Vec<Plane>>;
    /// Makes a property blob of a mode; freed by [`destroy_blob`](Device::destroy_blob).
    fn create_mode(&self, mode: &Mode) -> io::Result<u32>;
    fn destroy_blob(&self, blob: u32);
    /// Zeroed memory that the display can read, `bits` a pixel; freed by [`close_buffer`](Device::close_buffer).
    fn create_buffer(&self, size: (u32, u32), bits: u32) -> io::Result<DumbBuffer>;
    /// The handle of a DMABUF. The same memory has the same handle until it is closed.
    fn import(&self, fd: RawFd) -> io::Result<u32>;
    fn close_buffer(&self, handle: u32);
    fn add_framebuffer(&self, layout: &FramebufferLayout) -> io::Result<u32>;
    /// The framebuffer must be on no plane any more: the kernel would switch that plane off.
    fn remove_framebuffer(&self, framebuffer: u32);
    fn commit(&self, request: &Request, kind: Commit) -> io::Result<()>;
    /// Page flips that have happened since the last call. Does not wait.
    fn flips(&self) -> io::Result<Vec<Flip>>;
    /// Becomes readable when a page flip has happened.
    fn fd(&self) -> BorrowedFd<'_>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commit {
    /// Only asks whether the driver would do it; a change of mode is allowed.
    Test,
    /// Returns when it is on the screen; a change of mode is allowed.
    Modeset,
    /// Returns at once; a flip is reported when it is on the screen.
    Flip,
}

/// When a page flip was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flip {
    /// With a refresh of the screen.
    AtRefresh,
    /// As soon as the driver was done: it knows of no refresh, as those of virtual machines.
    AtOnce,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connector {
    pub id: u32,
    /// Such as `HDMI-A-1`.
    pub name: String,
    pub hdmi: bool,
    pub connected: bool,
    pub modes: Vec<Mode>,
    /// CRTCs that can feed it.
    pub crtcs: Vec<u32>,
    pub properties: Properties,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crtc {
    pub id: u32,
    pub properties: Properties,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plane {
    pub id: u32,
    pub primary: bool,
    /// CRTCs that can show it.
    pub crtcs: Vec<u32>,
    /// Formats that it takes with linear memory.
    pub formats: Vec<DrmFourcc>,
    pub properties: Properties,
}

/// Properties of an object by name.
pub(crate) type Properties = BTreeMap<String, Property>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Property {
    pub id: u32,
    pub value: u64,
    pub mutable: bool,
    /// Of a range property.
    pub range: Option<(u64, u64)>,
    /// Of an enumeration: names and values.
    pub choices: Vec<(String, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mode {
    pub width: u32,
    pub height: u32,
    /// Pictures (of an interlaced mode: half pictures) a second, rounded: 59.94 is 60.
    pub refresh: u32,
    pub interlaced: bool,
    /// The one that the screen likes best.
    pub preferred: bool,
    /// The kernel's own description; a mode of a test has none.
    pub timing: Option<drm::control::Mode>,
}

impl Mode {
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scan = if self.interlaced { 'i' } else { 'p' };
        write!(f, "{}×{}{scan}{}", self.width, self.height, self.refresh)
    }
}

/// Memory that the processor draws into and the display reads.
pub(crate) struct DumbBuffer {
    pub handle: u32,
    /// Bytes from one row to the next.
    pub pitch: u32,
    pub memory: Box<dyn Memory>,
}

/// A mapping. It is only written: reading from memory of a display may be a hundred times slower than from one's own.
pub(crate) trait Memory: Send {
    fn write(&mut self, write: &mut dyn FnMut(&mut [u8]));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FramebufferLayout {
    pub size: (u32, u32),
    pub format: DrmFourcc,
    pub planes: [Option<FramebufferPlane>; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FramebufferPlane {
    pub handle: u32,
    pub pitch: u32,
    pub offset: u32,
}

/// Values for properties of objects, to be taken over together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// Object, property, value.
    pub values: Vec<(u32, u32, u64)>,
}

impl Request {
    /// Properties that an object does not have or that cannot be changed are left alone: they are the optional ones.
    /// What a commit cannot do without is checked when the objects are read.
    pub fn set(&mut self, object: u32, properties: &Properties, name: &str, value: u64) {
        if let Some(property) = properties.get(name).filter(|property| property.mutable) {
            self.values.push((object, property.id, value));
        }
    }

    /// Sets an enumeration by the name of its value, where there is such a value.
    pub fn choose(&mut self, object: u32, properties: &Properties, name: &str, choice: &str) {
        let choices = properties.get(name).map_or(&[][..], |property| &property.choices);
        if let Some((_, value)) = choices.iter().find(|(name, _)| name == choice) {
            self.set(object, properties, name, *value);
        }
    }
}
