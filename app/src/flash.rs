//! What a form leaves for the next page: the values that were typed, why they were
//! refused, or what came of them.
//!
//! Kept in memory under a random key that only the browser's cookie names, so that neither typed text nor
//! error words ever travel in a URL. Passwords are not kept at all.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::error::AppError;

pub use kept::{Flashes, TypedForm, key_of};

/// One form's remains, for the page it was sent from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// Path of the page, without its query.
    pub page: String,
    /// Path of the server function the form was sent to.
    pub endpoint: String,
    /// Field to value, passwords left out.
    pub typed: BTreeMap<String, String>,
    /// Why it was refused, if it was.
    pub error: Option<AppError>,
    /// What came of it, as the function's own JSON, when the page shows it.
    pub outcome: Option<serde_json::Value>,
}

/// The flash this page was opened with.
#[derive(Clone, Copy)]
pub struct PageFlash(StoredValue<Option<Flash>>);

impl PageFlash {
    /// What the function at `endpoint` left for this page.
    #[must_use]
    pub fn of(self, endpoint: &str) -> Option<Flash> {
        self.0.with_value(|flash| {
            flash
                .as_ref()
                .filter(|flash| flash.endpoint == endpoint)
                .cloned()
        })
    }
}

/// Takes the flash of the request at hand and provides it to the page as [`PageFlash`].
pub fn provide_page_flash() {
    provide_context(PageFlash(StoredValue::new(taken())));
}

fn taken() -> Option<Flash> {
    let flashes = use_context::<Flashes>()?;
    let request = crate::api::request::Request::current();
    flashes.take(request.flash_key.as_deref()?, &request.path)
}

mod kept {
    use std::{
        collections::BTreeMap,
        sync::{Arc, Mutex, PoisonError},
        time::{Duration, Instant},
    };

    use super::Flash;

    /// How long a page may be left before what was typed on it is dropped.
    const LIFETIME: Duration = Duration::from_mins(15);
    /// The most that is kept for all browsers together, in bytes of typed text.
    const MOST_BYTES: usize = 16 << 20;
    /// The most one browser may leave: a form that failed and one that met an ended session, with room.
    const MOST_PER_BROWSER: usize = 4;
    /// The cookie that names a browser's flashes.
    pub(crate) const COOKIE: &str = "ai4k8s_flash";

    /// The url-encoded body of a form post as it arrived: put into the request's extensions by the server,
    /// for posts to `/api/fn/` that accept `text/html`.
    #[derive(Clone)]
    pub struct TypedForm(pub Arc<str>);

    impl TypedForm {
        /// The fields, without those that hold a password.
        #[must_use]
        pub fn fields(&self) -> BTreeMap<String, String> {
            form_urlencoded::parse(self.0.as_bytes())
                .into_owned()
                .filter(|(name, _)| !is_secret(name))
                .collect()
        }
    }

    /// Whether a field is never kept. A kubeconfig is: losing a page of pasted text is worse, it stays in
    /// memory, and only the browser that sent it gets it back.
    fn is_secret(field: &str) -> bool {
        field.contains("password")
    }

    /// The key a browser's cookie names.
    #[must_use]
    pub fn key_of(headers: &http::HeaderMap) -> Option<String> {
        crate::api::request::cookie(headers, COOKIE)
    }

    struct Entry {
        key: String,
        flash: Flash,
        bytes: usize,
        kept_at: Instant,
    }

    /// All flashes of this server. Bounded in time and size; the oldest goes first.
    #[derive(Clone, Default)]
    pub struct Flashes {
        entries: Arc<Mutex<Vec<Entry>>>,
        secure: bool,
    }

    impl Flashes {
        /// An empty store; `secure` says whether browsers reach this server by TLS.
        #[must_use]
        pub fn new(secure: bool) -> Self {
            Self {
                entries: Arc::default(),
                secure,
            }
        }

        /// Keeps a flash for the browser with `key` and answers the `Set-Cookie` value that names it.
        ///
        /// A key this server did not give out is replaced by one of its own.
        #[must_use]
        pub fn keep(&self, key: Option<&str>, flash: Flash) -> String {
            let mut entries = self.lock();
            let now = Instant::now();
            entries.retain(|entry| now.duration_since(entry.kept_at) < LIFETIME);
            let key = match key {
                Some(key) if entries.iter().any(|entry| entry.key == key) => key.to_owned(),
                Some(_) | None => leptos::nonce::Nonce::new().to_string(),
            };
            entries.retain(|entry| entry.key != key || entry.flash.page != flash.page);
            let bytes = weight(&flash);
            entries.push(Entry {
                key: key.clone(),
                flash,
                bytes,
                kept_at: now,
            });
            make_room(&mut entries, &key);
            let secure = if self.secure { "; Secure" } else { "" };
            format!("{COOKIE}={key}; Path=/; HttpOnly; SameSite=Lax; Max-Age=900{secure}")
        }

        /// Takes what was left for `page`.
        #[must_use]
        pub fn take(&self, key: &str, page: &str) -> Option<Flash> {
            let mut entries = self.lock();
            let index = entries
                .iter()
                .position(|entry| entry.key == key && entry.flash.page == page)?;
            let entry = entries.remove(index);
            (entry.kept_at.elapsed() < LIFETIME).then_some(entry.flash)
        }

        /// Drops everything a browser left: it signs out.
        pub fn forget(&self, key: &str) {
            self.lock().retain(|entry| entry.key != key);
        }

        fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
            self.entries.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// About how much memory a flash takes; one without any text takes some too.
    fn weight(flash: &Flash) -> usize {
        const EMPTY: usize = 4 << 10;
        let typed: usize = flash.typed.iter().map(|(k, v)| k.len() + v.len()).sum();
        let outcome = flash
            .outcome
            .as_ref()
            .map_or(0, |outcome| outcome.to_string().len());
        EMPTY + flash.page.len() + typed + outcome
    }

    fn make_room(entries: &mut Vec<Entry>, key: &str) {
        let of_browser = |entries: &[Entry]| entries.iter().filter(|e| e.key == key).count();
        while of_browser(entries) > MOST_PER_BROWSER {
            let oldest = entries.iter().position(|entry| entry.key == key);
            entries.remove(oldest.expect("the browser has more than one entry"));
        }
        let mut bytes: usize = entries.iter().map(|entry| entry.bytes).sum();
        while bytes > MOST_BYTES && entries.len() > 1 {
            bytes -= entries.remove(0).bytes;
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn flash(page: &str, text: &str) -> Flash {
            Flash {
                page: page.to_owned(),
                endpoint: "/api/fn/x".to_owned(),
                typed: [("message".to_owned(), text.to_owned())].into(),
                error: None,
                outcome: None,
            }
        }

        fn key(cookie: &str) -> &str {
            let value = cookie.strip_prefix("ai4k8s_flash=").unwrap();
            value.split(';').next().unwrap()
        }

        #[test]
        fn gives_back_once_what_was_typed_on_a_page() {
            let flashes = Flashes::default();
            let cookie = flashes.keep(None, flash("/a", "hello"));
            assert_eq!(flashes.take(key(&cookie), "/b"), None);
            assert_eq!(flashes.take("other", "/a"), None);
            let taken = flashes.take(key(&cookie), "/a").unwrap();
            assert_eq!(taken.typed["message"], "hello");
            assert_eq!(flashes.take(key(&cookie), "/a"), None);
        }

        #[test]
        fn a_failed_login_does_not_push_out_the_draft_it_was_for() {
            let flashes = Flashes::default();
            let first = flashes.keep(None, flash("/c/1/ask", "draft"));
            let second = flashes.keep(Some(key(&first)), flash("/login", "name"));
            assert_eq!(key(&first), key(&second));
            assert!(flashes.take(key(&first), "/c/1/ask").is_some());
        }

        #[test]
        fn does_not_adopt_a_key_it_never_gave_out() {
            let flashes = Flashes::default();
            let cookie = flashes.keep(Some("planted"), flash("/a", "x"));
            assert_ne!(key(&cookie), "planted");
        }

        #[test]
        fn drops_the_oldest_when_full() {
            let flashes = Flashes::default();
            let first = flashes.keep(None, flash("/a", "x"));
            for _ in 0..65 {
                let _ = flashes.keep(None, flash("/a", &"y".repeat(256 << 10)));
            }
            assert_eq!(flashes.take(key(&first), "/a"), None);
        }

        #[test]
        fn counts_what_holds_no_text_too() {
            let flashes = Flashes::default();
            let first = flashes.keep(None, flash("/a", ""));
            for _ in 0..=MOST_BYTES / (4 << 10) {
                let _ = flashes.keep(None, flash("/a", ""));
            }
            assert_eq!(flashes.take(key(&first), "/a"), None);
        }

        #[test]
        fn never_keeps_a_password() {
            let form = TypedForm("name=ada&password=hunter22hunter&new_password=y&next=%2F".into());
            let fields = form.fields();
            assert_eq!(fields["name"], "ada");
            assert_eq!(fields.keys().collect::<Vec<_>>(), ["name", "next"]);
        }
    }
}

pub(crate) use kept::COOKIE;
