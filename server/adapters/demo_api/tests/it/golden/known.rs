//! The table of differences that are there on purpose, or known and not mended yet.

use std::{fs, path::Path};

/// Rows of `DIFFERENCES.md`, and which of them were met.
pub(super) struct Known {
    rows: Vec<Row>,
}

struct Row {
    text: String,
    /// `*` is any.
    conversation: String,
    /// `*` is any.
    exchange: String,
    /// Part of the place.
    place: String,
    is_met: bool,
}

impl Known {
    /// Reads `| conversation | exchange | place | reason |`.
    pub(super) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let rows = text.lines().filter(|line| line.starts_with("| "));
        let rows = rows.skip(1).map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            let mut cell = || {
                cells
                    .next()
                    .unwrap_or_default()
                    .trim_matches('`')
                    .to_owned()
            };
            Row {
                text: line.to_owned(),
                conversation: cell(),
                exchange: cell(),
                place: cell(),
                is_met: false,
            }
        });
        Self {
            rows: rows.collect(),
        }
    }

    /// Whether a row of the table foresees a difference.
    pub(super) fn covers(&mut self, conversation: &str, exchange: &str, at: &str) -> bool {
        let is = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        let row = self.rows.iter_mut().find(|row| {
            is(&row.conversation, conversation)
                && is(&row.exchange, exchange)
                && (row.place == "*" || at.contains(&row.place))
        });
        let Some(row) = row else { return false };
        row.is_met = true;
        true
    }

    /// Rows that foresee nothing.
    pub(super) fn stale(&self) -> Vec<&str> {
        let stale = self.rows.iter().filter(|row| !row.is_met);
        stale.map(|row| row.text.as_str()).collect()
    }
}
