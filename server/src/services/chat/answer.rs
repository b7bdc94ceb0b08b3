//! How an answer is made: a typed command runs as it is, anything else goes to the built-in engine.
//!
//! Language models are to be asked between the two; none is configured so far. Whatever answers, a write only ever
//! becomes a plan.

use assistant::{Focus, SettingsWanted, TrafficWanted};
use domain::{
    ErrorCode, OpsError,
    account::{Scope, User},
    chat::{Block, ChatEvent, Message, ProcessingMethod},
    command::{CommandOutput, KubectlCommand, ReadCommand, WriteCommand},
    ids::ClusterId,
    plan::{ClusterAction, PlanOrigin},
    ports::Answer,
    resources::Availability,
    series::{Metric, Series},
};

use crate::services::{SharedCore, connections::Connection, history::DAY, plans};

use super::{plan_event, running::Announcer};

/// A question to be answered.
pub(super) struct Asked {
    pub core: SharedCore,
    pub user: User,
    pub cluster: ClusterId,
    pub text: String,
    /// What was said before in this conversation, oldest first.
    pub earlier: Vec<Message>,
}

/// An answer before it is stored.
pub(super) struct Draft {
    pub method: ProcessingMethod,
    pub blocks: Vec<Block>,
    pub tools: Vec<String>,
    pub success: bool,
    pub error: Option<OpsError>,
}

impl Draft {
    /// No answer, and why.
    pub(super) fn refusal(method: ProcessingMethod, error: OpsError) -> Self {
        Self {
            method,
            blocks: Vec::new(),
            tools: Vec::new(),
            success: false,
            error: Some(error),
        }
    }

    /// The answer as plain text.
    pub(super) fn text(&self) -> String {
        let mut lines: Vec<String> = self.blocks.iter().map(block_text).collect();
        if let Some(error) = &self.error {
            lines.push(error.message.clone());
            lines.push(error.hint.clone());
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }
}

impl Asked {
    /// The answer; its steps are told to `announcer` as they happen.
    pub(super) async fn answer(&self, announcer: &Announcer) -> Answer<Draft> {
        match assistant::parse_command(&self.text) {
            Some(Ok(command)) => self.run(command, announcer).await,
            Some(Err(error)) => Ok(Draft::refusal(ProcessingMethod::DirectCommand, error)),
            None => self.understand(announcer).await,
        }
    }

    async fn connection(&self) -> Answer<Connection> {
        self.core
            .connections
            .open(&self.core.database, self.user.id, self.cluster)
            .await
    }

    async fn run(&self, command: KubectlCommand, announcer: &Announcer) -> Answer<Draft> {
        let connection = self.connection().await?;
        let outcome = match &command {
            KubectlCommand::Read(read) => self.read(&connection, read, announcer).await,
            KubectlCommand::Write(write) => self.write(&connection, write, announcer).await,
        };
        Ok(outcome.unwrap_or_else(|error| Draft::refusal(ProcessingMethod::DirectCommand, error)))
    }

    async fn read(
        &self,
        connection: &Connection,
        command: &ReadCommand,
        announcer: &Announcer,
    ) -> Answer<Draft> {
        let output = self.output(connection, command, announcer).await?;
        Ok(Draft {
            method: ProcessingMethod::DirectCommand,
            success: output.exit_code == 0,
            blocks: vec![output_block(&self.text, &output)],
            tools: vec![tool_of(command).to_owned()],
            error: None,
        })
    }

    async fn output(
        &self,
        connection: &Connection,
        command: &ReadCommand,
        announcer: &Announcer,
    ) -> Answer<CommandOutput> {
        let tool = tool_of(command);
        announcer.say(ChatEvent::ToolCall {
            tool: tool.to_owned(),
            arguments: serde_json::to_value(command).unwrap_or_default(),
        });
        let output = connection.port.read(command, self.core.now()).await?;
        announcer.say(ChatEvent::ToolResult {
            tool: tool.to_owned(),
            summary: format!("{} lines", output.stdout.lines().count()),
        });
        Ok(output)
    }

    async fn write(
        &self,
        connection: &Connection,
        command: &WriteCommand,
        announcer: &Announcer,
    ) -> Answer<Draft> {
        let resolved = connection.port.resolve(command, &self.text).await?;
        if let Some(draft) = nothing_to_change(connection, &resolved.action).await? {
            return Ok(draft);
        }
        let block = self
            .propose(connection, &resolved.action, announcer)
            .await?;
        Ok(Draft {
            method: ProcessingMethod::DirectCommand,
            blocks: vec![
                Block::Text {
                    text: format!(
                        "“{}” changes the cluster. It is done once you approve it.",
                        resolved.action
                    ),
                },
                block,
            ],
            tools: vec!["plan_create".to_owned()],
            success: true,
            error: None,
        })
    }

    async fn propose(
        &self,
        connection: &Connection,
        action: &ClusterAction,
        announcer: &Announcer,
    ) -> Answer<Block> {
        if !self.user.scopes.contains(&Scope::Plan) {
            return Err(OpsError::new(
                ErrorCode::Forbidden,
                format!("“{action}” would need a plan, and this token has not the scope “plan”"),
            ));
        }
        let plan = plans::propose(
            &self.core,
            self.user.id,
            connection,
            action,
            PlanOrigin::Person,
        )
        .await?;
        announcer.say(plan_event(&plan));
        Ok(Block::Plan { plan: plan.id })
    }

    /// The built-in engine on one look at the cluster.
    async fn understand(&self, announcer: &Announcer) -> Answer<Draft> {
        let connection = self.connection().await?;
        announcer.say(ChatEvent::ToolCall {
            tool: "cluster_snapshot".to_owned(),
            arguments: serde_json::json!({}),
        });
        let snapshot = connection.port.snapshot(self.core.now()).await?;
        announcer.say(ChatEvent::ToolResult {
            tool: "cluster_snapshot".to_owned(),
            summary: format!(
                "{} pods on {} nodes",
                snapshot.pods.len(),
                snapshot.nodes.len()
            ),
        });
        let focus = Focus::of(&self.earlier, &snapshot);
        let reply = assistant::understand_in(&self.text, &focus, &snapshot);
        let mut draft = Draft {
            method: ProcessingMethod::BuiltIn,
            blocks: reply.blocks,
            tools: reply.tools,
            success: reply.success,
            error: None,
        };
        if let Some(command) = reply.run {
            match self.output(&connection, &command, announcer).await {
                Ok(output) => {
                    draft.success &= output.exit_code == 0;
                    draft.blocks.extend(shown(command, &output, reply.settings));
                }
                // What was found out before stands.
                Err(error) if !draft.blocks.is_empty() => {
                    draft.success = false;
                    draft.blocks.push(Block::Text {
                        text: format!("Reading further failed: {}.", error.message),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(wanted) = reply.traffic {
            let measured = self.measured(&connection, &wanted, announcer).await;
            let (blocks, is_measured) = wanted.blocks(&measured, self.core.now());
            draft.success &= is_measured;
            draft.blocks.extend(blocks);
        }
        if let Some(action) = reply.proposal {
            draft
                .blocks
                .push(self.propose(&connection, &action, announcer).await?);
            draft.tools.push("plan_create".to_owned());
        }
        for block in &draft.blocks {
            announcer.say(ChatEvent::Token {
                text: block_text(block),
            });
        }
        Ok(draft)
    }
}

impl Asked {
    /// What was measured over the last day; what cannot be had says why.
    async fn measured(
        &self,
        connection: &Connection,
        wanted: &TrafficWanted,
        announcer: &Announcer,
    ) -> Vec<(Metric, Availability<Series>)> {
        let core = &self.core;
        let mut found = Vec::new();
        for &metric in &wanted.metrics {
            announcer.say(ChatEvent::ToolCall {
                tool: "history_range".to_owned(),
                arguments: serde_json::json!({ "metric": metric.as_str() }),
            });
            let asker = (self.user.id, connection);
            let what = (&wanted.subject, metric);
            let series = core
                .history
                .last(&core.database, asker, what, DAY, core.now())
                .await;
            let series = match series {
                Ok(series) => Availability::Available(Series::clone(&series)),
                Err(error) => Availability::Unavailable(error.message),
            };
            let count = series.as_option().map_or(0, Series::measured);
            announcer.say(ChatEvent::ToolResult {
                tool: "history_range".to_owned(),
                summary: format!("{count} values of {}", metric.as_str()),
            });
            found.push((metric, series));
        }
        found
    }
}

/// What a command printed: the settings asked for where it printed them, else all of it.
fn shown(
    command: ReadCommand,
    output: &CommandOutput,
    wanted: Option<SettingsWanted>,
) -> Vec<Block> {
    let settings = wanted.and_then(|wanted| wanted.blocks(&output.stdout));
    settings.unwrap_or_else(|| {
        let line = assistant::print_command(&KubectlCommand::Read(command));
        vec![output_block(&line, output)]
    })
}

/// The answer to a scaling that would change nothing: no plan is made of it.
async fn nothing_to_change(
    connection: &Connection,
    action: &ClusterAction,
) -> Answer<Option<Draft>> {
    let ClusterAction::Scale { workload, replicas } = action else {
        return Ok(None);
    };
    let current = connection.port.workload(workload).await?.replicas;
    Ok((current == *replicas).then(|| Draft {
        method: ProcessingMethod::DirectCommand,
        blocks: vec![Block::Text {
            text: format!(
                "{workload} already has {current} replica{}; there is nothing to change.",
                if current.0 == 1 { "" } else { "s" }
            ),
        }],
        tools: vec!["resources_get".to_owned()],
        success: true,
        error: None,
    }))
}

/// The tool a command is, in the names of the Kubernetes MCP server.
const fn tool_of(command: &ReadCommand) -> &'static str {
    match command {
        ReadCommand::Get(_) => "resources_list",
        ReadCommand::Logs(_) => "pods_log",
        ReadCommand::TopPods(_) => "pods_top",
        ReadCommand::TopNodes(_) => "nodes_top",
        ReadCommand::Events(_) => "events_list",
        ReadCommand::Describe(_)
        | ReadCommand::RolloutStatus { .. }
        | ReadCommand::RolloutHistory { .. } => "resources_get",
        ReadCommand::CanI(_)
        | ReadCommand::CanIList { .. }
        | ReadCommand::WhoAmI { .. }
        | ReadCommand::Explain { .. }
        | ReadCommand::Version
        | ReadCommand::ApiResources(_)
        | ReadCommand::ApiVersions
        | ReadCommand::ClusterInfo => "cluster_info",
    }
}

/// What a command printed, as kubectl would: both streams, secrets removed.
fn output_block(command: &str, output: &CommandOutput) -> Block {
    let mut text = assistant::redact(&output.stdout);
    if !output.stderr.is_empty() {
        text.push_str(&assistant::redact(&output.stderr));
    }
    if let Some(cut) = &output.cut {
        text.push_str(&format!("\n… {cut}\n"));
    }
    Block::Output {
        command: command.to_owned(),
        text,
    }
}

fn block_text(block: &Block) -> String {
    match block {
        Block::Text { text } => text.clone(),
        Block::Output { text, .. } => text.trim_end().to_owned(),
        Block::Finding { subject, text, .. } if subject.is_empty() => text.clone(),
        Block::Finding { subject, text, .. } => format!("{subject}: {text}"),
        Block::Recommendation { text, command } if command.is_empty() => {
            format!("Recommendation: {text}")
        }
        Block::Recommendation { text, command } => format!("Recommendation: {text} ({command})"),
        Block::Table { columns, rows } => {
            let lines =
                std::iter::once(columns.join("\t")).chain(rows.iter().map(|row| row.join("\t")));
            lines.collect::<Vec<_>>().join("\n")
        }
        Block::Choice { question, options } => {
            let labels: Vec<_> = options.iter().map(|(label, _)| label.as_str()).collect();
            format!("{question} {}", labels.join(", "))
        }
        Block::Plan { plan } => format!("Plan {plan} waits for your approval."),
        Block::Page { text, .. } => text.clone(),
    }
}
