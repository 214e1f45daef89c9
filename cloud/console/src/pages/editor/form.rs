//! The editor's fields, section by section.

use maud::{Markup, html};
use yuexiang_wire::limits;

use super::Editor;
use crate::context::Context;
use crate::pages::fields::{self, Field, Shape};
use crate::pages::media::{self, Media, Slot};
use crate::pages::regions::{self, Mode, Picker};
use crate::parts::{Input, described_by, field_problem, has_problem, required_mark};
use crate::time;
use crate::words::{Board, Kind};

/// Bytes of a spreadsheet's file that is read.
const SHEET_FILE: usize = 4 << 20;

pub fn sections(cx: &Context, view: &Editor) -> Markup {
    html! {
        section.card.fields {
            h2.unseen { (cx.t("标题和位置", "Title and place")) }
            (head(cx, view))
            @let extra = fields::of(view.kind);
            @if !extra.is_empty() { div.fields.two { @for known in extra { (field(cx, view, known)) } } }
        }
        @if view.kind == Kind::Video {
            (upload(cx, view, Slot::Video, cx.t("视频", "Video"), view.video.as_slice(),
                cx.t("MP4、MOV 等，大小不限；传到一半断了可以接着传。", "MP4, MOV and others of any size; a broken upload goes on where it stopped.")))
        }
        @if view.kind == Kind::Disclosure { (table(cx, view)) }
        (body(cx, view))
        @if view.kind != Kind::Video {
            (upload(cx, view, Slot::Cover, cx.t("封面", "Cover"), view.cover.as_slice(),
                cx.t("列表里的小图，横的最好看。不传也可以。", "The small picture in lists; wide ones look best. May be left out.")))
        }
        (upload(cx, view, Slot::Picture, pictures_title(cx, view.kind), &view.pictures, pictures_hint(cx, view.kind)))
        @if view.kind == Kind::Disclosure {
            (upload(cx, view, Slot::Receipt, cx.t("票据", "Receipts"), &view.receipts,
                cx.t("发票、收据、合同的照片；个人信息请先遮住。", "Pictures of invoices and contracts; cover personal data first.")))
        }
        (publishing(cx, view))
    }
}

fn head(cx: &Context, view: &Editor) -> Markup {
    let chosen = format!("{}/{}", view.board.slug(), view.section);
    let wrong = has_problem("place_in", &view.problems);
    html! {
        (Input { required: true, limit: limits::TITLE, problems: &view.problems, ..Input::text("title", "title", cx.t("标题", "Title"), &view.title) }.draw())
        (Input { limit: limits::SUMMARY, problems: &view.problems,
            hint: cx.t("列表里标题下面的一两行。", "One or two lines below the title in lists."),
            ..Input::text("summary", "summary", cx.t("摘要", "Summary"), &view.summary) }.draw())
        div.fields.two {
            div.field.wrong[wrong] {
                label for="place_in" { (cx.t("板块和栏目", "Board and section")) (required_mark(true)) }
                select #place_in name="place_in" required aria-invalid=[wrong.then_some("true")]
                    aria-describedby=[described_by("place_in", false, wrong)] {
                    @if !view.sections.iter().any(|section| section.board == view.board && section.id == view.section) {
                        option value=(chosen) selected { (cx.t("请选栏目（原来的没有了）", "Choose one: the section is gone")) }
                    }
                    @for &board in Board::ALL {
                        optgroup label=(board.word(cx.lang)) {
                            @for section in view.sections.iter().filter(|section| section.board == board) {
                                @let value = format!("{}/{}", board.slug(), section.id);
                                option value=(value) selected[value == chosen] { (section.name) }
                            }
                        }
                    }
                }
                (field_problem("place_in", "place_in", &view.problems))
            }
            (Input { limit: limits::NAME, problems: &view.problems,
                hint: &cx.fill("不填就写“{}”。", "“{}” when left empty.", &[&view.region.name]),
                ..Input::text("publisher", "publisher", cx.t("发布者", "Publisher"), &view.publisher) }.draw())
        }
    }
}

fn field(cx: &Context, view: &Editor, known: &Field) -> Markup {
    let id = format!("field-{}", known.name);
    let kind = match known.shape {
        Shape::Moment => "datetime-local",
        Shape::Phone => "tel",
        // Not `number`: browsers pass over what they cannot read there, such as full-width digits.
        Shape::Text | Shape::Order | Shape::Money | Shape::Count => "text",
    };
    let hint = match known.shape {
        Shape::Order => cx.t(
            "扫出来的网址或电话，例如 https://m.example.cn/youzi 或 0751-6350000",
            "What the code leads to, such as https://m.example.cn/youzi or 0751-6350000",
        ),
        _ => "",
    };
    Input {
        kind,
        hint,
        required: known.required,
        limit: known.limit,
        problems: &view.problems,
        ..Input::text(&id, known.name, cx.t(known.zh, known.en), view.values.get(known.name))
    }
    .draw()
}

/// Without a script it is the text that a spreadsheet copies; the script makes a grid of it.
fn table(cx: &Context, view: &Editor) -> Markup {
    let wrong = has_problem("table", &view.problems);
    let too_large = cx.fill(
        "粘贴的表有 {rows} 行 {columns} 列，放不下：最多 {} 行 {} 列（列名和最后的合计行另算）。什么也没有放进去，请只复制要公开的部分。",
        "What was pasted has {rows} rows and {columns} columns and does not fit: at most {} rows and {} columns besides the \
         titles and a last row of totals. Nothing was taken; copy only what is published.",
        &[&limits::ROWS, &limits::COLUMNS],
    );
    html! {
        section.card.fields #table-editor data-row=(cx.t("加一行", "Add a row")) data-column=(cx.t("加一列", "Add a column"))
            data-numeric=(cx.t("数字", "Numbers")) data-total=(cx.t("合计行", "Totals")) data-remove=(cx.t("删", "Remove"))
            data-title=(cx.t("列名", "Title")) data-cell=(cx.t("第 {row} 行第 {column} 列", "Row {row}, column {column}"))
            data-rows=(limits::ROWS) data-columns=(limits::COLUMNS) data-limit=(limits::CELL) data-toolarge=(too_large) {
            h2 { (cx.t("表格", "Table")) }
            p.hint #table-hint {
                (cx.fill("可以从 WPS、Excel 里复制了直接粘贴，也可以上传 .xlsx、.csv 文件，第一行是列名。最多 {} 列 {} 行，每格 {} 字。",
                    "Paste from a spreadsheet, or upload an .xlsx or .csv file; the first row has the titles. At most {} columns, {} rows, {} characters a cell.",
                    &[&limits::COLUMNS, &limits::ROWS, &limits::CELL]))
            }
            div.drop-zone data-script {
                label.button.small for="table-file" { (cx.t("选表格文件…", "Choose a spreadsheet…")) }
                input.file #table-file type="file" accept=".xlsx,.csv,.txt,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,text/csv"
                    aria-describedby="table-hint" data-most=(SHEET_FILE)
                    data-large=(cx.t("文件太大，放不进电视上的表格，请只留要公开的部分", "The file is too large for a table on television"))
                    data-failed=(cx.t("没有读到：网络不通或已退出登录，请再试一次", "Not read: no network, or signed out; try again"));
                span.muted { (cx.t("或者拖到这里", "or drop it here")) }
            }
            div data-sheet aria-live="polite" {}
            div.field.wrong[wrong] {
                p.bad-text data-said role="alert" {}
                div.table-scroll data-grid {}
                div.fields data-plain {
                    label for="table" { (cx.t("表格文字（列之间用制表符）", "The table as text, columns by tabs")) }
                    textarea #table name="table" rows="6" spellcheck="false" aria-describedby="table-hint" { "\n" (view.table.tsv) }
                    div.fields.two {
                        (Input { hint: cx.t("右对齐，从 1 数，如 2,3", "Right-aligned, from 1, such as 2,3"),
                            ..Input::text("table_numeric", "table_numeric", cx.t("数字列", "Columns of numbers"), &view.table.numeric) }.draw())
                        (Input { hint: cx.t("从 1 数，不算列名", "From 1, the titles not counted"),
                            ..Input::text("table_totals", "table_totals", cx.t("合计行", "Rows of totals"), &view.table.totals) }.draw())
                    }
                }
                // Below the grid, which stays when the script hides the text.
                (field_problem("table", "table", &view.problems))
            }
        }
    }
}

fn body(cx: &Context, view: &Editor) -> Markup {
    let tools = [
        ("heading", cx.t("小标题", "Heading")),
        ("list", cx.t("列表", "List")),
        ("number", cx.t("编号", "Numbers")),
        ("quote", cx.t("引用", "Quote")),
        ("plain", cx.t("普通文字", "Plain text")),
    ];
    let wrong = has_problem("body", &view.problems);
    html! {
        section.card.fields {
            div.card-head { h2 { label for="body" { (cx.t("正文", "Text")) } }
                div.toolbar role="toolbar" aria-label=(cx.t("正文格式", "Formatting")) aria-controls="body" data-script {
                    @for (tool, word) in tools { button.button.small type="button" data-markdown=(tool) { (word) } }
                }
            }
            div.field.wrong[wrong] {
                textarea #body name="body" rows="12" aria-describedby="body-hint" aria-invalid=[wrong.then_some("true")] { "\n" (view.body) }
                (field_problem("body", "body", &view.problems))
            }
            details.more #body-hint {
                summary { (cx.t("怎么写", "How to write")) }
                p.hint {
                    (cx.t("怎么打字就怎么显示：换行就是换行。从 Word、微信里复制了直接粘贴。小标题、列表、引用请按上面的按钮，它们在行首加上这些记号：",
                        "Shown as you type it: a line break is a line break. Paste from Word or WeChat as it is. Headings, lists and quotes have the buttons above, which put these marks at the beginning of a line:"))
                }
                dl.facts.help {
                    dt { code { "## " (cx.t("小标题", "Heading")) } } dd { (cx.t("一行小标题", "a heading")) }
                    dt { code { "- " (cx.t("一条", "entry")) } } dd { (cx.t("列表，每条一行", "a list, one entry a line")) }
                    dt { code { "1. " (cx.t("一条", "entry")) } } dd { (cx.t("编号的列表", "a numbered list")) }
                    dt { code { "> " (cx.t("一句话", "words")) } } dd { (cx.t("引用别人的话", "somebody's words")) }
                    dt { (cx.t("空一行", "an empty line")) } dd { (cx.t("另起一段", "a new paragraph")) }
                    dt { (cx.t("其他", "anything else")) } dd { (cx.t("照原样显示", "shown as it is")) }
                }
            }
        }
    }
}

/// Kinds that show their pictures beside the text; the others show them within it.
fn has_gallery(kind: Kind) -> bool {
    matches!(kind, Kind::Story | Kind::Product | Kind::Spot)
}

fn pictures_title(cx: &Context, kind: Kind) -> &'static str {
    if has_gallery(kind) { cx.t("图片", "Pictures") } else { cx.t("正文里的图片", "Pictures in the text") }
}

fn pictures_hint(cx: &Context, kind: Kind) -> &'static str {
    if has_gallery(kind) {
        cx.t(
            "手机照片、截图都可以（JPEG、PNG、HEIC、WebP 等），按这里的顺序显示。",
            "Pictures of phones and screens (JPEG, PNG, HEIC, WebP and others), shown in this order.",
        )
    } else {
        cx.t(
            "手机照片、截图都可以（JPEG、PNG、HEIC、WebP 等）；点“插入正文”放到光标那里。",
            "Pictures of phones and screens (JPEG, PNG, HEIC, WebP and others); “Insert” puts one where the cursor is.",
        )
    }
}

fn upload(cx: &Context, view: &Editor, slot: Slot, title: &str, known: &[Media], hint: &str) -> Markup {
    let slug = slot.slug();
    let several = matches!(slot, Slot::Picture | Slot::Receipt);
    let accept = if slot == Slot::Video { "video/*" } else { "image/*,.heic,.heif,.avif" };
    let insert = (slot == Slot::Picture && !has_gallery(view.kind)).then(|| cx.t("插入正文", "Insert"));
    html! {
        section.card.upload data-upload=(slug) data-several[several] data-insert=[insert] aria-labelledby=(format!("upload-{slug}-title")) {
            div.card-head {
                h2 #(format!("upload-{slug}-title")) { (title) }
                @if several { span.muted { (cx.fill("最多 {} 张", "at most {}", &[&limits::PICTURES])) } }
            }
            ul.media { @for medium in known { (media::fragment(cx, medium)) } }
            div.drop-zone data-script {
                label.button.small for=(format!("upload-{slug}")) { (cx.t("选文件…", "Choose files…")) }
                input.file #(format!("upload-{slug}")) type="file" accept=(accept) multiple[several]
                    aria-describedby=(format!("upload-{slug}-hint"));
                span.muted { (cx.t("或者拖到这里", "or drop them here")) }
            }
            p.hint #(format!("upload-{slug}-hint")) { (hint) }
            noscript { p.problem { (cx.t("上传需要打开浏览器的 JavaScript。", "Uploading needs JavaScript.")) } }
            (field_problem(&format!("upload-{slug}"), slug, &view.problems))
        }
    }
}

fn publishing(cx: &Context, view: &Editor) -> Markup {
    // What was typed and is no moment or number stands where it was typed, as far as the browser shows it.
    let typed = |name: &str, known: String| match view.values.get(name) {
        "" => known,
        typed => typed.to_owned(),
    };
    let input = |name: &str, at: Option<i64>| typed(name, at.map(time::input).unwrap_or_default());
    let (from, until) = (input("not_before", view.not_before), input("not_after", view.not_after));
    let priority = typed("priority", view.priority.to_string());
    html! {
        section.card.fields {
            h2 { (cx.t("发布", "Publishing")) }
            div.fields.two {
                (Input { kind: "datetime-local", problems: &view.problems, hint: cx.t("不填就是审完马上发。", "Empty: as soon as it is approved."),
                    ..Input::text("not_before", "not_before", cx.t("开始播", "Shown from"), &from) }.draw())
                (Input { kind: "datetime-local", problems: &view.problems, hint: cx.t("不填就一直在。北京时间。", "Empty: without an end. China Standard Time."),
                    ..Input::text("not_after", "not_after", cx.t("到时下线", "Until"), &until) }.draw())
            }
            div.fields.two {
                @let wrong = has_problem("priority", &view.problems);
                div.field.wrong[wrong] {
                    label for="priority" { (cx.t("优先（0–9，越大越靠前）", "Priority (0–9, the higher the earlier)")) }
                    input #priority name="priority" type="number" min="0" max=(limits::PRIORITY) value=(priority)
                        aria-invalid=[wrong.then_some("true")] aria-describedby=[described_by("priority", false, wrong)];
                    (field_problem("priority", "priority", &view.problems))
                }
                div.field {
                    span.label { (cx.t("置顶", "Pinned")) }
                    label.check { input type="checkbox" name="pinned" value="1" checked[view.pinned]; (cx.t("排在板块最前面", "First on its board")) }
                }
            }
            (regions::picker(cx, &Picker {
                id: "audience",
                label: cx.t("给谁看", "Audience"),
                root: &view.region,
                mode: Mode::Many { only: ("audience_only", &view.audience.only), except: ("audience_except", &view.audience.except) },
            }))
            (field_problem("audience-only", "audience_only", &view.problems))
            (field_problem("audience-except", "audience_except", &view.problems))
        }
    }
}
