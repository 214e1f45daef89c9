//! The chain of trust from the reviewers to an item.
//!
//! An item carries up to three approvals (初审, 复审, 终审). Each is an Ed25519 signature (RFC 8032) over the
//! [`statement`] that names the item, the hash of its content, the step and the moment. Which keys may approve what is
//! said by `review.json` in the repository of the reviewer's region: the item's own region or one above it. A box
//! shows an item when its approvals
//!
//! 1. hold for the [`content_hash`] of the item as it came,
//! 2. are each signed with a key that the `review.json` of the named region lists for this step at that moment,
//! 3. come from as many different persons as there are steps, none of them the author,
//! 4. cover every step that [`required_steps`] asks for; the number is set by the `review.json` of the region directly
//!    above the item's region, and is three where that says nothing.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Reviews that are needed where the region above has not set another number, and for the province itself.
pub const REVIEWS: u8 = 3;

/// One of the three reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// 初审
    First,
    /// 复审
    Second,
    /// 终审
    Final,
}

impl Step {
    pub const ALL: [Step; 3] = [Step::First, Step::Second, Step::Final];

    pub fn slug(self) -> &'static str {
        match self {
            Step::First => "first",
            Step::Second => "second",
            Step::Final => "final",
        }
    }

    pub fn named(slug: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.slug() == slug)
    }
}

/// The steps that an item needs when its region needs so many reviews, in their order. What is no number from 1 to 3
/// asks for all of them.
pub fn required_steps(reviews: u8) -> &'static [Step] {
    match reviews {
        1 => &[Step::Final],
        2 => &[Step::First, Step::Final],
        _ => &Step::ALL,
    }
}

/// That a person let an item through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub step: Step,
    /// 12 digits: the region whose `review.json` names the key.
    pub region: String,
    /// Ed25519 public key, 64 lower-case hexadecimal digits.
    pub key: String,
    /// Unix seconds.
    pub at: i64,
    /// Ed25519 signature over the [`statement`], 128 lower-case hexadecimal digits.
    pub signature: String,
}

/// Who reviews for a region and for everything below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub format: u32,
    /// 12 digits; must be the region in whose repository it lies.
    pub region: String,
    /// How many of the three reviews an item of a region directly below needs: 1 to 3.
    pub reviews_below: u8,
    pub reviewers: Vec<Reviewer>,
    /// Regions of the same level that this one has taken over, with the reviewers that they had. Their items keep their ids
    /// and approvals and are on this region's pages now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Former>,
}

/// A region that goes on as another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// 12 digits.
    pub region: String,
    #[serde(default)]
    pub reviewers: Vec<Reviewer>,
}

/// A key and what may be approved with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewer {
    /// Ed25519 public key, 64 lower-case hexadecimal digits.
    pub key: String,
    /// The same for all keys of one person, in every region: `[a-z0-9-]{1,40}`.
    pub person: String,
    /// As shown to viewers, at most 40 characters.
    pub name: String,
    pub steps: Vec<Step>,
    /// Approvals count from this moment on, Unix seconds.
    pub from: i64,
    /// And until this one. A key that is no longer to be believed at all is left out altogether.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// SHA-256 of an item's content as 64 lower-case hexadecimal digits: of its JSON object without `approvals`, in
/// canonical form (TUF specification, 4.1: sorted keys, no white space). Members that this version does not know are
/// part of it. None for what is no object or holds a number that is not whole.
pub fn content_hash(item: &serde_json::Value) -> Option<String> {
    let mut content = item.as_object()?.clone();
    content.remove("approvals");
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, olpc_cjson::CanonicalFormatter::new());
    content.serialize(&mut serializer).ok()?;
    Some(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What is signed. The first line keeps such a signature from meaning anything elsewhere; no part can hold a line break.
pub fn statement(item: &str, content_hash: &str, step: Step, region: &str, at: i64) -> String {
    format!("yuexiang approval 1\n{item}\n{content_hash}\n{}\n{region}\n{at}\n", step.slug())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn the_content_hash_depends_on_neither_order_nor_approvals() {
        let one: serde_json::Value = serde_json::from_str(r#"{"b": [1, {"z": "茶", "y": null}], "a": true}"#).unwrap();
        let other = json!({"a": true, "approvals": [{"at": 1}], "b": [1, {"y": null, "z": "茶"}]});
        assert_eq!(content_hash(&one), content_hash(&other));
        // Computed with Python: sha256 of {"a":true,"b":[1,{"y":null,"z":"茶"}]}.
        let expected = "ddfd495d03e88bb0c9b6929fe83ccac70d01da13d1f7c99e9af31e795295c512";
        assert_eq!(content_hash(&one).as_deref(), Some(expected));
    }

    #[test]
    fn every_member_is_part_of_the_content() {
        let before = content_hash(&json!({"id": "x", "title": "a"}));
        for changed in
            [json!({"id": "x", "title": "b"}), json!({"id": "x", "title": "a", "new": 1}), json!({"id": "x"})]
        {
            assert_ne!(content_hash(&changed), before, "{changed}");
        }
    }

    #[test]
    fn what_is_no_object_has_no_hash() {
        for value in [json!([]), json!("text"), json!({"a": 1.5})] {
            assert_eq!(content_hash(&value), None, "{value}");
        }
    }
}
