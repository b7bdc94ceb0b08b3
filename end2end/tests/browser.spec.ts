// What the page does once its script runs: it takes over silently, stays live, and loses nothing.
import { randomUUID } from "node:crypto";
import { HAS_KUBECTL, NO_KUBECTL, kubectl } from "../support/kubectl";
import { closedPort, kubeconfigFor, silent } from "../support/servers";
import { answer, ask, askBox, expect, takenOver, test } from "../support/test";

test.use({ complaints: [/the server responded with a status of 5\d\d/] });

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

test("what is being typed outlives the arrival of an answer", async ({ page, account, baseURL }) => {
  const port = await closedPort();
  const added = await answer(
    page.request.post("/api/v1/clusters", {
      data: { name: `slow for ${account.name}`, kubeconfig: kubeconfigFor(port) },
      headers: { origin: baseURL! },
    }),
  );
  const server = await silent(port);
  try {
    await page.goto(`/c/${added.id}/ask`);
    await ask(page, "kubectl get pods -n shop");
    await expect(page.getByRole("article", { name: "Answer on its way" })).toBeVisible();
    await takenOver(page);
    await askBox(page).fill("and then?");
    const conversation = new URL(page.url()).pathname.split("/").at(-1)!;
    const arrives = page.waitForEvent("load");
    await page.request.post("/api/fn/stop_answer", {
      form: { conversation },
      headers: { accept: "application/json", origin: baseURL! },
    });
    await arrives;
    await expect(page.getByRole("article", { name: "Answer", exact: true })).toContainText(/stopped/i);
    await expect(askBox(page)).toHaveValue("and then?");
    await expect(askBox(page)).toBeFocused();
  } finally {
    server.close();
  }
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
  await expect(page.getByText("The cluster was renamed.")).toBeVisible();
  expect(sent).toBe(1);
});

test("a form that was stopped can be sent again", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}/settings`);
  await takenOver(page);
  const button = page.getByRole("button", { name: "Rename" });
  await page.route("**/api/fn/rename_cluster", (route) => route.abort("aborted"), { times: 1 });
  await button.click();
  await expect(page.locator("form[aria-busy]")).toHaveCount(1);
  await expect(page.locator("form[aria-busy]")).toHaveCount(0);
  await button.click();
  await expect(page.getByText("The cluster was renamed.")).toBeVisible();
});

test("two switches of the theme on one page agree", async ({ page, account: _ }) => {
  await page.goto("/settings");
  await takenOver(page);
  await page.getByRole("form", { name: "Appearance" }).getByRole("button", { name: "dark" }).click();
  const other = page.getByRole("form", { name: "Theme" });
  await expect(other.getByRole("button", { name: "dark" })).toHaveAttribute("aria-pressed", "true");
  await expect(other.getByRole("button", { name: "system" })).toHaveAttribute("aria-pressed", "false");
});

test("a file for new credentials is read into the text, to be seen before it is sent", async ({ page, account, baseURL }) => {
  const added = await answer(
    page.request.post("/api/v1/clusters", {
      data: { name: `file for ${account.name}`, kubeconfig: kubeconfigFor(await closedPort()) },
      headers: { origin: baseURL! },
    }),
  );
  await page.goto(`/c/${added.id}/settings`);
  await takenOver(page);
  const file = { name: "kubeconfig", mimeType: "text/plain", buffer: Buffer.from("apiVersion: v1\nkind: Config\n") };
  await page.getByLabel("Or choose the file").setInputFiles(file);
  await expect(page.getByRole("textbox", { name: "Kubeconfig" })).toHaveValue(/kind: Config/);
});
