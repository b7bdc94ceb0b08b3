//! `kubectl describe`: one file for each kind or family, a generic one for everything else.
//!
//! Layout, order and wording follow `k8s.io/kubectl/pkg/describe` of Kubernetes 1.32; times are UTC.

mod common;
mod config;
mod containers;
mod generic;
mod hpa;
mod node;
mod page;
mod pod;
mod service;
mod volumes;
mod workloads;

use domain::{
    command::{CommandOutput, ReadCommand, ResourceWord},
    ids::{NamespaceScope, ObjectName},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

pub(super) use self::workloads::replica_sets;
use super::{
    discovery::ApiResource,
    json::{items, name, pairs, text, texts},
    nothing_found, objects, printed, remarked,
    request::{Failure, Outcome, Selectors, Session},
};

/// The most objects one command describes; each takes further requests.
const MAX_DESCRIBED: usize = 50;

/// Descriptions made side by side.
const SIDE_BY_SIDE: usize = 6;

/// Runs a `describe`.
pub(super) async fn run(session: &Session<'_>, command: &ReadCommand) -> Outcome<CommandOutput> {
    let ReadCommand::Describe {
        resource,
        names,
        scope,
        label_selector,
    } = command
    else {
        unreachable!("only `describe` is sent here");
    };
    let describe = Describe {
        resource,
        names,
        scope,
        labels: label_selector.as_deref(),
    };
    describe.run(session).await
}

/// What to describe.
struct Describe<'a> {
    resource: &'a ResourceWord,
    names: &'a [ObjectName],
    scope: &'a Option<NamespaceScope>,
    labels: Option<&'a str>,
}

impl Describe<'_> {
    async fn run(&self, session: &Session<'_>) -> Outcome<CommandOutput> {
        let resource = session.resource(&self.resource.0).await?;
        if !self.names.is_empty() && self.labels.is_some() {
            return Err(Failure::message(
                "name cannot be provided when a selector is specified",
            ));
        }
        match self.names {
            [] => self.all(session, &resource).await,
            [name] => match self.one(session, &resource, name).await {
                Ok(text) => Ok(printed(text)),
                Err(failure) if failure.is_not_found() => {
                    self.matching(session, &resource, name.as_str(), failure)
                        .await
                }
                Err(failure) => Err(failure),
            },
            names => self.several(session, &resource, names).await,
        }
    }

    async fn one(
        &self,
        session: &Session<'_>,
        resource: &ApiResource,
        name: &ObjectName,
    ) -> Outcome<String> {
        let namespace = session.namespace(self.scope);
        let object = session.object(resource, namespace, name.as_str()).await?;
        description(session, resource, object).await
    }

    async fn several(
        &self,
        session: &Session<'_>,
        resource: &ApiResource,
        names: &[ObjectName],
    ) -> Outcome<CommandOutput> {
        let mut output = printed(String::new());
        let mut texts = Vec::new();
        for name in names.iter().take(MAX_DESCRIBED) {
            match self.one(session, resource, name).await {
                Ok(text) => texts.push(text),
                Err(failure) => {
                    output.exit_code = 1;
                    let line = failure.into_line().map_err(Failure::Cluster)?;
                    output.stderr.push_str(&line);
                }
            }
        }
        output.stdout = texts.join("\n\n");
        Ok(output)
    }

    async fn all(&self, session: &Session<'_>, resource: &ApiResource) -> Outcome<CommandOutput> {
        let namespace = session.namespace(self.scope);
        let found = self.list(session, resource, self.labels).await?;
        if found.is_empty() {
            return Ok(remarked(nothing_found(namespace)));
        }
        let total = found.len();
        let texts = descriptions(session, resource, found).await?;
        let mut output = printed(texts.join("\n\n"));
        output.cut = (total > MAX_DESCRIBED)
            .then(|| format!("Only the first {MAX_DESCRIBED} of {total} are described."));
        Ok(output)
    }

    /// What begins with a name that nothing has exactly.
    async fn matching(
        &self,
        session: &Session<'_>,
        resource: &ApiResource,
        prefix: &str,
        otherwise: Failure,
    ) -> Outcome<CommandOutput> {
        let mut found = self.list(session, resource, None).await?;
        found.retain(|object| name(object).starts_with(prefix));
        if found.is_empty() {
            return Err(otherwise);
        }
        let texts = descriptions(session, resource, found).await?;
        Ok(printed(texts.into_iter().map(|text| text + "\n").collect()))
    }

    async fn list(
        &self,
        session: &Session<'_>,
        resource: &ApiResource,
        labels: Option<&str>,
    ) -> Outcome<Vec<Value>> {
        let selectors = Selectors {
            labels,
            ..Selectors::default()
        };
        session
            .list(resource, session.namespace(self.scope), selectors)
            .await
            .map_err(|failure| failure.while_listing(resource, selectors))
    }
}

/// The descriptions of the first [`MAX_DESCRIBED`] objects, in order.
async fn descriptions(
    session: &Session<'_>,
    resource: &ApiResource,
    found: Vec<Value>,
) -> Outcome<Vec<String>> {
    stream::iter(found.into_iter().take(MAX_DESCRIBED))
        .map(|object| description(session, resource, object))
        .buffered(SIDE_BY_SIDE)
        .try_collect()
        .await
}

/// The description of one object.
async fn description(
    session: &Session<'_>,
    resource: &ApiResource,
    mut object: Value,
) -> Outcome<String> {
    match resource.group_kind().as_str() {
        "Pod" => pod::describe(session, &object).await,
        "Node" => node::describe(session, &object).await,
        "Namespace" => config::namespace(session, &object).await,
        "ConfigMap" => config::config_map(session, &object).await,
        "Secret" => Ok(config::secret(&object)),
        "Service" => service::describe(session, &object).await,
        "Endpoints" => service::endpoints(session, &object).await,
        "Deployment.apps" => workloads::deployment(session, &object).await,
        "ReplicaSet.apps" => workloads::replica_set(session, &object).await,
        "StatefulSet.apps" => workloads::stateful_set(session, &object).await,
        "DaemonSet.apps" => workloads::daemon_set(session, &object).await,
        "HorizontalPodAutoscaler.autoscaling" => hpa::describe(session, &object).await,
        _ => {
            objects::prepare(&mut object);
            generic::describe(session, &object).await
        }
    }
}

/// A label selector as one line: `app=web,tier in (a,b),!legacy`; empty for none.
///
/// Source: `k8s.io/apimachinery/pkg/labels`, `Requirement.String`.
pub(super) fn selector_text(selector: &Value) -> String {
    let mut terms: Vec<(String, String)> = pairs(selector, "/matchLabels")
        .into_iter()
        .map(|(key, value)| (key.to_owned(), format!("{key}={value}")))
        .collect();
    for expression in items(selector, "/matchExpressions") {
        let key = text(expression, "/key");
        let mut values = texts(expression, "/values");
        values.sort_unstable();
        let values = values.join(",");
        let term = match text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        };
        terms.push((key.to_owned(), term));
    }
    terms.sort();
    let terms: Vec<String> = terms.into_iter().map(|(_, term)| term).collect();
    terms.join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_a_selector_on_one_line() {
        let selector = json!({"matchLabels": {"b": "1"}, "matchExpressions": [
            {"key": "c", "operator": "NotIn", "values": ["y", "x"]},
            {"key": "a", "operator": "Exists"}, {"key": "d", "operator": "DoesNotExist"}]});
        assert_eq!(selector_text(&selector), "a,b=1,c notin (x,y),!d");
    }
}
