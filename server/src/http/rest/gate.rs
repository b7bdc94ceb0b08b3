//! The one way into the HTTP API and the event streams: who asks, and whether they may.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{ErrorCode, OpsError, account::Scope};

use crate::{
    auth::{AuthSession, identify},
    state::App,
};

use super::super::error::ApiError;

/// Lets a request through with its [`Identity`](crate::auth::Identity) attached, when that carries `scope`. A token
/// that does not is noted in the audit log.
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
    let identity = match identity {
        Ok(identity) => identity,
        Err(error) => return ApiError(error).into_response(),
    };
    if !identity.user.scopes.contains(&scope) {
        let target = format!("{} {}", request.method(), request.uri().path());
        let accounts = &app.ports.accounts;
        if let Err(error) = accounts.note_refusal(&identity.user, scope, &target).await {
            tracing::error!(
                target,
                error = error.message,
                "a refusal is not in the audit log"
            );
        }
        return ApiError(lacking(scope)).into_response();
    }
    request.extensions_mut().insert(identity);
    next.run(request).await
}

fn lacking(scope: Scope) -> OpsError {
    let word = scope.as_str();
    OpsError::new(
        ErrorCode::Forbidden,
        format!("this needs a token with the scope “{word}”"),
    )
    .hint(format!(
        "Make one by “ai4k8s token create --scope {word}”, or in the settings."
    ))
}
