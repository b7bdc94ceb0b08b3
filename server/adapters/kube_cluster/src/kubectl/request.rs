//! Reading from the API server: one place that builds paths, follows pages and cleans what comes back.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{ids::NamespaceScope, time::Timestamp};
use http::{
    HeaderMap, Request,
    header::{ACCEPT, CONTENT_TYPE, WARNING},
};
use kube::{client::Body, core::Status};
use serde_json::{Map, Value};

pub(super) use super::failure::{Failure, Outcome, said};
use super::{
    Audience, clean,
    discovery::{ApiResource, Catalog, CatalogCache},
    failure::generic,
    json::{items, text},
};
use crate::error::ops_error;

/// What kubectl asks for when it prints columns: the server's own table, or plain JSON from a server
/// without one.
pub(super) const AS_TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// The server's own table and nothing else: an answer that could be plain JSON would count as a read of the
/// objects themselves, which of Secrets comes without its values and never as a table.
pub(super) const AS_TABLE_ALONE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

/// Plain objects.
pub(super) const AS_JSON: &str = "application/json";

/// Anything, for log text.
pub(super) const AS_TEXT: &str = "application/json, */*";

/// Objects asked for at a time, as kubectl's `--chunk-size`.
const PAGE_SIZE: usize = 500;

/// Pages followed; with [`PAGE_SIZE`] far more than is ever printed.
const MAX_PAGES: usize = 20;

/// Which objects of a collection.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Selectors<'a> {
    /// `-l`.
    pub(super) labels: Option<&'a str>,
    /// `--field-selector`.
    pub(super) fields: Option<&'a str>,
}

/// The pages of a collection.
pub(super) struct Pages {
    /// Each as the server sent it.
    pub(super) pages: Vec<Value>,
    /// Whether the last one was reached.
    pub(super) complete: bool,
}

/// One command being run against one cluster.
pub(super) struct Session<'a> {
    /// The connection.
    pub(super) client: &'a kube::Client,
    /// What the cluster serves.
    pub(super) catalogs: &'a CatalogCache,
    /// The API server's address; empty when not known.
    pub(super) server: &'a str,
    /// The namespace a bare name means.
    pub(super) default_namespace: &'a str,
    /// The time ages are counted from.
    pub(super) now: Timestamp,
    /// Who reads what is printed.
    pub(super) audience: Audience,
    /// Whether descriptions end with events.
    pub(super) shows_events: bool,
    /// What the server warned of.
    pub(super) warnings: Mutex<Vec<String>>,
}

impl Session<'_> {
    /// The namespace meant by a command's scope; `None` for all of them.
    pub(super) fn namespace<'s>(&'s self, scope: &'s Option<NamespaceScope>) -> Option<&'s str> {
        match scope {
            Some(scope) => scope.namespace(),
            None => Some(self.default_namespace),
        }
    }

    /// The namespace of a command that reads one object, where “all” cannot be meant.
    pub(super) fn one_namespace<'s>(&'s self, scope: &'s Option<NamespaceScope>) -> &'s str {
        self.namespace(scope).unwrap_or(self.default_namespace)
    }

    /// What the cluster serves.
    pub(super) async fn catalog(&self) -> Outcome<Arc<Catalog>> {
        self.catalogs.get(self).await
    }

    /// The resource a word means.
    ///
    /// # Errors
    /// kubectl's “the server doesn't have a resource type”, after looking once more at what is served.
    pub(super) async fn resource(&self, word: &str) -> Outcome<ApiResource> {
        if let Some(found) = self.catalog().await?.find(word) {
            return Ok(found.clone());
        }
        let fresh = self.catalogs.refresh(self).await?;
        fresh.find(word).cloned().ok_or_else(|| {
            let asked = word.split('.').next().unwrap_or(word);
            Failure::message(format!(
                "the server doesn't have a resource type \"{asked}\""
            ))
        })
    }

    /// JSON from a path, cleaned.
    pub(super) async fn json(
        &self,
        path: &str,
        query: &[(&str, &str)],
        accept: &'static str,
    ) -> Outcome<Value> {
        let text = self.raw(path, query, accept).await?;
        let mut value: Value = serde_json::from_str(&text).map_err(|error| {
            Failure::Cluster(ops_error(kube::Error::SerdeError(error), "read the answer"))
        })?;
        // The owner's output may be a file's content, which has to stay as it is.
        if !self.audience.is_owner() {
            clean::value(&mut value);
        }
        Ok(value)
    }

    /// Text from a path, as sent.
    pub(super) async fn raw<V: AsRef<str>>(
        &self,
        path: &str,
        query: &[(&str, V)],
        accept: &'static str,
    ) -> Outcome<String> {
        let request = Request::get(with_query(path, query))
            .header(ACCEPT, accept)
            .body(Vec::new());
        self.answer(request).await
    }

    async fn answer(&self, request: http::Result<Request<Vec<u8>>>) -> Outcome<String> {
        let failed = |error| Failure::Cluster(ops_error(error, "ask the cluster"));
        let request = request.map_err(|error| failed(kube::Error::HttpError(error)))?;
        let answer = self
            .client
            .send(request.map(Body::from))
            .await
            .map_err(failed)?;
        let code = answer.status();
        self.keep_warnings(answer.headers());
        let body = answer.into_body().collect_bytes().await.map_err(failed)?;
        let text = String::from_utf8_lossy(&body).into_owned();
        if code.is_success() {
            return Ok(text);
        }
        let status: Status =
            serde_json::from_str(&text).unwrap_or_else(|_| generic(code.as_u16(), &text));
        let status = status.with_code(code.as_u16()).boxed();
        if code.as_u16() == 401 {
            return Err(failed(kube::Error::Api(status)));
        }
        Err(Failure::Status(status))
    }

    /// Keeps what the server warns of, each warning once.
    ///
    /// Source: Kubernetes, “Warnings”; RFC 7234, section 5.5 (`299 - "text"`).
    fn keep_warnings(&self, headers: &HeaderMap) {
        let mut kept = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        for value in headers.get_all(WARNING) {
            let Some(text) = value.to_str().ok().and_then(warning_text) else {
                continue;
            };
            let text = clean::text(&text);
            if !kept.contains(&text) {
                kept.push(text);
            }
        }
    }

    /// The server's warnings as kubectl prints them, a line each.
    pub(super) fn warnings(&self) -> String {
        let kept = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .map(|text| format!("Warning: {text}\n"))
            .collect()
    }

    /// What a question that is posted answers; it changes nothing.
    pub(super) async fn review(&self, path: &str, review: &Value) -> Outcome<Value> {
        let text = self.send("POST", path, AS_JSON, Some(review)).await?;
        serde_json::from_str(&text).map_err(|error| {
            Failure::Cluster(ops_error(kube::Error::SerdeError(error), "read the answer"))
        })
    }

    /// Sends a request with a JSON body; whether it may leave is the policy's to say.
    pub(super) async fn send(
        &self,
        method: &str,
        target: &str,
        content_type: &str,
        body: Option<&Value>,
    ) -> Outcome<String> {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(ACCEPT, AS_JSON)
            .header(CONTENT_TYPE, content_type)
            .body(
                body.map(|body| body.to_string().into_bytes())
                    .unwrap_or_default(),
            );
        self.answer(request).await
    }

    /// One object.
    pub(super) async fn object(
        &self,
        resource: &ApiResource,
        namespace: Option<&str>,
        name: &str,
    ) -> Outcome<Value> {
        let path = resource.path(namespace, Some(name));
        self.json(&path, &[], AS_JSON).await
    }

    /// The pages of a collection, in the server's order.
    pub(super) async fn pages(
        &self,
        path: &str,
        selectors: Selectors<'_>,
        extra: &[(&str, &str)],
        accept: &'static str,
    ) -> Outcome<Pages> {
        let limit = PAGE_SIZE.to_string();
        let mut query = vec![("limit", limit.as_str())];
        query.extend(selectors.labels.map(|labels| ("labelSelector", labels)));
        query.extend(selectors.fields.map(|fields| ("fieldSelector", fields)));
        query.extend(extra);
        let mut pages = Vec::new();
        let mut token = String::new();
        // The owner gets all of it, however much it is.
        while pages.len() < MAX_PAGES || self.audience.is_owner() {
            let mut query = query.clone();
            if !token.is_empty() {
                query.push(("continue", &token));
            }
            let page = self.json(path, &query, accept).await?;
            token = text(&page, "/metadata/continue").to_owned();
            pages.push(page);
            if token.is_empty() {
                return Ok(Pages {
                    pages,
                    complete: true,
                });
            }
        }
        Ok(Pages {
            pages,
            complete: false,
        })
    }

    /// The objects of a collection, each with its `apiVersion` and `kind`.
    pub(super) async fn list(
        &self,
        resource: &ApiResource,
        namespace: Option<&str>,
        selectors: Selectors<'_>,
    ) -> Outcome<Vec<Value>> {
        let path = resource.path(namespace, None);
        let listed = self.pages(&path, selectors, &[], AS_JSON).await?;
        Ok(objects(resource, &listed.pages))
    }
}

/// The objects on pages, each with its `apiVersion` and `kind`, which typed lists leave out.
pub(super) fn objects(resource: &ApiResource, pages: &[Value]) -> Vec<Value> {
    let typed = |object: &Value| {
        let mut typed = Map::new();
        typed.insert("apiVersion".to_owned(), resource.api_version().into());
        typed.insert("kind".to_owned(), resource.kind.clone().into());
        typed.extend(object.as_object().cloned().unwrap_or_default());
        Value::Object(typed)
    };
    pages
        .iter()
        .flat_map(|page| items(page, "/items"))
        .map(typed)
        .collect()
}

/// The text of a `Warning` header of code 299, its quotes and escapes taken off.
fn warning_text(header: &str) -> Option<String> {
    let quoted = header.strip_prefix("299 ")?.split_once(' ')?.1;
    let inside = quoted.strip_prefix('"')?;
    let mut text = String::new();
    let mut characters = inside.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => text.extend(characters.next()),
            '"' => return Some(text),
            c => text.push(c),
        }
    }
    None
}

/// A path with its query, every value encoded.
pub(super) fn with_query<V: AsRef<str>>(path: &str, query: &[(&str, V)]) -> String {
    let mut target = path.to_owned();
    for (index, (key, value)) in query.iter().enumerate() {
        target.push(if index == 0 { '?' } else { '&' });
        target.push_str(key);
        target.push('=');
        target.push_str(&percent_encoded(value.as_ref()));
    }
    target
}

/// A query value with everything but RFC 3986's unreserved characters encoded.
fn percent_encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_text_of_a_warning() {
        assert_eq!(
            warning_text(r#"299 - "v1 \"Endpoints\" is deprecated""#).as_deref(),
            Some(r#"v1 "Endpoints" is deprecated"#)
        );
        assert_eq!(warning_text("199 - \"misc\""), None);
    }

    #[test]
    fn a_selector_cannot_add_parameters() {
        assert_eq!(
            with_query(
                "/api/v1/pods",
                &[("limit", "500"), ("labelSelector", "a=b&watch=1 é")]
            ),
            "/api/v1/pods?limit=500&labelSelector=a%3Db%26watch%3D1%20%C3%A9"
        );
    }
}
