//! The app behind a router, and a small browser without JavaScript.

use std::sync::{Arc, Mutex};

use app::{
    Assets,
    flash::{Flashes, TypedForm},
    routes, shell,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use domain::ports::{Ports, SessionPort};
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, handle_server_fns_with_context};
use tower::ServiceExt;

use crate::fakes::{self, FakeSession};

/// The host every request names.
const HOST: &str = "localhost:3000";

/// A browser without JavaScript.
pub(crate) struct Browser {
    router: Router,
    cookies: Mutex<Vec<(String, String)>>,
    pub(crate) session: Arc<FakeSession>,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Page {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser {
    /// A browser that is signed in.
    pub(crate) fn signed_in() -> Self {
        Self::new(true)
    }

    /// A browser nobody is signed in with.
    pub(crate) fn anonymous() -> Self {
        Self::new(false)
    }

    fn new(signed_in: bool) -> Self {
        let session = Arc::new(FakeSession::new(signed_in));
        Self {
            router: router(session.clone()),
            cookies: Mutex::default(),
            session,
        }
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Sends a form from `page` to `action`, as it is typed.
    pub(crate) async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = Request::post(action)
            .header(header::REFERER, format!("http://{HOST}{page}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(TypedForm(body.clone().into()));
        self.send(request, Body::from(body)).await
    }

    /// Calls a function as the page's own code does.
    pub(crate) async fn call(&self, action: &str, body: &str) -> Page {
        let request = Request::post(action)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(body.to_owned())).await
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Page {
        let cookies: Vec<_> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = request
            .header(header::HOST, HOST)
            .header("x-request-id", "request-7")
            .header(header::COOKIE, cookies.join("; "));
        if !request.headers_ref().unwrap().contains_key(header::ACCEPT) {
            request = request.header(header::ACCEPT, "text/html");
        }
        let answer = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        self.keep_cookies(&parts.headers);
        let bytes = to_bytes(body, 8 << 20).await.unwrap();
        Page {
            status: parts.status,
            headers: parts.headers,
            html: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap();
        for value in headers.get_all(header::SET_COOKIE) {
            let pair = value.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            cookies.retain(|(known, _)| known != name);
            cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// The app as the server mounts it, with everything it takes from context.
pub(crate) fn router(session: Arc<FakeSession>) -> Router {
    let assets = Assets {
        css: "/pkg/ai4k8s.css".to_owned(),
        js: "/pkg/ai4k8s.js".to_owned(),
        wasm: "/pkg/ai4k8s_bg.wasm".to_owned(),
        charts: "/pkg/charts.js".to_owned(),
    };
    router_with(session, assets)
}

/// The same with given assets.
pub(crate) fn router_with(session: Arc<FakeSession>, assets: Assets) -> Router {
    let options = LeptosOptions::builder().output_name("ai4k8s").build();
    let ports = fakes::ports();
    let flashes = Flashes::default();
    let provide = move || provide(&ports, &flashes, session.clone(), &assets);
    Router::new()
        .route(
            "/api/fn/{*name}",
            post({
                let provide = provide.clone();
                move |request| handle_server_fns_with_context(provide.clone(), request)
            }),
        )
        .leptos_routes_with_context(&options, routes(), provide, shell)
        .with_state(options)
}

fn provide(ports: &Ports, flashes: &Flashes, session: Arc<FakeSession>, assets: &Assets) {
    provide_context(ports.clone());
    provide_context(flashes.clone());
    provide_context::<Arc<dyn SessionPort>>(session);
    provide_context(assets.clone());
}
