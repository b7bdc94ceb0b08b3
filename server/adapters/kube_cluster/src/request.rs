//! Requests as they are put together, apart from sending, and lists in pages.

use domain::{ErrorCode, OpsError, resources::WorkloadRef};
use http::{Request, header::ACCEPT};
use kube::{Client, client::Body, core::Status};
use serde::{Deserialize, de::DeserializeOwned};

use crate::error::ops_error;

/// Objects per page of a list.
const PAGE: usize = 500;
/// Most objects of one list.
const LIST_LIMIT: usize = 20_000;
/// The manager our changes are recorded under in `managedFields`.
pub(crate) const FIELD_MANAGER: &str = "ai4k8s";

/// The path of a resource's collection: `/api/v1/namespaces/shop/pods`. `version` is `v1` or `GROUP/VERSION`.
pub(crate) fn collection(version: &str, plural: &str, namespace: Option<&str>) -> String {
    let root = if version.contains('/') {
        "/apis"
    } else {
        "/api"
    };
    match namespace {
        Some(namespace) => format!("{root}/{version}/namespaces/{namespace}/{plural}"),
        None => format!("{root}/{version}/{plural}"),
    }
}

/// The path of a workload.
pub(crate) fn workload_path(reference: &WorkloadRef) -> String {
    let collection = collection(
        "apps/v1",
        reference.kind.plural(),
        Some(reference.namespace.as_str()),
    );
    format!("{collection}/{}", reference.name)
}

/// A GET for JSON.
pub(crate) fn get(path: &str) -> Result<Request<Vec<u8>>, OpsError> {
    Request::get(path)
        .header(ACCEPT, "application/json")
        .body(Vec::new())
        .map_err(|_| OpsError::internal())
}

/// What a GET answers. `doing` is an infinitive for the error's words.
pub(crate) async fn read<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    doing: &str,
) -> Result<T, OpsError> {
    send(client, get(path)?)
        .await
        .map_err(|error| ops_error(error, doing))
}

/// What a request answers. Unlike [`Client::request`], it does not log an answer that cannot be read, and takes
/// a failure's number from HTTP and not from the text.
pub(crate) async fn send<T: DeserializeOwned>(
    client: &Client,
    request: Request<Vec<u8>>,
) -> Result<T, kube::Error> {
    let answer = client.send(request.map(Body::from)).await?;
    let code = answer.status();
    let body = answer.into_body().collect_bytes().await?;
    if code.is_success() {
        return serde_json::from_slice(&body).map_err(kube::Error::SerdeError);
    }
    let status: Status = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Status::failure(&String::from_utf8_lossy(&body), ""));
    Err(kube::Error::Api(status.with_code(code.as_u16()).boxed()))
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: PageMeta,
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
struct PageMeta {
    #[serde(default, rename = "continue")]
    next: String,
}

/// All objects of a collection, page by page. Begins again, once, when the cluster forgets where it was.
pub(crate) async fn list<T: DeserializeOwned>(
    client: &Client,
    collection: &str,
    doing: &str,
) -> Result<Vec<T>, OpsError> {
    match list_once(client, collection, doing).await {
        Err(error) if error.code == ErrorCode::Expired => {
            list_once(client, collection, doing).await
        }
        answer => answer,
    }
}

async fn list_once<T: DeserializeOwned>(
    client: &Client,
    collection: &str,
    doing: &str,
) -> Result<Vec<T>, OpsError> {
    let mut items = Vec::new();
    let mut next = String::new();
    loop {
        let page: Page<T> = read(client, &page_path(collection, &next), doing).await?;
        items.extend(page.items.unwrap_or_default());
        if items.len() > LIST_LIMIT {
            return Err(OpsError::new(
                ErrorCode::TooLarge,
                format!("could not {doing}: there are more than {LIST_LIMIT}"),
            )
            .hint("Ask for one namespace."));
        }
        if page.metadata.next.is_empty() {
            return Ok(items);
        }
        next = page.metadata.next;
    }
}

fn page_path(collection: &str, next: &str) -> String {
    if next.is_empty() {
        format!("{collection}?limit={PAGE}")
    } else {
        format!("{collection}?limit={PAGE}&continue={}", query_value(next))
    }
}

/// A text as the value of a query parameter.
pub(crate) fn query_value(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_the_paths_of_the_kubernetes_api() {
        assert_eq!(collection("v1", "nodes", None), "/api/v1/nodes");
        assert_eq!(
            collection("autoscaling/v2", "horizontalpodautoscalers", Some("shop")),
            "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
        );
    }

    #[test]
    fn a_continue_token_cannot_add_parameters() {
        assert_eq!(
            page_path("/api/v1/pods", "a&b=c/+"),
            "/api/v1/pods?limit=500&continue=a%26b%3Dc%2F%2B"
        );
    }
}
