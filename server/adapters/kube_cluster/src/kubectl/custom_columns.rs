//! `-o custom-columns=HEAD:PATH,…`. Source: `k8s.io/kubectl/pkg/cmd/get/customcolumn.go`.

use serde_json::Value;

use super::{
    json::shown,
    jsonpath::Template,
    request::{Failure, Outcome},
    tabs,
};

/// Columns with their heads.
#[derive(Debug)]
pub(super) struct CustomColumns {
    heads: Vec<String>,
    paths: Vec<Template>,
}

impl CustomColumns {
    /// # Errors
    /// kubectl's words for what is no list of columns.
    pub(super) fn parse(spec: &str) -> Outcome<Self> {
        let mut columns = Self {
            heads: Vec::new(),
            paths: Vec::new(),
        };
        for part in spec.split(',') {
            let (head, path) = part.split_once(':').ok_or_else(|| {
                Failure::message(format!(
                    "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
                ))
            })?;
            columns.heads.push(head.to_owned());
            columns
                .paths
                .push(Template::parse_path(path).map_err(Failure::message)?);
        }
        Ok(columns)
    }

    /// A row for each object.
    ///
    /// # Errors
    /// kubectl's words when an index is out of bounds, or things of different types are compared.
    pub(super) fn print(&self, objects: &[Value], has_heads: bool) -> Outcome<String> {
        let mut lines = String::new();
        if has_heads {
            lines.push_str(&self.heads.join("\t"));
            lines.push('\n');
        }
        for object in objects {
            let cells = self.paths.iter().map(|path| cell(path, object));
            lines.push_str(&cells.collect::<Outcome<Vec<_>>>()?.join("\t"));
            lines.push('\n');
        }
        Ok(tabs::align(&lines, tabs::TABLE))
    }
}

/// Everything a path finds, separated by commas.
fn cell(path: &Template, object: &Value) -> Outcome<String> {
    let found = path.find(object, false).map_err(Failure::message)?;
    let mut texts = Vec::new();
    if found.first().is_none_or(Vec::is_empty) {
        texts.push("<none>".to_owned());
    }
    texts.extend(found.iter().flatten().map(|value| shown(value)));
    Ok(texts.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prints_a_row_for_each_object() {
        let columns = CustomColumns::parse("NAME:.metadata.name,IMAGES:.images[*],X:{.x}").unwrap();
        let objects = [
            json!({"metadata": {"name": "web"}, "images": ["a", "b"], "x": {"k": 1}}),
            json!({"metadata": {"name": "db"}}),
        ];
        assert_eq!(
            columns.print(&objects, true).unwrap(),
            "NAME   IMAGES   X\nweb    a,b      map[k:1]\ndb     <none>   <none>\n"
        );
    }

    #[test]
    fn a_column_without_a_path_is_refused_in_kubectls_words() {
        let failure = CustomColumns::parse("NAME").unwrap_err();
        assert_eq!(
            failure.into_line().unwrap(),
            "error: unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>\n"
        );
    }
}
