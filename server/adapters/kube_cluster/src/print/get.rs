//! `kubectl get`: which objects, and in which form.
//!
//! Tables are laid out in `table`, whole objects in `objects`. Source: `k8s.io/kubectl/pkg/cmd/get`.

use std::sync::Arc;

use domain::{
    command::{CommandOutput, OutputFormat, ReadCommand, ResourceWord},
    ids::{NamespaceScope, ObjectName},
};
use serde_json::Value;

use super::{
    discovery::ApiResource,
    nothing_found, objects, printed,
    request::{
        AS_JSON, AS_TABLE, AS_TABLE_ALONE, Failure, Outcome, Selectors, Session,
        objects as typed_objects,
    },
    sort::SortPath,
    table::{self, Columns},
    tabs,
};

/// Runs a `get`.
pub(super) async fn run(session: &Session<'_>, command: &ReadCommand) -> Outcome<CommandOutput> {
    let ReadCommand::Get {
        resources,
        names,
        scope,
        label_selector,
        field_selector,
        output,
        sort_by,
        show_labels,
        no_headers,
    } = command
    else {
        unreachable!("only `get` is sent here");
    };
    let get = Get {
        resources,
        names,
        scope,
        labels: label_selector.as_deref(),
        fields: field_selector.as_deref(),
        format: output,
        sort_by: sort_by.as_deref(),
        show_labels: *show_labels,
        no_headers: *no_headers,
    };
    get.run(session).await
}

/// What to get and how to print it.
struct Get<'a> {
    resources: &'a [ResourceWord],
    names: &'a [ObjectName],
    scope: &'a Option<NamespaceScope>,
    labels: Option<&'a str>,
    fields: Option<&'a str>,
    format: &'a OutputFormat,
    sort_by: Option<&'a str>,
    show_labels: bool,
    no_headers: bool,
}

/// What was read of one type, before it is printed.
struct Found {
    resource: ApiResource,
    /// Tables or objects, as asked for.
    pages: Vec<Value>,
    complete: bool,
}

/// Everything read, and what failed on the way.
#[derive(Default)]
struct Gathered {
    found: Vec<Found>,
    failures: Vec<Failure>,
}

impl Get<'_> {
    async fn run(&self, session: &Session<'_>) -> Outcome<CommandOutput> {
        if !self.names.is_empty() && (self.labels.is_some() || self.fields.is_some()) {
            return Err(Failure::message(
                "name cannot be provided when a selector is specified",
            ));
        }
        let sort = self.sort_by.map(SortPath::parse).transpose()?;
        let resources = self.resolve(session).await?;
        match self.format {
            OutputFormat::Table | OutputFormat::Wide => {
                let gathered = self.gather(session, &resources, AS_TABLE).await?;
                self.print_tables(session, gathered, sort.as_ref())
            }
            OutputFormat::Json | OutputFormat::Yaml | OutputFormat::Name => {
                let gathered = self.gather(session, &resources, AS_JSON).await?;
                self.print_objects(gathered, sort.as_ref())
            }
        }
    }

    /// The types asked for, each once, categories such as `all` spelled out.
    async fn resolve(&self, session: &Session<'_>) -> Outcome<Vec<ApiResource>> {
        let mut resolved: Vec<ApiResource> = Vec::new();
        for word in self.resources {
            let catalog = Arc::clone(&session.catalog().await?);
            let category = catalog.category(&word.0);
            let meant = if category.is_empty() {
                vec![session.resource(&word.0).await?]
            } else {
                category.into_iter().cloned().collect()
            };
            for resource in meant {
                if !resolved.contains(&resource) {
                    resolved.push(resource);
                }
            }
        }
        Ok(resolved)
    }

    async fn gather(
        &self,
        session: &Session<'_>,
        resources: &[ApiResource],
        accept: &'static str,
    ) -> Outcome<Gathered> {
        let mut gathered = Gathered::default();
        for resource in resources {
            let accept = accepted(resource, accept);
            if self.names.is_empty() {
                let listed = self.list(session, resource, accept).await;
                gathered.take(listed)?;
            }
            for name in self.names {
                let path = resource.path(session.namespace(self.scope), Some(name.as_str()));
                let query = self.object_in_table(accept);
                let read = session.json(&path, query, accept).await.map(|page| Found {
                    resource: resource.clone(),
                    pages: vec![page],
                    complete: true,
                });
                gathered.take(read)?;
            }
        }
        Ok(gathered)
    }

    async fn list(
        &self,
        session: &Session<'_>,
        resource: &ApiResource,
        accept: &'static str,
    ) -> Outcome<Found> {
        let path = resource.path(session.namespace(self.scope), None);
        let selectors = Selectors {
            labels: self.labels,
            fields: self.fields,
        };
        let query = self.object_in_table(accept);
        let listed = session
            .pages(&path, selectors, query, accept)
            .await
            .map_err(|failure| failure.while_listing(resource, selectors))?;
        Ok(Found {
            resource: resource.clone(),
            pages: listed.pages,
            complete: listed.complete,
        })
    }

    /// Sorting a table needs the whole objects behind its rows; those of Secrets are not read.
    fn object_in_table(&self, accept: &str) -> &'static [(&'static str, &'static str)] {
        if self.sort_by.is_some() && accept == AS_TABLE {
            &[("includeObject", "Object")]
        } else {
            &[]
        }
    }

    fn print_tables(
        &self,
        session: &Session<'_>,
        gathered: Gathered,
        sort: Option<&SortPath>,
    ) -> Outcome<CommandOutput> {
        let namespace = session.namespace(self.scope);
        let types: Vec<&str> = gathered.types();
        let mixed = types.len() > 1;
        let mut stdout = String::new();
        for (resource, tables) in gathered.by_type() {
            let columns = Columns {
                namespace: namespace.is_none() && resource.namespaced,
                prefix: mixed.then(|| resource.prefix()),
                labels: self.show_labels,
                wide: *self.format == OutputFormat::Wide,
                headers: !self.no_headers,
            };
            let mut table = table::joined(tables, session.now);
            if let Some(sort) = sort {
                table.sort(sort)?;
            }
            let block = table.print(&columns);
            if !block.is_empty() && !stdout.is_empty() && !self.no_headers {
                stdout.push('\n');
            }
            stdout.push_str(&tabs::align(&block, tabs::TABLE));
        }
        let in_namespace = namespace.filter(|_| gathered.all_namespaced());
        let mut output = gathered.finish(stdout)?;
        if output.stdout.is_empty() && output.exit_code == 0 {
            output.stderr.push_str(&nothing_found(in_namespace));
        }
        Ok(output)
    }

    fn print_objects(&self, gathered: Gathered, sort: Option<&SortPath>) -> Outcome<CommandOutput> {
        let mut all = Vec::new();
        for found in &gathered.found {
            if self.names.is_empty() {
                all.extend(typed_objects(&found.resource, &found.pages));
            } else {
                all.extend(found.pages.iter().cloned());
            }
        }
        all.iter_mut().for_each(objects::prepare);
        if let Some(sort) = sort {
            sort.sort(&mut all, |object| object)?;
        }
        let single = self.names.len() == 1 && self.resources.len() == 1;
        if single && all.is_empty() {
            return gathered.finish(String::new());
        }
        gathered.finish(objects::print(&all, self.format, single))
    }
}

/// The form to ask for objects of this type in: every server has a table of Secrets.
fn accepted(resource: &ApiResource, accept: &'static str) -> &'static str {
    let is_secret = resource.group.is_empty() && resource.kind == "Secret";
    if is_secret && accept == AS_TABLE {
        AS_TABLE_ALONE
    } else {
        accept
    }
}

impl Gathered {
    /// Keeps what was read or why not; a cluster that cannot be asked ends it all.
    fn take(&mut self, read: Outcome<Found>) -> Outcome<()> {
        match read {
            Ok(found) => self.found.push(found),
            Err(failure @ Failure::Cluster(_)) => return Err(failure),
            Err(failure) => self.failures.push(failure),
        }
        Ok(())
    }

    /// The types read, each once.
    fn types(&self) -> Vec<&str> {
        let mut types: Vec<&str> = Vec::new();
        for found in &self.found {
            if types.last() != Some(&found.resource.plural.as_str()) {
                types.push(&found.resource.plural);
            }
        }
        types
    }

    /// Pages of neighbouring entries of the same type together.
    fn by_type(&self) -> Vec<(&ApiResource, Vec<&Value>)> {
        let mut groups: Vec<(&ApiResource, Vec<&Value>)> = Vec::new();
        for found in &self.found {
            match groups.last_mut() {
                Some((resource, pages)) if **resource == found.resource => {
                    pages.extend(&found.pages);
                }
                Some(_) | None => groups.push((&found.resource, found.pages.iter().collect())),
            }
        }
        groups
    }

    fn all_namespaced(&self) -> bool {
        self.found.iter().all(|found| found.resource.namespaced)
    }

    /// The output with the failures' lines and their exit code.
    fn finish(self, stdout: String) -> Outcome<CommandOutput> {
        let mut output = printed(stdout);
        if self.found.iter().any(|found| !found.complete) {
            output.cut = Some("Only the first 10,000 objects were read.".to_owned());
        }
        for failure in self.failures {
            output.exit_code = 1;
            output
                .stderr
                .push_str(&failure.into_line().map_err(Failure::Cluster)?);
        }
        Ok(output)
    }
}
