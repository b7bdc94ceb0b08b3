//! [`HistoryPort`] over a Prometheus-compatible endpoint: the past of clusters and workloads.
//!
//! Questions are PromQL over the names that cAdvisor and kube-state-metrics export (`query.rs`); answers come back as
//! equally spaced series with explicit gaps. Nothing is written, and redirects are not followed.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod answer;
mod query;

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    ErrorCode, OpsError,
    ports::{Answer, HistoryPort},
    series::{Metric, Series, Subject},
    time::{Seconds, Timestamp},
};
use reqwest::{Certificate, Client, StatusCode, redirect::Policy};
use secrecy::{ExposeSecret as _, SecretString};

/// Longest answer accepted: a fortnight of five-minute values is about 150 kB.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Where a Prometheus answers.
#[derive(Debug, Clone)]
pub struct PrometheusEndpoint {
    /// Its base URL, without `/api/v1`.
    pub url: String,
    /// A bearer token, when it wants one.
    pub bearer: Option<SecretString>,
    /// The certificate authority to trust instead of the built-in ones, as PEM.
    pub ca_pem: Option<String>,
}

/// A Prometheus-compatible endpoint.
pub struct Prometheus {
    client: Client,
    endpoint: PrometheusEndpoint,
}

impl std::fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prometheus")
            .field("url", &self.endpoint.url)
            .finish_non_exhaustive()
    }
}

impl Prometheus {
    /// A client for `endpoint`; nothing is sent yet. A rustls crypto provider must be installed.
    ///
    /// # Errors
    /// `Invalid` when the certificate authority cannot be read.
    pub fn new(endpoint: PrometheusEndpoint) -> Answer<Self> {
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(Policy::none())
            .no_proxy();
        if let Some(pem) = &endpoint.ca_pem {
            let authority = Certificate::from_pem(pem.as_bytes()).map_err(|_| unusable())?;
            builder = builder.tls_certs_only([authority]);
        }
        Ok(Self {
            client: builder.build().map_err(|_| unusable())?,
            endpoint,
        })
    }

    async fn ask(
        &self,
        query: &str,
        (from, to): (Timestamp, Timestamp),
        step: Seconds,
    ) -> Answer<Vec<u8>> {
        let mut request = self
            .client
            .get(format!(
                "{}/api/v1/query_range",
                self.endpoint.url.trim_end_matches('/')
            ))
            .query(&[
                ("query", query.to_owned()),
                ("start", from.seconds().to_string()),
                ("end", to.seconds().to_string()),
                ("step", step.0.to_string()),
            ]);
        if let Some(token) = &self.endpoint.bearer {
            request = request.bearer_auth(token.expose_secret());
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let body = limited(response).await?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(refused(status))
        }
    }
}

/// The body, up to [`LONGEST_ANSWER`].
async fn limited(mut response: reqwest::Response) -> Answer<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unreachable(&error))?
    {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(OpsError::new(
                ErrorCode::ClusterAnswer,
                "Prometheus answered more than 8 MiB",
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unusable() -> OpsError {
    OpsError::new(
        ErrorCode::Invalid,
        "the certificate authority of Prometheus cannot be read",
    )
}

fn unreachable(error: &reqwest::Error) -> OpsError {
    tracing::warn!(error = causes(error), "Prometheus did not answer");
    OpsError::new(
        ErrorCode::ClusterUnreachable,
        "the history could not be read: Prometheus does not answer",
    )
    .hint("Live values are still shown; the history comes back with Prometheus.")
}

fn refused(status: StatusCode) -> OpsError {
    let (code, why) = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            (ErrorCode::CredentialsRejected, "refused our credentials")
        }
        _ => (ErrorCode::ClusterAnswer, "refused the query"),
    };
    OpsError::new(code, format!("Prometheus {why} ({})", status.as_u16()))
}

/// The causes of a client error without its own line, which names the URL.
fn causes(error: &reqwest::Error) -> String {
    let first = std::error::Error::source(error);
    let causes: Vec<String> = std::iter::successors(first, |error| error.source())
        .map(ToString::to_string)
        .collect();
    causes.join(": ")
}

#[async_trait]
impl HistoryPort for Prometheus {
    async fn range(
        &self,
        subject: &Subject,
        metric: Metric,
        from: Timestamp,
        to: Timestamp,
        step: Seconds,
    ) -> Answer<Series> {
        let query = query::of(subject, metric);
        let body = self.ask(&query.text, (from, to), step).await?;
        let samples = answer::samples(&body)?;
        let scaled: Vec<_> = samples
            .into_iter()
            .map(|(at, value)| (at, value * query.factor))
            .collect();
        Ok(Series::from_samples(&scaled, step))
    }
}

#[cfg(test)]
mod tests;
