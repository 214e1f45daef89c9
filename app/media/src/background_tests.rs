#![allow(clippy::unwrap_used, reason = "a test may fail")]

use super::*;
use std::sync::mpsc::{self, Receiver, Sender};

/// Nothing that is waited for takes longer, even on a busy machine.
const PATIENT: Duration = Duration::from_secs(30);

/// A pipeline whose streaming thread is held for ever, or until the sender goes: its stop waits for that thread.
fn held_pipeline() -> (gst::Pipeline, Sender<()>) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch("fakesrc name=source ! fakesink").unwrap().downcast::<gst::Pipeline>().unwrap();
    let (release, held) = mpsc::channel::<()>();
    let (entered, is_held) = mpsc::channel();
    let held = Mutex::new(held);
    let pad = pipeline.by_name("source").unwrap().static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let _ = entered.send(());
        let _ = held.lock().unwrap().recv();
        gst::PadProbeReturn::Remove
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    is_held.recv_timeout(PATIENT).unwrap();
    (pipeline, release)
}

fn free_pipeline() -> gst::Pipeline {
    gst::init().unwrap();
    let pipeline = gst::parse::launch("fakesrc ! fakesink").unwrap().downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    pipeline
}

fn reaper(endurance: Endurance) -> (Reaper, Watchdog, Receiver<String>) {
    let (ruin, ruined) = mpsc::channel();
    let ruin = Mutex::new(ruin);
    let watchdog = Watchdog::start(endurance, Box::new(move |why| drop(ruin.lock().unwrap().send(why)))).unwrap();
    (Reaper::new(watchdog.clone()), watchdog, ruined)
}

fn quick(lost: usize) -> Endurance {
    Endurance { stop: Duration::from_millis(200), lost, block: Duration::from_millis(200) }
}

#[test]
fn a_pipeline_that_does_not_stop_holds_up_no_other() {
    let (reaper, watchdog, _ruined) = reaper(Endurance::default());
    let (held, release) = held_pipeline();
    reaper.take(held);
    let (done, stopped) = mpsc::channel();
    for _ in 0..3 {
        let done = done.clone();
        reaper.take_and_then(free_pipeline(), move || done.send(()).unwrap());
    }
    for _ in 0..3 {
        stopped.recv_timeout(PATIENT).expect("the others stop");
    }
    drop(release);
    reaper.finish(PATIENT);
    watchdog.quit();
}

#[test]
fn stops_that_are_lost_are_borne_up_to_a_bound_and_then_the_ruin_is_said_once() {
    let (reaper, watchdog, ruined) = reaper(quick(2));
    let (pipelines, releases): (Vec<_>, Vec<_>) = (0..4).map(|_| held_pipeline()).unzip();
    let mut pipelines = pipelines.into_iter();
    pipelines.by_ref().take(3).for_each(|held| reaper.take(held));
    assert_eq!(ruined.recv_timeout(PATIENT).unwrap(), "3 pipelines do not stop");
    pipelines.for_each(|held| reaper.take(held));
    drop(releases);
    reaper.finish(PATIENT);
    watchdog.quit();
    assert_eq!(ruined.try_iter().count(), 0, "once is enough");
}

#[test]
fn a_media_thread_that_does_not_come_back_is_a_ruin_by_itself() {
    let (_reaper, watchdog, ruined) = reaper(quick(9));
    let (release, held) = mpsc::channel::<()>();
    let watching = watchdog.clone();
    let thread = std::thread::spawn(move || watching.watched("taking it to Paused", || _ = held.recv()));
    let reason = ruined.recv_timeout(PATIENT).unwrap();
    assert!(reason.contains("taking it to Paused"), "{reason}");
    drop(release);
    thread.join().unwrap();
    watchdog.quit();
}

#[test]
fn what_waits_for_a_thread_is_stopped_when_one_is_free() {
    let (reaper, watchdog, _ruined) = reaper(Endurance::default());
    let (pipelines, releases): (Vec<_>, Vec<_>) = (0..STOPS_AT_ONCE).map(|_| held_pipeline()).unzip();
    pipelines.into_iter().for_each(|held| reaper.take(held));
    let (done, stopped) = mpsc::channel();
    reaper.take_and_then(free_pipeline(), move || done.send(()).unwrap());
    drop(releases);
    stopped.recv_timeout(PATIENT).expect("its turn comes");
    reaper.finish(PATIENT);
    watchdog.quit();
}
