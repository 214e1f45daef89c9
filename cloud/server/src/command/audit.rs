//! `yuexiang-cloud audit`: checks the log, and writes it into a file that proves later what it was.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use yuexiang_cloud::desk::{audit, log};
use yuexiang_cloud::region::RegionCode;
use yuexiang_cloud::store::Store;

use super::{Data, words};

/// The log of every step.
#[derive(Args)]
pub struct Audit {
    #[command(subcommand)]
    task: Task,
    #[command(flatten)]
    data: Data,
}

#[derive(Subcommand)]
enum Task {
    /// Check that no line was changed or removed.
    Verify {
        /// Of this region and everything below.
        #[arg(long, default_value_t = RegionCode::GUANGDONG)]
        region: RegionCode,
        /// An earlier export: what it has must still be there.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Write the log as JSON lines. Kept elsewhere, it shows later whether the log's end was cut off.
    Export {
        #[arg(long, default_value_t = RegionCode::GUANGDONG)]
        region: RegionCode,
        #[arg(long)]
        out: PathBuf,
    },
}

pub async fn run(audit: Audit) -> Result<(), String> {
    let store = audit.data.publisher().await?.store;
    match audit.task {
        Task::Verify { region, against } => verify(&store, region, against.as_deref()).await,
        Task::Export { region, out } => {
            let failed = |error| format!("{}: {error}", out.display());
            let mut file = BufWriter::new(File::create(&out).map_err(failed)?);
            let lines = audit::export(&store, region, &mut file).await.map_err(words)?;
            file.get_ref().sync_all().map_err(failed)?;
            println!("{}: {lines} lines", out.display());
            Ok(())
        }
    }
}

async fn verify(store: &Store, region: RegionCode, against: Option<&Path>) -> Result<(), String> {
    let verdict = log::verify(store, region).await.map_err(words)?;
    let mut broken = verdict.broken;
    if let Some(path) = against {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        broken.extend(audit::compare(store, BufReader::new(file)).await.map_err(words)?);
    }
    for (region, seq, wrong) in &broken {
        println!("{region} line {seq}: {wrong}");
    }
    if broken.is_empty() {
        println!("{} chains, {} lines: nothing was changed", verdict.chains, verdict.lines);
        return Ok(());
    }
    Err(format!("the log is not what it was, in {} places", broken.len()))
}
