//! The vault: cluster credentials at rest.
//!
//! XChaCha20-Poly1305 with a random 192-bit nonce for every value (draft-irtf-cfrg-xchacha), under one
//! master key kept beside the database in a file only its owner can read. The place a value belongs to
//! is authenticated with it, so that a row copied over another one does not open.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    path::Path,
};

use chacha20poly1305::{
    Key, XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use sea_orm::{ActiveValue::Set, DatabaseConnection, EntityTrait, sea_query::OnConflict};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Result, StoreError,
    entity::settings,
    error::Doing,
    files::open_private,
    ids::{random_bytes, random_uuid},
    settings::read,
};

/// First byte of every sealed value: the format, so that a later one can be told apart.
const FORMAT: u8 = 1;
/// Length of a key id, bytes.
const KEY_ID: usize = 8;
/// Length of a nonce, bytes.
const NONCE: usize = 24;
/// The setting that says which key the database is sealed with.
const KEY_ID_SETTING: &str = "vault.key_id";

/// Where a sealed value belongs; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The table.
    pub(crate) table: &'static str,
    /// The owner; nil for the server itself.
    pub(crate) user: Uuid,
    /// The row; nil when the table has one.
    pub(crate) row: Uuid,
}

/// Seals and opens values with the master key.
pub(crate) struct Vault {
    cipher: XChaCha20Poly1305,
    key_id: [u8; KEY_ID],
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

type MasterKey = SecretBox<[u8; 32]>;

impl Vault {
    /// Opens the vault of a database. At the very first start the key is made; later a missing or
    /// foreign key is an error, because what it sealed would be lost.
    pub(crate) async fn open(path: &Path, writer: &DatabaseConnection) -> Result<Self> {
        let recorded = read(writer, KEY_ID_SETTING).await?;
        let key = match read_key(path)? {
            Some(key) => key,
            None if recorded.is_some() => {
                return Err(StoreError::MasterKeyMissing {
                    path: path.to_owned(),
                });
            }
            None => create_key(path)?,
        };
        let vault = Self::with_key(&key);
        if recorded.is_none() {
            record_key_id(writer, &vault.key_id_text()).await?;
        }
        // Read again: another process may have recorded its key in between.
        if read(writer, KEY_ID_SETTING).await? != Some(vault.key_id_text()) {
            return Err(StoreError::MasterKeyWrong {
                path: path.to_owned(),
            });
        }
        Ok(vault)
    }

    /// A vault whose key is nowhere but in memory.
    pub(crate) fn ephemeral() -> Result<Self> {
        Ok(Self::with_key(&SecretBox::new(Box::new(random_bytes()?))))
    }

    fn with_key(key: &MasterKey) -> Self {
        let key: &[u8; 32] = key.expose_secret();
        let digest = Sha256::new_with_prefix(b"ai4k8s master key id")
            .chain_update(key)
            .finalize();
        let mut key_id = [0; KEY_ID];
        key_id.copy_from_slice(&digest[..KEY_ID]);
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
            key_id,
        }
    }

    fn key_id_text(&self) -> String {
        to_hex(&self.key_id)
    }

    /// Seals a value for a place: format ‖ key id ‖ nonce ‖ ciphertext with tag.
    pub(crate) fn seal(&self, place: Place, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = random_bytes()?;
        let header = self.header(&nonce);
        let aad = associated_data(place, &header);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StoreError::Seal)?;
        Ok([header, sealed].concat())
    }

    /// Opens what was sealed for a place; `what` names it in the error.
    pub(crate) fn open_sealed(
        &self,
        place: Place,
        what: &'static str,
        sealed: &[u8],
    ) -> Result<SecretString> {
        let failed = || StoreError::Unseal { what };
        let (header, body) = sealed
            .split_at_checked(1 + KEY_ID + NONCE)
            .ok_or_else(failed)?;
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&header[1 + KEY_ID..]);
        if header != self.header(&nonce) {
            return Err(failed());
        }
        let aad = associated_data(place, header);
        let payload = Payload {
            msg: body,
            aad: &aad,
        };
        let plain = self
            .cipher
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| failed())?;
        String::from_utf8(plain)
            .map(SecretString::from)
            .map_err(|_| failed())
    }

    fn header(&self, nonce: &[u8; NONCE]) -> Vec<u8> {
        [&[FORMAT][..], &self.key_id, nonce].concat()
    }
}

/// Fixed-length parts after the table's name, so that no two places share a text.
fn associated_data(place: Place, header: &[u8]) -> Vec<u8> {
    [
        place.table.as_bytes(),
        b"|",
        place.user.as_bytes(),
        place.row.as_bytes(),
        header,
    ]
    .concat()
}

async fn record_key_id(writer: &DatabaseConnection, key_id: &str) -> Result<()> {
    let row = settings::ActiveModel {
        name: Set(KEY_ID_SETTING.to_owned()),
        value: Set(key_id.to_owned()),
    };
    settings::Entity::insert(row)
        .on_conflict(
            OnConflict::column(settings::Column::Name)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(writer)
        .await
        .doing("note which key the database is sealed with")?;
    Ok(())
}

fn read_key(path: &Path) -> Result<Option<MasterKey>> {
    if !path.exists() {
        return Ok(None);
    }
    let mut text = String::new();
    open_private(path)?
        .read_to_string(&mut text)
        .map_err(|source| StoreError::PrepareFile {
            path: path.to_owned(),
            source,
        })?;
    let text = SecretString::from(text);
    from_hex(text.expose_secret().trim())
        .and_then(|bytes| bytes.try_into().ok())
        .map(|key| Some(SecretBox::new(Box::new(key))))
        .ok_or_else(|| StoreError::MasterKeyDamaged {
            path: path.to_owned(),
        })
}

/// Makes the key and gives it its name only when it is whole and on disk. Of two processes starting
/// side by side the first wins and both use its key.
fn create_key(path: &Path) -> Result<MasterKey> {
    let key: MasterKey = SecretBox::new(Box::new(random_bytes()?));
    let draft = path.with_extension(format!("draft-{}", random_uuid()?));
    let written = write_key(&draft, &key).and_then(|()| fs::hard_link(&draft, path));
    // Fails only when the draft was never made.
    let _ = fs::remove_file(&draft);
    match written {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read_key(path)?.ok_or_else(|| StoreError::MasterKeyMissing {
                path: path.to_owned(),
            })
        }
        Err(source) => Err(StoreError::PrepareFile {
            path: path.to_owned(),
            source,
        }),
    }
}

fn write_key(draft: &Path, key: &MasterKey) -> std::io::Result<()> {
    let mut file = open_private(draft).map_err(std::io::Error::other)?;
    let text = SecretString::from(to_hex(key.expose_secret()));
    writeln!(file, "{}", text.expose_secret())?;
    file.sync_all()?;
    draft
        .parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Lower-case hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

/// Bytes from hexadecimal; `None` when it is not.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(&text[start..start + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            table: "clusters",
            user: random_uuid().unwrap(),
            row: random_uuid().unwrap(),
        }
    }

    #[test]
    fn opens_what_it_sealed_and_never_seals_alike() {
        let (vault, place) = (Vault::ephemeral().unwrap(), place());
        let (one, two) = (
            vault.seal(place, b"secret").unwrap(),
            vault.seal(place, b"secret").unwrap(),
        );
        assert_ne!(one, two);
        let opened = vault.open_sealed(place, "value", &one).unwrap();
        assert_eq!(opened.expose_secret(), "secret");
    }

    /// Every bit is under the check, the header's too.
    #[test]
    fn fails_closed_on_any_flipped_bit_and_any_cut() {
        let (vault, place) = (Vault::ephemeral().unwrap(), place());
        let sealed = vault.seal(place, b"secret").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(
                vault.open_sealed(place, "value", &changed).is_err(),
                "{bit}"
            );
        }
        for length in 0..sealed.len() {
            assert!(
                vault
                    .open_sealed(place, "value", &sealed[..length])
                    .is_err()
            );
        }
    }

    /// A row moved to another user or another row does not open.
    #[test]
    fn opens_nowhere_but_in_its_place() {
        let (vault, place) = (Vault::ephemeral().unwrap(), place());
        let sealed = vault.seal(place, b"secret").unwrap();
        let other = random_uuid().unwrap();
        for wrong in [
            Place {
                user: other,
                ..place
            },
            Place {
                row: other,
                ..place
            },
            Place {
                table: "settings",
                ..place
            },
            Place {
                user: place.row,
                row: place.user,
                ..place
            },
        ] {
            assert!(
                vault.open_sealed(wrong, "value", &sealed).is_err(),
                "{wrong:?}"
            );
        }
        let stranger = Vault::ephemeral().unwrap();
        assert!(stranger.open_sealed(place, "value", &sealed).is_err());
    }

    #[test]
    fn refuses_a_key_file_that_is_not_64_hexadecimal_digits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        for text in ["", "abc", &"g".repeat(64), &"é".repeat(32), &"a".repeat(65)] {
            fs::write(&path, text).unwrap();
            assert!(
                matches!(read_key(&path), Err(StoreError::MasterKeyDamaged { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn gives_all_who_start_together_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| to_hex(create_key(&path).unwrap().expose_secret())))
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap())
                .collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
