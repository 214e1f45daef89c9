//! Who has to sign (5.3.4, 5.4.2, 5.5.3, 5.6.3), as tables: keys that the root names by number, threshold, keys that sign.

use crate::scene::{Scene, keys};
use yuexiang_core::event::NetErrorKind::Untrusted;

type Version<'a> = (&'a [usize], usize, &'a [usize]);

/// A chain of roots; the last one is accepted or refused, and all before it are accepted.
#[track_caller]
fn check_roots(versions: &[Version], accepted: bool) {
    let mut scene = Scene::new();
    let all = keys(10);
    for (index, (named, threshold, signing)) in versions.iter().enumerate() {
        let root = scene.role("root");
        root.set_keys(&named.iter().map(|key| all[*key].clone()).collect::<Vec<_>>(), *threshold);
        root.signing = signing.iter().map(|key| all[*key].clone()).collect();
        root.version = index as u64 + 1;
        scene.write_root();
        if index == 0 {
            scene.trust.files.insert("root.json".to_owned(), scene.signed_root());
        }
    }
    let count = versions.len() as u64;
    if accepted {
        scene.check(Ok(()), [count, 1, 1, 1]);
        assert_eq!(scene.trust.files["root.json"], scene.signed_root(), "byte for byte");
    } else {
        scene.check(Err(Untrusted), [count - 1, 0, 0, 0]);
    }
}

const FIVE: &[usize] = &[0, 1, 2, 3, 4];
const ONE_ROTATED: &[usize] = &[0, 1, 3, 4, 5];
const OTHER_FIVE: &[usize] = &[5, 6, 7, 8, 9];

#[test]
fn a_root_that_old_and_new_keys_have_signed_replaces_the_one_before() {
    check_roots(&[(&[1], 1, &[1]), (&[2], 1, &[2, 1]), (&[2], 1, &[2])], true);
    check_roots(&[(FIVE, 3, &[0, 2, 4]), (FIVE, 3, &[0, 4, 1]), (FIVE, 3, &[0, 1, 3]), (FIVE, 3, &[0, 1, 3])], true);
    check_roots(&[(FIVE, 3, &[0, 2, 4]), (ONE_ROTATED, 3, &[0, 4, 1])], true);
    check_roots(&[(FIVE, 3, &[0, 2, 4]), (ONE_ROTATED, 3, &[0, 2, 4, 5]), (ONE_ROTATED, 3, &[0, 4, 5])], true);
    let both = (OTHER_FIVE, 3, &[0, 2, 4, 5, 6, 7][..]);
    check_roots(&[(FIVE, 3, &[0, 2, 4]), both, (OTHER_FIVE, 3, &[5, 6, 7])], true);
}

#[test]
fn signatures_of_strangers_do_no_harm() {
    check_roots(&[(&[1], 1, &[3, 1, 4]), (&[2], 1, &[3, 2, 1, 4]), (&[2], 1, &[3, 2, 4])], true);
}

#[test]
fn a_threshold_may_rise_and_fall() {
    check_roots(&[(&[1, 2, 3], 1, &[1]), (&[1, 2, 3], 2, &[1, 2])], true);
    check_roots(&[(&[1, 2, 3], 2, &[1, 2]), (&[1, 2, 3], 1, &[1, 2]), (&[1, 2, 3], 1, &[1])], true);
    check_roots(&[(&[1], 1, &[1]), (&[1, 2], 2, &[1, 2])], true);
}

#[test]
fn a_root_that_too_few_of_the_old_keys_have_signed_is_refused() {
    check_roots(&[(&[1], 1, &[1]), (&[2], 1, &[2, 3, 4])], false);
    check_roots(&[(FIVE, 3, &[0, 2, 4]), (ONE_ROTATED, 3, &[0, 4, 5])], false);
    check_roots(&[(&[1, 2, 3], 2, &[1, 2]), (&[1, 2, 3], 1, &[1])], false);
}

#[test]
fn a_root_that_too_few_of_its_own_keys_have_signed_is_refused() {
    check_roots(&[(&[1], 1, &[1]), (&[2], 1, &[1, 3, 4])], false);
    check_roots(&[(FIVE, 3, &[0, 2, 4]), (ONE_ROTATED, 3, &[0, 2, 4])], false);
    check_roots(&[(&[1, 2, 3], 1, &[1]), (&[1, 2, 3], 2, &[2])], false);
}

/// The root names these keys for each role in turn, and these sign it.
#[track_caller]
fn check_role((named, threshold, signing): Version, accepted: bool) {
    for (index, name) in ["timestamp", "snapshot", "targets"].into_iter().enumerate() {
        let mut scene = Scene::refreshed();
        let all = keys(10);
        let role = scene.role(name);
        role.set_keys(&named.iter().map(|key| all[*key].clone()).collect::<Vec<_>>(), threshold);
        role.signing = signing.iter().map(|key| all[*key].clone()).collect();
        scene.bump_root();
        scene.bump("targets");
        if accepted {
            scene.check(Ok(()), [2, 2, 2, 2]);
        } else {
            // Everything before the role is new; of what comes after it, that which new keys made void is gone.
            let stored = [[2, 0, 0, 1], [2, 2, 0, 1], [2, 2, 2, 1]][index];
            scene.check(Err(Untrusted), stored);
        }
    }
}

#[test]
fn enough_of_the_roles_keys_have_signed() {
    check_role((&[2], 1, &[2]), true);
    check_role((&[1], 1, &[3, 1, 4]), true);
    for signing in [[0, 2, 4], [0, 4, 1], [0, 1, 3], [1, 2, 3], [2, 3, 4]] {
        check_role((FIVE, 3, &signing), true);
    }
}

#[test]
fn too_few_of_the_roles_keys_have_signed() {
    check_role((&[2], 1, &[1, 3, 4]), false);
    check_role((ONE_ROTATED, 3, &[0, 2, 4]), false);
    check_role((ONE_ROTATED, 3, &[0, 4]), false);
    check_role((&[0, 1], 2, &[]), false);
    // More are asked for than there are.
    check_role((FIVE, 6, FIVE), false);
}
