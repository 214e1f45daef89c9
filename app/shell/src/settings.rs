//! How the program is told what to do: command line, then environment, then configuration file, then defaults.

use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use yuexiang_core::RegionCode;
use yuexiang_net::WakeUrl;

/// Read when it is there and no other is named.
const SYSTEM_FILE: &str = "/etc/yuexiang/yuexiang.toml";

/// What the command line and the environment say; everything else comes from the file.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Configuration file [default: /etc/yuexiang/yuexiang.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "YUEXIANG_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where the picture goes: a window on this desk, the screen of a box, or nowhere but to the web remote
    /// [default: window]
    #[arg(long, value_enum, env = "YUEXIANG_DISPLAY")]
    display: Option<DisplayKind>,
    /// How videos reach the screen of a box [default: auto]
    #[arg(long, value_enum, env = "YUEXIANG_VIDEO_OUTPUT")]
    video_output: Option<VideoChoice>,
    /// The display's device, such as /dev/dri/card1 [default: the first one with a screen]
    #[arg(long, value_name = "FILE", env = "YUEXIANG_DRM_DEVICE")]
    drm_device: Option<PathBuf>,
    /// Key maps of remote controls that go before those in /etc/yuexiang/keymaps and the shipped ones
    #[arg(long, value_name = "DIR", env = "YUEXIANG_KEYMAPS")]
    keymaps: Option<PathBuf>,
    /// The window takes the whole screen
    #[arg(long)]
    fullscreen: bool,
    /// Pixels of the screen: 1920x1080 or 1280x720 [default: 1920x1080]
    #[arg(long, value_name = "WxH", env = "YUEXIANG_SIZE")]
    size: Option<Size>,
    /// The village, as 12-digit division code (needed)
    #[arg(long, value_name = "CODE", env = "YUEXIANG_REGION")]
    region: Option<RegionCode>,
    /// The cloud's address [default: http://127.0.0.1:8500/]
    #[arg(long, value_name = "URL", env = "YUEXIANG_CLOUD")]
    cloud: Option<CloudUrl>,
    /// The province's first TUF root, from which all trust follows (needed)
    #[arg(long, value_name = "FILE", env = "YUEXIANG_ROOT")]
    root: Option<PathBuf>,
    /// Where everything is stored [default: the user's data directory, or /var/lib/yuexiang]
    #[arg(long, value_name = "DIR", env = "YUEXIANG_DATA")]
    data: Option<PathBuf>,
    /// Bytes that pictures and videos may take, such as 500MB or 8GiB [default: 4GiB]
    #[arg(long, value_name = "SIZE", env = "YUEXIANG_QUOTA")]
    quota: Option<Bytes>,
    /// How often the cloud is asked for news, such as 90s or 5min, give or take a fifth [default: 60s]
    #[arg(long, value_name = "TIME", env = "YUEXIANG_POLL_INTERVAL")]
    poll_interval: Option<Interval>,
    /// Where the cloud says at once that something was published; `off` leaves it to the interval
    /// [default: mqtt://, the cloud's host, port 1883]
    #[arg(long, value_name = "URL", env = "YUEXIANG_WAKE")]
    wake: Option<Wake>,
    /// Where the web remote listens, on this machine only; `off` for none [default: 127.0.0.1:8600]
    #[arg(long, value_name = "ADDR", env = "YUEXIANG_WEB_REMOTE")]
    web_remote: Option<WebRemote>,
    /// Play without sound even if there is a sound device
    #[arg(long, env = "YUEXIANG_NO_SOUND")]
    no_sound: bool,
    /// Do not count, for the cloud, how often and how long items are watched in this house (the viewer may choose the same
    /// on the settings page)
    #[arg(long, env = "YUEXIANG_NO_VIEW_COUNTS")]
    no_view_counts: bool,
    /// Log the time to the first frame and end
    #[arg(long, hide = true)]
    exit_after_first_frame: bool,
    /// Let the UI's thread hang after so long, to see what the service manager does
    #[arg(long, hide = true, value_name = "TIME")]
    hang_after: Option<Interval>,
    /// Find out after so long that playing cannot go on in this process, likewise
    #[arg(long, hide = true, value_name = "TIME")]
    ruin_after: Option<Interval>,
    /// What was wrong in the environment and has been forgotten.
    #[arg(skip)]
    pub doubts: Vec<Doubt>,
}

/// An option that was not understood. Television does without it: its default holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    pub name: String,
    reason: String,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the option {} is not understood, and its default holds: {}", self.name, self.reason)
    }
}

/// Forgets those variables of the environment that say something of an option that cannot be understood, if television
/// does without it; answers which. On the command line the same is an error: there somebody sees it.
///
/// # Safety
///
/// No other thread may be reading the environment.
pub unsafe fn forget_wrong_variables() -> Vec<Doubt> {
    fn check<T: FromStr<Err = String>>(text: &str) -> Result<(), String> {
        text.parse::<T>().map(drop)
    }
    fn check_choice(text: &str) -> Result<(), String> {
        <VideoChoice as ValueEnum>::from_str(text, false).map(drop)
    }
    type Check = fn(&str) -> Result<(), String>;
    let conveniences: [(&str, Check); 6] = [
        ("YUEXIANG_VIDEO_OUTPUT", check_choice),
        ("YUEXIANG_SIZE", check::<Size>),
        ("YUEXIANG_QUOTA", check::<Bytes>),
        ("YUEXIANG_POLL_INTERVAL", check::<Interval>),
        ("YUEXIANG_WAKE", check::<Wake>),
        ("YUEXIANG_WEB_REMOTE", check::<WebRemote>),
    ];
    let mut doubts = Vec::new();
    for (name, check) in conveniences {
        let Some(value) = std::env::var_os(name) else { continue };
        let verdict = value.to_str().ok_or_else(|| "it is no text".to_owned()).and_then(check);
        if let Err(reason) = verdict {
            // SAFETY: the caller sees to it.
            unsafe { std::env::remove_var(name) };
            if name == "YUEXIANG_WEB_REMOTE" {
                // SAFETY: as above.
                unsafe { std::env::set_var(name, "off") };
            }
            doubts.push(Doubt { name: name.to_owned(), reason });
        }
    }
    doubts
}

/// The configuration file: the same words as on the command line.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    display: Option<DisplayKind>,
    video_output: Option<VideoChoice>,
    drm_device: Option<PathBuf>,
    keymaps: Option<PathBuf>,
    fullscreen: Option<bool>,
    size: Option<Size>,
    region: Option<Code>,
    cloud: Option<CloudUrl>,
    root: Option<PathBuf>,
    data: Option<PathBuf>,
    quota: Option<Bytes>,
    poll_interval: Option<Interval>,
    wake: Option<Wake>,
    web_remote: Option<WebRemote>,
    sound: Option<bool>,
    view_counts: Option<bool>,
}

/// What the program runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub display: DisplayKind,
    pub video_output: VideoChoice,
    pub drm_device: Option<PathBuf>,
    /// Where key maps of remote controls are; a later folder's go before an earlier one's.
    pub keymaps: Vec<PathBuf>,
    pub fullscreen: bool,
    pub size: (u32, u32),
    pub region: RegionCode,
    /// Ends in `/`.
    pub cloud: String,
    pub root: PathBuf,
    pub data: PathBuf,
    pub quota: u64,
    pub poll_interval: Duration,
    pub wake: Option<WakeUrl>,
    pub web_remote: Option<SocketAddr>,
    pub sound: bool,
    /// What is watched may be counted.
    pub view_counts: bool,
    pub exit_after_first_frame: bool,
    pub hang_after: Option<Duration>,
    pub ruin_after: Option<Duration>,
    /// What was configured and not understood.
    pub doubts: Vec<Doubt>,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("cannot read the configuration file {}: {source}", path.display())]
    ReadFile { path: PathBuf, source: std::io::Error },
    #[error("the configuration file {} is wrong: {source}", path.display())]
    ParseFile { path: PathBuf, source: Box<toml::de::Error> },
    #[error(
        "no village is named: give its 12-digit division code by --region, YUEXIANG_REGION or `region` in a \
         configuration file"
    )]
    NoRegion,
    #[error("{0} is not a village: all 12 digits are needed")]
    NotAVillage(RegionCode),
    #[error("no province root is named: give the file by --root, YUEXIANG_ROOT or `root` in a configuration file")]
    NoRoot,
    #[error("there is no directory to store anything in: give one by --data")]
    NoData,
}

impl Settings {
    pub fn resolve(options: &Options) -> Result<Settings, SettingsError> {
        let (file, base, wrong) = read_file(options.config.as_deref())?;
        // Paths in a file are relative to the file.
        let beside = |path: PathBuf| base.join(path);
        let region = options.region.or(file.region.map(|code| code.0)).ok_or(SettingsError::NoRegion)?;
        if region.level() != yuexiang_core::region::Level::Village {
            return Err(SettingsError::NotAVillage(region));
        }
        let data = options.data.clone().or(file.data.map(beside)).or_else(default_data).ok_or(SettingsError::NoData)?;
        let web_remote = options.web_remote.or(file.web_remote).unwrap_or_default();
        let cloud = options.cloud.clone().or(file.cloud).unwrap_or_default().0;
        let wake = match options.wake.clone().or(file.wake) {
            Some(Wake(wake)) => wake,
            None => WakeUrl::beside(&cloud),
        };
        Ok(Settings {
            display: options.display.or(file.display).unwrap_or(DisplayKind::Window),
            video_output: options.video_output.or(file.video_output).unwrap_or_default(),
            drm_device: options.drm_device.clone().or(file.drm_device),
            keymaps: keymaps(options.keymaps.clone().or(file.keymaps.map(beside))),
            fullscreen: options.fullscreen || file.fullscreen.unwrap_or(false),
            size: options.size.or(file.size).unwrap_or_default().0,
            region,
            cloud,
            root: options.root.clone().or(file.root.map(beside)).ok_or(SettingsError::NoRoot)?,
            data,
            quota: options.quota.or(file.quota).unwrap_or(Bytes(4 << 30)).0,
            poll_interval: options.poll_interval.or(file.poll_interval).map_or(Duration::from_secs(60), |time| time.0),
            wake,
            web_remote: web_remote.0,
            sound: !options.no_sound && file.sound.unwrap_or(true),
            view_counts: !options.no_view_counts && file.view_counts.unwrap_or(true),
            exit_after_first_frame: options.exit_after_first_frame,
            hang_after: options.hang_after.map(|time| time.0),
            ruin_after: options.ruin_after.map(|time| time.0),
            doubts: options.doubts.iter().cloned().chain(wrong).collect(),
        })
    }

    /// Where everything would be stored, as far as that can be told without the rest being right.
    pub fn data_of(options: &Options) -> Option<PathBuf> {
        options.data.clone().or_else(default_data)
    }
}

/// Where the program's installation and its administrator keep key maps.
const KEYMAPS: [&str; 2] = ["/usr/share/yuexiang/keymaps", "/etc/yuexiang/keymaps"];

fn keymaps(named: Option<PathBuf>) -> Vec<PathBuf> {
    KEYMAPS.into_iter().map(PathBuf::from).filter(|folder| folder.is_dir()).chain(named).collect()
}

/// The file's content, the folder that its paths start from, and what in it is not understood.
fn read_file(named: Option<&Path>) -> Result<(File, PathBuf, Vec<Doubt>), SettingsError> {
    let path = named.unwrap_or(Path::new(SYSTEM_FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(Default::default()),
        Err(source) => return Err(SettingsError::ReadFile { path: path.into(), source }),
    };
    let (file, doubts) =
        parse_file(&text).map_err(|source| SettingsError::ParseFile { path: path.into(), source: Box::new(source) })?;
    Ok((file, path.parent().map(Path::to_path_buf).unwrap_or_default(), doubts))
}

/// Without these nobody knows what is to be shown, or where. Everything else has a default that is better than no picture.
const ESSENTIAL: [&str; 5] = ["region", "cloud", "root", "data", "display"];
/// Whoever wrote something of these wrote it to restrict: the narrowest value holds, not the default.
const RESTRICTING: [(&str, &str); 2] = [("web-remote", "web-remote = 'off'"), ("view-counts", "view-counts = false")];

/// Words that are not known and values that are wrong are left out, but for those without which there is nothing to show.
fn parse_file(text: &str) -> Result<(File, Vec<Doubt>), toml::de::Error> {
    let error = match toml::from_str(text) {
        Ok(file) => return Ok((file, Vec::new())),
        Err(error) => error,
    };
    let Ok(table) = toml::from_str::<toml::Table>(text) else { return Err(error) };
    let mut kept = toml::Table::new();
    let mut doubts = Vec::new();
    for (name, value) in table {
        let one = toml::Table::from_iter([(name.clone(), value.clone())]);
        match one.try_into::<File>() {
            Err(wrong) if !ESSENTIAL.contains(&name.as_str()) => {
                if let Some((_, narrowest)) = RESTRICTING.iter().find(|(option, _)| *option == name) {
                    kept.extend(toml::from_str::<toml::Table>(narrowest)?);
                }
                doubts.push(Doubt { name, reason: wrong.message().to_owned() });
            }
            Err(wrong) => return Err(wrong),
            Ok(_) => drop(kept.insert(name, value)),
        }
    }
    Ok((kept.try_into()?, doubts))
}

fn default_data() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    set("STATE_DIRECTORY")
        .or_else(|| set("XDG_DATA_HOME").map(|base| base.join("yuexiang")))
        .or_else(|| set("HOME").map(|home| home.join(".local/share/yuexiang")))
        .or_else(|| Some("/var/lib/yuexiang".into()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DisplayKind {
    Window,
    /// The kernel's display driver, without a desktop.
    Kms,
    Headless,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoChoice {
    /// On a plane of its own where the display has one that can be used, else drawn into the UI.
    #[default]
    Auto,
    /// Drawn into the UI.
    Scene,
    /// On a plane of its own; where none can be had, that is said as an error, and they are drawn into the UI.
    Plane,
}

/// A type of the configuration file that is written as text.
macro_rules! from_text {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

from_text!(Size, Code, CloudUrl, Bytes, Interval, Wake, WebRemote);

#[derive(Clone, Copy, Debug)]
pub struct Code(pub RegionCode);

impl From<RegionCode> for Code {
    fn from(code: RegionCode) -> Code {
        Code(code)
    }
}

impl FromStr for Code {
    type Err = yuexiang_core::region::InvalidRegionCode;

    fn from_str(text: &str) -> Result<Code, Self::Err> {
        text.parse().map(Code)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Size(pub (u32, u32));

impl Default for Size {
    fn default() -> Size {
        Size((1920, 1080))
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        match text {
            "1920x1080" => Ok(Size((1920, 1080))),
            "1280x720" => Ok(Size((1280, 720))),
            _ => Err(format!("`{text}` is not a size of the screen: 1920x1080 or 1280x720")),
        }
    }
}

#[derive(Clone, Debug)]
struct CloudUrl(String);

impl Default for CloudUrl {
    fn default() -> CloudUrl {
        CloudUrl("http://127.0.0.1:8500/".into())
    }
}

impl FromStr for CloudUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<CloudUrl, String> {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace) => {
                Ok(CloudUrl(if text.ends_with('/') { text.to_owned() } else { format!("{text}/") }))
            }
            _ => Err(format!("`{text}` is not an address such as http://127.0.0.1:8500/")),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bytes(u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Bytes, String> {
        let wrong = || format!("`{text}` is not a size such as 500MB or 8GiB");
        let (number, unit) = split_unit(text).ok_or_else(wrong)?;
        let factor: u64 = match unit {
            "" | "B" => 1,
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(wrong()),
        };
        number.checked_mul(factor).map(Bytes).ok_or_else(wrong)
    }
}

#[derive(Clone, Copy, Debug)]
struct Interval(Duration);

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Interval, String> {
        let wrong = || format!("`{text}` is not a time such as 90s or 5min, of a second at least");
        let (number, unit) = split_unit(text).ok_or_else(wrong)?;
        let millis: u64 = match unit {
            "ms" => 1,
            "" | "s" => 1_000,
            "min" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        let millis = number.checked_mul(millis).filter(|millis| *millis >= 1_000).ok_or_else(wrong)?;
        Ok(Interval(Duration::from_millis(millis)))
    }
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..digits].parse().ok()?, text[digits..].trim()))
}

#[derive(Clone, Debug)]
struct Wake(Option<WakeUrl>);

impl FromStr for Wake {
    type Err = String;

    fn from_str(text: &str) -> Result<Wake, String> {
        if text == "off" { Ok(Wake(None)) } else { text.parse().map(|url| Wake(Some(url))) }
    }
}

/// An address of this machine; nothing else is listened on, because the remote asks for no password.
#[derive(Clone, Copy, Debug)]
struct WebRemote(Option<SocketAddr>);

impl Default for WebRemote {
    fn default() -> WebRemote {
        WebRemote(Some(SocketAddr::from(([127, 0, 0, 1], 8600))))
    }
}

impl FromStr for WebRemote {
    type Err = String;

    fn from_str(text: &str) -> Result<WebRemote, String> {
        if text == "off" {
            return Ok(WebRemote(None));
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(WebRemote(Some(address))),
            Ok(address) => Err(format!(
                "{address} can be reached from elsewhere, and the web remote asks for no password: an address such as \
                 127.0.0.1:8600 is needed"
            )),
            Err(_) => Err(format!("`{text}` is not an address such as 127.0.0.1:8600, nor `off`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        options: Options,
    }

    fn resolve(arguments: &[&str], file: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("box.toml");
        std::fs::write(&path, file).expect("a file can be written there");
        let arguments = ["yuexiang"].iter().chain(arguments);
        let program = Program::try_parse_from(arguments).map_err(|error| error.to_string())?;
        let options = Options { config: Some(path), ..program.options };
        let mut settings = Settings::resolve(&options).map_err(|error| error.to_string())?;
        for path in [&mut settings.root, &mut settings.data] {
            if let Ok(inside) = path.strip_prefix(folder.path()) {
                *path = Path::new("/beside").join(inside);
            }
        }
        Ok(settings)
    }

    const VILLAGE: &str = "region = '440224103999'\nroot = 'root.json'\n";

    #[test]
    fn the_command_line_goes_before_the_file_and_the_file_before_the_defaults() {
        let file = format!(
            "{VILLAGE}size = '1280x720'\nquota = '2GiB'\ncloud = 'http://10.0.0.1:1'\nsound = false\n\
             view-counts = false\n"
        );
        let arguments = ["--size", "1920x1080", "--data", "/d", "--poll-interval", "5min"];
        let settings = resolve(&arguments, &file).expect("everything needed is there");
        assert_eq!(settings.size, (1920, 1080));
        assert_eq!(settings.quota, 2 << 30);
        assert_eq!(settings.cloud, "http://10.0.0.1:1/");
        assert_eq!(settings.poll_interval, Duration::from_secs(300));
        assert_eq!(settings.wake.map(|wake| wake.to_string()).as_deref(), Some("mqtt://10.0.0.1:1883"));
        assert_eq!(settings.root, Path::new("/beside/root.json"));
        assert_eq!(settings.web_remote, Some(([127, 0, 0, 1], 8600).into()));
        assert!(!settings.sound && !settings.view_counts);
    }

    #[track_caller]
    fn check_refused(arguments: &[&str], file: &str, expected: &str) {
        let refusal = resolve(arguments, file).expect_err("this is refused");
        assert!(refusal.contains(expected), "{refusal}");
    }

    #[test]
    fn the_example_is_a_configuration_with_the_defaults() {
        let settings = resolve(&[], include_str!("../yuexiang.example.toml")).expect("the example is right");
        let defaults =
            resolve(&["--data", "/var/lib/yuexiang"], "region = '440224103999'\nroot = 'province.root.json'");
        assert_eq!(settings, defaults.expect("these two are enough"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        check_refused(&[], "", "--region");
        check_refused(&[], "region = '440224103999'", "--root");
        check_refused(&[], "region = '440224103000'\nroot = 'r'", "440224103000 is not a village");
        check_refused(&["--region", "1234"], "", "`1234` is not a division code");
        check_refused(&["--size", "800x600"], VILLAGE, "800x600");
        check_refused(&[], "region = 44", "invalid type");
        check_refused(&[], &format!("{VILLAGE}cloud = 'village.example'"), "`village.example` is not an address");
        check_refused(&[], &format!("{VILLAGE}display = 'screen'"), "unknown variant");
        check_refused(&[], &format!("{VILLAGE}quota = "), "configuration file");
        check_refused(&["--cloud", "village.example"], VILLAGE, "`village.example` is not an address");
        check_refused(&["--poll-interval", "10ms"], VILLAGE, "of a second at least");
        check_refused(&["--wake", "tv.example.cn"], VILLAGE, "`tv.example.cn` is not an address");
    }

    /// Everything that has a default is wrong at once.
    #[test]
    fn what_television_does_without_is_never_a_reason_not_to_start() {
        let wrong = "video-output = 'best'\ndrm-device = 1\nkeymaps = 2\nfullscreen = 'yes'\nsize = '800x600'\n\
                     quota = 'much'\npoll-interval = '10ms'\nwake = 'tv.example.cn'\nweb-remote = '0.0.0.0:8600'\n\
                     sound = 'loud'\nview-counts = 'no'\nwep-remote = 'off'\n";
        let settings = resolve(&["--data", "/d"], &format!("{VILLAGE}{wrong}")).expect("the box starts");
        let names: Vec<&str> = settings.doubts.iter().map(|doubt| doubt.name.as_str()).collect();
        assert_eq!(names.len(), 12, "{names:?}");
        assert!(settings.doubts.iter().any(|doubt| doubt.to_string().contains("`much` is not a size")));
        let defaults = resolve(&["--data", "/d"], VILLAGE).expect("these two are enough");
        // Who restricts wrongly still restricts.
        let expected = Settings { web_remote: None, view_counts: false, doubts: settings.doubts.clone(), ..defaults };
        assert_eq!(settings, expected);
    }

    #[test]
    fn the_web_remote_listens_on_this_machine_only() {
        check_refused(&["--web-remote", "0.0.0.0:8600"], VILLAGE, "asks for no password");
        check_refused(&["--web-remote", "192.168.1.5:8600"], VILLAGE, "asks for no password");
        let off = resolve(&["--web-remote", "off", "--wake", "off"], VILLAGE).expect("they can be switched off");
        assert_eq!((off.web_remote, off.wake), (None, None));
        let six = resolve(&["--web-remote", "[::1]:1"], VILLAGE).expect("IPv6 has a loopback, too");
        assert!(six.web_remote.is_some());
    }
}
