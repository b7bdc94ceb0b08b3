//! The objects of one kind, as the last list and the watch after it left them.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{OpsError, ports::Answer};
use tokio::sync::watch;

/// Namespace and name; no namespace for what has none.
pub(super) type Key = (String, String);

/// What is known of the objects of one kind.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    objects: Mutex<BTreeMap<Key, T>>,
    standing: watch::Sender<Standing>,
}

/// How far what is kept can be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// Nobody follows the cluster, or it is not known what was missed.
    Unknown,
    /// The first list is on its way.
    Listing,
    /// The first list failed.
    Failed(OpsError),
    /// A list and every change since.
    Current,
}

/// An answer from memory.
#[derive(Debug, PartialEq)]
enum Seen<T> {
    /// All objects, by namespace and name.
    Current(Vec<T>),
    /// The list that was waited for failed.
    Failed(OpsError),
    /// Ask the cluster.
    Unknown,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            objects: Mutex::default(),
            standing: watch::Sender::new(Standing::Unknown),
        }
    }
}

impl<T: Clone> Kept<T> {
    /// All objects by namespace and name, else what `otherwise` finds.
    ///
    /// # Errors
    /// That of a first list that was waited for, or that of `otherwise`.
    pub(crate) async fn or(
        &self,
        otherwise: impl Future<Output = Answer<Vec<T>>>,
    ) -> Answer<Vec<T>> {
        match self.all().await {
            Seen::Current(objects) => Ok(objects),
            Seen::Failed(error) => Err(error),
            Seen::Unknown => otherwise.await,
        }
    }

    /// All objects; waits for a first list that is on its way.
    async fn all(&self) -> Seen<T> {
        let mut standing = self.standing.subscribe();
        let has_waited = *standing.borrow() == Standing::Listing;
        let settled = standing.wait_for(|standing| *standing != Standing::Listing);
        // The sender is `self`'s: it outlives this.
        let standing = settled.await.map_or(Standing::Unknown, |at| at.clone());
        match standing {
            Standing::Current => Seen::Current(self.lock().values().cloned().collect()),
            Standing::Failed(error) if has_waited => Seen::Failed(error),
            Standing::Failed(_) | Standing::Unknown | Standing::Listing => Seen::Unknown,
        }
    }
}

impl<T> Kept<T> {
    /// From now on a list is waited for.
    pub(super) fn begin(&self) {
        self.standing.send_replace(Standing::Listing);
    }

    /// Replaces everything by what a list held.
    pub(super) fn replace(&self, objects: BTreeMap<Key, T>) {
        *self.lock() = objects;
        self.standing.send_replace(Standing::Current);
    }

    /// Adds or replaces one object.
    pub(super) fn put(&self, key: Key, object: T) {
        self.lock().insert(key, object);
    }

    /// Removes one object.
    pub(super) fn remove(&self, key: &Key) {
        self.lock().remove(key);
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// A list or a watch failed: nothing is answered from memory until the next list.
    pub(super) fn doubt(&self, error: &OpsError) {
        self.standing.send_modify(|standing| {
            *standing = match standing {
                Standing::Listing => Standing::Failed(error.clone()),
                Standing::Unknown | Standing::Failed(_) | Standing::Current => Standing::Unknown,
            };
        });
    }

    /// Nobody follows any more: lets go of the objects. Who waits for a list still hears why it failed.
    pub(super) fn forget(&self) {
        self.standing.send_if_modified(|standing| {
            let is_over = !matches!(standing, Standing::Failed(_));
            if is_over {
                *standing = Standing::Unknown;
            }
            is_over
        });
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, T>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn key(name: &str) -> Key {
        ("shop".to_owned(), name.to_owned())
    }

    #[tokio::test]
    async fn answers_only_between_a_list_and_the_first_doubt() {
        let kept = Kept::default();
        assert_eq!(kept.all().await, Seen::Unknown);
        kept.replace(BTreeMap::from([(key("b"), 2), (key("a"), 1)]));
        kept.put(key("c"), 3);
        kept.remove(&key("a"));
        assert_eq!(kept.all().await, Seen::Current(vec![2, 3]));
        kept.doubt(&OpsError::internal());
        assert_eq!(kept.all().await, Seen::Unknown);
    }

    #[tokio::test]
    async fn whoever_waits_for_the_first_list_hears_how_it_ended() {
        for outcome in [Ok(7), Err(OpsError::internal())] {
            let kept = Arc::new(Kept::default());
            kept.begin();
            let waiting = tokio::spawn({
                let kept = Arc::clone(&kept);
                async move { kept.all().await }
            });
            tokio::task::yield_now().await;
            let expected = match outcome {
                Ok(object) => {
                    kept.replace(BTreeMap::from([(key("a"), object)]));
                    Seen::Current(vec![object])
                }
                Err(error) => {
                    kept.doubt(&error);
                    Seen::Failed(error)
                }
            };
            assert_eq!(waiting.await.unwrap(), expected);
        }
    }
}
