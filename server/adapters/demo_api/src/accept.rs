//! In which form the caller wants an answer, from the `Accept` header.
//!
//! Source of the forms: Kubernetes documentation, "API concepts", "Receiving resources as Tables" and
//! "Alternate representations of resources".

use http::{HeaderMap, header::ACCEPT};

/// The forms this server can answer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The object or list itself.
    Object,
    /// `meta.k8s.io/v1` Table.
    Table,
    /// `meta.k8s.io/v1` `PartialObjectMetadata` or its list.
    Metadata,
    /// `apidiscovery.k8s.io` `APIGroupDiscoveryList` of this version (`v2` or `v2beta1`).
    Discovery(&'static str),
    /// The OpenAPI v2 document as protobuf.
    OpenApiProtobuf,
}

/// One entry of an `Accept` header.
struct MediaRange<'a> {
    essence: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> MediaRange<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        Self {
            essence: parts.next().unwrap_or_default(),
            parameters: parts.filter_map(|part| part.split_once('=')).collect(),
        }
    }

    fn parameter(&self, name: &str) -> &'a str {
        self.parameters
            .iter()
            .find(|(key, _)| key.trim() == name)
            .map_or("", |(_, value)| value.trim().trim_matches('"'))
    }

    /// The form asked for; `None` when this server does not speak it.
    fn form(&self) -> Option<Form> {
        match self.essence {
            "application/json" | "application/*" | "*/*" | "text/plain" => self.json_form(),
            "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
            | "application/com.github.proto-openapi.spec.v2.v1.0+protobuf" => {
                Some(Form::OpenApiProtobuf)
            }
            _ => None,
        }
    }

    fn json_form(&self) -> Option<Form> {
        match (
            self.parameter("as"),
            self.parameter("g"),
            self.parameter("v"),
        ) {
            ("", _, _) => Some(Form::Object),
            ("Table", "meta.k8s.io", "v1") => Some(Form::Table),
            ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io", "v1") => {
                Some(Form::Metadata)
            }
            ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2") => Some(Form::Discovery("v2")),
            ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2beta1") => {
                Some(Form::Discovery("v2beta1"))
            }
            _ => None,
        }
    }
}

/// The first form in the header's order that is also in `offered`; `None` when there is none.
///
/// No header means the object itself. Quality values are not weighed: no Kubernetes client sends them.
pub(crate) fn choose(headers: &HeaderMap, offered: impl Fn(Form) -> bool) -> Option<Form> {
    let mut asked = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .peekable();
    if asked.peek().is_none() {
        return Some(Form::Object);
    }
    asked.find_map(|range| {
        MediaRange::parse(range)
            .form()
            .filter(|form| offered(*form))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESOURCE: [Form; 3] = [Form::Object, Form::Table, Form::Metadata];

    #[track_caller]
    fn check(accept: &str, expected: Option<Form>) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        assert_eq!(choose(&headers, |form| RESOURCE.contains(&form)), expected);
    }

    #[test]
    fn gives_kubectl_its_table() {
        check(
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
            Some(Form::Table),
        );
    }

    #[test]
    fn falls_through_what_it_does_not_speak() {
        check(
            "application/vnd.kubernetes.protobuf, application/json",
            Some(Form::Object),
        );
        check(
            "application/json;as=Table;v=v9;g=meta.k8s.io, application/json",
            Some(Form::Object),
        );
    }

    #[test]
    fn gives_metadata_alone() {
        check(
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            Some(Form::Metadata),
        );
    }

    #[test]
    fn refuses_when_nothing_fits() {
        check("application/vnd.kubernetes.protobuf", None);
        check(
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            None,
        );
    }

    #[test]
    fn takes_silence_for_the_object() {
        assert_eq!(choose(&HeaderMap::new(), |_| true), Some(Form::Object));
    }
}
