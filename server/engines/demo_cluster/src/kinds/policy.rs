//! The groups `policy/v1` and `scheduling.k8s.io/v1`: how much disruption pods bear, and who goes first.
//!
//! Follows `pkg/apis/policy/validation/validation.go` and `pkg/apis/scheduling/v1/defaults.go`.

use serde_json::{Value, json};

use super::{BASE, NO_RULES, apps_rules};
use crate::{
    registry::{KindSpec, Rules, Subresource::Status},
    status::Cause,
    table,
    value::{self, set_default},
};

pub(crate) const POD_DISRUPTION_BUDGET: KindSpec = KindSpec {
    group: "policy",
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    singular: "poddisruptionbudget",
    short_names: &["pdb"],
    subresources: &[Status],
    has_generation: true,
    definition: "PodDisruptionBudget",
    rules: Rules {
        begin: budget_begin,
        validate: budget_rules,
        ..NO_RULES
    },
    printer: table::POD_DISRUPTION_BUDGET,
    ..BASE
};

pub(crate) const PRIORITY_CLASS: KindSpec = KindSpec {
    group: "scheduling.k8s.io",
    kind: "PriorityClass",
    plural: "priorityclasses",
    singular: "priorityclass",
    short_names: &["pc"],
    namespaced: false,
    has_generation: true,
    definition: "PriorityClass",
    rules: Rules {
        defaults: |class| set_default(class, &["preemptionPolicy"], "PreemptLowerPriority"),
        validate_update: class_update_rules,
        ..NO_RULES
    },
    printer: table::PRIORITY_CLASS,
    ..BASE
};

fn budget_begin(budget: &mut Value) {
    let nothing_yet = json!({
        "currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0,
    });
    set_default(budget, &["status"], nothing_yet);
}

fn budget_rules(budget: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let bounds = ["minAvailable", "maxUnavailable"];
    let given: Vec<&str> = bounds
        .into_iter()
        .filter(|field| budget["spec"].get(field).is_some())
        .collect();
    if given.len() == bounds.len() {
        let detail = "minAvailable and maxUnavailable cannot be both set";
        causes.push(Cause::invalid("spec", &budget["spec"], detail));
    }
    for field in given {
        let bound = &budget["spec"][field];
        if let Some(problem) = apps_rules::portion_problem(bound) {
            causes.push(Cause::invalid(format!("spec.{field}"), bound, problem));
        }
    }
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    let policy = value::text(budget, "/spec/unhealthyPodEvictionPolicy");
    if !policy.is_empty() && !policies.contains(&policy) {
        let field = "spec.unhealthyPodEvictionPolicy";
        causes.push(Cause::not_supported(field, policy, &policies));
    }
    causes
}

fn class_update_rules(new: &Value, old: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if new["value"] != old["value"] {
        causes.push(Cause::forbidden(
            "value",
            "may not be changed in an update.",
        ));
    }
    if new["preemptionPolicy"] != old["preemptionPolicy"] {
        let shown = &new["preemptionPolicy"];
        causes.push(Cause::invalid(
            "preemptionPolicy",
            shown,
            "field is immutable",
        ));
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_budgets_with_two_bounds() {
        let budget = json!({"spec": {"minAvailable": 1, "maxUnavailable": "x"}});
        let fields: Vec<String> = budget_rules(&budget)
            .into_iter()
            .map(|it| it.field)
            .collect();
        assert_eq!(fields, ["spec", "spec.maxUnavailable"]);
        assert_eq!(budget_rules(&json!({"spec": {"minAvailable": "50%"}})), []);
    }

    #[test]
    fn keeps_the_value_of_a_priority() {
        let (old, new) = (json!({"value": 1}), json!({"value": 2}));
        assert_eq!(class_update_rules(&new, &old).len(), 1);
        assert_eq!(class_update_rules(&old, &old), []);
    }
}
