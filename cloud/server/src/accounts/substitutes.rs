//! Substitutes: who reviews for somebody who is away.
//!
//! A reviewer, or whoever administers the accounts of the region, names somebody who has one of the reviewer's rights from
//! a day to a day, in China. Meanwhile both have it. What is reviewed is signed with the substitute's own key, which is
//! named in the region's `review.json` from the first moment of these days and closed with the last, so that boxes know
//! whom to believe; the log says for whom each act was done.
//!
//! The rules stay whole:
//! - A right ends with the right that it comes from: when the reviewer loses the role or the account is disabled, the
//!   substitute has nothing.
//! - A reviewer hands a right on to people who review already, in that region or one above or below it. Only an
//!   administrator makes a reviewer of somebody who is none.
//! - Nobody hands on what he has as a substitute, names himself, or does so with a token.
//! - Nobody reviews for the person who wrote the text, and who has reviewed a text, in person or by a substitute, gives no
//!   other review of it (`desk::review`).

use jiff::civil::Date;
use serde_json::json;

use super::grants::holds;
use super::people::{account_in, note, read_grants};
use super::{Account, AccountError, Accounts, Login, secret};
use crate::db::{Db, Tx, args};
use crate::desk::log::{self, Entry};
use crate::desk::rights::{Action, Actor, Grant, Role, StandIn, Via};
use crate::keys::people::{PersonKey, dismiss};
use crate::notices::record;
use crate::pack::china_date;
use crate::publish::drafts::Drafts;
use crate::region::RegionCode;
use crate::store::Change;

/// Nobody is away for longer, in days.
const LONGEST: i64 = 366;
const DAY: i64 = 86_400;
/// Midnight in China is so long before that of UTC, in seconds.
const EAST: i64 = 8 * 3_600;
/// Who the log says it was when a day has come.
const CLOCK: &str = "clock";
/// Substitutions that begin or end in one go.
const BATCH: i64 = 200;

/// Why somebody does not become a substitute. All that is said of it, in both languages, stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubstitutionError {
    #[error("choose at least one review that is handed on")]
    NoRight,
    #[error("the last day comes before the first")]
    Backwards,
    #[error("the first day is over: a substitute begins today or later")]
    Over,
    #[error("a substitute has at most 366 days, which begin within a year")]
    TooLong,
    #[error("nobody is his own substitute")]
    Same,
    #[error("whoever administers names somebody else, not himself")]
    Own,
    #[error("the person does not have this review there")]
    NotTheirs,
    #[error("a reviewer names somebody who reviews here, above or below; others are named by an administrator")]
    NoReviewer,
    #[error("somebody has been named for this review on some of these days already: end that first")]
    Taken,
    #[error("a substitute is named by a person who is signed in, not with a token")]
    ByToken,
    #[error("there is no such substitution, or it is over")]
    Unknown,
}

/// What is handed on, to whom and when.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whose rights: an account's id.
    pub account: String,
    pub substitute: Login,
    pub grants: Vec<Grant>,
    /// The days in China, both included.
    pub first: Date,
    pub last: Date,
}

crate::db::row! {
    struct Record {
        id: String,
        account: String,
        name: String,
        substitute: String,
        substitute_name: String,
        role: String,
        region: String,
        begins: i64,
        ends: i64,
        begun: Option<i64>,
        ended: Option<i64>,
    }
}

/// One right in somebody else's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitution {
    pub id: String,
    pub account: String,
    pub name: String,
    pub substitute: String,
    pub substitute_name: String,
    pub grant: Grant,
    /// Unix seconds; `ends` is the first moment after it.
    pub begins: i64,
    pub ends: i64,
    pub begun: Option<i64>,
    pub ended: Option<i64>,
}

impl Record {
    /// None of what is no right: this program has not written it.
    fn read(self) -> Option<Substitution> {
        Some(Substitution {
            grant: Grant { role: Role::named(&self.role)?, region: self.region.parse().ok()? },
            id: self.id,
            account: self.account,
            name: self.name,
            substitute: self.substitute,
            substitute_name: self.substitute_name,
            begins: self.begins,
            ends: self.ends,
            begun: self.begun,
            ended: self.ended,
        })
    }
}

const COLUMNS: &str = "s.id, s.account, p.name, s.substitute, d.name AS substitute_name, s.role, s.region, s.begins,
    s.ends, s.begun, s.ended
    FROM substitution s JOIN account p ON p.id = s.account JOIN account d ON d.id = s.substitute";

/// The condition that a substitution `s` holds at `$1`, with the right `g` that it comes from and its owner `p`.
pub const HOLDS: &str = "s.begins <= $1 AND s.ends > $1 AND s.ended IS NULL AND p.disabled = 0";
/// What that condition speaks of.
pub const RIGHTS: &str = "substitution s JOIN role_grant g ON g.account = s.account AND g.role = s.role
    AND g.region = s.region JOIN account p ON p.id = s.account";

/// Id, whose right it is, that person's name, role, region, until when.
type StandInRow = (String, String, String, String, String, i64);

/// The rights that an account has as a substitute now.
pub async fn standing_in(db: &Db, account: &str, now: i64) -> Result<Vec<StandIn>, AccountError> {
    let sql = format!(
        "SELECT s.id, s.account, p.name, s.role, s.region, s.ends FROM {RIGHTS}
         WHERE {HOLDS} AND s.substitute = $2 ORDER BY s.region, s.role, s.id"
    );
    let rows: Vec<StandInRow> = db.all("reading for whom somebody stands in", &sql, args![now, account]).await?;
    let read = |(id, principal, name, role, region, until): StandInRow| {
        let grant = Grant { role: Role::named(&role)?, region: region.parse().ok()? };
        Some(StandIn { id, principal, name, grant, until })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Whether a right that was found a moment ago still holds, within the change that makes use of it.
pub async fn still_holds(tx: &mut Tx, right: &StandIn, now: i64) -> Result<bool, crate::db::DbError> {
    let sql = format!("SELECT s.begins FROM {RIGHTS} WHERE {HOLDS} AND s.id = $2");
    Ok(tx.optional::<(i64,)>("looking whether somebody stands in", &sql, args![now, &right.id]).await?.is_some())
}

/// Somebody as they would come in by signing in, without a session: for what is decided in their absence. None when they
/// could not.
pub async fn absent(db: &Db, account: &str, now: i64) -> Result<Option<Actor>, AccountError> {
    let sql = "SELECT name FROM account WHERE id = $1 AND disabled = 0 AND login IS NOT NULL";
    let row: Option<(String,)> = db.optional("reading an account", sql, args![account]).await?;
    let Some((name,)) = row else { return Ok(None) };
    let sql = "SELECT role, region FROM role_grant WHERE account = $1 ORDER BY region, role";
    let grants = read_grants(db.all("reading roles", sql, args![account]).await?);
    let standing_in = standing_in(db, account, now).await?;
    Ok(Some(Actor { standing_in, ..Actor::new(account, name, grants, Via::CommandLine) }))
}

impl Accounts {
    /// Names a substitute for some of a reviewer's rights; all of them or none. Returns the ids.
    pub async fn substitute(&self, actor: &Actor, terms: &Terms, now: i64) -> Result<Vec<String>, AccountError> {
        if matches!(actor.via, Via::Token(_)) {
            return Err(SubstitutionError::ByToken.into());
        }
        let (begins, ends) = days(terms, now)?;
        let mut change = self.account_change().await?;
        let account = account_in(&mut change.tx, &terms.account).await?;
        let substitute = by_login(&mut change.tx, &terms.substitute).await?;
        check_terms(actor, &account, &substitute, terms)?;
        let regions: Vec<RegionCode> = terms.grants.iter().map(|grant| grant.region).collect();
        Drafts::lock(&mut change, &regions).await?;
        let mut made = Vec::new();
        for &grant in &terms.grants {
            check_free(&mut change.tx, &account.id, grant, begins, ends).await?;
            let id = secret::new_id("s")?;
            let sql = "INSERT INTO substitution (id, account, substitute, role, region, begins, ends, granter, granted)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
            let Grant { role, region } = grant;
            let values =
                args![&id, &account.id, &substitute.id, role.slug(), region, begins, ends, &actor.account, now];
            change.tx.execute("naming a substitute", sql, values).await?;
            let substitution = substitution_in(&mut change.tx, &id).await?;
            note(&mut change.tx, actor, region, "substitute-name", &account.id, told(&substitution), now).await?;
            tell(&mut change.tx, &substitution, "named", &actor.account, now).await?;
            if begins <= now {
                self.begin(&mut change, &substitution, now).await?;
            }
            made.push(id);
        }
        self.finish_with_reviews(change, &terms.grants, now).await?;
        Ok(made)
    }

    /// Ends a substitution, or takes it back before it has begun.
    pub async fn end_substitution(&self, actor: &Actor, id: &str, now: i64) -> Result<(), AccountError> {
        if matches!(actor.via, Via::Token(_)) {
            return Err(SubstitutionError::ByToken.into());
        }
        let mut change = self.account_change().await?;
        let found = substitution_in(&mut change.tx, id).await?;
        let is_party = [&found.account, &found.substitute].contains(&&actor.account);
        if !is_party && !actor.may(Action::SeeAccounts, found.grant.region) {
            return Err(SubstitutionError::Unknown.into());
        }
        if !is_party {
            actor.check(Action::ManageAccounts, found.grant.region)?;
        }
        Drafts::lock(&mut change, &[found.grant.region]).await?;
        self.end(&mut change, &found, &actor.account, now).await?;
        self.finish_with_reviews(change, &[found.grant], now).await
    }

    /// The substitutions of which an account is a part, those that are over last; for itself and for those who see it.
    pub async fn substitutions(&self, actor: &Actor, id: &str) -> Result<Vec<Substitution>, AccountError> {
        self.account_seen(actor, id).await?;
        let sql = format!(
            "SELECT {COLUMNS} WHERE s.account = $1 OR s.substitute = $1
             ORDER BY CASE WHEN s.ended IS NULL THEN 0 ELSE 1 END, s.begins DESC, s.id LIMIT 50"
        );
        let rows: Vec<Record> = self.publisher.store.db.all("listing substitutions", &sql, args![id]).await?;
        Ok(rows.into_iter().filter_map(Record::read).collect())
    }

    /// Who reviews in these regions, above or below them: id, login and name, in the order of names. A reviewer's name is in
    /// every `review.json`, so it is no secret.
    pub async fn reviewers_near(&self, grants: &[Grant]) -> Result<Vec<(String, String, String)>, AccountError> {
        let mut found: Vec<(String, String, String)> = Vec::new();
        for grant in grants {
            let (from, to) = grant.region.range();
            let above = grant.region.lineage();
            let places: Vec<String> = (3..3 + above.len()).map(|number| format!("${number}")).collect();
            let sql = format!(
                "SELECT DISTINCT a.id, a.login, a.name FROM role_grant g JOIN account a ON a.id = g.account
                 WHERE g.role IN ('first-reviewer', 'second-reviewer', 'final-reviewer') AND a.disabled = 0
                 AND a.login IS NOT NULL AND (g.region >= $1 AND g.region < $2 OR g.region IN ({}))
                 ORDER BY a.name, a.login LIMIT 500",
                places.join(", ")
            );
            let mut values = args![from, to];
            values.extend(above.into_iter().map(crate::db::Value::from));
            found.extend(self.publisher.store.db.all("listing reviewers", &sql, values).await?);
        }
        found.sort_by(|one, other| (&one.2, &one.1).cmp(&(&other.2, &other.1)));
        found.dedup();
        Ok(found)
    }

    /// Names and closes the keys of substitutes whose days have come or are over. Returns how many; a failing one holds no
    /// other up.
    pub async fn turn(&self, now: i64) -> Result<usize, AccountError> {
        let sql = "SELECT id FROM substitution WHERE ended IS NULL
                   AND (ends <= $1 OR (begun IS NULL AND begins <= $1)) ORDER BY region, id LIMIT $2";
        let rows: Vec<(String,)> =
            self.publisher.store.db.all("looking for substitutes", sql, args![now, BATCH]).await?;
        let mut turned = 0;
        for (id,) in rows {
            match self.turn_one(&id, now).await {
                Ok(()) => turned += 1,
                Err(error) => tracing::error!(%error, id, "beginning or ending a substitution"),
            }
        }
        Ok(turned)
    }

    async fn turn_one(&self, id: &str, now: i64) -> Result<(), AccountError> {
        let mut change = self.account_change().await?;
        let found = match substitution_in(&mut change.tx, id).await {
            Ok(found) => found,
            // Another process was faster.
            Err(AccountError::Substitution(SubstitutionError::Unknown)) => return Ok(change.abandon().await?),
            Err(error) => return Err(error),
        };
        Drafts::lock(&mut change, &[found.grant.region]).await?;
        if found.ends <= now {
            self.end(&mut change, &found, CLOCK, now).await?;
        } else if found.begun.is_none() {
            self.begin(&mut change, &found, now).await?;
            tell(&mut change.tx, &found, "begun", CLOCK, now).await?;
        }
        self.finish_with_reviews(change, &[found.grant], now).await
    }

    async fn begin(&self, change: &mut Change, found: &Substitution, now: i64) -> Result<(), AccountError> {
        let Some(step) = found.grant.role.step() else { return Ok(()) };
        let sql = "UPDATE substitution SET begun = $1 WHERE id = $2";
        change.tx.execute("beginning a substitution", sql, args![now, &found.id]).await?;
        let key = PersonKey::open(&self.publisher.master, change, &found.substitute, now).await?;
        key.enlist(change, found.grant.region, step, now).await?;
        log_clock(&mut change.tx, found, "substitute-begin", CLOCK, now).await
    }

    /// Ends what a substitute may, unless another right gives the same. The caller publishes the list of reviewers.
    pub(super) async fn end(
        &self,
        change: &mut Change,
        found: &Substitution,
        by: &str,
        now: i64,
    ) -> Result<(), AccountError> {
        let sql = "UPDATE substitution SET ended = $1 WHERE id = $2";
        change.tx.execute("ending a substitution", sql, args![now, &found.id]).await?;
        if let Some(step) = found.grant.role.step()
            && !holds(&mut change.tx, &found.substitute, found.grant, now).await?
        {
            // The last moment of its days, however late that is noticed.
            let last = now.min(found.ends - 1);
            dismiss(change, &found.substitute, found.grant.region, step, last).await?;
        }
        log_clock(&mut change.tx, found, "substitute-end", by, now).await?;
        tell(&mut change.tx, found, "ended", by, now).await
    }

    /// Ends all substitutions that hang on a right of an account, or are in its hands: it has lost the role, or is
    /// disabled. Locks are taken before ([`open_of`]).
    pub(super) async fn end_all(
        &self,
        change: &mut Change,
        open: &[Substitution],
        by: &str,
        now: i64,
    ) -> Result<(), AccountError> {
        for found in open {
            self.end(change, found, by, now).await?;
        }
        Ok(())
    }
}

/// The substitutions that are not over of which an account is a part.
pub(super) async fn open_of(tx: &mut Tx, account: &str) -> Result<Vec<Substitution>, AccountError> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE s.ended IS NULL AND (s.account = $1 OR s.substitute = $1) ORDER BY s.region, s.id"
    );
    let rows: Vec<Record> = tx.all("listing open substitutions", &sql, args![account]).await?;
    Ok(rows.into_iter().filter_map(Record::read).collect())
}

/// A substitution that is not over.
async fn substitution_in(tx: &mut Tx, id: &str) -> Result<Substitution, AccountError> {
    let sql = format!("SELECT {COLUMNS} WHERE s.id = $1 AND s.ended IS NULL");
    let row: Option<Record> = tx.optional("reading a substitution", &sql, args![id]).await?;
    row.and_then(Record::read).ok_or_else(|| SubstitutionError::Unknown.into())
}

async fn by_login(tx: &mut Tx, login: &Login) -> Result<Account, AccountError> {
    let sql = "SELECT id FROM account WHERE login = $1";
    let row: Option<(String,)> = tx.optional("looking for an account", sql, args![login.as_str()]).await?;
    let (id,) = row.ok_or_else(|| AccountError::Unknown(login.to_string()))?;
    account_in(tx, &id).await
}

/// From when until when, in Unix seconds.
fn days(terms: &Terms, now: i64) -> Result<(i64, i64), SubstitutionError> {
    let today = china_date(now);
    if terms.last < terms.first {
        return Err(SubstitutionError::Backwards);
    }
    if terms.first < today {
        return Err(SubstitutionError::Over);
    }
    let (begins, last) = (midnight(terms.first), midnight(terms.last));
    if (last - begins) / DAY >= LONGEST || (begins - midnight(today)) / DAY > LONGEST {
        return Err(SubstitutionError::TooLong);
    }
    Ok((begins, last + DAY))
}

/// The first moment of a day in China.
fn midnight(day: Date) -> i64 {
    let days = Date::constant(1970, 1, 1).until(day).map_or(0, |span| i64::from(span.get_days()));
    days * DAY - EAST
}

fn check_terms(actor: &Actor, account: &Account, substitute: &Account, terms: &Terms) -> Result<(), AccountError> {
    if terms.grants.is_empty() {
        return Err(SubstitutionError::NoRight.into());
    }
    if account.id == substitute.id {
        return Err(SubstitutionError::Same.into());
    }
    if account.disabled || substitute.disabled {
        return Err(AccountError::Disabled);
    }
    let is_own = actor.account == account.id;
    if !is_own && actor.account == substitute.id {
        return Err(SubstitutionError::Own.into());
    }
    for &grant in &terms.grants {
        if !is_own {
            actor.check(Action::ManageAccounts, grant.region)?;
        }
        if grant.role.step().is_none() || !account.grants.contains(&grant) {
            return Err(SubstitutionError::NotTheirs.into());
        }
        // Whoever may make a reviewer of somebody may do so for some days.
        let makes_reviewers =
            actor.may(Action::ManageAccounts, grant.region) && actor.may(Action::ManageAccounts, substitute.region);
        if !makes_reviewers && !reviews_near(substitute, grant.region) {
            return Err(SubstitutionError::NoReviewer.into());
        }
    }
    Ok(())
}

/// Whether somebody reviews in a region, above or below it.
fn reviews_near(account: &Account, region: RegionCode) -> bool {
    let near = |other: RegionCode| other.contains(region) || region.contains(other);
    account.grants.iter().any(|grant| grant.role.step().is_some() && near(grant.region))
}

/// One substitute at a time: two would only not know of each other.
async fn check_free(tx: &mut Tx, account: &str, grant: Grant, begins: i64, ends: i64) -> Result<(), AccountError> {
    let sql = "SELECT count(*) FROM substitution WHERE account = $1 AND role = $2 AND region = $3 AND ended IS NULL
               AND begins < $4 AND ends > $5";
    let values = args![account, grant.role.slug(), grant.region, ends, begins];
    let (others,): (i64,) = tx.one("looking for other substitutes", sql, values).await?;
    if others == 0 { Ok(()) } else { Err(SubstitutionError::Taken.into()) }
}

/// What the log and notices say of a substitution.
fn told(found: &Substitution) -> serde_json::Value {
    let Grant { role, region } = found.grant;
    json!({ "substitute": found.substitute, "role": role, "region": region, "from": found.begins, "until": found.ends })
}

async fn log_clock(
    tx: &mut Tx,
    found: &Substitution,
    action: &str,
    account: &str,
    at: i64,
) -> Result<(), AccountError> {
    let entry = Entry { region: found.grant.region, at, account, action, object: &found.account, detail: told(found) };
    Ok(log::append(tx, entry).await?)
}

/// Tells both of them, except whoever has done it.
async fn tell(tx: &mut Tx, found: &Substitution, what: &str, by: &str, at: i64) -> Result<(), AccountError> {
    let mut detail = told(found);
    detail["what"] = what.into();
    detail["for_name"] = found.name.clone().into();
    detail["substitute_name"] = found.substitute_name.clone().into();
    let recipients: Vec<String> =
        [&found.account, &found.substitute].into_iter().filter(|id| *id != by).cloned().collect();
    let event = record::Event {
        kind: crate::notices::Kind::Substitute,
        region: found.grant.region,
        item: None,
        step: found.grant.role.step(),
        actor: by,
        at,
        detail,
        once: None,
    };
    Ok(record::record(tx, event, recipients).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_china() {
        assert_eq!(midnight(Date::constant(1970, 1, 1)), -EAST);
        // 2026-11-01 00:00 in China.
        assert_eq!(midnight(Date::constant(2026, 11, 1)), 1_793_462_400);
        assert_eq!(china_date(midnight(Date::constant(2028, 2, 29))), Date::constant(2028, 2, 29));
        assert_eq!(china_date(midnight(Date::constant(2028, 2, 29)) - 1), Date::constant(2028, 2, 28));
    }

    #[test]
    fn a_substitute_has_a_year_at_most_and_no_day_that_is_over() {
        let now = 1_793_462_400 + 3_600;
        let check = |first: Date, last: Date| {
            let terms = Terms {
                account: String::new(),
                substitute: "ab".parse().expect("a login"),
                grants: Vec::new(),
                first,
                last,
            };
            days(&terms, now)
        };
        let day = Date::constant;
        assert_eq!(check(day(2026, 11, 1), day(2026, 11, 1)), Ok((1_793_462_400, 1_793_462_400 + DAY)));
        assert_eq!(check(day(2026, 10, 31), day(2026, 11, 1)), Err(SubstitutionError::Over));
        assert_eq!(check(day(2026, 11, 2), day(2026, 11, 1)), Err(SubstitutionError::Backwards));
        assert_eq!(check(day(2026, 11, 1), day(2028, 1, 1)), Err(SubstitutionError::TooLong));
        assert_eq!(check(day(2028, 1, 1), day(2028, 1, 2)), Err(SubstitutionError::TooLong));
    }
}
