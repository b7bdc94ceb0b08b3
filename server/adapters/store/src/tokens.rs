//! Personal access tokens: shown once, stored as their SHA-256.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    ErrorCode,
    account::{NewToken, Scope, TokenEntry, User},
    ids::{TokenId, UserId},
    time::{Seconds, Timestamp},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sha2::{Digest, Sha256};

use crate::{
    Database, Result, StoreError,
    entity::api_tokens,
    error::Doing,
    ids::{random_bytes, random_uuid},
    rows::insert,
};

/// How a token begins, so that people and secret scanners know it when they see it.
pub const PREFIX: &str = "ai4k8s_";
/// How often a use is written down at most.
const TOUCH_EVERY: Seconds = Seconds(60);

/// Personal access tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    database: Database,
}

impl Tokens {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Makes a token. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`crate::StoreError::Refused`] for a name that is not 1–64 characters or no scope at all.
    pub async fn create(
        &self,
        user: UserId,
        token: &TokenRequest,
        now: Timestamp,
    ) -> Result<NewToken> {
        let name = token.name.trim();
        if name.is_empty() || name.chars().count() > 64 || name.contains(char::is_control) {
            let why = "a token's name has 1 to 64 characters";
            return Err(StoreError::refused(ErrorCode::Invalid, why));
        }
        if token.scopes.is_empty() {
            let why = "a token needs at least one of the scopes read, plan, approve";
            return Err(StoreError::refused(ErrorCode::Invalid, why));
        }
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>()?));
        let row = api_tokens::Model {
            id: random_uuid()?,
            user_id: user.0,
            name: name.to_owned(),
            secret_digest: digest(&secret),
            scopes: scope_words(&token.scopes),
            created_at: now.0,
            last_used_at: None,
            expires_at: token.expires_at.map(|at| at.0),
        };
        insert(self.database.writer(), row.clone())
            .await
            .doing("make a token")?;
        Ok(NewToken {
            entry: entry(row)?,
            secret,
        })
    }

    /// A user's tokens, newest first.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn list(&self, user: UserId) -> Result<Vec<TokenEntry>> {
        let rows = api_tokens::Entity::find()
            .filter(api_tokens::Column::UserId.eq(user.0))
            .order_by_desc(api_tokens::Column::CreatedAt)
            .order_by_asc(api_tokens::Column::Id)
            .all(self.database.reader())
            .await
            .doing("list tokens")?;
        rows.into_iter().map(entry).collect()
    }

    /// Ends a token of the user's.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`].
    pub async fn revoke(&self, user: UserId, token: TokenId) -> Result<()> {
        let gone = api_tokens::Entity::delete_many()
            .filter(api_tokens::Column::Id.eq(token.0))
            .filter(api_tokens::Column::UserId.eq(user.0))
            .exec(self.database.writer())
            .await
            .doing("revoke a token")?;
        if gone.rows_affected == 0 {
            return Err(StoreError::NotFound { thing: "token" });
        }
        Ok(())
    }

    /// Who a token speaks for, with the token's scopes; `None` when it is unknown, expired or revoked.
    /// Notes the use, at most once a minute.
    ///
    /// # Errors
    /// Faults of the database only.
    pub async fn authenticate(&self, secret: &str, now: Timestamp) -> Result<Option<User>> {
        if !secret.starts_with(PREFIX) {
            return Ok(None);
        }
        let found = api_tokens::Entity::find()
            .filter(api_tokens::Column::SecretDigest.eq(digest(secret)))
            .one(self.database.reader())
            .await
            .doing("read a token")?;
        let Some(row) = found.filter(|row| row.expires_at.is_none_or(|at| now.0 < at)) else {
            return Ok(None);
        };
        self.note_use(&row, now).await?;
        let account = self.database.users().by_id(UserId(row.user_id)).await?;
        let scopes = parse_scopes(&row.scopes)?;
        Ok(account.map(|account| account.acting(scopes)))
    }

    async fn note_use(&self, row: &api_tokens::Model, now: Timestamp) -> Result<()> {
        let is_fresh = |last: i64| now.seconds_since(Timestamp(last)) < TOUCH_EVERY.0;
        if row.last_used_at.is_some_and(is_fresh) {
            return Ok(());
        }
        let change = api_tokens::ActiveModel {
            last_used_at: Set(Some(now.0)),
            ..Default::default()
        };
        api_tokens::Entity::update_many()
            .set(change)
            .filter(api_tokens::Column::Id.eq(row.id))
            .exec(self.database.writer())
            .await
            .doing("note the use of a token")?;
        Ok(())
    }
}

/// What a token is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The name its user gives it, 1–64 characters.
    pub name: String,
    /// What it may do; at least one scope.
    pub scopes: BTreeSet<Scope>,
    /// After this it is dead; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// A plain hash is enough: the secret is 256 random bits, which no list of guesses holds.
fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

fn scope_words(scopes: &BTreeSet<Scope>) -> String {
    let words: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    words.join(",")
}

fn parse_scopes(words: &str) -> Result<BTreeSet<Scope>> {
    words
        .split(',')
        .map(|word| Scope::parse(word).map_err(|_| StoreError::OutOfRange { what: "scope" }))
        .collect()
}

fn entry(row: api_tokens::Model) -> Result<TokenEntry> {
    Ok(TokenEntry {
        id: TokenId(row.id),
        scopes: parse_scopes(&row.scopes)?,
        name: row.name,
        created_at: Timestamp(row.created_at),
        last_used_at: row.last_used_at.map(Timestamp),
        expires_at: row.expires_at.map(Timestamp),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{Fixture, NOW, fixture};

    fn request(scopes: &[Scope]) -> TokenRequest {
        TokenRequest {
            name: "laptop".to_owned(),
            scopes: scopes.iter().copied().collect(),
            expires_at: None,
        }
    }

    async fn made(fixture: &Fixture, request: &TokenRequest) -> NewToken {
        let tokens = fixture.database.tokens();
        tokens.create(fixture.ada, request, NOW).await.unwrap()
    }

    #[tokio::test]
    async fn speaks_for_its_user_with_its_own_scopes_only() {
        let fixture = fixture().await;
        let token = made(&fixture, &request(&[Scope::Read, Scope::Plan])).await;
        assert!(token.secret.starts_with("ai4k8s_") && token.secret.len() == 50);
        let tokens = fixture.database.tokens();
        let user = tokens
            .authenticate(&token.secret, NOW)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(user.id, fixture.ada);
        assert_eq!(user.scopes, BTreeSet::from([Scope::Read, Scope::Plan]));
    }

    #[tokio::test]
    async fn knows_no_other_secret() {
        let fixture = fixture().await;
        let token = made(&fixture, &request(&Scope::ALL)).await;
        let tokens = fixture.database.tokens();
        let shorter = &token.secret[..token.secret.len() - 1];
        for secret in ["", "ai4k8s_", shorter, &format!("{}A", token.secret)] {
            assert_eq!(tokens.authenticate(secret, NOW).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn dies_at_its_expiry() {
        let fixture = fixture().await;
        let expiring = TokenRequest {
            expires_at: Some(NOW + Seconds(60)),
            ..request(&[Scope::Read])
        };
        let secret = made(&fixture, &expiring).await.secret;
        let tokens = fixture.database.tokens();
        let at = async |at| tokens.authenticate(&secret, at).await.unwrap().is_some();
        assert!(at(NOW + Seconds(59)).await);
        assert!(!at(NOW + Seconds(60)).await);
    }

    #[tokio::test]
    async fn is_listed_and_revoked_by_its_owner_only() {
        let fixture = fixture().await;
        let token = made(&fixture, &request(&[Scope::Read])).await;
        let (id, tokens) = (token.entry.id, fixture.database.tokens());
        assert!(tokens.list(fixture.bob).await.unwrap().is_empty());
        assert!(matches!(
            tokens.revoke(fixture.bob, id).await,
            Err(StoreError::NotFound { .. })
        ));
        assert_eq!(tokens.list(fixture.ada).await.unwrap(), [token.entry]);
        tokens.revoke(fixture.ada, id).await.unwrap();
        assert_eq!(tokens.authenticate(&token.secret, NOW).await.unwrap(), None);
    }

    #[tokio::test]
    async fn notes_its_use_at_most_once_a_minute() {
        let fixture = fixture().await;
        let secret = made(&fixture, &request(&[Scope::Read])).await.secret;
        let tokens = fixture.database.tokens();
        for (after, noted) in [(0, 0), (59, 0), (60, 60)] {
            tokens
                .authenticate(&secret, NOW + Seconds(after))
                .await
                .unwrap();
            let entry = &tokens.list(fixture.ada).await.unwrap()[0];
            assert_eq!(entry.last_used_at, Some(NOW + Seconds(noted)), "{after}");
        }
    }

    #[tokio::test]
    async fn needs_a_name_and_a_scope() {
        let fixture = fixture().await;
        let nameless = TokenRequest {
            name: " ".to_owned(),
            ..request(&Scope::ALL)
        };
        for bad in [nameless, request(&[])] {
            let made = fixture
                .database
                .tokens()
                .create(fixture.ada, &bad, NOW)
                .await;
            assert!(matches!(made, Err(StoreError::Refused(_))));
        }
    }
}
