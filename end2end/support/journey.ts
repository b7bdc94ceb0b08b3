// The way from nothing to predictive autoscaling, step by step, on any cluster.
import type { Page } from "@playwright/test";
import { annotations, replicas, type Workload } from "./kubectl";
import { PASSWORD, ask, expect, freshName } from "./test";

const ENABLED = "ai4k8s.io/predictive-autoscaling-enabled";
const CONFIG = "ai4k8s.io/predictive-autoscaling-config";

export async function registers(page: Page) {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  await page.getByRole("link", { name: "Register" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Register");
  await page.getByLabel("Name", { exact: true }).fill(freshName());
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Clusters");
}

/** Goes from the clusters to the overview of one. */
export async function opens(page: Page, name: string) {
  const cluster = page.getByRole("article", { name, exact: true });
  await expect(cluster).toContainText(/(\d+) of \1/);
  await cluster.getByRole("link", { name, exact: true }).click();
  await expect(page).toHaveURL(/\/c\/[0-9a-f-]{36}$/);
}

export async function readsTheOverview(page: Page) {
  const summary = page.getByRole("region", { name: "Summary" });
  await expect(summary).toContainText(/of \d+ ready/);
  await expect(summary).toContainText(/\d+ running/);
  await expect(summary).toContainText(/\d+\s%.*cores of .*cores used/s);
  await expect(page.getByRole("region", { name: "Workloads by pressure" })).toContainText("storefront");
}

/** The charts, where the last day was measured. */
export async function readsTheCharts(page: Page) {
  const chart = page.getByRole("region", { name: "Last 24 hours" }).getByRole("figure").first();
  await expect(chart.locator("figcaption")).toContainText(/CPU.*\d.*cores/);
  await chart.getByText("Values as a table").click();
  const values = chart.getByRole("group", { name: "Chart values" });
  await expect(values.getByRole("columnheader").first()).toBeVisible();
  await expect(values.getByRole("row").nth(2)).toContainText(/\d/);
}

export async function asks(page: Page) {
  await ask(page, "Show me pods with high CPU usage");
  await expect(page).toHaveURL(/\/ask\/[0-9a-f-]{36}/);
  const answer = page.getByRole("article", { name: "Answer", exact: true });
  await expect(answer).toContainText("CPU");
  await expect(answer).toContainText("built-in assistant · tools pods_top");
}

/** Scales by a plan; gives the replica counts before and after. */
export async function scales(page: Page, workload: Workload) {
  const { namespace, name } = workload;
  const before = replicas(workload);
  const after = before === 4 ? 5 : 4;
  await ask(page, `kubectl scale deployment ${name} -n ${namespace} --replicas=${after}`);
  const verb = `Scale ${name} to ${after}`;
  const plan = page.getByRole("article", { name: verb });
  await expect(plan).toContainText("waits for approval");
  const diff = plan.getByRole("group", { name: "Diff" });
  await expect(diff).toContainText(`-  replicas: ${before}`);
  await expect(diff).toContainText(`+  replicas: ${after}`);
  expect(replicas(workload), "a plan alone changes nothing").toBe(before);
  await plan.getByRole("button", { name: verb, exact: true }).click();
  await expect(page.getByRole("article", { name: verb })).toContainText("done");
  await expect.poll(() => replicas(workload)).toBe(after);
  await expect(page.getByText("Carried out")).toBeFocused();
  return { before, after };
}

/** Undoes a scaling from the list of plans, by a plan of its own. */
export async function undoes(page: Page, workload: Workload, { before, after }: { before: number; after: number }) {
  await page.getByRole("navigation", { name: "Cluster" }).getByRole("link", { name: "Plans" }).click();
  await page
    .getByRole("region", { name: "Past plans" })
    .getByRole("row", { name: `Scale ${workload.name} to ${after}` })
    .getByRole("button", { name: "Plan undo" })
    .click();
  const verb = `Scale ${workload.name} to ${before}`;
  const plan = page.getByRole("article", { name: verb });
  await expect(plan).toContainText("waits for approval");
  expect(replicas(workload), "an undo is a plan too").toBe(after);
  await plan.getByRole("button", { name: verb, exact: true }).click();
  await expect(page.getByRole("article", { name: verb })).toContainText("done");
  await expect.poll(() => replicas(workload)).toBe(before);
}

/** Turns predictive autoscaling on, and says what the job came to: the replica count. */
export async function turnsOn(page: Page, workload: Workload, outlook: RegExp) {
  await page.getByRole("navigation", { name: "Cluster" }).getByRole("link", { name: "Autoscaling" }).click();
  await page.getByRole("link", { name: "Turn on predictive autoscaling" }).click();
  await page
    .getByRole("region", { name: "Choose a workload" })
    .getByRole("link", { name: `${workload.name} ${workload.namespace}` })
    .click();
  await expect(page.getByRole("region", { name: "CPU outlook" })).toContainText(outlook);
  await page.getByLabel("Fewest replicas").fill("2");
  await page.getByLabel("Most replicas").fill("9");
  await page.getByRole("button", { name: `Start for ${workload.name}` }).click();
  await expect(page).toHaveURL(/\/jobs\/[0-9a-f-]{36}/);
  await expect(page.getByRole("progressbar", { name: "Progress" })).toHaveAttribute("aria-valuenow", "100", {
    timeout: 45_000,
  });
  const phases = page.getByRole("list", { name: "Phases" }).getByRole("listitem");
  for (const percent of [10, 30, 40, 60, 70, 90, 95, 100]) {
    await expect(phases.filter({ hasText: new RegExp(`^\\s*${percent}\\s%`) })).not.toHaveCount(0);
  }
  const result = page.getByRole("region", { name: "Result" });
  await expect(result.getByRole("heading")).toHaveText(/Scaled from \d+ to \d+ replicas|Left at \d+ replicas/);
  await expect(result).toContainText(/Confidence\s*\d+\s%/);
  const marks = annotations(workload);
  expect(marks[ENABLED]).toBe("true");
  expect(marks[CONFIG]).toBe('{"min":2,"max":9}');
  const said = /to (\d+) replicas|Left at (\d+)/.exec((await result.getByRole("heading").textContent())!)!;
  expect(replicas(workload)).toBe(Number(said[1] ?? said[2]));
}

export async function turnsOff(page: Page, workload: Workload) {
  await page.getByRole("link", { name: `Open ${workload.name}` }).click();
  await page.getByRole("button", { name: `Turn off for ${workload.name}` }).click();
  await expect(page.getByText("Predictive autoscaling is off.")).toBeVisible();
  expect(annotations(workload)).not.toHaveProperty([ENABLED]);
}
