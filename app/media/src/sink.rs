//! The two ends of a pipeline: pictures in the size in which they are shown, and sound.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A frame that is later than this is not made any more.
const LATE: gst::ClockTime = gst::ClockTime::from_mseconds(80);

/// For the UI's scene `deinterlace ! videoscale ! videoconvert ! capsfilter ! appsink`; for a plane of the display, which
/// scales by itself, `deinterlace ! videoconvert ! appsink`, where hardware's NV12 passes through untouched.
///
/// Scaling before converting costs an eighth less than `videoconvertscale`, which converts in between through a
/// four-byte format (30 s of 720p into the home page's window: 3.3 s against 3.7 s of processor time, decoding included).
pub struct VideoEnd {
    pub bin: gst::Bin,
    pub sink: gst_app::AppSink,
    /// Names the size; not there when the display scales.
    filter: Option<gst::Element>,
}

impl VideoEnd {
    /// `size`: of the frames in RGB that are wanted; `None` for NV12 as it was decoded.
    pub fn build(size: Option<(u32, u32)>) -> Result<VideoEnd, gst::glib::BoolError> {
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
        let convert = gst::ElementFactory::make("videoconvert").build()?;
        let filter = match size {
            Some(size) => {
                elements.push(gst::ElementFactory::make("videoscale").property("add-borders", true).build()?);
                // `delayed`: frames that are under way in the old size are still taken, instead of ending in "not
                // negotiated".
                let filter = gst::ElementFactory::make("capsfilter")
                    .property("caps", rgb_caps(size))
                    .property_from_str("caps-change-mode", "delayed")
                    .build()?;
                elements.extend([convert, filter.clone()]);
                Some(filter)
            }
            None => {
                sink.set_caps(Some(&nv12_caps()));
                accept_any_layout(&sink);
                elements.push(convert);
                None
            }
        };
        elements.push(sink.clone().upcast());
        let bin = gst::Bin::with_name("picture");
        bin.add_many(&elements)?;
        gst::Element::link_many(&elements)?;
        let pad = elements.first().and_then(|first| first.static_pad("sink"));
        let pad = pad.ok_or_else(|| gst::glib::bool_error!("the first element of the picture has no sink pad"))?;
        bin.add_pad(&gst::GhostPad::with_target(&pad)?)?;
        Ok(VideoEnd { bin, sink, filter })
    }

    /// From one of the next frames on they come in this size.
    pub fn set_size(&self, size: Option<(u32, u32)>) {
        if let (Some(filter), Some(size)) = (&self.filter, size) {
            filter.set_property("caps", rgb_caps(size));
        }
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

fn rgb_caps((width, height): (u32, u32)) -> gst::Caps {
    let pixels = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    gst::Caps::builder("video/x-raw")
        .field("format", "RGB")
        .field("width", pixels(width))
        .field("height", pixels(height))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build()
}

/// In memory that the display can read where the decoder has such, else in any.
fn nv12_caps() -> gst::Caps {
    let nv12 = || gst::Structure::builder("video/x-raw").field("format", "NV12").build();
    let shared = gst::CapsFeatures::new(["memory:DMABuf"]);
    gst::Caps::builder_full().structure_with_features(nv12(), shared).structure(nv12()).build()
}

/// Tells decoders that rows may be of any length. Otherwise those of the hardware copy every frame into the plain layout.
fn accept_any_layout(sink: &gst_app::AppSink) {
    let Some(pad) = sink.static_pad("sink") else { return };
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(query) = info.query_mut()
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
            && allocation.find_allocation_meta::<gst_video::VideoMeta>().is_none()
        {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
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
            tracing::info!("no sound device; playing without sound");
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
                tracing::info!("sound output: {name}");
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

/// Stands before the sound's sink: counts what is played, and lets nothing through any more once the pipeline has been
/// given up. Muting would take locks that a pipeline which hangs may hold.
#[derive(Default)]
pub struct SoundGate {
    cut: AtomicBool,
    buffers: AtomicU64,
}

impl SoundGate {
    pub fn before(sink: &gst::Element) -> Arc<SoundGate> {
        let gate = Arc::new(SoundGate::default());
        let own = gate.clone();
        if let Some(pad) = sink.static_pad("sink") {
            let wanted = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
            pad.add_probe(wanted, move |_, info| {
                if own.cut.load(Ordering::SeqCst) {
                    info.flow_res = Err(gst::FlowError::Eos);
                    return gst::PadProbeReturn::Handled;
                }
                own.buffers.fetch_add(1, Ordering::Relaxed);
                gst::PadProbeReturn::Ok
            });
        }
        gate
    }

    /// Never waits for the pipeline.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub fn buffers(&self) -> u64 {
        self.buffers.load(Ordering::Relaxed)
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
