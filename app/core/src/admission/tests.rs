#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::catalog::ReviewKey;
use crate::event::{Changes, Saved};
use crate::library::Library;
use crate::sync::testing::samples::{BUILT, item, review, reviews, target};
use proptest::prelude::*;

const VILLAGE: &str = "440224103201";

fn code(text: &str) -> RegionCode {
    text.parse().unwrap()
}

fn summary() -> ItemSummary {
    item("440224103201/a").summarize()
}

#[track_caller]
fn check(item: &ItemSummary, expected: Result<(), Refusal>) {
    assert_eq!(admit(item, &code(VILLAGE).lineage(), &reviews()).map(drop), expected);
}

#[test]
fn a_whole_chain_admits_and_each_missing_link_is_named() {
    check(&summary(), Ok(()));
    for (index, missing) in Step::ALL.into_iter().enumerate() {
        let mut item = summary();
        item.approvals.remove(index);
        check(&item, Err(Refusal::IncompleteChain { missing }));
    }
}

#[test]
fn an_item_of_a_region_that_is_not_above_the_box_is_none_of_its_own() {
    let mut item = summary();
    item.region = code("440300000000");
    check(&item, Err(Refusal::OtherLineage));
}

#[test]
fn an_audience_names_villages_or_regions_of_them() {
    let check_audience = |only: &[&str], except: &[&str], shown: bool| {
        let codes = |texts: &[&str]| texts.iter().map(|text| code(text)).collect();
        let audience = Audience { only: codes(only), except: codes(except) };
        let id = "440224000000/a".to_owned();
        let item = ItemSummary { id, region: code("440224000000"), audience, ..summary() };
        check(&item, if shown { Ok(()) } else { Err(Refusal::OtherAudience) });
    };
    check_audience(&[], &[], true);
    check_audience(&["440224103000"], &[], true);
    check_audience(&["440224103201", "440224104000"], &[], true);
    check_audience(&["440224104000"], &[], false);
    check_audience(&[], &["440224103000"], false);
    check_audience(&[], &["440224104000"], true);
    check_audience(&["440224103000"], &["440224103201"], false);
    check_audience(&["440224103000"], &["440224103202"], true);
}

/// A village that has taken over another one, whose reviewers were its own, and which lay in another town.
fn taken_over(until: i64) -> Reviews {
    let reviewer = |step: Step, person: &str| Reviewer {
        key: ReviewKey([person.as_bytes()[0]; 32]),
        person: person.to_owned(),
        name: person.to_owned(),
        steps: vec![step],
        from: 0,
        until: Some(until),
    };
    let old_village = Former {
        region: code("440224104777"),
        reviewers: vec![reviewer(Step::First, "a"), reviewer(Step::Second, "b")],
    };
    let old_town = Former { region: code("440224104000"), reviewers: vec![reviewer(Step::Final, "c")] };
    let review = Review { reviews_below: 3, reviewers: Vec::new(), former: vec![old_village, old_town] };
    let mut reviews = reviews();
    reviews.insert(code(VILLAGE), review);
    reviews
}

fn of_another_village() -> ItemSummary {
    let approval = |step, region: &str, person: &str| Approval {
        step,
        region: code(region),
        key: ReviewKey([person.as_bytes()[0]; 32]),
        at: BUILT,
    };
    let approvals = vec![
        approval(Step::First, "440224104777", "a"),
        approval(Step::Second, "440224104777", "b"),
        approval(Step::Final, "440224104000", "c"),
    ];
    ItemSummary { id: "440224104777/a".to_owned(), approvals, ..summary() }
}

#[test]
fn what_a_region_has_taken_over_counts_as_its_own_with_the_reviewers_of_then() {
    let lineage = code(VILLAGE).lineage();
    let item = of_another_village();
    assert_eq!(admit(&item, &lineage, &taken_over(BUILT + 1)).map(drop), Ok(()));
    let late = Err(Refusal::OutsideTime { step: Step::First });
    assert_eq!(
        admit(&item, &lineage, &taken_over(BUILT)).map(drop),
        late,
        "nobody approves for a code that is no more"
    );
    check(&item, Err(Refusal::NotTakenOver));
    // A town that was above it is named for its reviewers, and is not taken over with all that it has.
    let of_the_town = ItemSummary { id: "440224104000/a".to_owned(), ..item.clone() };
    assert_eq!(admit(&of_the_town, &lineage, &taken_over(BUILT + 1)).map(drop), Err(Refusal::NotTakenOver));
    // For what is its own nothing has changed.
    assert_eq!(admit(&summary(), &lineage, &taken_over(BUILT + 1)).map(drop), Ok(()));
}

#[test]
fn an_audience_that_names_a_code_that_is_no_more_means_the_region_that_has_taken_it_over() {
    let lineage = code(VILLAGE).lineage();
    let for_some = |only: &[&str], except: &[&str]| {
        let codes = |texts: &[&str]| texts.iter().map(|text| code(text)).collect();
        let audience = Audience { only: codes(only), except: codes(except) };
        ItemSummary { id: "440224000000/a".to_owned(), region: code("440224000000"), audience, ..summary() }
    };
    let admits = |item: &ItemSummary, reviews: &Reviews| admit(item, &lineage, reviews).is_ok();
    let taken_over = taken_over(BUILT + 1);
    assert!(admits(&for_some(&["440224104777"], &[]), &taken_over));
    assert!(!admits(&for_some(&["440224104777"], &[]), &reviews()));
    assert!(!admits(&for_some(&[], &["440224104777"]), &taken_over));
    assert!(!admits(&for_some(&["440224104000"], &[]), &taken_over), "it has left that town");
}

#[test]
fn the_province_needs_all_three_whatever_it_says_of_those_below() {
    let mut reviews = reviews();
    let province = code("440000000000");
    reviews.get_mut(&province).unwrap().reviews_below = 1;
    assert_eq!(required_steps(province, &reviews), Step::ALL);
    assert_eq!(required_steps(code("440200000000"), &reviews), [Step::Final]);
    assert_eq!(required_steps(code("440224000000"), &reviews), Step::ALL, "the city says nothing");
}

#[test]
fn a_person_who_may_take_every_step_takes_one() {
    let mut review = review();
    for reviewer in &mut review.reviewers {
        reviewer.steps = Step::ALL.to_vec();
    }
    let reviews: Reviews = [(code("440000000000"), review)].into();
    let lineage = code(VILLAGE).lineage();
    let mut item = summary();
    assert!(admit(&item, &lineage, &reviews).is_ok());
    let first = item.approvals[0].key;
    item.approvals[2].key = first;
    assert_eq!(admit(&item, &lineage, &reviews), Err(Refusal::SamePerson));
    // Another one's approval of the same step makes up for it.
    let last = Approval { key: ReviewKey([3; 32]), ..item.approvals[2] };
    item.approvals.push(last);
    assert!(admit(&item, &lineage, &reviews).is_ok());
}

const REGIONS: [&str; 4] = ["440000000000", "440224000000", VILLAGE, "440300000000"];

fn step() -> impl Strategy<Value = Step> {
    prop::sample::select(Step::ALL.to_vec())
}

fn reviewer() -> impl Strategy<Value = Reviewer> {
    let until = prop::option::of(0..6i64);
    (0u8..6, 0u8..4, prop::collection::vec(step(), 1..3), 0..4i64, until).prop_map(
        |(key, person, steps, from, until)| Reviewer {
            key: ReviewKey([key; 32]),
            person: format!("person-{person}"),
            name: format!("name-{person}"),
            steps,
            from: BUILT + from,
            until: until.map(|until| BUILT + until),
        },
    )
}

fn any_reviews() -> impl Strategy<Value = Reviews> {
    let document = (1u8..=3, prop::collection::vec(reviewer(), 0..8));
    let document =
        document.prop_map(|(reviews_below, reviewers)| Review { reviews_below, reviewers, former: Vec::new() });
    prop::collection::btree_map(prop::sample::select(REGIONS.map(code).to_vec()), document, 0..4)
}

fn approval() -> impl Strategy<Value = Approval> {
    (step(), prop::sample::select(REGIONS.map(code).to_vec()), 0u8..6, 0..6i64)
        .prop_map(|(step, region, key, at)| Approval { step, region, key: ReviewKey([key; 32]), at: BUILT + at })
}

/// The rules once more, word by word and without a thought for speed: the persons whose approval of a step counts.
fn persons(item: &ItemSummary, step: Step, reviews: &Reviews) -> Vec<(String, ReviewKey)> {
    let mut persons = Vec::new();
    for approval in item.approvals.iter().filter(|approval| approval.step == step) {
        let above = item.region.lineage().contains(&approval.region);
        let listed = reviews.get(&approval.region).into_iter().flat_map(|review| &review.reviewers);
        for reviewer in listed.filter(|reviewer| above && reviewer.key == approval.key) {
            let in_time = reviewer.from <= approval.at && reviewer.until.is_none_or(|until| approval.at < until);
            if in_time && reviewer.steps.contains(&step) && reviewer.person != item.author {
                persons.push((reviewer.person.clone(), reviewer.key));
            }
        }
    }
    persons
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_approvals_arrive_too_few_different_persons_show_nothing(
        approvals in prop::collection::vec(approval(), 0..6), reviews in any_reviews(), author in 0u8..6,
    ) {
        let mut one = item("440224103201/a");
        one.approvals = approvals;
        one.author = format!("person-{author}");
        let needed = required_steps(one.region, &reviews);
        let saved = Saved { reviews: reviews.clone(), ..Saved::default() };
        let mut library = Library::from_saved(&saved, code(VILLAGE));
        library.apply(&Changes {
            pages: vec![(one.region, target("pages/party/2026-10.json", 1), vec![one.clone()])],
            ..Changes::default()
        });
        let summary = one.summarize();
        let by_step: Vec<Vec<(String, ReviewKey)>> =
            needed.iter().map(|step| persons(&summary, *step, &reviews)).collect();
        let different: std::collections::BTreeSet<&String> =
            by_step.iter().flatten().map(|(person, _)| person).collect();
        if different.len() < needed.len() || by_step.iter().any(Vec::is_empty) {
            prop_assert_eq!(library.items().count(), 0);
            prop_assert!(library.item(&one.id).is_none());
        }
        let shown = library.reviewers(&one.id);
        if library.items().count() > 0 {
            prop_assert_eq!(shown.iter().map(|(step, _)| *step).collect::<Vec<_>>(), needed);
            let names: std::collections::BTreeSet<&String> = shown.iter().map(|(_, name)| name).collect();
            prop_assert_eq!(names.len(), needed.len(), "everybody counts once");
            for ((_, name), counting) in shown.iter().zip(&by_step) {
                let person = name.replace("name", "person");
                prop_assert!(counting.iter().any(|(other, _)| *other == person));
            }
        } else {
            prop_assert_eq!(library.withheld().count(), 1);
            prop_assert!(shown.is_empty());
        }
    }
}
