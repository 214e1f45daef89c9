//! Structures that are read from rows of either database.

/// Defines a structure whose fields are the columns of the same names. It stands in for sqlx's derive, whose macros
/// would compile both databases' drivers, with SQLite and the cryptography in C, a second time for the compiler's side.
macro_rules! row {
    (
        $(#[$attribute:meta])*
        $visible:vis struct $name:ident {
            $($(#[$field_attribute:meta])* $field_visible:vis $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$attribute])*
        $visible struct $name {
            $($(#[$field_attribute])* $field_visible $field: $type,)*
        }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
        {
            fn from_row(row: &'r R) -> Result<$name, sqlx::Error> {
                Ok($name { $($field: row.try_get(stringify!($field))?,)* })
            }
        }
    };
}

pub(crate) use row;
