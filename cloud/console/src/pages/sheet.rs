//! What was understood of a spreadsheet, to be looked at before it is taken.

use maud::{Markup, html};
use yuexiang_wire::{limits, most_rows};

use crate::context::Context;
use crate::messages::Message;
use crate::messages::files::Sheet as Reason;

/// What `/console/tables` answers to a file.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// The file's name.
    pub name: String,
    /// Names of the workbook's sheets, and which of them it is; empty for other files.
    pub sheets: Vec<String>,
    pub sheet: usize,
    /// Rows above the titles, which are left out.
    pub above: Vec<String>,
    pub titles: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Columns of numbers and rows of totals, counted from 1.
    pub numeric: Vec<usize>,
    pub totals: Vec<usize>,
    /// The table as the form keeps it.
    pub tsv: String,
    /// Why it is not taken; none when it can be.
    pub refusal: Option<Message>,
    /// What has to be changed after it was taken.
    pub problems: Vec<Message>,
}

impl Sheet {
    /// Why it does not fit, if it does not: nothing of it is taken then.
    fn too_large(&self) -> Option<Message> {
        let (rows, columns) = (self.rows.len(), self.titles.len());
        let fits = rows <= most_rows(self.totals.contains(&rows)) && columns <= limits::COLUMNS;
        let (most_rows, most_columns) = (limits::ROWS, limits::COLUMNS);
        (!fits).then(|| Reason::DoesNotFit { rows, columns, most_rows, most_columns }.into())
    }
}

/// Rows that are shown of a table that does not fit.
const GLANCE: usize = 20;

pub fn fragment(cx: &Context, view: &Sheet) -> Markup {
    let list = |numbers: &[usize]| numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let too_large = view.too_large();
    let fits = too_large.is_none() && view.refusal.is_none();
    let rows = if fits { view.rows.len() } else { GLANCE.min(view.rows.len()) };
    html! {
        div.stack data-read data-tsv=[fits.then_some(&view.tsv)] data-numeric=(list(&view.numeric)) data-totals=(list(&view.totals)) {
            p { strong { (cx.fill("从“{}”里读到的", "What was read from “{}”", &[&view.name])) }
                @if view.refusal.is_none() {
                    " " (cx.fill("{} 行 {} 列", "{} rows, {} columns", &[&view.rows.len(), &view.titles.len()]))
                }
            }
            @if let Some(refusal) = &view.refusal { p.problem { (refusal.sentence(cx.lang)) } }
            @if let Some(why) = &too_large { p.problem { (why.sentence(cx.lang)) } }
            @if view.sheets.len() > 1 {
                div.field {
                    label for="table-sheet" { (cx.t("工作表", "Sheet")) }
                    select #table-sheet name="sheet" form="" {
                        @for (at, name) in view.sheets.iter().enumerate() { option value=(at) selected[at == view.sheet] { (name) } }
                    }
                }
            }
            @if !view.above.is_empty() {
                p.hint { (cx.fill("表头上面的 {} 行没有算进表格：", "{} rows above the titles are left out: ", &[&view.above.len()]))
                    (view.above.join(cx.t("；", "; "))) }
            }
            @if !view.titles.is_empty() {
                div.table-scroll {
                    table.grid {
                        thead { tr { @for (at, title) in view.titles.iter().enumerate() { th.number[view.numeric.contains(&(at + 1))] scope="col" { (title) } } } }
                        tbody {
                            @for (at, row) in view.rows.iter().take(rows).enumerate() {
                                tr.total[view.totals.contains(&(at + 1))] {
                                    @for (column, cell) in row.iter().enumerate() {
                                        td.number[view.numeric.contains(&(column + 1))] { (cell) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if rows < view.rows.len() { p.muted { "…" } }
                p.hint { (cx.t("靠右的是数字列，加粗的是合计行；放进去以后都可以改。",
                    "Numbers stand at the right, totals in bold; both can be changed afterwards.")) }
            }
            @if fits && !view.problems.is_empty() {
                p.bad-text { (cx.t("放进去以后还要改：", "To be changed afterwards:")) }
                ul { @for problem in &view.problems { li { (problem.sentence(cx.lang)) } } }
            }
            div.row {
                @if fits { button.button.primary type="button" data-take { (cx.t("放进表格（换掉现在的）", "Take it, in place of what is there")) } }
                button.button type="button" data-leave { (cx.t("不用了", "Leave it")) }
            }
        }
    }
}
