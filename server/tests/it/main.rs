//! The whole product through its own HTTP server, on a temporary folder and a demo cluster of its own.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are tests: what is not there fails the one that asked"
)]

mod access;
mod accounts;
mod arrows;
mod autoscaling;
mod chat;
mod clusters;
mod crash;
mod headers;
mod kubectl;
mod openapi;
mod pages;
mod plans;
mod rounds;
mod shutdown;
mod support;
