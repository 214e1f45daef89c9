//! `yuexiang-cloud backup` and `restore`: docs/CLOUD.md tells when and how.

use std::path::PathBuf;

use yuexiang_cloud::backup::backup;
use yuexiang_cloud::backup::restore::restore;

use crate::command::now;
use crate::{Data, words};

#[derive(clap::Args)]
pub struct Backup {
    /// A folder for backups, best on another disk; objects that are there already are not copied again.
    #[arg(long)]
    out: PathBuf,
    /// Clear older backups away, but for so many of the newest.
    #[arg(long, value_name = "N")]
    keep: Option<usize>,
    #[command(flatten)]
    data: Data,
}

#[derive(clap::Args)]
pub struct Restore {
    /// One backup: a folder that `backup` has made.
    backup: PathBuf,
    /// A copy of the master key, unless it is in its place in the data folder.
    #[arg(long, value_name = "FILE")]
    master: Option<PathBuf>,
    #[command(flatten)]
    data: Data,
}

pub async fn make(command: Backup) -> Result<(), String> {
    let config = command.data.config()?;
    let publisher = config.publisher().await.map_err(words)?;
    let made = backup(&publisher, config.database.as_deref(), &command.out, command.keep, now()).await;
    let made = made.map_err(words)?;
    let manifest = &made.manifest;
    println!(
        "{}: {} regions, {} objects ({} new), {} MB",
        made.path.display(),
        manifest.regions,
        manifest.objects,
        made.new_objects,
        manifest.bytes.div_ceil(1_000_000)
    );
    println!("the master key {} is not in it: keep a copy of it elsewhere", manifest.master);
    made.removed.iter().for_each(|path| println!("{}: cleared away", path.display()));
    Ok(())
}

pub async fn bring_back(command: Restore) -> Result<(), String> {
    let config = command.data.config()?;
    let restored = restore(&config, &command.backup, command.master.as_deref(), now()).await.map_err(words)?;
    let at = jiff::Timestamp::from_second(restored.manifest.at).map_err(words)?;
    println!("the backup of {at} is in place, {} objects were brought", restored.objects);
    if let Some(aside) = restored.aside {
        println!("what was there before lies in {aside}");
    }
    let recovered = restored.recovered;
    println!("{} regions were signed anew, with versions above all that boxes have seen", recovered.signed);
    for (region, version) in &recovered.followed {
        println!("{region}: root {version}, which is newer than the backup, was taken in");
    }
    for region in &recovered.rekeyed {
        println!("{region}: new keys are in charge; boxes follow by themselves");
    }
    for (region, need) in &recovered.needs {
        println!("{region}: {need}");
    }
    println!(
        "sessions have ended; keys, accounts and tokens that were revoked since the backup stay so as far as known"
    );
    Ok(())
}
