//! `kubectl logs`: of a pod, of a workload's first pod, or of every pod a selector matches.
//!
//! The last [`MAX_LINES`] lines at most, never followed. Sources: `k8s.io/kubectl/pkg/cmd/logs`,
//! `polymorphichelpers/logsforobject.go` and `podutils.ByLogging`.

use std::cmp::Ordering;

use domain::{
    command::{CommandOutput, LogTarget, LogsCommand, ResourceWord},
    ids::ObjectName,
    time::Timestamp,
};
use serde_json::Value;

use super::{
    clean,
    discovery::ApiResource,
    json::{at, items, name, namespace, number, text},
    nothing_found, printed, remarked,
    request::{AS_TEXT, Failure, Outcome, Selectors, Session},
};
use crate::kubectl::describe::selector_text;

/// The most lines read of one container.
const MAX_LINES: u32 = 500;

/// Lines of each pod that a selector matches, when no number is given, as kubectl has it.
const LINES_BY_SELECTOR: u32 = 10;

/// The most pods read for a selector.
const MAX_PODS: usize = 20;

/// Runs a `logs`.
pub(super) async fn run(session: &Session<'_>, command: &LogsCommand) -> Outcome<CommandOutput> {
    let logs = Logs {
        command,
        most_lines: if session.audience.is_owner() {
            u32::MAX
        } else {
            MAX_LINES
        },
    };
    match &command.target {
        LogTarget::Pod(pod) => {
            let pod = logs.named(session, &pods(), pod).await?;
            logs.of_pod(session, &pod, printed(String::new())).await
        }
        LogTarget::Owner(word, owner) => logs.of_owner(session, word, owner).await,
        LogTarget::Selector(selector) => logs.of_selector(session, selector).await,
    }
}

/// Whose logs, and which part of them.
struct Logs<'a> {
    command: &'a LogsCommand,
    /// The most lines of one container.
    most_lines: u32,
}

impl Logs<'_> {
    /// An object by name, with the words `logs` has for one that does not exist.
    async fn named(
        &self,
        session: &Session<'_>,
        resource: &ApiResource,
        name: &ObjectName,
    ) -> Outcome<Value> {
        let namespace = session.one_namespace(&self.command.scope);
        let read = session
            .object(resource, Some(namespace), name.as_str())
            .await;
        read.map_err(|failure| match failure {
            Failure::Status(status) if status.code == 404 => Failure::message(format!(
                "error from server (NotFound): {} in namespace \"{namespace}\"",
                super::request::said(&status)
            )),
            Failure::Status(_) | Failure::Message(_) | Failure::Cluster(_) => failure,
        })
    }

    async fn of_owner(
        &self,
        session: &Session<'_>,
        word: &ResourceWord,
        owner: &ObjectName,
    ) -> Outcome<CommandOutput> {
        let resource = session.resource(&word.0).await?;
        let object = self.named(session, &resource, owner).await?;
        if resource.group.is_empty() && resource.plural == "pods" {
            return self.of_pod(session, &object, printed(String::new())).await;
        }
        let selector = pod_selector(&resource, &object)?;
        let selectors = Selectors {
            labels: Some(&selector),
            ..Selectors::default()
        };
        let mut found = session
            .list(&pods(), Some(namespace(&object)), selectors)
            .await?;
        found.sort_by(by_logging);
        let Some(pod) = found.first() else {
            // kubectl waits for a pod to appear and says this when none does.
            return Err(Failure::message("timed out waiting for the condition"));
        };
        let mut output = printed(String::new());
        if found.len() > 1 {
            output.stderr = format!("Found {} pods, using pod/{}\n", found.len(), name(pod));
        }
        self.of_pod(session, pod, output).await
    }

    async fn of_selector(&self, session: &Session<'_>, selector: &str) -> Outcome<CommandOutput> {
        let namespace = session.namespace(&self.command.scope);
        let selectors = Selectors {
            labels: Some(selector),
            ..Selectors::default()
        };
        let found = session.list(&pods(), namespace, selectors).await?;
        if found.is_empty() {
            return Ok(remarked(nothing_found(namespace)));
        }
        let mut output = printed(String::new());
        let most_pods = if session.audience.is_owner() {
            usize::MAX
        } else {
            MAX_PODS
        };
        for pod in found.iter().take(most_pods) {
            output = self.of_pod(session, pod, output).await?;
        }
        if found.len() > most_pods {
            output.cut = Some(format!(
                "Only the first {MAX_PODS} of {} pods were read.",
                found.len()
            ));
        }
        Ok(output)
    }

    /// Adds the logs of one pod to an output.
    async fn of_pod(
        &self,
        session: &Session<'_>,
        pod: &Value,
        mut output: CommandOutput,
    ) -> Outcome<CommandOutput> {
        if !self.command.all_containers {
            let (container, note) = self.choose(pod)?;
            output.stderr.push_str(&note);
            return self.of_container(session, pod, container, output).await;
        }
        let lists = [
            "/spec/initContainers",
            "/spec/containers",
            "/spec/ephemeralContainers",
        ];
        for container in lists.into_iter().flat_map(|list| items(pod, list)) {
            let container = text(container, "/name");
            output = self.of_container(session, pod, container, output).await?;
        }
        Ok(output)
    }

    /// Adds the log of one container to an output.
    async fn of_container(
        &self,
        session: &Session<'_>,
        pod: &Value,
        container: &str,
        mut output: CommandOutput,
    ) -> Outcome<CommandOutput> {
        let path = format!("{}/log", pods().path(Some(namespace(pod)), Some(name(pod))));
        let lines = self.lines();
        let read = session.raw(&path, &self.query(container), AS_TEXT).await?;
        if session.audience.is_owner() {
            output
                .stdout
                .push_str(&self.prefixed(&read, pod, container));
            return Ok(output);
        }
        let text = self.prefixed(&clean::text(&read), pod, container);
        let (shown, left_out) = last_lines(&text, usize::try_from(lines).unwrap_or(usize::MAX));
        if left_out && self.command.tail.is_none_or(|tail| tail > MAX_LINES) {
            output.cut = Some(format!("Only the last {MAX_LINES} lines are shown."));
        }
        keep_end(&mut output, shown);
        Ok(output)
    }

    fn query(&self, container: &str) -> Vec<(&'static str, String)> {
        let command = self.command;
        let lines = self.lines();
        let mut query = vec![("container", container.to_owned())];
        if lines != u32::MAX {
            // One line more than is shown tells whether there was more.
            let asked = lines + u32::from(lines == self.most_lines);
            query.push(("tailLines", asked.to_string()));
        }
        let since = command.since_seconds.map(|seconds| seconds.to_string());
        query.extend(since.map(|seconds| ("sinceSeconds", seconds)));
        let since = command.since_time.clone();
        query.extend(since.map(|time| ("sinceTime", time)));
        let bytes = command.limit_bytes.map(|bytes| bytes.to_string());
        query.extend(bytes.map(|bytes| ("limitBytes", bytes)));
        query.extend(command.previous.then(|| ("previous", "true".to_owned())));
        query.extend(
            command
                .timestamps
                .then(|| ("timestamps", "true".to_owned())),
        );
        query
    }

    /// Each line with its source before it, when asked for.
    fn prefixed(&self, text: &str, pod: &Value, container: &str) -> String {
        if !self.command.prefix {
            return text.to_owned();
        }
        text.split_inclusive('\n')
            .map(|line| format!("[pod/{}/{container}] {line}", name(pod)))
            .collect()
    }

    /// How many lines of each container.
    fn lines(&self) -> u32 {
        let default = match self.command.target {
            LogTarget::Selector(_) => LINES_BY_SELECTOR,
            LogTarget::Pod(_) | LogTarget::Owner(..) => self.most_lines,
        };
        self.command.tail.unwrap_or(default).min(self.most_lines)
    }

    /// The container meant, with kubectl's note when it had to choose.
    fn choose<'s>(&'s self, pod: &'s Value) -> Outcome<(&'s str, String)> {
        let all = container_names(pod);
        if let Some(wanted) = self.command.container.as_deref() {
            if all.iter().any(|(name, _)| *name == wanted) {
                return Ok((wanted, String::new()));
            }
            return Err(Failure::message(format!(
                "container {wanted} is not valid for pod {}",
                name(pod)
            )));
        }
        let mut note = String::new();
        let annotations = at(pod, "/metadata/annotations");
        if let Some(default) = annotations
            .get("kubectl.kubernetes.io/default-container")
            .and_then(Value::as_str)
        {
            if all.iter().any(|(name, _)| *name == default) {
                return Ok((default, note));
            }
            note = format!(
                "Default container name \"{default}\" not found in pod {}\n",
                name(pod)
            );
        }
        let Some((first, _)) = all.first() else {
            return Err(Failure::message(format!(
                "pod {} has no containers",
                name(pod)
            )));
        };
        if all.len() > 1 {
            let names: Vec<String> = all
                .iter()
                .map(|(name, mark)| format!("{name}{mark}"))
                .collect();
            note.push_str(&format!(
                "Defaulted container \"{first}\" out of: {}\n",
                names.join(", ")
            ));
        }
        Ok((first, note))
    }
}

fn pods() -> ApiResource {
    ApiResource::known("", "v1", "pods", "Pod")
}

/// Names of a pod's containers, ephemeral and init containers marked, in kubectl's order.
fn container_names(pod: &Value) -> Vec<(&str, &'static str)> {
    [
        ("/spec/containers", ""),
        ("/spec/ephemeralContainers", " (ephem)"),
        ("/spec/initContainers", " (init)"),
    ]
    .into_iter()
    .flat_map(|(list, mark)| {
        items(pod, list)
            .iter()
            .map(move |container| (text(container, "/name"), mark))
    })
    .collect()
}

/// The selector of an owner's pods.
fn pod_selector(resource: &ApiResource, object: &Value) -> Outcome<String> {
    let selector = at(object, "/spec/selector");
    let plain = matches!(
        resource.plural.as_str(),
        "services" | "replicationcontrollers"
    );
    let words = if plain && resource.group.is_empty() {
        selector_text(&serde_json::json!({ "matchLabels": selector }))
    } else {
        let labelled =
            selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some();
        if labelled {
            selector_text(selector)
        } else {
            String::new()
        }
    };
    if words.is_empty() {
        let kind = format!("*{}.{}", resource.version, resource.kind);
        return Err(Failure::message(format!(
            "cannot get the logs from {kind}: selector for {kind} not implemented"
        )));
    }
    Ok(words)
}

/// The order in which kubectl looks for the best pod to show.
fn by_logging(a: &Value, b: &Value) -> Ordering {
    let assigned = |pod: &Value| !text(pod, "/spec/nodeName").is_empty();
    let phase = |pod: &Value| match text(pod, "/status/phase") {
        "Unknown" => 1,
        "Pending" => 2,
        _ => 0,
    };
    let (ready_a, ready_b) = (ready_since(a), ready_since(b));
    assigned(b)
        .cmp(&assigned(a))
        .then(phase(a).cmp(&phase(b)))
        .then(ready_b.is_some().cmp(&ready_a.is_some()))
        .then(ready_a.cmp(&ready_b))
        .then(most_restarts(b).cmp(&most_restarts(a)))
        .then(created(a).cmp(&created(b)))
}

fn ready_since(pod: &Value) -> Option<Timestamp> {
    let ready = items(pod, "/status/conditions").iter().find(|condition| {
        text(condition, "/type") == "Ready" && text(condition, "/status") == "True"
    })?;
    Some(Timestamp::parse(text(ready, "/lastTransitionTime")).unwrap_or(Timestamp(i64::MAX)))
}

fn most_restarts(pod: &Value) -> i64 {
    items(pod, "/status/containerStatuses")
        .iter()
        .map(|status| number(status, "/restartCount"))
        .max()
        .unwrap_or_default()
}

fn created(pod: &Value) -> Timestamp {
    Timestamp::parse(text(pod, "/metadata/creationTimestamp")).unwrap_or(Timestamp(i64::MAX))
}

/// The last `count` lines, and whether there were more.
fn last_lines(text: &str, count: usize) -> (&str, bool) {
    if count == 0 {
        return ("", !text.is_empty());
    }
    let body = text.strip_suffix('\n').unwrap_or(text);
    match body.rmatch_indices('\n').nth(count - 1) {
        Some((at, _)) => (&text[at + 1..], true),
        None => (text, false),
    }
}

/// Adds log text, leaving out the oldest of it where there would be too much.
fn keep_end(output: &mut CommandOutput, text: &str) {
    let room = clean::MAX_BYTES.saturating_sub(output.stdout.len() + 1);
    let mut text = text;
    if text.len() > room {
        let start = text.ceil_char_boundary(text.len() - room);
        let start = text[start..].find('\n').map_or(start, |at| start + at + 1);
        output.cut = Some(format!(
            "Only the last {} KiB are shown.",
            (text.len() - start).div_ceil(1024)
        ));
        text = &text[start..];
    }
    output.stdout.push_str(text);
    if !text.is_empty() && !text.ends_with('\n') {
        output.stdout.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str, node: &str, phase: &str, ready_since: Option<&str>) -> Value {
        let conditions: Vec<Value> = ready_since
            .map(|at| json!({"type": "Ready", "status": "True", "lastTransitionTime": at}))
            .into_iter()
            .collect();
        json!({"metadata": {"name": name}, "spec": {"nodeName": node},
            "status": {"phase": phase, "conditions": conditions}})
    }

    #[test]
    fn the_pod_longest_ready_comes_first() {
        let mut pods = [
            pod("unassigned", "", "Pending", None),
            pod("pending", "n1", "Pending", None),
            pod("not-ready", "n1", "Running", None),
            pod("young", "n1", "Running", Some("2026-11-24T06:00:00Z")),
            pod("old", "n1", "Running", Some("2026-11-23T06:00:00Z")),
        ];
        pods.sort_by(by_logging);
        let order: Vec<&str> = pods.iter().map(name).collect();
        assert_eq!(
            order,
            ["old", "young", "not-ready", "pending", "unassigned"]
        );
    }

    #[test]
    fn keeps_the_last_lines() {
        assert_eq!(last_lines("a\nb\nc\n", 2), ("b\nc\n", true));
        assert_eq!(last_lines("a\nb\n", 2), ("a\nb\n", false));
        assert_eq!(last_lines("a\nb", 1), ("b", true));
        assert_eq!(last_lines("a\n", 0), ("", true));
    }
}
