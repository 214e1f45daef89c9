//! A region's keys: what is signed with what, until when, and the ceremony of the offline root.

use maud::{Markup, html};

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::pages::accounts::{ReviewerKey, reviewer_key};
use crate::parts::{Input, button_form, csrf, day, form_problems, heading, icon, moment, nothing, short};
use crate::words::grouped;

/// `/console/keys?region=`.
#[derive(Clone, Debug)]
pub struct Keys {
    pub region: Region,
    /// Whose targets carry the region's first root; absent for the province, which boxes have in their image.
    pub parent: Option<Region>,
    /// Root, targets, snapshot, timestamp.
    pub roles: Vec<RoleKeys>,
    pub reviewers: Vec<ReviewerKey>,
    pub children: Vec<Child>,
    /// A new root that waits for signatures.
    pub ceremony: Option<Ceremony>,
    pub rights: Rights,
    /// What was typed into the form for a new root: public keys and how many must sign.
    pub new_keys: String,
    pub new_threshold: String,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRole {
    Root,
    Targets,
    Snapshot,
    Timestamp,
}

impl KeyRole {
    pub fn slug(self) -> &'static str {
        match self {
            KeyRole::Root => "root",
            KeyRole::Targets => "targets",
            KeyRole::Snapshot => "snapshot",
            KeyRole::Timestamp => "timestamp",
        }
    }
}

#[derive(Clone, Debug)]
pub struct RoleKeys {
    pub role: KeyRole,
    /// Of the metadata.
    pub version: i64,
    /// Unix seconds.
    pub expires: i64,
    /// How many signatures it takes.
    pub threshold: u32,
    pub keys: Vec<Key>,
}

#[derive(Clone, Debug)]
pub struct Key {
    /// TUF key id, 64 hexadecimal digits.
    pub id: String,
    /// The cloud holds it; otherwise it lies elsewhere.
    pub online: bool,
    /// Unix seconds.
    pub since: i64,
    /// Signs nothing before the root that names it is published.
    pub waiting: bool,
}

/// A region directly below.
#[derive(Clone, Debug)]
pub struct Child {
    pub region: Region,
    /// Version and expiry (Unix seconds) of its root; absent when it has no keys yet.
    pub root: Option<(i64, i64)>,
    /// When its keys were last revoked and replaced, Unix seconds, and why.
    pub revoked: Option<(i64, String)>,
}

/// A root that is signed away from the cloud.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// The version it will have.
    pub version: i64,
    /// Unix seconds.
    pub began: i64,
    /// Where the request is downloaded.
    pub request_url: String,
    /// SHA-256 of the request, to be compared on the offline machine.
    pub request_hash: String,
    /// What changes, in words.
    pub summary: Vec<String>,
    /// Ids of the keys that have signed.
    pub signatures: Vec<String>,
    /// Signatures that there are and that it takes, of the keys before and of its own. Both must suffice.
    pub before: (u64, u64),
    pub own: (u64, u64),
    /// What the holders run on the offline machine.
    pub command: String,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Rights {
    pub rotate: bool,
    pub revoke: bool,
    pub ceremony: bool,
}

/// Posts, always with `region`: `role` to `/console/keys/rotate` (a new online key), `child` and `reason` to
/// `/console/keys/revoke`, `account` and `key` to `/console/keys/reviewer/revoke`, `keys` (public keys, one a line) and
/// `threshold` to `/console/keys/ceremony` (prepares a root), nothing else to `/console/keys/ceremony/cancel`, the file
/// `signature` (multipart) to `/console/keys/ceremony/signature`.
pub fn page(cx: &Context, view: &Keys) -> Markup {
    let line = html! {
        (view.region.full_name()) " · "
        @match &view.parent {
            Some(parent) => (cx.fill("由{}的密钥担保", "vouched for by {}'s keys", &[&parent.name])),
            None => (cx.t("省级根密钥写在机顶盒的系统里", "the province's root is in the boxes' image")),
        }
    };
    let body = html! {
        (heading(cx.t("密钥", "Keys"), line, html! {}))
        (form_problems(cx, &view.problems))
        div.stack {
            @if let Some(known) = &view.ceremony { (ceremony(cx, view, known)) }
            div.columns.four { @for role in &view.roles { (role_card(cx, view, role)) } }
            div.columns.two { (reviewers(cx, view)) (children(cx, view)) }
        }
    };
    Page { title: Place::Keys.word(cx.lang), place: Some(Place::Keys), scripts: &[], body }.draw(cx)
}

fn role_word(cx: &Context, role: KeyRole) -> (&'static str, &'static str) {
    match role {
        KeyRole::Root => {
            (cx.t("根 root", "Root"), cx.t("规定其他密钥，平时锁起来", "says which keys count; locked away"))
        }
        KeyRole::Targets => (cx.t("内容 targets", "Targets"), cx.t("给发布的内容签名", "signs what is published")),
        KeyRole::Snapshot => (cx.t("快照 snapshot", "Snapshot"), cx.t("防止新旧混搭", "keeps old and new apart")),
        KeyRole::Timestamp => (cx.t("时间戳 timestamp", "Timestamp"), cx.t("证明还是最新的", "says that it is fresh")),
    }
}

fn role_card(cx: &Context, view: &Keys, role: &RoleKeys) -> Markup {
    let (word, hint) = role_word(cx, role.role);
    // Online metadata is renewed by the cloud itself; the root needs people, who need time.
    let warn_before = if role.role == KeyRole::Root { 60 * 86_400 } else { 0 };
    html! {
        section.card.key-card {
            h2 { (word) }
            p.muted { (hint) }
            dl.facts {
                dt { (cx.t("版本", "Version")) } dd.number { (grouped(role.version)) }
                dt { (cx.t("到期", "Expires")) }
                dd.number.bad-text[role.expires < cx.now + warn_before] { (moment(cx, role.expires)) }
                dt { (cx.t("签名", "Signatures")) } dd.number { (role.threshold) " / " (role.keys.iter().filter(|key| !key.waiting).count()) }
            }
            ul.lines { @for key in &role.keys { (key_line(cx, key)) } }
            (role_actions(cx, view, role))
        }
    }
}

fn key_line(cx: &Context, key: &Key) -> Markup {
    html! {
        li {
            div.grow {
                p { code title=(key.id) { (short(&key.id)) } }
                p.muted {
                    @if key.online { (cx.t("在云上", "Online")) } @else { (cx.t("离线", "Offline")) }
                    " · " (day(cx, key.since))
                    @if key.waiting { " · " (cx.t("等新的根生效", "waits for the new root")) }
                }
            }
        }
    }
}

fn role_actions(cx: &Context, view: &Keys, role: &RoleKeys) -> Markup {
    // A single root key that the cloud holds is replaced like the others; all else about roots takes people.
    let simple = role.role != KeyRole::Root || matches!(role.keys.as_slice(), [key] if key.online);
    html! {
        div.row {
            @if view.rights.rotate && simple {
                (button_form(cx, "/console/keys/rotate", &[("region", &view.region.code), ("role", role.role.slug())],
                    cx.t("换新密钥", "Rotate"), "button small",
                    cx.t("换一把新的在线密钥，机顶盒不用动。换吗？", "Make a new online key; boxes follow by themselves. Go on?")))
            }
        }
        @if role.role == KeyRole::Root && view.rights.ceremony && view.ceremony.is_none() { (new_root(cx, view, role)) }
    }
}

/// Names the root keys of the next root, which are made offline.
fn new_root(cx: &Context, view: &Keys, role: &RoleKeys) -> Markup {
    let threshold = if view.new_threshold.is_empty() { role.threshold.to_string() } else { view.new_threshold.clone() };
    html! {
        details.revoke open[!view.new_keys.is_empty()] {
            summary.link-like { (cx.t("准备新的根…", "Prepare a new root…")) }
            form.reject method="post" action="/console/keys/ceremony" {
                (csrf(cx))
                input type="hidden" name="region" value=(view.region.code);
                label for="root-keys" { (cx.t("全部根密钥的公钥，每行一个（64 位十六进制）", "Public keys of all root keys, one a line (64 hexadecimal digits)")) }
                textarea #root-keys name="keys" rows="3" required maxlength="2000" spellcheck="false" { (view.new_keys) }
                (Input { kind: "number", required: true, ..Input::text("root-threshold", "threshold", cx.t("须有几把签名", "Signatures needed"), &threshold) }.draw())
                p.hint { (cx.t("在离线电脑上用 yuexiang-cloud keys offline-root make 生成。", "Made on the offline machine with yuexiang-cloud keys offline-root make.")) }
                div.row.end { button.button type="submit" { (cx.t("准备", "Prepare")) } }
            }
        }
    }
}

fn ceremony(cx: &Context, view: &Keys, known: &Ceremony) -> Markup {
    html! {
        section.card.decision {
            div.card-head {
                h2 { (cx.fill("新的根，第 {} 版，等离线签名", "A new root, version {}, waits for offline signatures", &[&known.version])) }
                span.muted { (moment(cx, known.began)) (cx.t(" 开始", " begun")) }
            }
            ul { @for line in &known.summary { li { (line) } } }
            ol.ceremony {
                li {
                    h3 { (cx.t("下载签名请求", "Download the request")) }
                    p { (cx.t("存到 U 盘，带到离线电脑上。核对指纹：", "Take it to the offline machine on a USB stick. Compare its hash:")) }
                    p { code { (known.request_hash) } }
                    a.button.small href=(known.request_url) download { (icon("download")) (cx.t("下载请求", "Download")) }
                }
                li {
                    h3 { (cx.t("离线签名", "Sign offline")) }
                    p { (cx.t("保管人在场，在离线电脑上运行：", "With the holders present, on the offline machine:")) }
                    p { code { (known.command) } }
                }
                li {
                    h3 { (cx.t("交回签名", "Bring the signature back")) }
                    p { (cx.fill("旧的根密钥 {} / {}，新的根密钥 {} / {}", "Keys before {} of {}, new keys {} of {}",
                        &[&known.before.0, &known.before.1, &known.own.0, &known.own.1])) }
                    @if !known.signatures.is_empty() {
                        ul { @for key in &known.signatures { li.ready { "✓ " code title=(key) { (short(key)) } } } }
                    }
                    @if view.rights.ceremony {
                        form.row method="post" action="/console/keys/ceremony/signature" enctype="multipart/form-data" {
                            (csrf(cx))
                            input type="hidden" name="region" value=(view.region.code);
                            label.unseen for="signature" { (cx.t("签名文件", "Signature file")) }
                            input #signature type="file" name="signature" accept=".json,application/json" required;
                            button.button.small.primary type="submit" { (icon("upload")) (cx.t("交回", "Upload")) }
                        }
                    }
                }
            }
            @if view.rights.ceremony {
                div.row.end {
                    (button_form(cx, "/console/keys/ceremony/cancel", &[("region", &view.region.code)], cx.t("取消这次换根", "Cancel"), "link bad",
                        cx.t("已有的签名会作废。取消吗？", "The signatures so far are void. Cancel?")))
                }
            }
        }
    }
}

fn reviewers(cx: &Context, view: &Keys) -> Markup {
    html! {
        section.card {
            h2 { (cx.t("审核员的密钥", "Reviewers' keys")) }
            p.muted { (cx.t("机顶盒用它们核对每条内容是谁放行的。", "With these a box checks who let an item through.")) }
            @if view.reviewers.is_empty() { (nothing(cx.t("这里还没有审核员。", "There are no reviewers here."))) } @else {
                ul.lines { @for key in &view.reviewers { li.wrap { (reviewer_key(cx, key, true)) @if view.rights.revoke { (revoke_reviewer(cx, view, key)) } } } }
            }
        }
    }
}

fn revoke_reviewer(cx: &Context, view: &Keys, key: &ReviewerKey) -> Markup {
    button_form(
        cx,
        "/console/keys/reviewer/revoke",
        &[("region", &view.region.code), ("account", &key.account), ("key", &key.key)],
        cx.t("吊销", "Revoke"),
        "link bad",
        cx.t(
            "这把密钥从此不可信，它放行的内容全部下线，要重新审核。吊销吗？",
            "The key is believed no longer; what it let through goes off the air and is reviewed again. Revoke it?",
        ),
    )
}

fn children(cx: &Context, view: &Keys) -> Markup {
    html! {
        section.card {
            h2 { (cx.t("下级地区的根", "Roots of the regions below")) }
            @if view.children.is_empty() { (nothing(cx.t("没有下级地区。", "There are none."))) }
            @let (with, without): (Vec<&Child>, Vec<&Child>) = view.children.iter().partition(|child| child.root.is_some() || child.revoked.is_some());
            @if !with.is_empty() { ul.lines { @for child in with { (child_line(cx, view, child)) } } }
            @if !without.is_empty() {
                p.muted.keyless {
                    (cx.fill("还有 {} 个没有密钥，第一次发布时自动生成：", "{} have no keys yet; they are made with the first publication: ", &[&without.len()]))
                    @for (at, child) in without.iter().enumerate() {
                        @if at > 0 { (cx.t("、", ", ")) }
                        span.nowrap { (child.region.name) }
                    }
                }
            }
        }
    }
}

fn child_line(cx: &Context, view: &Keys, child: &Child) -> Markup {
    let fields = [("region", view.region.code.as_str()), ("child", child.region.code.as_str())];
    let id = format!("revoke-{}", child.region.code);
    html! {
        li.wrap {
            div.grow {
                p { strong { (child.region.name) } }
                p.muted {
                    @if let Some((version, expires)) = child.root { (cx.fill("第 {} 版", "version {}", &[&version])) " · " (cx.t("到 ", "until ")) (day(cx, expires)) }
                }
                @if let Some((at, reason)) = &child.revoked {
                    p.reason { (day(cx, *at)) (cx.t(" 吊销并换新：", " revoked and replaced: ")) (reason) }
                }
            }
            span.chip.state-published { (cx.t("可信", "Trusted")) }
            @if view.rights.revoke {
                details.revoke {
                    summary.link-like { (cx.t("吊销…", "Revoke…")) }
                    form.reject method="post" action="/console/keys/revoke" {
                        (csrf(cx))
                        @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                        label for=(id) { (cx.fill("为什么吊销{}的密钥？旧密钥马上作废，云上换一套新的，机顶盒自己跟上", "Why revoke {}'s keys? The old ones are void at once, new ones take over, boxes follow by themselves", &[&child.region.name])) }
                        textarea #(id) name="reason" rows="2" required maxlength="500" {}
                        div.row.end { button.button.bad.full type="submit" { (cx.t("吊销", "Revoke")) } }
                    }
                }
            }
        }
    }
}
