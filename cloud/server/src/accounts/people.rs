//! Accounts: making, finding, naming, disabling.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde_json::json;

use super::grants::PROVINCE;
use super::substitutes::{Substitution, open_of};
use super::{AccountError, Accounts, secret};
use crate::db::{Tx, args};
use crate::desk::log::{self, Entry};
use crate::desk::rights::{Action, Actor, Grant, Role};
use crate::divisions::Divisions;
use crate::publish::drafts::Drafts;
use crate::region::RegionCode;
use crate::store::Change;

/// What a person types to sign in; lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login(String);

impl Login {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Login {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Login, AccountError> {
        let login = text.trim().to_ascii_lowercase();
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = (2..=40).contains(&login.len())
            && login.starts_with(is_word)
            && login.chars().all(|c| is_word(c) || "._-@".contains(c));
        if fits { Ok(Login(login)) } else { Err(AccountError::Login(text.chars().take(60).collect())) }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person or a program that can be granted roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: String,
    pub login: String,
    pub name: String,
    /// Where the person works.
    pub region: RegionCode,
    pub disabled: bool,
    pub has_password: bool,
    /// Whether the account is linked to one at the OpenID provider.
    pub is_linked: bool,
    pub created: i64,
    /// Signed in last.
    pub seen: Option<i64>,
    pub grants: Vec<Grant>,
}

/// Which accounts a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of a login or a name; empty for all.
    pub words: String,
    pub role: Option<Role>,
    /// The login after which the list goes on.
    pub after: String,
    /// At most this many.
    pub limit: i64,
}

crate::db::row! {
    struct Record {
        id: String,
        login: String,
        name: String,
        region: String,
        disabled: i64,
        has_password: i64,
        is_linked: i64,
        created: i64,
        seen: Option<i64>,
    }
}

/// The casts are for PostgreSQL, which makes an int4 of a small number.
const COLUMNS: &str = "a.id, a.login, a.name, a.region, a.disabled, a.created, a.seen,
    CAST(CASE WHEN a.password IS NULL THEN 0 ELSE 1 END AS bigint) AS has_password,
    CAST(CASE WHEN a.subject IS NULL THEN 0 ELSE 1 END AS bigint) AS is_linked";

impl Record {
    fn into_account(self, grants: Vec<Grant>) -> Account {
        Account {
            id: self.id,
            login: self.login,
            name: self.name,
            // What is no code was not written by this program; the province is what fewest may touch.
            region: self.region.parse().unwrap_or(RegionCode::GUANGDONG),
            disabled: self.disabled != 0,
            has_password: self.has_password != 0,
            is_linked: self.is_linked != 0,
            created: self.created,
            seen: self.seen,
            grants,
        }
    }
}

impl Accounts {
    /// Makes an account. It can sign in once it has a password or is linked to the OpenID provider.
    pub async fn create(
        &self,
        actor: &Actor,
        login: &Login,
        name: &str,
        region: RegionCode,
        now: i64,
    ) -> Result<Account, AccountError> {
        actor.check(Action::ManageAccounts, region)?;
        let name = checked_name(name)?;
        let mut change = self.account_change().await?;
        check_region(&mut change, region).await?;
        let id = secret::new_id("u")?;
        let sql = "INSERT INTO account (id, login, name, region, created) VALUES ($1, $2, $3, $4, $5)";
        let values = args![&id, login.as_str(), name, region, now];
        let made = change.tx.execute("making an account", sql, values).await;
        made.map_err(|error| match error.is_unique_violation() {
            true => AccountError::Taken(login.to_string()),
            false => error.into(),
        })?;
        let detail = json!({ "login": login.as_str(), "name": name });
        note(&mut change.tx, actor, region, "account-create", &id, detail, now).await?;
        let account = account_in(&mut change.tx, &id).await?;
        change.commit().await?;
        Ok(account)
    }

    /// The account with an id, whoever asks.
    pub async fn account(&self, id: &str) -> Result<Account, AccountError> {
        self.account_by("a.id", id).await?.ok_or_else(|| AccountError::Unknown(id.to_owned()))
    }

    /// The account with a login, whoever asks.
    pub async fn account_with_login(&self, login: &Login) -> Result<Account, AccountError> {
        let account = self.account_by("a.login", login.as_str()).await?;
        account.ok_or_else(|| AccountError::Unknown(login.to_string()))
    }

    async fn account_by(&self, column: &'static str, value: &str) -> Result<Option<Account>, AccountError> {
        let db = &self.publisher.store.db;
        let sql = format!("SELECT {COLUMNS} FROM account a WHERE {column} = $1 AND a.login IS NOT NULL");
        let row: Option<Record> = db.optional("reading an account", &sql, args![value]).await?;
        let Some(row) = row else { return Ok(None) };
        let rows = db.all("reading roles", GRANTS, args![&row.id]).await?;
        Ok(Some(row.into_account(read_grants(rows))))
    }

    /// Accounts that work in the regions that the actor sees, or have a role there; in the order of their logins.
    pub async fn accounts(&self, actor: &Actor, filter: &Filter) -> Result<Vec<Account>, AccountError> {
        let mut found = Vec::new();
        for within in actor.regions(Action::SeeAccounts) {
            found.extend(self.accounts_within(within, filter, true).await?);
        }
        found.sort_by(|one, other| one.login.cmp(&other.login));
        found.dedup_by(|one, other| one.id == other.id);
        found.truncate(filter.limit.max(0) as usize);
        Ok(found)
    }

    /// The same of one region and everything below, without those that are disabled unless they are asked for.
    pub async fn accounts_in(
        &self,
        actor: &Actor,
        within: RegionCode,
        filter: &Filter,
        disabled: bool,
    ) -> Result<Vec<Account>, AccountError> {
        actor.check(Action::SeeAccounts, within)?;
        self.accounts_within(within, filter, disabled).await
    }

    async fn accounts_within(
        &self,
        within: RegionCode,
        filter: &Filter,
        disabled: bool,
    ) -> Result<Vec<Account>, AccountError> {
        let db = &self.publisher.store.db;
        let (from, to) = within.range();
        let sql = format!(
            "SELECT {COLUMNS} FROM account a WHERE a.login > $1
             AND (a.region >= $2 AND a.region < $3 OR EXISTS (SELECT 1 FROM role_grant g
                  WHERE g.account = a.id AND g.region >= $2 AND g.region < $3))
             AND ($4 = '' OR lower(a.name) LIKE $4 ESCAPE '\\' OR a.login LIKE $4 ESCAPE '\\')
             AND ($5 = '' OR EXISTS (SELECT 1 FROM role_grant g WHERE g.account = a.id AND g.role = $5))
             AND (a.disabled = 0 OR $7 = 1)
             ORDER BY a.login LIMIT $6"
        );
        let role = filter.role.map_or("", Role::slug);
        let values = args![&filter.after, from, to, pattern(&filter.words), role, filter.limit, disabled];
        let rows: Vec<Record> = db.all("listing accounts", &sql, values).await?;
        let mut accounts = Vec::new();
        for row in rows {
            let grants = db.all("reading roles", GRANTS, args![&row.id]).await?;
            accounts.push(row.into_account(read_grants(grants)));
        }
        Ok(accounts)
    }

    /// Gives an account another name, also where it is named as reviewer.
    pub async fn rename(&self, actor: &Actor, id: &str, name: &str, now: i64) -> Result<(), AccountError> {
        let name = checked_name(name)?;
        let mut change = self.account_change().await?;
        let account = managed(&mut change.tx, actor, id).await?;
        let grants = reviewed_by(&account, &open_of(&mut change.tx, id).await?);
        lock_regions_of(&mut change, &account, &grants).await?;
        let sql = "UPDATE account SET name = $1 WHERE id = $2";
        change.tx.execute("naming an account", sql, args![name, id]).await?;
        let detail = json!({ "before": account.name, "name": name });
        note(&mut change.tx, actor, account.region, "account-rename", id, detail, now).await?;
        self.finish_with_reviews(change, &grants, now).await
    }

    /// Keeps an account out at once: its sessions, tokens and links end, and its keys review nothing from now on.
    pub async fn disable(&self, actor: &Actor, id: &str, now: i64) -> Result<(), AccountError> {
        let mut change = self.account_change().await?;
        let account = managed(&mut change.tx, actor, id).await?;
        check_not_last(&mut change.tx, &account).await?;
        let open = open_of(&mut change.tx, id).await?;
        let grants = reviewed_by(&account, &open);
        lock_regions_of(&mut change, &account, &grants).await?;
        let sql = "UPDATE account SET disabled = 1 WHERE id = $1";
        change.tx.execute("disabling an account", sql, args![id]).await?;
        end_everything(&mut change.tx, id, now).await?;
        note(&mut change.tx, actor, account.region, "account-disable", id, json!({}), now).await?;
        self.end_all(&mut change, &open, &actor.account, now).await?;
        self.dismiss_all(&mut change, &account, now).await?;
        self.finish_with_reviews(change, &grants, now).await
    }

    /// Lets a disabled account in again, with the roles it has. Its tokens stay revoked.
    pub async fn enable(&self, actor: &Actor, id: &str, now: i64) -> Result<(), AccountError> {
        let mut change = self.account_change().await?;
        let account = managed(&mut change.tx, actor, id).await?;
        lock_regions_of(&mut change, &account, &account.grants).await?;
        let sql = "UPDATE account SET disabled = 0 WHERE id = $1";
        change.tx.execute("enabling an account", sql, args![id]).await?;
        note(&mut change.tx, actor, account.region, "account-enable", id, json!({}), now).await?;
        self.enlist_all(&mut change, &account, now).await?;
        self.finish_with_reviews(change, &account.grants, now).await
    }

    /// A change of accounts. There is one at a time: the rule about the last administrator speaks of all of them, and
    /// the province's lock comes before every other in the order of locks.
    pub(super) async fn account_change(&self) -> Result<Change, AccountError> {
        let mut change = self.publisher.store.change().await?;
        change.lock(RegionCode::GUANGDONG).await?;
        Ok(change)
    }
}

const GRANTS: &str = "SELECT role, region FROM role_grant WHERE account = $1 ORDER BY region, role";

pub(super) fn read_grants(rows: Vec<(String, String)>) -> Vec<Grant> {
    let read =
        |(role, region): (String, String)| Some(Grant { role: Role::named(&role)?, region: region.parse().ok()? });
    rows.into_iter().filter_map(read).collect()
}

/// What is written between the wildcards of LIKE is meant as it is.
pub(crate) fn pattern(words: &str) -> String {
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return words;
    }
    let escaped = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn checked_name(name: &str) -> Result<&str, AccountError> {
    let name = name.trim();
    let fits = (1..=40).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(AccountError::Name) }
}

pub(super) async fn check_region(change: &mut Change, region: RegionCode) -> Result<(), AccountError> {
    if Divisions::current().name(region).is_none() && change.region(region).await?.is_none() {
        return Err(AccountError::Region(region));
    }
    Ok(())
}

/// Reads an account with its roles.
pub(super) async fn account_in(tx: &mut Tx, id: &str) -> Result<Account, AccountError> {
    let sql = format!("SELECT {COLUMNS} FROM account a WHERE a.id = $1 AND a.login IS NOT NULL");
    let row: Option<Record> = tx.optional("reading an account", &sql, args![id]).await?;
    let row = row.ok_or_else(|| AccountError::Unknown(id.to_owned()))?;
    let grants = tx.all("reading roles", GRANTS, args![id]).await?;
    Ok(row.into_account(read_grants(grants)))
}

/// An account that the actor manages: it works where he administers, and so do all its roles.
pub(super) async fn managed(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Account, AccountError> {
    let account = account_in(tx, id).await?;
    actor.check(Action::ManageAccounts, account.region)?;
    for grant in &account.grants {
        actor.check(Action::ManageAccounts, grant.region)?;
    }
    Ok(account)
}

/// Somebody must be left who can administer the province.
pub(super) async fn check_not_last(tx: &mut Tx, account: &Account) -> Result<(), AccountError> {
    if !account.grants.contains(&PROVINCE) || account.disabled {
        return Ok(());
    }
    let sql = "SELECT count(*) FROM role_grant g JOIN account a ON a.id = g.account
               WHERE g.role = $1 AND g.region = $2 AND a.disabled = 0 AND a.login IS NOT NULL AND a.id <> $3";
    let values = args![PROVINCE.role.slug(), PROVINCE.region, &account.id];
    let (others,): (i64,) = tx.one("counting administrators", sql, values).await?;
    if others > 0 { Ok(()) } else { Err(AccountError::LastAdministrator) }
}

/// Ends whatever lets an account in.
pub(super) async fn end_everything(tx: &mut Tx, id: &str, now: i64) -> Result<(), AccountError> {
    tx.execute("ending sessions", "DELETE FROM session WHERE account = $1", args![id]).await?;
    tx.execute("ending links", "DELETE FROM password_link WHERE account = $1", args![id]).await?;
    let sql = "UPDATE token SET revoked = $1 WHERE account = $2 AND revoked IS NULL";
    tx.execute("ending tokens", sql, args![now, id]).await?;
    Ok(())
}

/// Takes the locks of the region where an account works and of those where it reviews. The log of the first is written
/// before the lists of reviewers of the others, whose codes may be smaller.
async fn lock_regions_of(change: &mut Change, account: &Account, grants: &[Grant]) -> Result<(), AccountError> {
    let reviews = grants.iter().filter(|grant| grant.role.step().is_some());
    let regions: Vec<RegionCode> = reviews.map(|grant| grant.region).chain([account.region]).collect();
    Ok(Drafts::lock(change, &regions).await?)
}

/// The rights that an account has or stands in for, and those of its own in other hands.
fn reviewed_by(account: &Account, open: &[Substitution]) -> Vec<Grant> {
    account.grants.iter().copied().chain(open.iter().map(|found| found.grant)).collect()
}

/// Adds to the log of a region.
pub(super) async fn note(
    tx: &mut Tx,
    actor: &Actor,
    region: RegionCode,
    action: &str,
    object: &str,
    detail: serde_json::Value,
    at: i64,
) -> Result<(), AccountError> {
    Ok(log::append(tx, Entry { region, at, account: &actor.account, action, object, detail }).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_lower_case_words() {
        for (text, expected) in [("Chen.Wenxiu", "chen.wenxiu"), (" a-1 ", "a-1"), ("li@example.cn", "li@example.cn")] {
            assert_eq!(text.parse::<Login>().expect("a login").as_str(), expected);
        }
        for text in ["", "a", "-abc", "a b c", "陈文秀", "a\nb", "x'--", &"a".repeat(41)] {
            assert!(text.parse::<Login>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_searched_is_taken_literally() {
        assert_eq!(pattern("  "), "");
        assert_eq!(pattern("50%_\\A"), "%50\\%\\_\\\\a%");
    }
}
