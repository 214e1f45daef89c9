//! The configuration file of the cloud, in TOML. `yuexiang-cloud.example.toml` beside this crate describes every word.
//!
//! What is said on the command line comes first, then the environment, then the file, then what is built in.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

use crate::accounts::oidc::{LinkBy, OidcSettings};
use crate::accounts::{AccountError, Accounts, Oidc, Settings};
use crate::bucket::Bucket;
use crate::clock::Source;
use crate::notices::config::{NoticesConfig, NoticesFile};
use crate::objects::ObjectError;
use crate::publish::{PublishError, Publisher};

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("reading {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: {source}")]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("{path}: `{word}`: {reason}")]
    Word { path: PathBuf, word: &'static str, reason: String },
}

/// A secret that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How the cloud runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub listen: SocketAddr,
    pub wake: WakeListen,
    /// The data folder: database, objects and keys.
    pub data: PathBuf,
    /// `postgres://…`; a file in the data folder when nothing is said.
    pub database: Option<String>,
    /// Under which address people reach the console.
    pub public_url: Option<Url>,
    /// Whether a proxy that we trust adds the client's address to `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// Where such proxies are; everybody counts as one when none is named.
    pub proxies: Vec<IpNet>,
    /// Connections that one address may have open; as many as are usual when nothing is said.
    pub connections_per_address: Option<usize>,
    /// Who else knows the time.
    pub clock: Vec<Source>,
    /// A list of divisions to put in at the start, once.
    pub divisions: Option<PathBuf>,
    /// Days for which the repository of a region is renewed that goes on under another code.
    pub keep_moved_days: Option<u32>,
    /// Whether this process prepares media.
    pub worker: bool,
    /// The program that draws previews.
    pub preview: Option<PathBuf>,
    pub oidc: Option<OidcConfig>,
    pub s3: Option<S3Config>,
    /// How people are told of what happens.
    pub notices: NoticesConfig,
}

/// Where boxes wait to be told that something was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WakeListen {
    /// At the usual port beside the web server's, if it is free.
    #[default]
    Beside,
    At(SocketAddr),
    /// Boxes learn by their rounds.
    Off,
}

impl FromStr for WakeListen {
    type Err = String;

    fn from_str(text: &str) -> Result<WakeListen, String> {
        match text {
            "off" => Ok(WakeListen::Off),
            text => text
                .parse()
                .map(WakeListen::At)
                .map_err(|_| format!("`{text}` is no address such as 0.0.0.0:1883, nor `off`")),
        }
    }
}

/// An OpenID provider at which people sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcConfig {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    pub name: String,
    pub link_by: LinkBy,
}

/// An S3-compatible store for objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Config {
    pub endpoint: Url,
    pub bucket: String,
    pub region: String,
    pub access_key: String,
    pub secret_key: Secret,
    /// Where boxes read the bucket's objects themselves; nowhere when nothing is said.
    pub public_url: Option<Url>,
}

/// The file as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    wake: Option<String>,
    data: Option<PathBuf>,
    database: Option<String>,
    public_url: Option<String>,
    behind_proxy: Option<bool>,
    #[serde(default)]
    proxies: Vec<String>,
    connections_per_address: Option<usize>,
    #[serde(default)]
    clock: Vec<String>,
    divisions: Option<PathBuf>,
    keep_moved_days: Option<u32>,
    worker: Option<bool>,
    preview: Option<PathBuf>,
    oidc: Option<OidcFile>,
    s3: Option<S3File>,
    #[serde(default)]
    notices: NoticesFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OidcFile {
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
    name: Option<String>,
    #[serde(default)]
    link_by: LinkBy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct S3File {
    endpoint: String,
    bucket: String,
    region: Option<String>,
    access_key: String,
    secret_key: Option<String>,
    secret_key_file: Option<PathBuf>,
    public_url: Option<String>,
}

/// What the command line and the environment say.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub config: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
    pub wake: Option<WakeListen>,
    pub data: Option<PathBuf>,
    pub database: Option<String>,
}

impl Config {
    /// Reads the file, if one is named, and lays over it what was said elsewhere.
    pub fn load(overrides: Overrides) -> Result<Config, ConfigError> {
        let mut config = match &overrides.config {
            Some(path) => Config::read(path)?,
            None => Config::from_file(Path::new(""), File::default())?,
        };
        config.listen = overrides.listen.unwrap_or(config.listen);
        config.wake = overrides.wake.unwrap_or(config.wake);
        config.data = overrides.data.unwrap_or(config.data);
        config.database = overrides.database.or(config.database);
        Ok(config)
    }

    fn read(path: &Path) -> Result<Config, ConfigError> {
        let read = |source| ConfigError::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let parse = |source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) };
        Config::from_file(path, toml::from_str(&text).map_err(parse)?)
    }

    fn from_file(path: &Path, file: File) -> Result<Config, ConfigError> {
        let public_url = file.public_url.map(|text| web_address(path, "public_url", &text)).transpose()?;
        let wake = file.wake.map(|text| text.parse()).transpose();
        let wake = wake.map_err(|reason| ConfigError::Word { path: path.to_owned(), word: "wake", reason })?;
        let config = Config {
            wake: wake.unwrap_or_default(),
            listen: file.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8500))),
            data: file.data.unwrap_or_else(|| PathBuf::from("data")),
            database: file.database,
            public_url,
            behind_proxy: file.behind_proxy.unwrap_or(false),
            proxies: file.proxies.iter().map(|text| network(path, text)).collect::<Result<_, _>>()?,
            connections_per_address: file.connections_per_address,
            clock: file.clock.iter().map(|text| source(path, text)).collect::<Result<_, _>>()?,
            divisions: file.divisions,
            keep_moved_days: file.keep_moved_days,
            worker: file.worker.unwrap_or(true),
            preview: file.preview,
            oidc: file.oidc.map(|oidc| oidc.resolve(path)).transpose()?,
            s3: file.s3.map(|s3| s3.resolve(path)).transpose()?,
            notices: file.notices.resolve(path)?,
        };
        if !config.proxies.is_empty() && !config.behind_proxy {
            let reason = "are only believed with `behind_proxy = true`".to_owned();
            return Err(ConfigError::Word { path: path.to_owned(), word: "proxies", reason });
        }
        if config.connections_per_address == Some(0) {
            let reason = "must be at least 1".to_owned();
            return Err(ConfigError::Word { path: path.to_owned(), word: "connections_per_address", reason });
        }
        if config.oidc.is_some() && config.public_url.is_none() {
            let reason = "the OpenID provider sends people back to it, so it must be given".to_owned();
            return Err(ConfigError::Word { path: path.to_owned(), word: "public_url", reason });
        }
        if config.notices.mail.is_some() && config.public_url.is_none() {
            let reason = "letters lead people back to it, so it must be given".to_owned();
            return Err(ConfigError::Word { path: path.to_owned(), word: "public_url", reason });
        }
        Ok(config)
    }

    /// Opens the data folder, the database and the bucket.
    pub async fn publisher(&self) -> Result<Publisher, PublishError> {
        let bucket = self.s3.as_ref().map(Bucket::open).transpose().map_err(ObjectError::from)?;
        let mut publisher = Publisher { bucket, ..Publisher::open(&self.data, self.database.as_deref()).await? };
        if let Some(days) = self.keep_moved_days {
            publisher.keep_moved = i64::from(days) * 86_400;
        }
        publisher.store.clock.ask(self.clock.clone());
        Ok(publisher)
    }

    /// Accounts as this configuration has them.
    pub fn accounts(&self, publisher: Publisher) -> Result<Accounts, AccountError> {
        let settings = Settings {
            public_url: self.public_url.clone(),
            behind_proxy: self.behind_proxy,
            proxies: self.proxies.clone(),
        };
        let oidc = self.oidc.clone().map(|oidc| Oidc::new(oidc.into(), &settings)).transpose()?;
        let accounts = Accounts::new(publisher, settings)?;
        Ok(match oidc {
            Some(oidc) => accounts.with_oidc(oidc),
            None => accounts,
        })
    }
}

impl OidcFile {
    fn resolve(self, path: &Path) -> Result<OidcConfig, ConfigError> {
        web_address(path, "issuer", &self.issuer)?;
        let client_secret = secret(path, "client_secret", self.client_secret, self.client_secret_file)?;
        let name = self.name.unwrap_or_else(|| "统一身份认证".to_owned());
        Ok(OidcConfig { issuer: self.issuer, client_id: self.client_id, client_secret, name, link_by: self.link_by })
    }
}

impl S3File {
    fn resolve(self, path: &Path) -> Result<S3Config, ConfigError> {
        let none = || ConfigError::Word { path: path.to_owned(), word: "secret_key", reason: "is missing".to_owned() };
        Ok(S3Config {
            endpoint: web_address(path, "endpoint", &self.endpoint)?,
            bucket: self.bucket,
            region: self.region.unwrap_or_else(|| "us-east-1".to_owned()),
            access_key: self.access_key,
            secret_key: secret(path, "secret_key", self.secret_key, self.secret_key_file)?.ok_or_else(none)?,
            public_url: self.public_url.map(|text| web_address(path, "public_url", &text)).transpose()?,
        })
    }
}

impl From<OidcConfig> for OidcSettings {
    fn from(config: OidcConfig) -> OidcSettings {
        let client_secret = config.client_secret.map(|secret| secret.0);
        let OidcConfig { issuer, client_id, name, link_by, .. } = config;
        OidcSettings { issuer, client_id, client_secret, name, link_by }
    }
}

/// An address, or a network such as `10.0.0.0/8`.
fn network(path: &Path, text: &str) -> Result<IpNet, ConfigError> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| {
        let reason = format!("`{text}` is no address such as 10.0.0.5, nor a network such as 10.0.0.0/8");
        ConfigError::Word { path: path.to_owned(), word: "proxies", reason }
    })
}

/// Somebody who knows the time.
fn source(path: &Path, text: &str) -> Result<Source, ConfigError> {
    text.parse().map_err(|reason| ConfigError::Word { path: path.to_owned(), word: "clock", reason })
}

pub(crate) fn web_address(path: &Path, word: &'static str, text: &str) -> Result<Url, ConfigError> {
    let wrong = |reason: String| ConfigError::Word { path: path.to_owned(), word, reason };
    let url: Url = text.parse().map_err(|error: url::ParseError| wrong(error.to_string()))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err(wrong("must begin with https:// or http://".to_owned())),
    }
}

/// A secret that stands in the file, or in a file of its own, which can have other permissions.
pub(crate) fn secret(
    path: &Path,
    word: &'static str,
    text: Option<String>,
    file: Option<PathBuf>,
) -> Result<Option<Secret>, ConfigError> {
    match (text, file) {
        (Some(_), Some(_)) => {
            let reason = format!("give either this or `{word}_file`");
            Err(ConfigError::Word { path: path.to_owned(), word, reason })
        }
        (Some(text), None) => Ok(Some(Secret(text))),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(&file).map_err(|source| ConfigError::Read { path: file, source })?;
            Ok(Some(Secret(text.trim_end().to_owned())))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../yuexiang-cloud.example.toml");

    fn parse(text: &str) -> Result<Config, String> {
        let file = toml::from_str(text).map_err(|error| error.to_string())?;
        Config::from_file(Path::new("cloud.toml"), file).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        let error = parse(text).expect_err("is refused");
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn the_example_says_what_is_built_in() {
        assert_eq!(parse(EXAMPLE), parse(""));
    }

    #[test]
    fn every_word_of_the_example_that_is_commented_out_is_understood() {
        let is_setting =
            |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(word, _)| is_word(word));
        let is_alternative = |line: &str| line.contains("_file = ");
        let lines = EXAMPLE.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
        let text: Vec<&str> = lines.filter(|line| is_setting(line) && !is_alternative(line)).collect();
        let text = text.join("\n").replace("behind_proxy = false", "behind_proxy = true");
        let config = parse(&text).expect("is understood");
        assert_eq!((config.proxies.len(), config.connections_per_address), (2, Some(512)));
        assert_eq!(config.clock.len(), 2);
        assert_eq!(config.database.as_deref(), Some("postgres://yuexiang@db.example.cn/yuexiang"));
        assert_eq!(config.oidc.expect("a provider").link_by, LinkBy::Login);
        let s3 = config.s3.expect("a store");
        assert_eq!(s3.bucket, "yuexiang");
        assert!(s3.public_url.is_some());
        assert!(config.preview.is_some() && config.public_url.is_some());
        assert_eq!((config.notices.overdue, config.notices.gap), (48 * 3_600, 600));
        assert_eq!(config.notices.mail.expect("a mail server").port, 465);
        let hooks: Vec<&str> = config.notices.hooks.iter().map(|hook| hook.name.as_str()).collect();
        assert_eq!(hooks, ["仁化县工作群", "钉钉群", "值班系统"]);
        assert_eq!(config.wake, WakeListen::At(([0, 0, 0, 0], 1883).into()));
        for word in ["client_secret_file", "secret_key_file", "password_file", "url_file", "secret_file", "ca_file"] {
            assert!(EXAMPLE.contains(word), "{word}");
        }
    }

    fn is_word(text: &str) -> bool {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        check_refused("lisen = \"127.0.0.1:80\"", "lisen");
        check_refused("public_url = \"ftp://example.cn\"", "public_url");
        check_refused("public_url = \"example.cn\"", "public_url");
        check_refused("wake = \"1883\"", "wake");
        check_refused("behind_proxy = true\nproxies = [\"nginx\"]", "nginx");
        check_refused("proxies = [\"10.0.0.5\"]", "behind_proxy");
        check_refused("connections_per_address = 0", "connections_per_address");
        check_refused("clock = [\"ntp.example.cn\"]", "ntp.example.cn");
        check_refused("[oidc]\nissuer = \"https://id.example.cn\"\nclient_id = \"a\"", "public_url");
        let s3 = "[s3]\nendpoint = \"http://127.0.0.1:9000\"\nbucket = \"a\"\naccess_key = \"b\"\n";
        check_refused(s3, "secret_key");
        check_refused(&format!("{s3}secret_key = \"c\"\nsecret_key_file = \"d\"\n"), "either");
        let public = "public_url = \"https://tv.example.cn/\"\n";
        let mail = "[notices.mail]\nhost = \"smtp.example.cn\"\nfrom = \"notice@example.cn\"\n";
        check_refused(mail, "public_url");
        check_refused(&format!("{public}{mail}user = \"a\"\n"), "password");
        check_refused(&format!("{public}{}", mail.replace("notice@", "")), "from");
        let hook = "[[notices.webhook]]\nname = \"a\"\nkind = \"wecom\"\nurl = \"https://qyapi.example.cn/\"\n";
        check_refused(&hook.replace("https", "ftp"), "url");
        check_refused(&format!("{hook}events = [\"failed\"]\n"), "events");
        check_refused(&format!("{hook}region = \"44022\"\n"), "region");
        check_refused(&format!("{hook}{hook}"), "name of its own");
        check_refused("[notices]\ngap_minutes = -1\n", "gap_minutes");
    }

    #[test]
    fn the_command_line_comes_before_the_file_and_the_file_before_what_is_built_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cloud.toml");
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "hush\n").expect("writes");
        let s3 = "[s3]\nendpoint = \"http://127.0.0.1:9000\"\nbucket = \"a\"\naccess_key = \"b\"\n";
        let text = format!("data = \"/srv/data\"\nlisten = \"0.0.0.0:80\"\n{s3}secret_key_file = {secret:?}\n");
        std::fs::write(&path, text).expect("writes");
        let overrides = Overrides { config: Some(path), data: Some("/other".into()), ..Overrides::default() };
        let config = Config::load(overrides).expect("loads");
        assert_eq!(config.data, Path::new("/other"));
        assert_eq!(config.listen, "0.0.0.0:80".parse().expect("an address"));
        assert!(config.worker);
        let s3 = config.s3.expect("a store");
        assert_eq!(s3.secret_key.expose(), "hush");
        assert!(!format!("{s3:?}").contains("hush"), "secrets do not reach the log");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let overrides = Overrides { config: Some("/nowhere/cloud.toml".into()), ..Overrides::default() };
        assert!(Config::load(overrides).expect_err("fails").to_string().contains("/nowhere/cloud.toml"));
    }
}
