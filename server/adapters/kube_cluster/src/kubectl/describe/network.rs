//! Ingresses and network policies.

use serde_json::Value;

use super::{
    common::{
        annotations, event_table, events_about, heading, labels, labels_and_annotations, or_none,
    },
    page::Page,
    selector_text,
    service::Behind,
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{at, has, items, name, namespace, number, shown, text, text_or, texts},
    request::{Failure, Outcome, Session},
    when,
};

pub(super) async fn ingress(session: &Session<'_>, object: &Value) -> Outcome<String> {
    let events = events_about(session, object).await?;
    let mut page = Page::default();
    page.field(0, "Name", name(object));
    labels(&mut page, "Labels", at(object, "/metadata/labels"));
    page.field(0, "Namespace", namespace(object));
    let mut addresses: Vec<&str> = items(object, "/status/loadBalancer/ingress")
        .iter()
        .map(|at| text_or(at, "/ip", text(at, "/hostname")))
        .filter(|address| !address.is_empty())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    page.field(0, "Address", addresses.join(","));
    let class = text_or(object, "/spec/ingressClassName", "<none>");
    page.field(0, "Ingress Class", class);
    let within = namespace(object);
    let default = at(object, "/spec/defaultBackend");
    let default = if default.is_null() {
        "<default>".to_owned()
    } else {
        backend_text(session, within, default).await?
    };
    page.field(0, "Default backend", &default);
    tls(&mut page, items(object, "/spec/tls"));
    page.line(0, "Rules:\n  Host\tPath\tBackends");
    page.line(1, "----\t----\t--------");
    let mut rules: Vec<&Value> = items(object, "/spec/rules").iter().collect();
    rules.retain(|rule| has(rule, "/http"));
    if rules.is_empty() {
        page.line(1, format_args!("*\t*\t{default}"));
    }
    for rule in rules {
        page.line(1, format_args!("{}\t", text_or(rule, "/host", "*")));
        for path in items(rule, "/http/paths") {
            let backend = backend_text(session, within, at(path, "/backend")).await?;
            page.line(2, format_args!("\t{} \t{backend}", text(path, "/path")));
        }
    }
    annotations(
        &mut page,
        "Annotations",
        at(object, "/metadata/annotations"),
    );
    event_table(&mut page, &events, session.now);
    Ok(page.finish())
}

fn tls(page: &mut Page, entries: &[Value]) {
    if entries.is_empty() {
        return;
    }
    page.line(0, "TLS:");
    for entry in entries {
        let hosts = texts(entry, "/hosts").join(",");
        match text(entry, "/secretName") {
            "" => page.line(1, format_args!("SNI routes {hosts}")),
            secret => page.line(1, format_args!("{secret} terminates {hosts}")),
        }
    }
}

/// `web:http (10.0.0.1:8080)`: a Service with where its pods are, or another resource.
async fn backend_text(session: &Session<'_>, within: &str, backend: &Value) -> Outcome<String> {
    if has(backend, "/resource") {
        let resource = at(backend, "/resource");
        return Ok(format!(
            "APIGroup: {}, Kind: {}, Name: {}",
            text_or(resource, "/apiGroup", "<none>"),
            text(resource, "/kind"),
            text(resource, "/name")
        ));
    }
    let (service, port) = (text(backend, "/service/name"), at(backend, "/service/port"));
    let wanted = match number(port, "/number") {
        0 => text(port, "/name").to_owned(),
        number => number.to_string(),
    };
    let known = ApiResource::known("", "v1", "services", "Service");
    let found = match session.object(&known, Some(within), service).await {
        Ok(found) => found,
        Err(Failure::Status(status)) => {
            let said = super::super::request::said(&status);
            return Ok(format!("{service}:{wanted} (<error: {said}>)"));
        }
        Err(failure) => return Err(failure),
    };
    let port_name = items(&found, "/spec/ports")
        .iter()
        .find(|port| text(port, "/name") == wanted || shown(at(port, "/port")) == wanted)
        .map_or("", |port| text(port, "/name"));
    let behind = Behind::read(session, &found).await?;
    Ok(format!(
        "{service}:{wanted} ({})",
        behind.of_port(port_name)
    ))
}

pub(super) fn policy(object: &Value) -> String {
    let mut page = Page::default();
    heading(&mut page, object);
    let created = text(object, "/metadata/creationTimestamp");
    page.field(0, "Created on", when::go_time(created));
    labels_and_annotations(&mut page, object);
    let spec = at(object, "/spec");
    page.line(0, "Spec:");
    let selector = selector_text(at(spec, "/podSelector"));
    if selector.is_empty() {
        page.line(
            1,
            "PodSelector:     <none> (Allowing the specific traffic to all pods in this namespace)",
        );
    } else {
        page.line(1, format_args!("PodSelector:     {selector}"));
    }
    let types = texts(spec, "/policyTypes");
    for (kind, word, direction) in [("Ingress", "ingress", &FROM), ("Egress", "egress", &TO)] {
        if types.contains(&kind) {
            page.line(1, format_args!("Allowing {word} traffic:"));
            traffic(&mut page, items(spec, &format!("/{word}")), direction);
        } else {
            page.line(1, format_args!("Not affecting {word} traffic"));
        }
    }
    page.line(
        1,
        format_args!("Policy Types: {}", or_none(types.join(", "))),
    );
    page.finish()
}

/// The words of one direction of traffic.
struct Direction {
    field: &'static str,
    title: &'static str,
    isolated: &'static str,
    anywhere: &'static str,
}

const FROM: Direction = Direction {
    field: "/from",
    title: "From",
    isolated: "<none> (Selected pods are isolated for ingress connectivity)",
    anywhere: "From: <any> (traffic not restricted by source)",
};
const TO: Direction = Direction {
    field: "/to",
    title: "To",
    isolated: "<none> (Selected pods are isolated for egress connectivity)",
    anywhere: "To: <any> (traffic not restricted by destination)",
};

fn traffic(page: &mut Page, rules: &[Value], direction: &Direction) {
    if rules.is_empty() {
        page.line(2, direction.isolated);
    }
    for (index, rule) in rules.iter().enumerate() {
        let ports = items(rule, "/ports");
        if ports.is_empty() {
            page.line(2, "To Port: <any> (traffic allowed to all ports)");
        }
        for port in ports {
            let protocol = text_or(port, "/protocol", "TCP");
            let first = shown(at(port, "/port"));
            if has(port, "/endPort") {
                let last = number(port, "/endPort");
                page.line(2, format_args!("To Port Range: {first}-{last}/{protocol}"));
            } else {
                page.line(2, format_args!("To Port: {first}/{protocol}"));
            }
        }
        let peers = items(rule, direction.field);
        if peers.is_empty() {
            page.line(2, direction.anywhere);
        }
        for peer in peers {
            page.line(2, format_args!("{}:", direction.title));
            peer_lines(page, peer);
        }
        if index + 1 < rules.len() {
            page.line(2, "----------");
        }
    }
}

fn peer_lines(page: &mut Page, peer: &Value) {
    for (label, field) in [
        ("NamespaceSelector", "/namespaceSelector"),
        ("PodSelector", "/podSelector"),
    ] {
        if has(peer, field) {
            let selector = or_none(selector_text(at(peer, field)));
            page.line(3, format_args!("{label}: {selector}"));
        }
    }
    if has(peer, "/ipBlock") {
        page.line(3, "IPBlock:");
        page.line(4, format_args!("CIDR: {}", text(peer, "/ipBlock/cidr")));
        let except = texts(peer, "/ipBlock/except").join(", ");
        page.line(4, format_args!("Except: {except}"));
    }
}
