//! The pages and their server functions, each with its content security policy and its context.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use app::flash::TypedForm;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use domain::{ErrorCode, OpsError, ports::SessionPort};
use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{LeptosRoutes as _, ResponseOptions};

use crate::{
    auth::{AuthSession, BrowserSession, Client},
    state::App,
};

use super::{BODY_LIMIT, error::ApiError, middleware::headers};

/// Path prefix of every server function.
const FUNCTIONS: &str = "/api/fn/";

pub(super) fn routes(app: &App) -> Router<App> {
    let context = {
        let app = app.clone();
        move || provide(&app)
    };
    Router::new()
        .leptos_routes_with_context(app, app::routes(), context.clone(), app::shell)
        .fallback(not_found)
        .layer(from_fn(keep_typed_form))
}

/// What pages and server functions find in context.
fn provide(app: &App) {
    provide_context(app.ports.clone());
    provide_context(app.flashes.clone());
    provide_context(app.site.assets());
    if let Some(session) = use_context::<Parts>().and_then(|parts| session_of(app, &parts)) {
        provide_context(session);
    }
    set_policy();
}

/// The browser session of a request.
pub(super) fn session_of(app: &App, parts: &Parts) -> Option<Arc<dyn SessionPort>> {
    let auth = parts.extensions.get::<AuthSession>()?.clone();
    let user_agent = parts
        .headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let client = Client {
        address: address_of(app, parts),
        user_agent: user_agent.unwrap_or("unknown").to_owned(),
    };
    Some(BrowserSession::new(Arc::clone(&app.core), auth, client).shared())
}

/// Where a request comes from. Behind a proxy that terminates TLS, what that proxy wrote last; whatever else a client
/// claims is not believed. Without a peer (a test without a socket) everybody shares one throttle.
fn address_of(app: &App, parts: &Parts) -> IpAddr {
    let reported = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let reported = reported
        .filter(|_| app.core.config.http.behind_tls)
        .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    reported
        .or_else(|| peer.map(|ConnectInfo(peer)| peer.ip()))
        .unwrap_or(Ipv4Addr::LOCALHOST.into())
}

/// The page's own policy, with the nonce its script carries.
fn set_policy() {
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else {
        return;
    };
    let policy = headers::page_policy(&nonce.to_string());
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Keeps the text of a plain form beside the request, so that a page can give it back when the form is refused.
async fn keep_typed_form(request: Request, next: Next) -> Response {
    let accepts_html = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if !accepts_html || !request.uri().path().starts_with(FUNCTIONS) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_LIMIT).await else {
        return ApiError(OpsError::new(ErrorCode::TooLarge, "the form is too large"))
            .into_response();
    };
    if let Ok(text) = str::from_utf8(&bytes) {
        parts.extensions.insert(TypedForm(text.into()));
    }
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}

/// The page that says there is none; JSON where a script asks.
async fn not_found(State(app): State<App>, request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        return ApiError(OpsError::not_found("route")).into_response();
    }
    let render = leptos_axum::render_app_async_with_context(move || provide(&app), app::shell);
    let mut response = render(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
