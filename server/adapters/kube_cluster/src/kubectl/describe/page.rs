//! A description being written: labelled lines whose values stand in columns.

use std::fmt::Display;

use crate::kubectl::tabs;

/// Lines with tabs between label and value, aligned when finished.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Text at a level of indentation (two spaces each), without a line break.
    pub(super) fn put(&mut self, level: usize, text: impl Display) {
        self.0.extend(std::iter::repeat_n("  ", level));
        self.0.push_str(&text.to_string());
    }

    /// A line.
    pub(super) fn line(&mut self, level: usize, text: impl Display) {
        self.put(level, text);
        self.0.push('\n');
    }

    /// `label:` and its value in the next column.
    pub(super) fn field(&mut self, level: usize, label: &str, value: impl Display) {
        self.line(level, format_args!("{label}:\t{value}"));
    }

    /// The same, when the value is not empty.
    pub(super) fn field_if(&mut self, level: usize, label: &str, value: &str) {
        if !value.is_empty() {
            self.field(level, label, value);
        }
    }

    /// `label:` and several values below each other, `<none>` when there are none.
    pub(super) fn column(&mut self, label: &str, values: &[String]) {
        self.put(0, format_args!("{label}:\t"));
        if values.is_empty() {
            self.line(0, "<none>");
        }
        for (index, value) in values.iter().enumerate() {
            self.line(
                0,
                format_args!("{}{value}", if index > 0 { "\t" } else { "" }),
            );
        }
    }

    /// The text as it stands, with its tabs.
    pub(super) fn raw(self) -> String {
        self.0
    }

    /// The text with its columns aligned.
    pub(super) fn finish(self) -> String {
        tabs::align(&self.0, tabs::PAGE)
    }
}
