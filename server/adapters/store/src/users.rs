//! Accounts: who may sign in.

use std::collections::BTreeSet;

use domain::{
    ErrorCode, OpsError,
    account::{Scope, User},
    ids::UserId,
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    sea_query::Expr,
};
use sha2::{Digest, Sha256};

use crate::{
    Database, Result, StoreError,
    entity::users,
    error::Doing,
    ids::random_uuid,
    passwords,
    rows::{insert, is_duplicate},
};

/// An account as stored, without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// The name it signs in with, as first typed; compared without regard to case.
    pub name: String,
    /// Whether it administers this server. The first account does.
    pub is_admin: bool,
    /// SHA-256 over password hash and session epoch: changes when the password changes or all
    /// sessions are ended, so that a session made with another tag is dead.
    pub session_tag: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
}

impl Account {
    /// This account as the one asking, with what it may do in this request.
    #[must_use]
    pub fn acting(&self, scopes: BTreeSet<Scope>) -> User {
        User {
            id: self.id,
            name: self.name.clone(),
            is_admin: self.is_admin,
            scopes,
        }
    }

    /// This account signed in by password: it may do everything.
    #[must_use]
    pub fn signed_in(&self) -> User {
        self.acting(Scope::ALL.into_iter().collect())
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Accounts.
#[derive(Debug, Clone)]
pub struct Users {
    database: Database,
}

impl Users {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Makes an account; the very first one becomes administrator.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a name that is taken or unusable, a password that is too weak
    /// ([`crate::passwords::check`]), or too many passwords being hashed at once.
    pub async fn create(&self, name: &str, password: &str, now: Timestamp) -> Result<Account> {
        let name = usable_name(name).map_err(StoreError::Refused)?;
        passwords::check(name, password).map_err(StoreError::Refused)?;
        let password_hash = self.database.passwords().hash(password).await?;
        let transaction = self.database.begin().await?;
        let others = users::Entity::find()
            .count(&transaction)
            .await
            .doing("count accounts")?;
        let row = users::Model {
            id: random_uuid()?,
            name: name.to_owned(),
            name_key: key(name),
            password_hash,
            is_admin: others == 0,
            session_epoch: 0,
            created_at: now.0,
        };
        insert(&transaction, row.clone()).await.map_err(taken)?;
        transaction.commit().await.doing("make an account")?;
        Ok(account(row))
    }

    /// The account with this name.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn by_name(&self, name: &str) -> Result<Option<Account>> {
        Ok(self.row(name).await?.map(account))
    }

    /// The account with this id.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn by_id(&self, id: UserId) -> Result<Option<Account>> {
        let row = users::Entity::find_by_id(id.0)
            .one(self.database.reader())
            .await
            .doing("read an account")?;
        Ok(row.map(account))
    }

    /// The account if name and password belong together. Takes as long for a name that does not
    /// exist. Ask [`crate::login_attempts::LoginAttempts::admit`] first.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when too many passwords are being checked at once.
    pub async fn verify_password(&self, name: &str, password: &str) -> Result<Option<Account>> {
        let row = self.row(name).await?;
        let stored = row.as_ref().map(|row| row.password_hash.clone());
        let matches = self.database.passwords().verify(password, stored).await?;
        Ok(row.filter(|_| matches).map(account))
    }

    /// Sets a password and ends every session by moving the session tag.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a weak password, [`StoreError::NotFound`].
    pub async fn set_password(&self, id: UserId, password: &str) -> Result<Account> {
        let account = self.by_id(id).await?.ok_or_else(no_such_user)?;
        passwords::check(&account.name, password).map_err(StoreError::Refused)?;
        let password_hash = self.database.passwords().hash(password).await?;
        let change = users::ActiveModel {
            password_hash: Set(password_hash),
            ..Default::default()
        };
        self.change_and_end_sessions(id, change).await
    }

    async fn row(&self, name: &str) -> Result<Option<users::Model>> {
        users::Entity::find()
            .filter(users::Column::NameKey.eq(key(name)))
            .one(self.database.reader())
            .await
            .doing("read an account")
    }

    async fn change_and_end_sessions(
        &self,
        id: UserId,
        change: users::ActiveModel,
    ) -> Result<Account> {
        let next_epoch = Expr::col(users::Column::SessionEpoch).add(1);
        let changed = users::Entity::update_many()
            .set(change)
            .col_expr(users::Column::SessionEpoch, next_epoch)
            .filter(users::Column::Id.eq(id.0))
            .exec_with_returning(self.database.writer())
            .await
            .doing("change an account")?;
        changed
            .into_iter()
            .next()
            .map(account)
            .ok_or_else(no_such_user)
    }
}

fn no_such_user() -> StoreError {
    StoreError::NotFound { thing: "user" }
}

fn taken(error: DbErr) -> StoreError {
    if is_duplicate(&error) {
        return StoreError::refused(ErrorCode::Invalid, "this name is taken");
    }
    StoreError::Query {
        doing: "make an account",
        source: error,
    }
}

/// What a name is compared by.
fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The name without surrounding space, if it can be one: 1–64 letters, digits and `. _ - @ +`,
/// beginning with a letter or digit.
fn usable_name(name: &str) -> std::result::Result<&str, OpsError> {
    let name = name.trim();
    let usable = name.starts_with(char::is_alphanumeric)
        && name.chars().count() <= 64
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || "._-@+".contains(character));
    if usable {
        return Ok(name);
    }
    Err(OpsError::new(
        ErrorCode::Invalid,
        "a user name has 1 to 64 letters, digits and the signs . _ - @ +, and begins with a letter or digit",
    ))
}

fn account(row: users::Model) -> Account {
    let tag = Sha256::new_with_prefix(b"ai4k8s session tag")
        .chain_update(row.session_epoch.to_be_bytes())
        .chain_update(row.password_hash.as_bytes())
        .finalize();
    Account {
        id: UserId(row.id),
        name: row.name,
        is_admin: row.is_admin,
        session_tag: tag.into(),
        created_at: Timestamp(row.created_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{NOW, fixture};

    async fn empty() -> Users {
        Database::open_in_memory().await.unwrap().users()
    }

    #[tokio::test]
    async fn makes_the_first_account_administrator_and_no_other() {
        let users = empty().await;
        let first = users.create("ada", "correct horse", NOW).await.unwrap();
        let second = users.create("bob", "battery staple", NOW).await.unwrap();
        assert!(first.is_admin && !second.is_admin);
    }

    /// Two who register side by side do not both become administrator.
    #[tokio::test]
    async fn makes_one_administrator_of_several_who_come_at_once() {
        let users = empty().await;
        let (one, two) = tokio::join!(
            users.create("ada", "correct horse", NOW),
            users.create("bob", "battery staple", NOW)
        );
        assert_ne!(one.unwrap().is_admin, two.unwrap().is_admin);
    }

    #[tokio::test]
    async fn takes_each_name_once_without_regard_to_case() {
        let users = empty().await;
        users.create("Ada", "correct horse", NOW).await.unwrap();
        let again = users.create(" aDA ", "battery staple", NOW).await;
        assert!(matches!(again, Err(StoreError::Refused(_))));
        assert_eq!(users.by_name("ADA").await.unwrap().unwrap().name, "Ada");
    }

    #[tokio::test]
    async fn knows_the_right_password_and_no_other() {
        let users = empty().await;
        let ada = users.create("ada", "correct horse", NOW).await.unwrap();
        let good = users.verify_password("Ada", "correct horse").await.unwrap();
        assert_eq!(good, Some(ada));
        for (name, password) in [
            ("ada", "correct horse "),
            ("ada", "Correct horse"),
            ("eve", "correct horse"),
            ("", ""),
        ] {
            assert_eq!(users.verify_password(name, password).await.unwrap(), None);
        }
    }

    /// Sessions made before die with their tag.
    #[tokio::test]
    async fn moves_the_session_tag_when_the_password_changes() {
        let users = empty().await;
        let first = users.create("ada", "correct horse", NOW).await.unwrap();
        let second = users
            .set_password(first.id, "battery staple")
            .await
            .unwrap();
        assert_ne!(first.session_tag, second.session_tag);
        assert_eq!(users.by_id(first.id).await.unwrap(), Some(second));
        let old = users.verify_password("ada", "correct horse").await.unwrap();
        assert_eq!(old, None);
    }

    #[tokio::test]
    async fn refuses_weak_passwords_and_names_that_would_garble_a_log() {
        let users = empty().await;
        for name in [
            "",
            " ",
            "a\nb",
            "a b",
            ".a",
            "\u{202e}ada",
            "<b>",
            &"a".repeat(65),
        ] {
            let made = users.create(name, "correct horse", NOW).await;
            assert!(matches!(made, Err(StoreError::Refused(_))), "{name}");
        }
        assert!(users.create("ada", "password1", NOW).await.is_err());
        let ada = users.create("ada", "correct horse", NOW).await.unwrap();
        assert!(users.set_password(ada.id, "ada").await.is_err());
    }

    #[tokio::test]
    async fn finds_nobody_under_an_id_that_does_not_exist() {
        let fixture = fixture().await;
        let stranger = UserId(random_uuid().unwrap());
        let users = fixture.database.users();
        assert_eq!(users.by_id(stranger).await.unwrap(), None);
        assert!(matches!(
            users.set_password(stranger, "correct horse").await,
            Err(StoreError::NotFound { .. })
        ));
    }
}
