//! The view as JSON, for tests and whoever helps on the phone. What a screen says stands beside the common fields:
//! `title`, `rows`, `lines`, `page_index` and so on.

use serde_json::{Map, Value, json};
use yuexiang_core::event::VideoPlace;
use yuexiang_core::key::Layer;
use yuexiang_core::view::*;

pub fn view(serial: u64, view: &View) -> Value {
    let mut fields = screen(&view.screen);
    let items: Vec<Value> =
        view.elements.iter().map(|element| json!({ "id": element.id, "label": element.label })).collect();
    let common = json!({
        "serial": serial,
        "screen": screen_name(&view.screen),
        "screen_serial": view.serial,
        "layer": layer(view.layer),
        "focused": view.focus,
        "items": items,
        "language": match view.language { Language::Chinese => "zh", Language::English => "en" },
        "text_size": match view.text_size { TextSize::Normal => "normal", TextSize::Large => "large" },
        "header": {
            "village": view.header.village, "seal": view.header.seal, "lineage": view.header.lineage,
            "date": view.header.date, "time": view.header.time,
        },
        "notice": view.notice,
        "notice_sign": view.notice.as_ref().map(|_| notice_sign(view.notice_sign)),
        "toast": view.toast,
        "standby": view.standby,
        "osd": view.osd.as_ref().map(osd),
        "dialog": view.dialog.as_ref().map(dialog),
        "player": player(&view.video),
        "sync": sync(&view.sync),
    });
    if let Value::Object(common) = common {
        fields.extend(common);
    }
    Value::Object(fields)
}

fn screen_name(screen: &Screen) -> &'static str {
    match screen {
        Screen::Live => "live",
        Screen::Home(_) => "home",
        Screen::Board(_) => "board",
        Screen::Reader(_) => "reader",
        Screen::Table(_) => "table",
        Screen::Story(_) => "story",
        Screen::VideoDetail(_) => "videodetail",
        Screen::Product(_) => "product",
        Screen::Player => "player",
        Screen::Settings(_) => "settings",
        Screen::About(_) => "about",
    }
}

fn notice_sign(sign: NoticeSign) -> &'static str {
    match sign {
        NoticeSign::Offline => "offline",
        NoticeSign::Storage => "storage",
        NoticeSign::Refused => "refused",
        NoticeSign::Receiving => "receiving",
    }
}

fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Screen => "screen",
        Layer::Osd => "osd",
        Layer::Dialog => "dialog",
        Layer::Alert => "alert",
    }
}

fn screen(screen: &Screen) -> Map<String, Value> {
    let fields = match screen {
        Screen::Live | Screen::Player => json!({}),
        Screen::Home(view) => home(view),
        Screen::Board(view) => board(view),
        Screen::Reader(view) => reader(view),
        Screen::Table(view) => table(view),
        Screen::Story(view) => story(view),
        Screen::VideoDetail(view) => video_detail(view),
        Screen::Product(view) => product(view),
        Screen::Settings(view) => json!({
            "title": view.title,
            "rows": each(&view.rows, |row| json!({
                "id": row.id, "label": row.label, "value": row.value, "text": row.text, "choice": row.choice,
            })),
            "first_row": view.first_row, "visible_rows": view.visible_rows,
            "hints": hints(&view.hints),
        }),
        Screen::About(view) => json!({
            "title": view.title, "facts": facts(&view.facts), "position": view.position, "hints": hints(&view.hints),
            "technical": view.technical,
        }),
    };
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn home(view: &HomeView) -> Value {
    json!({
        "live": { "title": view.live.title, "line": view.live.line, "trouble": view.live.trouble },
        "boards": each(&view.boards, |card| json!({
            "id": card.id, "board": card.board.slug(), "title": card.title, "line": card.line, "badge": card.badge,
        })),
        "fresh": each(&view.fresh, fresh),
        "empty": view.empty.as_ref().map(empty),
    })
}

fn board(view: &BoardView) -> Value {
    json!({
        "board": view.board.slug(),
        "title": view.title,
        "sections": each(&view.sections, |tab| json!({ "id": tab.id, "name": tab.name, "count": tab.count })),
        "first_section": view.first_section,
        "selected_section": view.selected_section,
        "rows": each(&view.rows, |row| json!({
            "id": row.id, "item": row.item, "index": row.index, "kind": format!("{:?}", row.kind).to_lowercase(),
            "title": row.title, "line": row.line, "meta": row.meta, "date": row.date, "badge": row.badge,
            "thumbnail": row.thumbnail.as_ref().map(picture), "missing": row.missing,
        })),
        "first_row": view.first_row,
        "visible_rows": view.visible_rows,
        "total_rows": view.total_rows,
        "empty": view.empty.as_ref().map(empty),
    })
}

fn reader(view: &ReaderView) -> Value {
    json!({
        "board": view.board.slug(), "crumb": view.crumb, "title": view.title, "meta": view.meta,
        "facts": fact_rows(&view.page),
        "lines": lines(&view.page), "figures": figures(&view.page),
        "page_index": view.page_index, "page_count": view.page_count,
        "side": view.side.as_ref().map(side),
        "hints": hints(&view.hints), "position": view.position,
        "empty": view.empty.as_ref().map(empty),
    })
}

fn table(view: &TableView) -> Value {
    json!({
        "board": view.board.slug(), "crumb": view.crumb, "title": view.title, "meta": view.meta,
        "columns": each(&view.columns, |column| json!({
            "title": column.title, "numeric": column.numeric, "left": column.left, "width": column.width,
        })),
        "part": view.part, "part_count": view.part_count,
        "rows": each(&view.rows, |row| json!({ "index": row.index, "cells": row.cells, "total": row.total })),
        "lines": lines(&view.note), "figures": figures(&view.note), "facts": fact_rows(&view.note),
        "page_index": view.page_index, "page_count": view.page_count,
        "receipts": view.receipts.as_ref().map(side),
        "hints": hints(&view.hints), "position": view.position,
        "empty": view.empty.as_ref().map(empty),
    })
}

fn story(view: &StoryView) -> Value {
    json!({
        "board": view.board.slug(), "title": view.title, "picture": picture(&view.picture),
        "caption": view.caption, "index": view.index, "count": view.count, "text_pages": view.text_pages,
        "hints": hints(&view.hints), "position": view.position,
        "empty": view.empty.as_ref().map(empty),
    })
}

fn video_detail(view: &VideoDetailView) -> Value {
    json!({
        "board": view.board.slug(), "crumb": view.crumb, "title": view.title, "meta": view.meta,
        "poster": view.poster.as_ref().map(picture), "duration": view.duration, "availability": view.availability,
        "buttons": buttons(&view.buttons),
        "lines": lines(&view.text), "more": view.more, "text_pages": view.text_pages,
        "next": each(&view.next, fresh),
        "hints": hints(&view.hints),
        "empty": view.empty.as_ref().map(empty),
    })
}

fn product(view: &ProductView) -> Value {
    json!({
        "board": view.board.slug(), "crumb": view.crumb, "title": view.title, "meta": view.meta,
        "price": view.price, "unit": view.unit, "facts": fact_rows(&view.text),
        "pictures": view.pictures.as_ref().map(side),
        "order": view.order, "order_label": view.order_label,
        "lines": lines(&view.text), "figures": figures(&view.text),
        "page_index": view.page_index, "page_count": view.page_count,
        "hints": hints(&view.hints), "position": view.position,
        "empty": view.empty.as_ref().map(empty),
    })
}

// ------------------------------------------------------------------------------------------------------------- parts

fn each<T>(all: &[T], one: impl Fn(&T) -> Value) -> Value {
    all.iter().map(one).collect()
}

fn fresh(card: &FreshCard) -> Value {
    json!({
        "id": card.id, "item": card.item, "tag": card.tag, "title": card.title, "board": card.board.slug(),
        "thumbnail": card.thumbnail.as_ref().map(picture),
    })
}

fn picture(picture: &PictureView) -> Value {
    json!({
        "sha256": picture.sha256.map(|sha256| sha256.to_string()),
        "width": picture.width, "height": picture.height, "caption": picture.caption,
    })
}

fn side(side: &SidePicture) -> Value {
    json!({ "picture": picture(&side.picture), "index": side.index, "count": side.count, "label": side.label })
}

fn lines(page: &TextPage) -> Value {
    each(&page.lines, |line| json!(line.text))
}

fn figures(page: &TextPage) -> Value {
    each(&page.figures, |figure| picture(&figure.picture))
}

fn fact_rows(page: &TextPage) -> Value {
    each(&page.facts, |fact| json!({ "label": fact.label, "value": fact.value }))
}

fn facts(all: &[Fact]) -> Value {
    each(all, |fact| json!({ "label": fact.label, "value": fact.value }))
}

fn hints(all: &[Hint]) -> Value {
    each(all, |hint| json!({ "keys": hint.keys, "text": hint.text }))
}

fn buttons(all: &[ButtonView]) -> Value {
    each(all, |button| json!({ "id": button.id, "label": button.label }))
}

fn empty(empty: &EmptyView) -> Value {
    let icon = match empty.icon {
        EmptyIcon::Empty => "empty",
        EmptyIcon::Offline => "offline",
        EmptyIcon::Loading => "loading",
        EmptyIcon::Error => "error",
    };
    json!({ "icon": icon, "title": empty.title, "text": empty.text })
}

fn dialog(dialog: &Dialog) -> Value {
    json!({ "title": dialog.title, "text": dialog.text, "buttons": buttons(&dialog.buttons) })
}

fn osd(osd: &Osd) -> Value {
    match osd {
        Osd::Banner(view) => json!({
            "kind": "banner", "number": view.number, "name": view.name, "current": view.current,
            "progress": view.progress, "next": view.next, "time": view.time, "hint": view.hint,
        }),
        Osd::Digits { typed, channel } => json!({ "kind": "digits", "typed": typed, "channel": channel }),
        Osd::Channels(view) => json!({
            "kind": "channels", "title": view.title,
            "rows": each(&view.rows, |row| json!({
                "id": row.id, "number": row.number, "name": row.name, "line": row.line, "playing": row.playing,
            })),
            "first_row": view.first_row, "visible_rows": view.visible_rows,
        }),
        Osd::Player(view) => json!({
            "kind": "player", "title": view.title, "state": state(view.state), "position": view.position,
            "duration": view.duration, "progress": view.progress,
            "seek": view.seek.as_ref().map(|(progress, text)| json!({ "progress": progress, "text": text })),
            "next": view.next, "hints": hints(&view.hints),
        }),
        Osd::Volume { percent, muted } => json!({ "kind": "volume", "percent": percent, "muted": muted }),
    }
}

fn player(video: &VideoView) -> Value {
    let place = match video.place {
        VideoPlace::Hidden => "hidden",
        VideoPlace::Window => "window",
        VideoPlace::Full => "full",
    };
    json!({
        "place": place, "state": state(video.state), "source": video.source,
        "position_ms": video.position, "duration_ms": video.duration, "fresh": video.fresh,
        "message": video.message, "offer": video.offer, "muted": video.muted, "volume": video.volume,
    })
}

fn state(state: PlayState) -> &'static str {
    match state {
        PlayState::Idle => "idle",
        PlayState::Loading => "loading",
        PlayState::Buffering => "buffering",
        PlayState::Playing => "playing",
        PlayState::Paused => "paused",
        PlayState::Failed => "failed",
    }
}

fn sync(sync: &SyncView) -> Value {
    json!({
        "running": sync.running, "online": sync.online, "last_success": sync.last_success,
        "pending_objects": sync.pending_objects, "pending_bytes": sync.pending_bytes,
        "storage_full": sync.storage_full, "trouble": sync.trouble, "items": sync.items,
        "withheld": sync.withheld, "way_doubted": sync.way_doubted, "wrong_objects": sync.wrong_objects,
        "absent_objects": sync.absent_objects, "unfit_pictures": sync.unfit_pictures,
    })
}
