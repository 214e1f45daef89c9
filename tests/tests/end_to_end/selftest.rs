//! `yuexiang selftest` on machines that lack something: each lack is named, with what to do, and nothing crashes.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox};
use yuexiang_tests::path_from_environment;

/// Decoders of H.264 that a Debian system may have.
const NO_DECODER: &str = "avdec_h264:NONE,openh264dec:NONE,vah264dec:NONE,vaapih264dec:NONE,v4l2h264dec:NONE,\
                          v4l2slh264dec:NONE,nvh264dec:NONE,vulkanh264dec:NONE";

struct Selftest {
    passed: bool,
    text: String,
}

fn selftest(folder: &Path, arguments: &[&str], environment: &[(&str, OsString)]) -> Selftest {
    let mut command = Command::new(path_from_environment("YUEXIANG_PROGRAMS").join("yuexiang"));
    command.arg("selftest").args(arguments).env("YUEXIANG_DATA", folder).envs(environment.iter().cloned());
    finish(command.output().expect("the program starts"))
}

fn finish(output: Output) -> Selftest {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "the self-test itself ends well: {code:?}\n{text}");
    Selftest { passed: code == Some(0), text }
}

impl Selftest {
    #[track_caller]
    fn names(&self, parts: &[&str]) {
        assert!(!self.passed, "the lack goes unnoticed:\n{}", self.text);
        let summary = self.text.split("SELFTEST FAILED").nth(1).unwrap_or_default();
        for part in parts {
            assert!(summary.contains(part), "`{part}` is not said:\n{}", self.text);
        }
    }
}

#[test]
fn a_machine_that_has_everything_passes() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let found = selftest(folder.path(), &[], &[]);
    assert!(found.passed, "{}", found.text);
    assert_eq!(found.text.lines().last(), Some("SELFTEST OK"), "{}", found.text);
    for expected in ["12 different Chinese characters", "H.264 by", "AAC by", "pictures played, the first after"] {
        assert!(found.text.contains(expected), "`{expected}` is missing:\n{}", found.text);
    }
}

#[test]
fn a_missing_decoder_is_named() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let found = selftest(folder.path(), &[], &[("GST_PLUGIN_FEATURE_RANK", NO_DECODER.into())]);
    found.names(&["nothing decodes H.264", "gstreamer1.0-libav", "clip:"]);
}

#[test]
fn a_storage_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = folder.path().join("data");
    std::fs::write(&file, "in the way").expect("a file can be written");
    selftest(&file, &[], &[]).names(&["storage:", "mounted for writing"]);
}

/// On file systems of its own, which take no more than a few kilobytes, or nothing.
#[test]
fn a_full_disk_and_one_that_is_mounted_read_only_are_named() {
    for (mount, expected) in [("size=16k", "free space: 0 MB"), ("ro", "Read-only file system")] {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let script = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && YUEXIANG_DATA=\"$2\" exec \"$3\" selftest";
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", mount]).arg(folder.path());
        let found = command.arg(path_from_environment("YUEXIANG_PROGRAMS").join("yuexiang")).output();
        let found = finish(found.expect("unshare is part of every Debian system"));
        if found.text.is_empty() {
            eprintln!("this kernel allows no mounts of one's own; not tested");
            return;
        }
        found.names(&["storage:", expected]);
    }
}

/// The box brings its own fonts; a system without one of its own must not stop it.
#[test]
fn a_system_without_fonts_draws_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let script = "for folder in /usr/share/fonts /usr/local/share/fonts /var/cache/fontconfig; do \
                  [ ! -d $folder ] || mount -t tmpfs tmpfs $folder || exit 0; done; \
                  HOME=/nonexistent YUEXIANG_DATA=\"$1\" exec \"$2\" selftest";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(folder.path());
    let found = command.arg(path_from_environment("YUEXIANG_PROGRAMS").join("yuexiang")).output();
    let found = finish(found.expect("unshare is part of every Debian system"));
    if found.text.is_empty() {
        eprintln!("this kernel allows no mounts of one's own; not tested");
        return;
    }
    assert!(found.passed && found.text.contains("12 different Chinese characters"), "{}", found.text);
}

#[test]
fn no_display_and_no_remote_control_are_named_on_a_box() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let root = path_from_environment("YUEXIANG_DEMO_ROOT").display().to_string();
    let arguments = ["--display", "kms", "--region", "440224103999", "--root", &root];
    if Path::new("/dev/dri").exists() || Path::new("/dev/input").exists() {
        eprintln!("this machine has a display or input devices; not tested");
        return;
    }
    selftest(folder.path(), &arguments, &[]).names(&["display: no display device", "groups video", "remote control:"]);
}

#[tokio::test]
async fn a_box_without_a_display_goes_on_and_says_so() {
    if Path::new("/dev/dri").exists() {
        eprintln!("this machine has a display; not tested");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let mut options = BoxOptions::new(folder.path(), &cloud.url);
    options.environment = vec![("YUEXIANG_DISPLAY", "kms".into())];
    options.display = None;
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until("live television plays", |view| view["player"]["state"] == "playing").await;
    assert!(tv.process.log_text().contains("display unavailable:"), "{}", tv.process.log_text());
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}

#[tokio::test]
async fn a_box_without_a_decoder_says_so_on_the_screen_and_lives() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let mut options = BoxOptions::new(folder.path(), &cloud.url);
    options.environment = vec![("GST_PLUGIN_FEATURE_RANK", NO_DECODER.into())];
    let mut tv = TvBox::start(folder.path(), &options).await;
    let view = tv.remote.until("the failure is shown", |view| view["player"]["state"] == "failed").await;
    assert!(view["player"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{view}");
    // Everything else is there.
    tv.remote.keys("red").await;
    tv.remote.until_screen("board").await;
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}
