//! One way to ask two databases: SQLite for the embedded default, PostgreSQL at scale.
//!
//! The same SQL text with `$1` runs on both; the few statements that differ look at [`Kind`]. sqlx's own `Any` is three
//! to seven times slower than an enum over the two pools.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, FromRow, Postgres, Sqlite, SqlitePool, Transaction};

mod migrations;
mod row;
mod value;

pub(crate) use row::row;
pub use value::Value;
pub(crate) use value::args;

/// Connections of one process.
const CONNECTIONS: u32 = 16;

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("the data folder {path}: {source}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the database, {what}: {source}")]
    Query { what: &'static str, source: sqlx::Error },
    #[error("the database, bringing it up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the database's address: {0}")]
    Address(sqlx::Error),
}

impl DbError {
    /// Whether a row of this key was there already.
    pub fn is_unique_violation(&self) -> bool {
        match self {
            DbError::Query { source: sqlx::Error::Database(error), .. } => error.is_unique_violation(),
            _ => false,
        }
    }

    /// Whether there was no room to write.
    pub fn is_full(&self) -> bool {
        matches!(self, DbError::Query { source, .. } if is_full(source))
    }
}

/// Whether there was no room to write: SQLITE_FULL, SQLITE_IOERR_WRITE, or PostgreSQL's class 53 without
/// `too_many_connections`.
pub fn is_full(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("13" | "778" | "53000" | "53100"))
}

/// Which database engine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A pool of connections.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A transaction; dropped without [`Tx::commit`] it changes nothing.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A row that can be read from both databases. Tuples of `String`, `i64`, `Vec<u8>` and options of them can.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// For `map_err`: names the query that failed.
fn failed(what: &'static str) -> impl Fn(sqlx::Error) -> DbError {
    move |source| DbError::Query { what, source }
}

/// Binds the values to a query of either database. Statements are the house's own text with values bound to them; parts
/// that vary are chosen from constants, never taken from outside.
macro_rules! bind {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Value::Text(value) => query.bind(value),
                Value::Int(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
}

impl Db {
    /// Opens or makes the database: `postgres://…`, or a file in the data folder when nothing is said.
    pub async fn open(data: &Path, address: Option<&str>) -> Result<Db, DbError> {
        std::fs::create_dir_all(data).map_err(|source| DbError::Folder { path: data.to_owned(), source })?;
        let db = Db::connect(data, address).await?;
        db.migrate().await?;
        Ok(db)
    }

    /// The same, leaving what is there as it is, whatever version has made it.
    pub async fn connect(data: &Path, address: Option<&str>) -> Result<Db, DbError> {
        Ok(match address {
            Some(address) => Db::Postgres(postgres(address).await?),
            None => Db::Sqlite(sqlite(&data.join("cloud.sqlite")).await?),
        })
    }

    /// Ends all connections; with SQLite what is in the write-ahead log is in the file then.
    pub async fn close(&self) {
        match self {
            Db::Sqlite(pool) => pool.close().await,
            Db::Postgres(pool) => pool.close().await,
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Db::Sqlite(_) => Kind::Sqlite,
            Db::Postgres(_) => Kind::Postgres,
        }
    }

    async fn migrate(&self) -> Result<(), DbError> {
        let migrator = migrations::of(self.kind());
        match self {
            Db::Sqlite(pool) => migrator.run(pool).await?,
            Db::Postgres(pool) => migrator.run(pool).await?,
        }
        Ok(())
    }

    /// A transaction that will write. With SQLite there is one at a time; with PostgreSQL whoever changes a region takes
    /// its lock with [`Tx::lock`].
    pub async fn begin(&self) -> Result<Tx, DbError> {
        let begin = failed("beginning a change");
        Ok(match self {
            Db::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await.map_err(begin)?),
            Db::Postgres(pool) => Tx::Postgres(pool.begin().await.map_err(begin)?),
        })
    }

    /// Returns the number of rows changed.
    pub async fn execute(&self, what: &'static str, sql: &str, values: Vec<Value>) -> Result<u64, DbError> {
        match self {
            Db::Sqlite(pool) => {
                let query = bind!(sqlx::query::<Sqlite>(AssertSqlSafe(sql)), values);
                query.execute(pool).await.map(|done| done.rows_affected()).map_err(failed(what))
            }
            Db::Postgres(pool) => {
                let query = bind!(sqlx::query::<Postgres>(AssertSqlSafe(sql)), values);
                query.execute(pool).await.map(|done| done.rows_affected()).map_err(failed(what))
            }
        }
    }
    /// All rows.
    pub async fn all<T: Row>(&self, what: &'static str, sql: &str, values: Vec<Value>) -> Result<Vec<T>, DbError> {
        match self {
            Db::Sqlite(pool) => {
                let query = bind!(sqlx::query_as::<Sqlite, T>(AssertSqlSafe(sql)), values);
                query.fetch_all(pool).await.map_err(failed(what))
            }
            Db::Postgres(pool) => {
                let query = bind!(sqlx::query_as::<Postgres, T>(AssertSqlSafe(sql)), values);
                query.fetch_all(pool).await.map_err(failed(what))
            }
        }
    }
    /// The first row, if there is one.
    pub async fn optional<T: Row>(
        &self,
        what: &'static str,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Option<T>, DbError> {
        match self {
            Db::Sqlite(pool) => {
                let query = bind!(sqlx::query_as::<Sqlite, T>(AssertSqlSafe(sql)), values);
                query.fetch_optional(pool).await.map_err(failed(what))
            }
            Db::Postgres(pool) => {
                let query = bind!(sqlx::query_as::<Postgres, T>(AssertSqlSafe(sql)), values);
                query.fetch_optional(pool).await.map_err(failed(what))
            }
        }
    }
    /// The only row.
    pub async fn one<T: Row>(&self, what: &'static str, sql: &str, values: Vec<Value>) -> Result<T, DbError> {
        match self {
            Db::Sqlite(pool) => {
                let query = bind!(sqlx::query_as::<Sqlite, T>(AssertSqlSafe(sql)), values);
                query.fetch_one(pool).await.map_err(failed(what))
            }
            Db::Postgres(pool) => {
                let query = bind!(sqlx::query_as::<Postgres, T>(AssertSqlSafe(sql)), values);
                query.fetch_one(pool).await.map_err(failed(what))
            }
        }
    }
}

impl Tx {
    pub fn kind(&self) -> Kind {
        match self {
            Tx::Sqlite(_) => Kind::Sqlite,
            Tx::Postgres(_) => Kind::Postgres,
        }
    }

    /// Holds everybody else off what the number names until the transaction ends. Locks of several regions are taken in
    /// the order of their codes. SQLite's one writer needs none.
    pub async fn lock(&mut self, number: i64) -> Result<(), DbError> {
        if self.kind() == Kind::Postgres {
            let sql = "SELECT 1::bigint FROM (SELECT pg_advisory_xact_lock($1)) AS locked";
            self.one::<(i64,)>("taking a region's lock", sql, args![number]).await?;
        }
        Ok(())
    }

    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Tx::Sqlite(transaction) => transaction.commit().await,
            Tx::Postgres(transaction) => transaction.commit().await,
        }
        .map_err(failed("committing"))
    }

    pub async fn rollback(self) -> Result<(), DbError> {
        match self {
            Tx::Sqlite(transaction) => transaction.rollback().await,
            Tx::Postgres(transaction) => transaction.rollback().await,
        }
        .map_err(failed("rolling back"))
    }

    /// Returns the number of rows changed.
    pub async fn execute(&mut self, what: &'static str, sql: &str, values: Vec<Value>) -> Result<u64, DbError> {
        match self {
            Tx::Sqlite(transaction) => {
                let query = bind!(sqlx::query::<Sqlite>(AssertSqlSafe(sql)), values);
                query.execute(&mut **transaction).await.map(|done| done.rows_affected()).map_err(failed(what))
            }
            Tx::Postgres(transaction) => {
                let query = bind!(sqlx::query::<Postgres>(AssertSqlSafe(sql)), values);
                query.execute(&mut **transaction).await.map(|done| done.rows_affected()).map_err(failed(what))
            }
        }
    }
    /// All rows.
    pub async fn all<T: Row>(&mut self, what: &'static str, sql: &str, values: Vec<Value>) -> Result<Vec<T>, DbError> {
        match self {
            Tx::Sqlite(transaction) => {
                let query = bind!(sqlx::query_as::<Sqlite, T>(AssertSqlSafe(sql)), values);
                query.fetch_all(&mut **transaction).await.map_err(failed(what))
            }
            Tx::Postgres(transaction) => {
                let query = bind!(sqlx::query_as::<Postgres, T>(AssertSqlSafe(sql)), values);
                query.fetch_all(&mut **transaction).await.map_err(failed(what))
            }
        }
    }
    /// The first row, if there is one.
    pub async fn optional<T: Row>(
        &mut self,
        what: &'static str,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Option<T>, DbError> {
        match self {
            Tx::Sqlite(transaction) => {
                let query = bind!(sqlx::query_as::<Sqlite, T>(AssertSqlSafe(sql)), values);
                query.fetch_optional(&mut **transaction).await.map_err(failed(what))
            }
            Tx::Postgres(transaction) => {
                let query = bind!(sqlx::query_as::<Postgres, T>(AssertSqlSafe(sql)), values);
                query.fetch_optional(&mut **transaction).await.map_err(failed(what))
            }
        }
    }
    /// The only row.
    pub async fn one<T: Row>(&mut self, what: &'static str, sql: &str, values: Vec<Value>) -> Result<T, DbError> {
        match self {
            Tx::Sqlite(transaction) => {
                let query = bind!(sqlx::query_as::<Sqlite, T>(AssertSqlSafe(sql)), values);
                query.fetch_one(&mut **transaction).await.map_err(failed(what))
            }
            Tx::Postgres(transaction) => {
                let query = bind!(sqlx::query_as::<Postgres, T>(AssertSqlSafe(sql)), values);
                query.fetch_one(&mut **transaction).await.map_err(failed(what))
            }
        }
    }
}

async fn sqlite(path: &Path) -> Result<SqlitePool, DbError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // With a write-ahead log, FULL is what makes a commit survive a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(60));
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS);
    let pool = pool.after_release(|connection, _| Box::pin(is_settled(connection)));
    pool.connect_with(options).await.map_err(failed("opening"))
}

/// Whether a connection may serve somebody else. SQLite rolls a transaction back by itself when the disk is full or fails,
/// so the ROLLBACK that sqlx sends afterwards fails, and sqlx 0.9 goes on counting the transaction as open: each later
/// `BEGIN` on that connection is refused, for as long as the process lives. Such a connection is closed instead, whichever
/// way its transaction has ended, and the pool opens another.
async fn is_settled(connection: &mut sqlx::SqliteConnection) -> Result<bool, sqlx::Error> {
    // The rollback of a dropped transaction is queued; an answer to what is queued behind it means that it was tried.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

async fn postgres(address: &str) -> Result<PgPool, DbError> {
    let options = PgConnectOptions::from_str(address).map_err(DbError::Address)?;
    // Compiling a statement takes PostgreSQL a tenth of a second; none of ours runs so long.
    let options = options.options([("jit", "off")]);
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS);
    // A COMMIT that fails counts as open here as well, until the rollback that follows it is queued.
    let pool = pool.after_release(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }));
    pool.connect_with(options).await.map_err(failed("opening"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(folder.path(), None).await.expect("opens");
        (folder, db)
    }

    /// What SQLite does by itself when the disk is full.
    async fn roll_back_behind_its_back(tx: &mut Tx) {
        tx.execute("rolling back", "ROLLBACK", Vec::new()).await.expect("rolls back");
    }

    async fn every_connection_begins(db: &Db) {
        let mut held = Vec::new();
        for number in 0..CONNECTIONS {
            let tx = db.begin().await.unwrap_or_else(|error| panic!("connection {number}: {error}"));
            // One writer at a time: what is begun is ended, but the connection is kept from the next turn.
            tx.rollback().await.expect("rolls back");
            let Db::Sqlite(pool) = db else { panic!("SQLite") };
            held.push(pool.acquire().await.expect("a connection"));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_transaction_that_sqlite_ended_by_itself_spoils_no_connection() {
        let (_folder, db) = open().await;
        for _ in 0..2 * CONNECTIONS {
            let mut tx = db.begin().await.expect("begins");
            roll_back_behind_its_back(&mut tx).await;
            drop(tx);
            let mut tx = db.begin().await.expect("begins");
            roll_back_behind_its_back(&mut tx).await;
            tx.commit().await.expect_err("there is nothing to commit");
            let mut tx = db.begin().await.expect("begins");
            roll_back_behind_its_back(&mut tx).await;
            tx.rollback().await.expect_err("there is nothing to roll back");
        }
        every_connection_begins(&db).await;
    }
}
