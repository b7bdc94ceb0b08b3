//! `kubectl replace`. Source: `k8s.io/kubectl/pkg/cmd/replace/replace.go`.

use domain::command::CommandOutput;
use serde_json::json;

use super::{
    apply,
    run::{DryRun, Run, blank, fail},
    targets::Target,
};
use crate::kubectl::{
    json::text,
    request::{Failure, Outcome},
};

/// Runs a `replace`; with `--force` objects are deleted and made again.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    if run.line.is_on("force") && run.dry_run != DryRun::No {
        return Err(Failure::message(
            "--dry-run can not be used when --force is set",
        ));
    }
    let mut output = blank();
    for target in run.manifests().await? {
        let replaced = if run.line.is_on("force") {
            again(run, &target, &mut output).await
        } else {
            put(run, &target, &mut output).await
        };
        if let Err(failure) = replaced {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

async fn put(run: &Run<'_>, target: &Target, output: &mut CommandOutput) -> Outcome<()> {
    let mut object = apply::saved(run, &target.object);
    if run.dry_run == DryRun::Client {
        return run.report(output, &object, "replaced");
    }
    // What has no version of its own replaces whatever is there.
    if text(&object, "/metadata/resourceVersion").is_empty()
        && let Some(live) = run.live(target).await?
    {
        object["metadata"]["resourceVersion"] = text(&live, "/metadata/resourceVersion").into();
    }
    let subresource = run.line.value("subresource").unwrap_or_default();
    let replaced = run.replace(target, subresource, &object).await?;
    run.report(output, &replaced, "replaced")
}

async fn again(run: &Run<'_>, target: &Target, output: &mut CommandOutput) -> Outcome<()> {
    if run.live(target).await?.is_some() {
        let options = json!({"kind": "DeleteOptions", "apiVersion": "v1",
            "propagationPolicy": "Background", "gracePeriodSeconds": 0});
        run.delete(target, &options).await?;
        output.stdout.push_str(&format!(
            "{} \"{}\" deleted{}\n",
            target.resource.prefix(),
            target.name,
            run.suffix()
        ));
        while run.live(target).await?.is_some() {
            tokio::time::sleep(super::wait::POLL).await;
        }
    }
    let object = apply::saved(run, &target.object);
    let made = run
        .create(&target.resource, &object, "kubectl-replace")
        .await?;
    run.report(output, &made, "replaced")
}
