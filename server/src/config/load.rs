//! Reads the configuration file and the environment.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::Config;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or a variable holds something that cannot be used.
    #[error("the configuration{} cannot be used", path.as_ref().map(|p| format!(" in {}", p.display())).unwrap_or_default())]
    Read {
        /// The file, when one was named.
        path: Option<PathBuf>,
        /// What was wrong, naming the key.
        #[source]
        source: config::ConfigError,
    },
}

/// Defaults, then the file, then `AI4K8S_*` variables (`AI4K8S_HTTP__LISTEN` sets `http.listen`).
///
/// # Errors
/// [`ConfigError::Read`] when the file is missing or malformed, or a value has the wrong type.
pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
    let mut builder = config::Config::builder();
    if let Some(path) = file {
        builder = builder.add_source(config::File::from(path).format(config::FileFormat::Toml));
    }
    builder
        .add_source(
            config::Environment::with_prefix("AI4K8S")
                .prefix_separator("_")
                .separator("__")
                .try_parsing(true)
                .source(Some(settings(std::env::vars()))),
        )
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|source| ConfigError::Read {
            path: file.map(Path::to_path_buf),
            source,
        })
}

/// The variables that are settings: ours in sections, and the two that stand outside any. Others with our
/// prefix belong to scripts and are not read as misspelt settings.
fn settings(variables: impl Iterator<Item = (String, String)>) -> HashMap<String, String> {
    variables
        .filter(|(name, _)| {
            name.contains("__")
                || ["AI4K8S_DATA_DIR", "AI4K8S_DATABASE_URL"].contains(&name.as_str())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_file_over_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ai4k8s.toml");
        std::fs::write(&path, "[http]\nlisten = \"127.0.0.1:4000\"\n").unwrap();
        let config = load(Some(&path)).unwrap();
        assert_eq!(config.http.listen.port(), 4000);
        assert!(config.demo.enabled);
    }

    #[test]
    fn names_the_file_and_the_key_it_cannot_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ai4k8s.toml");
        std::fs::write(&path, "[http]\nlisten = 7\n").unwrap();
        let error = load(Some(&path)).unwrap_err();
        assert!(error.to_string().contains("ai4k8s.toml"));
        assert!(std::error::Error::source(&error).is_some());
    }
}
