//! The group `rbac.authorization.k8s.io/v1`. Roles are stored and shown; the one user may do everything.
//!
//! Follows `pkg/apis/rbac/v1/defaults.go` and `pkg/apis/rbac/validation/validation.go`.

use serde_json::Value;

use super::{BASE, NO_RULES};
use crate::{
    registry::{KindSpec, NameRule, Rules},
    status::Cause,
    table,
    value::{items, set_default, text},
};

const GROUP: &str = "rbac.authorization.k8s.io";

const ROLES: KindSpec = KindSpec {
    group: GROUP,
    rules: Rules {
        name: NameRule::PathSegment,
        validate: role_rules,
        ..NO_RULES
    },
    printer: table::NAME_AND_CREATION,
    ..BASE
};

const BINDINGS: KindSpec = KindSpec {
    group: GROUP,
    rules: Rules {
        name: NameRule::PathSegment,
        defaults: binding_defaults,
        validate: binding_rules,
        validate_update: role_is_immutable,
        ..NO_RULES
    },
    printer: table::ROLE_BINDING,
    ..BASE
};

pub(crate) const ROLE: KindSpec = KindSpec {
    kind: "Role",
    plural: "roles",
    singular: "role",
    definition: "Role",
    ..ROLES
};

pub(crate) const CLUSTER_ROLE: KindSpec = KindSpec {
    kind: "ClusterRole",
    plural: "clusterroles",
    singular: "clusterrole",
    namespaced: false,
    definition: "ClusterRole",
    ..ROLES
};

pub(crate) const ROLE_BINDING: KindSpec = KindSpec {
    kind: "RoleBinding",
    plural: "rolebindings",
    singular: "rolebinding",
    definition: "RoleBinding",
    ..BINDINGS
};

pub(crate) const CLUSTER_ROLE_BINDING: KindSpec = KindSpec {
    kind: "ClusterRoleBinding",
    plural: "clusterrolebindings",
    singular: "clusterrolebinding",
    namespaced: false,
    definition: "ClusterRoleBinding",
    printer: table::CLUSTER_ROLE_BINDING,
    ..BINDINGS
};

fn role_rules(role: &Value) -> Vec<Cause> {
    let is_namespaced = text(role, "/kind") == "Role";
    items(role, "/rules")
        .iter()
        .enumerate()
        .flat_map(|(index, rule)| rule_problems(rule, is_namespaced, &format!("rules[{index}]")))
        .collect()
}

fn rule_problems(rule: &Value, is_namespaced: bool, at: &str) -> Vec<Cause> {
    let has = |field: &str| !items(rule, field).is_empty();
    let mut causes = Vec::new();
    if !has("/verbs") {
        let detail = "verbs must contain at least one value";
        causes.push(Cause::required(format!("{at}.verbs"), detail));
    }
    if has("/nonResourceURLs") {
        let mut refuse = |detail| {
            let field = format!("{at}.nonResourceURLs");
            causes.push(Cause::invalid(field, &rule["nonResourceURLs"], detail));
        };
        if is_namespaced {
            refuse("namespaced rules cannot apply to non-resource URLs");
        }
        if has("/apiGroups") || has("/resources") || has("/resourceNames") {
            refuse("rules cannot apply to both regular resources and non-resource URLs");
        }
        return causes;
    }
    for (field, what) in [("apiGroups", "api group"), ("resources", "resource")] {
        if !has(&format!("/{field}")) {
            let detail = format!("resource rules must supply at least one {what}");
            causes.push(Cause::required(format!("{at}.{field}"), &detail));
        }
    }
    causes
}

fn binding_defaults(binding: &mut Value) {
    set_default(binding, &["roleRef", "apiGroup"], GROUP);
    let subjects = binding.get_mut("subjects").and_then(Value::as_array_mut);
    for subject in subjects.into_iter().flatten() {
        if matches!(text(subject, "/kind"), "User" | "Group") {
            set_default(subject, &["apiGroup"], GROUP);
        }
    }
}

fn binding_rules(binding: &Value) -> Vec<Cause> {
    let mut kinds = vec!["ClusterRole"];
    if text(binding, "/kind") == "RoleBinding" {
        kinds.push("Role");
    }
    let mut causes = Vec::new();
    let kind = text(binding, "/roleRef/kind");
    if !kinds.contains(&kind) {
        causes.push(Cause::not_supported("roleRef.kind", kind, &kinds));
    }
    if text(binding, "/roleRef/name").is_empty() {
        causes.push(Cause::required("roleRef.name", ""));
    }
    let subjects = ["Group", "ServiceAccount", "User"];
    for (index, subject) in items(binding, "/subjects").iter().enumerate() {
        let at = format!("subjects[{index}]");
        let kind = text(subject, "/kind");
        if !subjects.contains(&kind) {
            causes.push(Cause::not_supported(format!("{at}.kind"), kind, &subjects));
        }
        if text(subject, "/name").is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        }
        if kind == "ServiceAccount" && text(subject, "/namespace").is_empty() {
            causes.push(Cause::required(format!("{at}.namespace"), ""));
        }
    }
    causes
}

fn role_is_immutable(new: &Value, old: &Value) -> Vec<Cause> {
    if new["roleRef"] == old["roleRef"] {
        return Vec::new();
    }
    vec![Cause::invalid(
        "roleRef",
        &new["roleRef"],
        "cannot change roleRef",
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(causes: &[Cause]) -> Vec<String> {
        causes.iter().map(Cause::to_string).collect()
    }

    #[test]
    fn wants_every_rule_to_say_what_about() {
        let role = json!({"kind": "Role", "rules": [{"resources": ["pods"]}, {"verbs": ["get"], "nonResourceURLs": ["/healthz"]}]});
        assert_eq!(
            words(&role_rules(&role)),
            [
                "rules[0].verbs: Required value: verbs must contain at least one value",
                "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
                "rules[1].nonResourceURLs: Invalid value: [\"/healthz\"]: namespaced rules cannot apply to non-resource URLs",
            ]
        );
    }

    #[test]
    fn binds_known_subjects_to_a_role_for_good() {
        let mut binding = json!({"kind": "ClusterRoleBinding", "roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "User", "name": "ada"}]});
        binding_defaults(&mut binding);
        assert_eq!(binding["subjects"][0]["apiGroup"], GROUP);
        assert_eq!(binding_rules(&binding), []);
        let mut other = binding.clone();
        other["roleRef"]["kind"] = json!("Role");
        other["subjects"][0] = json!({"kind": "ServiceAccount", "name": "x"});
        assert_eq!(
            words(&binding_rules(&other)),
            [
                "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"",
                "subjects[0].namespace: Required value",
            ]
        );
        assert_eq!(role_is_immutable(&other, &binding).len(), 1);
    }
}
