//! The rows of the table of kinds, one file per API group.

mod apps;
mod apps_defaults;
mod apps_rules;
mod autoscaling;
mod autoscaling_v1;
mod batch;
mod core;
mod core_rules;
pub(crate) mod cron;
mod discovery;
mod events;
mod extensions;
mod networking;
mod other;
mod pod_spec;
mod policy;
mod rbac;
mod storage;
pub(crate) mod zone;

pub(crate) use apps::*;
pub(crate) use apps_defaults::{count_template, pod_template, template_generation};
pub(crate) use autoscaling::*;
pub(crate) use autoscaling_v1::*;
pub(crate) use batch::*;
pub(crate) use core::*;
pub(crate) use discovery::*;
pub(crate) use events::*;
pub(crate) use extensions::*;
pub(crate) use networking::*;
pub(crate) use other::*;
pub(crate) use pod_spec::quality_of_service;
pub(crate) use policy::*;
pub(crate) use rbac::*;
pub(crate) use storage::*;

use serde_json::Value;

use crate::{
    registry::{KindSpec, NameRule, Rules, Selectable},
    status::Cause,
    table,
};

/// What every stored kind serves.
const ALL_VERBS: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// No defaults, no rules beyond those of metadata and schema.
const NO_RULES: Rules = Rules {
    name: NameRule::Subdomain,
    defaults: nothing,
    begin: nothing,
    validate: no_rules,
    validate_update: no_update_rules,
};

/// A stored, namespaced kind of the core group to start a row from.
pub(crate) const BASE: KindSpec = KindSpec {
    group: "",
    version: "v1",
    kind: "",
    plural: "",
    singular: "",
    short_names: &[],
    categories: &[],
    namespaced: true,
    verbs: ALL_VERBS,
    subresources: &[],
    has_generation: false,
    stored: true,
    definition: "",
    selectable: &[],
    rules: NO_RULES,
    printer: table::NAME_AND_AGE,
    custom: None,
    view: None,
};

const fn selectable(field: &'static str, pointer: &'static str) -> Selectable {
    Selectable {
        field,
        pointer,
        absent: "",
    }
}

fn nothing(_: &mut Value) {}

fn no_rules(_: &Value) -> Vec<Cause> {
    Vec::new()
}

fn no_update_rules(_: &Value, _: &Value) -> Vec<Cause> {
    Vec::new()
}
