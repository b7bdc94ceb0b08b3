//! The simulated past, in the shape of Prometheus' HTTP API.
//!
//! metrics.k8s.io has no history; this endpoint lets the product read one through its ordinary Prometheus
//! adapter. Every series carries `source="demo"`, so that nobody takes it for a measurement of a real
//! cluster. Source: Prometheus documentation, "HTTP API".

mod promql;

use std::sync::Arc;

use axum::{body::Body, response::Response};
use demo_cluster::{
    Cluster, HistoryQuery,
    registry::{DAEMON_SET, DEPLOYMENT, KindId, STATEFUL_SET},
};
use domain::{
    ids::ObjectName,
    resources::{WorkloadKind, WorkloadRef},
    series::{Metric, Subject},
    time::{Seconds, Timestamp},
};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{body, hub::Hub, query::Query, respond};
use promql::{Question, Scope};

/// Prometheus' own limit of points per series.
const MOST_POINTS: i64 = 11_000;

/// How old a value may be to answer an instant query: Prometheus' default look-back.
const LOOK_BACK: Seconds = Seconds(300);

/// A refused query: HTTP status, Prometheus' word for it, and why.
struct Refusal(StatusCode, &'static str, String);

impl Refusal {
    /// A parameter that cannot be read.
    fn bad_parameter(name: &str, why: &str) -> Self {
        let message = format!("invalid parameter {name:?}: {why}");
        Self(StatusCode::BAD_REQUEST, "bad_data", message)
    }
}

/// Answers `/prometheus/{page}`.
pub(crate) async fn handle(
    hub: &Arc<Hub>,
    page: &str,
    method: &Method,
    query: &Query,
    body: Body,
) -> Response {
    let form = if method == Method::POST {
        body::text(body).await.map(|text| Query::parse(&text))
    } else {
        Ok(query.clone())
    };
    let answer = match (page, form) {
        (_, Err(status)) => Err(Refusal(
            StatusCode::BAD_REQUEST,
            "bad_data",
            status.message().to_owned(),
        )),
        ("api/v1/query_range", Ok(form)) => range(hub, &form).await,
        ("api/v1/query", Ok(form)) => instant(hub, &form).await,
        ("api/v1/status/buildinfo", Ok(_)) => Ok(build_info()),
        ("-/healthy" | "-/ready", Ok(_)) => {
            return respond::with_content_type(StatusCode::OK, "text/plain; charset=utf-8", "ok\n");
        }
        (_, Ok(_)) => Err(Refusal(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no page {page:?}"),
        )),
    };
    match answer {
        Ok(data) => respond::json(StatusCode::OK, &json!({"status": "success", "data": data})),
        Err(Refusal(code, kind, message)) => {
            let body = json!({"status": "error", "errorType": kind, "error": message});
            respond::json(code, &body)
        }
    }
}

fn build_info() -> Value {
    json!({
        "version": "3.0.0-ai4k8s-demo", "revision": "", "branch": "", "buildUser": "", "buildDate": "",
        "goVersion": "",
    })
}

async fn range(hub: &Arc<Hub>, form: &Query) -> Result<Value, Refusal> {
    let start = time(form, "start", None)?;
    let end = time(form, "end", None)?;
    let step = step(form.get("step"))?;
    if end < start {
        return Err(Refusal::bad_parameter(
            "end",
            "end timestamp must not be before start time",
        ));
    }
    if end.seconds_since(start) / step.0 >= MOST_POINTS {
        let why = "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)";
        return Err(Refusal(StatusCode::BAD_REQUEST, "bad_data", why.to_owned()));
    }
    let question = recognise(form.get("query"))?;
    let points = ask(hub, move |cluster| {
        points(cluster, &question, start, end, step)
    })
    .await?;
    let values: Vec<Value> = points
        .iter()
        .map(|(at, value)| sample(*at, *value))
        .collect();
    let result = if values.is_empty() {
        json!([])
    } else {
        json!([{"metric": {"source": "demo"}, "values": values}])
    };
    Ok(json!({"resultType": "matrix", "result": result}))
}

async fn instant(hub: &Arc<Hub>, form: &Query) -> Result<Value, Refusal> {
    let now = ask(hub, |cluster| cluster.now()).await?;
    let at = time(form, "time", Some(now))?;
    let question = recognise(form.get("query"))?;
    let points = ask(hub, move |cluster| {
        points(cluster, &question, at - LOOK_BACK, at, Seconds(60))
    })
    .await?;
    let result = points.last().map_or_else(
        || json!([]),
        |(_, value)| json!([{"metric": {"source": "demo"}, "value": sample(at, *value)}]),
    );
    Ok(json!({"resultType": "vector", "result": result}))
}

async fn ask<R: Send + 'static>(
    hub: &Arc<Hub>,
    work: impl FnOnce(&mut Cluster) -> R + Send + 'static,
) -> Result<R, Refusal> {
    hub.with(work).await.map_err(|status| {
        Refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            status.message().to_owned(),
        )
    })
}

fn recognise(query: &str) -> Result<Question, Refusal> {
    promql::recognise(query)
        .map_err(|why| Refusal(StatusCode::UNPROCESSABLE_ENTITY, "bad_data", why))
}

/// Values at `start`, `start + step`, … up to `end`, in Prometheus' units.
fn points(
    cluster: &Cluster,
    question: &Question,
    start: Timestamp,
    end: Timestamp,
    step: Seconds,
) -> Vec<(Timestamp, f64)> {
    match question {
        Question::Up => (0..=end.seconds_since(start) / step.0)
            .map(|index| (start + Seconds(index * step.0), 1.0))
            .collect(),
        Question::Measured { metric, scope } => {
            let Some(subject) = subject(cluster, scope) else {
                return Vec::new();
            };
            let query = HistoryQuery {
                subject,
                metric: *metric,
                from: start,
                to: end,
                step,
            };
            let scale = if *metric == Metric::Cpu { 0.001 } else { 1.0 };
            let history = cluster.history(&query).into_iter();
            history.map(|(at, value)| (at, value * scale)).collect()
        }
    }
}

/// The workload a scope means; when its pods' names do not tell the kind, the one that exists.
fn subject(cluster: &Cluster, scope: &Scope) -> Option<Subject> {
    let Scope::Workload {
        namespace,
        name,
        kind,
    } = scope
    else {
        return Some(Subject::Cluster);
    };
    let kinds: [(KindId, WorkloadKind); 3] = [
        (DEPLOYMENT, WorkloadKind::Deployment),
        (STATEFUL_SET, WorkloadKind::StatefulSet),
        (DAEMON_SET, WorkloadKind::DaemonSet),
    ];
    let (_, kind) = kinds.into_iter().find(|(id, _)| {
        kind.is_none_or(|kind| kind == id.spec().kind)
            && cluster.store().get(*id, namespace, name).is_some()
    })?;
    Some(Subject::Workload(WorkloadRef {
        namespace: ObjectName::new(namespace.as_str()).ok()?,
        name: ObjectName::new(name.as_str()).ok()?,
        kind,
    }))
}

fn sample(at: Timestamp, value: f64) -> Value {
    json!([at.0 as f64 / 1000.0, value.to_string()])
}

/// A time as Unix seconds or RFC 3339.
fn time(form: &Query, name: &str, default: Option<Timestamp>) -> Result<Timestamp, Refusal> {
    let text = form.get(name);
    if let (true, Some(default)) = (text.is_empty(), default) {
        return Ok(default);
    }
    let from_number = || {
        let seconds = text.parse::<f64>().ok().filter(|it| it.is_finite())?;
        Some(Timestamp((seconds * 1000.0) as i64))
    };
    from_number()
        .or_else(|| Timestamp::parse(text))
        .ok_or_else(|| {
            Refusal::bad_parameter(name, &format!("cannot parse {text:?} to a valid timestamp"))
        })
}

/// A positive duration in whole seconds: `300`, `300.0`, `5m`.
fn step(text: &str) -> Result<Seconds, Refusal> {
    let unit = |unit: &str| match unit {
        "" | "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        "d" => Some(86_400.0),
        _ => None,
    };
    let end = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let seconds = number.parse::<f64>().ok().zip(unit(suffix));
    seconds
        .map(|(number, unit)| number * unit)
        .filter(|seconds| *seconds >= 1.0)
        .map(|seconds| Seconds(seconds as i64))
        .ok_or_else(|| {
            Refusal::bad_parameter(
                "step",
                &format!("cannot parse {text:?} to a duration of at least 1s"),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_steps() {
        for (text, expected) in [("300", 300), ("300.0", 300), ("5m", 300), ("1h", 3600)] {
            assert_eq!(step(text).ok(), Some(Seconds(expected)), "{text}");
        }
        for text in ["", "0", "-5", "5x", "m"] {
            assert!(step(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_times() {
        let form = Query::parse("a=1763930096.25&b=2025-11-23T20:34:56Z&c=soon");
        assert_eq!(
            time(&form, "a", None).ok(),
            Some(Timestamp(1_763_930_096_250))
        );
        assert_eq!(
            time(&form, "b", None).ok(),
            Some(Timestamp(1_763_930_096_000))
        );
        assert!(time(&form, "c", None).is_err());
        assert!(time(&form, "d", None).is_err());
        assert_eq!(
            time(&form, "d", Some(Timestamp(5))).ok(),
            Some(Timestamp(5))
        );
    }
}
