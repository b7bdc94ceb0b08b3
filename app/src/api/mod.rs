//! Every server function, one file per feature. `gate` is the one way in.

pub mod account;
pub mod auth;
pub mod autoscaling;
pub mod chat;
pub mod clusters;
#[cfg(feature = "ssr")]
pub mod gate;
pub mod jobs;
pub mod overview;
pub mod plans;
#[cfg(feature = "ssr")]
pub(crate) mod request;
