// The demo cluster as a real kubectl sees it: what the product says it did is checked from outside.
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const TOOLS = fileURLToPath(new URL("../../target/tools/control-plane/bin", import.meta.url));

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const folders = [...(process.env.PATH ?? "").split(delimiter), TOOLS];
const KUBECTL = folders.map((folder) => join(folder, "kubectl")).find(isExecutable);

export const HAS_KUBECTL = KUBECTL !== undefined;
export const NO_KUBECTL = "no kubectl on the PATH or in target/tools/control-plane/bin";

/** What `kubectl …` prints, for the demo cluster unless another is named; fails as kubectl does. */
export function kubectl(args: string[], input = "", kubeconfig = demo()): string {
  return execFileSync(KUBECTL!, ["--kubeconfig", kubeconfig, ...args], {
    encoding: "utf8",
    input,
    timeout: 20_000,
  });
}

function demo(): string {
  return join(process.env.AI4K8S_END2END_DATA!, "demo.kubeconfig");
}

/** A workload by its namespace and name, in the demo cluster unless another is named. */
export interface Workload {
  namespace: string;
  name: string;
  kubeconfig?: string;
}

export function replicas({ namespace, name, kubeconfig }: Workload): number {
  const output = ["-o", "jsonpath={.spec.replicas}"];
  return Number(kubectl(["get", "deployment", name, "-n", namespace, ...output], "", kubeconfig));
}

export function annotations({ namespace, name, kubeconfig }: Workload): Record<string, string> {
  const text = kubectl(["get", "deployment", name, "-n", namespace, "-o", "json"], "", kubeconfig);
  return JSON.parse(text).metadata.annotations ?? {};
}
