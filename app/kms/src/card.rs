//! A real card: the [`Device`] of the kernel.

use crate::device::{
    Commit, Connector, Crtc, Device, DumbBuffer, Flip, FramebufferLayout, Memory, Mode, Plane, Properties, Property,
    Request,
};
use crate::formats::linear_formats;
use drm::buffer::{self, DrmFourcc, DrmModifier, PlanarBuffer};
use drm::control::{self, AtomicCommitFlags, FbCmd2Flags, ModeFlags, ModeTypeFlags, ResourceHandle, property};
use drm::control::{Device as ControlDevice, PlaneType, atomic::AtomicModeReq, connector, dumbbuffer::DumbMapping};
use drm::{ClientCapability, Device as BasicDevice, DriverCapability};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What a plane must have to be usable by an atomic commit.
const PLANE_PROPERTIES: [&str; 10] =
    ["FB_ID", "CRTC_ID", "SRC_X", "SRC_Y", "SRC_W", "SRC_H", "CRTC_X", "CRTC_Y", "CRTC_W", "CRTC_H"];

pub(crate) struct Card {
    file: File,
    path: PathBuf,
    name: String,
}

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl BasicDevice for Card {}
impl ControlDevice for Card {}

impl Card {
    pub fn open(path: &Path) -> io::Result<Card> {
        // Events are read until there are none left, so reading must not wait.
        let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
        let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)?;
        Ok(Card { file, path: path.to_owned(), name: path.display().to_string() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Asks for all planes with all their properties. An error means that the driver has no atomic modesetting.
    pub fn enable_atomic(&self) -> io::Result<()> {
        self.set_client_capability(ClientCapability::UniversalPlanes, true)?;
        self.set_client_capability(ClientCapability::Atomic, true)
    }

    pub fn has_dumb_buffers(&self) -> bool {
        self.get_driver_capability(DriverCapability::DumbBuffer).is_ok_and(|value| value != 0)
    }

    pub fn driver(&self) -> io::Result<String> {
        Ok(self.get_driver()?.name().to_string_lossy().into_owned())
    }

    fn properties<H: ResourceHandle>(&self, handle: H, known: &mut Known) -> io::Result<Properties> {
        let mut properties = Properties::new();
        for (id, value) in self.get_properties(handle)? {
            let info = match known.entry(id) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => entry.insert(self.get_property(id)?),
            };
            properties.insert(info.name().to_string_lossy().into_owned(), property_of(info, value));
        }
        Ok(properties)
    }

    fn connector(&self, handle: connector::Handle, probe: bool, known: &mut Known) -> io::Result<Connector> {
        let resources = self.resource_handles()?;
        let info = self.get_connector(handle, probe)?;
        let mut crtcs: Vec<u32> = Vec::new();
        for encoder in info.encoders() {
            let possible = self.get_encoder(*encoder)?.possible_crtcs();
            crtcs.extend(resources.filter_crtcs(possible).into_iter().map(u32::from));
        }
        crtcs.sort_unstable();
        crtcs.dedup();
        Ok(Connector {
            id: handle.into(),
            name: info.to_string(),
            hdmi: matches!(info.interface(), connector::Interface::HDMIA | connector::Interface::HDMIB),
            connected: info.state() == connector::State::Connected,
            modes: info.modes().iter().map(mode_of).collect(),
            crtcs,
            properties: self.properties(handle, known)?,
        })
    }
}

/// Properties that were read already: many objects have the same ones.
type Known = HashMap<property::Handle, property::Info>;

fn property_of(info: &property::Info, value: u64) -> Property {
    let mut property =
        Property { id: info.handle().into(), value, mutable: info.mutable(), range: None, choices: Vec::new() };
    match info.value_type() {
        property::ValueType::UnsignedRange(low, high) => property.range = Some((*low, *high)),
        property::ValueType::Boolean => property.range = Some((0, 1)),
        property::ValueType::Enum(values) => {
            let named = values.values().1.iter();
            property.choices = named.map(|one| (one.name().to_string_lossy().into_owned(), one.value())).collect();
        }
        _ => {}
    }
    property
}

fn mode_of(mode: &control::Mode) -> Mode {
    let (width, height) = mode.size();
    Mode {
        width: width.into(),
        height: height.into(),
        refresh: mode.vrefresh(),
        interlaced: mode.flags().contains(ModeFlags::INTERLACE),
        preferred: mode.mode_type().contains(ModeTypeFlags::PREFERRED),
        timing: Some(*mode),
    }
}

/// The kernel counts refreshes from the moment the screen is lit, and says 0 for a driver that has no vertical blank.
fn flip_of(event: &control::Event) -> Option<Flip> {
    match event {
        control::Event::PageFlip(flip) => Some(if flip.frame == 0 { Flip::AtOnce } else { Flip::AtRefresh }),
        _ => None,
    }
}

impl Device for Card {
    fn name(&self) -> &str {
        &self.name
    }

    /// Whoever opens a card first becomes its master. Asking to become it again would need the administrator's rights
    /// on older kernels even where it is the case, so a right that only the master has is tried first.
    #[allow(deprecated, reason = "there is no newer way to ask")]
    fn is_master(&self) -> bool {
        let authenticated = self.generate_auth_token().and_then(|token| self.authenticate_auth_token(token));
        authenticated.is_ok() || self.acquire_master_lock().is_ok()
    }

    fn connectors(&self, probe: bool) -> io::Result<Vec<Connector>> {
        let known = &mut Known::new();
        let handles = self.resource_handles()?.connectors;
        handles.into_iter().map(|handle| self.connector(handle, probe, known)).collect()
    }

    fn crtcs(&self) -> io::Result<Vec<Crtc>> {
        let known = &mut Known::new();
        let crtcs = self.resource_handles()?.crtcs.into_iter();
        crtcs.map(|crtc| Ok(Crtc { id: crtc.into(), properties: self.properties(crtc, known)? })).collect()
    }

    fn planes(&self) -> io::Result<Vec<Plane>> {
        let known = &mut Known::new();
        let resources = self.resource_handles()?;
        let mut planes = Vec::new();
        for handle in self.plane_handles()? {
            let info = self.get_plane(handle)?;
            let properties = self.properties(handle, known)?;
            let kind = properties.get("type").map(|property| property.value);
            let cursor = kind == Some(PlaneType::Cursor as u64);
            if cursor || PLANE_PROPERTIES.iter().any(|name| !properties.contains_key(*name)) {
                continue;
            }
            let blob = properties.get("IN_FORMATS").filter(|property| property.value != 0);
            let formats = blob.and_then(|property| linear_formats(&self.get_property_blob(property.value).ok()?));
            let formats = formats.unwrap_or_else(|| info.formats().to_vec());
            planes.push(Plane {
                id: handle.into(),
                primary: kind == Some(PlaneType::Primary as u64),
                crtcs: resources.filter_crtcs(info.possible_crtcs()).into_iter().map(u32::from).collect(),
                formats: formats.into_iter().filter_map(|code| DrmFourcc::try_from(code).ok()).collect(),
                properties,
            });
        }
        Ok(planes)
    }

    fn create_mode(&self, mode: &Mode) -> io::Result<u32> {
        let timing = mode.timing.ok_or_else(|| io::Error::other("the mode is not of this card"))?;
        let value: property::RawValue = self.create_property_blob(&timing)?.into();
        u32::try_from(value).map_err(io::Error::other)
    }

    fn destroy_blob(&self, blob: u32) {
        if let Err(error) = self.destroy_property_blob(blob.into()) {
            tracing::debug!("{}: cannot destroy the blob {blob}: {error}", self.name);
        }
    }

    fn create_buffer(&self, size: (u32, u32), bits: u32) -> io::Result<DumbBuffer> {
        // The crate only carries the format along; the kernel knows bits a pixel.
        let mut dumb = self.create_dumb_buffer(size, DrmFourcc::Argb8888, bits)?;
        let (handle, pitch) = (u32::from(buffer::Buffer::handle(&dumb)), buffer::Buffer::pitch(&dumb));
        match self.map_dumb_buffer(&mut dumb) {
            Ok(mapping) => {
                // SAFETY: the lifetime ties the mapping to the plain description `dumb`, but the memory is the kernel's
                // and stays mapped until the mapping is dropped, even when the handle is closed before.
                let mapping = unsafe { std::mem::transmute::<DumbMapping<'_>, DumbMapping<'static>>(mapping) };
                Ok(DumbBuffer { handle, pitch, memory: Box::new(Mapping(mapping)) })
            }
            Err(error) => {
                Device::close_buffer(self, handle);
                Err(error)
            }
        }
    }

    fn import(&self, fd: RawFd) -> io::Result<u32> {
        if fd < 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the picture has no DMABUF"));
        }
        // SAFETY: the picture's owner, which the caller holds, keeps the descriptor open.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        Ok(self.prime_fd_to_buffer(fd)?.into())
    }

    fn close_buffer(&self, handle: u32) {
        let Some(handle) = control::from_u32::<buffer::Handle>(handle) else { return };
        // For buffers of the card's own this is what DESTROY_DUMB does, too.
        if let Err(error) = ControlDevice::close_buffer(self, handle) {
            tracing::debug!("{}: cannot close the buffer {handle:?}: {error}", self.name);
        }
    }

    fn add_framebuffer(&self, layout: &FramebufferLayout) -> io::Result<u32> {
        Ok(self.add_planar_framebuffer(&Planar(layout), FbCmd2Flags::empty())?.into())
    }

    fn remove_framebuffer(&self, framebuffer: u32) {
        let Some(handle) = control::from_u32(framebuffer) else { return };
        if let Err(error) = self.destroy_framebuffer(handle) {
            tracing::debug!("{}: cannot remove the framebuffer {framebuffer}: {error}", self.name);
        }
    }

    fn commit(&self, request: &Request, kind: Commit) -> io::Result<()> {
        let mut values = AtomicModeReq::new();
        for (object, property, value) in &request.values {
            if let (Some(object), Some(property)) = (control::from_u32(*object), control::from_u32(*property)) {
                values.add_raw_property(object, property, *value);
            }
        }
        let flags = match kind {
            Commit::Test => AtomicCommitFlags::TEST_ONLY | AtomicCommitFlags::ALLOW_MODESET,
            Commit::Modeset => AtomicCommitFlags::ALLOW_MODESET,
            Commit::Flip => AtomicCommitFlags::NONBLOCK | AtomicCommitFlags::PAGE_FLIP_EVENT,
        };
        self.atomic_commit(flags, values)
    }

    fn flips(&self) -> io::Result<Vec<Flip>> {
        match self.receive_events() {
            Ok(events) => Ok(events.filter_map(|event| flip_of(&event)).collect()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.as_fd()
    }
}

struct Mapping(DumbMapping<'static>);

impl Memory for Mapping {
    fn write(&mut self, write: &mut dyn FnMut(&mut [u8])) {
        write(&mut self.0);
    }
}

/// A layout in the shape that ADDFB2 takes, without modifiers: the memory is linear.
struct Planar<'a>(&'a FramebufferLayout);

impl PlanarBuffer for Planar<'_> {
    fn size(&self) -> (u32, u32) {
        self.0.size
    }

    fn format(&self) -> DrmFourcc {
        self.0.format
    }

    fn modifier(&self) -> Option<DrmModifier> {
        None
    }

    fn pitches(&self) -> [u32; 4] {
        let [first, second] = self.0.planes.map(|plane| plane.map_or(0, |plane| plane.pitch));
        [first, second, 0, 0]
    }

    fn handles(&self) -> [Option<buffer::Handle>; 4] {
        let [first, second] = self.0.planes.map(|plane| control::from_u32(plane?.handle));
        [first, second, None, None]
    }

    fn offsets(&self) -> [u32; 4] {
        let [first, second] = self.0.planes.map(|plane| plane.map_or(0, |plane| plane.offset));
        [first, second, 0, 0]
    }
}
