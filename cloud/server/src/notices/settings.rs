//! How somebody wants to be told, and the address where: nothing is sent to one that was not confirmed from there.

use serde_json::json;
use yuexiang_console::words::{Lang, Manner, NoticeGroup};

use super::mail::{Letter, Mailer};
use super::{NoticeError, words};
use crate::accounts::secret;
use crate::db::{Db, args};
use crate::desk::log::{self, Entry};
use crate::region::RegionCode;

/// How long a link holds, in seconds.
pub const LINK_LIFE: i64 = 24 * 3_600;
/// Between two letters with a link to one account, in seconds: nobody's post box is filled from here.
const PAUSE: i64 = 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Confirmed.
    pub address: Option<String>,
    /// Waits for its confirmation.
    pub unconfirmed: Option<String>,
    pub waiting: Manner,
    pub own: Manner,
    pub operation: Manner,
    /// 0 to 23, in China.
    pub hour: i64,
    pub lang: Lang,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            address: None,
            unconfirmed: None,
            waiting: Manner::Now,
            own: Manner::Now,
            operation: Manner::Daily,
            hour: 8,
            lang: Lang::Zh,
        }
    }
}

impl Settings {
    pub fn manner(&self, group: NoticeGroup) -> Manner {
        match group {
            NoticeGroup::Waiting => self.waiting,
            NoticeGroup::Own => self.own,
            NoticeGroup::Operation => self.operation,
        }
    }
}

type Row = (Option<String>, String, String, String, i64, String);

pub async fn settings(db: &Db, account: &str, now: i64) -> Result<Settings, NoticeError> {
    let sql = "SELECT address, waiting, own, operation, hour, lang FROM notice_setting WHERE account = $1";
    let row: Option<Row> = db.optional("reading how somebody is told", sql, args![account]).await?;
    let manner = |slug: &str| Manner::from_slug(slug).unwrap_or(Manner::Never);
    let mut settings = row.map_or_else(Settings::default, |(address, waiting, own, operation, hour, lang)| Settings {
        address,
        unconfirmed: None,
        waiting: manner(&waiting),
        own: manner(&own),
        operation: manner(&operation),
        hour,
        lang: Lang::from_slug(&lang).unwrap_or_default(),
    });
    let sql = "SELECT address FROM notice_address WHERE account = $1 AND expires > $2";
    let row: Option<(String,)> = db.optional("reading an address", sql, args![account, now]).await?;
    settings.unconfirmed = row.map(|(address,)| address);
    Ok(settings)
}

/// Keeps how somebody is told; the address stays what it is.
pub async fn keep(db: &Db, account: &str, settings: &Settings) -> Result<(), NoticeError> {
    if !(0..24).contains(&settings.hour) {
        return Err(NoticeError::Hour);
    }
    let sql = "INSERT INTO notice_setting (account, waiting, own, operation, hour, lang)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account) DO UPDATE SET waiting = excluded.waiting,
               own = excluded.own, operation = excluded.operation, hour = excluded.hour, lang = excluded.lang";
    let Settings { waiting, own, operation, hour, lang, .. } = settings;
    let values = args![account, waiting.slug(), own.slug(), operation.slug(), *hour, lang.slug()];
    db.execute("keeping how somebody is told", sql, values).await?;
    Ok(())
}

/// Sends a link to an address; it counts when whoever reads it there has opened the link. `link` is where the secret
/// leads.
pub async fn ask(
    db: &Db,
    mailer: Option<&Mailer>,
    account: &str,
    address: &str,
    link: impl FnOnce(&str) -> String,
    lang: Lang,
    now: i64,
) -> Result<(), NoticeError> {
    let mailer = mailer.ok_or(NoticeError::NoMail)?;
    let address = checked(address)?;
    let secret = secret::new_secret()?;
    let sql = "SELECT expires FROM notice_address WHERE account = $1 AND expires > $2";
    let wait = args![account, now + LINK_LIFE - PAUSE];
    if let Some((expires,)) = db.optional::<(i64,)>("looking for a link", sql, wait).await? {
        return Err(NoticeError::Wait(expires - LINK_LIFE + PAUSE - now));
    }
    let sql = "INSERT INTO notice_address (account, secret, address, expires) VALUES ($1, $2, $3, $4)
               ON CONFLICT (account) DO UPDATE SET secret = excluded.secret, address = excluded.address,
               expires = excluded.expires";
    let values = args![account, secret::kept(&secret), &address, now + LINK_LIFE];
    db.execute("keeping an address until it is confirmed", sql, values).await?;
    let (subject, body) = words::confirmation(lang, &link(&secret));
    let letter = Letter { to: &address, subject: &subject, body: &body, id: &secret::kept(&secret) };
    let sent = mailer.send(letter).await;
    if sent.is_err() {
        let sql = "DELETE FROM notice_address WHERE account = $1";
        db.execute("forgetting an address", sql, args![account]).await?;
    }
    Ok(sent?)
}

/// The address that a link confirms.
pub async fn asked(db: &Db, link: &str, now: i64) -> Result<String, NoticeError> {
    let sql = "SELECT address FROM notice_address WHERE secret = $1 AND expires > $2";
    let row: Option<(String,)> = db.optional("reading a link", sql, args![secret::kept(link), now]).await?;
    row.map(|(address,)| address).ok_or(NoticeError::Link)
}

/// Confirms an address, from where it is read. The link is used up.
pub async fn confirm(db: &Db, link: &str, now: i64) -> Result<String, NoticeError> {
    let mut tx = db.begin().await?;
    let sql = "DELETE FROM notice_address WHERE secret = $1 AND expires > $2 RETURNING account, address";
    let row: Option<(String, String)> = tx.optional("using a link", sql, args![secret::kept(link), now]).await?;
    let (account, address) = row.ok_or(NoticeError::Link)?;
    let Settings { waiting, own, operation, hour, lang, .. } = Settings::default();
    let sql = "INSERT INTO notice_setting (account, address, waiting, own, operation, hour, lang)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account) DO UPDATE SET address = excluded.address";
    let values = args![&account, &address, waiting.slug(), own.slug(), operation.slug(), hour, lang.slug()];
    tx.execute("confirming an address", sql, values).await?;
    note(&mut tx, &account, "confirmed", now).await?;
    tx.commit().await?;
    Ok(address)
}

/// Sends nothing to an address any more.
pub async fn forget(db: &Db, account: &str, now: i64) -> Result<(), NoticeError> {
    let mut tx = db.begin().await?;
    let sql = "UPDATE notice_setting SET address = NULL WHERE account = $1 AND address IS NOT NULL";
    let had = tx.execute("forgetting an address", sql, args![account]).await?;
    tx.execute("forgetting a link", "DELETE FROM notice_address WHERE account = $1", args![account]).await?;
    if had > 0 {
        note(&mut tx, account, "removed", now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Where what is told of the cloud goes is worth a line in the log; the address itself is nobody else's business.
async fn note(tx: &mut crate::db::Tx, account: &str, what: &str, at: i64) -> Result<(), NoticeError> {
    let sql = "SELECT region FROM account WHERE id = $1";
    let (region,): (String,) = tx.one("reading where somebody works", sql, args![account]).await?;
    let region = region.parse().unwrap_or(RegionCode::GUANGDONG);
    let detail = json!({ "mail": what });
    Ok(log::append(tx, Entry { region, at, account, action: "notice-address", object: account, detail }).await?)
}

/// An address as letters can be sent to it.
fn checked(address: &str) -> Result<String, NoticeError> {
    let address = address.trim();
    let wrong = || NoticeError::Address(address.chars().take(80).collect());
    let parsed: lettre::Address = address.parse().map_err(|_| wrong())?;
    let fits = address.len() <= 254 && !address.chars().any(|c| c.is_control() || c.is_whitespace());
    if fits { Ok(parsed.to_string()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_address_and_nothing_more() {
        assert_eq!(checked(" chen@example.cn ").expect("an address"), "chen@example.cn");
        for wrong in ["", "chen", "a@b@c", "a@example.cn\r\nBcc: b@example.cn", "a@example.cn,b@example.cn", "a b@c.cn"]
        {
            assert!(matches!(checked(wrong), Err(NoticeError::Address(_))), "{wrong}");
        }
    }
}
