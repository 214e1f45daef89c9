//! Signatures of reviewers. Only approvals that hold go on to the core, which decides whether they suffice.

use crate::convert::{self, Reason};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use yuexiang_core::catalog::Approval;
use yuexiang_wire as wire;
use yuexiang_wire::approval::statement;

/// The approvals whose signatures hold for this content. The others are left out with a warning: whoever altered the
/// item, or made up a signature, has to be found.
pub(crate) fn checked(item: &wire::Item, content_hash: &str) -> Vec<Approval> {
    let mut sound = Vec::with_capacity(item.approvals.len());
    for approval in item.approvals.iter().take(wire::Step::ALL.len()) {
        match check(&item.id, content_hash, approval) {
            Ok(approval) => sound.push(approval),
            Err(reason) => {
                let (step, region) = (approval.step.slug(), approval.region.as_str());
                tracing::warn!(item = item.id, step, region, reason, "approval refused");
            }
        }
    }
    sound
}

fn check(item: &str, content_hash: &str, approval: &wire::Approval) -> Result<Approval, Reason> {
    let parsed = convert::approval(approval)?;
    let signature = signature(&approval.signature).ok_or("its signature is no 128 hexadecimal digits")?;
    let statement = statement(item, content_hash, approval.step, &approval.region, approval.at);
    UnparsedPublicKey::new(&ED25519, &parsed.key.0)
        .verify(statement.as_bytes(), &signature)
        .map_err(|_| "its signature does not hold for this content".to_owned())?;
    Ok(parsed)
}

fn signature(text: &str) -> Option<[u8; 64]> {
    let plain = text.len() == 128 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if !plain {
        return None;
    }
    let mut bytes = [0; 64];
    for (byte, index) in bytes.iter_mut().zip((0..128).step_by(2)) {
        *byte = u8::from_str_radix(text.get(index..index + 2)?, 16).ok()?;
    }
    Some(bytes)
}
