//! What the configuration says of notices: the mail server, the webhooks of groups, and how patient one is.

use std::path::{Path, PathBuf};

use lettre::message::Mailbox;
use serde::Deserialize;
use url::Url;

use super::Kind;
use crate::config::{ConfigError, Secret, secret, web_address};
use crate::region::RegionCode;

/// Seconds after which a review is overdue.
const OVERDUE: i64 = 48 * 3_600;
/// Seconds between two messages to one recipient: what comes meanwhile is told together.
const GAP: i64 = 600;
/// The same for a group, whose robot takes twenty messages a minute.
const HOOK_GAP: i64 = 30;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticesConfig {
    /// Seconds after which a review is overdue.
    pub overdue: i64,
    /// Seconds between two messages to one person.
    pub gap: i64,
    pub mail: Option<MailConfig>,
    pub hooks: Vec<HookConfig>,
}

impl Default for NoticesConfig {
    fn default() -> NoticesConfig {
        NoticesConfig { overdue: OVERDUE, gap: GAP, mail: None, hooks: Vec::new() }
    }
}

/// A mail server that takes our letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailConfig {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// Whom letters come from, as a header says it.
    pub from: Mailbox,
    /// Whose certificates are believed besides those of the system, as PEM.
    pub ca_file: Option<PathBuf>,
}

/// How the way to the mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte on.
    Tls,
    /// TLS after `STARTTLS`, which must be there.
    Starttls,
    /// None, for a server on the same machine.
    None,
}

/// A group's robot, or a program of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookConfig {
    pub name: String,
    pub kind: HookKind,
    pub url: Secret,
    /// What DingTalk signs with.
    pub secret: Option<Secret>,
    /// What happens here and below is told.
    pub region: RegionCode,
    pub events: Vec<Kind>,
    pub titles: Titles,
    pub gap: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookKind {
    Wecom,
    Dingtalk,
    Generic,
}

/// Which titles a group is told. Nobody knows who reads there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Titles {
    /// None.
    None,
    /// Of what is on the air.
    #[default]
    Published,
    /// All, and reasons: for a group whose members may see what is not published.
    All,
}

/// The file as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticesFile {
    overdue_hours: Option<i64>,
    gap_minutes: Option<i64>,
    mail: Option<MailFile>,
    #[serde(default)]
    webhook: Vec<HookFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailFile {
    host: String,
    port: Option<u16>,
    security: Option<Security>,
    user: Option<String>,
    password: Option<String>,
    password_file: Option<PathBuf>,
    from: String,
    ca_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HookFile {
    name: String,
    kind: HookKind,
    url: Option<String>,
    url_file: Option<PathBuf>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    region: Option<String>,
    events: Option<Vec<String>>,
    #[serde(default)]
    titles: Titles,
}

impl NoticesFile {
    pub fn resolve(self, path: &Path) -> Result<NoticesConfig, ConfigError> {
        let word = |word, reason: &str| ConfigError::Word { path: path.to_owned(), word, reason: reason.to_owned() };
        let within = |value: Option<i64>, most, name| match value {
            Some(value) if !(0..=most).contains(&value) => Err(word(name, &format!("must be from 0 to {most}"))),
            value => Ok(value),
        };
        let overdue = within(self.overdue_hours, 8_760, "overdue_hours")?.map_or(OVERDUE, |hours| hours * 3_600);
        let gap = within(self.gap_minutes, 1_440, "gap_minutes")?;
        let mut hooks: Vec<HookConfig> = Vec::new();
        for file in self.webhook {
            let hook = file.resolve(path, gap.map_or(HOOK_GAP, |minutes| (minutes * 60).min(HOOK_GAP)))?;
            if hooks.iter().any(|known| known.name == hook.name) {
                return Err(word("name", "each webhook has a name of its own"));
            }
            hooks.push(hook);
        }
        let mail = self.mail.map(|mail| mail.resolve(path)).transpose()?;
        Ok(NoticesConfig { overdue, gap: gap.map_or(GAP, |minutes| minutes * 60), mail, hooks })
    }
}

impl MailFile {
    fn resolve(self, path: &Path) -> Result<MailConfig, ConfigError> {
        let word = |word, reason: String| ConfigError::Word { path: path.to_owned(), word, reason };
        let from = self.from.parse().map_err(|error| word("from", format!("is no mail address: {error}")))?;
        let password = secret(path, "password", self.password, self.password_file)?;
        if self.user.is_some() != password.is_some() {
            return Err(word("user", "goes with `password` or `password_file`".to_owned()));
        }
        let security = self.security.unwrap_or(Security::Tls);
        let usual = match security {
            Security::Tls => 465,
            Security::Starttls => 587,
            Security::None => 25,
        };
        let port = self.port.unwrap_or(usual);
        Ok(MailConfig { host: self.host, port, security, user: self.user, password, from, ca_file: self.ca_file })
    }
}

impl HookFile {
    fn resolve(self, path: &Path, gap: i64) -> Result<HookConfig, ConfigError> {
        let word = |word, reason: String| ConfigError::Word { path: path.to_owned(), word, reason };
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 40 || name.chars().any(char::is_control) {
            return Err(word("name", "has 1 to 40 characters".to_owned()));
        }
        let url = secret(path, "url", self.url, self.url_file)?;
        let url = url.ok_or_else(|| word("url", "is missing".to_owned()))?;
        let _: Url = web_address(path, "url", url.expose())?;
        let region = match self.region {
            Some(region) => region.parse().map_err(|_| word("region", format!("`{region}` is no region's code")))?,
            None => RegionCode::GUANGDONG,
        };
        let events = match self.events {
            None => usual(),
            Some(names) => {
                let known = |name: &String| {
                    Kind::from_slug(name).filter(|kind| can_be_posted(*kind)).ok_or_else(|| {
                        let all: Vec<&str> =
                            Kind::ALL.iter().filter(|kind| can_be_posted(**kind)).map(|kind| kind.slug()).collect();
                        word("events", format!("`{name}` is none of {}", all.join(", ")))
                    })
                };
                names.iter().map(known).collect::<Result<_, _>>()?
            }
        };
        let secret = secret(path, "secret", self.secret, self.secret_file)?;
        Ok(HookConfig { name, kind: self.kind, url, secret, region, events, titles: self.titles, gap })
    }
}

/// A group hears of what waits and of what was published.
fn usual() -> Vec<Kind> {
    vec![Kind::Waits, Kind::Overdue, Kind::Published]
}

/// What tells that a message did not arrive is not sent as another; who stands in is the business of two people.
fn can_be_posted(kind: Kind) -> bool {
    !matches!(kind, Kind::Failed | Kind::Substitute)
}
