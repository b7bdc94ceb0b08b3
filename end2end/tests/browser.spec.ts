// What the page does once its script runs: it takes over silently, stays live, and moves without reloading.
import { randomUUID } from "node:crypto";
import { HAS_KUBECTL, NO_KUBECTL, kubectl } from "../support/kubectl";
import { ask, expect, takenOver, test } from "../support/test";

test("moves between pages without loading the document again", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}`);
  await takenOver(page);
  await page.evaluate(() => document.body.setAttribute("data-first", ""));
  const menu = page.getByRole("navigation", { name: "Cluster" });
  for (const [link, heading] of [
    ["Autoscaling", "Autoscaling"],
    ["Plans", "Plans"],
    ["Jobs", "Jobs"],
    ["Cluster settings", "Cluster settings"],
    ["Ask", "Ask"],
  ] as const) {
    await menu.getByRole("link", { name: link, exact: true }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
    await expect(menu.getByRole("link", { name: link, exact: true })).toHaveAttribute("aria-current", "page");
    await expect(page).toHaveTitle(new RegExp(heading));
  }
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Cluster settings");
  await ask(page, "kubectl get namespaces");
  await expect(page.getByRole("article", { name: "Answer", exact: true })).toContainText("payments");
  await expect(page.locator("body[data-first]")).toHaveCount(1);
});

test("draws the charts on a canvas and keeps their table and sentence", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}`);
  const chart = page.getByRole("region", { name: "Last 24 hours" }).getByRole("figure").first();
  await expect(chart.locator("canvas")).toBeVisible();
  await expect(chart.locator("figcaption")).toContainText("CPU is");
  await chart.getByText("Values as a table").click();
  await expect(chart.getByRole("table")).toBeVisible();
});

test("the overview hears of a warning without being asked", async ({ page, account }) => {
  test.skip(!HAS_KUBECTL, NO_KUBECTL);
  const namespace = `live-${randomUUID().slice(0, 8)}`;
  await page.goto(`/c/${account.cluster}`);
  await expect(page.locator(".age")).toContainText("live · metrics measured");
  const requests = { requests: { cpu: "900" } };
  kubectl(["create", "namespace", namespace]);
  try {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "too-large", namespace },
      spec: { containers: [{ name: "main", image: "registry.k8s.io/pause:3.10", resources: requests }] },
    };
    kubectl(["create", "-f", "-"], JSON.stringify(pod));
    const warnings = page.getByRole("region", { name: "Recent warnings" });
    await expect(warnings).toContainText(`${namespace}/too-large`, { timeout: 30_000 });
  } finally {
    kubectl(["delete", "namespace", namespace, "--wait=false"]);
  }
});
