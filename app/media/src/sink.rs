//! The two ends of a pipeline: pictures in the size in which they are shown, and sound.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::path::Path;

/// A frame that is later than this is not made any more.
const LATE: gst::ClockTime = gst::ClockTime::from_mseconds(80);

/// `deinterlace ! videoscale ! videoconvert ! capsfilter ! appsink`.
///
/// Scaling before converting costs an eighth less than `videoconvertscale`, which converts in between through a
/// four-byte format (30 s of 720p into the home page's window: 3.3 s against 3.7 s of processor time, decoding included).
pub struct VideoEnd {
    pub bin: gst::Bin,
    pub sink: gst_app::AppSink,
    filter: gst::Element,
}

impl VideoEnd {
    pub fn build(size: (u32, u32)) -> Result<VideoEnd, gst::glib::BoolError> {
        let scale = gst::ElementFactory::make("videoscale").property("add-borders", true).build()?;
        let convert = gst::ElementFactory::make("videoconvert").build()?;
        // `delayed`: frames that are under way in the old size are still taken, instead of ending in "not negotiated".
        let filter = gst::ElementFactory::make("capsfilter")
            .property("caps", caps(size))
            .property_from_str("caps-change-mode", "delayed")
            .build()?;
        let sink = gst_app::AppSink::builder().max_buffers(1).drop(true).sync(true).build();
        sink.set_property("qos", true);
        sink.set_property("max-lateness", i64::try_from(LATE.nseconds()).unwrap_or(-1));
        sink.set_property("enable-last-sample", false);
        let mut elements = Vec::new();
        // Broadcasters send interlaced pictures, too. Anything else passes through untouched.
        if let Ok(deinterlace) = gst::ElementFactory::make("deinterlace")
            .property_from_str("method", "linear")
            .property_from_str("fields", "top")
            .build()
        {
            elements.push(deinterlace);
        }
        elements.extend([scale, convert, filter.clone(), sink.clone().upcast()]);
        let bin = gst::Bin::with_name("picture");
        bin.add_many(&elements)?;
        gst::Element::link_many(&elements)?;
        let pad = elements.first().and_then(|first| first.static_pad("sink"));
        let pad = pad.ok_or_else(|| gst::glib::bool_error!("the first element of the picture has no sink pad"))?;
        bin.add_pad(&gst::GhostPad::with_target(&pad)?)?;
        Ok(VideoEnd { bin, sink, filter })
    }

    /// From one of the next frames on they come in this size.
    pub fn set_size(&self, size: (u32, u32)) {
        self.filter.set_property("caps", caps(size));
    }

    /// Pixels of the stream itself, before scaling.
    pub fn natural_size(&self) -> Option<(u32, u32)> {
        let caps = self.bin.static_pad("sink")?.current_caps()?;
        let structure = caps.structure(0)?;
        let width = structure.get::<i32>("width").ok()?;
        let height = structure.get::<i32>("height").ok()?;
        Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?))
    }
}

fn caps((width, height): (u32, u32)) -> gst::Caps {
    let pixels = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    gst::Caps::builder("video/x-raw")
        .field("format", "RGB")
        .field("width", pixels(width))
        .field("height", pixels(height))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build()
}

/// Where the sound goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoundDevice {
    /// The element that reaches it.
    Element(String),
    /// There is none: the sound is decoded in time with the clock and dropped.
    None,
}

impl SoundDevice {
    /// Looks for one. The first glance at the file system keeps a machine without sound free of the libraries'
    /// complaints about it.
    pub fn find() -> SoundDevice {
        if !has_device() {
            tracing::info!("there is no sound device; playing without sound");
            return SoundDevice::None;
        }
        let Ok(probe) = gst::ElementFactory::make("autoaudiosink").build() else {
            tracing::warn!("the element autoaudiosink is missing; playing without sound");
            return SoundDevice::None;
        };
        let found = probe.set_state(gst::State::Ready).ok().and_then(|_| {
            let chosen = probe.downcast_ref::<gst::Bin>()?.children().into_iter().next()?;
            Some(chosen.factory()?.name().to_string())
        });
        // READY → NULL of a sink that plays nothing has nothing to wait for.
        let _ = probe.set_state(gst::State::Null);
        match found {
            Some(name) if name != "fakesink" => {
                tracing::info!("sound goes to {name}");
                SoundDevice::Element(name)
            }
            _ => {
                tracing::warn!("no sound device can be opened; playing without sound");
                SoundDevice::None
            }
        }
    }

    pub fn build(&self) -> Result<gst::Element, gst::glib::BoolError> {
        match self {
            SoundDevice::Element(name) => gst::ElementFactory::make(name).name("sound").build(),
            SoundDevice::None => gst::ElementFactory::make("fakesink").name("sound").property("sync", true).build(),
        }
    }
}

fn has_device() -> bool {
    let alsa = std::fs::read_dir("/dev/snd").is_ok_and(|entries| {
        // `pcmC0D0p`: a device that plays; those ending in `c` record.
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("pcm") && name.ends_with('p')
        })
    });
    let runtime = std::env::var_os("XDG_RUNTIME_DIR");
    let server = runtime.is_some_and(|dir| {
        let dir = Path::new(&dir);
        dir.join("pulse/native").exists() || dir.join("pipewire-0").exists()
    });
    alsa || server || std::env::var_os("PULSE_SERVER").is_some()
}
