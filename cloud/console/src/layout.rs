//! The frame around every page.

use maud::{DOCTYPE, Markup, html};

use crate::assets::asset_url;
use crate::context::{Context, Place, Tone, Viewer};
use crate::pages::notices::counted;
use crate::parts::{Input, csrf, icon};
use crate::words::Lang;

/// htmx as a strict content security policy needs it. An answer 422 is the same form with what is wrong.
const HTMX: &str = r#"{"allowEval":false,"includeIndicatorStyles":false,"allowScriptTags":false,"selfRequestsOnly":true,"historyCacheSize":0,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"422","swap":true},{"code":"[45]..","swap":false,"error":true}]}"#;

/// A page within the frame.
pub struct Page<'a> {
    /// For the window's title; the body has its own heading.
    pub title: &'a str,
    /// Where the menu stands.
    pub place: Option<Place>,
    /// Scripts of `static/` and libraries that this page needs besides `console.js`, in order.
    pub scripts: &'a [&'a str],
    pub body: Markup,
}

impl Page<'_> {
    pub fn draw(self, cx: &Context) -> Markup {
        let body = html! {
            a.skip href="#main" { (cx.t("跳到正文", "Skip to the content")) }
            @if let Some(viewer) = &cx.viewer {
                div.frame {
                    // On a telephone the menu is opened with a button; the box is what the button turns.
                    input.menu-box type="checkbox" #menu-open aria-label=(cx.t("菜单", "Menu"));
                    (menu(cx, viewer, self.place))
                    div.stage {
                        (bar(cx, viewer))
                        main #main tabindex="-1" { (flashes(cx)) (self.body) }
                    }
                }
                (sign_in(cx, viewer))
            } @else {
                main #main.alone tabindex="-1" { (flashes(cx)) (self.body) }
            }
            div #announcer.unseen role="status" aria-live="polite" {}
        };
        document(cx, self.title, self.scripts, body)
    }
}

fn document(cx: &Context, title: &str, scripts: &[&str], body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(cx.lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                meta name="csrf" content=(cx.csrf);
                @if let Some(viewer) = &cx.viewer { meta name="account" content=(viewer.id); }
                meta name="htmx-config" content=(HTMX);
                title { (title) " · " (cx.t("粤乡", "Yuexiang")) }
                link rel="icon" href=(asset_url("icon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(asset_url("console.css"));
                script src=(asset_url("htmx.js")) defer {}
                script src=(asset_url("console.js")) type="module" {}
                @for script in scripts {
                    // The libraries are classic scripts; deferred ones and modules run in the order they are written.
                    @if matches!(*script, "echarts.js" | "tus.js") {
                        script src=(asset_url(script)) defer {}
                    } @else {
                        script src=(asset_url(script)) type="module" {}
                    }
                }
            }
            body { (body) }
        }
    }
}

fn menu(cx: &Context, viewer: &Viewer, current: Option<Place>) -> Markup {
    let groups: [(&str, &[Place]); 4] = [
        (cx.t("每天", "Every day"), &[Place::Dashboard, Place::Inbox, Place::Items, Place::Calendar]),
        (cx.t("频道栏目", "Programme"), &[Place::Sections, Place::Policy, Place::Channels]),
        (cx.t("效果", "Results"), &[Place::Views]),
        (cx.t("管理", "Administration"), &[Place::Accounts, Place::Tokens, Place::Keys, Place::Divisions, Place::Log]),
    ];
    html! {
        nav.menu aria-label=(cx.t("主菜单", "Main menu")) {
            a.brand href="/console/" {
                span.seal aria-hidden="true" { "粤" }
                span { (cx.t("粤乡", "Yuexiang")) }
            }
            @for (name, places) in groups {
                @let places: Vec<Place> = places.iter().copied().filter(|place| viewer.may_open(*place)).collect();
                @if !places.is_empty() {
                    p.group { (name) }
                    ul {
                        @for place in places {
                            li {
                                a href=(place.url()) aria-current=[(current == Some(place)).then_some("page")] {
                                    (icon(place_icon(place)))
                                    span { (place.word(cx.lang)) }
                                    @if place == Place::Inbox && viewer.waiting > 0 {
                                        span.count { (viewer.waiting) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            a.licences href=(asset_url("third-party.txt")) { (cx.t("开源许可", "Open-source licences")) }
        }
    }
}

/// Where somebody whose session has ended signs in again without leaving the page; the script opens it.
fn sign_in(cx: &Context, viewer: &Viewer) -> Markup {
    html! {
        dialog.sheet-dialog #sign-in aria-labelledby="sign-in-title"
            data-other=(cx.fill("现在登录的是另一个账号。这一页还是{}的：请用这个账号登录。",
                "Another account is signed in now. This page is {}'s: please sign in with that account.", &[&viewer.name]))
            data-offline=(cx.t("网络不通，请再试一次。", "No network; please try again.")) {
            form.fields method="post" action="/console/login" data-own {
                (csrf(cx))
                h2 #sign-in-title { (cx.t("登录已过期", "Your session has ended")) }
                p { (cx.fill("{}，请在这里再登录一次。这一页上写的都还在。", "{}, please sign in again here. All that you wrote on this page is kept.", &[&viewer.name])) }
                p.problem data-said role="alert" hidden {}
                (Input { required: true, autocomplete: "username", ..Input::text("sign-in-account", "account", cx.t("账号", "Account"), "") }.draw())
                (Input { kind: "password", required: true, autocomplete: "current-password", ..Input::text("sign-in-password", "password", cx.t("密码", "Password"), "") }.draw())
                div.row.end {
                    a.grow href="/console/login?next=/console/password" target="_blank" rel="noopener" { (cx.t("在新窗口登录", "In a new window")) }
                    button.button type="button" data-later { (cx.t("等一下", "Later")) }
                    button.button.primary type="submit" { (cx.t("登录，接着写", "Sign in and go on")) }
                }
            }
        }
    }
}

fn place_icon(place: Place) -> &'static str {
    match place {
        Place::Dashboard => "home",
        Place::Inbox => "stamp",
        Place::Items => "document",
        Place::Calendar => "calendar",
        Place::Sections => "list",
        Place::Policy => "steps",
        Place::Channels => "tv",
        Place::Views => "chart",
        Place::Accounts => "people",
        Place::Tokens => "plug",
        Place::Keys => "key",
        Place::Divisions => "list",
        Place::Log => "book",
    }
}

fn bar(cx: &Context, viewer: &Viewer) -> Markup {
    let roles: Vec<&str> = viewer.roles.iter().map(|role| role.word(cx.lang)).collect();
    html! {
        header.bar {
            label.menu-button for="menu-open" { (icon("list")) span.unseen { (cx.t("打开或收起菜单", "Open or close the menu")) } }
            (region_switch(cx, viewer))
            div.spacer {}
            (bell(cx, viewer))
            (language_switch(cx))
            details.drop {
                summary {
                    (icon("person"))
                    span { (viewer.name) }
                    @if !roles.is_empty() { span.muted { (roles.join(cx.t("、", ", "))) } }
                }
                div.sheet {
                    @if !viewer.stands_in_for.is_empty() {
                        p.stands-in { (cx.fill("您正在代审：{}", "You stand in for {}", &[&viewer.stands_in_for.join(cx.t("、", ", "))])) }
                    }
                    a href="/console/notices/settings" { (cx.t("怎么通知我", "How I am told")) }
                    @if viewer.may_open(Place::Inbox) {
                        a href="/console/substitutes" { (cx.t("不在时请人代审", "Substitutes")) }
                    }
                    a href="/console/password" { (cx.t("修改密码", "Change password")) }
                    form method="post" action="/console/logout" {
                        (csrf(cx))
                        button.plain type="submit" { (cx.t("退出登录", "Log out")) }
                    }
                }
            }
        }
    }
}

/// The way to one's notices, with how many are not read.
fn bell(cx: &Context, viewer: &Viewer) -> Markup {
    let said = match viewer.notices {
        0 => cx.t("通知", "Notices").to_owned(),
        count => cx.fill("通知，{} 条没看", "Notices, {} not read", &[&counted(count)]),
    };
    html! {
        a.bell href="/console/notices" aria-label=(said) title=(said) {
            (icon("bell"))
            @if viewer.notices > 0 { span.count aria-hidden="true" { (counted(viewer.notices)) } }
        }
    }
}

/// Posts `region` (12 digits) and `return` (a path) to `/console/region`.
fn region_switch(cx: &Context, viewer: &Viewer) -> Markup {
    let here = &viewer.region;
    html! {
        div.here {
            (icon("pin"))
            @if !here.above.is_empty() { span.muted.path { (here.above.join(" › ")) " ›" } }
            @if viewer.regions.len() > 1 {
                details.drop {
                    summary aria-label=(cx.fill("工作地区：{}，换一个", "Working in {}, change", &[&here.name])) {
                        strong { (here.name) }
                    }
                    form.sheet method="post" action="/console/region" {
                        (csrf(cx))
                        input type="hidden" name="return" value=(cx.path);
                        @for region in &viewer.regions {
                            button.plain type="submit" name="region" value=(region.code)
                                aria-current=[(region.code == here.code).then_some("true")] {
                                strong { (region.name) }
                                span.muted { (region.above.join(" ")) }
                            }
                        }
                    }
                }
            } @else {
                strong { (here.name) }
            }
        }
    }
}

/// Posts `lang` (`zh` or `en`) and `return` (a path) to `/console/language`.
pub fn language_switch(cx: &Context) -> Markup {
    let (other, name) = match cx.lang {
        Lang::Zh => (Lang::En, "English"),
        Lang::En => (Lang::Zh, "中文"),
    };
    html! {
        form.language method="post" action="/console/language" {
            (csrf(cx))
            input type="hidden" name="return" value=(cx.path);
            button.plain type="submit" name="lang" value=(other.slug()) lang=(other.tag()) { (name) }
        }
    }
}

fn flashes(cx: &Context) -> Markup {
    html! {
        @for flash in &cx.flashes {
            p.flash.(tone(flash.tone)) role=(if flash.tone == Tone::Bad { "alert" } else { "status" }) { (flash.text) }
        }
    }
}

pub fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Note => "note",
    }
}
