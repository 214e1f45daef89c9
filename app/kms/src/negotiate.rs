//! Chooses screen, mode and planes. What the planes say of themselves makes the plans; the driver, asked with test
//! commits that change nothing, decides which of them are possible.

use crate::VideoChoice;
use crate::device::{Commit, Connector, Device};
use crate::framebuffer::{Canvas, ModeBlob};
use crate::mode::{Layout, layouts};
use crate::plan::{Plan, with_video, without_video};
use crate::setup::{Resources, Scene, Setup, VideoScene, value};
use drm::buffer::DrmFourcc;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use yuexiang_core::ports::Rect;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no screen is connected")]
    NoScreen,
    #[error("cannot make buffers: {0}")]
    Buffers(#[source] io::Error),
    /// Every try failed; what the last one said.
    #[error("the driver refuses every mode and plane ({0})")]
    Everything(String),
}

/// A picture as it is tried: smaller than the screen, so that it must be scaled up to fill it.
const TRIED_PICTURE: (u32, u32) = (1280, 720);

pub(crate) fn read(device: &dyn Device, probe: bool) -> io::Result<Resources> {
    let connectors = device.connectors(probe)?;
    Ok(Resources { connectors, crtcs: device.crtcs()?, planes: device.planes()? })
}

/// Connected screens, HDMI first, else in the card's order.
pub(crate) fn screens(resources: &Resources) -> Vec<&Connector> {
    let mut screens: Vec<&Connector> = resources.connectors.iter().filter(|one| one.connected).collect();
    screens.sort_by_key(|connector| !connector.hdmi);
    screens
}

pub(crate) fn negotiate(
    device: &Arc<dyn Device>,
    resources: &Resources,
    choice: VideoChoice,
) -> Result<Setup, Refusal> {
    let mut trial = Trial { device, resources, choice, canvases: HashMap::new(), last: None };
    let screens = screens(resources);
    if screens.is_empty() {
        return Err(Refusal::NoScreen);
    }
    for connector in screens {
        if let Some(setup) = trial.screen(connector)? {
            return Ok(setup);
        }
    }
    let last = trial.last.map_or("the screen names no mode".to_owned(), |error| error.to_string());
    Err(Refusal::Everything(last))
}

/// What a screen on this card will have, as far as that can be known before there is one: the plan, or why there will be
/// no plane for video.
pub(crate) fn expected(resources: &Resources, choice: VideoChoice) -> (Option<Plan>, Option<String>) {
    let mut connectors: Vec<&Connector> = resources.connectors.iter().collect();
    connectors.sort_by_key(|connector| !connector.hdmi);
    let crtc = connectors.first().and_then(|connector| connector.crtcs.first());
    let Some(crtc) = crtc.copied() else { return (None, Some("no connector can be fed".to_owned())) };
    let alone = || without_video(&resources.planes, crtc).into_iter().next();
    match video_plans(resources, crtc, choice) {
        Ok(plans) => (plans.into_iter().next(), None),
        Err(reason) => (alone(), Some(reason)),
    }
}

fn video_plans(resources: &Resources, crtc: u32, choice: VideoChoice) -> Result<Vec<Plan>, String> {
    match choice {
        VideoChoice::Scene => Err("switched off".to_owned()),
        VideoChoice::Auto | VideoChoice::Plane => with_video(&resources.planes, crtc),
    }
}

struct Trial<'a> {
    device: &'a Arc<dyn Device>,
    resources: &'a Resources,
    choice: VideoChoice,
    canvases: HashMap<((u32, u32), DrmFourcc), Canvas>,
    last: Option<io::Error>,
}

impl Trial<'_> {
    fn screen(&mut self, connector: &Connector) -> Result<Option<Setup>, Refusal> {
        // The CRTC that feeds the screen already is the one that is sure to.
        let current = value(&connector.properties, "CRTC_ID");
        let mut crtcs: Vec<u32> = connector.crtcs.clone();
        crtcs.sort_by_key(|crtc| current != Some(u64::from(*crtc)));
        for layouts in layouts(&connector.modes) {
            for crtc in &crtcs {
                if let Some(setup) = self.crtc(connector, *crtc, &layouts)? {
                    return Ok(Some(setup));
                }
            }
        }
        Ok(None)
    }

    fn crtc(&mut self, connector: &Connector, crtc: u32, layouts: &[Layout]) -> Result<Option<Setup>, Refusal> {
        let Some(crtc) = self.resources.crtcs.iter().find(|one| one.id == crtc) else { return Ok(None) };
        let setup = |layout: &Layout, plan: &Plan, video_scales, no_video| Setup {
            connector: connector.clone(),
            crtc: crtc.clone(),
            layout: layout.clone(),
            plan: plan.clone(),
            video_scales,
            no_video,
        };
        let mut reason = None;
        // Whoever insists on the plane takes one that shows pictures only in their own size, rather than none.
        let scaling: &[bool] = if self.choice == VideoChoice::Plane { &[true, false] } else { &[true] };
        match video_plans(self.resources, crtc.id, self.choice) {
            Err(why) => reason = Some(why),
            Ok(plans) => {
                for (scales, layout, plan) in combinations(scaling, layouts, &plans) {
                    let setup = setup(layout, plan, scales, None);
                    match self.works(&setup)? {
                        Ok(()) => return Ok(Some(setup)),
                        Err(error) => reason = Some(format!("the driver refuses it ({error})")),
                    }
                }
            }
        }
        for (_, layout, plan) in combinations(&[true], layouts, &without_video(&self.resources.planes, crtc.id)) {
            let setup = setup(layout, plan, false, reason.clone());
            match self.works(&setup)? {
                Ok(()) => return Ok(Some(setup)),
                Err(error) => self.last = Some(error),
            }
        }
        Ok(None)
    }

    /// Asks the driver: the UI alone, and with the video over the whole screen and in a small window.
    fn works(&mut self, setup: &Setup) -> Result<io::Result<()>, Refusal> {
        let ui = self.canvas(setup.layout.frame, setup.plan.format)?;
        let mut scenes = vec![Scene { ui, video: None }];
        if setup.has_video() {
            let framebuffer = match self.canvas(TRIED_PICTURE, DrmFourcc::Nv12) {
                Ok(framebuffer) => framebuffer,
                Err(Refusal::Buffers(error)) => return Ok(Err(error)),
                Err(refusal) => return Err(refusal),
            };
            let (width, height) = setup.layout.frame;
            let whole = Rect { x: 0, y: 0, width, height };
            let window = Rect { x: width / 16, y: height / 4, width: width / 2, height: height / 2 };
            let video = |window| {
                let placement = setup.place(TRIED_PICTURE, (1, 1), window)?;
                Some(Scene { ui, video: Some(VideoScene { framebuffer, placement, bt709: true }) })
            };
            scenes.extend([whole, window].into_iter().filter_map(video));
        }
        let mode = match ModeBlob::new(self.device, &setup.layout.mode) {
            Ok(mode) => mode,
            Err(error) => return Ok(Err(error)),
        };
        let mut tests = scenes.into_iter().map(|scene| setup.light(mode.id, scene, self.resources));
        let result = tests.try_for_each(|request| self.device.commit(&request, Commit::Test));
        let accepted = if result.is_ok() { "accepted" } else { "refused" };
        tracing::debug!("{accepted} by {}: {setup}", self.device.name());
        Ok(result)
    }

    fn canvas(&mut self, size: (u32, u32), format: DrmFourcc) -> Result<u32, Refusal> {
        if let Some(canvas) = self.canvases.get(&(size, format)) {
            return Ok(canvas.framebuffer.id);
        }
        let made = if format == DrmFourcc::Nv12 {
            Canvas::for_video(self.device, size)
        } else {
            Canvas::for_ui(self.device, size, format)
        };
        let canvas = made.map_err(Refusal::Buffers)?;
        let id = canvas.framebuffer.id;
        self.canvases.insert((size, format), canvas);
        Ok(id)
    }
}

/// Scaling before modes before planes: a plane that scales in a makeshift mode is worth more than the best mode.
fn combinations<'a>(
    scaling: &'a [bool],
    layouts: &'a [Layout],
    plans: &'a [Plan],
) -> impl Iterator<Item = (bool, &'a Layout, &'a Plan)> {
    scaling.iter().flat_map(move |scales| {
        layouts.iter().flat_map(move |layout| plans.iter().map(move |plan| (*scales, layout, plan)))
    })
}
