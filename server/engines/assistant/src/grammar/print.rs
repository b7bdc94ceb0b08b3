//! A parsed command as one canonical line; parsing that line gives the same command.

use std::fmt::Write as _;

use domain::{
    command::{
        AccessQuestion, ApiResourceColumn, ApiResourcesCommand, EventsCommand, GetCommand,
        KubectlCommand, LogTarget, LogsCommand, ObjectWords, OutputFormat, ReadCommand,
        ResourceWord, Subresource, TopNodesCommand, TopPodsCommand, UsageColumn, WriteCommand,
    },
    ids::{NamespaceScope, ObjectName},
};

/// The line for a command, in long flags: what a recommendation offers and an audit entry keeps.
#[must_use]
pub fn print_command(command: &KubectlCommand) -> String {
    match command {
        KubectlCommand::Read(read) => print_read(read),
        KubectlCommand::Write(write) => print_write(write),
    }
}

fn print_write(command: &WriteCommand) -> String {
    match command {
        WriteCommand::Scale {
            resource,
            name,
            scope,
            replicas,
        } => {
            Line::new("scale")
                .word(&format!("{}/{name}", resource.0))
                .flag("replicas", &replicas.to_string())
                .scope(scope.as_ref())
                .0
        }
        WriteCommand::RolloutRestart {
            resource,
            name,
            scope,
        } => object_line("rollout restart", resource, name, scope.as_ref()).0,
    }
}

fn print_read(command: &ReadCommand) -> String {
    match command {
        ReadCommand::Get(get) => print_get(get),
        ReadCommand::Describe(describe) => {
            Line::new("describe")
                .objects(&describe.objects)
                .scope(describe.scope.as_ref())
                .option("selector", describe.label_selector.as_deref())
                .option("show-events", describe.hide_events.then_some("false"))
                .0
        }
        ReadCommand::Logs(logs) => print_logs(logs),
        ReadCommand::TopPods(top) => print_top_pods(top),
        ReadCommand::TopNodes(top) => print_top_nodes(top),
        ReadCommand::Events(events) => print_events(events),
        ReadCommand::RolloutStatus {
            resource,
            name,
            scope,
        } => object_line("rollout status", resource, name, scope.as_ref()).0,
        ReadCommand::RolloutHistory {
            resource,
            name,
            scope,
            revision,
        } => {
            let revision = revision.map(|it| it.to_string());
            object_line("rollout history", resource, name, scope.as_ref())
                .option("revision", revision.as_deref())
                .0
        }
        ReadCommand::Explain {
            resource,
            fields,
            recursive,
            api_version,
        } => {
            let path: Vec<&str> = std::iter::once(resource.0.as_str())
                .chain(fields.iter().map(String::as_str))
                .collect();
            Line::new("explain")
                .word(&path.join("."))
                .switch("recursive", *recursive)
                .option("api-version", api_version.as_deref())
                .0
        }
        ReadCommand::CanI(question) => print_question(question),
        ReadCommand::CanIList { scope, no_headers } => {
            Line::new("auth can-i --list")
                .scope(scope.as_ref())
                .switch("no-headers", *no_headers)
                .0
        }
        ReadCommand::WhoAmI { output } => Line::new("auth whoami").output(output).0,
        ReadCommand::Version => Line::new("version").0,
        ReadCommand::ApiResources(wanted) => print_api_resources(wanted),
        ReadCommand::ApiVersions => Line::new("api-versions").0,
        ReadCommand::ClusterInfo => Line::new("cluster-info").0,
    }
}

fn print_top_pods(top: &TopPodsCommand) -> String {
    Line::new("top pods")
        .names(top.name.as_slice())
        .scope(top.scope.as_ref())
        .option("selector", top.label_selector.as_deref())
        .option("field-selector", top.field_selector.as_deref())
        .option("sort-by", top.sort_by.map(column))
        .switch("containers", top.containers)
        .switch("sum", top.sum)
        .switch("no-headers", top.no_headers)
        .0
}

fn print_top_nodes(top: &TopNodesCommand) -> String {
    Line::new("top nodes")
        .names(top.name.as_slice())
        .option("selector", top.label_selector.as_deref())
        .option("sort-by", top.sort_by.map(column))
        .switch("show-capacity", top.show_capacity)
        .switch("no-headers", top.no_headers)
        .0
}

fn print_events(events: &EventsCommand) -> String {
    let about = events
        .about
        .as_ref()
        .map(|(resource, name)| format!("{}/{name}", resource.0));
    Line::new("events")
        .scope(events.scope.as_ref())
        .option("for", about.as_deref())
        .list("types", &events.types)
        .output(&events.output)
        .switch("no-headers", events.no_headers)
        .0
}

fn print_get(get: &GetCommand) -> String {
    let subresource = get.subresource.map(|part| match part {
        Subresource::Status => "status",
        Subresource::Scale => "scale",
    });
    Line::new("get")
        .objects(&get.objects)
        .scope(get.scope.as_ref())
        .option("selector", get.label_selector.as_deref())
        .option("field-selector", get.field_selector.as_deref())
        .output(&get.output)
        .option("sort-by", get.sort_by.as_deref())
        .list("label-columns", &get.label_columns)
        .switch("show-labels", get.show_labels)
        .switch("show-kind", get.show_kind)
        .switch("no-headers", get.no_headers)
        .switch("ignore-not-found", get.ignore_not_found)
        .switch("show-managed-fields", get.show_managed_fields)
        .option("subresource", subresource)
        .0
}

fn print_logs(logs: &LogsCommand) -> String {
    let line = Line::new("logs");
    let line = match &logs.target {
        LogTarget::Pod(name) => line.word(name.as_str()),
        LogTarget::Owner(resource, name) => line.word(&format!("{}/{name}", resource.0)),
        LogTarget::Selector(selector) => line.flag("selector", selector),
    };
    let tail = logs.tail.map(|lines| match lines {
        u32::MAX => "-1".to_owned(),
        lines => lines.to_string(),
    });
    let since = logs.since_seconds.map(|seconds| format!("{seconds}s"));
    let bytes = logs.limit_bytes.map(|bytes| bytes.to_string());
    line.scope(logs.scope.as_ref())
        .option("container", logs.container.as_deref())
        .switch("all-containers", logs.all_containers)
        .switch("prefix", logs.prefix)
        .option("tail", tail.as_deref())
        .option("since", since.as_deref())
        .option("since-time", logs.since_time.as_deref())
        .option("limit-bytes", bytes.as_deref())
        .switch("previous", logs.previous)
        .switch("timestamps", logs.timestamps)
        .0
}

fn print_question(question: &AccessQuestion) -> String {
    Line::new("auth can-i")
        .word(&question.verb)
        .word(&question.resource)
        .option_word(question.name.as_deref())
        .option("subresource", question.subresource.as_deref())
        .scope(question.scope.as_ref())
        .switch("quiet", question.quiet)
        .0
}

fn print_api_resources(wanted: &ApiResourcesCommand) -> String {
    let sort_by = wanted.sort_by.map(|column| match column {
        ApiResourceColumn::Name => "name",
        ApiResourceColumn::Kind => "kind",
    });
    let namespaced = wanted.namespaced.map(|it| it.to_string());
    Line::new("api-resources")
        .option("api-group", wanted.api_group.as_deref())
        .option("namespaced", namespaced.as_deref())
        .list("verbs", &wanted.verbs)
        .list("categories", &wanted.categories)
        .output(&wanted.output)
        .option("sort-by", sort_by)
        .switch("no-headers", wanted.no_headers)
        .0
}

fn object_line(
    verb: &str,
    resource: &ResourceWord,
    name: &ObjectName,
    scope: Option<&NamespaceScope>,
) -> Line {
    Line::new(verb)
        .word(&format!("{}/{name}", resource.0))
        .scope(scope)
}

const fn column(column: UsageColumn) -> &'static str {
    match column {
        UsageColumn::Cpu => "cpu",
        UsageColumn::Memory => "memory",
    }
}

struct Line(String);

impl Line {
    fn new(verb: &str) -> Self {
        Self(format!("kubectl {verb}"))
    }

    fn word(mut self, word: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(&quoted(word));
        self
    }

    fn names(self, names: &[ObjectName]) -> Self {
        names
            .iter()
            .fold(self, |line, name| line.word(name.as_str()))
    }

    fn option_word(self, word: Option<&str>) -> Self {
        match word {
            Some(word) => self.word(word),
            None => self,
        }
    }

    fn objects(self, objects: &ObjectWords) -> Self {
        let types: Vec<&str> = objects.resources.iter().map(|it| it.0.as_str()).collect();
        let line = if types.is_empty() {
            self
        } else {
            self.word(&types.join(","))
        };
        objects
            .pairs
            .iter()
            .fold(line.names(&objects.names), |line, (resource, name)| {
                line.word(&format!("{}/{name}", resource.0))
            })
    }

    fn list(self, name: &str, values: &[String]) -> Self {
        if values.is_empty() {
            self
        } else {
            self.flag(name, &values.join(","))
        }
    }

    fn output(self, format: &OutputFormat) -> Self {
        match format {
            OutputFormat::Table => self,
            OutputFormat::Wide => self.flag("output", "wide"),
            OutputFormat::Json => self.flag("output", "json"),
            OutputFormat::Yaml => self.flag("output", "yaml"),
            OutputFormat::Name => self.flag("output", "name"),
            OutputFormat::JsonPath(text) => self.flag("output", &format!("jsonpath={text}")),
            OutputFormat::JsonPathAsJson(text) => {
                self.flag("output", &format!("jsonpath-as-json={text}"))
            }
            OutputFormat::CustomColumns(text) => {
                self.flag("output", &format!("custom-columns={text}"))
            }
        }
    }

    fn flag(mut self, name: &str, value: &str) -> Self {
        write!(self.0, " --{name}={}", quoted(value)).expect("writing to a string cannot fail");
        self
    }

    fn option(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.flag(name, value),
            None => self,
        }
    }

    fn switch(mut self, name: &str, is_on: bool) -> Self {
        if is_on {
            self.0.push_str(" --");
            self.0.push_str(name);
        }
        self
    }

    fn scope(self, scope: Option<&NamespaceScope>) -> Self {
        match scope {
            None => self,
            Some(NamespaceScope::All) => self.switch("all-namespaces", true),
            Some(NamespaceScope::One(name)) => self.flag("namespace", name.as_str()),
        }
    }
}

/// A value in single quotes when a shell would not read it as one plain word.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '_' | '.' | '/' | ',' | '=' | ':' | '[' | ']')
    };
    if value.chars().all(is_plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}
