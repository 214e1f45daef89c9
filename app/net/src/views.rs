//! What was watched, on its way to the cloud.

use crate::http::{Delivery, Http};
use yuexiang_core::event::NetError;
use yuexiang_core::uplink::MessageId;
use yuexiang_core::view_counts::ViewBatch;
use yuexiang_wire as wire;
use yuexiang_wire::views;

const PATH: &str = "views";

/// `Ok` when the batch need not be sent again: it was taken, or it never will be.
pub(crate) async fn send(http: &Http, id: MessageId, batch: ViewBatch) -> Result<(), NetError> {
    let document = document(id, batch);
    match http.post(PATH, &document).await? {
        Delivery::Taken => {}
        Delivery::Refused(status) => {
            tracing::warn!(batch = %id, day = document.day, status, "the cloud refuses the view counts; they are dropped");
        }
    }
    Ok(())
}

fn document(id: MessageId, batch: ViewBatch) -> views::ViewBatch {
    let count = |(item, count): (String, yuexiang_core::view_counts::ViewCount)| views::ViewCount {
        item,
        views: count.views,
        plays: count.plays,
        seconds: count.seconds,
    };
    views::ViewBatch {
        format: wire::FORMAT,
        id: id.to_string(),
        village: batch.village.to_string(),
        day: batch.day.to_string(),
        counts: batch.counts.into_iter().map(count).collect(),
    }
}
