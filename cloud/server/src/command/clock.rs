//! `yuexiang-cloud clock`: whether the clock may be believed, and what was signed with a wrong one.

use yuexiang_cloud::clock::heal::{find, heal};
use yuexiang_cloud::clock::{TOLERANCE, Verdict};
use yuexiang_cloud::export::export;

use crate::command::now;
use crate::{Data, words};

#[derive(clap::Args)]
pub struct Clock {
    /// I have compared this machine's clock with another one and it is right: what was signed in its future was signed with
    /// a wrong one, and is to be healed.
    #[arg(long)]
    mine_is_right: bool,
    #[command(flatten)]
    data: Data,
}

pub async fn run(command: Clock) -> Result<(), String> {
    let publisher = command.data.publisher().await?;
    if command.mine_is_right {
        publisher.store.clock.vouch();
    }
    let look = publisher.store.clock.look(&publisher.store.db).await;
    let at = jiff::Timestamp::now();
    match &look.verdict {
        Verdict::Confirmed => println!("{at}: this machine's clock is right to {TOLERANCE} s"),
        Verdict::Unconfirmed => println!("{at}: nobody was there to be asked; see `clock` in the configuration"),
        Verdict::Doubted(doubt) => println!("{at}: {doubt}"),
    }
    look.silent.iter().for_each(|source| println!("{source} does not tell the time"));
    let found = find(&publisher, now()).await.map_err(words)?;
    println!(
        "signed in the future: reviewers of {} regions, metadata of {}; withheld by boxes: {} items",
        found.places.len(),
        found.signed.len(),
        found.withheld.len()
    );
    if !command.mine_is_right || matches!(look.verdict, Verdict::Doubted(_)) {
        if !found.is_empty() {
            println!("a running server heals this by itself once its clock is confirmed; else: clock --mine-is-right");
        }
        return Ok(());
    }
    let healed = heal(&publisher, now()).await.map_err(words)?;
    for &region in &healed.regions {
        export(&publisher.data, &publisher.store, region).await.map_err(words)?;
    }
    println!("{} regions were signed anew", healed.regions.len());
    healed.approved_anew.iter().for_each(|item| println!("{item}: is shown again"));
    healed.set_back.iter().for_each(|item| println!("{item}: waits for its review again"));
    Ok(())
}
