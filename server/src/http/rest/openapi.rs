//! The API's description of itself (OpenAPI 3.1), made from the same tables as its router and from the types that travel.

mod failures;

use axum::Json;
use http::Method;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    super::{
        error::Failure,
        events::{self, EventStream},
    },
    Operation,
    document::{Document, Parameter, Place},
    operations,
};

/// `GET /api/openapi.json`.
pub(super) async fn document() -> Json<Value> {
    Json(describe(&operations(), &events::streams()))
}

/// Where schemas are that others refer to.
const SCHEMAS: &str = "/components/schemas";

const ABOUT: &str = "Operate Kubernetes clusters: look, ask, plan, approve, autoscale. Times are RFC 3339 in UTC. \
    Every failure is a document {code, message, hint, reference}; “reference” is the request's id in the server's log.";

fn describe(operations: &[Operation], streams: &[EventStream]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    add(&mut paths, "/api/openapi.json", &Method::GET, itself());
    for operation in operations {
        let described = of_operation(operation, operation.path, &mut schemas);
        add(&mut paths, operation.path, &operation.method, described);
        if let Some(alias) = operation.alias {
            let mut described = of_operation(operation, alias, &mut schemas);
            described["deprecated"] = json!(true);
            described["operationId"] = json!(format!("{}_alias", operation.id));
            add(&mut paths, alias, &operation.method, described);
        }
    }
    for stream in streams {
        let described = of_stream(stream, &mut schemas);
        add(&mut paths, stream.path, &Method::GET, described);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ai4k8s",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(),
            "schemas": schemas.into_definitions()
        }
    })
}

/// Schemas of what is answered, by name, and of what is taken, in place.
struct Schemas {
    answers: SchemaGenerator,
    requests: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = SCHEMAS.into();
                settings.meta_schema = None;
            })
        };
        let mut in_place = settings().for_deserialize();
        in_place.inline_subschemas = true;
        let mut schemas = Self {
            answers: settings().for_serialize().into_generator(),
            requests: in_place.into_generator(),
        };
        schemas.answers.subschema_for::<Failure<'static>>();
        schemas
    }

    fn into_definitions(mut self) -> Map<String, Value> {
        self.answers.take_definitions(true)
    }
}

fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token, made in the settings or by “ai4k8s token create”. It carries scopes: read \
                (look), plan (make plans, start jobs, add clusters), approve (approve plans and what changes a cluster)."
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "ai4k8s",
            "description": "A signed-in browser (__Host-ai4k8s behind TLS). It may do everything; what changes something \
                has to come from a page of this server."
        }
    })
}

fn add(paths: &mut Map<String, Value>, path: &str, method: &Method, operation: Value) {
    let methods = paths.entry(path).or_insert_with(|| json!({}));
    methods[method.as_str().to_lowercase()] = operation;
}

fn itself() -> Value {
    json!({
        "operationId": "describe_api",
        "summary": "This document",
        "security": [],
        "responses": { "200": {
            "description": "OpenAPI 3.1",
            "content": { "application/json": { "schema": { "type": "object" } } }
        } }
    })
}

fn of_operation(operation: &Operation, path: &str, schemas: &mut Schemas) -> Value {
    let mut responses = of_failures(&failures::of_operation(operation));
    let (status, answer) = operation.response;
    let mut success = json!({ "description": operation.summary });
    if let Some(answer) = answer {
        success["content"]["application/json"] = content(&answer, &mut schemas.answers);
    }
    for (name, value) in operation.more_examples {
        let value: Value = serde_json::from_str(value).unwrap_or_default();
        let media = &mut success["content"]["application/json"];
        if let Some(first) = media
            .as_object_mut()
            .and_then(|media| media.remove("example"))
        {
            media["examples"]["usual"] = json!({ "value": first });
        }
        media["examples"][*name] = json!({ "value": value });
    }
    if let Some(stream) = &operation.stream {
        success["content"]["text/event-stream"] = event_stream(stream, &mut schemas.answers);
    }
    responses[status.to_string()] = success;
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters(path, operation.parameters),
        "security": security(operation.scope.as_str()),
        "x-scope": operation.scope.as_str(),
        "responses": responses
    });
    if let Some(request) = operation.request {
        let body = content(&request, &mut schemas.requests);
        described["requestBody"] =
            json!({ "required": true, "content": { "application/json": body } });
    }
    if !operation.remarks.is_empty() {
        described["description"] = json!(operation.remarks);
    }
    described
}

fn of_stream(stream: &EventStream, schemas: &mut Schemas) -> Value {
    let codes = [domain::ErrorCode::NotFound, domain::ErrorCode::RateLimited];
    let mut responses = of_failures(&failures::by_status(&codes));
    responses["200"] = json!({
        "description": stream.summary,
        "content": { "text/event-stream": event_stream(&stream.events, &mut schemas.answers) }
    });
    json!({
        "operationId": stream.id,
        "summary": stream.summary,
        "parameters": parameters(stream.path, stream.parameters),
        "security": security("read"),
        "x-scope": "read",
        "responses": responses
    })
}

fn of_failures(failures: &std::collections::BTreeMap<u16, Vec<domain::ErrorCode>>) -> Value {
    failures
        .iter()
        .map(|(status, codes)| (status.to_string(), failures::response(*status, codes)))
        .collect::<Map<_, _>>()
        .into()
}

fn security(scope: &str) -> Value {
    json!([{ "token": [scope] }, { "session": [] }])
}

fn content(document: &Document, generator: &mut SchemaGenerator) -> Value {
    let example: Value = serde_json::from_str(document.example).unwrap_or_default();
    json!({ "schema": document.schema(generator), "example": example })
}

/// Server-sent events: the text as an example, and under `x-events` what `data:` holds after each `event:`.
fn event_stream(events: &[events::EventKind], generator: &mut SchemaGenerator) -> Value {
    let example: String = events
        .iter()
        .map(|event| format!("event: {}\ndata: {}\n\n", event.name, event.data.example))
        .collect();
    let kinds: Vec<Value> = events
        .iter()
        .map(|event| {
            let mut kind = content(&event.data, generator);
            kind["event"] = json!(event.name);
            kind["description"] = json!(event.meaning);
            kind
        })
        .collect();
    json!({ "schema": { "type": "string" }, "example": example, "x-events": kinds })
}

fn parameters(path: &str, others: &[Parameter]) -> Value {
    let in_path = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(path_parameter);
    in_path.chain(others.iter().map(parameter)).collect()
}

fn path_parameter(name: &str) -> Value {
    let (schema, example) = match name {
        "id" => (
            json!({ "type": "string", "format": "uuid" }),
            "5f0c2f6e-3b2e-4d8e-9a55-1c9a1f1f0c11",
        ),
        "namespace" => (object_name(), "shop"),
        _ => (object_name(), "storefront"),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": example })
}

/// A name by RFC 1123, as `domain::ids::ObjectName` checks it.
fn object_name() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let place = match parameter.place {
        Place::Query => "query",
        Place::Header => "header",
    };
    let mut schema = json!({ "type": "string" });
    if !parameter.values.is_empty() {
        schema["enum"] = json!(parameter.values);
    }
    json!({
        "name": parameter.name, "in": place, "required": false, "description": parameter.meaning,
        "schema": schema, "example": parameter.example
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{
        autoscaling::FleetRow,
        chat::ChatEvent,
        cluster::{Cluster, ConnectionTest, Overview, WorkloadUsage},
        job::{Job, JobEvent},
        plan::Plan,
    };
    use serde::{Serialize, de::DeserializeOwned};

    use super::*;

    /// An example read as what is really answered and written again is the same.
    #[track_caller]
    fn check<T: DeserializeOwned + Serialize>(id: &str) {
        let operations = operations();
        let operation = operations.iter().find(|operation| operation.id == id);
        round_trip::<T>(operation.unwrap().response.1.unwrap().example);
    }

    #[track_caller]
    fn round_trip<T: DeserializeOwned + Serialize>(example: &str) {
        let value: T =
            serde_json::from_str(example).unwrap_or_else(|why| panic!("{why}: {example}"));
        let example: Value = serde_json::from_str(example).unwrap();
        assert_eq!(serde_json::to_value(value).unwrap(), example);
    }

    #[test]
    fn examples_are_what_is_really_answered() {
        check::<Vec<Cluster>>("list_clusters");
        check::<Cluster>("get_cluster");
        check::<ConnectionTest>("test_cluster");
        check::<Overview>("get_overview");
        check::<Vec<WorkloadUsage>>("list_workloads");
        check::<Vec<FleetRow>>("list_fleet");
        check::<Job>("get_job");
        check::<Plan>("get_plan");
    }

    #[test]
    fn examples_of_events_are_what_is_really_sent() {
        let streams = events::streams();
        let of = |id: &str| streams.iter().find(|stream| stream.id == id).unwrap();
        for event in &of("watch_conversation").events {
            if event.data.example == "{}" {
                continue;
            }
            round_trip::<ChatEvent>(event.data.example);
            let sent: ChatEvent = serde_json::from_str(event.data.example).unwrap();
            assert_eq!(sent.name(), event.name);
        }
        round_trip::<JobEvent>(of("watch_job").events[0].data.example);
        round_trip::<Overview>(of("watch_overview").events[0].data.example);
    }

    #[test]
    fn every_operation_has_an_id_of_its_own() {
        let document = describe(&operations(), &events::streams());
        let ids: Vec<&str> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|methods| methods.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap())
            .collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }

    #[test]
    fn describes_every_operation_and_its_alias() {
        let document = describe(&operations(), &events::streams());
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

    #[test]
    fn every_reference_leads_somewhere() {
        let document = describe(&operations(), &events::streams());
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
