//! One request to the API server: judged, signed, bounded in time and size, and repeated only when it is a
//! read.
//!
//! Stands below [`kube::Client`], so that everything made with that client goes through here.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use domain::OpsError;
use http::{
    HeaderValue, Request, Response, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, USER_AGENT},
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
    breaker::{Breaker, Health, Leave},
    connector::Connector,
    fault::Fault,
    guard::AddressPolicy,
    kubeconfig::Credentials,
    mask::mask,
    mirror::Pace,
    policy::{self, Class, Reach},
    retry::{REPETITIONS, health, pause},
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
    /// `None` for a kubeconfig's owner, who says themselves how often a cluster is asked.
    breaker: Option<Arc<Breaker>>,
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
            breaker: match reach {
                Reach::Product(_) => Some(Arc::new(Breaker::new())),
                Reach::Owner => None,
            },
        })
    }

    async fn send(self, request: Request<Body>) -> Result<Response<Answer>, Fault> {
        let class = policy::judge(self.reach, &request).map_err(Fault::Refused)?;
        let allowed = match class {
            Class::Read | Class::ReadOnce | Class::Masked | Class::Stream => self.limits.read,
            Class::Write => self.limits.write,
        };
        let request = self.signed(request, class).await?;
        let time = Allowed {
            whole: allowed,
            deadline: Instant::now() + allowed,
        };
        let answer = self.exchange(&request, class, time).await?;
        let answer = self.bounded(answer, class, time)?;
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
        time: Allowed,
    ) -> Result<Response<Incoming>, Fault> {
        let is_own = policy::is_answered_by_the_api_server(request.uri().path());
        let mut attempt = 0;
        let mut last = None;
        loop {
            let leave = match self.leave(class, is_own, time).await {
                Ok(leave) => leave,
                // What the cluster said before it was given a rest says more than that it is.
                Err(fault) => return last.unwrap_or(Err(fault)),
            };
            let had = time.left();
            let answer = time.within(self.attempt(request)).await;
            if let Some(leave) = leave {
                let health = match &answer {
                    // We had no time left to give it.
                    Err(Fault::Timeout(_)) if had < self.limits.connect => Health::Unknown,
                    answer => health(answer, time.left(), is_own),
                };
                leave.end(health, answer.as_ref().err());
            }
            let pause = match class {
                Class::Read | Class::Masked if attempt < REPETITIONS => {
                    pause(&answer, attempt, self.limits.backoff)
                }
                Class::Read | Class::Masked | Class::ReadOnce | Class::Stream | Class::Write => {
                    None
                }
            };
            match pause {
                Some(pause) if pause < time.left() => tokio::time::sleep(pause).await,
                _ => return answer,
            }
            last = Some(answer);
            attempt += 1;
        }
    }

    /// Leave for one attempt, where the cluster may be given a rest.
    async fn leave(
        &self,
        class: Class,
        is_own: bool,
        time: Allowed,
    ) -> Result<Option<Leave<'_>>, Fault> {
        let Some(breaker) = &self.breaker else {
            return Ok(None);
        };
        let leave = tokio::time::timeout(time.left(), breaker.leave(is_own)).await;
        match leave.unwrap_or_else(|_| Err(breaker.tried())) {
            // Of a write that was not sent nothing may be said that leaves doubt about it.
            Err(rest) if class == Class::Write => Err(Fault::Resting(rest.without_trouble())),
            Err(rest) => Err(Fault::Resting(rest)),
            Ok(leave) => Ok(Some(leave)),
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

    fn bounded(
        &self,
        answer: Response<Incoming>,
        class: Class,
        time: Allowed,
    ) -> Result<Response<Bounded>, Fault> {
        let status = answer.status();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(Fault::Redirect(status.as_u16()));
        }
        let idle = match class {
            Class::Stream => Some(self.limits.idle),
            Class::Read | Class::Masked | Class::ReadOnce | Class::Write => None,
        };
        let deadline = idle.map_or(time.deadline, |idle| Instant::now() + idle);
        Ok(answer.map(|inner| Bounded {
            inner,
            left: self.limits.answer_bytes,
            limit: self.limits.answer_bytes,
            idle,
            allowed: idle.unwrap_or(time.whole),
            timer: Box::pin(tokio::time::sleep_until(deadline)),
        }))
    }
}

/// The time a request has, its repetitions included.
#[derive(Debug, Clone, Copy)]
struct Allowed {
    whole: Duration,
    deadline: Instant,
}

impl Allowed {
    async fn within<T>(self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        tokio::time::timeout_at(self.deadline, work)
            .await
            .unwrap_or(Err(Fault::Timeout(self.whole)))
    }

    fn left(self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
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
}
