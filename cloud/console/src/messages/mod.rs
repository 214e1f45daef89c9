//! What the cloud says to people when it does not do what they want: the one place where these texts stand.
//!
//! Each message is a line of a table ([`messages!`]) with its arguments, the HTTP status and the code that programs look
//! at, the form's field that it is about, and twice, in Chinese and in English: *what* is wrong, and the *way out*. A line
//! that lacks one of the four texts does not compile. A [`Message`] is made from a line of a table alone, and the console's
//! error pages, its forms and the API's problems are made from a [`Message`] alone; so nothing that stands elsewhere can
//! be said to anybody. Logs have the English.
//!
//! In reading order: what fields and places are called ([`field`]), what is wrong with a text that somebody writes
//! ([`draft`]), with files ([`files`]) and with content packs ([`pack`]), what the desk does not do ([`desk`]), nor
//! accounts ([`account`]), keys ([`keys`]) and divisions ([`divisions`]), and what is wrong with a request as such ([`request`]).

use crate::words::Lang;

pub mod field;
pub mod draft;
pub mod files;
pub mod pack;
pub mod desk;
pub mod account;
pub mod keys;
pub mod divisions;
pub mod notices;
pub mod request;

pub use field::{Field, Spot};

/// Something that is said, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    status: u16,
    code: &'static str,
    field: Option<Field>,
    spot: Spot,
    zh: Text,
    en: Text,
}

/// Without the full stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub what: String,
    pub way_out: String,
}

impl Message {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The word that programs look at, such as `forbidden`; it stays.
    pub fn code(&self) -> &'static str {
        self.code
    }

    pub fn field(&self) -> Option<Field> {
        self.field
    }

    pub fn text(&self, lang: Lang) -> &Text {
        lang.pick(&self.zh, &self.en)
    }

    /// Says where in the field it is.
    pub fn at(self, spot: Spot) -> Message {
        Message { spot, ..self }
    }

    /// Says which field it is about, if the table does not.
    pub fn about(self, field: Field) -> Message {
        Message { field: Some(field), ..self }
    }

    /// All of it: field and place, what is wrong, the way out.
    pub fn sentence(&self, lang: Lang) -> String {
        let space = if lang == Lang::En { " " } else { "" };
        format!("{}{space}{}", self.what(lang), self.way_out(lang))
    }

    /// Field and place, and what is wrong.
    pub fn what(&self, lang: Lang) -> String {
        let (place, what) = (self.place(lang), &self.text(lang).what);
        match (lang, place.is_empty()) {
            (Lang::Zh, true) => ended(what, '。'),
            (Lang::Zh, false) => ended(&format!("{place}：{what}"), '。'),
            (Lang::En, true) => ended(&capitalized(what), '.'),
            (Lang::En, false) => ended(&format!("{place}: {what}"), '.'),
        }
    }

    /// What is wrong as the heading of a page: no sentence.
    pub fn heading(&self, lang: Lang) -> String {
        let what = &self.text(lang).what;
        lang.pick(what.clone(), capitalized(what))
    }

    pub fn way_out(&self, lang: Lang) -> String {
        let way_out = &self.text(lang).way_out;
        lang.pick(ended(way_out, '。'), ended(&capitalized(way_out), '.'))
    }

    /// The field and where in it, such as `正文第 3 行“明日停水”`; empty for the whole.
    fn place(&self, lang: Lang) -> String {
        let field = self.field.map(|field| field.word(lang)).unwrap_or_default();
        let spot = self.spot.words(lang);
        let comma = if lang == Lang::En && !field.is_empty() && !spot.is_empty() { ", " } else { "" };
        format!("{field}{comma}{spot}")
    }
}

/// A text with its full stop.
fn ended(text: &str, stop: char) -> String {
    let is_ended = text.ends_with(['。', '！', '？', '.', '!', '?']);
    if is_ended { text.to_owned() } else { format!("{text}{stop}") }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

/// The first characters of what somebody has sent, to be repeated to them.
fn short(text: &str) -> String {
    const MOST: usize = 40;
    let shown = text.chars().filter(|character| !character.is_control());
    let mut short: String = shown.clone().take(MOST).collect();
    if shown.count() > MOST {
        short.push('…');
    }
    short
}

/// A line of a table.
pub trait Line: Sized {
    fn message(&self) -> Message;
}

impl<L: Line> From<L> for Message {
    fn from(line: L) -> Message {
        line.message()
    }
}

/// Something of a type, for looking through a table.
trait Sample {
    fn sample() -> Self;
}

macro_rules! samples {
    ($($type:ty = $sample:expr;)+) => {
        $(impl Sample for $type {
            fn sample() -> Self {
                $sample
            }
        })+
    };
}

samples! {
    u8 = 7;
    u32 = 1_080;
    u64 = 5_000_000;
    i64 = 300;
    usize = 3;
    (u32, u32) = (1_920, 1_080);
    char = '\u{202E}';
    bool = true;
    String = "示例".to_owned();
    &'static str = "示例";
    Field = Field::Title;
    crate::words::State = crate::words::State::Draft;
    crate::words::Step = crate::words::Step::First;
    crate::words::Board = crate::words::Board::Party;
}

/// A table: an enumeration of messages. Its name, then for each message its arguments, `= status "code"`, in brackets the
/// field if it is about one, and what is wrong and the way out in Chinese and in English, each as `format!` takes it.
macro_rules! messages {
    ($(#[$meta:meta])* $name:ident {
        $(
            $(#[$doc:meta])*
            $line:ident $(( $($place:ident : $placed:ty),+ $(,)? ))? $({ $($arg:ident : $type:ty),+ $(,)? })?
            = $status:literal $code:literal $([$field:expr])?;
            zh $zh:tt $zh_way_out:tt;
            en $en:tt $en_way_out:tt;
        )+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $line $(( $($placed),+ ))? $({ $($arg: $type),+ })?,)+
        }

        impl $crate::messages::Line for $name {
            #[allow(unused_variables, clippy::useless_format)]
            fn message(&self) -> $crate::messages::Message {
                use $crate::messages::{Message, Spot, Text};
                match self {
                    $(Self::$line $(( $($place),+ ))? $({ $($arg),+ })? => Message {
                        status: $status,
                        code: $code,
                        field: None::<$crate::messages::Field>$(.or(Some($field)))?,
                        spot: Spot::Whole,
                        zh: Text { what: format! $zh, way_out: format! $zh_way_out },
                        en: Text { what: format! $en, way_out: format! $en_way_out },
                    },)+
                }
            }
        }

        impl $name {
            /// One of each, so that tests can look at all of them.
            pub fn samples() -> Vec<$name> {
                vec![$(
                    Self::$line
                        $(( $(<$placed as $crate::messages::Sample>::sample()),+ ))?
                        $({ $($arg: <$type as $crate::messages::Sample>::sample()),+ })?,
                )+]
            }
        }

        /// For the log. A message itself has no text without a language, so that no page can leave that out.
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let message = $crate::messages::Line::message(self);
                f.write_str(&message.sentence($crate::words::Lang::En))
            }
        }

        impl std::error::Error for $name {}
    };
}
use messages;

/// Every message there is, with the name of its line.
macro_rules! tables {
    ($($table:path),+ $(,)?) => {
        pub fn all() -> Vec<(String, Message)> {
            let mut all = Vec::new();
            $(all.extend(<$table>::samples().into_iter().map(|line| (format!("{line:?}"), Message::from(line))));)+
            all
        }
    };
}

tables! {
    draft::Why,
    files::File,
    files::Upload,
    files::Sheet,
    pack::Flaw,
    desk::Desk,
    desk::Setting,
    desk::Choice,
    account::Account,
    account::SignIn,
    keys::Keys,
    divisions::Division,
    divisions::Entry,
    notices::Substitute,
    notices::Telling,
    request::Request,
    request::Page,
}

#[cfg(test)]
mod tests;
