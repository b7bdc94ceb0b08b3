//! Persistent volumes, claims to them, and storage classes.

use serde_json::Value;

use super::{
    common::{event_table, events_about, heading, joined_labels, labels_and_annotations, truth},
    containers::canonical,
    page::Page,
    volumes,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{at, has, items, members, name, namespace, pairs, shown, text, texts},
    request::{Outcome, Selectors, Session},
    when,
};

/// The fields of a volume's specification that are not its source.
const NOT_A_SOURCE: [&str; 9] = [
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

pub(super) async fn volume(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    page.field(0, "Name", name(object));
    labels_and_annotations(&mut page, object);
    finalizers(&mut page, object);
    page.field(0, "StorageClass", text(object, "/spec/storageClassName"));
    page.field(0, "Status", status(session, object));
    let claim = at(object, "/spec/claimRef");
    page.field(
        0,
        "Claim",
        if claim.is_null() {
            String::new()
        } else {
            format!("{}/{}", text(claim, "/namespace"), text(claim, "/name"))
        },
    );
    let policy = text(object, "/spec/persistentVolumeReclaimPolicy");
    page.field(0, "Reclaim Policy", policy);
    page.field(
        0,
        "Access Modes",
        access_modes(at(object, "/spec/accessModes")),
    );
    page.field_if(0, "VolumeMode", text(object, "/spec/volumeMode"));
    page.field(0, "Capacity", amount(at(object, "/spec/capacity/storage")));
    node_affinity(&mut page, object);
    page.field(0, "Message", text(object, "/status/message"));
    page.line(0, "Source:");
    let mut source = at(object, "/spec").clone();
    if let Some(fields) = source.as_object_mut() {
        fields.retain(|key, _| !NOT_A_SOURCE.contains(&key.as_str()));
    }
    volumes::source(&mut page, &source);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

fn finalizers(page: &mut Page, object: &Value) {
    let all = texts(object, "/metadata/finalizers").join(" ");
    page.field(0, "Finalizers", format_args!("[{all}]"));
}

fn status(session: &Session<'_>, object: &Value) -> String {
    match text(object, "/metadata/deletionTimestamp") {
        "" => text(object, "/status/phase").to_owned(),
        since => format!("Terminating (lasts {})", when::age(session.now, since)),
    }
}

fn amount(value: &Value) -> String {
    if value.is_null() {
        "0".to_owned()
    } else {
        canonical(value)
    }
}

/// `RWO,ROX`, in kubectl's order.
fn access_modes(modes: &Value) -> String {
    let given = texts(modes, "");
    let short: Vec<&str> = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .into_iter()
    .filter(|(mode, _)| given.contains(mode))
    .map(|(_, short)| short)
    .collect();
    short.join(",")
}

fn node_affinity(page: &mut Page, object: &Value) {
    let required = at(object, "/spec/nodeAffinity/required");
    if required.is_null() {
        return page.field(0, "Node Affinity", "<none>");
    }
    page.line(0, "Node Affinity:\t");
    let terms = items(required, "/nodeSelectorTerms");
    if terms.is_empty() {
        return page.line(1, "Required Terms:\t<none>");
    }
    page.line(1, "Required Terms:\t");
    for (index, term) in terms.iter().enumerate() {
        let expressions: Vec<String> = items(term, "/matchExpressions")
            .iter()
            .map(|expression| {
                let operator = text(expression, "/operator").to_lowercase();
                let values = texts(expression, "/values");
                let list = if values.is_empty() {
                    String::new()
                } else {
                    format!(" [{}]", values.join(", "))
                };
                format!("{} {operator}{list}", text(expression, "/key"))
            })
            .collect();
        let first = expressions.first().map_or("<none>", String::as_str);
        page.line(2, format_args!("Term {index}:\t{first}"));
        for expression in expressions.iter().skip(1) {
            page.line(2, format_args!("\t{expression}"));
        }
    }
}

pub(super) async fn claim(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let used_by = users(session, object).await?;
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    page.field(0, "StorageClass", text(object, "/spec/storageClassName"));
    page.field(0, "Status", status(session, object));
    let volume = text(object, "/spec/volumeName");
    page.field(0, "Volume", volume);
    labels_and_annotations(&mut page, object);
    finalizers(&mut page, object);
    let is_bound = !volume.is_empty();
    let capacity = if is_bound {
        amount(at(object, "/status/capacity/storage"))
    } else {
        String::new()
    };
    let modes = if is_bound {
        access_modes(at(object, "/status/accessModes"))
    } else {
        String::new()
    };
    page.field(0, "Capacity", capacity);
    page.field(0, "Access Modes", modes);
    page.field_if(0, "VolumeMode", text(object, "/spec/volumeMode"));
    let source = at(object, "/spec/dataSource");
    if !source.is_null() {
        page.line(0, "DataSource:");
        page.field_if(1, "APIGroup", text(source, "/apiGroup"));
        page.field(1, "Kind", text(source, "/kind"));
        page.field(1, "Name", text(source, "/name"));
    }
    page.column("Used By", &used_by);
    conditions(&mut page, object);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

/// The pods that mount a claim, by name.
async fn users(session: &Session<'_>, claim: &Value) -> Outcome<Vec<String>> {
    let pods = ApiResource::known("", "v1", "pods", "Pod");
    let listed = session
        .list(&pods, Some(namespace(claim)), Selectors::default())
        .await?;
    let mounts = |pod: &&Value| {
        items(pod, "/spec/volumes").iter().any(|volume| {
            let is_ephemeral = has(volume, "/ephemeral")
                && format!("{}-{}", name(pod), text(volume, "/name")) == name(claim);
            is_ephemeral || text(volume, "/persistentVolumeClaim/claimName") == name(claim)
        })
    };
    let mut names: Vec<String> = listed
        .iter()
        .filter(mounts)
        .map(|pod| name(pod).to_owned())
        .collect();
    names.sort_unstable();
    Ok(names)
}

fn conditions(page: &mut Page, object: &Value) {
    let conditions = items(object, "/status/conditions");
    if conditions.is_empty() {
        return;
    }
    page.line(0, "Conditions:");
    page.line(
        1,
        "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage",
    );
    page.line(
        1,
        "----\t------\t-----------------\t------------------\t------\t-------",
    );
    for condition in conditions {
        page.line(
            1,
            format_args!(
                "{} \t{} \t{} \t{} \t{} \t{}",
                text(condition, "/type"),
                text(condition, "/status"),
                when::rfc1123(text(condition, "/lastProbeTime")),
                when::rfc1123(text(condition, "/lastTransitionTime")),
                text(condition, "/reason"),
                text(condition, "/message")
            ),
        );
    }
}

pub(super) async fn class(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    page.field(0, "Name", name(object));
    let annotations = pairs(object, "/metadata/annotations");
    let is_default = [
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ]
    .iter()
    .any(|key| annotations.get(key) == Some(&"true"));
    page.field(0, "IsDefaultClass", if is_default { "Yes" } else { "No" });
    page.field(
        0,
        "Annotations",
        joined_labels(at(object, "/metadata/annotations")),
    );
    page.field(0, "Provisioner", text(object, "/provisioner"));
    page.field(0, "Parameters", joined_labels(at(object, "/parameters")));
    let expands = at(object, "/allowVolumeExpansion").as_bool();
    page.field(0, "AllowVolumeExpansion", expands.map_or("<unset>", truth));
    let options = texts(object, "/mountOptions");
    if options.is_empty() {
        page.field(0, "MountOptions", "<none>");
    } else {
        page.line(0, "MountOptions:");
        for option in options {
            page.line(1, option);
        }
    }
    page.field_if(0, "ReclaimPolicy", text(object, "/reclaimPolicy"));
    page.field_if(0, "VolumeBindingMode", text(object, "/volumeBindingMode"));
    for topology in items(object, "/allowedTopologies") {
        for (key, value) in members(topology, "") {
            page.field(1, key, shown(value));
        }
    }
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn access_modes_are_abbreviated_in_kubectls_order() {
        let modes = json!(["ReadWriteMany", "ReadWriteOnce"]);
        assert_eq!(access_modes(&modes), "RWO,RWX");
    }
}
