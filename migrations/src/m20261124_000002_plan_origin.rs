//! Who asked for a plan: those that are there already were asked for by people.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        const ADD: &str =
            r#"ALTER TABLE plans ADD COLUMN origin TEXT NOT NULL DEFAULT '{"by":"person"}'"#;
        manager.get_connection().execute_unprepared(ADD).await?;
        Ok(())
    }
}
