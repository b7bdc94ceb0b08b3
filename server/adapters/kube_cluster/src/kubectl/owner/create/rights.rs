//! `kubectl create role`, `clusterrole` and their bindings.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{super::run::Run, metadata};
use crate::kubectl::request::{Failure, Outcome};

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) async fn role(run: &Run<'_>, name: &str, kind: &str) -> Outcome<Value> {
    let mut verbs: Vec<&str> = Vec::new();
    for verb in run.line.list("verb") {
        if verb == "*" {
            verbs = vec!["*"];
            break;
        }
        if !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    if verbs.is_empty() {
        return Err(Failure::message("at least one verb must be specified"));
    }
    let mut rules = Vec::new();
    let mut by_group: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for word in run.line.list("resource") {
        let (word, subresource) = match word.split_once('/') {
            Some((word, part)) => (word, format!("/{part}")),
            None => (word, String::new()),
        };
        let (group, plural) = if word == "*" {
            (String::new(), "*".to_owned())
        } else {
            let resource = run.session.resource(word).await?;
            (resource.group, resource.plural)
        };
        by_group
            .entry(group)
            .or_default()
            .push(format!("{plural}{subresource}"));
    }
    let names = run.line.list("resource-name");
    for (group, resources) in by_group {
        let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        if !names.is_empty() {
            rule["resourceNames"] = json!(names);
        }
        rules.push(rule);
    }
    let paths = run.line.list("non-resource-url");
    if !paths.is_empty() {
        rules.push(json!({"nonResourceURLs": paths, "verbs": verbs}));
    }
    if rules.is_empty() {
        return Err(Failure::message("at least one resource must be specified"));
    }
    Ok(
        json!({"apiVersion": format!("{GROUP}/v1"), "kind": kind, "metadata": metadata(name), "rules": rules}),
    )
}

pub(super) fn binding(run: &Run<'_>, name: &str, kind: &str) -> Outcome<Value> {
    let (role_kind, role) = match (run.line.value("role"), run.line.value("clusterrole")) {
        (Some(role), None) if kind == "RoleBinding" => ("Role", role),
        (None, Some(role)) => ("ClusterRole", role),
        _ if kind == "RoleBinding" => {
            return Err(Failure::message(
                "exactly one of clusterrole or role must be specified",
            ));
        }
        _ => return Err(Failure::message("clusterrole must be specified")),
    };
    let mut subjects = Vec::new();
    for (flag, subject) in [("user", "User"), ("group", "Group")] {
        for name in run.line.values(flag) {
            subjects.push(json!({"apiGroup": GROUP, "kind": subject, "name": name}));
        }
    }
    for account in run.line.values("serviceaccount") {
        let (namespace, name) = account
            .split_once(':')
            .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty())
            .ok_or_else(|| Failure::message("serviceaccount must be <namespace>:<name>"))?;
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    let mut object = json!({
        "apiVersion": format!("{GROUP}/v1"), "kind": kind, "metadata": metadata(name),
        "roleRef": {"apiGroup": GROUP, "kind": role_kind, "name": role},
    });
    if !subjects.is_empty() {
        object["subjects"] = subjects.into();
    }
    Ok(object)
}
