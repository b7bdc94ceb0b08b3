use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::test_support::{Fixture, NOW, fixture};

/// Sessions by a clock that is set by hand.
struct Timed {
    sessions: Sessions,
    clock: Arc<AtomicI64>,
}

impl Timed {
    fn new(fixture: &Fixture) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let read = Arc::clone(&clock);
        let sessions = fixture.database.sessions();
        Self {
            sessions: sessions.with_clock(Arc::new(move || Timestamp(read.load(Ordering::SeqCst)))),
            clock,
        }
    }

    fn set(&self, after: i64) {
        self.clock.store((NOW + Seconds(after)).0, Ordering::SeqCst);
    }

    async fn signed_in(&self, user: UserId) -> (Record, SessionId) {
        let link = SessionLink::new(user, "Firefox\n", (self.sessions.clock)()).unwrap();
        let mut record = record();
        record.data.insert(
            SessionLink::KEY.to_owned(),
            serde_json::to_value(&link).unwrap(),
        );
        self.sessions.create(&mut record).await.unwrap();
        (record, link.id)
    }

    async fn is_loaded(&self, record: &Record) -> bool {
        self.sessions.load(&record.id).await.unwrap().is_some()
    }
}

fn record() -> Record {
    Record {
        id: Id::default(),
        data: std::collections::HashMap::new(),
        expiry_date: NOW.to_offset(),
    }
}

#[tokio::test]
async fn gives_back_what_was_stored_across_a_restart() {
    let fixture = fixture().await;
    let (record, _) = Timed::new(&fixture).signed_in(fixture.ada).await;
    let fixture = fixture.reopened().await;
    let timed = Timed::new(&fixture);
    let loaded = timed.sessions.load(&record.id).await.unwrap().unwrap();
    assert_eq!((loaded.id, loaded.data), (record.id, record.data));
    assert_eq!(loaded.expiry_date, (NOW + IDLE_LIMIT).to_offset());
}

/// Idle.
#[tokio::test]
async fn dies_after_half_an_hour_unused() {
    let fixture = fixture().await;
    let timed = Timed::new(&fixture);
    let (record, id) = timed.signed_in(fixture.ada).await;
    timed.set(29 * 60);
    assert!(timed.is_loaded(&record).await);
    timed.set(29 * 60 + 29 * 60);
    assert!(timed.is_loaded(&record).await);
    timed.set(29 * 60 + 29 * 60 + 30 * 60);
    assert!(!timed.is_loaded(&record).await);
    assert!(!timed.sessions.is_alive(fixture.ada, id).await.unwrap());
    assert!(
        timed
            .sessions
            .list(fixture.ada, None)
            .await
            .unwrap()
            .is_empty()
    );
}

/// Absolute, and clocks that jump.
#[tokio::test]
async fn dies_twelve_hours_after_sign_in_and_when_the_clock_jumps() {
    let fixture = fixture().await;
    let timed = Timed::new(&fixture);
    let (record, _) = timed.signed_in(fixture.ada).await;
    for minutes in (0..12 * 60).step_by(20) {
        timed.set(minutes * 60);
        assert!(timed.is_loaded(&record).await, "{minutes}");
    }
    timed.set(12 * 3600);
    assert!(!timed.is_loaded(&record).await);
    for jump in [-86_400, 86_400] {
        timed.set(0);
        let (record, _) = timed.signed_in(fixture.ada).await;
        timed.set(jump);
        assert!(!timed.is_loaded(&record).await, "{jump}");
    }
}

/// The id changes at sign-in and the old one is dead.
#[tokio::test]
async fn is_dead_under_its_old_id() {
    let fixture = fixture().await;
    let timed = Timed::new(&fixture);
    let mut anonymous = record();
    timed.sessions.create(&mut anonymous).await.unwrap();
    timed.sessions.delete(&anonymous.id).await.unwrap();
    assert!(!timed.is_loaded(&anonymous).await);
}

#[tokio::test]
async fn stays_ended_when_a_request_under_way_saves_it() {
    let fixture = fixture().await;
    let timed = Timed::new(&fixture);
    let (record, id) = timed.signed_in(fixture.ada).await;
    timed.sessions.revoke(fixture.ada, id).await.unwrap();
    timed.sessions.save(&record).await.unwrap();
    assert!(!timed.is_loaded(&record).await);
}

#[tokio::test]
async fn is_tied_to_its_user_by_a_later_save_too() {
    let fixture = fixture().await;
    let timed = Timed::new(&fixture);
    let mut record = record();
    timed.sessions.create(&mut record).await.unwrap();
    let link = SessionLink::new(fixture.ada, "curl", NOW).unwrap();
    record.data.insert(
        SessionLink::KEY.to_owned(),
        serde_json::to_value(&link).unwrap(),
    );
    timed.sessions.save(&record).await.unwrap();
    assert!(timed.sessions.is_alive(fixture.ada, link.id).await.unwrap());
}

#[tokio::test]
async fn is_listed_and_ended_by_its_user_only() {
    let fixture = fixture().await;
    let timed = Timed::new(&fixture);
    let (_, first) = timed.signed_in(fixture.ada).await;
    timed.set(10);
    let (_, second) = timed.signed_in(fixture.ada).await;
    let (others, _) = timed.signed_in(fixture.bob).await;
    let listed = timed.sessions.list(fixture.ada, Some(first)).await.unwrap();
    let seen: Vec<_> = listed
        .iter()
        .map(|entry| (entry.id, entry.is_current))
        .collect();
    assert_eq!(seen, [(second, false), (first, true)]);
    assert_eq!(listed[0].user_agent, "Firefox");
    let foreign = timed.sessions.revoke(fixture.bob, first).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    assert!(!timed.sessions.is_alive(fixture.bob, first).await.unwrap());
    let ended = timed
        .sessions
        .revoke_others(fixture.ada, Some(first))
        .await
        .unwrap();
    assert_eq!(ended, 1);
    assert!(timed.sessions.is_alive(fixture.ada, first).await.unwrap());
    assert!(!timed.sessions.is_alive(fixture.ada, second).await.unwrap());
    assert!(timed.is_loaded(&others).await);
}

#[tokio::test]
async fn is_swept_when_dead_and_not_before() {
    let fixture = fixture().await;
    let timed = Timed::new(&fixture);
    timed.signed_in(fixture.ada).await;
    assert_eq!(timed.sessions.sweep().await.unwrap(), 0);
    timed.set(IDLE_LIMIT.0);
    assert_eq!(timed.sessions.sweep().await.unwrap(), 1);
}

/// A copy of the database holds no cookie value.
#[tokio::test]
async fn stores_the_cookies_hash_only() {
    let fixture = fixture().await;
    let (record, _) = Timed::new(&fixture).signed_in(fixture.ada).await;
    let row = sessions::Entity::find()
        .one(fixture.database.reader())
        .await;
    let row = row.unwrap().unwrap();
    assert_ne!(row.digest, record.id.0.to_le_bytes());
    assert!(!row.data.contains(&record.id.to_string()));
}
