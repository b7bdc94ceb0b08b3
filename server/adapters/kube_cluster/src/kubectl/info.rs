//! `kubectl version`, `api-resources`, `api-versions` and `cluster-info`.

use domain::command::{ApiResourceColumn, ApiResourcesCommand, CommandOutput, OutputFormat};
use serde_json::Value;

use super::{
    discovery::ApiResource,
    json::{items, name, namespace, number, pairs, text, text_or, texts},
    printed,
    request::{AS_JSON, Outcome, Selectors, Session},
    tabs,
};

/// The server's version beside our own; there is no Kustomize here.
pub(super) async fn version(session: &Session<'_>) -> Outcome<CommandOutput> {
    let answer = session.json("/version", &[], AS_JSON).await?;
    Ok(printed(format!(
        "Client Version: ai4k8s v{}\nServer Version: {}\n",
        env!("CARGO_PKG_VERSION"),
        text(&answer, "/gitVersion")
    )))
}

/// The resource types asked for in their preferred version, by group and name unless told otherwise.
///
/// Source: `k8s.io/kubectl/pkg/cmd/apiresources`.
pub(super) async fn api_resources(
    session: &Session<'_>,
    wanted: &ApiResourcesCommand,
) -> Outcome<CommandOutput> {
    let catalog = session.catalog().await?;
    let mut resources: Vec<&ApiResource> = catalog
        .preferred()
        .filter(|resource| is_wanted(resource, wanted))
        .collect();
    resources.sort_by_key(|resource| {
        let first = match wanted.sort_by {
            Some(ApiResourceColumn::Name) => &resource.plural,
            Some(ApiResourceColumn::Kind) => &resource.kind,
            None => &resource.group,
        };
        (first, &resource.plural)
    });
    let is_wide = wanted.output == OutputFormat::Wide;
    let mut lines = String::new();
    if !wanted.no_headers && wanted.output != OutputFormat::Name {
        lines.push_str("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND");
        lines.push_str(if is_wide {
            "\tVERBS\tCATEGORIES\n"
        } else {
            "\n"
        });
    }
    for resource in resources {
        if wanted.output == OutputFormat::Name {
            lines.push_str(&qualified(resource));
            continue;
        }
        lines.push_str(&format!(
            "{}\t{}\t{}\t{}\t{}",
            resource.plural,
            resource.short_names.join(","),
            resource.api_version(),
            resource.namespaced,
            resource.kind
        ));
        if is_wide {
            lines.push_str(&format!(
                "\t{}\t{}",
                resource.verbs.join(","),
                resource.categories.join(",")
            ));
        }
        lines.push('\n');
    }
    Ok(printed(tabs::align(&lines, tabs::TABLE)))
}

fn is_wanted(resource: &ApiResource, wanted: &ApiResourcesCommand) -> bool {
    !resource.verbs.is_empty()
        && wanted
            .api_group
            .as_ref()
            .is_none_or(|group| *group == resource.group)
        && wanted
            .namespaced
            .is_none_or(|namespaced| namespaced == resource.namespaced)
        && wanted
            .verbs
            .iter()
            .all(|verb| resource.verbs.contains(verb))
        && wanted
            .categories
            .iter()
            .all(|category| resource.categories.contains(category))
}

/// `deployments.apps`, `pods`.
fn qualified(resource: &ApiResource) -> String {
    match resource.group.as_str() {
        "" => format!("{}\n", resource.plural),
        group => format!("{}.{group}\n", resource.plural),
    }
}

/// Every group version that is served, sorted.
pub(super) async fn api_versions(session: &Session<'_>) -> Outcome<CommandOutput> {
    let core = session.json("/api", &[], AS_JSON).await?;
    let groups = session.json("/apis", &[], AS_JSON).await?;
    let mut versions: Vec<&str> = texts(&core, "/versions");
    for group in items(&groups, "/groups") {
        let served = items(group, "/versions");
        versions.extend(served.iter().map(|version| text(version, "/groupVersion")));
    }
    versions.sort_unstable();
    let lines = versions.into_iter().map(|version| format!("{version}\n"));
    Ok(printed(lines.collect()))
}

/// Where the API server and the cluster's own services are.
///
/// Source: `k8s.io/kubectl/pkg/cmd/clusterinfo`.
pub(super) async fn cluster(session: &Session<'_>) -> Outcome<CommandOutput> {
    let server = address(session).await?;
    let services = ApiResource::known("", "v1", "services", "Service");
    let selectors = Selectors {
        labels: Some("kubernetes.io/cluster-service=true"),
        ..Selectors::default()
    };
    let found = session
        .list(&services, Some("kube-system"), selectors)
        .await?;
    let mut out = format!("Kubernetes control plane is running at {server}\n");
    for service in &found {
        let labels = pairs(service, "/metadata/labels");
        let known_as = labels.get("kubernetes.io/name").filter(|at| !at.is_empty());
        let known_as = known_as.copied().unwrap_or_else(|| name(service));
        out.push_str(&format!(
            "{known_as} is running at {}\n",
            link(service, &server)
        ));
    }
    out.push_str(
        "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n",
    );
    Ok(printed(out))
}

/// The API server's URL: as configured, else as it announces itself.
async fn address(session: &Session<'_>) -> Outcome<String> {
    if !session.server.is_empty() {
        return Ok(session.server.trim_end_matches('/').to_owned());
    }
    let versions = session.json("/api", &[], AS_JSON).await?;
    Ok(items(&versions, "/serverAddressByClientCIDRs")
        .first()
        .map(|entry| format!("https://{}", text(entry, "/serverAddress")))
        .unwrap_or_else(|| "an address it does not announce".to_owned()))
}

/// Where a service answers: its load balancer, or the API server's proxy to it.
fn link(service: &Value, server: &str) -> String {
    let ports = items(service, "/spec/ports");
    if let Some(ingress) = items(service, "/status/loadBalancer/ingress").first() {
        let host = text_or(ingress, "/ip", text(ingress, "/hostname"));
        return ports
            .iter()
            .map(|port| format!("http://{host}:{} ", number(port, "/port")))
            .collect();
    }
    let proxied = match ports.first() {
        Some(port) => {
            let (port_name, secure) = (text(port, "/name"), number(port, "/port") == 443);
            let scheme = if secure || port_name == "https" {
                "https"
            } else {
                ""
            };
            if scheme.is_empty() && port_name.is_empty() {
                name(service).to_owned()
            } else if scheme.is_empty() {
                format!("{}:{port_name}", name(service))
            } else {
                format!("{scheme}:{}:{port_name}", name(service))
            }
        }
        None => name(service).to_owned(),
    };
    format!(
        "{server}/api/v1/namespaces/{}/services/{proxied}/proxy",
        namespace(service)
    )
}
