//! What an error on the bus means to the player.

use gstreamer as gst;
use gstreamer::prelude::*;
use yuexiang_core::event::{MediaError, MediaErrorKind, Source};
use yuexiang_tuner::{Failure, FailureKind};

/// The source in words, for errors and the log.
pub fn describe(source: &Source) -> String {
    match source {
        Source::Object(sha256) => format!("object {sha256}"),
        Source::Url(url) => url.clone(),
    }
}

pub fn other(source: &Source, reason: impl std::fmt::Display) -> MediaError {
    MediaError { kind: MediaErrorKind::Other, detail: format!("cannot play {}: {reason}", describe(source)) }
}

pub fn undecodable(source: &Source, reason: impl std::fmt::Display) -> MediaError {
    MediaError { kind: MediaErrorKind::Undecodable, detail: format!("cannot play {}: {reason}", describe(source)) }
}

/// What the tuner could not receive.
pub fn of_reception(failure: &Failure, source: &Source) -> MediaError {
    let kind = match failure.kind {
        FailureKind::Network => MediaErrorKind::Network,
        FailureKind::Missing => MediaErrorKind::Missing,
        FailureKind::Unsupported => MediaErrorKind::Undecodable,
    };
    MediaError { kind, detail: format!("cannot play {}: {failure}", describe(source)) }
}

/// Reads a message of the bus. GStreamer's own codes are not enough: a host whose name does not resolve is `NOT_FOUND`
/// just as a file that is not there, and what cannot be downloaded is often an error of the stream.
pub fn classify(message: &gst::message::Error, source: &Source) -> MediaError {
    let error = message.error();
    let status = http_status(message);
    let remote = matches!(source, Source::Url(_));
    let origin = message.src().and_then(|origin| origin.downcast_ref::<gst::Element>().cloned());
    let loader = remote && origin.as_ref().is_some_and(loads_from_the_network);
    let kind = match status {
        Some(404 | 410) => MediaErrorKind::Missing,
        Some(300..) => MediaErrorKind::Network,
        _ => of_error(&error, remote, loader),
    };
    let from = origin.map_or_else(String::new, |origin| format!(" ({})", origin.name()));
    let status = status.map_or_else(String::new, |status| format!(", HTTP status {status}"));
    let debug = message.debug().map_or_else(String::new, |debug| format!(" [{}]", last_line(&debug)));
    MediaError { kind, detail: format!("cannot play {}: {error}{status}{from}{debug}", describe(source)) }
}

fn http_status(message: &gst::message::Error) -> Option<u32> {
    message.details().and_then(|details| details.get::<u32>("http-status-code").ok())
}

/// The server says that what it was asked for lies elsewhere.
pub fn is_redirect(message: &gst::message::Error) -> bool {
    http_status(message).is_some_and(|status| (300..400).contains(&status))
}

fn of_error(error: &gst::glib::Error, remote: bool, loader: bool) -> MediaErrorKind {
    if loader && error.kind::<gst::StreamError>() != Some(gst::StreamError::Decode) {
        return MediaErrorKind::Network;
    }
    if let Some(kind) = error.kind::<gst::ResourceError>() {
        return match kind {
            _ if remote => MediaErrorKind::Network,
            gst::ResourceError::NotFound => MediaErrorKind::Missing,
            _ => MediaErrorKind::Other,
        };
    }
    if error.kind::<gst::StreamError>().is_some() || error.matches(gst::CoreError::MissingPlugin) {
        return MediaErrorKind::Undecodable;
    }
    MediaErrorKind::Other
}

/// HTTP sources. What they complain of is the line or the server, in whatever words: a refused connection comes as
/// "internal data stream error" from `souphttpsrc`. `appsrc` says the same when nobody can read what the tuner brings.
fn loads_from_the_network(element: &gst::Element) -> bool {
    element.factory().is_some_and(|factory| {
        let class = factory.klass();
        class.contains("Source") && factory.name() != "appsrc"
    })
}

/// Debug texts begin with file, line and function of GStreamer's sources; the reason stands in the last line.
fn last_line(debug: &str) -> &str {
    debug.lines().last().unwrap_or(debug).trim()
}

/// Whether the error came from the sound's end of the pipeline.
pub fn is_of_sound(message: &gst::message::Error) -> bool {
    let mut object = message.src().cloned();
    while let Some(current) = object {
        if current.name() == "sound" {
            return true;
        }
        object = current.parent();
    }
    false
}
