//! A Kubernetes cluster as a pure, seeded simulation: API machinery and the company that runs on it.
//!
//! Objects are [`serde_json::Value`]s exactly as on the wire. Nothing here does I/O, reads a clock or
//! holds mutable global state: time and seeds are arguments. `adapters/demo_api` serves it over HTTPS.
//!
//! The machinery: [`registry`] names the kinds, [`schema`] their fields, [`store`] keeps the objects and
//! their history, [`api`] carries out requests, [`table`] prints what `kubectl get` shows.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

// API machinery.
pub mod access;
pub mod api;
mod custom;
pub mod fields;
mod kinds;
pub mod patch;
pub mod quantity;
pub mod registry;
pub mod schema;
pub mod selector;
pub mod status;
pub mod store;
pub mod table;
pub mod value;

// The simulation.
mod amounts;
mod chance;
mod cluster;
mod company;
mod controllers;
mod disturbance;
mod events;
mod history;
mod ledger;
mod load;
mod logs;
mod meter;
mod metrics;
mod scenario;
mod usage;
mod world;

pub use cluster::Cluster;
pub use history::{HistoryQuery, REACH};
pub use logs::{LogLine, LogOptions};
pub use scenario::{Scenario, UnknownScenario};
