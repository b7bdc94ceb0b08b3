//! Random identifiers and bytes from the operating system.

use uuid::{Builder, Uuid};

use crate::{Result, StoreError};

/// A random UUID (version 4) for a new row: `JobId(random_uuid()?)`.
///
/// # Errors
/// [`StoreError::Randomness`] when the operating system has none.
pub fn random_uuid() -> Result<Uuid> {
    Ok(Builder::from_random_bytes(random_bytes()?).into_uuid())
}

/// `N` unpredictable bytes.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(StoreError::Randomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_version_4_ids_that_differ() {
        let (one, two) = (random_uuid().unwrap(), random_uuid().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.get_version_num(), 4);
    }
}
