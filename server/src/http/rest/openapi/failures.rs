//! How operations fail, for the OpenAPI document: one response for each HTTP status, naming the codes under it.

use std::collections::BTreeMap;

use domain::ErrorCode;
use serde_json::{Value, json};

use super::super::{Operation, document::EVERYWHERE};

/// Why an operation may fail, in the order of the codes.
pub(super) fn of_operation(operation: &Operation) -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut codes: Vec<ErrorCode> = operation.refusals.concat();
    if operation.path.contains('{') {
        codes.push(ErrorCode::NotFound);
    }
    if operation.request.is_some() {
        codes.extend([ErrorCode::Invalid, ErrorCode::TooLarge]);
    }
    let mut failures = by_status(&codes);
    if operation.request.is_some() {
        // No JSON, and no “Content-Type: application/json”.
        failures.insert(400, vec![ErrorCode::Invalid]);
        failures.insert(415, vec![ErrorCode::Invalid]);
    }
    failures
}

/// `codes` and those of every operation under the HTTP status each is answered with.
pub(super) fn by_status(codes: &[ErrorCode]) -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut failures: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in ErrorCode::ALL {
        if EVERYWHERE.contains(&code) || codes.contains(&code) {
            failures.entry(code.http_status()).or_default().push(code);
        }
    }
    failures
}

/// The response under one status.
pub(super) fn response(status: u16, codes: &[ErrorCode]) -> Value {
    let words: Vec<String> = codes.iter().copied().map(word).collect();
    let examples: serde_json::Map<String, Value> = codes
        .iter()
        .map(|code| (word(*code), json!({ "value": example(*code) })))
        .collect();
    let mut response = json!({
        "description": format!("Refused: {}", words.join(", ")),
        "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/Error" },
            "examples": examples
        } }
    });
    match status {
        401 => {
            response["headers"] = json!({ "WWW-Authenticate": {
                "description": "How to authenticate",
                "schema": { "type": "string" },
                "example": "Bearer realm=\"ai4k8s\""
            } });
        }
        429 => {
            response["headers"] = json!({ "Retry-After": {
                "description": "Seconds after which trying again may help",
                "required": true,
                "schema": { "type": "integer", "minimum": 1, "x-unit": "seconds" },
                "example": 30
            } });
        }
        _ => {}
    }
    response
}

fn example(code: ErrorCode) -> Value {
    let (message, hint) = words(code);
    json!({ "code": code, "message": message, "hint": hint, "reference": "7d9f3a0c5b1e2f48" })
}

/// What a failure of each kind may say.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each code")]
const fn words(code: ErrorCode) -> (&'static str, &'static str) {
    match code {
        ErrorCode::Unauthenticated => (
            "you are not signed in, or your session has ended",
            "Send a token: “Authorization: Bearer …”.",
        ),
        ErrorCode::Forbidden => (
            "this needs a token with the scope “approve”",
            "Make one by “ai4k8s token create --scope approve”, or in the settings.",
        ),
        ErrorCode::NotFound => ("there is no such cluster", ""),
        ErrorCode::Invalid => (
            "missing field `message`",
            "The fields and an example are in /api/openapi.json.",
        ),
        ErrorCode::KubeconfigRejected => (
            "users[0].user.exec runs a program, which is never done",
            "Use a service account's token.",
        ),
        ErrorCode::Conflict => ("the plan was already carried out", ""),
        ErrorCode::Expired => ("the plan has expired", "Ask for it again."),
        ErrorCode::TooLarge => ("the request body is larger than 2 MiB", ""),
        ErrorCode::RateLimited => (
            "120 questions in a minute are the limit",
            "Try again in 30 s.",
        ),
        ErrorCode::NotPermittedHere => (
            "the cluster staging is read-only here",
            "Change its mode to “approve” in the cluster's settings.",
        ),
        ErrorCode::CredentialsRejected => (
            "could not list pods: the cluster did not accept the credentials",
            "Replace the cluster’s credentials with a fresh kubeconfig.",
        ),
        ErrorCode::ClusterForbids => (
            "could not list pods: pods is forbidden",
            "Ask whoever runs the cluster for the missing permission.",
        ),
        ErrorCode::NotSent => (
            "nothing was changed: could not read Deployment shop/storefront: no answer within 15 s",
            "Check that the API server is running, and approve a new plan.",
        ),
        ErrorCode::NameNotFound => (
            "the cluster cannot be reached: the name api.example has no address",
            "Check the server’s name in the kubeconfig.",
        ),
        ErrorCode::ConnectionRefused => (
            "the cluster cannot be reached: nothing listens at 10.0.0.1:6443",
            "Check the port, and that the cluster is running.",
        ),
        ErrorCode::ClusterTimeout => (
            "the cluster cannot be reached: 10.0.0.1:6443 did not take a connection within 5 s",
            "Check that no firewall stands between it and this server.",
        ),
        ErrorCode::ClusterUnreachable => (
            "the cluster cannot be reached: no connection to 10.0.0.1:6443 can be made",
            "Check its address and port.",
        ),
        ErrorCode::NotTls => (
            "the cluster cannot be reached: 10.0.0.1:8080 does not speak TLS",
            "Check the port.",
        ),
        ErrorCode::CertificateNotTrusted => (
            "the cluster cannot be reached: the certificate of 10.0.0.1:6443 is not signed by the certificate authority given for it",
            "Check certificate-authority-data.",
        ),
        ErrorCode::CertificateNameMismatch => (
            "the cluster cannot be reached: the certificate of 10.0.0.1:6443 is for another host name (localhost)",
            "Use a name the certificate is for.",
        ),
        ErrorCode::CertificateExpired => (
            "the cluster cannot be reached: the certificate of 10.0.0.1:6443 has expired",
            "Renew the API server’s certificate.",
        ),
        ErrorCode::TlsUnverified => (
            "the cluster cannot be reached: the certificate of 10.0.0.1:6443 is not acceptable",
            "Look at it with “openssl s_client -showcerts”.",
        ),
        ErrorCode::NotKubernetes => (
            "could not read the version: the answer is not one of a Kubernetes API",
            "Check the server’s address.",
        ),
        ErrorCode::ClusterAnswer => (
            "could not list pods: etcd leader changed",
            "Look at the API server’s own log.",
        ),
        ErrorCode::MetricsUnavailable => (
            "this cluster has no metrics API (metrics.k8s.io)",
            "Install metrics-server.",
        ),
        ErrorCode::NotEnoughData => (
            "there are too few measurements to say",
            "Come back in an hour.",
        ),
        ErrorCode::Unsupported => (
            "“kubectl exec” is not run here",
            "Use kubectl in a terminal.",
        ),
        ErrorCode::Unavailable => (
            "the database is busy; nothing was changed",
            "Try again in a few seconds.",
        ),
        ErrorCode::Internal => (
            "something went wrong on our side",
            "Give the reference to whoever runs this server.",
        ),
    }
}

/// The code's word on the wire.
fn word(code: ErrorCode) -> String {
    let word = serde_json::to_value(code).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}
