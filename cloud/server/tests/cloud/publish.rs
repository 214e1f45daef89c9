//! What a publication changes, and what it leaves alone.

use yuexiang_cloud::export::export;

use crate::fixture::{LINEAGE, NOW, PROVINCE, VILLAGE, World, clip, item};

#[tokio::test(flavor = "multi_thread")]
async fn publishing_the_same_again_changes_nothing() {
    let world = World::new();
    let village = world.village();
    village.picture("media/a.png", 64, 48);
    village.item("b", "cover = \"media/a.png\"\n");
    let first = world.publish(&[&village]).await;
    assert_eq!(first.changed.iter().map(ToString::to_string).collect::<Vec<_>>(), LINEAGE);
    let before = world.published();
    let again = world.publish_at(&[&village], NOW + 3_600).await.expect("publishes");
    assert!(again.changed.is_empty());
    assert!(world.published() == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_a_village_touches_no_other_region() {
    let world = World::new();
    let village = world.village();
    world.publish(&[&village]).await;
    let before = world.published();
    std::fs::remove_file(village.path.join("items/water.md")).expect("removes");
    village.item("road", "");
    let published = world.publish_at(&[&village], NOW + 3_600).await.expect("publishes");
    assert_eq!(published.changed.iter().map(ToString::to_string).collect::<Vec<_>>(), [VILLAGE]);
    let others = |files: Vec<(std::path::PathBuf, Vec<u8>)>| -> Vec<_> {
        files.into_iter().filter(|(path, _)| !path.to_string_lossy().contains(VILLAGE)).collect()
    };
    assert!(others(before) == others(world.published()));
    let items = world.target(VILLAGE, "pages/governance/2026-10.json")["items"].clone();
    assert_eq!(items.as_array().expect("items").len(), 1, "an item whose file is gone is withdrawn");
    assert_eq!(items[0]["id"], format!("{VILLAGE}/road"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_above_keeps_its_children_when_it_publishes() {
    let world = World::new();
    world.publish(&[&world.village()]).await;
    let town = world.pack("town", "440224103000");
    town.append("pack.toml", "[[section]]\nid = \"opera\"\nboard = \"culture\"\nname = \"粤剧\"\norder = 50\n");
    town.item("fair", "");
    world.publish(&[&town]).await;
    let child = world.target("440224103000", "children/440224103201.root.json");
    assert_eq!(child["signed"]["version"], 1);
    // A section of the town is one that its villages can use.
    let village = world.village();
    village.write(
        "items/play.md",
        &item("notice", "").replace("governance", "culture").replace("\"notice\"\ntitle", "\"opera\"\ntitle"),
    );
    world.publish(&[&village]).await;
    assert_eq!(world.target(VILLAGE, "pages/culture/2026-10.json")["items"][0]["section"], "opera");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_of_dongguan_hangs_from_its_city() {
    let world = World::new();
    let village = world.pack("village", "441900003001");
    let published = world.publish(&[&village]).await;
    let changed: Vec<String> = published.changed.iter().map(ToString::to_string).collect();
    assert_eq!(changed, [PROVINCE, "441900000000", "441900003000", "441900003001"]);
    world.target("441900000000", "children/441900003000.root.json");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_outside_the_list_can_be_published_under_its_own_name() {
    let world = World::new();
    let town = world.pack("town", "440224199000");
    town.append("pack.toml", "");
    town.write("pack.toml", &format!("name = \"新镇\"\n{}", crate::fixture::manifest("440224199000")));
    let village = world.pack("new", "440224199001");
    village.write("pack.toml", &format!("name = \"榕树村\"\n{}", crate::fixture::manifest("440224199001")));
    world.publish(&[&village, &town]).await;
    assert_eq!(world.target("440224199001", "region.json")["name"], "榕树村");
    assert_eq!(world.target("440224199000", "region.json")["name"], "新镇");
    assert_eq!(world.target("440224000000", "region.json")["name"], "仁化县");
}

#[tokio::test(flavor = "multi_thread")]
async fn items_lie_on_the_page_of_their_month_in_china() {
    let world = World::new();
    let village = world.village();
    let at = |name: &str, time: &str, more: &str| {
        village.write(&format!("items/{name}.md"), &item("notice", more).replace("2026-10-08T09:00:00", time));
    };
    at("last-minute", "2026-10-31T23:59:00", "");
    at("first-minute", "2026-11-01T00:00:00", "");
    at("london", "2026-10-31T17:00:00Z", "");
    at("pinned", "2026-10-01T00:00:00", "pinned = true\n");
    world.publish(&[&village]).await;
    let ids = |page: &str| -> Vec<String> {
        let page = world.target(VILLAGE, page);
        let items = page["items"].as_array().expect("items").clone();
        items
            .iter()
            .map(|item| item["id"].as_str().expect("an id").rsplit('/').next().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(ids("pages/governance/2026-10.json"), ["pinned", "last-minute", "water"]);
    assert_eq!(ids("pages/governance/2026-11.json"), ["london", "first-minute"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copy_on_disk_is_completed_after_a_power_cut() {
    let world = World::new();
    world.publish(&[&world.village()]).await;
    let before = world.published();
    let root = world.data().join("tuf").join(VILLAGE);
    std::fs::remove_dir_all(root.join("targets")).expect("removes");
    std::fs::write(root.join("timestamp.json"), "half").expect("writes");
    std::fs::write(root.join("stray"), "left behind").expect("writes");
    let store = world.publisher().await.store;
    export(&world.data(), &store, VILLAGE.parse().expect("a code")).await.expect("copies");
    assert!(world.published() == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_published_as_boxes_expect_it() {
    let world = World::new();
    let village = world.pack("village", VILLAGE);
    village.picture("media/a.png", 64, 48);
    village.video("media/v.mkv", &clip(1.0, "smpte"));
    let write = |kind: &str, more: &str| village.write(&format!("items/{kind}.md"), &item(kind, more));
    let picture = "{ file = \"media/a.png\", caption = \"图\", crop = [4, 4, 32, 32] }";
    write(
        "article",
        "summary = \"一句话\"\nnot_before = 2026-10-01T00:00:00\nnot_after = 2026-12-01\npublisher = \"监委会\"\n",
    );
    write("notice", "cover = \"media/a.png\"\n");
    write("story", &format!("pictures = [ {picture} ]\n"));
    write("video", "video = \"media/v.mkv\"\nposter = \"media/a.png\"\n");
    write(
        "disclosure",
        "columns = [ { title = \"项目\" }, { title = \"元\", numeric = true } ]\nrows = [ [\"挖机\", \"21,600.00\"] ]\ntotal = [\"合计\", \"21,600.00\"]\n",
    );
    write("activity", "starts = 2026-10-10T19:30:00\nplace = \"祠堂\"\n");
    write(
        "product",
        "price = \"68.00\"\nunit = \"每箱\"\norigin = \"本村\"\nseller = \"合作社\"\norder = \"tel:+867511234567\"\n",
    );
    write("spot", &format!("address = \"村口\"\npictures = [ {picture} ]\n"));
    write("job", "employer = \"厂\"\npay = \"4,500–6,000 元/月\"\nplace = \"县城\"\nheadcount = 3\n");
    world.publish(&[&village]).await;
    let review: yuexiang_wire::Review =
        serde_json::from_value(world.target(VILLAGE, "review.json")).expect("reviewers");
    let names: std::collections::BTreeSet<&str> =
        review.reviewers.iter().map(|reviewer| reviewer.name.as_str()).collect();
    assert_eq!(names, ["李国强", "陈文秀", "黄志明"].into());
    for (page, count) in [("pages/governance/2026-10.json", 8), ("pages/culture/2026-10.json", 1)] {
        let document = world.target(VILLAGE, page);
        let page: yuexiang_wire::Page = serde_json::from_value(document.clone()).expect("a page");
        assert_eq!(page.items.len(), count);
        assert_eq!(serde_json::to_value(&page).expect("JSON"), document, "nothing is lost on the way");
        for item in &page.items {
            let steps: Vec<&str> = item.approvals.iter().map(|approval| approval.step.slug()).collect();
            assert_eq!(steps, ["first", "second", "final"]);
        }
    }
}
