//! axum-login over the store's accounts.

use std::fmt;

use axum_login::{AuthUser, AuthnBackend, UserId};
use domain::{
    account::{Scope, User},
    ids,
};
use store::{Database, StoreError, users::Account};

/// The browser session of a request.
pub type AuthSession = axum_login::AuthSession<Backend>;

/// An account as axum-login sees it. Its session tag never shows in logs.
#[derive(Clone)]
pub struct SignedIn(pub Account);

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedIn({})", self.0.id)
    }
}

impl SignedIn {
    /// The account as the rest of the product knows it; a browser may do everything its user may.
    #[must_use]
    pub fn user(&self) -> User {
        User {
            id: self.0.id,
            name: self.0.name.clone(),
            is_admin: self.0.is_admin,
            scopes: Scope::ALL.into_iter().collect(),
        }
    }
}

impl AuthUser for SignedIn {
    type Id = ids::UserId;

    fn id(&self) -> Self::Id {
        self.0.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.0.session_tag
    }
}

/// Looks accounts up.
#[derive(Clone)]
pub struct Backend {
    database: Database,
}

impl Backend {
    /// Over the accounts of `database`.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }
}

impl AuthnBackend for Backend {
    type User = SignedIn;
    /// Name and password; throttling is [`super::BrowserSession`]'s, which is the only caller.
    type Credentials = (String, String);
    type Error = StoreError;

    async fn authenticate(
        &self,
        (name, password): Self::Credentials,
    ) -> Result<Option<SignedIn>, StoreError> {
        let account = self
            .database
            .users()
            .verify_password(&name, &password)
            .await?;
        Ok(account.map(SignedIn))
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<SignedIn>, StoreError> {
        Ok(self.database.users().by_id(*id).await?.map(SignedIn))
    }
}
