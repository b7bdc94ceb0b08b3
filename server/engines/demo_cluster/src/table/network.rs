//! Services, their endpoints and the slices of these.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{AGE, NAME, age, column, labels, name, number, or, wide};
use crate::{
    registry::{Description::Field, Printer},
    value::{items, text},
};

/// How many addresses or ports one cell lists.
const SHOWN: usize = 3;

pub(crate) const SERVICE: Printer = Printer {
    columns: &[
        NAME,
        column("Type", Field("ServiceSpec", "type")),
        column("Cluster-IP", Field("ServiceSpec", "clusterIP")),
        column("External-IP", Field("ServiceSpec", "externalIPs")),
        column("Port(s)", Field("ServiceSpec", "ports")),
        AGE,
        wide(column("Selector", Field("ServiceSpec", "selector"))),
    ],
    cells: |service, now| {
        let address = or(
            text(service, "/spec/clusterIPs/0"),
            text(service, "/spec/clusterIP"),
        );
        vec![
            name(service),
            json!(text(service, "/spec/type")),
            json!(or(address, "<none>")),
            json!(external_address(service)),
            json!(or(&ports(service), "<none>")),
            age(service, now),
            json!(labels(service, "/spec/selector")),
        ]
    },
};

fn external_address(service: &Value) -> String {
    let own = items(service, "/spec/externalIPs")
        .iter()
        .filter_map(Value::as_str);
    let balanced: BTreeSet<&str> = items(service, "/status/loadBalancer/ingress")
        .iter()
        .map(|ingress| or(text(ingress, "/ip"), text(ingress, "/hostname")))
        .filter(|address| !address.is_empty())
        .collect();
    let (addresses, nothing): (Vec<&str>, &str) = match text(service, "/spec/type") {
        "ClusterIP" | "NodePort" => (own.collect(), "<none>"),
        "LoadBalancer" => (balanced.into_iter().chain(own).collect(), "<pending>"),
        "ExternalName" => (vec![text(service, "/spec/externalName")], ""),
        _ => (Vec::new(), "<unknown>"),
    };
    or(&addresses.join(","), nothing).to_owned()
}

fn ports(service: &Value) -> String {
    let words: Vec<String> = items(service, "/spec/ports")
        .iter()
        .map(|port| {
            let (number_, protocol) = (number(port, "/port"), text(port, "/protocol"));
            match number(port, "/nodePort") {
                0 => format!("{number_}/{protocol}"),
                node_port => format!("{number_}:{node_port}/{protocol}"),
            }
        })
        .collect();
    words.join(",")
}

pub(crate) const ENDPOINTS: Printer = Printer {
    columns: &[
        NAME,
        column("Endpoints", Field("Endpoints", "subsets")),
        AGE,
    ],
    cells: |endpoints, now| {
        vec![
            name(endpoints),
            json!(addresses(endpoints)),
            age(endpoints, now),
        ]
    },
};

/// `10.1.0.4:80,10.1.0.5:80,10.1.0.6:80 + 2 more...`.
fn addresses(endpoints: &Value) -> String {
    let mut all = Vec::new();
    for subset in items(endpoints, "/subsets") {
        let addresses = items(subset, "/addresses")
            .iter()
            .map(|address| text(address, "/ip"));
        let ports = items(subset, "/ports");
        if ports.is_empty() {
            all.extend(addresses.clone().map(str::to_owned));
        }
        for port in ports {
            all.extend(
                addresses
                    .clone()
                    .map(|address| format!("{address}:{}", number(port, "/port"))),
            );
        }
    }
    if items(endpoints, "/subsets").is_empty() {
        return "<none>".to_owned();
    }
    first(&all)
}

pub(crate) const ENDPOINT_SLICE: Printer = Printer {
    columns: &[
        NAME,
        column("AddressType", Field("EndpointSlice", "addressType")),
        column("Ports", Field("EndpointSlice", "ports")),
        column("Endpoints", Field("EndpointSlice", "endpoints")),
        AGE,
    ],
    cells: |slice, now| {
        let addresses: Vec<String> = items(slice, "/endpoints")
            .iter()
            .flat_map(|endpoint| items(endpoint, "/addresses"))
            .filter_map(|address| address.as_str().map(str::to_owned))
            .collect();
        let ports: Vec<String> = items(slice, "/ports").iter().map(slice_port).collect();
        vec![
            name(slice),
            json!(text(slice, "/addressType")),
            json!(or(&first(&ports), "<unset>")),
            json!(or(&first(&addresses), "<unset>")),
            age(slice, now),
        ]
    },
};

/// A port's number, else its name; `*` stands for every port.
fn slice_port(port: &Value) -> String {
    match port.get("port").and_then(Value::as_i64) {
        Some(number) => number.to_string(),
        None if port.get("name").is_some() => text(port, "/name").to_owned(),
        None => "*".to_owned(),
    }
}

/// The first [`SHOWN`], and how many more there are.
fn first(all: &[String]) -> String {
    let listed = all[..all.len().min(SHOWN)].join(",");
    match all.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{listed} + {more} more..."),
        Some(0) | None => listed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;

    const NOW: Timestamp = Timestamp(1_763_930_096_000);

    #[track_caller]
    fn check(printer: Printer, mut object: Value, expected: Value) {
        object["metadata"]["name"] = json!("x");
        object["metadata"]["creationTimestamp"] = json!("2025-11-23T20:24:56Z");
        assert_eq!(json!((printer.cells)(&object, NOW)), expected);
    }

    #[test]
    fn shows_services() {
        check(
            SERVICE,
            json!({"spec": {"type": "NodePort", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "selector": {"b": "2", "a": "1"},
                "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}}),
            json!([
                "x",
                "NodePort",
                "10.96.0.1",
                "<none>",
                "80:30080/TCP,53/UDP",
                "10m",
                "a=1,b=2"
            ]),
        );
        check(
            SERVICE,
            json!({"spec": {"type": "LoadBalancer"}}),
            json!([
                "x",
                "LoadBalancer",
                "<none>",
                "<pending>",
                "<none>",
                "10m",
                "<none>"
            ]),
        );
        check(
            SERVICE,
            json!({"spec": {"type": "ExternalName", "externalName": "db.example"}}),
            json!([
                "x",
                "ExternalName",
                "<none>",
                "db.example",
                "<none>",
                "10m",
                "<none>"
            ]),
        );
    }

    #[test]
    fn shows_the_first_three_endpoints() {
        let subset = json!({"addresses": [{"ip": "10.1.0.1"}, {"ip": "10.1.0.2"}], "ports": [{"port": 80}, {"port": 443}]});
        check(
            ENDPOINTS,
            json!({"subsets": [subset]}),
            json!([
                "x",
                "10.1.0.1:80,10.1.0.2:80,10.1.0.1:443 + 1 more...",
                "10m"
            ]),
        );
        check(ENDPOINTS, json!({}), json!(["x", "<none>", "10m"]));
    }

    #[test]
    fn shows_slices_of_endpoints() {
        check(
            ENDPOINT_SLICE,
            json!({"addressType": "IPv4", "ports": [{"port": 80}, {"name": "http"}, {}],
                "endpoints": [{"addresses": ["10.1.0.1"]}, {"addresses": ["10.1.0.2", "10.1.0.3"]}, {"addresses": ["10.1.0.4"]}]}),
            json!([
                "x",
                "IPv4",
                "80,http,*",
                "10.1.0.1,10.1.0.2,10.1.0.3 + 1 more...",
                "10m"
            ]),
        );
        check(
            ENDPOINT_SLICE,
            json!({"addressType": "IPv4", "endpoints": []}),
            json!(["x", "IPv4", "<unset>", "<unset>", "10m"]),
        );
    }
}
