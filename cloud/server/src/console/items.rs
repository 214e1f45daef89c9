//! The list of content.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use yuexiang_console::error::ErrorKind;
use yuexiang_console::items::{self, Filter, Items, SectionOption};
use yuexiang_console::many::Act;
use yuexiang_console::messages::Field;
use yuexiang_console::messages::desk::Choice;
use yuexiang_console::words::{self, Board, Kind};
use yuexiang_console::{ItemLine, time};

use super::{Trouble, Visit, item_segment, no_region};
use crate::db::args;
use crate::desk::DeskError;
use crate::desk::list;
use crate::desk::rights::{Action, COMMAND_LINE};
use crate::desk::state::State;
use crate::pack::standard;
use crate::region::RegionCode;
use crate::serve::Shared;
use crate::store::items::ItemRow;

/// The cloud itself, as the log names it.
pub const CLOCK: &str = "clock";

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/items", get(index))
}

/// The list's query; words that nobody knows are passed over.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    region: String,
    #[serde(default)]
    board: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    mine: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let region = match asked.region.trim() {
        "" => visit.region,
        region => match region.parse() {
            Ok(region) => region,
            Err(_) => return visit.trouble(no_region(region)),
        },
    };
    let days = [(Field::From, &asked.from), (Field::To, &asked.to)];
    if let Some(trouble) = unread_day(&days) {
        return visit.trouble(trouble);
    }
    match view(&visit, &asked, region).await {
        Ok(view) => visit.page(items::page(&visit.cx, &view)),
        Err(error) => visit.trouble(error),
    }
}

/// Refuses a day that is none, by the name of its field: without it the list would be another than was asked for.
pub fn unread_day(days: &[(Field, &String)]) -> Option<Trouble> {
    let is_day = |text: &str| text.is_empty() || time::from_input(&format!("{text}T00:00")).is_some();
    let (field, text) = days.iter().find(|(_, text)| !is_day(text))?;
    Some(Trouble::new(ErrorKind::Refused, Choice::Day { field: *field, typed: (*text).clone() }))
}

async fn view(visit: &Visit, asked: &Asked, region: RegionCode) -> Result<Items, DeskError> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let day = |text: &str| crate::desk::compile::china_time(&format!("{text}T00:00"));
    let shown_state = words::State::from_slug(&asked.state);
    let wanted = list::Filter {
        board: yuexiang_wire::Board::named(&asked.board),
        section: some(&asked.section),
        state: shown_state.and_then(state_of),
        kind: some(&asked.kind),
        author: (asked.mine == "1").then(|| visit.visitor.account.clone()),
        from: day(&asked.from),
        until: day(&asked.to).map(|day| day + 86_400),
        words: asked.q.clone(),
        after: asked.after.parse().ok(),
        ..list::Filter::of(region)
    };
    let found = visit.desk().list(&visit.visitor, &wanted).await?;
    let mut lines = Vec::with_capacity(found.items.len());
    for item in &found.items {
        lines.push(line(visit, item).await);
    }
    Ok(Items {
        filter: Filter {
            region: visit.region_of(region).await,
            board: Board::from_slug(&asked.board),
            section: some(&asked.section),
            state: shown_state,
            kind: Kind::from_slug(&asked.kind),
            mine: asked.mine == "1",
            from: asked.from.clone(),
            to: asked.to.clone(),
            q: asked.q.clone(),
        },
        sections: section_options(visit, region).await?,
        states: states(visit, region, shown_state).await?,
        items: lines,
        next: found.next.map(|cursor| cursor.to_string()),
        further: wanted.after.is_some(),
        may_create: visit.visitor.may(Action::Write, visit.region),
        acts: acts(visit),
    })
}

/// What somebody may do with several items. Each of them is looked at when it is done.
fn acts(visit: &Visit) -> Vec<Act> {
    let of = |act| match act {
        Act::Submit => Action::Submit,
        Act::Withdraw => Action::Withdraw,
        Act::Delete => Action::Write,
    };
    Act::ALL.into_iter().filter(|act| visit.visitor.may_somewhere(of(*act))).collect()
}

/// States by which the list can be narrowed, in the order of an item's life, without those of what is unfinished where
/// there is none of it; who sees no drafts has nothing to choose between. None has a number: what is on the air is too
/// much to be counted for a page, and the numbers of the others would be those of the region without the other filters.
async fn states(
    visit: &Visit,
    region: RegionCode,
    chosen: Option<words::State>,
) -> Result<Vec<words::State>, DeskError> {
    if !visit.visitor.may(Action::SeeDrafts, region) {
        return Ok(Vec::new());
    }
    let open = visit.desk().open_counts(&visit.visitor, region).await?;
    let is_over = |state: State| matches!(state, State::Published | State::Withdrawn | State::Expired);
    let is_there = |state: State| open.iter().any(|(known, _)| *known == state);
    let states = State::ALL.into_iter();
    let shown = states.filter(|state| is_over(*state) || is_there(*state) || chosen == Some(word_of(*state)));
    Ok(shown.map(word_of).collect())
}

/// The sections of a region with their names: the standard ones, then those that the levels add.
pub async fn section_options(visit: &Visit, region: RegionCode) -> Result<Vec<SectionOption>, DeskError> {
    let mut sections = standard();
    for code in region.lineage() {
        let own = visit.desk().publisher.store.region(code).await?.map(|row| row.sections).unwrap_or_default();
        for section in own {
            sections.retain(|known| (known.board, &known.id) != (section.board, &section.id));
            sections.push(section);
        }
    }
    sections.sort_by_key(|section| (section.board, section.order));
    let english = visit.lang() == words::Lang::En;
    let name = |zh: String, en: String| if english && !en.is_empty() { en } else { zh };
    let option = |section: yuexiang_wire::Section| SectionOption {
        id: section.id,
        board: section.board.into(),
        name: name(section.name, section.name_en),
    };
    Ok(sections.into_iter().map(option).collect())
}

/// An item as lists show it.
pub async fn line(visit: &Visit, item: &ItemRow) -> ItemLine {
    let options = section_options(visit, item.region).await.unwrap_or_default();
    let board: Board = item.board.into();
    let named = options.into_iter().find(|option| option.board == board && option.id == item.section);
    // To whoever sees what is on the air alone it is on the air; what becomes of a new text of it is for others.
    let (state, reason) = match visit.visitor.may(Action::SeeDrafts, item.region) {
        true => (shown_state(item, visit.now), last_reason(visit, item).await),
        false => (shown_state(&ItemRow { state: State::Published, ..item.clone() }, visit.now), None),
    };
    ItemLine {
        id: item_segment(&item.id),
        title: if item.title.is_empty() {
            visit.cx.t("（无标题）", "(no title)").to_owned()
        } else {
            item.title.clone()
        },
        kind: Kind::from_slug(&item.kind).unwrap_or(Kind::Article),
        board,
        section: match named {
            Some(option) => option.name,
            None => visit.cx.t("（栏目已撤）", "(section gone)").to_owned(),
        },
        region: visit.region_of(item.region).await,
        state,
        author: person_name(visit, &item.author).await,
        changed: item.updated,
        published: item.live.as_ref().map(|live| live.published),
        not_before: item.not_before,
        not_after: item.not_after,
        pinned: item.pinned,
        priority: item.priority.clamp(0, 9) as u8,
        reason,
        thumbnail: None,
    }
}

/// The name of an account, or of what acts without one; the id when there is no such account any more.
pub async fn person_name(visit: &Visit, account: &str) -> String {
    match account {
        CLOCK => return visit.cx.t("云", "The cloud").to_owned(),
        COMMAND_LINE => return visit.cx.t("命令行", "Command line").to_owned(),
        _ => {}
    }
    let sql = "SELECT name FROM account WHERE id = $1";
    let row: Result<Option<(String,)>, _> =
        visit.desk().publisher.store.db.optional("reading a name", sql, args![account]).await;
    row.ok().flatten().map_or_else(|| account.to_owned(), |(name,)| name)
}

/// Why an item was sent back or withdrawn.
async fn last_reason(visit: &Visit, item: &ItemRow) -> Option<String> {
    if !matches!(item.state, State::Rejected | State::Withdrawn) {
        return None;
    }
    let sql = "SELECT detail FROM log WHERE object = $1 AND action IN ('reject', 'withdraw') ORDER BY seq DESC LIMIT 1";
    let row: Option<(String,)> =
        visit.desk().publisher.store.db.optional("reading a reason", sql, args![&item.id]).await.ok()?;
    let detail: serde_json::Value = serde_json::from_str(&row?.0).ok()?;
    detail["reason"].as_str().map(str::to_owned)
}

/// Where an item stands, in the words of the pages: what is on the air may still wait for its window.
pub fn shown_state(item: &ItemRow, now: i64) -> words::State {
    match item.state {
        State::Published if item.not_before.is_some_and(|from| from > now) => words::State::Scheduled,
        State::Published if item.not_after.is_some_and(|until| until <= now) => words::State::Expired,
        state => word_of(state),
    }
}

pub fn word_of(state: State) -> words::State {
    state.into()
}

/// The state by which lists are narrowed. What waits for its window is published as far as the desk is concerned.
fn state_of(state: words::State) -> Option<State> {
    let all = State::ALL.into_iter();
    all.into_iter().find(|known| word_of(*known) == state).or(Some(State::Published))
}
