//! `kubectl get`: which objects, and in which form.
//!
//! Tables are laid out in `table`, whole objects in `objects`. Source: `k8s.io/kubectl/pkg/cmd/get`.

use std::sync::Arc;

use domain::{
    command::{CommandOutput, GetCommand, OutputFormat, ResourceWord, Subresource},
    ids::ObjectName,
};
use serde_json::Value;

use super::{
    custom_columns::CustomColumns,
    discovery::ApiResource,
    nothing_found,
    objects::{self, Shape},
    printed,
    request::{
        AS_JSON, AS_TABLE, AS_TABLE_ALONE, Failure, Outcome, Selectors, Session,
        objects as typed_objects,
    },
    sort::SortPath,
    table::{self, Columns},
    tabs,
};

/// Runs a `get`.
pub(super) async fn run(session: &Session<'_>, command: &GetCommand) -> Outcome<CommandOutput> {
    let get = Get(command);
    get.run(session).await
}

/// What to get and how to print it.
struct Get<'a>(&'a GetCommand);

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
        let sort = self.0.sort_by.as_deref().map(SortPath::parse).transpose()?;
        if let OutputFormat::CustomColumns(spec) = &self.0.output {
            CustomColumns::parse(spec)?;
        }
        let wanted = self.wanted(session).await?;
        match self.0.output {
            OutputFormat::Table | OutputFormat::Wide => {
                let gathered = self.gather(session, &wanted, AS_TABLE).await?;
                self.print_tables(session, gathered, sort.as_ref())
            }
            OutputFormat::Json
            | OutputFormat::Yaml
            | OutputFormat::Name
            | OutputFormat::JsonPath(_)
            | OutputFormat::JsonPathAsJson(_)
            | OutputFormat::CustomColumns(_) => {
                let gathered = self.gather(session, &wanted, AS_JSON).await?;
                self.print_objects(session, gathered, sort.as_ref())
            }
        }
    }

    /// The types asked for with the names looked for in each, categories such as `all` spelled out.
    async fn wanted(
        &self,
        session: &Session<'_>,
    ) -> Outcome<Vec<(ApiResource, Option<&ObjectName>)>> {
        let objects = &self.0.objects;
        let mut wanted = Vec::new();
        for resource in self.resolve(session, &objects.resources).await? {
            if objects.names.is_empty() {
                wanted.push((resource.clone(), None));
            }
            wanted.extend(
                objects
                    .names
                    .iter()
                    .map(|name| (resource.clone(), Some(name))),
            );
        }
        for (word, name) in &objects.pairs {
            wanted.push((session.resource(&word.0).await?, Some(name)));
        }
        Ok(wanted)
    }

    async fn resolve(
        &self,
        session: &Session<'_>,
        words: &[ResourceWord],
    ) -> Outcome<Vec<ApiResource>> {
        let mut resolved: Vec<ApiResource> = Vec::new();
        for word in words {
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
        wanted: &[(ApiResource, Option<&ObjectName>)],
        accept: &'static str,
    ) -> Outcome<Gathered> {
        let mut gathered = Gathered::default();
        for (resource, name) in wanted {
            let accept = self.accepted(session, resource, accept);
            let read = match name {
                None => self.list(session, resource, accept).await,
                Some(name) => self.one(session, resource, name, accept).await,
            };
            match read {
                Err(failure) if self.0.ignore_not_found && failure.is_not_found() => {}
                read => gathered.take(read)?,
            }
        }
        Ok(gathered)
    }

    async fn one(
        &self,
        session: &Session<'_>,
        resource: &ApiResource,
        name: &ObjectName,
        accept: &'static str,
    ) -> Outcome<Found> {
        let mut path = resource.path(session.namespace(&self.0.scope), Some(name.as_str()));
        path.push_str(match self.0.subresource {
            None => "",
            Some(Subresource::Status) => "/status",
            Some(Subresource::Scale) => "/scale",
        });
        let page = session
            .json(&path, self.object_in_table(accept), accept)
            .await?;
        Ok(Found {
            resource: resource.clone(),
            pages: vec![page],
            complete: true,
        })
    }

    async fn list(
        &self,
        session: &Session<'_>,
        resource: &ApiResource,
        accept: &'static str,
    ) -> Outcome<Found> {
        let path = resource.path(session.namespace(&self.0.scope), None);
        let selectors = Selectors {
            labels: self.0.label_selector.as_deref(),
            fields: self.0.field_selector.as_deref(),
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

    /// The form to ask for objects of this type in: every server has a table of Secrets, and in the product no
    /// more is asked for.
    fn accepted(
        &self,
        session: &Session<'_>,
        resource: &ApiResource,
        accept: &'static str,
    ) -> &'static str {
        let is_secret = resource.group.is_empty() && resource.kind == "Secret";
        if is_secret && accept == AS_TABLE && !session.audience.is_owner() {
            AS_TABLE_ALONE
        } else {
            accept
        }
    }

    /// Sorting a table needs the whole objects behind its rows; those of Secrets are not read.
    fn object_in_table(&self, accept: &str) -> &'static [(&'static str, &'static str)] {
        if self.0.sort_by.is_some() && accept == AS_TABLE {
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
        let namespace = session.namespace(&self.0.scope);
        let mixed = gathered.types().len() > 1;
        let mut stdout = String::new();
        for (resource, tables) in gathered.by_type() {
            let columns = Columns {
                namespace: namespace.is_none() && resource.namespaced,
                prefix: (mixed || self.0.show_kind).then(|| resource.prefix()),
                label_columns: &self.0.label_columns,
                labels: self.0.show_labels,
                wide: self.0.output == OutputFormat::Wide,
                headers: !self.0.no_headers,
            };
            let mut table = table::joined(tables, session);
            if let Some(sort) = sort
                && table.sort(sort).is_err()
            {
                // kubectl shows nothing where no object has the field to sort a table by.
                continue;
            }
            let block = table.print(&columns);
            if !block.is_empty() && !stdout.is_empty() && !self.0.no_headers {
                stdout.push('\n');
            }
            stdout.push_str(&tabs::align(&block, tabs::TABLE));
        }
        let in_namespace = namespace.filter(|_| gathered.all_namespaced());
        let mut output = gathered.finish(stdout)?;
        if output.stdout.is_empty() && output.exit_code == 0 && !self.0.ignore_not_found {
            output.stderr.push_str(&nothing_found(in_namespace));
        }
        Ok(output)
    }

    fn print_objects(
        &self,
        session: &Session<'_>,
        gathered: Gathered,
        sort: Option<&SortPath>,
    ) -> Outcome<CommandOutput> {
        let is_list = self.0.objects.names.is_empty() && self.0.objects.pairs.is_empty();
        let mut all = Vec::new();
        for found in &gathered.found {
            if is_list {
                all.extend(typed_objects(&found.resource, &found.pages));
            } else {
                all.extend(found.pages.iter().cloned());
            }
        }
        for object in &mut all {
            objects::prepare(object, session.audience, self.0.show_managed_fields);
        }
        if let Some(sort) = sort {
            sort.sort(&mut all, |object| object)?;
        }
        let names = self.0.objects.names.len() * self.0.objects.resources.len();
        let single = names + self.0.objects.pairs.len() == 1;
        if all.is_empty() && (single || self.0.ignore_not_found) {
            return gathered.finish(String::new());
        }
        let shape = if single { Shape::One } else { Shape::List };
        let stdout = if let OutputFormat::CustomColumns(spec) = &self.0.output {
            CustomColumns::parse(spec)?.print(&all, !self.0.no_headers)?
        } else {
            objects::print(&all, &self.0.output, shape)?
        };
        gathered.finish(stdout)
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
