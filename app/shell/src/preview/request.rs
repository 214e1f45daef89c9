//! A request for a picture, and what it means.

use super::{Language, PreviewError, TextSize};
use crate::settings::{Code, Size};
use clap::ValueEnum;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use yuexiang_core::RegionCode;
use yuexiang_core::catalog::{Item, ObjectRef, ObjectRole, RegionInfo, Sha256, Step};
use yuexiang_core::ports::ObjectPaths;
use yuexiang_core::preview::{Place, Preview, PreviewReviews};
use yuexiang_core::region::Level;
use yuexiang_core::view;
use yuexiang_net::preview as documents;

/// As it comes in; the fields are described in [`super::HELP`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub item: Value,
    pub board: String,
    pub village: Code,
    pub village_name: String,
    #[serde(default)]
    pub lineage: Vec<String>,
    #[serde(default = "no_sections")]
    pub sections: Value,
    pub objects: PathBuf,
    pub screen: Screen,
    #[serde(default)]
    pub page: usize,
    #[serde(default)]
    pub size: Size,
    #[serde(default)]
    pub language: Language,
    #[serde(default)]
    pub text_size: TextSize,
    pub now: i64,
    #[serde(default = "all_reviews")]
    pub reviews: u8,
    #[serde(default)]
    pub reviewers: Reviewers,
    pub out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Screen {
    List,
    Item,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewers {
    first: Option<String>,
    second: Option<String>,
    r#final: Option<String>,
}

pub fn all_reviews() -> u8 {
    3
}

fn no_sections() -> Value {
    Value::Array(Vec::new())
}

/// A request that makes sense.
pub struct Drawing {
    pub preview: Preview,
    /// Pixels.
    pub size: (u32, u32),
    pub objects: Objects,
    pub out: PathBuf,
}

impl Request {
    pub fn parse(self) -> Result<Drawing, PreviewError> {
        let board = documents::board(&self.board).map_err(PreviewError::Board)?;
        let item = documents::draft_item(self.item, board).map_err(PreviewError::Item)?;
        let village = self.village.0;
        if village.level() != Level::Village {
            return Err(yuexiang_core::preview::PreviewError::NotAVillage(village).into());
        }
        let regions = regions(village, self.village_name, self.lineage, self.sections)?;
        let objects = Objects(self.objects);
        if !objects.0.is_dir() {
            return Err(PreviewError::NoObjects(objects.0));
        }
        // 2000-01-01 and 2100-01-01: the bounds of every time in an item.
        if !(946_684_800..4_102_444_800).contains(&self.now) {
            return Err(PreviewError::Now(self.now));
        }
        let place = match self.screen {
            Screen::List if self.page > 0 => return Err(PreviewError::PageOfList(self.page)),
            Screen::List => Place::List,
            Screen::Item => Place::Item { page: self.page },
        };
        let Reviewers { first, second, r#final } = self.reviewers;
        let names = [(Step::First, first), (Step::Second, second), (Step::Final, r#final)];
        let names = names.into_iter().filter_map(|(step, name)| Some((step, name?))).collect();
        let preview = Preview {
            village,
            regions,
            stored: objects.stored(&item),
            item,
            reviews: PreviewReviews { needed: self.reviews, names },
            language: match self.language {
                Language::Zh => view::Language::Chinese,
                Language::En => view::Language::English,
            },
            text_size: match self.text_size {
                TextSize::Normal => view::TextSize::Normal,
                TextSize::Large => view::TextSize::Large,
            },
            place,
            now: self.now,
        };
        Ok(Drawing { preview, size: self.size.0, objects, out: self.out })
    }
}

/// The village with all sections, whichever region they are from, and the names of the regions above it.
fn regions(
    village: RegionCode,
    name: String,
    above: Vec<String>,
    sections: Value,
) -> Result<Vec<RegionInfo>, PreviewError> {
    let lineage = village.lineage();
    let levels = lineage.len() - 1;
    if above.len() > levels {
        return Err(PreviewError::Lineage(format!("{} names for the {levels} regions above {village}", above.len())));
    }
    let mut regions = vec![documents::draft_region(village, name, sections).map_err(PreviewError::Sections)?];
    regions.extend(lineage.into_iter().zip(above).map(|(code, name)| RegionInfo { code, name, sections: Vec::new() }));
    Ok(regions)
}

/// A folder of objects, laid out as the box's own.
pub struct Objects(PathBuf);

impl Objects {
    /// What of an item's objects is there. A video counts as there: its file is never opened, only its poster is seen.
    fn stored(&self, item: &Item) -> Vec<ObjectRef> {
        let needed = item.summarize().objects.into_iter();
        let there = needed.filter(|needed| needed.role == ObjectRole::Video || self.has(needed.object));
        there.map(|needed| needed.object).collect()
    }

    fn has(&self, object: ObjectRef) -> bool {
        let file: &Path = &self.path(object.sha256);
        file.metadata().is_ok_and(|file| file.is_file() && file.len() == object.length)
    }
}

impl ObjectPaths for Objects {
    fn path(&self, sha256: Sha256) -> PathBuf {
        let name = sha256.to_string();
        self.0.join(&name[..2]).join(name)
    }
}
