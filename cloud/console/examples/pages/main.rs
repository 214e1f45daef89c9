//! Writes every page with sample data as a static file, to be looked at:
//!
//! ```text
//! cargo run -p yuexiang-console --example pages -- target/gallery [zh|en]
//! ```
//!
//! Links and forms lead nowhere; the charts, the pickers and the editor's scripts run.

mod samples;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use yuexiang_console::{assets, words::Lang};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("which folder? cargo run --example pages -- FOLDER")?);
    let lang = env::args().nth(2).map_or(Some(Lang::Zh), |slug| Lang::from_slug(&slug)).ok_or("zh or en?")?;
    fs::create_dir_all(folder.join("assets"))?;
    for asset in assets() {
        fs::write(folder.join("assets").join(asset.name), asset.body())?;
    }
    fs::write(folder.join("sample-tv.svg"), TV)?;
    fs::write(folder.join("sample-thumb.svg"), THUMBNAIL)?;
    let mut index = String::from("<!DOCTYPE html><meta charset=\"utf-8\"><title>Gallery</title><ul>");
    for sample in samples::all(lang) {
        // From the disk, what the server has at /console/assets lies beside the pages.
        let html = sample.page.into_string().replace("/console/assets/", "assets/");
        write_page(&folder, sample.name, &html)?;
        // What the page was drawn from, for whoever fills such a view.
        fs::write(folder.join(format!("{}.view.txt", sample.name)), &sample.view)?;
        index.push_str(&format!("<li><a href=\"{0}.html\">{0}</a></li>", sample.name));
    }
    fs::write(folder.join("index.html"), index)?;
    println!("{}", folder.join("index.html").display());
    Ok(())
}

fn write_page(folder: &Path, name: &str, html: &str) -> Result<(), Box<dyn Error>> {
    // A fragment gets a page around it, so that it can be looked at in its own style.
    let style = yuexiang_console::asset_url("console.css").replace("/console/assets/", "assets/");
    let page = if html.starts_with("<!DOCTYPE") {
        html.to_owned()
    } else {
        format!(
            "<!DOCTYPE html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>{name}</title>\
             <link rel=\"stylesheet\" href=\"{style}\"><body><main>{html}</main></body></html>"
        )
    };
    Ok(fs::write(folder.join(format!("{name}.html")), page)?)
}

const TV: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1920 1080"><rect width="1920" height="1080" fill="#15110e"/><rect x="96" y="150" width="1728" height="780" rx="20" fill="#262019"/><rect x="150" y="210" width="900" height="56" rx="8" fill="#f6efe4"/><g fill="#b9ac9a"><rect x="150" y="330" width="1500" height="28" rx="6"/><rect x="150" y="390" width="1420" height="28" rx="6"/><rect x="150" y="450" width="1560" height="28" rx="6"/><rect x="150" y="510" width="700" height="28" rx="6"/></g><rect x="150" y="640" width="420" height="220" rx="12" fill="#4c8c52"/></svg>"##;
const THUMBNAIL: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 270"><rect width="480" height="270" fill="#9fc6d6"/><circle cx="360" cy="70" r="34" fill="#f8dfa6"/><path d="M0 200 120 90l110 90 90-70 160 110v60H0z" fill="#7f9fa8"/><path d="M0 220q240-70 480 0v50H0z" fill="#5d8f4e"/></svg>"##;
