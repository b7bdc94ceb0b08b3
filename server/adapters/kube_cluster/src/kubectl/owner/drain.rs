//! `kubectl cordon`, `uncordon` and `drain`.
//!
//! Source: `k8s.io/kubectl/pkg/drain` and `pkg/cmd/drain`.

use std::collections::BTreeMap;

use domain::command::CommandOutput;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    run::{DryRun, MERGE_PATCH, Run, fail},
    targets::{Found, Target},
    wait::{POLL, duration},
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{controller, flag, has, items, name, namespace, pairs, text},
    request::{Failure, Outcome, Selectors},
};

/// Pause before an eviction that a disruption budget does not allow is tried again.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// `cordon` and `uncordon`.
pub(super) async fn cordon(run: &Run<'_>, cordons: bool) -> Outcome<CommandOutput> {
    let Found {
        targets,
        mut output,
        ..
    } = nodes(run).await?;
    for target in &targets {
        if let Err(failure) = cordon_one(run, target, cordons, &mut output).await {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

/// The nodes a line names, whose type goes without saying.
async fn nodes(run: &Run<'_>) -> Outcome<Found> {
    if run.line.words.is_empty() && run.selector("selector").is_none() {
        return Err(Failure::message(
            "USAGE: cordon NODE [flags]: at least one node is required",
        ));
    }
    let words: Vec<String> = if run.line.words.iter().any(|word| word.contains('/')) {
        run.line.words.clone()
    } else {
        let kind = std::iter::once("nodes".to_owned());
        kind.chain(run.line.words.iter().cloned()).collect()
    };
    run.targets(&words).await
}

async fn cordon_one(
    run: &Run<'_>,
    node: &Target,
    cordons: bool,
    output: &mut CommandOutput,
) -> Outcome<()> {
    let verb = if cordons { "cordoned" } else { "uncordoned" };
    if flag(&node.object, "/spec/unschedulable") == cordons {
        return run.report(output, &node.object, &format!("already {verb}"));
    }
    if run.dry_run != DryRun::Client {
        let patch = json!({"spec": {"unschedulable": if cordons { Value::from(true) } else { Value::Null }}});
        run.patch(node, "", MERGE_PATCH, &patch, "kubectl-cordon")
            .await?;
    }
    run.report(output, &node.object, verb)
}

/// `drain`.
pub(super) async fn drain(run: &Run<'_>) -> Outcome<CommandOutput> {
    let Found {
        targets,
        mut output,
        ..
    } = nodes(run).await?;
    for node in &targets {
        cordon_one(run, node, true, &mut output).await?;
    }
    let mut pending = Vec::new();
    for node in &targets {
        match drain_one(run, node, &mut output).await {
            Ok(()) => run.report(&mut output, &node.object, "drained")?,
            Err(Failure::Message(why)) => {
                output.stderr.push_str(&format!(
                    "error: unable to drain node \"{}\" due to error: {why}, continuing command...\n",
                    node.name
                ));
                pending.push((node.name.as_str(), why));
            }
            Err(failure) => return Err(failure),
        }
    }
    if !pending.is_empty() {
        output
            .stderr
            .push_str("There are pending nodes to be drained:\n");
        for (name, _) in &pending {
            output.stderr.push_str(&format!(" {name}\n"));
        }
        for (_, why) in pending {
            fail(&mut output, Failure::Message(why))?;
        }
    }
    Ok(output)
}

async fn drain_one(run: &Run<'_>, node: &Target, output: &mut CommandOutput) -> Outcome<()> {
    let fields = format!("spec.nodeName={}", node.name);
    let selectors = Selectors {
        labels: run.line.value("pod-selector"),
        fields: Some(&fields),
    };
    let pods = run.session.list(&pods(), None, selectors).await?;
    let sorted = Sorted::of(run, pods)?;
    if !sorted.warnings.is_empty() {
        output
            .stderr
            .push_str(&format!("Warning: {}\n", sorted.warnings));
    }
    if run.dry_run == DryRun::Client {
        for pod in &sorted.to_evict {
            output.stdout.push_str(&format!(
                "evicting pod {}/{} (dry run)\n",
                namespace(pod),
                name(pod)
            ));
        }
        return Ok(());
    }
    for pod in &sorted.to_evict {
        let suffix = run.suffix();
        output.stderr.push_str(&format!(
            "evicting pod {}/{}{suffix}\n",
            namespace(pod),
            name(pod)
        ));
        evict(run, pod).await?;
        output
            .stdout
            .push_str(&format!("pod/{} evicted{suffix}\n", name(pod)));
    }
    Ok(())
}

fn pods() -> ApiResource {
    ApiResource::known("", "v1", "pods", "Pod")
}

/// Asks for a pod's eviction until its disruption budgets allow it, and waits until it is gone.
async fn evict(run: &Run<'_>, pod: &Value) -> Outcome<()> {
    let path = pods().path(Some(namespace(pod)), Some(name(pod)));
    let mut eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": name(pod), "namespace": namespace(pod)}});
    let grace = super::create::workload::number(run, "grace-period")?;
    if let Some(seconds) = grace.filter(|&seconds| seconds >= 0) {
        eviction["deleteOptions"] = json!({"gracePeriodSeconds": seconds});
    }
    if run.dry_run == DryRun::Server {
        eviction["deleteOptions"]["dryRun"] = json!(["All"]);
    }
    let timeout = run.line.value("timeout").map(duration).transpose()?;
    let deadline = timeout
        .filter(|timeout| !timeout.is_zero())
        .map(|timeout| Instant::now() + timeout);
    let target = format!("{path}/eviction");
    loop {
        let asked = run
            .send("POST", &target, "application/json", Some(&eviction))
            .await;
        match asked {
            Ok(_) => break,
            Err(failure) if failure.is_not_found() => return Ok(()),
            Err(Failure::Status(status)) if status.code == 429 && !is_past(deadline) => {
                tokio::time::sleep(AGAIN).await;
            }
            Err(failure) => return Err(failure),
        }
    }
    if run.dry_run == DryRun::No {
        gone(run, pod, deadline).await?;
    }
    Ok(())
}

fn is_past(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() > deadline)
}

/// Waits until a pod is gone, or another has its name.
async fn gone(run: &Run<'_>, pod: &Value, deadline: Option<Instant>) -> Outcome<()> {
    let uid = text(pod, "/metadata/uid");
    loop {
        let live = run
            .session
            .object(&pods(), Some(namespace(pod)), name(pod))
            .await;
        match live {
            Ok(live) if text(&live, "/metadata/uid") == uid => {}
            Ok(_) => return Ok(()),
            Err(failure) if failure.is_not_found() => return Ok(()),
            Err(failure) => return Err(failure),
        }
        if is_past(deadline) {
            return Err(Failure::message(format!(
                "error when waiting for pod \"{}\" to terminate: global timeout reached",
                name(pod)
            )));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The pods of a node, told apart by what may be done with them.
struct Sorted {
    to_evict: Vec<Value>,
    warnings: String,
}

/// What is done with one pod, and what is said about it.
enum Fate {
    Evicted,
    EvictedWith(&'static str),
    Left,
    LeftWith(&'static str),
    Refused(&'static str),
}

impl Sorted {
    /// # Errors
    /// kubectl's words for pods that would be lost and that no flag gives up.
    fn of(run: &Run<'_>, pods: Vec<Value>) -> Outcome<Self> {
        let mut warnings: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut refusals: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut to_evict = Vec::new();
        for pod in pods {
            let shown = format!("{}/{}", namespace(&pod), name(&pod));
            match fate(run, &pod) {
                Fate::Evicted => to_evict.push(pod),
                Fate::EvictedWith(warning) => {
                    warnings.entry(warning).or_default().push(shown);
                    to_evict.push(pod);
                }
                Fate::Left => {}
                Fate::LeftWith(warning) => warnings.entry(warning).or_default().push(shown),
                Fate::Refused(reason) => refusals.entry(reason).or_default().push(shown),
            }
        }
        if !refusals.is_empty() {
            let all: Vec<String> = refusals
                .into_iter()
                .map(|(reason, pods)| format!("cannot delete {reason}: {}", pods.join(", ")))
                .collect();
            return Err(Failure::message(match all.as_slice() {
                [one] => one.clone(),
                several => format!("[{}]", several.join(", ")),
            }));
        }
        let warnings: Vec<String> = warnings
            .into_iter()
            .map(|(warning, pods)| format!("{warning}: {}", pods.join(", ")))
            .collect();
        Ok(Self {
            to_evict,
            warnings: warnings.join("; "),
        })
    }
}

fn fate(run: &Run<'_>, pod: &Value) -> Fate {
    let is_finished = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
    let owner = controller(pod);
    if owner.is_some_and(|owner| text(owner, "/kind") == "DaemonSet") && !is_finished {
        return if run.line.is_on("ignore-daemonsets") {
            Fate::LeftWith("ignoring DaemonSet-managed Pods")
        } else {
            Fate::Refused("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)")
        };
    }
    if pairs(pod, "/metadata/annotations").contains_key("kubernetes.io/config.mirror") {
        return Fate::Left;
    }
    let has_local_data = items(pod, "/spec/volumes")
        .iter()
        .any(|volume| has(volume, "/emptyDir"));
    if has_local_data && !is_finished && !run.line.is_on("delete-emptydir-data") {
        return Fate::Refused("Pods with local storage (use --delete-emptydir-data to override)");
    }
    if owner.is_none() && !is_finished {
        return if run.line.is_on("force") {
            Fate::EvictedWith("deleting Pods that declare no controller")
        } else {
            Fate::Refused("Pods that declare no controller (use --force to override)")
        };
    }
    Fate::Evicted
}
