//! One item: what it says, how the TV shows it, who let it through, and what one may do.

use maud::{Markup, html};

use crate::context::{Context, ItemLine, Place, Region};
use crate::layout::Page;
use crate::messages::Message;
use crate::pages::editor::Values;
use crate::pages::inbox::{Change, changes};
use crate::pages::regions::{self, Mode, Picker};
use crate::parts::{
    board_chip, button_form, csrf, full_moment, heading, icon, item_url, moment, region_name, short, state_chip,
    tv_pages,
};
use crate::words::{ItemAction, Role, Step, grouped};

mod content;

/// `/console/items/{id}`.
#[derive(Clone, Debug)]
pub struct Item {
    pub line: ItemLine,
    /// SHA-256 of the content, 64 hexadecimal digits.
    pub hash: String,
    /// Counts the changes, from 1.
    pub revision: i64,
    pub summary: String,
    /// Who publishes it, as viewers see it.
    pub publisher: String,
    pub body: Vec<Block>,
    /// The fields of its kind, as [`Values`] names them.
    pub values: Values,
    pub table: Option<Table>,
    pub pictures: Vec<Picture>,
    pub receipts: Vec<Picture>,
    pub video: Option<Video>,
    pub audience: Audience,
    /// The oldest first.
    pub timeline: Vec<Event>,
    /// How many of the three reviews it needs.
    pub reviews: u8,
    /// Against what was approved last; empty for something new.
    pub changes: Vec<Change>,
    /// As the TV shows it.
    pub previews: Vec<Preview>,
    pub rights: Rights,
    /// What viewers did with it so far: views, plays, minutes.
    pub figures: Option<(i64, i64, i64)>,
}

/// A block of running text, as in `yuexiang_wire::Block`.
#[derive(Clone, Debug)]
pub enum Block {
    Heading(String),
    Paragraph(String),
    /// `number` is 0 for a bullet.
    Entry {
        number: u32,
        text: String,
    },
    Quote(String),
    Figure(Picture),
}

#[derive(Clone, Debug)]
pub struct Picture {
    pub url: String,
    pub thumbnail: String,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    pub caption: String,
}

#[derive(Clone, Debug)]
pub struct Video {
    pub url: String,
    pub poster: String,
    /// Milliseconds.
    pub duration: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Title, and whether it holds numbers.
    pub columns: Vec<(String, bool)>,
    /// Cells, and whether it is a row of totals.
    pub rows: Vec<(Vec<String>, bool)>,
}

/// Who sees it: all of the item's region, or parts of it.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// Empty for the whole region.
    pub only: Vec<Region>,
    pub except: Vec<Region>,
}

/// A step in the item's life.
#[derive(Clone, Debug)]
pub struct Event {
    pub action: ItemAction,
    /// The person's name; empty for the cloud itself.
    pub who: String,
    /// The role and region that gave the right to it.
    pub right: Option<(Role, Region)>,
    /// Unix seconds.
    pub at: i64,
    /// Why, for what was sent back or withdrawn.
    pub reason: String,
    /// The content's SHA-256 at that moment; empty where it does not matter.
    pub hash: String,
    /// The public key that signed, for an approval.
    pub key: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Preview {
    /// In the reader's language, such as `列表`, `正文 第 2 页`.
    pub name: String,
    pub url: String,
}

/// What the viewer may do now. A page shows no other buttons; the server checks again.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    pub edit: bool,
    pub submit: bool,
    /// The step that the viewer may decide.
    pub review: Option<Step>,
    /// Why not, although the role would allow it, such as that it is one's own text; in the reader's language.
    pub barred: Option<Message>,
    pub withdraw: bool,
    pub copy: bool,
    /// Drafts only.
    pub delete: bool,
}

/// Posts to `/console/items/{id}/…`: `submit` and `approve` with `hash` (and `step`), `reject` with `hash`, `step`,
/// `reason`, `withdraw` with `reason`, `copy` with `region`, `delete`.
pub fn page(cx: &Context, view: &Item) -> Markup {
    let line = &view.line;
    let head = html! {
        (board_chip(cx, line.board)) " " (line.section) " · " (line.kind.word(cx.lang)) " · " (line.region.full_name())
    };
    let body = html! {
        (heading(&line.title, head, actions(cx, view)))
        @if let Some(barred) = &view.rights.barred { p.flash.note { (barred.sentence(cx.lang)) } }
        div.columns.main-side {
            div.stack {
                (previews(cx, view))
                section.card #content { h2 { (cx.t("内容", "Content")) } (content::draw(cx, view)) span data-end {} }
            }
            div.stack { (decision(cx, view)) (standing(cx, view)) (timeline(cx, view)) (others(cx, view)) }
        }
    };
    Page { title: &line.title, place: Some(Place::Items), scripts: &["regions.js", "tv.js", "review.js"], body }
        .draw(cx)
}

fn actions(cx: &Context, view: &Item) -> Markup {
    let (base, rights) = (item_url(&view.line.id), &view.rights);
    html! {
        @if rights.edit { a.button href=(format!("{base}/edit")) { (cx.t("编辑", "Edit")) } }
        @if rights.submit {
            (button_form(cx, &format!("{base}/submit"), &[("hash", &view.hash)], cx.t("提交审核", "Submit for review"), "button primary", ""))
        }
        @if rights.delete {
            (button_form(cx, &format!("{base}/delete"), &[], cx.t("删除草稿", "Delete the draft"), "button bad",
                cx.t("删除后找不回来。确定删除吗？", "It cannot be brought back. Delete it?")))
        }
    }
}

fn previews(cx: &Context, view: &Item) -> Markup {
    html! {
        @if let Some(first) = view.previews.first() {
            section.card.tv aria-labelledby="tv-title" {
                h2 #tv-title { (cx.t("电视上的样子", "As on the TV")) }
                (tv_pages(cx, &first.url, &cx.fill("预览：{}", "Preview: {}", &[&first.name]), true))
                @if view.previews.len() > 1 {
                    div.strip {
                        @for (at, preview) in view.previews.iter().enumerate() {
                            a href=(preview.url) data-preview aria-current=[(at == 0).then_some("true")] { span { (preview.name) } }
                        }
                    }
                }
            }
        }
    }
}

/// The form to approve asks once more, as long as something of the item was not looked at: the script notes what was.
fn decision(cx: &Context, view: &Item) -> Markup {
    let base = item_url(&view.line.id);
    html! {
        @if let Some(step) = view.rights.review {
            section.card.decision #review {
                h2 { (cx.fill("您的{}", "Your {}", &[&step.word(cx.lang).to_lowercase()])) }
                (changes(cx, &view.changes))
                p.hint data-left {}
                div.decide {
                    form.inline method="post" action=(format!("{base}/approve")) data-review
                        data-tv-words=(cx.t("电视画面还有 {} 页没看", "{} pages of the TV's screen"))
                        data-text-words=(cx.t("正文没有看到底", "the end of the text"))
                        data-picture-words=(cx.t("{} 张图片没看", "{} pictures"))
                        data-table-words=(cx.t("表格没有看到底", "the end of the table"))
                        data-video-words=(cx.t("视频没有看完", "the end of the video"))
                        data-left-words=(cx.t("还没看完：", "Not looked at yet: "))
                        data-ask-words=(cx.t("。确定不看就通过吗？", ". Approve it without looking?")) {
                        (csrf(cx))
                        input type="hidden" name="hash" value=(view.hash);
                        input type="hidden" name="step" value=(step.slug());
                        input type="hidden" name="return" value="/console/inbox";
                        button.button.good type="submit" { (cx.fill("{}通过", "Approve: {}", &[&step.word(cx.lang).to_lowercase()])) }
                    }
                    (reasoned(cx, &format!("{base}/reject"), &[("hash", &view.hash), ("step", step.slug()), ("return", "/console/inbox")],
                        "reject", cx.t("退回…", "Send back…"), cx.t("退回的原因（作者会看到）", "Why (the author reads this)"), cx.t("退回", "Send back")))
                }
            }
        }
    }
}

/// A button that opens a form which asks for a reason.
fn reasoned(
    cx: &Context,
    action: &str,
    fields: &[(&str, &str)],
    id: &str,
    open: &str,
    label: &str,
    button: &str,
) -> Markup {
    html! {
        details {
            summary.button.bad { (open) }
            form.reject method="post" action=(action) {
                (csrf(cx))
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                label for=(format!("{id}-reason")) { (label) }
                textarea #(format!("{id}-reason")) name="reason" rows="2" required maxlength="500" {}
                div.row.end { button.button.bad.full type="submit" { (button) } }
            }
        }
    }
}

fn standing(cx: &Context, view: &Item) -> Markup {
    let line = &view.line;
    html! {
        section.card {
            div.card-head { h2 { (cx.t("状态", "State")) } (state_chip(cx, line.state)) }
            dl.facts {
                dt { (cx.t("作者", "Author")) } dd { (line.author) }
                dt { (cx.t("发布者", "Publisher")) } dd { (view.publisher) }
                dt { (cx.t("修改", "Changed")) } dd { (moment(cx, line.changed)) " · " (cx.fill("第 {} 稿", "revision {}", &[&view.revision])) }
                @if let Some(at) = line.published { dt { (cx.t("发布", "Published")) } dd { (full_moment(cx, at)) } }
                @if let Some(at) = line.not_before { dt { (cx.t("开始播", "Shown from")) } dd { (full_moment(cx, at)) } }
                @if let Some(at) = line.not_after { dt { (cx.t("下线", "Until")) } dd { (full_moment(cx, at)) } }
                @if line.pinned || line.priority > 0 {
                    dt { (cx.t("位置", "Position")) }
                    dd {
                        @if line.pinned { span.pin { (cx.t("置顶", "Pinned")) } " " }
                        @if line.priority > 0 { (cx.fill("优先 {}", "Priority {}", &[&line.priority])) }
                    }
                }
                dt { (cx.t("给谁看", "Audience")) } dd { (audience(cx, view)) }
                @if let Some((views, plays, minutes)) = view.figures {
                    dt { (cx.t("收视", "Viewing")) }
                    dd { (cx.fill("打开 {} 次，播放 {} 次，{} 分钟", "{} views, {} plays, {} minutes", &[&grouped(views), &grouped(plays), &grouped(minutes)])) }
                }
            }
        }
    }
}

fn audience(cx: &Context, view: &Item) -> Markup {
    html! {
        @if view.audience.only.is_empty() { (cx.fill("{}全部", "all of {}", &[&view.line.region.name])) }
        @for (at, region) in view.audience.only.iter().enumerate() {
            @if at > 0 { (cx.t("、", ", ")) }
            (region_name(region))
        }
        @if !view.audience.except.is_empty() {
            br;
            span.bad-text { (cx.t("不含 ", "without ")) }
            @for (at, region) in view.audience.except.iter().enumerate() {
                @if at > 0 { (cx.t("、", ", ")) }
                (region_name(region))
            }
        }
    }
}

fn timeline(cx: &Context, view: &Item) -> Markup {
    html! {
        section.card {
            div.card-head {
                h2 { (cx.t("经过", "History")) }
                span.muted { (cx.fill("要过 {} 审", "needs {} reviews", &[&view.reviews])) }
            }
            ol.timeline {
                @for event in &view.timeline {
                    li.(event.action.slug()) {
                        p { strong { (event.action.word(cx.lang)) } " " (event.who) }
                        p.muted {
                            (moment(cx, event.at))
                            @if let Some((role, region)) = &event.right { " · " (region.name) " " (role.word(cx.lang)) }
                        }
                        @if !event.reason.is_empty() { p.reason { (event.reason) } }
                    }
                }
            }
            (technical(cx, view))
        }
    }
}

/// What was signed by which key: for those who check it, not for those who write.
fn technical(cx: &Context, view: &Item) -> Markup {
    let other_hash = |event: &Event| !event.hash.is_empty() && event.hash != view.hash;
    let events: Vec<&Event> = view.timeline.iter().filter(|event| event.key.is_some() || other_hash(event)).collect();
    if view.hash.is_empty() && events.is_empty() {
        return html! {};
    }
    html! {
        details.more {
            summary { (cx.t("技术信息", "Technical details")) }
            dl.facts {
                @if !view.hash.is_empty() {
                    dt { (cx.t("指纹", "Hash")) } dd { code title=(view.hash) { (short(&view.hash)) } }
                }
                @for event in events {
                    dt { (event.action.word(cx.lang)) }
                    dd {
                        @if let Some(key) = &event.key {
                            p { (icon("shield")) " " (cx.t("签名", "Signed")) " " code title=(key) { (short(key)) } }
                        }
                        @if other_hash(event) {
                            p { (cx.t("当时的指纹", "Hash at that time")) " " code title=(event.hash) { (short(&event.hash)) } }
                        }
                    }
                }
            }
        }
    }
}

fn others(cx: &Context, view: &Item) -> Markup {
    let (base, rights) = (item_url(&view.line.id), &view.rights);
    html! {
        @if rights.copy || rights.withdraw {
            section.card.stack.others {
                h2 { (cx.t("还可以", "More")) }
                @if rights.copy {
                    form.fields method="post" action=(format!("{base}/copy")) {
                        (csrf(cx))
                        (regions::picker(cx, &Picker {
                            id: "copy",
                            label: cx.t("复制成草稿，到", "Copy as a draft to"),
                            root: cx.viewer.as_ref().map_or(&view.line.region, |viewer| &viewer.region),
                            mode: Mode::One { name: "region", chosen: None },
                        }))
                        div.row.end { button.button.small type="submit" { (cx.t("复制", "Copy")) } }
                    }
                }
                @if rights.withdraw {
                    (reasoned(cx, &format!("{base}/withdraw"), &[], "withdraw", cx.t("撤回…", "Withdraw…"),
                        cx.t("为什么撤回？电视上会马上消失", "Why? It disappears from the TVs at once"), cx.t("撤回", "Withdraw")))
                }
            }
        }
    }
}
