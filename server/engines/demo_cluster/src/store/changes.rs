//! The bounded log of changes that watches and controllers read.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use crate::{registry::KindId, status::Status};

/// Changes kept for watches; an older watch is answered 410 and lists again, as on a real cluster after
/// etcd compaction.
pub(super) const LOG_LENGTH: usize = 4096;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was created.
    Added,
    /// It was changed.
    Modified,
    /// It was removed.
    Deleted,
}

/// One entry of the change log.
#[derive(Debug, Clone)]
pub struct Change {
    /// The store's revision after the change.
    pub revision: u64,
    /// The object's kind.
    pub kind: KindId,
    /// What happened.
    pub event: ChangeKind,
    /// The object after the change; for a removal its last state, with the revision of the removal.
    pub object: Arc<Value>,
    /// The object before the change.
    pub previous: Option<Arc<Value>>,
}

/// The revision asked for is older than the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// What was asked for.
    pub requested: u64,
    /// The oldest revision that can be asked for.
    pub oldest: u64,
}

impl From<Expired> for Status {
    fn from(expired: Expired) -> Self {
        Self::too_old(expired.requested, expired.oldest)
    }
}

/// The newest changes, oldest first.
#[derive(Debug, Clone)]
pub(super) struct ChangeLog {
    /// The oldest revision after which every change is still known.
    pub(super) oldest: u64,
    changes: VecDeque<Change>,
}

impl ChangeLog {
    /// An empty log that knows everything after `revision`.
    pub(super) const fn since(revision: u64) -> Self {
        Self {
            oldest: revision,
            changes: VecDeque::new(),
        }
    }

    /// Adds the newest change and forgets the oldest beyond [`LOG_LENGTH`].
    pub(super) fn push(&mut self, change: Change) {
        self.changes.push_back(change);
        while self.changes.len() > LOG_LENGTH {
            if let Some(dropped) = self.changes.pop_front() {
                self.oldest = dropped.revision;
            }
        }
    }

    /// Changes since `revision`, oldest first.
    ///
    /// # Errors
    /// [`Expired`] when the log no longer reaches back so far.
    pub(super) fn after(&self, revision: u64) -> Result<impl Iterator<Item = &Change>, Expired> {
        if revision < self.oldest {
            return Err(Expired {
                requested: revision,
                oldest: self.oldest,
            });
        }
        let start = self
            .changes
            .partition_point(|change| change.revision <= revision);
        Ok(self.changes.range(start..))
    }
}
