//! One set of line icons, always beside a label.

use leptos::prelude::*;

/// What an icon stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// The overview of a cluster.
    Overview,
    /// Asking.
    Ask,
    /// Autoscaling.
    Autoscaling,
    /// Plans.
    Plans,
    /// Jobs.
    Jobs,
    /// Settings.
    Settings,
    /// All clusters.
    Clusters,
    /// The account.
    Account,
}

impl Icon {
    /// The icon's strokes on a 24 × 24 grid.
    const fn strokes(self) -> &'static str {
        match self {
            Self::Overview => "M4 13h6V4H4zM14 20h6V4h-6zM4 20h6v-4H4z",
            Self::Ask => "M4 5h16v11H9l-5 4z",
            Self::Autoscaling => "M12 3v18M5 10l7-7 7 7M5 21h14",
            Self::Plans => "M9 11l3 3 8-8M20 12v7H4V5h10",
            Self::Jobs => "M5 12h4l2-6 3 12 2-6h3",
            Self::Settings => "M4 7h10M18 7h2M4 17h2M10 17h10M16 4.5v5M8 14.5v5",
            Self::Clusters => "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
            Self::Account => "M12 12a4 4 0 100-8 4 4 0 000 8zM4 20c1-4 4-5 8-5s7 1 8 5",
        }
    }

    /// The icon, hidden from screen readers: its label stands beside it.
    pub fn view(self) -> impl IntoView {
        view! {
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
                <path d=self.strokes() />
            </svg>
        }
    }
}

/// The product's mark.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <path class="mark-ground" d="M12 2l8.7 4.2 2.1 9.4-6 7.6H7.2l-6-7.6 2.1-9.4z" />
            <path class="mark-line" d="M6 14l3-4 3 3 3-6 3 4" />
        </svg>
    }
}
