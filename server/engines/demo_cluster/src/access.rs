//! Who may do what: the demo cluster has one user, who may do everything.

use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::{
    fields::{self, Write},
    registry::{
        KindId, SELF_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_REVIEW, SELF_SUBJECT_RULES_REVIEW,
    },
};

/// The name of the one user.
pub const USER: &str = "demo-admin";
/// The user's groups.
pub const GROUPS: [&str; 2] = ["system:masters", "system:authenticated"];

/// The answer to a review by `manager`, or nothing when the kind is no review.
#[must_use]
pub fn review(kind: KindId, body: &Value, manager: &str, now: Timestamp) -> Option<Value> {
    // Members of `system:masters` are let through before any rule is asked: there is no reason to tell.
    let (status, repeats_question) = match kind {
        SELF_SUBJECT_ACCESS_REVIEW => (json!({"allowed": true}), true),
        SELF_SUBJECT_RULES_REVIEW => (rules(), false),
        SELF_SUBJECT_REVIEW => {
            let user = json!({"username": USER, "groups": GROUPS});
            (json!({"userInfo": user}), true)
        }
        _ => return None,
    };
    let mut out = json!({"metadata": {}});
    match body.get("spec").filter(|_| repeats_question) {
        Some(asked) => out["spec"] = asked.clone(),
        None if kind == SELF_SUBJECT_RULES_REVIEW => out["spec"] = json!({}),
        None => {}
    }
    if kind == SELF_SUBJECT_ACCESS_REVIEW {
        let write = Write {
            kind,
            manager,
            subresource: None,
            now,
        };
        fields::track(&Value::Null, &mut out, write);
    }
    out["kind"] = json!(kind.spec().kind);
    out["apiVersion"] = json!(kind.spec().api_version());
    out["status"] = status;
    Some(out)
}

/// What the user may do: everything, and once more what everybody may. Source: the bootstrap policy of
/// `plugin/pkg/auth/authorizer/rbac`, roles `cluster-admin`, `system:basic-user`, `system:discovery` and
/// `system:public-info-viewer`.
fn rules() -> Value {
    let create = |group: &str, resources: &[&str]| json!({"verbs": ["create"], "apiGroups": [group], "resources": resources});
    let get = |paths: &[&str]| json!({"verbs": ["get"], "nonResourceURLs": paths});
    let questions = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"];
    json!({
        "incomplete": false,
        "nonResourceRules": [
            {"verbs": ["*"], "nonResourceURLs": ["*"]},
            get(&[
                "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz",
                "/version", "/version/",
            ]),
            get(&["/healthz", "/livez", "/readyz", "/version", "/version/"]),
        ],
        "resourceRules": [
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
            create("authorization.k8s.io", &questions),
            create("authentication.k8s.io", &["selfsubjectreviews"]),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::POD;

    const NOW: Timestamp = Timestamp(0);

    #[test]
    fn allows_everything_and_notes_who_asked() {
        let asked = json!({"spec": {"resourceAttributes": {"verb": "delete", "resource": "pods"}}});
        let answer = review(SELF_SUBJECT_ACCESS_REVIEW, &asked, "me", NOW).unwrap();
        assert_eq!(answer["status"], json!({"allowed": true}));
        assert_eq!(answer["spec"], asked["spec"]);
        let entry = &answer["metadata"]["managedFields"][0];
        assert_eq!(entry["manager"], "me");
        assert_eq!(
            entry["fieldsV1"]["f:spec"]["f:resourceAttributes"],
            json!({".": {}, "f:resource": {}, "f:verb": {}})
        );
    }

    #[test]
    fn lists_what_everybody_may_beside_everything() {
        let asked = json!({"spec": {"namespace": "shop"}});
        let answer = review(SELF_SUBJECT_RULES_REVIEW, &asked, "me", NOW).unwrap();
        assert_eq!(answer["spec"], json!({}));
        let rules = &answer["status"]["resourceRules"];
        assert_eq!(rules[0]["resources"], json!(["*"]));
        assert_eq!(rules[2]["resources"], json!(["selfsubjectreviews"]));
    }

    #[test]
    fn says_who_asks() {
        let answer = review(SELF_SUBJECT_REVIEW, &Value::Null, "me", NOW).unwrap();
        assert_eq!(answer["status"]["userInfo"]["username"], USER);
        assert_eq!(review(POD, &Value::Null, "me", NOW), None);
    }
}
