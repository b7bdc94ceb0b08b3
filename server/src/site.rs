//! The built site: inside the binary (feature `embed`), or in a folder while developing.
//!
//! `manifest.json` says which hashed file stands for which name; a release has brotli and gzip copies beside each file.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use app::Assets;
use bytes::Bytes;
use http::{HeaderMap, header};

/// Why there is no site.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The list of files could not be read.
    #[error("cannot read {}: build the page first (“make run” does)", path.display())]
    ReadManifest {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The list of files is not one.
    #[error("the site's manifest.json is damaged")]
    ParseManifest(#[source] serde_json::Error),
}

/// Where files come from.
enum Source {
    Folder(PathBuf),
    #[cfg(feature = "embed")]
    Embedded,
    /// No file at all: pages still render, without style or script.
    Nothing,
}

/// Everything the browser loads.
pub struct Site {
    source: Source,
    assets: Assets,
}

/// A file as it goes out.
pub struct File {
    /// The bytes.
    pub content: Bytes,
    /// Value of `Content-Type`.
    pub media_type: &'static str,
    /// Value of `Content-Encoding`; `None` when the bytes are the file itself.
    pub encoding: Option<&'static str>,
}

#[cfg(feature = "embed")]
#[derive(rust_embed::RustEmbed)]
#[folder = "../target/site-release"]
struct Embedded;

impl Site {
    /// The site in `folder`, else the one inside the binary.
    ///
    /// # Errors
    /// [`SiteError`] when it has not been built.
    pub fn open(folder: Option<&Path>) -> Result<Self, SiteError> {
        let source = match folder {
            Some(folder) => Source::Folder(folder.to_path_buf()),
            None => Self::built_in(),
        };
        let assets = assets(&source)?;
        Ok(Self { source, assets })
    }

    /// No site: pages render without style or script. For tests of everything else.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            source: Source::Nothing,
            assets: named(&HashMap::new()),
        }
    }

    #[cfg(feature = "embed")]
    const fn built_in() -> Source {
        Source::Embedded
    }

    /// What `make run` builds, or what cargo-leptos does and names in this variable.
    #[cfg(not(feature = "embed"))]
    fn built_in() -> Source {
        let watched = std::env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from);
        let watched = watched.filter(|folder| folder.join(WATCHED_SCRIPT).exists());
        Source::Folder(watched.unwrap_or_else(|| PathBuf::from("target/site-dev")))
    }

    /// Names of the files the page's head links to.
    #[must_use]
    pub fn assets(&self) -> Assets {
        self.assets.clone()
    }

    /// A file of the site in the best of the accepted encodings; `None` for anything else than a plain name at the
    /// root or in `pkg/`.
    #[must_use]
    pub fn file(&self, path: &str, accepted: &[Encoding]) -> Option<File> {
        let name = path.strip_prefix("pkg/").unwrap_or(path);
        if !is_plain(name) {
            return None;
        }
        let media_type = media_type(name)?;
        for encoding in accepted {
            let packed = format!("{path}.{}", encoding.suffix());
            if let Some(content) = self.source.read(&packed) {
                return Some(File {
                    content,
                    media_type,
                    encoding: Some(encoding.name()),
                });
            }
        }
        Some(File {
            content: self.source.read(path)?,
            media_type,
            encoding: None,
        })
    }
}

impl Source {
    fn read(&self, path: &str) -> Option<Bytes> {
        match self {
            Self::Folder(folder) => fs::read(folder.join(path)).ok().map(Bytes::from),
            #[cfg(feature = "embed")]
            Self::Embedded => {
                <Embedded as rust_embed::RustEmbed>::get(path).map(|file| match file.data {
                    Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                    Cow::Owned(bytes) => Bytes::from(bytes),
                })
            }
            Self::Nothing => None,
        }
    }
}

fn assets(source: &Source) -> Result<Assets, SiteError> {
    let manifest = match source {
        Source::Folder(folder) => {
            let path = folder.join("manifest.json");
            if !path.exists() && folder.join(WATCHED_SCRIPT).exists() {
                return Ok(named(&watched_names()));
            }
            fs::read(&path).map_err(|source| SiteError::ReadManifest { path, source })?
        }
        #[cfg(feature = "embed")]
        Source::Embedded => source.read("manifest.json").unwrap_or_default().to_vec(),
        Source::Nothing => b"{}".to_vec(),
    };
    let files: HashMap<String, String> =
        serde_json::from_slice(&manifest).map_err(SiteError::ParseManifest)?;
    Ok(named(&files))
}

/// Its presence without a manifest says that cargo-leptos built the folder.
const WATCHED_SCRIPT: &str = "pkg/ai4k8s.js";

/// cargo-leptos gives the wasm another name than wasm-bindgen does.
fn watched_names() -> HashMap<String, String> {
    HashMap::from([("ai4k8s_bg.wasm".to_owned(), "ai4k8s.wasm".to_owned())])
}

fn named(files: &HashMap<String, String>) -> Assets {
    let path = |name: &str| {
        let file = files.get(name).map_or(Cow::Borrowed(name), Cow::from);
        format!("/pkg/{file}")
    };
    Assets {
        css: path("ai4k8s.css"),
        js: path("ai4k8s.js"),
        wasm: path("ai4k8s_bg.wasm"),
        charts: path("charts.js"),
    }
}

/// One path segment of ordinary characters: nothing that could lead out of the folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit('.').next()? {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

/// A way to pack a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Brotli.
    Brotli,
    /// Gzip.
    Gzip,
}

impl Encoding {
    /// The ones a request accepts, best first. A quality of 0 is a refusal.
    #[must_use]
    pub fn accepted(headers: &HeaderMap) -> &'static [Self] {
        let accepts = |name: &str| {
            headers
                .get_all(header::ACCEPT_ENCODING)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|line| line.split(','))
                .any(|entry| {
                    let mut parts = entry.split(';').map(str::trim);
                    parts.next() == Some(name)
                        && !parts.any(|quality| quality.trim_end_matches(['0', '.']) == "q=")
                })
        };
        match (accepts("br"), accepts("gzip")) {
            (true, true) => &[Self::Brotli, Self::Gzip],
            (true, false) => &[Self::Brotli],
            (false, true) => &[Self::Gzip],
            (false, false) => &[],
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn serves_no_path_that_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.json"), "{}").unwrap();
        fs::create_dir(folder.path().join("pkg")).unwrap();
        fs::write(folder.path().join("pkg/a.css"), "a{}").unwrap();
        let site = Site::open(Some(folder.path())).unwrap();
        assert!(site.file("pkg/a.css", &[]).is_some());
        for path in [
            "pkg/../manifest.json",
            "../a.css",
            "pkg/..",
            "pkg/.a.css",
            "manifest.json",
            "pkg/%2e.css",
            "/etc/passwd",
        ] {
            assert!(site.file(path, &[]).is_none(), "{path}");
        }
    }

    #[test]
    fn serves_what_cargo_leptos_builds_under_its_own_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("pkg")).unwrap();
        fs::write(folder.path().join(WATCHED_SCRIPT), "").unwrap();
        let site = Site::open(Some(folder.path())).unwrap();
        assert_eq!(site.assets().js, "/pkg/ai4k8s.js");
        assert_eq!(site.assets().wasm, "/pkg/ai4k8s.wasm");
    }

    #[test]
    fn takes_the_packed_copy_where_it_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.json"), "{}").unwrap();
        fs::write(folder.path().join("a.js"), "plain").unwrap();
        fs::write(folder.path().join("a.js.br"), "packed").unwrap();
        let site = Site::open(Some(folder.path())).unwrap();
        let packed = site.file("a.js", &[Encoding::Brotli]).unwrap();
        assert_eq!(
            (packed.encoding, &packed.content[..]),
            (Some("br"), &b"packed"[..])
        );
        assert_eq!(site.file("a.js", &[Encoding::Gzip]).unwrap().encoding, None);
    }

    #[test]
    fn reads_what_a_browser_accepts() {
        let accepted = |value: &'static str| {
            Encoding::accepted(&HeaderMap::from_iter([(
                header::ACCEPT_ENCODING,
                HeaderValue::from_static(value),
            )]))
        };
        assert_eq!(
            accepted("gzip, deflate, br"),
            [Encoding::Brotli, Encoding::Gzip]
        );
        assert_eq!(accepted("br;q=0, gzip;q=0.5"), [Encoding::Gzip]);
        assert_eq!(accepted("identity"), []);
    }
}
