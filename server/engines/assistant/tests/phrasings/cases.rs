//! What people ask and what the answer says, in many wordings.

/// One wish in several wordings.
pub(crate) struct Case {
    /// Questions asked before, in the same conversation.
    pub(crate) before: &'static [&'static str],
    /// Wordings of the wish.
    pub(crate) questions: &'static [&'static str],
    /// What each answer shows.
    pub(crate) says: &'static [&'static str],
    /// What none shows.
    pub(crate) never: &'static [&'static str],
}

pub(crate) const CASES: &[Case] = &[
    Case {
        before: &[],
        questions: &[
            "Which pods restart and why?",
            "which pods keep restarting, and why?",
            "why do pods restart?",
            "why are pods restarting",
            "tell me which containers restart and the reason",
            "what pods are restarting and why",
        ],
        says: &[
            "1 pod restarted",
            "payments/ledger-6c5d-xk2lp",
            "7 restarts, the last 3m ago: it reached its memory limit of 512 MiB",
            "Raise the memory limit",
            "why is ledger-6c5d-xk2lp restarting in payments?",
        ],
        never: &["storefront"],
    },
    Case {
        before: &["tell me about ledger"],
        questions: &[
            "raise its memory limit to 1Gi",
            "please set its memory limit to 1 gi",
            "can you increase the memory limit of it to 1GiB?",
            "give it 1Gi of memory",
            "how do I raise its memory limit to 1Gi?",
            "bump ledger's memory to 1Gi",
        ],
        says: &[
            "cannot be changed from here yet",
            "kubectl set resources deployment ledger --namespace=payments --limits=memory=1Gi",
            "memory limit 512 MiB",
            "proposal: None",
        ],
        never: &["Recommendation"],
    },
    Case {
        before: &[],
        questions: &[
            "raise the limit of storefront to 2",
            "lower the cpu request of storefront",
            "update storefront's requests",
            "give storefront more cpu",
            "increase the cpu of storefront",
            "reduce storefront's memory",
        ],
        says: &[
            "kubectl set resources deployment storefront --namespace=shop --",
            "proposal: None",
        ],
        never: &["Recommendation"],
    },
    Case {
        before: &["scale storefront to 4"],
        questions: &[
            "make it 5 instead",
            "no, make it 5",
            "actually make that five replicas",
            "change it to 5 please",
            "sorry, I meant 5",
            "no wait, make it 5",
            "5 instead",
        ],
        says: &[
            "from 3 to 5",
            "proposal: Some(Scale",
            "replicas: Replicas(5)",
        ],
        never: &["I cannot tell"],
    },
    Case {
        before: &["scale storefront to 4", "yes", "make it 6"],
        questions: &[
            "make it 5 instead",
            "rather 5",
            "let's make it 5",
            "no, 5 instead please",
        ],
        says: &["shop/storefront (Deployment) from 3 to 5"],
        never: &[],
    },
    Case {
        before: &["tell me about storefront"],
        questions: &[
            "make it 5",
            "please make it 5",
            "just make it 5",
            "ok, make it 5 then",
        ],
        says: &[
            "do not know what of shop/storefront",
            "--replicas=5",
            "proposal: None",
        ],
        never: &[],
    },
    Case {
        before: &["pods in shop"],
        questions: &[
            "show me the logs of the first one",
            "logs of the first pod please",
            "I want to see the logs of the first",
            "can you print the log of the first one?",
        ],
        says: &["kubectl logs storefront-7d9f-aaaaa --namespace=shop"],
        never: &[],
    },
    Case {
        before: &["pods in shop"],
        questions: &[
            "show me the logs of the second one",
            "logs of the second pod",
            "get me the log of the second one",
            "tail the logs of the second",
        ],
        says: &["kubectl logs storefront-7d9f-bbbbb --namespace=shop"],
        never: &[],
    },
    Case {
        before: &[],
        questions: &[
            "show me the logs of the first one",
            "logs of the second pod",
            "restart the last one",
            "describe the third one",
        ],
        says: &["Which one do you mean?", "run: None proposal: None"],
        never: &[],
    },
    Case {
        before: &[],
        questions: &[
            "yes",
            "approve",
            "do it",
            "go ahead",
            "yes please",
            "approve the plan",
            "ok, do it now",
        ],
        says: &[
            "no plan of this conversation waits",
            "never by words",
            "run: None proposal: None",
        ],
        never: &[],
    },
    Case {
        before: &["tell me about storefront"],
        questions: &[
            "undo that",
            "undo it",
            "please revert that",
            "roll it back",
            "can you undo the last change?",
        ],
        says: &["“Plan the undo”", "Plans page", "proposal: None"],
        never: &["I cannot tell"],
    },
    Case {
        before: &[],
        questions: &[
            "which pods are on the busiest node?",
            "what runs on the busiest node",
            "list the pods of the most loaded machine",
            "show me the pods on the node with the highest cpu",
            "which pods run on the hottest node?",
            "pods on the fullest node please",
        ],
        says: &[
            "node-1 is the busiest node: 30 % of its allocatable CPU in use (measured 20s ago). 8 pods on it",
            "shop/storefront-7d9f-aaaaa",
            "480m",
        ],
        never: &["storefront-7d9f-bbbbb", "uses the most"],
    },
    Case {
        before: &[],
        questions: &[
            "who changed storefront last?",
            "who modified the storefront deployment?",
            "who was the last to touch storefront, who updated it?",
            "when was storefront last updated?",
            "who deployed storefront",
            "who scaled storefront to 5?",
        ],
        says: &[
            "does not record who changed storefront",
            "audit log",
            "Scaled up replica set storefront-7d9f to 3",
            "kubectl rollout history deployment/storefront --namespace=shop",
            "proposal: None",
        ],
        never: &[],
    },
    Case {
        before: &[],
        questions: &[
            "why is the website slow?",
            "the website is slow, why?",
            "our site is slow",
            "why is the frontend so slow today",
            "is the homepage down?",
            "is our website up?",
            "why is our app slow?",
        ],
        says: &[
            "No workload is called “",
            "look like it",
            "shop/storefront",
            "3 of 3 replicas ready, 0 failing, 0 restarts; CPU at 89 % of its requests",
            "blog/web",
        ],
        never: &["ledger", "reports"],
    },
    Case {
        before: &[],
        questions: &[
            "network traffic per pod",
            "show network traffic for each pod",
            "which pods use the most bandwidth?",
            "bandwidth by pod",
            "which pod has the most traffic",
        ],
        says: &[
            "This is not measured per pod: the kubelet's summary is read for whole nodes",
            "All nodes together move",
        ],
        never: &[],
    },
    Case {
        before: &[],
        questions: &[
            "when will ledger run out of memory",
            "when does ledger run out of memory?",
            "will ledger run out of memory soon?",
            "how long until ledger runs out of memory?",
            "is the ledger going to run out of memory?",
            "when will the ledger hit its memory limit",
            "will ledger be OOMKilled again?",
        ],
        says: &[
            "make no forecast here",
            "Autoscaling page",
            "nearest to its limit now: 490 MiB of 512 MiB memory (96 %",
        ],
        never: &["it ran out of memory"],
    },
    Case {
        before: &[],
        questions: &[
            "describe the orders-db pod",
            "describe pod orders-db",
            "tell me about the pod of orders-db",
            "details of the orders-db pod",
            "show me the details of pod orders-db please",
        ],
        says: &["data/orders-db-0, a pod of StatefulSet orders-db"],
        never: &["is a StatefulSet with"],
    },
    Case {
        before: &[],
        questions: &[
            "describe the storefront pod",
            "describe pod storefront",
            "details of the storefront pod",
            "tell me about the storefront pod",
        ],
        says: &[
            "shop/storefront has 3 pods.",
            "describe pod storefront-7d9f-bbbbb in shop",
        ],
        never: &["is a Deployment with"],
    },
    Case {
        before: &[],
        questions: &[
            "what's new since yesterday",
            "what is new?",
            "anything new since yesterday?",
            "what happened overnight?",
            "what has changed since yesterday",
            "did I miss anything?",
        ],
        says: &[
            "Since this time yesterday: 2 warning events, 1 pod that restarted",
            "Events go back about an hour",
            "payments/ledger-6c5d-xk2lp",
            "3 of 3 pods new",
        ],
        never: &["called “yesterday”"],
    },
    Case {
        before: &[],
        questions: &[
            "what is wrong in payments?",
            "anything broken in payments",
            "problems in payments?",
            "what is failing in payments",
        ],
        says: &["I found 2 things in payments to look at, 1 of them critical"],
        never: &[],
    },
    Case {
        before: &[],
        questions: &[
            "what is wrong in analytics?",
            "anything broken in analytics",
            "problems in analytics?",
            "what is failing in analytics",
        ],
        says: &["in analytics to look at, 1 of them critical"],
        never: &["1 things", "1 pods"],
    },
    Case {
        before: &[],
        questions: &[
            "delete the failing pods in payments",
            "remove what is failing in payments",
            "kill the crashing pods in payments",
            "get rid of the failing pods in payments",
        ],
        says: &[
            "It would concern 1 failing or pending pod in payments",
            "proposal: None",
        ],
        never: &["1 pods", "pods in payments:"],
    },
    Case {
        before: &["scale storefront"],
        questions: &["5", "make it 5", "5 replicas instead", "ok, make that five"],
        says: &["shop/storefront (Deployment) from 3 to 5"],
        never: &[],
    },
    Case {
        before: &["what is wrong?"],
        questions: &[
            "why is the first one failing?",
            "the first one: why does it crash",
            "what is the first one's problem? why did the first one restart",
            "diagnose the first one please",
        ],
        says: &["payments/ledger-6c5d-xk2lp: it ran out of memory"],
        never: &[],
    },
    Case {
        before: &[],
        questions: &[
            "scale up orders-db",
            "increase the replicas of orders-db",
            "add replicas to orders-db",
            "more replicas for orders-db please",
            "scale out orders-db",
        ],
        says: &["does not share", "proposal: None"],
        never: &["Consider scaling"],
    },
    Case {
        before: &["show me the logs"],
        questions: &[
            "the first one",
            "the first one please",
            "ok, the first",
            "ok, the first one",
            "the first pod",
        ],
        says: &["kubectl logs ledger-6c5d-xk2lp --namespace=payments"],
        never: &[],
    },
];
