//! Light, dark, or as the system has it: a cookie, so that the server's first byte already knows.

use serde::{Deserialize, Serialize};

/// The cookie that remembers the choice.
pub const COOKIE: &str = "ai4k8s_theme";

/// The choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in the cookie and in `data-theme`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// From its word; anything else is the system's choice.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.as_str() == word)
            .unwrap_or_default()
    }
}

/// The theme the request's cookie names.
#[cfg(feature = "ssr")]
#[must_use]
pub fn chosen() -> Theme {
    let request = crate::api::request::Request::current();
    request
        .theme
        .as_deref()
        .map(Theme::parse)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_any_other_word_for_the_systems_choice() {
        assert_eq!(Theme::parse("dark"), Theme::Dark);
        assert_eq!(Theme::parse("\"><script>"), Theme::System);
    }
}
