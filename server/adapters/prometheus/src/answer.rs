//! Reads what `query_range` answers: a matrix with at most one series, since every query sums.

use domain::{ErrorCode, OpsError, ports::Answer, time::Timestamp};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reply {
    status: String,
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    values: Vec<(f64, String)>,
}

/// Times and values; values that are no finite number are left out.
pub(crate) fn samples(body: &[u8]) -> Answer<Vec<(Timestamp, f64)>> {
    let broken = || {
        OpsError::new(
            ErrorCode::ClusterAnswer,
            "Prometheus answered something else than a range of values",
        )
    };
    let reply: Reply = serde_json::from_slice(body).map_err(|_| broken())?;
    let data = reply
        .data
        .filter(|data| reply.status == "success" && data.result_type == "matrix");
    let rows = data.ok_or_else(broken)?.result;
    Ok(rows
        .into_iter()
        .take(1)
        .flat_map(|row| row.values)
        .filter_map(|(at, value)| {
            let value: f64 = value.parse().ok()?;
            (at.is_finite() && value.is_finite())
                .then_some((Timestamp((at * 1000.0) as i64), value))
        })
        .collect())
}
