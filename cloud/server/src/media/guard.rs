//! Stands beside a decoder and looks at everything that GStreamer wants to put into it.
//!
//! `decodebin` builds whatever a file asks for: playlists make it fetch addresses, containers may lie inside others, and
//! a header of a few bytes makes a decoder allocate frames of a gigabyte. So only the one demultiplexer that fits the
//! file's signature, parsers and decoders are let in; and every size is checked where it is announced, before the
//! decoder hears of it, also when it changes in the middle.
//!
//! That is done per pipeline and not by taking features out of the registry, because players in the same process may
//! need them.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::MediaError;
use crate::intake::{Container, Movie, Refusal};

/// Pixels of a frame: 4096×4096, which 5.3K cameras keep below. A decoder holds up to twenty of them.
const MOST_PIXELS: u64 = 1 << 24;
/// A declared side and the real one differ by this factor at most. Anamorphic video comes close to 2.
const HONEST: f64 = 2.5;

/// What decodebin is answered: to try this element, to look at the next one, or to leave the stream as it is.
const TRY: &str = "try";
const SKIP: &str = "skip";
const EXPOSE: &str = "expose";

/// What was found out while the decoder was built or ran.
pub struct Guard {
    container: Container,
    /// Sizes that the container declares, of each track.
    declared: Mutex<Vec<Vec<(u32, u32)>>>,
    /// The index said it all; otherwise the demultiplexer will.
    complete: bool,
    refusal: Mutex<Option<Refusal>>,
}

impl Guard {
    /// Watches the `decodebin` called `decoder` of a pipeline that does not run yet.
    pub fn attach(pipeline: &gst::Pipeline, container: Container, movie: &Movie) -> Result<Arc<Guard>, MediaError> {
        let guard = Arc::new(Guard {
            container,
            declared: Mutex::new(movie.sizes.clone()),
            complete: !movie.sizes.is_empty(),
            refusal: Mutex::new(None),
        });
        let lacks = || MediaError::Element("decodebin".to_owned());
        let decoder = pipeline.by_name("decoder").ok_or_else(lacks)?;
        let answers = answers().ok_or_else(lacks)?;
        let watching = guard.clone();
        decoder.connect("autoplug-select", false, move |values| {
            let answer = (|| {
                let pad = values.get(1)?.get::<gst::Pad>().ok()?;
                let caps = values.get(2)?.get::<gst::Caps>().ok()?;
                let factory = values.get(3)?.get::<gst::ElementFactory>().ok()?;
                Some(watching.judge(&pad, &caps, &factory))
            })();
            answers.to_value_by_nick(answer.unwrap_or(EXPOSE))
        });
        let watching = guard.clone();
        pipeline.connect_deep_element_added(move |_, _, element| {
            if element.factory().is_some_and(|factory| is_video_decoder(&factory)) {
                for pad in [element.static_pad("sink"), element.static_pad("src")].into_iter().flatten() {
                    watching.clone().watch(&pad);
                }
            }
        });
        Ok(guard)
    }

    /// What the file is refused for, if it is.
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refuse(&self, refusal: Refusal) {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(refusal);
    }

    fn judge(&self, pad: &gst::Pad, caps: &gst::Caps, factory: &gst::ElementFactory) -> &'static str {
        let class = factory.metadata(gst::ELEMENT_METADATA_KLASS).unwrap_or_default();
        if class.contains("Demux") {
            return if factory.name() == self.container.demuxer() { TRY } else { SKIP };
        }
        if class.contains("Decrypt") {
            self.refuse(Refusal::Encrypted);
            return EXPOSE;
        }
        let Some(media) = caps.structure(0) else { return EXPOSE };
        if let Some((width, height)) = size(media) {
            // From the demultiplexer comes what the container says, from a parser what the frames say.
            let from = pad.parent_element().and_then(|element| element.factory()).map(|factory| factory.name());
            if !self.complete && from.is_some_and(|name| name == self.container.demuxer()) {
                self.declared.lock().unwrap_or_else(PoisonError::into_inner).push(vec![(width, height)]);
            }
            if !self.accepts(width, height) {
                return EXPOSE;
            }
        }
        // A picture is a stream of its own in some containers: a cover, or the frames of an old camera.
        let still = media.name().starts_with("image/");
        let moving = media.get::<gst::Fraction>("framerate").is_ok_and(|rate| rate.numer() > 0);
        let wanted = !still || (media.name() == "image/jpeg" && moving);
        let element = class.contains("Parser") || (class.contains("Decoder") && !class.contains("Subtitle"));
        if wanted && element { TRY } else { EXPOSE }
    }

    /// Refuses sizes that are too large or not what was declared.
    fn accepts(&self, width: u32, height: u32) -> bool {
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            self.refuse(Refusal::FrameSize { width, height });
            return false;
        }
        let declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        let lie = |track: &Vec<(u32, u32)>| track.iter().copied().find(|&size| !is_honest(size, (width, height)));
        // With several tracks it is not known here whose frames these are: one honest track is enough.
        match declared.iter().map(lie).reduce(|one, other| one.and(other)).flatten() {
            Some(declared) => {
                self.refuse(Refusal::LyingSize { declared, actual: (width, height) });
                false
            }
            None => true,
        }
    }

    /// Looks at every format that passes a pad. After one that is refused nothing passes any more: a decoder would
    /// find the size in the frames themselves.
    ///
    /// Things are `Handled` and not dropped, because the bindings (0.25) give GStreamer nothing to drop, and it complains.
    fn watch(self: Arc<Guard>, pad: &gst::Pad) {
        let kinds = gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::BUFFER;
        pad.add_probe(kinds, move |pad, info| {
            if info.buffer().is_some() {
                if self.refusal().is_none() {
                    return gst::PadProbeReturn::Ok;
                }
                info.flow_res = Err(gst::FlowError::Error);
                return gst::PadProbeReturn::Handled;
            }
            let Some(gst::EventView::Caps(event)) = info.event().map(|event| event.view()) else {
                return gst::PadProbeReturn::Ok;
            };
            let size = event.caps().structure(0).and_then(size);
            if size.is_none_or(|(width, height)| self.accepts(width, height)) {
                return gst::PadProbeReturn::Ok;
            }
            if let Some(element) = pad.parent_element() {
                gst::element_error!(element, gst::StreamError::Format, ("frames of a size that is refused"));
            }
            gst::PadProbeReturn::Handled
        });
    }
}

/// What decodebin may be answered. The type is not part of the bindings.
fn answers() -> Option<gst::glib::EnumClass> {
    let answers = gst::glib::EnumClass::with_type(gst::glib::Type::from_name("GstAutoplugSelectResult")?)?;
    [TRY, SKIP, EXPOSE].iter().all(|answer| answers.value_by_nick(answer).is_some()).then_some(answers)
}

fn is_video_decoder(factory: &gst::ElementFactory) -> bool {
    let class = factory.metadata(gst::ELEMENT_METADATA_KLASS).unwrap_or_default();
    class.contains("Decoder") && (class.contains("Video") || class.contains("Image"))
}

fn size(media: &gst::StructureRef) -> Option<(u32, u32)> {
    let side = |name: &str| media.get::<i32>(name).ok().and_then(|side| u32::try_from(side).ok());
    Some((side("width")?, side("height")?))
}

/// Whether two sizes may be the same picture, upright or turned.
fn is_honest(declared: (u32, u32), actual: (u32, u32)) -> bool {
    let near = |one: u32, other: u32| f64::from(one.max(other)) <= f64::from(one.min(other).max(1)) * HONEST;
    let fits = |width, height| near(width, actual.0) && near(height, actual.1);
    fits(declared.0, declared.1) || fits(declared.1, declared.0)
}

#[cfg(test)]
mod tests {
    use super::is_honest;

    #[test]
    fn anamorphic_and_turned_videos_are_honest_and_others_are_not() {
        assert!(is_honest((1_024, 576), (720, 576)) && is_honest((1_440, 1_080), (1_920, 1_080)));
        assert!(is_honest((1_080, 1_920), (1_920, 1_088)));
        assert!(!is_honest((320, 240), (8_192, 8_192)) && !is_honest((1_920, 1_080), (64, 36)));
    }
}
