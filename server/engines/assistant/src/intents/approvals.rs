//! “Yes”, “approve”, “do it”: words that would approve a plan. They never do; the button of the plan does.

use super::{compose::Reply, focus::Focus, words};

/// Sentences that approve, without words of politeness.
const APPROVALS: &[&str] = &[
    "yes",
    "yep",
    "yeah",
    "yup",
    "do it",
    "do that",
    "do this",
    "go ahead",
    "go for it",
    "proceed",
    "approve",
    "approved",
    "approve it",
    "approve that",
    "approve this",
    "approve the plan",
    "approve this plan",
    "approve that plan",
    "i approve",
    "confirm",
    "confirmed",
    "confirm it",
    "confirm the plan",
    "make it so",
    "apply it",
    "apply the plan",
    "execute it",
    "execute the plan",
    "run it",
    "run the plan",
    "carry it out",
    "ship it",
    "lgtm",
];
/// Sentences that approve only where a plan was spoken of.
const AGREEMENTS: &[&str] = &["", "fine", "good", "sounds good", "looks good", "perfect"];
/// Sentences that turn a plan down where one was spoken of.
const REFUSALS: &[&str] = &[
    "no",
    "nope",
    "cancel",
    "cancel it",
    "cancel that",
    "cancel the plan",
    "reject",
    "reject it",
    "reject that",
    "reject the plan",
    "discard it",
    "never mind",
    "nevermind",
];
/// Words around them that change nothing.
const AROUND: &[&str] = &[
    "please", "now", "then", "just", "so", "and", "ok", "okay", "sure", "thanks",
];

/// The answer to a sentence that approves a plan or turns it down; `None` for any other.
pub(super) fn answer(text: &str, focus: &Focus<'_>) -> Option<Reply> {
    let all = words::of(text);
    let mut kept: Vec<&str> = all.iter().map(String::as_str).collect();
    kept.retain(|word| !AROUND.contains(word));
    if kept.len() > 1 && matches!(kept[0], "yes" | "yeah" | "yep") {
        kept.remove(0);
    }
    let sentence = kept.join(" ");
    let is = |known: &[&str]| !all.is_empty() && known.contains(&sentence.as_str());
    match focus.planned() {
        Some(plan) if is(APPROVALS) || is(AGREEMENTS) => Some(Reply::new(format!(
            "Nothing has been changed: words approve nothing. The plan for “{plan}” is carried out by the button on its card above that names the change, as long as it has not expired."
        ))),
        Some(plan) if is(REFUSALS) => Some(Reply::new(format!(
            "Nothing has been changed. The plan for “{plan}” does nothing unless its button is pressed; “Reject” on its card above closes it."
        ))),
        None if is(APPROVALS) => Some(Reply::new(
            "Nothing has been changed: no plan of this conversation waits for approval, and a plan is approved by the button on its card, never by words. Ask for a change, such as “scale NAME to 3”, to get one.",
        )),
        Some(_) | None => None,
    }
}
