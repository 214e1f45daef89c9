//! Pipelines: which elements they are made of, and what of their buses the engine reads.

use crate::playback::Surroundings;
use crate::screen::PlaybackId;
use crate::sink::VideoEnd;
use gstreamer as gst;
use gstreamer::prelude::*;
use std::path::Path;

pub fn is_http(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

pub fn file_uri(path: &Path) -> Result<String, String> {
    let absolute = std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let uri = gst::glib::filename_to_uri(&absolute, None).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(uri.to_string())
}

/// Playlists are followed by the tuner. GStreamer's own clients die of failing connections; see `yuexiang_tuner`.
fn choose_no_hls() {
    for name in ["hlsdemux", "hlsdemux2"] {
        if let Some(faulty) = gst::ElementFactory::find(name) {
            faulty.set_rank(gst::Rank::NONE);
        }
    }
}

/// Chips that decode go before the processor, whatever their elements think of themselves; those that their authors do
/// not want to be chosen stay unchosen.
fn prefer_hardware() {
    // As far apart as "primary" is from "none".
    const PREFERENCE: i32 = 256;
    let kind =
        gst::ElementFactoryType::DECODER | gst::ElementFactoryType::HARDWARE | gst::ElementFactoryType::MEDIA_VIDEO;
    for decoder in gst::ElementFactory::factories_with_type(kind, gst::Rank::MARGINAL) {
        decoder.set_rank(decoder.rank() + PREFERENCE);
    }
}

/// Says which elements are to be chosen when several fit. Once is enough for a process; more does no harm.
pub fn choose_elements() {
    static CHOSEN: std::sync::Once = std::sync::Once::new();
    CHOSEN.call_once(|| {
        choose_no_hls();
        prefer_hardware();
    });
}

pub fn build(
    id: PlaybackId,
    uri: &str,
    video: &VideoEnd,
    sound: &gst::Element,
    around: &Surroundings<'_>,
) -> Result<gst::Pipeline, gst::glib::BoolError> {
    // Not `playbin3`: that of GStreamer 1.22 deadlocks when it is stopped between its start and the moment when it has
    // found out what it plays; of twenty files that were loaded in a row, six never stopped.
    let factory = "playbin";
    let playbin = gst::ElementFactory::make(factory)
        .name(format!("playback-{id}"))
        .property("uri", uri)
        .property("video-sink", &video.bin)
        .property("audio-sink", sound)
        .build()?;
    // `native-video`: the picture's end converts by itself. No subtitles, no pictures drawn for sound.
    playbin.set_property_from_str("flags", "video+audio+soft-volume+native-video+buffering");
    playbin.set_property("volume", around.volume.0);
    playbin.set_property("mute", around.volume.1);
    let timeout = u32::try_from(around.options.http_timeout.as_secs()).unwrap_or(u32::MAX);
    playbin.connect("source-setup", false, move |values| {
        let source = values.get(1).and_then(|value| value.get::<gst::Element>().ok())?;
        if source.find_property("timeout").is_some_and(|property| property.value_type() == u32::static_type()) {
            source.set_property("timeout", timeout);
        }
        // It would follow any number, and from HTTPS to HTTP, too. The engine follows the one that may be followed.
        if source.find_property("automatic-redirect").is_some() {
            source.set_property("automatic-redirect", false);
        }
        if source.find_property("user-agent").is_some() {
            source.set_property("user-agent", concat!("yuexiang/", env!("CARGO_PKG_VERSION")));
        }
        None
    });
    playbin.downcast::<gst::Pipeline>().map_err(|_| gst::glib::bool_error!("{factory} is no pipeline"))
}

/// Passes on what the engine reads; the bus keeps nothing.
pub fn forward_messages(pipeline: &gst::Pipeline, on_message: impl Fn(gst::Message) + Send + Sync + 'static) {
    let Some(bus) = pipeline.bus() else { return };
    let own = pipeline.downgrade();
    bus.set_sync_handler(move |_, message| {
        use gst::MessageType as Type;
        let wanted = match message.type_() {
            Type::StateChanged => {
                let pipeline = own.upgrade();
                message.src().is_some_and(|source| {
                    pipeline.as_ref().is_some_and(|pipeline| pipeline.upcast_ref::<gst::Object>() == source)
                })
            }
            kind => matches!(
                kind,
                Type::Error
                    | Type::Warning
                    | Type::Eos
                    | Type::AsyncDone
                    | Type::Buffering
                    | Type::ClockLost
                    | Type::Latency
            ),
        };
        if wanted {
            on_message(message.clone());
        }
        gst::BusSyncReply::Drop
    });
}
