//! A product: what it is, what it costs, whose it is, and how to order it with a phone.

use super::opened::Opened;
use super::reader::{side, to_facts};
use super::{Action, Command, Context, Direction, element, text_page};
use crate::catalog::{Content, Item, Picture};
use crate::text::{Matter, Page, paginate, width};
use crate::view::{Element, ElementId, Fact, ProductView, TextSize};
use crate::words::{HintWord, Label};

#[derive(Clone, Debug)]
pub struct Product {
    pub opened: Opened,
    pages: Vec<Page>,
    /// What the pages were made for.
    paged: Option<(TextSize, Vec<Fact>, Vec<Fact>)>,
    page: usize,
    pictures: Vec<Picture>,
    picture: usize,
    at_picture: bool,
}

impl Product {
    pub fn new(opened: Opened) -> Product {
        Product { opened, pages: Vec::new(), paged: None, page: 0, pictures: Vec::new(), picture: 0, at_picture: false }
    }

    pub fn settle(&mut self, context: &Context) {
        let Some(item) = self.opened.item() else { return };
        let Content::Product { pictures, .. } = &item.content else { return };
        let mut all: Vec<Picture> = item.cover.iter().cloned().collect();
        all.extend(
            pictures.iter().filter(|picture| !item.cover.iter().any(|cover| cover.object == picture.object)).cloned(),
        );
        self.pictures = all;
        let matter = matter(item, context);
        let wanted = (context.settings.text_size, matter.facts.clone(), matter.imprint.clone());
        if self.paged.as_ref() != Some(&wanted) {
            self.pages = paginate(&matter, context.layout.product(), context.measure);
            self.paged = Some(wanted);
        }
        self.page = self.page.min(self.pages.len().saturating_sub(1));
        self.picture = self.picture.min(self.pictures.len().saturating_sub(1));
        self.at_picture &= !self.pictures.is_empty();
    }

    pub fn handle(&mut self, command: Command, context: &Context) -> Action {
        use Direction::{Down, Left, Right, Up};
        match command {
            Command::Back => return Action::Leave,
            Command::Ok if self.at_picture || !self.pictures.is_empty() => {
                return Action::ShowPictures {
                    board: self.opened.summary.board,
                    title: self.opened.summary.title.clone(),
                    pictures: self.pictures.clone(),
                    index: self.picture,
                };
            }
            Command::Ok => {}
            Command::Move { direction: Down, .. } => self.page += 1,
            Command::Move { direction: Up, .. } => self.page = self.page.saturating_sub(1),
            // The pictures stand to the right of the text.
            Command::Move { direction: Right, .. } if !self.at_picture => self.at_picture = true,
            Command::Move { direction: Right, .. } => self.picture += 1,
            Command::Move { direction: Left, .. } if self.picture == 0 => self.at_picture = false,
            Command::Move { direction: Left, .. } => self.picture = self.picture.saturating_sub(1),
        }
        self.settle(context);
        Action::Nothing
    }

    pub fn elements(&self) -> (Vec<Element>, ElementId) {
        let mut elements = vec![element("product/text", self.opened.summary.title.clone())];
        if !self.pictures.is_empty() {
            elements.push(element("product/picture", ""));
        }
        (elements, if self.at_picture { "product/picture" } else { "product/text" }.into())
    }

    pub fn view(&self, context: &Context) -> ProductView {
        let summary = &self.opened.summary;
        let words = context.words;
        let price = words.yuan(summary.price.unwrap_or(0));
        let (mut order, mut unit) = (String::new(), String::new());
        if let Some(Content::Product { unit: per, order: uri, .. }) = self.opened.item().map(|item| &item.content) {
            order = uri.clone();
            unit = if unit_beside(&price, per, context) { words.per(per) } else { words.yuan_word() };
        }
        let order_label = if order.starts_with("tel:") { Label::ScanToCall } else { Label::ScanToOrder };
        let mut hints = Vec::new();
        if self.pages.len() > 1 {
            hints.push(HintWord::Page);
        }
        if self.pictures.len() > 1 && self.at_picture {
            hints.push(HintWord::Pictures);
        }
        if !self.pictures.is_empty() {
            hints.push(HintWord::Enlarge);
        }
        hints.push(HintWord::Back(context.back));
        let label = words.picture_label(self.picture, self.pictures.len(), true);
        ProductView {
            board: summary.board,
            crumb: self.opened.crumb(context),
            title: summary.title.clone(),
            meta: self.opened.meta(context),
            price,
            unit,
            pictures: side(&self.pictures, self.picture, label, context),
            order,
            order_label: words.label(order_label),
            text: text_page(self.pages.get(self.page), context),
            page_index: self.page,
            page_count: self.pages.len().max(1),
            hints: context.hints(&hints),
            position: words.position(self.page, self.pages.len()),
            empty: self.opened.empty(context),
        }
    }
}

fn matter<'a>(item: &'a Item, context: &Context) -> Matter<'a> {
    let Content::Product { price, unit, origin, seller, phone, order, .. } = &item.content else {
        return context.matter(item, Vec::new());
    };
    let beside = unit_beside(&context.words.yuan(*price), unit, context);
    // Who has no telephone that reads codes has one that dials.
    let dialled = order.strip_prefix("tel:").filter(|_| phone.is_empty()).unwrap_or(phone);
    let pairs = vec![
        (Label::Unit, if beside { String::new() } else { unit.clone() }),
        (Label::Origin, origin.clone()),
        (Label::Seller, seller.clone()),
        (Label::Phone, dialled.to_owned()),
    ];
    context.matter(item, to_facts(pairs, context))
}

/// Whether what the price is for has room beside it.
fn unit_beside(price: &str, unit: &str, context: &Context) -> bool {
    let room = context.layout.unit_width(width(price, true, context.measure));
    width(&context.words.per(unit), false, context.measure) <= room * 0.99
}
