//! Who a request of the HTTP API speaks for, and whether that is still so while a stream lasts.

use domain::{
    ErrorCode, OpsError,
    account::User,
    ids::{SessionId, UserId},
    ports::{AccountsPort, Answer},
};
use http::{HeaderMap, header};
use secrecy::{ExposeSecret as _, SecretString};
use store::Database;

use crate::services::stored;

use super::{
    backend::{AuthSession, SignedIn},
    session::link_of,
};

/// How somebody showed who they are.
#[derive(Clone)]
enum Proof {
    Token(SecretString),
    Session(UserId, SessionId),
}

/// Somebody known, with what proved it.
#[derive(Clone)]
pub struct Identity {
    /// Who.
    pub user: User,
    proof: Proof,
}

impl Identity {
    /// Whether the proof still holds: the token is not revoked, the session not ended.
    pub async fn is_alive(&self, database: &Database, accounts: &dyn AccountsPort) -> bool {
        match &self.proof {
            Proof::Token(secret) => accounts
                .authenticate_token(secret.expose_secret())
                .await
                .is_ok_and(|user| user.is_some()),
            Proof::Session(user, session) => database
                .sessions()
                .is_alive(*user, *session)
                .await
                .map_err(stored)
                .unwrap_or(false),
        }
    }
}

/// Who the request speaks for: by its bearer token when it has one, else by its browser session.
///
/// # Errors
/// `Unauthenticated` without either, and for a token that is unknown or dead.
pub async fn identify(
    headers: &HeaderMap,
    session: Option<&AuthSession>,
    accounts: &dyn AccountsPort,
) -> Answer<Identity> {
    if let Some(secret) = bearer(headers)? {
        let user = accounts.authenticate_token(secret.expose_secret()).await?;
        let user = user.ok_or_else(|| {
            OpsError::new(
                ErrorCode::Unauthenticated,
                "the access token is unknown, revoked or expired",
            )
            .hint("Make a new one in the settings, or by “ai4k8s token create”.")
        })?;
        return Ok(Identity {
            user,
            proof: Proof::Token(secret),
        });
    }
    let unauthenticated = || {
        OpsError::new(ErrorCode::Unauthenticated, "you are not signed in")
            .hint("Send “Authorization: Bearer TOKEN”, with a token from the settings page.")
    };
    let session = session.ok_or_else(unauthenticated)?;
    let user = session
        .user
        .as_ref()
        .map(SignedIn::user)
        .ok_or_else(unauthenticated)?;
    let link = link_of(&session.session)
        .await?
        .ok_or_else(unauthenticated)?;
    Ok(Identity {
        proof: Proof::Session(user.id, link.id),
        user,
    })
}

/// The bearer token, if an `Authorization` header is there at all.
fn bearer(headers: &HeaderMap) -> Answer<Option<SecretString>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let malformed = || {
        OpsError::new(
            ErrorCode::Unauthenticated,
            "the Authorization header is not “Bearer TOKEN”",
        )
    };
    let (scheme, secret) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(malformed());
    }
    Ok(Some(SecretString::from(secret.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, http::HeaderValue::from_static(value))])
    }

    #[test]
    fn takes_a_bearer_token_in_any_case() {
        let secret = bearer(&with("bearer ai4k8s_x")).unwrap().unwrap();
        assert_eq!(secret.expose_secret(), "ai4k8s_x");
        assert!(bearer(&HeaderMap::new()).unwrap().is_none());
    }

    #[test]
    fn refuses_another_scheme_instead_of_falling_back_to_the_cookie() {
        for value in ["Basic YTpi", "ai4k8s_x", ""] {
            assert!(bearer(&with(value)).is_err(), "{value}");
        }
    }
}
