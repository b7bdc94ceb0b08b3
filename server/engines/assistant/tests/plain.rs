//! Fixed forms: what a word means, stop and start, everything at once.

mod company;

use assistant::understand;

#[test]
fn answers_fixed_forms_and_proposes_nothing() {
    for (question, part) in [
        ("what is CrashLoopBackOff?", "ended again and again"),
        ("what does OOMKilled mean?", "reached its memory limit"),
        ("what is ImagePullBackOff", "could not be fetched"),
        ("what does Pending mean", "accepted but not all"),
        (
            "stop storefront",
            "Stopping shop/storefront means scaling it to 0",
        ),
        ("turn off storefront", "deployment/storefront --replicas=0"),
        ("start cart", "shop/cart already has 2 replicas"),
        ("scale everything in shop to 1", "one workload at a time"),
        ("restart all pods", "one workload at a time"),
        ("what runs on node-2", "Pods on node-2: 8"),
        (
            "is there a memory leak somewhere?",
            "1 pod last ended because memory ran out",
        ),
        ("errors in the logs of cart", "cart-55c-aaaaa"),
        ("count pods per namespace", "7 namespaces"),
    ] {
        let reply = understand(question, &company::snapshot());
        assert_eq!(reply.proposal, None, "{question}");
        let shown = format!("{:?}", reply.blocks);
        assert!(shown.contains(part), "{question}: {shown}");
    }
}
