//! `kubectl get`, `describe`, `explain`, `auth` and `api-resources`: commands about any kind of object.

use domain::{
    OpsError,
    command::{
        AccessQuestion, ApiResourceColumn, ApiResourcesCommand, DescribeCommand, GetCommand,
        OutputFormat, ReadCommand, Subresource,
    },
    ids::ObjectName,
};

use super::{
    flags::{Arguments, Reader},
    invalid, refused,
    tables::{CAN_I, NO_TEMPLATES, WHO_AM_I},
    unsupported,
    values::{objects, resource_word, scope, selector, sort_path},
};

/// A line with a changing verb in it is never read as a question about an object of that name.
pub(super) fn refuse_second_verb(words: &[String]) -> Result<(), OpsError> {
    const CHANGING: [&str; 20] = [
        "scale",
        "delete",
        "apply",
        "create",
        "replace",
        "patch",
        "edit",
        "set",
        "label",
        "annotate",
        "expose",
        "run",
        "autoscale",
        "exec",
        "attach",
        "cp",
        "drain",
        "cordon",
        "uncordon",
        "taint",
    ];
    const CHANGING_PAIRS: [(&str, [&str; 4]); 2] = [
        ("rollout", ["restart", "undo", "pause", "resume"]),
        ("certificate", ["approve", "deny", "approve", "deny"]),
    ];
    let Some(second) = words.first() else {
        return Ok(());
    };
    let is_pair = |(verb, following): &(&str, [&str; 4])| {
        verb == second
            && words
                .get(1)
                .is_some_and(|word| following.contains(&word.as_str()))
    };
    if !CHANGING.contains(&second.as_str()) && !CHANGING_PAIRS.iter().any(is_pair) {
        return Ok(());
    }
    Err(invalid(
        format!("the command has a second verb, “{second}”"),
        "kubectl scale deployment/web --replicas=3",
    ))
}

pub(super) fn get(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
    refuse_second_verb(&arguments.words)?;
    let objects = objects(&arguments.words)?;
    let scope = scope(arguments)?;
    let label_selector = selector(arguments, "selector")?;
    let field_selector = selector(arguments, "field-selector")?;
    refuse_names_with_choice(
        objects.names.first(),
        scope.as_ref(),
        label_selector.is_some() || field_selector.is_some(),
    )?;
    Ok(ReadCommand::Get(Box::new(GetCommand {
        objects,
        scope,
        label_selector,
        field_selector,
        output: output(arguments.value("output"))?,
        sort_by: arguments.value("sort-by").map(sort_path).transpose()?,
        label_columns: label_columns(arguments)?,
        show_labels: arguments.is_on("show-labels")?,
        show_kind: arguments.is_on("show-kind")?,
        no_headers: arguments.is_on("no-headers")?,
        ignore_not_found: arguments.is_on("ignore-not-found")?,
        show_managed_fields: arguments.is_on("show-managed-fields")?,
        subresource: arguments
            .value("subresource")
            .map(subresource)
            .transpose()?,
    })))
}

/// `-L`: label keys.
fn label_columns(arguments: &Arguments) -> Result<Vec<String>, OpsError> {
    let keys = arguments.list("label-columns");
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    match keys.iter().find(|key| !key.chars().all(is_allowed)) {
        Some(key) => Err(invalid(
            format!("“{}” is not the key of a label", key.escape_debug()),
            "kubectl get pods -L app,tier",
        )),
        None => Ok(keys),
    }
}

fn subresource(name: &str) -> Result<Subresource, OpsError> {
    match name {
        "status" => Ok(Subresource::Status),
        "scale" => Ok(Subresource::Scale),
        other => Err(invalid(
            format!(
                "“{}” is not a subresource that is read",
                other.escape_debug()
            ),
            "kubectl get deployment web --subresource=scale",
        )),
    }
}

/// kubectl refuses names together with `-A` or with a selector; so does this.
pub(super) fn refuse_names_with_choice(
    name: Option<&ObjectName>,
    scope: Option<&domain::ids::NamespaceScope>,
    has_selector: bool,
) -> Result<(), OpsError> {
    let is_everywhere = scope == Some(&domain::ids::NamespaceScope::All);
    match name {
        Some(name) if is_everywhere => Err(invalid(
            format!("“{name}” cannot be looked up in all namespaces at once"),
            "kubectl get pod web-1 -n shop",
        )),
        Some(name) if has_selector => Err(invalid(
            format!("give either the name “{name}” or a selector, not both"),
            "kubectl get pods -l app=web",
        )),
        _ => Ok(()),
    }
}

/// `-o`.
pub(super) fn output(format: Option<&str>) -> Result<OutputFormat, OpsError> {
    let Some(format) = format else {
        return Ok(OutputFormat::Table);
    };
    let (kind, template) = format.split_once('=').unwrap_or((format, ""));
    match kind {
        "wide" => Ok(OutputFormat::Wide),
        "json" => Ok(OutputFormat::Json),
        "yaml" => Ok(OutputFormat::Yaml),
        "name" => Ok(OutputFormat::Name),
        "jsonpath" | "jsonpath-as-json" | "custom-columns" if template.is_empty() => Err(invalid(
            format!("-o {kind} needs a template"),
            "-o jsonpath='{.items[*].metadata.name}' or -o custom-columns=NAME:.metadata.name",
        )),
        "jsonpath" => Ok(OutputFormat::JsonPath(template.to_owned())),
        "jsonpath-as-json" => Ok(OutputFormat::JsonPathAsJson(template.to_owned())),
        "custom-columns" => Ok(OutputFormat::CustomColumns(template.to_owned())),
        "jsonpath-file"
        | "custom-columns-file"
        | "go-template"
        | "go-template-file"
        | "template"
        | "templatefile"
        | "kyaml" => Err(unsupported(
            format!("the output format {kind} is not supported here"),
            NO_TEMPLATES,
        )),
        _ => Err(invalid(
            format!("“{}” is not an output format", format.escape_debug()),
            "-o wide, -o json, -o yaml, -o name or -o jsonpath={.metadata.name}",
        )),
    }
}

pub(super) fn describe(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
    refuse_second_verb(&arguments.words)?;
    let objects = objects(&arguments.words)?;
    let scope = scope(arguments)?;
    let label_selector = selector(arguments, "selector")?;
    refuse_names_with_choice(
        objects.names.first(),
        scope.as_ref(),
        label_selector.is_some(),
    )?;
    let shows_events =
        arguments.value("show-events").is_none() || arguments.is_on("show-events")?;
    Ok(ReadCommand::Describe(DescribeCommand {
        objects,
        scope,
        label_selector,
        hide_events: !shows_events,
    }))
}

/// `kubectl explain TYPE.FIELD.FIELD`.
pub(super) fn explain(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
    const EXAMPLE: &str = "kubectl explain deployment.spec.replicas";
    let word = match arguments.words.as_slice() {
        [] => {
            return Err(invalid(
                "You must specify the type of resource to explain",
                EXAMPLE,
            ));
        }
        [word] => word,
        [_, extra, ..] => {
            return Err(invalid(
                format!("“{}” is one argument too many", extra.escape_debug()),
                EXAMPLE,
            ));
        }
    };
    let mut parts = word.split('.');
    let resource = resource_word(parts.next().unwrap_or_default())?;
    let fields: Vec<String> = parts
        .filter(|part| !part.is_empty())
        .map(|part| part.trim_end_matches("[]").to_owned())
        .collect();
    Ok(ReadCommand::Explain {
        resource,
        fields,
        recursive: arguments.is_on("recursive")?,
        api_version: arguments.value("api-version").map(str::to_owned),
    })
}

/// `kubectl auth can-i` and `kubectl auth whoami`.
pub(super) fn auth(mut reader: Reader) -> Result<ReadCommand, OpsError> {
    match reader.next_word()?.unwrap_or_default().as_str() {
        "can-i" => can_i(&reader.finish("auth can-i", CAN_I)?),
        "whoami" => {
            let arguments = reader.finish("auth whoami", WHO_AM_I)?;
            let output = output(arguments.value("output"))?;
            Ok(ReadCommand::WhoAmI { output })
        }
        other => Err(refused::auth(other)),
    }
}

fn can_i(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
    const EXAMPLE: &str = "kubectl auth can-i delete pods -n shop";
    let scope = scope(arguments)?;
    if arguments.is_on("list")? {
        return Ok(ReadCommand::CanIList {
            scope,
            no_headers: arguments.is_on("no-headers")?,
        });
    }
    let (verb, resource, name) = match arguments.words.as_slice() {
        [verb, resource] => match resource.split_once('/') {
            Some((kind, name)) if !kind.is_empty() => (verb, kind, Some(name)),
            Some(_) | None => (verb, resource.as_str(), None),
        },
        [verb, resource, name] => (verb, resource.as_str(), Some(name.as_str())),
        _ => {
            return Err(invalid(
                "you must specify two arguments: verb resource or verb resource/resourceName",
                EXAMPLE,
            ));
        }
    };
    let is_plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic()) && text.len() <= 253
    };
    let mut texts = [Some(verb.as_str()), Some(resource), name]
        .into_iter()
        .flatten();
    if let Some(odd) = texts.find(|text| !is_plain(text)) {
        return Err(invalid(
            format!(
                "“{}” is neither a verb, a type nor a name",
                odd.escape_debug()
            ),
            EXAMPLE,
        ));
    }
    Ok(ReadCommand::CanI(AccessQuestion {
        verb: verb.clone(),
        resource: resource.to_owned(),
        name: name.map(str::to_owned),
        subresource: arguments.value("subresource").map(str::to_owned),
        scope,
        quiet: arguments.is_on("quiet")?,
    }))
}

/// `kubectl api-resources`.
pub(super) fn api_resources(arguments: &Arguments) -> Result<ReadCommand, OpsError> {
    let output = match arguments.value("output") {
        None => OutputFormat::Table,
        Some("wide") => OutputFormat::Wide,
        Some("name") => OutputFormat::Name,
        Some(other) => {
            return Err(invalid(
                format!("--output {} is not available", other.escape_debug()),
                "kubectl api-resources -o wide",
            ));
        }
    };
    let sort_by = match arguments.value("sort-by") {
        None | Some("") => None,
        Some("name") => Some(ApiResourceColumn::Name),
        Some("kind") => Some(ApiResourceColumn::Kind),
        Some(_) => {
            return Err(invalid(
                "--sort-by accepts only name or kind",
                "kubectl api-resources --sort-by=kind",
            ));
        }
    };
    Ok(ReadCommand::ApiResources(ApiResourcesCommand {
        api_group: arguments.value("api-group").map(str::to_owned),
        namespaced: match arguments.value("namespaced") {
            None => None,
            Some(_) => Some(arguments.is_on("namespaced")?),
        },
        verbs: arguments.list("verbs"),
        categories: arguments.list("categories"),
        output,
        sort_by,
        no_headers: arguments.is_on("no-headers")?,
    }))
}
