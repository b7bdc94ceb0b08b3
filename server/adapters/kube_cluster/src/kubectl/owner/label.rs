//! `kubectl label` and `kubectl annotate`.
//!
//! Sources: `k8s.io/kubectl/pkg/cmd/label/label.go` and `annotate/annotate.go`.

use domain::command::CommandOutput;
use serde_json::{Value, json};

use super::{
    merge::two_way,
    run::{DryRun, MERGE_PATCH, Run, fail},
    targets::Target,
};
use crate::kubectl::{
    json::pairs,
    objects,
    request::{Failure, Outcome},
};

/// Which of an object's two maps of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Map {
    /// `metadata.labels`.
    Labels,
    /// `metadata.annotations`.
    Annotations,
}

impl Map {
    const fn field(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Annotations => "annotations",
        }
    }

    const fn singular(self) -> &'static str {
        match self {
            Self::Labels => "label",
            Self::Annotations => "annotation",
        }
    }
}

/// What to set and what to take out.
struct Edit {
    set: Vec<(String, String)>,
    remove: Vec<String>,
}

/// Runs a `label` or an `annotate`.
pub(super) async fn run(run: &Run<'_>, map: Map) -> Outcome<CommandOutput> {
    let (words, edits): (Vec<String>, Vec<String>) = run
        .line
        .words
        .iter()
        .cloned()
        .partition(|word| !is_edit(word));
    let edit = parse(&edits, map)?;
    let lists = run.line.is_on("list");
    if edit.set.is_empty() && edit.remove.is_empty() && !lists {
        return Err(Failure::message(format!(
            "at least one {} update is required",
            map.singular()
        )));
    }
    let found = run.targets(&words).await?;
    let mut output = found.output;
    for target in &found.targets {
        if lists {
            list(target, map, found.is_single, &mut output);
        } else if let Err(failure) = change(run, target, map, &edit, &mut output).await {
            fail(&mut output, failure)?;
        }
    }
    Ok(output)
}

/// `KEY=VALUE` and `KEY-`; neither can be the name of an object.
fn is_edit(word: &str) -> bool {
    word.contains('=') || word.ends_with('-')
}

fn parse(edits: &[String], map: Map) -> Outcome<Edit> {
    let mut edit = Edit {
        set: Vec::new(),
        remove: Vec::new(),
    };
    for word in edits {
        match word.split_once('=') {
            Some((key, value)) => {
                if map == Map::Labels && !is_label_value(value) {
                    return Err(Failure::message(format!(
                        "invalid label value: \"{word}\": a valid label must be an empty string or consist of \
                         alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
                         character"
                    )));
                }
                edit.set.push((key.to_owned(), value.to_owned()));
            }
            None => edit.remove.push(word.trim_end_matches('-').to_owned()),
        }
    }
    if edit.set.iter().any(|(key, _)| edit.remove.contains(key)) {
        return Err(Failure::message(format!(
            "can not both modify and remove {} {} in the same command",
            if map == Map::Labels { "a" } else { "an" },
            map.singular()
        )));
    }
    Ok(edit)
}

/// Source: Kubernetes, “Labels and Selectors”, “Syntax and character set”.
fn is_label_value(value: &str) -> bool {
    let is_alphanumeric = |c: char| c.is_ascii_alphanumeric();
    value.is_empty()
        || (value.len() <= 63
            && value.starts_with(is_alphanumeric)
            && value.ends_with(is_alphanumeric)
            && value
                .chars()
                .all(|c| is_alphanumeric(c) || matches!(c, '-' | '_' | '.')))
}

fn list(target: &Target, map: Map, is_single: bool, output: &mut CommandOutput) {
    let mut indent = "";
    if !is_single {
        indent = " ";
        output.stdout.push_str(&format!(
            "Listing {} for {}.{}/{}:\n",
            map.field(),
            target.resource.kind,
            target.resource.group,
            target.name
        ));
    }
    for (key, value) in pairs(&target.object, &format!("/metadata/{}", map.field())) {
        output.stdout.push_str(&format!("{indent}{key}={value}\n"));
    }
}

async fn change(
    run: &Run<'_>,
    target: &Target,
    map: Map,
    edit: &Edit,
    output: &mut CommandOutput,
) -> Outcome<()> {
    let before = pairs(&target.object, &format!("/metadata/{}", map.field()));
    if !run.line.is_on("overwrite") {
        refuse_overwriting(&before, map, edit)?;
    }
    let mut changed = target.object.clone();
    for (key, value) in &edit.set {
        changed["metadata"][map.field()][key] = value.as_str().into();
    }
    for key in &edit.remove {
        let is_there = before.contains_key(key.as_str());
        if !is_there && map == Map::Labels && run.dry_run != DryRun::Client {
            let note = format!("label \"{key}\" not found.\n");
            output.stdout.push_str(&note);
        }
        if let Some(values) = changed["metadata"][map.field()].as_object_mut() {
            values.remove(key);
        }
    }
    let operation = operation(run, &target.object, &changed, map);
    let patched = match run.dry_run {
        DryRun::Client => changed,
        DryRun::No | DryRun::Server => {
            let patch = two_way(&target.object, &changed);
            let manager = match map {
                Map::Labels => "kubectl-label",
                Map::Annotations => "kubectl-annotate",
            };
            run.patch(target, "", MERGE_PATCH, &patch, manager).await?
        }
    };
    // kubectl prints what it read where it labels, and what came back where it annotates.
    let shown = match map {
        Map::Labels if run.dry_run != DryRun::Client => labelled(&target.object, &patched),
        Map::Labels | Map::Annotations => patched,
    };
    run.report(output, &shown, operation)
}

/// The object as it was read, with the labels it has afterwards.
fn labelled(read: &Value, patched: &Value) -> Value {
    let mut shown = read.clone();
    let labels = patched.pointer("/metadata/labels");
    shown["metadata"]["labels"] = labels.cloned().unwrap_or_else(|| json!({}));
    shown
}

/// `labeled`, `unlabeled` where nothing but taking out makes the object shorter, `not labeled` where nothing changes.
fn operation(run: &Run<'_>, before: &Value, after: &Value, map: Map) -> &'static str {
    if map == Map::Annotations {
        return "annotated";
    }
    let (before, after) = (objects::compact(before), objects::compact(after));
    if before == after {
        "not labeled"
    } else if after.len() < before.len() && !run.line.is_on("overwrite") {
        "unlabeled"
    } else {
        "labeled"
    }
}

fn refuse_overwriting(
    before: &std::collections::BTreeMap<&str, &str>,
    map: Map,
    edit: &Edit,
) -> Outcome<()> {
    for (key, value) in &edit.set {
        let Some(now) = before.get(key.as_str()).filter(|now| *now != value) else {
            continue;
        };
        return Err(Failure::message(match map {
            Map::Labels => {
                format!("'{key}' already has a value ({now}), and --overwrite is false")
            }
            Map::Annotations => format!(
                "--overwrite is false but found the following declared annotation(s): '{key}' already has a \
                 value ({now})"
            ),
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_setting_from_taking_out() {
        let words = ["a=b".to_owned(), "c-".to_owned()];
        let edit = parse(&words, Map::Labels).unwrap();
        assert_eq!(edit.set, [("a".to_owned(), "b".to_owned())]);
        assert_eq!(edit.remove, ["c"]);
    }

    #[test]
    fn a_label_has_a_short_plain_value() {
        assert!(parse(&["a=not ok".to_owned()], Map::Labels).is_err());
        assert!(parse(&["a=not ok".to_owned()], Map::Annotations).is_ok());
        assert!(parse(&["a=b".to_owned(), "a-".to_owned()], Map::Labels).is_err());
    }
}
