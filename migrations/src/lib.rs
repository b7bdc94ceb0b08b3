//! The database schema, step by step.
//!
//! A step that has been released is never changed: the next change is a step of its own. A program
//! refuses a database that knows a step it does not.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod dialect;
mod m20261124_000001_first_schema;
mod m20261124_000002_plan_origin;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

/// Brings a database up to date: `Migrator::up(&connection, None)`.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_first_schema::Migration),
            Box::new(m20261124_000002_plan_origin::Migration),
        ]
    }
}
