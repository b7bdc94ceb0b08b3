//! The objects of the cluster, their revisions and the bounded log of changes that watches read.
//!
//! Controllers write here directly. Requests of users come through [`crate::api`], which adds defaults,
//! validation and field managers.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    registry::{self, KindId},
    status::Status,
    value,
};

/// Changes kept for watches; an older watch is answered 410 and lists again, as on a real cluster after
/// etcd compaction.
const LOG_LENGTH: usize = 4096;

type ByName = BTreeMap<String, Arc<Value>>;
type ByNamespace = BTreeMap<String, ByName>;

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

/// All objects, in memory.
#[derive(Debug, Clone)]
pub struct Store {
    revision: u64,
    oldest: u64,
    seed: u64,
    uids: u64,
    objects: BTreeMap<KindId, ByNamespace>,
    log: VecDeque<Change>,
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Store {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_seed(0)
    }

    /// An empty store whose uids and generated names follow from `seed`.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self {
            revision: 1,
            oldest: 1,
            seed,
            uids: 0,
            objects: BTreeMap::new(),
            log: VecDeque::new(),
        }
    }

    /// The revision of the newest change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Lets the next change have a revision above `revision`: where another store goes before this one,
    /// no resource version means two things.
    pub fn continue_after(&mut self, revision: u64) {
        self.revision = self.revision.max(revision);
    }

    /// The oldest revision that [`Self::changes_after`] accepts.
    #[must_use]
    pub fn oldest_revision(&self) -> u64 {
        self.oldest
    }

    /// The object of this name; `namespace` is empty for cluster-scoped kinds.
    #[must_use]
    pub fn get(&self, kind: KindId, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.objects.get(&kind)?.get(namespace)?.get(name)
    }

    /// Objects of a kind, in one namespace or in all, ordered by namespace and name.
    pub fn list(&self, kind: KindId, namespace: Option<&str>) -> impl Iterator<Item = &Arc<Value>> {
        self.objects
            .get(&kind)
            .into_iter()
            .flatten()
            .filter(move |(place, _)| namespace.is_none_or(|wanted| wanted == place.as_str()))
            .flat_map(|(_, by_name)| by_name.values())
    }

    /// Objects of a kind as they were at `revision`, ordered by namespace and name.
    ///
    /// # Errors
    /// [`Expired`] when the change log no longer reaches back so far.
    pub fn list_at(
        &self,
        kind: KindId,
        namespace: Option<&str>,
        revision: u64,
    ) -> Result<Vec<Arc<Value>>, Expired> {
        let mut then: BTreeMap<(String, String), Option<Arc<Value>>> = BTreeMap::new();
        for change in self.changes_after(revision)? {
            if change.kind == kind {
                then.entry(key(&change.object))
                    .or_insert_with(|| change.previous.clone());
            }
        }
        for object in self.list(kind, namespace) {
            then.entry(key(object))
                .or_insert_with(|| Some(Arc::clone(object)));
        }
        Ok(then
            .into_iter()
            .filter(|((place, _), _)| namespace.is_none_or(|wanted| wanted == place))
            .filter_map(|(_, object)| object)
            .collect())
    }

    /// Adds an object: sets uid, creation time, generation 1 and resource version.
    ///
    /// # Errors
    /// 409 `AlreadyExists` when the name is taken.
    pub fn insert(
        &mut self,
        kind: KindId,
        mut object: Value,
        now: Timestamp,
    ) -> Result<Arc<Value>, Status> {
        let (namespace, name) = key(&object);
        if self.get(kind, &namespace, &name).is_some() {
            return Err(Status::already_exists(kind, &name));
        }
        let uid = self.next_uid();
        stamp_type(kind, &mut object);
        let metadata = &mut object["metadata"];
        metadata["uid"] = json!(uid);
        if metadata["creationTimestamp"].is_null() {
            metadata["creationTimestamp"] = json!(value::wire_time(now));
        }
        if object.get("spec").is_some() && has_generation(kind) {
            object["metadata"]["generation"] = json!(1);
        }
        Ok(self.commit(kind, object, None))
    }

    /// Replaces an object: new resource version, generation one higher if anything but metadata and
    /// status changed. Nothing happens, and the old object is returned, when nothing changed.
    ///
    /// # Errors
    /// 404 when there is no such object.
    pub fn replace(
        &mut self,
        kind: KindId,
        mut object: Value,
        _now: Timestamp,
    ) -> Result<Arc<Value>, Status> {
        let (namespace, name) = key(&object);
        let Some(old) = self.get(kind, &namespace, &name).cloned() else {
            return Err(Status::not_found(kind, &name));
        };
        stamp_type(kind, &mut object);
        for field in ["uid", "creationTimestamp", "generation", "resourceVersion"] {
            match old["metadata"].get(field) {
                Some(kept) => object["metadata"][field] = kept.clone(),
                None => drop(value::remove(&mut object, &["metadata", field])),
            }
        }
        if object == *old {
            return Ok(old);
        }
        raise_generation(&mut object, &old);
        Ok(self.commit(kind, object, Some(old)))
    }

    /// Changes an object in place with `change`; see [`Self::replace`].
    ///
    /// # Errors
    /// 404 when there is no such object.
    pub fn update(
        &mut self,
        kind: KindId,
        namespace: &str,
        name: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Value),
    ) -> Result<Arc<Value>, Status> {
        let Some(old) = self.get(kind, namespace, name) else {
            return Err(Status::not_found(kind, name));
        };
        let mut object = Value::clone(old);
        change(&mut object);
        self.replace(kind, object, now)
    }

    /// Removes an object at once and returns it as it was last.
    pub fn remove(&mut self, kind: KindId, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let by_namespace = self.objects.get_mut(&kind)?;
        let by_name = by_namespace.get_mut(namespace)?;
        let old = by_name.remove(name)?;
        if by_name.is_empty() {
            by_namespace.remove(namespace);
        }
        self.revision += 1;
        let mut last = Value::clone(&old);
        last["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let last = Arc::new(last);
        self.record(kind, ChangeKind::Deleted, Arc::clone(&last), Some(old));
        Some(last)
    }

    /// Changes since `revision`, oldest first.
    ///
    /// # Errors
    /// [`Expired`] when the change log no longer reaches back so far.
    pub fn changes_after(&self, revision: u64) -> Result<impl Iterator<Item = &Change>, Expired> {
        if revision < self.oldest {
            return Err(Expired {
                requested: revision,
                oldest: self.oldest,
            });
        }
        let start = self
            .log
            .partition_point(|change| change.revision <= revision);
        Ok(self.log.range(start..))
    }

    /// Five characters for a generated name, from the alphabet Kubernetes uses (no vowels, no digits
    /// that look like letters). Source: `k8s.io/apimachinery/pkg/util/rand`.
    pub fn name_suffix(&mut self) -> String {
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        self.uids += 1;
        let mut bits = mix(self.seed ^ mix(self.uids));
        (0..5)
            .map(|_| {
                let letter = ALPHABET[(bits % 27) as usize];
                bits /= 27;
                char::from(letter)
            })
            .collect()
    }

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
        store.oldest = store.revision;
        store.uids = number("uids")?;
        let objects = snapshot
            .get("objects")
            .and_then(Value::as_array)
            .ok_or(SnapshotError::Field("objects"))?;
        for object in objects {
            let (version, kind) = (
                value::text(object, "/apiVersion"),
                value::text(object, "/kind"),
            );
            let id = registry::find_kind(version, kind)
                .ok_or_else(|| SnapshotError::Kind(format!("{version} {kind}")))?;
            store.place(id, Arc::new(object.clone()));
        }
        Ok(store)
    }

    fn commit(&mut self, kind: KindId, mut object: Value, old: Option<Arc<Value>>) -> Arc<Value> {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let object = Arc::new(object);
        self.place(kind, Arc::clone(&object));
        let event = if old.is_some() {
            ChangeKind::Modified
        } else {
            ChangeKind::Added
        };
        self.record(kind, event, Arc::clone(&object), old);
        object
    }

    fn place(&mut self, kind: KindId, object: Arc<Value>) {
        let (namespace, name) = key(&object);
        self.objects
            .entry(kind)
            .or_default()
            .entry(namespace)
            .or_default()
            .insert(name, object);
    }

    fn record(
        &mut self,
        kind: KindId,
        event: ChangeKind,
        object: Arc<Value>,
        previous: Option<Arc<Value>>,
    ) {
        self.log.push_back(Change {
            revision: self.revision,
            kind,
            event,
            object,
            previous,
        });
        while self.log.len() > LOG_LENGTH {
            if let Some(dropped) = self.log.pop_front() {
                self.oldest = dropped.revision;
            }
        }
    }

    /// A version 4 UUID that follows from the seed and the number of uids given so far.
    fn next_uid(&mut self) -> String {
        self.uids += 1;
        let high = mix(self.seed.wrapping_add(mix(self.uids)));
        let low = mix(high ^ self.uids);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }
}

fn key(object: &Value) -> (String, String) {
    (
        value::namespace(object).to_owned(),
        value::name(object).to_owned(),
    )
}

fn stamp_type(kind: KindId, object: &mut Value) {
    let spec = kind.spec();
    object["apiVersion"] = json!(spec.api_version());
    object["kind"] = json!(spec.kind);
}

/// Kinds whose `metadata.generation` counts changes of the spec. Core kinds but Pod never had it.
fn has_generation(kind: KindId) -> bool {
    let spec = kind.spec();
    matches!(spec.group, "apps") || spec.kind == "Pod"
}

fn raise_generation(object: &mut Value, old: &Value) {
    let Some(generation) = value::integer(old, "/metadata/generation") else {
        return;
    };
    if object.get("spec") != old.get("spec") {
        object["metadata"]["generation"] = json!(generation + 1);
    }
}

/// The finaliser of splitmix64: spreads every bit of the input over the output.
const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{CONFIG_MAP, DEPLOYMENT};

    const NOW: Timestamp = Timestamp(1_763_930_096_000);

    fn config_map(name: &str, data: &str) -> Value {
        json!({"metadata": {"name": name, "namespace": "shop"}, "data": {"key": data}})
    }

    #[test]
    fn gives_new_objects_identity_and_revision() {
        let mut store = Store::with_seed(7);
        let object = store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
        assert_eq!(object["kind"], "ConfigMap");
        assert_eq!(
            object["metadata"]["creationTimestamp"],
            "2025-11-23T20:34:56Z"
        );
        assert_eq!(
            object["metadata"]["resourceVersion"],
            store.revision().to_string()
        );
        assert_eq!(value::uid(&object).len(), 36);
        assert_eq!(
            store
                .insert(CONFIG_MAP, config_map("a", "2"), NOW)
                .unwrap_err()
                .code(),
            409
        );
    }

    #[test]
    fn gives_the_same_uids_for_the_same_seed() {
        let uid = |seed| {
            let mut store = Store::with_seed(seed);
            let object = store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
            value::uid(&object).to_owned()
        };
        assert_eq!(uid(1), uid(1));
        assert_ne!(uid(1), uid(2));
    }

    #[test]
    fn writes_nothing_when_nothing_changed() {
        let mut store = Store::new();
        store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
        let before = store.revision();
        store
            .replace(CONFIG_MAP, config_map("a", "1"), NOW)
            .unwrap();
        assert_eq!(store.revision(), before);
        store
            .replace(CONFIG_MAP, config_map("a", "2"), NOW)
            .unwrap();
        assert_eq!(store.revision(), before + 1);
    }

    #[test]
    fn raises_the_generation_for_spec_changes_only() {
        let mut store = Store::new();
        let object =
            json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 1}});
        store.insert(DEPLOYMENT, object, NOW).unwrap();
        let mut change = |change: fn(&mut Value)| {
            let object = store
                .update(DEPLOYMENT, "shop", "web", NOW, change)
                .unwrap();
            value::integer(&object, "/metadata/generation")
        };
        assert_eq!(
            change(|object| object["status"] = json!({"replicas": 1})),
            Some(1)
        );
        assert_eq!(
            change(|object| object["spec"]["replicas"] = json!(2)),
            Some(2)
        );
    }

    #[test]
    fn refuses_watches_older_than_the_log() {
        let mut store = Store::new();
        store.insert(CONFIG_MAP, config_map("a", "0"), NOW).unwrap();
        let first = store.revision();
        for i in 0..=LOG_LENGTH {
            let object = config_map("a", &(i + 1).to_string());
            store.replace(CONFIG_MAP, object, NOW).unwrap();
        }
        let expired = store.changes_after(first).err().unwrap();
        assert_eq!(Status::from(expired).code(), 410);
        assert_eq!(
            store
                .changes_after(store.oldest_revision())
                .unwrap()
                .count(),
            LOG_LENGTH
        );
        assert_eq!(store.changes_after(store.revision()).unwrap().count(), 0);
    }

    #[test]
    fn lists_the_past_from_the_log() {
        let mut store = Store::new();
        store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
        store.insert(CONFIG_MAP, config_map("b", "1"), NOW).unwrap();
        let then = store.revision();
        store.remove(CONFIG_MAP, "shop", "a").unwrap();
        store
            .replace(CONFIG_MAP, config_map("b", "2"), NOW)
            .unwrap();
        store.insert(CONFIG_MAP, config_map("c", "1"), NOW).unwrap();
        let past = store.list_at(CONFIG_MAP, Some("shop"), then).unwrap();
        let seen: Vec<_> = past
            .iter()
            .map(|object| (value::name(object), value::text(object, "/data/key")))
            .collect();
        assert_eq!(seen, [("a", "1"), ("b", "1")]);
    }

    #[test]
    fn survives_a_snapshot() {
        let mut store = Store::with_seed(3);
        store.insert(CONFIG_MAP, config_map("a", "1"), NOW).unwrap();
        let mut again = Store::from_json(store.to_json()).unwrap();
        assert_eq!(again.to_json(), store.to_json());
        assert_eq!(again.name_suffix(), store.name_suffix());
        assert!(again.changes_after(again.revision() - 1).is_err());
        assert_eq!(
            Store::from_json(json!({})).unwrap_err(),
            SnapshotError::Field("seed")
        );
    }
}
