//! Which requests leave: verb, group, resource, subresource and namespace, taken from method and path.
//!
//! Everything is refused that is not on a list here, and a change that is on it leaves only with the grant of an
//! approved plan. The check stands below [`kube::Client`], so that it holds for whatever builds the request, and it
//! never looks at what a person or a model has written.

mod denied;

use domain::{ErrorCode, OpsError, cluster::ClusterMode};
use http::{HeaderMap, Method, Request, header::ACCEPT};

use crate::change::Grant;
use denied::is_denied;

/// How a permitted request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Sent again when it fails in a way that may pass.
    Read,
    /// A read whose failure is an answer: sent once.
    ReadOnce,
    /// A read of Secrets: like a read, with the values taken out of its answer.
    Masked,
    /// A read that goes on until somebody stops it.
    Stream,
    /// Sent once.
    Write,
}

/// How far requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The product's: reads without the values of Secrets, and the listed changes where the mode allows any: tried as
    /// dry runs by whoever asks, made by whoever holds a [`Grant`].
    Product(ClusterMode),
    /// The owner's of a kubeconfig, in a terminal of their own: as far as the credentials go.
    Owner,
}

/// What a path of the Kubernetes API names.
///
/// Grammar: Kubernetes, “API concepts”, “Resource URIs”.
#[derive(Debug, Default, PartialEq, Eq)]
struct Target<'p> {
    group: &'p str,
    namespace: Option<&'p str>,
    resource: &'p str,
    name: Option<&'p str>,
    subresource: &'p [&'p str],
}

/// Subresources that may be read. All others (`exec`, `attach`, `portforward`, `proxy`, `token` …) may not:
/// reading some of them runs programs.
const READABLE_SUBRESOURCES: [&str; 3] = ["log", "scale", "status"];

/// Reviews that are posted and change nothing.
const REVIEWS: [(&str, &str); 3] = [
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
];

/// The group of the metrics API, whose absence is an answer.
const METRICS_GROUP: &str = "metrics.k8s.io";

/// Whether and how a request may leave. A write's grant is used up by it.
///
/// # Errors
/// [`ErrorCode::NotPermittedHere`] with the reason.
pub(crate) fn judge<B>(reach: Reach, request: &Request<B>) -> Result<Class, OpsError> {
    let (method, path) = (request.method(), request.uri().path());
    let segments = segments(path)?;
    let query = request.uri().query().unwrap_or_default();
    let mode = match reach {
        Reach::Product(mode) => mode,
        Reach::Owner => return Ok(class_of(method, query, &segments)),
    };
    if is_discovery(&segments) {
        return if *method == Method::GET {
            Ok(Class::Read)
        } else {
            Err(refuse("only reading is possible there"))
        };
    }
    let target =
        target(&segments).ok_or_else(|| refuse("that path is not a Kubernetes resource"))?;
    if is_denied(target.group, target.resource) {
        return Err(refuse(&format!(
            "“{}” are credentials, which are neither read nor changed from here",
            target.resource
        )));
    }
    if *method == Method::GET {
        return judge_read(&target, query, request.headers());
    }
    if *method == Method::POST && target.is_review() {
        return Ok(Class::Read);
    }
    judge_write(mode, method, &target)?;
    if !is_dry_run(query) {
        approved(request.extensions().get::<Grant>(), method, path)?;
    }
    Ok(Class::Write)
}

/// Uses up the grant of a write that changes something.
fn approved(grant: Option<&Grant>, method: &Method, path: &str) -> Result<(), OpsError> {
    grant
        .ok_or("nobody has approved it")
        .and_then(|grant| grant.take(method, path))
        .map_err(|why| {
            refuse(why).hint("Make a plan of the change and approve it: only then does it leave.")
        })
}

/// Whether the API server only tries what it is sent. Anything it could read otherwise is no dry run.
///
/// Source: Kubernetes, “API concepts”, “Dry-run”; the one value is `All`, and a PUT or PATCH takes it from the query.
fn is_dry_run(query: &str) -> bool {
    let mut named = query.split('&').filter(|pair| {
        let key = pair.split_once('=').map_or(*pair, |(key, _)| key);
        key.eq_ignore_ascii_case("dryRun") || key.contains('%')
    });
    named.next() == Some("dryRun=All") && named.next().is_none()
}

/// Whether the API server answers a request from what it holds itself. Behind others stand kubelets (logs, counters) and
/// the servers of aggregated APIs, whose failures say nothing about it.
pub(crate) fn is_answered_by_the_api_server(path: &str) -> bool {
    let Ok(segments) = segments(path) else {
        return false;
    };
    match segments.as_slice() {
        ["apis", group, ..] => {
            matches!(*group, "apps" | "autoscaling" | "batch" | "policy")
                || (group.ends_with(".k8s.io") && !group.ends_with(METRICS_GROUP))
        }
        ["api", .., "log"] => false,
        ["api", rest @ ..] => !rest.contains(&"proxy"),
        _ => true,
    }
}

/// How the owner's requests are sent: what is not a read or a question is never repeated.
fn class_of(method: &Method, query: &str, segments: &[&str]) -> Class {
    let is_question = target(segments).is_some_and(|target| target.is_review());
    if *method == Method::GET && (has_flag(query, "watch") || has_flag(query, "follow")) {
        Class::Stream
    } else if *method == Method::GET && segments.get(1) == Some(&METRICS_GROUP) {
        Class::ReadOnce
    } else if *method == Method::GET || is_question {
        Class::Read
    } else {
        Class::Write
    }
}

fn judge_read(target: &Target<'_>, query: &str, headers: &HeaderMap) -> Result<Class, OpsError> {
    match target.subresource {
        [] => {}
        [one] if READABLE_SUBRESOURCES.contains(one) => {}
        ["proxy", "stats", "summary"] if target.is_core("nodes") && target.namespace.is_none() => {
            return Ok(Class::ReadOnce);
        }
        other => {
            return Err(refuse(&format!(
                "“{}/{}” is never used from here",
                target.resource,
                other.join("/")
            )));
        }
    }
    if target.is_core("secrets") {
        return judge_secrets(query, headers);
    }
    if has_flag(query, "watch") || has_flag(query, "follow") {
        return Ok(Class::Stream);
    }
    if target.group == METRICS_GROUP {
        return Ok(Class::ReadOnce);
    }
    Ok(Class::Read)
}

/// Secrets are read as Tables or metadata, or with their values masked on the way in.
fn judge_secrets(query: &str, headers: &HeaderMap) -> Result<Class, OpsError> {
    if asks_for_objects(query) || has_flag(query, "watch") {
        return Err(refuse("the values of Secrets are not read")
            .hint("Names, types, keys and sizes of Secrets can be shown."));
    }
    if has_no_values(headers) {
        Ok(Class::Read)
    } else {
        Ok(Class::Masked)
    }
}

/// Whether a change is on the list, and the mode allows any.
fn judge_write(mode: ClusterMode, method: &Method, target: &Target<'_>) -> Result<(), OpsError> {
    match mode {
        ClusterMode::ReadOnly => {
            return Err(refuse("this cluster is read-only here")
                .hint("Change the cluster’s mode to allow changes that you approve."));
        }
        ClusterMode::Approve | ClusterMode::Automatic => {}
    }
    if target.is_change_we_make(method) {
        Ok(())
    } else {
        Err(refuse(&format!(
            "{method} on “{}” is not among the changes made from here",
            target.resource
        )))
    }
}

impl Target<'_> {
    fn is_core(&self, resource: &str) -> bool {
        self.group.is_empty() && self.resource == resource
    }

    fn is_review(&self) -> bool {
        REVIEWS.contains(&(self.group, self.resource))
            && self.name.is_none()
            && self.namespace.is_none()
            && self.subresource.is_empty()
    }

    /// The whole list of changes: replicas through `/scale`, and the metadata and template of a workload.
    fn is_change_we_make(&self, method: &Method) -> bool {
        let is_named = self.namespace.is_some() && self.name.is_some();
        let is_scalable = matches!(self.resource, "deployments" | "statefulsets");
        let is_workload = is_scalable || self.resource == "daemonsets";
        let is_listed = match (method.as_str(), self.subresource) {
            ("PUT", ["scale"]) => is_scalable,
            ("PATCH", []) => is_workload,
            _ => false,
        };
        self.group == "apps" && is_named && is_listed
    }
}

/// A path's segments, none of which can mean anything but itself.
fn segments(path: &str) -> Result<Vec<&str>, OpsError> {
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
    };
    let segments: Vec<&str> = path
        .trim_matches('/')
        .split('/')
        .filter(|_| path != "/")
        .collect();
    if segments.iter().all(|segment| is_plain(segment)) {
        Ok(segments)
    } else {
        Err(refuse("that path is not plain"))
    }
}

fn is_discovery(segments: &[&str]) -> bool {
    matches!(
        segments,
        ["version" | "api" | "apis" | "healthz" | "readyz" | "livez"]
            | ["api", _]
            | ["apis", _]
            | ["apis", _, _]
            | ["openapi", ..]
    )
}

fn target<'p>(segments: &'p [&'p str]) -> Option<Target<'p>> {
    let (group, rest) = match segments {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        // A namespace itself, and its own subresources.
        ["namespaces"] | ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => {
            (None, rest)
        }
        ["namespaces", namespace, rest @ ..] => (Some(*namespace), rest),
        _ => (None, rest),
    };
    let (resource, rest) = rest.split_first()?;
    // Deprecated prefixes that would shift every other segment.
    if matches!(*resource, "watch" | "proxy" | "redirect") {
        return None;
    }
    let (name, subresource) = match rest.split_first() {
        Some((name, subresource)) => (Some(*name), subresource),
        None => (None, rest),
    };
    Some(Target {
        group,
        namespace,
        resource,
        name,
        subresource,
    })
}

/// Whether every answer the request would take leaves values out: a Table or metadata.
fn has_no_values(headers: &HeaderMap) -> bool {
    let mut accepts = headers.get_all(ACCEPT).iter().peekable();
    accepts.peek().is_some()
        && accepts.all(|value| {
            value
                .to_str()
                .is_ok_and(|value| value.split(',').all(has_no_values_in))
        })
}

fn has_no_values_in(range: &str) -> bool {
    range
        .split(';')
        .filter_map(|parameter| parameter.trim().strip_prefix("as="))
        .any(|kind| {
            matches!(
                kind,
                "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList"
            )
        })
}

/// Whether a Table would carry whole objects in its rows.
fn asks_for_objects(query: &str) -> bool {
    query.split('&').any(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        key.contains('%') || (key == "includeObject" && !matches!(value, "None" | "Metadata"))
    })
}

fn has_flag(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        key == name && !matches!(value, "0" | "false")
    })
}

fn refuse(why: &str) -> OpsError {
    OpsError::new(
        ErrorCode::NotPermittedHere,
        format!("the request was stopped before it left this server: {why}"),
    )
}

#[cfg(test)]
mod tests;
