//! `yuexiang-cloud`: one program that publishes and serves.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use command::{Data, words};
use yuexiang_cloud::config::{Config, WakeListen};
use yuexiang_cloud::divisions::Divisions;
use yuexiang_cloud::progress::Progress;
use yuexiang_cloud::publish::{Published, publish};
use yuexiang_cloud::region::RegionCode;
use yuexiang_cloud::serve::{Limits, Options, serve};

mod command;

/// The cloud of Yuexiang, public-service television for villages.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check and publish content packs, all of them or none.
    Publish {
        /// Folders as docs/PACK.md describes them.
        #[arg(required = true)]
        packs: Vec<PathBuf>,
        #[command(flatten)]
        data: Data,
        /// As if at this moment, such as 2026-11-23T08:00:00+08:00. [default: now]
        #[arg(long)]
        at: Option<jiff::Timestamp>,
    },
    /// Serve what is published.
    Serve {
        #[command(flatten)]
        data: Data,
        /// Where to listen; port 0 takes a free one, which is printed. [default: 127.0.0.1:8500]
        #[arg(long, env = "YUEXIANG_LISTEN")]
        listen: Option<SocketAddr>,
        /// Where boxes wait to be told that something was published (MQTT 5), or `off`. [default: port 1883 beside it]
        #[arg(long, env = "YUEXIANG_WAKE_LISTEN", value_name = "ADDR")]
        wake: Option<WakeListen>,
    },
    Admin(command::admin::Admin),
    Audit(command::audit::Audit),
    /// Back up the database and all objects, of a running cloud too.
    Backup(command::backup::Backup),
    /// Say whether this machine's clock may be believed, and heal what was signed with a wrong one.
    Clock(command::clock::Clock),
    /// Bring a backup back, and make boxes go on with it. What is there is moved aside.
    Restore(command::backup::Restore),
    /// Write the province's first TUF root, with which boxes start.
    Root {
        #[command(flatten)]
        data: Data,
        #[arg(long)]
        out: PathBuf,
    },
    /// Keep, replace and revoke the keys of regions and reviewers.
    #[command(subcommand)]
    Keys(command::keys::Keys),
    /// Look up region codes by a name or the beginning of a code.
    Regions {
        search: String,
    },
    /// Decode a picture of a phone; the program starts itself with it.
    #[command(name = yuexiang_cloud::media::heif::COMMAND, hide = true)]
    DecodeHeif {
        /// The size alone.
        #[arg(long)]
        size: bool,
        file: PathBuf,
    },
    /// Keep the list of divisions, and have regions go on under other codes.
    #[command(subcommand)]
    Divisions(command::divisions::Divisions),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn,mqtt5=warn"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    if let Ok(program) = std::env::current_exe() {
        yuexiang_cloud::media::heif::decode_with(program);
    }
    match run(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("yuexiang-cloud: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Publish { packs, data, at } => {
            let publisher = data.publisher().await?;
            let now = at.unwrap_or_else(jiff::Timestamp::now).as_second();
            let published = publish(&publisher, &packs, now, &Progress::new()).await;
            let published = published.map_err(|error| error.told_in(command::language()))?;
            report(&published);
            Ok(())
        }
        Command::Serve { data, listen, wake } => {
            let config = data.config_of(listen, wake)?;
            let publisher = config.publisher().await.map_err(words)?;
            if let Some(file) = &config.divisions {
                command::divisions::put_in(&publisher, file).await;
            }
            let accounts = config.accounts(publisher.clone()).map_err(words)?;
            let preview = config.preview.clone().or_else(|| beside("yuexiang"));
            let limits = Limits::of_files(more_files(), config.connections_per_address);
            let Config { listen, worker, wake, notices, .. } = config;
            let options = Options { accounts, preview, worker, wake, limits, notices };
            serve(publisher, listen, options).await.map_err(words)
        }
        Command::Admin(admin) => command::admin::run(admin).await,
        Command::Audit(audit) => command::audit::run(audit).await,
        Command::Clock(command) => command::clock::run(command).await,
        Command::Backup(command) => command::backup::make(command).await,
        Command::Restore(command) => command::backup::bring_back(command).await,
        Command::Root { data, out } => root(&data, &out).await,
        Command::Keys(command) => command::keys::run(command).await,
        Command::DecodeHeif { size, file } => yuexiang_cloud::media::heif::child(&file, size),
        Command::Regions { search } => regions(&search),
        Command::Divisions(command) => command::divisions::run(command).await,
    }
}

/// Each connection is an open file: as many as the system lets this program have, rather than what a shell begins with.
fn more_files() -> Option<u64> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = rustix::process::Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        tracing::warn!(%error, "the limit on open files stays what it is");
    }
    getrlimit(Resource::Nofile).current
}

/// A program that lies beside this one.
fn beside(name: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?.with_file_name(name);
    program.is_file().then_some(program)
}

fn report(published: &Published) {
    for (region, name, items) in &published.regions {
        let state = if published.changed.contains(region) { "published" } else { "unchanged" };
        println!("{region} {name}: {items} items, {state}");
    }
}

async fn root(data: &Data, out: &Path) -> Result<(), String> {
    let store = data.publisher().await?.store;
    let root = store.file(RegionCode::GUANGDONG, "1.root.json").await.map_err(words)?;
    let root = root.ok_or("nothing is published yet: the province has its root from the first publication on")?;
    std::fs::write(out, root).map_err(|error| format!("{}: {error}", out.display()))
}

fn regions(search: &str) -> Result<(), String> {
    let divisions = Divisions::current();
    command::show(divisions.iter().filter_map(|division| {
        let (code, name) = (division.code.to_string(), divisions.full_name(division.code));
        let is_meant = code.starts_with(search) || name.contains(search);
        is_meant.then(|| format!("{code} {:8} {name}", division.code.level().to_string()))
    }))
}
