//! Who may do what: the demo cluster has one user, who may do everything.

use serde_json::{Value, json};

use crate::registry::{
    KindId, SELF_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_REVIEW, SELF_SUBJECT_RULES_REVIEW,
};

/// The name of the one user.
pub const USER: &str = "demo-admin";
/// The user's groups.
pub const GROUPS: [&str; 2] = ["system:masters", "system:authenticated"];

/// The answer to a review, or nothing when the kind is no review.
#[must_use]
pub fn review(kind: KindId, body: &Value) -> Option<Value> {
    let status = match kind {
        SELF_SUBJECT_ACCESS_REVIEW => json!({
            "allowed": true,
            "reason": format!("RBAC: allowed by ClusterRoleBinding \"cluster-admin\" of ClusterRole \"cluster-admin\" to Group {:?}", GROUPS[0]),
        }),
        SELF_SUBJECT_RULES_REVIEW => json!({
            "incomplete": false,
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
        }),
        SELF_SUBJECT_REVIEW => json!({"userInfo": {"username": USER, "groups": GROUPS}}),
        _ => return None,
    };
    let spec = kind.spec();
    let mut out = json!({
        "kind": spec.kind, "apiVersion": spec.api_version(), "metadata": {}, "status": status,
    });
    if let Some(asked) = body.get("spec") {
        out["spec"] = asked.clone();
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::POD;

    #[test]
    fn allows_everything_and_says_why() {
        let asked = json!({"spec": {"resourceAttributes": {"verb": "delete", "resource": "pods"}}});
        let answer = review(SELF_SUBJECT_ACCESS_REVIEW, &asked).unwrap();
        assert_eq!(answer["status"]["allowed"], true);
        assert!(
            answer["status"]["reason"]
                .as_str()
                .unwrap()
                .contains("cluster-admin")
        );
        assert_eq!(answer["spec"], asked["spec"]);
    }

    #[test]
    fn says_who_asks() {
        let answer = review(SELF_SUBJECT_REVIEW, &Value::Null).unwrap();
        assert_eq!(answer["status"]["userInfo"]["username"], USER);
        assert_eq!(review(POD, &Value::Null), None);
    }
}
