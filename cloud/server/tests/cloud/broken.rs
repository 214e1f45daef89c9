//! Packs with one mistake each, and what an editor is told.

use std::os::unix::fs::symlink;

use expect_test::{Expect, expect};

use crate::fixture::{NOW, TestPack, World, item, manifest, silent_clip};

/// Publishes a village's pack after breaking it, and compares what is said.
#[track_caller]
fn check(break_it: impl FnOnce(&TestPack), expected: Expect) {
    expected.assert_eq(&refusal(break_it));
}

/// What is said to a broken pack. What was published before stays as it was.
#[track_caller]
fn refusal(break_it: impl FnOnce(&TestPack)) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = World::new();
        let good = world.village();
        world.publish(&[&good]).await;
        let before = world.published();
        let broken = world.village();
        break_it(&broken);
        let error = world.publish_at(&[&broken], NOW + 60).await.expect_err("is refused").to_string();
        assert!(world.published() == before, "what was published has changed");
        error.replace(&format!("{}/", world.folder.path().display()), "")
    })
}

#[test]
fn a_folder_without_a_pack_is_refused() {
    check(
        |pack| std::fs::remove_file(pack.path.join("pack.toml")).expect("removes"),
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/pack.toml: There is no file `pack.toml` in the pack. Add it, or correct the path."#]],
    );
}

#[test]
fn a_pack_without_its_reviews_is_refused() {
    check(
        |pack| pack.write("pack.toml", "format = 1\nregion = \"440224103201\"\n"),
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/pack.toml:1: The table [review] is missing: nothing is published without three reviews. Add it to pack.toml."#]],
    );
    check(
        |pack| {
            pack.write(
                "pack.toml",
                &manifest("440224103201").replace("second = \"李国强\"", "second = \"\"").replace("final", "last"),
            )
        },
        expect![[r#"
            Nothing was published: 3 to mend. Publish again when they are mended.
            village/pack.toml:4: The field `final` is missing. Add it.
            village/pack.toml:6: `second` is empty. Fill it in.
            village/pack.toml:7: [review] has no field `last`. Remove it, or correct its spelling."#]],
    );
}

#[test]
fn a_region_must_be_one_that_a_box_can_reach() {
    let with = |region: &str| manifest(region);
    check(
        |pack| pack.write("pack.toml", &with("440224103999")),
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/pack.toml:2: Region 440224103999 is not in the list of divisions. Give its `name` in pack.toml."#]],
    );
    check(
        |pack| pack.write("pack.toml", &format!("name = \"右龙村\"\n{}", with("440224103201"))),
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/pack.toml:1: Region 440224103201 is 左龙村委会, not 右龙村. Correct the name or the code."#]],
    );
    check(
        |pack| pack.write("pack.toml", &with("110101001001")),
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/pack.toml:2: Region 110101001001 does not lie in Guangdong (44). Give one that does."#]],
    );
    check(
        |pack| pack.write("pack.toml", &with("4402241032O1")),
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/pack.toml:2: `4402241032O1` is no code of a region. Give the 12 digits of the statistics bureau."#]],
    );
    check(
        |pack| pack.write("pack.toml", &format!("name = \"新村\"\n{}", with("440224199001"))),
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/pack.toml:3: Region 440224199000 above is not in the list of divisions. Publish its pack first."#]],
    );
}

#[test]
fn toml_mistakes_are_named_with_their_line() {
    check(
        |pack| pack.append("pack.toml", "[[section]\n"),
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/pack.toml:8: The line cannot be read: unclosed array table, expected `]`. See docs/PACK.md for how it is written."#]],
    );
    check(
        |pack| pack.item("water", "pinned = yes\n"),
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/items/water.md:7: The line cannot be read: string values must be quoted, expected literal string. See docs/PACK.md for how it is written."#]],
    );
}

#[test]
fn all_problems_of_a_pack_are_named_at_once() {
    check(
        |pack| {
            pack.item("water", "pinned = \"yes\"\nsumary = \"x\"\nnot_after = 2026-02-30T00:00:00\n");
            pack.write("items/long.md", &item("notice", "").replace("停水通知", &"长".repeat(61)));
            pack.write("items/Bad Name.md", "");
            pack.write("items/none.md", "no front matter\n");
            pack.write("items/open.md", "+++\nkind = \"notice\"\n");
        },
        expect![[r#"
            Nothing was published: 5 to mend. Publish again when they are mended.
            village/items/Bad Name.md: The name of an item must be 1 to 64 of a-z, 0-9 and -, followed by .md. Rename the file.
            village/items/long.md:5: `title` has 61 characters, at most 60 are shown. Shorten it.
            village/items/none.md:1: The first line must be +++, followed by the front matter. Begin the file with it.
            village/items/open.md:1: The front matter is not closed by a line +++. Put one before the text.
            village/items/water.md:9: The line cannot be read: invalid date, expected day between 01 and 28. See docs/PACK.md for how it is written."#]],
    );
}

#[test]
fn boards_sections_kinds_and_fields_must_exist() {
    check(
        |pack| {
            pack.write("items/a.md", &item("notice", "").replace("governance", "sport"));
            pack.write("items/b.md", &item("notice", "").replace("\"notice\"\ntitle", "\"opera\"\ntitle"));
            pack.write("items/c.md", &item("poem", ""));
            pack.item("d", "price = \"1.00\"\ncolour = \"red\"\n");
            pack.write("items/e.md", &item("job", "employer = \"厂\"\npay = 4500\n"));
            pack.write("items/f.md", "+++\nkind = \"notice\"\n+++\n");
        },
        expect![[r#"
            Nothing was published: 11 to mend. Publish again when they are mended.
            village/items/a.md:3: There is no board `sport`. It must be party, governance, culture or business.
            village/items/b.md:4: The board `governance` has no section `opera`. The pack can add it with [[section]] in pack.toml.
            village/items/c.md:2: There is no kind `poem`. It must be article, notice, story, video, disclosure, activity, product, spot or job.
            village/items/d.md:7: A notice has no field `price`. Remove it, or correct its spelling.
            village/items/d.md:8: A notice has no field `colour`. Remove it, or correct its spelling.
            village/items/e.md:2: The field `place` is missing. Add it.
            village/items/e.md:8: `pay` is a whole number. It must be a text in quotes.
            village/items/f.md:2: The field `board` is missing. Add it.
            village/items/f.md:2: The field `section` is missing. Add it.
            village/items/f.md:2: The field `title` is missing. Add it.
            village/items/f.md:2: The field `published` is missing. Add it."#]],
    );
}

#[test]
fn tables_prices_orders_and_times_must_make_sense() {
    check(
        |pack| {
            let table = "columns = [ { title = \"项目\" }, { title = \"元\", numeric = true } ]\n";
            pack.write(
                "items/a.md",
                &item("disclosure", &format!("{table}rows = [\n [\"挖机\", \"1\"],\n [\"土\"],\n]\n")),
            );
            pack.write("items/b.md", &item("disclosure", "rows = [[\"a\"]]\n"));
            let product = "unit = \"斤\"\norigin = \"本村\"\nseller = \"合作社\"\n";
            pack.write("items/c.md", &item("product", &format!("price = \"6,8\"\norder = \"http://a\"\n{product}")));
            pack.write(
                "items/d.md",
                &item("product", &format!("price = 68.00\norder = \"javascript:alert(1)\"\n{product}")),
            );
            pack.write(
                "items/e.md",
                &item("activity", "place = \"祠堂\"\nstarts = 2026-12-01T10:00:00\nends = 2026-12-01T09:00:00\n"),
            );
            pack.item("f", "not_before = 2026-12-01T10:00:00\nnot_after = 2026-12-01T10:00:00\n");
            pack.write("items/g.md", &item("story", ""));
            pack.write("items/h.md", &item("notice", "").replace("2026-10-08", "1026-10-08"));
        },
        expect![[r#"
            Nothing was published: 10 to mend. Publish again when they are mended.
            village/items/a.md:10: This row has 1 cells, but there are 2 columns. Add or remove cells.
            village/items/b.md:2: A disclosure needs between 1 and 8 `columns`. Add or remove some.
            village/items/c.md:7: `price` must be yuan such as "68.00", at most ten million. Correct it.
            village/items/c.md:8: `order` must be an https: or tel: address of ASCII characters. Correct it.
            village/items/d.md:7: `price` is a fraction. It must be a text in quotes.
            village/items/d.md:8: `order` must be an https: or tel: address of ASCII characters. Correct it.
            village/items/e.md:9: `ends` must be later than `starts`. Correct one of them.
            village/items/f.md:8: `not_after` must be later than `not_before`. Correct one of them.
            village/items/g.md:2: A story needs at least one picture in `pictures`. Add one.
            village/items/h.md:6: `published` must be a date and time between the years 2000 and 2099. Write it as 2026-10-08T09:00:00."#]],
    );
}

#[test]
fn ids_are_unique() {
    check(
        |pack| {
            let section = "[[section]]\nid = \"opera\"\nboard = \"culture\"\nname = \"粤剧\"\norder = 50\n";
            pack.append("pack.toml", section);
            pack.append("pack.toml", &section.replace("粤剧", "戏曲"));
            pack.channel("a", 3, &[("新闻", "media/a.mp4")]);
            pack.channel("a", 3, &[]);
            pack.channel("Ü", 1000, &[("新闻", "media/a.mp4")]);
        },
        expect![[r#"
            Nothing was published: 7 to mend. Publish again when they are mended.
            village/pack.toml:14: Section `opera` is on the board `culture` twice. Remove one, or choose another id.
            village/pack.toml:24: There is no file `media/a.mp4` in the pack. Add it, or correct the path.
            village/pack.toml:25: A channel needs between 1 and 200 programmes. Add or remove some.
            village/pack.toml:26: There are two channels with the id `a`. Change one of them.
            village/pack.toml:27: There are two channels with the number 3. Change one of them.
            village/pack.toml:30: `Ü` is not an id. Use 1 to 32 of a-z, 0-9 and -.
            village/pack.toml:31: `number` must lie between 1 and 999. Give a whole number in between."#]],
    );
}

#[test]
fn what_is_wrong_with_a_list_is_said_once_and_nothing_that_follows_from_it() {
    check(
        |pack| {
            std::fs::create_dir_all(pack.path.join("media")).expect("a folder");
            symlink("/etc/hostname", pack.path.join("media/link.jpg")).expect("a link");
            pack.write(
                "items/a.md",
                &item("story", "pictures = [ { file = \"media/link.jpg\", caption = \"榕树\" } ]\n"),
            );
            pack.write("items/b.md", &item("disclosure", "columns = [ { title = 7 } ]\nrows = [[\"a\", \"b\"]]\n"));
            let column = "columns = [ { title = \"项目\" } ]\n";
            pack.write("items/c.md", &item("disclosure", &format!("{column}rows = [[\"a\", \"b\"]]\n")));
            pack.write("items/d.md", &item("disclosure", &format!("{column}rows = \"a\"\n")));
            pack.item("e", "publisher = \"\"\n");
            pack.append("pack.toml", "[[section]]\nid = \"opera\"\nboard = \"culture\"\nname = \"\"\norder = 5\n");
            let opera =
                item("notice", "").replace("governance", "culture").replace("\"notice\"\ntitle", "\"opera\"\ntitle");
            pack.write("items/f.md", &opera);
            pack.channel("a", 3, &[("", "media/a.mp4")]);
        },
        expect![[r#"
            Nothing was published: 7 to mend. Publish again when they are mended.
            village/items/a.md:7: `media/link.jpg` is a link that leads out of the pack. Put the file itself into the pack.
            village/items/b.md:7: `title` is a whole number. It must be a text in quotes.
            village/items/c.md:8: This row has 2 cells, but there are 1 columns. Add or remove cells.
            village/items/d.md:8: `rows` is a text. It must be a list.
            village/items/e.md:7: `publisher` is empty. Fill it in.
            village/pack.toml:11: `name` is empty. Fill it in.
            village/pack.toml:18: `title` is empty. Fill it in."#]],
    );
}

#[test]
fn figures_that_a_television_could_only_show_torn_are_refused_with_their_line() {
    check(
        |pack| {
            let columns = "columns = [ { title = \"项目\" }, { title = \"金额\", numeric = true } ]\n";
            let rows = format!("rows = [\n [\"挖机\", \"1,628,000.00\"],\n [\"土\", \"{}\"],\n]\n", "9".repeat(26));
            pack.write("items/a.md", &item("disclosure", &format!("{columns}{rows}")));
        },
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/items/a.md:10: The figure in column `金额` is longer than the 25 characters that are shown on one line. Use a larger unit, or do not mark the column as one of figures."#]],
    );
}

#[test]
fn paths_do_not_lead_out_of_the_pack() {
    check(
        |pack| {
            let outside = pack.path.parent().expect("a folder").join("secret.jpg");
            std::fs::write(&outside, b"secret").expect("writes");
            std::fs::create_dir_all(pack.path.join("media")).expect("a folder");
            symlink(&outside, pack.path.join("media/link.jpg")).expect("a link");
            symlink("/", pack.path.join("media/root")).expect("a link");
            pack.item("a", "cover = \"../secret.jpg\"\n");
            pack.item("b", "cover = \"/etc/passwd\"\n");
            pack.item("c", "cover = \"media/link.jpg\"\n");
            pack.item("d", "cover = \"media/root/etc/passwd\"\n");
            pack.item("e", "cover = \"media\"\n");
            pack.item("f", "cover = \"media/missing.jpg\"\n");
            pack.item("g", "cover = \"media/./../../secret.jpg\"\n");
            pack.item("h", "");
            pack.append("items/h.md", "\n![图](../secret.jpg)\n");
            symlink(&outside, pack.path.join("items/i.md")).expect("a link");
        },
        expect![[r#"
            Nothing was published: 9 to mend. Publish again when they are mended.
            village/items/a.md:7: `../secret.jpg` must be a path inside the pack, without `..`. Write it relative to the pack, with slashes.
            village/items/b.md:7: `/etc/passwd` must be a path inside the pack, without `..`. Write it relative to the pack, with slashes.
            village/items/c.md:7: `media/link.jpg` is a link that leads out of the pack. Put the file itself into the pack.
            village/items/d.md:7: `media/root/etc/passwd` is a link that leads out of the pack. Put the file itself into the pack.
            village/items/e.md:7: `media` is not a file. Name a file.
            village/items/f.md:7: There is no file `media/missing.jpg` in the pack. Add it, or correct the path.
            village/items/g.md:7: `media/./../../secret.jpg` must be a path inside the pack, without `..`. Write it relative to the pack, with slashes.
            village/items/h.md:10: `../secret.jpg` must be a path inside the pack, without `..`. Write it relative to the pack, with slashes.
            village/items/i.md: `items/i.md` is a link that leads out of the pack. Put the file itself into the pack."#]],
    );
}

#[test]
fn pictures_that_cannot_be_shown_are_refused_by_name() {
    check(
        |pack| {
            pack.bytes("media/drawing.jpg", b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>");
            pack.bytes("media/text.png", b"hello");
            pack.picture("media/whole.png", 300, 200);
            cut_short(pack, "jpg");
            pack.bytes("media/huge.png", &huge_png(10_000, 6_000));
            pack.item("a", "cover = \"media/drawing.jpg\"\n");
            pack.item("b", "cover = \"media/text.png\"\n");
            pack.item("c", "cover = \"media/half.jpg\"\n");
            pack.item("d", "cover = \"media/huge.png\"\n");
            pack.item("e", "cover = { file = \"media/whole.png\", crop = [0, 0, 301, 10] }\n");
        },
        expect![[r#"
            Nothing was published: 5 to mend. Publish again when they are mended.
            village/items/a.md:7: `drawing.jpg`: The file is an SVG drawing. Export it as JPEG or PNG. Publish again when it is mended.
            village/items/b.md:7: `text.png`: The file is a text. Take a picture or a video. Publish again when it is mended.
            village/items/c.md:7: `half.jpg`: The picture is cut short. Upload it again. Publish again when it is mended.
            village/items/d.md:7: `huge.png`: The picture has 60 megapixels (10000×6000), at most 50 are accepted. Make it smaller. Publish again when it is mended.
            village/items/e.md:7: `whole.png`: The picture has 300×200 pixels, the crop does not lie inside. Make the crop smaller. Publish again when it is mended."#]],
    );
    check(
        |pack| {
            cut_short(pack, "png");
            pack.item("c", "cover = \"media/half.png\"\n");
        },
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/items/c.md:7: `half.png`: The picture is broken: unexpected end of file. Take another one. Publish again when it is mended."#]],
    );
}

/// The first half of a picture's file, `media/half`.
fn cut_short(pack: &TestPack, kind: &str) {
    pack.picture(&format!("media/uncut.{kind}"), 300, 200);
    let whole = std::fs::read(pack.path.join(format!("media/uncut.{kind}"))).expect("reads");
    pack.bytes(&format!("media/half.{kind}"), &whole[..whole.len() / 2]);
}

/// A PNG that claims a size; only its header is right.
fn huge_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0]);
    let mut checksum = flate2::Crc::new();
    checksum.update(&bytes[12..]);
    bytes.extend(checksum.sum().to_be_bytes());
    bytes.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    bytes
}

#[test]
fn videos_that_cannot_be_shown_are_refused_by_name() {
    check(
        |pack| {
            pack.video("media/sound.mkv", "audiotestsrc num-buffers=50 ! voaacenc ! matroskamux");
            pack.bytes("media/list.mp4", b"#EXTM3U\n#EXTINF:2,\nhttp://127.0.0.1:9/a.ts\n");
            pack.bytes("media/noise.mp4", &[0, 1, 2, 3, 255, 7].repeat(500));
            pack.bytes("media/empty.mp4", b"");
            for (name, video) in [("a", "sound.mkv"), ("b", "list.mp4"), ("c", "noise.mp4"), ("d", "empty.mp4")] {
                pack.write(&format!("items/{name}.md"), &item("video", &format!("video = \"media/{video}\"\n")));
            }
        },
        expect![[r#"
            Nothing was published: 4 to mend. Publish again when they are mended.
            village/items/a.md:7: `sound.mkv`: The file has no video stream. Take a video. Publish again when it is mended.
            village/items/b.md:7: `list.mp4`: The file is a playlist that names other files. Take the video itself. Publish again when it is mended.
            village/items/c.md:7: `noise.mp4`: The file is nothing that is known. Take a picture of a phone (JPEG, PNG, HEIC) or an MP4 or MOV video. Publish again when it is mended.
            village/items/d.md:7: `empty.mp4`: The file is empty. Take another one. Publish again when it is mended."#]],
    );
}

#[test]
fn one_broken_pack_keeps_all_packs_of_a_run_from_being_published() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = World::new();
        let good = world.village();
        let broken = world.pack("town", "440224103000");
        broken.write("items/a.md", "nothing\n");
        world.publish_at(&[&good, &broken], NOW).await.expect_err("is refused");
        assert!(world.published().is_empty());
        let twice = world.pack("again", "440224103201");
        let error = world.publish_at(&[&good, &twice], NOW).await.expect_err("is refused").to_string();
        assert!(error.contains("Two packs are for region 440224103201"), "{error}");
    });
}

#[test]
fn a_video_that_was_cut_short_is_refused_by_its_length() {
    check(
        |pack| {
            pack.video("media/a.mkv", &silent_clip(250, "snow", "width=320,height=240", 25));
            let whole = std::fs::read(pack.path.join("media/a.mkv")).expect("reads");
            pack.bytes("media/a.mkv", &whole[..whole.len() / 2]);
            pack.write("items/a.md", &item("video", "video = \"media/a.mkv\"\n"));
        },
        expect![[r#"
            Nothing was published: 1 to mend. Publish again when they are mended.
            village/items/a.md:7: `a.mkv`: The video breaks off after 4 of 10 seconds. Export it again. Publish again when it is mended."#]],
    );
}

#[test]
fn a_damaged_video_leaves_everything_as_it_was() {
    let said = refusal(|pack| {
        pack.video("media/a.mkv", &silent_clip(250, "snow", "width=320,height=240", 25));
        let mut bytes = std::fs::read(pack.path.join("media/a.mkv")).expect("reads");
        // The head says what follows, and what follows is noise.
        bytes[2_000..].iter_mut().enumerate().for_each(|(at, byte)| *byte = (at * 31 % 251) as u8);
        pack.bytes("media/a.mkv", &bytes);
        pack.write("items/a.md", &item("video", "video = \"media/a.mkv\"\n"));
    });
    // Whether the demultiplexer gives up first or the decoder ends first is a matter of threads.
    assert!(
        said.contains("`a.mkv`: The video cannot be decoded: ") || said.contains("The video breaks off after 0 of "),
        "{said}"
    );
}
