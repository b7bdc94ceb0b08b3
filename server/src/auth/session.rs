//! [`SessionPort`] over one request's axum-login session.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use axum_login::tower_sessions::Session;
use domain::{
    ErrorCode, OpsError,
    account::{SessionEntry, User},
    ids::SessionId,
    ports::{Answer, SessionPort},
};
use store::{
    audit::AuditOutcome,
    login_attempts::{Admission, Attempt},
    sessions::SessionLink,
};
use tokio::sync::Mutex;

use crate::{
    config::Registration,
    services::{SharedCore, clusters, internal, stored},
};

use super::backend::{AuthSession, SignedIn};

/// Where a request comes from.
#[derive(Debug, Clone)]
pub struct Client {
    /// The peer's address.
    pub address: IpAddr,
    /// The browser as it names itself.
    pub user_agent: String,
}

/// The browser session of one request.
pub struct BrowserSession {
    core: SharedCore,
    auth: Mutex<AuthSession>,
    client: Client,
}

impl BrowserSession {
    /// Over axum-login's session of the request.
    #[must_use]
    pub fn new(core: SharedCore, auth: AuthSession, client: Client) -> Self {
        Self {
            core,
            auth: Mutex::new(auth),
            client,
        }
    }

    /// The account if name and password belong together, within the throttle.
    async fn check(&self, name: &str, password: &str) -> Answer<SignedIn> {
        let attempt = Attempt {
            name,
            address: self.client.address,
        };
        let attempts = self.core.database.login_attempts();
        let admission = attempts
            .admit(&attempt, self.core.now())
            .await
            .map_err(stored)?;
        if let Admission::Throttled { retry_after } = admission {
            return Err(OpsError::rate_limited(
                "there were too many attempts to sign in",
                retry_after,
            ));
        }
        let users = self.core.database.users();
        let account = users
            .verify_password(name, password)
            .await
            .map_err(stored)?;
        let Some(account) = account else {
            self.core
                .audit(None, "login", name, AuditOutcome::Denied, "")
                .await?;
            return Err(OpsError::new(
                ErrorCode::Unauthenticated,
                "the name or the password is not right",
            ));
        };
        attempts.succeeded(&attempt).await.map_err(stored)?;
        Ok(SignedIn(account))
    }

    /// Signs an account in: a new session id, and the link that lists the session.
    async fn establish(&self, account: &SignedIn) -> Answer<User> {
        let mut auth = self.auth.lock().await;
        // axum-login itself changes the id only for a session that nobody was signed in to.
        auth.session
            .cycle_id()
            .await
            .map_err(|error| internal(&error))?;
        auth.login(account)
            .await
            .map_err(|error| internal(&error))?;
        let link = SessionLink::new(account.0.id, &self.client.user_agent, self.core.now())
            .map_err(stored)?;
        auth.session
            .insert(SessionLink::KEY, &link)
            .await
            .map_err(|error| internal(&error))?;
        Ok(account.user())
    }

    async fn signed_in(&self) -> Answer<SignedIn> {
        let auth = self.auth.lock().await;
        auth.user
            .clone()
            .ok_or_else(|| OpsError::new(ErrorCode::Unauthenticated, "you are not signed in"))
    }

    async fn current(&self) -> Answer<Option<SessionId>> {
        let session = self.auth.lock().await.session.clone();
        Ok(link_of(&session).await?.map(|link| link.id))
    }
}

/// The link that ties a session to its user, once somebody has signed in.
///
/// # Errors
/// `Internal` when the session cannot be read.
pub(super) async fn link_of(session: &Session) -> Answer<Option<SessionLink>> {
    session
        .get(SessionLink::KEY)
        .await
        .map_err(|error| internal(&error))
}

#[async_trait]
impl SessionPort for BrowserSession {
    async fn user(&self) -> Option<User> {
        self.auth.lock().await.user.as_ref().map(SignedIn::user)
    }

    async fn login(&self, name: &str, password: &str) -> Answer<User> {
        let account = self.check(name.trim(), password).await?;
        self.core
            .audit(
                Some(account.0.id),
                "login",
                &account.0.name,
                AuditOutcome::Done,
                "",
            )
            .await?;
        self.establish(&account).await
    }

    async fn register(&self, name: &str, password: &str) -> Answer<User> {
        if self.core.config.http.registration() == Registration::Closed {
            return Err(OpsError::new(
                ErrorCode::Forbidden,
                "registration is closed on this server",
            )
            .hint("Ask whoever runs it for an account (“ai4k8s user add”)."));
        }
        let users = self.core.database.users();
        let account = users
            .create(name.trim(), password, self.core.now())
            .await
            .map_err(stored)?;
        let account = SignedIn(account);
        self.core
            .audit(
                Some(account.0.id),
                "register",
                &account.0.name,
                AuditOutcome::Done,
                "",
            )
            .await?;
        let user = self.establish(&account).await?;
        clusters::attach_demo(&self.core, &user).await?;
        Ok(user)
    }

    async fn logout(&self) -> Answer<()> {
        let mut auth = self.auth.lock().await;
        auth.logout().await.map_err(|error| internal(&error))?;
        auth.session.flush().await.map_err(|error| internal(&error))
    }

    async fn change_password(&self, current: &str, new: &str) -> Answer<()> {
        let signed_in = self.signed_in().await?;
        let account = match self.check(&signed_in.0.name, current).await {
            Err(error) if error.code == ErrorCode::Unauthenticated => {
                return Err(OpsError::new(
                    ErrorCode::Invalid,
                    "the current password is not right",
                ));
            }
            checked => checked?,
        };
        let users = self.core.database.users();
        let changed = users
            .set_password(account.0.id, new)
            .await
            .map_err(stored)?;
        self.core
            .audit(
                Some(changed.id),
                "password.change",
                &changed.name,
                AuditOutcome::Done,
                "",
            )
            .await?;
        self.establish(&SignedIn(changed)).await?;
        let keep = self.current().await?;
        self.core
            .database
            .sessions()
            .revoke_others(account.0.id, keep)
            .await
            .map_err(stored)?;
        Ok(())
    }

    async fn sessions(&self) -> Answer<Vec<SessionEntry>> {
        let user = self.signed_in().await?.0.id;
        let current = self.current().await?;
        self.core
            .database
            .sessions()
            .list(user, current)
            .await
            .map_err(stored)
    }

    async fn revoke_session(&self, session: SessionId) -> Answer<()> {
        let user = self.signed_in().await?.0.id;
        let sessions = self.core.database.sessions();
        sessions.revoke(user, session).await.map_err(stored)?;
        self.core
            .audit(
                Some(user),
                "session.revoke",
                session,
                AuditOutcome::Done,
                "",
            )
            .await
    }
}

impl BrowserSession {
    /// Shared, as pages and server functions are given it.
    #[must_use]
    pub fn shared(self) -> Arc<dyn SessionPort> {
        Arc::new(self)
    }
}
