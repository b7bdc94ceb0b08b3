//! `kubectl patch` in its three forms. Source: `k8s.io/kubectl/pkg/cmd/patch/patch.go`.

use domain::command::CommandOutput;
use serde_json::Value;

use super::run::{DryRun, JSON_PATCH, MERGE_PATCH, Run, STRATEGIC_PATCH, fail};
use crate::kubectl::{
    json::text,
    request::{Failure, Outcome},
};

/// Runs a `patch`.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    let content_type = match run.line.value("type") {
        None | Some("strategic") => STRATEGIC_PATCH,
        Some("merge") => MERGE_PATCH,
        Some("json") => JSON_PATCH,
        Some(other) => {
            return Err(Failure::message(format!(
                "--type must be one of [json merge strategic], not \"{other}\""
            )));
        }
    };
    let patch = body(run)?;
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    let subresource = run.line.value("subresource").unwrap_or_default();
    for target in &found.targets {
        if run.dry_run == DryRun::Client {
            let patched = locally(&target.object, content_type, &patch)?;
            run.report_as(&mut output, &patched, operation(&target.object, &patched))?;
            continue;
        }
        let manager = "kubectl-patch";
        match run
            .patch(target, subresource, content_type, &patch, manager)
            .await
        {
            Ok(patched) => {
                let done = operation(&target.object, &patched);
                run.report_as(&mut output, &patched, done)?;
            }
            Err(failure) => fail(&mut output, failure)?,
        }
    }
    Ok(output)
}

fn body(run: &Run<'_>) -> Outcome<Value> {
    let text = match (run.line.value("patch"), run.line.value("patch-file")) {
        (Some(text), None) => text.to_owned(),
        (None, Some(path)) => {
            let bytes = run.files.get(path).ok_or_else(|| {
                Failure::message(format!(
                    "unable to read patch file: open {path}: no such file or directory"
                ))
            })?;
            String::from_utf8_lossy(bytes).into_owned()
        }
        (Some(_), Some(_)) => {
            return Err(Failure::message(
                "cannot specify --patch and --patch-file together",
            ));
        }
        (None, None) => {
            return Err(Failure::message(
                "must specify --patch or --patch-file containing the contents of the patch",
            ));
        }
    };
    serde_yaml_ng::from_str(&text)
        .map_err(|error| Failure::message(format!("unable to parse \"{text}\": yaml: {error}")))
}

/// What a patch makes of an object, without the server. A strategic one is merged as a plain one, which it is for
/// everything but lists.
fn locally(object: &Value, content_type: &str, patch: &Value) -> Outcome<Value> {
    let mut patched = object.clone();
    if content_type == JSON_PATCH {
        let operations: json_patch::Patch = serde_json::from_value(patch.clone())
            .map_err(|error| Failure::message(format!("unable to parse the patch: {error}")))?;
        json_patch::patch(&mut patched, &operations)
            .map_err(|error| Failure::message(error.to_string()))?;
    } else {
        json_patch::merge(&mut patched, patch);
    }
    Ok(patched)
}

/// `patched`, or `patched (no change)` when the object is as it was.
fn operation(before: &Value, after: &Value) -> &'static str {
    let version = |object| text(object, "/metadata/resourceVersion").to_owned();
    let same = if version(before) == version(after) {
        without_managers(before) == without_managers(after)
    } else {
        false
    };
    if same {
        "patched (no change)"
    } else {
        "patched"
    }
}

fn without_managers(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    object
}
