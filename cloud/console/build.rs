//! Embeds the console's own style and scripts and the libraries it takes from npm.
//!
//! The libraries are pinned by `package-lock.json`, whose integrity hashes npm checks; nothing of theirs runs at build
//! time. Every file gets the hash of its content into its name, so that browsers may keep it for ever.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// Where a library's file lies in `node_modules`, and its name here.
const LIBRARIES: [(&str, &str); 3] = [
    ("htmx.org/dist/htmx.min.js", "htmx.js"),
    ("tus-js-client/dist/tus.min.js", "tus.js"),
    ("echarts/dist/echarts.min.js", "echarts.js"),
];

/// Packages of which code is served, and where their licence lies. `tus.min.js` bundles the ones after it.
const LICENCES: [(&str, &[&str]); 9] = [
    ("htmx.org", &["LICENSE"]),
    ("echarts", &["LICENSE", "NOTICE"]),
    ("zrender", &["LICENSE"]),
    ("tslib", &["LICENSE.txt"]),
    ("tus-js-client", &["LICENSE"]),
    ("js-base64", &["LICENSE.md"]),
    ("url-parse", &["LICENSE"]),
    ("querystringify", &["LICENSE"]),
    ("requires-port", &["LICENSE"]),
];

/// `tus.min.js` carries browserify's stand-in for Node's `Buffer`, which npm does not install beside it.
const BUFFER: &str = "Within tus-js-client: buffer (MIT, Feross Aboukhadijeh and contributors), base64-js (MIT, \
                      Jameson Little), ieee754 (BSD-3-Clause, Fair Oaks Labs, Inc.).\n";

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() {
    // Without this, Cargo would print the error's debug form: one escaped line.
    if let Err(error) = embed() {
        eprintln!("yuexiang-console: {error}");
        std::process::exit(1);
    }
}

fn embed() -> Result {
    for input in ["package.json", "package-lock.json", "static", "build.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let source = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let modules = install(&source, &out)?;

    let mut files = Vec::new();
    for (from, name) in LIBRARIES {
        files.push((name.to_owned(), read(&modules.join(from))?));
    }
    files.push(("third-party.txt".to_owned(), licences(&modules)?.into_bytes()));
    files.extend(own(&source.join("static"))?);
    files.sort();

    let mut table = String::from("&[\n");
    for (name, bytes) in &files {
        let hash = hex(&Sha256::digest(bytes));
        let packed = out.join(format!("{name}.gz"));
        write(&packed, &gzip(bytes)?)?;
        let kind = content_type(name)?;
        writeln!(
            table,
            "Asset {{ logical: {name:?}, name: \"{}-{name}\", url: \"/console/assets/{}-{name}\", content_type: {kind:?}, \
             etag: \"\\\"{}\\\"\", length: {}, gzip: include_bytes!({packed:?}) }},",
            &hash[..16],
            &hash[..16],
            &hash[..32],
            bytes.len(),
        )?;
    }
    table.push(']');
    write(&out.join("assets.rs"), table.as_bytes())
}

/// Has npm put the pinned packages below `OUT_DIR` and returns `node_modules`; the source tree stays as it is.
fn install(source: &Path, out: &Path) -> Result<PathBuf> {
    let folder = out.join("vendor");
    fs::create_dir_all(&folder).map_err(|error| format!("making {}: {error}", folder.display()))?;
    let mut lock = Sha256::new();
    for name in ["package.json", "package-lock.json"] {
        let bytes = read(&source.join(name))?;
        lock.update(&bytes);
        write(&folder.join(name), &bytes)?;
    }
    let modules = folder.join("node_modules");
    let stamp = folder.join("installed");
    let lock = hex(&lock.finalize());
    if fs::read_to_string(&stamp).is_ok_and(|done| done == lock) {
        return Ok(modules);
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder)
        .output()
        .map_err(|error| {
            format!(
                "the console's libraries (htmx, tus-js-client, ECharts) come from npm, and `{npm}` cannot be started: \
                 {error}. Please install Node.js 18 or later with npm; on Debian: apt-get install nodejs npm"
            )
        })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`npm ci` in {} failed ({}):\n{said}", folder.display(), output.status).into());
    }
    write(&stamp, lock.as_bytes())?;
    Ok(modules)
}

/// The files of `static`, whose names are what pages call them. Those of `static/css` become one, in the order of their
/// names.
fn own(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut style = Vec::new();
    for (_, bytes) in files_of(&folder.join("css"))? {
        style.extend(bytes);
    }
    let mut files = files_of(folder)?;
    files.push(("console.css".to_owned(), style));
    Ok(files)
}

fn files_of(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| format!("listing {}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_file() {
            let name = path.file_name().and_then(|name| name.to_str()).ok_or("a static file's name is not Unicode")?;
            files.push((name.to_owned(), read(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

/// What the licences ask for: their texts, beside the code that is under them.
fn licences(modules: &Path) -> Result<String> {
    let mut text = String::from(
        "The console of Yuexiang is GPL-3.0-only. It serves code of the following packages of the npm registry.\n",
    );
    for (package, names) in LICENCES {
        let manifest = String::from_utf8(read(&modules.join(package).join("package.json"))?)?;
        let version = field(&manifest, "version").ok_or_else(|| format!("{package} has no version"))?;
        write!(text, "\n{}\n{package} {version}\n\n", "=".repeat(78))?;
        for name in names {
            text.push_str(&licence(&modules.join(package).join(name), &manifest)?);
        }
    }
    write!(text, "\n{}\n{BUFFER}", "=".repeat(78))?;
    Ok(text)
}

/// A package without a licence file has at least said which licence it is under.
fn licence(path: &Path, manifest: &str) -> Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(_) => {
            let licence = field(manifest, "license").ok_or_else(|| format!("{} is missing", path.display()))?;
            let author = field(manifest, "author").or_else(|| field(manifest, "name")).unwrap_or_default();
            Ok(format!("Licence: {licence}. Author: {author}.\n"))
        }
    }
}

/// The text value of a field in a `package.json`, which npm writes with one field a line.
fn field(manifest: &str, name: &str) -> Option<String> {
    let line = manifest.lines().find_map(|line| line.trim().strip_prefix(&format!("\"{name}\":")))?;
    Some(line.trim().trim_end_matches(',').trim_matches('"').to_owned())
}

fn content_type(name: &str) -> Result<&'static str> {
    match name.rsplit('.').next() {
        Some("js") => Ok("text/javascript; charset=utf-8"),
        Some("css") => Ok("text/css; charset=utf-8"),
        Some("svg") => Ok("image/svg+xml"),
        Some("txt") => Ok("text/plain; charset=utf-8"),
        _ => Err(format!("static/{name}: its kind of file has no content type in build.rs").into()),
    }
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("reading {}: {error}", path.display()).into())
}

fn write(path: &Path, bytes: &[u8]) -> Result {
    fs::write(path, bytes).map_err(|error| format!("writing {}: {error}", path.display()).into())
}
