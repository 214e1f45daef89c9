//! What the desk could not do, as programs read it.

use std::collections::BTreeMap;
use std::fmt::Display;

use axum::http::StatusCode;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use yuexiang_wire::Step;

use crate::accounts::web::{FieldError, Problem};
use crate::desk::DeskError;
use crate::desk::audit::AuditError;
use crate::desk::draft::Fault;
use crate::desk::media::TakeInError;
use crate::desk::settings::SettingsError;
use crate::desk::state::{Denied, State};
use crate::intake::IntakeError;
use crate::keys::{KeyActionError, KeyError};
use crate::publish::PublishError;
use crate::store::StoreError;
use crate::upload::UploadError;

/// A failure of the server: what happened is for its log, not for whoever asks.
pub fn internal(error: impl Display) -> Problem {
    tracing::error!(%error, "answering a request");
    let detail = "the server failed; its log says why";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "系统出错", detail)
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Problem {
        use DeskError as E;
        let (missing, conflict) = (StatusCode::NOT_FOUND, StatusCode::CONFLICT);
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        let error = match error {
            E::Key(error) => return error.into(),
            E::Keys(error) => return error.into(),
            other => other,
        };
        let (status, code, title) = match &error {
            E::Forbidden(forbidden) => return forbidden.clone().into(),
            E::NoItem(_) => (missing, "no-item", "内容不存在".to_owned()),
            E::NoMedium(_) => (missing, "no-medium", "素材不存在".to_owned()),
            E::NoRegion(_) => (missing, "no-region", "行政区划不存在".to_owned()),
            E::Denied { state, why, .. } => (conflict, "state", denied(*state, *why)),
            E::Changed { .. } => (conflict, "changed", "内容已被修改，请重新查看后再审核".to_owned()),
            E::Conflict { .. } => (conflict, "conflict", "其他人已保存了新的内容".to_owned()),
            E::Unasked { .. } => (conflict, "unasked", "内容正在审核或播出，改动前须确认".to_owned()),
            E::Kept(_) => (conflict, "kept", "播出过的内容要留存，不能删除".to_owned()),
            E::Pushed(_) => (conflict, "pushed", "同一幂等键已用于另一内容".to_owned()),
            E::FromPack(_) => (conflict, "from-pack", "该内容来自内容包，请在内容包中修改".to_owned()),
            E::OwnText => (StatusCode::FORBIDDEN, "own-text", "不能审核自己编写的内容".to_owned()),
            E::SecondReview(step) => {
                let title = format!("同一人只能审核一次，您已完成{}", review(*step));
                (StatusCode::FORBIDDEN, "second-review", title)
            }
            E::TextOfPrincipal => (StatusCode::FORBIDDEN, "own-text", "不能代作者审核作者自己的内容".to_owned()),
            E::PrincipalCounted(step) => {
                let title = format!("同一人只能审核一次，您代的人已完成{}", review(*step));
                (StatusCode::FORBIDDEN, "second-review", title)
            }
            E::Settings(settings @ SettingsError::InUse { .. }) => (conflict, "in-use", settings.zh().to_owned()),
            E::Settings(settings) => (unprocessable, "settings", settings.zh().to_owned()),
            E::NoReason => (unprocessable, "reason", "请填写原因".to_owned()),
            E::Faults(_) => (unprocessable, "faults", "内容还不能送审，请按提示修改".to_owned()),
            E::Publish(PublishError::Full { .. }) => {
                (conflict, "full", "本月这个板块的内容太多，请先撤回一些".to_owned())
            }
            E::Publish(PublishError::Unknown { .. }) => (missing, "no-region", "行政区划不存在".to_owned()),
            E::Store(_) | E::Db(_) | E::Key(_) | E::Keys(_) | E::Publish(_) | E::Random => return internal(error),
        };
        let errors = match &error {
            E::Faults(faults) => faults.iter().map(field_error).collect(),
            _ => Vec::new(),
        };
        Problem { errors, ..Problem::new(status, code, &title, &error) }
    }
}

fn field_error(fault: &Fault) -> FieldError {
    FieldError { field: fault.field.to_owned(), zh: fault.why.zh(), en: fault.why.en() }
}

fn denied(state: State, why: Denied) -> String {
    let state = match state {
        State::Draft => "草稿",
        State::Review(step) => review(step),
        State::Rejected => "已退回",
        State::Published => "已发布",
        State::Withdrawn => "已撤回",
        State::Expired => "已过期",
    };
    let why = match why {
        Denied::NotADraft => "不能送审",
        Denied::NotWaiting => "不在等待这一审",
        Denied::NothingToWithdraw => "没有可撤回的内容",
        Denied::NotDeletable => "不能删除",
    };
    format!("当前状态为{state}，{why}")
}

fn review(step: Step) -> &'static str {
    match step {
        Step::First => "初审",
        Step::Second => "复审",
        Step::Final => "终审",
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Problem {
        match &error {
            UploadError::Disk { .. } | UploadError::Thread if error.status().is_server_error() => {
                let problem = internal(&error);
                Problem { status: error.status().as_u16(), ..problem }
            }
            _ => Problem::new(error.status(), "upload", &error.zh(), &error),
        }
    }
}

impl From<TakeInError> for Problem {
    fn from(error: TakeInError) -> Problem {
        match error {
            TakeInError::Desk(error) => error.into(),
            TakeInError::Upload(error) => error.into(),
            TakeInError::Intake(IntakeError::Refused(refusal)) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", &refusal.zh(), refusal.reason())
            }
            TakeInError::Intake(_) | TakeInError::Stopped => internal(error),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Problem {
        use KeyError as E;
        let (conflict, unprocessable) = (StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, code, title) = match &error {
            E::Elsewhere { .. } => (conflict, "key-elsewhere", "审核密钥在本人的令牌上，请在令牌上签名"),
            E::Here(_) => (conflict, "key-here", "审核密钥由服务器保管，不需要另外签名"),
            E::Revoked(_) => (conflict, "key-revoked", "审核密钥已被吊销"),
            E::Stale { .. } => (unprocessable, "stale", "签名已过时，请重新取签名内容"),
            E::Signature { .. } => (unprocessable, "signature", "签名不正确"),
            E::Unusable(_) => (unprocessable, "key", "公钥应为 64 位十六进制数"),
            _ => return internal(error),
        };
        Problem::new(status, code, title, error)
    }
}

impl From<KeyActionError> for Problem {
    fn from(error: KeyActionError) -> Problem {
        use KeyActionError as E;
        let (missing, conflict) = (StatusCode::NOT_FOUND, StatusCode::CONFLICT);
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        let error = match error {
            E::Key(error) => return error.into(),
            other => other,
        };
        let (status, code, title) = match &error {
            E::UnknownRegion(_) => (missing, "no-keys", "该地区还没有发布过内容，没有密钥"),
            E::UnknownAccount(_) => (missing, "unknown", "账号不存在"),
            E::NoRequest(_) => (missing, "no-request", "没有等待签名的根"),
            E::NoReviewerKey { .. } => (missing, "no-key", "没有可以吊销或更换的审核密钥"),
            E::OfflineRoot(_) => (conflict, "offline-root", "根密钥已离线，请准备新的根"),
            E::ManyRoots(_) => (conflict, "many-roots", "有多把根密钥，请准备新的根"),
            E::InUse { .. } => (conflict, "key-in-use", "其中一把密钥已用在别处，每个地区、每种用途都要用单独的密钥"),
            E::KnownKey(_) => (conflict, "known-key", "这把密钥已经登记过"),
            E::OtherVersion { .. } => (conflict, "other-version", "签名是给另一版根的"),
            E::OtherDocument { .. } => (conflict, "other-document", "签名是给另一份文件的，请重新取请求再签"),
            E::DoesNotFollow { .. } => (conflict, "outdated", "等待签名的根已经过时，请取消后重新准备"),
            E::Expired(_) => (conflict, "expired", "等待签名的根已经过期，请取消后重新准备"),
            E::Busy(_) => (conflict, "busy", "正有人在改这个人的审核权限，请再试一次"),
            E::Threshold { .. } => (unprocessable, "threshold", "签名数至少为 1，不能多于密钥数，密钥最多 15 把"),
            E::BadSignature { .. } => (unprocessable, "signature", "签名不正确"),
            E::NothingAbove(_) => (unprocessable, "nothing-above", "省级之上没有可以吊销它的地区"),
            E::Request(_) => (unprocessable, "signature-file", "这不是所需的签名，或不是应签的密钥签的"),
            _ => return internal(error),
        };
        Problem::new(status, code, title, error)
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Problem {
        internal(error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        internal(error)
    }
}

/// What may go wrong with every request, as the description says it.
pub struct Reading;

/// What may go wrong with a request that changes something.
pub struct Changing;

const READING: [(&str, &str); 5] = [
    ("400", "The path or the query cannot be read"),
    ("401", "No valid token, and nobody is signed in"),
    ("403", "Not allowed there"),
    ("404", "It does not exist, or not for this visitor"),
    ("500", "The server failed"),
];

const CHANGING: [(&str, &str); 4] = [
    ("409", "It is not in the state for this, or somebody else was faster"),
    ("413", "The body is larger than 2 MiB"),
    ("415", "The body is not application/json"),
    ("422", "A field is wrong; `errors` names each"),
];

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        READING.into_iter().map(described).collect()
    }
}

impl IntoResponses for Changing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        READING.into_iter().chain(CHANGING).map(described).collect()
    }
}

fn described((status, why): (&str, &str)) -> (String, RefOr<Response>) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new().description(why).content("application/problem+json", problem).build();
    (status.to_owned(), response.into())
}
