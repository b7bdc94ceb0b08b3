//! Query parameters and delete options, as the machinery wants them.

use demo_cluster::{
    api::{FieldValidation, Options, Preconditions, Propagation, VersionMatch},
    status::Status,
};
use http::{HeaderMap, header::USER_AGENT};
use serde_json::Value;

use crate::path;

/// The parameters of one request, decoded, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=two+words`; parts that do not decode are left out.
    pub(crate) fn parse(text: &str) -> Self {
        let decoded = |text: &str| path::decode(&text.replace('+', " "));
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .filter_map(|(name, value)| Some((decoded(name)?, decoded(value)?)))
                .collect(),
        )
    }

    /// The first value of a parameter; empty when it is not given.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a parameter says yes, by Go's `strconv.ParseBool`; a bare name counts as yes.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .is_some_and(|(_, value)| {
                matches!(
                    value.as_str(),
                    "" | "1" | "t" | "T" | "true" | "True" | "TRUE"
                )
            })
    }

    /// A number; `None` when the parameter is absent or empty.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Status> {
        match self.get(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                Status::bad_request(format!(
                    "invalid value {text:?} for parameter {name:?}: not a number"
                ))
            }),
        }
    }

    /// Whether the answer is to be indented.
    pub(crate) fn pretty(&self) -> bool {
        self.says("pretty")
    }
}

/// Everything in the query that the machinery understands, and the caller's name from the headers.
pub(crate) fn options(query: &Query, headers: &HeaderMap) -> Result<Options, Status> {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let non_empty = |name: &str| {
        Some(query.get(name))
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
    };
    Ok(Options {
        dry_run: dry_run(query.all("dryRun"))?,
        field_manager: query.get("fieldManager").to_owned(),
        user_agent: agent.unwrap_or_default().to_owned(),
        force: query.says("force"),
        field_validation: field_validation(query.get("fieldValidation"))?,
        label_selector: query.get("labelSelector").to_owned(),
        field_selector: query.get("fieldSelector").to_owned(),
        limit: query.number("limit")?.filter(|limit| *limit > 0),
        continue_token: non_empty("continue"),
        resource_version: query.number("resourceVersion")?,
        version_match: version_match(query.get("resourceVersionMatch"))?,
        propagation: propagation(query.get("propagationPolicy"))?,
        grace_period_seconds: query.number("gracePeriodSeconds")?,
        preconditions: Preconditions::default(),
    })
}

/// Adds what the body of a delete, or the delete options of an eviction, say; they win over the query.
pub(crate) fn merge_delete_options(options: &mut Options, body: &Value) -> Result<(), Status> {
    let text = |pointer: &str| {
        body.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let given = |pointer: &str| {
        Some(text(pointer))
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
    };
    let dry_runs = body.get("dryRun").and_then(Value::as_array);
    let dry_runs = dry_runs.into_iter().flatten().filter_map(Value::as_str);
    options.dry_run |= dry_run(dry_runs)?;
    if let Some(policy) = propagation(text("/propagationPolicy"))? {
        options.propagation = Some(policy);
    } else if body.get("orphanDependents") == Some(&Value::Bool(true)) {
        options.propagation = Some(Propagation::Orphan);
    }
    if let Some(seconds) = body.get("gracePeriodSeconds").and_then(Value::as_i64) {
        options.grace_period_seconds = Some(seconds);
    }
    options.preconditions = Preconditions {
        uid: given("/preconditions/uid"),
        resource_version: given("/preconditions/resourceVersion"),
    };
    Ok(())
}

fn dry_run<'a>(values: impl Iterator<Item = &'a str>) -> Result<bool, Status> {
    let mut dry = false;
    for value in values {
        match value {
            "" => {}
            "All" => dry = true,
            other => return Err(unknown("dryRun", other, "All")),
        }
    }
    Ok(dry)
}

fn field_validation(text: &str) -> Result<FieldValidation, Status> {
    match text {
        "" | "Warn" => Ok(FieldValidation::Warn),
        "Ignore" => Ok(FieldValidation::Ignore),
        "Strict" => Ok(FieldValidation::Strict),
        other => Err(unknown("fieldValidation", other, "Ignore, Warn, Strict")),
    }
}

fn version_match(text: &str) -> Result<VersionMatch, Status> {
    match text {
        "" | "NotOlderThan" => Ok(VersionMatch::NotOlderThan),
        "Exact" => Ok(VersionMatch::Exact),
        other => Err(unknown(
            "resourceVersionMatch",
            other,
            "NotOlderThan, Exact",
        )),
    }
}

fn propagation(text: &str) -> Result<Option<Propagation>, Status> {
    match text {
        "" => Ok(None),
        "Background" => Ok(Some(Propagation::Background)),
        "Foreground" => Ok(Some(Propagation::Foreground)),
        "Orphan" => Ok(Some(Propagation::Orphan)),
        other => Err(unknown(
            "propagationPolicy",
            other,
            "Background, Foreground, Orphan",
        )),
    }
}

fn unknown(parameter: &str, value: &str, supported: &str) -> Status {
    Status::bad_request(format!(
        "{parameter}: Unsupported value: {value:?}: supported values: {supported}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(query: &str) -> Result<Options, Status> {
        options(&Query::parse(query), &HeaderMap::new())
    }

    #[test]
    fn decodes_values() {
        let query = Query::parse("labelSelector=a%3Db%2Cc+in+(d)&pretty&limit=");
        assert_eq!(query.get("labelSelector"), "a=b,c in (d)");
        assert!(query.pretty());
        assert_eq!(query.number::<u64>("limit").unwrap(), None);
    }

    #[test]
    fn reads_every_option() {
        let options = parsed(
            "dryRun=All&fieldManager=me&force=true&fieldValidation=Strict&limit=5&continue=abc\
             &resourceVersion=7&resourceVersionMatch=Exact&propagationPolicy=Orphan&gracePeriodSeconds=0",
        )
        .unwrap();
        assert!(options.dry_run && options.force);
        assert_eq!(options.field_validation, FieldValidation::Strict);
        assert_eq!(
            (options.limit, options.resource_version),
            (Some(5), Some(7))
        );
        assert_eq!(options.version_match, VersionMatch::Exact);
        assert_eq!(options.propagation, Some(Propagation::Orphan));
        assert_eq!(options.grace_period_seconds, Some(0));
    }

    #[test]
    fn refuses_words_the_api_does_not_know() {
        for query in [
            "dryRun=client",
            "fieldValidation=x",
            "limit=x",
            "propagationPolicy=x",
        ] {
            assert_eq!(parsed(query).unwrap_err().code(), 400, "{query}");
        }
    }

    #[test]
    fn takes_no_limit_for_zero() {
        assert_eq!(parsed("limit=0").unwrap().limit, None);
    }

    #[test]
    fn lets_the_body_of_a_delete_win() {
        let mut options = parsed("propagationPolicy=Background").unwrap();
        let body = json!({"propagationPolicy": "Foreground", "dryRun": ["All"], "gracePeriodSeconds": 3,
                          "preconditions": {"uid": "u"}});
        merge_delete_options(&mut options, &body).unwrap();
        assert_eq!(options.propagation, Some(Propagation::Foreground));
        assert!(options.dry_run);
        assert_eq!(options.preconditions.uid.as_deref(), Some("u"));
    }
}
