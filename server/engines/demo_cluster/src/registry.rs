//! The table of kinds: everything the API serves is a row here, and a new kind is a new row. Definitions in a
//! cluster add rows of their own ([`crate::store::Store::kinds`]).
//!
//! Rows live in `kinds/`, one file per API group. Fields of the kinds are in [`crate::schema`].

use std::borrow::Cow;

use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::{
    custom::{self, Custom},
    kinds,
    status::Cause,
};

/// Index into the table of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(u16);

impl KindId {
    /// The row's place in the table.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The kind's row.
    #[must_use]
    pub fn spec(self) -> &'static KindSpec {
        match KINDS.get(self.index()) {
            Some(spec) => spec,
            None => custom::row(self.index() - KINDS.len()),
        }
    }

    /// The kind under which objects of this one are stored: another for a view, itself for all others.
    #[must_use]
    pub fn stored(self) -> Self {
        self.spec().view.map_or(self, |view| view.of)
    }

    /// A stored object as this kind shows it.
    #[must_use]
    pub fn shown<'a>(self, object: &'a Value) -> Cow<'a, Value> {
        match self.spec().view {
            Some(view) => Cow::Owned(stamped(self, (view.show)(object))),
            None => Cow::Borrowed(object),
        }
    }

    /// An object of this kind as it is stored.
    #[must_use]
    pub fn to_stored(self, object: Value) -> Value {
        match self.spec().view {
            Some(view) => stamped(view.of, (view.store)(&object)),
            None => object,
        }
    }

    /// The kind of a definition, by its place among them; `None` when there are too many to number.
    pub(crate) fn custom(place: usize) -> Option<Self> {
        u16::try_from(KINDS.len() + place).ok().map(Self)
    }
}

/// What the API knows about a kind.
#[derive(Debug)]
pub struct KindSpec {
    /// API group; empty for core.
    pub group: &'static str,
    /// API version: `v1`.
    pub version: &'static str,
    /// `Pod`.
    pub kind: &'static str,
    /// `pods`, as in paths.
    pub plural: &'static str,
    /// `pod`.
    pub singular: &'static str,
    /// `po`.
    pub short_names: &'static [&'static str],
    /// `all`, for `kubectl get all`.
    pub categories: &'static [&'static str],
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// Verbs served, as discovery lists them.
    pub verbs: &'static [&'static str],
    /// Subresources served.
    pub subresources: &'static [Subresource],
    /// Whether `metadata.generation` counts changes of everything but metadata and status.
    pub has_generation: bool,
    /// Whether objects are stored; the others are computed when asked for (metrics, access reviews).
    pub stored: bool,
    /// Name of the kind's definition in [`crate::schema`].
    pub definition: &'static str,
    /// Fields a field selector may name besides `metadata.name` and `metadata.namespace`, with the JSON
    /// pointer of the value and what an absent value counts as.
    pub selectable: &'static [Selectable],
    /// Defaulting, validation and update rules.
    pub rules: Rules,
    /// What `kubectl get` shows.
    pub printer: Printer,
    /// What the definition of a custom kind adds; the kinds of the table have none.
    pub custom: Option<&'static Custom>,
    /// Where this is another version of a stored kind, which one and how the two forms are converted.
    pub view: Option<&'static View>,
}

/// A kind in another version than that in which its objects are stored.
///
/// Rules (the view's own, where they differ), controllers and selectors see the stored form; clients of the version,
/// and the record of who manages fields through it, see the view.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The stored kind.
    pub of: KindId,
    /// From the stored form to the view's.
    pub show: fn(&Value) -> Value,
    /// From the view's form to the stored one.
    pub store: fn(&Value) -> Value,
    /// Rules beyond those of the stored kind for what is created in this version, in its stored form.
    pub check_new: fn(&Value) -> Vec<Cause>,
}

/// A field that a field selector may name.
#[derive(Debug, Clone, Copy)]
pub struct Selectable {
    /// `status.phase`.
    pub field: &'static str,
    /// `/status/phase`.
    pub pointer: &'static str,
    /// What it counts as when absent.
    pub absent: &'static str,
}

/// How objects of a kind come to be valid.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What names may look like.
    pub name: NameRule,
    /// Fills in what the API server fills in. Applied to a whole object, on every write.
    pub defaults: fn(&mut Value),
    /// What the API server puts into a new object: its first status, mostly.
    pub begin: fn(&mut Value),
    /// Rules for a complete, defaulted object.
    pub validate: fn(&Value) -> Vec<Cause>,
    /// Rules for a change, given new and old (both complete).
    pub validate_update: fn(&Value, &Value) -> Vec<Cause>,
}

/// What a name must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    /// RFC 1123 subdomain: at most 253 bytes, dots allowed.
    Subdomain,
    /// RFC 1123 label: at most 63 bytes.
    Label,
    /// RFC 1035 label, for Services: starts with a letter.
    ServiceLabel,
    /// Anything that fits between two slashes: names of roles, `system:node`.
    PathSegment,
}

/// Columns and cells of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    /// Column definitions, in order.
    pub columns: &'static [Column],
    /// Cells of one object, as many as there are columns.
    pub cells: fn(&Value, Timestamp) -> Vec<Value>,
}

/// One column of a `metav1.Table`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Heading as the server sends it: `Nominated Node` (`kubectl` prints it in capitals).
    pub name: &'static str,
    /// `string`, `integer` or `number`.
    pub kind: &'static str,
    /// `name` for the column that holds the object's name.
    pub format: &'static str,
    /// What the column shows.
    pub description: Description,
    /// 0 to show always, 1 for `-o wide`.
    pub priority: i32,
}

/// What a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Description {
    /// In words of its own.
    Text(&'static str),
    /// In the words of the schema for a field: structure and field.
    Field(&'static str, &'static str),
}

/// A path below an object that has an endpoint of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subresource {
    /// `/status`.
    Status,
    /// `/scale`.
    Scale,
    /// `/log` of pods.
    Log,
    /// `/eviction` of pods.
    Eviction,
    /// `/proxy` of nodes.
    Proxy,
    /// `/finalize` of namespaces.
    Finalize,
    /// `/resize` of pods.
    Resize,
}

impl Subresource {
    /// The word in the path.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Scale => "scale",
            Self::Log => "log",
            Self::Eviction => "eviction",
            Self::Proxy => "proxy",
            Self::Finalize => "finalize",
            Self::Resize => "resize",
        }
    }

    /// From the word in the path.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Status,
            Self::Scale,
            Self::Log,
            Self::Eviction,
            Self::Proxy,
            Self::Finalize,
            Self::Resize,
        ]
        .into_iter()
        .find(|subresource| subresource.as_str() == word)
    }

    /// Verbs discovery lists for it.
    #[must_use]
    pub const fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Status | Self::Scale | Self::Resize => &["get", "patch", "update"],
            Self::Log | Self::Proxy => &["get"],
            Self::Eviction => &["create"],
            Self::Finalize => &["update"],
        }
    }
}

impl KindSpec {
    /// `apps/v1`, or `v1` for the core group.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `deployments.apps`, or `pods` for the core group.
    #[must_use]
    pub fn group_resource(&self) -> String {
        qualified(self.plural, self.group)
    }

    /// `Deployment.apps`, or `Pod` for the core group.
    #[must_use]
    pub fn group_kind(&self) -> String {
        qualified(self.kind, self.group)
    }

    /// Whether discovery lists the verb.
    #[must_use]
    pub fn serves(&self, verb: &str) -> bool {
        self.verbs.contains(&verb)
    }

    /// Whether the kind has the subresource.
    #[must_use]
    pub fn has(&self, subresource: Subresource) -> bool {
        self.subresources.contains(&subresource)
    }
}

/// An object that says of which kind it is.
fn stamped(kind: KindId, mut object: Value) -> Value {
    object["apiVersion"] = json!(kind.spec().api_version());
    object["kind"] = json!(kind.spec().kind);
    object
}

fn qualified(word: &str, group: &str) -> String {
    if group.is_empty() {
        word.to_owned()
    } else {
        format!("{word}.{group}")
    }
}

/// Names the rows: a constant and a place in the table for each.
macro_rules! table_of_kinds {
    ($($row:ident),* $(,)?) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "the variants are the constants' names")]
        enum Place { $($row),* }

        $(
            #[doc = concat!("The row `", stringify!($row), "`.")]
            pub const $row: KindId = KindId(Place::$row as u16);
        )*

        static KINDS: &[&KindSpec] = &[$(&kinds::$row),*];
    };
}

table_of_kinds! {
    NAMESPACE, NODE, POD, SERVICE, ENDPOINTS, CONFIG_MAP, SECRET, SERVICE_ACCOUNT, EVENT,
    PERSISTENT_VOLUME_CLAIM, PERSISTENT_VOLUME, RESOURCE_QUOTA, LIMIT_RANGE,
    DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET, CONTROLLER_REVISION, JOB, CRON_JOB,
    HORIZONTAL_POD_AUTOSCALER, LEASE, ENDPOINT_SLICE, POD_DISRUPTION_BUDGET, PRIORITY_CLASS,
    INGRESS, INGRESS_CLASS, NETWORK_POLICY, STORAGE_CLASS,
    ROLE, ROLE_BINDING, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, CUSTOM_RESOURCE_DEFINITION, API_SERVICE,
    NODE_METRICS, POD_METRICS, SELF_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_RULES_REVIEW, SELF_SUBJECT_REVIEW,
    HORIZONTAL_POD_AUTOSCALER_V1, EVENT_V1,
}

/// Every kind, in the order of the table.
pub fn kinds() -> impl Iterator<Item = (KindId, &'static KindSpec)> {
    (0u16..).map(KindId).zip(KINDS.iter().copied())
}

/// The kind served at `group/version/plural`.
#[must_use]
pub fn find(group: &str, version: &str, plural: &str) -> Option<KindId> {
    kinds()
        .find(|(_, spec)| spec.group == group && spec.version == version && spec.plural == plural)
        .map(|(id, _)| id)
}

/// The kind with this `apiVersion` and `kind`.
#[must_use]
pub fn find_kind(api_version: &str, kind: &str) -> Option<KindId> {
    kinds()
        .find(|(_, spec)| spec.kind == kind && spec.api_version() == api_version)
        .map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_each_constant_its_own_row() {
        assert_eq!(POD.spec().kind, "Pod");
        assert_eq!(
            HORIZONTAL_POD_AUTOSCALER.spec().plural,
            "horizontalpodautoscalers"
        );
        assert_eq!(SELF_SUBJECT_REVIEW.spec().kind, "SelfSubjectReview");
        assert_eq!(find("apps", "v1", "deployments"), Some(DEPLOYMENT));
        assert_eq!(find_kind("apps/v1", "Deployment"), Some(DEPLOYMENT));
        assert_eq!(find("apps", "v1", "pods"), None);
    }

    #[test]
    fn has_no_two_kinds_at_one_path() {
        let mut paths: Vec<_> = kinds()
            .map(|(_, s)| (s.group, s.version, s.plural))
            .collect();
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), count);
    }

    #[test]
    fn names_resources_with_their_group() {
        assert_eq!(DEPLOYMENT.spec().group_resource(), "deployments.apps");
        assert_eq!(POD.spec().group_resource(), "pods");
        assert_eq!(DEPLOYMENT.spec().group_kind(), "Deployment.apps");
    }
}
