//! `kubectl describe`: one file for each kind or family, a generic one for everything else.
//!
//! Layout, order and wording follow `k8s.io/kubectl/pkg/describe` of Kubernetes 1.33; times are UTC.

mod batch;
mod common;
mod config;
mod containers;
mod generic;
mod hpa;
mod network;
mod node;
mod page;
mod pod;
mod policy;
mod rights;
mod service;
mod storage;
mod volumes;
mod workloads;

use domain::{
    command::{CommandOutput, DescribeCommand},
    ids::ObjectName,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

pub(super) use self::workloads::{pod_template, replica_sets};
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
pub(super) async fn run(
    session: &Session<'_>,
    command: &DescribeCommand,
) -> Outcome<CommandOutput> {
    let mut sections = Sections::default();
    for word in &command.objects.resources {
        let resource = session.resource(&word.0).await?;
        let describe = Describe {
            resource,
            names: command.objects.names.iter().collect(),
            command,
        };
        sections.add(describe.run(session).await)?;
    }
    for (word, name) in &command.objects.pairs {
        let describe = Describe {
            resource: session.resource(&word.0).await?,
            names: vec![name],
            command,
        };
        sections.add(describe.run(session).await)?;
    }
    let namespace = session.namespace(&command.scope);
    let is_empty = sections.texts.is_empty() && sections.output.exit_code == 0;
    if is_empty {
        return Ok(remarked(nothing_found(namespace)));
    }
    sections.output.stdout = sections.texts.join("\n\n");
    Ok(sections.output)
}

/// Descriptions with blank lines between them, and what could not be described.
struct Sections {
    texts: Vec<String>,
    output: CommandOutput,
}

impl Default for Sections {
    fn default() -> Self {
        Self {
            texts: Vec::new(),
            output: printed(String::new()),
        }
    }
}

impl Sections {
    /// Adds the descriptions of one type; a cluster that cannot be asked ends it all.
    fn add(&mut self, described: Outcome<Described>) -> Outcome<()> {
        match described {
            Ok(described) => {
                self.texts.extend(described.texts);
                self.output.cut = self.output.cut.take().or(described.cut);
                for failure in described.failures {
                    self.fail(failure)?;
                }
                Ok(())
            }
            Err(failure) => self.fail(failure),
        }
    }

    fn fail(&mut self, failure: Failure) -> Outcome<()> {
        let line = failure.into_line().map_err(Failure::Cluster)?;
        self.output.exit_code = 1;
        self.output.stderr.push_str(&line);
        Ok(())
    }
}

/// What was described of one type.
#[derive(Default)]
struct Described {
    texts: Vec<String>,
    failures: Vec<Failure>,
    cut: Option<String>,
}

/// What to describe.
struct Describe<'a> {
    resource: ApiResource,
    names: Vec<&'a ObjectName>,
    command: &'a DescribeCommand,
}

impl Describe<'_> {
    async fn run(&self, session: &Session<'_>) -> Outcome<Described> {
        match self.names.as_slice() {
            [] => self.all(session).await,
            [name] => match self.one(session, name).await {
                Ok(text) => Ok(Described {
                    texts: vec![text],
                    ..Described::default()
                }),
                Err(failure) if failure.is_not_found() => {
                    self.matching(session, name.as_str(), failure).await
                }
                Err(failure) => Err(failure),
            },
            names => {
                let mut described = Described::default();
                for name in names.iter().take(most(session)) {
                    match self.one(session, name).await {
                        Ok(text) => described.texts.push(text),
                        Err(failure) => described.failures.push(failure),
                    }
                }
                Ok(described)
            }
        }
    }

    async fn one(&self, session: &Session<'_>, name: &ObjectName) -> Outcome<String> {
        let namespace = session.namespace(&self.command.scope);
        let object = session
            .object(&self.resource, namespace, name.as_str())
            .await?;
        description(session, &self.resource, object).await
    }

    async fn all(&self, session: &Session<'_>) -> Outcome<Described> {
        let labels = self.command.label_selector.as_deref();
        let found = self.list(session, labels).await?;
        let total = found.len();
        Ok(Described {
            texts: descriptions(session, &self.resource, found).await?,
            failures: Vec::new(),
            cut: (total > most(session))
                .then(|| format!("Only the first {MAX_DESCRIBED} of {total} are described.")),
        })
    }

    /// What begins with a name that nothing has exactly.
    async fn matching(
        &self,
        session: &Session<'_>,
        prefix: &str,
        otherwise: Failure,
    ) -> Outcome<Described> {
        let mut found = self.list(session, None).await?;
        found.retain(|object| name(object).starts_with(prefix));
        if found.is_empty() {
            return Err(otherwise);
        }
        let texts = descriptions(session, &self.resource, found).await?;
        // Without an exact match kubectl ends each description with a line break of its own and no blank lines.
        Ok(Described {
            texts: vec![texts.into_iter().map(|text| text + "\n").collect()],
            ..Described::default()
        })
    }

    async fn list(&self, session: &Session<'_>, labels: Option<&str>) -> Outcome<Vec<Value>> {
        let selectors = Selectors {
            labels,
            ..Selectors::default()
        };
        session
            .list(
                &self.resource,
                session.namespace(&self.command.scope),
                selectors,
            )
            .await
            .map_err(|failure| failure.while_listing(&self.resource, selectors))
    }
}

/// How many objects are described: for the owner, all there are.
const fn most(session: &Session<'_>) -> usize {
    if session.audience.is_owner() {
        usize::MAX
    } else {
        MAX_DESCRIBED
    }
}

/// The descriptions of the first objects, in order.
async fn descriptions(
    session: &Session<'_>,
    resource: &ApiResource,
    found: Vec<Value>,
) -> Outcome<Vec<String>> {
    stream::iter(found.into_iter().take(most(session)))
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
        "Job.batch" => batch::job(session, &object).await,
        "CronJob.batch" => batch::cron_job(session, &object).await,
        "Ingress.networking.k8s.io" => network::ingress(session, &object).await,
        "NetworkPolicy.networking.k8s.io" => Ok(network::policy(&object)),
        "PodDisruptionBudget.policy" => policy::disruption_budget(session, &object).await,
        "PriorityClass.scheduling.k8s.io" => policy::priority_class(session, &object).await,
        "ResourceQuota" => Ok(policy::quota(&object)),
        "LimitRange" => Ok(policy::limit_range(&object)),
        "ServiceAccount" => rights::service_account(session, &object).await,
        "Role.rbac.authorization.k8s.io" | "ClusterRole.rbac.authorization.k8s.io" => {
            Ok(rights::role(&object))
        }
        "RoleBinding.rbac.authorization.k8s.io"
        | "ClusterRoleBinding.rbac.authorization.k8s.io" => Ok(rights::binding(&object)),
        "PersistentVolume" => storage::volume(session, &object).await,
        "PersistentVolumeClaim" => storage::claim(session, &object).await,
        "StorageClass.storage.k8s.io" => storage::class(session, &object).await,
        "HorizontalPodAutoscaler.autoscaling" => hpa::describe(session, &object).await,
        _ => {
            objects::prepare(&mut object, session.audience, false);
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
