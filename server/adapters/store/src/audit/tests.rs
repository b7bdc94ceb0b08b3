use super::*;
use crate::test_support::{Fixture, NOW, fixture};

fn entry(user: UserId, detail: &str) -> AuditEntry {
    AuditEntry {
        user: Some(user),
        action: "cluster.rename".to_owned(),
        target: "prod".to_owned(),
        outcome: AuditOutcome::Done,
        detail: detail.to_owned(),
        request: "r1".to_owned(),
        at: NOW,
    }
}

async fn with_five_rows() -> Fixture {
    let fixture = fixture().await;
    for number in 1..=5 {
        let entry = entry(fixture.ada, &format!("line {number}\r\n\u{1b}[31m"));
        assert_eq!(
            fixture.database.audit().append(&entry).await.unwrap(),
            number
        );
    }
    fixture
}

/// What is broken is found, and the first row it shows at is named.
async fn check(sql: &str, expected: u64) {
    let fixture = with_five_rows().await;
    fixture.tamper(sql).await;
    match fixture.database.audit().verify().await.unwrap() {
        AuditVerdict::Broken { sequence, .. } => assert_eq!(sequence, expected, "{sql}"),
        intact @ AuditVerdict::Intact { .. } => panic!("{sql}: {intact:?}"),
    }
}

#[tokio::test]
async fn names_the_row_that_was_edited_or_removed() {
    check("UPDATE audit_log SET detail = 'x' WHERE sequence = 3", 3).await;
    check(
        "UPDATE audit_log SET outcome = 'denied' WHERE sequence = 1",
        1,
    )
    .await;
    check("UPDATE audit_log SET hash = x'00' WHERE sequence = 5", 5).await;
    check("UPDATE audit_log SET user_id = NULL WHERE sequence = 2", 2).await;
    check("DELETE FROM audit_log WHERE sequence = 2", 2).await;
    check("DELETE FROM audit_log WHERE sequence = 1", 1).await;
}

#[tokio::test]
async fn notices_rows_cut_off_at_the_end() {
    check("DELETE FROM audit_log WHERE sequence > 3", 4).await;
    check("DELETE FROM audit_log", 1).await;
}

/// A chain computed anew by hand still lacks the sealed head.
#[tokio::test]
async fn notices_a_row_appended_by_hand() {
    let fixture = with_five_rows().await;
    let rows = page_after(fixture.database.reader(), 4).await.unwrap();
    let mut forged = row_of(6, &entry(fixture.ada, "forged"));
    forged.hash = hash(&to_hex(&rows[0].hash), &forged).unwrap();
    insert(fixture.database.writer(), forged).await.unwrap();
    let verdict = fixture.database.audit().verify().await.unwrap();
    assert!(matches!(verdict, AuditVerdict::Broken { sequence: 6, .. }));
}

#[tokio::test]
async fn does_not_go_on_without_its_head() {
    let fixture = with_five_rows().await;
    fixture
        .tamper("DELETE FROM settings WHERE name = 'audit.head'")
        .await;
    let appended = fixture
        .database
        .audit()
        .append(&entry(fixture.ada, "x"))
        .await;
    assert!(matches!(appended, Err(StoreError::Unseal { .. })));
    let verdict = fixture.database.audit().verify().await.unwrap();
    assert!(matches!(verdict, AuditVerdict::Broken { sequence: 1, .. }));
    fixture
        .tamper("INSERT INTO settings VALUES ('audit.head', '00')")
        .await;
    let verdict = fixture.database.audit().verify().await.unwrap();
    assert!(matches!(verdict, AuditVerdict::Broken { .. }));
}

#[tokio::test]
async fn stays_intact_across_a_restart_and_under_concurrency() {
    let fixture = with_five_rows().await.reopened().await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (audit, entry) = (fixture.database.audit(), entry(fixture.bob, "side by side"));
            tokio::spawn(async move { audit.append(&entry).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let verdict = fixture.database.audit().verify().await.unwrap();
    assert_eq!(verdict, AuditVerdict::Intact { rows: 25 });
}

#[tokio::test]
async fn shows_a_user_their_own_rows_newest_first() {
    let fixture = with_five_rows().await;
    let audit = fixture.database.audit();
    audit.append(&entry(fixture.bob, "bob's")).await.unwrap();
    let rows = audit.newest(fixture.ada, 2).await.unwrap();
    let numbers: Vec<_> = rows.iter().map(|row| row.sequence).collect();
    assert_eq!(numbers, [5, 4]);
    assert_eq!(
        audit.newest(fixture.bob, 9).await.unwrap()[0].entry,
        entry(fixture.bob, "bob's")
    );
}

#[tokio::test]
async fn is_intact_when_empty() {
    let audit = fixture().await.database.audit();
    assert_eq!(
        audit.verify().await.unwrap(),
        AuditVerdict::Intact { rows: 0 }
    );
}
