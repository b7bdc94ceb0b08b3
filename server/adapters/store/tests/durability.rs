//! What is on disk: nothing secret, nothing lost, and nothing opened with the wrong key.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may unwrap as tests do"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use domain::{
    ErrorCode, OpsError,
    account::Scope,
    chat::{Message, Speaker},
    cluster::ClusterMode,
    ids::{ConversationId, MessageId, UserId},
    time::Timestamp,
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use secrecy::ExposeSecret;
use store::{
    Database, DatabaseOptions, StoreError,
    audit::{AuditEntry, AuditOutcome, AuditVerdict},
    clusters::{ClusterAccess, NewCluster},
    random_uuid,
    tokens::TokenRequest,
};

const NOW: Timestamp = Timestamp(1_764_000_000_000);
const PASSWORD: &str = "CANARY-password-hunted";
const CREDENTIAL: &str = "CANARY-credential-hunted";

async fn try_open(folder: &Path) -> Result<Database, StoreError> {
    let options = DatabaseOptions {
        url: None,
        data_dir: folder.to_owned(),
    };
    Database::open(&options).await
}

async fn open(folder: &Path) -> Database {
    try_open(folder).await.unwrap()
}

fn cluster(name: &str) -> NewCluster {
    NewCluster {
        name: name.to_owned(),
        mode: ClusterMode::Approve,
        access: ClusterAccess {
            server: "https://10.0.0.1:6443".to_owned(),
            fingerprint: "0a1b2c3d".to_owned(),
            credentials: CREDENTIAL.to_owned().into(),
        },
    }
}

async fn with_ada(folder: &Path) -> (Database, UserId) {
    let database = open(folder).await;
    let ada = database.users().create("ada", PASSWORD, NOW).await.unwrap();
    let clusters = database.clusters();
    clusters.add(ada.id, &cluster("prod"), NOW).await.unwrap();
    (database, ada.id)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn holds(file: &Path, needle: &str) -> bool {
    let bytes = fs::read(file).unwrap();
    bytes
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

/// While the database is open, so that its log is searched too.
#[tokio::test]
async fn writes_no_credential_password_or_token_to_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (database, ada) = with_ada(folder.path()).await;
    let request = TokenRequest {
        name: "visible-name".to_owned(),
        scopes: Scope::ALL.into_iter().collect(),
        expires_at: None,
    };
    let token = database.tokens().create(ada, &request, NOW).await.unwrap();
    let names: Vec<_> = files(folder.path());
    assert!(names.iter().any(|file| holds(file, "visible-name")));
    for secret in [PASSWORD, CREDENTIAL, &token.secret, &token.secret[7..]] {
        for file in &names {
            assert!(!holds(file, secret), "{}", file.display());
        }
    }
}

/// Waits as long as it may, then says so and has changed nothing.
#[tokio::test]
async fn gives_up_when_another_process_holds_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let (database, ada) = with_ada(folder.path()).await;
    let raw = raw_connection(folder.path()).await;
    let held = raw.begin_with_options(exclusive()).await.unwrap();
    let clusters = database.clusters();
    let refused = clusters.add(ada, &cluster("late"), NOW).await.unwrap_err();
    assert!(refused.is_busy(), "{}", refused.chain());
    assert_eq!(OpsError::from(refused).code, ErrorCode::Unavailable);
    assert_eq!(clusters.list(ada).await.unwrap().len(), 1);
    held.rollback().await.unwrap();
    assert!(clusters.add(ada, &cluster("late"), NOW).await.is_ok());
}

fn exclusive() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Exclusive),
        ..TransactionOptions::default()
    }
}

/// The database file as any other program would open it.
async fn raw_connection(folder: &Path) -> DatabaseConnection {
    let url = format!("sqlite:{}", folder.join("ai4k8s.db").display());
    sea_orm::Database::connect(url).await.unwrap()
}
#[tokio::test]
async fn locks_down_what_others_could_read() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (database, _) = with_ada(&data).await;
    check_modes(&data);
    database.close().await.unwrap();
    for file in files(&data) {
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
    }
    fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
    let _database = open(&data).await;
    check_modes(&data);
}

#[track_caller]
fn check_modes(data: &Path) {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(data), 0o700);
    for file in files(data) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// Nothing is wiped or re-encrypted, and the right key opens everything again.
#[tokio::test]
async fn refuses_to_start_without_its_key_and_starts_again_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (database, ada) = with_ada(folder.path()).await;
    database.close().await.unwrap();
    let key = folder.path().join("master.key");
    let right = fs::read(&key).unwrap();

    fs::remove_file(&key).unwrap();
    let missing = try_open(folder.path()).await.unwrap_err();
    assert!(matches!(missing, StoreError::MasterKeyMissing { .. }));
    assert!(missing.to_string().contains("master.key"));
    assert!(!key.exists());

    fs::write(&key, "ab".repeat(32)).unwrap();
    let wrong = try_open(folder.path()).await.unwrap_err();
    assert!(matches!(wrong, StoreError::MasterKeyWrong { .. }));

    fs::write(&key, right).unwrap();
    let database = open(folder.path()).await;
    let listed = database.clusters().list(ada).await.unwrap();
    let opened = database.clusters().credentials(ada, listed[0].id).await;
    assert_eq!(opened.unwrap().expose_secret(), CREDENTIAL);
}

/// A program that is older than the database leaves it alone.
#[tokio::test]
async fn refuses_a_schema_newer_than_itself() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.close().await.unwrap();
    let raw = raw_connection(folder.path()).await;
    let later = "INSERT INTO seaql_migrations VALUES ('m29990101_000001_later', 0)";
    raw.execute_unprepared(later).await.unwrap();
    raw.close().await.unwrap();
    let refused = try_open(folder.path()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Migrate(_)), "{refused:?}");
}

#[tokio::test]
async fn lets_a_short_command_write_beside_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let (server, _) = with_ada(folder.path()).await;
    let command = open(folder.path()).await;
    let bob = command.users().create("bob", PASSWORD, NOW).await.unwrap();
    assert_eq!(server.users().by_name("bob").await.unwrap(), Some(bob));
}

fn audit_entry(user: UserId) -> AuditEntry {
    AuditEntry {
        user: Some(user),
        action: "test".to_owned(),
        target: String::new(),
        outcome: AuditOutcome::Done,
        detail: String::new(),
        request: String::new(),
        at: NOW,
    }
}

fn message(number: usize) -> Message {
    Message {
        id: MessageId(random_uuid().unwrap()),
        speaker: Speaker::User,
        text: format!("message {number}"),
        blocks: Vec::new(),
        provenance: None,
        error: None,
        at: NOW,
    }
}

async fn conversation(database: &Database, ada: UserId) -> ConversationId {
    let cluster = database.clusters().list(ada).await.unwrap()[0].id;
    let talks = database.conversations();
    talks.create(ada, cluster, "hello", NOW).await.unwrap().id
}

async fn texts(database: &Database, ada: UserId, talk: ConversationId) -> Vec<String> {
    let read = database.conversations().get(ada, talk).await.unwrap();
    read.messages
        .into_iter()
        .map(|message| message.text)
        .collect()
}

/// Whatever is left of a torn log, a prefix of what was committed comes back, whole.
#[tokio::test]
async fn opens_with_a_prefix_of_the_commits_when_the_log_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (database, ada) = with_ada(folder.path()).await;
    let talk = conversation(&database, ada).await;
    database.close().await.unwrap();
    let database = open(folder.path()).await;
    for number in 0..12 {
        let talks = database.conversations();
        talks.append(ada, talk, &message(number)).await.unwrap();
    }
    let all = texts(&database, ada, talk).await;
    let log = fs::read(folder.path().join("ai4k8s.db-wal")).unwrap();
    assert!(log.len() > 10_000);
    for cut in (0..=16).map(|part| log.len() * part / 16) {
        let copy = tempfile::tempdir().unwrap();
        for name in ["ai4k8s.db", "master.key"] {
            fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
        }
        fs::write(copy.path().join("ai4k8s.db-wal"), &log[..cut]).unwrap();
        let torn = open(copy.path()).await;
        assert_eq!(torn.integrity().await.unwrap(), Ok(()));
        let kept = texts(&torn, ada, talk).await;
        assert!(all.starts_with(&kept), "{cut}");
        assert!(cut < log.len() || kept == all);
    }
}

const CHILD_FOLDER: &str = "STORE_TEST_CHILD_FOLDER";

/// Run by [`loses_nothing_acknowledged_when_killed`] in a process of its own: writes, and
/// acknowledges each write on stdout, until it is killed.
#[tokio::test]
async fn child_that_writes_until_killed() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else {
        return;
    };
    let database = open(Path::new(&folder)).await;
    let ada = database.users().by_name("ada").await.unwrap().unwrap().id;
    let talk = conversation(&database, ada).await;
    for number in 0..10_000 {
        database.audit().append(&audit_entry(ada)).await.unwrap();
        let talks = database.conversations();
        talks.append(ada, talk, &message(number)).await.unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "\nacknowledged {talk} {number}").unwrap();
        out.flush().unwrap();
    }
}

/// F01, in small: kill -9 in the middle of writing, several rounds on the same database.
#[tokio::test]
async fn loses_nothing_acknowledged_when_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (database, ada) = with_ada(folder.path()).await;
    database.close().await.unwrap();
    for round in 1..=4 {
        let (talk, last) = kill_after(folder.path(), round * 7);
        let database = open(folder.path()).await;
        assert_eq!(database.integrity().await.unwrap(), Ok(()));
        let kept = texts(&database, ada, talk).await;
        // At most the one write under way is there without having been acknowledged.
        assert!(
            (last + 1..=last + 2).contains(&kept.len()),
            "{last} {}",
            kept.len()
        );
        assert!(
            (0..)
                .zip(&kept)
                .all(|(number, text)| *text == format!("message {number}"))
        );
        let verdict = database.audit().verify().await.unwrap();
        assert!(matches!(verdict, AuditVerdict::Intact { rows } if rows as usize > last));
        database.close().await.unwrap();
    }
}

/// Starts the child, kills it after that many acknowledgements, and returns the last one read.
fn kill_after(folder: &Path, acknowledgements: usize) -> (ConversationId, usize) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes_until_killed", "--nocapture"])
        .env(CHILD_FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = || {
        let line = lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.starts_with("acknowledged"))?;
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        Some((words[1].parse().unwrap(), words[2].parse().unwrap()))
    };
    let mut last = None;
    for _ in 0..acknowledgements {
        last = acknowledged();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What had been acknowledged before the kill is still in the pipe.
    std::iter::from_fn(acknowledged).last().or(last).unwrap()
}
