//! Passwords: what is accepted, and how it is hashed.
//!
//! Rules of NIST SP 800-63B section 3.1.1.2: length and a list of common passwords, no rules about kinds of
//! characters; what is typed is taken verbatim. Hashing is argon2id with 19 MiB, 2 passes, 1 lane
//! (OWASP Password Storage Cheat Sheet), a few at a time, away from the async workers.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use domain::{ErrorCode, OpsError};
use tokio::sync::Semaphore;

use crate::{Result, StoreError};

/// Shortest password accepted, bytes.
pub const SHORTEST: usize = 8;
/// Longest password accepted, bytes.
pub const LONGEST: usize = 1024;
/// Length worth advising, characters.
pub const ADVISED: usize = 12;
/// Hashes computed side by side: each takes 19 MiB and a processor.
const AT_ONCE: usize = 2;
/// Callers that may wait for their turn; more are turned away.
const WAITING: usize = 32;

/// Common passwords, lower-case, one a line, sorted.
static COMMON: &str = include_str!("common_passwords.txt");

/// Whether a password may be chosen by somebody of this name.
///
/// # Errors
/// [`ErrorCode::Invalid`] saying which rule it breaks and what to do.
pub fn check(name: &str, password: &str) -> std::result::Result<(), OpsError> {
    let refuse = |why: &str| {
        Err(OpsError::new(ErrorCode::Invalid, why).hint(format!(
            "Best are {ADVISED} characters or more; a few unrelated words will do."
        )))
    };
    if password.len() < SHORTEST {
        return refuse("the password is shorter than 8 characters");
    }
    if password.len() > LONGEST {
        return refuse("the password is longer than 1024 bytes");
    }
    let folded = password.to_lowercase();
    if folded == name.trim().to_lowercase() {
        return refuse("the password is the user name");
    }
    if is_common(&folded) {
        return refuse("the password is among the most common ones");
    }
    Ok(())
}

/// In the list, or one character over and over.
fn is_common(folded: &str) -> bool {
    static LIST: LazyLock<Vec<&str>> = LazyLock::new(|| COMMON.lines().collect());
    let mut characters = folded.chars();
    let first = characters.next();
    LIST.binary_search(&folded).is_ok() || characters.all(|character| Some(character) == first)
}

/// Hashes and checks passwords, a few at a time.
#[derive(Debug)]
pub(crate) struct PasswordHasher {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl PasswordHasher {
    /// The password's hash as a PHC string with a random salt.
    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.run(move || hash_now(&password)).await
    }

    /// Whether a password is the one hashed. Without a hash (no such account) it takes as long and
    /// says no.
    pub(crate) async fn verify(&self, password: &str, stored: Option<String>) -> Result<bool> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let password = password.to_owned();
        self.run(move || verify_now(&password, stored.as_deref()))
            .await
    }

    /// Runs on a blocking thread when it is its turn; turned away when too many are waiting.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = Turn::take(&self.waiting)?;
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        drop(turn);
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(StoreError::PasswordWorker)?
    }
}

/// A place among those waiting, given back however the waiting ends.
struct Turn<'a>(&'a AtomicUsize);

impl<'a> Turn<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self> {
        let turn = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= WAITING + AT_ONCE {
            return Err(StoreError::Refused(
                OpsError::new(
                    ErrorCode::Unavailable,
                    "too many people are signing in at once",
                )
                .hint("Try again in a few seconds."),
            ));
        }
        Ok(turn)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn argon2() -> Argon2<'static> {
    let params =
        Params::new(19 * 1024, 2, 1, None).expect("the parameters are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> Result<String> {
    argon2()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|source| StoreError::Password {
            doing: "hash a password",
            source,
        })
}

fn verify_now(password: &str, stored: Option<&str>) -> Result<bool> {
    static NOBODYS: LazyLock<Result<String>> = LazyLock::new(|| hash_now("nobody has this one"));
    let text = match (stored, NOBODYS.as_ref()) {
        (Some(text), _) => text,
        (None, Ok(text)) => text,
        (None, Err(_)) => return Ok(false),
    };
    let hash = PasswordHash::new(text).map_err(|source| StoreError::Password {
        doing: "read a stored password hash",
        source: source.into(),
    })?;
    let matches = argon2().verify_password(password.as_bytes(), &hash).is_ok();
    Ok(matches && stored.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(name: &str, password: &str) {
        assert!(check(name, password).is_err(), "{password}");
    }
    #[test]
    fn refuses_short_common_and_self_naming_passwords() {
        refused("ada", "1234567");
        refused("ada", "password");
        refused("ada", "Password1");
        refused("ada", "qwertyuiop");
        refused("ada.lovelace", "Ada.Lovelace");
        refused("ada", &"a".repeat(40));
        refused("ada", &"ab".repeat(513));
    }

    /// Verbatim, up to 1024 bytes, nothing cut off.
    #[tokio::test]
    async fn tells_apart_passwords_that_differ_in_the_last_byte_only() {
        let hasher = PasswordHasher::default();
        let long = "ü".repeat(511);
        let (one, two) = (format!("{long}\0a"), format!("{long}\0b"));
        assert_eq!(check("ada", &one), Ok(()));
        let hash = hasher.hash(&one).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hasher.verify(&one, Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(&two, Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(&format!("{one} "), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn says_no_for_an_account_that_does_not_exist() {
        let hasher = PasswordHasher::default();
        assert!(!hasher.verify("nobody has this one", None).await.unwrap());
    }
    #[tokio::test]
    async fn turns_callers_away_when_too_many_wait() {
        let hasher = PasswordHasher::default();
        let turns: Vec<_> = (0..WAITING + AT_ONCE)
            .map(|_| Turn::take(&hasher.waiting).unwrap())
            .collect();
        let refusal = hasher.hash("correct horse").await.unwrap_err();
        assert_eq!(OpsError::from(refusal).code, ErrorCode::Unavailable);
        drop(turns);
        assert!(hasher.hash("correct horse").await.is_ok());
    }

    #[test]
    fn keeps_its_list_sorted_and_long() {
        let lines: Vec<_> = COMMON.lines().collect();
        assert!(lines.is_sorted());
        assert!(lines.len() >= 3000, "{}", lines.len());
        assert!(
            lines
                .iter()
                .all(|line| line.len() >= SHORTEST && *line == line.to_lowercase())
        );
    }
}
