//! The whole product through its own HTTP server, on a temporary folder and a demo cluster of its own.

mod access;
mod accounts;
mod arrows;
mod autoscaling;
mod chat;
mod clusters;
mod crash;
mod headers;
mod pages;
mod plans;
mod support;
