//! Query parameters and delete options, as the machinery wants them.

use demo_cluster::{
    api::{FieldValidation, Options, PatchType, Preconditions, Propagation, VersionMatch},
    status::{Cause, Status},
};
use http::{HeaderMap, Method, header::USER_AGENT};
use serde_json::{Value, json};

use crate::path;

/// The kind of the parameters of a delete.
const DELETE_OPTIONS: &str = "DeleteOptions";

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
/// `owner` is the kind of the parameters, `PatchOptions` for one: refusals name it.
pub(crate) fn options(
    query: &Query,
    headers: &HeaderMap,
    owner: &'static str,
) -> Result<Options, Status> {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let non_empty = |name: &str| {
        Some(query.get(name))
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
    };
    Ok(Options {
        dry_run: dry_run(query.all("dryRun"), owner)?,
        field_manager: query.get("fieldManager").to_owned(),
        user_agent: agent.unwrap_or_default().to_owned(),
        force: query.says("force"),
        field_validation: field_validation(query.get("fieldValidation"), owner)?,
        duplicates: Vec::new(),
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
    options.dry_run |= dry_run(dry_runs, DELETE_OPTIONS)?;
    let policy = propagation(text("/propagationPolicy"))?;
    if policy.is_some() && body.get("orphanDependents").is_some_and(Value::is_boolean) {
        let detail = "orphanDependents and deletionPropagation cannot be both set";
        let shown = json!(text("/propagationPolicy"));
        let cause = Cause::invalid("propagationPolicy", &shown, detail);
        return Err(Status::invalid_options(DELETE_OPTIONS, vec![cause]));
    }
    if let Some(policy) = policy {
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

fn dry_run<'a>(values: impl Iterator<Item = &'a str>, owner: &'static str) -> Result<bool, Status> {
    let mut dry = false;
    for value in values {
        match value {
            "" => {}
            "All" => dry = true,
            other => {
                let shown = format!("[]string{{{other:?}}}");
                return Err(unknown(owner, "dryRun", &shown, "\"All\""));
            }
        }
    }
    Ok(dry)
}

fn field_validation(text: &str, owner: &'static str) -> Result<FieldValidation, Status> {
    match text {
        "" | "Warn" => Ok(FieldValidation::Warn),
        "Ignore" => Ok(FieldValidation::Ignore),
        "Strict" => Ok(FieldValidation::Strict),
        other => {
            let supported = r#""", "Ignore", "Strict", "Warn""#;
            Err(unknown(
                owner,
                "fieldValidation",
                &format!("{other:?}"),
                supported,
            ))
        }
    }
}

fn version_match(text: &str) -> Result<VersionMatch, Status> {
    match text {
        "" | "NotOlderThan" => Ok(VersionMatch::NotOlderThan),
        "Exact" => Ok(VersionMatch::Exact),
        other => {
            let supported = r#""Exact", "NotOlderThan", """#;
            let shown = format!("{other:?}");
            Err(unknown(
                "ListOptions",
                "resourceVersionMatch",
                &shown,
                supported,
            ))
        }
    }
}

fn propagation(text: &str) -> Result<Option<Propagation>, Status> {
    match text {
        "" => Ok(None),
        "Background" => Ok(Some(Propagation::Background)),
        "Foreground" => Ok(Some(Propagation::Foreground)),
        "Orphan" => Ok(Some(Propagation::Orphan)),
        other => {
            let supported = r#""Foreground", "Background", "Orphan", "nil""#;
            let shown = format!("{other:?}");
            Err(unknown(
                DELETE_OPTIONS,
                "propagationPolicy",
                &shown,
                supported,
            ))
        }
    }
}

/// The refusal of a value that is none of those listed, in the order the API server lists them.
fn unknown(owner: &'static str, field: &str, shown: &str, supported: &str) -> Status {
    let cause = Cause {
        reason: "FieldValueNotSupported",
        message: format!("Unsupported value: {shown}: supported values: {supported}"),
        field: field.to_owned(),
    };
    Status::invalid_options(owner, vec![cause])
}

/// The kind of the parameters of a request.
pub(crate) fn owner(method: &Method) -> &'static str {
    match *method {
        Method::POST => "CreateOptions",
        Method::PUT => "UpdateOptions",
        Method::PATCH => "PatchOptions",
        Method::DELETE => DELETE_OPTIONS,
        _ => "ListOptions",
    }
}

/// A list says how its version is meant only where it names one.
pub(crate) fn check_version_match(query: &Query) -> Result<(), Status> {
    let field = "resourceVersionMatch";
    if query.get(field).is_empty() || !query.get("resourceVersion").is_empty() {
        return Ok(());
    }
    let detail = "resourceVersionMatch is forbidden unless resourceVersion is provided";
    let cause = Cause::forbidden(field, detail);
    Err(Status::invalid_options("ListOptions", vec![cause]))
}

/// A watch that begins with what there is says that it takes a state at least as new, and no other does.
/// Source: `validateWatchOptions` of `k8s.io/apimachinery/pkg/apis/meta/internalversion/validation`.
pub(crate) fn check_initial_events(query: &Query) -> Result<(), Status> {
    let field = "resourceVersionMatch";
    let detail = match (query.get("sendInitialEvents"), query.get(field)) {
        ("", "") => return Ok(()),
        ("", _) => {
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        }
        (_, "NotOlderThan") => return Ok(()),
        (_, _) => "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
    };
    let cause = Cause::forbidden(field, detail);
    Err(Status::invalid_options("ListOptions", vec![cause]))
}

/// Only an apply may be forced.
pub(crate) fn check_force(query: &Query, patch: PatchType) -> Result<(), Status> {
    if patch == PatchType::Apply || query.get("force").is_empty() {
        return Ok(());
    }
    let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
    Err(Status::invalid_options("PatchOptions", vec![cause]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> Result<Options, Status> {
        options(&Query::parse(query), &HeaderMap::new(), "PatchOptions")
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
        assert_eq!(parsed("limit=x").unwrap_err().code(), 400);
        for (query, expected) in [
            (
                "dryRun=Some",
                r#"PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: []string{"Some"}: supported values: "All""#,
            ),
            (
                "fieldValidation=Zap",
                r#"PatchOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Zap": supported values: "", "Ignore", "Strict", "Warn""#,
            ),
            (
                "propagationPolicy=Zap",
                r#"DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Zap": supported values: "Foreground", "Background", "Orphan", "nil""#,
            ),
        ] {
            let refused = parsed(query).unwrap_err();
            assert_eq!((refused.code(), refused.message()), (422, expected));
        }
    }

    #[test]
    fn refuses_parameters_that_contradict_each_other() {
        let both = json!({"propagationPolicy": "Background", "orphanDependents": false});
        let refused = merge_delete_options(&mut Options::default(), &both).unwrap_err();
        assert_eq!(
            refused.message(),
            r#"DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Background": orphanDependents and deletionPropagation cannot be both set"#
        );
        let forced = Query::parse("force=true");
        assert_eq!(
            check_force(&forced, PatchType::Merge).unwrap_err().code(),
            422
        );
        assert_eq!(check_force(&forced, PatchType::Apply), Ok(()));
        let matched = Query::parse("resourceVersionMatch=Exact");
        assert_eq!(check_version_match(&matched).unwrap_err().code(), 422);
        assert_eq!(
            check_version_match(&Query::parse(
                "resourceVersionMatch=Exact&resourceVersion=1"
            )),
            Ok(())
        );
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
