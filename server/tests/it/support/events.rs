//! Reads server-sent events.

use serde_json::Value;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) id: Option<u64>,
    pub(crate) event: String,
    pub(crate) data: Value,
}

/// The events of a finished stream; comments and `retry:` alone are none.
pub(super) fn frames(text: &str) -> Vec<Frame> {
    text.split("\n\n").filter_map(frame).collect()
}

fn frame(block: &str) -> Option<Frame> {
    let field = |name: &str| {
        let prefix = format!("{name}: ");
        block.lines().find_map(|line| line.strip_prefix(&prefix))
    };
    Some(Frame {
        data: serde_json::from_str(field("data")?).unwrap(),
        id: field("id").map(|id| id.parse().unwrap()),
        event: field("event").unwrap_or("message").to_owned(),
    })
}
