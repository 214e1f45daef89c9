//! The live channels of a region and those above it.

use maud::{Markup, html};

use crate::context::{Context, Place, Region};
use crate::layout::Page;
use crate::parts::{heading, moment, region_name};

/// `/console/channels?region=`.
#[derive(Clone, Debug)]
pub struct Channels {
    pub region: Region,
    /// By number.
    pub channels: Vec<Channel>,
}

#[derive(Clone, Debug)]
pub struct Channel {
    /// The number typed on the remote.
    pub number: u16,
    pub name: String,
    /// The region that runs it.
    pub from: Region,
    /// What is on now and next: title and when it begins, Unix seconds.
    pub now: Option<(String, i64)>,
    pub next: Option<(String, i64)>,
    /// The playlist's address; absent for whoever has nothing to do with it.
    pub url: Option<String>,
}

pub fn page(cx: &Context, view: &Channels) -> Markup {
    let body = html! {
        (heading(cx.t("频道", "Channels"), html! { (view.region.full_name()) }, html! {}))
        @if view.channels.is_empty() {
            div.card { p.nothing.big { (cx.t("这里还没有直播频道。", "There are no live channels here.")) } }
        } @else {
            div.card.flush {
                table {
                    caption.unseen { (cx.t("直播频道", "Live channels")) }
                    thead { tr {
                        th.number scope="col" { (cx.t("台号", "Number")) }
                        th scope="col" { (cx.t("频道", "Channel")) }
                        th scope="col" { (cx.t("谁办的", "Run by")) }
                        th scope="col" { (cx.t("正在播", "Now")) }
                        th scope="col" { (cx.t("接着播", "Next")) }
                    } }
                    tbody { @for channel in &view.channels { (row(cx, channel)) } }
                }
            }
        }
    };
    Page { title: Place::Channels.word(cx.lang), place: Some(Place::Channels), scripts: &[], body }.draw(cx)
}

fn row(cx: &Context, channel: &Channel) -> Markup {
    let programme = |programme: &Option<(String, i64)>| {
        html! {
            @match programme {
                Some((title, at)) => { (title) p.muted { (moment(cx, *at)) } },
                None => span.muted { "–" },
            }
        }
    };
    html! {
        tr {
            td.number { strong { (channel.number) } }
            th scope="row" { (channel.name) @if let Some(url) = &channel.url { p.muted { code { (url) } } } }
            td { (region_name(&channel.from)) }
            td { (programme(&channel.now)) }
            td { (programme(&channel.next)) }
        }
    }
}
