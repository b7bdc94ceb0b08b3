//! Rules of role-based access, joined and ordered as kubectl shows them.
//!
//! Source: `k8s.io/kubectl/pkg/util/rbac`.

use serde_json::Value;

use super::json::texts;

/// What may be done with one resource, one named object of it, or one path.
pub(super) struct Rule {
    group: String,
    resource: String,
    name: String,
    path: String,
    verbs: Vec<String>,
}

impl Rule {
    /// `deployments.apps/scale`, paths, names and verbs, with a tab between them.
    pub(super) fn line(&self) -> String {
        format!(
            "{}\t[{}]\t[{}]\t[{}]",
            self.resource_and_group(),
            self.path,
            self.name,
            self.verbs.join(" ")
        )
    }

    /// The text kubectl sorts rules by: Go's printed form of them.
    fn sort_key(&self) -> String {
        let groups = if self.path.is_empty() {
            &self.group
        } else {
            ""
        };
        format!(
            "&PolicyRule{{Verbs:[{}],APIGroups:[{groups}],Resources:[{}],ResourceNames:[{}],NonResourceURLs:[{}],}}",
            self.verbs.join(" "),
            self.resource,
            self.name,
            self.path
        )
    }

    /// `pods/log`, `deployments.apps/scale`.
    fn resource_and_group(&self) -> String {
        let (resource, subresource) = match self.resource.split_once('/') {
            Some((resource, subresource)) => (resource, format!("/{subresource}")),
            None => (self.resource.as_str(), String::new()),
        };
        let group = if self.group.is_empty() {
            String::new()
        } else {
            format!(".{}", self.group)
        };
        format!("{resource}{group}{subresource}")
    }
}

/// Rules about the same resource joined, rules about paths with a verb each, in kubectl's order.
pub(super) fn compacted<'v>(given: impl Iterator<Item = &'v Value>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for rule in given {
        for path in texts(rule, "/nonResourceURLs") {
            for verb in texts(rule, "/verbs") {
                rules.push(Rule {
                    group: String::new(),
                    resource: String::new(),
                    name: String::new(),
                    path: path.to_owned(),
                    verbs: vec![verb.to_owned()],
                });
            }
        }
        let mut names = texts(rule, "/resourceNames");
        if names.is_empty() {
            names.push("");
        }
        for group in texts(rule, "/apiGroups") {
            for resource in texts(rule, "/resources") {
                for name in &names {
                    add(&mut rules, group, resource, name, &texts(rule, "/verbs"));
                }
            }
        }
    }
    rules.sort_by_key(Rule::sort_key);
    rules
}

fn add(rules: &mut Vec<Rule>, group: &str, resource: &str, name: &str, verbs: &[&str]) {
    let known = rules.iter().position(|rule| {
        rule.path.is_empty()
            && rule.group == group
            && rule.resource == resource
            && rule.name == name
    });
    let index = known.unwrap_or_else(|| {
        rules.push(Rule {
            group: group.to_owned(),
            resource: resource.to_owned(),
            name: name.to_owned(),
            path: String::new(),
            verbs: Vec::new(),
        });
        rules.len() - 1
    });
    for verb in verbs {
        if !rules[index].verbs.iter().any(|known| known == verb) {
            rules[index].verbs.push((*verb).to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_about_the_same_resource_are_one_line() {
        let given = [
            json!({"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments/scale"]}),
            json!({"verbs": ["get", "list"], "apiGroups": ["apps"], "resources": ["deployments/scale"]}),
            json!({"verbs": ["get"], "nonResourceURLs": ["/healthz"]}),
        ];
        let lines: Vec<String> = compacted(given.iter()).iter().map(Rule::line).collect();
        assert_eq!(
            lines,
            [
                "deployments.apps/scale\t[]\t[]\t[get list]",
                "\t[/healthz]\t[]\t[get]"
            ]
        );
    }
}
