//! The table of field numbers.

use std::{collections::HashMap, sync::LazyLock};

/// Where a field of a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// To the JSON field of this name.
    Field(&'static str),
    /// A message of this name, whose fields JSON writes in the parent.
    Inline(&'static str),
}

/// A numbered field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbered {
    /// Where it goes.
    pub(super) target: Target,
    /// Whether JSON leaves out zero and empty values.
    pub(super) omits_zero: bool,
}

static TABLE: LazyLock<HashMap<(&'static str, u64), Numbered>> = LazyLock::new(|| {
    include_str!("numbers.table")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .flat_map(|(message, fields)| {
            fields.split(' ').filter_map(move |field| {
                let (name, number) = field.split_once('=')?;
                Some(((message, number.parse().ok()?), numbered(name)))
            })
        })
        .collect()
});

/// The field of this number in a message.
pub(super) fn find(message: &str, number: u64) -> Option<Numbered> {
    TABLE.get(&(message, number)).copied()
}

fn numbered(name: &'static str) -> Numbered {
    let plain = name.trim_end_matches('?');
    Numbered {
        target: plain
            .strip_prefix('*')
            .map_or(Target::Field(plain), Target::Inline),
        omits_zero: name.ends_with('?'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use demo_cluster::schema;

    #[test]
    fn numbers_every_field_of_every_structure_a_request_carries() {
        let numbered: Vec<Target> = TABLE.values().map(|it| it.target).collect();
        let exempt = |name: &str| matches!(name, "apiVersion" | "kind");
        // Metrics are only read, and definitions of custom kinds come as JSON or YAML.
        let is_sent =
            |package: &str| !package.contains("metrics") && !package.contains("apiextensions");
        for definition in schema::definitions().filter(|it| is_sent(it.package)) {
            for field in definition.fields.iter().filter(|it| !exempt(it.name)) {
                assert!(
                    numbered.contains(&Target::Field(field.name)),
                    "{}.{}",
                    definition.name,
                    field.name
                );
            }
        }
    }

    #[test]
    fn knows_what_is_written_inline() {
        let source = find("Volume", 2).unwrap();
        assert_eq!(source.target, Target::Inline("VolumeSource"));
        let replicas = find("DeploymentSpec", 1).unwrap();
        assert_eq!(
            (replicas.target, replicas.omits_zero),
            (Target::Field("replicas"), false)
        );
    }
}
