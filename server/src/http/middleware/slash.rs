//! Pages with a slash too many at the end of their address.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use http::Method;

/// Sends a browser on to the page without the slash.
pub(in crate::http) async fn trim(request: Request, next: Next) -> Response {
    let uri = request.uri();
    match without_slash(uri.path(), uri.query()) {
        Some(target) if *request.method() == Method::GET => {
            Redirect::permanent(&target).into_response()
        }
        Some(_) | None => next.run(request).await,
    }
}

/// The address without the slashes at its end; `None` where there are none to take, or where what is left could be
/// read as the address of another host.
fn without_slash(path: &str, query: Option<&str>) -> Option<String> {
    let trimmed = path.trim_end_matches('/');
    let is_plain =
        trimmed.starts_with('/') && !trimmed.starts_with("//") && !trimmed.contains('\\');
    if !is_plain || trimmed == path || trimmed.starts_with("/api/") {
        return None;
    }
    Some(match query {
        Some(query) => format!("{trimmed}?{query}"),
        None => trimmed.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_slashes_from_the_end_of_pages_and_never_leads_elsewhere() {
        for (path, query, target) in [
            ("/c/5f0c/", None, Some("/c/5f0c")),
            ("/c/5f0c//", Some("done=added"), Some("/c/5f0c?done=added")),
            ("/", None, None),
            ("//", None, None),
            ("/c/5f0c", None, None),
            ("//evil.example/", None, None),
            ("/\\evil.example/", None, None),
            ("/api/v1/clusters/", None, None),
        ] {
            let target = target.map(str::to_owned);
            assert_eq!(without_slash(path, query), target, "{path}");
        }
    }
}
