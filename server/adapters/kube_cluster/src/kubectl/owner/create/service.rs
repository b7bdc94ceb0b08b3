//! `kubectl create service`.

use serde_json::{Value, json};

use super::{super::run::Run, metadata, required, workload::number};
use crate::kubectl::request::{Failure, Outcome};

pub(super) fn service(run: &Run<'_>, name: &str, kind: &str) -> Outcome<Value> {
    let labels = json!({"app": name});
    let mut meta = metadata(name);
    meta["labels"] = labels.clone();
    let mut spec = json!({"selector": labels, "type": kind});
    let node_port = number(run, "node-port")?.filter(|&port| port > 0);
    let ports = run
        .line
        .list("tcp")
        .into_iter()
        .map(|text| port(text, node_port))
        .collect::<Outcome<Vec<Value>>>()?;
    let cluster_ip = run.line.value("clusterip").filter(|ip| !ip.is_empty());
    if kind == "ExternalName" {
        spec["externalName"] = required(run, "external-name")?.into();
    } else if ports.is_empty() && cluster_ip != Some("None") {
        return Err(Failure::message(
            "at least one tcp port specifier must be provided",
        ));
    }
    if !ports.is_empty() {
        spec["ports"] = ports.into();
    }
    if let Some(ip) = cluster_ip {
        spec["clusterIP"] = ip.into();
    }
    Ok(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec,
        "status": {"loadBalancer": {}}}),
    )
}

/// `80` or `80:8080`; the target may be the name of a container's port.
fn port(text: &str, node_port: Option<i64>) -> Outcome<Value> {
    let (port, target) = text.split_once(':').unwrap_or((text, text));
    let number: u16 = port.parse().map_err(|_| {
        Failure::message(format!(
            "invalid port {port}: it is not a number from 0 to 65535"
        ))
    })?;
    let target = target
        .parse::<u16>()
        .map_or_else(|_| Value::from(target), Value::from);
    let mut port = json!({"name": text.replace(':', "-"), "port": number, "protocol": "TCP",
        "targetPort": target});
    if let Some(node_port) = node_port {
        port["nodePort"] = node_port.into();
    }
    Ok(port)
}
