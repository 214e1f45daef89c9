//! A pipeline whose stop blocks for ever is in nobody's way.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use gstreamer as gst;
use gstreamer::prelude::*;
use std::time::Duration;
use support::{Clip, Colour, PATIENCE, Player, blue, make_clip, red};
use yuexiang_core::event::Source;
use yuexiang_media::{Endurance, MediaOptions};

mod held {
    use super::gst;
    use gst::glib;
    use gst::prelude::*;
    use gst::subclass::prelude::*;
    use std::sync::Mutex;

    /// Reads the file that an address on the host `held` names, and never returns from being stopped.
    #[derive(Default)]
    pub struct Source {
        uri: Mutex<Option<String>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Source {
        const NAME: &'static str = "YuexiangHeldSource";
        type Type = super::HeldSource;
        type ParentType = gst::Bin;
        type Interfaces = (gst::URIHandler,);
    }

    impl ObjectImpl for Source {
        fn constructed(&self) {
            self.parent_constructed();
            let file = gst::ElementFactory::make("filesrc").name("file").build().unwrap();
            // As from a server, the bytes come in their order.
            let queue = gst::ElementFactory::make("queue").build().unwrap();
            self.obj().add_many([&file, &queue]).unwrap();
            file.link(&queue).unwrap();
            let pad = gst::GhostPad::with_target(&queue.static_pad("src").unwrap()).unwrap();
            self.obj().add_pad(&pad).unwrap();
        }
    }

    impl GstObjectImpl for Source {}

    impl ElementImpl for Source {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: std::sync::OnceLock<gst::subclass::ElementMetadata> = std::sync::OnceLock::new();
            Some(METADATA.get_or_init(|| gst::subclass::ElementMetadata::new("Held", "Source", "Never stops", "tests")))
        }

        fn change_state(&self, change: gst::StateChange) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
            if change == gst::StateChange::PausedToReady {
                loop {
                    std::thread::park();
                }
            }
            self.parent_change_state(change)
        }
    }

    impl BinImpl for Source {}

    impl URIHandlerImpl for Source {
        const URI_TYPE: gst::URIType = gst::URIType::Src;

        fn protocols() -> &'static [&'static str] {
            &["http"]
        }

        fn uri(&self) -> Option<String> {
            self.uri.lock().unwrap().clone()
        }

        fn set_uri(&self, uri: &str) -> Result<(), glib::Error> {
            let path = uri.strip_prefix("http://held").unwrap();
            self.obj().by_name("file").unwrap().set_property("location", path);
            *self.uri.lock().unwrap() = Some(uri.to_owned());
            Ok(())
        }
    }
}

gst::glib::wrapper! {
    pub struct HeldSource(ObjectSubclass<held::Source>)
        @extends gst::Bin, gst::Element, gst::Object,
        @implements gst::ChildProxy, gst::URIHandler;
}

fn player() -> Player {
    gst::init().unwrap();
    let rank = gst::Rank::PRIMARY + 100;
    gst::Element::register(None, "heldsrc", rank, HeldSource::static_type()).unwrap();
    let endurance = Endurance { stop: Duration::from_millis(500), lost: 2, ..Endurance::default() };
    let player = Player::with(MediaOptions { sound: false, endurance, ..MediaOptions::default() });
    make_clip(&player.path(1), &Clip { sound: true, ..red(30) });
    make_clip(&player.path(2), &blue(30));
    player
}

#[test]
fn loads_go_on_past_pipelines_that_do_not_stop_and_beyond_a_bound_the_program_is_told_to_end() {
    let mut player = player();
    let held = Source::Url(format!("http://held{}", player.path(1).display()));
    for round in 0..3 {
        let (red, blue) = (2 * round + 1, 2 * round + 2);
        assert_eq!(player.ruined.try_recv().ok(), None, "two are borne");
        player.load(red, held.clone());
        player.wait_playing(red);
        // From here on its stop blocks.
        player.load(blue, player.object(2));
        player.wait_playing(blue);
        let shown = player.frames.count();
        player.frames.wait_more(10);
        let after = &player.frames.all()[shown..];
        assert!(after.iter().all(|seen| seen.colour == Colour::Blue), "what is given up draws no more");
    }
    assert_eq!(player.ruined.recv_timeout(PATIENCE).unwrap(), "3 pipelines do not stop");
    // Until then it goes on as well as it can.
    player.load(7, player.object(1));
    player.wait_playing(7);
}
