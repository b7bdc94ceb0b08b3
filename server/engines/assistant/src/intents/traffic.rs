//! Network and disk: rates that are measured over time, so that they are not in a snapshot. This says which are wanted,
//! and puts what was measured into words.

use domain::{
    chat::Block,
    resources::Availability,
    series::{Metric, Series, Subject},
    time::Timestamp,
    units::Bytes,
};

use super::{
    compose::{Reply, quote, since},
    lexicon::Concept,
    question::Question,
};

/// Measurements an answer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficWanted {
    /// Whose: all nodes together, or the pods of one workload together.
    pub subject: Subject,
    /// [`Metric::Network`], [`Metric::Disk`] or both.
    pub metrics: Vec<Metric>,
}

/// “Network traffic of storefront”, “disk usage”.
pub(super) fn answer(question: &Question<'_>) -> Reply {
    let says = |known: &[&str]| {
        question
            .words
            .iter()
            .any(|word| known.contains(&word.as_str()))
    };
    if says(&["rps", "qps"])
        || question
            .words
            .windows(2)
            .any(|pair| pair == ["per", "second"])
    {
        return Reply::failed(
            "Requests per second are not measured by Kubernetes: a proxy, a mesh or the application itself has to count them, and none is asked here.",
        )
        .recommend("What is measured is how much is sent and received:", "network traffic");
    }
    let disk = says(&["disk", "disks", "storage", "iops", "io"]);
    let network = says(&["network", "bandwidth", "traffic", "throughput"]);
    let metrics = match (network, disk) {
        (true, false) => vec![Metric::Network],
        (false, true) => vec![Metric::Disk],
        (true, true) | (false, false) => vec![Metric::Network, Metric::Disk],
    };
    let is_per_pod = question.words.windows(2).any(|pair| {
        matches!(pair[0].as_str(), "per" | "each" | "every" | "by" | "which")
            && pair[1].starts_with("pod")
    });
    let (subject, text) = match question.workloads.as_slice() {
        _ if is_per_pod || !question.pods.is_empty() || question.workloads.is_empty() && question.concepts.has(Concept::Pod) => (
            Subject::Cluster,
            "This is not measured per pod: the kubelet's summary is read for whole nodes, and the pods of a workload are known only together, where a Prometheus is connected. All nodes together move:".to_owned(),
        ),
        [one] => (
            Subject::Workload(one.reference.clone()),
            format!("What the pods of {} move, all together:", one.reference),
        ),
        _ if question.pods.is_empty() && question.namespaces.is_empty() && question.nodes.is_empty() => {
            (Subject::Cluster, "What all nodes move together:".to_owned())
        }
        _ => (
            Subject::Cluster,
            "This is measured for single workloads and for all nodes together; all nodes together move:".to_owned(),
        ),
    };
    let mut reply = Reply::new(text).tool("history_range");
    reply.traffic = Some(TrafficWanted { subject, metrics });
    reply
}

impl TrafficWanted {
    /// The answer's blocks for what was measured over the last day, in bytes per second, and whether anything was.
    #[must_use]
    pub fn blocks(
        &self,
        measured: &[(Metric, Availability<Series>)],
        now: Timestamp,
    ) -> (Vec<Block>, bool) {
        let mut rows = Vec::new();
        let mut blocks = Vec::new();
        for (metric, series) in measured {
            match series {
                Availability::Available(series) => match row(*metric, series, now) {
                    Some(row) => rows.push(row),
                    None => blocks.push(missing(
                        *metric,
                        "nothing has been measured in the last day",
                    )),
                },
                Availability::Unavailable(why) => blocks.push(missing(*metric, &quote(why))),
            }
        }
        let is_measured = !rows.is_empty();
        if is_measured {
            let columns = ["", "Last", "Measured", "Lowest", "Mean", "Highest"];
            blocks.insert(
                0,
                Block::Table {
                    columns: columns.map(str::to_owned).to_vec(),
                    rows,
                },
            );
            blocks.push(Block::Text {
                text: "Lowest, mean and highest are of the last day. How much space is free on disks is not measured."
                    .to_owned(),
            });
        }
        (blocks, is_measured)
    }
}

fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::Network => "Network, received and sent",
        Metric::Disk => "Disk, read and written",
        Metric::Cpu => "CPU",
        Metric::Memory => "Memory",
        Metric::Pods => "Pods",
        Metric::Nodes => "Nodes",
    }
}

fn missing(metric: Metric, why: &str) -> Block {
    Block::Text {
        text: format!(
            "{}: not known, because {}.",
            name(metric),
            why.trim_end_matches('.')
        ),
    }
}

fn row(metric: Metric, series: &Series, now: Timestamp) -> Option<Vec<String>> {
    let (at, last) = series.last_measured()?;
    let values: Vec<f64> = series.values.iter().flatten().copied().collect();
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(0.0, f64::max);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(vec![
        name(metric).to_owned(),
        per_second(last),
        format!("{} ago", since(at, now)),
        per_second(lowest),
        per_second(mean),
        per_second(highest),
    ])
}

fn per_second(bytes: f64) -> String {
    format!("{}/s", Bytes(bytes.max(0.0).round() as u64))
}
