//! The editor's form and the draft, in both directions.

use std::collections::BTreeMap;

use axum::body::Bytes;
use yuexiang_console::editor::{TableText, Values};
use yuexiang_console::time;
use yuexiang_console::words::Kind;

use crate::desk::draft::{self, Captioned, Draft, Markup};
use crate::desk::typed;

/// The fields of all kinds.
const VALUES: [&str; 15] = [
    "starts",
    "ends",
    "place",
    "contact",
    "price",
    "unit",
    "origin",
    "seller",
    "phone",
    "order",
    "address",
    "hours",
    "employer",
    "pay",
    "headcount",
];

/// Fields of the form itself whose text may be none of their values.
const OWN: [&str; 3] = ["not_before", "not_after", "priority"];

/// Stands for what a browser keeps to itself, since it is neither a date nor a number.
const UNREADABLE: &str = "?";

/// The pairs of a form, in their order.
#[derive(Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn read(body: &Bytes) -> Fields {
        let pairs = url::form_urlencoded::parse(body);
        Fields(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    fn medium(&self, name: &str) -> Option<String> {
        // Of several that were sent the last one counts: it was chosen last.
        self.all(name).pop().filter(|id| !id.is_empty())
    }

    fn captioned(&self, name: &str) -> Vec<Captioned> {
        let captions = self.all(&format!("{name}_caption"));
        let media = self.all(name).into_iter().filter(|id| !id.is_empty());
        let caption = |index: usize| captions.get(index).cloned().unwrap_or_default();
        media.enumerate().map(|(index, medium)| Captioned { medium, caption: caption(index) }).collect()
    }

    /// A moment, and what was typed when that is none.
    fn moment(&self, name: &str) -> Result<Option<i64>, String> {
        match self.get(name).trim() {
            "" => Ok(None),
            typed => time::from_input(typed).map(Some).ok_or_else(|| typed.to_owned()),
        }
    }

    /// The draft that the form describes; none when it names no board that there is.
    pub fn draft(&self) -> Option<Draft> {
        let (board_slug, section) = self.get("place_in").split_once('/')?;
        let mut draft = Draft::new(self.get("kind"), yuexiang_wire::Board::named(board_slug)?, section);
        draft.title = self.get("title").to_owned();
        draft.summary = self.get("summary").to_owned();
        draft.publisher = self.get("publisher").to_owned();
        draft.body = self.get("body").replace("\r\n", "\n");
        draft.markup = Markup::Lines;
        let typed = VALUES.iter().map(|name| ((*name).to_owned(), self.get(name).to_owned()));
        draft.values = typed.filter(|(_, value)| !value.is_empty()).collect::<BTreeMap<_, _>>();
        draft.table = draft::TableText {
            tsv: self.get("table").replace("\r\n", "\n"),
            numeric: self.get("table_numeric").to_owned(),
            totals: self.get("table_totals").to_owned(),
        };
        draft.cover = self.medium("cover");
        draft.video = self.medium("video");
        draft.pictures = self.captioned("picture");
        draft.receipts = self.captioned("receipt");
        let mut unread = Vec::new();
        match self.moment("not_before") {
            Ok(at) => draft.not_before = at,
            Err(typed) => unread.push(("not_before", typed)),
        }
        match self.moment("not_after") {
            Ok(at) => draft.not_after = at,
            Err(typed) => unread.push(("not_after", typed)),
        }
        draft.pinned = self.get("pinned") == "1";
        match self.get("priority").trim() {
            "" => draft.priority = 0,
            typed => match typed.parse() {
                Ok(priority) => draft.priority = priority,
                Err(_) => unread.push(("priority", typed.to_owned())),
            },
        }
        draft.values.extend(unread.into_iter().map(|(name, typed)| (name.to_owned(), typed)));
        // What the browser could not read itself it sends as nothing at all; the script names those fields.
        for name in self.all("unreadable") {
            if VALUES.contains(&name.as_str()) || OWN.contains(&name.as_str()) {
                draft.values.insert(name, UNREADABLE.to_owned());
            }
        }
        draft.only = self.all("audience_only").into_iter().filter(|code| !code.is_empty()).collect();
        draft.except = self.all("audience_except").into_iter().filter(|code| !code.is_empty()).collect();
        Some(draft)
    }
}

/// The running text, for the form. What a program wrote in Markdown is shown as it would have been typed; what was typed
/// here stays as it is.
pub fn body(draft: &Draft, origin: Option<&str>) -> String {
    let foreign = draft.markup == Markup::Markdown && origin == Some("api");
    let typed = if foreign { typed::from_markdown(&draft.body) } else { None };
    typed.unwrap_or_else(|| draft.body.clone())
}

/// What was typed, for the form.
pub fn values(draft: &Draft) -> Values {
    Values(draft.values.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The same of a document that no form has written, such as one from a content pack.
pub fn values_of(kind: &yuexiang_wire::Kind) -> Values {
    use yuexiang_wire::Kind::{Activity, Job, Product, Spot};
    let values: Vec<(&str, String)> = match kind.clone() {
        Activity { starts, ends, place, contact } => vec![
            ("starts", time::input(starts)),
            ("ends", ends.map(time::input).unwrap_or_default()),
            ("place", place),
            ("contact", contact),
        ],
        Product { price, unit, origin, seller, phone, order, .. } => vec![
            ("price", format!("{}.{:02}", price / 100, price % 100)),
            ("unit", unit),
            ("origin", origin),
            ("seller", seller),
            ("phone", phone),
            ("order", order),
        ],
        Spot { address, hours, phone, .. } => vec![("address", address), ("hours", hours), ("phone", phone)],
        Job { employer, pay, place, headcount, phone } => vec![
            ("employer", employer),
            ("pay", pay),
            ("place", place),
            ("headcount", if headcount == 0 { String::new() } else { headcount.to_string() }),
            ("phone", phone),
        ],
        _ => Vec::new(),
    };
    Values(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub fn table(draft: &Draft) -> TableText {
    let draft::TableText { tsv, numeric, totals } = draft.table.clone();
    TableText { tsv, numeric, totals }
}

pub fn kind(draft: &Draft) -> Kind {
    Kind::from_slug(&draft.kind).unwrap_or(Kind::Article)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_draft_with_its_lists_in_order() {
        let body = "kind=story&place_in=culture%2Fstories&title=%E8%8D%94%E6%9E%9D&picture=a&picture_caption=one\
                    &picture=b&picture_caption=two&audience_only=440224103201&audience_only=&priority=3&pinned=1\
                    &not_before=2026-11-25T08%3A00&cover=&cover=c&body=a%0D%0Ab&phone=1";
        let draft = Fields::read(&Bytes::from_static(body.as_bytes())).draft().expect("a draft");
        assert_eq!(draft.title, "荔枝");
        let pictures: Vec<_> = draft.pictures.iter().map(|one| (one.medium.as_str(), one.caption.as_str())).collect();
        assert_eq!(pictures, [("a", "one"), ("b", "two")]);
        assert_eq!(draft.only, ["440224103201"]);
        assert_eq!((draft.priority, draft.pinned, draft.cover.as_deref()), (3, true, Some("c")));
        assert_eq!(draft.not_before, Some(1_795_564_800));
        assert_eq!(draft.body, "a\nb");
        assert_eq!(draft.values.get("phone").map(String::as_str), Some("1"));
    }

    #[test]
    fn a_document_that_no_form_has_written_has_the_same_fields() {
        let kind = yuexiang_wire::Kind::Product {
            price: 6_805,
            unit: "每箱".to_owned(),
            origin: "榕树村".to_owned(),
            seller: "合作社".to_owned(),
            phone: String::new(),
            order: "https://example.cn/".to_owned(),
            pictures: Vec::new(),
        };
        let values = values_of(&kind);
        assert_eq!((values.get("price"), values.get("origin"), values.get("phone")), ("68.05", "榕树村", ""));
        let activity = yuexiang_wire::Kind::Activity {
            starts: 1_795_564_800,
            ends: None,
            place: "榕树广场".to_owned(),
            contact: String::new(),
        };
        assert_eq!(time::from_input(values_of(&activity).get("starts")), Some(1_795_564_800));
    }

    #[test]
    fn what_no_field_can_read_is_kept_as_it_was_typed() {
        let body = "kind=activity&place_in=culture%2Factivity&not_before=2026%2F12%2F31&not_after=2026-12-31&priority=300\
                    &starts=&unreadable=starts&unreadable=title";
        let draft = Fields::read(&Bytes::from_static(body.as_bytes())).draft().expect("a draft");
        assert_eq!((draft.not_before, draft.not_after, draft.priority), (None, None, 0));
        let typed: Vec<(&str, &str)> =
            draft.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected =
            [("not_after", "2026-12-31"), ("not_before", "2026/12/31"), ("priority", "300"), ("starts", UNREADABLE)];
        assert_eq!(typed, expected);
    }

    #[test]
    fn a_form_without_a_board_is_no_draft() {
        assert_eq!(Fields::read(&Bytes::from_static(b"kind=article&place_in=nowhere/x")).draft(), None);
        assert_eq!(Fields::read(&Bytes::from_static(b"")).draft(), None);
    }
}
