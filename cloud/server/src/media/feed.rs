//! Carries frames and sound from a decoder to an encoder, counting both.
//!
//! The decoder delivers frames at a constant rate and sound without gaps, so the count *is* the time: whatever the
//! source's clock did, frame `n` is shown at `n` frame durations. A programme clip needs more: sound and picture of the
//! same length, a whole number of segments long. So where one of them ends early, the thread of the other one fills it
//! up, with silence or with the last frame, which also keeps the multiplexer from waiting for ever.
//!
//! `videorate` repeats the last picture 25 times at most, whatever its duration. That of a slide show may be twenty
//! seconds, so the feed looks at what goes into the decoder's end and repeats the last frame for as long as it is shown.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};
use gstreamer_video as gst_video;
use gstreamer_video::VideoFrameExt;

use super::poster::PosterPicker;
use super::video::LONGEST_STILL;

pub const SAMPLE_RATE: u64 = 48_000;
/// Two channels of 16 bits.
const SAMPLE_BYTES: u64 = 4;

/// What the two ends agreed on.
pub struct FeedPlan {
    pub frame_rate: gst::Fraction,
    /// Fill up to a multiple of this many frames; none when picture and sound may end when they like.
    pub whole: Option<u64>,
    pub poster: Option<PosterPicker>,
    /// Frames beyond which the last picture is not repeated, whatever it says of itself.
    pub longest: u64,
    /// What becomes of each value of brightness, when the source has another range of light than a television.
    pub light: Option<Box<[u8; 256]>>,
}

pub struct Feed {
    video: AppSrc,
    audio: Option<AppSrc>,
    frame_rate: (u64, u64),
    whole: Option<u64>,
    frames: AtomicU64,
    samples: AtomicU64,
    video_ended: AtomicBool,
    audio_ended: AtomicBool,
    last_frame: Mutex<Option<gst::Buffer>>,
    /// When the last picture that was decoded is over, in nanoseconds from the beginning; 0 while that is not known.
    pictures_end: AtomicU64,
    longest: u64,
    poster: Mutex<Option<PosterPicker>>,
    info: Mutex<Option<gst_video::VideoInfo>>,
    light: Option<Box<[u8; 256]>>,
}

impl Feed {
    /// Connects the sinks of a decoder with the sources of an encoder. Without `from_audio` a clip gets silence.
    pub fn connect(
        from_video: &AppSink,
        from_audio: Option<&AppSink>,
        video: AppSrc,
        audio: Option<AppSrc>,
        plan: FeedPlan,
    ) -> Arc<Feed> {
        let feed = Arc::new(Feed {
            video,
            audio,
            frame_rate: (plan.frame_rate.numer().unsigned_abs().into(), plan.frame_rate.denom().unsigned_abs().into()),
            whole: plan.whole,
            frames: AtomicU64::new(0),
            samples: AtomicU64::new(0),
            video_ended: AtomicBool::new(false),
            audio_ended: AtomicBool::new(from_audio.is_none()),
            last_frame: Mutex::new(None),
            pictures_end: AtomicU64::new(0),
            longest: plan.longest,
            poster: Mutex::new(plan.poster),
            info: Mutex::new(None),
            light: plan.light,
        });
        let (on_frame, on_end) = (feed.clone(), feed.clone());
        from_video.set_callbacks(
            AppSinkCallbacks::builder()
                .new_sample(move |sink| on_frame.frame(&sink.pull_sample().map_err(|_| gst::FlowError::Eos)?))
                .eos(move |_| on_end.end_of_video())
                .build(),
        );
        if let Some(sink) = from_audio {
            let (on_sound, on_end) = (feed.clone(), feed.clone());
            sink.set_callbacks(
                AppSinkCallbacks::builder()
                    .new_sample(move |sink| on_sound.sound(&sink.pull_sample().map_err(|_| gst::FlowError::Eos)?))
                    .eos(move |_| on_end.end_of_audio())
                    .build(),
            );
        }
        feed
    }

    /// Looks at the pictures that come through this pad, before their rate is made constant.
    pub fn watch_pictures(self: &Arc<Feed>, pad: &gst::Pad) {
        let feed = self.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            let end = info.buffer().and_then(|buffer| Some(buffer.pts()? + buffer.duration()?));
            if let Some(end) = end.and_then(|end| running_time(pad, end)) {
                feed.pictures_end.fetch_max(end.nseconds(), Ordering::AcqRel);
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// The frames that the pictures themselves ask for.
    pub fn frames_of_pictures(&self) -> u64 {
        let (rate, per) = self.frame_rate;
        let end = u128::from(self.pictures_end.load(Ordering::Acquire)) * u128::from(rate);
        let frame = u128::from(per.max(1)) * 1_000_000_000;
        u64::try_from((end + frame / 2) / frame).unwrap_or(u64::MAX).min(self.longest)
    }

    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Acquire)
    }

    /// The sound that was heard, as the number of frames that would be shown meanwhile.
    pub fn frames_heard(&self) -> u64 {
        self.samples.load(Ordering::Acquire) / self.samples_until(1).max(1)
    }

    /// Changes whenever anything has come.
    pub fn moved(&self) -> (u64, u64) {
        (self.frames(), self.samples.load(Ordering::Acquire))
    }

    /// Ends both streams after the decoder has delivered everything; a clip is filled up to whole segments.
    pub fn finish(&self) -> Result<(), gst::FlowError> {
        if let Some(whole) = self.whole {
            let heard = self.samples.load(Ordering::Acquire).div_ceil(self.samples_until(1).max(1));
            let frames = self.frames().max(heard).next_multiple_of(whole);
            // Sound first: the multiplexer holds pictures back until it has the sound that belongs to them.
            self.silence_until(self.samples_until(frames))?;
            self.repeat_until(frames)?;
        }
        self.video.end_of_stream()?;
        if let Some(audio) = &self.audio
            && (self.whole.is_some() || !self.audio_ended.load(Ordering::Acquire))
        {
            audio.end_of_stream()?;
        }
        Ok(())
    }

    /// The frame chosen for the poster.
    pub fn poster(&self) -> Option<image::RgbImage> {
        let info = locked(&self.info).clone()?;
        locked(&self.poster).take()?.into_picture(&info)
    }

    fn frame(&self, sample: &gst::Sample) -> Result<gst::FlowSuccess, gst::FlowError> {
        let mut buffer = sample.buffer_owned().ok_or(gst::FlowError::Error)?;
        let mut info = locked(&self.info);
        if info.is_none() {
            *info = sample.caps().and_then(|caps| gst_video::VideoInfo::from_caps(caps).ok());
        }
        if let Some(info) = info.as_ref() {
            if let Some(light) = &self.light {
                buffer = relit(buffer, info, light).ok_or(gst::FlowError::Error)?;
            }
            if let Some(poster) = locked(&self.poster).as_mut() {
                poster.see(self.frames(), &buffer, info);
            }
        }
        drop(info);
        *locked(&self.last_frame) = Some(buffer.clone());
        self.push_frame(&buffer)?;
        if self.whole.is_some() && self.audio_ended.load(Ordering::Acquire) {
            self.silence_until(self.samples_until(self.frames()))?;
        }
        Ok(gst::FlowSuccess::Ok)
    }

    fn sound(&self, sample: &gst::Sample) -> Result<gst::FlowSuccess, gst::FlowError> {
        let buffer = sample.buffer_owned().ok_or(gst::FlowError::Error)?;
        self.push_sound(buffer)?;
        if self.whole.is_some() && self.video_ended.load(Ordering::Acquire) {
            let per_frame = self.samples_until(1).max(1);
            self.repeat_until(self.samples.load(Ordering::Acquire) / per_frame)?;
        }
        Ok(gst::FlowSuccess::Ok)
    }

    fn end_of_video(&self) {
        let (rate, per) = self.frame_rate;
        let until = self.frames_of_pictures();
        // As between two pictures: one that would stand still for longer was never part of a video.
        if until.saturating_sub(self.frames()) <= LONGEST_STILL * rate / per.max(1) {
            // An encoder that has failed says so on its own bus.
            let _ = self.repeat_until(until);
        }
        self.video_ended.store(true, Ordering::Release);
    }

    fn end_of_audio(&self) {
        self.audio_ended.store(true, Ordering::Release);
        if self.whole.is_none()
            && let Some(audio) = &self.audio
        {
            // An encoder that has failed says so on its own bus.
            let _ = audio.end_of_stream();
        }
    }

    fn push_frame(&self, buffer: &gst::Buffer) -> Result<(), gst::FlowError> {
        let number = self.frames.fetch_add(1, Ordering::AcqRel);
        let (rate, per) = self.frame_rate;
        let time = |frame: u64| gst::ClockTime::SECOND.mul_div_floor(frame * per, rate).unwrap_or(gst::ClockTime::ZERO);
        let mut buffer = buffer.copy();
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(time(number));
            buffer.set_dts(None);
            buffer.set_duration(time(number + 1) - time(number));
        }
        self.video.push_buffer(buffer).map(|_| ())
    }

    fn push_sound(&self, mut buffer: gst::Buffer) -> Result<(), gst::FlowError> {
        let Some(audio) = &self.audio else { return Ok(()) };
        let samples = buffer.size() as u64 / SAMPLE_BYTES;
        let from = self.samples.fetch_add(samples, Ordering::AcqRel);
        let time =
            |sample: u64| gst::ClockTime::SECOND.mul_div_floor(sample, SAMPLE_RATE).unwrap_or(gst::ClockTime::ZERO);
        let writable = buffer.make_mut();
        writable.set_pts(time(from));
        writable.set_dts(None);
        writable.set_duration(time(from + samples) - time(from));
        audio.push_buffer(buffer).map(|_| ())
    }

    fn samples_until(&self, frame: u64) -> u64 {
        frame * SAMPLE_RATE * self.frame_rate.1 / self.frame_rate.0.max(1)
    }

    fn silence_until(&self, samples: u64) -> Result<(), gst::FlowError> {
        loop {
            let missing = samples.saturating_sub(self.samples.load(Ordering::Acquire)).min(SAMPLE_RATE / 10);
            if missing == 0 {
                return Ok(());
            }
            self.push_sound(gst::Buffer::from_mut_slice(vec![0_u8; (missing * SAMPLE_BYTES) as usize]))?;
        }
    }

    fn repeat_until(&self, frames: u64) -> Result<(), gst::FlowError> {
        let Some(last) = locked(&self.last_frame).clone() else { return Ok(()) };
        while self.frames() < frames {
            self.push_frame(&last)?;
        }
        Ok(())
    }
}

/// A moment of the stream as time from its beginning, no later than the end of what is to be shown of it.
fn running_time(pad: &gst::Pad, moment: gst::ClockTime) -> Option<gst::ClockTime> {
    let event = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = event.segment().downcast_ref::<gst::ClockTime>()?;
    segment.to_running_time(moment.min(segment.stop().unwrap_or(moment)))
}

/// A frame of I420 with other brightness. Its colours grow with it: what is twice as bright has twice the colour.
fn relit(buffer: gst::Buffer, info: &gst_video::VideoInfo, light: &[u8; 256]) -> Option<gst::Buffer> {
    let gain = |luma: u8| {
        let above = |value: u8| f32::from(value.max(17)) - 16.0;
        (above(light[usize::from(luma)]) / above(luma)).clamp(1.0, 4.0)
    };
    let gains: [f32; 256] = std::array::from_fn(|luma| gain(luma as u8));
    let mut frame = gst_video::VideoFrame::from_buffer_writable(buffer.copy_deep().ok()?, info).ok()?;
    let strides = [0, 1, 2].map(|plane| frame.plane_stride()[plane] as usize);
    let luma = frame.plane_data(0).ok()?.to_vec();
    let width = (info.width() as usize).div_ceil(2);
    for plane in [1, 2] {
        for (row, line) in frame.plane_data_mut(plane).ok()?.chunks_mut(strides[plane as usize]).enumerate() {
            for (column, value) in line.iter_mut().take(width).enumerate() {
                let luma = luma.get(2 * row * strides[0] + 2 * column).copied().unwrap_or(16);
                let moved = 128.0 + (f32::from(*value) - 128.0) * gains[usize::from(luma)];
                *value = moved.round().clamp(16.0, 240.0) as u8;
            }
        }
    }
    for value in frame.plane_data_mut(0).ok()? {
        *value = light[usize::from(*value)];
    }
    Some(frame.into_buffer())
}

/// A lock whose holder panicked guards nothing that could be half-changed here.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
