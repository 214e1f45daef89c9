//! A screen, its mode and its planes as they were chosen, and the requests that bring pictures onto them.

use crate::device::{Connector, Crtc, Plane, Request};
use crate::geometry::{Placement, on_screen, place};
use crate::mode::Layout;
use crate::plan::Plan;
use yuexiang_core::ports::Rect;

/// What the card has.
#[derive(Clone, Debug)]
pub(crate) struct Resources {
    pub connectors: Vec<Connector>,
    pub crtcs: Vec<Crtc>,
    pub planes: Vec<Plane>,
}

#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub connector: Connector,
    pub crtc: Crtc,
    pub layout: Layout,
    pub plan: Plan,
    /// Whether the video's plane scales.
    pub video_scales: bool,
    /// Why there is no plane for the video, if there is none.
    pub no_video: Option<String>,
}

/// What is to be seen: numbers of framebuffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scene {
    pub ui: u32,
    pub video: Option<VideoScene>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VideoScene {
    pub framebuffer: u32,
    pub placement: Placement,
    pub bt709: bool,
}

impl Setup {
    pub fn has_video(&self) -> bool {
        self.plan.video.is_some()
    }

    /// Where a picture comes to lie whose window the UI has left open. `None`: out of sight.
    pub fn place(&self, size: (u32, u32), pixel_aspect: (u32, u32), window: Rect) -> Option<Placement> {
        let window = on_screen(window, self.layout.frame, self.layout.ui);
        place(size, pixel_aspect, window, self.layout.mode.size(), self.video_scales)
    }

    /// Changes what the planes show. Their whole state is said each time: it costs nothing, and nothing can be left over
    /// from a commit that failed.
    pub fn show(&self, scene: Scene) -> Request {
        let mut request = Request::default();
        let ui = &self.plan.ui;
        let (width, height) = self.layout.frame;
        let source = Rect { x: 0, y: 0, width, height };
        set_plane(&mut request, ui, self.crtc.id, scene.ui, Placement { source, destination: self.layout.ui });
        request.choose(ui.id, &ui.properties, "pixel blend mode", "Pre-multiplied");
        if let Some(zpos) = self.plan.order.ui {
            request.set(ui.id, &ui.properties, "zpos", zpos);
        }
        let Some(plane) = &self.plan.video else { return request };
        if let Some(zpos) = self.plan.order.video {
            request.set(plane.id, &plane.properties, "zpos", zpos);
        }
        match scene.video {
            None => clear_plane(&mut request, plane),
            Some(video) => {
                set_plane(&mut request, plane, self.crtc.id, video.framebuffer, video.placement);
                let encoding = if video.bt709 { "ITU-R BT.709 YCbCr" } else { "ITU-R BT.601 YCbCr" };
                request.choose(plane.id, &plane.properties, "COLOR_ENCODING", encoding);
                request.choose(plane.id, &plane.properties, "COLOR_RANGE", "YCbCr limited range");
            }
        }
        request
    }

    /// Switches the screen on in its mode, with what is to be seen on it, and takes the CRTC over from whoever used it.
    pub fn light(&self, mode_blob: u32, scene: Scene, resources: &Resources) -> Request {
        let mut request = self.show(scene);
        let ours = u64::from(self.crtc.id);
        for plane in resources.planes.iter().filter(|plane| value(&plane.properties, "CRTC_ID") == Some(ours)) {
            let used = plane.id == self.plan.ui.id || self.plan.video.as_ref().is_some_and(|one| one.id == plane.id);
            if !used {
                clear_plane(&mut request, plane);
            }
        }
        for other in resources.connectors.iter().filter(|other| other.id != self.connector.id) {
            if value(&other.properties, "CRTC_ID") == Some(ours) {
                request.set(other.id, &other.properties, "CRTC_ID", 0);
            }
        }
        // A CRTC that loses its connector must be switched off in the same commit.
        let connector = resources.connectors.iter().find(|connector| connector.id == self.connector.id);
        let before = connector.and_then(|connector| value(&connector.properties, "CRTC_ID"));
        for crtc in resources.crtcs.iter().filter(|crtc| crtc.id != self.crtc.id && before == Some(crtc.id.into())) {
            request.set(crtc.id, &crtc.properties, "ACTIVE", 0);
            request.set(crtc.id, &crtc.properties, "MODE_ID", 0);
        }
        request.set(self.connector.id, &self.connector.properties, "CRTC_ID", ours);
        request.set(self.crtc.id, &self.crtc.properties, "MODE_ID", mode_blob.into());
        request.set(self.crtc.id, &self.crtc.properties, "ACTIVE", 1);
        request
    }

    /// Switches the signal off and keeps everything else, for standby.
    pub fn sleep(&self) -> Request {
        let mut request = Request::default();
        request.set(self.crtc.id, &self.crtc.properties, "ACTIVE", 0);
        request
    }

    /// Lets go of planes, CRTC and connector.
    pub fn release(&self) -> Request {
        let mut request = Request::default();
        clear_plane(&mut request, &self.plan.ui);
        if let Some(plane) = &self.plan.video {
            clear_plane(&mut request, plane);
        }
        request.set(self.connector.id, &self.connector.properties, "CRTC_ID", 0);
        request.set(self.crtc.id, &self.crtc.properties, "ACTIVE", 0);
        request.set(self.crtc.id, &self.crtc.properties, "MODE_ID", 0);
        request
    }
}

impl std::fmt::Display for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Layout { mode, frame, ui } = &self.layout;
        write!(f, "{} at {mode}, UI {}×{} on plane {} ", self.connector.name, frame.0, frame.1, self.plan.ui.id)?;
        write!(f, "({})", self.plan.format)?;
        if (ui.width, ui.height) != *frame {
            write!(f, ", scaled to {}×{}", ui.width, ui.height)?;
        }
        match (&self.plan.video, &self.no_video) {
            (Some(plane), _) if self.video_scales => write!(f, ", video on plane {}", plane.id),
            (Some(plane), _) => write!(f, ", video on plane {}, which does not scale", plane.id),
            (None, Some(reason)) => write!(f, ", no plane for video: {reason}"),
            (None, None) => Ok(()),
        }
    }
}

pub(crate) fn value(properties: &crate::device::Properties, name: &str) -> Option<u64> {
    properties.get(name).map(|property| property.value)
}

fn set_plane(request: &mut Request, plane: &Plane, crtc: u32, framebuffer: u32, placement: Placement) {
    let Placement { source, destination } = placement;
    // The source is in 16.16 fixed point.
    let values = [
        ("FB_ID", framebuffer.into()),
        ("CRTC_ID", crtc.into()),
        ("SRC_X", u64::from(source.x) << 16),
        ("SRC_Y", u64::from(source.y) << 16),
        ("SRC_W", u64::from(source.width) << 16),
        ("SRC_H", u64::from(source.height) << 16),
        ("CRTC_X", destination.x.into()),
        ("CRTC_Y", destination.y.into()),
        ("CRTC_W", destination.width.into()),
        ("CRTC_H", destination.height.into()),
        // Somebody else may have left the plane half transparent.
        ("alpha", 0xffff),
    ];
    for (name, value) in values {
        request.set(plane.id, &plane.properties, name, value);
    }
}

fn clear_plane(request: &mut Request, plane: &Plane) {
    request.set(plane.id, &plane.properties, "FB_ID", 0);
    request.set(plane.id, &plane.properties, "CRTC_ID", 0);
}
