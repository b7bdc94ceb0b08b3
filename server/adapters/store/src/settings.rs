//! Settings of the server as a whole: short texts by name.

use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, sea_query::OnConflict};

use crate::{Database, Result, entity::settings, error::Doing};

/// Settings of the server.
#[derive(Debug, Clone)]
pub struct Settings {
    database: Database,
}

impl Settings {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// A setting.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn get(&self, name: &str) -> Result<Option<String>> {
        read(self.database.reader(), name).await
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn set(&self, name: &str, value: &str) -> Result<()> {
        write(self.database.writer(), name, value).await
    }

    /// The setting, which becomes `value` if it is not set: of several callers all get the same.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn get_or_set(&self, name: &str, value: &str) -> Result<String> {
        let transaction = self.database.begin().await?;
        if let Some(known) = read(&transaction, name).await? {
            return Ok(known);
        }
        write(&transaction, name, value).await?;
        transaction.commit().await.doing("change a setting")?;
        Ok(value.to_owned())
    }

    /// Removes a setting and returns what it was: of several callers one gets it.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn take(&self, name: &str) -> Result<Option<String>> {
        let transaction = self.database.begin().await?;
        let known = read(&transaction, name).await?;
        settings::Entity::delete_by_id(name)
            .exec(&transaction)
            .await
            .doing("remove a setting")?;
        transaction.commit().await.doing("remove a setting")?;
        Ok(known)
    }
}

pub(crate) async fn read<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Option<String>> {
    let row = settings::Entity::find_by_id(name)
        .one(connection)
        .await
        .doing("read a setting")?;
    Ok(row.map(|row| row.value))
}

pub(crate) async fn write<C: ConnectionTrait>(
    connection: &C,
    name: &str,
    value: &str,
) -> Result<()> {
    let row = settings::ActiveModel {
        name: Set(name.to_owned()),
        value: Set(value.to_owned()),
    };
    let known = OnConflict::column(settings::Column::Name)
        .update_column(settings::Column::Value)
        .to_owned();
    settings::Entity::insert(row)
        .on_conflict(known)
        .exec_without_returning(connection)
        .await
        .doing("change a setting")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::test_support::fixture;

    #[tokio::test]
    async fn keeps_the_last_value_across_a_restart() {
        let fixture = fixture().await;
        for value in ["one", "two"] {
            fixture
                .database
                .settings()
                .set("registration", value)
                .await
                .unwrap();
        }
        let fixture = fixture.reopened().await;
        let settings = fixture.database.settings();
        assert_eq!(
            settings.get("registration").await.unwrap().as_deref(),
            Some("two")
        );
        assert_eq!(settings.get("other").await.unwrap(), None);
    }

    #[tokio::test]
    async fn gives_everybody_the_first_value_and_one_the_last() {
        let settings = fixture().await.database.settings();
        let (one, two) = tokio::join!(
            settings.get_or_set("bootstrap", "a"),
            settings.get_or_set("bootstrap", "b")
        );
        assert_eq!(one.unwrap(), two.unwrap());
        let (one, two) = tokio::join!(settings.take("bootstrap"), settings.take("bootstrap"));
        assert_ne!(one.unwrap().is_some(), two.unwrap().is_some());
    }
}
