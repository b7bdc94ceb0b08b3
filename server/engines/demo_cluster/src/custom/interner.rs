//! The rows of custom kinds, by content.
//!
//! A kind is a number everywhere in the machinery, and the rows of the table live as long as the program.
//! Rows made from definitions are therefore kept for good and shared: the same definition gives the same
//! number in every cluster of the process, whichever saw it first. They cost some kilobytes for each
//! definition that was ever written, and say nothing about any cluster.

use std::sync::{PoisonError, RwLock};

use crate::registry::{KindId, KindSpec};

type Rows = Vec<(&'static str, &'static KindSpec)>;

static ROWS: RwLock<Rows> = RwLock::new(Vec::new());

/// The kind whose content is `key`, made by `build` the first time; `None` when there are too many.
pub(super) fn intern(key: String, build: impl FnOnce(&'static str) -> KindSpec) -> Option<KindId> {
    let known = |rows: &Rows| rows.iter().position(|(known, _)| *known == key);
    let found = known(&ROWS.read().unwrap_or_else(PoisonError::into_inner));
    if let Some(place) = found {
        return KindId::custom(place);
    }
    let mut rows = ROWS.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = known(&rows) {
        return KindId::custom(place);
    }
    let id = KindId::custom(rows.len())?;
    let key: &'static str = String::leak(key);
    rows.push((key, Box::leak(Box::new(build(key)))));
    Some(id)
}

/// The row at a place that [`intern`] gave.
pub(crate) fn row(place: usize) -> &'static KindSpec {
    let rows = ROWS.read().unwrap_or_else(PoisonError::into_inner);
    rows[place].1
}
