//! Changing divisions: a form, what it would do, and doing it.

use axum::Router;
use axum::body::Bytes;
use axum::response::Response;
use axum::routing::get;
use yuexiang_console::divisions::{self as page, Form};
use yuexiang_console::messages::divisions::Division;

use super::form::Fields;
use super::{Trouble, Visit};
use crate::db::args;
use crate::desk::DeskError;
use crate::desk::rights::Action;
use crate::divisions::Divisions;
use crate::messages::{Message, Told};
use crate::moves::{self, Outcome, Split, Wanted};
use crate::region::RegionCode;
use crate::serve::Shared;

/// Changes that are listed.
const LISTED: usize = 50;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/divisions", get(index).post(change))
}

async fn index(visit: Visit) -> Response {
    if !visit.visitor.may_somewhere(Action::ChangeDivisions) {
        let region = visit.region;
        return match visit.visitor.check(Action::ChangeDivisions, region) {
            Err(forbidden) => visit.trouble(DeskError::from(forbidden)),
            Ok(()) => show(&visit, page::Divisions::default()).await,
        };
    }
    show(&visit, page::Divisions::default()).await
}

async fn show(visit: &Visit, view: page::Divisions) -> Response {
    match filled(visit, view).await {
        Ok(view) => visit.page(page::page(&visit.cx, &view)),
        Err(error) => visit.trouble(error),
    }
}

async fn filled(visit: &Visit, view: page::Divisions) -> Result<page::Divisions, DeskError> {
    let db = &visit.desk().publisher.store.db;
    let moved = moves::closed(db).await?.into_iter().take(LISTED);
    let sql = "SELECT max(version) FROM division_list";
    let (version,): (Option<i64>,) = db.one("reading the list's version", sql, args![]).await?;
    Ok(page::Divisions {
        moved: moved.map(|(from, to, at)| (from.to_string(), to.to_string(), at)).collect(),
        list: (Divisions::current().count(), version.unwrap_or(0)),
        ..view
    })
}

async fn change(visit: Visit, body: Bytes) -> Response {
    let fields = Fields::read(&body);
    let text = |name: &str| fields.get(name).trim().to_owned();
    let form = Form {
        from: text("from"),
        to: text("to"),
        name: text("name"),
        below: text("below"),
        split: text("split"),
        copy: fields.get("copy") == "1",
    };
    let carry_out = fields.get("act") == "carry-out";
    let wanted = match wanted(&form) {
        Ok(wanted) => wanted,
        Err(odd) => {
            let problem = Message::from(Division::NoCode(odd)).sentence(visit.lang());
            return show(&visit, page::Divisions { form, problem: Some(problem), ..Default::default() }).await;
        }
    };
    match visit.desk().change_divisions(&visit.visitor, &wanted, carry_out, visit.now).await {
        Ok(outcome) => {
            let outcome = Some(told(&visit, &outcome));
            show(&visit, page::Divisions { form, outcome, ..Default::default() }).await
        }
        Err(DeskError::Move(error)) if error.told().status() < 500 => {
            let problem = Some(error.told().sentence(visit.lang()));
            show(&visit, page::Divisions { form, problem, ..Default::default() }).await
        }
        Err(error) => visit.trouble(Trouble::from(error)),
    }
}

/// What the form asks for; else what cannot be read in it.
fn wanted(form: &Form) -> Result<Wanted, String> {
    let code =
        |text: &str| text.trim().parse::<RegionCode>().map_err(|_| text.trim().chars().take(40).collect::<String>());
    let from = form.from.split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；'));
    let mut wanted = Wanted {
        from: from.filter(|text| !text.is_empty()).map(code).collect::<Result<_, _>>()?,
        to: Some(code(&form.to)?),
        name: Some(form.name.clone()).filter(|name| !name.is_empty()),
        ..Wanted::default()
    };
    for line in form.below.lines().filter(|line| !line.trim().is_empty()) {
        let (old, new) = line.split_once('=').ok_or(line)?;
        wanted.below.insert(code(old)?, code(new)?);
    }
    for line in form.split.lines().filter(|line| !line.trim().is_empty()) {
        let (part, items) = line.split_once('=').unwrap_or((line, ""));
        let items = items.split([',', '，']).map(|item| item.trim().to_owned()).filter(|item| !item.is_empty());
        wanted.split.push(Split { code: code(part)?, name: None, items: items.collect(), copy: form.copy });
    }
    Ok(wanted)
}

fn told(visit: &Visit, outcome: &Outcome) -> page::Outcome {
    let lang = visit.lang();
    let list = |names: &[String]| match names.is_empty() {
        true => lang.pick("无", "none").to_owned(),
        false => names.join(lang.pick("、", ", ")),
    };
    let regions = outcome.regions.iter().map(|one| {
        let items: i64 = one.items.values().sum();
        let states: Vec<String> =
            one.items.iter().map(|(state, count)| format!("{} {count}", state_word(state, visit))).collect();
        let items = if states.is_empty() { items.to_string() } else { format!("{items}（{}）", states.join("，")) };
        let rows = [
            ("内容", "Items", items),
            ("定时上下线", "Scheduled", one.scheduled.to_string()),
            ("素材", "Media", one.media.to_string()),
            ("人员", "People", list(&one.accounts)),
            ("角色", "Roles", one.grants.to_string()),
            ("接口令牌", "API tokens", one.tokens.to_string()),
            ("审核密钥", "Reviewers' keys", one.reviewers.to_string()),
            ("频道", "Channels", list(&one.channels)),
            ("栏目", "Sections", list(&one.sections)),
            ("收视记录", "View counts", one.view_counts.to_string()),
            ("有电视的村", "Villages with boxes", one.villages_with_boxes.to_string()),
            ("旧代码下保留的文件", "Files that stay under the old code", one.files.to_string()),
        ];
        let rows = rows.map(|(zh, en, value)| (lang.pick(zh, en).to_owned(), value)).to_vec();
        let what = if one.exists { lang.pick("已有", "is there") } else { lang.pick("新建", "is new") };
        (format!("{} → {} {}（{what}）", one.from, one.to, one.name), rows)
    });
    let named = outcome.audiences.iter().map(|one| {
        let zh = format!("“{}”（{}）的播出范围写着 {}", one.title, one.item, one.code);
        let en = format!("the audience of `{}` ({}) names {}", one.title, one.item, one.code);
        lang.pick(zh, en)
    });
    let notes =
        outcome.conflicts.iter().chain(&outcome.remarks).map(|note| lang.pick(note.zh.clone(), note.en.clone()));
    page::Outcome {
        done: outcome.done,
        already: outcome.already,
        regions: regions.collect(),
        notes: named.chain(notes).collect(),
    }
}

fn state_word(slug: &str, visit: &Visit) -> String {
    let known = yuexiang_console::words::State::from_slug(slug);
    known.map_or_else(|| slug.to_owned(), |state| state.word(visit.lang()).to_owned())
}
