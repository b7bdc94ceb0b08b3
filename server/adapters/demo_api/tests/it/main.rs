//! The demo cluster as its clients see it: a conformance suite that any cluster must pass, and what is
//! peculiar to this server.

mod conformance;
mod http;
mod support;
