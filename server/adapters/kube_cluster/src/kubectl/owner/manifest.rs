//! Manifests: YAML or JSON, one document or several, lists taken apart.

use domain::invocation::Files;
use serde::Deserialize as _;
use serde_json::Value;

use crate::kubectl::{
    json::{items, name, text},
    request::{Failure, Outcome},
};

/// The objects of the files at some paths, in order.
///
/// # Errors
/// kubectl's words for what is no manifest.
pub(super) fn objects(files: &Files, paths: &[String]) -> Outcome<Vec<Value>> {
    let mut all = Vec::new();
    for path in paths.iter().flat_map(|path| path.split(',')) {
        let bytes = files
            .get(path)
            .ok_or_else(|| Failure::message(format!("the path \"{path}\" does not exist")))?;
        let text = String::from_utf8_lossy(bytes);
        let source = if path == "-" { "STDIN" } else { path };
        let before = all.len();
        for document in documents(&text, source)? {
            flatten(document, source, &mut all)?;
        }
        if all.len() == before && paths.len() == 1 {
            return Err(Failure::message("no objects passed to apply"));
        }
    }
    Ok(all)
}

fn documents(text: &str, source: &str) -> Outcome<Vec<Value>> {
    let mut found = Vec::new();
    for document in serde_yaml_ng::Deserializer::from_str(text) {
        let value = Value::deserialize(document).map_err(|error| {
            Failure::message(format!(
                "error parsing {source}: error converting YAML to JSON: yaml: {error}"
            ))
        })?;
        if !value.is_null() {
            found.push(value);
        }
    }
    Ok(found)
}

fn flatten(document: Value, source: &str, all: &mut Vec<Value>) -> Outcome<()> {
    for (field, shown) in [("/apiVersion", "apiVersion"), ("/kind", "kind")] {
        if text(&document, field).is_empty() {
            return Err(Failure::message(format!(
                "error validating \"{source}\": error validating data: {shown} not set; if you choose to ignore \
                 these errors, turn validation off with --validate=false"
            )));
        }
    }
    if text(&document, "/kind").ends_with("List") && document.get("items").is_some() {
        for item in items(&document, "/items") {
            flatten(item.clone(), source, all)?;
        }
        return Ok(());
    }
    if name(&document).is_empty() && text(&document, "/metadata/generateName").is_empty() {
        return Err(Failure::message(
            "error when retrieving current configuration: resource name may not be empty",
        ));
    }
    all.push(document);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Outcome<Vec<Value>> {
        let files = Files::from([("-".to_owned(), text.as_bytes().to_vec())]);
        objects(&files, &["-".to_owned()])
    }

    #[test]
    fn documents_and_lists_are_taken_apart() {
        let text = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n# nothing\n---\n\
                    apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n";
        let names: Vec<String> = read(text)
            .unwrap()
            .iter()
            .map(|object| name(object).to_owned())
            .collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn what_has_no_kind_is_no_manifest() {
        assert!(read("apiVersion: v1\nmetadata: {name: a}\n").is_err());
        assert!(read("a: [").is_err());
        assert!(read("").is_err());
    }
}
