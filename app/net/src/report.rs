//! What the box refuses, on its way to the cloud.

use crate::http::{Delivery, Http};
use yuexiang_core::event::NetError;
use yuexiang_core::reports::{Report, Trouble};
use yuexiang_wire as wire;

const PATH: &str = "reports";

/// `Ok` when it need not be sent again: it was taken, or the cloud does not want to know.
pub(crate) async fn send(http: &Http, report: Report) -> Result<(), NetError> {
    match http.post(PATH, &document(report)).await? {
        Delivery::Taken => {}
        Delivery::Refused(status) => tracing::debug!(status, "the cloud takes no reports"),
    }
    Ok(())
}

fn document(report: Report) -> wire::report::Report {
    let trouble = |trouble: Trouble| wire::report::Trouble {
        object: trouble.object,
        why: trouble.why.to_owned(),
        version: trouble.timestamp.as_deref().and_then(version),
    };
    wire::report::Report {
        format: wire::FORMAT,
        village: report.village.to_string(),
        troubles: report.troubles.into_iter().map(trouble).collect(),
    }
}

fn version(timestamp: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(timestamp).ok()?["signed"]["version"].as_u64()
}
