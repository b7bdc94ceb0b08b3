//! `kubectl set env`. Source: `k8s.io/kubectl/pkg/cmd/set/set_env.go`.

use domain::command::CommandOutput;
use serde_json::{Value, json};

use super::{super::run::Run, super::targets::valid, containers_mut, each, matches, pod_spec};
use crate::kubectl::{
    json::{at, items, members, shown, text},
    request::{Failure, Outcome},
};

/// Variables to set, to take from elsewhere, and to take out.
#[derive(Default)]
struct Edit {
    set: Vec<Value>,
    remove: Vec<String>,
}

/// Runs a `set env`.
pub(in crate::kubectl::owner) async fn env(run: &Run<'_>) -> Outcome<CommandOutput> {
    let mut words = Vec::new();
    let mut edit = Edit::default();
    let arguments = run.line.values("env").iter().chain(&run.line.words);
    for word in arguments {
        match word.split_once('=') {
            Some((name, value)) => edit.set.push(json!({"name": name, "value": value})),
            None if word.ends_with('-') => edit.remove.push(word.trim_end_matches('-').to_owned()),
            None => words.push(word.clone()),
        }
    }
    let mut notes = String::new();
    if let Some(from) = run.line.value("from") {
        for (key, reference) in references(run, from).await? {
            let name = text(&reference, "/name");
            if name != key {
                notes.push_str(&format!("Warning: key {key} transferred to {name}\n"));
            }
            edit.set.push(reference);
        }
    }
    let prefix = run.line.value("prefix").unwrap_or_default();
    for variable in &mut edit.set {
        variable["name"] = format!("{prefix}{}", text(variable, "/name")).into();
    }
    let is_list = run.line.is_on("list");
    if edit.set.is_empty() && edit.remove.is_empty() && !is_list {
        return Err(Failure::message(
            "at least one environment variable must be provided",
        ));
    }
    let chosen = run.line.value("containers").unwrap_or("*");
    let mut found = run.targets(&words).await?;
    if is_list {
        let mut output = found.output;
        for target in &mut found.targets {
            list(&mut target.object, chosen, &mut output);
        }
        return Ok(output);
    }
    let keeps = run.line.value("overwrite").is_some() && !run.line.is_on("overwrite");
    found.output.stderr.insert_str(0, &notes);
    each(run, found, "env updated", |spec| {
        for container in containers_mut(spec) {
            if matches(chosen, text(container, "/name")) {
                change(container, &edit, keeps)?;
            }
        }
        Ok(())
    })
    .await
}

/// For every key of a ConfigMap or Secret a variable that points to it.
async fn references(run: &Run<'_>, from: &str) -> Outcome<Vec<(String, Value)>> {
    let (kind, name) = from
        .split_once('/')
        .ok_or_else(|| Failure::message("unsupported resource specified in --from"))?;
    let resource = run.session.resource(kind).await?;
    let reference = match resource.kind.as_str() {
        "ConfigMap" => "configMapKeyRef",
        "Secret" => "secretKeyRef",
        _ => {
            return Err(Failure::message("unsupported resource specified in --from"));
        }
    };
    let name = valid(name)?;
    let object = run
        .session
        .object(&resource, Some(run.namespace()), name.as_str())
        .await?;
    let wanted = run.line.list("keys");
    Ok(members(&object, "/data")
        .into_keys()
        .filter(|key| wanted.is_empty() || wanted.contains(key))
        .map(|key| {
            let variable = json!({"name": variable_name(key),
                "valueFrom": {reference: {"key": key, "name": name.as_str()}}});
            (key.to_owned(), variable)
        })
        .collect())
}

/// `tls.crt` as `TLS_CRT`.
fn variable_name(key: &str) -> String {
    key.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

fn list(object: &mut Value, chosen: &str, output: &mut CommandOutput) {
    let kind = text(object, "/kind").to_owned();
    let name = text(object, "/metadata/name").to_owned();
    let Some(spec) = pod_spec(object) else {
        return;
    };
    for container in ["/containers", "/initContainers"]
        .into_iter()
        .flat_map(|field| items(spec, field))
        .filter(|container| matches(chosen, text(container, "/name")))
    {
        output.stdout.push_str(&format!(
            "# {kind} {name}, container {}\n",
            text(container, "/name")
        ));
        for variable in items(container, "/env") {
            output.stdout.push_str(&listed(variable));
        }
    }
}

/// `NAME=value`, or where the value comes from.
fn listed(variable: &Value) -> String {
    let name = text(variable, "/name");
    let from = at(variable, "/valueFrom");
    for (field, kind) in [
        ("/configMapKeyRef", "configmap"),
        ("/secretKeyRef", "secret"),
    ] {
        let reference = at(from, field);
        if !reference.is_null() {
            return format!(
                "# {name} from {kind} {}, key {}\n",
                text(reference, "/name"),
                text(reference, "/key")
            );
        }
    }
    if let Some(path) = from.pointer("/fieldRef/fieldPath") {
        return format!("# {name} from field path {}\n", shown(path));
    }
    if let Some(resource) = from.pointer("/resourceFieldRef/resource") {
        return format!("# {name} from resource field {}\n", shown(resource));
    }
    format!("{name}={}\n", text(variable, "/value"))
}

fn change(container: &mut Value, edit: &Edit, keeps: bool) -> Outcome<()> {
    let mut variables = items(container, "/env").to_vec();
    for wanted in &edit.set {
        let name = text(wanted, "/name");
        match variables
            .iter_mut()
            .find(|known| text(known, "/name") == name)
        {
            Some(known) if keeps && text(known, "/value") != text(wanted, "/value") => {
                return Err(Failure::message(format!(
                    "'{name}' already has a value ({}), and --overwrite is false",
                    text(known, "/value")
                )));
            }
            Some(known) => *known = wanted.clone(),
            None => variables.push(wanted.clone()),
        }
    }
    variables.retain(|known| !edit.remove.iter().any(|name| name == text(known, "/name")));
    if !variables.is_empty() || !at(container, "/env").is_null() {
        container["env"] = variables.into();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_changed_in_their_places() {
        let mut container =
            json!({"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]});
        let edit = Edit {
            set: vec![
                json!({"name": "A", "value": "3"}),
                json!({"name": "C", "value": "4"}),
            ],
            remove: vec!["B".to_owned()],
        };
        change(&mut container, &edit, false).unwrap();
        assert_eq!(
            container["env"],
            json!([{"name": "A", "value": "3"}, {"name": "C", "value": "4"}])
        );
        assert!(
            change(
                &mut json!({"env": [{"name": "A", "value": "1"}]}),
                &edit,
                true
            )
            .is_err()
        );
    }

    #[test]
    fn references_are_listed_as_comments() {
        let variable =
            json!({"name": "T", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}});
        assert_eq!(listed(&variable), "# T from secret s, key k\n");
    }
}
