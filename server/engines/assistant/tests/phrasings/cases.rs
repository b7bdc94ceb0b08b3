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
];
