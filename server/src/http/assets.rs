//! What the browser loads: hashed files under `/pkg`, and the few that keep their name.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{site::Encoding, state::App};

/// A name with a hash in it never means something else later.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// A name without one does, while somebody works on the page.
const NOT_AT_ALL: HeaderValue = HeaderValue::from_static("no-store");

/// Files at the root of the site.
const ROOT_FILES: [&str; 3] = ["favicon.svg", "robots.txt", "manifest.webmanifest"];

pub(super) fn routes() -> Router<App> {
    let mut router = Router::new().route("/pkg/{file}", get(package));
    for file in ROOT_FILES {
        router = router.route(
            &format!("/{file}"),
            get(
                move |State(app): State<App>, headers: HeaderMap| async move {
                    serve(&app, file, &headers, FOR_A_DAY)
                },
            ),
        );
    }
    router
}

async fn package(State(app): State<App>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    let cache = if has_hash(&file) {
        FOR_EVER
    } else {
        NOT_AT_ALL
    };
    serve(&app, &format!("pkg/{file}"), &headers, cache)
}

/// Whether the part before the extension is a hash of the content, as `frontend/hash-names.mjs` writes it.
fn has_hash(file: &str) -> bool {
    let hash = file.rsplit('.').nth(1).unwrap_or("");
    hash.len() == 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn serve(app: &App, path: &str, headers: &HeaderMap, cache: HeaderValue) -> Response {
    let Some(file) = app.site.file(path, Encoding::accepted(headers)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = file.content.into_response();
    let answer = response.headers_mut();
    answer.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(file.media_type),
    );
    answer.insert(header::CACHE_CONTROL, cache);
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = file.encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}
