//! The frame of every table: it scrolls sideways on its own and says what it is.

use leptos::prelude::*;

/// A table of `children`, its rows.
#[component]
pub fn Table(
    /// What it lists, read aloud before it.
    label: &'static str,
    /// Heads of its columns; an empty one stands over buttons and is read as "Actions".
    columns: &'static [&'static str],
    /// Its class: `rows` where `j` and `k` walk from row to row.
    #[prop(optional)]
    class: &'static str,
    /// Its rows.
    children: Children,
) -> impl IntoView {
    let heads = columns
        .iter()
        .map(|column| match *column {
            "" => view! {
                <th scope="col">
                    <span class="hidden">"Actions"</span>
                </th>
            }
            .into_any(),
            column => view! { <th scope="col">{column}</th> }.into_any(),
        })
        .collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=label>
            <table class=class>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
