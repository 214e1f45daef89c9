//! Secrets that somebody presents: 256 random bits as base64url, kept as their SHA-256 alone. They have too much entropy
//! to be guessed from the hash, so the hash needs neither salt nor cost.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::AccountError;
use crate::objects::{hash, hex};

/// 43 characters.
pub fn new_secret() -> Result<String, AccountError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| AccountError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a secret: 64 hexadecimal digits.
pub fn kept(secret: &str) -> String {
    hash(secret.as_bytes())
}

/// A new name for a row, such as `u-5f3a…`; it is no secret.
pub fn new_id(prefix: &str) -> Result<String, AccountError> {
    let mut bytes = [0; 10];
    rand::fill(&mut bytes).map_err(|_| AccountError::Random)?;
    Ok(format!("{prefix}-{}", hex(&bytes)))
}

/// Compares in a time that says nothing of where two texts differ.
pub fn equal(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}
