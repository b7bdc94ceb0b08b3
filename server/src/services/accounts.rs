//! Personal access tokens.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    ErrorCode, OpsError,
    account::{NewToken, Scope, TokenEntry, User},
    ids::TokenId,
    ports::{AccountsPort, Answer},
};
use store::{audit::AuditOutcome, tokens::TokenRequest};

use super::{SharedCore, stored};

/// [`AccountsPort`] over the store.
pub struct Accounts {
    core: SharedCore,
}

impl Accounts {
    /// Over `core`.
    #[must_use]
    pub fn new(core: SharedCore) -> Self {
        Self { core }
    }

    async fn new_token(
        &self,
        user: &User,
        name: &str,
        scopes: BTreeSet<Scope>,
    ) -> Answer<NewToken> {
        if !scopes.is_subset(&user.scopes) {
            return Err(OpsError::new(
                ErrorCode::Forbidden,
                "a token cannot be given more than whoever makes it may do",
            ));
        }
        let request = TokenRequest {
            name: name.trim().to_owned(),
            scopes,
            expires_at: None,
        };
        let tokens = self.core.database.tokens();
        let created = tokens.create(user.id, &request, self.core.now()).await;
        created.map_err(stored)
    }
}

#[async_trait]
impl AccountsPort for Accounts {
    async fn tokens(&self, user: &User) -> Answer<Vec<TokenEntry>> {
        self.core
            .database
            .tokens()
            .list(user.id)
            .await
            .map_err(stored)
    }

    async fn create_token(
        &self,
        user: &User,
        name: &str,
        scopes: BTreeSet<Scope>,
    ) -> Answer<NewToken> {
        let words: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        let words = words.join(",");
        let created = self.new_token(user, name, scopes).await;
        self.core
            .audit_end(user.id, ("token.create", &name), words, &created)
            .await?;
        created
    }

    async fn revoke_token(&self, user: &User, token: TokenId) -> Answer<()> {
        let tokens = self.core.database.tokens();
        let revoked = tokens.revoke(user.id, token).await.map_err(stored);
        self.core
            .audit_end(user.id, ("token.revoke", &token), "", &revoked)
            .await?;
        revoked
    }

    async fn authenticate_token(&self, secret: &str) -> Answer<Option<User>> {
        self.core
            .database
            .tokens()
            .authenticate(secret, self.core.now())
            .await
            .map_err(stored)
    }

    async fn note_refusal(&self, user: &User, needed: Scope, target: &str) -> Answer<()> {
        let detail = format!("the token lacks the scope “{}”", needed.as_str());
        self.core
            .audit(
                Some(user.id),
                "token.use",
                target,
                AuditOutcome::Denied,
                detail,
            )
            .await
    }
}
