//! The program's larger commands, and what all commands share: where the data lie.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use yuexiang_cloud::accounts::{Account, Accounts};
use yuexiang_cloud::config::{Config, Overrides, WakeListen};
use yuexiang_cloud::publish::Publisher;
use yuexiang_console::words::Lang;

pub mod admin;
pub mod audit;
pub mod backup;
pub mod clock;
pub mod divisions;
pub mod keys;

// Global, so that they may stand behind the name of a task.
#[derive(clap::Args)]
pub struct Data {
    /// The configuration file; see yuexiang-cloud.example.toml.
    #[arg(long, env = "YUEXIANG_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// The data folder: database, objects and keys. [default: data]
    #[arg(long, env = "YUEXIANG_DATA", global = true)]
    data: Option<PathBuf>,
    /// The database, such as `postgres://user@host/name`; a file in the data folder when nothing is said.
    #[arg(long, env = "YUEXIANG_DATABASE", global = true)]
    database: Option<String>,
}

impl Data {
    /// The configuration, with what the command line says over it.
    pub fn config(&self) -> Result<Config, String> {
        self.config_of(None, None)
    }

    pub fn config_of(&self, listen: Option<SocketAddr>, wake: Option<WakeListen>) -> Result<Config, String> {
        let (config, data, database) = (self.config.clone(), self.data.clone(), self.database.clone());
        Config::load(Overrides { config, listen, wake, data, database }).map_err(words)
    }

    pub async fn publisher(&self) -> Result<Publisher, String> {
        self.config()?.publisher().await.map_err(words)
    }

    pub async fn accounts(&self) -> Result<Accounts, String> {
        self.config()?.accounts(self.publisher().await?).map_err(words)
    }
}

/// Writes a list. Who reads but its beginning, as `head` does, has had what was wanted.
pub fn show(mut lines: impl Iterator<Item = String>) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match lines.try_for_each(|line| writeln!(out, "{line}")) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// The language of the terminal, as the operating system has it.
pub fn language() -> Lang {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    let is_chinese = named.into_iter().find(|value| !value.is_empty()).is_some_and(|value| value.starts_with("zh"));
    if is_chinese { Lang::Zh } else { Lang::En }
}

pub fn words(error: impl Display) -> String {
    error.to_string()
}

/// The account with a login.
async fn account(accounts: &Accounts, login: &str) -> Result<Account, String> {
    accounts.account_with_login(&login.parse().map_err(words)?).await.map_err(words)
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
