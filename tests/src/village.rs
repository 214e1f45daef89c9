//! A made-up village of any size, written as content packs, for what the demo village is too small for.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Different pictures; items share them in turn.
const PICTURES: usize = 40;

/// Writes a pack with so many articles, spread over boards and sections, each with a cover. Returns its folder.
pub fn write_pack(folder: &Path, region: &str, articles: usize) -> PathBuf {
    let pack = folder.join(format!("pack-{region}"));
    for name in ["items", "media"] {
        fs::create_dir_all(pack.join(name)).expect("a test folder can be made");
    }
    let about = format!(
        "format = 1\nregion = \"{region}\"\nname = \"千条村\"\npublisher = \"千条村村民委员会\"\n\n\
         [review]\nfirst = \"初审员\"\nsecond = \"复审员\"\nfinal = \"终审员\"\n"
    );
    fs::write(pack.join("pack.toml"), about).expect("the pack can be written");
    for number in 0..PICTURES.min(articles) {
        picture(number).save(pack.join(format!("media/{number}.jpg"))).expect("the picture can be written");
    }
    for number in 0..articles {
        write_article(&pack, number, 0);
    }
    pack
}

/// Writes one article; another `edition` is another text.
pub fn write_article(pack: &Path, number: usize, edition: usize) {
    const SECTIONS: [(&str, &str); 6] = [
        ("party", "study"),
        ("governance", "village-affairs"),
        ("governance", "notice"),
        ("culture", "stories"),
        ("business", "farming"),
        ("business", "farming"),
    ];
    let (board, section) = SECTIONS[number % SECTIONS.len()];
    // One a day backwards; all within the months that a village keeps.
    let (month, day) = (1 + number / 27 % 11, 1 + number % 27);
    let mut text = format!(
        "+++\nkind = \"article\"\nboard = \"{board}\"\nsection = \"{section}\"\ntitle = \"第 {number} 条：村里的一件事\"\n\
         summary = \"这是第 {number} 条的摘要，写得够长，像真的一样。\"\npublished = 2026-{month:02}-{day:02}T08:00:00\n\
         cover = \"media/{}.jpg\"\n+++\n",
        number % PICTURES
    );
    for paragraph in 0..4 {
        let fact = (number * 7 + paragraph * 13 + edition * 31) % 997;
        writeln!(text, "第 {paragraph} 段：清淤全长 {fact} 米，村民代表到场验收，欢迎大家监督。\n").expect("memory");
    }
    fs::write(pack.join(format!("items/a{number:05}.md")), text).expect("the item can be written");
}

fn picture(number: usize) -> image::RgbImage {
    image::RgbImage::from_fn(640, 400, |x, y| {
        let hue = (number * 37) as u32;
        image::Rgb([((x / 3 + hue) % 256) as u8, ((y / 2 + 2 * hue) % 256) as u8, ((x + y + 3 * hue) / 5 % 256) as u8])
    })
}
