//! A person's own account: password, sessions, tokens, appearance.

use domain::{
    account::{NewToken, SessionEntry, TokenEntry},
    ids::{SessionId, TokenId},
};
use leptos::prelude::*;

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{
    api::{
        gate,
        request::{redirect, set_cookie},
    },
    components::theme::{COOKIE, Theme},
};
#[cfg(feature = "ssr")]
use domain::{ErrorCode, OpsError, account::Scope};

/// Changes the password; every other session ends.
#[server(prefix = "/api/fn", endpoint = "change_password")]
pub async fn change_password(
    current_password: String,
    new_password: String,
) -> Result<(), AppError> {
    gate::on_session::<ChangePassword, _, _>(|session| async move {
        session
            .change_password(&current_password, &new_password)
            .await?;
        redirect("/settings?done=password");
        Ok(())
    })
    .await
}

/// The sessions of whoever asks, newest first.
#[server(prefix = "/api/fn", endpoint = "list_sessions")]
pub async fn list_sessions() -> Result<Vec<SessionEntry>, AppError> {
    gate::on_session::<ListSessions, _, _>(|session| async move { session.sessions().await }).await
}

/// Ends one of the sessions.
#[server(prefix = "/api/fn", endpoint = "revoke_session")]
pub async fn revoke_session(session: SessionId) -> Result<(), AppError> {
    gate::on_session::<RevokeSession, _, _>(
        |port| async move { port.revoke_session(session).await },
    )
    .await
}

/// The tokens of whoever asks, newest first.
#[server(prefix = "/api/fn", endpoint = "list_tokens")]
pub async fn list_tokens() -> Result<Vec<TokenEntry>, AppError> {
    gate::as_user::<ListTokens, _, _>(
        |ports, user| async move { ports.accounts.tokens(&user).await },
    )
    .await
}

/// Makes a token with the scopes whose boxes are ticked. Its secret is in the answer and nowhere else.
#[server(prefix = "/api/fn", endpoint = "create_token")]
pub async fn create_token(
    name: String,
    #[server(default)] read: String,
    #[server(default)] plan: String,
    #[server(default)] approve: String,
) -> Result<NewToken, AppError> {
    gate::as_user::<CreateToken, _, _>(|ports, user| async move {
        let ticked = [
            (read, Scope::Read),
            (plan, Scope::Plan),
            (approve, Scope::Approve),
        ];
        let scopes: std::collections::BTreeSet<_> = ticked
            .into_iter()
            .filter(|(ticked, _)| !ticked.is_empty())
            .map(|(_, scope)| scope)
            .collect();
        if scopes.is_empty() {
            return Err(OpsError::new(
                ErrorCode::Invalid,
                "a token needs at least one scope",
            ));
        }
        ports
            .accounts
            .create_token(&user, name.trim(), scopes)
            .await
    })
    .await
}

/// Ends a token.
#[server(prefix = "/api/fn", endpoint = "revoke_token")]
pub async fn revoke_token(token: TokenId) -> Result<(), AppError> {
    gate::as_user::<RevokeToken, _, _>(|ports, user| async move {
        ports.accounts.revoke_token(&user, token).await
    })
    .await
}

/// Remembers light, dark or the system's choice in this browser.
#[server(prefix = "/api/fn", endpoint = "set_theme")]
pub async fn set_theme(theme: String) -> Result<(), AppError> {
    gate::on_session::<SetTheme, _, _>(|_| async move {
        let theme = Theme::parse(&theme);
        set_cookie(&format!(
            "{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
            theme.as_str()
        ));
        Ok(())
    })
    .await
}
