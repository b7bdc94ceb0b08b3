//! A store as part of a snapshot, and back.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use serde_json::Value;

use super::{ChangeLog, Store};
use crate::value;

/// A snapshot that cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// A field of the snapshot is missing or of the wrong type.
    #[error("the snapshot has no valid {0}")]
    Field(&'static str),
    /// An object's kind is not in the table of kinds.
    #[error("the snapshot holds an object of unknown kind {0}")]
    Kind(String),
}

/// A store's part of a snapshot.
#[derive(Debug, Serialize)]
pub(crate) struct Saved<'a> {
    revision: u64,
    seed: u64,
    uids: u64,
    objects: Vec<&'a Value>,
}

impl Store {
    /// Everything needed to go on after a restart. The change log is left out: watches that began
    /// before the snapshot are answered 410 and list again.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self.saved()).expect("objects are JSON already")
    }

    /// What [`Self::to_json`] writes, borrowed.
    pub(crate) fn saved(&self) -> Saved<'_> {
        let objects = self.objects.values().flat_map(BTreeMap::values);
        Saved {
            revision: self.revision,
            seed: self.seed,
            uids: self.uids,
            objects: objects
                .flat_map(BTreeMap::values)
                .map(Arc::as_ref)
                .collect(),
        }
    }

    /// The store a snapshot holds.
    ///
    /// # Errors
    /// [`SnapshotError`] naming what cannot be read.
    pub fn from_json(snapshot: Value) -> Result<Self, SnapshotError> {
        let number = |field: &'static str| {
            snapshot
                .get(field)
                .and_then(Value::as_u64)
                .ok_or(SnapshotError::Field(field))
        };
        let mut store = Self::with_seed(number("seed")?);
        store.revision = number("revision")?;
        store.log = ChangeLog::since(store.revision);
        store.uids = number("uids")?;
        let objects = snapshot
            .get("objects")
            .and_then(Value::as_array)
            .ok_or(SnapshotError::Field("objects"))?;
        // Definitions first: their objects are of kinds they add.
        let is_definition =
            |object: &&Value| value::text(object, "/kind") == "CustomResourceDefinition";
        let definitions = objects.iter().filter(is_definition);
        let others = objects.iter().filter(|object| !is_definition(object));
        for object in definitions.chain(others) {
            let (version, kind) = (
                value::text(object, "/apiVersion"),
                value::text(object, "/kind"),
            );
            let id = store
                .find_kind(version, kind)
                .ok_or_else(|| SnapshotError::Kind(format!("{version} {kind}")))?;
            store.place(id, None, Arc::new(object.clone()));
        }
        Ok(store)
    }
}
