//! Volumes: persistent volumes, claims on them, and the classes of `storage.k8s.io/v1`.
//!
//! Follows `pkg/apis/core/v1/defaults.go`, `pkg/apis/storage/v1/defaults.go` and the validation beside them.

use serde_json::{Value, json};

use super::{BASE, NO_RULES};
use crate::{
    registry::{KindSpec, Rules, Subresource::Status},
    status::Cause,
    table,
    value::{self, items, set_default, text},
};

pub(crate) const PERSISTENT_VOLUME: KindSpec = KindSpec {
    kind: "PersistentVolume",
    plural: "persistentvolumes",
    singular: "persistentvolume",
    short_names: &["pv"],
    namespaced: false,
    subresources: &[Status],
    definition: "PersistentVolume",
    rules: Rules {
        defaults: volume_defaults,
        begin: |volume| set_default(volume, &["status"], json!({"phase": "Pending"})),
        validate: volume_rules,
        validate_update: source_is_immutable,
        ..NO_RULES
    },
    printer: table::PERSISTENT_VOLUME,
    ..BASE
};

pub(crate) const PERSISTENT_VOLUME_CLAIM: KindSpec = KindSpec {
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short_names: &["pvc"],
    subresources: &[Status],
    definition: "PersistentVolumeClaim",
    rules: Rules {
        defaults: |claim| set_default(claim, &["spec", "volumeMode"], "Filesystem"),
        begin: |claim| set_default(claim, &["status"], json!({"phase": "Pending"})),
        validate: claim_rules,
        validate_update: claim_update_rules,
        ..NO_RULES
    },
    printer: table::PERSISTENT_VOLUME_CLAIM,
    ..BASE
};

pub(crate) const STORAGE_CLASS: KindSpec = KindSpec {
    group: "storage.k8s.io",
    kind: "StorageClass",
    plural: "storageclasses",
    singular: "storageclass",
    short_names: &["sc"],
    namespaced: false,
    definition: "StorageClass",
    rules: Rules {
        defaults: class_defaults,
        validate: class_rules,
        validate_update: class_update_rules,
        ..NO_RULES
    },
    printer: table::STORAGE_CLASS,
    ..BASE
};

const MODES: [&str; 4] = [
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];

/// Fields of a volume's spec that do not say where its bytes are.
const NOT_SOURCES: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

fn volume_defaults(volume: &mut Value) {
    set_default(volume, &["spec", "persistentVolumeReclaimPolicy"], "Retain");
    set_default(volume, &["spec", "volumeMode"], "Filesystem");
    if volume.pointer("/spec/hostPath").is_some() {
        set_default(volume, &["spec", "hostPath", "type"], "");
    }
}

fn mode_rules(spec: &Value, detail: &str) -> Vec<Cause> {
    let modes = items(spec, "/accessModes");
    if modes.is_empty() {
        return vec![Cause::required("spec.accessModes", detail)];
    }
    let unknown = modes
        .iter()
        .filter_map(Value::as_str)
        .filter(|mode| !MODES.contains(mode));
    unknown
        .map(|mode| Cause::not_supported("spec.accessModes", mode, &MODES))
        .collect()
}

fn sources(spec: &Value) -> Vec<&str> {
    let fields = spec.as_object().into_iter().flat_map(serde_json::Map::keys);
    fields
        .map(String::as_str)
        .filter(|field| !NOT_SOURCES.contains(field))
        .collect()
}

fn volume_rules(volume: &Value) -> Vec<Cause> {
    let spec = &volume["spec"];
    let mut causes = mode_rules(spec, "");
    if value::map(spec, "/capacity").is_none_or(serde_json::Map::is_empty) {
        causes.push(Cause::required("spec.capacity", ""));
    }
    let policies = ["Delete", "Recycle", "Retain"];
    let policy = text(spec, "/persistentVolumeReclaimPolicy");
    if !policies.contains(&policy) {
        let field = "spec.persistentVolumeReclaimPolicy";
        causes.push(Cause::not_supported(field, policy, &policies));
    }
    match sources(spec).as_slice() {
        [] => causes.push(Cause::required("spec", "must specify a volume type")),
        [_] => {}
        [_, more @ ..] => causes.extend(more.iter().map(|source| {
            let detail = "may not specify more than 1 volume type";
            Cause::forbidden(format!("spec.{source}"), detail)
        })),
    }
    causes
}

fn source_is_immutable(new: &Value, old: &Value) -> Vec<Cause> {
    let source = |volume: &Value| -> Vec<Value> {
        let spec = &volume["spec"];
        sources(spec)
            .into_iter()
            .map(|name| json!({name: spec[name]}))
            .collect()
    };
    if source(new) == source(old) {
        return Vec::new();
    }
    let detail = "spec.persistentvolumesource is immutable after creation";
    vec![Cause::forbidden("spec.persistentvolumesource", detail)]
}

fn claim_rules(claim: &Value) -> Vec<Cause> {
    let mut causes = mode_rules(&claim["spec"], "at least 1 access mode is required");
    if claim.pointer("/spec/resources/requests/storage").is_none() {
        causes.push(Cause::required("spec.resources[storage]", ""));
    }
    causes
}

/// A claim may ask for more room once it is bound; the binder names its volume; nothing else changes.
fn claim_update_rules(new: &Value, old: &Value) -> Vec<Cause> {
    let fixed = |claim: &Value| {
        let mut spec = claim["spec"].clone();
        value::remove(&mut spec, &["resources"]);
        value::remove(&mut spec, &["volumeAttributesClassName"]);
        if text(old, "/spec/volumeName").is_empty() {
            value::remove(&mut spec, &["volumeName"]);
        }
        if old.pointer("/spec/storageClassName").is_none() {
            value::remove(&mut spec, &["storageClassName"]);
        }
        spec
    };
    if fixed(new) == fixed(old) {
        return Vec::new();
    }
    let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    vec![Cause::forbidden("spec", detail)]
}

fn class_defaults(class: &mut Value) {
    set_default(class, &["reclaimPolicy"], "Delete");
    set_default(class, &["volumeBindingMode"], "Immediate");
}

fn class_rules(class: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let provisioner = text(class, "/provisioner");
    if provisioner.is_empty() {
        causes.push(Cause::required("provisioner", "provisioner"));
    }
    for (field, supported) in [
        ("reclaimPolicy", ["Delete", "Retain"]),
        ("volumeBindingMode", ["Immediate", "WaitForFirstConsumer"]),
    ] {
        let given = text(class, &format!("/{field}"));
        if !supported.contains(&given) {
            causes.push(Cause::not_supported(field, given, &supported));
        }
    }
    causes
}

fn class_update_rules(new: &Value, old: &Value) -> Vec<Cause> {
    let mut causes: Vec<Cause> = ["parameters", "provisioner", "reclaimPolicy"]
        .into_iter()
        .filter(|field| new.get(field) != old.get(field))
        .map(|field| Cause::forbidden(field, &format!("updates to {field} are forbidden.")))
        .collect();
    if new["volumeBindingMode"] != old["volumeBindingMode"] {
        let shown = &new["volumeBindingMode"];
        causes.push(Cause::invalid(
            "volumeBindingMode",
            shown,
            "field is immutable",
        ));
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(causes: Vec<Cause>) -> Vec<String> {
        causes.into_iter().map(|cause| cause.field).collect()
    }

    #[test]
    fn wants_a_volume_to_say_where_its_bytes_are() {
        let mut volume = json!({"spec": {"accessModes": ["ReadWriteOnce", "Write"]}});
        volume_defaults(&mut volume);
        assert_eq!(
            fields(volume_rules(&volume)),
            ["spec.accessModes", "spec.capacity", "spec"]
        );
        volume["spec"] = json!({"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"}});
        volume_defaults(&mut volume);
        assert_eq!(volume_rules(&volume), []);
        let mut moved = volume.clone();
        moved["spec"]["hostPath"]["path"] = json!("/y");
        assert_eq!(
            fields(source_is_immutable(&moved, &volume)),
            ["spec.persistentvolumesource"]
        );
    }

    #[test]
    fn lets_a_claim_grow_and_be_bound_and_nothing_else() {
        let claim = json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
        assert_eq!(claim_rules(&claim), []);
        assert_eq!(
            fields(claim_rules(&json!({}))),
            ["spec.accessModes", "spec.resources[storage]"]
        );
        let mut bound = claim.clone();
        bound["spec"]["volumeName"] = json!("pv-1");
        bound["spec"]["resources"]["requests"]["storage"] = json!("2Gi");
        assert_eq!(claim_update_rules(&bound, &claim), []);
        let mut moved = bound.clone();
        moved["spec"]["volumeName"] = json!("pv-2");
        assert_eq!(fields(claim_update_rules(&moved, &bound)), ["spec"]);
    }

    #[test]
    fn keeps_a_class_as_it_is() {
        let mut class = json!({"provisioner": "demo.example/disk"});
        class_defaults(&mut class);
        assert_eq!(class_rules(&class), []);
        let mut other = class.clone();
        other["reclaimPolicy"] = json!("Retain");
        other["volumeBindingMode"] = json!("WaitForFirstConsumer");
        assert_eq!(
            fields(class_update_rules(&other, &class)),
            ["reclaimPolicy", "volumeBindingMode"]
        );
        assert_eq!(
            fields(class_rules(
                &json!({"reclaimPolicy": "Recycle", "volumeBindingMode": "Immediate"})
            )),
            ["provisioner", "reclaimPolicy"]
        );
    }
}
