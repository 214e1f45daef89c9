//! A region's keys: what is signed with what, until when, and the ceremony of the offline root.

use maud::{Markup, html};

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::pages::accounts::{ReviewerKey, reviewer_key};
use crate::parts::{button_form, csrf, day, form_problems, heading, icon, moment, nothing, short};
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
    /// The cloud holds it; otherwise it lies with `holder`.
    pub online: bool,
    pub holder: String,
    /// Unix seconds.
    pub since: i64,
    /// No longer in use since, Unix seconds.
    pub retired: Option<i64>,
}

/// A region directly below.
#[derive(Clone, Debug)]
pub struct Child {
    pub region: Region,
    pub trust: Trust,
    /// Version and expiry (Unix seconds) of its root.
    pub root: Option<(i64, i64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    Trusted,
    /// Has no keys yet.
    Absent,
    Revoked {
        at: i64,
        reason: String,
    },
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
    /// Who has signed: the key's id, holder, Unix seconds.
    pub signatures: Vec<(String, String, i64)>,
    pub needed: u32,
    /// What the holders run on the offline machine.
    pub command: String,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Rights {
    pub rotate: bool,
    pub revoke: bool,
    pub ceremony: bool,
}

/// Posts, always with `region`: `role` to `/console/keys/rotate` (a new online key), `role` and `key` to
/// `/console/keys/retire`, `child` and `reason` to `/console/keys/revoke`, `child` to `/console/keys/trust`, nothing else
/// to `/console/keys/ceremony` (prepares a root) and `/console/keys/ceremony/cancel`, the file `signature` (multipart) to
/// `/console/keys/ceremony/signature`.
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
                dt { (cx.t("签名", "Signatures")) } dd.number { (role.threshold) " / " (role.keys.iter().filter(|key| key.retired.is_none()).count()) }
            }
            ul.lines { @for key in &role.keys { (key_line(cx, view, role, key)) } }
            (role_actions(cx, view, role.role))
        }
    }
}

fn key_line(cx: &Context, view: &Keys, role: &RoleKeys, key: &Key) -> Markup {
    let in_use = role.keys.iter().filter(|key| key.retired.is_none()).count();
    let spare = in_use > usize::try_from(role.threshold).unwrap_or(usize::MAX);
    html! {
        li {
            div.grow {
                p { code title=(key.id) { (short(&key.id)) } }
                p.muted {
                    @if key.online { (cx.t("在云上", "Online")) } @else { (cx.t("离线", "Offline")) @if !key.holder.is_empty() { " · " (key.holder) } }
                    @if let Some(at) = key.retired { " · " (cx.t("停用于 ", "retired ")) (day(cx, at)) } @else { " · " (day(cx, key.since)) }
                }
            }
            @if view.rights.rotate && key.retired.is_none() && spare && role.role != KeyRole::Root {
                (button_form(cx, "/console/keys/retire",
                    &[("region", &view.region.code), ("role", role.role.slug()), ("key", &key.id)],
                    cx.t("停用", "Retire"), "link bad", cx.t("停用这把密钥吗？", "Retire this key?")))
            }
        }
    }
}

fn role_actions(cx: &Context, view: &Keys, role: KeyRole) -> Markup {
    html! {
        div.row {
            @if role == KeyRole::Root {
                @if view.rights.ceremony && view.ceremony.is_none() {
                    (button_form(cx, "/console/keys/ceremony", &[("region", &view.region.code)], cx.t("准备新的根…", "Prepare a new root…"), "button small", ""))
                }
            } @else if view.rights.rotate {
                (button_form(cx, "/console/keys/rotate", &[("region", &view.region.code), ("role", role.slug())],
                    cx.t("换新密钥", "Rotate"), "button small",
                    cx.t("换一把新的在线密钥，机顶盒不用动。换吗？", "Make a new online key; boxes follow by themselves. Go on?")))
            }
        }
    }
}

fn ceremony(cx: &Context, view: &Keys, known: &Ceremony) -> Markup {
    let missing = usize::try_from(known.needed).unwrap_or(usize::MAX).saturating_sub(known.signatures.len());
    html! {
        section.card.decision {
            div.card-head {
                h2 { (cx.fill("新的根，第 {} 版，等 {} 个签名", "A new root, version {}, waits for {} signatures", &[&known.version, &missing])) }
                span.muted { (moment(cx, known.began)) (cx.t(" 开始", " begun")) }
            }
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
                    @if !known.signatures.is_empty() {
                        ul { @for (key, holder, at) in &known.signatures { li.ready { "✓ " (holder) " " code { (short(key)) } " " (moment(cx, *at)) } } }
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
                ul.lines { @for key in &view.reviewers { li { (reviewer_key(cx, key, true)) } } }
            }
        }
    }
}

fn children(cx: &Context, view: &Keys) -> Markup {
    html! {
        section.card {
            h2 { (cx.t("下级地区的根", "Roots of the regions below")) }
            @if view.children.is_empty() { (nothing(cx.t("没有下级地区。", "There are none."))) } @else {
                ul.lines { @for child in &view.children { (child_line(cx, view, child)) } }
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
                    @else { (cx.t("还没有密钥", "no keys yet")) }
                }
                @if let Trust::Revoked { at, reason } = &child.trust { p.reason { (day(cx, *at)) " " (reason) } }
            }
            @match &child.trust {
                Trust::Trusted => {
                    span.chip.state-published { (cx.t("可信", "Trusted")) }
                    @if view.rights.revoke {
                        details.revoke {
                            summary.link-like { (cx.t("吊销…", "Revoke…")) }
                            form.reject method="post" action="/console/keys/revoke" {
                                (csrf(cx))
                                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                                label for=(id) { (cx.fill("为什么吊销{}的密钥？它发的内容会从电视上消失", "Why revoke {}'s keys? What it has published disappears", &[&child.region.name])) }
                                textarea #(id) name="reason" rows="2" required maxlength="500" {}
                                div.row.end { button.button.bad.full type="submit" { (cx.t("吊销", "Revoke")) } }
                            }
                        }
                    }
                },
                Trust::Absent => span.chip { (cx.t("没有", "None")) },
                Trust::Revoked { .. } => {
                    span.chip.state-rejected { (cx.t("已吊销", "Revoked")) }
                    @if view.rights.revoke {
                        (button_form(cx, "/console/keys/trust", &fields, cx.t("换新根，恢复", "Trust a new root"), "link", ""))
                    }
                },
            }
        }
    }
}
