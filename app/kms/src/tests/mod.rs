//! The engine against a card of plain data, without threads and without waiting.

mod negotiation;
mod frames;
mod pictures;
mod screens;
mod threads;

use crate::device::{Connector, Device, Plane};
use crate::engine::Engine;
use crate::fake::FakeCard;
use crate::fake::planes::of_a_box;
use crate::shared::{DisplayPanel, DisplayVideo, Shared};
use crate::{DisplayEvent, OpenError, VideoChoice};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use yuexiang_core::ports::{Nv12Picture, Panel, PictureMemory, PlaneLayout, Rect, UiFrame, VideoPlane};

const UI: u32 = 1;
const VIDEO: u32 = 2;
const REFRESH: Duration = Duration::from_micros(16_667);

struct World {
    card: FakeCard,
    panel: DisplayPanel,
    video: DisplayVideo,
    shared: Arc<Shared>,
    engine: Engine,
    events: Receiver<DisplayEvent>,
    now: Instant,
    /// The frame as the UI has drawn it.
    frame: Vec<u8>,
}

fn start(card: &FakeCard, choice: VideoChoice) -> Result<World, OpenError> {
    let (sender, events) = channel();
    let notify = Box::new(move |event| {
        // A test may have let go of the events.
        let _ = sender.send(event);
    });
    let device: Arc<dyn Device> = Arc::new(card.clone());
    let shared = Shared::new().expect("an eventfd");
    let now = Instant::now();
    let engine = Engine::start(&device, &shared, choice, notify, now)?;
    let (panel, video) = (DisplayPanel(shared.clone()), DisplayVideo(shared.clone()));
    Ok(World { card: card.clone(), panel, video, shared, engine, events, now, frame: Vec::new() })
}

impl World {
    fn new(connector: Connector, planes: Vec<Plane>) -> World {
        start(&FakeCard::new(vec![connector], planes), VideoChoice::Auto).expect("it opens")
    }

    /// A box at this screen.
    fn at(connector: Connector) -> World {
        World::new(connector, of_a_box())
    }

    /// Paints a part of the frame and presents it.
    fn paint(&mut self, part: Rect, colour: u8, video: Option<Rect>) {
        self.draw(part, colour);
        self.present(&[part], video);
    }

    fn draw(&mut self, part: Rect, colour: u8) {
        let (width, height) = self.panel.size();
        self.frame.resize(width as usize * height as usize * 4, 0);
        for row in part.y..part.y + part.height {
            let start = (row * width + part.x) as usize * 4;
            let pixels = &mut self.frame[start..start + part.width as usize * 4];
            for pixel in pixels.as_chunks_mut::<4>().0 {
                *pixel = [colour, colour.wrapping_add(1), colour.wrapping_add(2), colour.wrapping_add(3)];
            }
        }
    }

    fn present(&mut self, changed: &[Rect], video: Option<Rect>) {
        self.panel.present(UiFrame { rgba: &self.frame, changed, video });
        self.engine.handle_wake(self.now);
    }

    fn paint_whole(&mut self, colour: u8, video: Option<Rect>) {
        let (width, height) = self.panel.size();
        self.frame = vec![0; width as usize * height as usize * 4];
        self.paint(Rect { x: 0, y: 0, width, height }, colour, video);
    }

    fn show(&mut self, picture: Nv12Picture) {
        self.video.show(picture);
        self.engine.handle_wake(self.now);
    }

    /// The next refresh, and the events it brings.
    fn refresh(&mut self) {
        self.now += REFRESH;
        self.card.refresh();
        self.take_flips();
        self.card.assert_no_violations();
    }

    fn take_flips(&mut self) {
        for flip in self.card.flips().expect("flips") {
            self.engine.handle_flip(flip, self.now);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.engine.handle_wake(self.now);
    }

    fn power(&mut self, on: bool) {
        self.shared.lock().asleep = !on;
        self.engine.handle_wake(self.now);
    }

    fn plug(&mut self, connector: Connector) {
        self.card.state().connectors = vec![connector];
        self.engine.handle_hotplug(self.now);
    }

    fn events(&self) -> Vec<DisplayEvent> {
        self.events.try_iter().collect()
    }

    /// Closes the display; nothing may be left on the card.
    fn close(self) {
        self.engine.close();
        drop((self.panel, self.video));
        let state = self.card.state();
        assert_eq!((state.framebuffer(UI), state.framebuffer(VIDEO), state.is_active()), (None, None, false));
        drop(state);
        self.card.assert_no_violations();
        self.card.assert_empty();
    }

    #[track_caller]
    fn assert_shown(&self) {
        let shown = self.card.state().pixels(UI).expect("a frame");
        assert!(shown == self.frame, "the screen shows another frame");
    }
}

/// A picture in memory, its luma and chroma of one value each.
fn bytes_picture((width, height): (u32, u32), luma: u8, chroma: u8) -> Nv12Picture {
    let length = width as usize * height as usize;
    let mut bytes = vec![luma; length];
    bytes.resize(length / 2 * 3, chroma);
    let memory = PictureMemory::Bytes(Arc::new(bytes));
    picture((width, height), memory)
}

/// A picture in memory of the decoder; the test sees by the owner when it is given back.
fn dmabuf_picture(size: (u32, u32), fd: i32, owner: &Arc<()>) -> Nv12Picture {
    picture(size, PictureMemory::DmaBuf { planes: [fd; 2], owner: owner.clone() })
}

fn picture((width, height): (u32, u32), memory: PictureMemory) -> Nv12Picture {
    let stride = width as usize;
    let planes = [PlaneLayout { offset: 0, stride }, PlaneLayout { offset: stride * height as usize, stride }];
    Nv12Picture { width, height, pixel_aspect: (1, 1), bt709: true, planes, memory }
}
