//! The scene and everything that belongs to it, on the UI's thread.

use crate::display::Looper;
use crate::frames::Frame;
use crate::generated as ui;
use crate::pictures::{Decoded, Key, Pictures};
use crate::screens::{Screens, text};
use crate::ui::{UiError, UiEvent, UiHandle};
use crate::{display, icons, keys, paint};
use slint::ComponentHandle;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use yuexiang_core::event::VideoPlace;
use yuexiang_core::ports::{ObjectPaths, Rect};
use yuexiang_core::view::{Language, PlayState, Screen, TextSize, Travel, VideoView, View};

thread_local! {
    /// Tasks find the stage here: they come from other threads and cannot carry it.
    static STAGE: RefCell<Option<Rc<Stage>>> = const { RefCell::new(None) };
}

/// Does `task` with this thread's stage, if there is one.
pub(crate) fn with(task: impl FnOnce(&Stage)) {
    let stage = STAGE.with(|slot| slot.borrow().clone());
    if let Some(stage) = stage {
        task(&stage);
    }
}

pub(crate) fn exists() -> bool {
    STAGE.with(|slot| slot.borrow().is_some())
}

pub(crate) fn forget() {
    let stage = STAGE.with(|slot| slot.borrow_mut().take());
    drop(stage);
}

pub(crate) struct Stage {
    window: ui::MainWindow,
    looper: Looper,
    handle: UiHandle,
    on_event: Box<dyn Fn(UiEvent)>,
    state: RefCell<State>,
    opened: Cell<bool>,
}

struct State {
    view: Option<Box<View>>,
    screens: Screens,
    pictures: Pictures,
    scale: f32,
    slot: UiHandle,
    /// The screen shown before, and whether its picture was the one that is still on the screen.
    picture: PictureState,
}

/// Whether the last frame may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PictureState {
    /// Nothing has come for what is asked for.
    Missing,
    /// The old picture stays until the new one is there.
    Kept,
    Fresh,
}

impl Stage {
    pub fn new(
        looper: Looper,
        handle: UiHandle,
        objects: Arc<dyn ObjectPaths>,
        on_event: Box<dyn Fn(UiEvent)>,
    ) -> Result<Rc<Stage>, UiError> {
        let window = ui::MainWindow::new().map_err(UiError::OpenDisplay)?;
        let scale = paint::scale_for(looper.size());
        icons::serve(&window);
        paint::paint(&window, scale);
        window.global::<ui::Video>().set_on_plane(looper.has_video_plane());
        let mut pictures = Pictures::new(objects, handle.clone());
        pictures.set_scale(scale);
        let screens = Screens::new(&window);
        let slot = handle.clone();
        let state = State { view: None, screens, pictures, scale, slot, picture: PictureState::Missing };
        let stage =
            Rc::new(Stage { window, looper, handle, on_event, state: RefCell::new(state), opened: Cell::new(false) });
        stage.listen();
        STAGE.with(|slot| *slot.borrow_mut() = Some(stage.clone()));
        Ok(stage)
    }

    fn listen(&self) {
        let bridge = self.window.global::<ui::Bridge>();
        bridge.on_key(|key, down, repeat| {
            if let Some(event) = keys::event(&key, down, repeat) {
                with(|stage| (stage.on_event)(UiEvent::Key(event)));
            }
        });
        bridge.on_resized(|| with(Stage::resized));
        self.window.window().on_close_requested(|| {
            with(|stage| {
                (stage.on_event)(UiEvent::Closed);
                stage.handle.quit();
            });
            slint::CloseRequestResponse::HideWindow
        });
    }

    pub fn run(&self) -> Result<(), UiError> {
        self.open()?;
        self.looper.run().map_err(UiError::EventLoop)
    }

    pub fn settle(&self, limit: std::time::Duration) -> Result<bool, UiError> {
        self.open()?;
        Ok(self.looper.settle(limit, || !self.state.borrow().pictures.is_decoding()))
    }

    fn open(&self) -> Result<(), UiError> {
        if self.opened.replace(true) {
            return Ok(());
        }
        self.looper.show(&self.window).map_err(UiError::OpenDisplay)
    }

    /// Slint keeps a window that is shown, and all that belongs to it, until it is hidden.
    pub fn close(&self) {
        if self.opened.replace(false)
            && let Err(error) = self.window.hide()
        {
            tracing::warn!(%error, "closing the window failed");
        }
    }

    pub fn panel_emptied(&self) {
        self.looper.panel_emptied();
        self.panel_changed();
    }

    pub fn panel_changed(&self) {
        self.looper.panel_changed();
        self.window.global::<ui::Video>().set_on_plane(self.looper.has_video_plane());
    }

    /// Where the UI has a hole for the video, in pixels; `None` while there is none, or while it slides with its page.
    pub fn video_hole(&self) -> Option<Rect> {
        let scale = self.window.window().scale_factor();
        let [x, y, width, height] = [
            self.window.get_video_x(),
            self.window.get_video_y(),
            self.window.get_video_width(),
            self.window.get_video_height(),
        ]
        .map(|length| (length * scale).round());
        let (screen_width, screen_height) = self.looper.size();
        let inside = x >= 0.0 && y >= 0.0 && x + width <= screen_width as f32 && y + height <= screen_height as f32;
        (self.looper.has_video_plane() && inside && width >= 1.0 && height >= 1.0).then_some(Rect {
            x: x as u32,
            y: y as u32,
            width: width as u32,
            height: height as u32,
        })
    }

    /// The window got another size.
    fn resized(&self) {
        if matches!(self.looper, Looper::Window(_)) && display::rescale(self.window.window()).is_none() {
            return;
        }
        let scale = self.window.window().scale_factor();
        paint::paint(&self.window, scale);
        let Ok(mut state) = self.state.try_borrow_mut() else { return };
        state.scale = scale;
        state.pictures.set_scale(scale);
        state.refresh(&self.window);
    }

    pub fn show_next(&self) {
        if let Some((view, since)) = self.handle.take_view() {
            self.handle.frames().expect(since);
            self.state.borrow_mut().show(view, &self.window);
        }
    }

    pub fn picture_decoded(&self, key: Key, result: Decoded) {
        let broken = {
            let mut state = self.state.borrow_mut();
            let broken = state.pictures.decoded(key, result);
            state.refresh(&self.window);
            broken
        };
        if let Some(sha256) = broken {
            (self.on_event)(UiEvent::PictureBroken(sha256));
        }
    }

    pub fn take_frame(&self) {
        let Some(buffer) = self.handle.frame_slot().take() else { return };
        let state = self.state.borrow();
        let video = self.window.global::<ui::Video>();
        video.set_frame_width(buffer.width() as f32 / state.scale);
        video.set_frame_height(buffer.height() as f32 / state.scale);
        video.set_frame(slint::Image::from_rgb8(buffer));
    }

    pub fn screenshot(&self, callback: impl FnOnce(Arc<Frame>)) {
        if let Some(frame) = self.looper.capture(&self.window) {
            callback(frame);
        }
    }

    /// Somebody waits for a frame.
    pub fn answer(&self) {
        self.looper.answer(&self.window);
    }
}

impl State {
    fn show(&mut self, view: Box<View>, window: &ui::MainWindow) {
        let theme = window.global::<ui::Theme>();
        theme.set_large(view.text_size == TextSize::Large);
        let before = self.view.as_deref();
        if before.is_none_or(|before| before.language != view.language) {
            let language = match view.language {
                Language::Chinese => "",
                Language::English => "en",
            };
            if let Err(error) = slint::select_bundled_translation(language) {
                tracing::warn!(%error, language, "switching the language failed");
            }
        }
        let head = window.global::<ui::Head>();
        head.set_village(text(&view.header.village));
        head.set_seal(text(&view.header.seal));
        head.set_lineage(text(&view.header.lineage));
        head.set_date(text(&view.header.date));
        head.set_time(text(&view.header.time));
        self.show_video(&view, window);
        self.pictures.begin();
        self.screens.apply(window, &view, &mut self.pictures, self.scale);
        self.turn_page(&view, window);
        self.view = Some(view);
    }

    /// The same view once more, with pictures that have come since.
    fn refresh(&mut self, window: &ui::MainWindow) {
        if let Some(view) = self.view.take() {
            self.screens.apply(window, &view, &mut self.pictures, self.scale);
            self.view = Some(view);
        }
    }

    fn show_video(&mut self, view: &View, window: &ui::MainWindow) {
        let video = window.global::<ui::Video>();
        self.picture = picture_state(self.picture, self.view.as_deref(), view);
        video.set_there(self.picture != PictureState::Missing);
        // Whoever is offered something else sees no change while the channel is tried again.
        video.set_failed(view.video.state == PlayState::Failed || view.video.offer.is_some());
        video.set_message(text(view.video.message.as_deref().unwrap_or_default()));
        video.set_offer(text(view.video.offer.as_deref().unwrap_or_default()));
        // To who hears nothing it is the same.
        video.set_muted(view.video.muted || view.video.volume == 0);
        // Out of sight for longer than a page takes to slide away: the memory of a full-screen frame is given back.
        let hidden = |view: &View| view.video.place == VideoPlace::Hidden;
        let settled = self.view.as_deref().is_some_and(|before| hidden(before) && before.serial == view.serial);
        if hidden(view) && settled && video.get_frame_height() > 900.0 {
            video.set_frame(slint::Image::default());
            video.set_frame_height(0.0);
            self.slot.frame_slot().clear();
        }
        window.global::<ui::HomeData>().set_live_shown(self.picture != PictureState::Missing);
    }

    fn turn_page(&self, view: &View, window: &ui::MainWindow) {
        let kind = screen_kind(&view.screen);
        let Some(before) = self.view.as_deref() else {
            window.set_current(kind);
            return;
        };
        if before.serial == view.serial {
            window.set_current(kind);
            return;
        }
        let leaving = screen_kind(&before.screen);
        let travel = match view.travel {
            Travel::None => 0.0,
            Travel::Forward => 1.0,
            Travel::Back => -1.0,
        };
        let moves = travel != 0.0 && !before.standby;
        window.set_travel(if moves { travel } else { 0.0 });
        // A page that is replaced by one of its own kind has no data left to be drawn with.
        window.set_leaving(if moves && leaving != kind { leaving } else { ui::ScreenKind::None });
        window.set_current(kind);
        if moves {
            window.invoke_slide();
        }
    }
}

/// The last picture stays while another channel is awaited on the same screen; it does not stay when something else is
/// to be seen, or when it was out of sight.
fn picture_state(state: PictureState, before: Option<&View>, view: &View) -> PictureState {
    if view.video.fresh {
        return PictureState::Fresh;
    }
    let Some(before) = before else { return PictureState::Missing };
    let visible = |video: &VideoView| video.place != VideoPlace::Hidden;
    let player = |view: &View| matches!(view.screen, Screen::Player);
    let continues = player(before) == player(view) && visible(&before.video) && visible(&view.video);
    match state {
        PictureState::Missing => PictureState::Missing,
        _ if continues => PictureState::Kept,
        _ if !visible(&view.video) => state,
        _ => PictureState::Missing,
    }
}

fn screen_kind(screen: &Screen) -> ui::ScreenKind {
    match screen {
        Screen::Live => ui::ScreenKind::Live,
        Screen::Home(_) => ui::ScreenKind::Home,
        Screen::Board(_) => ui::ScreenKind::Board,
        Screen::Reader(_) => ui::ScreenKind::Reader,
        Screen::Table(_) => ui::ScreenKind::Table,
        Screen::Story(_) => ui::ScreenKind::Story,
        Screen::VideoDetail(_) => ui::ScreenKind::Detail,
        Screen::Product(_) => ui::ScreenKind::Product,
        Screen::Player => ui::ScreenKind::Player,
        Screen::Settings(_) => ui::ScreenKind::Settings,
        Screen::About(_) => ui::ScreenKind::About,
    }
}
