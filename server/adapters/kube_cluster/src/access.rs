//! Asking the cluster what the credentials may do (`SelfSubjectAccessReview`).

use domain::{ErrorCode, OpsError, plan::ClusterAction, ports::Abilities};
use http::{
    Request,
    header::{ACCEPT, CONTENT_TYPE},
};
use kube::Client;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::{ops_error, server_text},
    request::send,
};

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// One question: may these credentials do this?
#[derive(Debug, Clone, Copy)]
struct Question<'q> {
    verb: &'q str,
    group: &'q str,
    resource: &'q str,
    subresource: &'q str,
    /// Empty for all namespaces.
    namespace: &'q str,
    /// Empty for all names.
    name: &'q str,
}

#[derive(Deserialize)]
struct Review {
    status: Verdict,
}

#[derive(Deserialize)]
struct Verdict {
    allowed: bool,
    #[serde(default)]
    reason: String,
}

/// What the credentials may do. Scaling counts when it is allowed in the default namespace at least.
pub(crate) async fn abilities(client: &Client, namespace: &str) -> Result<Abilities, OpsError> {
    let pods = Question {
        verb: "list",
        group: "",
        resource: "pods",
        subresource: "",
        namespace: "",
        name: "",
    };
    let scale = Question {
        verb: "update",
        group: "apps",
        resource: "deployments",
        subresource: "scale",
        namespace: "",
        name: "",
    };
    let (read_pods, scale_all) = tokio::try_join!(ask(client, pods), ask(client, scale))?;
    let scale_deployments =
        scale_all.allowed || ask(client, Question { namespace, ..scale }).await?.allowed;
    Ok(Abilities {
        read_pods: read_pods.allowed,
        scale_deployments,
    })
}

/// Refuses an action that the credentials may not do.
pub(crate) async fn require(client: &Client, action: &ClusterAction) -> Result<(), OpsError> {
    let workload = action.workload();
    let (verb, subresource) = match action {
        ClusterAction::Scale { .. } => ("update", "scale"),
        ClusterAction::Restart { .. } | ClusterAction::Annotate { .. } => ("patch", ""),
    };
    let question = Question {
        verb,
        group: "apps",
        resource: workload.kind.plural(),
        subresource,
        namespace: workload.namespace.as_str(),
        name: workload.name.as_str(),
    };
    let verdict = ask(client, question).await?;
    if verdict.allowed {
        return Ok(());
    }
    let right = if subresource.is_empty() {
        format!("{verb} {}", question.resource)
    } else {
        format!("{verb} {}/{subresource}", question.resource)
    };
    let reason = match server_text(&verdict.reason) {
        text if text.is_empty() => String::new(),
        text => format!(" ({text})"),
    };
    Err(OpsError::new(
        ErrorCode::ClusterForbids,
        format!(
            "these credentials may not {right} in namespace {}{reason}",
            workload.namespace
        ),
    )
    .hint(format!(
        "Ask whoever runs the cluster for the permission “{right}” in group apps."
    )))
}

async fn ask(client: &Client, question: Question<'_>) -> Result<Verdict, OpsError> {
    let body = serde_json::to_vec(&review(question)).map_err(|_| OpsError::internal())?;
    let request = Request::post(REVIEWS)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|_| OpsError::internal())?;
    let review: Review = send(client, request)
        .await
        .map_err(|error| ops_error(error, "ask what these credentials may do"))?;
    Ok(review.status)
}

fn review(question: Question<'_>) -> Value {
    let Question {
        verb,
        group,
        resource,
        subresource,
        namespace,
        name,
    } = question;
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": verb,
            "group": group,
            "resource": resource,
            "subresource": subresource,
            "namespace": namespace,
            "name": name,
        }},
    })
}
