//! The one way into the HTTP API and the event streams: who asks, and whether they may.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{ErrorCode, OpsError, account::Scope};

use crate::{
    auth::{AuthSession, Identity, identify},
    state::App,
};

use super::super::error::ApiError;

/// Lets a request through with its [`Identity`] attached, when that carries `scope`.
pub(in crate::http) async fn admit(
    State((app, scope)): State<(App, Scope)>,
    mut request: Request,
    next: Next,
) -> Response {
    let session = request.extensions().get::<AuthSession>().cloned();
    let identity = identify(
        request.headers(),
        session.as_ref(),
        app.ports.accounts.as_ref(),
    )
    .await;
    match identity.and_then(|identity| with_scope(identity, scope)) {
        Ok(identity) => {
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(error) => ApiError(error).into_response(),
    }
}

fn with_scope(identity: Identity, scope: Scope) -> Result<Identity, OpsError> {
    if identity.user.scopes.contains(&scope) {
        return Ok(identity);
    }
    let word = scope.as_str();
    Err(OpsError::new(
        ErrorCode::Forbidden,
        format!("this needs a token with the scope “{word}”"),
    )
    .hint(format!(
        "Make one by “ai4k8s token create --scope {word}”, or in the settings."
    )))
}
