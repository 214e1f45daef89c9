//! A region's keys: how they stand, new ones, revocation, and the ceremony of the offline root.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Multipart, Query};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use yuexiang_console::Problem;
use yuexiang_console::accounts::ReviewerKey;
use yuexiang_console::keys::{self as page, Ceremony, Child, Key, KeyRole, Rights, RoleKeys};
use yuexiang_console::messages::request::Request as Reason;

use super::form::Fields;
use super::log::download;
use super::{Trouble, Visit};
use crate::accounts::AccountError;
use crate::desk::DeskError;
use crate::desk::keys::ChildKeys;
use crate::desk::rights::Action;
use crate::keys::import::Imported;
use crate::keys::request::SignatureFile;
use crate::keys::status::{RegionStatus, RequestStatus};
use crate::keys::{KeyActionError, RootOutcome};
use crate::region::RegionCode;
use crate::serve::Shared;
use crate::tuf::{Role, key_id};

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/keys", get(index))
        .route("/console/keys/rotate", post(rotate))
        .route("/console/keys/revoke", post(revoke))
        .route("/console/keys/reviewer/revoke", post(revoke_reviewer))
        .route("/console/keys/ceremony", post(prepare))
        .route("/console/keys/ceremony/cancel", post(cancel))
        .route("/console/keys/ceremony/request", get(request))
        .route("/console/keys/ceremony/signature", post(signature))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    region: String,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match visit.region_for(&asked.region, Action::SeeKeys) {
        Ok(region) => show(&visit, region, &Fields::default(), Vec::new()).await,
        Err(trouble) => trouble.page(&visit.cx),
    }
}

async fn show(visit: &Visit, region: RegionCode, form: &Fields, problems: Vec<Problem>) -> Response {
    match view(visit, region, form, problems).await {
        Ok(view) => visit.page(page::page(&visit.cx, &view)),
        Err(trouble) => trouble.page(&visit.cx),
    }
}

async fn view(visit: &Visit, region: RegionCode, form: &Fields, problems: Vec<Problem>) -> Result<page::Keys, Trouble> {
    let status = match visit.desk().key_status(&visit.visitor, region).await {
        Ok(status) => Some(status),
        // A region gets its keys with the first thing that it publishes.
        Err(DeskError::Keys(KeyActionError::UnknownRegion(_))) => None,
        Err(error) => return Err(error.into()),
    };
    let ceremony = match status.as_ref().and_then(|status| status.request.as_ref()) {
        Some(request) => Some(ceremony(visit, region, request).await?),
        None => None,
    };
    let may = |action| visit.visitor.may(action, region) && status.is_some();
    let rights = Rights {
        rotate: may(Action::RotateKeys),
        revoke: visit.visitor.may(Action::RevokeChildKeys, region),
        ceremony: may(Action::RotateKeys),
    };
    Ok(page::Keys {
        region: visit.region_of(region).await,
        parent: match region.parent() {
            Some(parent) => Some(visit.region_of(parent).await),
            None => None,
        },
        roles: status.iter().flat_map(roles).collect(),
        reviewers: reviewers(visit, region).await?,
        children: children(visit, region).await?,
        ceremony,
        rights,
        new_keys: form.get("keys").to_owned(),
        new_threshold: form.get("threshold").to_owned(),
        problems,
    })
}

fn roles(status: &RegionStatus) -> Vec<RoleKeys> {
    let role = |line: &crate::keys::status::RoleStatus| {
        let role = key_role(Role::named(line.role)?);
        let key = |key: &crate::keys::status::KeyStatus| Key {
            id: key_id(&key.public).unwrap_or_else(|| key.public.clone()),
            online: key.online,
            since: key.created,
            waiting: key.waiting,
        };
        let threshold = if role == KeyRole::Root { status.threshold } else { 1 };
        Some(RoleKeys {
            role,
            version: line.version as i64,
            expires: line.expires,
            threshold: u32::try_from(threshold).unwrap_or(u32::MAX),
            keys: line.keys.iter().map(key).collect(),
        })
    };
    status.roles.iter().filter_map(role).collect()
}

fn key_role(role: Role) -> KeyRole {
    match role {
        Role::Root => KeyRole::Root,
        Role::Targets => KeyRole::Targets,
        Role::Snapshot => KeyRole::Snapshot,
        Role::Timestamp => KeyRole::Timestamp,
    }
}

async fn ceremony(visit: &Visit, region: RegionCode, request: &RequestStatus) -> Result<Ceremony, DeskError> {
    let file = visit.desk().root_request(&visit.visitor, region).await?;
    let name = request_name(region, request.version);
    Ok(Ceremony {
        version: request.version as i64,
        began: request.created,
        request_url: format!("/console/keys/ceremony/request?region={region}"),
        request_hash: file.sha256(),
        summary: match file.changes() {
            Ok(changes) => changes.iter().map(|change| change.words(visit.lang())).collect(),
            Err(_) => request.summary.clone(),
        },
        signatures: request.signed.clone(),
        before: (request.tally.follows.have, request.tally.follows.need),
        own: (request.tally.next.have, request.tally.next.need),
        command: format!("yuexiang-cloud keys sign {name} --key KEY.pem --out signature.json"),
    })
}

fn request_name(region: RegionCode, version: u64) -> String {
    format!("root-{region}-{version}.json")
}

async fn reviewers(visit: &Visit, region: RegionCode) -> Result<Vec<ReviewerKey>, DeskError> {
    let key = |one: yuexiang_wire::Reviewer| ReviewerKey {
        key: one.key,
        account: one.person,
        name: one.name,
        steps: one.steps.into_iter().map(Into::into).collect(),
        since: one.from,
        until: one.until,
    };
    Ok(visit.desk().reviewers(&visit.visitor, region).await?.into_iter().map(key).collect())
}

async fn children(visit: &Visit, region: RegionCode) -> Result<Vec<Child>, DeskError> {
    let mut children = Vec::new();
    for ChildKeys { region, root, revoked } in visit.desk().keys_below(&visit.visitor, region).await? {
        let root = root.map(|(version, expires)| (version as i64, expires));
        children.push(Child { region: visit.region_of(region).await, root, revoked });
    }
    Ok(children)
}

/// Shows a refusal on the page of keys, with what was typed; what is nobody's fault here has a page of its own.
async fn refused(visit: &Visit, region: RegionCode, form: &Fields, error: DeskError) -> Response {
    let shown = match &error {
        DeskError::Keys(_) | DeskError::Key(_) | DeskError::NoReason => super::refusal(&error),
        _ => None,
    };
    let Some(message) = shown else { return visit.trouble(error) };
    show(visit, region, form, vec![Problem::new(visit.lang(), "", &message)]).await
}

fn done(visit: &Visit, region: RegionCode, word: &str) -> Response {
    visit.done(&format!("/console/keys?region={region}"), word)
}

fn outcome_word(outcome: RootOutcome) -> &'static str {
    match outcome {
        RootOutcome::Published { .. } => "rotated",
        RootOutcome::Waiting { .. } => "waiting",
    }
}

async fn rotate(visit: Visit, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let region = match visit.region_for(form.get("region"), Action::RotateKeys) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    let Some(role) = Role::named(form.get("role")) else {
        return show(&visit, region, &form, Vec::new()).await;
    };
    match visit.desk().rotate_key(&visit.visitor, region, role, visit.now).await {
        Ok(outcome) => done(&visit, region, outcome_word(outcome)),
        Err(error) => refused(&visit, region, &form, error).await,
    }
}

/// Ends the keys of a region directly below, in the name of this one.
async fn revoke(visit: Visit, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let child: Option<RegionCode> = form.get("child").parse().ok();
    let Some((child, parent)) = child.and_then(|child| Some((child, child.parent()?))) else {
        return visit.done("/console/keys", "");
    };
    match visit.desk().revoke_keys(&visit.visitor, child, form.get("reason"), visit.now).await {
        Ok(_) => done(&visit, parent, "revoked"),
        Err(error) => refused(&visit, parent, &form, error).await,
    }
}

/// Ends a reviewer's key, wherever it counts: one has to be in charge of all these regions.
async fn revoke_reviewer(visit: Visit, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let region = match visit.region_for(form.get("region"), Action::RevokeChildKeys) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    let (account, key) = (form.get("account"), form.get("key"));
    match visit.served.accounts.revoke_key(&visit.visitor, account, key, visit.now).await {
        Ok(_) => {
            visit.desk().published.notify_one();
            done(&visit, region, "revoked")
        }
        Err(AccountError::Keys(error)) => refused(&visit, region, &form, error.into()).await,
        Err(error) => visit.trouble(error),
    }
}

/// Names the root keys of the next root, which then waits for their signatures.
async fn prepare(visit: Visit, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let region = match visit.region_for(form.get("region"), Action::RotateKeys) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    let keys: Vec<String> = form.get("keys").split_whitespace().map(str::to_owned).collect();
    let threshold = form.get("threshold").trim().parse().unwrap_or(0);
    match visit.desk().prepare_root(&visit.visitor, region, &keys, threshold, visit.now).await {
        Ok(outcome) => done(&visit, region, outcome_word(outcome)),
        Err(error) => refused(&visit, region, &form, error).await,
    }
}

async fn cancel(visit: Visit, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let region = match visit.region_for(form.get("region"), Action::RotateKeys) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    match visit.desk().cancel_root(&visit.visitor, region, visit.now).await {
        Ok(_) => done(&visit, region, "cancelled"),
        Err(error) => refused(&visit, region, &form, error).await,
    }
}

async fn request(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let region = match visit.region_for(&asked.region, Action::SeeKeys) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    let file = match visit.desk().root_request(&visit.visitor, region).await {
        Ok(file) => file,
        Err(error) => return visit.trouble(error),
    };
    match serde_json::to_vec_pretty(&file) {
        Ok(bytes) => download(Body::from(bytes), &request_name(region, file.version), "application/json"),
        Err(error) => Trouble::internal(error).page(&visit.cx),
    }
}

/// Takes in a signature. The region is the one that the file names, so that is where one has to have the right.
async fn signature(visit: Visit, form: Multipart) -> Response {
    let (asked, bytes) = match read_signature(form).await {
        Ok(read) => read,
        Err(error) => {
            tracing::debug!(%error, "reading a form");
            return show_unreadable(&visit).await;
        }
    };
    let region = match visit.region_for(&asked, Action::RotateKeys) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    let form = Fields::default();
    let file = match SignatureFile::read(&bytes) {
        Ok(file) => file,
        Err(error) => return refused(&visit, region, &form, KeyActionError::from(error).into()).await,
    };
    match visit.desk().take_signature(&visit.visitor, &file, visit.now).await {
        Ok(Imported::Waiting { .. }) => done(&visit, file.region, "signed"),
        Ok(Imported::Published { .. } | Imported::AlreadyPublished { .. }) => done(&visit, file.region, "imported"),
        Err(error) => refused(&visit, region, &form, error).await,
    }
}

async fn show_unreadable(visit: &Visit) -> Response {
    match visit.region_for("", Action::RotateKeys) {
        Ok(region) => {
            let problem = Problem::new(visit.lang(), "", &Reason::FormBroken.into());
            show(visit, region, &Fields::default(), vec![problem]).await
        }
        Err(trouble) => trouble.page(&visit.cx),
    }
}

/// The region and the file of the form.
async fn read_signature(mut form: Multipart) -> Result<(String, Bytes), axum::extract::multipart::MultipartError> {
    let (mut region, mut file) = (String::new(), Bytes::new());
    while let Some(field) = form.next_field().await? {
        match field.name() {
            Some("region") => region = field.text().await?,
            Some("signature") => file = field.bytes().await?,
            _ => {}
        }
    }
    Ok((region, file))
}
