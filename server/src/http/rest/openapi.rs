//! The API's description of itself, made from the same table as its router.

use axum::Json;
use http::Method;
use serde_json::{Map, Value, json};

use super::{Operation, operations};

/// `GET /api/openapi.json`: OpenAPI 3.1.
pub(super) async fn document() -> Json<Value> {
    Json(describe(&operations()))
}

fn describe(operations: &[Operation]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        add(
            &mut paths,
            operation.path,
            &operation.method,
            operation_of(operation, false),
        );
        if let Some(alias) = operation.alias {
            add(
                &mut paths,
                alias,
                &operation.method,
                operation_of(operation, true),
            );
        }
    }
    for (path, summary) in STREAMS {
        add(&mut paths, path, &Method::GET, stream_of(path, summary));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ai4k8s",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Operate Kubernetes clusters: look, ask, plan, approve, autoscale.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Error": error_schema() },
            "responses": { "Error": {
                "description": "It failed: what, why, and what to do next",
                "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Error" },
                    "example": {
                        "code": "not_found", "message": "there is no such cluster", "hint": "",
                        "reference": "7d9f3a0c5b1e2f48"
                    }
                } }
            } }
        }
    })
}

/// Event streams: not in the table because their answer is no document.
const STREAMS: [(&str, &str); 3] = [
    (
        "/api/v1/jobs/{id}/events",
        "A job's events as they happen; “id:” is the sequence, Last-Event-ID resumes",
    ),
    (
        "/api/v1/conversations/{id}/events",
        "The answer being made in a conversation, as named events",
    ),
    (
        "/api/v1/clusters/{id}/overview/events",
        "The overview every few seconds, as events named “overview”",
    ),
];

fn add(paths: &mut Map<String, Value>, path: &str, method: &Method, operation: Value) {
    let methods = paths.entry(path).or_insert_with(|| json!({}));
    methods[method.as_str().to_lowercase()] = operation;
}

fn operation_of(operation: &Operation, deprecated: bool) -> Value {
    let (status, example) = operation.response;
    let mut success = json!({ "description": operation.summary });
    if let Some(example) = example {
        success["content"] = content(example);
    }
    let mut described = json!({
        "summary": operation.summary,
        "parameters": parameters(if deprecated { operation.alias.unwrap_or(operation.path) } else { operation.path }),
        "x-scope": operation.scope.as_str(),
        "responses": { status.to_string(): success, "default": { "$ref": "#/components/responses/Error" } }
    });
    if deprecated {
        described["deprecated"] = json!(true);
    }
    if let Some(example) = operation.request {
        described["requestBody"] = json!({ "required": true, "content": content(example) });
    }
    described
}

fn stream_of(path: &str, summary: &str) -> Value {
    json!({
        "summary": summary,
        "parameters": parameters(path),
        "x-scope": "read",
        "responses": {
            "200": { "description": summary, "content": { "text/event-stream": { "schema": { "type": "string" } } } },
            "default": { "$ref": "#/components/responses/Error" }
        }
    })
}

fn content(example: &str) -> Value {
    let example: Value =
        serde_json::from_str(example).unwrap_or_else(|_| Value::String(example.to_owned()));
    let kind = if example.is_array() {
        "array"
    } else {
        "object"
    };
    json!({ "application/json": { "schema": { "type": kind }, "example": example } })
}

fn parameters(path: &str) -> Value {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect()
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "required": ["code", "message", "hint", "reference"],
        "properties": {
            "code": { "type": "string", "description": "what kind of failure it is" },
            "message": { "type": "string", "description": "what failed and why" },
            "hint": { "type": "string", "description": "what to do next; may be empty" },
            "reference": { "type": "string", "description": "the request id that the log carries" }
        }
    })
}

#[cfg(test)]
mod tests {
    use domain::{
        cluster::{Cluster, ConnectionTest, Overview, WorkloadUsage},
        job::Job,
        plan::Plan,
    };
    use serde::de::DeserializeOwned;

    use super::*;

    #[test]
    fn every_example_is_json() {
        for operation in operations() {
            for example in [operation.request, operation.response.1]
                .into_iter()
                .flatten()
            {
                let parsed: Result<Value, _> = serde_json::from_str(example);
                assert!(
                    parsed.is_ok(),
                    "{} {}: {example}",
                    operation.method,
                    operation.path
                );
            }
        }
    }

    #[track_caller]
    fn check<T: DeserializeOwned>(method: &Method, path: &str) {
        let operations = operations();
        let operation = operations
            .iter()
            .find(|operation| operation.method == method && operation.path == path)
            .unwrap();
        let example = operation.response.1.unwrap();
        if let Err(error) = serde_json::from_str::<T>(example) {
            panic!("the example of {path} is not what it answers: {error}");
        }
    }

    #[test]
    fn examples_are_what_is_really_answered() {
        check::<Vec<Cluster>>(&Method::GET, "/api/v1/clusters");
        check::<Cluster>(&Method::GET, "/api/v1/clusters/{id}");
        check::<ConnectionTest>(&Method::POST, "/api/v1/clusters/{id}/test");
        check::<Overview>(&Method::GET, "/api/v1/clusters/{id}/overview");
        check::<Vec<WorkloadUsage>>(&Method::GET, "/api/v1/clusters/{id}/workloads");
        check::<Job>(&Method::GET, "/api/v1/jobs/{id}");
        check::<Plan>(&Method::GET, "/api/v1/plans/{id}");
    }

    #[test]
    fn describes_every_operation_and_its_alias() {
        let document = describe(&operations());
        for operation in operations() {
            for path in [Some(operation.path), operation.alias]
                .into_iter()
                .flatten()
            {
                let method = operation.method.as_str().to_lowercase();
                assert!(
                    document["paths"][path][&method].is_object(),
                    "{method} {path}"
                );
            }
        }
    }
}
