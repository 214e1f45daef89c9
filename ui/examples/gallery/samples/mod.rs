//! A view of every screen and of every state that had to be designed.

mod home;
mod lists;
mod media;
mod pages;

use crate::photos::photo;
use yuexiang_core::catalog::Board;
use yuexiang_core::event::VideoPlace;
use yuexiang_core::key::Layer;
use yuexiang_core::view::*;

pub struct Sample {
    pub name: &'static str,
    pub view: View,
}

pub fn all() -> Vec<Sample> {
    [home::samples(), lists::samples(), pages::samples(), media::samples()].into_iter().flatten().collect()
}

fn sample(name: &'static str, view: View) -> Sample {
    Sample { name, view }
}

fn view(screen: Screen, focus: &str) -> View {
    let place = match screen {
        Screen::Live | Screen::Player => VideoPlace::Full,
        Screen::Home(_) => VideoPlace::Window,
        _ => VideoPlace::Hidden,
    };
    View {
        language: Language::Chinese,
        text_size: TextSize::Normal,
        header: Header {
            village: "榕树村".into(),
            seal: "榕".into(),
            lineage: "广东省 · 韶关市 · 仁化县 · 丹霞街道".into(),
            date: "11月23日 星期一".into(),
            time: "19:42".into(),
        },
        screen,
        serial: 1,
        travel: Travel::None,
        layer: Layer::Screen,
        focus: focus.into(),
        elements: Vec::new(),
        video: VideoView {
            place,
            fresh: place != VideoPlace::Hidden,
            source: "live/rongshu".into(),
            state: PlayState::Playing,
            position: 0,
            duration: 0,
            message: None,
            offer: None,
            muted: false,
            volume: 60,
        },
        osd: None,
        dialog: None,
        notice: None,
        notice_sign: NoticeSign::Offline,
        toast: None,
        standby: false,
        sync: SyncView::default(),
    }
}

fn large(mut view: View) -> View {
    view.text_size = TextSize::Large;
    view
}

fn english(mut view: View) -> View {
    view.language = Language::English;
    view.header = Header {
        village: "Rongshu".into(),
        seal: "榕".into(),
        lineage: "Guangdong · Shaoguan · Renhua · Danxia".into(),
        date: "Mon 23 Nov".into(),
        time: "19:42".into(),
    };
    view
}

fn offline(mut view: View) -> View {
    view.notice = Some("网络断了，正在看的是昨天 18:30 存下的内容".into());
    view
}

fn empty_view(icon: EmptyIcon, title: &str, text: &str) -> EmptyView {
    EmptyView { icon, title: title.into(), text: text.into() }
}

fn loading() -> EmptyView {
    empty_view(EmptyIcon::Loading, "正在取内容", "很快就好。")
}

fn fact(label: &str, value: &str) -> Fact {
    Fact { label: label.into(), value: value.into() }
}

/// A text with facts above it.
fn text_page(facts: &[(&str, &str)], indent: f32, mut lines: Vec<TextLine>) -> TextPage {
    let rows = facts.len() as f32 * 1.2;
    let below = if facts.is_empty() { 0.0 } else { rows + 0.5 };
    lines.iter_mut().for_each(|line| line.top += below);
    let row = |(index, (label, value)): (usize, &(&str, &str))| FactRow {
        label: (*label).into(),
        value: (*value).into(),
        label_lines: vec![(*label).into()],
        value_lines: vec![(*value).into()],
        indent,
        top: index as f32 * 1.2,
        height: 1.2,
    };
    TextPage { lines, figures: Vec::new(), facts: facts.iter().enumerate().map(row).collect() }
}

fn hint(keys: &str, text: &str) -> Hint {
    Hint { keys: keys.into(), text: text.into() }
}

fn fresh(number: u8, board: Board, tag: &str, title: &str, with_picture: bool) -> FreshCard {
    FreshCard {
        id: format!("item/{number}"),
        item: number.to_string(),
        tag: tag.into(),
        title: title.into(),
        board,
        thumbnail: with_picture.then(|| photo(number, "")),
    }
}
