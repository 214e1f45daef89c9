//! `yuexiang preview`: pictures of what a village's television would show of an item, for editors who have not published
//! it yet. The cloud, which knows no screens, runs this program as a child.
//!
//! Core, screens, fonts and renderer are those of the box. One process draws as many pictures as it is asked for, one
//! after the other; whatever is wrong with a request is said in its answer, and the next one is served.

mod request;
mod screen;

use crate::settings::Size;
use clap::{Args, ValueEnum};
use request::{Drawing, Request, Screen};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use yuexiang_core::RegionCode;
use yuexiang_ui::{FontMeasure, UiError};

/// Bytes of one request; an item within its bounds has less than one of its documents may have, which is 1 MiB.
const LONGEST_REQUEST: u64 = 4 << 20;

/// What `yuexiang preview --help` says below the options.
pub const HELP: &str = "\
Without --item, requests are read from standard input, one JSON object a line, and answered in their
order on standard output, one JSON object a line; the end of the input ends the program with 0.
A request has
    id            anything; it stands in the answer again
    item          the item as a page would have it; approvals, audience and the times from and
                  until which it is shown do not matter
    board         party, governance, culture or business
    village       12 digits: whose television it is; the item's region is this village or above it
    village_name  as shown
    lineage       optional: the names of the regions above the village, from the province down
    sections      optional: what sections there are, as in region.json
    objects       folder in which the pictures lie, as <first two digits of SHA-256>/<SHA-256>;
                  what is missing there looks as on a box that has not received it yet
    screen        list: the board with the focus on the item; item: the opened item
    page          optional, counted from 0: of a text or a table (all parts of a wide one), of a picture
                  story and then its text, of a video's page and then its text
    size          optional: 1280x720 or 1920x1080, which is the default
    language      optional: zh (default) or en
    text_size     optional: normal (default) or large
    now           what the clock on the screen shows, in Unix seconds
    reviews       optional: how many of the three reviews the item needs (default 3)
    reviewers     optional: who has approved it, such as {\"first\": \"…\", \"final\": \"…\"}
    out           the PNG file to write
and is answered with
    {\"id\": …, \"ok\": true, \"pages\": N, \"width\": W, \"height\": H}
    {\"id\": …, \"error\": \"what is wrong\"}";

#[derive(Args, Clone, Debug)]
pub struct PreviewOptions {
    /// Draw this item (JSON, as a page would have it) and end
    #[arg(long, value_name = "FILE", requires = "objects", requires = "out")]
    item: Option<PathBuf>,
    /// Folder in which its pictures lie as ab/ab…, named by their SHA-256
    #[arg(long, value_name = "DIR", requires = "item")]
    objects: Option<PathBuf>,
    /// The PNG file to write
    #[arg(long, value_name = "FILE", requires = "item")]
    out: Option<PathBuf>,
    /// The board it is for: party, governance, culture or business
    #[arg(long, default_value = "culture", requires = "item")]
    board: String,
    /// Whose television it is, as 12-digit division code [default: the village that the item is of]
    #[arg(long, value_name = "CODE", requires = "item")]
    village: Option<RegionCode>,
    #[arg(long, value_name = "NAME", default_value = "本村", requires = "item")]
    village_name: String,
    /// The board's list or the opened item
    #[arg(long, value_enum, default_value = "item", requires = "item")]
    screen: Screen,
    /// Page of the opened item, counted from 0
    #[arg(long, value_name = "N", default_value_t = 0, requires = "item")]
    page: usize,
    /// Pixels of the screen: 1920x1080 or 1280x720 [default: 1920x1080]
    #[arg(long, value_name = "WxH", requires = "item")]
    size: Option<Size>,
    #[arg(long, value_enum, default_value = "zh", requires = "item")]
    language: Language,
    #[arg(long, value_enum, default_value = "normal", requires = "item")]
    text_size: TextSize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Zh,
    En,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextSize {
    #[default]
    Normal,
    Large,
}

#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    #[error("the request has more than {LONGEST_REQUEST} bytes")]
    TooLong,
    #[error("the request is no JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("the request: {0}")]
    Request(serde_json::Error),
    #[error("the item: {0}")]
    Item(String),
    #[error("the item's file {}: {source}", path.display())]
    ReadItem { path: PathBuf, source: io::Error },
    #[error("the item's file {} is no JSON: {source}", path.display())]
    ParseItem { path: PathBuf, source: serde_json::Error },
    #[error("the board: {0}")]
    Board(String),
    #[error("the sections: {0}")]
    Sections(String),
    #[error("the lineage: {0}")]
    Lineage(String),
    #[error("now: {0} lies outside 2000 to 2099")]
    Now(i64),
    #[error("the list has no page {0}")]
    PageOfList(usize),
    #[error(transparent)]
    Show(#[from] yuexiang_core::preview::PreviewError),
    #[error("the folder of objects {} is not there", .0.display())]
    NoObjects(PathBuf),
    #[error("start the screen: {0}")]
    Thread(io::Error),
    #[error("draw the screen: {0}")]
    Screen(#[from] UiError),
    #[error("the screen does not come to rest")]
    Restless,
    #[error("the screen failed while it was drawn")]
    Panicked,
    #[error("encode the picture: {0}")]
    Encode(image::ImageError),
    #[error("write the picture {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// What was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Drawn {
    pub pages: usize,
    /// Pixels.
    pub width: u32,
    pub height: u32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Drawn {
        id: Value,
        ok: bool,
        #[serde(flatten)]
        drawn: Drawn,
    },
    Error {
        id: Value,
        error: String,
    },
}

/// Draws the one item that the options name, or serves standard input until its end. The error is for people.
pub fn run(options: &PreviewOptions) -> Result<(), String> {
    let previewer = Previewer::new();
    let (Some(item), Some(objects), Some(out)) = (&options.item, &options.objects, &options.out) else {
        let served = serve(&previewer, &mut io::stdin().lock(), &mut io::stdout().lock());
        return served.map_err(|error| format!("read requests and answer them: {error}"));
    };
    let drawn = one_shot(options, item, objects, out).and_then(|request| previewer.draw(request));
    let drawn = drawn.map_err(|error| error.to_string())?;
    println!("{}: {} × {}, page {} of {}", out.display(), drawn.width, drawn.height, options.page + 1, drawn.pages);
    Ok(())
}

fn one_shot(options: &PreviewOptions, item: &Path, objects: &Path, out: &Path) -> Result<Request, PreviewError> {
    let text = std::fs::read(item).map_err(|source| PreviewError::ReadItem { path: item.into(), source })?;
    let document: Value =
        serde_json::from_slice(&text).map_err(|source| PreviewError::ParseItem { path: item.into(), source })?;
    let of = document["id"].as_str().and_then(|id| id.split('/').next()).and_then(|code| code.parse().ok());
    let village = options.village.or(of).ok_or_else(|| PreviewError::Item("its id names no region".into()))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok(Request {
        item: document,
        board: options.board.clone(),
        village: village.into(),
        village_name: options.village_name.clone(),
        lineage: Vec::new(),
        sections: Value::Array(Vec::new()),
        objects: objects.into(),
        screen: options.screen,
        page: options.page,
        size: options.size.unwrap_or_default(),
        language: options.language,
        text_size: options.text_size,
        now: i64::try_from(now).unwrap_or(i64::MAX),
        reviews: request::all_reviews(),
        reviewers: Default::default(),
        out: out.into(),
    })
}

/// Answers request after request until the input ends. Fails only when nobody can be heard or told any more.
fn serve(previewer: &Previewer, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(LONGEST_REQUEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let answer = if line.len() as u64 == LONGEST_REQUEST && line.last() != Some(&b'\n') {
            input.skip_until(b'\n')?;
            Answer::Error { id: Value::Null, error: PreviewError::TooLong.to_string() }
        } else if line.trim_ascii().is_empty() {
            continue;
        } else {
            answer(previewer, &line)
        };
        serde_json::to_writer(&mut *output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
}

fn answer(previewer: &Previewer, line: &[u8]) -> Answer {
    let mut request: Value = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => return Answer::Error { id: Value::Null, error: PreviewError::NotJson(error).to_string() },
    };
    let id = request.as_object_mut().and_then(|request| request.remove("id")).unwrap_or_default();
    let request = serde_json::from_value(request).map_err(PreviewError::Request);
    match request.and_then(|request| previewer.draw(request)) {
        Ok(drawn) => Answer::Drawn { id, ok: true, drawn },
        Err(error) => Answer::Error { id, error: error.to_string() },
    }
}

/// What all pictures have in common.
struct Previewer {
    measure: Arc<FontMeasure>,
}

impl Previewer {
    fn new() -> Previewer {
        Previewer { measure: Arc::new(FontMeasure::new()) }
    }

    fn draw(&self, request: Request) -> Result<Drawn, PreviewError> {
        let Drawing { preview, size, objects, out } = request.parse()?;
        let shown = yuexiang_core::preview::preview(preview, self.measure.clone())?;
        let png = screen::draw(shown.view, size, objects)?;
        std::fs::write(&out, png).map_err(|source| PreviewError::Write { path: out, source })?;
        Ok(Drawn { pages: shown.pages, width: size.0, height: size.1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &[u8]) -> Vec<Value> {
        let mut output = Vec::new();
        serve(&Previewer::new(), &mut &input[..], &mut output).expect("memory can be read and written");
        let lines = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).expect("an answer is JSON")).collect()
    }

    #[test]
    fn a_line_without_end_is_refused_and_the_next_one_is_read() {
        let mut input = vec![b'x'; LONGEST_REQUEST as usize + 10];
        input.extend(b"\n\n{\"id\": [7], \"size\": 1}");
        let answers = answers(&input);
        assert_eq!(answers.len(), 2, "{answers:?}");
        assert_eq!(answers[0]["error"], "the request has more than 4194304 bytes");
        assert_eq!(answers[1]["id"], serde_json::json!([7]));
    }

    #[test]
    fn a_request_of_exactly_the_longest_length_is_still_read() {
        let mut input = br#"{"id": "whole"}"#.to_vec();
        input.resize(LONGEST_REQUEST as usize - 1, b' ');
        input.push(b'\n');
        assert_eq!(answers(&input)[0]["id"], "whole");
    }
}
