//! `kubectl scale` and `kubectl autoscale`.
//!
//! Sources: `k8s.io/kubectl/pkg/cmd/scale/scale.go` and `autoscale/autoscale.go`.

use domain::command::CommandOutput;
use serde_json::{Value, json};

use super::{
    apply,
    run::{DryRun, MERGE_PATCH, Run, fail},
    targets::Target,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{number, text},
    request::{AS_JSON, Failure, Outcome},
};

/// Runs a `scale`.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    let replicas = count(run, "replicas")?.ok_or_else(|| {
        Failure::message(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        )
    })?;
    if replicas < 0 {
        return Err(Failure::message(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    if found.targets.is_empty() {
        let why = output.stderr.trim_end();
        let why = why.split_once("): ").map_or(why, |(_, said)| said);
        return Err(Failure::message(format!(
            "no objects passed to scale {why}"
        )));
    }
    for target in &found.targets {
        match one(run, target, replicas).await {
            Ok(()) => {
                let mut scaled = target.object.clone();
                if run.prints_objects() && run.dry_run != DryRun::Client {
                    scaled = run.live(target).await?.unwrap_or(scaled);
                }
                run.report(&mut output, &scaled, "scaled")?;
            }
            Err(failure) => fail(&mut output, failure)?,
        }
    }
    Ok(output)
}

async fn one(run: &Run<'_>, target: &Target, replicas: i64) -> Outcome<()> {
    if let Some(expected) = count(run, "current-replicas")?.filter(|&count| count >= 0) {
        let path = target.path("scale");
        let scale = run.session.json(&path, &[], AS_JSON).await?;
        let now = number(&scale, "/spec/replicas");
        if now != expected {
            return Err(Failure::message(format!(
                "Expected replicas to be {expected}, was {now}"
            )));
        }
    }
    if let Some(expected) = run.line.value("resource-version") {
        let now = text(&target.object, "/metadata/resourceVersion");
        if now != expected {
            return Err(Failure::message(format!(
                "Expected resource version to be {expected}, was {now}"
            )));
        }
    }
    if run.dry_run == DryRun::Client {
        return Ok(());
    }
    let patch = json!({"spec": {"replicas": replicas}});
    run.patch(target, "scale", MERGE_PATCH, &patch, "kubectl")
        .await?;
    Ok(())
}

fn count(run: &Run<'_>, flag: &str) -> Outcome<Option<i64>> {
    run.line
        .value(flag)
        .map(|text| {
            text.parse().map_err(|_| {
                Failure::message(format!(
                    "invalid argument \"{text}\" for \"--{flag}\" flag: strconv.ParseInt: parsing \"{text}\": \
                     invalid syntax"
                ))
            })
        })
        .transpose()
}

/// Runs an `autoscale`.
pub(super) async fn autoscale(run: &Run<'_>) -> Outcome<CommandOutput> {
    let most = count(run, "max")?.unwrap_or(-1);
    let least = count(run, "min")?.unwrap_or(-1);
    if most < 1 {
        return Err(Failure::message(format!(
            "--max=MAXPODS is required and must be at least 1, max: {most}"
        )));
    }
    if most < least {
        return Err(Failure::message(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}"
        )));
    }
    let percent = count(run, "cpu-percent")?.filter(|&percent| percent >= 0);
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    for target in &found.targets {
        let scaler = scaler(run, target, (least, most), percent);
        if run.dry_run == DryRun::Client {
            run.report(&mut output, &scaler, "created")?;
            continue;
        }
        let known = ApiResource::known(
            "autoscaling",
            "v2",
            "horizontalpodautoscalers",
            "HorizontalPodAutoscaler",
        );
        let scaler = apply::saved(run, &scaler);
        match run.create(&known, &scaler, "kubectl-autoscale").await {
            Ok(made) => run.report(&mut output, &made, "autoscaled")?,
            Err(failure) => fail(&mut output, failure)?,
        }
    }
    Ok(output)
}

fn scaler(
    run: &Run<'_>,
    target: &Target,
    (least, most): (i64, i64),
    percent: Option<i64>,
) -> Value {
    let name = run.line.value("name").unwrap_or(&target.name);
    let mut scaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"creationTimestamp": null, "name": name},
        "spec": {"maxReplicas": most, "scaleTargetRef": {
            "apiVersion": target.resource.api_version(), "kind": target.resource.kind, "name": target.name}},
        "status": {"currentMetrics": null, "desiredReplicas": 0},
    });
    if least > 0 {
        scaler["spec"]["minReplicas"] = least.into();
    }
    if let Some(percent) = percent {
        scaler["spec"]["metrics"] = json!([{"type": "Resource", "resource": {"name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": percent}}}]);
    }
    scaler
}
