//! `kubectl taint`. Source: `k8s.io/kubectl/pkg/cmd/taint`.

use domain::command::CommandOutput;
use serde_json::{Value, json};

use super::{
    run::{DryRun, MERGE_PATCH, Run, fail},
    targets::Target,
};
use crate::kubectl::{
    json::{items, text},
    request::{Failure, Outcome},
};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// A taint as written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Taint {
    key: String,
    value: String,
    /// Empty where any effect is meant, which only a taint to take out may have.
    effect: String,
}

/// Runs a `taint`.
pub(super) async fn run(run: &Run<'_>) -> Outcome<CommandOutput> {
    let is_taint = |word: &String| word.contains('=') || word.contains(':') || word.ends_with('-');
    let split = run.line.words.iter().position(is_taint);
    let (words, specs) = run
        .line
        .words
        .split_at(split.unwrap_or(run.line.words.len()));
    if specs.is_empty() {
        return Err(Failure::message("at least one taint update is required"));
    }
    let mut add = Vec::new();
    let mut remove = Vec::new();
    for spec in specs {
        match spec.strip_suffix('-') {
            Some(spec) => remove.push(parse(spec)?),
            None => {
                let taint = parse(spec)?;
                if taint.effect.is_empty() {
                    return Err(Failure::message(format!("invalid taint spec: {spec}")));
                }
                add.push(taint);
            }
        }
    }
    if words.first().is_some_and(|word| !is_node(word)) {
        return Err(Failure::message(format!(
            "invalid resource type {}, only node types are supported",
            words[0]
        )));
    }
    let found = run.targets(words).await?;
    let mut output = found.output;
    for target in &found.targets {
        if let Err(failure) = change(run, target, &add, &remove, &mut output).await {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

fn is_node(word: &str) -> bool {
    let word = word.split('/').next().unwrap_or(word).to_lowercase();
    matches!(word.as_str(), "node" | "nodes" | "no")
}

/// `key=value:Effect`, `key:Effect` or `key`.
fn parse(spec: &str) -> Outcome<Taint> {
    let invalid = || Failure::message(format!("invalid taint spec: {spec}"));
    let (pair, effect) = match spec.split(':').collect::<Vec<_>>().as_slice() {
        [key] => (*key, ""),
        [pair, effect] if EFFECTS.contains(effect) => (*pair, *effect),
        [_, effect] => {
            return Err(Failure::message(format!(
                "invalid taint effect: {effect}, unsupported taint effect"
            )));
        }
        _ => return Err(invalid()),
    };
    let (key, value) = match pair.split('=').collect::<Vec<_>>().as_slice() {
        [key] => (*key, ""),
        [key, value] if !effect.is_empty() => (*key, *value),
        _ => return Err(invalid()),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    if key.is_empty() || !key.chars().all(is_plain) {
        return Err(invalid());
    }
    Ok(Taint {
        key: key.to_owned(),
        value: value.to_owned(),
        effect: effect.to_owned(),
    })
}

async fn change(
    run: &Run<'_>,
    target: &Target,
    add: &[Taint],
    remove: &[Taint],
    output: &mut CommandOutput,
) -> Outcome<()> {
    let overwrites = run.line.is_on("overwrite");
    let (operation, taints) = reorganised(target, add, remove, overwrites)?;
    let patched = if run.dry_run == DryRun::Client {
        let mut node = target.object.clone();
        node["spec"]["taints"] = Value::Array(taints);
        node
    } else {
        let patch = json!({"spec": {"taints": taints}});
        run.patch(target, "", MERGE_PATCH, &patch, "kubectl-taint")
            .await?
    };
    run.report_as(output, &patched, operation)
}

/// The taints a node has afterwards, new ones first, with kubectl's word for what was done.
fn reorganised(
    target: &Target,
    add: &[Taint],
    remove: &[Taint],
    overwrites: bool,
) -> Outcome<(&'static str, Vec<Value>)> {
    let old = items(&target.object, "/spec/taints");
    let is_same = |taint: &Taint, old: &Value| {
        taint.key == text(old, "/key") && taint.effect == text(old, "/effect")
    };
    let again: Vec<&str> = add
        .iter()
        .filter(|taint| old.iter().any(|old| is_same(taint, old)))
        .map(|taint| taint.key.as_str())
        .collect();
    if !overwrites && !again.is_empty() {
        return Err(Failure::message(format!(
            "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
            target.name,
            again.join(",")
        )));
    }
    let mut taints: Vec<Value> = add.iter().map(object).collect();
    taints.extend(
        old.iter()
            .filter(|old| !add.iter().any(|taint| is_same(taint, old)))
            .cloned(),
    );
    let mut deleted = false;
    for taint in remove {
        let before = taints.len();
        taints.retain(|old| {
            let is_meant = taint.key == text(old, "/key")
                && (taint.effect.is_empty() || taint.effect == text(old, "/effect"));
            !is_meant
        });
        deleted = taints.len() < before;
        if !deleted {
            let shown = if taint.effect.is_empty() {
                taint.key.clone()
            } else {
                format!("{}:{}", taint.key, taint.effect)
            };
            return Err(Failure::message(format!("taint \"{shown}\" not found")));
        }
    }
    let added = !add.is_empty();
    let operation = if (added && deleted) || overwrites {
        "modified"
    } else if added {
        "tainted"
    } else {
        "untainted"
    };
    Ok((operation, taints))
}

fn object(taint: &Taint) -> Value {
    let mut object = json!({"key": taint.key, "effect": taint.effect});
    if !taint.value.is_empty() {
        object["value"] = taint.value.as_str().into();
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_three_spellings() {
        let taint = parse("dedicated=gpu:NoSchedule").unwrap();
        assert_eq!(
            (taint.value.as_str(), taint.effect.as_str()),
            ("gpu", "NoSchedule")
        );
        assert_eq!(parse("dedicated:NoExecute").unwrap().value, "");
        assert_eq!(parse("dedicated").unwrap().effect, "");
        for wrong in ["a=b", "a:Never", "a:b:c", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
