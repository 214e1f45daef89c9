//! Pictures on their plane: where they lie, and when their memory is given back.

use super::{UI, VIDEO, World, bytes_picture, dmabuf_picture};
use crate::device::Commit;
use crate::fake::modes::{full_hd, hd, no_screen, ultra_hd};
use std::sync::Arc;
use yuexiang_core::ports::{Nv12Picture, Panel, PictureMemory, Rect, VideoPlane};

const WHOLE: Rect = Rect { x: 0, y: 0, width: 1920, height: 1080 };
const LIVE: Rect = Rect { x: 96, y: 200, width: 960, height: 540 };

/// A box with a picture of this size in the window.
fn playing(size: (u32, u32), window: Rect) -> World {
    let mut world = World::at(full_hd());
    world.paint_whole(1, Some(window));
    world.refresh();
    world.show(bytes_picture(size, 100, 128));
    world.refresh();
    world
}

#[test]
fn pictures_lie_in_the_window_with_their_aspect_kept() {
    let world = playing((1280, 720), WHOLE);
    assert_eq!(world.card.state().destination(VIDEO), [0, 0, 1920, 1080]);
    let world = playing((640, 480), LIVE);
    assert_eq!(world.card.state().destination(VIDEO), [216, 200, 720, 540]);
    world.close();
}

#[test]
fn a_picture_is_as_sharp_as_the_screen_where_the_ui_is_scaled() {
    let mut world = World::at(ultra_hd());
    world.paint_whole(1, Some(LIVE));
    world.refresh();
    world.show(bytes_picture((1280, 720), 100, 128));
    world.refresh();
    let state = world.card.state();
    assert_eq!(state.destination(VIDEO), [192, 400, 1920, 1080]);
    assert_eq!(state.destination(UI), [0, 0, 3840, 2160]);
}

#[test]
fn the_picture_moves_with_the_very_frame_that_has_its_hole() {
    let mut world = playing((1280, 720), LIVE);
    world.paint_whole(2, Some(WHOLE));
    let state = world.card.state();
    assert_eq!(state.destination(VIDEO), [96, 200, 960, 540]);
    drop(state);
    world.refresh();
    world.assert_shown();
    assert_eq!(world.card.state().destination(VIDEO), [0, 0, 1920, 1080]);
    world.paint_whole(3, None);
    assert!(world.card.state().framebuffer(VIDEO).is_some());
    world.refresh();
    assert_eq!(world.card.state().framebuffer(VIDEO), None);
    // A paused picture is there again when there is room for it.
    world.paint_whole(4, Some(LIVE));
    world.refresh();
    assert_eq!(world.card.state().destination(VIDEO), [96, 200, 960, 540]);
    world.close();
}

#[test]
fn a_frame_and_a_picture_share_one_commit() {
    let mut world = playing((1280, 720), LIVE);
    world.show(bytes_picture((1280, 720), 1, 1));
    let before = world.card.state().commits.len();
    // Both come while a flip is on its way.
    world.show(bytes_picture((1280, 720), 2, 2));
    world.paint_whole(9, Some(WHOLE));
    assert_eq!(world.card.state().commits.len(), before);
    world.refresh();
    world.refresh();
    let state = world.card.state();
    assert_eq!(state.commits[before..], [Commit::Flip]);
    assert_eq!(state.destination(VIDEO), [0, 0, 1920, 1080]);
    drop(state);
    world.assert_shown();
}

#[test]
fn bytes_are_copied_with_the_rows_of_the_display() {
    let mut world = playing((64, 32), WHOLE);
    world.show(bytes_picture((64, 32), 200, 90));
    world.refresh();
    let state = world.card.state();
    let layout = state.framebuffers[&state.framebuffer(VIDEO).expect("a picture")];
    let [luma, chroma] = layout.planes.map(|plane| plane.expect("two planes"));
    let bytes = state.buffers[&luma.handle].bytes.lock().expect("bytes");
    let row = |start: u32, index: u32| &bytes[(start + index * luma.pitch) as usize..][..64];
    assert!((0..32).all(|index| row(luma.offset, index) == [200; 64]));
    assert!((0..16).all(|index| row(chroma.offset, index) == [90; 64]));
}

#[test]
fn colours_are_named_where_the_plane_can_be_told() {
    let mut world = playing((1280, 720), WHOLE);
    assert_eq!(world.card.state().value(VIDEO, "COLOR_ENCODING"), Some(1));
    world.show(Nv12Picture { bt709: false, ..bytes_picture((720, 576), 1, 1) });
    world.refresh();
    assert_eq!(world.card.state().value(VIDEO, "COLOR_ENCODING"), Some(0));
    assert_eq!(world.card.state().value(VIDEO, "COLOR_RANGE"), Some(0));
}

#[test]
fn memory_of_the_decoder_is_given_back_only_after_its_picture_has_left_the_screen() {
    let mut world = World::at(full_hd());
    world.paint_whole(1, Some(WHOLE));
    world.refresh();
    let owners: Vec<Arc<()>> = (0..4).map(|_| Arc::new(())).collect();
    let held = |index: usize| Arc::strong_count(&owners[index]) > 1;
    let show = |world: &mut World, index: usize| {
        let fd = i32::try_from(index).expect("a small number");
        world.show(dmabuf_picture((1920, 1080), fd, &owners[index]));
    };
    show(&mut world, 0);
    assert!(held(0));
    world.refresh();
    show(&mut world, 1);
    assert!(held(0) && held(1));
    // Two more while the second is on its way: the third is never shown.
    show(&mut world, 2);
    show(&mut world, 3);
    assert!(held(0) && held(1) && !held(2) && held(3));
    world.refresh();
    assert!(!held(0) && held(1) && held(3));
    world.refresh();
    assert!(!held(1) && held(3));
    world.video.clear();
    world.engine.handle_wake(world.now);
    assert!(held(3));
    world.refresh();
    assert!(!held(3));
    assert_eq!(world.card.state().framebuffer(VIDEO), None);
    world.card.assert_no_violations();
    assert!(world.card.state().imports.is_empty());
    world.close();
}

#[test]
fn memory_that_comes_again_is_not_described_to_the_display_again() {
    let mut world = World::at(full_hd());
    world.paint_whole(1, Some(WHOLE));
    world.refresh();
    let made = world.card.state().made;
    let owner = Arc::new(());
    for index in 0..30 {
        world.show(dmabuf_picture((1920, 1080), index % 6, &owner));
        world.refresh();
    }
    assert_eq!(world.card.state().made - made, 6);
    // Another size is another decoder: what is not shown is let go of.
    world.show(dmabuf_picture((1280, 720), 50, &owner));
    world.refresh();
    assert_eq!(world.card.state().imports.len(), 1);
    world.close();
}

#[test]
fn luma_and_chroma_in_memory_of_their_own_are_kept_together() {
    let mut world = World::at(full_hd());
    world.paint_whole(1, Some(WHOLE));
    world.refresh();
    let owner = Arc::new(());
    for fds in [[5, 6], [7, 8], [5, 6]] {
        let memory = PictureMemory::DmaBuf { planes: fds, owner: owner.clone() };
        world.show(Nv12Picture { memory, ..bytes_picture((1280, 720), 1, 1) });
        world.refresh();
        let state = world.card.state();
        let layout = state.framebuffers[&state.framebuffer(VIDEO).expect("a picture")];
        let shown = layout.planes.map(|plane| plane.map(|plane| state.imports[&plane.handle]));
        assert_eq!(shown, fds.map(Some));
    }
    assert_eq!(world.card.state().imports.len(), 4);
    world.close();
}

#[test]
fn a_picture_waits_without_being_touched_until_there_is_room_for_it() {
    let mut world = World::at(full_hd());
    let (first, second) = (Arc::new(()), Arc::new(()));
    world.paint_whole(1, None);
    world.refresh();
    world.show(dmabuf_picture((1920, 1080), 1, &first));
    world.show(dmabuf_picture((1920, 1080), 2, &second));
    assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (1, 2));
    assert!(!world.card.is_waiting());
    world.paint_whole(2, Some(LIVE));
    world.refresh();
    assert_eq!(world.card.state().destination(VIDEO), [96, 200, 960, 540]);
    world.close();
}

#[test]
fn a_picture_that_the_driver_refuses_does_not_hold_up_the_ui() {
    let mut world = playing((1280, 720), LIVE);
    world.card.state().refused_width = Some(4096);
    world.show(bytes_picture((4096, 2304), 1, 1));
    world.refresh();
    assert_eq!(world.card.state().framebuffer(VIDEO), None);
    world.paint_whole(7, Some(LIVE));
    world.refresh();
    world.assert_shown();
    assert!(world.panel.is_ready());
    world.show(bytes_picture((1280, 720), 1, 1));
    world.refresh();
    assert!(world.card.state().framebuffer(VIDEO).is_some());
    world.close();
}

#[test]
fn nonsense_of_a_decoder_changes_nothing() {
    let mut world = playing((1280, 720), LIVE);
    let before = world.card.state().framebuffer(VIDEO);
    let short = Nv12Picture { height: 1440, ..bytes_picture((1280, 720), 1, 1) };
    let odd = Nv12Picture { width: 1279, ..bytes_picture((1280, 720), 1, 1) };
    let empty = Nv12Picture { width: 0, ..bytes_picture((1280, 720), 1, 1) };
    for picture in [short, odd, empty] {
        world.show(picture);
        assert!(!world.card.is_waiting());
        assert_eq!(world.card.state().framebuffer(VIDEO), before);
    }
    world.close();
}

#[test]
fn pictures_of_changing_sizes_leave_nothing_behind() {
    let mut world = playing((1280, 720), WHOLE);
    for size in [(640, 480), (1920, 1080), (640, 480), (720, 576)] {
        for luma in 0..5 {
            world.show(bytes_picture(size, luma, 128));
            world.refresh();
        }
    }
    // The two buffers of the UI and those of the last size.
    assert!(world.card.state().buffers.len() <= 5);
    world.close();
}

#[test]
fn pictures_without_a_screen_are_let_go_of() {
    let mut world = World::at(no_screen());
    assert!(world.panel.has_video_plane());
    let owners: Vec<Arc<()>> = (0..3).map(|_| Arc::new(())).collect();
    for (fd, owner) in (0..).zip(&owners) {
        world.show(dmabuf_picture((1920, 1080), fd, owner));
    }
    assert_eq!(owners.iter().map(Arc::strong_count).collect::<Vec<_>>(), [1, 1, 2]);
    world.video.clear();
    world.engine.handle_wake(world.now);
    assert_eq!(Arc::strong_count(&owners[2]), 1);
    world.plug(hd());
    assert_eq!(world.card.state().framebuffer(VIDEO), None);
    world.close();
}
