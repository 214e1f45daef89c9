//! What this box is and how it is doing, for who is asked on the phone: on pages, when it does not fit on one.

use super::{Action, Command, Context, Direction, text_page};
use crate::text::{Matter, Page, Placed, paginate};
use crate::view::{AboutView, Fact, TextSize};
use crate::words::{HintWord, Label};

#[derive(Clone, Debug, Default)]
pub struct AboutScreen {
    facts: Vec<Fact>,
    pages: Vec<Page>,
    /// What the pages were made for.
    paged: Option<TextSize>,
    page: usize,
}

impl AboutScreen {
    pub fn settle(&mut self, context: &Context) {
        let (facts, size) = (facts(context), context.settings.text_size);
        if self.paged != Some(size) || self.facts != facts {
            let matter = Matter { facts: facts.clone(), ..Matter::default() };
            let shape = context.layout.about();
            self.pages = paginate(&matter, shape, context.measure);
            if let [page] = self.pages.as_mut_slice() {
                spread(page, shape.height);
            }
            (self.facts, self.paged) = (facts, Some(size));
        }
        self.page = self.page.min(self.pages.len().saturating_sub(1));
    }

    pub fn handle(&mut self, command: Command, context: &Context) -> Action {
        match command {
            Command::Back => return Action::Leave,
            Command::Ok | Command::Move { direction: Direction::Down, .. } => self.page += 1,
            Command::Move { direction: Direction::Up, .. } => self.page = self.page.saturating_sub(1),
            Command::Move { .. } => {}
        }
        self.settle(context);
        Action::Nothing
    }

    pub fn view(&self, context: &Context) -> AboutView {
        let words = context.words;
        let trouble = context.sync.last_trouble.as_ref();
        let back = HintWord::Back(context.back);
        let hints = if self.pages.len() > 1 { vec![HintWord::Page, back] } else { vec![back] };
        AboutView {
            title: words.label(Label::About),
            facts: facts(context),
            page: text_page(self.pages.get(self.page), context),
            position: words.position(self.page, self.pages.len()),
            hints: context.hints(&hints),
            technical: trouble.map_or_else(String::new, |(region, kind, _)| format!("{region} {kind:?}")),
        }
    }
}

/// Lets few rows take more of the page: the farther apart, the easier they are to read.
fn spread(page: &mut Page, height: f32) {
    const FARTHEST: f32 = 1.5;
    let bottom = |placed: &Placed| match placed {
        Placed::Fact(fact) => fact.top + fact.height,
        Placed::Line { .. } | Placed::Figure { .. } => 0.0,
    };
    let used = page.placed.iter().map(bottom).fold(1.0, f32::max);
    let factor = (height / used).clamp(1.0, FARTHEST);
    for placed in &mut page.placed {
        if let Placed::Fact(fact) = placed {
            fact.top *= factor;
            fact.height *= factor;
        }
    }
}

fn facts(context: &Context) -> Vec<Fact> {
    let words = context.words;
    let space = context.library.space();
    let fact = |word, value: String| Fact { label: words.about(word), value };
    let mut facts = vec![
        fact(AboutWord::Village, village(context)),
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
    facts
}

/// Its name, where it lies, and its code: the header has not always room for them.
fn village(context: &Context) -> String {
    let Some(code) = context.facts.village else { return String::new() };
    let lineage = code.lineage();
    let names = lineage.iter().filter_map(|code| context.library.region(*code)).map(|region| region.name.clone());
    let names: Vec<String> = names.collect();
    format!("{}　{code}", names.join(" · ")).trim().to_owned()
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
