//! How often somebody may try to sign in.
//!
//! Failures are counted by login and by the address they come from, in the database, so that all processes count
//! together. A count is forgotten when a day passes without another failure. The first few cost nothing; after that
//! each doubles the time until the next try, up to a quarter of an hour: a person who forgot waits, a program that
//! guesses gets a hundred tries a day. The limit by login can be used to keep somebody out for a quarter of an hour at a
//! time; that is the lesser evil, and an administrator's link to set a new password ends it.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::{AccountError, Accounts};
use crate::db::{Tx, args};
use crate::objects::hash;

/// Without a failure for so long a count is forgotten, in seconds.
pub const WINDOW: i64 = 24 * 3_600;
/// The first delay, in seconds; each further failure doubles it.
const FIRST_DELAY: i64 = 2;
/// In seconds.
const LONGEST_DELAY: i64 = 15 * 60;
/// Failures that cost nothing: of one login, and of one address, behind which a whole office may sit.
const FREE_OF_LOGIN: i64 = 5;
const FREE_OF_ADDRESS: i64 = 30;

/// Whose failures are counted together.
#[derive(Clone, Debug)]
pub struct Who {
    login: String,
    address: Option<String>,
}

impl Who {
    /// `login` as it was typed. It is kept as a hash: people type passwords into the wrong field.
    pub fn new(login: &str, address: Option<IpAddr>) -> Who {
        let login = format!("login:{}", &hash(login.trim().to_lowercase().as_bytes())[..32]);
        Who { login, address: address.map(|address| format!("address:{}", network(address))) }
    }

    fn keys(&self) -> Vec<(&str, i64)> {
        let address = self.address.as_deref().map(|address| (address, FREE_OF_ADDRESS));
        address.into_iter().chain([(self.login.as_str(), FREE_OF_LOGIN)]).collect()
    }
}

/// Whoever has one IPv6 address has 2⁶⁴ of them.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Seconds that must lie between a failure and the next try.
fn delay(failures: i64, free: i64) -> i64 {
    match failures - free {
        ..=-1 => 0,
        over => FIRST_DELAY.checked_shl(over.min(30) as u32).map_or(LONGEST_DELAY, |delay| delay.min(LONGEST_DELAY)),
    }
}

impl Accounts {
    /// Counts a try as failed before it is made, so that many at once are no way around the limit. Refused tries are not
    /// counted.
    pub(super) async fn begin_attempt(&self, who: &Who, now: i64) -> Result<(), AccountError> {
        let mut tx = self.publisher.store.db.begin().await?;
        for (key, _) in who.keys() {
            lock(&mut tx, key).await?;
        }
        let mut counts = Vec::new();
        for (key, free) in who.keys() {
            let sql = "SELECT count, since FROM attempt WHERE who = $1 AND since > $2";
            let row: Option<(i64, i64)> = tx.optional("reading attempts", sql, args![key, now - WINDOW]).await?;
            let (count, since) = row.unwrap_or((0, now));
            let seconds = if count == 0 { 0 } else { since + delay(count, free) - now };
            if seconds > 0 {
                tx.rollback().await?;
                return Err(AccountError::Wait { seconds });
            }
            counts.push((key, count + 1));
        }
        for (key, count) in counts {
            let sql = "INSERT INTO attempt (who, count, since) VALUES ($1, $2, $3)
                       ON CONFLICT (who) DO UPDATE SET count = excluded.count, since = excluded.since";
            tx.execute("counting an attempt", sql, args![key, count, now]).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The try was right: the login starts afresh, the address loses what this try had counted. Otherwise one who knows
    /// one password could guess all others from the same address.
    pub(super) async fn forget_attempt(&self, who: &Who) -> Result<(), AccountError> {
        let db = &self.publisher.store.db;
        db.execute("forgetting attempts", "DELETE FROM attempt WHERE who = $1", args![&who.login]).await?;
        if let Some(address) = &who.address {
            let sql = "UPDATE attempt SET count = count - 1 WHERE who = $1 AND count > 0";
            db.execute("forgetting an attempt", sql, args![address]).await?;
        }
        Ok(())
    }
}

/// Numbers beyond those of regions, so that counting a try waits for nobody who publishes. Signing in does where it is
/// added to the log of the region in which the person works.
async fn lock(tx: &mut Tx, key: &str) -> Result<(), AccountError> {
    let digest = Sha256::digest(key.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    Ok(tx.lock(i64::from_be_bytes(bytes) | i64::MIN).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_wait_doubles_up_to_a_quarter_of_an_hour() {
        let delays: Vec<i64> = [1, 4, 5, 6, 7, 10, 13, 14, 60, i64::MAX].map(|failures| delay(failures, 5)).to_vec();
        assert_eq!(delays, [0, 0, 2, 4, 8, 64, 512, 900, 900, 900]);
    }

    #[test]
    fn addresses_of_one_network_are_counted_together() {
        let check = |text: &str, expected| assert_eq!(network(text.parse().expect("an address")), expected);
        check("192.0.2.7", "192.0.2.7");
        check("::ffff:192.0.2.7", "192.0.2.7");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
        check("2001:db8:1:2::1", "2001:db8:1:2::/64");
    }

    #[test]
    fn what_was_typed_as_login_is_not_kept() {
        let who = Who::new(" Secret ", None);
        assert!(!who.login.contains("ecret"));
        assert_eq!(who.login, Who::new("secret", None).login);
    }
}
