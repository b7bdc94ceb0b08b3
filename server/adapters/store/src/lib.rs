//! Persistence: everything the product remembers, over sea-orm.
//!
//! Domain types go in and come out; no caller names the database library. One file per aggregate,
//! reached from [`Database`]. Every question about something a person owns carries that person's id,
//! so that somebody else's is simply not there. Times are handed in: nothing here reads a clock,
//! but for the session store, whose trait leaves no room for one (see [`sessions::Sessions`]).

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod audit;
pub mod autoscaling;
pub mod clusters;
pub mod conversations;
mod database;
mod entity;
mod error;
mod files;
mod ids;
pub mod intents;
pub mod jobs;
mod lock;
pub mod login_attempts;
pub mod passwords;
pub mod plans;
mod rows;
pub mod samples;
pub mod sessions;
pub mod settings;
#[cfg(test)]
mod test_support;
pub mod tokens;
pub mod users;
pub mod vault;

pub use database::{Database, DatabaseOptions};
pub use error::{Result, StoreError};
pub use ids::random_uuid;
pub use lock::InstanceLock;
