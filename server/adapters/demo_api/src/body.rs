//! Request bodies: read within a limit, parsed by content type.

use std::time::Duration;

use axum::body::Body;
use demo_cluster::{api::PatchType, status::Status};
use http::{HeaderMap, header::CONTENT_TYPE};
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    protobuf,
    strict::{self, Reading},
};

/// What a real API server reads at most (`MaxRequestBodyBytes` of `k8s.io/apiserver`).
const LIMIT_BYTES: usize = 3 * 1024 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// Formats of whole objects.
const OBJECT_TYPES: [&str; 3] = ["application/json", "application/yaml", PROTOBUF];

/// What typed Go clients send.
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// Formats of patches.
const PATCH_TYPES: [&str; 4] = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];

/// The object in the body of a create or update.
pub(crate) async fn object(headers: &HeaderMap, body: Body) -> Result<Reading, Status> {
    let parse = parser(headers)?;
    parse(&read(body).await?)
}

/// Reads a body of one format.
type Parser = fn(&[u8]) -> Result<Reading, Status>;

/// How a body of this content type is read.
fn parser(headers: &HeaderMap) -> Result<Parser, Status> {
    match content_type(headers) {
        "" | "application/json" | "*/*" => Ok(from_json),
        "application/yaml" | "application/x-yaml" | "text/yaml" => Ok(from_yaml),
        PROTOBUF => Ok(|bytes| from_protobuf(bytes).map(only)),
        _ => Err(Status::unsupported_media_type(&OBJECT_TYPES)),
    }
}

/// The patch in the body and how it is written.
pub(crate) async fn patch(headers: &HeaderMap, body: Body) -> Result<(PatchType, Value), Status> {
    let patch_type = match content_type(headers) {
        "application/json-patch+json" => PatchType::Json,
        "application/merge-patch+json" => PatchType::Merge,
        "application/strategic-merge-patch+json" => PatchType::Strategic,
        "application/apply-patch+yaml" => PatchType::Apply,
        _ => return Err(Status::unsupported_media_type(&PATCH_TYPES)),
    };
    let bytes = read(body).await?;
    let patch = match patch_type {
        PatchType::Json | PatchType::Merge | PatchType::Strategic => from_json(&bytes)?,
        PatchType::Apply => from_yaml(&bytes)?,
    };
    Ok((patch_type, patch.value))
}

/// The delete options in the body; `None` when it is empty.
pub(crate) async fn delete_options(
    headers: &HeaderMap,
    body: Body,
) -> Result<Option<Value>, Status> {
    let bytes = read(body).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    parser(headers)?(&bytes).map(|read| Some(read.value))
}

/// The body as text: what an HTML form sends.
pub(crate) async fn text(body: Body) -> Result<String, Status> {
    let bytes = read(body).await?;
    String::from_utf8(bytes).map_err(|_| Status::bad_request("the body is not UTF-8"))
}

async fn read(body: Body) -> Result<Vec<u8>, Status> {
    match timeout(PATIENCE, axum::body::to_bytes(body, LIMIT_BYTES)).await {
        Err(_) => Err(Status::bad_request("the body did not arrive in time")),
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(_)) => Err(Status::entity_too_large(&format!("limit is {LIMIT_BYTES}"))),
    }
}

/// The media type without its parameters.
fn content_type(headers: &HeaderMap) -> &str {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
}

/// A body of a format in which nothing can be given twice.
fn only(value: Value) -> Reading {
    Reading {
        value,
        duplicates: Vec::new(),
    }
}

fn from_json(bytes: &[u8]) -> Result<Reading, Status> {
    strict::read(bytes)
        .map_err(|error| Status::bad_request(format!("the body is not valid JSON: {error}")))
}

fn from_protobuf(bytes: &[u8]) -> Result<Value, Status> {
    protobuf::object(bytes).map_err(|protobuf::Malformed(why)| {
        Status::bad_request(format!("the body is not a valid protobuf message: {why}"))
    })
}

/// JSON first: it is YAML too, and clients send it under the name of YAML. YAML that gives a key twice is refused
/// by its reader.
fn from_yaml(bytes: &[u8]) -> Result<Reading, Status> {
    strict::read(bytes)
        .or_else(|_| serde_yaml_ng::from_slice(bytes).map(only))
        .map_err(|error| Status::bad_request(format!("the body is not valid YAML: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn typed(content_type: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        headers
    }

    #[tokio::test]
    async fn reads_json_and_yaml() {
        let expected = json!({"kind": "Pod", "spec": {"n": 1}});
        for (content_type, body) in [
            ("application/json; charset=utf-8", expected.to_string()),
            ("application/yaml", "kind: Pod\nspec: {n: 1}\n".to_owned()),
        ] {
            let read = object(&typed(content_type), body.into()).await;
            assert_eq!(read.unwrap().value, expected, "{content_type}");
        }
    }

    #[tokio::test]
    async fn reads_an_apply_as_yaml() {
        let headers = typed("application/apply-patch+yaml");
        let (patch_type, value) = patch(&headers, "a: b".into()).await.unwrap();
        assert_eq!((patch_type, value), (PatchType::Apply, json!({"a": "b"})));
    }

    #[tokio::test]
    async fn refuses_foreign_formats() {
        let headers = typed("application/cbor");
        assert_eq!(
            object(&headers, Body::empty()).await.unwrap_err().code(),
            415
        );
        assert_eq!(
            patch(&typed("application/json"), "{}".into())
                .await
                .unwrap_err()
                .code(),
            415
        );
    }

    #[tokio::test]
    async fn refuses_more_than_it_reads() {
        let body = Body::from(vec![b' '; LIMIT_BYTES + 1]);
        assert_eq!(
            object(&HeaderMap::new(), body).await.unwrap_err().code(),
            413
        );
    }

    #[tokio::test]
    async fn takes_an_empty_delete_for_no_options() {
        let options = delete_options(&HeaderMap::new(), Body::empty())
            .await
            .unwrap();
        assert_eq!(options, None);
    }
}
