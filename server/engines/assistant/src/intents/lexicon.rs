//! What words mean: every word and phrase the engine knows, by concept.

use super::words;

/// What a word or phrase stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(super) enum Concept {
    Cpu,
    Memory,
    Network,
    Use,
    High,
    Low,
    Most,
    Pod,
    Node,
    Namespace,
    Deployment,
    StatefulSet,
    DaemonSet,
    Workload,
    Service,
    OtherKind,
    Event,
    Warning,
    Hpa,
    Autoscale,
    Predictive,
    Enable,
    Disable,
    Scale,
    ScaleUp,
    ScaleDown,
    Multiply,
    SetTo,
    Replicas,
    RestartVerb,
    Restarts,
    Crash,
    Wrong,
    Pending,
    Why,
    Slow,
    HowMany,
    Show,
    Where,
    Health,
    Capacity,
    Image,
    Version,
    Log,
    Describe,
    Cost,
    Forecast,
    Help,
    Greeting,
    Delete,
    Undo,
    Not,
    Suppose,
    HowTo,
    Condition,
    Polite,
    Compare,
    Manifest,
    Setting,
    Fit,
    // Not words, but what the words name; set by the entity linker.
    NamedWorkload,
    NamedPod,
    NamedNode,
    NamedNamespace,
    Number,
}

/// Concepts of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Concepts(u128);

impl Concepts {
    pub(super) fn insert(&mut self, concept: Concept) {
        self.0 |= 1 << concept as u8;
    }

    pub(super) const fn has(self, concept: Concept) -> bool {
        self.0 & (1 << concept as u8) != 0
    }

    pub(super) fn has_any(self, concepts: &[Concept]) -> bool {
        concepts.iter().any(|&concept| self.has(concept))
    }
}

use Concept::{
    Autoscale, Capacity, Compare, Condition, Cost, Cpu, Crash, DaemonSet, Delete, Deployment,
    Describe, Disable, Enable, Event, Fit, Forecast, Greeting, Health, Help, High, HowMany, HowTo,
    Hpa, Image, Log, Low, Manifest, Memory, Most, Multiply, Namespace, Network, Node, Not,
    OtherKind, Pending, Pod, Polite, Predictive, Replicas, RestartVerb, Restarts, Scale, ScaleDown,
    ScaleUp, Service, SetTo, Setting, Show, Slow, StatefulSet, Suppose, Undo, Use, Version,
    Warning, Where, Why, Workload, Wrong,
};

/// Words and phrases by concept, `|` between them. A phrase wins over its words; `-` counts as a space.
const LEXICON: &[(Concept, &str)] = &[
    (
        Cpu,
        "cpu|cpus|processor|processors|core|cores|millicores|millicore|processing power|vcpu|vcpus",
    ),
    (
        Memory,
        "memory|mem|ram|working set|heap|rss|memory footprint",
    ),
    (
        Network,
        "network|bandwidth|traffic|disk|disks|storage|iops|io|throughput|requests per second|rps|qps",
    ),
    (
        Use,
        "use|uses|using|used|usage|usages|utilization|utilisation|utilized|utilised|consume|consumes|consuming|consumption|load|loads|metrics|footprint|resource usage|resources|resource|taking up|takes up",
    ),
    (
        High,
        "high|higher|hot|hotter|heavy|heavily|hungry|hog|hogs|hogging|busy|excessive|excessively|intensive|a lot of|lots of|too much|so much|loads of|tons of|burning|burns|eating|eats|eating up|chewing|chewing through|gobbling|spiking|spike|spikes|maxed out|maxing out|maxed|pegged|saturated|exceeding|exceeds|exceed|above|running hot|elevated|close to|near|nearing|greedy|overloaded|over utilized|overutilized|overused|pressure|struggling for|under load|guzzling|draining our|devouring|at the limit|over the limit|at its limit|at their limit",
    ),
    (
        Low,
        "low|idle|idling|unused|underused|under used|underutilized|underutilised|under utilized|doing nothing|sitting around|least|lowest|smallest",
    ),
    (
        Most,
        "top|most|highest|biggest|largest|greatest|heaviest|hungriest|busiest|hottest|fullest|most loaded|most used|greediest|maximum|max|ranked|ranking|rank|sort|sorted by|sort by|order by|ordered by|consumers|worst",
    ),
    (
        Pod,
        "pod|pods|po|container|containers|instance|instances|pods restart|containers restart",
    ),
    (
        Node,
        "node|nodes|machine|machines|host|hosts|server|servers|vm|vms|worker nodes|worker node|which node|what node|which nodes|which machine|which machines|which host",
    ),
    (Namespace, "namespace|namespaces|ns|project|projects"),
    (Deployment, "deployment|deployments|deploy|deploys"),
    (
        StatefulSet,
        "statefulset|statefulsets|sts|stateful set|stateful sets",
    ),
    (DaemonSet, "daemonset|daemonsets|ds|daemon set|daemon sets"),
    (
        Workload,
        "workload|workloads|app|apps|application|applications|microservice|microservices|component|components|workloads restart|apps restart",
    ),
    (Service, "service|services|svc|svcs"),
    (
        OtherKind,
        "ingress|ingresses|configmap|configmaps|config map|config maps|secret|secrets|pvc|pvcs|persistent volume claim|persistent volume claims|persistentvolumeclaims|volume|volumes|persistent volumes|job|jobs|cronjob|cronjobs|cron job|cron jobs|replicaset|replicasets|replica set|replica sets|serviceaccount|serviceaccounts|service account|service accounts|network policy|network policies|networkpolicies|endpoints|endpoint|storageclass|storageclasses|storage classes|resource quotas|resourcequotas|quotas|limit ranges|roles|rolebindings|crds|crd|leases|pdb|pdbs|pod disruption budgets",
    ),
    (
        Event,
        "event|events|what happened|what has happened|anything happen|anything happened|what is happening|what is going on|going on|happening|timeline|recent changes|what changed",
    ),
    (Warning, "warning|warnings|warn|alert|alerts|alarm|alarms"),
    (
        Hpa,
        "hpa|hpas|horizontal pod autoscaler|horizontal pod autoscalers|autoscaler|autoscalers|horizontalpodautoscaler|horizontalpodautoscalers",
    ),
    (
        Autoscale,
        "autoscaling|autoscale|autoscales|autoscaled|auto scaling|auto scale|auto scaled|auto scales|scaling automatically|scales automatically|scale automatically|scaled automatically|automatic scaling|scaling policies|scaling policy|scale itself|scale themselves",
    ),
    (
        Predictive,
        "predictive|predictively|proactive|proactively|ai scaling|smart scaling|ahead of load",
    ),
    (
        Enable,
        "enable|enabled|enabling|turn on|turned on|switch on|switched on|activate|set up|setup|configure|start using",
    ),
    (
        Disable,
        "disable|disabled|disabling|turn off|turned off|switch off|switched off|deactivate",
    ),
    (
        Scale,
        "scale|scales|scaling|scaled|resize|rescale|scale to|re scale",
    ),
    (
        ScaleUp,
        "scale up|scale out|scaling up|scaling out|scaled up|upscale|increase|add|grow|bump|bump up|raise|more replicas|more pods|more copies|more instances",
    ),
    (
        ScaleDown,
        "scale down|scale in|scaling down|scaled down|downscale|decrease|reduce|shrink|fewer replicas|fewer pods|take down|cut down",
    ),
    (
        Multiply,
        "double|doubling|twice|triple|halve|halving|half|quadruple",
    ),
    (
        SetTo,
        "set|make|put|bring|run|give|change|adjust|take|need|needs|wants",
    ),
    (Replicas, "replica|replicas|copies|copy"),
    (
        RestartVerb,
        "restart|bounce|reboot|recycle|redeploy|rolling restart|rollout restart|do a rolling restart|do a restart|perform a rolling restart|perform a restart|trigger a restart|reload|relaunch|kick",
    ),
    (
        Restarts,
        "restarts|restarting|restarted|restart count|restart counts|flapping|keeps restarting|keep restarting|rebooting|rebooted|bouncing|number of restarts|keep on restarting|pods restart|containers restart|workloads restart|apps restart",
    ),
    (
        Crash,
        "crash|crashing|crashed|crashes|crashloop|crashlooping|crashloopbackoff|crash loop|crash looping|crash loop back off|crash loops|oom|ooms|oomkilled|oom killed|oomkill|out of memory|run out of memory|ran out of memory|dying|dies|died|dead|killed|getting killed|imagepullbackoff|image pull backoff|errimagepull|image pull|pull image|pull its image|pulling image|backoff|evicted|exited|exiting|falling over|keeps dying|keeps failing|blowing up",
    ),
    (
        Wrong,
        "wrong|the matter|problem|problems|issue|issues|broken|break|breaking|failing|fail|fails|failed|failure|failures|error|errors|erroring|unhealthy|sick|bad|trouble|troubles|troubled|not working|not healthy|not ready|unready|notready|not running|down|on fire|attention|worry|worrying|worried|concern|concerns|degraded|stuck|misbehaving|suffering|incident|incidents|red|not ok|not okay|acting up|in a bad state|needs fixing|need fixing|fix|unavailable|unresponsive|not responding|hanging|struggling|hurting|outage|look at first",
    ),
    (
        Pending,
        "pending|unschedulable|unscheduled|not scheduled|not starting|not start|will not start|can not start|does not start|not get scheduled|waiting|can not be scheduled|failed scheduling|failedscheduling|not coming up|will not come up|not being scheduled|containercreating",
    ),
    (
        Why,
        "why|how come|reason|reasons|cause|causes|causing|root cause|diagnose|diagnosis|troubleshoot|debug|investigate|explain|what happened to|what is up with|what happened with|what killed|find out",
    ),
    (
        Slow,
        "slow|slower|sluggish|latency|lagging|lag|laggy|slowly|timeouts|timing out|throttled|throttling|performance|response time|response times",
    ),
    (
        HowMany,
        "how many|number of|count|count of|total number|quantity|amount of|how much",
    ),
    (
        Show,
        "list|show|get|display|see|view|fetch|enumerate|print|what|which|who|whose|find|look up|check|any|all|every|give me|tell me|i want to see|let me see|is|are|does|do",
    ),
    (
        Where,
        "where|where is|where are|located|placed|which node|what node|which nodes|on which node|which machine|scheduled on|placement",
    ),
    (
        Health,
        "health|healthy|status|summary|summarize|summarise|overview|how is|how are|okay|ok|fine|well|state|state of|report|doing|up and running|everything|all good|good shape|running smoothly|at a glance|rundown|sanity check|in order|looking|look like",
    ),
    (
        Capacity,
        "capacity|headroom|room|free|available|spare|left|remaining|allocatable|how full|full|space|leftover",
    ),
    (
        Fit,
        "fit|fits|fitting|squeeze|squeeze in|room for|space for|enough room|enough capacity|enough space|can i add|can we add|could i add|could we add|can i run|can we run|could i run|could we run|can i start|can i deploy|can we deploy|is there room|have room|can i schedule|be scheduled too",
    ),
    (
        Compare,
        "compare|compares|compared|comparing|comparison|versus|vs|difference between|differences between|difference|differ|side by side",
    ),
    (
        Manifest,
        "yaml|yml|manifest|manifests|definition|full spec|json|raw object",
    ),
    (
        Setting,
        "env|envs|environment|environment variable|environment variables|env var|env vars|environment vars|port|ports|expose|exposes|exposed|listen|listens|listening|probe|probes|liveness|readiness|liveness probe|readiness probe|health check|health checks|arguments|args|entrypoint|command line|mounts|volume mounts",
    ),
    (
        Image,
        "image|images|container image|container images|tag|tags|docker image|docker images",
    ),
    (Version, "version|versions|release"),
    (
        Log,
        "log|logs|stdout|stderr|stack trace|stacktrace|log output|log lines|logging output|tail",
    ),
    (
        Describe,
        "describe|details|detail|tell me about|inspect|info|information|more about|what is known about|details of|details on|spec",
    ),
    (
        Cost,
        "cost|costs|costing|rightsize|rightsizing|right size|right sizing|right sized|overprovisioned|over provisioned|overprovisioning|over provisioning|waste|wasted|wasting|wasteful|save|saving|savings|save money|optimise|optimize|optimization|optimisation|optimizations|cheaper|oversized|over sized|expensive|money|too big|bill|spend|spending|request too much|requests too high|over requested|cost saving|reserve too much|reserving|cut costs|more than they need|more than it needs",
    ),
    (
        Forecast,
        "forecast|when will|how soon will|how long until|how long before|forecasts|forecasted|predict|prediction|predictions|predicted|projected|projection|tomorrow|next hour|next hours|next week|next day|next 6 hours|next six hours|in the future|future|anticipate|trend|trends|trending|expected|expect|going to be|will we|will the|will it|will my|will be|run out of|running out of|coming hours|later today|tonight",
    ),
    (
        Help,
        "help|what can you do|what can i ask|what do you do|who are you|what are you|capabilities|commands|examples|how do you work|how does this work|what questions|instructions|manual",
    ),
    (
        Greeting,
        "hello|hi|hey|thanks|thank you|good morning|good evening|good afternoon|cheers|yo|bye",
    ),
    (
        Delete,
        "delete|deleting|deleted|remove|removing|destroy|purge|wipe|nuke|clean up|cleanup|clean|evict|drain|cordon|uncordon|terminate|uninstall|get rid of|kill|tear down|apply|exec into|exec|port forward|patch|edit",
    ),
    (
        Undo,
        "undo|revert|roll it back|roll that back|roll this back|roll back|rollback|rolling back|change it back|put it back|take it back",
    ),
    (
        Not,
        "not|never|without|stop|avoid|no need|cancel|abort|refrain|nor|instead of|rather than|forget|ignore|hold off|wait",
    ),
    (
        Suppose,
        "what if|what would|what happens|what would happen|what will happen|would happen|would it|should i|should we|must i|if i|if we|suppose|supposing|imagine|hypothetically|hypothetical|is it safe|safe to|okay to|ok to|pretend|simulate|dry run|could it|might|may i|do i need to|do we need to|is it worth|would be|would that|impact of|effect of|consequences|consider|considering|thinking of|thinking about|maybe|perhaps|did you|did i|did we|did someone|did anyone|who|has been|have been|was|were|had",
    ),
    (
        HowTo,
        "how do i|how can i|how to|how would i|how does one|how should i|how do we|how can we|command to|command for|what is the command|which command|what command|way to|steps to|syntax",
    ),
    (
        Condition,
        "if|when|whenever|unless|until|once|after|before|later|tomorrow|tonight|every|schedule|scheduled|at noon|at midnight|in an hour|on monday|on friday|weekend|next week|as soon as|only",
    ),
    (
        Polite,
        "please|kindly|can you|could you|would you|will you|i want to|i want you to|i would like to|i would like you to|i need to|i need you to|we need to|we want to|let us|go ahead and|just|now|right now|immediately|asap|then|ok now|okay now|for me|thanks|thank you|hey|hi|hello|you can|you should|quickly|again|already",
    ),
];

/// Words that carry no meaning here; anything that is in neither list may be a name.
const FILLERS: &str = "a|an|the|this|that|these|those|there|here|it|its|them|they|their|i|me|my|mine|we|us|our|ours|you|your|he|she|of|on|in|at|to|for|from|with|by|as|into|onto|inside|within|across|about|over|under|out|up|off|per|than|through|between|and|or|but|so|also|too|very|really|much|many|more|some|each|both|other|others|another|else|only|own|same|such|is|are|am|was|were|be|been|being|do|does|did|done|doing|has|have|had|having|can|could|may|might|must|shall|should|will|would|what|which|who|whom|how|cluster|clusters|kubernetes|k8s|kube|kubectl|currently|current|now|today|right|at|moment|recent|recently|lately|last|latest|past|minute|minutes|hour|hours|day|days|week|ago|since|during|total|overall|entire|whole|percent|percentage|limit|limits|request|requests|running|run|runs|live|level|levels|value|values|number|numbers|thing|things|something|anything|nothing|everything|someone|anyone|please|want|need|needs|like|know|think|going|go|goes|come|comes|keep|keeps|kept|seem|seems|look|looks|get|gets|got|getting|take|takes|tell|say|says|said|deployed|list|lot|few|first|next|new|old|time|times|kind|kinds|type|types|name|names|named|called|label|labels|group|team|user|users|customer|customers|page|pages|site|website|website's|yes|no|yeah|sure|oh|well|um|hmm|vs|versus|e.g|etc|that's|because|though|although|while|where|when|if|then|even|still|yet|ever|always|often|again|any|all|every|across|default|exactly|actually|basically|actively|desired|ready|state|set|sets|way|usually|normal|normally|pretty|quite|bit|little|long|been|minimum|average|mean|using|used|not";

/// Concepts of `words` (which no name has claimed), with the positions each phrase covers, longest phrase first.
pub(super) fn concepts_of(words: &[&str]) -> Vec<(Concept, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let longest = (1..=5.min(words.len() - at)).rev().find_map(|length| {
            let phrase = words[at..at + length].join(" ");
            let concepts = concepts_of_phrase(&phrase);
            (!concepts.is_empty()).then_some((concepts, length))
        });
        let Some((concepts, length)) = longest else {
            at += 1;
            continue;
        };
        found.extend(
            concepts
                .into_iter()
                .map(|concept| (concept, at..at + length)),
        );
        // A phrase's own words may mean something too (“out of memory” is about memory), except where the
        // phrase turns them around.
        at += length;
    }
    found
}

fn concepts_of_phrase(phrase: &str) -> Vec<Concept> {
    LEXICON
        .iter()
        .filter(|(_, phrases)| phrases.split('|').any(|known| known == phrase))
        .map(|(concept, _)| *concept)
        .collect()
}

/// Whether a word is in the lexicon on its own.
pub(super) fn is_known(word: &str) -> bool {
    !concepts_of_phrase(word).is_empty()
}

/// Whether a word carries no meaning here.
pub(super) fn is_filler(word: &str) -> bool {
    FILLERS.split('|').any(|filler| filler == word)
        || LEXICON
            .iter()
            .flat_map(|(_, phrases)| phrases.split('|'))
            .filter(|phrase| phrase.contains(' '))
            .any(|phrase| {
                phrase
                    .split(' ')
                    .any(|part| part == word && part.len() <= 3)
            })
}

/// Whether a word means something by itself or is one of those that never do.
pub(super) fn is_vocabulary(word: &str) -> bool {
    is_known(word) || is_filler(word)
}

/// Whether a word is part of a known phrase, so that it is no slip of another word (“on fire”, “fine”).
pub(super) fn is_part_of_phrase(word: &str) -> bool {
    LEXICON
        .iter()
        .flat_map(|(_, phrases)| phrases.split('|'))
        .any(|phrase| phrase.contains(' ') && phrase.split(' ').any(|part| part == word))
}

/// The known word that `typed` is a slip of, the nearest first.
pub(super) fn corrected(typed: &str) -> Option<&'static str> {
    LEXICON
        .iter()
        .flat_map(|(_, phrases)| phrases.split('|'))
        .filter(|known| !known.contains(' ') && words::is_slip(typed, known))
        .min_by_key(|known| words::distance(typed, known))
}

/// Types that are not in the snapshot, as kubectl names them.
pub(super) fn other_kind(words: &[&str]) -> Option<&'static str> {
    const KINDS: &[(&str, &str)] = &[
        ("ingress", "ingresses"),
        ("configmap", "configmaps"),
        ("config", "configmaps"),
        ("secret", "secrets"),
        ("pvc", "persistentvolumeclaims"),
        ("claim", "persistentvolumeclaims"),
        ("persistentvolumeclaim", "persistentvolumeclaims"),
        ("volume", "persistentvolumes"),
        ("cronjob", "cronjobs"),
        ("cron", "cronjobs"),
        ("job", "jobs"),
        ("replicaset", "replicasets"),
        ("replica", "replicasets"),
        ("serviceaccount", "serviceaccounts"),
        ("account", "serviceaccounts"),
        ("policy", "networkpolicies"),
        ("policie", "networkpolicies"),
        ("networkpolicie", "networkpolicies"),
        ("endpoint", "endpoints"),
        ("storageclass", "storageclasses"),
        ("storageclasse", "storageclasses"),
        ("classe", "storageclasses"),
        ("quota", "resourcequotas"),
        ("resourcequota", "resourcequotas"),
        ("range", "limitranges"),
        ("rolebinding", "rolebindings"),
        ("role", "roles"),
        ("crd", "customresourcedefinitions"),
        ("lease", "leases"),
        ("pdb", "poddisruptionbudgets"),
        ("budget", "poddisruptionbudgets"),
        ("service", "services"),
        ("svc", "services"),
        ("ingresse", "ingresses"),
    ];
    words.iter().find_map(|word| {
        let singular = word
            .strip_suffix('s')
            .filter(|_| *word != "ingress")
            .unwrap_or(word);
        KINDS
            .iter()
            .find(|(known, _)| known == &singular)
            .map(|(_, plural)| *plural)
    })
}
