//! Something to buy: price, pictures, and the code that a telephone reads.

use super::Context;
use super::code::{self, Code};
use super::parts::{empty, fact_rows, figures, hints, lines, side, text, title};
use crate::generated as ui;
use crate::models::sync;
use slint::{ComponentHandle, ModelRc, VecModel};
use std::rc::Rc;
use yuexiang_core::view::ProductView;

pub(super) struct Product {
    facts: Rc<VecModel<ui::FactRow>>,
    lines: Rc<VecModel<ui::Line>>,
    figures: Rc<VecModel<ui::Figure>>,
    hints: Rc<VecModel<ui::Hint>>,
    /// What the code on the screen holds, and for which scale it was drawn.
    drawn: Option<(String, f32)>,
}

impl Product {
    pub fn new(window: &ui::MainWindow) -> Product {
        let product = Product {
            facts: Rc::default(),
            lines: Rc::default(),
            figures: Rc::default(),
            hints: Rc::default(),
            drawn: None,
        };
        let data = window.global::<ui::ProductData>();
        data.set_facts(ModelRc::from(product.facts.clone()));
        data.set_lines(ModelRc::from(product.lines.clone()));
        data.set_figures(ModelRc::from(product.figures.clone()));
        data.set_hints(ModelRc::from(product.hints.clone()));
        product
    }

    pub fn apply(&mut self, view: &ProductView, context: &mut Context) {
        let data = context.window.global::<ui::ProductData>();
        data.set_title(title(view.board, &view.crumb, &view.title, &view.meta));
        data.set_price(text(&view.price));
        data.set_unit(text(&view.unit));
        sync(&self.facts, fact_rows(&view.text, context.large), |fact| fact.label.clone());
        sync(&self.lines, lines(&view.text, context.large), |line| line.text.clone());
        sync(&self.figures, figures(&view.text, 1120.0, context), |figure| figure.id.clone());
        // The code stands right below the picture: no room for its caption, which is there when it is enlarged.
        let pictures = ui::SidePicture { caption: text(""), ..side(view.pictures.as_ref(), (316.0, 316.0), context) };
        data.set_pictures(pictures);
        data.set_code_label(text(&view.order_label));
        sync(&self.hints, hints(&view.hints), |hint| hint.keys.clone());
        data.set_position(text(&view.position));
        data.set_empty(empty(view.empty.as_ref()));
        data.set_on_picture(context.focus == Some("product/picture"));
        self.draw_code(&view.order, context);
    }

    fn draw_code(&mut self, order: &str, context: &Context) {
        if self.drawn.as_ref().is_some_and(|(drawn, scale)| drawn == order && *scale == context.scale) {
            return;
        }
        let code = code::draw(order, (312.0 * context.scale) as u32).unwrap_or(Code::nothing());
        let data = context.window.global::<ui::ProductData>();
        data.set_code_size(code.side as f32 / context.scale);
        data.set_code(code.image);
        self.drawn = Some((order.to_owned(), context.scale));
    }
}
