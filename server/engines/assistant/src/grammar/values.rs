//! Values of flags and arguments: names, types, selectors, durations, replica counts.

use domain::{
    OpsError,
    command::{ObjectWords, ResourceWord},
    ids::{NamespaceScope, ObjectName},
    units::ReplicaBounds,
};

use super::{flags::Arguments, invalid, unsupported};

/// The longest selector that is passed on, in bytes.
const MAX_SELECTOR_BYTES: usize = 1024;

/// A type word, lower-cased as kubectl does.
pub(super) fn resource_word(text: &str) -> Result<ResourceWord, OpsError> {
    let word = text.to_ascii_lowercase();
    let is_allowed =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if let Some(bad) = word.chars().find(|&c| !is_allowed(c)) {
        return Err(invalid(
            format!(
                "“{}” is not a resource type: U+{:04X} is not allowed in it",
                text.escape_debug(),
                bad as u32
            ),
            "kubectl get deployments",
        ));
    }
    let begins_well = word.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins_well || word.len() > 253 {
        return Err(invalid(
            format!("“{word}” is not a resource type"),
            "kubectl get deployments",
        ));
    }
    Ok(ResourceWord(word))
}

/// Reads types and names the way kubectl does: `pods`, `pods web-1 web-2`, `pod/web-1 svc/web`, `pods,services`.
///
/// # Errors
/// `Invalid` when the two forms are mixed.
pub(super) fn objects(words: &[String]) -> Result<ObjectWords, OpsError> {
    let (Some(first), rest) = (words.first(), words.get(1..).unwrap_or_default()) else {
        return Err(invalid(
            "the command names no resource type",
            "kubectl get pods",
        ));
    };
    if words.iter().any(|word| word.contains('/')) {
        return slashed(words);
    }
    let resources = first
        .split(',')
        .map(resource_word)
        .collect::<Result<Vec<_>, _>>()?;
    let names = rest
        .iter()
        .map(|name| ObjectName::new(name.as_str()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(ObjectWords {
        resources,
        names,
        pairs: Vec::new(),
    })
}

/// `pod/a pod/b` as one type and its names, `pod/a svc/b` as pairs.
fn slashed(words: &[String]) -> Result<ObjectWords, OpsError> {
    let mut pairs = Vec::new();
    for word in words {
        let Some((resource, name)) = word.split_once('/') else {
            return Err(invalid(
                format!("“{word}” stands beside a type/name; use one form for all"),
                "kubectl get pod/web-1 pod/web-2",
            ));
        };
        pairs.push((resource_word(resource)?, ObjectName::new(name)?));
    }
    let is_of_one_type = pairs.windows(2).all(|pair| pair[0].0 == pair[1].0);
    if !is_of_one_type {
        return Ok(ObjectWords {
            pairs,
            ..ObjectWords::default()
        });
    }
    Ok(ObjectWords {
        resources: pairs
            .first()
            .map(|(word, _)| word.clone())
            .into_iter()
            .collect(),
        names: pairs.into_iter().map(|(_, name)| name).collect(),
        pairs: Vec::new(),
    })
}

/// Exactly one object, for verbs that act on one.
pub(super) fn one_object(
    words: &[String],
    example: &str,
) -> Result<(ResourceWord, ObjectName), OpsError> {
    let mut meant = objects(words)?;
    match (meant.resources.len(), meant.names.len()) {
        (1, 1) => Ok((meant.resources.remove(0), meant.names.remove(0))),
        (_, 0) if meant.pairs.is_empty() => Err(invalid("the command names no object", example)),
        _ => Err(unsupported(
            "one object at a time is changed or watched here",
            format!("For example: {example}"),
        )),
    }
}

/// `-A` and `-n`; `None` when neither is given. `-A` wins, as with kubectl.
pub(super) fn scope(arguments: &Arguments) -> Result<Option<NamespaceScope>, OpsError> {
    if arguments.is_on("all-namespaces")? {
        return Ok(Some(NamespaceScope::All));
    }
    arguments
        .value("namespace")
        .map(|name| ObjectName::new(name).map(NamespaceScope::One))
        .transpose()
}

/// A label or field selector, checked for characters and brackets; its meaning is the API server's to judge.
pub(super) fn selector(
    arguments: &Arguments,
    flag: &'static str,
) -> Result<Option<String>, OpsError> {
    let Some(text) = arguments.value(flag) else {
        return Ok(None);
    };
    let example = if flag == "selector" {
        "-l app=web,tier!=cache"
    } else {
        "--field-selector=status.phase=Pending"
    };
    let is_allowed = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                '.' | '_' | '-' | '/' | '=' | '!' | ',' | '(' | ')' | ' ' | ':' | '<' | '>'
            )
    };
    if let Some(bad) = text.chars().find(|&c| !is_allowed(c)) {
        return Err(invalid(
            format!("U+{:04X} is not allowed in --{flag}", bad as u32),
            example,
        ));
    }
    let is_balanced = text.matches('(').count() == text.matches(')').count();
    if text.trim().is_empty() || !is_balanced || text.len() > MAX_SELECTOR_BYTES {
        return Err(invalid(format!("“{text}” is not a selector"), example));
    }
    Ok(Some(text.trim().to_owned()))
}

/// `--sort-by` as a simple path: `.metadata.name`, also written `metadata.name` or `{.metadata.name}`.
pub(super) fn sort_path(text: &str) -> Result<String, OpsError> {
    let bare = text
        .strip_prefix('{')
        .and_then(|inside| inside.strip_suffix('}'))
        .unwrap_or(text);
    let bare = bare.strip_prefix('.').unwrap_or(bare);
    let is_step = |step: &str| {
        let (name, index) = step.split_once('[').unwrap_or((step, "0]"));
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let is_index = index.strip_suffix(']').is_some_and(|digits| {
            !digits.is_empty() && digits.len() < 4 && digits.bytes().all(|b| b.is_ascii_digit())
        });
        is_name && is_index
    };
    if bare.len() <= 253 && bare.split('.').all(is_step) {
        Ok(format!(".{bare}"))
    } else {
        Err(invalid(
            format!("--sort-by={text} is not a simple path"),
            "--sort-by=.metadata.creationTimestamp",
        ))
    }
}

/// Seconds of a Go duration (`90s`, `1h30m`, `1.5h`), rounded up as kubectl does; `None` for zero.
///
/// Source: Go, `time.ParseDuration`; k8s.io/kubectl, `logs.go` (`math.Ceil(since.Seconds())`).
pub(super) fn duration_seconds(flag: &str, text: &str) -> Result<Option<u64>, OpsError> {
    let refuse = || {
        invalid(
            format!("“{text}” is not a duration for --{flag}; it is written with h, m and s"),
            "--since=10m or --since=24h",
        )
    };
    let mut rest = text;
    let mut seconds = 0.0_f64;
    if rest == "0" {
        return Ok(None);
    }
    if rest.is_empty() || rest.len() > 32 {
        return Err(refuse());
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .ok_or_else(refuse)?;
        let amount: f64 = rest[..digits].parse().map_err(|_| refuse())?;
        let tail = &rest[digits..];
        let length = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        seconds += amount * unit_seconds(&tail[..length]).ok_or_else(refuse)?;
        rest = &tail[length..];
    }
    const YEAR: f64 = 365.0 * 86_400.0;
    match seconds {
        s if s > 10.0 * YEAR => Err(refuse()),
        0.0 => Ok(None),
        s => Ok(Some(s.ceil() as u64)),
    }
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" | "μs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    }
}

/// A replica count: ASCII digits only, 0 to [`ReplicaBounds::CEILING`].
pub(super) fn replicas(text: &str) -> Result<u32, OpsError> {
    let is_number = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|&count: &u32| is_number && count <= ReplicaBounds::CEILING)
        .ok_or_else(|| {
            invalid(
                format!(
                    "“{}” is not a number of replicas from 0 to {}",
                    text.escape_debug(),
                    ReplicaBounds::CEILING
                ),
                "kubectl scale deployment/web --replicas=3",
            )
        })
}

/// `--tail`: how many lines.
pub(super) fn tail(text: &str) -> Result<u32, OpsError> {
    whole(text).ok_or_else(|| {
        invalid(
            format!(
                "“{}” is not a number of lines for --tail",
                text.escape_debug()
            ),
            "--tail=100; without it the last 500 lines are read",
        )
    })
}

/// `--limit-bytes`: how many bytes.
pub(super) fn limit_bytes(text: &str) -> Result<u32, OpsError> {
    whole(text).ok_or_else(|| {
        invalid(
            format!(
                "“{}” is not a number of bytes for --limit-bytes",
                text.escape_debug()
            ),
            "--limit-bytes=4096",
        )
    })
}

/// A number of at most nine digits, without a sign.
fn whole(text: &str) -> Option<u32> {
    let is_number = text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}
