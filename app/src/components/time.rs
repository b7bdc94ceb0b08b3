//! Times and ages, as people say them and as machines read them.

use domain::time::Timestamp;
use leptos::prelude::*;

use crate::clock;

/// An age in words: `40 s`, `12 min`, `5 h`, `3 d`. A time to come counts as now.
#[must_use]
pub fn age(seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..90 => format!("{s}\u{202f}s"),
        s @ 90..5_400 => format!("{}\u{202f}min", s / 60),
        s @ 5_400..129_600 => format!("{}\u{202f}h", s / 3_600),
        s => format!("{}\u{202f}d", s / 86_400),
    }
}

/// How long ago something was. [`crate::islands::page`] keeps it current.
#[component]
pub fn Ago(at: Timestamp) -> impl IntoView {
    view! {
        <time datetime=at.to_string() title=format!("{} UTC", at.date_and_clock()) data-ago=at.0.to_string()>
            {ago(at)}
        </time>
    }
}

/// `12 min ago`
#[must_use]
pub fn ago(at: Timestamp) -> String {
    format!("{} ago", age(clock::now().seconds_since(at)))
}

/// How long there is until `at`; `now` once it is over. [`crate::islands::page`] keeps it current.
#[component]
pub fn Until(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.to_string() data-until=at.0.to_string()>{until(at)}</time> }
}

/// `in 3 min`
#[must_use]
pub fn until(at: Timestamp) -> String {
    match at.seconds_since(clock::now()) {
        left @ 1.. => format!("in {}", age(left)),
        _ => "now".to_owned(),
    }
}

/// A point in time in UTC, said so.
#[component]
pub fn At(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.to_string()>{at.date_and_clock()}" UTC"</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_ages_in_one_unit() {
        for (seconds, words) in [
            (-5, "0\u{202f}s"),
            (89, "89\u{202f}s"),
            (90, "1\u{202f}min"),
            (5_399, "89\u{202f}min"),
            (5_400, "1\u{202f}h"),
            (129_600, "1\u{202f}d"),
        ] {
            assert_eq!(age(seconds), words);
        }
    }
}
