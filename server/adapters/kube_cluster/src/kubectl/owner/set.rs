//! `kubectl set image`, `resources`, `env`, `serviceaccount` and `selector`.
//!
//! Source: `k8s.io/kubectl/pkg/cmd/set`.

mod env;

use domain::command::CommandOutput;
use serde_json::{Value, json};

pub(super) use self::env::env;
use super::{
    merge::two_way,
    run::{DryRun, MERGE_PATCH, Run, fail},
    targets::{Found, Target},
};
use crate::kubectl::{
    json::text,
    quantity::Quantity,
    request::{Failure, Outcome},
};

const MANAGER: &str = "kubectl-set";

/// `set image`.
pub(super) async fn image(run: &Run<'_>) -> Outcome<CommandOutput> {
    let (words, images) = split(run);
    if images.is_empty() {
        return Err(Failure::message("at least one image update is required"));
    }
    let found = run.targets(&words).await?;
    each(run, found, "image updated", |spec| {
        for (name, image) in &images {
            let mut is_found = false;
            for container in containers_mut(spec) {
                if name == "*" || text(container, "/name") == name {
                    container["image"] = image.as_str().into();
                    is_found = true;
                }
            }
            if !is_found {
                return Err(Failure::message(format!(
                    "unable to find container named \"{name}\""
                )));
            }
        }
        Ok(())
    })
    .await
}

/// `set resources`.
pub(super) async fn resources(run: &Run<'_>) -> Outcome<CommandOutput> {
    let mut wanted = Vec::new();
    for flag in ["limits", "requests"] {
        if let Some(list) = run.line.value(flag) {
            wanted.push((flag, amounts(list)?));
        }
    }
    if wanted.is_empty() {
        return Err(Failure::message(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let chosen = run.line.value("containers").unwrap_or("*");
    let found = run.targets(&run.line.words).await?;
    each(run, found, "resource requirements updated", |spec| {
        let mut is_found = false;
        for container in containers_mut(spec) {
            if !matches(chosen, text(container, "/name")) {
                continue;
            }
            is_found = true;
            for (field, amounts) in &wanted {
                for (resource, amount) in amounts {
                    container["resources"][*field][resource] = amount.as_str().into();
                }
            }
        }
        if is_found {
            Ok(())
        } else {
            Err(Failure::message(format!(
                "unable to find container named {chosen}"
            )))
        }
    })
    .await
}

/// `cpu=100m,memory=128Mi`.
fn amounts(list: &str) -> Outcome<Vec<(String, String)>> {
    list.split(',')
        .map(|pair| {
            let (resource, amount) = pair.split_once('=').ok_or_else(|| {
                Failure::message(format!(
                    "invalid argument syntax {pair}, expected <resource>=<value>"
                ))
            })?;
            if Quantity::parse(amount).is_none() {
                return Err(Failure::message(format!(
                    "quantities must match the regular expression \
                     '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$': {amount}"
                )));
            }
            Ok((resource.to_owned(), amount.to_owned()))
        })
        .collect()
}

/// `set serviceaccount`.
pub(super) async fn service_account(run: &Run<'_>) -> Outcome<CommandOutput> {
    let Some((account, words)) = run
        .line
        .words
        .split_last()
        .filter(|(_, words)| !words.is_empty())
    else {
        return Err(Failure::message("serviceaccount is required"));
    };
    let found = run.targets(words).await?;
    each(run, found, "serviceaccount updated", |spec| {
        spec["serviceAccountName"] = account.as_str().into();
        Ok(())
    })
    .await
}

/// `set selector`, of Services.
pub(super) async fn selector(run: &Run<'_>) -> Outcome<CommandOutput> {
    let Some((terms, words)) = run
        .line
        .words
        .split_last()
        .filter(|(_, words)| !words.is_empty())
    else {
        return Err(Failure::message(
            "resources must be specified before selectors",
        ));
    };
    let mut selector = json!({});
    for term in terms.split(',') {
        let (key, value) = term
            .split_once('=')
            .ok_or_else(|| Failure::message(format!("unexpected selector: {term}")))?;
        selector[key] = value.into();
    }
    let found = run.targets(words).await?;
    let mut output = found.output;
    for target in &found.targets {
        if target.resource.group_kind() != "Service" {
            let refusal = "setting a selector is only supported for Services";
            fail(&mut output, Failure::message(refusal))?;
            continue;
        }
        let mut changed = target.object.clone();
        changed["spec"]["selector"] = selector.clone();
        if let Err(failure) = apply(run, target, changed, "selector updated", &mut output).await {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

/// Changes the pod specification of every object; what stays the same is not mentioned, as with kubectl.
async fn each(
    run: &Run<'_>,
    found: Found,
    operation: &str,
    change: impl Fn(&mut Value) -> Outcome<()>,
) -> Outcome<CommandOutput> {
    let mut output = found.output;
    for target in &found.targets {
        let mut changed = target.object.clone();
        let result = match pod_spec(&mut changed) {
            Some(spec) => change(spec),
            None => Err(Failure::message(format!(
                "{} the object is not a pod or does not have a pod template: {}",
                target.shown(),
                target.resource.kind
            ))),
        };
        let result = match result {
            Ok(()) => apply(run, target, changed, operation, &mut output).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = result {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

async fn apply(
    run: &Run<'_>,
    target: &Target,
    changed: Value,
    operation: &str,
    output: &mut CommandOutput,
) -> Outcome<()> {
    let patch = two_way(&target.object, &changed);
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        return Ok(());
    }
    let patched = if run.dry_run == DryRun::Client || run.line.is_on("local") {
        changed
    } else {
        run.patch(target, "", MERGE_PATCH, &patch, MANAGER).await?
    };
    run.report(output, &patched, operation)
}

/// The specification of an object's pods, of whatever kind the object is.
fn pod_spec(object: &mut Value) -> Option<&mut Value> {
    let path = match text(object, "/kind") {
        "Pod" => "/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    object.pointer_mut(path)
}

/// Init containers first, as they run.
fn containers_mut(spec: &mut Value) -> Vec<&mut Value> {
    let Some(fields) = spec.as_object_mut() else {
        return Vec::new();
    };
    fields
        .iter_mut()
        .filter(|(key, _)| matches!(key.as_str(), "containers" | "initContainers"))
        .flat_map(|(_, list)| list.as_array_mut().into_iter().flatten())
        .collect()
}

/// Whether a name fits a pattern with `*` at its ends.
fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
        (None, None) => name == pattern,
    }
}

/// Words that name objects, and `NAME=VALUE` pairs.
fn split(run: &Run<'_>) -> (Vec<String>, Vec<(String, String)>) {
    let mut words = Vec::new();
    let mut pairs = Vec::new();
    for word in &run.line.words {
        match word.split_once('=') {
            Some((name, value)) => pairs.push((name.to_owned(), value.to_owned())),
            None => words.push(word.clone()),
        }
    }
    (words, pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubectl::json::items;

    #[test]
    fn a_container_is_chosen_by_a_pattern() {
        for (pattern, name, expected) in [
            ("*", "web", true),
            ("web", "web", true),
            ("we*", "web", true),
            ("*eb", "web", true),
            ("db", "web", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn finds_the_pods_of_a_cron_job() {
        let mut cron = json!({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template":
            {"spec": {"containers": [{"name": "a"}]}}}}}});
        assert_eq!(items(pod_spec(&mut cron).unwrap(), "/containers").len(), 1);
    }
}
