//! `ClusterPort` over a real Kubernetes API, through kube-rs.
//!
//! The only crate that names kube. Everything that leaves goes through one connector, which checks the
//! connected address, and one policy, which knows reads from writes by method and path. What is decided with
//! the answers is the engines' business.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod access;
mod breaker;
mod change;
mod cluster;
mod connector;
mod error;
mod fault;
pub mod guard;
pub mod kubeconfig;
mod kubectl;
mod mask;
mod mirror;
mod objects;
mod policy;
mod quantity;
mod request;
mod resolve;
mod retry;
mod terminal;
mod text;
mod transport;

#[cfg(test)]
mod fake_api;
#[cfg(test)]
mod tests;

pub use cluster::KubeCluster;
pub use connector::ensure_crypto;
pub use terminal::Terminal;
