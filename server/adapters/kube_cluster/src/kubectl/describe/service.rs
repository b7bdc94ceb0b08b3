//! Services and the endpoints behind them.

use serde_json::Value;

use super::{
    common::{event_table, events_about, heading, joined_labels, labels_and_annotations, or_none},
    page::Page,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{at, has, items, name, namespace, number, shown, text, text_or, texts},
    request::{Failure, Outcome, Selectors, Session},
};

/// Addresses shown of each port.
const SHOWN: usize = 3;

pub(super) async fn describe(session: &Session<'_>, service: &Value) -> Outcome<String> {
    let behind = Behind::read(session, service).await?;
    let events = events_about(session, service).await?;
    let mut page = Page::default();
    heading(&mut page, service);
    labels_and_annotations(&mut page, service);
    page.field(0, "Selector", joined_labels(at(service, "/spec/selector")));
    page.field(0, "Type", text(service, "/spec/type"));
    addresses(&mut page, service);
    for port in items(service, "/spec/ports") {
        port_lines(&mut page, port, &behind);
    }
    page.field(
        0,
        "Session Affinity",
        text(service, "/spec/sessionAffinity"),
    );
    for (label, field) in [
        ("External Traffic Policy", "/spec/externalTrafficPolicy"),
        ("Internal Traffic Policy", "/spec/internalTrafficPolicy"),
    ] {
        page.field_if(0, label, text(service, field));
    }
    if number(service, "/spec/healthCheckNodePort") != 0 {
        let port = number(service, "/spec/healthCheckNodePort");
        page.field(0, "HealthCheck NodePort", port);
    }
    let ranges = texts(service, "/spec/loadBalancerSourceRanges").join(",");
    page.field_if(0, "LoadBalancer Source Ranges", &ranges);
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

fn addresses(page: &mut Page, service: &Value) {
    let joined = |field: &str| texts(service, field).join(",");
    page.field_if(0, "IP Family Policy", text(service, "/spec/ipFamilyPolicy"));
    page.field(0, "IP Families", or_none(joined("/spec/ipFamilies")));
    page.field(0, "IP", text(service, "/spec/clusterIP"));
    page.field(0, "IPs", or_none(joined("/spec/clusterIPs")));
    page.field_if(0, "External IPs", &joined("/spec/externalIPs"));
    page.field_if(
        0,
        "Desired LoadBalancer IP",
        text(service, "/spec/loadBalancerIP"),
    );
    page.field_if(0, "External Name", text(service, "/spec/externalName"));
    let ingress: Vec<String> = items(service, "/status/loadBalancer/ingress")
        .iter()
        .map(|entry| match (text(entry, "/ip"), text(entry, "/ipMode")) {
            ("", _) => text(entry, "/hostname").to_owned(),
            (ip, "") => ip.to_owned(),
            (ip, mode) => format!("{ip} ({mode})"),
        })
        .collect();
    page.field_if(0, "LoadBalancer Ingress", &ingress.join(", "));
}

fn port_lines(page: &mut Page, port: &Value, behind: &Behind) {
    let port_name = text_or(port, "/name", "<unset>");
    let protocol = text(port, "/protocol");
    let number_of = |field: &str| number(port, field);
    page.field(
        0,
        "Port",
        format_args!("{port_name}\t{}/{protocol}", number_of("/port")),
    );
    let target = if has(port, "/targetPort") {
        shown(at(port, "/targetPort"))
    } else {
        "0".to_owned()
    };
    page.field(0, "TargetPort", format_args!("{target}/{protocol}"));
    if number_of("/nodePort") != 0 {
        let node_port = number_of("/nodePort");
        page.field(
            0,
            "NodePort",
            format_args!("{port_name}\t{node_port}/{protocol}"),
        );
    }
    page.field(0, "Endpoints", behind.of_port(text(port, "/name")));
}

/// Ready addresses by port name.
pub(super) struct Behind {
    /// Whether anything says where the service's pods are.
    known: bool,
    /// Port name, `None` where there are no ports, and `address:port`.
    ready: Vec<(Option<String>, String)>,
}

impl Behind {
    /// From the endpoint slices; from the older Endpoints object where there is no such API.
    pub(super) async fn read(session: &Session<'_>, service: &Value) -> Outcome<Self> {
        let slices =
            ApiResource::known("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
        let selector = format!("kubernetes.io/service-name={}", name(service));
        let selectors = Selectors {
            labels: Some(&selector),
            ..Selectors::default()
        };
        let within = Some(namespace(service));
        match session.list(&slices, within, selectors).await {
            Ok(slices) => return Ok(Self::of_slices(&slices)),
            Err(failure @ Failure::Cluster(_)) => return Err(failure),
            Err(_) => {}
        }
        let endpoints = ApiResource::known("", "v1", "endpoints", "Endpoints");
        match session.object(&endpoints, within, name(service)).await {
            Ok(endpoints) => Ok(Self::of_endpoints(&endpoints)),
            Err(failure @ Failure::Cluster(_)) => Err(failure),
            Err(_) => Ok(Self {
                known: false,
                ready: Vec::new(),
            }),
        }
    }

    fn of_slices(slices: &[Value]) -> Self {
        let mut ready = Vec::new();
        for slice in slices {
            let addresses: Vec<&str> = items(slice, "/endpoints")
                .iter()
                .filter(|endpoint| at(endpoint, "/conditions/ready") != &Value::Bool(false))
                .map(|endpoint| text(endpoint, "/addresses/0"))
                .collect();
            let ports = items(slice, "/ports");
            if ports.is_empty() {
                ready.extend(addresses.iter().map(|at| (None, (*at).to_owned())));
            }
            for port in ports {
                ready.extend(addresses.iter().map(|at| entry(port, at)));
            }
        }
        Self {
            known: !slices.is_empty(),
            ready,
        }
    }

    fn of_endpoints(endpoints: &Value) -> Self {
        let mut ready = Vec::new();
        for subset in items(endpoints, "/subsets") {
            for port in items(subset, "/ports") {
                let addresses = items(subset, "/addresses").iter();
                ready.extend(addresses.map(|address| entry(port, text(address, "/ip"))));
            }
        }
        Self {
            known: !items(endpoints, "/subsets").is_empty(),
            ready,
        }
    }

    /// `10.0.0.1:80,10.0.0.2:80`, at most [`SHOWN`] of them.
    pub(super) fn of_port(&self, port: &str) -> String {
        if !self.known {
            return "<none>".to_owned();
        }
        let all: Vec<&str> = self
            .ready
            .iter()
            .filter(|(name, _)| name.as_deref().is_none_or(|name| name == port))
            .map(|(_, address)| address.as_str())
            .collect();
        let shown = all[..all.len().min(SHOWN)].join(",");
        match all.len().saturating_sub(SHOWN) {
            0 => shown,
            more => format!("{shown} + {more} more..."),
        }
    }
}

fn entry(port: &Value, address: &str) -> (Option<String>, String) {
    let host = if address.contains(':') {
        format!("[{address}]")
    } else {
        address.to_owned()
    };
    (
        Some(text(port, "/name").to_owned()),
        format!("{host}:{}", number(port, "/port")),
    )
}

pub(super) async fn endpoints(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    heading(&mut page, object);
    labels_and_annotations(&mut page, object);
    page.line(0, "Subsets:");
    for subset in items(object, "/subsets") {
        for (label, field) in [
            ("Addresses", "/addresses"),
            ("NotReadyAddresses", "/notReadyAddresses"),
        ] {
            let addresses: Vec<&str> = items(subset, field)
                .iter()
                .map(|address| text(address, "/ip"))
                .collect();
            page.field(1, label, or_none(addresses.join(",")));
        }
        if has(subset, "/ports/0") {
            page.line(1, "Ports:");
            page.line(2, "Name\tPort\tProtocol");
            page.line(2, "----\t----\t--------");
        }
        for port in items(subset, "/ports") {
            let port_name = text_or(port, "/name", "<unset>");
            let (number, protocol) = (number(port, "/port"), text(port, "/protocol"));
            page.line(2, format_args!("{port_name}\t{number}\t{protocol}"));
        }
        page.line(0, "");
    }
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}
