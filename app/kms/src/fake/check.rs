//! What a driver refuses.

use super::{FakeState, Values, planes};
use crate::device::{Commit, Properties, Request};
use rustix::io::Errno;
use std::io;

/// What makes a commit a change of mode.
const MODESET: [&str; 2] = ["MODE_ID", "ACTIVE"];

/// Brings the properties of an object up to date with what is on the screen.
pub(crate) fn update(object: u32, properties: &mut Properties, shown: &Values) {
    for property in properties.values_mut() {
        if let Some(value) = shown.get(&(object, property.id)) {
            property.value = *value;
        }
    }
}

impl FakeState {
    pub(super) fn commit(&mut self, request: &Request, kind: Commit) -> io::Result<()> {
        if !self.master {
            return Err(Errno::ACCESS.into());
        }
        if kind == Commit::Flip {
            if self.pending.is_some() {
                self.violations.push("a flip is committed while another is on its way".to_owned());
                return Err(Errno::BUSY.into());
            }
            if self.busy > 0 {
                self.busy -= 1;
                return Err(Errno::BUSY.into());
            }
        }
        let before = self.pending.as_ref().unwrap_or(&self.shown);
        let mut values = before.clone();
        for (object, property, value) in &request.values {
            self.check_property(*object, *property, *value).ok_or(Errno::INVAL)?;
            values.insert((*object, *property), *value);
        }
        let changes_mode = MODESET.iter().any(|name| {
            let key = (planes::CRTC, planes::property_id(name));
            before.get(&key) != values.get(&key)
        });
        let active = read(&values, planes::CRTC, "ACTIVE") == 1;
        if kind == Commit::Flip && (changes_mode || !active) {
            return Err(Errno::INVAL.into());
        }
        self.check_planes(&values).ok_or(Errno::INVAL)?;
        match kind {
            Commit::Test => return Ok(()),
            Commit::Flip => self.pending = Some(values),
            Commit::Modeset => {
                // It waits for the flip before, whose event comes, too.
                if self.pending.take().is_some() && !std::mem::take(&mut self.silent) {
                    self.flips += 1;
                }
                self.shown = values;
            }
        }
        self.commits.push(kind);
        Ok(())
    }

    /// The property exists, can be set and takes the value.
    fn check_property(&self, object: u32, property: u32, value: u64) -> Option<()> {
        let planes = self.planes.iter().map(|one| (one.id, &one.properties));
        let crtcs = self.crtcs.iter().map(|one| (one.id, &one.properties));
        let connectors = self.connectors.iter().map(|one| (one.id, &one.properties));
        let (_, properties) = planes.chain(crtcs).chain(connectors).find(|(id, _)| *id == object)?;
        let property = properties.values().find(|one| one.id == property)?;
        let in_range = property.range.is_none_or(|(low, high)| (low..=high).contains(&value));
        (property.mutable && in_range).then_some(())
    }

    fn check_planes(&self, values: &Values) -> Option<()> {
        let number = |object, name| u32::try_from(read(values, object, name)).ok();
        let mode = number(planes::CRTC, "MODE_ID")?;
        let mode = if mode == 0 { None } else { Some(self.blobs.get(&mode)?) };
        for plane in &self.planes {
            let framebuffer = number(plane.id, "FB_ID")?;
            if (framebuffer == 0) != (number(plane.id, "CRTC_ID")? == 0) {
                return None;
            }
            if framebuffer == 0 {
                if self.needs_primary && plane.primary && mode.is_some() {
                    return None;
                }
                continue;
            }
            let (layout, mode) = (self.framebuffers.get(&framebuffer)?, mode?);
            let source = ["SRC_X", "SRC_Y", "SRC_W", "SRC_H"].map(|name| read(values, plane.id, name) >> 16);
            let destination = ["CRTC_X", "CRTC_Y", "CRTC_W", "CRTC_H"].map(|name| read(values, plane.id, name));
            let within = |area: [u64; 4], size: (u32, u32)| {
                area[2] > 0 && area[3] > 0 && area[0] + area[2] <= size.0.into() && area[1] + area[3] <= size.1.into()
            };
            let scaled = source[2..] != destination[2..];
            let refused = self.refused_width == Some(layout.size.0) || (scaled && self.unscaled.contains(&plane.id));
            let takes = plane.formats.contains(&layout.format) && within(source, layout.size);
            if refused || !takes || !within(destination, mode.size()) {
                return None;
            }
        }
        Some(())
    }
}

fn read(values: &Values, object: u32, name: &str) -> u64 {
    values.get(&(object, planes::property_id(name))).copied().unwrap_or_default()
}
