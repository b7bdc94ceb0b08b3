// Clusters of one's own: adding them, being refused, not reaching them, and what may be done there.
import type { Page } from "@playwright/test";
import { HAS_KUBECTL, NO_KUBECTL, replicas } from "../support/kubectl";
import { closedPort, kubeconfigFor } from "../support/servers";
import { ask, expect, test } from "../support/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

test.use({ complaints: [/the server responded with a status of (4|5)\d\d/] });

const HOSTILE = `apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/sh}}}]
`;

async function add(page: Page, name: string, kubeconfig: string) {
  await page.goto("/clusters/new");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("textbox", { name: "Kubeconfig" }).fill(kubeconfig);
  await page.getByRole("button", { name: "Add and test the connection" }).click();
}

test("refuses a kubeconfig that runs a command, names the field, shows the recipe, keeps the text", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}`);
  await add(page, "hostile", HOSTILE);
  await expect(page.getByRole("alert")).toContainText("exec");
  await expect(page.getByRole("alert")).toContainText(/ServiceAccount/i);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("hostile");
  await expect(page.getByRole("textbox", { name: "Kubeconfig" })).toHaveValue(HOSTILE);
  const recipe = page.getByRole("region", { name: "What is accepted" });
  await recipe.getByText("My kubeconfig runs a command to sign in").click();
  await expect(recipe).toContainText("create serviceaccount");
});

test("adds a cluster from a file, tests it, renames it, and deletes it by its name", async ({ page, account }) => {
  await page.goto("/clusters/new");
  await page.getByLabel("Name", { exact: true }).fill(`copy of ${account.name}`);
  const kubeconfig = join(process.env.AI4K8S_END2END_DATA!, "demo.kubeconfig");
  await page.getByLabel("Or choose the file").setInputFiles(kubeconfig);
  await page.getByRole("button", { name: "Add and test the connection" }).click();
  await expect(page.getByText("The cluster was added and its connection tested")).toBeVisible();
  await page.getByRole("button", { name: "Test the connection" }).click();
  const result = page.getByRole("status", { name: "Test result" });
  await expect(result).toContainText("It answered: Kubernetes");
  await expect(result).toContainText("may scale Deployments");
  const token = /token: (\S+)/.exec(readFileSync(kubeconfig, "utf8"))![1]!;
  expect(await page.content()).not.toContain(token);

  const own = page.getByRole("region", { name: "Name" });
  await own.getByRole("textbox", { name: "Name" }).fill("renamed");
  await own.getByRole("button", { name: "Rename" }).click();
  await expect(page.getByText("The cluster was renamed.")).toBeVisible();
  await page.getByLabel("Its name, to be sure which one").fill("renamed");
  await page.getByRole("button", { name: "Delete renamed" }).click();
  await expect(page.getByText("The cluster was deleted")).toBeVisible();
  await expect(page.getByRole("article", { name: "renamed" })).toHaveCount(0);
  await expect(page.getByRole("article", { name: "demo" })).toBeVisible();
});

test("keeps a cluster that does not answer, and says why on every page", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}`);
  await add(page, "down", kubeconfigFor(await closedPort()));
  await expect(page.getByRole("heading", { level: 1 })).not.toHaveText("Add a cluster");
  await page.goto("/");
  const card = page.getByRole("article", { name: "down" });
  await expect(card).toContainText("not reachable");
  const path = await card.getByRole("link", { name: "down", exact: true }).getAttribute("href");
  for (const rest of ["", "/autoscaling", "/autoscaling/new"]) {
    await page.goto(`${path}${rest}`);
    const problem = page.getByRole("main").getByRole("alert").first();
    await expect(problem).toContainText(/nothing listens at 127\.0\.0\.1:\d+/i);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByRole("link", { name: "Cluster settings" })).toBeVisible();
  }
});

test("changes nothing in a cluster in mode read-only", async ({ page, account }) => {
  test.skip(!HAS_KUBECTL, NO_KUBECTL);
  const ledger = { namespace: "payments", name: "ledger" };
  const before = replicas(ledger);
  await page.goto(`/c/${account.cluster}/settings`);
  const mode = page.getByRole("region", { name: "Mode" });
  await mode.getByRole("radio", { name: /^read-only/ }).check();
  await mode.getByRole("button", { name: "Change the mode" }).click();
  await expect(page.getByText("The mode was changed.")).toBeVisible();
  await page.goto(`/c/${account.cluster}/ask`);
  await ask(page, "kubectl scale deployment ledger -n payments --replicas=9");
  await expect(page.getByRole("article", { name: "Answer", exact: true })).toContainText("read-only");
  await expect(page.getByRole("button", { name: /^Scale ledger/ })).toHaveCount(0);
  expect(replicas(ledger)).toBe(before);
});

test("says that a page of an unknown cluster is not there", async ({ page, account }) => {
  await page.goto("/");
  const unknown = account.cluster.replace(/^.{8}/, "00000000");
  const response = await page.goto(`/c/${unknown}`);
  expect(response!.status()).toBe(404);
  await expect(page.getByRole("main")).toContainText(/no such|not here|not there|not found/i);
});
