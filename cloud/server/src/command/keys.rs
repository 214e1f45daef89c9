//! `yuexiang-cloud keys …`: docs/KEYS.md tells when which of them is used.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use yuexiang_cloud::keys::import::Imported;
use yuexiang_cloud::keys::request::{RequestFile, SignatureFile, Tally};
use yuexiang_cloud::keys::{NewKey, RootOutcome, master, pem};
use yuexiang_cloud::region::RegionCode;
use yuexiang_cloud::renew::renew_due;
use yuexiang_cloud::store::Store;
use yuexiang_cloud::tuf::Role;

use crate::{Data, words};

/// Who the log says it was.
const ACTOR: &str = "command-line";

#[derive(Subcommand)]
pub enum Keys {
    /// Show versions, expiry and keys of a region, or what needs attention in all of them.
    Status {
        region: Option<RegionCode>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        data: Data,
    },
    /// Replace the key of a role, and those of the roles that vouch for it; boxes follow by themselves.
    ///
    /// With an offline root key the new keys wait for its signature (`keys request`), and the old ones go on signing.
    Rotate {
        region: RegionCode,
        role: RoleName,
        #[command(flatten)]
        data: Data,
    },
    /// Keep the root keys of a region away from the network.
    #[command(subcommand)]
    OfflineRoot(OfflineRoot),
    /// Write the root that waits for signatures of offline keys into a file for `keys sign`.
    Request {
        region: RegionCode,
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        data: Data,
    },
    /// Show what a request changes and, with --key and --out, sign it. Needs neither data folder nor network.
    Sign {
        /// The file that `keys request` wrote.
        request: PathBuf,
        /// The secret root key: PKCS #8 in PEM.
        #[arg(long, requires = "out")]
        key: Option<PathBuf>,
        /// Where the signature goes.
        #[arg(long, requires = "key")]
        out: Option<PathBuf>,
    },
    /// Take in signatures that `keys sign` made; the last one needed publishes the root.
    Import {
        #[arg(required = true)]
        signatures: Vec<PathBuf>,
        #[command(flatten)]
        data: Data,
    },
    /// Give up the root of a region that waits for signatures, and the keys that wait for it.
    Cancel {
        region: RegionCode,
        #[command(flatten)]
        data: Data,
    },
    /// Sign everything that expires soon. A running server does so by itself, every hour.
    Renew {
        #[command(flatten)]
        data: Data,
    },
    /// Put new keys in charge of a region in the name of the one above: its old keys were stolen or lost.
    RevokeChild {
        region: RegionCode,
        #[command(flatten)]
        data: Data,
    },
    /// Every copy of the master key is lost: give up all keys that it sealed, and make a new one.
    ///
    /// What is published stays, and boxes keep it. Then new keys are put in charge from the top: for the province with
    /// `keys rotate 440000000000 targets` and the signatures of its offline root, below it with `keys revoke-child REGION`,
    /// cities before counties, towns and villages. A province whose root was online needs a new root on its boxes.
    LostMaster {
        /// I have looked everywhere.
        #[arg(long, required = true)]
        every_copy_is_lost: bool,
        #[command(flatten)]
        data: Data,
    },
    /// Give a reviewer a new key. What the old one approved stays on the air.
    ReviewerRotate {
        account: String,
        /// The public key of a token that the reviewer carries: 64 hexadecimal digits or a PEM file.
        #[arg(long)]
        token: Option<String>,
        #[command(flatten)]
        data: Data,
    },
    /// Believe a reviewer's keys no longer. What they approved goes off the air until it is reviewed again.
    ReviewerRevoke {
        account: String,
        /// Only this key, as 64 hexadecimal digits; all of them when nothing is said.
        #[arg(long)]
        key: Option<String>,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Subcommand)]
pub enum OfflineRoot {
    /// Make a key on a computer without network. Prints the public key, which `adopt` takes.
    Make {
        /// A new file for the secret key: PKCS #8 in PEM, for its owner alone to read.
        #[arg(long)]
        out: PathBuf,
    },
    /// Write the root key that is in the database into a file. It stays in the database until `confirm`.
    Export {
        region: RegionCode,
        /// A new file, for its owner alone to read.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        data: Data,
    },
    /// Read an exported key again and, if it is whole, remove it from the database.
    Confirm {
        region: RegionCode,
        #[arg(long)]
        file: PathBuf,
        #[command(flatten)]
        data: Data,
    },
    /// Name root keys that were made elsewhere; the next root waits for their signatures.
    Adopt {
        region: RegionCode,
        /// Public keys, each 64 hexadecimal digits or a PEM file. All that the region is to have from now on.
        #[arg(required = true)]
        publics: Vec<String>,
        /// How many of them have to sign every root.
        #[arg(long, default_value_t = 1)]
        threshold: u64,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum RoleName {
    Root,
    Targets,
    Snapshot,
    Timestamp,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Root => Role::Root,
            RoleName::Targets => Role::Targets,
            RoleName::Snapshot => Role::Snapshot,
            RoleName::Timestamp => Role::Timestamp,
        }
    }
}

pub async fn run(command: Keys) -> Result<(), String> {
    let now = jiff::Timestamp::now().as_second();
    match command {
        Keys::Status { region, json, data } => status(region, json, &data, now).await,
        Keys::Rotate { region, role, data } => {
            let outcome = data.publisher().await?.rotate_key(region, role.into(), ACTOR, now).await;
            report(region, outcome.map_err(words)?);
            Ok(())
        }
        Keys::OfflineRoot(command) => offline_root(command, now).await,
        Keys::Request { region, out, data } => request(region, &out, &data).await,
        Keys::Sign { request, key, out } => sign(&request, key.as_deref(), out.as_deref()),
        Keys::Import { signatures, data } => import(&signatures, &data, now).await,
        Keys::Cancel { region, data } => {
            let version = data.publisher().await?.cancel_root(region, ACTOR, now).await.map_err(words)?;
            println!("{region}: root {version} waits no longer");
            Ok(())
        }
        Keys::Renew { data } => renew(&data, now).await,
        Keys::RevokeChild { region, data } => {
            let version = data.publisher().await?.revoke_child(region, ACTOR, now).await.map_err(words)?;
            println!("{region}: new keys are in charge from root {version} on");
            Ok(())
        }
        Keys::LostMaster { every_copy_is_lost: _, data } => {
            let config = data.config()?;
            let store = Store::open(&config.data, config.database.as_deref()).await.map_err(words)?;
            let given_up = master::give_up(&config.data, &store, now).await.map_err(words)?;
            println!("{} keys of regions and {} of reviewers are given up", given_up.regions, given_up.reviewers);
            println!("copy the new master key to where it is kept, then go on as `keys lost-master --help` says");
            Ok(())
        }
        Keys::ReviewerRotate { account, token, data } => {
            let token = token.map(|token| pem::public(&token)).transpose().map_err(words)?;
            let publisher = data.publisher().await?;
            let done = publisher.rotate_reviewer(&account, token.as_deref(), ACTOR, now).await.map_err(words)?;
            println!("{account}: {} in {} regions", done.public, done.regions.len());
            Ok(())
        }
        Keys::ReviewerRevoke { account, key, data } => reviewer_revoke(&account, key.as_deref(), &data, now).await,
    }
}

async fn status(region: Option<RegionCode>, json: bool, data: &Data, now: i64) -> Result<(), String> {
    let publisher = data.publisher().await?;
    match region {
        Some(region) => show(&publisher.key_status(region).await.map_err(words)?, json),
        None => show(&publisher.key_overview(now).await.map_err(words)?, json),
    }
}

fn show(status: &(impl Serialize + std::fmt::Display), json: bool) -> Result<(), String> {
    match json {
        true => println!("{}", serde_json::to_string_pretty(status).map_err(words)?),
        false => print!("{status}"),
    }
    Ok(())
}

fn report(region: RegionCode, outcome: RootOutcome) {
    match outcome {
        RootOutcome::Published { version } => println!("{region}: root {version} is published"),
        RootOutcome::Waiting { version, tally } => {
            println!("{region}: root {version} waits for signatures ({}); see `keys request`", count(tally));
        }
    }
}

fn count(Tally { follows, next }: Tally) -> String {
    let (before, own) = ((follows.have, follows.need), (next.have, next.need));
    format!("{} of {} of the keys before, {} of {} of its own", before.0, before.1, own.0, own.1)
}

async fn offline_root(command: OfflineRoot, now: i64) -> Result<(), String> {
    match command {
        OfflineRoot::Make { out } => {
            let key = NewKey::make("an offline root").map_err(words)?;
            pem::write_secret(&out, &key).map_err(words)?;
            println!("{}", key.public);
        }
        OfflineRoot::Export { region, out, data } => {
            let public = data.publisher().await?.export_root(region, &out, ACTOR, now).await.map_err(words)?;
            println!("{region}: {} holds the root key {public}", out.display());
            println!("copy it to where it is kept, then: keys offline-root confirm {region} --file COPY");
        }
        OfflineRoot::Confirm { region, file, data } => {
            let public = data.publisher().await?.confirm_root(region, &file, ACTOR, now).await.map_err(words)?;
            println!("{region}: the root key {public} is offline");
        }
        OfflineRoot::Adopt { region, publics, threshold, data } => {
            let publics: Result<BTreeSet<String>, _> = publics.iter().map(|named| pem::public(named)).collect();
            let publics = publics.map_err(words)?;
            let outcome = data.publisher().await?.adopt_root(region, &publics, threshold, ACTOR, now).await;
            report(region, outcome.map_err(words)?);
        }
    }
    Ok(())
}

async fn request(region: RegionCode, out: &Path, data: &Data) -> Result<(), String> {
    let request = data.publisher().await?.root_request(region).await.map_err(words)?;
    write(out, &request)?;
    describe(&request);
    Ok(())
}

fn describe(request: &RequestFile) {
    println!("{} {}", request.region, request.name);
    request.summary.iter().for_each(|line| println!("  {line}"));
    println!("  sha256 {}", request.sha256());
}

fn sign(request: &Path, key: Option<&Path>, out: Option<&Path>) -> Result<(), String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", request.display());
    let request = RequestFile::read(&read(request)?).map_err(|error| named(&error))?;
    describe(&request);
    if let Some((key, out)) = key.zip(out) {
        let key = pem::read_secret(key).map_err(words)?;
        write(out, &request.sign(&key).map_err(words)?)?;
        println!("  signed with {}", key.public);
    }
    Ok(())
}

async fn import(signatures: &[PathBuf], data: &Data, now: i64) -> Result<(), String> {
    let publisher = data.publisher().await?;
    for path in signatures {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let file = SignatureFile::read(&read(path)?).map_err(|error| named(&error))?;
        let imported = publisher.import_signature(&file, ACTOR, now).await.map_err(|error| named(&error))?;
        let region = file.region;
        match imported {
            Imported::Published { version } => println!("{region}: root {version} is published"),
            Imported::AlreadyPublished { version } => println!("{region}: root {version} had been published before"),
            Imported::Waiting { version, tally } => {
                println!("{region}: root {version} waits for more signatures ({})", count(tally));
            }
        }
    }
    Ok(())
}

async fn renew(data: &Data, now: i64) -> Result<(), String> {
    let publisher = data.publisher().await?;
    let regions = renew_due(&publisher, now).await.map_err(words)?;
    for &region in &regions {
        yuexiang_cloud::export::export(&publisher.data, &publisher.store, region).await.map_err(words)?;
    }
    println!("{} regions were signed anew", regions.len());
    Ok(())
}

async fn reviewer_revoke(account: &str, key: Option<&str>, data: &Data, now: i64) -> Result<(), String> {
    let done = data.publisher().await?.revoke_reviewer(account, key, ACTOR, now).await.map_err(words)?;
    done.keys.iter().for_each(|key| println!("{account}: {key} is revoked"));
    done.off_air.iter().for_each(|item| println!("  {item} went off the air"));
    done.set_back.iter().for_each(|item| println!("  {item} waits for its review again"));
    println!("  {} regions changed", done.regions.len());
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("reading {}: {error}", path.display()))
}

fn write(path: &Path, document: &impl Serialize) -> Result<(), String> {
    let mut text = serde_json::to_string_pretty(document).map_err(words)?;
    text.push('\n');
    std::fs::write(path, text).map_err(|error| format!("writing {}: {error}", path.display()))
}
