//! The editor: one form for all kinds of items, with the TV's screen beside it.

use maud::{Markup, html};

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::messages::Message;
use crate::pages::item::Audience;
use crate::pages::items::SectionOption;
use crate::pages::media::Media;
use crate::parts::{csrf, form_problems, heading, item_url, moment, state_chip};
use crate::words::{Board, Kind, State, Step};

mod form;

/// `/console/items/new?kind=…` and `/console/items/{id}/edit`.
#[derive(Clone, Debug)]
pub struct Editor {
    /// It has one from the moment the form opens.
    pub id: String,
    /// Counts the changes; the form carries it, so that two editors do not overwrite each other. 0 for a new item.
    pub revision: i64,
    pub state: State,
    /// Whose item it is.
    pub region: Region,
    pub kind: Kind,
    pub title: String,
    pub summary: String,
    pub publisher: String,
    pub board: Board,
    /// The section's id.
    pub section: String,
    /// All sections that the region may use.
    pub sections: Vec<SectionOption>,
    /// As it was typed; the marks in front of a line are those of `editor.js`.
    pub body: String,
    pub values: Values,
    /// Of a disclosure.
    pub table: TableText,
    pub cover: Option<Media>,
    pub pictures: Vec<Media>,
    pub receipts: Vec<Media>,
    pub video: Option<Media>,
    /// Unix seconds.
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub pinned: bool,
    pub priority: u8,
    pub audience: Audience,
    pub problems: Vec<Problem>,
    /// Unix seconds of the last save.
    pub saved: Option<i64>,
    /// The reviews it goes through once it is submitted, in order.
    pub steps: Vec<Step>,
    /// Why it was sent back the last time.
    pub rejected: Option<String>,
    /// Where the tus protocol is spoken, such as `/console/uploads`. The last segment of an upload's URL is the
    /// medium's id. Uploads carry the metadata `filename`, `filetype`, `slot` and `item` (when there is an id).
    pub uploads: String,
    /// Whether the TV's screen can be drawn of what is kept.
    pub is_drawn: bool,
}

impl Editor {
    /// Whether nothing of it is kept yet.
    pub fn is_new(&self) -> bool {
        self.revision == 0
    }
}

/// The fields of a kind as the form has them: pairs of a field's name and what was typed. The names are those of
/// `yuexiang_wire::Kind`:
///
/// - activity: `starts`, `ends` (both `YYYY-MM-DDTHH:MM`, China Standard Time), `place`, `contact`
/// - product: `price` (yuan with at most two decimals), `unit`, `origin`, `seller`, `phone`, `order`
/// - spot: `address`, `hours`, `phone`
/// - job: `employer`, `pay`, `place`, `headcount`, `phone`
#[derive(Clone, Debug, Default)]
pub struct Values(pub Vec<(String, String)>);

impl Values {
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A disclosure's table as the form has it.
#[derive(Clone, Debug, Default)]
pub struct TableText {
    /// Tab-separated lines, as a spreadsheet copies them; the first one has the columns' titles.
    pub tsv: String,
    /// Columns of money and counts, counted from 1, such as `2,3`.
    pub numeric: String,
    /// Rows of totals, counted from 1 without the titles.
    pub totals: String,
}

/// What an autosave answers.
#[derive(Clone, Debug)]
pub struct Saved {
    pub id: String,
    pub revision: i64,
    pub state: State,
    /// Unix seconds.
    pub at: i64,
    pub problems: Vec<Problem>,
    /// Whether the TV's screen can be drawn of it.
    pub is_drawn: bool,
}

/// Why a script's save was not kept. The text stays in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Another person has saved meanwhile: the item's id, and who.
    Person {
        id: String,
        who: String,
    },
    /// It is under review or on the air, and nobody has said that it is to be changed.
    Unasked {
        on_air: bool,
    },
    /// It was deleted, or one may not see it any more.
    Gone,
    Other(Vec<Message>),
}

/// Whether a change asks first: what is under review would be taken out of it.
fn is_guarded(state: State) -> bool {
    !matches!(state, State::Draft | State::Rejected | State::Withdrawn | State::Expired)
}

/// What is asked before the first change of such a text.
fn question(cx: &Context, on_air: bool) -> &'static str {
    match on_air {
        false => cx.t(
            "这条正在审核。改动会撤回审核，已经通过的也要从头再审。继续？",
            "This is under review. A change takes it out of there, and what has been approved starts again. Go on?",
        ),
        true => cx.t(
            "这条正在电视上播。改动会成为新的一稿，重新审核通过以后才换上。继续？",
            "This is on the air. A change becomes a new draft, which replaces it once it is approved. Go on?",
        ),
    }
}

/// Asks which kind of item it is to be: links to `/console/items/new?kind=…`.
pub fn choose_kind(cx: &Context, region: &Region) -> Markup {
    let body = html! {
        (heading(cx.t("新建内容", "New item"), html! { (cx.fill("发在{}", "For {}", &[&region.full_name()])) }, html! {}))
        ul.kinds {
            @for &kind in Kind::ALL {
                li {
                    a.card href=(format!("/console/items/new?kind={}", kind.slug())) {
                        strong { (kind.word(cx.lang)) }
                        span.muted { (kind_hint(cx, kind)) }
                    }
                }
            }
        }
    };
    Page { title: cx.t("新建内容", "New item"), place: Some(Place::Items), scripts: &[], body }.draw(cx)
}

fn kind_hint(cx: &Context, kind: Kind) -> &'static str {
    match kind {
        Kind::Article => cx.t("新闻、学习材料、普法，文字为主", "News, studies, law: mostly text"),
        Kind::Notice => cx.t("停水停电、开会、接种，短而要紧", "Water, power, meetings: short and important"),
        Kind::Story => cx.t("一组照片，每张一句话", "A series of pictures, a sentence each"),
        Kind::Video => cx.t("上传一段视频，自动转码", "A video, transcoded by itself"),
        Kind::Disclosure => cx.t("党务、村务、财务公开，表格和票据", "Accounts and decisions: a table and receipts"),
        Kind::Activity => cx.t("演出、培训、体检，有时间和地点", "Shows, courses: a time and a place"),
        Kind::Product => cx.t("本地特产，带价格和下单二维码", "Local produce with a price and a QR code"),
        Kind::Spot => cx.t("值得去的地方，地址和开放时间", "Worth a visit: address and opening hours"),
        Kind::Job => cx.t("谁招人、待遇多少、找谁", "Who is hiring, for how much, whom to call"),
    }
}

/// The form is not validated by the browser: the server says what is wrong by each field, in the page's language, and
/// a draft may be kept unfinished.
///
/// Posts to `/console/items/{id}` the fields `kind`, `revision` (0 for the first time), `title`, `summary`,
/// `publisher`, `place_in` (`<board>/<section>`), `body`, those of [`Values`], `table`, `table_numeric`,
/// `table_totals`, `cover`, `video`, repeated pairs `picture` + `picture_caption` and `receipt` + `receipt_caption`
/// (ids of media in order), `not_before`, `not_after` (`YYYY-MM-DDTHH:MM` or empty), `pinned` (`1` or absent),
/// `priority`, repeated `audience_only` and `audience_except`, `then`: `save` or `submit`, `withdraw`: `1` once somebody
/// has agreed that a text under review or on the air is changed, and repeated `unreadable`: names of fields whose text the
/// browser itself cannot read and therefore does not send.
///
/// Where the kind has no pictures of its own (article, notice, video, disclosure, activity, job), `picture` are those
/// that the text shows, as `![caption](media:<id>)`.
///
/// The script posts the same form to `/console/items/{id}/autosave` and expects [`saved`] or [`not_saved`]; what its
/// buttons send to the form's own address is answered 204 with the header `x-location`, or by the same fragments. One
/// request is under way at a time. What had no answer is sent once more as it was before anything else is: the cloud knows
/// it again. Pictures of the TV are asked for at
/// `/console/items/{id}/preview.png?screen=item|list&page=0&size=normal|large&rev=<revision>`; the header `x-pages` says
/// how many pages there are.
pub fn page(cx: &Context, view: &Editor) -> Markup {
    let action = item_url(&view.id);
    let owner = cx.viewer.as_ref().map_or("", |viewer| viewer.id.as_str());
    let line = html! { (view.region.full_name()) " · " (view.kind.word(cx.lang)) };
    let title = match view.is_new() {
        false => cx.t("编辑", "Edit"),
        true => cx.t("新建内容", "New item"),
    };
    let guard = is_guarded(view.state).then(|| question(cx, matches!(view.state, State::Published | State::Scheduled)));
    let body = html! {
        (heading(title, line, html! { (state_chip(cx, view.state)) }))
        @if let Some(reason) = &view.rejected { p.flash.note { strong { (cx.t("上次退回的原因：", "Sent back because: ")) } (reason) } }
        (form_problems(cx, &view.problems))
        (kept_here(cx))
        form.editor #editor method="post" action=(action) novalidate autocomplete="off" data-own data-id=(view.id) data-account=(owner) data-uploads=(view.uploads)
            data-guard=[guard] data-go-on=(cx.t("继续改", "Go on")) data-leave=(cx.t("不改了", "Leave it as it is"))
            data-unreadable=(cx.t("看不懂，请补全：日期和时间、数字都要填完整", "Cannot be read: complete the date and time, or the number"))
            data-unreadable-fields=(cx.t("还有看不懂的地方，没有提交：", "Not sent; these cannot be read: "))
            data-typing=(cx.t("有改动，正要保存…", "Changed, about to be saved…"))
            data-offline=(cx.t("没有提交：网络不通。写好的都在这里，请再按一次。", "Not sent: no network. All of it is here; press again."))
            data-pause=(cx.t("暂停", "Pause")) data-resume=(cx.t("继续", "Resume")) data-remove=(cx.t("去掉", "Remove"))
            data-failed=(cx.t("传输断了，点继续接着传", "The upload stopped; resume goes on"))
            data-saving=(cx.t("正在保存…", "Saving…")) data-unsaved=(cx.t("没有保存：网络不通，稍后再试", "Not saved: no network, trying again")) {
            (csrf(cx))
            input type="hidden" name="kind" value=(view.kind.slug());
            input type="hidden" name="revision" value=(view.revision);
            div.columns.editor-columns {
                div.stack { (form::sections(cx, view)) }
                aside.side { (screen(cx, view)) (finish(cx, view)) }
            }
        }
    };
    let scripts = &["tus.js", "regions.js", "editor.js", "table.js", "sheet.js", "upload.js"];
    Page { title, place: Some(Place::Items), scripts, body }.draw(cx)
}

/// The TV beside the form.
fn screen(cx: &Context, view: &Editor) -> Markup {
    let source = view
        .is_drawn
        .then(|| format!("{}/preview.png?screen=item&page=0&size=normal&rev={}", item_url(&view.id), view.revision));
    // Why there is no picture.
    let new = cx.t("写上标题，存一次就能看到", "Type a title and save once to see it");
    let faulty = cx.t("还有没填好的地方，填好就能看到", "Shown as soon as what is marked is put right");
    let none = cx.t("这里现在画不出电视画面", "The TV's screen cannot be drawn here now");
    let blank = match (view.is_new(), view.problems.is_empty()) {
        (true, _) => new,
        (false, false) => faulty,
        (false, true) => none,
    };
    let choice = |name: &str, value: &str, word: &str, checked: bool| {
        html! { label { input type="radio" name=(name) value=(value) checked[checked] form="screen"; span { (word) } } }
    };
    html! {
        section.card.tv #screen-card data-drawn[view.is_drawn] data-faulty=(faulty) data-none=(none)
            data-alt=(cx.t("电视画面预览，点一下放大", "Preview of the TV's screen; opens enlarged")) aria-labelledby="screen-title" {
            div.card-head { h2 #screen-title { (cx.t("电视上的样子", "As on the TV")) } span.muted #screen-page {} }
            div.screen {
                @if let Some(source) = &source {
                    a #screen-link href=(source) target="_blank" title=(cx.t("放大看", "Enlarge")) {
                        img #screen-image src=(source) width="400" height="225" alt=(cx.t("电视画面预览，点一下放大", "Preview of the TV's screen; opens enlarged"));
                    }
                } @else {
                    p.no-screen { (blank) }
                }
            }
            div.screen-controls data-script {
                fieldset.segments {
                    legend.unseen { (cx.t("哪个画面", "Which screen")) }
                    (choice("screen", "item", cx.t("正文", "Item"), true))
                    (choice("screen", "list", cx.t("列表", "List"), false))
                }
                fieldset.segments {
                    legend.unseen { (cx.t("字号", "Type size")) }
                    (choice("size", "normal", cx.t("标准", "Normal"), true))
                    (choice("size", "large", cx.t("大字", "Large"), false))
                }
                div.row {
                    button.button.small type="button" data-page="-1" aria-label=(cx.t("上一页", "Previous page")) { "‹" }
                    button.button.small type="button" data-page="1" aria-label=(cx.t("下一页", "Next page")) { "›" }
                }
            }
        }
    }
}

fn finish(cx: &Context, view: &Editor) -> Markup {
    let steps: Vec<&str> = view.steps.iter().map(|step| step.word(cx.lang)).collect();
    // Where one review is enough, the first one is the final one.
    let first = steps.first().map_or(cx.t("审核", "review").to_owned(), |step| step.to_lowercase());
    let submit = cx.fill("提交{}", "Submit for {}", &[&first]);
    html! {
        section.card.finish {
            div #save-state aria-live="polite" {
                @if let Some(at) = view.saved {
                    (saved(cx, &Saved {
                        id: view.id.clone(),
                        revision: view.revision,
                        state: view.state,
                        at,
                        problems: view.problems.clone(),
                        is_drawn: view.is_drawn,
                    }))
                } @else {
                    p.muted { (cx.t("还没有保存", "Not saved yet")) }
                }
            }
            div.row {
                button.button.grow type="submit" name="then" value="save" { (cx.t("保存草稿", "Save the draft")) }
                button.button.primary.grow type="submit" name="then" value="submit" { (submit) }
            }
            p.hint {
                (cx.t("提交后依次经过：", "Then it goes through: ")) (steps.join(" → "))
                (cx.t("。审过的内容一改就要重审。", ". Any change afterwards starts the reviews again."))
            }
        }
    }
}

/// What the browser has kept of an earlier visit, which the script offers to go on with.
fn kept_here(cx: &Context) -> Markup {
    html! {
        div.flash.note.kept #kept hidden data-words=(cx.t("这台电脑上有您没存上的改动：", "This computer has changes of yours that were not saved: ")) {
            p.grow data-said {}
            button.button.small type="button" data-take { (cx.t("接着写", "Go on with them")) }
            button.button.small type="button" data-drop { (cx.t("不要了", "Throw them away")) }
        }
    }
}

/// The fragment that a save of the script answers: the state line, and what the script takes from it.
pub fn saved(cx: &Context, view: &Saved) -> Markup {
    let guard = is_guarded(view.state).then(|| question(cx, matches!(view.state, State::Published | State::Scheduled)));
    html! {
        div.saved data-id=(view.id) data-revision=(view.revision) data-drawn[view.is_drawn] data-guard=[guard] {
            p.muted { "✓ " (cx.t("已保存", "Saved")) " " (moment(cx, view.at)) }
            @if !view.problems.is_empty() {
                p.bad-text { (cx.fill("提交前还有 {} 处要改", "{} things to change before it is submitted", &[&view.problems.len()])) }
                ul.unseen data-problems { @for problem in &view.problems { li data-field=(problem.field) { (problem.message) } } }
            }
        }
    }
}

/// The fragment that says why a save of the script was not kept.
pub fn not_saved(cx: &Context, why: &Conflict) -> Markup {
    let guard = match why {
        Conflict::Unasked { on_air } => Some(question(cx, *on_air)),
        _ => None,
    };
    html! {
        div.not-saved data-guard=[guard] {
            p.problem {
                @match why {
                    Conflict::Person { id, who } => {
                        (cx.fill("{} 刚刚也改了这条，您的改动没有保存。", "{} has just changed this too; your changes are not saved.", &[who])) " "
                        a href=(format!("{}/edit", item_url(id))) target="_blank" rel="noopener" { (cx.t("在新窗口看看", "See it in a new window")) }
                    },
                    Conflict::Unasked { .. } => (cx.t("没有保存：这条正在审核或播出，请先确认要改。", "Not saved: it is under review or on the air. Please confirm the change.")),
                    Conflict::Gone => (cx.t("没有保存：这条已经删除。您写的还在这里，可以复制到新的一条。", "Not saved: it was deleted. What you wrote is still here and can be copied to a new item.")),
                    Conflict::Other(why) => {
                        (cx.t("没有保存：", "Not saved: "))
                        @for message in why { (message.sentence(cx.lang)) " " }
                    },
                }
            }
        }
    }
}
