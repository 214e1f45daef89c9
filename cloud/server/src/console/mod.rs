//! The console: fills the pages of `yuexiang-console` from the desk and carries out what their forms ask for.
//!
//! Every handler takes a [`Visit`]: who it is, in which region they work now, and what every page is told. Rights are not
//! decided here: the desk and the accounts check each call, and pages show no more than what they would allow.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use yuexiang_console::error::{ErrorKind, ErrorPage};
use yuexiang_console::messages::desk::Desk as Refused;
use yuexiang_console::messages::request::Request as Reason;
use yuexiang_console::words::{Lang, Level, Role};
use yuexiang_console::{Context, Flash, Markup, Place, Region, Tone, Viewer};
use yuexiang_wire::Step;

use crate::accounts::web::{RequireSession, Visitor, read_cookie};
use crate::accounts::{AccountError, web};
use crate::desk::rights::{self, Action, Forbidden};
use crate::desk::{Desk, DeskError};
use crate::divisions::Divisions;
use crate::keys::KeyActionError;
use crate::messages::{Message, Told};
use crate::region::RegionCode;
use crate::serve::{Served, Shared};

pub mod again;
mod calendar;
mod channels;
mod dashboard;
mod divisions;
mod accounts;
mod editor;
mod form;
mod inbox;
mod item;
mod items;
mod keys;
pub mod log;
mod login;
mod many;
mod notices;
mod place;
mod policy;
pub mod preview;
pub(crate) mod regions;
mod sections;
mod substitutes;
mod tables;
mod views;
mod tokens;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console", get(async || Redirect::permanent("/console/")))
        .route("/console/assets/{name}", get(asset))
        .route("/console/language", post(login::language))
        .route("/console/region", post(login::region))
        .merge(login::routes())
        .merge(items::routes())
        .merge(item::routes())
        .merge(many::routes())
        .merge(notices::routes())
        .merge(substitutes::routes())
        .merge(editor::routes())
        .merge(tables::routes())
        .merge(inbox::routes())
        .merge(regions::routes())
        .merge(dashboard::routes())
        .merge(calendar::routes())
        .merge(sections::routes())
        .merge(policy::routes())
        .merge(views::routes())
        .merge(channels::routes())
        .merge(accounts::routes())
        .merge(tokens::routes())
        .merge(keys::routes())
        .merge(divisions::routes())
        .merge(log::routes())
        .route("/console/{*path}", any(nowhere))
}

/// What has no page is said in the console's own words.
async fn nowhere(visit: Visit) -> Response {
    visit.trouble(Trouble::plain(ErrorKind::NotFound))
}

/// Somebody who is signed in, looking at a page.
pub struct Visit {
    pub served: Arc<Served>,
    pub visitor: Visitor,
    /// The region one works in now.
    pub region: RegionCode,
    pub cx: Context,
    pub now: i64,
}

impl Visit {
    pub fn desk(&self) -> &Desk {
        &self.served.desk
    }

    pub fn lang(&self) -> Lang {
        self.cx.lang
    }

    /// The region that a page is asked for, if the action is allowed there. Without a choice it is where one works now,
    /// or else the first region in which one may.
    pub fn region_for(&self, asked: &str, action: Action) -> Result<RegionCode, Trouble> {
        // A region that was asked for and is none is never taken for another.
        let asked: Option<RegionCode> = match asked.trim() {
            "" => None,
            asked => Some(asked.parse().map_err(|_| no_region(asked))?),
        };
        let here = || Some(self.region).filter(|region| self.visitor.may(action, *region));
        let somewhere = || self.visitor.regions(action).first().copied();
        let region = asked.or_else(here).or_else(somewhere).unwrap_or(self.region);
        self.visitor.check(action, region).map_err(DeskError::from)?;
        Ok(region)
    }

    /// A region as pages show it.
    pub async fn region_of(&self, code: RegionCode) -> Region {
        region_of(self.desk(), code).await
    }

    pub fn page(&self, markup: Markup) -> Response {
        page(StatusCode::OK, markup)
    }

    /// Back to a page after a form was carried out, with a word about it.
    pub fn done(&self, path: &str, done: &str) -> Response {
        let separator = if path.contains('?') { '&' } else { '?' };
        Redirect::to(&format!("{path}{separator}done={done}")).into_response()
    }

    /// The page that says what went wrong.
    pub fn trouble(&self, error: impl Into<Trouble>) -> Response {
        let trouble = error.into();
        trouble.page(&self.cx)
    }
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Visit, Response> {
        let served = &shared.0;
        let RequireSession(visitor) = RequireSession::from_request_parts(parts, shared).await?;
        let now = jiff::Timestamp::now().as_second();
        let region = work_region(&parts.headers, &visitor);
        let mut cx = bare_context(&parts.headers, now);
        cx.csrf = visitor.csrf().to_owned();
        cx.once = web::once::new_showing();
        cx.path = parts.uri.path_and_query().map_or("/console/", |path| path.as_str()).to_owned();
        cx.flashes = flashes(parts.uri.query().unwrap_or_default(), cx.lang);
        cx.viewer = Some(viewer(&served.desk, &visitor, region).await.map_err(|error| Trouble::from(error).page(&cx))?);
        Ok(Visit { served: served.clone(), visitor, region, cx, now })
    }
}

/// What a page is told when nobody is signed in.
pub fn bare_context(headers: &HeaderMap, now: i64) -> Context {
    let lang = read_cookie(headers, "lang").and_then(|lang| Lang::from_slug(&lang)).unwrap_or_default();
    Context { lang, now, path: "/console/".to_owned(), ..Context::default() }
}

/// The region that was chosen, if one has anything to do there; else where one works.
fn work_region(headers: &HeaderMap, visitor: &Visitor) -> RegionCode {
    let chosen = read_cookie(headers, "region").and_then(|code| code.parse().ok());
    let is_ours = |code: &RegionCode| visitor.workplaces().any(|region| region.contains(*code));
    let first = || visitor.workplaces().min_by_key(|region| region.level());
    chosen.filter(is_ours).or(Some(visitor.region).filter(is_ours)).or_else(first).unwrap_or(visitor.region)
}

async fn viewer(desk: &Desk, visitor: &Visitor, region: RegionCode) -> Result<Viewer, DeskError> {
    let mut regions = Vec::new();
    let mut codes: Vec<RegionCode> = visitor.workplaces().collect();
    codes.sort();
    codes.dedup();
    for code in codes {
        regions.push(region_of(desk, code).await);
    }
    let others = visitor.standing_in.iter().map(|right| &right.grant);
    let here = visitor.grants.iter().chain(others).filter(|grant| grant.region.contains(region));
    let mut roles: Vec<Role> = here.map(|grant| role(grant.role)).collect();
    roles.sort();
    roles.dedup();
    let mut waiting = 0;
    for step in Step::ALL {
        waiting += desk.waiting_count(visitor, step, None).await?;
    }
    let mut stands_in_for: Vec<String> = visitor.standing_in.iter().map(|right| right.name.clone()).collect();
    stands_in_for.dedup();
    Ok(Viewer {
        stands_in_for,
        id: visitor.account.clone(),
        name: visitor.name.clone(),
        region: region_of(desk, region).await,
        regions,
        roles,
        waiting,
        notices: unread(&desk.publisher.store.db, &visitor.account).await,
        places: Place::ALL.into_iter().filter(|place| may_open(visitor, *place)).collect(),
    })
}

/// How many notices somebody has not read. No page fails because that cannot be counted.
async fn unread(db: &crate::db::Db, account: &str) -> i64 {
    crate::notices::read::unread(db, account).await.unwrap_or_else(|error| {
        tracing::error!(%error, "counting notices");
        0
    })
}

fn may_open(visitor: &Visitor, place: Place) -> bool {
    let somewhere = |action| visitor.may_somewhere(action);
    match place {
        Place::Dashboard | Place::Items | Place::Calendar | Place::Channels => true,
        Place::Inbox => Step::ALL.into_iter().any(|step| somewhere(Action::Approve(step))),
        Place::Sections => somewhere(Action::EditSections) || somewhere(Action::Write),
        Place::Policy => somewhere(Action::SetReviewsBelow),
        Place::Views => somewhere(Action::SeeFigures),
        Place::Accounts => somewhere(Action::SeeAccounts),
        Place::Tokens => somewhere(Action::ManageTokens),
        Place::Keys => somewhere(Action::SeeKeys),
        Place::Divisions => somewhere(Action::ChangeDivisions),
        Place::Log => somewhere(Action::SeeLog),
    }
}

/// A role in the words of the pages.
pub fn role(role: rights::Role) -> Role {
    match role {
        rights::Role::Editor => Role::Editor,
        rights::Role::FirstReviewer => Role::FirstReviewer,
        rights::Role::SecondReviewer => Role::SecondReviewer,
        rights::Role::FinalReviewer => Role::FinalReviewer,
        rights::Role::Operator => Role::Operator,
        rights::Role::AlertOfficer => Role::AlertOfficer,
        rights::Role::Installer => Role::Installer,
        rights::Role::Auditor => Role::Auditor,
        rights::Role::Administrator => Role::Administrator,
    }
}

/// A review by its slug, in the words of the pages.
pub fn step_word(slug: &str) -> Option<yuexiang_console::words::Step> {
    Step::named(slug).map(Into::into)
}

/// A role of the pages' words as rights know it.
pub fn right(wanted: Role) -> Option<rights::Role> {
    rights::Role::ALL.into_iter().find(|known| role(*known) == wanted)
}

/// What was typed or sent as a region and is none.
pub fn no_region(asked: &str) -> Trouble {
    Trouble::new(ErrorKind::NotFound, Refused::NoRegion(asked.to_owned()))
}

/// A region in the words of the pages; one that is nowhere is shown by its code.
pub async fn region_of(desk: &Desk, code: RegionCode) -> Region {
    let divisions = Divisions::current();
    let name = match divisions.name(code) {
        Some(name) => name.to_owned(),
        None => desk.name_of(code).await.unwrap_or_else(|_| code.to_string()),
    };
    let mut above = Vec::new();
    for ancestor in code.lineage().into_iter().filter(|ancestor| *ancestor != code) {
        above.push(match divisions.name(ancestor) {
            Some(name) => name.to_owned(),
            None => desk.name_of(ancestor).await.unwrap_or_else(|_| ancestor.to_string()),
        });
    }
    Region { code: code.to_string(), name, level: level(code), above }
}

pub fn level(code: RegionCode) -> Level {
    level_word(code.level())
}

/// A level in the words of the pages.
pub fn level_word(level: crate::region::Level) -> Level {
    match level {
        crate::region::Level::Province => Level::Province,
        crate::region::Level::City => Level::City,
        crate::region::Level::County => Level::County,
        crate::region::Level::Town => Level::Town,
        crate::region::Level::Village => Level::Village,
    }
}

/// An item's id as one segment of a path: `440224103201-water` for `440224103201/water`.
pub fn item_segment(id: &str) -> String {
    id.replacen('/', "-", 1)
}

/// The id that such a segment stands for.
pub fn item_id(segment: &str) -> String {
    match segment.split_at_checked(12) {
        Some((region, slug)) => format!("{region}/{}", slug.strip_prefix('-').unwrap_or(slug)),
        None => segment.to_owned(),
    }
}

fn page(status: StatusCode, markup: Markup) -> Response {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, html)], markup.into_string()).into_response()
}

/// What a form has done, named in the address it leads back to.
fn flashes(query: &str, lang: Lang) -> Vec<Flash> {
    let done = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "done");
    let Some((_, done)) = done else { return Vec::new() };
    let text = match done.as_ref() {
        "saved" => lang.pick("已保存", "Saved"),
        "submitted" => lang.pick("已提交审核", "Handed in for review"),
        "approved" => lang.pick("已通过", "Approved"),
        "published" => lang.pick("已发布", "Published"),
        "rejected" => lang.pick("已退回", "Sent back"),
        "withdrawn" => lang.pick("已撤回", "Withdrawn"),
        "deleted" => lang.pick("已删除", "Deleted"),
        "created" => lang.pick("已新建", "Created"),
        "granted" => lang.pick("已授权", "Granted"),
        "revoked" => lang.pick("已收回", "Revoked"),
        "disabled" => lang.pick("已停用", "Disabled"),
        "enabled" => lang.pick("已启用", "Enabled"),
        "rotated" => lang.pick("已更换密钥", "The key was replaced"),
        "imported" => lang.pick("已导入签名", "The signature was imported"),
        "waiting" => lang.pick("已准备好，等离线签名", "Prepared; it waits for offline signatures"),
        "signed" => lang.pick("签名已收下，还差签名", "The signature was taken in; more are needed"),
        "cancelled" => lang.pick("已取消", "Given up"),
        "ended" => lang.pick("已退出", "Logged out"),
        "asked" => lang.pick("确认信已发出，请到邮箱里打开链接", "The letter is on its way; open the link in it"),
        "named" => lang.pick("代审已安排好", "The substitute is named"),
        "ended-substitute" => lang.pick("代审已结束", "The substitution has ended"),
        "password" => lang.pick("密码已设置，请登录", "The password is set; sign in"),
        _ => return Vec::new(),
    };
    vec![Flash { tone: Tone::Good, text: text.to_owned() }]
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = yuexiang_console::asset(&name) else { return StatusCode::NOT_FOUND.into_response() };
    crate::serve::asset(asset, &headers)
}

/// What went wrong, as a page says it.
pub struct Trouble {
    kind: ErrorKind,
    detail: Option<Box<Message>>,
    /// Where to go on, and what that is called: Chinese, English.
    way_out: Option<((&'static str, &'static str), String)>,
    reference: String,
}

impl Trouble {
    pub fn new(kind: ErrorKind, detail: impl Into<Message>) -> Trouble {
        Trouble { detail: Some(Box::new(detail.into())), ..Trouble::plain(kind) }
    }

    /// What the page says by itself is enough.
    pub fn plain(kind: ErrorKind) -> Trouble {
        Trouble { kind, detail: None, way_out: None, reference: String::new() }
    }

    /// A failure of this machine: the log has the rest, under a number that the page names.
    fn internal(error: impl std::error::Error + 'static) -> Trouble {
        Trouble::failed(crate::messages::failure(&error), &error)
    }

    fn failed(message: Message, error: &dyn std::fmt::Display) -> Trouble {
        let reference = format!("{:x}", jiff::Timestamp::now().as_millisecond());
        tracing::error!(%error, reference, "answering a page");
        let trouble = match message.status() {
            503 => Trouble::new(ErrorKind::Unavailable, message),
            507 => Trouble::new(ErrorKind::DiskFull, message),
            _ => Trouble::plain(ErrorKind::Internal),
        };
        Trouble { reference, ..trouble }
    }

    /// Leads back to a page.
    fn leading_to(self, path: String) -> Trouble {
        Trouble { way_out: Some((("返回", "Go back"), path)), ..self }
    }

    /// Leads back to an item.
    fn back_to(self, item: &str) -> Trouble {
        let words = ("回到这条内容", "Back to the item");
        Trouble { way_out: Some((words, format!("/console/items/{}", item_segment(item)))), ..self }
    }

    /// What is wrong, for a script that says it in its own place.
    pub fn message(&self) -> Message {
        self.detail
            .as_deref()
            .cloned()
            .unwrap_or_else(|| Reason::InternalAs { reference: self.reference.clone() }.into())
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub fn page(self, cx: &Context) -> Response {
        let status = self.status();
        let view = ErrorPage {
            kind: self.kind,
            detail: self.detail.map(|detail| *detail),
            way_out: self.way_out.map(|((zh, en), url)| (cx.lang.pick(zh, en).to_owned(), url)),
            reference: self.reference,
        };
        page(status, yuexiang_console::error::page(cx, &view))
    }
}

impl From<DeskError> for Trouble {
    fn from(error: DeskError) -> Trouble {
        let message = error.told();
        match &error {
            DeskError::Forbidden(forbidden) => Trouble::from(forbidden),
            _ if message.status() >= 500 => Trouble::failed(message, &error),
            DeskError::NoItem(_)
            | DeskError::NoMedium(_)
            | DeskError::NoRegion(_)
            | DeskError::Keys(KeyActionError::UnknownRegion(_) | KeyActionError::UnknownAccount(_)) => {
                Trouble::new(ErrorKind::NotFound, message)
            }
            DeskError::Denied { item, .. }
            | DeskError::Changed { item }
            | DeskError::Conflict { item, .. }
            | DeskError::Unasked { item, .. } => Trouble::new(ErrorKind::Conflict, message).back_to(item),
            DeskError::FromPack(item) | DeskError::Kept(item) => {
                Trouble::new(ErrorKind::Refused, message).back_to(item)
            }
            _ => Trouble::new(ErrorKind::Refused, message),
        }
    }
}

impl From<&Forbidden> for Trouble {
    fn from(forbidden: &Forbidden) -> Trouble {
        let kind = if is_to_see(forbidden.action) { ErrorKind::Forbidden } else { ErrorKind::Barred };
        Trouble::new(kind, forbidden.told())
    }
}

/// Whether what is denied is a look at something, not a change.
fn is_to_see(action: Action) -> bool {
    matches!(
        action,
        Action::SeePublished
            | Action::SeeDrafts
            | Action::SeeAccounts
            | Action::SeeKeys
            | Action::SeeLog
            | Action::SeeFigures
            | Action::SeeStorage
    )
}

/// Why the desk did not do something that is allowed in principle; none for failures of the machine, and for what a page
/// of its own says.
pub fn refusal(error: &DeskError) -> Option<Message> {
    let has_page = matches!(
        error,
        DeskError::Forbidden(_) | DeskError::NoItem(_) | DeskError::NoMedium(_) | DeskError::NoRegion(_)
    );
    Some(error.told()).filter(|message| message.status() < 500 && !has_page)
}

impl From<preview::PreviewError> for Trouble {
    fn from(error: preview::PreviewError) -> Trouble {
        Trouble::internal(error)
    }
}

impl From<AccountError> for Trouble {
    fn from(error: AccountError) -> Trouble {
        if let AccountError::Forbidden(forbidden) = &error {
            return Trouble::from(forbidden);
        }
        Trouble::from(web::Problem::from(error))
    }
}

impl From<web::Problem> for Trouble {
    fn from(problem: web::Problem) -> Trouble {
        let kind = match problem.status {
            401 | 403 => ErrorKind::Barred,
            404 | 410 => ErrorKind::NotFound,
            413 => ErrorKind::TooLarge,
            429 => ErrorKind::TooMany,
            400..500 => ErrorKind::Refused,
            503 => ErrorKind::Unavailable,
            507 => ErrorKind::DiskFull,
            _ => ErrorKind::Internal,
        };
        Trouble::new(kind, problem.message().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_away_by_itself_is_no_failure_without_a_reason() {
        let doubt = crate::clock::Doubt::Past { of: "region 44".to_owned(), behind: 3 * 86_400 };
        let trouble = Trouble::from(DeskError::Store(crate::store::StoreError::Clock(doubt)));
        assert_eq!(trouble.status(), StatusCode::SERVICE_UNAVAILABLE);
        let said = trouble.message().sentence(Lang::Zh);
        assert!(said.starts_with("云端的时钟不准，好像慢了 3 天") && said.contains("请告诉运维校准时间"), "{said}");
        let full = crate::objects::ObjectError::Folder {
            path: "objects".into(),
            source: std::io::Error::from(std::io::ErrorKind::StorageFull),
        };
        let trouble = Trouble::from(DeskError::Publish(crate::publish::PublishError::from(full)));
        assert_eq!(trouble.status(), StatusCode::INSUFFICIENT_STORAGE);
        assert!(trouble.message().sentence(Lang::Zh).starts_with("云端的磁盘满了"));
        assert_eq!(Trouble::from(DeskError::Random).status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn an_items_id_is_one_segment_of_a_path_and_comes_back_from_it() {
        for id in ["440224103201/water", "440224103201/20261125-0a1b2", "440000000000/a-b-c"] {
            let segment = item_segment(id);
            assert!(!segment.contains('/'));
            assert_eq!(item_id(&segment), id);
        }
        for odd in ["", "x", "44022410320", "水水水水水水"] {
            item_id(odd);
        }
    }
}
