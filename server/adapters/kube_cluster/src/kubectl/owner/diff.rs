//! `kubectl diff`: what `apply` would change, as a unified diff of YAML.
//!
//! kubectl hands two folders to a program; here the diff is made in memory, and its heads name the folders' kinds.
//! Source: `k8s.io/kubectl/pkg/cmd/diff/diff.go`.

use domain::command::CommandOutput;
use serde_json::Value;
use similar::TextDiff;

use super::{
    apply,
    run::{Run, blank, fail},
    targets::Target,
};
use crate::kubectl::{objects, request::Outcome, yaml};

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// Runs a `diff`: exit code 1 when there are differences, 2 when it could not be found out.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    let mut output = blank();
    let mut differs = false;
    for target in run.manifests().await? {
        match of_object(run, &target).await {
            Ok(text) => {
                differs |= !text.is_empty();
                output.stdout.push_str(&text);
            }
            Err(failure) => fail(&mut output, failure)?,
        }
    }
    if output.exit_code == 0 {
        output.exit_code = i32::from(differs);
    }
    Ok(output)
}

async fn of_object(run: &Run<'_>, target: &Target) -> Outcome<String> {
    let live = run.live(target).await?;
    let merged = match &live {
        _ if run.line.is_on("server-side") => {
            let force = run.line.is_on("force-conflicts");
            run.try_apply(target, force).await?
        }
        Some(live) => {
            let (content_type, patch) = apply::patch(target, &bare(&target.object), live);
            run.try_patch(target, content_type, &patch).await?
        }
        None => run.try_create(&target.resource, &target.object).await?,
    };
    let before = live.map_or_else(String::new, |live| document(run, &live));
    let after = document(run, &merged);
    if before == after {
        return Ok(String::new());
    }
    let file = file_name(target);
    let hunks = TextDiff::from_lines(&before, &after)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&format!("LIVE/{file}"), &format!("MERGED/{file}"))
        .to_string();
    Ok(format!("diff -u -N LIVE/{file} MERGED/{file}\n{hunks}"))
}

/// The object as its manifest has it: the annotation of `apply` is not part of a difference.
fn bare(object: &Value) -> Value {
    let mut bare = object.clone();
    let annotations = &mut bare["metadata"]["annotations"];
    match annotations.as_object_mut() {
        Some(kept) => {
            kept.remove(apply::LAST_APPLIED);
        }
        // An `apply` writes an empty map down, whose absence would look like a change.
        None => *annotations = Value::Object(serde_json::Map::new()),
    }
    bare
}

fn document(run: &Run<'_>, object: &Value) -> String {
    let mut object = object.clone();
    let keeps = run.line.is_on("show-managed-fields");
    objects::prepare(&mut object, run.session.audience, keeps);
    yaml::document(&object)
}

/// `apps.v1.Deployment.shop.web`.
fn file_name(target: &Target) -> String {
    let resource = &target.resource;
    let parts = [
        resource.group.as_str(),
        &resource.version,
        &resource.kind,
        target.namespace.as_deref().unwrap_or_default(),
        &target.name,
    ];
    let [group, rest @ ..] = parts;
    let tail = rest.join(".");
    if group.is_empty() {
        tail
    } else {
        format!("{group}.{tail}")
    }
}
