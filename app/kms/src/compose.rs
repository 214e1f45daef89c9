//! What the next commit shows: the part of the [`Engine`] that takes frames and pictures from the other threads.

use crate::engine::Engine;
use crate::pictures::Picture;
use crate::setup::{Scene, Setup, VideoScene};
use crate::shared::{PictureOrder, QueuedFrame};
use std::sync::Arc;

/// What a commit shows, with all that must live as long.
pub(crate) struct Composition {
    pub frame: Option<QueuedFrame>,
    pub picture: Option<Arc<Picture>>,
    pub scene: Scene,
}

impl Composition {
    /// The UI is the same, and so is the picture.
    pub fn shows_nothing_new(&self, on_screen: &Option<Arc<Picture>>) -> bool {
        let same = match (&self.picture, on_screen) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        self.frame.is_none() && same
    }
}

impl Engine {
    /// Takes the waiting frame and picture. `None`: there are no buffers.
    pub(crate) fn compose(&mut self, setup: &Setup) -> Option<Composition> {
        let front = self.front.as_ref()?.canvas.framebuffer.id;
        let (frame, window, order) = {
            let mut state = self.shared.lock();
            let frame = state.queued.take();
            let window = frame.as_ref().map_or(self.window, |frame| frame.video);
            // A picture that there is no room for waits and may be replaced.
            let wanted = (window.is_some() && setup.has_video()) || matches!(state.picture, Some(PictureOrder::Clear));
            let order = if wanted { state.picture.take() } else { None };
            (frame, window, order)
        };
        self.follow_order(order);
        let ui = frame.as_ref().map_or(front, |frame| frame.buffer.canvas.framebuffer.id);
        let shown = self.current.clone().and_then(|picture| {
            setup.plan.video.as_ref()?;
            let placement = setup.place(picture.size, picture.pixel_aspect, window?)?;
            Some((VideoScene { framebuffer: picture.framebuffer.id, placement, bt709: picture.bt709 }, picture))
        });
        let (video, picture) = shown.unzip();
        Some(Composition { frame, picture, scene: Scene { ui, video } })
    }

    pub(crate) fn follow_order(&mut self, order: Option<PictureOrder>) {
        match order {
            None => {}
            Some(PictureOrder::Clear) => {
                self.current = None;
                self.pictures.forget();
            }
            Some(PictureOrder::Show(picture)) => match self.pictures.prepare(picture) {
                Ok(picture) => self.current = Some(Arc::new(picture)),
                Err(error) => self.warn(format!("{} cannot show a picture: {error}", self.device.name())),
            },
        }
    }
}
