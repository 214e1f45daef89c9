//! Notices: people are told what waits for them, what became of their texts, and what is not well.
//!
//! What happens is written down in the transaction in which it happens, with whom it concerns ([`record`]): an outbox.
//! A process that dies loses none of it, and nobody is told of one event twice. People read their notices in the console
//! ([`read`]); what they want to have sent, and where, is theirs to choose ([`settings`]). A worker in each process that has
//! the means ([`config`]) puts what is due into messages ([`collect`]) and sends them ([`send`]) as letters ([`mail`]) or to
//! the webhooks of groups ([`hook`]), in the words of [`words`]. What nobody does but time itself stands in [`watch`].
//!
//! ```text
//! desk ──record──▶ notice_event, notice ──▶ console
//!                        │ due
//!                     collect ──▶ notice_message ──send──▶ SMTP, webhooks
//!                     (many into one)     (lease, back-off, an end)
//! ```
//!
//! A notice names its item and never quotes it. Whether somebody may read a title is asked when it is shown and when it is
//! sent, so whoever has lost the right since then is not told it. What goes to a group says the titles of what is on the
//! air alone, unless the configuration says otherwise.
//!
//! A message is sent at least once: its id stays the same however often it is tried, and mail programs show it once.

pub mod collect;
pub mod config;
pub mod hook;
pub mod mail;
pub mod read;
pub mod record;
pub mod send;
pub mod settings;
pub mod watch;
pub mod words;

pub use send::Sender;
pub use yuexiang_console::words::Notice as Kind;

use crate::accounts::AccountError;
use crate::db::DbError;
use crate::store::StoreError;

/// Stands before the name of a webhook where a recipient is named; no account's id holds a colon.
const HOOK: &str = "hook:";

#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    #[error("`{0}` is no mail address")]
    Address(String),
    #[error("this cloud sends no mail: its configuration names no mail server")]
    NoMail,
    #[error("the hour is a number from 0 to 23")]
    Hour,
    #[error("the link was used, replaced or has expired")]
    Link,
    #[error("a letter with a link was sent a moment ago: wait {0} s for another")]
    Wait(i64),
    #[error("sending mail: {0}")]
    Mail(#[from] mail::MailError),
    #[error("posting to the webhook `{name}`: {problem}")]
    Hook { name: String, problem: String },
    #[error("there are no random numbers")]
    Random,
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl NoticeError {
    /// What somebody can do something about, in Chinese, with its code; none for failures of the machine. All that is
    /// said of it stands here.
    pub fn refusal(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            NoticeError::Address(_) => ("mail-address", "这不是邮箱地址，请检查"),
            NoticeError::NoMail => ("no-mail", "本系统还没有设置邮件服务器，请与运维联系"),
            NoticeError::Hour => ("hour", "钟点应为 0 到 23"),
            NoticeError::Link => ("link", "链接已失效，请重新填写邮箱"),
            NoticeError::Wait(_) => ("wait", "确认邮件刚刚发过，请过一会儿再试"),
            NoticeError::Mail(_) => ("mail-failed", "确认邮件没有发出去，请稍后再试，或与运维联系"),
            _ => return None,
        })
    }
}
