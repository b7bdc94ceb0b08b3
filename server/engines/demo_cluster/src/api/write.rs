//! Writing: create, update and patch, and the one path by which a changed object reaches the store.

use std::sync::Arc;

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    FieldValidation, PatchType, Request, Response, admission, delete, limits, metadata, plugins,
    quota, read, resize,
};
use crate::{
    custom,
    fields::{self, Write},
    kinds, patch,
    registry::{
        CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, DAEMON_SET, DEPLOYMENT, KindId, NAMESPACE, SECRET,
        Subresource,
    },
    schema::{self, check},
    status::{Cause, Status},
    store::Store,
    value,
};

pub(super) fn create(
    store: &mut Store,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Status> {
    let kind = request.kind;
    let mut object = request.body()?.clone();
    check_type(kind, &object)?;
    let warnings = read_body(request, &mut object)?;
    if !value::text(&object, "/metadata/resourceVersion").is_empty() {
        return Err(Status::bad_request(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    place(request, &mut object)?;
    generate_name(store, &mut object);
    let body = add(store, request, kind.to_stored(object), now, true)?;
    Ok(Response {
        body,
        created: true,
        warnings,
    })
}

/// Puts a new object into the store.
fn add(
    store: &mut Store,
    request: &Request,
    mut object: Value,
    now: Timestamp,
    track: bool,
) -> Result<Value, Status> {
    let kind = request.kind.stored();
    let spec = kind.spec();
    let name = value::name(&object).to_owned();
    admission::namespace_is_open(store, kind, value::namespace(&object), &name)?;
    if store.get(kind, value::namespace(&object), &name).is_some() {
        return Err(Status::already_exists(request.kind, &name));
    }
    let managers = object["metadata"].get("managedFields").cloned();
    metadata::strip(&mut object);
    if spec.has(Subresource::Status) {
        value::remove(&mut object, &["status"]);
    }
    (spec.rules.defaults)(&mut object);
    custom::fill(kind, &mut object);
    // Whoever creates an object owns what was sent and its defaults, not what the server then decides.
    if track {
        fields::track(&Value::Null, &mut object, write(request, now));
    } else if let Some(managers) = managers {
        object["metadata"]["managedFields"] = managers;
    }
    plugins::admit(store, kind, &mut object)?;
    object["metadata"]["uid"] = json!(store.next_uid());
    begin(kind, &mut object, now);
    admission::allocate(store, kind, &mut object, None)?;
    validate(request.kind, &object, None)?;
    limits::check(store, kind, &object)?;
    quota::check(store, kind, &object, None)?;
    let stored = store.insert(kind, object, now)?;
    quota::refresh(store, value::namespace(&stored), now);
    let mut body = Value::clone(&stored);
    if request.options.dry_run {
        value::remove(&mut body, &["metadata", "resourceVersion"]);
    }
    Ok(body)
}

pub(super) fn update(
    store: &mut Store,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Status> {
    let kind = request.kind;
    let mut object = request.body()?.clone();
    check_type(kind, &object)?;
    let warnings = read_body(request, &mut object)?;
    place(request, &mut object)?;
    let old = Arc::clone(read::existing(store, request)?);
    let body = change(store, request, &old, kind.to_stored(object), now, true)?;
    Ok(Response {
        warnings,
        ..Response::of(body)
    })
}

pub(super) fn patch(
    store: &mut Store,
    request: &Request,
    how: PatchType,
    now: Timestamp,
) -> Result<Response, Status> {
    let kind = request.kind;
    if how == PatchType::Apply {
        return apply(store, request, now);
    }
    let body = request
        .body
        .as_ref()
        .ok_or_else(|| Status::bad_request("the patch is empty"))?;
    let old = Arc::clone(read::existing(store, request)?);
    // A patch may be about the record of managers too.
    let seen = super::visible(kind, Value::clone(&old));
    let mut object = match how {
        PatchType::Json => patch::json(&seen, body)?,
        PatchType::Strategic => patch::strategic(&seen, body, kind)?,
        PatchType::Merge | PatchType::Apply => patch::merge(&seen, body),
    };
    check_type(kind, &object)?;
    let warnings = read_body(request, &mut object)?;
    place(request, &mut object)?;
    let body = change(store, request, &old, kind.to_stored(object), now, true)?;
    Ok(Response {
        warnings,
        ..Response::of(body)
    })
}

fn apply(store: &mut Store, request: &Request, now: Timestamp) -> Result<Response, Status> {
    let kind = request.kind;
    let mut config = request.body()?.clone();
    check_type(kind, &config)?;
    if request.options.field_manager.is_empty() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(Status::invalid_options("PatchOptions", vec![cause]));
    }
    if !value::items(&config, "/metadata/managedFields").is_empty() {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    typed(request, &mut config)?;
    place(request, &mut config)?;
    restrict(request, &mut config);
    let live = store
        .get(kind.stored(), request.namespace(), request.name())
        .cloned();
    check_version(&config, live.as_deref(), kind)?;
    let nothing = Value::Null;
    let before = live.as_deref().unwrap_or(&nothing);
    let merged = fields::apply(before, &config, write(request, now), request.options.force)?;
    let merged = kind.to_stored(merged);
    match live {
        Some(old) => change(store, request, &old, merged, now, false).map(Response::of),
        None if request.subresource.is_some() => Err(Status::not_found(kind, request.name())),
        None => Ok(Response {
            created: true,
            ..Response::of(add(store, request, merged, now, false)?)
        }),
    }
}

/// Server-side apply does not drop what the schema does not know: it refuses.
fn typed(request: &Request, config: &mut Value) -> Result<(), Status> {
    let spec = request.kind.spec();
    let found = normalise(request.kind, config);
    let problem = match (found.unknown.first(), found.error) {
        (Some(unknown), _) => format!(".{unknown}: field not declared in schema"),
        (None, Some(error)) => error,
        (None, None) => return Ok(()),
    };
    let named = format!("{}/{}", request.namespace(), request.name());
    Err(Status::unclassified(format!(
        "failed to create typed patch object ({}; {}, Kind={}): {problem}",
        named.trim_start_matches('/'),
        spec.api_version(),
        spec.kind
    )))
}

/// An apply owns nothing of the half of the object it cannot write.
fn restrict(request: &Request, config: &mut Value) {
    if request.subresource == Some(Subresource::Status) {
        let kept = ["apiVersion", "kind", "metadata", "status"];
        if let Value::Object(fields) = config {
            *fields = std::mem::take(fields)
                .into_iter()
                .filter(|(name, _)| kept.contains(&name.as_str()))
                .collect();
        }
    } else if request.kind.spec().has(Subresource::Status) {
        value::remove(config, &["status"]);
    }
}

fn check_version(object: &Value, live: Option<&Value>, kind: KindId) -> Result<(), Status> {
    let wanted = value::text(object, "/metadata/resourceVersion");
    let current = live.map_or("", |live| value::text(live, "/metadata/resourceVersion"));
    if wanted.is_empty() || wanted == current {
        return Ok(());
    }
    if wanted.parse::<u64>().is_err() {
        let cause = Cause::invalid(
            "metadata.resourceVersion",
            &json!(wanted),
            "must be an unsigned integer",
        );
        return Err(Status::invalid(kind, value::name(object), vec![cause]));
    }
    Err(Status::modified(kind, value::name(object)))
}

/// Replaces `old` by `new`: the one way a changed object reaches the store.
pub(super) fn change(
    store: &mut Store,
    request: &Request,
    old: &Arc<Value>,
    mut new: Value,
    now: Timestamp,
    track: bool,
) -> Result<Value, Status> {
    let kind = request.kind.stored();
    let rules = &kind.spec().rules;
    check_version(&new, Some(old), request.kind)?;
    check_uid(&new, old, request.kind)?;
    metadata::carry_over(&mut new, old);
    keep_other_half(request, &mut new, old);
    (rules.defaults)(&mut new);
    custom::fill(kind, &mut new);
    if kind == DAEMON_SET {
        kinds::count_template(&mut new, old);
    }
    admission::allocate(store, kind, &mut new, Some(old))?;
    if request.subresource == Some(Subresource::Resize) {
        resize::check(&new, old)?;
    } else {
        validate(request.kind, &new, Some(old))?;
    }
    if request.subresource.is_none() {
        quota::check(store, kind, &new, Some(old))?;
    }
    if track {
        fields::track(old, &mut new, write(request, now));
    }
    if delete::is_over(&new) {
        let (namespace, name) = (
            value::namespace(&new).to_owned(),
            value::name(&new).to_owned(),
        );
        store.remove(kind, &namespace, &name);
        super::garbage::collect_garbage(store, now);
        return Ok(new);
    }
    // Deployments count changes of their annotations by users. Source: `deploymentStrategy.PrepareForUpdate`.
    let annotated = kind == DEPLOYMENT
        && request.subresource.is_none()
        && new["metadata"].get("annotations") != old["metadata"].get("annotations");
    let stored = if annotated {
        store.replace_counted(kind, new, now)?
    } else {
        store.replace(kind, new, now)?
    };
    quota::refresh(store, value::namespace(&stored), now);
    Ok(Value::clone(&stored))
}

fn check_uid(new: &Value, old: &Value, kind: KindId) -> Result<(), Status> {
    let (wanted, current) = (value::uid(new), value::uid(old));
    if wanted.is_empty() || wanted == current {
        return Ok(());
    }
    let why = format!(
        "Precondition failed: UID in precondition: {wanted}, UID in object meta: {current}"
    );
    Err(Status::conflict(kind, value::name(old), &why))
}

/// Writes to an object do not touch its status, and writes to its status nothing else.
fn keep_other_half(request: &Request, new: &mut Value, old: &Value) {
    if request.kind == NAMESPACE && request.subresource.is_none() {
        // What holds a namespace is written below its own path. Source: `namespaceStrategy.PrepareForUpdate`.
        match old.pointer("/spec/finalizers") {
            Some(kept) => value::set(new, &["spec", "finalizers"], kept.clone()),
            None => drop(value::remove(new, &["spec", "finalizers"])),
        }
    }
    if request.subresource == Some(Subresource::Resize) {
        let mut whole = old.clone();
        resize::take(&mut whole, new);
        *new = whole;
    } else if request.subresource == Some(Subresource::Status) {
        let mut whole = old.clone();
        match new.get("status") {
            Some(status) => whole["status"] = status.clone(),
            None => drop(value::remove(&mut whole, &["status"])),
        }
        if let Some(managers) = new["metadata"].get("managedFields") {
            whole["metadata"]["managedFields"] = managers.clone();
        }
        *new = whole;
    } else if request.kind.spec().has(Subresource::Status) {
        match old.get("status") {
            Some(status) => new["status"] = status.clone(),
            None => drop(value::remove(new, &["status"])),
        }
    }
}

/// Checks a stored form by the rules of the kind in which it was written.
fn validate(kind: KindId, object: &Value, old: Option<&Value>) -> Result<(), Status> {
    let (rules, view) = (&kind.spec().rules, kind.spec().view);
    let kind = kind.stored();
    let mut causes = metadata::rules(kind, object);
    causes.extend((rules.validate)(object));
    causes.extend(custom::problems(kind, object));
    if let (Some(view), None) = (view, old) {
        causes.extend((view.check_new)(object));
    }
    if let Some(old) = old {
        let mut before = old.clone();
        complete(kind, &mut before);
        let changes = (rules.validate_update)(object, &before);
        // Of these kinds what may not change is told before what is wrong anyway.
        let place = if matches!(kind, SECRET | CONFIG_MAP) {
            0
        } else {
            causes.len()
        };
        causes.splice(place..place, changes);
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Status::invalid(kind, value::name(object), causes))
    }
}

fn write<'a>(request: &'a Request, now: Timestamp) -> Write<'a> {
    Write {
        kind: request.kind,
        manager: request.manager(),
        subresource: request.subresource,
        now,
    }
}

fn check_type(kind: KindId, object: &Value) -> Result<(), Status> {
    let spec = kind.spec();
    let (version, given) = (
        value::text(object, "/apiVersion"),
        value::text(object, "/kind"),
    );
    let expected = spec.api_version();
    if !version.is_empty() && version != expected {
        return Err(Status::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({expected})"
        )));
    }
    if !given.is_empty() && given != spec.kind {
        return Err(Status::bad_request(format!(
            "{} in version {:?} cannot be handled as a {}: no kind {given:?} is registered for version {expected:?}",
            given, spec.version, spec.kind
        )));
    }
    Ok(())
}

/// Adds an object that a controller made as the API would: completed, within the limits of its namespace, with
/// an identity and its first status.
///
/// # Errors
/// 409 `AlreadyExists` when the name is taken, 403 when a quota or range of the namespace forbids it.
pub(crate) fn install(
    store: &mut Store,
    kind: KindId,
    mut object: Value,
    now: Timestamp,
) -> Result<Arc<Value>, Status> {
    complete(kind, &mut object);
    plugins::admit(store, kind, &mut object)?;
    object["metadata"]["uid"] = json!(store.next_uid());
    begin(kind, &mut object, now);
    limits::check(store, kind, &object)?;
    quota::check(store, kind, &object, None)?;
    let stored = store.insert(kind, object, now)?;
    quota::refresh(store, value::namespace(&stored), now);
    Ok(stored)
}

/// Gives a new object its first status.
fn begin(kind: KindId, object: &mut Value, now: Timestamp) {
    (kind.spec().rules.begin)(object);
    if kind == CUSTOM_RESOURCE_DEFINITION {
        custom::establish(object, now);
    }
}

/// Brings an object nobody sent to the form in which the API would store it: read against the schema,
/// with every default filled in. Returns what could not be read.
pub(crate) fn complete(kind: KindId, object: &mut Value) -> check::Findings {
    let findings = normalise(kind, object);
    (kind.spec().rules.defaults)(object);
    custom::fill(kind, object);
    findings
}

fn normalise(kind: KindId, object: &mut Value) -> check::Findings {
    let definition = schema::definition(kind.spec().definition)
        .expect("every kind has a definition: a test of the schema checks it");
    check::normalise(object, definition)
}

/// Reads a body against the schema; returns warnings about fields that are unknown or were given twice.
fn read_body(request: &Request, object: &mut Value) -> Result<Vec<String>, Status> {
    let (kind, spec) = (request.kind, request.kind.spec());
    let found = normalise(kind, object);
    let refuse = |why: String| {
        Err(Status::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {why}",
            kind = spec.kind,
            version = spec.version
        )))
    };
    // The schema of a custom kind speaks for itself, about every field at once.
    if let Some(error) = found.error.filter(|_| spec.custom.is_none()) {
        return refuse(error);
    }
    let duplicates = request.options.duplicates.iter();
    let problems: Vec<String> = found
        .unknown
        .iter()
        .map(|path| format!("unknown field {path:?}"))
        .chain(duplicates.map(|path| format!("duplicate field {path:?}")))
        .collect();
    match request.options.field_validation {
        FieldValidation::Strict if !problems.is_empty() => {
            refuse(format!("strict decoding error: {}", problems.join(", ")))
        }
        FieldValidation::Warn => Ok(problems),
        FieldValidation::Strict | FieldValidation::Ignore => Ok(Vec::new()),
    }
}

/// The object must be where the request is: fills in namespace and name, refuses others.
fn place(request: &Request, object: &mut Value) -> Result<(), Status> {
    let spec = request.kind.spec();
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let namespace = request.namespace();
    if !spec.namespaced {
        value::remove(object, &["metadata", "namespace"]);
    } else if value::namespace(object).is_empty() {
        object["metadata"]["namespace"] = json!(namespace);
    } else if value::namespace(object) != namespace {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    let Some(name) = request.name.as_deref() else {
        return Ok(());
    };
    let given = value::name(object);
    if !given.is_empty() && given != name {
        return Err(Status::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({name})"
        )));
    }
    object["metadata"]["name"] = json!(name);
    Ok(())
}

fn generate_name(store: &mut Store, object: &mut Value) {
    let prefix = value::text(object, "/metadata/generateName").to_owned();
    if value::name(object).is_empty() && !prefix.is_empty() {
        // Room for the suffix. Source: `k8s.io/apiserver/pkg/storage/names/generate.go`.
        let prefix: String = prefix.chars().take(58).collect();
        object["metadata"]["name"] = json!(format!("{prefix}{}", store.name_suffix()));
    }
}
