//! One file per route: load, arrange, nothing else.

pub mod ask;
pub mod autoscaling;
pub mod cluster_new;
pub mod cluster_settings;
pub mod clusters;
pub mod job;
pub mod jobs;
pub mod not_found;
pub mod overview;
pub mod plan;
pub mod plans;
pub mod settings;
pub mod sign_in;
pub mod wizard;
pub mod workload;
