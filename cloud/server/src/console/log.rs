//! The audit log: its list, whether it is whole, and its export.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::BufWriter;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use yuexiang_console::log::{self as page, Chain, LogEntry};
use yuexiang_console::messages::Field;
use yuexiang_console::time;
use yuexiang_console::words::Lang;

use super::form::Fields;
use super::items::{CLOCK, person_name, unread_day};
use super::{Trouble, Visit, item_segment};
use crate::db::args;
use crate::desk::log::{self, Line, Verdict};
use crate::desk::log_list::{LogCursor, LogFilter};
use crate::desk::rights::Action;
use crate::desk::{DeskError, audit};
use crate::region::RegionCode;
use crate::serve::Shared;

mod detail;

/// Steps of one page.
const PAGE: i64 = 100;
const DAY: i64 = 24 * 3_600;

/// What checks of the log have found since the server was started, by the region they began with, and when.
#[derive(Default)]
pub struct Checked(Mutex<HashMap<RegionCode, (Verdict, i64)>>);

impl Checked {
    fn put(&self, region: RegionCode, verdict: Verdict, at: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(region, (verdict, at));
    }

    fn of(&self, region: RegionCode) -> Option<(Verdict, i64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&region).cloned()
    }
}

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/log", get(list))
        .route("/console/log/export", get(export))
        .route("/console/log/verify", post(verify))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    region: String,
    who: String,
    action: String,
    from: String,
    to: String,
    after: String,
}

async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match view(&visit, asked).await {
        Ok(view) => visit.page(page::page(&visit.cx, &view)),
        Err(trouble) => trouble.page(&visit.cx),
    }
}

async fn view(visit: &Visit, asked: Asked) -> Result<page::Log, Trouble> {
    let region = visit.region_for(&asked.region, Action::SeeLog)?;
    let days = [(Field::From, &asked.from), (Field::To, &asked.to)];
    if let Some(trouble) = unread_day(&days) {
        return Err(trouble);
    }
    let after: Option<LogCursor> = asked.after.parse().ok();
    let further = after.is_some();
    let midnight = |day: &str| time::from_input(&format!("{day}T00:00"));
    let filter = LogFilter {
        region,
        who: asked.who.clone(),
        action: asked.action.clone(),
        from: midnight(&asked.from),
        until: midnight(&asked.to).map(|day| day + DAY),
        after,
        limit: PAGE + 1,
    };
    let mut lines = visit.desk().log_lines(&visit.visitor, &filter).await?;
    let more = lines.len() as i64 > PAGE;
    lines.truncate(PAGE as usize);
    let next = lines
        .last()
        .filter(|_| more)
        .and_then(|line| Some(LogCursor { at: line.at, region: line.region.parse().ok()?, seq: line.seq }.to_string()));
    let mut names = HashMap::new();
    let mut entries = Vec::new();
    for line in lines {
        entries.push(entry(visit, line, &mut names).await?);
    }
    let export = visit.visitor.may(Action::ExportLog, region).then(|| format!("/console/log/export?region={region}"));
    Ok(page::Log {
        region: visit.region_of(region).await,
        who: asked.who,
        action: asked.action,
        from: asked.from,
        to: asked.to,
        actions: ACTIONS
            .iter()
            .map(|(slug, zh, en)| ((*slug).to_owned(), visit.lang().pick(*zh, *en).to_owned()))
            .collect(),
        chain: chain(visit, region).await?,
        entries,
        next,
        further,
        export,
    })
}

async fn chain(visit: &Visit, region: RegionCode) -> Result<Chain, DeskError> {
    let Some((verdict, at)) = visit.served.checked.of(region) else { return Ok(Chain::Unchecked) };
    if let Some((broken, number, _)) = verdict.broken.first() {
        let broken = broken.parse().unwrap_or(region);
        return Ok(Chain::Broken { region: visit.region_of(broken).await, number: *number });
    }
    let head = verdict.head.unwrap_or_default();
    Ok(Chain::Verified { chains: verdict.chains as i64, entries: verdict.lines as i64, head, at })
}

async fn entry(visit: &Visit, line: Line, names: &mut HashMap<String, String>) -> Result<LogEntry, DeskError> {
    let region: Option<RegionCode> = line.region.parse().ok();
    let (object, url) = object(visit, &line, region, names).await?;
    for code in detail::to_name(&line.detail) {
        if let Entry::Vacant(unnamed) = names.entry(code) {
            let name = match unnamed.key().parse::<RegionCode>() {
                Ok(region) => visit.region_of(region).await.name,
                Err(_) => person_name(visit, unnamed.key()).await,
            };
            unnamed.insert(name);
        }
    }
    Ok(LogEntry {
        number: line.seq,
        at: line.at,
        who: named(visit, &line.account, names).await,
        action: word(&line.action, visit.lang()),
        region: match region {
            Some(region) => Some(visit.region_of(region).await),
            None => None,
        },
        object,
        url,
        detail: detail::detail(&line.detail, visit.lang(), names),
        hash: line.hash,
    })
}

/// What a step was done to, and its page. The title of what is not published yet is for those alone who may read it.
async fn object(
    visit: &Visit,
    line: &Line,
    region: Option<RegionCode>,
    names: &mut HashMap<String, String>,
) -> Result<(String, Option<String>), DeskError> {
    let object = &line.object;
    if object.starts_with("u-") {
        return Ok((named(visit, object, names).await, Some(format!("/console/accounts/{object}"))));
    }
    let may_read = region.is_some_and(|region| visit.visitor.may(Action::SeeDrafts, region));
    if object.starts_with("t-") {
        return Ok((token_name(visit, object, names).await?, None));
    }
    if object.contains('/')
        && let Some(item) = visit.desk().publisher.store.item(object).await?
        && (may_read || item.live.as_ref().is_some_and(|live| live.revision == item.revision))
    {
        return Ok((item.title, Some(format!("/console/items/{}", item_segment(object)))));
    }
    if line.action.starts_with("key-revoke")
        && let Ok(other) = object.parse::<RegionCode>()
    {
        return Ok((visit.region_of(other).await.name, None));
    }
    // The key of a root, or the root itself.
    let is_key = object.len() == 64 && object.bytes().all(|byte| byte.is_ascii_hexdigit());
    Ok(match object.as_str() {
        "root" => (visit.cx.t("根文件", "The root").to_owned(), None),
        key if is_key => (key.chars().take(detail::SHORT).collect(), None),
        other => (other.to_owned(), None),
    })
}

/// The name of an account; empty for the cloud itself. Asked for once a page.
async fn named(visit: &Visit, account: &str, names: &mut HashMap<String, String>) -> String {
    match account {
        CLOCK => String::new(),
        account => {
            if let Some(name) = names.get(account) {
                return name.clone();
            }
            let name = person_name(visit, account).await;
            names.insert(account.to_owned(), name.clone());
            name
        }
    }
}

/// The name of a token, which the log has told when it was made. Asked for once a page.
async fn token_name(visit: &Visit, token: &str, names: &mut HashMap<String, String>) -> Result<String, DeskError> {
    if let Some(name) = names.get(token) {
        return Ok(name.clone());
    }
    let sql = "SELECT name FROM token WHERE id = $1";
    let row: Option<(String,)> =
        visit.desk().publisher.store.db.optional("reading a token's name", sql, args![token]).await?;
    let name = row.map_or_else(|| token.to_owned(), |(name,)| name);
    names.insert(token.to_owned(), name.clone());
    Ok(name)
}

/// What steps are called.
const ACTIONS: [(&str, &str, &str); 54] = [
    ("create", "新建", "Written"),
    ("edit", "修改", "Changed"),
    ("submit", "提交审核", "Handed in"),
    ("approve", "审核通过", "Approved"),
    ("reject", "退回", "Sent back"),
    ("publish", "发布", "Published"),
    ("withdraw", "撤回", "Withdrawn"),
    ("expire", "到期下线", "Expired"),
    ("delete", "删除草稿", "Draft deleted"),
    ("pack", "导入内容包", "Content pack"),
    ("approval-revoked", "放行作废", "Approval void"),
    ("account-create", "建账号", "Account made"),
    ("account-rename", "改姓名", "Account renamed"),
    ("account-disable", "停用账号", "Account disabled"),
    ("account-enable", "启用账号", "Account enabled"),
    ("account-link", "绑定统一身份", "Identity linked"),
    ("role-grant", "授予角色", "Role given"),
    ("role-revoke", "收回角色", "Role taken away"),
    ("password-link", "开密码链接", "Password link"),
    ("password-set", "设置密码", "Password set"),
    ("sign-in", "登录", "Logged in"),
    ("session-end", "退出登录", "Logged out"),
    ("token-create", "开令牌", "Token made"),
    ("token-revoke", "作废令牌", "Token revoked"),
    ("key-rotate", "换密钥", "Key replaced"),
    ("key-revoke", "吊销下级密钥", "Keys below revoked"),
    ("key-revoked", "密钥被上级吊销", "Keys revoked from above"),
    ("reviewer-rotate", "换审核密钥", "Reviewer's key replaced"),
    ("reviewer-revoke", "吊销审核密钥", "Reviewer's key revoked"),
    ("root-adopt", "准备新的根", "New root prepared"),
    ("root-sign", "交回根的签名", "Root signed"),
    ("root-publish", "新的根生效", "New root in force"),
    ("root-cancel", "取消换根", "New root given up"),
    ("root-export", "导出根密钥", "Root key exported"),
    ("root-offline", "根密钥离线", "Root key offline"),
    ("sections", "改栏目", "Sections changed"),
    ("division-moved", "变更区划代码", "Division moved"),
    ("division-left", "改用新代码", "Goes on under another code"),
    ("division-taken-over", "接续旧代码", "Taken over from an old code"),
    ("division-renamed", "地区改名", "Division renamed"),
    ("division-split", "拆分出新地区", "Split off"),
    ("divisions-imported", "导入区划名单", "List of divisions imported"),
    ("reviews-below", "改审核规则", "Review rule changed"),
    ("log-export", "导出日志", "Log exported"),
    ("restore", "恢复备份", "Backup restored"),
    ("master-lost", "主密钥丢失", "Master key lost"),
    ("clock-reviewer", "更正审核员的起止时间", "Reviewer's time put right"),
    ("clock-signed", "按正确时间重新签名", "Signed anew with the right time"),
    ("clock-approval", "更正放行的时间", "Approval's time put right"),
    ("substitute-name", "安排代审", "Substitute named"),
    ("substitute-begin", "代审开始", "Substitution begun"),
    ("substitute-end", "代审结束", "Substitution ended"),
    ("notice-address", "改通知邮箱", "Address for notices"),
    ("notice-failed", "通知没有送到", "Notice not delivered"),
];

fn word(action: &str, lang: Lang) -> String {
    let known = ACTIONS.iter().find(|(slug, ..)| *slug == action);
    known.map_or_else(|| action.to_owned(), |(_, zh, en)| lang.pick(*zh, *en).to_owned())
}

async fn verify(visit: Visit, body: Bytes) -> Response {
    let region = match visit.region_for(Fields::read(&body).get("region"), Action::SeeLog) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    match log::verify(&visit.desk().publisher.store, region).await {
        Ok(verdict) => {
            visit.served.checked.put(region, verdict, visit.now);
            Redirect::to(&format!("/console/log?region={region}")).into_response()
        }
        Err(error) => visit.trouble(DeskError::from(error)),
    }
}

async fn export(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let region = match visit.region_for(&asked.region, Action::ExportLog) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    match exported(&visit, region).await {
        Ok(body) => download(body, &format!("yuexiang-log-{region}.jsonl"), "application/jsonl"),
        Err(trouble) => trouble.page(&visit.cx),
    }
}

/// The log is written into a file without a name first, so that a slow reader holds up nothing but himself, and what
/// is downloaded is either whole or nothing.
async fn exported(visit: &Visit, region: RegionCode) -> Result<Body, Trouble> {
    let mut file = BufWriter::new(tempfile::tempfile().map_err(Trouble::internal)?);
    audit::export(&visit.desk().publisher.store, region, &mut file).await.map_err(Trouble::internal)?;
    let file = file.into_inner().map_err(Trouble::internal)?;
    let mut file = tokio::fs::File::from_std(file);
    tokio::io::AsyncSeekExt::rewind(&mut file).await.map_err(Trouble::internal)?;
    Ok(Body::from_stream(ReaderStream::new(file)))
}

/// A file that the browser keeps. The name has none but plain characters.
pub fn download(body: Body, name: &str, kind: &'static str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_nobody_has_named_is_shown_by_its_slug() {
        assert_eq!(word("approve", Lang::En), "Approved");
        assert_eq!(word("something-new", Lang::Zh), "something-new");
    }
}
