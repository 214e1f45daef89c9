//! What people at the desk wait for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use yuexiang_cloud::desk::Desk;
use yuexiang_cloud::desk::draft::Draft;
use yuexiang_cloud::desk::items::Origin;
use yuexiang_cloud::desk::list::Filter;
use yuexiang_cloud::desk::rights::{Actor, Grant, Role, Via};
use yuexiang_cloud::desk::state::State;
use yuexiang_cloud::publish::Publisher;
use yuexiang_cloud::publish::drafts::Drafts;
use yuexiang_cloud::region::RegionCode;
use yuexiang_wire::{Board, Step};

use crate::Result;
use crate::load::{Loaded, NOW, put_pages};
use crate::texts::{Random, WORDS};

const AIM: &str = "≤ 200 ms";

/// The 50th and 95th percentile, as a line of the table.
pub fn line(what: &str, mut times: Vec<Duration>, aim: &str) {
    times.sort();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    let text = |time: Option<&Duration>| time.map_or("–".to_owned(), |time| milliseconds(*time));
    println!("| {what} | {} | {} | {aim} |", text(at(50)), text(at(95)));
}

fn milliseconds(time: Duration) -> String {
    let value = time.as_secs_f64() * 1_000.0;
    if value < 10.0 { format!("{value:.1} ms") } else { format!("{value:.0} ms") }
}

pub async fn measure(database: &str, publisher: Publisher, loaded: &Loaded, rounds: usize) -> Result {
    let objects = publisher.objects()?;
    let bench = Bench { desk: Desk { publisher, objects, published: Arc::default() }, loaded, rounds };
    let place = format!("{database}, {} villages", loaded.villages.len());
    if loaded.villages.len() > 1 {
        bench.lists(&place).await?;
        bench.searches(&place).await?;
    }
    bench.publishing(&place).await?;
    bench.repository(&place).await
}

struct Bench<'a> {
    desk: Desk,
    loaded: &'a Loaded,
    rounds: usize,
}

type Narrow = (&'static str, fn(&mut Filter));

const FILTERS: [Narrow; 7] = [
    ("everything", |_| {}),
    ("board", |filter| filter.board = Some(Board::Business)),
    ("published", |filter| filter.state = Some(State::Published)),
    ("first review", |filter| filter.state = Some(State::Review(Step::First))),
    ("withdrawn", |filter| filter.state = Some(State::Withdrawn)),
    ("rarest kind", |filter| filter.kind = Some("spot".to_owned())),
    ("board and kind that never meet", |filter| {
        filter.board = Some(Board::Party);
        filter.kind = Some("spot".to_owned());
    }),
];

impl Bench<'_> {
    /// A region of each level that a village of the database lies in.
    fn scopes(&self, random: &mut Random) -> Vec<RegionCode> {
        random.pick(&self.loaded.villages).lineage()
    }

    async fn lists(&self, place: &str) -> Result {
        for (name, narrow) in FILTERS {
            let mut times = vec![Vec::new(); 5];
            let mut random = Random::new(7);
            for _ in 0..self.rounds {
                for region in self.scopes(&mut random) {
                    let mut filter = Filter::of(region);
                    narrow(&mut filter);
                    times[region.level() as usize].push(self.list(&filter).await?);
                }
            }
            print_levels(&format!("{place}: list, {name}"), times);
        }
        Ok(())
    }

    async fn searches(&self, place: &str) -> Result {
        for (name, words) in WORDS {
            let mut times = vec![Vec::new(); 5];
            let mut random = Random::new(8);
            for _ in 0..self.rounds {
                for region in self.scopes(&mut random) {
                    let filter = Filter { words: words.to_owned(), ..Filter::of(region) };
                    times[region.level() as usize].push(self.list(&filter).await?);
                }
            }
            print_levels(&format!("{place}: search, {name} word"), times);
        }
        Ok(())
    }

    async fn list(&self, filter: &Filter) -> Result<Duration> {
        let auditor = person("auditor", Role::Auditor);
        let began = Instant::now();
        self.desk.list(&auditor, filter).await?;
        Ok(began.elapsed())
    }

    /// From the final reviewer's click to the commit: the page anew, targets, snapshot and timestamp signed.
    async fn publishing(&self, place: &str) -> Result {
        let editor = person("editor", Role::Editor);
        let roles = [Role::FirstReviewer, Role::SecondReviewer, Role::FinalReviewer];
        let reviewers = roles.map(|role| person(role.slug(), role));
        for person in reviewers.iter().chain([&editor]) {
            let sql = "INSERT INTO account (id, name, region, created) VALUES ($1, $1, '440000000000', 0)
                       ON CONFLICT (id) DO NOTHING";
            let values = vec![person.account.as_str().into()];
            self.desk.publisher.store.db.execute("adding a person", sql, values).await?;
        }
        let mut times = Vec::new();
        let mut random = Random::new(9);
        for number in 0..self.rounds.min(100) {
            let village = *random.pick(&self.loaded.sample);
            let draft = Draft {
                title: format!("停水通知（{number}）"),
                body: "明日停水。".to_owned(),
                ..Draft::new("notice", Board::Governance, "notice")
            };
            let now = NOW + number as i64;
            let saved = self.desk.create(&editor, village, &draft, Origin::Desk, now).await?;
            self.desk.submit(&editor, &saved.id, saved.revision, now).await?;
            let text = self.desk.publisher.store.revision(&saved.id, saved.revision).await?;
            let hash = text.and_then(|text| text.hash).ok_or("a submitted text has a hash")?;
            for (reviewer, step) in reviewers.iter().zip(Step::ALL) {
                let began = Instant::now();
                self.desk.approve(reviewer, &saved.id, step, &hash, now).await?;
                if step == Step::Final {
                    times.push(began.elapsed());
                }
            }
        }
        line(&format!("{place}: final approval → commit"), times, AIM);
        Ok(())
    }

    /// All pages of a village and all that is signed over them. Nothing of it is kept.
    async fn repository(&self, place: &str) -> Result {
        let publisher = &self.desk.publisher;
        let mut times = Vec::new();
        let mut random = Random::new(10);
        for _ in 0..self.rounds.min(100) {
            let village = *random.pick(&self.loaded.sample);
            let began = Instant::now();
            let mut change = publisher.store.change().await?;
            Drafts::lock(&mut change, &[village]).await?;
            let mut drafts = Drafts::new(publisher, NOW + 1_000);
            drafts.open(&mut change, village, None).await?;
            put_pages(&mut change, &mut drafts, village).await?;
            // Something has to differ for anything to be signed.
            drafts.put(village, "bench.json", began.elapsed().as_nanos().to_string().into_bytes());
            drafts.finish(&mut change).await?;
            times.push(began.elapsed());
            change.abandon().await?;
        }
        line(&format!("{place}: one village's repository anew"), times, "the same for 1 village and for all");
        Ok(())
    }
}

fn print_levels(what: &str, times: Vec<Vec<Duration>>) {
    for (level, times) in ["province", "city", "county", "town", "village"].into_iter().zip(times) {
        line(&format!("{what}, {level}"), times, AIM);
    }
}

fn person(id: &str, role: Role) -> Actor {
    let grants = vec![Grant { role, region: RegionCode::GUANGDONG }];
    Actor::new(format!("bench-{id}"), id, grants, Via::CommandLine)
}
