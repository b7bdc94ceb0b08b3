//! `kubectl get --raw PATH` and `kubectl get -f MANIFEST`.

use domain::{
    command::{CommandOutput, GetCommand, ObjectWords, OutputFormat, ResourceWord},
    ids::NamespaceScope,
};

use super::{
    run::Run,
    targets::{qualified, valid},
};
use crate::kubectl::{
    get, printed,
    request::{AS_JSON, Failure, Outcome},
};

/// What a path of the API answers, as it stands.
pub(super) async fn get(run: &Run<'_>) -> Outcome<CommandOutput> {
    if !run.line.words.is_empty() {
        return Err(Failure::message(
            "arguments may not be passed when --raw is specified",
        ));
    }
    let path = run.line.value("raw").unwrap_or_default();
    if !path.starts_with('/') {
        return Err(Failure::message(format!(
            "--raw must be a valid URL path: {path} does not begin with “/”"
        )));
    }
    let text = run.session.raw::<&str>(path, &[], AS_JSON).await?;
    Ok(printed(text))
}

/// `get` of the objects that a manifest names.
pub(super) async fn get_manifest(run: &Run<'_>) -> Outcome<CommandOutput> {
    let mut command = GetCommand {
        output: output(run)?,
        sort_by: run.line.value("sort-by").map(str::to_owned),
        show_labels: run.line.is_on("show-labels"),
        show_kind: run.line.is_on("show-kind"),
        no_headers: run.line.is_on("no-headers"),
        ignore_not_found: run.line.is_on("ignore-not-found"),
        show_managed_fields: run.line.is_on("show-managed-fields"),
        label_columns: run
            .line
            .list("label-columns")
            .into_iter()
            .map(str::to_owned)
            .collect(),
        ..GetCommand::default()
    };
    let mut objects = ObjectWords::default();
    for target in run.manifests().await? {
        let place = target.namespace.as_deref().unwrap_or(run.namespace());
        command.scope = Some(NamespaceScope::One(valid(place)?));
        objects.pairs.push((
            ResourceWord(qualified(&target.resource)),
            valid(&target.name)?,
        ));
    }
    command.objects = objects;
    get::run(run.session, &command).await
}

fn output(run: &Run<'_>) -> Outcome<OutputFormat> {
    super::run::format(run.line.value("output"))
}
