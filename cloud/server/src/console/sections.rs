//! The sections of the four boards.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;
use yuexiang_console::Problem;
use yuexiang_console::error::ErrorKind;
use yuexiang_console::messages::desk::Choice;
use yuexiang_console::sections::{self, NewSection, Sections};
use yuexiang_wire::{Board, Section};

use super::place::place;
use super::{Trouble, Visit};
use crate::desk::DeskError;
use crate::desk::rights::Action;
use crate::desk::sections::{Placed, is};
use crate::messages::Told;
use crate::region::RegionCode;
use crate::serve::Shared;

/// Sections lie so far apart that others fit between.
const STEP: u16 = 10;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/sections", get(index).post(put))
        .route("/console/sections/{board}/{id}/move", post(shift))
        .route("/console/sections/{board}/{id}/remove", post(remove))
}

#[derive(Deserialize)]
struct Asked {
    region: Option<String>,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let region = match place(&visit, asked.region.as_deref(), Action::SeePublished).await {
        Ok(region) => region,
        Err(trouble) => return visit.trouble(trouble),
    };
    match view(&visit, region, NewSection::default(), Vec::new()).await {
        Ok(view) => visit.page(sections::page(&visit.cx, &view)),
        Err(error) => visit.trouble(error),
    }
}

async fn view(
    visit: &Visit,
    region: RegionCode,
    draft: NewSection,
    problems: Vec<Problem>,
) -> Result<Sections, DeskError> {
    let mut shown = Vec::new();
    for Placed { section, from, before, items } in visit.desk().placed_sections(&visit.visitor, region).await? {
        shown.push(sections::Section {
            id: section.id,
            board: section.board.into(),
            name: section.name,
            name_en: section.name_en,
            order: section.order,
            from: visit.region_of(from).await,
            renamed_from: before.filter(|_| from == region),
            items,
        });
    }
    Ok(Sections {
        region: visit.region_of(region).await,
        sections: shown,
        may_edit: visit.visitor.may(Action::EditSections, region),
        draft,
        problems,
    })
}

#[derive(Deserialize)]
struct Typed {
    region: String,
    board: String,
    id: String,
    name: String,
    #[serde(default)]
    name_en: String,
}

/// Adds a section, or gives one that is there another name.
async fn put(visit: Visit, Form(typed): Form<Typed>) -> Response {
    let draft = NewSection {
        board: yuexiang_console::words::Board::from_slug(&typed.board),
        id: typed.id.trim().to_owned(),
        name: typed.name.trim().to_owned(),
        name_en: typed.name_en.trim().to_owned(),
    };
    let change = async |region| {
        let board = Board::named(&typed.board).ok_or_else(|| missing(&typed.board))?;
        let all = visit.desk().placed_sections(&visit.visitor, region).await?;
        let mut sections = visit.desk().own_sections(&visit.visitor, region).await?;
        let known = all.iter().find(|known| is(&known.section, board, &draft.id));
        let last = all.iter().filter(|known| known.section.board == board).map(|known| known.section.order).max();
        let order = known.map_or(last.unwrap_or(0).saturating_add(STEP), |known| known.section.order);
        let (id, name, name_en) = (draft.id.clone(), draft.name.clone(), draft.name_en.clone());
        let section = Section { id, board, name, name_en, order };
        match sections.iter_mut().find(|known| is(known, board, &draft.id)) {
            Some(known) => *known = section,
            None => sections.push(section),
        }
        Ok(sections)
    };
    carry_out(&visit, &typed.region, change, draft.clone()).await
}

#[derive(Deserialize)]
struct Direction {
    region: String,
    direction: String,
}

async fn shift(visit: Visit, Path((board_slug, id)): Path<(String, String)>, Form(form): Form<Direction>) -> Response {
    let change = async |region| {
        let board = Board::named(&board_slug).ok_or_else(|| missing(&board_slug))?;
        let all = visit.desk().placed_sections(&visit.visitor, region).await?;
        let line: Vec<Section> =
            all.into_iter().map(|placed| placed.section).filter(|section| section.board == board).collect();
        let mut sections = visit.desk().own_sections(&visit.visitor, region).await?;
        let up = match form.direction.as_str() {
            "up" => true,
            "down" => false,
            _ => return Err(Trouble::new(ErrorKind::Refused, Choice::Direction)),
        };
        moved(&mut sections, &line, board, &id, up);
        Ok(sections)
    };
    carry_out(&visit, &form.region, change, NewSection::default()).await
}

/// Moves a region's own section past its neighbour in the line of all sections of the board. A neighbour from above stays
/// where it is; one's own changes places.
fn moved(own: &mut [Section], line: &[Section], board: Board, id: &str, up: bool) {
    let Some(at) = line.iter().position(|section| section.id == id) else { return };
    let Some(neighbour) = (if up { at.checked_sub(1) } else { Some(at + 1) }).and_then(|at| line.get(at)) else {
        return;
    };
    let (here, there) = (line[at].order, neighbour.order);
    let is_own = own.iter().any(|section| is(section, board, &neighbour.id));
    if is_own && here != there {
        for section in own.iter_mut().filter(|section| section.board == board) {
            if section.id == id {
                section.order = there;
            } else if section.id == neighbour.id {
                section.order = here;
            }
        }
        return;
    }
    // Between the neighbour and whatever is beyond it.
    let beyond = if up { at.checked_sub(2) } else { Some(at + 2) }.and_then(|at| line.get(at));
    let order = match (beyond, up) {
        (Some(beyond), _) => there.midpoint(beyond.order),
        (None, true) => there / 2,
        (None, false) => there.saturating_add(STEP),
    };
    if let Some(section) = own.iter_mut().find(|section| is(section, board, id)) {
        section.order = order;
    }
}

async fn remove(visit: Visit, Path((board_slug, id)): Path<(String, String)>, Form(form): Form<Asked>) -> Response {
    let change = async |region| {
        let board = Board::named(&board_slug).ok_or_else(|| missing(&board_slug))?;
        let mut sections = visit.desk().own_sections(&visit.visitor, region).await?;
        sections.retain(|section| !is(section, board, &id));
        Ok(sections)
    };
    carry_out(&visit, form.region.as_deref().unwrap_or_default(), change, NewSection::default()).await
}

fn missing(board: &str) -> Trouble {
    Trouble::new(ErrorKind::NotFound, Choice::NoBoard(board.to_owned()))
}

/// Sets what a form makes of a region's sections; with something wrong, the page says what.
async fn carry_out(
    visit: &Visit,
    region: &str,
    change: impl AsyncFnOnce(RegionCode) -> Result<Vec<Section>, Trouble>,
    draft: NewSection,
) -> Response {
    let region = match place(visit, Some(region), Action::EditSections).await {
        Ok(region) => region,
        Err(trouble) => return visit.trouble(trouble),
    };
    let sections = match change(region).await {
        Ok(sections) => sections,
        Err(trouble) => return visit.trouble(trouble),
    };
    match visit.desk().set_sections(&visit.visitor, region, sections, visit.now).await {
        Ok(()) => visit.done(&format!("/console/sections?region={region}"), "saved"),
        Err(DeskError::Settings(error)) => {
            let problems = vec![Problem::new(visit.lang(), error.field(), &error.told())];
            match view(visit, region, draft, problems).await {
                Ok(view) => {
                    (StatusCode::UNPROCESSABLE_ENTITY, visit.page(sections::page(&visit.cx, &view))).into_response()
                }
                Err(error) => visit.trouble(error),
            }
        }
        Err(error) => visit.trouble(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: &str, order: u16) -> Section {
        Section { id: id.into(), board: Board::Party, name: id.into(), name_en: String::new(), order }
    }

    #[track_caller]
    fn check(own: &[(&str, u16)], above: &[(&str, u16)], id: &str, up: bool, expected: &[&str]) {
        let line = |own: &[Section]| {
            let above = above.iter().map(|(id, order)| section(id, *order));
            let mut line: Vec<Section> = own.iter().cloned().chain(above).collect();
            line.sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.id.cmp(&b.id)));
            line
        };
        let mut own: Vec<Section> = own.iter().map(|(id, order)| section(id, *order)).collect();
        let before = line(&own);
        moved(&mut own, &before, Board::Party, id, up);
        let after: Vec<String> = line(&own).into_iter().map(|section| section.id).collect();
        assert_eq!(after, expected);
    }

    #[test]
    fn a_section_moves_past_its_neighbour_whoever_that_is() {
        let above = [("a", 10), ("b", 20)];
        check(&[("x", 30)], &above, "x", true, &["a", "x", "b"]);
        check(&[("x", 15)], &above, "x", true, &["x", "a", "b"]);
        check(&[("x", 5)], &above, "x", false, &["a", "x", "b"]);
        check(&[("x", 15)], &above, "x", false, &["a", "b", "x"]);
        check(&[("x", 30), ("y", 40)], &above, "y", true, &["a", "b", "y", "x"]);
        check(&[("x", 30)], &above, "x", false, &["a", "b", "x"]);
    }
}
