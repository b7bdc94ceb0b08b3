//! Containers of pods and of pod templates.

use serde_json::Value;

use super::common::{or_none, truth};
use super::page::Page;
use crate::kubectl::{
    json::{at, flag, has, items, members, number, pairs, shown, text, texts},
    quantity::Quantity,
    when,
};

/// A list of containers with what is known about them.
pub(super) struct Containers<'a> {
    /// The heading.
    pub(super) label: &'a str,
    /// Their specs.
    pub(super) list: &'a [Value],
    /// Their states; none for a template.
    pub(super) statuses: &'a [Value],
    /// The pod they run in; none for a template.
    pub(super) pod: Option<&'a Value>,
    /// Indentation of a template.
    pub(super) space: &'a str,
}

impl Containers<'_> {
    pub(super) fn write(&self, page: &mut Page) {
        let none = if self.list.is_empty() { " <none>" } else { "" };
        page.line(0, format_args!("{}{}:{none}", self.space, self.label));
        for container in self.list {
            let name = text(container, "/name");
            let status = self
                .statuses
                .iter()
                .find(|status| text(status, "/name") == name);
            let indent = if self.space.is_empty() { "" } else { " " };
            page.line(1, format_args!("{indent}{name}:"));
            image_and_ports(page, container, status);
            command(page, container);
            if let Some(status) = status {
                state(page, status);
            }
            resources(page, at(container, "/resources"), 2);
            probes(page, container);
            environment_sources(page, container);
            environment(page, container, self.pod);
            mounts(page, container);
        }
    }
}

fn image_and_ports(page: &mut Page, container: &Value, status: Option<&Value>) {
    if let Some(status) = status {
        page.field(2, "Container ID", text(status, "/containerID"));
    }
    page.field(2, "Image", text(container, "/image"));
    if let Some(status) = status {
        page.field(2, "Image ID", text(status, "/imageID"));
    }
    for (label, field) in [("Port", "/containerPort"), ("Host Port", "/hostPort")] {
        let ports: Vec<String> = items(container, "/ports")
            .iter()
            .map(|port| format!("{}/{}", number(port, field), text(port, "/protocol")))
            .collect();
        let plural = if ports.len() > 1 { "s" } else { "" };
        page.field(2, &format!("{label}{plural}"), or_none(ports.join(", ")));
    }
    let profile = at(container, "/securityContext/seccompProfile");
    page.field_if(2, "SeccompProfile", text(profile, "/type"));
    page.field_if(3, "LocalhostProfile", text(profile, "/localhostProfile"));
}

fn command(page: &mut Page, container: &Value) {
    for (label, field) in [("Command:", "/command"), ("Args:", "/args")] {
        let words = texts(container, field);
        if words.is_empty() {
            continue;
        }
        page.line(2, label);
        for line in words.iter().flat_map(|word| word.split('\n')) {
            page.line(3, line);
        }
    }
}

fn state(page: &mut Page, status: &Value) {
    one_state(page, "State", at(status, "/state"));
    if has(status, "/lastState/terminated") {
        one_state(page, "Last State", at(status, "/lastState"));
    }
    page.field(2, "Ready", truth(flag(status, "/ready")));
    page.field(2, "Restart Count", number(status, "/restartCount"));
}

fn one_state(page: &mut Page, label: &str, state: &Value) {
    if has(state, "/running") {
        page.field(2, label, "Running");
        page.field(
            3,
            "Started",
            when::rfc1123(text(state, "/running/startedAt")),
        );
    } else if has(state, "/terminated") {
        page.field(2, label, "Terminated");
        let ended = at(state, "/terminated");
        page.field_if(3, "Reason", text(ended, "/reason"));
        page.field_if(3, "Message", text(ended, "/message"));
        page.field(3, "Exit Code", number(ended, "/exitCode"));
        if number(ended, "/signal") > 0 {
            page.field(3, "Signal", number(ended, "/signal"));
        }
        page.field(3, "Started", when::rfc1123(text(ended, "/startedAt")));
        page.field(3, "Finished", when::rfc1123(text(ended, "/finishedAt")));
    } else {
        page.field(2, label, "Waiting");
        page.field_if(3, "Reason", text(state, "/waiting/reason"));
    }
}

/// `Limits:` and `Requests:`, in canonical quantities.
pub(super) fn resources(page: &mut Page, resources: &Value, level: usize) {
    for (label, field) in [("Limits:", "/limits"), ("Requests:", "/requests")] {
        let amounts = members(resources, field);
        if amounts.is_empty() {
            continue;
        }
        page.line(level, label);
        for (name, amount) in amounts {
            page.field(level + 1, name, canonical(amount));
        }
    }
}

/// A quantity in its canonical form; as it stands when it is none.
pub(super) fn canonical(amount: &Value) -> String {
    let text = shown(amount);
    Quantity::parse(&text).map_or(text, |quantity| quantity.to_string())
}

fn probes(page: &mut Page, container: &Value) {
    for (label, field) in [
        ("Liveness", "/livenessProbe"),
        ("Readiness", "/readinessProbe"),
        ("Startup", "/startupProbe"),
    ] {
        if has(container, field) {
            page.field(2, label, probe(at(container, field)));
        }
    }
}

fn probe(probe: &Value) -> String {
    let how = if has(probe, "/exec") {
        format!("exec {}", shown(at(probe, "/exec/command")))
    } else if has(probe, "/httpGet") {
        let get = at(probe, "/httpGet");
        let path = text(get, "/path");
        format!(
            "http-get {}://{}:{}{}{path}",
            text(get, "/scheme").to_lowercase(),
            text(get, "/host"),
            shown(at(get, "/port")),
            if path.is_empty() || path.starts_with('/') {
                ""
            } else {
                "/"
            }
        )
    } else if has(probe, "/tcpSocket") {
        let socket = at(probe, "/tcpSocket");
        format!(
            "tcp-socket {}:{}",
            text(socket, "/host"),
            shown(at(socket, "/port"))
        )
    } else if has(probe, "/grpc") {
        let grpc = at(probe, "/grpc");
        format!(
            "grpc <pod>:{} {}",
            number(grpc, "/port"),
            text(grpc, "/service")
        )
    } else {
        "unknown".to_owned()
    };
    format!(
        "{how} delay={}s timeout={}s period={}s #success={} #failure={}",
        number(probe, "/initialDelaySeconds"),
        number(probe, "/timeoutSeconds"),
        number(probe, "/periodSeconds"),
        number(probe, "/successThreshold"),
        number(probe, "/failureThreshold")
    )
}

fn environment_sources(page: &mut Page, container: &Value) {
    let sources = items(container, "/envFrom");
    if sources.is_empty() {
        return;
    }
    page.line(2, "Environment Variables from:");
    for source in sources {
        let (kind, reference) = if has(source, "/configMapRef") {
            ("ConfigMap", at(source, "/configMapRef"))
        } else {
            ("Secret", at(source, "/secretRef"))
        };
        let prefix = match text(source, "/prefix") {
            "" => String::new(),
            prefix => format!(" with prefix '{prefix}'"),
        };
        let optional = flag(reference, "/optional");
        page.line(
            3,
            format_args!(
                "{}\t{kind}{prefix}\tOptional: {optional}",
                text(reference, "/name")
            ),
        );
    }
}

fn environment(page: &mut Page, container: &Value, pod: Option<&Value>) {
    let variables = items(container, "/env");
    let none = if variables.is_empty() { "\t<none>" } else { "" };
    page.line(2, format_args!("Environment:{none}"));
    for variable in variables {
        let name = text(variable, "/name");
        if has(variable, "/valueFrom") {
            let from = at(variable, "/valueFrom");
            if let Some(source) = variable_source(from, container, pod) {
                page.field(3, name, source);
            }
            continue;
        }
        for (index, line) in text(variable, "/value").split('\n').enumerate() {
            match index {
                0 => page.field(3, name, line),
                _ => page.line(3, format_args!("\t{line}")),
            }
        }
    }
}

/// Where a variable's value comes from; the values behind references are not looked up.
fn variable_source(from: &Value, container: &Value, pod: Option<&Value>) -> Option<String> {
    if has(from, "/fieldRef") {
        let path = text(from, "/fieldRef/fieldPath");
        let value = pod.and_then(|pod| pod_field(pod, path)).unwrap_or_default();
        let version = text(from, "/fieldRef/apiVersion");
        return Some(format!("{value} ({version}:{path})"));
    }
    if has(from, "/resourceFieldRef") {
        let resource = text(from, "/resourceFieldRef/resource");
        let value = resource_field(container, at(from, "/resourceFieldRef"));
        let unlimited = value == "0" && matches!(resource, "limits.cpu" | "limits.memory");
        let value = if unlimited {
            "node allocatable"
        } else {
            &value
        };
        return Some(format!("{value} ({resource})"));
    }
    for (field, words) in [
        ("/secretKeyRef", "in secret"),
        ("/configMapKeyRef", "of config map"),
    ] {
        if has(from, field) {
            let reference = at(from, field);
            return Some(format!(
                "<set to the key '{}' {words} '{}'>\tOptional: {}",
                text(reference, "/key"),
                text(reference, "/name"),
                flag(reference, "/optional")
            ));
        }
    }
    None
}

/// The fields of a pod that kubectl looks up: those of its metadata.
fn pod_field(pod: &Value, path: &str) -> Option<String> {
    for map in ["labels", "annotations"] {
        let key = path
            .strip_prefix(&format!("metadata.{map}['"))
            .and_then(|rest| rest.strip_suffix("']"));
        if let Some(key) = key {
            let all = pairs(pod, &format!("/metadata/{map}"));
            return Some(all.get(key).copied().unwrap_or_default().to_owned());
        }
    }
    match path {
        "metadata.name" | "metadata.namespace" | "metadata.uid" => {
            Some(text(pod, &format!("/{}", path.replace('.', "/"))).to_owned())
        }
        _ => None,
    }
}

/// A container's own limit or request, divided and rounded up.
fn resource_field(container: &Value, reference: &Value) -> String {
    let pointer = text(reference, "/resource").replace('.', "/");
    let amount = Quantity::parse(text(container, &format!("/resources/{pointer}")));
    let divisor = Quantity::parse(&shown(at(reference, "/divisor")))
        .filter(|divisor| !divisor.is_zero())
        .or_else(|| Quantity::parse("1"));
    match (amount, divisor) {
        (Some(amount), Some(divisor)) => {
            let by = divisor.nanos();
            ((amount.nanos() + by - 1) / by).to_string()
        }
        (Some(_) | None, _) => "0".to_owned(),
    }
}

fn mounts(page: &mut Page, container: &Value) {
    let mut mounts: Vec<&Value> = items(container, "/volumeMounts").iter().collect();
    let none = if mounts.is_empty() { "\t<none>" } else { "" };
    page.line(2, format_args!("Mounts:{none}"));
    mounts.sort_by_key(|mount| text(mount, "/mountPath"));
    for mount in mounts {
        let access = if flag(mount, "/readOnly") { "ro" } else { "rw" };
        let sub_path = match text(mount, "/subPath") {
            "" => String::new(),
            path => format!(",path={path:?}"),
        };
        let (path, name) = (text(mount, "/mountPath"), text(mount, "/name"));
        page.line(3, format_args!("{path} from {name} ({access}{sub_path})"));
    }
    let mut devices: Vec<&Value> = items(container, "/volumeDevices").iter().collect();
    if devices.is_empty() {
        return;
    }
    page.line(2, format_args!("Devices:{none}"));
    devices.sort_by_key(|device| text(device, "/devicePath"));
    for device in devices {
        let (path, name) = (text(device, "/devicePath"), text(device, "/name"));
        page.line(3, format_args!("{path} from {name}"));
    }
}
