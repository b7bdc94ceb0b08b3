//! `kubectl apply`: client-side with the annotation it keeps, and server-side.
//!
//! Source: `k8s.io/kubectl/pkg/cmd/apply/apply.go` and `k8s.io/kubectl/pkg/util/apply.go`.

use domain::command::CommandOutput;
use serde_json::{Value, json};

use super::{
    merge::{Lists, three_way},
    run::{DryRun, JSON_PATCH, MERGE_PATCH, Run, STRATEGIC_PATCH, blank, fail},
    targets::Target,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{at, items, text},
    objects,
    request::{Failure, Outcome},
};

/// Where `kubectl apply` keeps the manifest it last applied.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const MANAGER: &str = "kubectl-client-side-apply";
/// Who fields belong to that are applied on the server.
const OWNER: &str = "kubectl";

/// Who the annotation of client-side applies belongs to once the fields are applied on the server.
const KEEPER: &str = "kubectl-last-applied";

/// The object with nothing but the annotation of earlier client-side applies, for it not to be lost when the rest is
/// handed over; nothing when there is none, or it has been kept already.
fn kept_annotation(target: &Target, applied: &Value) -> Option<Value> {
    let kept = applied
        .pointer("/metadata/annotations")?
        .get(LAST_APPLIED)?;
    let is_kept = items(applied, "/metadata/managedFields")
        .iter()
        .any(|entry| text(entry, "/operation") == "Apply" && owns_annotation(entry));
    if is_kept {
        return None;
    }
    let mut object = json!({"apiVersion": target.resource.api_version(), "kind": target.resource.kind,
        "metadata": {"name": target.name, "annotations": {LAST_APPLIED: kept}}});
    if let Some(namespace) = &target.namespace {
        object["metadata"]["namespace"] = namespace.as_str().into();
    }
    Some(object)
}

/// Whether an entry of the managed fields has the annotation of client-side applies.
fn owns_annotation(entry: &Value) -> bool {
    at(entry, "/fieldsV1/f:metadata/f:annotations")
        .get(format!("f:{LAST_APPLIED}"))
        .is_some()
}

/// The patch that hands the fields of earlier client-side applies over, so that what a manifest no longer has goes
/// away; nothing when there are none.
///
/// Source: `k8s.io/client-go/util/csaupgrade`.
fn migration(object: &Value) -> Option<Value> {
    let managers = items(object, "/metadata/managedFields");
    let names: Vec<&str> = managers
        .iter()
        .filter(|entry| text(entry, "/operation") == "Update" && owns_annotation(entry))
        .map(|entry| text(entry, "/manager"))
        .collect();
    let is_earlier = |entry: &&Value| {
        names.contains(&text(entry, "/manager"))
            && text(entry, "/operation") == "Update"
            && text(entry, "/subresource").is_empty()
    };
    let earlier: Vec<&Value> = managers.iter().filter(is_earlier).collect();
    if earlier.is_empty() {
        return None;
    }
    let mut kept: Vec<Value> = managers
        .iter()
        .filter(|entry| !is_earlier(entry))
        .cloned()
        .collect();
    let owner = kept
        .iter_mut()
        .find(|entry| text(entry, "/manager") == OWNER && text(entry, "/operation") == "Apply")?;
    for entry in earlier {
        unite(&mut owner["fieldsV1"], at(entry, "/fieldsV1"));
    }
    // The test on the version keeps what somebody else changed in between.
    Some(json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": kept},
        {"op": "replace", "path": "/metadata/resourceVersion",
            "value": text(object, "/metadata/resourceVersion")},
    ]))
}

/// Adds the fields of one set to another.
fn unite(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().into_iter().flatten() {
        match into.get_mut(key) {
            Some(known) => unite(known, value),
            None => into[key] = value.clone(),
        }
    }
}

/// Runs an `apply`.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    if run.line.is_on("server-side") && run.dry_run == DryRun::Client {
        return Err(Failure::message(
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        ));
    }
    let mut output = blank();
    for target in run.manifests().await? {
        let applied = if run.line.is_on("server-side") {
            server_side(run, &target, &mut output).await
        } else {
            client_side(run, &target, &mut output).await
        };
        if let Err(failure) = applied {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

async fn server_side(run: &Run<'_>, target: &Target, output: &mut CommandOutput) -> Outcome<()> {
    let force = run.line.is_on("force-conflicts");
    let mut applied = run.apply(target, &target.object, force, OWNER).await?;
    if run.dry_run != DryRun::No {
        return run.report(output, &applied, "serverside-applied");
    }
    if let Some(annotation) = kept_annotation(target, &applied) {
        applied = run.apply(target, &annotation, force, KEEPER).await?;
    }
    if let Some(patch) = migration(&applied) {
        run.patch(target, "", JSON_PATCH, &patch, OWNER).await?;
        applied = run.apply(target, &target.object, force, OWNER).await?;
    }
    run.report(output, &applied, "serverside-applied")
}

async fn client_side(run: &Run<'_>, target: &Target, output: &mut CommandOutput) -> Outcome<()> {
    let Some(current) = run.live(target).await? else {
        let modified = annotated(&target.object);
        let created = match run.dry_run {
            DryRun::Client => modified,
            DryRun::No | DryRun::Server => run.create(&target.resource, &modified, MANAGER).await?,
        };
        return run.report(output, &created, "created");
    };
    if last_applied(&current).is_none() {
        output.stderr.push_str(&format!(
            "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl \
             apply. kubectl apply should only be used on resources created declaratively by either kubectl create \
             --save-config or kubectl apply. The missing annotation will be patched automatically.\n",
            target.resource.plural, target.name
        ));
    }
    if run.dry_run == DryRun::Client {
        return run.report(output, &current, "configured");
    }
    let (content_type, patch) = patch(target, &annotated(&target.object), &current);
    let is_empty = patch.as_object().is_none_or(serde_json::Map::is_empty);
    if is_empty {
        return run.report(output, &current, "unchanged");
    }
    let applied = run.patch(target, "", content_type, &patch, MANAGER).await?;
    run.report(output, &applied, "configured")
}

/// The patch that brings an object of the cluster to `modified`, which is its manifest or that with the annotation.
pub(super) fn patch(target: &Target, modified: &Value, current: &Value) -> (&'static str, Value) {
    let original = last_applied(current).unwrap_or(Value::Null);
    let (content_type, lists) = if is_built_in(&target.resource) {
        (STRATEGIC_PATCH, Lists::ByKey)
    } else {
        (MERGE_PATCH, Lists::Whole)
    };
    (content_type, three_way(&original, modified, current, lists))
}

fn last_applied(object: &Value) -> Option<Value> {
    let kept = object.pointer("/metadata/annotations")?.get(LAST_APPLIED)?;
    serde_json::from_str(kept.as_str()?).ok()
}

/// The object with itself in the annotation, as the next `apply` wants to find it.
pub(super) fn annotated(object: &Value) -> Value {
    let mut bare = object.clone();
    let annotations = &mut bare["metadata"]["annotations"];
    if let Some(map) = annotations.as_object_mut() {
        map.remove(LAST_APPLIED);
    } else {
        *annotations = Value::Object(serde_json::Map::new());
    }
    let kept = objects::compact(&bare) + "\n";
    let mut annotated = bare;
    annotated["metadata"]["annotations"][LAST_APPLIED] = kept.into();
    annotated
}

/// Whether kubectl knows the type, and with it the keys its lists are merged by.
fn is_built_in(resource: &ApiResource) -> bool {
    let group = resource.group.as_str();
    matches!(group, "" | "apps" | "batch" | "autoscaling" | "policy")
        || (group.ends_with(".k8s.io")
            && !matches!(group, "metrics.k8s.io" | "apiextensions.k8s.io"))
}

/// The object with the annotation when `--save-config` asks for it.
pub(super) fn saved(run: &Run<'_>, object: &Value) -> Value {
    if run.line.is_on("save-config") {
        return annotated(object);
    }
    let kept = text(
        object,
        "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
    );
    if kept.is_empty() {
        object.clone()
    } else {
        annotated(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_client_side_applies_are_handed_over() {
        let object = json!({"metadata": {"resourceVersion": "7", "managedFields": [
            {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:data": {"f:a": {}}}},
            {"manager": MANAGER, "operation": "Update", "fieldsV1": {"f:data": {"f:b": {}},
                "f:metadata": {"f:annotations": {format!("f:{LAST_APPLIED}"): {}}}}},
            {"manager": "other", "operation": "Update", "fieldsV1": {"f:data": {"f:c": {}}}}]}});
        let patch = migration(&object).unwrap();
        let kept = &patch[0]["value"];
        assert_eq!(kept.as_array().unwrap().len(), 2);
        assert_eq!(kept[0]["fieldsV1"]["f:data"], json!({"f:a": {}, "f:b": {}}));
        assert_eq!(migration(&json!({"metadata": {"managedFields": []}})), None);
    }

    #[test]
    fn the_annotation_is_the_manifest_without_itself() {
        let object = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}});
        let once = annotated(&object);
        let kept = &once["metadata"]["annotations"][LAST_APPLIED];
        assert_eq!(
            kept,
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"name\":\"a\"}}\n"
        );
        assert_eq!(annotated(&once), once);
        assert_eq!(last_applied(&once).unwrap()["metadata"]["name"], "a");
    }
}
