// The demo cluster as a real kubectl sees it: what the product says it did is checked from outside.
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const TOOLS = fileURLToPath(new URL("../../target/tools/bin", import.meta.url));

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
export const NO_KUBECTL = "no kubectl on the PATH or in target/tools/bin";

/** What `kubectl …` prints for the demo cluster; fails as kubectl does. */
export function kubectl(args: string[], input = ""): string {
  const kubeconfig = join(process.env.AI4K8S_END2END_DATA!, "demo.kubeconfig");
  return execFileSync(KUBECTL!, ["--kubeconfig", kubeconfig, ...args], {
    encoding: "utf8",
    input,
    timeout: 20_000,
  });
}

/** A workload by its namespace and name. */
export interface Workload {
  namespace: string;
  name: string;
}

export function replicas({ namespace, name }: Workload): number {
  return Number(
    kubectl(["get", "deployment", name, "-n", namespace, "-o", "jsonpath={.spec.replicas}"]),
  );
}

export function annotations({ namespace, name }: Workload): Record<string, string> {
  const text = kubectl(["get", "deployment", name, "-n", namespace, "-o", "json"]);
  return JSON.parse(text).metadata.annotations ?? {};
}
