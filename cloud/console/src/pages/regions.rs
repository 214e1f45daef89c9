//! The tree picker: five levels, lazily loaded, searched by name, code and pinyin.

use maud::{Markup, html};

use crate::context::{Context, Region};
use crate::parts::icon;
use crate::words::Level;

/// A region in the tree.
#[derive(Clone, Debug)]
pub struct Node {
    pub region: Region,
    /// Whether anything lies below it.
    pub branch: bool,
    /// Whether the viewer may choose it.
    pub choosable: bool,
}

/// A region found by `q` within `root`: a part of the name, the digits of the code, or pinyin in full or by initials.
#[derive(Clone, Debug)]
pub struct Hit {
    pub region: Region,
    pub choosable: bool,
}

/// A picker in a form.
#[derive(Clone, Debug)]
pub struct Picker<'a> {
    /// Unique on the page.
    pub id: &'a str,
    pub label: &'a str,
    pub mode: Mode<'a>,
    /// Where the tree begins.
    pub root: &'a Region,
}

#[derive(Clone, Debug)]
pub enum Mode<'a> {
    /// One region, posted as `name`.
    One { name: &'a str, chosen: Option<&'a Region> },
    /// Several, posted as repeated `only`, without those posted as repeated `except`.
    Many { only: (&'a str, &'a [Region]), except: (&'a str, &'a [Region]) },
}

/// The field of a form. Without scripts, what is chosen stays chosen and can be taken away; the script adds the tree.
pub fn picker(cx: &Context, picker: &Picker) -> Markup {
    let id = picker.id;
    let (mode, names) = match &picker.mode {
        Mode::One { name, .. } => ("one", (*name, "")),
        Mode::Many { only, except } => ("many", (only.0, except.0)),
    };
    html! {
        div.field.picker #(id) data-picker=(mode) data-only=(names.0) data-except=(names.1) data-root=(picker.root.code)
            data-chosen=(cx.t("已选", "chosen")) data-left-out=(cx.t("不含", "without"))
            data-nothing=(cx.t("没有找到", "Nothing found")) {
            span.label #(format!("{id}-label")) { (picker.label) }
            @match &picker.mode {
                Mode::One { name, chosen } => {
                    input type="hidden" name=(name) value=(chosen.map_or("", |region| region.code.as_str()));
                    button.picked type="button" aria-haspopup="dialog" aria-expanded="false"
                        aria-labelledby=(format!("{id}-label {id}-value")) {
                        span #(format!("{id}-value")) {
                            (chosen.map_or(cx.t("请选择", "Choose").to_owned(), Region::short_name))
                        }
                    }
                },
                Mode::Many { only, except } => {
                    ul.chosen {
                        @for region in only.1 { (chosen_line(cx, only.0, region, false)) }
                        @for region in except.1 { (chosen_line(cx, except.0, region, true)) }
                    }
                    p.hint data-empty { (cx.fill("不选就是{}全部。", "Nothing chosen means all of {}.", &[&picker.root.name])) }
                    button.button.small type="button" aria-haspopup="dialog" aria-expanded="false" {
                        (icon("plus")) (cx.t("选地区", "Choose regions"))
                    }
                },
            }
            div.popup role="dialog" aria-label=(picker.label) hidden {
                label.unseen for=(format!("{id}-search")) { (cx.t("搜索地区", "Search regions")) }
                input type="search" #(format!("{id}-search")) autocomplete="off" data-search
                    placeholder=(cx.t("名称、代码、拼音或首字母", "Name, code or pinyin"));
                ul.tree data-hits hidden role="listbox" aria-label=(cx.t("找到的地区", "Regions found")) {}
                ul.tree data-tree role="tree" aria-label=(cx.t("地区", "Regions")) {
                    (tree_item(cx, picker.root, picker.root.level != Level::Village, true, false))
                }
                p.hint {
                    (cx.t("方向键移动，回车选中", "Arrows move, Enter chooses"))
                    @if mode == "many" { (cx.t("，减号不含", ", minus leaves out")) }
                    (cx.t("，Esc 关闭", ", Esc closes"))
                }
            }
        }
    }
}

fn chosen_line(cx: &Context, name: &str, region: &Region, left_out: bool) -> Markup {
    html! {
        li.left-out[left_out] title=(region.full_name()) {
            label.check {
                input type="checkbox" name=(name) value=(region.code) checked;
                @if left_out { span.minus { (cx.t("不含", "without")) } }
                (region.short_name())
            }
        }
    }
}

/// A line of the tree; its branches are loaded when it is opened.
fn tree_item(cx: &Context, region: &Region, branch: bool, choosable: bool, found: bool) -> Markup {
    html! {
        li role=(if found { "option" } else { "treeitem" }) tabindex="-1" data-code=(region.code) data-name=(region.short_name())
            aria-expanded=[(branch && !found).then_some("false")] aria-disabled=[(!choosable).then_some("true")]
            aria-selected="false" {
            span.line {
                span.twig[branch && !found] aria-hidden="true" {}
                span.name { (region.name) }
                @if found { span.muted { (region.above.join(" ")) } } @else { span.muted { (region.level.word(cx.lang)) } }
            }
        }
    }
}

/// The fragment for `/console/regions?parent=<code>`: what lies directly in a region.
pub fn children(cx: &Context, nodes: &[Node]) -> Markup {
    html! { @for node in nodes { (tree_item(cx, &node.region, node.branch, node.choosable, false)) } }
}

/// The fragment for `/console/regions?q=…&root=<code>`, the best first, a handful.
pub fn hits(cx: &Context, hits: &[Hit]) -> Markup {
    html! { @for hit in hits { (tree_item(cx, &hit.region, false, hit.choosable, true)) } }
}
