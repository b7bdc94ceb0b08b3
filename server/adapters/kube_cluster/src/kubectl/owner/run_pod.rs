//! `kubectl run`: one pod from an image. Source: `k8s.io/kubectl/pkg/cmd/run/run.go`.

use domain::command::CommandOutput;
use serde_json::{Value, json};

use super::{
    apply,
    create::{metadata, workload::number},
    run::{DryRun, Run, blank},
};
use crate::kubectl::{
    discovery::ApiResource,
    request::{Failure, Outcome},
};

/// Runs a `run`.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    let Some((name, arguments)) = run.line.words.split_first() else {
        return Err(Failure::message("NAME is required for run"));
    };
    let image = run
        .line
        .value("image")
        .filter(|image| !image.is_empty())
        .ok_or_else(|| Failure::message("required flag(s) \"image\" not set"))?;
    let mut program = arguments.to_vec();
    program.extend(run.line.program.iter().cloned());
    let pod = pod(run, name, image, &program)?;
    let mut output = blank();
    let known = ApiResource::known("", "v1", "pods", "Pod");
    let pod = apply::saved(run, &pod);
    let made = match run.dry_run {
        DryRun::Client => pod,
        DryRun::No | DryRun::Server => run.create(&known, &pod, "kubectl-run").await?,
    };
    // A Service that leads to the pod is made first, as kubectl prints it.
    if run.line.is_on("expose") {
        expose(run, name, &mut output).await?;
    }
    run.report(&mut output, &made, "created")?;
    Ok(output)
}

fn pod(run: &Run<'_>, name: &str, image: &str, program: &[String]) -> Outcome<Value> {
    let mut container = json!({"image": image, "name": name, "resources": {}});
    if !program.is_empty() {
        let field = if run.line.is_on("command") {
            "command"
        } else {
            "args"
        };
        container[field] = program.into();
    }
    if let Some(policy) = run.line.value("image-pull-policy") {
        container["imagePullPolicy"] = policy.into();
    }
    if let Some(port) = number(run, "port")? {
        container["ports"] = json!([{"containerPort": port}]);
    }
    let variables = run
        .line
        .values("env")
        .iter()
        .map(|pair| {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| Failure::message(format!("invalid env: {pair}")))?;
            Ok(json!({"name": name, "value": value}))
        })
        .collect::<Outcome<Vec<Value>>>()?;
    if !variables.is_empty() {
        container["env"] = variables.into();
    }
    if run.line.is_on("privileged") {
        container["securityContext"] = json!({"privileged": true});
    }
    let restart = run.line.value("restart").unwrap_or("Always");
    if !["Always", "OnFailure", "Never"].contains(&restart) {
        return Err(Failure::message(format!(
            "invalid restart policy: {restart}"
        )));
    }
    let mut meta = metadata(name);
    meta["labels"] = words(run.line.value("labels"), json!({"run": name}))?;
    let annotations = run.line.values("annotations").join(",");
    if !annotations.is_empty() {
        meta["annotations"] = words(Some(&annotations), Value::Null)?;
    }
    if run.names_namespace() {
        meta["namespace"] = run.namespace().into();
    }
    Ok(json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta,
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart},
        "status": {}}))
}

/// `KEY=VALUE,KEY=VALUE` as a map.
fn words(text: Option<&str>, otherwise: Value) -> Outcome<Value> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(otherwise);
    };
    let mut map = json!({});
    for pair in text.split(',') {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| Failure::message(format!("unexpected label spec: {pair}")))?;
        map[key] = value.into();
    }
    Ok(map)
}

async fn expose(run: &Run<'_>, name: &str, output: &mut CommandOutput) -> Outcome<()> {
    let port = number(run, "port")?
        .ok_or_else(|| Failure::message("--port must be set when exposing a service"))?;
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata(name),
        "spec": {"ports": [{"port": port, "protocol": "TCP", "targetPort": port}],
            "selector": words(run.line.value("labels"), json!({"run": name}))?},
        "status": {"loadBalancer": {}}});
    let known = ApiResource::known("", "v1", "services", "Service");
    let made = match run.dry_run {
        DryRun::Client => service,
        DryRun::No | DryRun::Server => run.create(&known, &service, "kubectl-run").await?,
    };
    run.report(output, &made, "created")
}
