//! Conversations: what was asked, what was answered, and where each answer came from.

use serde::{Deserialize, Serialize};

use crate::{
    OpsError,
    cluster::Severity,
    ids::{ClusterId, ConversationId, MessageId, PlanId},
    plan::Plan,
    resources::WorkloadRef,
    time::Timestamp,
};

/// How an answer was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProcessingMethod {
    /// A typed `kubectl` command.
    DirectCommand,
    /// A language model with tools.
    Provider,
    /// The built-in intent engine.
    BuiltIn,
}

impl ProcessingMethod {
    /// The method in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::DirectCommand => "direct command",
            Self::Provider => "language model",
            Self::BuiltIn => "built-in assistant",
        }
    }
}

/// Where an answer came from; stored with it and shown under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Provenance {
    /// How it was made.
    pub method: ProcessingMethod,
    /// The provider's name, when one was asked.
    pub provider: Option<String>,
    /// The model's name, when one was asked.
    pub model: Option<String>,
    /// Tools used, in order: `pods_top`.
    pub tools: Vec<String>,
    /// Tokens in and out, when a provider counted them.
    pub tokens: Option<u32>,
    /// How long it took.
    pub duration_ms: u64,
    /// Whether it answered the question.
    pub success: bool,
}

/// One piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "block", rename_all = "snake_case")]
pub enum Block {
    /// Plain text, no markup.
    Text {
        /// The text.
        text: String,
    },
    /// A finding with its severity mark.
    Finding {
        /// How bad.
        severity: Severity,
        /// What it is about: `shop/storefront-7d9f…`; may be empty.
        subject: String,
        /// The finding.
        text: String,
    },
    /// What to do.
    Recommendation {
        /// In words.
        text: String,
        /// A command or question that does it; may be empty. Offered as a button that fills the box.
        command: String,
    },
    /// A table.
    Table {
        /// Column heads.
        columns: Vec<String>,
        /// Rows, each as long as `columns`.
        rows: Vec<Vec<String>>,
    },
    /// What a command printed.
    Output {
        /// The command.
        command: String,
        /// stdout and stderr.
        text: String,
    },
    /// A question back, with answers to choose from (each a whole message).
    Choice {
        /// The question.
        question: String,
        /// Label and the message it stands for.
        options: Vec<(String, String)>,
    },
    /// A plan to approve.
    Plan {
        /// Which.
        plan: PlanId,
    },
    /// A page of the product where the matter is settled.
    Page {
        /// What one does there.
        text: String,
        /// Which page.
        page: ClusterPage,
    },
}

/// A page about a cluster that an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum ClusterPage {
    /// Workloads by pressure, with what scales each.
    Autoscaling,
    /// One workload: where it is heading, and what scales it.
    Workload {
        /// Which.
        workload: WorkloadRef,
    },
    /// Where predictive autoscaling of a workload is switched on.
    EnableAutoscaling {
        /// Which.
        workload: WorkloadRef,
    },
}

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person.
    User,
    /// The product.
    Assistant,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who said it.
    pub speaker: Speaker,
    /// What was typed, or the answer as plain text.
    pub text: String,
    /// The answer in pieces; empty for the person's own messages.
    pub blocks: Vec<Block>,
    /// Where the answer came from; `None` for the person's own messages.
    pub provenance: Option<Provenance>,
    /// Why there is no answer, when there is none.
    pub error: Option<OpsError>,
    /// When.
    pub at: Timestamp,
}

/// A conversation without its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConversationSummary {
    /// Its id.
    pub id: ConversationId,
    /// The cluster it is about.
    pub cluster: ClusterId,
    /// Its first question, cut at 80 characters.
    pub title: String,
    /// When it was last added to.
    pub updated_at: Timestamp,
}

/// A conversation with its messages, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conversation {
    /// Its head.
    #[serde(flatten)]
    pub summary: ConversationSummary,
    /// Its messages.
    pub messages: Vec<Message>,
    /// The plans its messages mention, as they stand now.
    pub plans: Vec<Plan>,
}

/// What is sent over SSE while an answer is made; `event:` of the frame is the variant's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ChatEvent {
    /// The question is stored.
    Accepted {
        /// The conversation, new or continued.
        conversation: ConversationId,
        /// The question.
        message: MessageId,
    },
    /// A provider did not answer; the next is tried.
    ProviderFailed {
        /// Which.
        provider: String,
        /// Why, safe to show.
        reason: String,
    },
    /// A tool is called.
    ToolCall {
        /// Which.
        tool: String,
        /// With what.
        arguments: serde_json::Value,
    },
    /// A tool answered.
    ToolResult {
        /// Which.
        tool: String,
        /// How much came back, in words.
        summary: String,
    },
    /// A piece of the answer as text.
    Token {
        /// The piece.
        text: String,
    },
    /// A plan was made.
    Plan {
        /// The plan.
        plan: Box<Plan>,
    },
    /// The whole answer, stored.
    Done {
        /// The answer.
        message: Message,
    },
    /// There will be no answer.
    Error {
        /// Why.
        error: OpsError,
    },
}

impl ChatEvent {
    /// The SSE event name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::ProviderFailed { .. } => "provider_failed",
            Self::ToolCall { .. } => "tool_call",
            Self::ToolResult { .. } => "tool_result",
            Self::Token { .. } => "token",
            Self::Plan { .. } => "plan",
            Self::Done { .. } => "done",
            Self::Error { .. } => "error",
        }
    }
}
