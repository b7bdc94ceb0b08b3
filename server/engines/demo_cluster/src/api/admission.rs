//! What depends on other objects: namespaces that must be open, addresses of services, field immutability
//! that spans objects.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    registry::{KindId, NAMESPACE, SERVICE},
    status::{Cause, Status},
    store::Store,
    value::{self, items, set_default, text},
};

/// Node ports are given from here. Source: `--service-node-port-range` of kube-apiserver.
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

/// Refuses new content in a namespace that is not there or going away.
pub(super) fn namespace_is_open(
    store: &Store,
    kind: KindId,
    namespace: &str,
    name: &str,
) -> Result<(), Status> {
    if !kind.spec().namespaced {
        return Ok(());
    }
    let Some(found) = store.get(NAMESPACE, "", namespace) else {
        return Err(Status::not_found(NAMESPACE, namespace));
    };
    if value::is_terminating(found) {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        return Err(Status::forbidden(kind, name, &why));
    }
    Ok(())
}

/// Gives a Service its cluster address and node ports, and keeps those it had.
pub(super) fn allocate(
    store: &Store,
    kind: KindId,
    object: &mut Value,
    old: Option<&Value>,
) -> Result<(), Status> {
    if kind != SERVICE {
        return Ok(());
    }
    if let Some(old) = old {
        keep_addresses(object, old);
    }
    if text(object, "/spec/type") == "ExternalName" {
        value::remove(object, &["spec", "clusterIP"]);
        value::remove(object, &["spec", "clusterIPs"]);
        return Ok(());
    }
    choose_families(object);
    allocate_address(store, object)?;
    allocate_node_ports(store, object)
}

/// A headless service that selects nothing may lead anywhere: it has both families.
fn choose_families(service: &mut Value) {
    let is_headless = text(service, "/spec/clusterIP") == "None";
    let selects = value::map(service, "/spec/selector").is_some_and(|it| !it.is_empty());
    let (families, policy) = if is_headless && !selects {
        (json!(["IPv4", "IPv6"]), "RequireDualStack")
    } else {
        (json!(["IPv4"]), "SingleStack")
    };
    set_default(service, &["spec", "ipFamilies"], families);
    set_default(service, &["spec", "ipFamilyPolicy"], policy);
}

fn keep_addresses(service: &mut Value, old: &Value) {
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if let Some(kept) = old["spec"].get(field) {
            value::set_default(service, &["spec", field], kept.clone());
        }
    }
    let before = items(old, "/spec/ports").to_vec();
    let ports = service
        .pointer_mut("/spec/ports")
        .and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        let same =
            |old: &&Value| old["port"] == port["port"] && old["protocol"] == port["protocol"];
        if let Some(kept) = before
            .iter()
            .find(same)
            .and_then(|old| old.get("nodePort"))
            .cloned()
        {
            value::set_default(port, &["nodePort"], kept);
        }
    }
    if matches!(text(service, "/spec/type"), "ClusterIP" | "ExternalName") {
        let ports = service
            .pointer_mut("/spec/ports")
            .and_then(Value::as_array_mut);
        for port in ports.into_iter().flatten() {
            value::remove(port, &["nodePort"]);
        }
    }
}

fn others<'a>(store: &'a Store, service: &Value) -> impl Iterator<Item = &'a Value> {
    let own = (
        value::namespace(service).to_owned(),
        value::name(service).to_owned(),
    );
    store
        .list(SERVICE, None)
        .map(AsRef::as_ref)
        .filter(move |other: &&Value| {
            (value::namespace(other), value::name(other)) != (own.0.as_str(), own.1.as_str())
        })
}

fn allocate_address(store: &Store, service: &mut Value) -> Result<(), Status> {
    let used: BTreeSet<&str> = others(store, service)
        .map(|other| text(other, "/spec/clusterIP"))
        .collect();
    let wanted = text(service, "/spec/clusterIP").to_owned();
    let address = if wanted.is_empty() {
        // The range 10.96.0.0/12 of kubeadm, from its second 256 addresses on: the first are for fixed ones.
        (1_u32..0x000F_FFFF)
            .map(|host| 0x0A60_0100 + host)
            .map(|address| std::net::Ipv4Addr::from(address).to_string())
            .find(|address| !used.contains(address.as_str()))
            .ok_or_else(|| Status::internal("failed to allocate a serviceIP: range is full"))?
    } else if wanted != "None" && used.contains(wanted.as_str()) {
        let cause = Cause::invalid(
            "spec.clusterIPs",
            &json!([wanted]),
            &format!("failed to allocate IP {wanted}: provided IP is already allocated"),
        );
        return Err(Status::invalid(SERVICE, value::name(service), vec![cause]));
    } else {
        wanted
    };
    value::set(service, &["spec", "clusterIP"], address.clone());
    value::set(service, &["spec", "clusterIPs"], json!([address]));
    Ok(())
}

fn allocate_node_ports(store: &Store, service: &mut Value) -> Result<(), Status> {
    if !matches!(text(service, "/spec/type"), "NodePort" | "LoadBalancer") {
        return Ok(());
    }
    let node_ports = |service: &Value| -> Vec<i64> {
        items(service, "/spec/ports")
            .iter()
            .filter_map(|port| port["nodePort"].as_i64())
            .collect()
    };
    let mut used: BTreeSet<i64> = others(store, service).flat_map(node_ports).collect();
    let name = value::name(service).to_owned();
    let ports = service
        .pointer_mut("/spec/ports")
        .and_then(Value::as_array_mut);
    for (index, port) in ports.into_iter().flatten().enumerate() {
        let number = match port["nodePort"].as_i64().filter(|number| *number != 0) {
            Some(number) if !NODE_PORTS.contains(&number) || used.contains(&number) => {
                let detail = if used.contains(&number) {
                    "provided port is already allocated"
                } else {
                    "provided port is not in the valid range. The range of valid ports is 30000-32767"
                };
                let cause = Cause::invalid(
                    format!("spec.ports[{index}].nodePort"),
                    &json!(number),
                    detail,
                );
                return Err(Status::invalid(SERVICE, &name, vec![cause]));
            }
            Some(number) => number,
            None => NODE_PORTS
                .clone()
                .find(|number| !used.contains(number))
                .ok_or_else(|| Status::internal("failed to allocate a nodePort: range is full"))?,
        };
        used.insert(number);
        port["nodePort"] = json!(number);
    }
    Ok(())
}
