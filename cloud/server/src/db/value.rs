//! What is bound to a statement. A null carries its type, which PostgreSQL asks for.

/// One bound value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

/// The values of a statement, in the order of `$1`, `$2`, …
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Value::from($value)),*] };
}

pub(crate) use args;

macro_rules! from {
    ($($from:ty => $variant:ident, $with:expr;)*) => {
        $(
            impl From<$from> for Value {
                fn from(value: $from) -> Value {
                    Value::$variant(Some($with(value)))
                }
            }

            impl From<Option<$from>> for Value {
                fn from(value: Option<$from>) -> Value {
                    Value::$variant(value.map($with))
                }
            }
        )*
    };
}

from! {
    String => Text, |text| text;
    &String => Text, |text: &String| text.clone();
    &str => Text, |text: &str| text.to_owned();
    crate::region::RegionCode => Text, |code: crate::region::RegionCode| code.to_string();
    i64 => Int, |number| number;
    u64 => Int, |number| number as i64;
    usize => Int, |number| number as i64;
    bool => Int, i64::from;
    Vec<u8> => Bytes, |bytes| bytes;
    &[u8] => Bytes, |bytes: &[u8]| bytes.to_vec();
}
