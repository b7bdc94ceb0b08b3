//! Settings of the server as a whole: short texts by name.

use crate::{Database, Result};

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
        todo!("settings.get")
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn set(&self, name: &str, value: &str) -> Result<()> {
        todo!("settings.set")
    }

    /// The setting, which becomes `value` if it is not set: of several callers all get the same.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn get_or_set(&self, name: &str, value: &str) -> Result<String> {
        todo!("settings.get_or_set")
    }

    /// Removes a setting and returns what it was: of several callers one gets it.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn take(&self, name: &str) -> Result<Option<String>> {
        todo!("settings.take")
    }
}
