//! The whole table, written down a second time, and what must hold for whatever grants.

use proptest::prelude::*;

use super::*;
use crate::divisions::Divisions;

/// One line an action, one column a role in the order of [`Role::ALL`]: x for allowed.
///
/// Columns: editor, first, second, final reviewer, operator, alert officer, installer, auditor, administrator.
const EXPECTED: [(Action, &str); 26] = [
    (Action::SeePublished, "x xxx x x x x x"),
    (Action::SeeDrafts, "x xxx . . . x ."),
    (Action::Write, "x ... . . . . ."),
    (Action::Submit, "x ... . . . . ."),
    (Action::Upload, "x ... . . . . ."),
    (Action::Approve(Step::First), ". x.. . . . . ."),
    (Action::Approve(Step::Second), ". .x. . . . . ."),
    (Action::Approve(Step::Final), ". ..x . . . . ."),
    (Action::Reject(Step::First), ". x.. . . . . ."),
    (Action::Reject(Step::Second), ". .x. . . . . ."),
    (Action::Reject(Step::Final), ". ..x . . . . ."),
    (Action::Withdraw, ". ..x x . . . ."),
    (Action::EditSections, ". ... x . . . ."),
    (Action::SetReviewsBelow, ". ... . . . . x"),
    (Action::SeeAccounts, ". ... . . . x x"),
    (Action::ManageAccounts, ". ... . . . . x"),
    (Action::ManageTokens, ". ... . . . . x"),
    (Action::SeeKeys, ". ... x . . x x"),
    (Action::RotateKeys, ". ... x . . . x"),
    (Action::RevokeChildKeys, ". ... x . . . x"),
    (Action::SeeLog, ". ... x . . x x"),
    (Action::ExportLog, ". ... . . . x x"),
    (Action::SeeFigures, "x xxx x x . x x"),
    (Action::ExportFigures, ". ... x . . x x"),
    (Action::SeeStorage, ". ... x . . x x"),
    (Action::ChangeDivisions, ". ... . . . . x"),
];

/// Granted region, other region, whether the grant reaches it.
const RELATIONS: [(&str, &str, bool); 16] = [
    // The region itself, at each level.
    ("44", "44", true),
    ("4402", "4402", true),
    ("440224", "440224", true),
    ("440224103", "440224103", true),
    ("440224103201", "440224103201", true),
    // Below, near and far, with and without a county.
    ("44", "440224103201", true),
    ("440224", "440224103", true),
    ("440224103", "440224103201", true),
    ("4419", "441900003001", true),
    // Above.
    ("4402", "44", false),
    ("440224103", "440224", false),
    ("440224103201", "440224103", false),
    // Beside: the neighbour town, the neighbour city, and one whose code begins alike.
    ("440224103", "440224104", false),
    ("4402", "4403", false),
    ("440224103201", "440224103202", false),
    ("4419", "4420", false),
];

fn code(text: &str) -> RegionCode {
    text.parse().expect("a code")
}

fn actor(grants: Vec<Grant>) -> Actor {
    Actor::new("a", "甲", grants, Via::CommandLine)
}

#[test]
fn every_role_may_do_in_every_region_what_the_table_says_and_nothing_else() {
    let mut seen = 0;
    for (action, columns) in EXPECTED {
        let columns: Vec<char> = columns.chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(columns.len(), Role::ALL.len(), "{action:?}");
        for (role, column) in Role::ALL.into_iter().zip(columns) {
            for (granted, other, reaches) in RELATIONS {
                let person = actor(vec![Grant { role, region: code(granted) }]);
                let expected = column == 'x' && reaches;
                assert_eq!(person.may(action, code(other)), expected, "{role:?} of {granted}: {action:?} in {other}");
                assert_eq!(person.check(action, code(other)).is_ok(), expected);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 26 * 9 * 16);
}

/// What whoever stands in for a role may do: the three reviewers' columns, one line an action, and nothing else.
const STANDING_IN: [(Action, &str); 8] = [
    (Action::SeePublished, "xxx"),
    (Action::SeeDrafts, "xxx"),
    (Action::Approve(Step::First), "x.."),
    (Action::Approve(Step::Second), ".x."),
    (Action::Approve(Step::Final), "..x"),
    (Action::Reject(Step::First), "x.."),
    (Action::Reject(Step::Second), ".x."),
    (Action::Reject(Step::Final), "..x"),
];

fn substitute(role: Role, region: &str) -> Actor {
    let grant = Grant { role, region: code(region) };
    let right = StandIn { id: "s".into(), principal: "b".into(), name: "乙".into(), grant, until: i64::MAX };
    Actor { standing_in: vec![right], ..actor(Vec::new()) }
}

#[test]
fn whoever_stands_in_reviews_in_that_region_at_that_step_and_may_do_nothing_else() {
    let mut seen = 0;
    for role in Role::ALL {
        let reviewer = [Role::FirstReviewer, Role::SecondReviewer, Role::FinalReviewer].iter().position(|r| *r == role);
        for action in Action::ALL {
            let line = STANDING_IN.iter().find(|(known, _)| *known == action).map_or("...", |(_, line)| line);
            let allowed = reviewer.is_some_and(|at| line.as_bytes()[at] == b'x');
            for (granted, other, reaches) in RELATIONS {
                let person = substitute(role, granted);
                let expected = allowed && reaches;
                assert_eq!(person.may(action, code(other)), expected, "{role:?} of {granted}: {action:?} in {other}");
                assert_eq!(person.check(action, code(other)).is_ok(), expected);
                assert!(!person.may_by_own_right(action, code(other)));
                assert_eq!(person.may_somewhere(action), allowed);
                assert_eq!(person.regions(action), if allowed { vec![code(granted)] } else { Vec::new() });
                // It never gives more than the role itself would.
                assert!(!expected || actor(vec![Grant { role, region: code(granted) }]).may(action, code(other)));
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 9 * 26 * 16);
}

#[test]
fn standing_in_takes_nothing_from_rights_of_ones_own() {
    let own = Grant { role: Role::Editor, region: code("440224103") };
    let person = Actor { grants: vec![own], ..substitute(Role::FinalReviewer, "440224") };
    assert!(person.may(Action::Write, code("440224103201")) && !person.may(Action::Write, code("440224104")));
    assert!(person.may(Action::Approve(Step::Final), code("440224104")));
    assert_eq!(person.regions(Action::SeeDrafts), [code("440224")]);
    assert_eq!(person.workplaces().collect::<Vec<_>>(), [code("440224103"), code("440224")]);
}

#[test]
fn the_table_of_the_test_has_every_action_once() {
    let mut listed: Vec<Action> = EXPECTED.iter().map(|(action, _)| *action).collect();
    listed.sort();
    let mut all = Action::ALL.to_vec();
    all.sort();
    assert_eq!(listed, all);
}

#[test]
fn who_has_no_role_may_do_nothing() {
    for action in Action::ALL {
        assert!(!actor(Vec::new()).may(action, RegionCode::GUANGDONG));
        assert!(actor(Vec::new()).regions(action).is_empty());
    }
}

#[test]
fn the_topmost_regions_leave_out_what_lies_in_another() {
    let grants = [("440224103", Role::Editor), ("440224", Role::Editor), ("4403", Role::Editor), ("44", Role::Auditor)];
    let person = actor(grants.map(|(region, role)| Grant { role, region: code(region) }).to_vec());
    assert_eq!(person.regions(Action::Write), [code("440224"), code("4403")]);
    assert_eq!(person.regions(Action::SeeDrafts), [code("44")]);
    assert_eq!(person.regions(Action::ManageAccounts), []);
}

#[test]
fn a_refusal_says_who_what_and_where() {
    let refused = actor(Vec::new()).check(Action::Approve(Step::First), code("4402")).expect_err("refused");
    assert_eq!(refused.to_string(), "a may not approve in the first review in region 440200000000");
}

#[test]
fn roles_and_steps_are_read_by_their_names() {
    for role in Role::ALL {
        assert_eq!(Role::named(role.slug()), Some(role));
        assert_eq!(serde_json::to_value(role).expect("JSON"), role.slug());
    }
    assert_eq!(Role::named("root"), None);
    for step in Step::ALL {
        assert_eq!(Role::of_step(step).step(), Some(step));
    }
    assert_eq!(Role::ALL.into_iter().filter(|role| role.step().is_some()).count(), 3);
}

fn any_region() -> impl Strategy<Value = RegionCode> {
    let all: Vec<RegionCode> = Divisions::current().iter().map(|division| division.code).collect();
    // Half of the cases in one city, else two regions hardly ever have to do with each other.
    let near: Vec<RegionCode> = all.iter().copied().filter(|region| code("440224").contains(*region)).collect();
    prop_oneof![prop::sample::select(all), prop::sample::select(near)]
}

fn any_grants() -> impl Strategy<Value = Vec<Grant>> {
    let grant = (prop::sample::select(Role::ALL.to_vec()), any_region());
    prop::collection::vec(grant.prop_map(|(role, region)| Grant { role, region }), 0..6)
}

/// Another way to tell what lies where than [`RegionCode::contains`]: by the digits.
fn begins_like(region: RegionCode, outer: RegionCode) -> bool {
    region.to_string().starts_with(&outer.significant())
}

proptest! {
    #[test]
    fn nothing_is_allowed_outside_of_the_granted_regions(grants in any_grants(), region in any_region()) {
        let person = actor(grants.clone());
        let is_outside = !grants.iter().any(|grant| begins_like(region, grant.region));
        for action in Action::ALL {
            prop_assert!(!(is_outside && person.may(action, region)), "{action:?} in {region}");
        }
    }

    #[test]
    fn what_is_allowed_in_a_region_is_allowed_in_everything_below(grants in any_grants(), region in any_region()) {
        let person = actor(grants);
        for action in Action::ALL {
            let mut lineage = region.lineage().into_iter();
            let allowed: Vec<bool> = lineage.by_ref().map(|code| person.may(action, code)).collect();
            prop_assert!(allowed.is_sorted(), "{action:?}: {allowed:?}");
        }
    }

    #[test]
    fn the_topmost_regions_are_exactly_where_an_action_is_allowed(grants in any_grants(), region in any_region()) {
        let person = actor(grants);
        for action in Action::ALL {
            let tops = person.regions(action);
            let is_below_one = tops.iter().any(|top| begins_like(region, *top));
            prop_assert_eq!(person.may(action, region), is_below_one, "{:?} in {}", action, region);
            for (n, top) in tops.iter().enumerate() {
                prop_assert!(tops.iter().skip(n + 1).all(|other| !top.contains(*other) && !other.contains(*top)));
            }
        }
    }

    #[test]
    fn without_a_review_role_nothing_is_approved_or_rejected(grants in any_grants(), region in any_region()) {
        let others: Vec<Grant> = grants.into_iter().filter(|grant| grant.role.step().is_none()).collect();
        let person = actor(others);
        for step in Step::ALL {
            prop_assert!(!person.may(Action::Approve(step), region) && !person.may(Action::Reject(step), region));
        }
    }
}
