//! Following one kind: a list in pages, then watches from where it ended, and again after anything went wrong.
//!
//! Source: Kubernetes documentation, “API concepts”: “Efficient detection of changes”, “Watch bookmarks”,
//! “Retrieving large results sets in chunks”, “410 Gone responses”.

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use domain::{ErrorCode, OpsError};
use futures::TryStreamExt as _;
use kube::{
    Api, Client, Resource, ResourceExt as _,
    api::{ListParams, WatchEvent, WatchParams},
};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{
    Audience, Pace,
    kept::{Kept, Key},
};
use crate::error::{ops_error, status_error};

/// Objects per page of a list.
const PAGE: u32 = 500;
/// Most objects kept of one kind; of more, whoever asks lists for themselves and is told.
const OBJECTS: usize = 20_000;
/// Most pages of one list: a server that sends half-empty ones without an end is not followed.
const PAGES: usize = 4 * OBJECTS / PAGE as usize;
/// The longest time for one list, all its pages together.
const LIST_WITHIN: Duration = Duration::from_secs(60);
/// How long the server is asked to keep one watch open, in seconds: shorter than the silence at which the
/// connection counts as dead.
const WATCH: u32 = 50;
/// A Kubernetes kind that is followed.
pub(super) trait Followed:
    Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static
{
}

impl<K> Followed for K where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static
{
}

/// Keeps `kept` current while there is an audience; ends for good when the cluster says that this may not be read.
pub(super) async fn follow<K: Followed, T>(
    client: Client,
    kept: &Kept<T>,
    convert: fn(K) -> Option<T>,
    (audience, pace): (&Audience, &Pace),
) {
    let following = Following {
        api: Api::all(client),
        kept,
        convert,
        audience,
        pace,
        doing: format!("follow {}", K::plural(&())),
    };
    let mut failures = 0;
    // However this ends, nobody is left waiting, and nothing is answered that nobody keeps current.
    let _forgotten_at_the_end = Forget(kept);
    kept.begin();
    while audience.is_there() {
        let Err(error) = following.once().await else {
            failures = 0;
            continue;
        };
        kept.doubt(&error);
        if is_final(&error) {
            break;
        }
        sleep(pace.pauses[failures.min(pace.pauses.len() - 1)]).await;
        failures += 1;
    }
}

struct Forget<'a, T>(&'a Kept<T>);

impl<T> Drop for Forget<'_, T> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

/// Whether asking again changes nothing until somebody changes the cluster or its credentials.
fn is_final(error: &OpsError) -> bool {
    matches!(
        error.code,
        ErrorCode::CredentialsRejected
            | ErrorCode::ClusterForbids
            | ErrorCode::NotFound
            | ErrorCode::NotPermittedHere
            | ErrorCode::TooLarge
    )
}

struct Following<'a, K, T> {
    api: Api<K>,
    kept: &'a Kept<T>,
    convert: fn(K) -> Option<T>,
    audience: &'a Audience,
    pace: &'a Pace,
    doing: String,
}

impl<K: Followed, T> Following<'_, K, T> {
    /// One list and the watches after it, until it is time for another list or nobody listens.
    async fn once(&self) -> Result<(), OpsError> {
        let relist = Instant::now() + self.pace.relist;
        let mut version = timeout(LIST_WITHIN, self.list())
            .await
            .map_err(|_| self.endless(ErrorCode::ClusterTimeout, "it took more than a minute"))??;
        while self.audience.is_there() && Instant::now() < relist {
            let next = Instant::now() + self.pace.between_watches;
            match timeout_at(relist, self.watch(&mut version)).await {
                Ok(ended) => ended?,
                Err(_) => return Ok(()),
            }
            tokio::time::sleep_until(next).await;
        }
        Ok(())
    }

    /// Replaces what is kept; the version from which to watch.
    async fn list(&self) -> Result<String, OpsError> {
        let mut objects = BTreeMap::new();
        let mut page = ListParams::default().limit(PAGE);
        for _ in 0..PAGES {
            let list = self.api.list(&page).await;
            let list = list.map_err(|error| ops_error(error, &self.doing))?;
            for object in list.items {
                let key = key(&object);
                if let Some(object) = (self.convert)(object) {
                    objects.insert(key, object);
                }
            }
            self.bounded(objects.len())?;
            match list.metadata.continue_ {
                Some(next) if !next.is_empty() => page = page.continue_token(&next),
                Some(_) | None => {
                    self.kept.replace(objects);
                    return Ok(list.metadata.resource_version.unwrap_or_default());
                }
            }
        }
        Err(self.endless(ErrorCode::TooLarge, "the list has no end"))
    }

    fn endless(&self, code: ErrorCode, why: &str) -> OpsError {
        OpsError::new(code, format!("could not {}: {why}", self.doing))
            .hint("Ask for one namespace.")
    }

    /// Follows changes after `version`, and moves it on, until the server ends the stream.
    async fn watch(&self, version: &mut String) -> Result<(), OpsError> {
        let fault = |error| ops_error(error, &self.doing);
        let params = WatchParams::default().timeout(WATCH);
        let events = self.api.watch(&params, version).await.map_err(fault)?;
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.try_next().await.map_err(fault)? {
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    let key = key(&object);
                    *version = object.resource_version().unwrap_or_default();
                    match (self.convert)(object) {
                        Some(object) => self.kept.put(key, object),
                        None => self.kept.remove(&key),
                    }
                    self.bounded(self.kept.len())?;
                }
                WatchEvent::Deleted(object) => {
                    *version = object.resource_version().unwrap_or_default();
                    self.kept.remove(&key(&object));
                }
                WatchEvent::Bookmark(bookmark) => *version = bookmark.metadata.resource_version,
                WatchEvent::Error(status) => return Err(status_error(&status, &self.doing)),
            }
        }
        Ok(())
    }

    fn bounded(&self, objects: usize) -> Result<(), OpsError> {
        if objects <= OBJECTS {
            return Ok(());
        }
        let message = format!("could not {}: there are more than {OBJECTS}", self.doing);
        Err(OpsError::new(ErrorCode::TooLarge, message).hint("Ask for one namespace."))
    }
}

fn key<K: Resource>(object: &K) -> Key {
    (object.namespace().unwrap_or_default(), object.name_any())
}
