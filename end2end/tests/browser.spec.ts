// What the page does once its script runs: it takes over silently, stays live, and loses nothing.
import { randomUUID } from "node:crypto";
import { HAS_KUBECTL, NO_KUBECTL, kubectl } from "../support/kubectl";
import { ask, askBox, expect, takenOver, test } from "../support/test";

test("moves between pages, and back to what one has seen", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}`);
  await takenOver(page);
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

test("a theme is shown at once, kept, and followed by the charts", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}`);
  const canvas = page.locator("#chart-cpu canvas");
  await expect(canvas).toBeVisible();
  const before = await canvas.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const theme = page.getByRole("form", { name: "Theme" });
  await theme.getByRole("button", { name: "dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(theme.getByRole("button", { name: "dark" })).toHaveAttribute("aria-pressed", "true");
  await expect.poll(() => canvas.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())).not.toBe(before);
  await expect(async () => {
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark", { timeout: 500 });
  }).toPass();
});

test("what is being typed outlives the arrival of an answer", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}/ask`);
  const events = /\/api\/v1\/conversations\/.*\/events/;
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(events, async (route) => {
    await held;
    await route.continue();
  });
  await ask(page, "kubectl get namespaces");
  await expect(page.getByRole("article", { name: "Answer on its way" }).or(page.getByRole("article", { name: "Answer", exact: true }))).toBeVisible();
  await askBox(page).fill("and then?");
  release();
  await expect(page.getByRole("article", { name: "Answer", exact: true })).toContainText("payments");
  await expect(askBox(page)).toHaveValue("and then?");
});

test("a form is sent once, however often its button is pressed", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}/settings`);
  await takenOver(page);
  let sent = 0;
  await page.route("**/api/fn/rename_cluster", async (route) => {
    sent += 1;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  });
  const button = page.getByRole("button", { name: "Rename" });
  await button.dblclick();
  await expect.poll(() => sent).toBe(1);
});
