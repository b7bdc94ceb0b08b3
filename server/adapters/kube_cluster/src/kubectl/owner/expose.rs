//! `kubectl expose`: a Service for pods, workloads and other Services.
//!
//! Source: `k8s.io/kubectl/pkg/cmd/expose/expose.go`.

use domain::command::CommandOutput;
use serde_json::{Map, Value, json};

use super::{
    apply,
    create::metadata,
    run::{DryRun, Run, fail},
    targets::Target,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{at, has, items, number, text},
    request::{Failure, Outcome},
};

/// The longest name of a Service.
const NAME_LIMIT: usize = 63;

/// Runs an `expose`.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    let found = run.targets(&run.line.words).await?;
    let mut output = found.output;
    for target in &found.targets {
        if let Err(failure) = one(run, target, &mut output).await {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

async fn one(run: &Run<'_>, target: &Target, output: &mut CommandOutput) -> Outcome<()> {
    let mut service = service(run, target)?;
    if run.dry_run == DryRun::Client {
        if run.names_namespace() {
            service["metadata"]["namespace"] = run.namespace().into();
        }
        return run.report(output, &service, "exposed");
    }
    let known = ApiResource::known("", "v1", "services", "Service");
    let service = apply::saved(run, &service);
    let made = run.create(&known, &service, "kubectl-expose").await?;
    run.report(output, &made, "exposed")
}

fn service(run: &Run<'_>, target: &Target) -> Outcome<Value> {
    let containers = containers(target)?;
    let selector = match run.line.value("selector") {
        Some(text) => words(text)?,
        None => selector(target)?,
    };
    let labels = match run.line.value("labels") {
        Some(text) => words(text)?,
        None => at(&target.object, "/metadata/labels").clone(),
    };
    let default_name: String = target.name.chars().take(NAME_LIMIT).collect();
    let mut meta = metadata(run.line.value("name").unwrap_or(&default_name));
    if labels.as_object().is_some_and(|labels| !labels.is_empty()) {
        meta["labels"] = labels;
    }
    let mut spec = json!({"selector": selector});
    let ports = ports(run, target, containers)?;
    if !ports.is_empty() {
        spec["ports"] = ports.into();
    }
    for (flag, field) in [
        ("type", "type"),
        ("session-affinity", "sessionAffinity"),
        ("cluster-ip", "clusterIP"),
    ] {
        if let Some(value) = run.line.value(flag) {
            spec[field] = value.into();
        }
    }
    if let Some(ip) = run.line.value("external-ip") {
        spec["externalIPs"] = json!([ip]);
    }
    if run.line.value("type") == Some("LoadBalancer")
        && let Some(ip) = run.line.value("load-balancer-ip")
    {
        spec["loadBalancerIP"] = ip.into();
    }
    Ok(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec,
        "status": {"loadBalancer": {}}}),
    )
}

/// Where the containers of what is exposed stand; none for a Service, whose own ports count.
fn containers(target: &Target) -> Outcome<&'static str> {
    match target.resource.group_kind().as_str() {
        "Pod" => Ok("/spec/containers"),
        "Service" => Ok(""),
        "ReplicationController" | "Deployment.apps" | "ReplicaSet.apps" => {
            Ok("/spec/template/spec/containers")
        }
        other => Err(Failure::message(format!("cannot expose a {other}"))),
    }
}

fn selector(target: &Target) -> Outcome<Value> {
    let object = &target.object;
    let found = match target.resource.kind.as_str() {
        "Pod" => at(object, "/metadata/labels"),
        "Service" | "ReplicationController" => at(object, "/spec/selector"),
        _ => {
            if !items(object, "/spec/selector/matchExpressions").is_empty() {
                return Err(Failure::message(
                    "couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions",
                ));
            }
            at(object, "/spec/selector/matchLabels")
        }
    };
    if found.as_object().is_none_or(Map::is_empty) {
        return Err(Failure::message(
            "couldn't retrieve selectors via --selector flag or introspection: the object has no labels and cannot \
             be exposed",
        ));
    }
    Ok(found.clone())
}

/// `KEY=VALUE,KEY=VALUE` as a map.
fn words(text: &str) -> Outcome<Value> {
    let mut map = json!({});
    for pair in text.split(',') {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| Failure::message(format!("unexpected label spec: {pair}")))?;
        map[key] = value.into();
    }
    Ok(map)
}

/// The ports asked for, or those the object itself has.
fn ports(run: &Run<'_>, target: &Target, containers: &str) -> Outcome<Vec<Value>> {
    let declared = declared(&target.object, containers);
    let wanted: Vec<i64> = match run.line.value("port") {
        Some(text) => text
            .split(',')
            .map(|port| {
                port.parse()
                    .map_err(|_| Failure::message(format!("“{port}” is not a port")))
            })
            .collect::<Outcome<_>>()?,
        None => declared.iter().map(|(port, _)| *port).collect(),
    };
    if wanted.is_empty() && run.line.value("cluster-ip") != Some("None") {
        return Err(Failure::message(
            "couldn't find port via --port flag or introspection",
        ));
    }
    let mut ports = Vec::new();
    for (index, port) in wanted.iter().enumerate() {
        let known = declared.iter().find(|(declared, _)| declared == port);
        let protocol = run
            .line
            .value("protocol")
            .or(known.map(|(_, protocol)| protocol.as_str()))
            .unwrap_or("TCP");
        let target_port = match run.line.value("target-port") {
            Some(text) => text
                .parse::<i64>()
                .map_or_else(|_| text.into(), Value::from),
            None => Value::from(*port),
        };
        let mut entry = json!({"port": port, "protocol": protocol, "targetPort": target_port});
        if wanted.len() > 1 {
            entry["name"] = format!("port-{}", index + 1).into();
        }
        ports.push(entry);
    }
    Ok(ports)
}

/// Ports with their protocols, of all containers or of a Service.
fn declared(object: &Value, containers: &str) -> Vec<(i64, String)> {
    let protocol = |port: &Value| match text(port, "/protocol") {
        "" => "TCP".to_owned(),
        protocol => protocol.to_owned(),
    };
    if containers.is_empty() {
        return items(object, "/spec/ports")
            .iter()
            .map(|port| (number(port, "/port"), protocol(port)))
            .collect();
    }
    items(object, containers)
        .iter()
        .flat_map(|container| items(container, "/ports"))
        .filter(|port| has(port, "/containerPort"))
        .map(|port| (number(port, "/containerPort"), protocol(port)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_come_with_their_protocols() {
        let pod = json!({"spec": {"containers": [{"ports": [{"containerPort": 53, "protocol": "UDP"},
            {"containerPort": 80}]}]}});
        assert_eq!(
            declared(&pod, "/spec/containers"),
            [(53, "UDP".to_owned()), (80, "TCP".to_owned())]
        );
    }
}
