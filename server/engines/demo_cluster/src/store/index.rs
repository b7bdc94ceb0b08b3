//! What the garbage collector asks a store: who owns what, what is being deleted, whose owner is gone.
//!
//! The same questions as those of the graph in `k8s.io/kubernetes/pkg/controller/garbagecollector`, kept
//! up to date with every write, so that collecting costs what there is to collect and not what there is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{registry::KindId, value};

/// Where an object is: kind, namespace (empty for cluster-scoped kinds) and name.
pub(crate) type Place = (KindId, String, String);

/// Owners, dependents and what is on its way out.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    places: BTreeMap<String, Place>,
    dependents: BTreeMap<String, BTreeSet<Place>>,
    terminating: BTreeSet<Place>,
    strays: BTreeSet<Place>,
}

impl Index {
    /// Notes that an object changed, came (`old` is `None`) or went (`new` is `None`).
    pub(super) fn note(&mut self, kind: KindId, old: Option<&Value>, new: Option<&Value>) {
        let Some(object) = new.or(old) else {
            return;
        };
        let place = (
            kind,
            value::namespace(object).to_owned(),
            value::name(object).to_owned(),
        );
        if let Some(old) = old
            && new.is_none_or(|new| owners(new) != owners(old))
        {
            self.disown(old, &place);
        }
        if let Some(new) = new
            && old.is_none_or(|old| owners(new) != owners(old))
        {
            self.own(new, &place);
        }
        match new {
            Some(new) if value::is_terminating(new) => {
                self.terminating.insert(place.clone());
            }
            Some(_) | None => {
                self.terminating.remove(&place);
            }
        }
        if new.is_none() {
            self.forget(object, &place);
        } else if old.is_none() {
            self.places.insert(value::uid(object).to_owned(), place);
        }
    }

    fn disown(&mut self, object: &Value, place: &Place) {
        for owner in owners(object) {
            let uid = value::text(owner, "/uid");
            if let Some(dependents) = self.dependents.get_mut(uid) {
                dependents.remove(place);
                if dependents.is_empty() {
                    self.dependents.remove(uid);
                }
            }
        }
    }

    fn own(&mut self, object: &Value, place: &Place) {
        for owner in owners(object) {
            let uid = value::text(owner, "/uid").to_owned();
            if !self.places.contains_key(&uid) {
                self.strays.insert(place.clone());
            }
            self.dependents
                .entry(uid)
                .or_default()
                .insert(place.clone());
        }
    }

    fn forget(&mut self, object: &Value, place: &Place) {
        let uid = value::uid(object);
        self.places.remove(uid);
        self.strays.remove(place);
        if let Some(dependents) = self.dependents.get(uid) {
            self.strays.extend(dependents.iter().cloned());
        }
    }

    /// Where the object of this uid is.
    pub(super) fn place(&self, uid: &str) -> Option<&Place> {
        self.places.get(uid)
    }

    /// Objects that name this uid among their owners, by kind, namespace and name.
    pub(super) fn dependents(&self, uid: &str) -> impl Iterator<Item = &Place> {
        self.dependents.get(uid).into_iter().flatten()
    }

    /// Objects being deleted.
    pub(super) fn terminating(&self) -> impl Iterator<Item = &Place> {
        self.terminating.iter()
    }

    /// Objects one of whose owners has gone, or was never there, since the last call.
    pub(super) fn take_strays(&mut self) -> BTreeSet<Place> {
        std::mem::take(&mut self.strays)
    }
}

fn owners(object: &Value) -> &[Value] {
    value::items(object, "/metadata/ownerReferences")
}
