//! `kubectl delete`. Source: `k8s.io/kubectl/pkg/cmd/delete/delete.go`.

use std::time::Duration;

use domain::command::CommandOutput;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    run::{DryRun, Run, fail},
    targets::Target,
    wait::{POLL, duration},
};
use crate::kubectl::{
    json::text,
    request::{Failure, Outcome},
};

/// How long a finalizer is waited for when nothing else is said: kubectl's "as long as it takes", within reason.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs a `delete`.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    if run.dry_run != DryRun::No && run.line.value("raw").is_some() {
        return Err(Failure::message(
            "--dry-run and --raw are not used together",
        ));
    }
    let options = options(run)?;
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    if found.targets.is_empty() && output.exit_code == 0 && !run.line.is_on("ignore-not-found") {
        output.stdout.push_str("No resources found\n");
        return Ok(output);
    }
    warn(run, &found.targets, &mut output);
    let mut gone = Vec::new();
    for target in &found.targets {
        let deleted = match run.dry_run {
            DryRun::Client => Ok(Value::Null),
            DryRun::No | DryRun::Server => run.delete(target, &options).await,
        };
        match deleted {
            Ok(_) => {
                output.stdout.push_str(&line(run, target));
                gone.push(target);
            }
            Err(failure) if failure.is_not_found() && run.line.is_on("ignore-not-found") => {}
            Err(failure) => fail(&mut output, failure)?,
        }
    }
    let waits = run.line.value("wait").is_none() || run.line.is_on("wait");
    if run.dry_run == DryRun::No && waits && !run.line.is_on("force") {
        await_end(run, &gone).await?;
    }
    Ok(output)
}

fn options(run: &Run<'_>) -> Outcome<Value> {
    let policy = match run.line.value("cascade") {
        None | Some("true" | "background") => "Background",
        Some("foreground") => "Foreground",
        Some("false" | "orphan") => "Orphan",
        Some(other) => {
            return Err(Failure::message(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            )));
        }
    };
    let mut options =
        json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy});
    let period = match run.line.value("grace-period") {
        Some(text) => Some(text.parse::<i64>().map_err(|_| {
            Failure::message(format!(
                "invalid argument \"{text}\" for \"--grace-period\" flag"
            ))
        })?),
        None if run.line.is_on("now") => Some(1),
        None if run.line.is_on("force") => Some(0),
        None => None,
    };
    if let Some(seconds) = period.filter(|&seconds| seconds >= 0) {
        options["gracePeriodSeconds"] = seconds.into();
    }
    Ok(options)
}

fn warn(run: &Run<'_>, targets: &[Target], output: &mut CommandOutput) {
    let mut warnings = String::new();
    if run.line.is_on("force") {
        warnings.push_str(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
             terminated. The resource may continue to run on the cluster indefinitely.\n",
        );
    }
    if run.names_namespace() && targets.iter().any(|target| !target.resource.namespaced) {
        warnings.push_str(
            "Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n",
        );
    }
    output.stderr.insert_str(0, &warnings);
}

/// `deployment.apps "web" deleted`.
fn line(run: &Run<'_>, target: &Target) -> String {
    if run.line.value("output") == Some("name") {
        return format!("{}\n", target.shown());
    }
    let forced = if run.line.is_on("force") {
        "force "
    } else {
        ""
    };
    format!(
        "{} \"{}\" {forced}deleted{}\n",
        target.resource.prefix(),
        target.name,
        run.suffix()
    )
}

/// Waits until objects are gone, or made again under their names.
async fn await_end(run: &Run<'_>, targets: &[&Target]) -> Outcome<()> {
    let patience = match run.line.value("timeout").map(duration).transpose()? {
        None | Some(Duration::ZERO) => PATIENCE,
        Some(given) => given,
    };
    let deadline = Instant::now() + patience;
    for target in targets {
        let uid = text(&target.object, "/metadata/uid");
        while let Some(live) = run.live(target).await? {
            if !uid.is_empty() && text(&live, "/metadata/uid") != uid {
                break;
            }
            if Instant::now() > deadline {
                return Err(Failure::message(format!(
                    "timed out waiting for the condition on {}/{}",
                    target.resource.plural, target.name
                )));
            }
            tokio::time::sleep(POLL).await;
        }
    }
    Ok(())
}
