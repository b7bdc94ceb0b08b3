//! The shared vocabulary: what the product talks about, as plain types and ports.
//!
//! Compiles to wasm and does nothing: no I/O, no clock, no randomness. Secrets and internal messages
//! never enter here, because everything here may be sent to a browser.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod account;
pub mod autoscaling;
pub mod chat;
pub mod cluster;
pub mod command;
pub mod error;
pub mod forecast;
pub mod ids;
pub mod invocation;
pub mod job;
pub mod plan;
pub mod ports;
pub mod resources;
pub mod series;
pub mod snapshot;
pub mod text;
pub mod time;
pub mod units;

pub use error::{ErrorCode, OpsError};
