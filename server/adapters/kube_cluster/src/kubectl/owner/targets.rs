//! The objects a command is about: by name, by selector, all of a type, or from manifests.
//!
//! Source: `k8s.io/cli-runtime/pkg/resource`, `Builder`.

use domain::{command::CommandOutput, ids::ObjectName};
use serde_json::Value;

use super::{
    manifest,
    run::{Run, blank, fail},
};
use crate::kubectl::{
    discovery::ApiResource,
    json::{name, namespace},
    request::{Failure, Outcome, Selectors},
};

/// An object of the cluster, as it is now or as a manifest has it.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) resource: ApiResource,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    pub(super) object: Value,
}

impl Target {
    /// Where the object is, or one of its subresources.
    pub(super) fn path(&self, subresource: &str) -> String {
        let path = self
            .resource
            .path(self.namespace.as_deref(), Some(&self.name));
        match subresource {
            "" => path,
            part => format!("{path}/{part}"),
        }
    }

    /// `deployment.apps/web`.
    pub(super) fn shown(&self) -> String {
        format!("{}/{}", self.resource.prefix(), self.name)
    }

    fn new(resource: ApiResource, within: &str, object: Value) -> Self {
        let place = match namespace(&object) {
            "" => within,
            own => own,
        };
        Self {
            namespace: resource.namespaced.then(|| place.to_owned()),
            name: name(&object).to_owned(),
            resource,
            object,
        }
    }
}

/// Objects found, and an output that holds what was not.
pub(super) struct Found {
    pub(super) targets: Vec<Target>,
    pub(super) output: CommandOutput,
    /// Whether exactly one object was named.
    pub(super) is_single: bool,
}

/// What names an object: its type and its name, or a type for all of its objects.
enum Word {
    Named(ApiResource, ObjectName),
    All(ApiResource),
}

impl Run<'_> {
    /// The live objects that words or manifests name.
    ///
    /// # Errors
    /// kubectl's words for what names no object, and failures of the cluster. What is only missing is in the output.
    pub(super) async fn targets(&self, words: &[String]) -> Outcome<Found> {
        if !self.line.values("filename").is_empty() {
            return self.live_of_manifests().await;
        }
        let words = self.words(words).await?;
        let mut found = Found {
            is_single: matches!(words.as_slice(), [Word::Named(..)]),
            targets: Vec::new(),
            output: blank(),
        };
        for word in words {
            match word {
                Word::Named(resource, name) => {
                    let at = Some(self.namespace());
                    match self.session.object(&resource, at, name.as_str()).await {
                        Ok(object) => {
                            let target = Target::new(resource, self.namespace(), object);
                            found.targets.push(target);
                        }
                        Err(failure)
                            if failure.is_not_found() && self.line.is_on("ignore-not-found") => {}
                        Err(failure) => fail(&mut found.output, failure)?,
                    }
                }
                Word::All(resource) => found.targets.extend(self.all(&resource).await?),
            }
        }
        Ok(found)
    }

    /// The objects of manifests as they are in the cluster.
    async fn live_of_manifests(&self) -> Outcome<Found> {
        let wanted = self.manifests().await?;
        let mut found = Found {
            is_single: wanted.len() == 1,
            targets: Vec::new(),
            output: blank(),
        };
        for target in wanted {
            match self.live(&target).await {
                Ok(Some(object)) => found.targets.push(Target { object, ..target }),
                Ok(None) if self.line.is_on("ignore-not-found") => {}
                Ok(None) => {
                    let missing = Failure::not_found(&target.resource, &target.name);
                    fail(&mut found.output, missing)?;
                }
                Err(failure) => fail(&mut found.output, failure)?,
            }
        }
        Ok(found)
    }

    /// The object of the same name in the cluster; nothing when there is none.
    pub(super) async fn live(&self, target: &Target) -> Outcome<Option<Value>> {
        let at = target.namespace.as_deref();
        match self
            .session
            .object(&target.resource, at, &target.name)
            .await
        {
            Ok(object) => Ok(Some(object)),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// A selector of the line; an empty one selects nothing by itself, as an unset variable of a shell would mean.
    pub(super) fn selector(&self, flag: &str) -> Option<&str> {
        let given = self.line.value(flag).map(str::trim);
        given.filter(|selector| !selector.is_empty())
    }

    /// The objects of the manifests, each with a name of its own and in the namespace it is meant for.
    ///
    /// # Errors
    /// As [`Self::manifests_to_create`]; an object without a name stands for no one object.
    pub(super) async fn manifests(&self) -> Outcome<Vec<Target>> {
        let targets = self.manifests_to_create().await?;
        if targets.iter().any(|target| target.name.is_empty()) {
            return Err(Failure::message("resource name may not be empty"));
        }
        Ok(targets)
    }

    /// The objects of the manifests, each in the namespace it is meant for; a name may be left to the server.
    ///
    /// # Errors
    /// kubectl's words for a manifest that is none, or that is for another namespace than the line says.
    pub(super) async fn manifests_to_create(&self) -> Outcome<Vec<Target>> {
        if self.selector("selector").is_some() {
            return Err(Failure::message(
                "a selector does not choose among manifests here: leave -l out, or the objects that are not meant",
            ));
        }
        let paths = self.line.values("filename");
        if paths.is_empty() {
            return Err(Failure::message("must specify one of -f and -k"));
        }
        let mut targets = Vec::new();
        for object in manifest::objects(self.files, paths)? {
            let resource = self.resource_of(&object).await?;
            let mut target = Target::new(resource, self.namespace(), object);
            plain(&target.name)?;
            plain(target.namespace.as_deref().unwrap_or_default())?;
            let own = namespace(&target.object).to_owned();
            if target.resource.namespaced {
                let meant = self.namespace();
                if self.names_namespace() && !own.is_empty() && own != meant {
                    return Err(Failure::message(format!(
                        "the namespace from the provided object \"{own}\" does not match the namespace \
                         \"{meant}\". You must pass '--namespace={own}' to perform this operation."
                    )));
                }
                if own.is_empty() {
                    target.object["metadata"]["namespace"] = meant.into();
                }
            }
            targets.push(target);
        }
        Ok(targets)
    }

    async fn words(&self, words: &[String]) -> Outcome<Vec<Word>> {
        let selects = self.selector("selector").is_some()
            || self.selector("field-selector").is_some()
            || self.line.is_on("all");
        if words.iter().any(|word| word.contains('/')) {
            let mut named = Vec::new();
            for word in words {
                let (resource, name) = word.split_once('/').ok_or_else(|| {
                    Failure::message(
                        "there is no need to specify a resource type as a separate argument when passing \
                         arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead \
                         of 'kubectl get resource resource/<resource_name>'",
                    )
                })?;
                named.push(Word::Named(
                    self.session.resource(resource).await?,
                    valid(name)?,
                ));
            }
            return Ok(named);
        }
        let Some((types, names)) = words.split_first() else {
            return Err(Failure::message(
                "You must provide one or more resources by argument or filename.",
            ));
        };
        if !names.is_empty() && selects {
            return Err(Failure::message(
                "name cannot be provided when a selector is specified",
            ));
        }
        let mut meant = Vec::new();
        for word in types.split(',') {
            for resource in self.resources(word).await? {
                if names.is_empty() && !selects {
                    return Err(Failure::message(
                        "resource(s) were provided, but no name was specified",
                    ));
                }
                if names.is_empty() {
                    meant.push(Word::All(resource.clone()));
                }
                for name in names {
                    meant.push(Word::Named(resource.clone(), valid(name)?));
                }
            }
        }
        Ok(meant)
    }

    async fn resources(&self, word: &str) -> Outcome<Vec<ApiResource>> {
        let catalog = self.session.catalog().await?;
        let category: Vec<ApiResource> = catalog.category(word).into_iter().cloned().collect();
        if category.is_empty() {
            return Ok(vec![self.session.resource(word).await?]);
        }
        Ok(category)
    }

    async fn all(&self, resource: &ApiResource) -> Outcome<Vec<Target>> {
        let selectors = Selectors {
            labels: self.selector("selector"),
            fields: self.selector("field-selector"),
        };
        let everywhere = self.line.is_on("all-namespaces");
        let within = (!everywhere).then(|| self.namespace());
        let found = self.session.list(resource, within, selectors).await?;
        Ok(found
            .into_iter()
            .map(|object| Target::new(resource.clone(), self.namespace(), object))
            .collect())
    }
}

/// `deployments.apps`, `pods`.
pub(super) fn qualified(resource: &ApiResource) -> String {
    match resource.group.as_str() {
        "" => resource.plural.clone(),
        group => format!("{}.{group}", resource.plural),
    }
}

/// Refuses a manifest's name that would be more than one segment of a path. Source:
/// `k8s.io/apimachinery/pkg/api/validation/path`, `IsValidPathSegmentName`.
fn plain(name: &str) -> Outcome<()> {
    if matches!(name, "." | "..")
        || name.contains(['/', '%', '?', '#'])
        || name.contains(char::is_whitespace)
    {
        return Err(Failure::message(format!(
            "invalid resource name {name:?}: it may not be '.' or '..' and may not contain '/' or '%'"
        )));
    }
    Ok(())
}

/// A name that cannot leave the path it is put in.
pub(super) fn valid(name: &str) -> Outcome<ObjectName> {
    ObjectName::new(name).map_err(|error| Failure::message(error.message))
}
