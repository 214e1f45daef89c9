//! Requests for signatures on their way out, and signatures on their way in.

use serde::Serialize;
use serde_json::json;

use super::request::{RequestError, RequestFile, SignatureFile, Tally, wanted};
use super::roots::{InForce, KeyActionError, Pending, in_force, pending, publish_root};
use super::rotate::note;
use crate::db::args;
use crate::objects::hash;
use crate::publish::Publisher;
use crate::region::RegionCode;
use crate::store::{Change, unreadable};
use crate::tuf::{Signature, canonical, key_id};

/// What an imported signature brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Imported {
    Published {
        version: u64,
    },
    /// More signatures are needed.
    Waiting {
        version: u64,
        tally: Tally,
    },
    /// The root had been published before; nothing changed.
    AlreadyPublished {
        version: u64,
    },
}

impl Publisher {
    /// The root of a region that waits for signatures, as a file.
    pub async fn root_request(&self, region: RegionCode) -> Result<RequestFile, KeyActionError> {
        let mut change = self.store.change().await?;
        let pending = pending(&mut change, region).await?.ok_or(KeyActionError::NoRequest(region))?;
        let in_force = in_force(&mut change, region).await?;
        let name = change.region(region).await?.map(|row| row.name).unwrap_or_default();
        change.abandon().await?;
        Ok(RequestFile::new(region, &name, pending.created, &in_force.document, &pending.document)?)
    }

    /// Takes in a signature that was made elsewhere, and publishes the root when it was the last one needed. The same
    /// file may come any number of times.
    pub async fn import_signature(&self, file: &SignatureFile, by: &str, now: i64) -> Result<Imported, KeyActionError> {
        let region = file.region;
        let mut change = self.store.change().await?;
        change.lock(region).await?;
        let in_force = in_force(&mut change, region).await?;
        if is_published(&in_force, file) {
            return Ok(Imported::AlreadyPublished { version: file.version });
        }
        let pending = pending(&mut change, region).await?.ok_or(KeyActionError::NoRequest(region))?;
        let signature = checked(&in_force, &pending, file, now)?;
        let mut signatures = pending.signatures;
        let is_new = !signatures.iter().any(|other| other.key == signature.key);
        if is_new {
            signatures.push(signature);
        }
        let tally = Tally::of(&in_force.plan, &pending.plan, &signatures);
        let version = pending.version;
        let detail = json!({ "version": version, "sha256": &file.sha256 });
        if tally.is_complete() {
            publish_root(self, &mut change, region, pending.document, signatures, now).await?;
            note(&mut change, region, now, by, "root-sign", &file.public, detail).await?;
            note(&mut change, region, now, by, "root-publish", "root", json!({ "version": version })).await?;
            self.conclude(change, &[region]).await?;
            return Ok(Imported::Published { version });
        }
        if is_new {
            keep_signatures(&mut change, region, &signatures).await?;
            note(&mut change, region, now, by, "root-sign", &file.public, detail).await?;
            change.commit().await?;
        }
        Ok(Imported::Waiting { version, tally })
    }
}

/// Whether the root in force is the very document that was signed.
fn is_published(in_force: &InForce, file: &SignatureFile) -> bool {
    let same = || canonical(&in_force.document).is_ok_and(|bytes| hash(&bytes) == file.sha256);
    in_force.version.version == file.version && same()
}

/// The signature, if it is one of the root that waits, made with a key that counts.
fn checked(in_force: &InForce, pending: &Pending, file: &SignatureFile, now: i64) -> Result<Signature, KeyActionError> {
    let SignatureFile { region, version, public, .. } = file;
    let (region, version, public) = (*region, *version, public.clone());
    if pending.version != version {
        return Err(KeyActionError::OtherVersion { region, found: version, expected: pending.version });
    }
    let expected = hash(pending.text.as_bytes());
    if file.sha256 != expected {
        return Err(KeyActionError::OtherDocument { region, found: file.sha256.clone(), expected });
    }
    if pending.version != in_force.version.version + 1 {
        return Err(KeyActionError::DoesNotFollow { region, current: in_force.version.version });
    }
    let expires = pending.document["expires"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    if expires.is_none_or(|expires| expires.as_second() <= now) {
        return Err(KeyActionError::Expired(region));
    }
    let wanted = wanted(&in_force.plan, &pending.plan);
    let Some(key) = key_id(&public).filter(|_| wanted.contains(&public)) else {
        let wanted = wanted.into_iter().collect();
        return Err(RequestError::WrongKey { region, version, public, wanted }.into());
    };
    let signature = Signature { key, signature: file.signature.clone() };
    if !signature.holds(&public, pending.text.as_bytes()) {
        return Err(KeyActionError::BadSignature { region, version, public });
    }
    Ok(signature)
}

async fn keep_signatures(
    change: &mut Change,
    region: RegionCode,
    signatures: &[Signature],
) -> Result<(), KeyActionError> {
    let signatures = serde_json::to_string(signatures).map_err(unreadable("list of signatures", region))?;
    let sql = "UPDATE root_request SET signatures = $1 WHERE region = $2";
    change.tx.execute("keeping a signature", sql, args![signatures, region]).await?;
    Ok(())
}
