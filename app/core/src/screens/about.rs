//! What this box is and how it is doing, for who is asked on the phone.

use super::Context;
use crate::view::{AboutView, Fact};
use crate::words::{HintWord, Label};

pub fn view(context: &Context) -> AboutView {
    let words = context.words;
    let space = context.library.space();
    let village = context.facts.village;
    let name = village.and_then(|code| context.library.region(code)).map(|region| region.name.clone());
    let code = village.map_or_else(String::new, |code| code.to_string());
    let fact = |word, value: String| Fact { label: words.about(word), value };
    let mut facts = vec![
        fact(AboutWord::Village, format!("{}　{code}", name.unwrap_or_default()).trim().to_owned()),
        fact(AboutWord::Items, words.items(context.library.items().count(), context.library.distrusted())),
        fact(AboutWord::Storage, words.storage(space.used, context.facts.quota, space.free)),
        fact(AboutWord::LastSync, words.sync_state(context.sync.running, context.sync.last_success)),
        fact(AboutWord::Result, words.sync_result(context.sync)),
        fact(AboutWord::Cloud, context.facts.cloud.clone()),
        fact(AboutWord::Version, format!("粤乡 Yuexiang {}", context.facts.version)),
    ];
    facts.extend(context.missing.iter().map(|what| {
        let (label, value) = words.done_without(what);
        Fact { label, value }
    }));
    let trouble = context.sync.last_trouble.as_ref();
    AboutView {
        title: words.label(Label::About),
        facts,
        hints: context.hints(&[HintWord::Back(context.back)]),
        technical: trouble.map_or_else(String::new, |(region, kind, _)| format!("{region} {kind:?}")),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AboutWord {
    Village,
    Items,
    Storage,
    LastSync,
    Result,
    Cloud,
    Version,
}
