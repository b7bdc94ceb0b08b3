//! What the API offers, generated from the table of kinds: classic and aggregated discovery.
//!
//! Source: Kubernetes documentation, "The Kubernetes API", "Discovery API"; types `metav1.APIResourceList`
//! and `apidiscovery.k8s.io/v2`.

use std::collections::BTreeMap;

use demo_cluster::registry::{KindSpec, Subresource};
use serde_json::{Value, json};

/// Every kind served, the table's and those of definitions.
pub(crate) type Kinds = [&'static KindSpec];

/// A group's versions in the order of the table, each with its kinds.
type Versions = Vec<(&'static str, Vec<&'static KindSpec>)>;

/// `/api`
pub(crate) fn core_versions() -> Value {
    json!({
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
    })
}

/// `/apis`
pub(crate) fn group_list(kinds: &Kinds) -> Value {
    let groups: Vec<Value> = groups(kinds)
        .into_iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, versions)| group_object(name, &versions))
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/{group}`; `None` when there is no such group.
pub(crate) fn group(kinds: &Kinds, name: &str) -> Option<Value> {
    let (name, versions) = groups(kinds)
        .remove_entry(name)
        .filter(|(name, _)| !name.is_empty())?;
    let mut object = group_object(name, &versions);
    object["kind"] = json!("APIGroup");
    object["apiVersion"] = json!("v1");
    Some(object)
}

/// `/api/v1` and `/apis/{group}/{version}`; `None` when there is no such version.
pub(crate) fn resource_list(kinds: &Kinds, group: &str, version: &str) -> Option<Value> {
    let (_, kinds) = groups(kinds)
        .remove(group)?
        .into_iter()
        .find(|(name, _)| *name == version)?;
    let resources: Vec<Value> = kinds.into_iter().flat_map(resource_objects).collect();
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1",
        "groupVersion": group_version(group, version), "resources": resources,
    }))
}

/// `/api` and `/apis` in aggregated form, `version` being `v2` or `v2beta1`.
pub(crate) fn aggregated(kinds: &Kinds, core: bool, version: &str) -> Value {
    let items: Vec<Value> = groups(kinds)
        .into_iter()
        .filter(|(name, _)| name.is_empty() == core)
        .map(|(name, versions)| aggregated_group(name, versions))
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {}, "items": items,
    })
}

/// `apps/v1`, or `v1` for the core group.
pub(crate) fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

/// Every group and version served, core first.
pub(crate) fn group_versions(kinds: &Kinds) -> Vec<(&'static str, &'static str)> {
    groups(kinds)
        .into_iter()
        .flat_map(|(group, versions)| {
            versions
                .into_iter()
                .map(move |(version, _)| (group, version))
        })
        .collect()
}

fn groups(kinds: &Kinds) -> BTreeMap<&'static str, Versions> {
    let mut groups: BTreeMap<&'static str, Versions> = BTreeMap::new();
    for spec in kinds.iter().copied() {
        let versions = groups.entry(spec.group).or_default();
        match versions.iter_mut().find(|(name, _)| *name == spec.version) {
            Some((_, kinds)) => kinds.push(spec),
            None => versions.push((spec.version, vec![spec])),
        }
    }
    groups
}

fn group_object(name: &str, versions: &Versions) -> Value {
    let listed: Vec<Value> = versions
        .iter()
        .map(|(version, _)| json!({"groupVersion": group_version(name, version), "version": version}))
        .collect();
    json!({"name": name, "versions": listed, "preferredVersion": listed[0]})
}

/// A kind's own entry and one per subresource.
fn resource_objects(spec: &'static KindSpec) -> Vec<Value> {
    let mut own = json!({
        "name": spec.plural, "singularName": spec.singular, "namespaced": spec.namespaced,
        "kind": spec.kind, "verbs": spec.verbs,
    });
    if !spec.short_names.is_empty() {
        own["shortNames"] = json!(spec.short_names);
    }
    if !spec.categories.is_empty() {
        own["categories"] = json!(spec.categories);
    }
    let below = spec.subresources.iter().map(|subresource| {
        let (group, version, kind) = answer_kind(spec, *subresource);
        let mut object = json!({
            "name": format!("{}/{}", spec.plural, subresource.as_str()), "singularName": "",
            "namespaced": spec.namespaced, "kind": kind, "verbs": subresource.verbs(),
        });
        if (group, version) != (spec.group, spec.version) {
            object["group"] = json!(group);
            object["version"] = json!(version);
        }
        object
    });
    std::iter::once(own).chain(below).collect()
}

fn aggregated_group(name: &str, versions: Versions) -> Value {
    let versions: Vec<Value> = versions
        .into_iter()
        .map(|(version, kinds)| {
            let resources: Vec<Value> = kinds.into_iter().map(aggregated_resource).collect();
            json!({"version": version, "resources": resources, "freshness": "Current"})
        })
        .collect();
    let mut metadata = json!({"creationTimestamp": null});
    if !name.is_empty() {
        metadata["name"] = json!(name);
    }
    json!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(spec: &'static KindSpec) -> Value {
    let mut object = json!({
        "resource": spec.plural,
        "responseKind": {"group": spec.group, "version": spec.version, "kind": spec.kind},
        "scope": if spec.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": spec.singular,
        "verbs": spec.verbs,
    });
    if !spec.short_names.is_empty() {
        object["shortNames"] = json!(spec.short_names);
    }
    if !spec.categories.is_empty() {
        object["categories"] = json!(spec.categories);
    }
    if !spec.subresources.is_empty() {
        object["subresources"] = spec
            .subresources
            .iter()
            .map(|subresource| {
                let (group, version, kind) = answer_kind(spec, *subresource);
                json!({
                    "subresource": subresource.as_str(), "verbs": subresource.verbs(),
                    "responseKind": {"group": group, "version": version, "kind": kind},
                })
            })
            .collect();
    }
    object
}

/// Group, version and kind of what a subresource answers.
fn answer_kind(
    spec: &'static KindSpec,
    subresource: Subresource,
) -> (&'static str, &'static str, &'static str) {
    match subresource {
        Subresource::Scale => ("autoscaling", "v1", "Scale"),
        Subresource::Eviction => ("policy", "v1", "Eviction"),
        Subresource::Proxy => ("", "v1", "NodeProxyOptions"),
        Subresource::Status | Subresource::Log | Subresource::Finalize | Subresource::Resize => {
            (spec.group, spec.version, spec.kind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use demo_cluster::registry;

    fn table() -> Vec<&'static KindSpec> {
        registry::kinds().map(|(_, spec)| spec).collect()
    }

    fn named<'a>(list: &'a Value, field: &str, name: &str) -> &'a Value {
        let items = list.as_array().unwrap();
        items.iter().find(|item| item[field] == name).unwrap()
    }

    #[test]
    fn lists_kinds_with_their_subresources() {
        let list = resource_list(&table(), "apps", "v1").unwrap();
        let deployments = named(&list["resources"], "name", "deployments");
        assert_eq!(deployments["shortNames"], json!(["deploy"]));
        let scale = named(&list["resources"], "name", "deployments/scale");
        assert_eq!(
            (&scale["group"], &scale["kind"]),
            (&json!("autoscaling"), &json!("Scale"))
        );
    }

    #[test]
    fn lists_groups_without_core() {
        let list = group_list(&table());
        let apps = named(&list["groups"], "name", "apps");
        assert_eq!(apps["preferredVersion"]["groupVersion"], "apps/v1");
        assert!(
            list["groups"]
                .as_array()
                .unwrap()
                .iter()
                .all(|group| group["name"] != "")
        );
        assert_eq!(group(&table(), ""), None);
        assert_eq!(resource_list(&table(), "apps", "v9"), None);
    }

    #[test]
    fn lists_every_version_of_a_group_and_prefers_the_newest() {
        let autoscaling = group(&table(), "autoscaling").unwrap();
        assert_eq!(autoscaling["preferredVersion"]["version"], "v2");
        let versions = autoscaling["versions"].as_array().unwrap().iter();
        let versions: Vec<_> = versions.map(|it| &it["version"]).collect();
        assert_eq!(versions, ["v2", "v1"]);
        assert!(resource_list(&table(), "events.k8s.io", "v1").is_some());
    }

    #[test]
    fn says_the_same_in_aggregated_form() {
        let list = aggregated(&table(), false, "v2");
        let apps = list["items"].as_array().unwrap().iter();
        let apps = apps
            .clone()
            .find(|it| it["metadata"]["name"] == "apps")
            .unwrap();
        let deployments = named(&apps["versions"][0]["resources"], "resource", "deployments");
        assert_eq!(deployments["scope"], "Namespaced");
        assert_eq!(
            deployments["subresources"][1]["responseKind"]["kind"],
            "Scale"
        );
        let core = aggregated(&table(), true, "v2");
        assert_eq!(core["items"].as_array().unwrap().len(), 1);
        assert_eq!(core["items"][0]["versions"][0]["version"], "v1");
    }
}
