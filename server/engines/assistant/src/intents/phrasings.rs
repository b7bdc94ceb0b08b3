//! Which intent a question has: a table of concept combinations with weights.

use Concept::{
    Autoscale, Capacity, Compare, Cost, Cpu, Crash, DaemonSet, Delete, Deployment, Describe,
    Disable, Enable, Event, Fit, Forecast, Greeting, Health, Help, High, HowMany, HowTo, Hpa,
    Image, Log, Low, Manifest, Memory, Most, Multiply, NamedNamespace, NamedNode, NamedPod,
    NamedWorkload, Namespace, Network, Node, Not, Number, OtherKind, Pending, Pod, Predictive,
    Replicas, RestartVerb, Restarts, Scale, ScaleDown, ScaleUp, Service, Setting, Show, Slow,
    StatefulSet, Suppose, Undo, Use, Version, Warning, Where, Why, Workload, Wrong,
};

use super::lexicon::{Concept, Concepts};

/// What a question wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Pods whose CPU or memory use is high.
    HighUse,
    /// Pods or workloads ranked by CPU or memory.
    TopUse,
    /// What something uses.
    Use,
    /// Nodes: capacity, use, headroom.
    Nodes,
    /// What is wrong.
    Trouble,
    /// Why something is wrong.
    Diagnosis,
    /// The state of everything.
    Health,
    /// Pods, listed.
    Pods,
    /// Deployments, stateful sets or daemon sets, listed.
    Workloads,
    /// Namespaces, listed.
    Namespaces,
    /// Types that only a command can list.
    OtherKinds,
    /// How many there are.
    Count,
    /// Restarts.
    Restarts,
    /// Events and warnings.
    Events,
    /// Images in use.
    Images,
    /// Logs.
    Logs,
    /// Details of one thing.
    Details,
    /// Two or more things side by side.
    Compare,
    /// The YAML of one thing.
    Manifest,
    /// Environment, ports, probes of one workload.
    Settings,
    /// Whether more pods would fit.
    Fit,
    /// The cluster's version.
    ClusterVersion,
    /// Rightsizing.
    Cost,
    /// Autoscalers and predictive autoscaling as they are.
    Autoscaling,
    /// Switching predictive autoscaling on or off.
    Predictive,
    /// What is to come.
    Forecast,
    /// Network and disk, which the assistant does not see.
    Traffic,
    /// Changing a replica count.
    Scale,
    /// Restarting a workload.
    Restart,
    /// A change spoken of but not asked for: negated, supposed, undone, or a question about how.
    NoChange,
    /// A change that is refused.
    Refused,
    /// What can be asked.
    Help,
    /// None of these.
    Unknown,
}

struct Phrasing {
    intent: Intent,
    weight: u8,
    /// Each group needs one of its concepts.
    needs: &'static [&'static [Concept]],
    /// None of these may be there.
    without: &'static [Concept],
}

const fn when(weight: u8, intent: Intent, needs: &'static [&'static [Concept]]) -> Phrasing {
    Phrasing {
        intent,
        weight,
        needs,
        without: &[],
    }
}

impl Phrasing {
    const fn without(self, without: &'static [Concept]) -> Self {
        Self { without, ..self }
    }

    fn fits(&self, concepts: Concepts) -> bool {
        self.needs.iter().all(|group| concepts.has_any(group)) && !concepts.has_any(self.without)
    }
}

/// What can be changed.
const CHANGE: &[Concept] = &[Scale, ScaleUp, ScaleDown, Multiply, RestartVerb];
/// What goes wrong.
const BAD: &[Concept] = &[Wrong, Crash, Pending, Slow, Restarts];
/// A name of something that runs.
const NAMED: &[Concept] = &[NamedWorkload, NamedPod];
/// Kinds of workloads.
const WORKLOAD: &[Concept] = &[Deployment, StatefulSet, DaemonSet, Workload];
/// Anything measured.
const MEASURED: &[Concept] = &[Cpu, Memory];

/// Phrasings; the highest weight wins, and of equals the first.
const PHRASINGS: &[Phrasing] = &[
    // Changes that are not to be made.
    when(98, Intent::NoChange, &[&[Undo]]).without(&[Why]),
    when(96, Intent::NoChange, &[&[Not], CHANGE]).without(&[Why, Crash, Wrong, Log, HowMany, High]),
    when(94, Intent::NoChange, &[&[HowTo], CHANGE]),
    when(
        92,
        Intent::NoChange,
        &[
            &[Suppose],
            CHANGE,
            &[NamedWorkload, NamedPod, Workload, Deployment, Replicas],
        ],
    )
    .without(&[Why, Autoscale, Hpa, Event]),
    when(90, Intent::Refused, &[&[Delete]]).without(&[Why, Log, HowMany, Event]),
    when(
        93,
        Intent::Fit,
        &[
            &[Fit],
            &[
                Pod,
                Replicas,
                Workload,
                Deployment,
                NamedWorkload,
                Number,
                ScaleUp,
                Capacity,
            ],
        ],
    )
    .without(&[Why, RestartVerb, Delete, Not]),
    when(84, Intent::Manifest, &[&[Manifest]]).without(&[HowMany, Log, Delete]),
    when(
        83,
        Intent::Compare,
        &[
            &[Compare],
            &[NamedWorkload, NamedPod, NamedNode, NamedNamespace],
        ],
    )
    .without(&[Log]),
    // Logs, events and images are named by their own words.
    when(
        80,
        Intent::Predictive,
        &[&[Enable, Disable], &[Predictive, Autoscale, Hpa]],
    )
    .without(&[Show]),
    when(78, Intent::Predictive, &[&[Enable, Disable], &[Predictive]]).without(&[HowMany]),
    when(77, Intent::Settings, &[&[Setting], NAMED]).without(&[Log, Why, Crash, Wrong, HowMany]),
    when(76, Intent::Logs, &[&[Log]]).without(&[HowMany]),
    when(74, Intent::Autoscaling, &[&[Predictive], &[Show]]).without(&[Forecast]),
    when(72, Intent::Autoscaling, &[&[Hpa, Autoscale]]).without(&[HowMany, Forecast]),
    when(71, Intent::Cost, &[&[Cost]]).without(&[Node]),
    when(
        70,
        Intent::Cost,
        &[&[Low], &[Use, Pod, Workload, Deployment, Cpu, Memory]],
    )
    .without(&[Node, Most]),
    when(69, Intent::Cost, &[&[Cost]]),
    when(68, Intent::Forecast, &[&[Forecast]]).without(&[Pending]),
    // Why.
    when(
        67,
        Intent::Restarts,
        &[
            &[Why],
            &[Restarts, RestartVerb],
            &[Pod, Workload, Deployment, StatefulSet, DaemonSet],
        ],
    )
    .without(&[NamedWorkload, NamedPod, Node, NamedNode, Crash]),
    when(66, Intent::Diagnosis, &[&[Why], NAMED]).without(&[Image]),
    when(65, Intent::Diagnosis, &[&[Why], BAD]).without(&[Node, NamedNode]),
    when(
        64,
        Intent::Count,
        &[
            &[HowMany],
            &[Crash, Wrong, Pending],
            &[Pod, Workload, Deployment],
        ],
    ),
    when(
        64,
        Intent::Restarts,
        &[&[HowMany, Most], &[Restarts, RestartVerb]],
    ),
    when(63, Intent::Diagnosis, &[BAD, NAMED]).without(&[Most, HowMany]),
    when(62, Intent::Events, &[&[Event, Warning]]).without(&[Cpu, Memory]),
    when(61, Intent::Traffic, &[&[Network]]).without(&[OtherKind, Cpu, Memory, Log]),
    when(
        60,
        Intent::Nodes,
        &[
            &[Node, NamedNode],
            &[
                Cpu, Memory, Use, Capacity, High, Most, Health, Wrong, Low, Slow,
            ],
        ],
    )
    .without(&[Pod, NamedWorkload, NamedPod, Workload]),
    when(59, Intent::Restarts, &[&[Restarts]]),
    when(
        58,
        Intent::Count,
        &[
            &[HowMany],
            &[Pod, Node, Namespace, Replicas, Hpa, Service, OtherKind],
        ],
    )
    .without(MEASURED),
    when(58, Intent::Count, &[&[HowMany], WORKLOAD]).without(MEASURED),
    when(57, Intent::TopUse, &[&[Most], MEASURED]),
    when(57, Intent::Images, &[&[Image]]).without(&[Crash]),
    when(56, Intent::Images, &[&[Version], NAMED]),
    when(55, Intent::HighUse, &[MEASURED, &[High, Wrong]]).without(NAMED),
    when(54, Intent::Use, &[MEASURED, NAMED]),
    when(53, Intent::Use, &[&[Use, High, HowMany], NAMED]).without(&[Pod, Replicas]),
    when(
        52,
        Intent::HighUse,
        &[&[High], &[Use, Pod, Workload, Deployment]],
    ),
    when(51, Intent::Nodes, &[&[Capacity]]),
    when(
        50,
        Intent::Details,
        &[&[Describe], &[NamedWorkload, NamedPod, NamedNode]],
    ),
    when(
        50,
        Intent::TopUse,
        &[&[Most], &[Use, Pod, Workload, Deployment]],
    ),
    when(49, Intent::Trouble, &[&[Wrong, Crash, Pending]]),
    when(48, Intent::ClusterVersion, &[&[Version]]),
    when(47, Intent::Trouble, &[&[Slow]]),
    when(46, Intent::Pods, &[&[Pod], &[NamedNode]]),
    when(46, Intent::Pods, &[&[Where], NAMED]),
    when(45, Intent::Nodes, &[&[Node, NamedNode], &[Health]]),
    when(
        44,
        Intent::Use,
        &[MEASURED, &[NamedNamespace, HowMany, Use, Namespace]],
    ),
    when(43, Intent::OtherKinds, &[&[OtherKind]]),
    when(42, Intent::Details, &[&[Health, Replicas], NAMED]),
    when(41, Intent::Use, &[MEASURED]),
    when(41, Intent::Settings, &[&[Setting]]),
    when(52, Intent::Nodes, &[&[Fit]]).without(NAMED),
    when(40, Intent::Workloads, &[WORKLOAD]).without(&[Pod, NamedWorkload]),
    when(39, Intent::Health, &[&[Health], &[Pod]]).without(&[NamedNode]),
    when(38, Intent::Pods, &[&[Pod]]),
    when(37, Intent::OtherKinds, &[&[Service]]).without(NAMED),
    when(36, Intent::Nodes, &[&[Node, NamedNode]]),
    when(35, Intent::Health, &[&[Health]]),
    when(34, Intent::Use, &[&[Use], &[Show, NamedNamespace]]),
    when(33, Intent::Namespaces, &[&[Namespace]]).without(&[NamedNamespace]),
    when(
        32,
        Intent::NoChange,
        &[&[Scale, ScaleUp, ScaleDown, Multiply, RestartVerb, Replicas]],
    ),
    when(31, Intent::Diagnosis, &[&[Why]]).without(&[NamedNamespace]),
    when(30, Intent::Trouble, &[&[Why], &[NamedNamespace]]),
    when(12, Intent::Help, &[&[Help]]),
    when(
        10,
        Intent::Details,
        &[&[NamedWorkload, NamedPod, NamedNode]],
    ),
    when(8, Intent::Health, &[&[NamedNamespace]]),
    when(6, Intent::Help, &[&[Greeting]]),
];

/// The intent of a question with these concepts.
pub(super) fn best(concepts: Concepts) -> Intent {
    PHRASINGS
        .iter()
        .filter(|phrasing| phrasing.fits(concepts))
        .min_by_key(|phrasing| std::cmp::Reverse(phrasing.weight))
        .map_or(Intent::Unknown, |phrasing| phrasing.intent)
}
