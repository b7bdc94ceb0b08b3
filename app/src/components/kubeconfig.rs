//! The field a kubeconfig is pasted into, what is accepted, and how to make one that is.

use leptos::prelude::*;

use crate::{
    components::{copy::CopyButton, form::Field, text::area_text},
    islands::kubeconfig::TEXT,
};

/// The text area.
#[component]
pub fn KubeconfigText(
    /// What had been typed.
    typed: String,
) -> impl IntoView {
    view! {
        <Field
            id=TEXT
            label="Kubeconfig"
            hint="Paste it, or drop the file here. At most 256 KiB. It is checked, rebuilt from the fields listed here, sealed, and never shown again."
        >
            <textarea
                id=TEXT
                name="kubeconfig"
                rows="12"
                class="mono"
                spellcheck="false"
                autocomplete="off"
                aria-describedby="kubeconfig-hint"
                placeholder="apiVersion: v1\nkind: Config\n…"
            >
                {area_text(typed)}
            </textarea>
        </Field>
    }
    .into_any()
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
                <pre
                    class="scroll output"
                    id="recipe"
                    tabindex="0"
                    role="group"
                    aria-label="Commands that make a kubeconfig"
                >
                    {RECIPE}
                </pre>
                <CopyButton of="recipe" label="Copy the commands" />
            </details>
        </section>
    }
    .into_any()
}
