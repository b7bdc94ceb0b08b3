//! How many questions one person may ask.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    OpsError,
    ids::UserId,
    ports::Answer,
    time::{Seconds, Timestamp},
};
use moka::sync::Cache;

/// Questions in any [`WINDOW`]. No model is paid for them; this only keeps one person from taking all the machine.
const TURNS: usize = 120;
const WINDOW: Seconds = Seconds(60);

/// Recent questions of everybody.
pub(super) struct Turns {
    recent: Cache<UserId, Arc<Mutex<VecDeque<Timestamp>>>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            recent: Cache::builder()
                .max_capacity(10_000)
                .time_to_idle(Duration::from_secs(120))
                .build(),
        }
    }
}

impl Turns {
    /// Counts a question, or refuses it.
    ///
    /// # Errors
    /// `RateLimited`, saying when to try again.
    pub(super) fn take(&self, user: UserId, now: Timestamp) -> Answer<()> {
        let recent = self.recent.get_with(user, Arc::default);
        let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent.front().is_some_and(|oldest| *oldest <= now - WINDOW) {
            recent.pop_front();
        }
        if let Some(oldest) = recent.front().filter(|_| recent.len() >= TURNS) {
            let wait = (*oldest + WINDOW).seconds_since(now);
            return Err(OpsError::rate_limited(
                format!("{TURNS} questions in a minute are the limit"),
                Seconds(wait),
            ));
        }
        recent.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::ErrorCode;

    use super::*;

    #[test]
    fn refuses_one_too_many_and_forgets_after_a_minute() {
        let turns = Turns::default();
        let user = UserId(uuid::Uuid::nil());
        let start = Timestamp::from_seconds(1_000);
        for _ in 0..TURNS {
            turns.take(user, start).unwrap();
        }
        let refused = turns.take(user, start + Seconds(59)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert_eq!(refused.hint, "Try again in 1 s.");
        turns.take(user, start + WINDOW).unwrap();
    }
}
