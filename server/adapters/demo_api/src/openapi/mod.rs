//! OpenAPI documents, generated from the table of kinds and the schema.
//!
//! `kubectl` reads them to explain fields, to compute three-way merges (`x-kubernetes-patch-merge-key`)
//! and to learn whether the server validates fields and knows dry runs (the parameters of PATCH).
//! Source: Kubernetes documentation, "The Kubernetes API", "OpenAPI interface definition".

mod paths;
mod protobuf;

use std::{collections::BTreeMap, sync::LazyLock};

use axum::response::Response;
use demo_cluster::{
    registry::{self, KindSpec},
    schema::openapi::{Dialect, closure, schemas},
    status::Status,
};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    accept::{self, Form},
    discovery::{self, Kinds},
    respond::{self, Failure},
};

/// Content type of the v2 document as protobuf.
const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// Structures that requests of every kind use.
const COMMON: [&str; 2] = ["DeleteOptions", "Scale"];

/// The v2 document. It leaves out the kinds of definitions: what still reads it does not ask about them.
static V2: LazyLock<Value> = LazyLock::new(v2_document);

/// The v3 documents by path below `/openapi/v3/`, with their hash.
static V3: LazyLock<BTreeMap<String, (String, Value)>> = LazyLock::new(|| {
    let kinds = table();
    discovery::group_versions(&kinds)
        .into_iter()
        .map(|(group, version)| {
            let document = v3_document(&kinds, group, version);
            (path_of(group, version), (hash(&document), document))
        })
        .collect()
});

/// `/openapi/v2`, as JSON or as protobuf.
pub(crate) fn v2(headers: &HeaderMap) -> Result<Response, Failure> {
    let form = accept::choose(headers, |form| {
        matches!(form, Form::Object | Form::OpenApiProtobuf)
    });
    match form.ok_or(Failure::NotAcceptable)? {
        Form::OpenApiProtobuf => Ok(respond::with_content_type(
            StatusCode::OK,
            PROTOBUF,
            protobuf::document(&V2),
        )),
        Form::Object | Form::Table | Form::Metadata | Form::Discovery(_) => {
            Ok(respond::json(StatusCode::OK, &*V2))
        }
    }
}

/// `/openapi/v3`: where the documents are. The hash in each address lets clients keep them.
pub(crate) fn v3_index(kinds: &Kinds) -> Value {
    let paths: serde_json::Map<String, Value> = discovery::group_versions(kinds)
        .into_iter()
        .map(|(group, version)| {
            let path = path_of(group, version);
            let hash = match V3.get(&path) {
                Some((hash, _)) => hash.clone(),
                None => hash(&v3_document(kinds, group, version)),
            };
            let url = format!("/openapi/v3/{path}?hash={hash}");
            (path, json!({"serverRelativeURL": url}))
        })
        .collect();
    json!({"paths": paths})
}

/// `/openapi/v3/api/v1` and `/openapi/v3/apis/{group}/{version}`.
pub(crate) fn v3(kinds: &Kinds, group: &str, version: &str) -> Result<Response, Failure> {
    if let Some((_, document)) = V3.get(&path_of(group, version)) {
        return Ok(respond::json(StatusCode::OK, document));
    }
    if !discovery::group_versions(kinds).contains(&(group, version)) {
        return Err(Status::no_such_resource().into());
    }
    let document = v3_document(kinds, group, version);
    Ok(respond::json(StatusCode::OK, &document))
}

/// The kinds of the table, without those of definitions.
fn table() -> Vec<&'static KindSpec> {
    registry::kinds().map(|(_, spec)| spec).collect()
}

/// `api/v1` or `apis/{group}/{version}`.
fn path_of(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("api/{version}")
    } else {
        format!("apis/{group}/{version}")
    }
}

fn hash(document: &Value) -> String {
    Sha256::digest(document.to_string().as_bytes())
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect()
}

fn v2_document() -> Value {
    let paths: serde_json::Map<String, Value> = registry::kinds()
        .flat_map(|(_, spec)| paths::of_kind(spec, Dialect::V2))
        .collect();
    let mut definitions = schemas(Dialect::V2);
    definitions.extend(paths::common_schemas());
    for (_, spec) in registry::kinds().filter(|(_, spec)| spec.serves("list")) {
        let (name, schema) = paths::list_schema(spec, Dialect::V2);
        definitions.insert(name, schema);
    }
    json!({"swagger": "2.0", "info": info(), "paths": paths, "definitions": definitions})
}

fn v3_document(kinds: &Kinds, group: &str, version: &str) -> Value {
    let kinds = || {
        let all = kinds.iter().copied();
        all.filter(|spec| (spec.group, spec.version) == (group, version))
    };
    let paths: serde_json::Map<String, Value> = kinds()
        .flat_map(|spec| paths::of_kind(spec, Dialect::V3))
        .collect();
    let names = kinds().map(|spec| spec.definition).chain(COMMON);
    let mut schemas = closure(names, Dialect::V3);
    schemas.extend(paths::common_schemas());
    for spec in kinds().filter(|spec| spec.serves("list")) {
        let (name, schema) = paths::list_schema(spec, Dialect::V3);
        schemas.insert(name, schema);
        // Structures of custom kinds do not know which kind they are of.
        let whole = schemas.get_mut(&paths::full_name(spec.definition));
        if let Some(whole) = whole.filter(|_| spec.custom.is_some()) {
            whole["x-kubernetes-group-version-kind"] =
                json!([{"group": spec.group, "version": spec.version, "kind": spec.kind}]);
        }
    }
    json!({"openapi": "3.0.0", "info": info(), "paths": paths, "components": {"schemas": schemas}})
}

fn info() -> Value {
    json!({"title": "Kubernetes", "version": "v1.33"})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_every_version_a_document_with_a_hash() {
        let index = v3_index(&table());
        let url = index["paths"]["apis/apps/v1"]["serverRelativeURL"]
            .as_str()
            .unwrap();
        assert!(url.starts_with("/openapi/v3/apis/apps/v1?hash="), "{url}");
        assert!(index["paths"].get("api/v1").is_some());
    }

    #[test]
    fn refers_only_to_schemas_it_holds() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
                    Value::String(target) if key == "$ref" => found.push(target.clone()),
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => references(value, found),
                }),
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        for document in V3.values().map(|(_, document)| document).chain([&*V2]) {
            let mut found = Vec::new();
            references(document, &mut found);
            assert!(!found.is_empty());
            for target in found {
                let pointer = target.trim_start_matches('#');
                assert!(document.pointer(pointer).is_some(), "{target}");
            }
        }
    }

    #[test]
    fn tells_kubectl_that_fields_are_validated_by_the_server() {
        let (_, document) = &V3["apis/apps/v1"];
        let patch =
            &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
        let parameters = patch["parameters"].as_array().unwrap();
        assert!(parameters.iter().any(|it| it["name"] == "fieldValidation"));
        assert_eq!(
            patch["x-kubernetes-group-version-kind"]["kind"],
            "Deployment"
        );
        assert!(
            patch["requestBody"]["content"]["application/strategic-merge-patch+json"].is_object()
        );
    }
}
