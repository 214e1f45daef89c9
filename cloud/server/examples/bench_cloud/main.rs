//! The cloud's figures in docs/BENCHMARKS.md: `cargo xtask bench cloud`.
//!
//! Fills a database with every village of the province and its items, as the desk would have left them, and measures what
//! people wait for: lists, searches, publishing. Then how fast a publication reaches boxes, and how many polls are
//! answered, beside nginx with the same files. Nothing here asserts: it measures and prints.

mod load;
mod measure;
mod polls;
mod reach;
mod texts;

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use yuexiang_cloud::publish::Publisher;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
struct Options {
    /// PostgreSQL server, without a database's name; without it, SQLite alone is measured
    #[arg(long)]
    postgres: Option<String>,
    /// Leaves SQLite out, as when the two are filled side by side
    #[arg(long, requires = "postgres")]
    without_sqlite: bool,
    /// Measures once more what an earlier run with the same numbers has filled
    #[arg(long)]
    again: bool,
    /// Villages with items, spread over the province; all 26,842 when nothing is said
    #[arg(long, default_value_t = usize::MAX)]
    villages: usize,
    /// Items of each village
    #[arg(long, default_value_t = 200)]
    items: usize,
    /// How often each request is made
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// Where SQLite's file and the servers' data lie
    #[arg(long)]
    folder: PathBuf,
    /// The program `yuexiang-cloud`; without it neither polls nor the way to boxes are measured
    #[arg(long)]
    program: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result {
    let options = Options::parse();
    println!("| what | p50 | p95 | aim (p95) |\n|---|---|---|---|");
    let mut databases = Vec::new();
    if !options.without_sqlite {
        databases.push(("SQLite", None));
    }
    if let Some(server) = &options.postgres {
        databases.push(("PostgreSQL", Some(server.as_str())));
    }
    for (name, server) in databases {
        // The same with next to nothing in the database, for what must not depend on how much there is.
        for villages in [1, options.villages] {
            let publisher = open(&options, server, villages == 1).await?;
            if options.again {
                measure::measure(name, publisher, &load::loaded(villages, options.items), options.rounds).await?;
                continue;
            }
            let began = Instant::now();
            let loaded = load::load(&publisher, villages, options.items).await?;
            eprintln!(
                "{name}: {} items of {} villages in {:.0?}",
                loaded.items,
                loaded.villages.len(),
                began.elapsed()
            );
            let began = Instant::now();
            load::found_all(&publisher, &loaded.villages, &loaded.sample).await?;
            eprintln!("{name}: {} repositories in {:.0?}", loaded.villages.len(), began.elapsed());
            measure::measure(name, publisher, &loaded, options.rounds).await?;
        }
    }
    if let Some(program) = &options.program {
        let folder = options.folder.join("served");
        reach::measure(program, &folder, options.postgres.as_deref()).await?;
        polls::measure(program, &folder.join("sqlite")).await?;
    }
    Ok(())
}

/// A database, empty unless it is to be measured once more.
async fn open(options: &Options, server: Option<&str>, is_small: bool) -> Result<Publisher> {
    let name = if is_small { "small" } else { "full" };
    let data = options.folder.join(if server.is_some() { format!("postgres-{name}") } else { name.to_owned() });
    if data.exists() && !options.again {
        std::fs::remove_dir_all(&data)?;
    }
    let address = match server {
        Some(server) if options.again => Some(format!("{server}/bench_{name}")),
        Some(server) => Some(create(server, &format!("bench_{name}"))?),
        None => None,
    };
    Ok(Publisher::open(&data, address.as_deref()).await?)
}

/// Makes a database anew on a PostgreSQL server and returns its address.
fn create(server: &str, name: &str) -> Result<String> {
    for statement in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")] {
        let address = format!("{server}/postgres");
        let status = std::process::Command::new("psql").args([&address, "-q", "-c", &statement]).status()?;
        if !status.success() {
            return Err(format!("psql: {statement}: {status}").into());
        }
    }
    Ok(format!("{server}/{name}"))
}
