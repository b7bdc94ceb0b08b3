//! The assistant without a language model: kubectl's grammar and an engine that understands questions.
//!
//! Pure: a question or a command line and a [`domain::snapshot::ClusterSnapshot`] in, typed answers out.
//! Reading the cluster, running commands and carrying out plans are done by others; nothing here can.
//! Language models are asked through `domain::ports::LlmPort` before this engine, never by it.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod grammar;
mod intents;
mod redact;
mod text;

pub use grammar::{MAX_COMMAND_BYTES, parse_command, parse_words, print_command};
pub use intents::{
    Focus, Intent, Reply, SettingsWanted, TrafficWanted, intent_of, understand, understand_in,
};
pub use redact::redact;
pub use text::{Excerpt, Limit, clean, tail};
