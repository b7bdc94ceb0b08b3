//! The demo cluster as its clients see it: a conformance suite that any cluster must pass, and what is
//! peculiar to this server.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, by a panic"
)]

mod conformance;
mod faults;
mod golden;
mod http;
mod support;
