//! `yuexiang selftest`: whether this box can show television, line by line, for who sets it up. It needs no display and
//! touches nothing that a running box uses.

mod report;

use crate::settings::{DisplayKind, Options, Settings, SettingsError};
use report::Report;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A second of H.264 and AAC.
const CLIP: &[u8] = include_bytes!("../../../../assets/selftest/clip.mp4");
/// The clip plays for a second; a slow machine, or one that is being emulated, takes longer.
const CLIP_PATIENCE: Duration = Duration::from_secs(120);
/// A transaction that takes longer makes the whole box feel slow.
const SLOW_COMMIT: Duration = Duration::from_millis(500);
/// What a box needs at least to be of any use.
const SPACE: u64 = 512 << 20;

/// Prints what is found; returns whether all is well.
pub fn run(options: &Options) -> bool {
    let mut report = Report::default();
    println!("yuexiang {} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH, kernel());
    let settings = configuration(options, &mut report);
    let on_box = settings.as_ref().is_some_and(|settings| settings.display == DisplayKind::Kms);
    let data = settings.as_ref().map(|settings| settings.data.clone()).or_else(|| Settings::data_of(options));
    fonts(&mut report);
    elements(&mut report);
    clip(&mut report);
    match &data {
        Some(data) => storage(data, &mut report),
        None => report.fail("storage", "there is no directory to store anything in", "Give one by --data."),
    }
    clock(&mut report);
    tls(settings.as_ref(), &mut report);
    displays(on_box, &mut report);
    remotes(on_box, settings.as_ref(), &mut report);
    report.end()
}

fn kernel() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()).unwrap_or_default()
}

fn configuration(options: &Options, report: &mut Report) -> Option<Settings> {
    match Settings::resolve(options) {
        Ok(settings) => {
            for doubt in &settings.doubts {
                report.fail("configuration", doubt, "Correct it; yuexiang.example.toml describes every word.");
            }
            match std::fs::metadata(&settings.root) {
                Ok(root) if root.len() > 0 => {
                    report.ok("configuration", format!("village {}, cloud {}", settings.region, settings.cloud));
                }
                Ok(_) => report.fail(
                    "configuration",
                    format!("the province's root {} is empty", settings.root.display()),
                    "Copy it to the box again.",
                ),
                Err(error) => report.fail(
                    "configuration",
                    format!("the province's root {}: {error}", settings.root.display()),
                    "Copy province.root.json to the box.",
                ),
            }
            Some(settings)
        }
        Err(error @ (SettingsError::NoRegion | SettingsError::NoRoot)) => {
            report.note("configuration", format!("not set up yet: {error}"));
            None
        }
        Err(error) => {
            report.fail("configuration", error, "Correct it; yuexiang.example.toml describes every word.");
            None
        }
    }
}

fn fonts(report: &mut Report) {
    // A thread of its own: a user interface belongs to the thread that made it.
    let drawn = std::thread::spawn(yuexiang_ui::draw_text).join();
    let advice = "The program's file is damaged: install it again.";
    match drawn {
        Ok(Ok(Ok(characters))) => report.ok("fonts", format!("{characters} different Chinese characters drawn")),
        Ok(Ok(Err(wrong))) => report.fail("fonts", wrong, advice),
        Ok(Err(error)) => report.fail("fonts", error, advice),
        Err(_) => report.fail("fonts", "drawing a sentence panicked", advice),
    }
    match yuexiang_ui::rare_font() {
        Some(path) => report.ok("rare characters", format!("their font is {}", path.display())),
        None => report.note("rare characters", "their font is not installed: 𠮷 and the like are drawn as empty boxes"),
    }
}

fn elements(report: &mut Report) {
    let elements = match yuexiang_media::selftest::elements() {
        Ok(elements) => elements,
        Err(error) => return report.fail("playback", error, "Install gstreamer1.0-plugins-base."),
    };
    if elements.missing.is_empty() {
        report.ok("playback", format!("GStreamer {} has every element needed", elements.version));
    }
    for missing in &elements.missing {
        let found = format!("the element {} is missing ({})", missing.element, missing.purpose);
        report.fail("playback", found, &format!("Install {}.", missing.package));
    }
    for (what, decoder, format) in
        [("video decoder", elements.video, "H.264"), ("sound decoder", elements.sound, "AAC")]
    {
        match decoder {
            Some(decoder) => {
                let how = if decoder.hardware { "in hardware" } else { "in software" };
                report.ok(what, format!("{format} by {}, {how}", decoder.element));
            }
            None => report.fail(what, format!("nothing decodes {format}"), "Install gstreamer1.0-libav."),
        }
    }
}

fn clip(report: &mut Report) {
    let path = std::env::temp_dir().join(format!("yuexiang-selftest-{}.mp4", std::process::id()));
    let result = std::fs::write(&path, CLIP)
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
        .and_then(|()| yuexiang_media::selftest::play(&path, CLIP_PATIENCE));
    // A file that could not be written is not there.
    let _ = std::fs::remove_file(&path);
    match result {
        Ok(played) => report.ok(
            "clip",
            format!("{} pictures played, the first after {} ms", played.frames, played.first_after.as_millis()),
        ),
        Err(error) => report.fail("clip", error, "See the lines on playback and decoders."),
    }
}

fn storage(data: &Path, report: &mut Report) {
    match yuexiang_store::check_writing(data) {
        Ok(written) if written.commit > SLOW_COMMIT => report.note(
            "storage",
            format!(
                "{}: a transaction takes {} ms; the memory is slow or worn",
                data.display(),
                written.commit.as_millis()
            ),
        ),
        Ok(written) => report.ok(
            "storage",
            format!(
                "{}: transaction {:.1} ms, a MiB {:.1} ms, both on the disk",
                data.display(),
                written.commit.as_secs_f64() * 1_000.0,
                written.file.as_secs_f64() * 1_000.0
            ),
        ),
        Err(error) => {
            let advice = "Check that the data partition is mounted for writing, has space, and belongs to the user.";
            report.fail("storage", format!("{}: {error}", data.display()), advice);
        }
    }
    match free_space(data) {
        Ok(free) if free < SPACE => report.fail(
            "free space",
            format!("{} MB in {}", free / 1_000_000, data.display()),
            "At least 512 MB are needed for pictures and videos; make the partition larger or the quota smaller.",
        ),
        Ok(free) => report.ok("free space", format!("{} MB in {}", free / 1_000_000, data.display())),
        Err(error) => report.fail("free space", format!("{}: {error}", data.display()), "Is the partition mounted?"),
    }
}

/// Of the folder, or of the nearest one above it that is there.
fn free_space(folder: &Path) -> std::io::Result<u64> {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let stat = rustix::fs::statvfs(there)?;
    Ok(stat.f_bavail * stat.f_frsize)
}

fn clock(report: &mut Report) {
    let built: u64 = env!("YUEXIANG_BUILT").parse().unwrap_or(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if now < built {
        report.note("clock", "it stands before the day this program was built; the box takes the time from the cloud");
    } else {
        report.ok("clock", format!("{now} seconds since 1970, after this program was built"));
    }
}

fn tls(settings: Option<&Settings>, report: &mut Report) {
    match yuexiang_net::check_tls() {
        Ok(certificates) => report.ok("TLS", format!("{certificates} root certificates")),
        Err(error) => {
            let advice = "Install ca-certificates.";
            if settings.is_some_and(|settings| settings.cloud.starts_with("https://")) {
                report.fail("TLS", error, advice);
            } else {
                report.note("TLS", format!("{error}; only needed for a cloud with https. {advice}"));
            }
        }
    }
}

fn displays(on_box: bool, report: &mut Report) {
    let found = yuexiang_kms::probe();
    let advice = "Is the kernel's driver for the display there, and the user in the groups video and render?";
    for card in &found {
        let name = format!("{} ({})", card.path.display(), card.driver);
        let screens = card.connectors.iter().filter(|connector| connector.connected);
        let screens: Vec<String> = screens
            .map(|screen| format!("{} {}", screen.name, screen.modes.first().map_or("without a mode", String::as_str)))
            .collect();
        let planes = card.planes.len();
        match &card.problem {
            Some(problem) if on_box => report.fail("display", format!("{name}: {problem}"), advice),
            Some(problem) => report.note("display", format!("{name}: {problem}")),
            None if screens.is_empty() => report.note("display", format!("{name}: no screen is connected")),
            None => report.ok("display", format!("{name}: {}; {planes} planes", screens.join(", "))),
        }
    }
    if found.is_empty() {
        let what = "no display device in /dev/dri";
        if on_box {
            report.fail("display", what, advice);
        } else {
            report.note("display", what);
        }
    }
}

fn remotes(on_box: bool, settings: Option<&Settings>, report: &mut Report) {
    let keymaps = settings.map(|settings| settings.keymaps.clone()).unwrap_or_default();
    let options = yuexiang_input::Options { keymaps, ..yuexiang_input::Options::default() };
    let found = yuexiang_input::probe(&options).unwrap_or_default();
    let mut usable = 0;
    for probed in &found {
        match (&probed.device, &probed.keymap) {
            (Ok(device), Some(keymap)) => {
                usable += 1;
                report.ok("remote control", format!("{}: {} keys by the key map {keymap}", device.name, probed.keys));
            }
            (Ok(_), None) => {}
            (Err(error), _) => report.note("input", format!("{}: {error}", probed.path.display())),
        }
    }
    if usable == 0 {
        let what = "no remote control in /dev/input";
        if on_box {
            let advice =
                "Is the receiver connected, and the user in the group input? `yuexiang remote learn` teaches one.";
            report.fail("remote control", what, advice);
        } else {
            report.note("remote control", what);
        }
    }
}
