//! Defaults and rules of pod specs, for pods and for templates of workloads.
//!
//! Follows `pkg/apis/core/v1/defaults.go` and `pkg/apis/core/validation/validation.go` for the fields
//! people use.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    api::names,
    quantity::Quantity,
    status::Cause,
    value::{self, items, set_default, text},
};

/// Sources of a volume whose files have a default mode.
const MODED: [&str; 4] = ["secret", "configMap", "projected", "downwardAPI"];

/// Fills in a pod spec. Null or absent specs stay as they are.
pub(super) fn fill(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    set_default(spec, &["restartPolicy"], "Always");
    set_default(spec, &["terminationGracePeriodSeconds"], 30);
    set_default(spec, &["dnsPolicy"], "ClusterFirst");
    set_default(spec, &["schedulerName"], "default-scheduler");
    set_default(spec, &["securityContext"], json!({}));
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        set_default(spec, &["serviceAccount"], account);
    } else if let Some(account) = spec.get("serviceAccount").cloned() {
        set_default(spec, &["serviceAccountName"], account);
    }
    let on_host = value::truth(spec, "/hostNetwork");
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in list_mut(spec, list) {
            fill_container(container, on_host);
        }
    }
    for volume in list_mut(spec, "volumes") {
        fill_volume(volume);
    }
}

fn list_mut<'a>(object: &'a mut Value, field: &str) -> &'a mut [Value] {
    object
        .get_mut(field)
        .and_then(Value::as_array_mut)
        .map_or(&mut [], Vec::as_mut_slice)
}

fn fill_container(container: &mut Value, on_host: bool) {
    if !container.is_object() {
        return;
    }
    let policy = pull_policy(text(container, "/image"));
    set_default(container, &["imagePullPolicy"], policy);
    set_default(
        container,
        &["terminationMessagePath"],
        "/dev/termination-log",
    );
    set_default(container, &["terminationMessagePolicy"], "File");
    set_default(container, &["resources"], json!({}));
    for port in list_mut(container, "ports") {
        set_default(port, &["protocol"], "TCP");
        if on_host {
            let number = port["containerPort"].clone();
            set_default(port, &["hostPort"], number);
        }
    }
    for variable in list_mut(container, "env") {
        if variable.pointer("/valueFrom/fieldRef").is_some() {
            set_default(variable, &["valueFrom", "fieldRef", "apiVersion"], "v1");
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).filter(|probe| probe.is_object()) {
            fill_probe(probe);
        }
    }
}

/// `Always` for a tag that moves, `IfNotPresent` for one that does not.
fn pull_policy(image: &str) -> &'static str {
    let last = image.rsplit('/').next().unwrap_or(image);
    let is_pinned =
        last.contains('@') || last.split_once(':').is_some_and(|(_, tag)| tag != "latest");
    if is_pinned { "IfNotPresent" } else { "Always" }
}

fn fill_probe(probe: &mut Value) {
    for (field, default) in [
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ] {
        set_default(probe, &[field], default);
    }
    if probe.get("httpGet").is_some() {
        set_default(probe, &["httpGet", "path"], "/");
        set_default(probe, &["httpGet", "scheme"], "HTTP");
    }
}

fn fill_volume(volume: &mut Value) {
    let Some(fields) = volume.as_object() else {
        return;
    };
    if fields.len() == 1 && fields.contains_key("name") {
        volume["emptyDir"] = json!({});
    }
    for source in MODED {
        if volume.get(source).is_some() {
            set_default(volume, &[source, "defaultMode"], 420);
        }
    }
    if volume.get("hostPath").is_some() {
        set_default(volume, &["hostPath", "type"], "");
    }
}

/// Requests that are not given are the limits. Applies to pods, not to templates.
pub(super) fn fill_requests_from_limits(spec: &mut Value) {
    for list in ["initContainers", "containers"] {
        for container in list_mut(spec, list) {
            let Some(limits) = value::map(container, "/resources/limits").cloned() else {
                continue;
            };
            for (resource, limit) in limits {
                set_default(container, &["resources", "requests", &resource], limit);
            }
        }
    }
}

/// The pod's quality of service: `Guaranteed`, `Burstable` or `BestEffort`.
///
/// Source: <https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/>.
pub(crate) fn quality_of_service(spec: &Value) -> &'static str {
    let containers = || {
        items(spec, "/containers")
            .iter()
            .chain(items(spec, "/initContainers"))
    };
    let amount = |container: &Value, side: &str, resource: &str| {
        Quantity::parse(text(container, &format!("/resources/{side}/{resource}")))
            .ok()
            .filter(|quantity| !quantity.is_zero())
    };
    let mut is_guaranteed = containers().next().is_some();
    let mut asks_for_anything = false;
    for container in containers() {
        for resource in ["cpu", "memory"] {
            let (request, limit) = (
                amount(container, "requests", resource),
                amount(container, "limits", resource),
            );
            asks_for_anything |= request.is_some() || limit.is_some();
            is_guaranteed &= limit.is_some() && request == limit;
        }
    }
    match (asks_for_anything, is_guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// Fills in a pod template: its spec, and the time of creation that Go writes of what was not created.
pub(super) fn fill_template(template: &mut Value) {
    set_default(template, &["metadata", "creationTimestamp"], Value::Null);
    if let Some(spec) = template.get_mut("spec") {
        fill(spec);
    }
}

/// What is wrong with a pod spec at `path`.
pub(super) fn check(spec: &Value, path: &str, restart_policies: &[&str]) -> Vec<Cause> {
    check_with_volumes(spec, path, restart_policies, BTreeSet::new())
}

/// [`check`] of a template whose controller adds volumes of these names to the pods it makes; they take
/// the place of the template's own of the same name.
pub(super) fn check_with_volumes<'a>(
    spec: &'a Value,
    path: &str,
    restart_policies: &[&str],
    mut volumes: BTreeSet<&'a str>,
) -> Vec<Cause> {
    let mut causes = Vec::new();
    volumes.extend(check_volumes(spec, path, &mut causes));
    if items(spec, "/containers").is_empty() {
        causes.push(Cause::required(format!("{path}.containers"), ""));
    }
    let mut names = BTreeSet::new();
    for list in ["initContainers", "containers"] {
        for (index, container) in items(spec, &format!("/{list}")).iter().enumerate() {
            let at = format!("{path}.{list}[{index}]");
            check_name(container, &at, &mut names, &mut causes);
            check_container(container, &at, &volumes, &mut causes);
        }
    }
    let policy = text(spec, "/restartPolicy");
    if !restart_policies.contains(&policy) {
        let field = format!("{path}.restartPolicy");
        causes.push(Cause::not_supported(field, policy, restart_policies));
    }
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    let policy = text(spec, "/dnsPolicy");
    if !policies.contains(&policy) {
        causes.push(Cause::not_supported(
            format!("{path}.dnsPolicy"),
            policy,
            &policies,
        ));
    }
    if let Some(seconds) = value::integer(spec, "/terminationGracePeriodSeconds").filter(|s| *s < 0)
    {
        let field = format!("{path}.terminationGracePeriodSeconds");
        causes.push(Cause::invalid(
            field,
            &json!(seconds),
            "must be greater than or equal to 0",
        ));
    }
    causes
}

fn check_volumes<'a>(spec: &'a Value, path: &str, causes: &mut Vec<Cause>) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (index, volume) in items(spec, "/volumes").iter().enumerate() {
        check_name(
            volume,
            &format!("{path}.volumes[{index}]"),
            &mut names,
            causes,
        );
    }
    names
}

/// Names must be given, be DNS labels, and differ.
fn check_name<'a>(
    named: &'a Value,
    at: &str,
    seen: &mut BTreeSet<&'a str>,
    causes: &mut Vec<Cause>,
) {
    let (field, name) = (format!("{at}.name"), text(named, "/name"));
    if name.is_empty() {
        causes.push(Cause::required(field, ""));
    } else if let Some(problem) = names::label(name) {
        causes.push(Cause::invalid(field, &json!(name), &problem));
    } else if !seen.insert(name) {
        causes.push(Cause::duplicate(field, &json!(name)));
    }
}

fn check_container(container: &Value, at: &str, volumes: &BTreeSet<&str>, causes: &mut Vec<Cause>) {
    let image = text(container, "/image");
    if image.is_empty() {
        causes.push(Cause::required(format!("{at}.image"), ""));
    } else if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        causes.push(Cause::invalid(format!("{at}.image"), &json!(image), detail));
    }
    let policies = ["Always", "IfNotPresent", "Never"];
    let policy = text(container, "/imagePullPolicy");
    if !policies.contains(&policy) {
        causes.push(Cause::not_supported(
            format!("{at}.imagePullPolicy"),
            policy,
            &policies,
        ));
    }
    for (index, port) in items(container, "/ports").iter().enumerate() {
        check_port(
            port,
            "containerPort",
            &format!("{at}.ports[{index}]"),
            causes,
        );
    }
    for (index, variable) in items(container, "/env").iter().enumerate() {
        if text(variable, "/name").is_empty() {
            causes.push(Cause::required(format!("{at}.env[{index}].name"), ""));
        }
    }
    for (index, mount) in items(container, "/volumeMounts").iter().enumerate() {
        let (at, name) = (format!("{at}.volumeMounts[{index}]"), text(mount, "/name"));
        if name.is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        } else if !volumes.contains(name) {
            causes.push(Cause::not_found(format!("{at}.name"), &json!(name)));
        }
        if text(mount, "/mountPath").is_empty() {
            causes.push(Cause::required(format!("{at}.mountPath"), ""));
        }
    }
    check_resources(container, &format!("{at}.resources"), causes);
}

/// A port number must be a port and its protocol one that is known.
pub(super) fn check_port(port: &Value, field: &str, at: &str, causes: &mut Vec<Cause>) {
    match value::integer(port, &format!("/{field}")) {
        None | Some(0) if field == "containerPort" => {
            causes.push(Cause::required(format!("{at}.{field}"), ""));
        }
        Some(1..=65_535) => {}
        number => {
            let detail = "must be between 1 and 65535, inclusive";
            let number = json!(number.unwrap_or_default());
            causes.push(Cause::invalid(format!("{at}.{field}"), &number, detail));
        }
    }
    let protocols = ["SCTP", "TCP", "UDP"];
    let protocol = text(port, "/protocol");
    if !protocols.contains(&protocol) {
        causes.push(Cause::not_supported(
            format!("{at}.protocol"),
            protocol,
            &protocols,
        ));
    }
}

fn check_resources(container: &Value, at: &str, causes: &mut Vec<Cause>) {
    for side in ["limits", "requests"] {
        for (resource, amount) in value::map(container, &format!("/resources/{side}"))
            .into_iter()
            .flatten()
        {
            let amount = amount.as_str().unwrap_or_default();
            if Quantity::parse(amount).is_ok_and(Quantity::is_negative) {
                let field = format!("{at}.{side}[{resource}]");
                causes.push(Cause::invalid(
                    field,
                    &json!(amount),
                    "must be greater than or equal to 0",
                ));
            }
        }
    }
    let limits = value::map(container, "/resources/limits");
    for (resource, request) in value::map(container, "/resources/requests")
        .into_iter()
        .flatten()
    {
        let Some(limit) = limits.and_then(|limits| limits.get(resource)) else {
            continue;
        };
        let (request, limit) = (
            request.as_str().unwrap_or_default(),
            limit.as_str().unwrap_or_default(),
        );
        if let (Ok(asked), Ok(allowed)) = (Quantity::parse(request), Quantity::parse(limit))
            && asked > allowed
        {
            let detail = format!("must be less than or equal to {resource} limit of {limit}");
            causes.push(Cause::invalid(
                format!("{at}.requests"),
                &json!(request),
                &detail,
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container() -> Value {
        json!({"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}],
               "readinessProbe": {"httpGet": {"port": 80}}})
    }

    #[test]
    fn fills_in_what_the_api_server_fills_in() {
        let mut spec = json!({"containers": [container()], "volumes": [{"name": "tmp"}, {"name": "c", "configMap": {"name": "c"}}]});
        fill(&mut spec);
        assert_eq!(spec["restartPolicy"], "Always");
        assert_eq!(spec["terminationGracePeriodSeconds"], 30);
        assert_eq!(spec["containers"][0]["imagePullPolicy"], "IfNotPresent");
        assert_eq!(spec["containers"][0]["ports"][0]["protocol"], "TCP");
        assert_eq!(
            spec["containers"][0]["readinessProbe"]["failureThreshold"],
            3
        );
        assert_eq!(
            spec["containers"][0]["readinessProbe"]["httpGet"]["scheme"],
            "HTTP"
        );
        assert_eq!(spec["volumes"][0]["emptyDir"], json!({}));
        assert_eq!(spec["volumes"][1]["configMap"]["defaultMode"], 420);
        assert_eq!(check(&spec, "spec", &["Always"]), []);
    }

    #[test]
    fn pulls_moving_tags_always() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("nginx:1", "IfNotPresent"),
            ("reg.example:5000/nginx", "Always"),
            ("nginx@sha256:abc", "IfNotPresent"),
        ] {
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }

    #[track_caller]
    fn check_one(change: impl FnOnce(&mut Value), expected: &str) {
        let mut spec = json!({"containers": [container()]});
        change(&mut spec);
        fill(&mut spec);
        let found: Vec<String> = check(&spec, "spec", &["Always"])
            .iter()
            .map(Cause::to_string)
            .collect();
        assert_eq!(found, [expected]);
    }

    #[test]
    fn words_what_is_wrong() {
        check_one(
            |spec| spec["containers"] = json!([]),
            "spec.containers: Required value",
        );
        check_one(
            |spec| spec["containers"][0]["image"] = json!(""),
            "spec.containers[0].image: Required value",
        );
        check_one(
            |spec| spec["containers"] = json!([container(), container()]),
            r#"spec.containers[1].name: Duplicate value: "web""#,
        );
        check_one(
            |spec| spec["restartPolicy"] = json!("Never"),
            r#"spec.restartPolicy: Unsupported value: "Never": supported values: "Always""#,
        );
        check_one(
            |spec| spec["containers"][0]["ports"][0]["containerPort"] = json!(70_000),
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        );
        check_one(
            |spec| {
                spec["containers"][0]["resources"] =
                    json!({"requests": {"cpu": "2"}, "limits": {"cpu": "1"}})
            },
            r#"spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1"#,
        );
        check_one(
            |spec| {
                spec["containers"][0]["volumeMounts"] = json!([{"name": "x", "mountPath": "/x"}])
            },
            r#"spec.containers[0].volumeMounts[0].name: Not found: "x""#,
        );
    }

    #[test]
    fn tells_the_quality_of_service() {
        let with = |resources: Value| json!({"containers": [{"resources": resources}]});
        for (resources, expected) in [
            (json!({}), "BestEffort"),
            (json!({"requests": {"cpu": "1"}}), "Burstable"),
            (
                json!({"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}),
                "Guaranteed",
            ),
        ] {
            assert_eq!(quality_of_service(&with(resources)), expected);
        }
    }
}
