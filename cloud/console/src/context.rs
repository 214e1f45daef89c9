//! What every page is told besides its own view, and what several views are made of.

use crate::messages::Message;
use crate::words::{Board, Kind, Lang, Level, Role, State};

/// The request as a page needs to know it.
#[derive(Clone, Debug, Default)]
pub struct Context {
    pub lang: Lang,
    /// The session's CSRF token; before log-in, that of the log-in form.
    pub csrf: String,
    /// Tells this showing of the page from every other, so that each of its forms is carried out once; empty where it
    /// does not matter.
    pub once: String,
    /// Unix seconds.
    pub now: i64,
    /// Path and query of this page; changing the language or the region comes back to it.
    pub path: String,
    /// Who is logged in.
    pub viewer: Option<Viewer>,
    /// What the action before has to say, shown once above the page.
    pub flashes: Vec<Flash>,
}

impl Context {
    /// The phrase in the language of this page.
    pub fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }

    /// The phrase with every `{}` replaced by the next value.
    pub fn fill(&self, zh: &'static str, en: &'static str, values: &[&dyn std::fmt::Display]) -> String {
        let mut parts = self.t(zh, en).split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        let mut values = values.iter();
        for part in parts {
            if let Some(value) = values.next() {
                text.push_str(&value.to_string());
            }
            text.push_str(part);
        }
        text
    }
}

/// Who is logged in.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The account's id.
    pub id: String,
    /// As shown, such as `陈文秀`.
    pub name: String,
    /// The region one works in now; lists begin there.
    pub region: Region,
    /// All regions one has a role for, to change to.
    pub regions: Vec<Region>,
    /// What one may do in `region`.
    pub roles: Vec<Role>,
    /// For whom one stands in now, by name.
    pub stands_in_for: Vec<String>,
    /// How many items wait for one's review.
    pub waiting: i64,
    /// How many notices are not read; a hundred stands for more.
    pub notices: i64,
    /// The pages one may open.
    pub places: Vec<Place>,
}

impl Viewer {
    pub fn may_open(&self, place: Place) -> bool {
        self.places.contains(&place)
    }
}

/// A page of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Dashboard,
    Inbox,
    Items,
    Calendar,
    Sections,
    Policy,
    Channels,
    Views,
    Accounts,
    Tokens,
    Keys,
    Divisions,
    Log,
}

impl Place {
    pub const ALL: [Place; 13] = [
        Place::Dashboard,
        Place::Inbox,
        Place::Items,
        Place::Calendar,
        Place::Sections,
        Place::Policy,
        Place::Channels,
        Place::Views,
        Place::Accounts,
        Place::Tokens,
        Place::Keys,
        Place::Divisions,
        Place::Log,
    ];

    pub fn url(self) -> &'static str {
        match self {
            Place::Dashboard => "/console/",
            Place::Inbox => "/console/inbox",
            Place::Items => "/console/items",
            Place::Calendar => "/console/calendar",
            Place::Sections => "/console/sections",
            Place::Policy => "/console/policy",
            Place::Channels => "/console/channels",
            Place::Views => "/console/views",
            Place::Accounts => "/console/accounts",
            Place::Tokens => "/console/tokens",
            Place::Keys => "/console/keys",
            Place::Divisions => "/console/divisions",
            Place::Log => "/console/log",
        }
    }

    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            Place::Dashboard => lang.pick("总览", "Overview"),
            Place::Inbox => lang.pick("待审", "Reviews"),
            Place::Items => lang.pick("内容", "Content"),
            Place::Calendar => lang.pick("排期", "Calendar"),
            Place::Sections => lang.pick("栏目", "Sections"),
            Place::Policy => lang.pick("审核规则", "Review rules"),
            Place::Channels => lang.pick("频道", "Channels"),
            Place::Views => lang.pick("收视", "Viewing"),
            Place::Accounts => lang.pick("账号", "Accounts"),
            Place::Tokens => lang.pick("接口令牌", "API tokens"),
            Place::Keys => lang.pick("密钥", "Keys"),
            Place::Divisions => lang.pick("区划变更", "Divisions"),
            Place::Log => lang.pick("操作日志", "Audit log"),
        }
    }
}

/// A message above the page.
#[derive(Clone, Debug)]
pub struct Flash {
    pub tone: Tone,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    Note,
}

/// A region by code and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// 12 digits.
    pub code: String,
    /// Its own name, such as `榕树村`.
    pub name: String,
    pub level: Level,
    /// The names above it from the province down, such as `广东省`, `韶关市`; empty for the province.
    pub above: Vec<String>,
}

impl Region {
    /// `广东省 韶关市 仁化县 扶溪镇 榕树村`.
    pub fn full_name(&self) -> String {
        let mut names = self.above.clone();
        names.push(self.name.clone());
        names.join(" ")
    }

    /// The two names below which everybody knows where it is: `扶溪镇 榕树村`.
    pub fn short_name(&self) -> String {
        match self.above.last() {
            Some(parent) if self.level > Level::County => format!("{parent} {}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// Something wrong with a form, in the reader's language. Only what stands in the table of messages can be said.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The `name` of the form field it is about; empty for the form as a whole.
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Problem {
    pub fn new(lang: Lang, field: &str, message: &Message) -> Problem {
        Problem { field: field.to_owned(), message: message.sentence(lang) }
    }
}

/// An item as lists show it.
#[derive(Clone, Debug)]
pub struct ItemLine {
    pub id: String,
    pub title: String,
    pub kind: Kind,
    pub board: Board,
    /// The section's name.
    pub section: String,
    /// Whose item it is.
    pub region: Region,
    pub state: State,
    /// The author's name.
    pub author: String,
    /// The last change, Unix seconds.
    pub changed: i64,
    /// When it went out, Unix seconds.
    pub published: Option<i64>,
    /// Begin and end of its window, Unix seconds.
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub pinned: bool,
    /// 0–9.
    pub priority: u8,
    /// Why it was sent back or withdrawn.
    pub reason: Option<String>,
    /// URL of a small picture.
    pub thumbnail: Option<String>,
}
