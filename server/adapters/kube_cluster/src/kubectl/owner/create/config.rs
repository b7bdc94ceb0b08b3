//! `kubectl create configmap` and `secret generic`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{super::run::Run, metadata};
use crate::kubectl::request::{Failure, Outcome};

pub(super) fn config_map(run: &Run<'_>, name: &str) -> Outcome<Value> {
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name)});
    for (key, bytes) in entries(run)? {
        match String::from_utf8(bytes) {
            Ok(text) => object["data"][key] = text.into(),
            Err(error) => object["binaryData"][key] = STANDARD.encode(error.as_bytes()).into(),
        }
    }
    Ok(object)
}

pub(super) fn secret(run: &Run<'_>, name: &str) -> Outcome<Value> {
    let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata(name)});
    let mut data = Map::new();
    for (key, bytes) in entries(run)? {
        data.insert(key, STANDARD.encode(bytes).into());
    }
    if !data.is_empty() {
        object["data"] = Value::Object(data);
    }
    if let Some(kind) = run.line.value("type") {
        object["type"] = kind.into();
    }
    Ok(object)
}

/// Keys and values from literals, files and files of variables; no key twice.
fn entries(run: &Run<'_>) -> Outcome<Vec<(String, Vec<u8>)>> {
    let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
    for source in run.line.values("from-file") {
        let (key, path) = match source.split_once('=') {
            Some((key, path)) => (key, path),
            None => (source.rsplit('/').next().unwrap_or(source), source.as_str()),
        };
        entries.push((key.to_owned(), file(run, path)?.to_vec()));
    }
    for literal in run.line.values("from-literal") {
        let (key, value) = literal.split_once('=').ok_or_else(|| {
            Failure::message(format!(
                "invalid literal source {literal}, expected key=value"
            ))
        })?;
        entries.push((key.to_owned(), unquoted(value).as_bytes().to_vec()));
    }
    for path in run.line.values("from-env-file") {
        let text = String::from_utf8_lossy(file(run, path)?);
        for line in text.lines().map(str::trim_start) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some((key, value)) = line.split_once('=') {
                entries.push((key.to_owned(), value.as_bytes().to_vec()));
            }
        }
    }
    for (index, (key, _)) in entries.iter().enumerate() {
        if entries[..index].iter().any(|(earlier, _)| earlier == key) {
            return Err(Failure::message(format!(
                "cannot add key \"{key}\", another key by that name already exists in Data"
            )));
        }
    }
    Ok(entries)
}

/// A value without the quotes that enclose all of it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        let inside = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inside) = inside {
            return inside;
        }
    }
    value
}

fn file<'a>(run: &Run<'a>, path: &str) -> Outcome<&'a [u8]> {
    run.files
        .get(path)
        .map(Vec::as_slice)
        .ok_or_else(|| Failure::message(format!("error reading {path}: no such file or directory")))
}
