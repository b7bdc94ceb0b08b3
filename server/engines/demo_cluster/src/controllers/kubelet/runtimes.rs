//! What the kubelets know of the pods on their nodes, found by uid, by name and by when they are due.

use std::collections::{BTreeMap, BTreeSet};

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::PodRuntime;
use crate::world::Key;

/// The runtimes of all bound pods. What is derived from them is derived again when a snapshot is read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(
    from = "BTreeMap<String, PodRuntime>",
    into = "BTreeMap<String, PodRuntime>"
)]
pub(crate) struct Runtimes {
    by_uid: BTreeMap<String, PodRuntime>,
    by_name: BTreeMap<Key, String>,
    due: BTreeSet<(Timestamp, String)>,
    addresses: BTreeSet<String>,
}

impl Runtimes {
    /// The runtime of the pod with this uid.
    pub(crate) fn get(&self, uid: &str) -> Option<&PodRuntime> {
        self.by_uid.get(uid)
    }

    /// Whether the pod with this uid has been seen by its kubelet.
    pub(crate) fn contains(&self, uid: &str) -> bool {
        self.by_uid.contains_key(uid)
    }

    /// Puts a runtime in the place of an earlier one of the pod.
    pub(crate) fn insert(&mut self, uid: String, runtime: PodRuntime) {
        drop(self.remove(&uid));
        self.by_name.insert(key(&runtime), uid.clone());
        self.addresses.insert(runtime.address.clone());
        if let Some(at) = runtime.due_at() {
            self.due.insert((at, uid.clone()));
        }
        self.by_uid.insert(uid, runtime);
    }

    /// Takes a runtime out, to change it or for good.
    pub(crate) fn remove(&mut self, uid: &str) -> Option<PodRuntime> {
        let runtime = self.by_uid.remove(uid)?;
        if self
            .by_name
            .get(&key(&runtime))
            .is_some_and(|own| own == uid)
        {
            self.by_name.remove(&key(&runtime));
        }
        self.addresses.remove(&runtime.address);
        if let Some(at) = runtime.due_at() {
            self.due.remove(&(at, uid.to_owned()));
        }
        Some(runtime)
    }

    /// Takes out the runtime of a pod of this name.
    pub(crate) fn remove_named(&mut self, namespace: &str, name: &str) {
        let uid = self
            .by_name
            .get(&(namespace.to_owned(), name.to_owned()))
            .cloned();
        if let Some(uid) = uid {
            drop(self.remove(&uid));
        }
    }

    /// Uids of pods that have something to do by `now`, those that have waited longest first.
    pub(crate) fn due_by(&self, now: Timestamp) -> impl Iterator<Item = &String> {
        self.due
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, uid)| uid)
    }

    /// Every time something is due, with the pod it is due for, earliest first.
    pub(crate) fn schedule(&self) -> impl Iterator<Item = (Timestamp, &PodRuntime)> {
        self.due
            .iter()
            .filter_map(|(at, uid)| Some((*at, self.by_uid.get(uid)?)))
    }

    /// Whether a pod has this address.
    pub(crate) fn has_address(&self, address: &str) -> bool {
        self.addresses.contains(address)
    }
}

fn key(runtime: &PodRuntime) -> Key {
    (runtime.namespace.clone(), runtime.name.clone())
}

impl From<BTreeMap<String, PodRuntime>> for Runtimes {
    fn from(entries: BTreeMap<String, PodRuntime>) -> Self {
        let mut runtimes = Self::default();
        for (uid, runtime) in entries {
            runtimes.insert(uid, runtime);
        }
        runtimes
    }
}

impl From<Runtimes> for BTreeMap<String, PodRuntime> {
    fn from(runtimes: Runtimes) -> Self {
        runtimes.by_uid
    }
}
