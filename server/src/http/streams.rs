//! Places for event streams: so many for each person, so many in all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{ErrorCode, OpsError, ids::UserId, ports::Answer, time::Seconds};

/// Streams one person may have open.
const PER_USER: usize = 6;
/// Streams this server has open at most.
const IN_ALL: usize = 8_000;

/// When a place may be free again: nobody knows, and streams end within the hour.
const TRY_AGAIN: Seconds = Seconds(60);

/// All places.
#[derive(Clone, Default)]
pub struct StreamSlots {
    taken: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// One place, free again when this is dropped.
pub struct StreamSlot {
    slots: StreamSlots,
    user: UserId,
}

impl StreamSlots {
    /// Takes a place.
    ///
    /// # Errors
    /// `RateLimited` when the person has too many streams open, `Unavailable` when the server has.
    pub fn take(&self, user: UserId) -> Answer<StreamSlot> {
        let mut taken = self.lock();
        if taken.values().sum::<usize>() >= IN_ALL {
            return Err(OpsError::new(
                ErrorCode::Unavailable,
                "too many event streams are open on this server",
            )
            .hint("Try again in a minute; the page works without live updates until then."));
        }
        let own = taken.entry(user).or_default();
        if *own >= PER_USER {
            return Err(OpsError::rate_limited(
                format!("{PER_USER} event streams at a time are the limit"),
                TRY_AGAIN,
            )
            .hint("Close another tab."));
        }
        *own += 1;
        Ok(StreamSlot {
            slots: self.clone(),
            user,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        if let Some(own) = taken.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_the_seventh_stream_of_one_person_until_one_closes() {
        let slots = StreamSlots::default();
        let user = UserId(uuid::Uuid::nil());
        let mut open: Vec<_> = (0..PER_USER).map(|_| slots.take(user).unwrap()).collect();
        assert!(slots.take(user).is_err());
        assert!(slots.take(UserId(uuid::Uuid::max())).is_ok());
        open.pop();
        assert!(slots.take(user).is_ok());
    }

    #[test]
    fn forgets_whoever_has_closed_all() {
        let slots = StreamSlots::default();
        drop(slots.take(UserId(uuid::Uuid::nil())).unwrap());
        assert!(slots.lock().is_empty());
    }
}
