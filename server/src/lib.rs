//! What runs: configuration, wiring, HTTP, jobs, command line.
//!
//! [`wiring::assemble`] decides which adapter backs which port; [`build_router`] answers requests with them. Both are
//! used by the binary and by the tests.

pub mod auth;
pub mod background;
pub mod cli;
pub mod clock;
pub mod config;
mod demo;
pub mod http;
pub mod jobs;
pub mod request_id;
pub mod services;
pub mod site;
pub mod state;
pub mod wiring;

pub use http::build as build_router;
