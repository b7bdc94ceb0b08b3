//! `ClusterPort` over a real Kubernetes API, through kube-rs.
//!
//! The only crate that names kube. Everything that leaves goes through one connector (`wire`), which
//! checks the connected address, and one policy, which knows reads from writes by method and path.
//! What is decided with the answers is the engines' business.

#![forbid(unsafe_code)]

mod error;
mod print;
