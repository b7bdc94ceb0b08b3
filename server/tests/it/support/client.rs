//! A browser or a script, reduced to what tests need.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use reqwest::{Method, RequestBuilder, header, redirect::Policy};
use serde_json::Value;

use super::events::{Frame, frames};

/// Somebody talking to the product. Keeps cookies, follows no redirect.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
    token: Option<String>,
}

/// What was answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: header::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        kube_cluster::ensure_crypto();
        Self {
            http: reqwest::Client::builder()
                .redirect(Policy::none())
                .timeout(Duration::from_secs(60))
                .build()
                .unwrap(),
            address,
            cookies: BTreeMap::new(),
            token: None,
        }
    }

    pub(crate) fn with_token(self, token: String) -> Self {
        Self {
            token: Some(token),
            ..self
        }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self
            .http
            .request(method, format!("http://{}{path}", self.address));
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(self.own(self.request(Method::DELETE, path)))
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.own(self.request(Method::POST, path)).json(body))
            .await
    }

    /// Sends a form as the page's own code does: the answer is JSON. Cookies that are set are kept.
    pub(crate) async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self
            .own(self.request(Method::POST, path))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encoded(fields));
        let reply = self.send(request).await;
        self.keep_cookies(&reply);
        reply
    }

    /// Sends a form with files in it, whose parts are divided by `boundary`.
    pub(crate) async fn multipart(&mut self, path: &str, boundary: &str, body: String) -> Reply {
        let kind = format!("multipart/form-data; boundary={boundary}");
        let request = self
            .own(self.request(Method::POST, path))
            .header(header::CONTENT_TYPE, kind)
            .body(body);
        let reply = self.send(request).await;
        self.keep_cookies(&reply);
        reply
    }

    /// Sends a form as a browser without JavaScript does, from the page at `page`.
    pub(crate) async fn plain_form(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Reply {
        let request = self
            .own(self.request(Method::POST, path))
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::REFERER, format!("http://{}{page}", self.address))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encoded(fields));
        let reply = self.send(request).await;
        self.keep_cookies(&reply);
        reply
    }

    /// All frames of an event stream up to its end.
    pub(crate) async fn events(&self, path: &str, after: Option<u64>) -> Vec<Frame> {
        let mut request = self.request(Method::GET, path);
        if let Some(id) = after {
            request = request.header("last-event-id", id.to_string());
        }
        let reply = self.send(request).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        frames(&reply.text)
    }

    pub(crate) fn keep_cookies(&mut self, reply: &Reply) {
        for value in reply.headers.get_all(header::SET_COOKIE) {
            let pair = value.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// As sent by a page of this origin.
    fn own(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(header::ORIGIN, format!("http://{}", self.address))
    }
}

/// Fields as a form sends them.
pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}
