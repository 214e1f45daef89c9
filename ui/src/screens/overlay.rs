//! What lies over every screen: the question, the short message, the line about the network, the dark of standby.

use super::Context;
use super::parts::{button, text};
use crate::generated as ui;
use crate::models::sync;
use slint::{ComponentHandle, ModelRc, VecModel};
use std::rc::Rc;
use yuexiang_core::view::{NoticeSign, View};

pub(super) struct Overlay {
    buttons: Rc<VecModel<ui::Button>>,
}

impl Overlay {
    pub fn new(window: &ui::MainWindow) -> Overlay {
        let overlay = Overlay { buttons: Rc::default() };
        window.global::<ui::DialogData>().set_buttons(ModelRc::from(overlay.buttons.clone()));
        overlay
    }

    pub fn apply(&mut self, view: &View, context: &mut Context) {
        let window = context.window;
        let notice = window.global::<ui::Notice>();
        notice.set_text(text(view.notice.as_deref().unwrap_or_default()));
        notice.set_icon(match view.notice_sign {
            NoticeSign::Offline => ui::IconName::Offline,
            NoticeSign::Storage => ui::IconName::Storage,
            NoticeSign::Refused => ui::IconName::Refused,
            NoticeSign::Receiving => ui::IconName::Loading,
        });
        window.global::<ui::ToastData>().set_text(text(view.toast.as_deref().unwrap_or_default()));
        window.set_standby(view.standby);
        let data = window.global::<ui::DialogData>();
        if let Some(dialog) = &view.dialog {
            data.set_title(text(&dialog.title));
            data.set_text(text(&dialog.text));
            let buttons = dialog.buttons.iter().map(|view| button(view, ui::IconName::None));
            sync(&self.buttons, buttons.collect(), |button| button.id.clone());
            let at = context.focus.and_then(|focus| dialog.buttons.iter().position(|button| button.id == focus));
            if let Some(at) = at {
                data.set_at(at as i32);
            }
        }
        data.set_shown(view.dialog.is_some());
    }
}
