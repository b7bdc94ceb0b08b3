//! Opening the database: one writer, several readers, and nothing on disk that others can read.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement,
    TransactionOptions, TransactionTrait,
};

use crate::{
    Result, StoreError,
    audit::Audit,
    autoscaling::Policies,
    clusters::Clusters,
    conversations::Conversations,
    error::Doing,
    files::{open_private, prepare_folder},
    intents::Intents,
    jobs::Jobs,
    login_attempts::LoginAttempts,
    passwords::PasswordHasher,
    plans::Plans,
    samples::Samples,
    sessions::Sessions,
    settings::Settings,
    tokens::Tokens,
    users::Users,
    vault::Vault,
};

/// The oldest SQLite accepted: the first with the fix of the WAL-reset bug
/// (<https://www.sqlite.org/releaselog/3_51_3.html>).
const OLDEST_SQLITE: &str = "3.51.3";
/// How long a statement waits for a lock another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a statement waits for its turn among our own.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// Readers side by side.
const READERS: u32 = 4;

/// Where the data lives.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseOptions {
    /// A PostgreSQL URL; `None` for SQLite in `data_dir`.
    pub url: Option<String>,
    /// The folder of the database file and of `master.key`.
    pub data_dir: PathBuf,
}

impl std::fmt::Debug for DatabaseOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseOptions")
            .field("has_url", &self.url.is_some())
            .field("data_dir", &self.data_dir)
            .finish()
    }
}

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    vault: Vault,
    passwords: PasswordHasher,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

impl Database {
    /// Opens the database, making folder, file and key at the first start, and brings the schema up
    /// to date. The folder and its files are locked down to their owner (0700, 0600).
    ///
    /// # Errors
    /// Clear words for a folder that cannot be made, an old SQLite, a newer schema, and a missing or
    /// foreign master key; nothing is ever re-encrypted or wiped.
    pub async fn open(options: &DatabaseOptions) -> Result<Self> {
        prepare_folder(&options.data_dir)?;
        let (writer, readers) = match &options.url {
            Some(url) => open_server(url).await?,
            None => open_file(&options.data_dir.join("ai4k8s.db")).await?,
        };
        Migrator::up(&writer, None)
            .await
            .map_err(StoreError::Migrate)?;
        let vault = Vault::open(&options.data_dir.join("master.key"), &writer).await?;
        Ok(Self::assemble(writer, readers, vault))
    }

    /// A database that is gone when dropped, with a key of its own: for tests.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_in_memory() -> Result<Self> {
        let mut options = sqlite_options("sqlite::memory:", 1);
        options
            .idle_timeout(None::<Duration>)
            .max_lifetime(None::<Duration>);
        let writer = connect(options).await?;
        Migrator::up(&writer, None)
            .await
            .map_err(StoreError::Migrate)?;
        Ok(Self::assemble(writer.clone(), writer, Vault::ephemeral()?))
    }

    fn assemble(writer: DatabaseConnection, readers: DatabaseConnection, vault: Vault) -> Self {
        Self {
            shared: Arc::new(Shared {
                writer,
                readers,
                vault,
                passwords: PasswordHasher::default(),
            }),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.reader().ping().await.doing("reach the database")
    }

    /// Whether every page and every reference is sound; `Err` words of what is not.
    ///
    /// # Errors
    /// When the checks themselves cannot run.
    pub async fn integrity(&self) -> Result<std::result::Result<(), String>> {
        if self.reader().get_database_backend() != DbBackend::Sqlite {
            return Ok(Ok(()));
        }
        let pages = self.texts("PRAGMA integrity_check").await?;
        if pages != ["ok"] {
            return Ok(Err(pages.join("; ")));
        }
        let references = self
            .texts("SELECT \"table\" FROM pragma_foreign_key_check")
            .await?;
        Ok(if references.is_empty() {
            Ok(())
        } else {
            Err(format!("dangling references in {}", references.join(", ")))
        })
    }

    async fn texts(&self, sql: &str) -> Result<Vec<String>> {
        let statement = Statement::from_string(DbBackend::Sqlite, sql);
        let rows = self.reader().query_all_raw(statement).await;
        rows.and_then(|rows| rows.iter().map(|row| row.try_get_by_index(0)).collect())
            .doing("check the database")
    }

    /// Finishes what is under way and closes.
    ///
    /// # Errors
    /// When the database cannot be closed cleanly.
    pub async fn close(&self) -> Result<()> {
        self.shared
            .readers
            .close_by_ref()
            .await
            .doing("close the database")?;
        self.shared
            .writer
            .close_by_ref()
            .await
            .doing("close the database")
    }

    /// Accounts.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(self.clone())
    }

    /// Browser sessions; also the session layer's store.
    #[must_use]
    pub fn sessions(&self) -> Sessions {
        Sessions::new(self.clone())
    }

    /// Personal access tokens.
    #[must_use]
    pub fn tokens(&self) -> Tokens {
        Tokens::new(self.clone())
    }

    /// The throttle of password guesses.
    #[must_use]
    pub fn login_attempts(&self) -> LoginAttempts {
        LoginAttempts::new(self.clone())
    }

    /// Registered clusters.
    #[must_use]
    pub fn clusters(&self) -> Clusters {
        Clusters::new(self.clone())
    }

    /// Conversations and their messages.
    #[must_use]
    pub fn conversations(&self) -> Conversations {
        Conversations::new(self.clone())
    }

    /// Background jobs and their events.
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        Jobs::new(self.clone())
    }

    /// What was about to be written to a cluster, and what came of it.
    #[must_use]
    pub fn intents(&self) -> Intents {
        Intents::new(self.clone())
    }

    /// Plans.
    #[must_use]
    pub fn plans(&self) -> Plans {
        Plans::new(self.clone())
    }

    /// Measurements.
    #[must_use]
    pub fn samples(&self) -> Samples {
        Samples::new(self.clone())
    }

    /// Autoscaling policies and decisions.
    #[must_use]
    pub fn policies(&self) -> Policies {
        Policies::new(self.clone())
    }

    /// The audit log.
    #[must_use]
    pub fn audit(&self) -> Audit {
        Audit::new(self.clone())
    }

    /// Settings of the server as a whole.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings::new(self.clone())
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.shared.vault
    }

    pub(crate) fn passwords(&self) -> &PasswordHasher {
        &self.shared.passwords
    }

    /// For questions; refuses to write.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.shared.readers
    }

    /// For a change of one statement.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.shared.writer
    }

    /// A transaction that owns the write lock from its start, so that what it reads stays true until
    /// it commits. (A deferred one would fail with `SQLITE_BUSY` when it turns into a writer.)
    /// Dropped without a commit it is rolled back.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction> {
        begin_immediate(&self.shared.writer).await
    }
}

/// See [`Database::begin`].
pub(crate) async fn begin_immediate(writer: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    writer
        .begin_with_options(options)
        .await
        .doing("begin a transaction")
}

async fn open_file(path: &Path) -> Result<(DatabaseConnection, DatabaseConnection)> {
    // SQLite gives its side files the mode of the database file, so making that one is enough.
    open_private(path)?;
    for suffix in ["-wal", "-shm"] {
        let side = PathBuf::from(format!("{}{suffix}", path.display()));
        if side.exists() {
            open_private(&side)?;
        }
    }
    let writer = connect(file_options(path, 1, "OFF")).await?;
    check_version(&writer).await?;
    let readers = connect(file_options(path, READERS, "ON")).await?;
    Ok((writer, readers))
}

/// The path is handed over outside the URL, because it may hold characters a URL cannot.
fn file_options(path: &Path, connections: u32, query_only: &'static str) -> ConnectOptions {
    let path = path.to_owned();
    let mut options = sqlite_options("sqlite:", connections);
    options.map_sqlx_sqlite_opts(move |options| {
        pragmas(options.filename(&path)).pragma("query_only", query_only)
    });
    options
}

fn sqlite_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = quiet_options(url, connections);
    options.map_sqlx_sqlite_opts(pragmas);
    options
}

/// `synchronous=FULL`: what was acknowledged survives a power cut. `mmap_size=0`: an I/O error is
/// reported as such and does not kill the process.
fn pragmas(
    options: sea_orm::sqlx::sqlite::SqliteConnectOptions,
) -> sea_orm::sqlx::sqlite::SqliteConnectOptions {
    options
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "FULL")
        .pragma("mmap_size", "0")
}

async fn open_server(url: &str) -> Result<(DatabaseConnection, DatabaseConnection)> {
    let writer = connect(quiet_options(url, 1)).await?;
    let readers = connect(quiet_options(url, READERS)).await?;
    Ok((writer, readers))
}

/// Statements are never logged: their parameters are people's data.
fn quiet_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(TURN_TIMEOUT)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire(false);
    options
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection> {
    sea_orm::Database::connect(options)
        .await
        .map_err(StoreError::Connect)
}

async fn check_version(writer: &DatabaseConnection) -> Result<()> {
    let statement = Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version()");
    let row = writer.query_one_raw(statement).await;
    let found: String = row
        .and_then(|row| row.map_or(Ok(String::new()), |row| row.try_get_by_index(0)))
        .map_err(StoreError::Connect)?;
    if version_numbers(&found) < version_numbers(OLDEST_SQLITE) {
        return Err(StoreError::OldSqlite {
            found,
            needed: OLDEST_SQLITE,
        });
    }
    Ok(())
}

fn version_numbers(text: &str) -> Vec<u32> {
    text.split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests;
