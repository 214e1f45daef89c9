//! Passwords: which are good enough, and argon2id over them.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::{AccountError, Login};

/// OWASP's Password Storage Cheat Sheet (2026): argon2id with 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at once: 76 MiB at most, whoever tries to sign in.
const AT_ONCE: usize = 4;
/// Who has waited so long for a turn is asked to come back later.
const PATIENCE: Duration = Duration::from_secs(10);

/// In characters.
pub const SHORTEST: usize = 10;
/// In bytes.
pub const LONGEST: usize = 1_024;
/// Fewer different characters than this are no password, however long it is.
const DIFFERENT: usize = 4;

/// A login of so many characters is not part of a password by chance.
const TELLING: usize = 4;

/// Passwords of at least ten characters that everybody tries first. Shorter ones are refused anyway.
const COMMON: &str = include_str!("common_passwords.txt");

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("the password is shorter than {SHORTEST} characters")]
    Short,
    #[error("the password is longer than {LONGEST} bytes")]
    Long,
    #[error("the password contains the login")]
    Login,
    #[error("the password is one that everybody tries first")]
    Common,
}

impl WeakPassword {
    /// The word that addresses carry.
    pub fn code(self) -> &'static str {
        match self {
            WeakPassword::Short => "short",
            WeakPassword::Long => "long",
            WeakPassword::Login => "contains-login",
            WeakPassword::Common => "common",
        }
    }
}

/// A password that is good enough for an account.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    pub fn new(login: &Login, text: &str) -> Result<Password, WeakPassword> {
        let lower = text.to_lowercase();
        let mut characters: Vec<char> = lower.chars().collect();
        if characters.len() < SHORTEST {
            return Err(WeakPassword::Short);
        }
        if text.len() > LONGEST {
            return Err(WeakPassword::Long);
        }
        if lower.contains(login.as_str()) && login.as_str().len() >= TELLING {
            return Err(WeakPassword::Login);
        }
        characters.sort_unstable();
        characters.dedup();
        if characters.len() < DIFFERENT || COMMON.lines().any(|common| common == lower) {
            return Err(WeakPassword::Common);
        }
        Ok(Password(text.to_owned()))
    }
}

/// Computes hashes on threads of their own, a few at a time.
pub struct Hasher {
    turns: Arc<Semaphore>,
    argon2: Argon2<'static>,
    /// A hash of nothing that anybody knows: verified for logins that do not exist, which then take as long as others.
    nobody: String,
}

impl Hasher {
    pub fn new() -> Result<Hasher, AccountError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody: PasswordHash = argon2.hash_password(super::secret::new_secret()?.as_bytes()).map_err(failed)?;
        Ok(Hasher { turns: Arc::new(Semaphore::new(AT_ONCE)), nobody: nobody.to_string(), argon2 })
    }

    /// The PHC string of a password.
    pub async fn hash(&self, password: &Password) -> Result<String, AccountError> {
        let (argon2, text) = (self.argon2.clone(), password.0.clone());
        self.compute(move || {
            let hash: PasswordHash = argon2.hash_password(text.as_bytes()).map_err(failed)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the one behind a PHC string; without one the answer is no after the same time.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool, AccountError> {
        let is_known = phc.is_some();
        let (argon2, phc) = (self.argon2.clone(), phc.unwrap_or(&self.nobody).to_owned());
        // Whoever sends a megabyte as password does not get it hashed.
        let text = if password.len() > LONGEST { String::new() } else { password.to_owned() };
        self.compute(move || {
            let hash = PasswordHash::new(&phc).map_err(failed)?;
            Ok(argon2.verify_password(text.as_bytes(), &hash).is_ok() && is_known)
        })
        .await
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| AccountError::Busy)?.map_err(failed)?;
        let done = tokio::task::spawn_blocking(move || {
            // Kept until the memory is free, even if whoever asked has gone.
            let _turn = turn;
            work()
        });
        done.await.map_err(failed)?
    }
}

fn failed(error: impl std::fmt::Display) -> AccountError {
    AccountError::Hash(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<WeakPassword>) {
        let login = "chen.wenxiu".parse().expect("a login");
        assert_eq!(Password::new(&login, text).err(), expected, "{text}");
    }

    #[test]
    fn weak_passwords_are_refused() {
        check("short-pwd", Some(WeakPassword::Short));
        check("", Some(WeakPassword::Short));
        check(&"ab12".repeat(257), Some(WeakPassword::Long));
        check("Chen.Wenxiu", Some(WeakPassword::Login));
        check("chen.wenxiu2026", Some(WeakPassword::Login));
        check("1234567890", Some(WeakPassword::Common));
        check("Password123", Some(WeakPassword::Common));
        check("aaaaaaaaaaaaaaaa", Some(WeakPassword::Common));
        check("1212121212121", Some(WeakPassword::Common));
        check("ten chars!", None);
        check("扶溪镇的水稻今年长得很好", None);
    }

    #[test]
    fn the_list_of_common_passwords_holds_what_length_alone_does_not_refuse() {
        for common in COMMON.lines() {
            assert!(common.chars().count() >= SHORTEST && common == common.to_lowercase(), "{common}");
        }
        assert!(COMMON.lines().count() > 50);
    }

    #[tokio::test]
    async fn a_password_is_verified_by_its_hash_alone() {
        let hasher = Hasher::new().expect("a hasher");
        let login = "chen".parse().expect("a login");
        let password = Password::new(&login, "correct horse battery").expect("good enough");
        let hash = hasher.hash(&password).await.expect("hashes");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hasher.hash(&password).await.expect("hashes"), "each has a salt of its own");
        assert!(hasher.verify("correct horse battery", Some(&hash)).await.expect("verifies"));
        assert!(!hasher.verify("correct horse batterY", Some(&hash)).await.expect("verifies"));
        assert!(!hasher.verify("correct horse battery", None).await.expect("verifies"));
    }
}
