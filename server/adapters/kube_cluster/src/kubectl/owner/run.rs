//! One command being carried out: what it sends with every request, and how its outcomes are printed.

use domain::{
    command::{CommandOutput, OutputFormat},
    invocation::{Files, Invocation, OwnVerb},
};
use serde_json::Value;

use super::targets::Target;
use crate::kubectl::{
    discovery::ApiResource,
    go_json,
    json::namespace,
    objects::{self, Shape},
    printed,
    request::{Failure, Outcome, Session, with_query},
};

/// Whether a change happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DryRun {
    /// It does.
    No,
    /// Nothing is sent; what would be is printed.
    Client,
    /// The server tries it and keeps nothing.
    Server,
}

/// The content types of patches.
pub(super) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(super) const STRATEGIC_PATCH: &str = "application/strategic-merge-patch+json";
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
pub(super) const APPLY_PATCH: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

/// A command with the cluster it is for.
pub(super) struct Run<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) line: &'a Invocation,
    pub(super) files: &'a Files,
    pub(super) dry_run: DryRun,
    format: OutputFormat,
}

impl<'a> Run<'a> {
    /// # Errors
    /// kubectl's words for a dry run or an output format that there is not.
    pub(super) fn new(
        session: &'a Session<'a>,
        line: &'a Invocation,
        files: &'a Files,
    ) -> Outcome<Self> {
        let dry_run = match line.value("dry-run") {
            None | Some("none") => DryRun::No,
            Some("client" | "unchanged") => DryRun::Client,
            Some("server") => DryRun::Server,
            Some(other) => {
                return Err(Failure::message(format!(
                    "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
                )));
            }
        };
        Ok(Self {
            session,
            line,
            files,
            dry_run,
            format: format(line.value("output"))?,
        })
    }

    /// The namespace of everything that does not name its own.
    pub(super) fn namespace(&self) -> &'a str {
        let given = self.line.value("namespace");
        given.unwrap_or(self.session.default_namespace)
    }

    /// Whether the namespace was said aloud.
    pub(super) fn names_namespace(&self) -> bool {
        self.line.value("namespace").is_some()
    }

    /// Whether something else than `kind/name operation` is printed.
    pub(super) fn prints_objects(&self) -> bool {
        !matches!(self.format, OutputFormat::Table)
    }

    /// Adds the outcome of one object: `deployment.apps/web scaled`, or the object in the format asked for.
    ///
    /// # Errors
    /// kubectl's words for a template that is not one or that cannot be filled in.
    pub(super) fn report(
        &self,
        output: &mut CommandOutput,
        object: &Value,
        operation: &str,
    ) -> Outcome<()> {
        self.report_as(output, object, &format!("{operation}{}", self.suffix()))
    }

    /// The same for the commands that do not say that they only tried.
    pub(super) fn report_as(
        &self,
        output: &mut CommandOutput,
        object: &Value,
        operation: &str,
    ) -> Outcome<()> {
        if !self.prints_objects() {
            let name = objects::name_line(object);
            let line = format!("{} {operation}\n", name.trim_end());
            output.stdout.push_str(&line);
            return Ok(());
        }
        let mut object = object.clone();
        let keeps = self.line.is_on("show-managed-fields");
        objects::prepare(&mut object, self.session.audience, keeps);
        if self.format == OutputFormat::Yaml && !output.stdout.is_empty() {
            output.stdout.push_str("---\n");
        }
        let is_own = self.dry_run == DryRun::Client && self.makes_objects();
        let text = if is_own && self.format == OutputFormat::Json {
            go_json::pretty(&object) + "\n"
        } else {
            objects::print(&[object], &self.format, Shape::One)?
        };
        output.stdout.push_str(&text);
        Ok(())
    }

    /// Whether the command makes an object of its own from flags.
    fn makes_objects(&self) -> bool {
        matches!(
            self.line.verb,
            OwnVerb::New(_) | OwnVerb::Run | OwnVerb::Expose | OwnVerb::Autoscale
        )
    }

    /// What is printed after an operation that was only tried.
    pub(super) fn suffix(&self) -> &'static str {
        match self.dry_run {
            DryRun::No => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }

    /// Parameters of a write. `manager` is who it is recorded under unless the line says otherwise.
    fn query(&self, manager: &str) -> Vec<(&'static str, String)> {
        let manager = self.line.value("field-manager").unwrap_or(manager);
        let mut query = vec![("fieldManager", manager.to_owned())];
        if self.dry_run == DryRun::Server {
            query.push(("dryRun", "All".to_owned()));
        }
        query
    }

    /// How strictly the server looks at fields it does not know.
    fn validation(&self) -> (&'static str, String) {
        let mode = match self.line.value("validate") {
            None | Some("true" | "strict") => "Strict",
            Some("warn") => "Warn",
            Some(_) => "Ignore",
        };
        ("fieldValidation", mode.to_owned())
    }

    /// Makes an object.
    pub(super) async fn create(
        &self,
        resource: &ApiResource,
        object: &Value,
        manager: &str,
    ) -> Outcome<Value> {
        let at = self.place_of(resource, object);
        let mut query = self.query(manager);
        query.push(self.validation());
        let target = with_query(&resource.path(at, None), &query);
        self.send("POST", &target, JSON, Some(object)).await
    }

    /// Puts an object in the place of the one of its name.
    pub(super) async fn replace(
        &self,
        target: &Target,
        subresource: &str,
        object: &Value,
    ) -> Outcome<Value> {
        let mut query = self.query("kubectl-replace");
        query.push(self.validation());
        let path = with_query(&target.path(subresource), &query);
        self.send("PUT", &path, JSON, Some(object)).await
    }

    /// Changes an object by a patch of a content type.
    pub(super) async fn patch(
        &self,
        target: &Target,
        subresource: &str,
        content_type: &str,
        patch: &Value,
        manager: &str,
    ) -> Outcome<Value> {
        self.patch_with(
            target,
            subresource,
            content_type,
            patch,
            self.query(manager),
        )
        .await
    }

    /// Applies an object on the server, which merges it by who owns which field.
    pub(super) async fn apply(
        &self,
        target: &Target,
        object: &Value,
        force: bool,
        manager: &str,
    ) -> Outcome<Value> {
        let mut query = self.query(manager);
        query.push(("force", force.to_string()));
        query.push(self.validation());
        self.patch_with(target, "", APPLY_PATCH, object, query)
            .await
    }

    /// Makes an object as a server-side dry run, whatever the line says.
    pub(super) async fn try_create(
        &self,
        resource: &ApiResource,
        object: &Value,
    ) -> Outcome<Value> {
        let at = self.place_of(resource, object);
        let query = [
            ("dryRun", "All"),
            ("fieldManager", "kubectl-client-side-apply"),
        ];
        let target = with_query(&resource.path(at, None), &query);
        self.send("POST", &target, JSON, Some(object)).await
    }

    /// Applies an object on the server as a dry run, whatever the line says.
    pub(super) async fn try_apply(&self, target: &Target, force: bool) -> Outcome<Value> {
        let query = vec![
            ("fieldManager", "kubectl".to_owned()),
            ("dryRun", "All".to_owned()),
            ("force", force.to_string()),
        ];
        self.patch_with(target, "", APPLY_PATCH, &target.object, query)
            .await
    }

    /// Changes an object as a server-side dry run, whatever the line says.
    pub(super) async fn try_patch(
        &self,
        target: &Target,
        content_type: &str,
        patch: &Value,
    ) -> Outcome<Value> {
        let query = vec![
            ("fieldManager", "kubectl-client-side-apply".to_owned()),
            ("dryRun", "All".to_owned()),
        ];
        self.patch_with(target, "", content_type, patch, query)
            .await
    }

    async fn patch_with(
        &self,
        target: &Target,
        subresource: &str,
        content_type: &str,
        patch: &Value,
        query: Vec<(&'static str, String)>,
    ) -> Outcome<Value> {
        let path = with_query(&target.path(subresource), &query);
        self.send("PATCH", &path, content_type, Some(patch)).await
    }

    /// Deletes an object.
    pub(super) async fn delete(&self, target: &Target, options: &Value) -> Outcome<Value> {
        let mut options = options.clone();
        if self.dry_run == DryRun::Server {
            options["dryRun"] = serde_json::json!(["All"]);
        }
        self.send("DELETE", &target.path(""), JSON, Some(&options))
            .await
    }

    /// Sends a request whose answer is JSON.
    pub(super) async fn send(
        &self,
        method: &str,
        target: &str,
        content_type: &str,
        body: Option<&Value>,
    ) -> Outcome<Value> {
        let text = self
            .session
            .send(method, target, content_type, body)
            .await?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The namespace an object is made in; none for what lives in none.
    fn place_of<'o>(&'o self, resource: &ApiResource, object: &'o Value) -> Option<&'o str> {
        match namespace(object) {
            _ if !resource.namespaced => None,
            "" => Some(self.namespace()),
            own => Some(own),
        }
    }

    /// The resource a manifest's object belongs to.
    ///
    /// # Errors
    /// kubectl's words for a kind that is not served.
    pub(super) async fn resource_of(&self, object: &Value) -> Outcome<ApiResource> {
        let (version, kind) = (
            crate::kubectl::json::text(object, "/apiVersion"),
            crate::kubectl::json::text(object, "/kind"),
        );
        let catalog = self.session.catalog().await?;
        catalog.of_kind(version, kind).cloned().ok_or_else(|| {
            Failure::message(format!(
                "resource mapping not found for name: \"{}\" namespace: \"{}\": no matches for kind \
                 \"{kind}\" in version \"{version}\"\nensure CRDs are installed first",
                crate::kubectl::json::name(object),
                namespace(object)
            ))
        })
    }
}

/// An empty output that outcomes are added to.
pub(super) fn blank() -> CommandOutput {
    printed(String::new())
}

/// Adds a failure of one object among several; a cluster that cannot be asked ends the command.
pub(super) fn fail(output: &mut CommandOutput, failure: Failure) -> Outcome<()> {
    let line = failure.into_line().map_err(Failure::Cluster)?;
    output.stderr.push_str(&line);
    output.exit_code = 1;
    Ok(())
}

/// `-o` of a command that changes something.
pub(super) fn format(text: Option<&str>) -> Outcome<OutputFormat> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(OutputFormat::Table);
    };
    let (kind, template) = text.split_once('=').unwrap_or((text, ""));
    match kind {
        "json" => Ok(OutputFormat::Json),
        "yaml" => Ok(OutputFormat::Yaml),
        "name" => Ok(OutputFormat::Name),
        "wide" => Ok(OutputFormat::Wide),
        "jsonpath" => Ok(OutputFormat::JsonPath(template.to_owned())),
        "jsonpath-as-json" => Ok(OutputFormat::JsonPathAsJson(template.to_owned())),
        "custom-columns" => Ok(OutputFormat::CustomColumns(template.to_owned())),
        _ => Err(Failure::message(format!(
            "unable to match a printer suitable for the output format \"{text}\", allowed formats are: \
             json,jsonpath,jsonpath-as-json,name,yaml"
        ))),
    }
}
