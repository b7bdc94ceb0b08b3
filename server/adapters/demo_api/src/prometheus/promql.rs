//! Recognises the `PromQL` that a monitoring tool asks about clusters and workloads.
//!
//! This is no `PromQL` engine: a query is split into its skeleton (the text without selectors and ranges) and
//! its label matchers; the skeleton names the metric, the matchers whose. Everything else is refused.
//! Names of the metrics: cAdvisor and kube-state-metrics.

use domain::series::Metric;

/// What a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// Whether the source itself is up: a constant 1.
    Up,
    /// A measurement.
    Measured {
        /// Of what.
        metric: Metric,
        /// Whose.
        scope: Scope,
    },
}

/// Whose measurements a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All pods or nodes.
    Cluster,
    /// Pods of one workload.
    Workload {
        /// The namespace.
        namespace: String,
        /// The workload's name.
        name: String,
        /// What the pattern of pod names says about its kind.
        kind: Option<&'static str>,
    },
}

/// Skeletons and what they measure.
const SKELETONS: [(&str, Metric); 6] = [
    ("sum(rate(container_cpu_usage_seconds_total))", Metric::Cpu),
    ("sum(container_memory_working_set_bytes)", Metric::Memory),
    (
        "sum(rate(container_network_receive_bytes_total))+sum(rate(container_network_transmit_bytes_total))",
        Metric::Network,
    ),
    (
        "sum(rate(container_fs_reads_bytes_total))+sum(rate(container_fs_writes_bytes_total))",
        Metric::Disk,
    ),
    ("count(kube_pod_status_phase==1)", Metric::Pods),
    ("count(kube_node_status_condition==1)", Metric::Nodes),
];

/// Ends of a pattern for the pods of a workload, and the kind that names its pods so.
const PATTERNS: [(&str, Option<&str>); 5] = [
    ("-[a-z0-9]+-[a-z0-9]{5}", Some("Deployment")),
    ("-[a-z0-9]{5}", Some("DaemonSet")),
    ("-[0-9]+", Some("StatefulSet")),
    ("-.+", None),
    ("-.*", None),
];

/// One label matcher: `namespace="shop"`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Matcher {
    label: String,
    operator: &'static str,
    value: String,
}

/// What `query` asks for.
///
/// # Errors
/// Why it is not understood.
pub(crate) fn recognise(query: &str) -> Result<Question, String> {
    let (skeleton, selectors) = split(query)?;
    if skeleton == "up" {
        return Ok(Question::Up);
    }
    let (_, metric) = SKELETONS
        .into_iter()
        .find(|(known, _)| *known == skeleton)
        .ok_or_else(|| format!("this demo source does not know the query {skeleton:?}"))?;
    let mut scopes = selectors
        .iter()
        .map(|matchers| scope(metric, matchers))
        .collect::<Result<Vec<_>, _>>()?;
    scopes.dedup();
    match scopes.as_slice() {
        [] => Ok(Question::Measured {
            metric,
            scope: Scope::Cluster,
        }),
        [scope] => Ok(Question::Measured {
            metric,
            scope: scope.clone(),
        }),
        _ => Err("both halves of a sum must select the same pods".to_owned()),
    }
}

/// The text without blanks, selectors and ranges, and the matchers of each selector.
fn split(query: &str) -> Result<(String, Vec<Vec<Matcher>>), String> {
    let mut skeleton = String::new();
    let mut selectors = Vec::new();
    let mut rest = query;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '{' => {
                let (matchers, after) = selector(rest)?;
                selectors.push(matchers);
                rest = after;
            }
            '[' => {
                let (_, after) = rest.split_once(']').ok_or("a range is not closed")?;
                rest = after;
            }
            blank if blank.is_whitespace() => {}
            other => skeleton.push(other),
        }
    }
    Ok((skeleton, selectors))
}

/// Matchers up to the closing brace, and what follows it.
fn selector(mut rest: &str) -> Result<(Vec<Matcher>, &str), String> {
    let mut matchers = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',', '\n', '\t']);
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((matchers, after));
        }
        let (matcher, after) = matcher(rest)?;
        matchers.push(matcher);
        rest = after;
    }
}

fn matcher(text: &str) -> Result<(Matcher, &str), String> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|end| *end > 0)
        .ok_or("a selector is not closed")?;
    let (label, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let operator = ["=~", "!~", "!=", "="]
        .into_iter()
        .find(|operator| rest.starts_with(operator))
        .ok_or_else(|| format!("label {label} has no value"))?;
    let (value, after) = quoted(rest[operator.len()..].trim_start())?;
    let label = label.to_owned();
    Ok((
        Matcher {
            label,
            operator,
            value,
        },
        after,
    ))
}

/// A double-quoted string with Go's escapes for `"` and `\`, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let inner = text
        .strip_prefix('"')
        .ok_or("a label's value must be quoted")?;
    let mut value = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &inner[at + 1..])),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    Err("a label's value is not closed".to_owned())
}

/// Whose data the matchers select; each must be one that makes sense for the metric.
fn scope(metric: Metric, matchers: &[Matcher]) -> Result<Scope, String> {
    let (mut namespace, mut pods) = (None, None);
    for matcher in matchers {
        let Matcher {
            label,
            operator,
            value,
        } = matcher;
        match (metric, label.as_str(), *operator, value.as_str()) {
            (_, "namespace", "=", name) => namespace = Some(name),
            (_, "pod", "=~", pattern) => pods = Some(pattern),
            (Metric::Cpu | Metric::Memory | Metric::Disk, "container", "!=", "" | "POD")
            | (Metric::Pods, "phase", "=", "Running")
            | (Metric::Nodes, "condition", "=", "Ready")
            | (Metric::Nodes, "status", "=", "true") => {}
            _ => {
                return Err(format!(
                    "this demo source does not know the matcher {label}{operator}{value:?} here"
                ));
            }
        }
    }
    match (namespace, pods) {
        (None, None) => Ok(Scope::Cluster),
        (Some(namespace), Some(pattern)) if metric != Metric::Nodes => workload(namespace, pattern),
        _ => Err("select the pods of a workload by namespace=\"…\" and pod=~\"NAME-…\"".to_owned()),
    }
}

fn workload(namespace: &str, pattern: &str) -> Result<Scope, String> {
    let (name, kind) = PATTERNS
        .into_iter()
        .find_map(|(end, kind)| Some((pattern.strip_suffix(end)?, kind)))
        .ok_or_else(|| format!("this demo source does not know the pattern {pattern:?}"))?;
    Ok(Scope::Workload {
        namespace: namespace.to_owned(),
        name: name.replace('\\', ""),
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, metric: Metric, scope: Scope) {
        assert_eq!(recognise(query), Ok(Question::Measured { metric, scope }));
    }

    fn workload(kind: Option<&'static str>) -> Scope {
        Scope::Workload {
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            kind,
        }
    }

    #[test]
    fn knows_the_clusters_metrics() {
        for (query, metric) in [
            (
                r#"sum(rate(container_cpu_usage_seconds_total{container!=""}[5m]))"#,
                Metric::Cpu,
            ),
            (
                r#"sum(container_memory_working_set_bytes{container!=""})"#,
                Metric::Memory,
            ),
            (
                "sum(rate(container_network_receive_bytes_total[5m]))+sum(rate(container_network_transmit_bytes_total[5m]))",
                Metric::Network,
            ),
            (
                "sum(rate(container_fs_reads_bytes_total[5m])) + sum(rate(container_fs_writes_bytes_total[5m]))",
                Metric::Disk,
            ),
            (
                r#"count(kube_pod_status_phase{phase="Running"}==1)"#,
                Metric::Pods,
            ),
            (
                r#"count(kube_node_status_condition{condition="Ready",status="true"} == 1)"#,
                Metric::Nodes,
            ),
        ] {
            check(query, metric, Scope::Cluster);
        }
    }

    #[test]
    fn knows_a_workload_by_the_names_of_its_pods() {
        let cpu = |pattern: &str| {
            format!(
                r#"sum(rate(container_cpu_usage_seconds_total{{container!="",namespace="shop",pod=~"{pattern}"}}[5m]))"#
            )
        };
        check(
            &cpu("web-[a-z0-9]+-[a-z0-9]{5}"),
            Metric::Cpu,
            workload(Some("Deployment")),
        );
        check(
            &cpu("web-[0-9]+"),
            Metric::Cpu,
            workload(Some("StatefulSet")),
        );
        check(&cpu("web-.+"), Metric::Cpu, workload(None));
    }

    #[test]
    fn wants_one_workload_in_both_halves_of_a_sum() {
        let half = |metric: &str, name: &str| {
            format!(r#"sum(rate({metric}{{namespace="shop",pod=~"{name}-.+"}}[5m]))"#)
        };
        let receive = half("container_network_receive_bytes_total", "web");
        let transmit = half("container_network_transmit_bytes_total", "web");
        check(
            &format!("{receive}+{transmit}"),
            Metric::Network,
            workload(None),
        );
        let other = half("container_network_transmit_bytes_total", "db");
        assert!(recognise(&format!("{receive}+{other}")).is_err());
    }

    #[test]
    fn refuses_what_it_cannot_answer() {
        for query in [
            "",
            "sum(",
            "avg(container_memory_working_set_bytes)",
            r#"sum(container_memory_working_set_bytes{namespace="shop"})"#,
            r#"sum(container_memory_working_set_bytes{pod="web"})"#,
            r#"sum(container_memory_working_set_bytes{namespace="shop",pod=~".*web.*x"})"#,
            r#"sum(container_memory_working_set_bytes{namespace="shop"#,
            "sum(rate(container_cpu_usage_seconds_total[5m))",
        ] {
            assert!(recognise(query).is_err(), "{query}");
        }
    }

    #[test]
    fn says_that_it_is_up() {
        assert_eq!(recognise(" up "), Ok(Question::Up));
    }
}
