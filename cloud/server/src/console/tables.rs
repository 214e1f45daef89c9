//! A spreadsheet's file on its way into the form: what is understood of it, before anything of it is taken.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use yuexiang_console::sheet::{Sheet, fragment};
use yuexiang_wire::limits;

use super::Visit;
use crate::desk::DeskError;
use crate::desk::rights::Action;
use crate::messages::Message;
use crate::serve::Shared;
use crate::sheet;

pub fn routes() -> Router<Shared> {
    // One byte more, so that a file that is too large is told so in words.
    Router::new().route("/console/tables", post(read)).layer(DefaultBodyLimit::max(sheet::LONGEST + 1))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    name: String,
    sheet: Option<usize>,
}

async fn read(visit: Visit, Query(asked): Query<Asked>, file: Bytes) -> Response {
    if !visit.visitor.may_somewhere(Action::Write)
        && let Err(error) = visit.visitor.check(Action::Write, visit.region)
    {
        return visit.trouble(DeskError::from(error));
    }
    let sheet = asked.sheet;
    // A workbook of a few megabytes takes a second to unpack.
    let read = tokio::task::spawn_blocking(move || sheet::read(&file, sheet)).await;
    let view = match read.unwrap_or(Err(sheet::Refusal::Broken)) {
        Ok(source) => understood(asked.name, source),
        Err(refusal) => Sheet { name: asked.name, refusal: Some(refusal.into()), ..Sheet::default() },
    };
    visit.page(fragment(&visit.cx, &view))
}

fn understood(name: String, source: sheet::Source) -> Sheet {
    let sheet::Shape { above, titles, rows, numeric, totals } = sheet::shape(&source.rows);
    let mut problems: Vec<Message> = Vec::new();
    if titles.iter().any(String::is_empty) {
        problems.push(sheet::Refusal::NoTitle.into());
    }
    let long = |cell: &String| cell.chars().count() > limits::CELL;
    for (at, row) in rows.iter().enumerate() {
        for (column, _) in row.iter().enumerate().filter(|(_, cell)| long(cell)) {
            let (row, column) = (at + 1, titles[column].clone());
            problems.push(sheet::Refusal::LongCell { row, column, most: limits::CELL }.into());
        }
    }
    problems.truncate(20);
    let all: Vec<Vec<String>> = std::iter::once(titles.clone()).chain(rows.iter().cloned()).collect();
    let tsv = sheet::text::tabbed(&all);
    Sheet {
        name,
        sheets: source.sheets,
        sheet: source.sheet,
        above,
        titles,
        rows,
        numeric,
        totals,
        tsv,
        refusal: None,
        problems,
    }
}
