use super::bench::shipped;
use crate::device::Identity;
use crate::keymap::{KeyMaps, Meaning, write};
use crate::stroke::{Input, Trigger};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use yuexiang_core::key::Key;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn code(code: u16) -> Input {
    Input { code: Some(code), scan: None }
}

/// Where the mistake is and what stands there; the generic key map is there in any case.
#[track_caller]
fn check_error(text: &str, expected: &str) {
    let folder = folder(&[("lobby.toml", text)]);
    let (maps, errors) = KeyMaps::load(&[folder.path().to_owned()]);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let path = folder.path().join("lobby.toml").display().to_string();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let found = errors[0].strip_prefix(&format!("{path}:")).unwrap_or_else(|| panic!("{errors:?}"));
    assert!(found.starts_with(expected), "{found}");
    assert_eq!(maps.iter().map(|map| map.name.as_str()).collect::<Vec<_>>(), ["generic"]);
}

#[test]
fn mistakes_are_named_with_line_and_word() {
    check_error("[keys]\nup = \"KEY_UP\"\nok = [\"KEY_OK\", \"KEY_OKK\"]\n", "3: `KEY_OKK`: is no evdev key");
    check_error("[keys]\nok = 0\n", "2: `0`: is no evdev key");
    check_error("[keys]\nok = 0x300\n", "2: `0x300`: is no evdev key");
    check_error("[keys]\noke = 28\n", "2: `oke`: is no key");
    check_error("\n[key]\nok = 28\n", "2: `key`: here stand");
    check_error("[keys]\nok = 28\nback = [1, 28]\n", "3: `28`: is given to another key above");
    check_error("[keys]\nok = [28]\n[scancodes]\nok = -1\n", "4: `-1`: is no scancode");
    check_error("[scancodes]\nok = 0x100000000\n", "2: `0x100000000`: is no scancode");
    check_error("[match]\nid = \"1d57\"\n", "2: `1d57`: an id is vendor:product");
    check_error("[match]\nnames = \"a\"\n", "2: `names`: devices are known by");
    check_error("title = 3\n", "1: `3`: must be a text");
    check_error("keys = 3\n", "1: `3`: must be a table");
    check_error("extends = \"nothing\"\n", "1: `nothing`: there is no such key map");
    check_error("[keys]\nok = \n", "2: ");
    check_error("[keys]\nok = 28\nok = 29\n", "3: `ok`: ");
}

#[test]
fn key_maps_that_extend_each_other_are_a_mistake() {
    let folder = folder(&[("a.toml", "extends = \"b\"\n"), ("b.toml", "extends = \"a\"\n")]);
    let (_, errors) = KeyMaps::load(&[folder.path().to_owned()]);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 2);
    assert!(errors[0].contains("a.toml:1: `b`: extends a key map that extends this one"), "{errors:?}");
}

#[test]
fn a_sites_file_takes_the_place_of_the_shipped_one_and_may_extend_it() {
    let site = folder(&[
        ("generic.toml", "title = \"Site\"\nextends = \"generic\"\n[keys]\nred = \"KEY_PROG1\"\n"),
        ("hisilicon.toml", "[match]\nname = \"hix5hd2-ir\"\n[keys\n"),
    ]);
    let (maps, errors) = KeyMaps::load(&[shipped(), site.path().to_owned()]);
    assert_eq!(errors.len(), 1, "{errors:?}");
    let generic = maps.select(&Identity::default()).unwrap();
    assert_eq!(generic.title, "Site");
    assert_eq!(generic.resolve(code(148)), Meaning::Key(Key::Red));
    assert_eq!(generic.resolve(code(0x160)), Meaning::Key(Key::Ok));
    let receiver = Identity { name: "hix5hd2-ir".to_owned(), ..Identity::default() };
    let shipped_one = maps.select(&receiver).unwrap();
    assert_eq!(shipped_one.name, "hisilicon", "the site's is broken, so the shipped one stays");
    assert_eq!(shipped_one.resolve(Input { code: None, scan: Some(0xce) }), Meaning::Key(Key::Ok));
}

#[test]
fn the_key_map_that_knows_the_device_best_is_taken() {
    let earlier = folder(&[
        ("a.toml", "[match]\nname = \"Air*\"\n"),
        ("b.toml", "[match]\nname = \"Air*\"\nid = \"1d57:*\"\n"),
        ("c.toml", "[match]\nname = \"Air*\"\nid = [\"1d57:ad02\", \"1d57:ad03\"]\nphys = \"*/input0\"\n"),
        ("d.toml", "[match]\nid = \"ffff:0001\"\n"),
    ]);
    let site = folder(&[("d.toml", "[match]\nid = \"ffff:0001\"\n"), ("z.toml", "[keys]\nok = 28\n")]);
    let (maps, errors) = KeyMaps::load(&[earlier.path().to_owned(), site.path().to_owned()]);
    assert!(errors.is_empty(), "{errors:?}");
    let pick = |name: &str, vendor, product, phys: &str| {
        let codes = [28].into();
        let device = Identity { name: name.into(), phys: phys.into(), vendor, product, codes, ..Identity::default() };
        maps.select(&device).unwrap().name.clone()
    };
    assert_eq!(pick("Air Mouse", 0x1d57, 0xad02, "usb-1/input0"), "c");
    assert_eq!(pick("Air Mouse", 0x1d57, 0xad02, "usb-1/input1"), "b");
    assert_eq!(pick("Air Mouse", 1, 1, "usb-1/input0"), "a");
    assert_eq!(pick("Mouse", 0xffff, 1, ""), "d");
    assert_eq!(pick("Mouse", 0, 0, ""), "z", "the site's for all goes before the shipped one for all");
}

#[test]
fn the_shipped_key_maps_are_whole() {
    let (maps, errors) = KeyMaps::load(&[shipped()]);
    assert!(errors.is_empty(), "{errors:?}");
    let names: Vec<&str> = maps.iter().map(|map| map.name.as_str()).collect();
    assert_eq!(names, ["hisilicon", "xiaomi", "generic"]);
    let generic = maps.select(&Identity::default()).unwrap();
    for key in crate::learn::KEYS {
        assert!(generic.bindings.values().any(|bound| *bound == Some(key)), "{key:?}");
    }
    assert_eq!(generic.resolve(Input { code: Some(0x200), scan: Some(0x20) }), Meaning::Key(Key::Digit(0)));
    assert_eq!(generic.resolve(code(30)), Meaning::Unknown);
    let xiaomi = maps.select(&Identity { vendor: 0x2717, product: 0x32b9, ..Identity::default() }).unwrap();
    assert_eq!((xiaomi.resolve(code(217)), xiaomi.resolve(code(103))), (Meaning::Ignored, Meaning::Key(Key::Up)));
}

#[test]
fn the_example_of_the_readme_is_a_key_map() {
    let readme = fs::read_to_string(shipped().join("README.md")).unwrap();
    let examples: Vec<&str> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let folder = folder(&[("example.toml", example)]);
        let (maps, errors) = KeyMaps::load(&[folder.path().to_owned()]);
        assert!(errors.is_empty(), "{errors:?}");
        let device = Identity {
            name: "gpio_ir_recv".to_owned(),
            phys: "gpio_ir_recv/input0".to_owned(),
            vendor: 0x1d57,
            product: 0xad02,
            ..Identity::default()
        };
        let map = maps.select(&device).unwrap();
        assert_eq!(map.name, "example");
        assert_eq!(map.resolve(Input { code: None, scan: Some(0x40bf12) }), Meaning::Key(Key::Red));
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("latin.toml"), b"title = \"\xe9\"\n").unwrap();
    let (_, errors) = KeyMaps::load(&[folder.path().to_owned(), folder.path().join("missing")]);
    assert_eq!(errors.len(), 1);
    assert!(
        errors[0].to_string().contains("cannot read") && errors[0].to_string().contains("latin.toml"),
        "{errors:?}"
    );
}

fn trigger() -> impl Strategy<Value = Trigger> {
    prop_oneof![(1..=0x2ff_u16).prop_map(Trigger::Code), any::<u32>().prop_map(Trigger::Scan)]
}

proptest! {
    /// Whatever a device calls itself: line breaks, quotation marks, stars.
    #[test]
    fn a_learned_key_map_is_read_back_as_it_was_learned(
        name in "(\\PC|[\\n\"'*?\\\\\\[=#]){0,20}",
        vendor in any::<u16>(),
        triggers in prop::collection::btree_set(trigger(), 1..10),
    ) {
        let device = Identity { name, vendor, product: 7, phys: "x/input0".to_owned(), ..Identity::default() };
        let learned: Vec<(Key, Trigger)> = crate::learn::KEYS.into_iter().zip(triggers).collect();
        let folder = tempfile::tempdir().unwrap();
        let file = write::name(&device);
        let path = write::write(folder.path(), &file, &write::render(&device, &learned)).unwrap();
        prop_assert_eq!(path.parent(), Some(folder.path()));
        let (maps, errors) = KeyMaps::load(&[shipped(), folder.path().to_owned()]);
        prop_assert!(errors.is_empty(), "{:?}", errors);
        let map = maps.select(&device).unwrap();
        prop_assert_eq!(&map.name, &file);
        for (key, trigger) in learned {
            let input = match trigger {
                Trigger::Code(code) => Input { code: Some(code), scan: None },
                Trigger::Scan(scan) => Input { code: None, scan: Some(scan) },
            };
            prop_assert_eq!(map.resolve(input), Meaning::Key(key));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(\\PC|\\n|[\\[\\]=\"'{},.#]|keys|match|scancodes|ok|0x){0,60}") {
        let folder = folder(&[("a.toml", &text)]);
        let (maps, _) = KeyMaps::load(&[folder.path().to_owned()]);
        prop_assert!(maps.select(&Identity::default()).is_some());
    }
}

#[test]
fn learning_again_replaces_the_file_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("etc/keymaps");
    for text in ["title = \"one\"\n", "title = \"two\"\n"] {
        write::write(&deep, "learned", text).unwrap();
    }
    let names =
        |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(names(&deep), ["learned.toml"]);
    assert_eq!(fs::read_to_string(deep.join("learned.toml")).unwrap(), "title = \"two\"\n");
}
