//! The editor: a new item, an item's text, and the media that go into it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use yuexiang_console::again::{self, Again, Why};
use yuexiang_console::editor::{self, Conflict, Editor};
use yuexiang_console::media::{self, Media, MediaState, Slot};
use yuexiang_console::words::{Kind, Lang};
use yuexiang_console::{Problem, words};
use yuexiang_wire::Board;
use yuexiang_wire::approval::required_steps;

use super::again::sent_fields;
use super::form::{self, Fields};
use super::item::audience;
use super::items::{person_name, section_options, word_of};
use super::{Trouble, Visit, item_id, item_segment, page};
use crate::accounts::web::is_background;
use crate::desk::draft::{self, Captioned, Draft, Fault};
use crate::desk::items::{Saved, Typed};
use crate::desk::media::{MediumState, TakeInError};
use crate::desk::rights::Action;
use crate::desk::state::State;
use crate::desk::{Desk, DeskError, media::MediumRow};
use crate::messages::{Field, Told};
use crate::region::RegionCode;
use crate::serve::Shared;
use crate::store::items::{ItemRow, RevisionRow};

const UPLOADS: &str = "/console/uploads";

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/items/new", get(new))
        .route("/console/items/{id}/edit", get(edit))
        .route("/console/items/{id}/autosave", post(autosave))
        .route("/console/media/{id}", get(medium))
}

#[derive(Deserialize)]
struct New {
    kind: Option<String>,
    region: Option<String>,
}

async fn new(visit: Visit, Query(new): Query<New>) -> Response {
    let region = new.region.and_then(|code| code.parse().ok()).unwrap_or(visit.region);
    if let Err(error) = visit.visitor.check(Action::Write, region) {
        return visit.trouble(DeskError::from(error));
    }
    let Some(kind) = new.kind.as_deref().and_then(Kind::from_slug) else {
        return visit.page(editor::choose_kind(&visit.cx, &visit.region_of(region).await));
    };
    let (board_slug, section) = usual_place(kind);
    let Some(board) = Board::named(board_slug) else { return visit.trouble(DeskError::NoRegion(region)) };
    // Most offices publish in their own name.
    let publisher = visit.region_of(region).await.name;
    let draft = Draft { publisher, ..Draft::new(kind.slug(), board, section) };
    let view = async {
        let id = Desk::new_id(region, visit.now)?;
        form_view(&visit, Opened { id, item: None, region, draft, text: None }, Vec::new()).await
    };
    match view.await {
        Ok(view) => visit.page(editor::page(&visit.cx, &view)),
        Err(error) => visit.trouble(error),
    }
}

/// Where items of a kind mostly go.
fn usual_place(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Article | Kind::Notice => ("governance", "notice"),
        Kind::Story => ("culture", "stories"),
        Kind::Video => ("culture", "video"),
        Kind::Disclosure => ("governance", "finance"),
        Kind::Activity => ("culture", "activity"),
        Kind::Product => ("business", "products"),
        Kind::Spot => ("business", "tourism"),
        Kind::Job => ("business", "jobs"),
    }
}

/// What the form is filled with.
struct Opened {
    /// It has it before it is kept for the first time.
    id: String,
    item: Option<ItemRow>,
    region: RegionCode,
    draft: Draft,
    text: Option<RevisionRow>,
}

async fn open(visit: &Visit, id: &str) -> Result<Opened, DeskError> {
    let item = visit.desk().item(&visit.visitor, id).await?;
    visit.visitor.check(Action::Write, item.region)?;
    if item.origin == "pack" {
        return Err(DeskError::FromPack(item.id));
    }
    let missing = || DeskError::NoItem(id.to_owned());
    let text = visit.desk().publisher.store.revision(id, item.revision).await?.ok_or_else(missing)?;
    let draft = serde_json::from_str(&text.draft).map_err(crate::store::unreadable("draft", id))?;
    Ok(Opened { id: item.id.clone(), region: item.region, item: Some(item), draft, text: Some(text) })
}

async fn edit(visit: Visit, Path(segment): Path<String>) -> Response {
    let view = async {
        let opened = open(&visit, &item_id(&segment)).await?;
        let faults = faults(&visit, &opened).await?;
        form_view(&visit, opened, faults).await
    };
    match view.await {
        Ok(view) => visit.page(editor::page(&visit.cx, &view)),
        Err(error) => visit.trouble(error),
    }
}

/// What is wrong with the text as it stands.
async fn faults(visit: &Visit, opened: &Opened) -> Result<Vec<Fault>, DeskError> {
    let (Some(item), Some(text)) = (&opened.item, &opened.text) else { return Ok(Vec::new()) };
    match visit.desk().document(item, text, &opened.draft, visit.now).await {
        Ok(_) => Ok(Vec::new()),
        Err(DeskError::Faults(faults)) => Ok(faults),
        Err(error) => Err(error),
    }
}

fn problems(visit: &Visit, faults: &[Fault]) -> Vec<Problem> {
    let field = |fault: &Fault| if fault.field == Field::Section { "place_in" } else { fault.field.name() };
    faults.iter().map(|fault| Problem::new(visit.lang(), field(fault), &fault.message())).collect()
}

async fn form_view(visit: &Visit, opened: Opened, faults: Vec<Fault>) -> Result<Editor, DeskError> {
    let Opened { id, item, region, draft, text } = opened;
    let is_drawn = item.is_some() && faults.is_empty() && visit.served.preview.is_some();
    let steps = required_steps(visit.desk().reviews_needed(region).await?);
    let rejected = match &item {
        Some(item) => super::items::line(visit, item).await.reason,
        None => None,
    };
    Ok(Editor {
        id: item_segment(&id),
        revision: text.as_ref().map_or(0, |text| text.number),
        state: item.as_ref().map_or(words::State::Draft, |item| word_of(item.state)),
        region: visit.region_of(region).await,
        kind: form::kind(&draft),
        title: draft.title.clone(),
        summary: draft.summary.clone(),
        publisher: draft.publisher.clone(),
        board: draft.board.into(),
        section: draft.section.clone(),
        sections: section_options(visit, region).await?,
        body: form::body(&draft, item.as_ref().map(|item| item.origin.as_str())),
        values: form::values(&draft),
        table: form::table(&draft),
        cover: one(visit, draft.cover.as_deref(), Slot::Cover).await?,
        pictures: several(visit, &draft.pictures, Slot::Picture).await?,
        receipts: several(visit, &draft.receipts, Slot::Receipt).await?,
        video: one(visit, draft.video.as_deref(), Slot::Video).await?,
        not_before: draft.not_before,
        not_after: draft.not_after,
        pinned: draft.pinned,
        priority: draft.priority,
        audience: audience(visit, Some(&draft), None).await,
        problems: problems(visit, &faults),
        saved: text.as_ref().map(|text| text.at),
        steps: steps.iter().map(|step| (*step).into()).collect(),
        rejected,
        uploads: UPLOADS.to_owned(),
        is_drawn,
    })
}

async fn one(visit: &Visit, id: Option<&str>, slot: Slot) -> Result<Option<Media>, DeskError> {
    let Some(id) = id else { return Ok(None) };
    Ok(visit.desk().medium(id).await?.map(|row| medium_view(visit, &row, slot, String::new())))
}

async fn several(visit: &Visit, list: &[Captioned], slot: Slot) -> Result<Vec<Media>, DeskError> {
    let mut media = Vec::new();
    for Captioned { medium, caption } in list {
        let row = visit.desk().medium(medium).await?;
        media.extend(row.map(|row| medium_view(visit, &row, slot, caption.clone())));
    }
    Ok(media)
}

fn medium_view(visit: &Visit, row: &MediumRow, slot: Slot, caption: String) -> Media {
    let object = |sha256: &str| format!("/objects/{sha256}");
    let (length, state) = match &row.state {
        MediumState::Waiting => (0, MediaState::Waiting { ahead: 0 }),
        MediumState::Working(percent) => (0, MediaState::Working { percent: *percent }),
        MediumState::Picture(picture) => {
            let thumbnail = object(&picture.thumbnail.sha256);
            let (width, height) = (picture.width, picture.height);
            (picture.length, MediaState::Ready { thumbnail, width, height, duration: None })
        }
        MediumState::Video(video) => {
            let thumbnail = object(&video.poster.thumbnail.sha256);
            let (width, height, duration) = (video.width, video.height, Some(video.duration as i64));
            (video.length, MediaState::Ready { thumbnail, width, height, duration })
        }
        MediumState::Refused(zh, en) => {
            let reason = if visit.lang() == Lang::En { en } else { zh };
            (0, MediaState::Refused { reason: without_name(reason, &row.name).to_owned() })
        }
    };
    Media { id: row.id.clone(), slot, name: row.name.clone(), length: length as i64, caption, state }
}

/// Why a file was refused, without its name, which stands beside it.
fn without_name<'a>(reason: &'a str, name: &str) -> &'a str {
    let quoted = [format!("“{name}”："), format!("“{name}”"), format!("`{name}`: "), format!("`{name}` ")];
    quoted.iter().find_map(|name| reason.strip_prefix(name)).unwrap_or(reason)
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    slot: String,
}

/// A medium on its way. The first request after its upload has finished takes it in.
async fn medium(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let slot = Slot::from_slug(&asked.slot).unwrap_or(Slot::Picture);
    let uploads = visit.served.uploads.clone();
    match visit.desk().take_in(&visit.visitor, &uploads, &id, visit.now).await {
        Ok(row) => visit.page(media::fragment(&visit.cx, &medium_view(&visit, &row, slot, String::new()))),
        Err(TakeInError::Desk(error)) => visit.trouble(error),
        Err(TakeInError::Upload(error)) => {
            visit.trouble(Trouble::new(yuexiang_console::error::ErrorKind::NotFound, error.told()))
        }
        Err(error) => visit.trouble(Trouble::internal(error)),
    }
}

/// Keeps a form: the item it has become, and what is wrong with it.
async fn keep(visit: &Visit, id: &str, fields: &Fields) -> Result<(Saved, State, Vec<Fault>), DeskError> {
    let unknown = || DeskError::Faults(vec![Fault::new(Field::Section, draft::Why::UnknownSection)]);
    let draft = fields.draft().ok_or_else(unknown)?;
    let typed = Typed {
        id,
        before: fields.get("revision").parse().unwrap_or(0),
        draft: &draft,
        is_sure: fields.get(SURE) == "1",
    };
    let saved = visit.desk().keep(&visit.visitor, typed, visit.now).await?;
    let opened = open(visit, &saved.id).await?;
    let faults = faults(visit, &opened).await?;
    let state = opened.item.map_or(State::Draft, |item| item.state);
    Ok((saved, state, faults))
}

/// What the form says when a text under review or on the air is to be changed.
const SURE: &str = "withdraw";

/// Answers before a picture of it is drawn: that takes seconds, and the script asks for it by itself.
async fn autosave(visit: Visit, Path(segment): Path<String>, body: Bytes) -> Response {
    match keep(&visit, &item_id(&segment), &Fields::read(&body)).await {
        Ok((saved, state, faults)) => saved_fragment(&visit, StatusCode::OK, &saved, state, &faults),
        Err(error) => not_saved(&visit, error).await,
    }
}

fn saved_fragment(visit: &Visit, status: StatusCode, saved: &Saved, state: State, faults: &[Fault]) -> Response {
    let view = editor::Saved {
        id: item_segment(&saved.id),
        revision: saved.revision,
        state: word_of(state),
        at: visit.now,
        problems: problems(visit, faults),
        is_drawn: faults.is_empty() && visit.served.preview.is_some(),
    };
    page(status, editor::saved(&visit.cx, &view))
}

/// Why a script's save was not kept, in words for the place where the editor says so. The text stays in the form.
async fn not_saved(visit: &Visit, error: DeskError) -> Response {
    let conflict = match &error {
        DeskError::Conflict { item, by } => {
            Conflict::Person { id: item_segment(item), who: person_name(visit, by).await }
        }
        DeskError::Unasked { state, .. } => Conflict::Unasked { on_air: *state == State::Published },
        DeskError::NoItem(_) => Conflict::Gone,
        DeskError::Faults(faults) => {
            let why = Conflict::Other(faults.iter().map(Fault::message).collect());
            return page(StatusCode::UNPROCESSABLE_ENTITY, editor::not_saved(&visit.cx, &why));
        }
        _ => {
            let trouble = Trouble::from(error);
            let why = Conflict::Other(vec![trouble.message()]);
            return page(trouble.status(), editor::not_saved(&visit.cx, &why));
        }
    };
    let status = if conflict == Conflict::Gone { StatusCode::GONE } else { StatusCode::CONFLICT };
    page(status, editor::not_saved(&visit.cx, &conflict))
}

/// The form as a whole: kept, and handed in if that was asked for and nothing is wrong. A script is told where to go on,
/// so that it leaves the page only when everything is kept.
pub async fn save(visit: Visit, Path(segment): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let (id, fields) = (item_id(&segment), Fields::read(&body));
    let is_script = is_background(&headers);
    let (saved, state, faults) = match keep(&visit, &id, &fields).await {
        Ok(kept) => kept,
        Err(error) if is_script => return not_saved(&visit, error).await,
        Err(DeskError::Unasked { state, .. }) => return ask_first(&visit, &segment, state, &body),
        Err(error) => return visit.trouble(error),
    };
    let segment = item_segment(&saved.id);
    let done = |path: String, word: &str| match is_script {
        true => onward(&format!("{path}?done={word}")),
        false => visit.done(&path, word),
    };
    if fields.get("then") != "submit" {
        return done(format!("/console/items/{segment}/edit"), "saved");
    }
    let submitted = visit.desk().submit(&visit.visitor, &saved.id, saved.revision, visit.now).await;
    let faults = match submitted {
        Ok(_) => return done(format!("/console/items/{segment}"), "submitted"),
        Err(DeskError::Faults(more)) => more,
        Err(error) if is_script => return not_saved(&visit, error).await,
        Err(error) => return visit.trouble(error),
    }
    .into_iter()
    .chain(faults)
    .fold(Vec::new(), |mut all: Vec<Fault>, fault| {
        if !all.contains(&fault) {
            all.push(fault);
        }
        all
    });
    if is_script {
        return saved_fragment(&visit, StatusCode::UNPROCESSABLE_ENTITY, &saved, state, &faults);
    }
    let view = async { form_view(&visit, open(&visit, &saved.id).await?, faults).await };
    match view.await {
        Ok(view) => page(StatusCode::UNPROCESSABLE_ENTITY, editor::page(&visit.cx, &view)).into_response(),
        Err(error) => visit.trouble(error),
    }
}

/// Where a script goes on.
fn onward(path: &str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert("x-location", path);
    }
    response
}

/// Asks a browser without scripts, with everything that was typed.
fn ask_first(visit: &Visit, segment: &str, state: State, body: &Bytes) -> Response {
    let view = Again {
        why: Why::Unasked { on_air: state == State::Published },
        action: format!("/console/items/{segment}"),
        fields: sent_fields(body),
        more: vec![(SURE.to_owned(), "1".to_owned())],
    };
    page(StatusCode::CONFLICT, again::page(&visit.cx, &view))
}
