//! `kubectl auth can-i` and `kubectl auth whoami`: questions about one's own rights, which change nothing.
//!
//! Source: `k8s.io/kubectl/pkg/cmd/auth/cani.go` and `whoami.go`.

use domain::{
    command::{AccessQuestion, CommandOutput, OutputFormat},
    ids::NamespaceScope,
};
use serde_json::{Value, json};

use super::{
    go_json,
    json::{at, flag, items, members, text, texts},
    objects::{self, Shape},
    printed,
    request::{Outcome, Session},
    rules, tabs,
};

/// Verbs on resources that kubectl knows.
const RESOURCE_VERBS: [&str; 14] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "*",
    "approve",
    "sign",
];
/// Verbs on paths that kubectl knows.
const PATH_VERBS: [&str; 8] = [
    "get", "put", "post", "head", "options", "delete", "patch", "*",
];
/// Names that are no resources of the API and yet have rules.
const UNSERVED_NAMES: [&str; 2] = ["users", "groups"];

/// `kubectl auth can-i VERB TYPE`.
pub(super) async fn can_i(
    session: &Session<'_>,
    question: &AccessQuestion,
) -> Outcome<CommandOutput> {
    let mut warnings = String::new();
    let spec = if question.resource.starts_with('/') {
        if !PATH_VERBS.contains(&question.verb.as_str()) {
            warnings.push_str(&unknown_verb(&question.verb));
        }
        json!({"nonResourceAttributes": {"verb": question.verb, "path": question.resource}})
    } else {
        let (group, plural) = meant(session, question, &mut warnings).await?;
        json!({"resourceAttributes": {
            "namespace": session.namespace(&question.scope).unwrap_or_default(),
            "verb": question.verb, "group": group, "resource": plural,
            "subresource": question.subresource.as_deref().unwrap_or_default(),
            "name": question.name.as_deref().unwrap_or_default()}})
    };
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "metadata": {}, "spec": spec});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer = session.review(path, &review).await?;
    let mut output = printed(verdict(at(&answer, "/status")));
    output.exit_code = i32::from(!flag(&answer, "/status/allowed"));
    if question.quiet {
        output.stdout.clear();
    }
    output.stderr = warnings;
    Ok(output)
}

/// The group and plural of the type asked about, with kubectl's warnings on the way.
async fn meant(
    session: &Session<'_>,
    question: &AccessQuestion,
    warnings: &mut String,
) -> Outcome<(String, String)> {
    let word = question.resource.as_str();
    if word == "*" {
        return Ok((String::new(), word.to_owned()));
    }
    let catalog = session.catalog().await?;
    let Some(found) = catalog.find(word) else {
        if !UNSERVED_NAMES.contains(&word) {
            let (name, group) = word.split_once('.').unwrap_or((word, ""));
            warnings.push_str(&format!(
                "Warning: the server doesn't have a resource type '{name}'{}\n",
                if group.is_empty() {
                    String::new()
                } else {
                    format!(" in group '{group}'")
                }
            ));
            warnings.push('\n');
        }
        return Ok((String::new(), word.to_owned()));
    };
    let is_everywhere = question.scope == Some(NamespaceScope::All);
    if !is_everywhere && !found.namespaced {
        let group = match found.group.as_str() {
            "" => String::new(),
            group => format!(" in group '{group}'"),
        };
        warnings.push_str(&format!(
            "Warning: resource '{}' is not namespace scoped{group}\n\n",
            found.plural
        ));
    }
    if !is_everywhere && !RESOURCE_VERBS.contains(&question.verb.as_str()) {
        warnings.push_str(&unknown_verb(&question.verb));
    }
    Ok((found.group.clone(), found.plural.clone()))
}

fn unknown_verb(verb: &str) -> String {
    format!("Warning: verb '{verb}' is not a known verb\n\n")
}

/// `yes`, or `no` with the authorizer's reason.
fn verdict(status: &Value) -> String {
    if flag(status, "/allowed") {
        return "yes\n".to_owned();
    }
    let mut line = "no".to_owned();
    for field in ["/reason", "/evaluationError"] {
        if !text(status, field).is_empty() {
            line.push_str(" - ");
            line.push_str(text(status, field));
        }
    }
    line + "\n"
}

/// `kubectl auth can-i --list`.
pub(super) async fn list(
    session: &Session<'_>,
    scope: &Option<NamespaceScope>,
    no_headers: bool,
) -> Outcome<CommandOutput> {
    let namespace = session.one_namespace(scope);
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "metadata": {}, "spec": {"namespace": namespace}});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let answer = session.review(path, &review).await?;
    let given = items(&answer, "/status/nonResourceRules")
        .iter()
        .chain(items(&answer, "/status/resourceRules"));
    let mut lines = String::new();
    if !no_headers {
        lines.push_str("Resources\tNon-Resource URLs\tResource Names\tVerbs\n");
    }
    for rule in rules::compacted(given) {
        lines.push_str(&rule.line());
        lines.push('\n');
    }
    let mut output = printed(tabs::align(&lines, tabs::TABLE));
    if flag(&answer, "/status/incomplete") {
        let why = text(&answer, "/status/evaluationError");
        output.stderr = format!("Warning: the list may be incomplete: {why}\n");
    }
    Ok(output)
}

/// `kubectl auth whoami`.
pub(super) async fn who_am_i(
    session: &Session<'_>,
    format: &OutputFormat,
) -> Outcome<CommandOutput> {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
        "metadata": {}});
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let mut answer = session.review(path, &review).await?;
    if !matches!(format, OutputFormat::Table | OutputFormat::Wide) {
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("apiVersion".to_owned(), "authentication.k8s.io/v1".into());
            fields.insert("kind".to_owned(), "SelfSubjectReview".into());
        }
        if *format == OutputFormat::Json {
            return Ok(printed(go_json::pretty(&answer) + "\n"));
        }
        return objects::print(&[answer], format, Shape::One).map(printed);
    }
    let user = at(&answer, "/status/userInfo");
    let mut lines = "ATTRIBUTE\tVALUE\n".to_owned();
    for (label, field) in [("Username", "/username"), ("UID", "/uid")] {
        if !text(user, field).is_empty() {
            lines.push_str(&format!("{label}\t{}\n", text(user, field)));
        }
    }
    let groups = texts(user, "/groups");
    if !groups.is_empty() {
        lines.push_str(&format!("Groups\t[{}]\n", groups.join(" ")));
    }
    for (key, values) in members(user, "/extra") {
        lines.push_str(&format!("Extra: {key}\t{}\n", super::json::shown(values)));
    }
    Ok(printed(tabs::align(&lines, tabs::TABLE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_carries_the_reason() {
        assert_eq!(verdict(&json!({"allowed": true})), "yes\n");
        assert_eq!(verdict(&json!({"reason": "no rule"})), "no - no rule\n");
    }
}
