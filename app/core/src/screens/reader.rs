//! Articles, notices, activities, jobs and spots, page by page, with pictures beside the text; and the words that belong
//! to a picture story or a video.

use super::opened::Opened;
use super::{Action, Command, Context, Direction, element, text_page};
use crate::catalog::{Block, Content, Item, Picture};
use crate::text::{Matter, Page, paginate};
use crate::view::{Element, ElementId, Fact, ReaderView, SidePicture, TextSize};
use crate::words::{HintWord, Label};

#[derive(Clone, Debug)]
pub struct Reader {
    pub opened: Opened,
    pages: Vec<Page>,
    /// What the pages were made for.
    paged: Option<(TextSize, Vec<Fact>, Vec<Fact>)>,
    page: usize,
    /// Pictures beside the text.
    pictures: Vec<Picture>,
    picture: usize,
    at_picture: bool,
}

impl Reader {
    pub fn new(opened: Opened) -> Reader {
        Reader { opened, pages: Vec::new(), paged: None, page: 0, pictures: Vec::new(), picture: 0, at_picture: false }
    }

    /// Breaks the text into pages when it has come or the text size has changed.
    pub fn settle(&mut self, context: &Context) {
        let Some(item) = self.opened.item() else { return };
        self.pictures = side_pictures(item);
        let matter = matter(item, context);
        // 明天 becomes 今天 while one reads.
        let wanted = (context.settings.text_size, matter.facts.clone(), matter.imprint.clone());
        if self.paged.as_ref() != Some(&wanted) {
            let shape = context.layout.reader(!self.pictures.is_empty());
            self.pages = paginate(&matter, shape, context.measure);
            self.paged = Some(wanted);
        }
        self.page = self.page.min(self.pages.len().saturating_sub(1));
        self.picture = self.picture.min(self.pictures.len().saturating_sub(1));
        self.at_picture &= !self.pictures.is_empty();
    }

    pub fn handle(&mut self, command: Command, context: &Context) -> Action {
        use Direction::{Down, Left, Right, Up};
        let last = self.pages.len().saturating_sub(1);
        match command {
            Command::Back => return Action::Leave,
            Command::Ok if self.at_picture => return self.enlarge(),
            Command::Ok => self.page = (self.page + 1).min(last),
            Command::Move { direction: Down, .. } => self.page = (self.page + 1).min(last),
            Command::Move { direction: Up, .. } => self.page = self.page.saturating_sub(1),
            Command::Move { direction: Right, .. } if !self.at_picture => self.at_picture = true,
            Command::Move { direction: Right, .. } => self.picture += 1,
            Command::Move { direction: Left, .. } if self.at_picture && self.picture == 0 => self.at_picture = false,
            Command::Move { direction: Left, .. } => self.picture = self.picture.saturating_sub(1),
        }
        self.settle(context);
        Action::Nothing
    }

    fn enlarge(&self) -> Action {
        Action::ShowPictures {
            board: self.opened.summary.board,
            title: self.opened.summary.title.clone(),
            pictures: self.pictures.clone(),
            index: self.picture,
        }
    }

    pub fn elements(&self) -> (Vec<Element>, ElementId) {
        let mut elements = vec![element("reader/text", self.opened.summary.title.clone())];
        if !self.pictures.is_empty() {
            elements.push(element("reader/picture", ""));
        }
        (elements, if self.at_picture { "reader/picture" } else { "reader/text" }.into())
    }

    pub fn view(&self, context: &Context) -> ReaderView {
        let summary = &self.opened.summary;
        let mut hints = Vec::new();
        if self.pages.len() > 1 {
            hints.push(HintWord::Page);
        }
        match (self.at_picture, self.pictures.len()) {
            (_, 0) => {}
            (false, _) => hints.push(HintWord::ToPicture),
            (true, 1) => hints.push(HintWord::Enlarge),
            (true, _) => hints.extend([HintWord::Pictures, HintWord::Enlarge]),
        }
        hints.push(HintWord::Back(context.back));
        let label = context.words.picture_label(self.picture, self.pictures.len(), self.at_picture);
        ReaderView {
            board: summary.board,
            crumb: self.opened.crumb(context),
            title: summary.title.clone(),
            meta: self.opened.meta(context),
            page: text_page(self.pages.get(self.page), context),
            page_index: self.page,
            page_count: self.pages.len().max(1),
            side: side(&self.pictures, self.picture, label, context),
            hints: context.hints(&hints),
            position: context.words.position(self.page, self.pages.len()),
            empty: self.opened.empty(context),
        }
    }
}

/// The picture beside the text and how many there are.
pub fn side(pictures: &[Picture], index: usize, label: String, context: &Context) -> Option<SidePicture> {
    let picture = context.picture(pictures.get(index)?);
    Some(SidePicture { picture, index, count: pictures.len(), label })
}

fn matter<'a>(item: &'a Item, context: &Context) -> Matter<'a> {
    context.matter(item, facts(item, context))
}

/// How many pages the text of a picture story or a video has.
pub fn text_pages(item: &Item, context: &Context) -> usize {
    paginate(&matter(item, context), context.layout.reader(false), context.measure).len()
}

/// The cover, unless the text shows it anyway, and the pictures of the place. Those of a story and of a video are seen
/// before one comes to their text.
fn side_pictures(item: &Item) -> Vec<Picture> {
    if matches!(item.content, Content::Story { .. } | Content::Video { .. }) {
        return Vec::new();
    }
    let in_text = |picture: &Picture| {
        item.body.iter().any(|block| matches!(block, Block::Figure(figure) if figure.object == picture.object))
    };
    let of_content: &[Picture] = match &item.content {
        Content::Spot { pictures, .. } => pictures,
        _ => &[],
    };
    let mut pictures: Vec<Picture> = item.cover.iter().filter(|cover| !in_text(cover)).cloned().collect();
    for picture in of_content {
        if !pictures.iter().any(|known| known.object == picture.object) {
            pictures.push(picture.clone());
        }
    }
    pictures
}

fn facts(item: &Item, context: &Context) -> Vec<Fact> {
    let words = context.words;
    let pairs = match &item.content {
        Content::Activity { starts, ends, place, contact } => vec![
            (Label::When, ends.map_or_else(|| words.appointment(*starts), |ends| words.span(*starts, ends))),
            (Label::Where, place.clone()),
            (Label::Contact, contact.clone()),
        ],
        Content::Spot { address, hours, phone, .. } => {
            vec![(Label::Address, address.clone()), (Label::Hours, hours.clone()), (Label::Phone, phone.clone())]
        }
        Content::Job { employer, pay, place, headcount, phone } => vec![
            (Label::Pay, pay.clone()),
            (Label::Employer, employer.clone()),
            (Label::Where, place.clone()),
            (Label::Headcount, if *headcount > 0 { words.people(*headcount) } else { String::new() }),
            (Label::Phone, phone.clone()),
        ],
        _ => Vec::new(),
    };
    to_facts(pairs, context)
}

/// Leaves out what is not said.
pub fn to_facts(pairs: Vec<(Label, String)>, context: &Context) -> Vec<Fact> {
    let said = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(label, value)| Fact { label: context.words.label(label), value }).collect()
}
