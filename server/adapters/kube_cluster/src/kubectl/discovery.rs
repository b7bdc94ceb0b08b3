//! What a cluster serves: resource types by plural, singular, kind and short name.
//!
//! Read by aggregated discovery in two requests, or group by group from servers without it, and kept for a
//! minute. Names are matched as kubectl's REST mapper does: `deploy`, `Deployments`, `deployments.apps`,
//! `deployments.v1.apps`. Source: Kubernetes, "Aggregated Discovery".

use std::{collections::HashSet, sync::Arc};

use domain::time::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;

use super::{
    json::{flag, items, text, texts},
    request::{AS_JSON, Outcome, Session},
};

/// Aggregated discovery where there is any, else the classic lists.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// How long what was discovered is believed, in seconds.
const KEPT_SECONDS: i64 = 60;

/// One resource type in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiResource {
    /// API group; empty for core.
    pub(super) group: String,
    /// Version within the group.
    pub(super) version: String,
    /// Name in URLs.
    pub(super) plural: String,
    /// Name of one, lower-case.
    pub(super) singular: String,
    /// Name in manifests.
    pub(super) kind: String,
    /// Abbreviations.
    pub(super) short_names: Vec<String>,
    /// Collective names such as `all`.
    pub(super) categories: Vec<String>,
    /// Whether its objects live in a namespace.
    pub(super) namespaced: bool,
    /// What can be done with it.
    pub(super) verbs: Vec<String>,
}

impl ApiResource {
    /// A resource of a built-in group that describers and loggers read besides the one asked for.
    pub(super) fn known(group: &str, version: &str, plural: &str, kind: &str) -> Self {
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_ascii_lowercase(),
            kind: kind.to_owned(),
            short_names: Vec::new(),
            categories: Vec::new(),
            namespaced: true,
            verbs: Vec::new(),
        }
    }

    /// `v1` or `apps/v1`.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Where its collection is, or one object of it.
    ///
    /// Names and namespaces come from checked types or from the server and hold no `/`, `?` or `%`.
    pub(super) fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let mut path = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if let Some(namespace) = namespace.filter(|at| self.namespaced && !at.is_empty()) {
            path.push_str("/namespaces/");
            path.push_str(namespace);
        }
        path.push('/');
        path.push_str(&self.plural);
        if let Some(name) = name {
            path.push('/');
            path.push_str(name);
        }
        path
    }

    /// `Deployment.apps`, or `Pod` for core.
    pub(super) fn group_kind(&self) -> String {
        if self.group.is_empty() {
            self.kind.clone()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }

    /// What stands before the slash where types are mixed: `deployment.apps`, `pod`.
    pub(super) fn prefix(&self) -> String {
        self.group_kind().to_lowercase()
    }

    fn is_named(&self, word: &str) -> bool {
        self.plural == word || self.singular == word || self.kind.to_ascii_lowercase() == word
    }

    fn is_abbreviated(&self, word: &str) -> bool {
        self.short_names.iter().any(|short| short == word)
    }
}

/// Everything a cluster serves, groups and versions in the server's order of preference.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    resources: Vec<ApiResource>,
}

impl Catalog {
    /// The resource a word means: `po`, `Pod`, `pods`, `deployments.apps`, `deployments.v1.apps`.
    pub(super) fn find(&self, word: &str) -> Option<&ApiResource> {
        let word = word.to_ascii_lowercase();
        let Some((resource, rest)) = word.split_once('.') else {
            return self.among(&word, |_| true);
        };
        if let Some((version, group)) = rest.split_once('.') {
            let found = self.among(resource, |at| at.version == version && at.group == group);
            if found.is_some() {
                return found;
            }
        }
        self.among(resource, |at| at.group == rest)
            .or_else(|| self.among(resource, |at| at.group.starts_with(rest)))
    }

    /// The resource whose objects say `apiVersion` and `kind` so.
    pub(super) fn of_kind(&self, api_version: &str, kind: &str) -> Option<&ApiResource> {
        self.resources
            .iter()
            .find(|resource| resource.kind == kind && resource.api_version() == api_version)
    }

    fn among(&self, word: &str, wanted: impl Fn(&ApiResource) -> bool) -> Option<&ApiResource> {
        let candidates = || self.resources.iter().filter(|resource| wanted(resource));
        candidates()
            .find(|resource| resource.is_named(word))
            .or_else(|| candidates().find(|resource| resource.is_abbreviated(word)))
    }

    /// The listable resources of a category such as `all`; empty when there is no such category.
    pub(super) fn category(&self, word: &str) -> Vec<&ApiResource> {
        self.preferred()
            .filter(|resource| resource.categories.iter().any(|category| category == word))
            .filter(|resource| resource.verbs.iter().any(|verb| verb == "list"))
            .collect()
    }

    /// Every resource once, in its preferred version.
    pub(super) fn preferred(&self) -> impl Iterator<Item = &ApiResource> {
        let mut seen = HashSet::new();
        self.resources
            .iter()
            .filter(move |resource| seen.insert((&resource.group, &resource.plural)))
    }
}

/// The catalog of one connection, read when first needed.
#[derive(Debug, Default)]
pub(super) struct CatalogCache(Mutex<Option<(Timestamp, Arc<Catalog>)>>);

impl CatalogCache {
    /// What the cluster serves, at most [`KEPT_SECONDS`] old.
    pub(super) async fn get(&self, session: &Session<'_>) -> Outcome<Arc<Catalog>> {
        let mut kept = self.0.lock().await;
        if let Some((read_at, catalog)) = kept.as_ref()
            && (0..KEPT_SECONDS).contains(&session.now.seconds_since(*read_at))
        {
            return Ok(Arc::clone(catalog));
        }
        let catalog = Arc::new(discover(session).await?);
        *kept = Some((session.now, Arc::clone(&catalog)));
        Ok(catalog)
    }

    /// What the cluster serves now, unless it was read at this very moment.
    pub(super) async fn refresh(&self, session: &Session<'_>) -> Outcome<Arc<Catalog>> {
        {
            let mut kept = self.0.lock().await;
            if kept
                .as_ref()
                .is_some_and(|(read_at, _)| *read_at != session.now)
            {
                *kept = None;
            }
        }
        self.get(session).await
    }
}

async fn discover(session: &Session<'_>) -> Outcome<Catalog> {
    let core = session.json("/api", &[], AGGREGATED).await?;
    let groups = session.json("/apis", &[], AGGREGATED).await?;
    let mut resources = Vec::new();
    for answer in [core, groups] {
        if text(&answer, "/kind") == "APIGroupDiscoveryList" {
            resources.extend(aggregated(&answer));
        } else {
            for group_version in classic_versions(&answer) {
                resources.extend(classic_resources(session, &group_version).await?);
            }
        }
    }
    Ok(Catalog { resources })
}

/// The resources of an `APIGroupDiscoveryList`.
fn aggregated(answer: &Value) -> Vec<ApiResource> {
    let mut resources = Vec::new();
    for group in items(answer, "/items") {
        for version in items(group, "/versions") {
            for resource in items(version, "/resources") {
                resources.push(ApiResource {
                    group: text(group, "/metadata/name").to_owned(),
                    version: text(version, "/version").to_owned(),
                    plural: text(resource, "/resource").to_owned(),
                    singular: text(resource, "/singularResource").to_owned(),
                    kind: text(resource, "/responseKind/kind").to_owned(),
                    short_names: owned(resource, "/shortNames"),
                    categories: owned(resource, "/categories"),
                    namespaced: text(resource, "/scope") == "Namespaced",
                    verbs: owned(resource, "/verbs"),
                });
            }
        }
    }
    resources
}

/// Group versions of an `APIVersions` or `APIGroupList`, the preferred one of each group first.
fn classic_versions(answer: &Value) -> Vec<String> {
    let mut versions = owned(answer, "/versions");
    for group in items(answer, "/groups") {
        let preferred = text(group, "/preferredVersion/groupVersion");
        let others = items(group, "/versions")
            .iter()
            .map(|version| text(version, "/groupVersion"))
            .filter(|version| *version != preferred);
        versions.extend([preferred].into_iter().chain(others).map(str::to_owned));
    }
    versions
}

/// The resources of one group version; none when the server behind it does not answer.
async fn classic_resources(
    session: &Session<'_>,
    group_version: &str,
) -> Outcome<Vec<ApiResource>> {
    let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
    let path = if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group_version}")
    };
    let answer = match session.json(&path, &[], AS_JSON).await {
        Ok(answer) => answer,
        Err(failure @ super::request::Failure::Cluster(_)) => return Err(failure),
        Err(_) => return Ok(Vec::new()),
    };
    let resources = items(&answer, "/resources")
        .iter()
        .filter(|resource| !text(resource, "/name").contains('/'))
        .map(|resource| ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: text(resource, "/name").to_owned(),
            singular: text(resource, "/singularName").to_owned(),
            kind: text(resource, "/kind").to_owned(),
            short_names: owned(resource, "/shortNames"),
            categories: owned(resource, "/categories"),
            namespaced: flag(resource, "/namespaced"),
            verbs: owned(resource, "/verbs"),
        });
    Ok(resources.collect())
}

fn owned(value: &Value, pointer: &str) -> Vec<String> {
    texts(value, pointer)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubectl::fixtures;

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        let catalog = Catalog {
            resources: [fixtures::core_groups(), fixtures::named_groups()]
                .iter()
                .flat_map(aggregated)
                .collect(),
        };
        let found = catalog.find(word).map(|at| at.path(Some("shop"), None));
        assert_eq!(found.as_deref(), expected, "{word}");
    }

    #[test]
    fn finds_a_type_by_all_its_names() {
        for word in [
            "deploy",
            "deployment",
            "deployments",
            "Deployment",
            "deployments.apps",
            "deployments.v1.apps",
            "deploy.apps",
        ] {
            check(word, Some("/apis/apps/v1/namespaces/shop/deployments"));
        }
    }

    #[test]
    fn a_bare_name_means_the_first_group_that_has_it() {
        check("pods", Some("/api/v1/namespaces/shop/pods"));
        check(
            "pods.metrics.k8s.io",
            Some("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods"),
        );
    }

    #[test]
    fn a_group_may_be_shortened() {
        check(
            "pods.metrics",
            Some("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods"),
        );
    }

    #[test]
    fn cluster_scoped_types_ignore_the_namespace() {
        check("no", Some("/api/v1/nodes"));
    }

    #[test]
    fn unknown_types_and_versions_are_not_found() {
        check("foo", None);
        check("deployments.v2.apps", None);
    }
}
