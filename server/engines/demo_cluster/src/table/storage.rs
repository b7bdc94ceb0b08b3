//! Volumes, claims on them, and classes of storage.

use serde_json::{Value, json};

use super::{AGE, NAME, age, column, name, or, wide};
use crate::{
    registry::{
        Description::{Field, Text},
        Printer,
    },
    value::{self, items, text, truth},
};

const VOLUME: &str = "PersistentVolumeSpec";
const CLAIM: &str = "PersistentVolumeClaimSpec";

pub(crate) const PERSISTENT_VOLUME: Printer = Printer {
    columns: &[
        NAME,
        column("Capacity", Field(VOLUME, "capacity")),
        column("Access Modes", Field(VOLUME, "accessModes")),
        column(
            "Reclaim Policy",
            Field(VOLUME, "persistentVolumeReclaimPolicy"),
        ),
        column("Status", Field("PersistentVolumeStatus", "phase")),
        column("Claim", Field(VOLUME, "claimRef")),
        column("StorageClass", Text("StorageClass of the pv")),
        column(
            "VolumeAttributesClass",
            Text("VolumeAttributesClass of the pv"),
        ),
        column("Reason", Field("PersistentVolumeStatus", "reason")),
        AGE,
        wide(column("VolumeMode", Field(VOLUME, "volumeMode"))),
    ],
    cells: |volume, now| {
        let claim = volume
            .pointer("/spec/claimRef")
            .map_or_else(String::new, |claim| {
                format!("{}/{}", text(claim, "/namespace"), text(claim, "/name"))
            });
        vec![
            name(volume),
            json!(or(text(volume, "/spec/capacity/storage"), "0")),
            json!(access_modes(volume, "/spec/accessModes")),
            json!(text(volume, "/spec/persistentVolumeReclaimPolicy")),
            json!(phase(volume)),
            json!(claim),
            json!(text(volume, "/spec/storageClassName")),
            json!(or(
                text(volume, "/spec/volumeAttributesClassName"),
                "<unset>"
            )),
            json!(text(volume, "/status/reason")),
            age(volume, now),
            json!(or(text(volume, "/spec/volumeMode"), "<unset>")),
        ]
    },
};

pub(crate) const PERSISTENT_VOLUME_CLAIM: Printer = Printer {
    columns: &[
        NAME,
        column("Status", Field("PersistentVolumeClaimStatus", "phase")),
        column("Volume", Field(CLAIM, "volumeName")),
        column("Capacity", Field("PersistentVolumeClaimStatus", "capacity")),
        column(
            "Access Modes",
            Field("PersistentVolumeClaimStatus", "accessModes"),
        ),
        column("StorageClass", Text("StorageClass of the pvc")),
        column(
            "VolumeAttributesClass",
            Text("VolumeAttributesClass of the pvc"),
        ),
        AGE,
        wide(column("VolumeMode", Field(CLAIM, "volumeMode"))),
    ],
    cells: |claim, now| {
        let volume = text(claim, "/spec/volumeName");
        let bound = |shown: String| {
            if volume.is_empty() {
                String::new()
            } else {
                shown
            }
        };
        vec![
            name(claim),
            json!(phase(claim)),
            json!(volume),
            json!(bound(text(claim, "/status/capacity/storage").to_owned())),
            json!(bound(access_modes(claim, "/status/accessModes"))),
            json!(text(claim, "/spec/storageClassName")),
            json!(or(
                text(claim, "/spec/volumeAttributesClassName"),
                "<unset>"
            )),
            age(claim, now),
            json!(or(text(claim, "/spec/volumeMode"), "<unset>")),
        ]
    },
};

fn phase(object: &Value) -> &str {
    if value::is_terminating(object) {
        "Terminating"
    } else {
        text(object, "/status/phase")
    }
}

fn access_modes(object: &Value, pointer: &str) -> String {
    let given = items(object, pointer);
    let words: Vec<&str> = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .into_iter()
    .filter_map(|(mode, word)| given.iter().any(|found| found == mode).then_some(word))
    .collect();
    words.join(",")
}

pub(crate) const STORAGE_CLASS: Printer = Printer {
    columns: &[
        NAME,
        column("Provisioner", Field("StorageClass", "provisioner")),
        column("ReclaimPolicy", Field("StorageClass", "reclaimPolicy")),
        column(
            "VolumeBindingMode",
            Field("StorageClass", "volumeBindingMode"),
        ),
        column(
            "AllowVolumeExpansion",
            Field("StorageClass", "allowVolumeExpansion"),
        ),
        AGE,
    ],
    cells: |class, now| {
        let is_default = class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"]
            == "true";
        let mark = if is_default { " (default)" } else { "" };
        vec![
            json!(format!("{}{mark}", value::name(class))),
            json!(text(class, "/provisioner")),
            json!(or(text(class, "/reclaimPolicy"), "Delete")),
            json!(or(text(class, "/volumeBindingMode"), "Immediate")),
            json!(truth(class, "/allowVolumeExpansion")),
            age(class, now),
        ]
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;

    #[track_caller]
    fn check(printer: Printer, mut object: Value, expected: Value) {
        object["metadata"]["name"] = json!("x");
        object["metadata"]["creationTimestamp"] = json!("2025-11-23T20:24:56Z");
        assert_eq!(
            json!((printer.cells)(&object, Timestamp(1_763_930_096_000))),
            expected
        );
    }

    #[test]
    fn shows_claims_and_the_volumes_they_are_bound_to() {
        check(
            PERSISTENT_VOLUME_CLAIM,
            json!({"spec": {"volumeName": "pv-1", "storageClassName": "fast", "volumeMode": "Filesystem"},
                "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"]}}),
            json!([
                "x",
                "Bound",
                "pv-1",
                "10Gi",
                "RWO",
                "fast",
                "<unset>",
                "10m",
                "Filesystem"
            ]),
        );
        check(
            PERSISTENT_VOLUME,
            json!({"spec": {"capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce", "ReadOnlyMany"], "persistentVolumeReclaimPolicy": "Delete",
                "claimRef": {"namespace": "data", "name": "db-0"}, "storageClassName": "fast"}, "status": {"phase": "Bound"}}),
            json!([
                "x",
                "10Gi",
                "RWO,ROX",
                "Delete",
                "Bound",
                "data/db-0",
                "fast",
                "<unset>",
                "",
                "10m",
                "<unset>"
            ]),
        );
    }

    #[test]
    fn marks_the_default_class() {
        let mut class = json!({"provisioner": "demo.example/disk", "allowVolumeExpansion": true});
        check(
            STORAGE_CLASS,
            class.clone(),
            json!(["x", "demo.example/disk", "Delete", "Immediate", true, "10m"]),
        );
        class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] =
            json!("true");
        check(
            STORAGE_CLASS,
            class,
            json!([
                "x (default)",
                "demo.example/disk",
                "Delete",
                "Immediate",
                true,
                "10m"
            ]),
        );
    }
}
