//! The objects of the cluster, their revisions and the bounded log of changes that watches read.
//!
//! Controllers write here directly. Requests of users come through [`crate::api`], which adds defaults,
//! validation and field managers.

mod changes;
mod definitions;
mod index;
mod snapshot;

use std::{collections::BTreeMap, sync::Arc};

use domain::time::Timestamp;
use serde_json::{Value, json};

use self::{changes::ChangeLog, index::Index};
pub use self::{
    changes::{Change, ChangeKind, Expired},
    snapshot::SnapshotError,
};
pub(crate) use self::{index::Place, snapshot::Saved};
use crate::{
    registry::{CUSTOM_RESOURCE_DEFINITION, KindId},
    status::Status,
    value,
};

type ByName = BTreeMap<String, Arc<Value>>;
type ByNamespace = BTreeMap<String, ByName>;

/// All objects, in memory.
#[derive(Debug, Clone)]
pub struct Store {
    revision: u64,
    seed: u64,
    uids: u64,
    objects: BTreeMap<KindId, ByNamespace>,
    index: Index,
    log: ChangeLog,
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
            seed,
            uids: 0,
            objects: BTreeMap::new(),
            index: Index::default(),
            log: ChangeLog::since(1),
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
        self.log.oldest
    }

    /// The object of this name; `namespace` is empty for cluster-scoped kinds.
    #[must_use]
    pub fn get(&self, kind: KindId, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.objects.get(&kind)?.get(namespace)?.get(name)
    }

    /// Objects of a kind, in one namespace or in all, ordered by namespace and name.
    pub fn list(&self, kind: KindId, namespace: Option<&str>) -> impl Iterator<Item = &Arc<Value>> {
        let everywhere = self.objects.get(&kind);
        let here = namespace.and_then(|namespace| everywhere?.get(namespace));
        let all = everywhere.filter(|_| namespace.is_none());
        here.into_iter()
            .chain(all.into_iter().flat_map(BTreeMap::values))
            .flat_map(BTreeMap::values)
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

    /// Adds an object: sets uid unless it has one from `next_uid`, creation time, generation 1 and
    /// resource version.
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
        if value::uid(&object).is_empty() {
            object["metadata"]["uid"] = json!(self.next_uid());
        }
        stamp_type(kind, &mut object);
        let metadata = &mut object["metadata"];
        if metadata["creationTimestamp"].is_null() {
            metadata["creationTimestamp"] = json!(value::wire_time(now));
        }
        if kind.spec().has_generation {
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
        object: Value,
        _now: Timestamp,
    ) -> Result<Arc<Value>, Status> {
        self.exchange(kind, object, raise_generation)
    }

    /// Like [`Self::replace`], with a generation one higher in any case.
    ///
    /// # Errors
    /// 404 when there is no such object.
    pub(crate) fn replace_counted(
        &mut self,
        kind: KindId,
        object: Value,
        _now: Timestamp,
    ) -> Result<Arc<Value>, Status> {
        self.exchange(kind, object, |object, old| {
            let generation = value::integer(old, "/metadata/generation").unwrap_or(0);
            object["metadata"]["generation"] = json!(generation + 1);
        })
    }

    fn exchange(
        &mut self,
        kind: KindId,
        mut object: Value,
        count: impl FnOnce(&mut Value, &Value),
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
        count(&mut object, &old);
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

    /// Like [`Self::update`], with the generation as it was: for what only a subresource of its own writes.
    ///
    /// # Errors
    /// 404 when there is no such object.
    pub(crate) fn update_uncounted(
        &mut self,
        kind: KindId,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<Arc<Value>, Status> {
        let Some(old) = self.get(kind, namespace, name) else {
            return Err(Status::not_found(kind, name));
        };
        let mut object = Value::clone(old);
        change(&mut object);
        self.exchange(kind, object, |_, _| {})
    }

    /// Removes an object at once and returns it as it was last.
    pub fn remove(&mut self, kind: KindId, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let by_namespace = self.objects.get_mut(&kind)?;
        let by_name = by_namespace.get_mut(namespace)?;
        let old = by_name.remove(name)?;
        if by_name.is_empty() {
            by_namespace.remove(namespace);
        }
        self.index.note(kind, Some(&old), None);
        self.revision += 1;
        let mut last = Value::clone(&old);
        last["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let last = Arc::new(last);
        self.record(kind, ChangeKind::Deleted, Arc::clone(&last), Some(old));
        if kind == CUSTOM_RESOURCE_DEFINITION {
            self.undefine(&last);
        }
        Some(last)
    }

    /// The object at a place.
    pub(crate) fn at(&self, (kind, namespace, name): &Place) -> Option<&Arc<Value>> {
        self.get(*kind, namespace, name)
    }

    /// The object of this uid.
    pub(crate) fn by_uid(&self, uid: &str) -> Option<&Arc<Value>> {
        self.at(self.index.place(uid)?)
    }

    /// Places of the objects that name this uid among their owners, by kind, namespace and name.
    pub(crate) fn dependents(&self, uid: &str) -> impl Iterator<Item = &Place> {
        self.index.dependents(uid)
    }

    /// Places of the objects being deleted.
    pub(crate) fn terminating(&self) -> impl Iterator<Item = &Place> {
        self.index.terminating()
    }

    /// Places of objects one of whose owners has gone, or was never there, since the last call.
    pub(crate) fn take_strays(&mut self) -> std::collections::BTreeSet<Place> {
        self.index.take_strays()
    }

    /// Changes since `revision`, oldest first.
    ///
    /// # Errors
    /// [`Expired`] when the change log no longer reaches back so far.
    pub fn changes_after(&self, revision: u64) -> Result<impl Iterator<Item = &Change>, Expired> {
        self.log.after(revision)
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

    fn commit(&mut self, kind: KindId, mut object: Value, old: Option<Arc<Value>>) -> Arc<Value> {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let object = Arc::new(object);
        self.place(kind, old.as_deref(), Arc::clone(&object));
        if kind == CUSTOM_RESOURCE_DEFINITION {
            self.redefine(old.as_deref(), &object);
        }
        let event = if old.is_some() {
            ChangeKind::Modified
        } else {
            ChangeKind::Added
        };
        self.record(kind, event, Arc::clone(&object), old);
        object
    }

    fn place(&mut self, kind: KindId, old: Option<&Value>, object: Arc<Value>) {
        self.index.note(kind, old, Some(&object));
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
        self.log.push(Change {
            revision: self.revision,
            kind,
            event,
            object,
            previous,
        });
    }

    /// A version 4 UUID that follows from the seed and the number of uids given so far.
    pub(crate) fn next_uid(&mut self) -> String {
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

fn raise_generation(object: &mut Value, old: &Value) {
    let Some(generation) = value::integer(old, "/metadata/generation") else {
        return;
    };
    let is_same = counted(object).count() == counted(old).count()
        && counted(object).all(|(field, value)| old.get(field) == Some(value));
    if !is_same {
        object["metadata"]["generation"] = json!(generation + 1);
    }
}

/// The fields whose changes a generation counts.
fn counted(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let fields = object.as_object().into_iter().flatten();
    fields.filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status"))
}

/// The finaliser of splitmix64: spreads every bit of the input over the output.
const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
