//! Volumes of pods and pod templates, and claims of stateful sets.

use serde_json::Value;

use super::{common::labels, containers::canonical, page::Page};
use crate::kubectl::json::{at, flag, has, items, members, number, shown, text, text_or};

/// `Volumes:`, each by its type.
pub(super) fn describe(page: &mut Page, volumes: &[Value], space: &str) {
    if volumes.is_empty() {
        page.line(0, format_args!("{space}Volumes:\t<none>"));
        return;
    }
    page.line(0, format_args!("{space}Volumes:"));
    for volume in volumes {
        let indent = if space.is_empty() { "" } else { " " };
        page.line(1, format_args!("{indent}{}:", text(volume, "/name")));
        source(page, volume);
    }
}

/// The lines of a source of storage, whose type is the name of its one field.
pub(super) fn source(page: &mut Page, volume: &Value) {
    let kind = members(volume, "").into_keys().find(|key| *key != "name");
    let Some(kind) = kind else {
        return page.line(1, "<unknown>");
    };
    let source = at(volume, &format!("/{kind}"));
    match kind {
        "hostPath"
        | "emptyDir"
        | "secret"
        | "configMap"
        | "persistentVolumeClaim"
        | "nfs"
        | "image" => simple(page, kind, source),
        "projected" => projected(page, source),
        "downwardAPI" => downward(page, source),
        "csi" => csi(page, source),
        "ephemeral" => ephemeral(page, source),
        other => fields(page, other, source),
    }
}

/// The types whose description is a sentence and a few fields.
fn simple(page: &mut Page, kind: &str, source: &Value) {
    let optional = flag(source, "/optional").to_string();
    let read_only = flag(source, "/readOnly").to_string();
    let field = |pointer: &str| text(source, pointer).to_owned();
    let (sentence, fields) = match kind {
        "hostPath" => (
            "HostPath (bare host directory volume)",
            vec![
                ("Path", field("/path")),
                ("HostPathType", host_path_type(source)),
            ],
        ),
        "emptyDir" => (
            "EmptyDir (a temporary directory that shares a pod's lifetime)",
            vec![
                ("Medium", field("/medium")),
                (
                    "SizeLimit",
                    text_or(source, "/sizeLimit", "<unset>").to_owned(),
                ),
            ],
        ),
        "secret" => (
            "Secret (a volume populated by a Secret)",
            vec![("SecretName", field("/secretName")), ("Optional", optional)],
        ),
        "configMap" => (
            "ConfigMap (a volume populated by a ConfigMap)",
            vec![("Name", field("/name")), ("Optional", optional)],
        ),
        "persistentVolumeClaim" => (
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            vec![("ClaimName", field("/claimName")), ("ReadOnly", read_only)],
        ),
        "nfs" => (
            "NFS (an NFS mount that lasts the lifetime of a pod)",
            vec![
                ("Server", field("/server")),
                ("Path", field("/path")),
                ("ReadOnly", read_only),
            ],
        ),
        _ => (
            "Image (a container image or OCI artifact)",
            vec![
                ("Reference", field("/reference")),
                ("PullPolicy", field("/pullPolicy")),
            ],
        ),
    };
    page.field(2, "Type", sentence);
    for (label, value) in fields {
        page.field(2, label, value);
    }
}

fn host_path_type(source: &Value) -> String {
    if has(source, "/type") {
        text(source, "/type").to_owned()
    } else {
        "<none>".to_owned()
    }
}

fn projected(page: &mut Page, source: &Value) {
    page.field(
        2,
        "Type",
        "Projected (a volume that contains injected data from multiple sources)",
    );
    for part in items(source, "/sources") {
        if has(part, "/secret") {
            page.field(2, "SecretName", text(part, "/secret/name"));
            page.field(2, "Optional", flag(part, "/secret/optional"));
        } else if has(part, "/downwardAPI") {
            page.field(2, "DownwardAPI", "true");
        } else if has(part, "/configMap") {
            page.field(2, "ConfigMapName", text(part, "/configMap/name"));
            page.field(2, "Optional", flag(part, "/configMap/optional"));
        } else if has(part, "/serviceAccountToken") {
            let seconds = number(part, "/serviceAccountToken/expirationSeconds");
            page.field(2, "TokenExpirationSeconds", seconds);
        }
    }
}

fn downward(page: &mut Page, source: &Value) {
    page.field(
        2,
        "Type",
        "DownwardAPI (a volume populated by information about the pod)",
    );
    page.line(2, "Items:");
    for item in items(source, "/items") {
        let from = text_or(
            item,
            "/fieldRef/fieldPath",
            text(item, "/resourceFieldRef/resource"),
        );
        page.line(3, format_args!("{from} -> {}", text(item, "/path")));
    }
}

fn csi(page: &mut Page, source: &Value) {
    page.field(
        2,
        "Type",
        "CSI (a Container Storage Interface (CSI) volume source)",
    );
    page.field(2, "Driver", text(source, "/driver"));
    page.field(2, "FSType", text(source, "/fsType"));
    page.field(2, "ReadOnly", flag(source, "/readOnly"));
    page.put(2, "");
    labels(page, "VolumeAttributes", at(source, "/volumeAttributes"));
}

fn ephemeral(page: &mut Page, source: &Value) {
    page.field(
        2,
        "Type",
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
    );
    let claim = at(source, "/volumeClaimTemplate/spec");
    page.field(2, "StorageClass", text(claim, "/storageClassName"));
    let storage = at(claim, "/resources/requests/storage");
    if !storage.is_null() {
        page.field(2, "Capacity", canonical(storage));
    }
    page.field_if(2, "VolumeMode", text(claim, "/volumeMode"));
}

/// Types that are rare or gone: their name and fields as they stand.
fn fields(page: &mut Page, kind: &str, source: &Value) {
    page.field(2, "Type", kind);
    for (name, value) in members(source, "") {
        page.field(2, name, shown(value));
    }
}

/// `Volume Claims:` of a stateful set.
pub(super) fn claims(page: &mut Page, templates: &[Value]) {
    if templates.is_empty() {
        page.field(0, "Volume Claims", "<none>");
        return;
    }
    page.line(0, "Volume Claims:");
    for claim in templates {
        page.field(1, "Name", text(claim, "/metadata/name"));
        page.field(1, "StorageClass", text(claim, "/spec/storageClassName"));
        labels(page, "  Labels", at(claim, "/metadata/labels"));
        labels(page, "  Annotations", at(claim, "/metadata/annotations"));
        let storage = at(claim, "/spec/resources/requests/storage");
        if storage.is_null() {
            page.field(1, "Capacity", "<default>");
        } else {
            page.field(1, "Capacity", canonical(storage));
        }
        page.field(1, "Access Modes", shown(at(claim, "/spec/accessModes")));
    }
}
