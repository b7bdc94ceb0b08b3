//! A parsed command as one canonical line; parsing that line gives the same command.

use std::fmt::Write as _;

use domain::{
    command::{
        KubectlCommand, LogTarget, OutputFormat, ReadCommand, ResourceWord, UsageColumn,
        WriteCommand,
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
        } => object_line("rollout restart", resource, name, scope.as_ref()),
    }
}

fn print_read(command: &ReadCommand) -> String {
    match command {
        ReadCommand::Get { .. } => print_get(command),
        ReadCommand::Describe {
            resource,
            names,
            scope,
            label_selector,
        } => {
            Line::new("describe")
                .word(&resource.0)
                .names(names)
                .scope(scope.as_ref())
                .option("selector", label_selector.as_deref())
                .0
        }
        ReadCommand::Logs { .. } => print_logs(command),
        ReadCommand::TopPods { .. } | ReadCommand::TopNodes { .. } => print_top(command),
        ReadCommand::Events {
            scope,
            about,
            types,
        } => print_events(scope.as_ref(), about.as_ref(), types),
        ReadCommand::RolloutStatus {
            resource,
            name,
            scope,
        } => object_line("rollout status", resource, name, scope.as_ref()),
        ReadCommand::RolloutHistory {
            resource,
            name,
            scope,
        } => object_line("rollout history", resource, name, scope.as_ref()),
        ReadCommand::Version => Line::new("version").0,
        ReadCommand::ApiResources => Line::new("api-resources").0,
        ReadCommand::ClusterInfo => Line::new("cluster-info").0,
    }
}

fn print_top(command: &ReadCommand) -> String {
    if let ReadCommand::TopPods {
        name,
        scope,
        label_selector,
        sort_by,
        no_headers,
    } = command
    {
        return Line::new("top pods")
            .names(name.as_slice())
            .scope(scope.as_ref())
            .option("selector", label_selector.as_deref())
            .option("sort-by", sort_by.map(column))
            .switch("no-headers", *no_headers)
            .0;
    }
    let ReadCommand::TopNodes {
        name,
        sort_by,
        no_headers,
    } = command
    else {
        return String::new();
    };
    Line::new("top nodes")
        .names(name.as_slice())
        .option("sort-by", sort_by.map(column))
        .switch("no-headers", *no_headers)
        .0
}

fn print_events(
    scope: Option<&NamespaceScope>,
    about: Option<&(ResourceWord, ObjectName)>,
    types: &[String],
) -> String {
    let about = about.map(|(resource, name)| format!("{}/{name}", resource.0));
    let types = (!types.is_empty()).then(|| types.join(","));
    Line::new("events")
        .scope(scope)
        .option("for", about.as_deref())
        .option("types", types.as_deref())
        .0
}

fn print_get(command: &ReadCommand) -> String {
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
        return String::new();
    };
    let resources: Vec<_> = resources.iter().map(|word| word.0.as_str()).collect();
    let output = match output {
        OutputFormat::Table => None,
        OutputFormat::Wide => Some("wide"),
        OutputFormat::Json => Some("json"),
        OutputFormat::Yaml => Some("yaml"),
        OutputFormat::Name => Some("name"),
    };
    Line::new("get")
        .word(&resources.join(","))
        .names(names)
        .scope(scope.as_ref())
        .option("selector", label_selector.as_deref())
        .option("field-selector", field_selector.as_deref())
        .option("output", output)
        .option("sort-by", sort_by.as_deref())
        .switch("show-labels", *show_labels)
        .switch("no-headers", *no_headers)
        .0
}

fn print_logs(command: &ReadCommand) -> String {
    let ReadCommand::Logs {
        target,
        scope,
        container,
        tail,
        since_seconds,
        previous,
        timestamps,
    } = command
    else {
        return String::new();
    };
    let line = Line::new("logs");
    let line = match target {
        LogTarget::Pod(name) => line.word(name.as_str()),
        LogTarget::Owner(resource, name) => line.word(&format!("{}/{name}", resource.0)),
        LogTarget::Selector(selector) => line.flag("selector", selector),
    };
    let tail = tail.map(|lines| lines.to_string());
    let since = since_seconds.map(|seconds| format!("{seconds}s"));
    line.scope(scope.as_ref())
        .option("container", container.as_deref())
        .option("tail", tail.as_deref())
        .option("since", since.as_deref())
        .switch("previous", *previous)
        .switch("timestamps", *timestamps)
        .0
}

fn object_line(
    verb: &str,
    resource: &ResourceWord,
    name: &ObjectName,
    scope: Option<&NamespaceScope>,
) -> String {
    Line::new(verb)
        .word(&format!("{}/{name}", resource.0))
        .scope(scope)
        .0
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
