use super::*;

fn options(folder: &Path) -> DatabaseOptions {
    DatabaseOptions {
        url: None,
        data_dir: folder.to_owned(),
    }
}

async fn pragma(connection: &DatabaseConnection, name: &str) -> String {
    let statement = Statement::from_string(
        DbBackend::Sqlite,
        format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"),
    );
    let row = connection.query_one_raw(statement).await.unwrap();
    row.map_or(String::new(), |row| row.try_get_by_index(0).unwrap())
}

#[tokio::test]
async fn sets_what_a_safe_log_needs_on_every_connection() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&options(folder.path())).await.unwrap();
    for (connection, query_only) in [(database.writer(), "0"), (database.reader(), "1")] {
        for (name, value) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
            ("query_only", query_only),
        ] {
            assert_eq!(pragma(connection, name).await, value, "{name}");
        }
        let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA busy_timeout");
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 5000);
    }
    assert_eq!(database.integrity().await.unwrap(), Ok(()));
}

#[tokio::test]
async fn cannot_write_through_a_reader() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&options(folder.path())).await.unwrap();
    let written = database
        .reader()
        .execute_unprepared("DELETE FROM users")
        .await;
    assert!(written.is_err());
}

#[test]
fn compares_versions_by_number() {
    assert!(version_numbers("3.9.0") < version_numbers(OLDEST_SQLITE));
    assert!(version_numbers("3.51.2") < version_numbers(OLDEST_SQLITE));
    assert!(version_numbers("3.51.10") > version_numbers(OLDEST_SQLITE));
    assert!(version_numbers("4.0") > version_numbers(OLDEST_SQLITE));
}
