//! The group `networking.k8s.io/v1`: ingresses, their classes, and network policies.
//!
//! Follows `pkg/apis/networking/v1/defaults.go` and `pkg/apis/networking/validation/validation.go`.

use serde_json::{Value, json};

use super::{BASE, NO_RULES};
use crate::{
    api::names,
    registry::{KindSpec, Rules, Subresource::Status},
    status::Cause,
    table,
    value::{self, items, set_default, text},
};

const NETWORKING: KindSpec = KindSpec {
    group: "networking.k8s.io",
    has_generation: true,
    ..BASE
};

pub(crate) const INGRESS: KindSpec = KindSpec {
    kind: "Ingress",
    plural: "ingresses",
    singular: "ingress",
    short_names: &["ing"],
    subresources: &[Status],
    definition: "Ingress",
    rules: Rules {
        begin: |ingress| set_default(ingress, &["status", "loadBalancer"], json!({})),
        validate: ingress_rules,
        ..NO_RULES
    },
    printer: table::INGRESS,
    ..NETWORKING
};

pub(crate) const INGRESS_CLASS: KindSpec = KindSpec {
    kind: "IngressClass",
    plural: "ingressclasses",
    singular: "ingressclass",
    namespaced: false,
    definition: "IngressClass",
    rules: Rules {
        validate_update: controller_is_immutable,
        ..NO_RULES
    },
    printer: table::INGRESS_CLASS,
    ..NETWORKING
};

pub(crate) const NETWORK_POLICY: KindSpec = KindSpec {
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    singular: "networkpolicy",
    short_names: &["netpol"],
    definition: "NetworkPolicy",
    rules: Rules {
        defaults: policy_defaults,
        validate: policy_rules,
        ..NO_RULES
    },
    printer: table::NETWORK_POLICY,
    ..NETWORKING
};

fn ingress_rules(ingress: &Value) -> Vec<Cause> {
    let spec = &ingress["spec"];
    let rules = items(spec, "/rules");
    let mut causes = Vec::new();
    match spec.get("defaultBackend") {
        Some(backend) => causes.extend(backend_problem(backend, "spec.defaultBackend")),
        None if rules.is_empty() => causes.push(Cause::invalid_shown(
            "spec",
            "[]networking.IngressRule(nil)",
            "either `defaultBackend` or `rules` must be specified",
        )),
        None => {}
    }
    for (index, rule) in rules.iter().enumerate() {
        let at = format!("spec.rules[{index}]");
        let host = text(rule, "/host");
        let plain = host.strip_prefix("*.").unwrap_or(host);
        if let Some(problem) = names::subdomain(plain).filter(|_| !host.is_empty()) {
            causes.push(Cause::invalid(format!("{at}.host"), &json!(host), &problem));
        }
        for (index, path) in items(rule, "/http/paths").iter().enumerate() {
            causes.extend(path_rules(path, &format!("{at}.http.paths[{index}]")));
        }
    }
    causes
}

fn path_rules(path: &Value, at: &str) -> Vec<Cause> {
    let types = ["Exact", "ImplementationSpecific", "Prefix"];
    let (kind, given) = (text(path, "/pathType"), text(path, "/path"));
    let mut causes = Vec::new();
    if kind.is_empty() {
        let detail = "pathType must be specified";
        return vec![Cause::required(format!("{at}.pathType"), detail)];
    } else if !types.contains(&kind) {
        causes.push(Cause::not_supported(format!("{at}.pathType"), kind, &types));
    } else if !(given.starts_with('/') || given.is_empty() && kind == "ImplementationSpecific") {
        let detail = "must be an absolute path";
        causes.push(Cause::invalid(format!("{at}.path"), &json!(given), detail));
    }
    causes.extend(backend_problem(&path["backend"], &format!("{at}.backend")));
    causes
}

fn backend_problem(backend: &Value, at: &str) -> Option<Cause> {
    let service = backend.get("service");
    match (service, backend.get("resource")) {
        (None, Some(_)) => None,
        (Some(_), Some(_)) => {
            let detail = "cannot set both resource and service backends";
            Some(Cause::invalid(at, &json!(""), detail))
        }
        (None, None) => {
            let detail = "resource or service backend is required";
            Some(Cause::invalid(at, &json!(""), detail))
        }
        (Some(service), None) if text(service, "/name").is_empty() => {
            Some(Cause::required(format!("{at}.service.name"), ""))
        }
        (Some(service), None) => {
            let port = &service["port"];
            let is_named = !text(port, "/name").is_empty();
            match (is_named, value::integer(port, "/number").unwrap_or(0)) {
                (true, 0) | (false, 1..=65_535) => None,
                (false, 0) => Some(Cause::required(at, "port name or number is required")),
                (true, _) => {
                    let detail = "cannot set both port name & port number";
                    Some(Cause::invalid(at, &json!(""), detail))
                }
                (false, number) => {
                    let field = format!("{at}.service.port.number");
                    let detail = "must be between 1 and 65535, inclusive";
                    Some(Cause::invalid(field, &json!(number), detail))
                }
            }
        }
    }
}

fn controller_is_immutable(new: &Value, old: &Value) -> Vec<Cause> {
    let (now, before) = (&new["spec"]["controller"], &old["spec"]["controller"]);
    if now == before {
        return Vec::new();
    }
    vec![Cause::invalid("spec.controller", now, "field is immutable")]
}

/// A policy without types is about what comes in, and about what goes out when it says something about it.
fn policy_defaults(policy: &mut Value) {
    let mut types = vec!["Ingress"];
    if !items(policy, "/spec/egress").is_empty() {
        types.push("Egress");
    }
    set_default(policy, &["spec", "policyTypes"], json!(types));
    for direction in ["ingress", "egress"] {
        let rules = policy
            .pointer_mut(&format!("/spec/{direction}"))
            .and_then(Value::as_array_mut);
        for rule in rules.into_iter().flatten() {
            let ports = rule.get_mut("ports").and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten() {
                set_default(port, &["protocol"], "TCP");
            }
        }
    }
}

fn policy_rules(policy: &Value) -> Vec<Cause> {
    const TYPES: [&str; 2] = ["Egress", "Ingress"];
    items(policy, "/spec/policyTypes")
        .iter()
        .enumerate()
        .filter_map(|(index, given)| {
            let given = given.as_str().unwrap_or_default();
            let field = format!("spec.policyTypes[{index}]");
            (!TYPES.contains(&given)).then(|| Cause::not_supported(field, given, &TYPES))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spec: Value, expected: &[&str]) {
        let found: Vec<String> = ingress_rules(&json!({"spec": spec}))
            .iter()
            .map(Cause::to_string)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn wants_somewhere_to_send_requests() {
        check(
            json!({}),
            &[
                "spec: Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified",
            ],
        );
        let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
        check(json!({"defaultBackend": backend}), &[]);
        let path = json!({"path": "shop", "pathType": "Prefix", "backend": {}});
        check(
            json!({"rules": [{"host": "Shop", "http": {"paths": [path, {"backend": backend}]}}]}),
            &[
                &format!(
                    "spec.rules[0].host: Invalid value: \"Shop\": {}",
                    names::subdomain("Shop").unwrap()
                ),
                "spec.rules[0].http.paths[0].path: Invalid value: \"shop\": must be an absolute path",
                "spec.rules[0].http.paths[0].backend: Invalid value: \"\": resource or service backend is required",
                "spec.rules[0].http.paths[1].pathType: Required value: pathType must be specified",
            ],
        );
        check(
            json!({"rules": [{"host": "*.shop.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 70_000}}}}]}}]}),
            &[
                "spec.rules[0].http.paths[0].backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive",
            ],
        );
    }

    #[test]
    fn knows_what_a_policy_without_types_is_about() {
        let mut policy =
            json!({"spec": {"podSelector": {}, "egress": [{"ports": [{"port": 53}]}]}});
        policy_defaults(&mut policy);
        assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
        assert_eq!(policy["spec"]["egress"][0]["ports"][0]["protocol"], "TCP");
        assert_eq!(policy_rules(&policy), []);
        assert_eq!(
            policy_rules(&json!({"spec": {"policyTypes": ["Both"]}})).len(),
            1
        );
    }
}
