//! The YAML of one thing, and single settings of it: environment, ports, probes, arguments, mounts.
//!
//! They are not in the snapshot: a command reads the object, and [`SettingsWanted`] finds in it what was asked for.

use domain::{chat::Block, resources::WorkloadKind, snapshot::ClusterSnapshot};
use serde_json::Value;

use super::{
    compose::{Reply, quote},
    guidance,
    last_words::LastWords,
    listing::read_command,
    question::Question,
};
use crate::redact::redact;

/// A part of a container's specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Environment,
    Ports,
    Probes,
    Arguments,
    Mounts,
}

/// What is to be read out of what a command prints, instead of showing all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsWanted(Wanted);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// Settings of an object printed as JSON.
    Settings(Vec<Part>),
    /// Why a container ended, in its log.
    LastWords(LastWords),
}

/// “Show me the yaml of storefront”.
pub(super) fn manifest(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let format = if question.words.iter().any(|word| word == "json") {
        "json"
    } else {
        "yaml"
    };
    read(
        question,
        snapshot,
        format,
        "The object as the cluster has it:",
    )
}

/// “Which ports does storefront listen on?”
pub(super) fn answer(question: &Question<'_>, snapshot: &ClusterSnapshot) -> Reply {
    let mut reply = read(question, snapshot, "json", "As its specification has it:");
    if reply.run.is_some() {
        reply.settings = Some(SettingsWanted(Wanted::Settings(parts_meant(question))));
    }
    reply
}

fn read(question: &Question<'_>, snapshot: &ClusterSnapshot, format: &str, text: &str) -> Reply {
    let objects = objects(question);
    let line = |(kind, namespace, name): &(&str, &str, &str)| {
        let place = if namespace.is_empty() {
            String::new()
        } else {
            format!(" --namespace={namespace}")
        };
        format!("kubectl get {kind} {name}{place} --output={format}")
    };
    match objects.as_slice() {
        [] => match question.unknown.first() {
            Some(unknown) => guidance::unknown_name(unknown, question, snapshot),
            None => Reply::failed(
                "Of which workload, pod or node? Name it, for instance “yaml of storefront in shop”.",
            ),
        },
        [one] => {
            let (kind, namespace, name) = one;
            let subject = if namespace.is_empty() {
                (*name).to_owned()
            } else {
                format!("{namespace}/{name}")
            };
            let reply = Reply::new(format!("{subject} ({kind}). {text}")).tool("resources_get");
            match read_command(&line(one)) {
                Some(command) => reply.running(command),
                None => reply,
            }
        }
        several => {
            let options = several
                .iter()
                .take(8)
                .map(|object| {
                    (
                        format!("{} {}/{}", object.0, object.1, object.2),
                        line(object),
                    )
                })
                .collect();
            Reply::new("Several things have that name.").choice("Which one?", options)
        }
    }
}

/// Kind, namespace and name of what is named.
fn objects<'a>(question: &Question<'a>) -> Vec<(&'static str, &'a str, &'a str)> {
    let kind = |kind: WorkloadKind| match kind {
        WorkloadKind::Deployment => "deployment",
        WorkloadKind::StatefulSet => "statefulset",
        WorkloadKind::DaemonSet => "daemonset",
    };
    let workloads = question.workloads.iter().map(|workload| {
        let reference = &workload.reference;
        (
            kind(reference.kind),
            reference.namespace.as_str(),
            reference.name.as_str(),
        )
    });
    let pods = question
        .pods
        .iter()
        .map(|pod| ("pod", pod.namespace.as_str(), pod.name.as_str()));
    let nodes = question
        .nodes
        .iter()
        .map(|node| ("node", "", node.name.as_str()));
    let running: Vec<_> = workloads.chain(pods).collect();
    if running.is_empty() {
        nodes.collect()
    } else {
        running
    }
}

fn parts_meant(question: &Question<'_>) -> Vec<Part> {
    let part = |word: &str| match word {
        "env" | "envs" | "environment" | "variable" | "variables" | "vars" => {
            Some(Part::Environment)
        }
        "port" | "ports" | "expose" | "exposes" | "exposed" | "listen" | "listens"
        | "listening" => Some(Part::Ports),
        "probe" | "probes" | "liveness" | "readiness" | "check" | "checks" => Some(Part::Probes),
        "args" | "arguments" | "entrypoint" | "command" => Some(Part::Arguments),
        "mounts" => Some(Part::Mounts),
        _ => None,
    };
    let mut parts: Vec<Part> = Vec::new();
    for found in question.words.iter().filter_map(|word| part(word)) {
        if !parts.contains(&found) {
            parts.push(found);
        }
    }
    parts
}

impl From<LastWords> for SettingsWanted {
    fn from(words: LastWords) -> Self {
        Self(Wanted::LastWords(words))
    }
}

impl SettingsWanted {
    /// What was found in `printed`; `None` when there is nothing of what was asked for: no object with containers, an
    /// empty log.
    ///
    /// Values that look like secrets are left out as everywhere.
    #[must_use]
    pub fn blocks(&self, printed: &str) -> Option<Vec<Block>> {
        match &self.0 {
            Wanted::Settings(parts) => settings_in(printed, parts),
            Wanted::LastWords(words) => words.blocks(printed),
        }
    }
}

fn settings_in(json: &str, parts: &[Part]) -> Option<Vec<Block>> {
    let object: Value = serde_json::from_str(json).ok()?;
    let template = object
        .pointer("/spec/template/spec")
        .or_else(|| object.get("spec"))?;
    let containers = template.get("containers")?.as_array()?;
    let mut rows = Vec::new();
    for container in containers {
        let name = text(container.get("name"));
        for part in parts {
            for (setting, value) in part.of(container) {
                rows.push(vec![name.clone(), setting, quote(&value)]);
            }
        }
    }
    if rows.is_empty() {
        let names: Vec<&str> = parts.iter().map(|part| part.name()).collect();
        return Some(vec![Block::Text {
            text: format!("No {} are set in it.", names.join(" or ")),
        }]);
    }
    Some(vec![Block::Table {
        columns: ["Container", "Setting", "Value"]
            .map(str::to_owned)
            .to_vec(),
        rows,
    }])
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment variables",
            Self::Ports => "ports",
            Self::Probes => "probes",
            Self::Arguments => "arguments",
            Self::Mounts => "mounts",
        }
    }

    /// Settings of a container by name.
    fn of(self, container: &Value) -> Vec<(String, String)> {
        let list = |key: &str| {
            container
                .get(key)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        match self {
            Self::Environment => {
                let own = list("env").into_iter().map(|entry| variable(&entry));
                let shared = list("envFrom")
                    .into_iter()
                    .map(|source| ("all of".to_owned(), source.to_string()));
                own.chain(shared).collect()
            }
            Self::Ports => list("ports").iter().map(port).collect(),
            Self::Probes => ["startupProbe", "readinessProbe", "livenessProbe"]
                .into_iter()
                .filter_map(|key| Some((key.to_owned(), container.get(key)?.to_string())))
                .collect(),
            Self::Arguments => ["command", "args"]
                .into_iter()
                .filter(|key| container.get(key).is_some())
                .map(|key| {
                    (
                        key.to_owned(),
                        list(key)
                            .iter()
                            .map(|word| text(Some(word)))
                            .collect::<Vec<_>>()
                            .join(" "),
                    )
                })
                .collect(),
            Self::Mounts => list("volumeMounts")
                .iter()
                .map(|mount| (text(mount.get("name")), text(mount.get("mountPath"))))
                .collect(),
        }
    }
}

/// A variable with its value, or where its value comes from.
fn variable(entry: &Value) -> (String, String) {
    let name = text(entry.get("name"));
    let value = match entry.get("valueFrom") {
        Some(source) => format!("from {source}"),
        None => {
            let line = redact(&format!("{name}={}", text(entry.get("value"))));
            line.split_once('=')
                .map_or(String::new(), |(_, value)| value.to_owned())
        }
    };
    (name, value)
}

fn port(port: &Value) -> (String, String) {
    let name = match port.get("name") {
        Some(name) => format!("port {}", text(Some(name))),
        None => "port".to_owned(),
    };
    let protocol = port
        .get("protocol")
        .map_or_else(|| "TCP".to_owned(), |protocol| text(Some(protocol)));
    (
        name,
        format!("{}/{protocol}", text(port.get("containerPort"))),
    )
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
