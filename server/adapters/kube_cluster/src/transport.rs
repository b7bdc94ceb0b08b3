//! One request to the API server: judged, signed, bounded in time and size, and repeated only when it is a
//! read.
//!
//! Stands below [`kube::Client`], so that everything made with that client goes through here.

use std::{
    future::Future,
    hash::{BuildHasher as _, RandomState},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use domain::OpsError;
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, RETRY_AFTER, USER_AGENT},
    uri::PathAndQuery,
};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};
use kube::client::Body;
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, Sleep};
use tower::{BoxError, Service};

use crate::{
    connector::Connector,
    fault::Fault,
    guard::AddressPolicy,
    kubeconfig::Credentials,
    mask::mask,
    mirror::Pace,
    policy::{self, Class, Reach},
};

/// Bounds of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For a connection with its TLS handshake.
    pub(crate) connect: Duration,
    /// For a whole read, its repetitions included.
    pub(crate) read: Duration,
    /// For a whole write.
    pub(crate) write: Duration,
    /// For silence on a stream.
    pub(crate) idle: Duration,
    /// Before the first repetition; doubled each time.
    pub(crate) backoff: Duration,
    /// The largest answer, in bytes.
    pub(crate) answer_bytes: usize,
    /// How often what is kept in memory is asked for.
    pub(crate) pace: Pace,
}

impl Limits {
    /// What every connection has outside tests.
    pub(crate) const DEFAULT: Self = Self {
        connect: Duration::from_secs(5),
        read: Duration::from_secs(15),
        write: Duration::from_secs(30),
        idle: Duration::from_secs(60),
        backoff: Duration::from_millis(250),
        answer_bytes: 32 << 20,
        pace: Pace::DEFAULT,
    };
}

/// How often a read is repeated.
const REPETITIONS: u32 = 3;
/// The longest pause a server can ask for by `Retry-After`.
const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(30);
/// The largest head of an answer, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;

/// The body of an answer.
pub(crate) type Answer = UnsyncBoxBody<Bytes, BoxError>;

/// Sends requests to one API server within one reach.
#[derive(Clone)]
pub(crate) struct Transport {
    http: legacy::Client<Connector, Body>,
    server: Uri,
    authorization: Option<HeaderValue>,
    reach: Reach,
    limits: Limits,
}

impl Transport {
    pub(crate) fn new(
        credentials: &Credentials,
        reach: Reach,
        policy: AddressPolicy,
        limits: Limits,
    ) -> Result<Self, OpsError> {
        let server: Uri = credentials
            .server()
            .parse()
            .map_err(|_| OpsError::internal())?;
        let connector = Connector::new(credentials, &server, policy, limits.connect)?;
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(8)
            .http1_max_buf_size(HEAD_LIMIT)
            .build(connector);
        Ok(Self {
            http,
            server,
            authorization: bearer(credentials)?,
            reach,
            limits,
        })
    }

    async fn send(self, request: Request<Body>) -> Result<Response<Answer>, Fault> {
        let class = policy::judge(self.reach, &request).map_err(Fault::Refused)?;
        let allowed = match class {
            Class::Read | Class::ReadOnce | Class::Masked | Class::Stream => self.limits.read,
            Class::Write => self.limits.write,
        };
        let request = self.signed(request, class).await?;
        let deadline = Instant::now() + allowed;
        let answer = tokio::time::timeout_at(deadline, self.exchange(&request, class, deadline))
            .await
            .map_err(|_| Fault::Timeout(allowed))??;
        let answer = self.bounded(answer, class, deadline, allowed)?;
        match class {
            Class::Masked if answer.status().is_success() => masked(answer).await,
            Class::Masked | Class::Read | Class::ReadOnce | Class::Stream | Class::Write => {
                Ok(answer.map(|body| body.map_err(BoxError::from).boxed_unsync()))
            }
        }
    }

    /// The request with the server's address and our credentials, its body in memory.
    async fn signed(&self, request: Request<Body>, class: Class) -> Result<Request<Bytes>, Fault> {
        let (mut parts, body) = request.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|_| Fault::Refused(OpsError::internal()))?
            .to_bytes();
        parts.uri =
            absolute(&self.server, &parts.uri).map_err(|_| Fault::Refused(OpsError::internal()))?;
        if let Some(authorization) = &self.authorization {
            parts.headers.insert(AUTHORIZATION, authorization.clone());
        }
        if class == Class::Masked {
            let json = HeaderValue::from_static("application/json");
            parts.headers.insert(ACCEPT, json);
        }
        parts.headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("ai4k8s/", env!("CARGO_PKG_VERSION"))),
        );
        Ok(Request::from_parts(parts, body))
    }

    /// The answer, after repetitions of a read that failed in a way that may pass.
    async fn exchange(
        &self,
        request: &Request<Bytes>,
        class: Class,
        deadline: Instant,
    ) -> Result<Response<Incoming>, Fault> {
        let mut attempt = 0;
        loop {
            let answer = self.attempt(request).await;
            let pause = match class {
                Class::Read | Class::Masked if attempt < REPETITIONS => {
                    self.pause(&answer, attempt)
                }
                Class::Read | Class::Masked | Class::ReadOnce | Class::Stream | Class::Write => {
                    None
                }
            };
            match pause {
                Some(pause) if Instant::now() + pause < deadline => {
                    tokio::time::sleep(pause).await;
                }
                _ => return answer,
            }
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &Request<Bytes>) -> Result<Response<Incoming>, Fault> {
        let request = request.clone().map(Body::from);
        let server = self.server.authority().map_or("", |server| server.as_str());
        self.http
            .request(request)
            .await
            .map_err(|error| fault(error, server))
    }

    /// How long to wait before a repetition; `None` when the answer stands.
    fn pause(&self, answer: &Result<Response<Incoming>, Fault>, attempt: u32) -> Option<Duration> {
        let own = jittered(self.limits.backoff * 2_u32.pow(attempt));
        match answer {
            Ok(answer) => matches!(answer.status().as_u16(), 429 | 500 | 502 | 503 | 504)
                .then(|| retry_after(answer.headers()).map_or(own, |asked| asked.max(own))),
            Err(Fault::Connect { .. } | Fault::Broken(_)) => Some(own),
            Err(
                Fault::Refused(_)
                | Fault::Address(_)
                | Fault::Resolve { .. }
                | Fault::NoConnection { .. }
                | Fault::Tls { .. }
                | Fault::Timeout(_)
                | Fault::TooLarge(_)
                | Fault::NotJson
                | Fault::Redirect(_),
            ) => None,
        }
    }

    fn bounded(
        &self,
        answer: Response<Incoming>,
        class: Class,
        deadline: Instant,
        allowed: Duration,
    ) -> Result<Response<Bounded>, Fault> {
        let status = answer.status();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(Fault::Redirect(status.as_u16()));
        }
        let idle = match class {
            Class::Stream => Some(self.limits.idle),
            Class::Read | Class::Masked | Class::ReadOnce | Class::Write => None,
        };
        let deadline = idle.map_or(deadline, |idle| Instant::now() + idle);
        Ok(answer.map(|inner| Bounded {
            inner,
            left: self.limits.answer_bytes,
            limit: self.limits.answer_bytes,
            idle,
            allowed: idle.unwrap_or(allowed),
            timer: Box::pin(tokio::time::sleep_until(deadline)),
        }))
    }
}

impl Service<Request<Body>> for Transport {
    type Response = Response<Answer>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Answer>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let sending = self.clone().send(request);
        Box::pin(async move { sending.await.map_err(BoxError::from) })
    }
}

/// A whole answer about Secrets without their values.
async fn masked(answer: Response<Bounded>) -> Result<Response<Answer>, Fault> {
    let (mut parts, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    let body = mask(&body).ok_or(Fault::NotJson)?;
    parts.headers.remove(CONTENT_LENGTH);
    let body = Full::from(body).map_err(|never| match never {});
    Ok(Response::from_parts(parts, body.boxed_unsync()))
}

fn bearer(credentials: &Credentials) -> Result<Option<HeaderValue>, OpsError> {
    let Some(token) = &credentials.identity.token else {
        return Ok(None);
    };
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| OpsError::internal())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// `path` under the server's address, which may have a path of its own.
fn absolute(server: &Uri, path: &Uri) -> Result<Uri, http::Error> {
    let prefix = server.path().trim_end_matches('/');
    let path = path.path_and_query().map_or("/", PathAndQuery::as_str);
    let mut parts = server.clone().into_parts();
    parts.path_and_query = Some(format!("{prefix}{path}").parse()?);
    Ok(Uri::from_parts(parts)?)
}

/// What hyper's client says, with our own fault taken out of it.
fn fault(error: legacy::Error, server: &str) -> Fault {
    let mut source = std::error::Error::source(&error);
    while let Some(at) = source {
        if let Some(own) = at.downcast_ref::<Fault>() {
            return own.again();
        }
        if let Some(io) = at.downcast_ref::<std::io::Error>()
            && let Some(tls) = io
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            return Fault::Tls {
                server: server.to_owned(),
                source: std::io::Error::other(tls.clone()),
            };
        }
        source = at.source();
    }
    Fault::Broken(std::io::Error::other(error))
}

/// What a server asks for in seconds, capped. Dates and nonsense are not followed.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = text.parse().unwrap_or(u64::MAX);
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_LIMIT))
}

/// Between half of `pause` and the whole, so that many do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let share = RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64;
    pause.mul_f64(0.5 + share / 2.0)
}

/// An answer's body that ends in an error when it is too long or too slow.
struct Bounded {
    inner: Incoming,
    left: usize,
    limit: usize,
    idle: Option<Duration>,
    allowed: Duration,
    timer: Pin<Box<Sleep>>,
}

impl hyper::body::Body for Bounded {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(context) else {
            return match this.timer.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Some(Err(Fault::Timeout(this.allowed)))),
                Poll::Pending => Poll::Pending,
            };
        };
        if let Some(idle) = this.idle {
            this.timer.as_mut().reset(Instant::now() + idle);
        }
        let Some(frame) = frame else {
            return Poll::Ready(None);
        };
        let frame = frame.map_err(|error| Fault::Broken(std::io::Error::other(error)))?;
        let length = frame.data_ref().map_or(0, Bytes::len);
        match this.left.checked_sub(length) {
            Some(left) => this.left = left,
            None => return Poll::Ready(Some(Err(Fault::TooLarge(this.limit)))),
        }
        // A stream may go on for ever, one line of it may not: it is gathered in memory before it is read.
        let newline = frame
            .data_ref()
            .and_then(|data| data.iter().rposition(|byte| *byte == b'\n'));
        if let (Some(_), Some(at)) = (this.idle, newline) {
            this.left = this.limit.saturating_sub(length - at - 1);
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers).map(|pause| pause.as_secs())
    }

    #[test]
    fn a_server_cannot_ask_for_more_than_half_a_minute() {
        assert_eq!(asked("7"), Some(7));
        assert_eq!(asked("4294967295"), Some(30));
        assert_eq!(asked("99999999999999999999"), Some(30));
        assert_eq!(asked("-1"), None);
        assert_eq!(asked("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }

    #[test]
    fn the_path_goes_below_the_servers_own() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        assert_eq!(
            absolute(
                &uri("https://gate.example/k8s/c-1"),
                &uri("/api/v1/pods?limit=5")
            )
            .unwrap(),
            "https://gate.example/k8s/c-1/api/v1/pods?limit=5"
        );
        assert_eq!(
            absolute(&uri("https://api.example:6443"), &uri("/version")).unwrap(),
            "https://api.example:6443/version"
        );
    }

    #[test]
    fn pauses_differ_and_stay_within_half_and_whole() {
        let pause = Duration::from_secs(1);
        for _ in 0..50 {
            let jittered = jittered(pause);
            assert!(jittered >= pause / 2 && jittered <= pause);
        }
    }
}
