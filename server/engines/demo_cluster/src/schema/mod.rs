//! Fields of the kinds: names, types and merge rules, in one table.
//!
//! The table is the `.schema` files beside this one. Validation ([`check`]), strategic merge
//! ([`crate::patch`]), field ownership ([`crate::fields`]) and the OpenAPI documents ([`openapi`]) are
//! all read from it. One line is one field:
//!
//! ```text
//! package io.k8s.api.core.v1
//! struct Container [open] [atomic] : description
//! name! string : a required field
//! ports [ContainerPort] map=containerPort,protocol merge=containerPort : flags after the type
//! ```
//!
//! Where two packages use one name for different things, `struct EventsEvent = Event` gives the second a name
//! of its own in the table.
//!
//! Types are `string bool int32 int64 double bytes time microTime quantity intOrString any`, the name of
//! another type, `[T]` for a list and `{T}` for a map. Flags are `map=KEYS` and `set` (list semantics of
//! server-side apply), `enum=WORDS` (what the documents list as its values), `atomic` (replaced whole), `merge[=KEY]` and `retainKeys` (strategic merge patch), and
//! `value` (Go's type holds it by value and writes it even when it is empty, so that an object nobody filled has
//! it; of structures the published documents say so by the default `{}`).

pub mod check;
pub mod openapi;
mod parse;

use std::{
    collections::BTreeMap,
    sync::{LazyLock, PoisonError, RwLock},
};

/// A structure of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// `io.k8s.api.core.v1`.
    pub package: &'static str,
    /// `Container`; unique in the table.
    pub name: &'static str,
    /// The name within the package, which differs from `name` where two packages use one.
    pub published: &'static str,
    /// First sentence of the documentation.
    pub description: &'static str,
    /// Whether server-side apply treats the structure as one value.
    pub atomic: bool,
    /// Whether fields that are not listed are kept.
    pub open: bool,
    /// Whether OpenAPI documents write it where it is used, as they do for parts of custom kinds.
    pub inline: bool,
    /// Fields, by name.
    pub fields: Vec<Field>,
}

/// A field of a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// `containers`.
    pub name: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// What it holds.
    pub shape: Shape,
    /// How it is merged.
    pub rules: MergeRules,
    /// The words it may hold, or each item or entry of it; none where any will do.
    pub values: Vec<&'static str>,
    /// First sentence of the documentation.
    pub description: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Anything.
    Any,
    /// One value.
    Scalar(Scalar),
    /// A structure, by name.
    Object(&'static str),
    /// A list.
    List(Box<Shape>),
    /// A map from text.
    Map(Box<Shape>),
}

/// A value without parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// Text.
    Text,
    /// True or false.
    Bool,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Floating point.
    Double,
    /// Base64.
    Bytes,
    /// RFC 3339.
    Time,
    /// RFC 3339 with microseconds.
    MicroTime,
    /// `250m`, `1Gi`.
    Quantity,
    /// `80` or `"25%"`.
    IntOrString,
}

/// How values of a field are merged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeRules {
    /// Keys of a list whose items are found by key; empty for other lists.
    pub list_keys: Vec<&'static str>,
    /// A list of distinct values.
    pub set: bool,
    /// Replaced whole by server-side apply.
    pub atomic: bool,
    /// Strategic merge patch merges instead of replacing.
    pub merge: bool,
    /// The key by which strategic merge patch finds items.
    pub merge_key: Option<&'static str>,
    /// Strategic merge patch may carry `$retainKeys`.
    pub retain_keys: bool,
    /// Every object has it in Go's type, empty where nobody gave it: nobody comes to own it by writing it.
    pub always: bool,
}

/// No rules: lists are replaced whole, structures merged field by field.
pub(crate) static NO_RULES: MergeRules = MergeRules {
    list_keys: Vec::new(),
    set: false,
    atomic: false,
    merge: false,
    merge_key: None,
    retain_keys: false,
    always: false,
};

static TABLE: LazyLock<BTreeMap<&'static str, Definition>> = LazyLock::new(|| {
    [
        include_str!("meta.schema"),
        include_str!("core.schema"),
        include_str!("apps.schema"),
        include_str!("workloads.schema"),
        include_str!("policy.schema"),
        include_str!("access.schema"),
        include_str!("extensions.schema"),
        include_str!("other.schema"),
    ]
    .into_iter()
    .flat_map(|text| parse::definitions(text).expect("the table is part of the program and tested"))
    .map(|definition| (definition.name, definition))
    .collect()
});

/// Whether a structure is of the table, and not of a custom kind.
fn is_of_the_table(definition: &Definition) -> bool {
    TABLE.contains_key(definition.name)
}

/// Structures of custom kinds. They are part of the rows that are kept for these, see [`crate::custom`].
static CUSTOM: RwLock<BTreeMap<&'static str, &'static Definition>> = RwLock::new(BTreeMap::new());

/// Enters a structure of a custom kind, in the place of one of the same name.
pub(crate) fn add(definition: Definition) {
    let mut known = CUSTOM.write().unwrap_or_else(PoisonError::into_inner);
    known.insert(definition.name, Box::leak(Box::new(definition)));
}

/// Every structure of the table, ordered by name.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    TABLE.values()
}

/// The structure of this name.
#[must_use]
pub fn definition(name: &str) -> Option<&'static Definition> {
    TABLE.get(name).or_else(|| {
        let custom = CUSTOM.read().unwrap_or_else(PoisonError::into_inner);
        custom.get(name).copied()
    })
}

impl Definition {
    /// `io.k8s.api.core.v1.Container`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.package, self.published)
    }

    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A place in the schema while walking a value: what may be there and how it is merged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) shape: &'static Shape,
    pub(crate) rules: &'static MergeRules,
}

static ANY: Shape = Shape::Any;

impl Place {
    /// Where nothing is known.
    pub(crate) const UNKNOWN: Self = Self {
        shape: &ANY,
        rules: &NO_RULES,
    };

    /// The place of a field below this one.
    pub(crate) fn field(self, name: &str) -> Self {
        match self.shape {
            Shape::Object(object) => definition(object)
                .and_then(|definition| definition.field(name))
                .map_or(Self::UNKNOWN, |field| Self {
                    shape: &field.shape,
                    rules: &field.rules,
                }),
            Shape::Map(value) => Self {
                shape: value,
                rules: &NO_RULES,
            },
            Shape::Any | Shape::Scalar(_) | Shape::List(_) => Self::UNKNOWN,
        }
    }

    /// The place of the items of a list here.
    pub(crate) fn item(self) -> Self {
        match self.shape {
            Shape::List(item) => Self {
                shape: item,
                rules: &NO_RULES,
            },
            Shape::Any | Shape::Scalar(_) | Shape::Object(_) | Shape::Map(_) => Self::UNKNOWN,
        }
    }

    /// Whether server-side apply replaces what is here whole.
    pub(crate) fn is_atomic(self) -> bool {
        match self.shape {
            Shape::Any | Shape::Scalar(_) => true,
            Shape::Object(name) => {
                self.rules.atomic || definition(name).is_none_or(|definition| definition.atomic)
            }
            Shape::Map(_) => self.rules.atomic,
            Shape::List(_) => self.rules.list_keys.is_empty() && !self.rules.set,
        }
    }
}

/// The place of a whole object of a kind.
pub(crate) fn root(kind: crate::registry::KindId) -> Place {
    /// Shapes of the kinds, so that places can refer to them for as long as the program runs.
    static ROOTS: LazyLock<Vec<Shape>> = LazyLock::new(|| {
        crate::registry::kinds()
            .map(|(_, spec)| Shape::Object(spec.definition))
            .collect()
    });
    Place {
        shape: match kind.spec().custom {
            Some(custom) => &custom.root,
            None => &ROOTS[kind.index()],
        },
        rules: &NO_RULES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn defines_every_kind() {
        for (_, spec) in registry::kinds() {
            let definition = definition(spec.definition);
            assert!(
                definition.is_some_and(|d| d.field("kind").is_some()),
                "{}",
                spec.kind
            );
        }
    }

    #[test]
    fn defines_every_structure_it_refers_to() {
        fn check(shape: &Shape, whose: &str) {
            match shape {
                Shape::Object(name) => assert!(definition(name).is_some(), "{name} in {whose}"),
                Shape::List(inner) | Shape::Map(inner) => check(inner, whose),
                Shape::Any | Shape::Scalar(_) => {}
            }
        }
        for definition in definitions() {
            for field in &definition.fields {
                check(&field.shape, definition.name);
            }
        }
    }

    #[test]
    fn has_fields_that_are_named_like_words_of_the_table() {
        for (structure, field) in [
            ("ServiceSpec", "type"),
            ("NodeCondition", "type"),
            ("Secret", "type"),
        ] {
            assert!(
                definition(structure).unwrap().field(field).is_some(),
                "{structure}.{field}"
            );
        }
        assert!(definition("string").is_none());
    }

    #[test]
    fn knows_the_merge_keys_of_containers_and_ports() {
        let pod_spec = definition("PodSpec").unwrap();
        let containers = pod_spec.field("containers").unwrap();
        assert_eq!(containers.rules.merge_key, Some("name"));
        assert_eq!(containers.rules.list_keys, ["name"]);
        let ports = definition("Container").unwrap().field("ports").unwrap();
        assert_eq!(ports.rules.merge_key, Some("containerPort"));
        assert_eq!(ports.rules.list_keys, ["containerPort", "protocol"]);
        assert!(pod_spec.field("volumes").unwrap().rules.retain_keys);
        assert!(definition("LabelSelector").unwrap().atomic);
    }
}
