//! A unified diff, with what a line means said in more than colour.

use leptos::prelude::*;

/// A unified diff, line by line. The signs stay in the text, so that it can be copied and read aloud.
#[component]
pub fn Diff(
    /// The diff.
    text: String,
) -> impl IntoView {
    let lines = text
        .lines()
        .map(|line| view! { <span class=line_class(line)>{format!("{line}\n")}</span> })
        .collect_view();
    view! {
        <pre class="diff scroll" tabindex="0" role="group" aria-label="Diff">
            {lines}
        </pre>
    }
    .into_any()
}

fn line_class(line: &str) -> &'static str {
    if line.starts_with("+++") || line.starts_with("---") || line.starts_with("@@") {
        "where"
    } else if line.starts_with('+') {
        "added"
    } else if line.starts_with('-') {
        "removed"
    } else {
        "same"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_not_take_the_heading_for_a_change() {
        for (line, class) in [
            ("--- live", "where"),
            ("+++ dry run", "where"),
            ("@@ -1 +1 @@", "where"),
            ("-  replicas: 3", "removed"),
            ("+  replicas: 8", "added"),
            ("   spec:", "same"),
        ] {
            assert_eq!(line_class(line), class, "{line}");
        }
    }
}
