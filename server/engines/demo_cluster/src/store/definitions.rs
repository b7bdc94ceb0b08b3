//! Kinds that definitions in the store add, and what happens to their objects when a definition changes.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::Store;
use crate::{
    custom,
    registry::{self, CUSTOM_RESOURCE_DEFINITION, KindId},
};

impl Store {
    /// The kind served at `group/version/plural`: one of the table, or a definition's.
    #[must_use]
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<KindId> {
        registry::find(group, version, plural).or_else(|| {
            let name = format!("{plural}.{group}");
            let definition = self.get(CUSTOM_RESOURCE_DEFINITION, "", &name)?;
            custom::kind_of(definition).filter(|kind| kind.spec().version == version)
        })
    }

    /// The kind with this `apiVersion` and `kind`: one of the table, or a definition's.
    #[must_use]
    pub fn find_kind(&self, api_version: &str, kind: &str) -> Option<KindId> {
        registry::find_kind(api_version, kind).or_else(|| {
            self.custom_kinds().find(|id| {
                let spec = id.spec();
                spec.kind == kind && spec.api_version() == api_version
            })
        })
    }

    /// Kinds that definitions add, by the name of the definition.
    pub fn custom_kinds(&self) -> impl Iterator<Item = KindId> {
        self.list(CUSTOM_RESOURCE_DEFINITION, None)
            .filter_map(|definition| custom::kind_of(definition))
    }

    /// Every kind there may be objects of: the table's, then those of definitions.
    pub fn kinds(&self) -> impl Iterator<Item = KindId> {
        registry::kinds()
            .map(|(kind, _)| kind)
            .chain(self.custom_kinds())
    }

    /// Takes the objects of a changed definition over into the kind it describes now.
    pub(super) fn redefine(&mut self, old: Option<&Value>, new: &Value) {
        let before = old.and_then(custom::kind_of);
        let (Some(before), Some(after)) = (before, custom::kind_of(new)) else {
            return;
        };
        if before == after {
            return;
        }
        let objects = self.objects.remove(&before).unwrap_or_default();
        for object in objects.values().flat_map(BTreeMap::values) {
            self.index.note(before, Some(object), None);
            self.place(after, None, Arc::clone(object));
        }
    }

    /// Removes the objects of a definition that is gone.
    pub(super) fn undefine(&mut self, definition: &Value) {
        let Some(kind) = custom::kind_of(definition) else {
            return;
        };
        let objects: Vec<Arc<Value>> = self.list(kind, None).cloned().collect();
        for object in objects {
            let (namespace, name) = super::key(&object);
            self.remove(kind, &namespace, &name);
        }
    }
}
