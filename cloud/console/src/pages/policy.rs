//! How many reviews the regions below need.

use maud::{Markup, html};
use yuexiang_wire::approval::required_steps;

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::parts::{csrf, form_problems, heading};
use crate::words::Step;

/// `/console/policy?region=`.
#[derive(Clone, Debug)]
pub struct Policy {
    pub region: Region,
    /// How many the region's own items need (1–3), and who has set it; absent for the province, which needs three.
    pub own: Option<(Region, u8)>,
    /// How many the regions directly below need (1–3); absent for a village.
    pub below: Option<u8>,
    pub may_edit: bool,
    /// How many people the region has for each step.
    pub reviewers: Vec<(Step, i64)>,
    pub problems: Vec<Problem>,
}

/// Posts `region` and `reviews` (`1`–`3`) to `/console/policy`.
pub fn page(cx: &Context, view: &Policy) -> Markup {
    let body = html! {
        (heading(cx.t("审核规则", "Review rules"), html! { (view.region.full_name()) }, html! {}))
        (form_problems(cx, &view.problems))
        div.columns.two {
            div.stack { (own(cx, view)) (reviewers(cx, view)) }
            @if let Some(reviews) = view.below { div.stack { (below(cx, view, reviews)) } }
        }
    };
    Page { title: Place::Policy.word(cx.lang), place: Some(Place::Policy), scripts: &[], body }.draw(cx)
}

fn own(cx: &Context, view: &Policy) -> Markup {
    let reviews = view.own.as_ref().map_or(3, |(_, reviews)| *reviews);
    html! {
        section.card {
            h2 { (cx.fill("{}的内容要过几审", "Reviews that {}'s items need", &[&view.region.name])) }
            (steps(cx, reviews))
            p.muted {
                @match &view.own {
                    Some((by, _)) => (cx.fill("由上级{}规定。", "Set by {} above.", &[&by.name])),
                    None => (cx.t("省级内容一律三审。", "The province's items always take three.")),
                }
            }
        }
    }
}

/// The reviews as a way with so many stations.
fn steps(cx: &Context, reviews: u8) -> Markup {
    html! {
        ol.stations {
            li { (cx.t("草稿", "Draft")) }
            @for step in required_steps(reviews) { li.station { (Step::from(*step).word(cx.lang)) } }
            li { (cx.t("发布", "Published")) }
        }
    }
}

fn reviewers(cx: &Context, view: &Policy) -> Markup {
    html! {
        section.card {
            h2 { (cx.t("本地审核人手", "Reviewers here")) }
            table {
                caption.unseen { (cx.t("每一审的人数", "People per step")) }
                thead { tr { th scope="col" { (cx.t("环节", "Step")) } th.number scope="col" { (cx.t("人数", "People")) } } }
                tbody {
                    @for (step, count) in &view.reviewers {
                        tr {
                            th scope="row" { (step.word(cx.lang)) }
                            td.number { @if *count == 0 { span.bad-text { (cx.t("还没有人", "nobody yet")) } } @else { (count) } }
                        }
                    }
                }
            }
            p.hint { (cx.t("作者不能审自己的稿，一个人在一条内容上只算一审；人手不够时由上级的审核员来审。",
                "Nobody reviews their own text, and a person counts once per item; where people are missing, reviewers of the levels above step in.")) }
        }
    }
}

fn below(cx: &Context, view: &Policy, reviews: u8) -> Markup {
    html! {
        section.card {
            h2 { (cx.fill("{}下一级的内容要过几审", "Reviews that the regions below {} need", &[&view.region.name])) }
            form.fields method="post" action="/console/policy" {
                (csrf(cx))
                input type="hidden" name="region" value=(view.region.code);
                fieldset.choices disabled[!view.may_edit] {
                    legend.unseen { (cx.t("几审", "How many")) }
                    @for count in 1..=3_u8 {
                        label.check {
                            input type="radio" name="reviews" value=(count) checked[count == reviews];
                            span { strong { (count_word(cx, count)) } (steps(cx, count)) }
                        }
                    }
                }
                @if view.may_edit { div.row.end { button.button.primary type="submit" { (cx.t("保存", "Save")) } } }
            }
            p.hint { (cx.t("机顶盒按这条规则核对：要求提高以后，审次不够的旧内容也不再显示，要补审。",
                "Boxes check it: after a raise, older items with fewer approvals are not shown until they are reviewed again.")) }
        }
    }
}

fn count_word(cx: &Context, count: u8) -> &'static str {
    match count {
        1 => cx.t("一审", "One review"),
        2 => cx.t("两审", "Two reviews"),
        _ => cx.t("三审", "Three reviews"),
    }
}
