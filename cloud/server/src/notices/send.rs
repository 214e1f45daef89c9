//! Sending messages: one process at a time tries one, for a while; when it dies, another one does. What fails is tried
//! again ever later, and in the end given up, with a line in the log and a word to the operators.

use serde_json::json;
use url::Url;

use super::config::{HookConfig, NoticesConfig, Titles};
use super::mail::{Letter, Mailer};
use super::read::{About, COLUMNS, Notice, Record};
use super::record::{self, CLOCK, Event};
use super::settings::settings;
use super::{HOOK, Kind, NoticeError, hook, words};
use crate::accounts::substitutes::absent;
use crate::db::{self, args};
use crate::desk::log::{self, Entry};
use crate::desk::rights::{Actor, Grant, Role, Via};
use crate::region::RegionCode;
use crate::store::Store;
use yuexiang_console::words::Manner;

/// Nobody takes longer for one message, in seconds: the patience of either way is shorter.
const LEASE: i64 = 120;
/// How often a message is tried: the last time some seven hours after the first.
pub const ATTEMPTS: i64 = 12;
/// How often, when the other side says that it will not take it.
const REFUSALS: i64 = 3;
/// The longest pause between two tries, in seconds.
const PAUSE: i64 = 3_600;
/// Messages of one round, so that housekeeping is never far.
const ROUND: usize = 50;

/// What one process has to tell people with.
#[derive(Clone, Debug)]
pub struct Sender {
    pub(super) store: Store,
    pub(super) config: NoticesConfig,
    pub(super) mailer: Option<Mailer>,
    client: reqwest::Client,
    /// Origin of the console's addresses, without a slash at its end.
    console: Option<String>,
    /// This process among others.
    worker: String,
}

/// A message that this process tries now.
struct Claimed {
    id: String,
    recipient: String,
    attempts: i64,
}

/// What became of a try.
enum Outcome {
    Sent,
    /// There was nothing left that the recipient is to be told.
    Void,
    Failed(NoticeError),
}

impl Sender {
    pub fn open(store: Store, config: NoticesConfig, public_url: Option<&Url>) -> Result<Sender, NoticeError> {
        let mailer = config.mail.as_ref().map(Mailer::open).transpose()?;
        let client =
            hook::client().map_err(|error| NoticeError::Hook { name: "*".to_owned(), problem: error.to_string() })?;
        let console = public_url.map(|url| url.origin().ascii_serialization());
        let worker = record::new_id(jiff::Timestamp::now().as_second())?;
        Ok(Sender { store, config, mailer, client, console, worker })
    }

    /// What sends letters, if anything does.
    pub fn mailer(&self) -> Option<&Mailer> {
        self.mailer.as_ref()
    }

    /// The address of the console as people outside reach it.
    pub fn console(&self) -> Option<&str> {
        self.console.as_deref()
    }

    /// Collects what is due and sends it. Returns how many messages went out.
    pub async fn round(&self, now: i64) -> Result<usize, NoticeError> {
        if self.mailer.is_none() && self.config.hooks.is_empty() {
            return Ok(0);
        }
        self.collect(now).await?;
        let mut sent = 0;
        for _ in 0..ROUND {
            let Some(claimed) = self.claim(now).await? else { break };
            let outcome = match self.attempt(&claimed, now).await {
                Ok(Some(())) => Outcome::Sent,
                Ok(None) => Outcome::Void,
                // The database's failures say nothing about the message.
                Err(error @ (NoticeError::Db(_) | NoticeError::Store(_) | NoticeError::Account(_))) => {
                    return Err(error);
                }
                Err(error) => Outcome::Failed(error),
            };
            sent += usize::from(matches!(outcome, Outcome::Sent));
            self.finish(&claimed, outcome, now).await?;
        }
        Ok(sent)
    }

    /// Takes a message that is due. Until the lease is over nobody else does.
    async fn claim(&self, now: i64) -> Result<Option<Claimed>, NoticeError> {
        let db = &self.store.db;
        let held = if db.kind() == db::Kind::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
        let mut scopes: Vec<String> = Vec::new();
        let mut values = args![&self.worker, now + LEASE, now];
        if self.mailer.is_some() {
            scopes.push("recipient NOT LIKE 'hook:%'".to_owned());
        }
        for hook in &self.config.hooks {
            values.push(format!("{HOOK}{}", hook.name).into());
            scopes.push(format!("recipient = ${}", values.len()));
        }
        let sql = format!(
            "UPDATE notice_message SET worker = $1, due = $2, attempts = attempts + 1 WHERE id =
             (SELECT id FROM notice_message WHERE state = 'waiting' AND due <= $3 AND ({})
              ORDER BY due, id LIMIT 1 {held}) RETURNING id, recipient, attempts",
            scopes.join(" OR ")
        );
        let row: Option<(String, String, i64)> = db.optional("taking a message", &sql, values).await?;
        Ok(row.map(|(id, recipient, attempts)| Claimed { id, recipient, attempts }))
    }

    /// Tries a message once. None when there is nothing to be told any more.
    async fn attempt(&self, claimed: &Claimed, now: i64) -> Result<Option<()>, NoticeError> {
        match claimed.recipient.strip_prefix(HOOK) {
            Some(name) => match self.config.hooks.iter().find(|hook| hook.name == name) {
                Some(hook) => self.post(claimed, hook).await,
                None => Ok(None),
            },
            None => self.write(claimed, now).await,
        }
    }

    async fn write(&self, claimed: &Claimed, now: i64) -> Result<Option<()>, NoticeError> {
        let db = &self.store.db;
        let Some(mailer) = &self.mailer else { return Ok(None) };
        let Some(actor) = absent(db, &claimed.recipient, now).await? else { return Ok(None) };
        let settings = settings(db, &actor.account, now).await?;
        let Some(address) = &settings.address else { return Ok(None) };
        let mut notices = self.notices(claimed, &actor).await?;
        // What was read, is done, may no longer be seen or is no longer wanted is not told.
        notices.retain(|notice| notice.item != About::Hidden && settings.manner(notice.kind.group()) != Manner::Never);
        if notices.is_empty() {
            return Ok(None);
        }
        let (subject, body) = words::letter(settings.lang, &actor.name, &notices, self.console());
        mailer.send(Letter { to: address, subject: &subject, body: &body, id: &claimed.id }).await?;
        Ok(Some(()))
    }

    async fn post(&self, claimed: &Claimed, hook: &HookConfig) -> Result<Option<()>, NoticeError> {
        // A group sees what the configuration lets it see, whatever the persons in it may.
        let reader = Actor::new(&claimed.recipient, "", group_grants(hook), Via::CommandLine);
        let mut notices = self.notices(claimed, &reader).await?;
        for notice in &mut notices {
            if hook.titles == Titles::None && notice.item != About::Nothing {
                notice.item = About::Hidden;
            }
        }
        if notices.is_empty() {
            return Ok(None);
        }
        let text = words::post(&notices, self.console());
        let machine = words::machine(&notices, self.console());
        let post = hook::Post { id: claimed.id.clone(), text, notices: machine };
        hook::send(&self.client, hook, &post, jiff::Timestamp::now().as_millisecond()).await?;
        Ok(Some(()))
    }

    /// What a message tells, as its reader may read it.
    async fn notices(&self, claimed: &Claimed, reader: &Actor) -> Result<Vec<Notice>, NoticeError> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE n.message = $1 AND n.recipient = $2 AND n.seen IS NULL AND e.settled IS NULL
             ORDER BY n.event"
        );
        let values = args![&claimed.id, &claimed.recipient];
        let rows: Vec<Record> = self.store.db.all("reading a message", &sql, values).await?;
        Ok(rows.into_iter().filter_map(|row| row.read_by(reader)).collect())
    }

    async fn finish(&self, claimed: &Claimed, outcome: Outcome, now: i64) -> Result<(), NoticeError> {
        let error = match outcome {
            Outcome::Sent => return self.end(claimed, "sent", now).await,
            Outcome::Void => return self.end(claimed, "void", now).await,
            Outcome::Failed(error) => error,
        };
        let is_refused = matches!(&error, NoticeError::Mail(mail) if mail.is_final());
        let problem: String = error.to_string().chars().filter(|c| !c.is_control()).take(300).collect();
        let (id, attempts) = (&claimed.id, claimed.attempts);
        if attempts >= ATTEMPTS || (is_refused && attempts >= REFUSALS) {
            tracing::error!(recipient = claimed.recipient, attempts, problem, "a notice was not delivered");
            return self.give_up(claimed, &problem, now).await;
        }
        tracing::warn!(recipient = claimed.recipient, attempts, problem, "a notice is tried again later");
        let sql = "UPDATE notice_message SET due = $1, problem = $2, worker = NULL WHERE id = $3 AND worker = $4";
        let values = args![now + pause(attempts), &problem, id, &self.worker];
        self.store.db.execute("putting a message off", sql, values).await?;
        Ok(())
    }

    async fn end(&self, claimed: &Claimed, state: &str, now: i64) -> Result<(), NoticeError> {
        let sql = "UPDATE notice_message SET state = $1, ended = $2, problem = NULL, worker = NULL
                   WHERE id = $3 AND worker = $4";
        let values = args![state, now, &claimed.id, &self.worker];
        self.store.db.execute("ending a message", sql, values).await?;
        Ok(())
    }

    async fn give_up(&self, claimed: &Claimed, problem: &str, now: i64) -> Result<(), NoticeError> {
        let mut tx = self.store.db.begin().await?;
        let sql = "UPDATE notice_message SET state = 'failed', ended = $1, problem = $2, worker = NULL
                   WHERE id = $3 AND worker = $4";
        if tx.execute("giving a message up", sql, args![now, problem, &claimed.id, &self.worker]).await? == 0 {
            // Another process has it by now.
            tx.rollback().await?;
            return Ok(());
        }
        let sql = "SELECT name, region FROM account WHERE id = $1";
        let row: Option<(String, String)> =
            tx.optional("reading who was not told", sql, args![&claimed.recipient]).await?;
        let hook = || claimed.recipient.trim_start_matches(HOOK).to_owned();
        let (name, region) = row.unwrap_or_else(|| (hook(), String::new()));
        let region = region.parse().unwrap_or(RegionCode::GUANGDONG);
        let detail = json!({ "reason": problem, "attempts": claimed.attempts });
        let object = &claimed.recipient;
        log::append(&mut tx, Entry { region, at: now, account: CLOCK, action: "notice-failed", object, detail })
            .await?;
        // One word a day: what a mail server does not take for one it mostly does not take for anybody.
        let way = if claimed.recipient.starts_with(HOOK) { object } else { "mail" };
        let event = Event {
            kind: Kind::Failed,
            region,
            item: None,
            step: None,
            actor: CLOCK,
            at: now,
            detail: json!({ "name": name, "problem": problem }),
            once: Some(format!("failed/{way}/{region}/{}", record::today(now))),
        };
        record::operators(&mut tx, event).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What a group may read of items.
fn group_grants(hook: &HookConfig) -> Vec<Grant> {
    // An operator sees what is on the air and how it goes, an auditor every text besides.
    let role = match hook.titles {
        Titles::All => Role::Auditor,
        Titles::Published | Titles::None => Role::Operator,
    };
    vec![Grant { role, region: hook.region }]
}

/// Seconds until a message is tried again.
fn pause(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(10);
    (60_i64 << doublings).min(PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_tried_ever_later_and_for_some_seven_hours() {
        assert_eq!([1, 2, 3, 7, 8, 12].map(pause), [60, 120, 240, 3_600, 3_600, 3_600]);
        let all: i64 = (1..ATTEMPTS).map(pause).sum();
        assert!((6 * 3_600..8 * 3_600).contains(&all), "{all} s");
    }
}
