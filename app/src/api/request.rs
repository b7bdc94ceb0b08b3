//! The HTTP request at hand, reduced to what the gate and the pages need of it.

use domain::OpsError;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::flash::{COOKIE, TypedForm};

/// Path prefix of every server function.
pub(crate) const PREFIX: &str = "/api/fn/";

/// How a server function came to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// By a page that is being rendered.
    Page,
    /// By an HTML form: the answer is a redirect.
    Form,
    /// By the page's own code in the browser.
    Script,
}

/// The request at hand.
#[derive(Clone)]
pub(crate) struct Request {
    /// Who calls.
    pub(crate) caller: Caller,
    /// Its path.
    pub(crate) path: String,
    /// Its path and query.
    pub(crate) location: String,
    /// The page it came from on this server, path and query; `/` when that is unknown.
    pub(crate) referer: String,
    /// The id the log carries.
    pub(crate) reference: Option<String>,
    /// The browser's key to its flashes.
    pub(crate) flash_key: Option<String>,
    /// The theme cookie's value.
    pub(crate) theme: Option<String>,
    /// The form as typed.
    pub(crate) typed: Option<TypedForm>,
}

impl Request {
    /// Reads it from context; a plain page request for `/` when there is none (when routes are listed).
    pub(crate) fn current() -> Self {
        use_context::<Parts>().map_or_else(Self::none, |parts| Self::from_parts(&parts))
    }

    fn none() -> Self {
        Self {
            caller: Caller::Page,
            path: "/".to_owned(),
            location: "/".to_owned(),
            referer: "/".to_owned(),
            reference: None,
            flash_key: None,
            theme: None,
            typed: None,
        }
    }

    fn from_parts(parts: &Parts) -> Self {
        let text = |name: HeaderName| text_of(&parts.headers, &name);
        let path = parts.uri.path().to_owned();
        let accepts_html = text(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
        let caller = match (path.starts_with(PREFIX), accepts_html) {
            (false, _) => Caller::Page,
            (true, true) => Caller::Form,
            (true, false) => Caller::Script,
        };
        Self {
            caller,
            location: parts
                .uri
                .path_and_query()
                .map_or_else(|| path.clone(), ToString::to_string),
            referer: text(header::REFERER)
                .and_then(|referer| own_page(&referer, &host_of(parts)?))
                .unwrap_or_else(|| "/".to_owned()),
            reference: text(HeaderName::from_static("x-request-id")),
            flash_key: cookie(&parts.headers, COOKIE),
            theme: cookie(&parts.headers, crate::components::theme::COOKIE),
            typed: parts.extensions.get::<TypedForm>().cloned(),
            path,
        }
    }

    /// Path of the page the form was on, without its query.
    pub(crate) fn referer_path(&self) -> &str {
        self.referer.split('?').next().unwrap_or("/")
    }
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(ToOwned::to_owned)
}

fn host_of(parts: &Parts) -> Option<String> {
    text_of(&parts.headers, &header::HOST)
        .or_else(|| parts.uri.authority().map(ToString::to_string))
}

pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// A page with a longer address than this is not gone back to.
const LONGEST_PAGE: usize = 2048;

/// The path and query of `referer` when it is a page of `host`.
fn own_page(referer: &str, host: &str) -> Option<String> {
    let rest = referer.split_once("://")?.1;
    let path = rest
        .strip_prefix(host)
        .filter(|path| path.len() <= LONGEST_PAGE)?;
    safe_path(path.split('#').next()?)
}

/// `path` when following it stays on this server: it begins with one slash and holds nothing that a
/// browser would read as another host.
pub(crate) fn safe_path(path: &str) -> Option<String> {
    let stays = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    stays.then(|| path.to_owned())
}

/// Sends the browser to a path of this server.
pub(crate) fn redirect(path: &str) {
    leptos_axum::redirect(&safe_path(path).unwrap_or_else(|| "/".to_owned()));
}

/// Answers a page with a redirect to a path of this server, whatever the client accepts.
pub(crate) fn redirect_page(path: &str) {
    let path = safe_path(path).unwrap_or_else(|| "/".to_owned());
    if let (Some(response), Ok(path)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&path),
    ) {
        response.insert_header(header::LOCATION, path);
        response.set_status(StatusCode::FOUND);
    }
}

/// Adds a `Set-Cookie` header to the answer.
pub(crate) fn set_cookie(value: &str) {
    if let (Some(response), Ok(value)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(value),
    ) {
        response.append_header(header::SET_COOKIE, value);
    }
}

/// Sets the status of the answer.
pub(crate) fn set_status(status: u16) {
    if let (Some(response), Ok(status)) = (
        use_context::<ResponseOptions>(),
        StatusCode::from_u16(status),
    ) {
        response.set_status(status);
    }
}

/// Answers with a failure's status, and says when to come back where the failure does.
pub(crate) fn answer_with(error: &OpsError) {
    set_status(error.http_status());
    if let (Some(response), Some(wait)) = (use_context::<ResponseOptions>(), error.retry_after) {
        response.insert_header(header::RETRY_AFTER, HeaderValue::from(wait.0));
    }
}

/// `text` as it stands in a query.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_no_path_that_leaves_this_server() {
        for path in [
            "//evil",
            "/\\evil",
            "https:evil",
            "evil",
            "",
            "/a b",
            "/a\r\nx: y",
        ] {
            assert_eq!(safe_path(path), None, "{path}");
        }
        assert_eq!(safe_path("/c/1?x=2").as_deref(), Some("/c/1?x=2"));
    }

    #[test]
    fn goes_back_only_to_a_page_of_its_own() {
        let own = |referer| own_page(referer, "localhost:3000");
        assert_eq!(
            own("http://localhost:3000/c/1?x#y").as_deref(),
            Some("/c/1?x")
        );
        assert_eq!(own("http://localhost:3000.evil/c"), None);
        assert_eq!(own("http://evil/http://localhost:3000/c"), None);
    }

    #[test]
    fn tells_a_form_from_a_script_and_from_a_page() {
        let caller = |path: &str, accept: &str| {
            let (parts, ()) = http::Request::post(path)
                .header(header::ACCEPT, accept)
                .body(())
                .unwrap()
                .into_parts();
            Request::from_parts(&parts).caller
        };
        assert_eq!(caller("/api/fn/login", "text/html,*/*"), Caller::Form);
        assert_eq!(caller("/api/fn/login", "application/json"), Caller::Script);
        assert_eq!(caller("/c/1", "text/html"), Caller::Page);
    }
}
