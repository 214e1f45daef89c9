//! Metadata that the disk has damaged while the database around it is sound.

use crate::write;
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeMap;
use yuexiang_core::event::RegionTrust;
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::region::RegionCode;

/// Sets aside what is damaged and goes on with what can be used. What cannot be written is mended again at the next start.
pub(crate) fn mend(
    connection: &mut Connection,
    trust: &mut BTreeMap<RegionCode, RegionTrust>,
    codec: &dyn DocumentCodec,
) {
    let mut mended = Vec::new();
    for (region, trust) in trust {
        let (sound, damaged) = codec.mend(*region, trust);
        for (name, reason) in &damaged {
            tracing::error!(%region, file = name, reason, "stored metadata is damaged: set aside");
        }
        if sound != *trust {
            let bytes = |name: &str| trust.files.get(name).cloned().unwrap_or_default();
            let damaged: Vec<_> = damaged.into_iter().map(|(name, reason)| (bytes(&name), name, reason)).collect();
            *trust = sound.clone();
            mended.push((*region, sound, damaged));
        }
    }
    if !mended.is_empty()
        && let Err(error) = store(connection, &mended)
    {
        tracing::warn!(%error, "mended metadata could not be written");
    }
}

/// (region, what can be used, (bytes, name, reason) of what cannot)
type Mended = (RegionCode, RegionTrust, Vec<(Vec<u8>, String, String)>);

fn store(connection: &mut Connection, mended: &[Mended]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (region, trust, damaged) in mended {
        for (bytes, name, reason) in damaged {
            let sql = "INSERT OR REPLACE INTO damaged_trust (region, name, bytes, reason) VALUES (?1, ?2, ?3, ?4)";
            transaction.execute(sql, params![region.to_string(), name, bytes, reason])?;
        }
        write::write_trust(&transaction, *region, trust)?;
    }
    transaction.commit()
}
