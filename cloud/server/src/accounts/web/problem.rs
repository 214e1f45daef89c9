//! Errors as programs read them: `application/problem+json` (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::AccountError;
use crate::accounts::substitutes::SubstitutionError;
use crate::desk::rights::Forbidden;

/// What went wrong. `code` is the word that programs look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// A word that stays, such as `forbidden`.
    pub code: &'static str,
    /// For people, in Chinese.
    pub title: String,
    /// The same in more words, in English.
    pub detail: String,
    /// What is wrong with single fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// The item that is kept nevertheless.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub item: Option<String>,
    /// Seconds after which it may go better.
    #[serde(skip)]
    pub retry_after: Option<i64>,
}

/// What is wrong with a field, in Chinese and in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Empty for the whole.
    pub field: String,
    pub zh: String,
    pub en: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, title: &str, detail: impl ToString) -> Problem {
        let (title, detail) = (title.to_owned(), detail.to_string());
        Problem { status: status.as_u16(), code, title, detail, errors: Vec::new(), item: None, retry_after: None }
    }

    /// Nobody is signed in, or the token does not hold.
    pub fn unauthorized() -> Problem {
        let detail = "sign in, or present a valid API token as `Authorization: Bearer`";
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "请先登录", detail)
    }

    /// A failure of this machine, which the log tells.
    pub fn failed() -> Problem {
        let detail = "the server failed; its log says why";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "系统出错", detail)
    }

    /// The request seems to come from somebody else's page.
    pub fn forged(detail: &str) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forged", "请求校验失败，请刷新页面后重试", detail)
    }
}

impl From<Forbidden> for Problem {
    fn from(error: Forbidden) -> Problem {
        let title = format!("没有权限：{}", error.action.names().0);
        Problem::new(StatusCode::FORBIDDEN, "forbidden", &title, error)
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Problem {
        use AccountError as E;
        let bad = StatusCode::UNPROCESSABLE_ENTITY;
        let error = match error {
            E::Keys(error) => return error.into(),
            other => other,
        };
        let (status, code, title) = match &error {
            E::Forbidden(forbidden) => return forbidden.clone().into(),
            E::Login(_) => (bad, "login", "登录名应为 2 至 40 个小写字母、数字或 . _ - @"),
            E::Taken(_) => (StatusCode::CONFLICT, "taken", "登录名已被使用"),
            E::Name => (bad, "name", "姓名应为 1 至 40 个字"),
            E::Unknown(_) => (StatusCode::NOT_FOUND, "unknown", "账号或令牌不存在"),
            E::Region(_) => (bad, "region", "行政区划代码不存在"),
            E::Own => (StatusCode::FORBIDDEN, "own", "不能给自己授权"),
            E::LastAdministrator => (StatusCode::CONFLICT, "last-administrator", "这是全省最后一名管理员"),
            E::Disabled => (StatusCode::CONFLICT, "disabled", "账号已停用"),
            E::Weak(weak) => (bad, "weak-password", weak.zh()),
            E::Wrong => (StatusCode::UNAUTHORIZED, "wrong", "登录名或密码错误"),
            E::Wait { .. } => (StatusCode::TOO_MANY_REQUESTS, "wait", "尝试次数过多，请稍后再试"),
            E::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "系统繁忙，请稍后再试"),
            E::Link => (StatusCode::GONE, "link", "链接已失效"),
            E::TokenTerms => (bad, "token-terms", "令牌名称应为 1 至 40 个字，有效期 1 至 366 天"),
            E::TokenByToken => (StatusCode::FORBIDDEN, "token-by-token", "不能用令牌创建令牌"),
            E::LinkByToken => (StatusCode::FORBIDDEN, "link-by-token", "不能用令牌开密码链接"),
            E::TokenOfOther => (StatusCode::FORBIDDEN, "token-of-other", "审核与管理令牌只能由本人创建"),
            E::TokenBeyond => (bad, "token-beyond", "该账号没有这一权限"),
            E::Substitution(wrong) => {
                let status = match wrong {
                    SubstitutionError::Unknown => StatusCode::NOT_FOUND,
                    SubstitutionError::ByToken | SubstitutionError::Own | SubstitutionError::NoReviewer => {
                        StatusCode::FORBIDDEN
                    }
                    SubstitutionError::Taken => StatusCode::CONFLICT,
                    _ => bad,
                };
                (status, wrong.code(), wrong.zh())
            }
            E::OidcUnknown => (StatusCode::FORBIDDEN, "oidc-unknown", "该统一身份没有对应的账号"),
            E::Oidc(_) => {
                tracing::warn!(%error, "answering a request");
                (StatusCode::BAD_GATEWAY, "oidc", "统一身份登录失败")
            }
            E::Random | E::Hash(_) | E::Store(_) | E::Db(_) | E::Key(_) | E::Keys(_) | E::Publish(_) | E::Export(_) => {
                // What happened inside is for the log, not for whoever asks.
                tracing::error!(%error, "answering a request");
                return Problem::failed();
            }
        };
        let retry_after = match &error {
            E::Wait { seconds } => Some(*seconds),
            E::Busy => Some(5),
            _ => None,
        };
        Problem { retry_after, ..Problem::new(status, code, title, error) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let problem = self.clone();
        let mut response = (status, Json(self)).into_response();
        // For the console, which tells people the same on a page.
        response.extensions_mut().insert(problem);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"yuexiang\""));
        }
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // What was not read of the body is lost with the connection: the next request needs another one.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}
