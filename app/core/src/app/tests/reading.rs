//! Whatever may be published can be read with the remote, as a whole, in both sizes.

use super::*;
use crate::layout::Layout;
use crate::ports::TextMeasure;
use crate::text::{SMALL, width};
use crate::view::{FactRow, ReaderView, TableView, TextPage, View};

/// Numbered, so that a piece of it is found in no other place: exactly `length` characters.
fn prose(name: &str, length: usize) -> String {
    let mut text = String::new();
    for number in 0.. {
        if text.chars().count() >= length {
            break;
        }
        text.push_str(&format!("{name}{number}，"));
    }
    text.chars().take(length).collect()
}

/// One item of every kind, every text of it as long as may be published.
fn longest_items() -> Vec<Item> {
    let name = |what: &str| prose(what, 40);
    let captioned = |number: u32| Picture { caption: prose(&format!("图{number}说"), 60), ..picture(number) };
    let pictures = || vec![captioned(7), captioned(8)];
    let video = Video {
        object: ObjectRef { sha256: sha(90), length: 9_000 },
        width: 1_280,
        height: 720,
        duration: 90_000,
        poster: picture(91),
    };
    let cell = |row: usize, column: usize| match column % 3 {
        2 => format!("-{row}{column},999,999,999.{column}{row}"),
        _ => prose(&format!("第{row}行{column}列"), 60),
    };
    let table = Table {
        columns: (0..8)
            .map(|column| Column { title: prose(&format!("栏{column}题"), 60), numeric: column % 3 == 2 })
            .collect(),
        rows: (0..9)
            .map(|row| TableRow { cells: (0..8).map(|column| cell(row, column)).collect(), total: row == 8 })
            .collect(),
    };
    let contents: Vec<(Board, Content)> = vec![
        (Board::Party, Content::Article),
        (Board::Governance, Content::Notice),
        (Board::Culture, Content::Story { pictures: pictures() }),
        (Board::Culture, Content::Video { video }),
        (Board::Governance, Content::Disclosure { table: table.clone(), receipts: pictures() }),
        (Board::Governance, Content::Disclosure { table, receipts: Vec::new() }),
        (
            Board::Culture,
            Content::Activity {
                starts: WALL / 1_000 + 86_400,
                ends: Some(WALL / 1_000 + 400 * 86_400),
                place: name("地点"),
                contact: name("联系"),
            },
        ),
        (
            Board::Business,
            Content::Product {
                price: 1_000_000_000,
                unit: name("规格"),
                origin: name("产地"),
                seller: name("卖家"),
                phone: name("电话"),
                order: "https://mall.example/1".into(),
                pictures: pictures(),
            },
        ),
        (
            Board::Business,
            Content::Spot {
                address: prose("地址", 60),
                hours: name("开放"),
                phone: name("电话"),
                pictures: pictures(),
            },
        ),
        (
            Board::Business,
            Content::Job {
                employer: name("雇主"),
                pay: name("待遇"),
                place: name("地点"),
                headcount: 100_000,
                phone: name("电话"),
            },
        ),
    ];
    let body = |index: usize| {
        vec![
            Block::Heading(prose(&format!("标{index}题"), 80)),
            Block::Paragraph(prose(&format!("段{index}落"), 700)),
            Block::Figure(captioned(9)),
            Block::Entry { number: 12, text: prose(&format!("条{index}目"), 90) },
            Block::Quote(prose(&format!("引{index}文"), 90)),
        ]
    };
    let contents = contents.into_iter().enumerate();
    contents
        .map(|(index, (board, content))| Item {
            title: prose(&format!("题{index}目"), 60),
            summary: prose(&format!("摘{index}要"), 200),
            publisher: prose(&format!("发{index}布"), 40),
            body: body(index),
            ..item(board, "longest", 100 + index as u32, content)
        })
        .collect()
}

/// Everything an item says.
fn said(item: &Item, names: &[String]) -> Vec<String> {
    let mut said = vec![item.title.clone(), item.summary.clone(), item.publisher.clone()];
    said.extend(names.iter().cloned());
    said.extend(item.body.iter().map(|block| match block {
        Block::Heading(text) | Block::Paragraph(text) | Block::Quote(text) | Block::Entry { text, .. } => text.clone(),
        Block::Figure(picture) => picture.caption.clone(),
    }));
    let captions = |pictures: &[Picture]| pictures.iter().map(|picture| picture.caption.clone()).collect::<Vec<_>>();
    match item.content.clone() {
        Content::Article | Content::Notice | Content::Video { .. } => {}
        Content::Story { pictures } => said.extend(captions(&pictures)),
        Content::Disclosure { table, receipts } => {
            said.extend(table.columns.into_iter().map(|column| column.title));
            said.extend(table.rows.into_iter().flat_map(|row| row.cells));
            said.extend(captions(&receipts));
        }
        Content::Activity { place, contact, .. } => said.extend([place, contact]),
        Content::Product { unit, origin, seller, phone, pictures, .. } => {
            said.extend([unit, origin, seller, phone, "10,000,000.00".to_owned()]);
            said.extend(captions(&pictures));
        }
        Content::Spot { address, hours, phone, pictures } => {
            said.extend([address, hours, phone]);
            said.extend(captions(&pictures));
        }
        Content::Job { employer, pay, place, phone, headcount } => {
            said.extend([employer, pay, place, phone, headcount.to_string()]);
        }
    }
    said
}

/// Somebody who reads: what was seen whole, line after line.
struct Eyes {
    seen: String,
    /// Running text alone, which goes on from page to page.
    text: String,
    last: Option<TextPage>,
    layout: Layout,
}

impl Eyes {
    fn note(&mut self, text: &str) {
        self.seen.extend(text.chars().filter(|character| !character.is_whitespace()));
    }

    /// Of a line that is cut when it is too wide only what is whole counts.
    fn line(&mut self, text: &str, room: f32, bold: bool) {
        if width(text, bold, &PlainMeasure) <= room {
            self.note(text);
        }
        self.seen.push('\n');
    }

    /// A line that nothing cuts must fit.
    #[track_caller]
    fn fits(&mut self, text: &str, room: f32, bold: bool) {
        let wide = width(text, bold, &PlainMeasure);
        assert!(wide <= room + 0.01, "`{text}` is {wide} em wide, there are {room}");
        self.note(text);
    }

    fn page(&mut self, page: &TextPage, room: f32) {
        for FactRow { label_lines, value_lines, indent, height, .. } in &page.facts {
            assert!(*height >= label_lines.len().max(value_lines.len()) as f32);
            label_lines.iter().for_each(|line| self.fits(line, indent / SMALL, false));
            self.seen.push('\n');
            value_lines.iter().for_each(|line| self.fits(line, room - indent, false));
            self.seen.push('\n');
        }
        for line in &page.lines {
            let heading = line.style == crate::view::LineStyle::Heading;
            self.fits(&line.text, (room - line.indent) / if heading { 1.15 } else { 1.0 }, heading);
        }
        if self.last.as_ref() != Some(page) {
            let lines = page.lines.iter().flat_map(|line| line.text.chars());
            self.text.extend(lines.filter(|character| !character.is_whitespace()));
            self.last = Some(page.clone());
        }
        for figure in &page.figures {
            self.seen.push('\n');
            figure.caption.iter().for_each(|line| self.fits(line, room / SMALL, false));
        }
        self.seen.push('\n');
    }

    fn head(&mut self, title: &str, meta: &str) {
        let second = self.layout.second_line_width();
        // Two lines of 36 px in bold, of which the second may begin early.
        self.line(title, 2.0 * second * 28.0 / 36.0 - 2.0, true);
        self.line(meta, second, false);
    }

    fn table(&mut self, view: &TableView, em: f32) {
        for column in &view.columns {
            column.lines.iter().for_each(|line| self.fits(line, column.width / (em * SMALL), true));
            self.seen.push('\n');
        }
        for row in &view.rows {
            for (column, lines) in view.columns.iter().zip(&row.lines) {
                lines.iter().for_each(|line| self.fits(line, column.width / em, true));
                self.seen.push('\n');
            }
        }
        assert!(view.rows.last().is_none_or(|row| row.top + row.height <= 698.5), "a row hangs over");
        self.page(&view.note, view.width / em);
    }

    fn look(&mut self, view: &View) {
        let em = if view.text_size == TextSize::Large { 40.0 } else { 32.0 };
        match &view.screen {
            Screen::Reader(ReaderView { title, meta, page, side, .. }) => {
                self.head(title, meta);
                self.page(page, if side.is_some() { 1_120.0 } else { 1_728.0 } / em);
            }
            Screen::Table(table) => {
                self.head(&table.title, &table.meta);
                self.table(table, em);
            }
            Screen::Product(product) => {
                self.head(&product.title, &product.meta);
                self.note(&product.price);
                let room = self.layout.unit_width(width(&product.price, true, &PlainMeasure));
                self.fits(&product.unit, room, false);
                self.seen.push('\n');
                self.page(&product.text, 1_120.0 / em);
            }
            Screen::VideoDetail(video) => {
                self.head(&video.title, &video.meta);
                self.page(&video.text, 800.0 / em);
            }
            Screen::Story(story) => {
                story.heading.iter().for_each(|line| self.fits(line, 1_728.0 / (em * SMALL), false));
                self.seen.push('\n');
                story.caption.iter().for_each(|line| self.fits(line, 1_728.0 / em, false));
                self.seen.push('\n');
                assert!(story.picture_height > 500.0, "there is hardly a picture: {}", story.picture_height);
            }
            _ => {}
        }
    }
}

/// Reads what is on the screen to its end: down, to the right in every place, and into whatever OK opens.
fn read(bench: &mut Bench, eyes: &mut Eyes, depth: usize) {
    let place = |bench: &Bench| {
        let view = bench.app.view();
        (view.screen, view.focus)
    };
    let mut before = None;
    while before != Some(place(bench)) {
        before = Some(place(bench));
        let mut to_the_right = 0;
        loop {
            let view = bench.app.view();
            eyes.look(&view);
            if depth > 0 {
                bench.press(Key::Ok);
                if bench.app.view().serial != view.serial {
                    if matches!(bench.screen(), "reader" | "story") {
                        read(bench, eyes, depth - 1);
                    }
                    bench.press(Key::Back);
                } else if bench.app.view().screen != view.screen {
                    // It turned the page instead.
                    bench.press(Key::Up);
                }
            }
            let here = place(bench);
            bench.press(Key::Right);
            if place(bench) == here {
                break;
            }
            to_the_right += 1;
        }
        for _ in 0..to_the_right {
            bench.press(Key::Left);
        }
        bench.press(Key::Down);
    }
}

#[test]
fn every_word_of_every_kind_of_item_can_be_read_with_the_remote() {
    let items = longest_items();
    let kinds: BTreeSet<_> = items.iter().map(Item::kind).collect();
    assert_eq!(kinds.len(), 9, "every kind is there");
    let names: Vec<String> = ["初", "复", "终"].iter().map(|step| prose(&format!("{step}审人"), 40)).collect();
    for size in [TextSize::Normal, TextSize::Large] {
        for item in &items {
            let mut bench = Bench::with_items(items.clone());
            bench.app.settings.text_size = size;
            bench.review_by(&names);
            bench.app.open(&item.id);
            bench.drain();
            let mut eyes = Eyes { seen: String::new(), text: String::new(), last: None, layout: Layout::new(size) };
            read(&mut bench, &mut eyes, 1);
            for text in said(item, &names) {
                let text: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
                for piece in text.windows(text.len().min(7)) {
                    let piece: String = piece.iter().collect();
                    let kind = item.kind();
                    let read = eyes.seen.contains(&piece) || eyes.text.contains(&piece);
                    assert!(read, "{kind:?} {size:?}: `{piece}` is nowhere seen");
                }
            }
        }
    }
}

fn disclosure(rows: usize, receipts: Vec<Picture>) -> Item {
    let names = ["日期", "事由", "经手人", "收入（元）", "支出（元）", "结余（元）", "上年（元）", "差额（元）"];
    let columns = names.iter().map(|name| Column { title: (*name).into(), numeric: name.contains('元') });
    let row = |row: usize| {
        let amount = format!("{row},234,567.89");
        let cells =
            ["2026-07-03", "支付村道硬化工程第二期进度款", "欧阳志明", &amount, &amount, &amount, &amount, &amount];
        TableRow { cells: cells.iter().map(|cell| (*cell).into()).collect(), total: false }
    };
    let table = Table { columns: columns.collect(), rows: (0..rows).map(row).collect() };
    item(Board::Governance, "finance", 5, Content::Disclosure { table, receipts })
}

fn table_of(bench: &Bench) -> TableView {
    let Screen::Table(table) = bench.app.view().screen else { panic!("no table but {}", bench.screen()) };
    table
}

fn opened(item: &Item) -> Bench {
    let mut bench = Bench::with_items(vec![item.clone()]);
    bench.app.settings.text_size = TextSize::Large;
    bench.keys("green right ok");
    bench
}

#[test]
fn ok_opens_a_row_in_full_and_back_returns_to_the_row_that_was_read_last() {
    let mut bench = opened(&disclosure(30, Vec::new()));
    bench.expect("table", "table/row/0");
    bench.keys("down down ok");
    bench.expect("reader", "reader/text");
    let Screen::Reader(row) = bench.app.view().screen else { panic!("no row") };
    let facts: Vec<(&str, &str)> =
        row.page.facts.iter().map(|fact| (fact.label.as_str(), fact.value.as_str())).collect();
    assert_eq!(facts[0], ("日期", "2026-07-03"));
    assert!(row.position.starts_with("第 3 行 / 共 30 行"), "{}", row.position);
    bench.keys("back");
    bench.expect("table", "table/row/2");
    bench.keys("ok right right left back");
    bench.expect("table", "table/row/3");
    bench.keys("ok left left left left left left back back");
    bench.expect("board", "item/440224103999/governance-finance-5");
}

#[test]
fn a_row_of_a_later_page_is_found_again_after_it_was_read_and_in_another_type_size() {
    let mut bench = opened(&disclosure(30, Vec::new()));
    for _ in 0..20 {
        bench.press(Key::Down);
    }
    bench.expect("table", "table/row/20");
    let page = table_of(&bench).page_index;
    assert!(page > 1, "{page}");
    bench.keys("ok back");
    assert_eq!(table_of(&bench).page_index, page);
    bench.app.settings.text_size = TextSize::Normal;
    bench.event(Event::Timeout);
    bench.expect("table", "table/row/20");
    assert!(table_of(&bench).page_index < page, "smaller type has fewer pages");
}

#[test]
fn the_arrows_show_every_column_of_a_wide_table_and_the_first_one_stays() {
    let mut bench = opened(&disclosure(30, Vec::new()));
    let table = table_of(&bench);
    assert!(table.part_count > 1, "the table is wide");
    let mut titles: BTreeSet<String> = BTreeSet::new();
    for part in 0..table.part_count {
        let table = table_of(&bench);
        assert_eq!((table.part, table.columns[0].title.as_str()), (part, "日期"));
        titles.extend(table.columns.iter().map(|column| column.title.clone()));
        let rows: Vec<usize> = table.rows.iter().map(|row| row.index).collect();
        bench.press(Key::Right);
        assert_eq!(table_of(&bench).rows.iter().map(|row| row.index).collect::<Vec<_>>(), rows);
    }
    assert_eq!(titles.len(), 8, "{titles:?}");
    assert_eq!(table_of(&bench).part, table.part_count - 1, "there is nothing after the last part");
    bench.keys("left left left left");
    assert_eq!(table_of(&bench).part, 0);
}

#[test]
fn the_receipts_of_a_wide_table_are_behind_its_last_part() {
    let mut bench = opened(&disclosure(3, vec![picture(10), picture(11)]));
    let table = table_of(&bench);
    assert!(table.width > 1_120.0 && table.part_count > 1);
    for _ in 0..table.part_count {
        bench.press(Key::Right);
    }
    bench.expect("table", "table/receipts");
    bench.keys("ok");
    bench.expect("story", "story/picture");
    bench.keys("back left");
    bench.expect("table", "table/row/0");
}

#[test]
fn a_page_of_the_explanation_comes_after_the_last_row_and_ok_goes_on() {
    let body = (0..60).map(|number| Block::Paragraph(format!("说明{number}"))).collect();
    let mut bench = opened(&Item { body, ..disclosure(2, Vec::new()) });
    bench.keys("down down");
    bench.expect("table", "table/note");
    let page = table_of(&bench).page_index;
    bench.keys("ok");
    assert_eq!(table_of(&bench).page_index, page + 1);
    bench.keys("up up");
    bench.expect("table", "table/row/1");
}

#[test]
fn the_words_of_a_story_are_one_key_away_and_back_returns_to_the_picture() {
    let body = vec![Block::Paragraph("三百多年的老榕树。".into())];
    let story = Content::Story { pictures: (40..43).map(picture).collect() };
    let mut bench = Bench::with_items(vec![Item { body, ..item(Board::Culture, "stories", 2, story) }]);
    bench.keys("yellow right ok right");
    let Screen::Story(view) = bench.app.view().screen else { panic!("no story") };
    assert!(view.hints.iter().any(|hint| hint.text == "看文字"), "{:?}", view.hints);
    bench.keys("ok");
    let Screen::Reader(text) = bench.app.view().screen else { panic!("no text") };
    assert_eq!(text.page.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["三百多年的老榕树。"]);
    assert!(text.meta.contains("村民委员会") && text.title == "第 2 条");
    bench.keys("back");
    let Screen::Story(view) = bench.app.view().screen else { panic!("no story") };
    assert_eq!(view.index, 1);
}

#[test]
fn the_words_of_a_video_that_have_no_room_beside_it_are_read_on_pages_of_their_own() {
    let with = |paragraphs: usize| {
        let video = items().into_iter().find(|item| item.kind() == Kind::Video).expect("a video");
        let body = (0..paragraphs).map(|number| Block::Paragraph(format!("第{number}段"))).collect();
        let mut bench = Bench::with_items(vec![Item { body, ..video }]);
        bench.keys("yellow right ok");
        bench
    };
    let mut short = with(2);
    assert_eq!(short.keys("down").app.view().focus, "video/play");
    let mut long = with(30);
    let Screen::VideoDetail(view) = long.app.view().screen else { panic!("no video") };
    assert!(view.text_pages > 1 && view.more.is_some());
    assert!(view.text.lines.iter().all(|line| line.top + 1.0 <= 3.01), "the fourth line is not text");
    long.keys("down");
    long.expect("videodetail", "video/text");
    long.keys("ok");
    let Screen::Reader(text) = long.app.view().screen else { panic!("no text") };
    assert_eq!((text.page_index, text.page_count), (0, view.text_pages));
    long.keys("back up ok");
    long.expect("player", "player/bar");
}

/// The measure of a font whose letters are as wide as they come.
struct Wide;

impl TextMeasure for Wide {
    fn advance(&self, _: char, _: bool) -> f32 {
        1.0
    }
}

#[test]
fn what_a_caption_says_is_never_cut() {
    let layout = Layout::new(TextSize::Large);
    let lines = crate::text::break_lines(&prose("说明", 60), layout.caption_width(), false, &Wide);
    assert_eq!(lines.concat().chars().count(), 60);
    assert!(layout.picture_height(2, lines.len()) > 600.0);
}
