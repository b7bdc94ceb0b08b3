//! The fields a kubeconfig comes in by, and what to do when it is refused.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{File, FileReader};

use crate::components::form::{Field, area_text};

/// The text area, which takes a dropped file too.
#[component]
pub fn KubeconfigText(
    /// The text area, for whoever reads it.
    node: NodeRef<html::Textarea>,
    /// What had been typed.
    typed: String,
) -> impl IntoView {
    let dropped = move |event: ev::DragEvent| {
        let file = event.data_transfer().and_then(|data| data.files()?.get(0));
        if let Some(file) = file {
            event.prevent_default();
            read_into(&file, node);
        }
    };
    view! {
        <Field
            id="kubeconfig"
            label="Kubeconfig"
            hint="Paste it, or drop the file here. At most 256 KiB. It is checked, rebuilt from the fields listed here, sealed, and never shown again."
        >
            <textarea
                id="kubeconfig"
                name="kubeconfig"
                node_ref=node
                rows="12"
                class="mono"
                spellcheck="false"
                autocomplete="off"
                aria-describedby="kubeconfig-hint"
                placeholder="apiVersion: v1\nkind: Config\n…"
                on:drop=dropped
                on:dragover=|event| event.prevent_default()
            >
                {area_text(typed)}
            </textarea>
        </Field>
    }
    .into_any()
}

/// The file field; a chosen file is read into the text area, to be seen before it is sent.
#[component]
pub fn KubeconfigFile(
    /// Where a chosen file's text goes.
    text: NodeRef<html::Textarea>,
    /// Leaves it out of what the form sends, where only the text is taken.
    #[prop(optional)]
    nameless: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let file = node.get_untracked().and_then(|input| input.files()?.get(0));
        if let Some(file) = file {
            read_into(&file, text);
        }
    };
    view! {
        <Field id="kubeconfig-file" label="Or choose the file">
            <input
                id="kubeconfig-file"
                name=(!nameless).then_some("file")
                type="file"
                node_ref=node
                on:change=chosen
            />
        </Field>
    }
    .into_any()
}

fn read_into(file: &File, text: NodeRef<html::Textarea>) {
    let Ok(reader) = FileReader::new() else {
        return;
    };
    let read = reader.clone();
    let loaded = Closure::once_into_js(move || {
        let content = read.result().ok().and_then(|content| content.as_string());
        if let (Some(text), Some(content)) = (text.get_untracked(), content) {
            text.set_value(&content);
        }
    });
    reader.set_onload(Some(loaded.unchecked_ref()));
    // Fails only for what is no file; then the text area stays as it is.
    let _ = reader.read_as_text(file);
}

/// The commands that make a kubeconfig of a `ServiceAccount` with a token.
///
/// Source: Kubernetes documentation, "Configure Service Accounts for Pods" and "Organizing Cluster Access
/// Using kubeconfig Files".
const RECIPE: &str = r#"kubectl create namespace ai4k8s
kubectl -n ai4k8s create serviceaccount ai4k8s
kubectl create clusterrolebinding ai4k8s-view --clusterrole=view \
  --serviceaccount=ai4k8s:ai4k8s
kubectl create clusterrole ai4k8s-read \
  --verb=get,list,watch \
  --resource=nodes,nodes.metrics.k8s.io,pods.metrics.k8s.io
kubectl create clusterrolebinding ai4k8s-read --clusterrole=ai4k8s-read \
  --serviceaccount=ai4k8s:ai4k8s
# only if it may scale and restart:
kubectl create clusterrole ai4k8s-scale --verb=get,update,patch \
  --resource=deployments.apps,deployments.apps/scale,statefulsets.apps,statefulsets.apps/scale
kubectl create clusterrolebinding ai4k8s-scale --clusterrole=ai4k8s-scale \
  --serviceaccount=ai4k8s:ai4k8s

TOKEN=$(kubectl -n ai4k8s create token ai4k8s --duration=720h)
kubectl config view --raw --minify --flatten -o json \
  | jq --arg token "$TOKEN" '.users[0].user = {token: $token}' \
  > ai4k8s.kubeconfig.json"#;

/// What is accepted, what is not, and how to make one that is.
#[component]
pub fn Recipe() -> impl IntoView {
    view! {
        <section class="card" aria-label="What is accepted">
            <h2>"What is accepted"</h2>
            <ul class="plain">
                <li>"one YAML or JSON document in UTF-8"</li>
                <li>"an " <code>"https://"</code> " server with its " <code>"certificate-authority-data"</code></li>
                <li>"a " <code>"token"</code> ", or " <code>"client-certificate-data"</code> " with " <code>"client-key-data"</code></li>
            </ul>
            <p class="sub">
                "Refused, each by name: commands (" <code>"exec"</code> ", " <code>"auth-provider"</code>
                "), paths to files, proxies, impersonation and " <code>"insecure-skip-tls-verify"</code> "."
            </p>
            <details>
                <summary>"My kubeconfig runs a command to sign in"</summary>
                <p class="sub">
                    "Most cloud providers' do. Make one with a ServiceAccount's token instead, with just the rights it needs:"
                </p>
                <pre class="scroll output" tabindex="0" role="group" aria-label="Commands that make a kubeconfig">
                    {RECIPE}
                </pre>
            </details>
        </section>
    }
    .into_any()
}
