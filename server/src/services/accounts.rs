//! Personal access tokens.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{
    ErrorCode, OpsError,
    account::{NewToken, Scope, TokenEntry, User},
    ids::{TokenId, UserId},
    ports::{AccountsPort, Answer},
    time::{Seconds, Timestamp},
};
use store::{audit::AuditOutcome, tokens::TokenRequest};

use super::{SharedCore, stored};

/// [`AccountsPort`] over the store.
pub struct Accounts {
    core: SharedCore,
    /// When a refusal of whom for want of which scope was last noted.
    refused: Mutex<BTreeMap<(UserId, Scope), Timestamp>>,
}

/// Refusals of one user for want of one scope are noted once in this long: a program that asks again and again does
/// not fill the log.
const REFUSALS_APART: Seconds = Seconds(60);

impl Accounts {
    /// Over `core`.
    #[must_use]
    pub fn new(core: SharedCore) -> Self {
        Self {
            core,
            refused: Mutex::default(),
        }
    }

    /// Whether no such refusal was noted a moment ago.
    fn is_news(&self, user: UserId, needed: Scope) -> bool {
        let now = self.core.now();
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|_, at| now.seconds_since(*at) < REFUSALS_APART.0);
        match refused.entry((user, needed)) {
            Entry::Occupied(_) => false,
            Entry::Vacant(free) => {
                free.insert(now);
                true
            }
        }
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
        if !self.is_news(user.id, needed) {
            return Ok(());
        }
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
