//! What the pods of a Job have achieved, remembered when they are gone, and indexed completions.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::value;

/// Says which index a pod of an indexed Job works on.
const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// How pods of a Job ended, by their uid: every one counts once, also after it was deleted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    ends: BTreeMap<String, End>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct End {
    succeeded: bool,
    index: Option<i64>,
    /// When it was counted.
    at: Timestamp,
}

impl Tally {
    /// Counts a pod that has ended.
    pub(super) fn count(&mut self, pod: &Value, now: Timestamp) {
        let succeeded = match value::text(pod, "/status/phase") {
            "Succeeded" => true,
            "Failed" => false,
            _ => return,
        };
        self.ends
            .entry(value::uid(pod).to_owned())
            .or_insert_with(|| End {
                succeeded,
                index: index_of(pod),
                at: now,
            });
    }

    /// Pods that have done their work; of an indexed Job, indexes that are done.
    pub(super) fn succeeded(&self) -> i64 {
        let done = self.ends.values().filter(|end| end.succeeded);
        let indexes = self.completed();
        if indexes.is_empty() {
            done.count() as i64
        } else {
            indexes.len() as i64
        }
    }

    pub(super) fn failed(&self) -> i64 {
        self.ends.values().filter(|end| !end.succeeded).count() as i64
    }

    /// Failures since the last success, with the time of the last; `None` when there is none.
    pub(super) fn failures_in_a_row(&self) -> Option<(i64, Timestamp)> {
        let ends = self.ends.values();
        let success = ends.filter(|end| end.succeeded).map(|end| end.at).max();
        let failures: Vec<_> = self
            .ends
            .values()
            .filter(|end| !end.succeeded && success.is_none_or(|at| end.at > at))
            .map(|end| end.at)
            .collect();
        let last = failures.iter().max()?;
        Some((failures.len() as i64, *last))
    }

    pub(super) fn has_completed(&self, index: i64) -> bool {
        self.ends
            .values()
            .any(|end| end.succeeded && end.index == Some(index))
    }

    fn completed(&self) -> Vec<i64> {
        let mut indexes: Vec<_> = self
            .ends
            .values()
            .filter(|end| end.succeeded)
            .filter_map(|end| end.index)
            .collect();
        indexes.sort_unstable();
        indexes.dedup();
        indexes
    }

    /// Completed indexes as `status.completedIndexes` has them: `0-2,4`.
    pub(super) fn completed_indexes(&self) -> String {
        let mut runs: Vec<(i64, i64)> = Vec::new();
        for index in self.completed() {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == index => *last = index,
                Some(_) | None => runs.push((index, index)),
            }
        }
        runs.iter()
            .map(|(first, last)| match last - first {
                0 => first.to_string(),
                1 => format!("{first},{last}"),
                _ => format!("{first}-{last}"),
            })
            .collect::<Vec<_>>()
            .join(",")
    }
}

/// The index a pod works on; `None` for pods of Jobs that are not indexed.
pub(super) fn index_of(pod: &Value) -> Option<i64> {
    pod["metadata"]["annotations"][INDEX].as_str()?.parse().ok()
}

/// Gives a pod its index, in an annotation, a label, its host name and a variable of its containers.
pub(super) fn number(pod: &mut Value, job: &Value, index: i64) {
    let text = index.to_string();
    pod["metadata"]["annotations"][INDEX] = json!(text);
    pod["metadata"]["labels"][INDEX] = json!(text);
    pod["spec"]["hostname"] = json!(format!("{}-{index}", value::name(job)));
    let containers = pod["spec"]["containers"].as_array_mut();
    for container in containers.into_iter().flatten() {
        let variable = json!({
            "name": "JOB_COMPLETION_INDEX",
            "valueFrom": {"fieldRef": {
                "apiVersion": "v1",
                "fieldPath": format!("metadata.labels['{INDEX}']"),
            }},
        });
        value::set_default(container, &["env"], json!([]));
        if let Some(variables) = container["env"].as_array_mut() {
            variables.push(variable);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(indexes: &[i64]) -> Tally {
        let mut tally = Tally::default();
        for index in indexes {
            let mut pod = json!({"metadata": {"uid": format!("u{index}")}, "spec": {},
                "status": {"phase": "Succeeded"}});
            number(&mut pod, &json!({"metadata": {"name": "pi"}}), *index);
            tally.count(&pod, Timestamp(0));
            tally.count(&pod, Timestamp(1));
        }
        tally
    }

    #[test]
    fn writes_completed_indexes_in_runs() {
        let tally = tally(&[0, 1, 2, 4, 6, 7]);
        assert_eq!(tally.completed_indexes(), "0-2,4,6,7");
        assert_eq!(tally.succeeded(), 6);
        assert!(tally.has_completed(4) && !tally.has_completed(3));
    }

    #[test]
    fn failures_are_forgiven_by_a_later_success() {
        let mut tally = Tally::default();
        let ends = [("a", "Failed", 10), ("b", "Failed", 20)];
        let count = |tally: &mut Tally, (uid, phase, second): (&str, &str, i64)| {
            let pod = json!({"metadata": {"uid": uid}, "status": {"phase": phase}});
            tally.count(&pod, Timestamp::from_seconds(second));
        };
        for end in ends {
            count(&mut tally, end);
        }
        assert_eq!(
            tally.failures_in_a_row(),
            Some((2, Timestamp::from_seconds(20)))
        );
        count(&mut tally, ("c", "Succeeded", 30));
        assert_eq!(tally.failures_in_a_row(), None);
        assert_eq!(tally.failed(), 2);
    }
}
