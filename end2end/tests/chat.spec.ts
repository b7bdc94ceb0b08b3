// Asking: commands with kubectl's own columns, questions in plain English, answers that can be stopped.
import type { Page } from "@playwright/test";
import { HAS_KUBECTL, NO_KUBECTL, replicas } from "../support/kubectl";
import { closedPort, kubeconfigFor, silent } from "../support/servers";
import { answer, ask, asked, askBox, expect, test } from "../support/test";

test.use({ complaints: [/the server responded with a status of 5\d\d/] });

function lastAnswer(page: Page) {
  return page.getByRole("article", { name: "Answer", exact: true }).last();
}

test("answers a suggestion, then a command in the same conversation", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}/ask`);
  await page.getByRole("button", { name: "What needs attention?" }).click();
  await expect(lastAnswer(page)).toContainText("fraud-scoring");
  const conversation = page.url();
  await ask(page, "kubectl get nodes");
  await expect(lastAnswer(page).getByRole("group", { name: "Output" })).toContainText(/NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION/);
  expect(new URL(page.url()).pathname).toBe(new URL(conversation).pathname);
  await expect(askBox(page)).toHaveValue("");
  const earlier = page.getByRole("region", { name: "Conversations" });
  await expect(earlier.getByRole("link", { name: "What needs attention?" })).toHaveAttribute("aria-current", "page");
});

test("shows what kubectl would say of a thing that is not there", async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}/ask`);
  await ask(page, "kubectl get pod nothing -n shop");
  await expect(lastAnswer(page)).toContainText("NotFound");
  await expect(lastAnswer(page)).toContainText("did not answer the question");
});

test("shows what was typed as text, whatever it is", async ({ page, account }) => {
  const script = "<img src=x onerror=alert(1)><script>alert(2)</script>";
  await page.goto(`/c/${account.cluster}/ask`);
  await ask(page, script);
  await expect(page.getByRole("article", { name: "You asked" })).toHaveText(script);
  await expect(lastAnswer(page)).toBeVisible();
  await expect(page.locator("main img")).toHaveCount(0);
});

test("rejects a plan, and nothing is changed", async ({ page, account }) => {
  test.skip(!HAS_KUBECTL, NO_KUBECTL);
  const landing = { namespace: "default", name: "landing-page" };
  const before = replicas(landing);
  const { plan } = await asked(page, account, `scale landing-page in default to ${before + 1}`);
  await page.goto(`/c/${account.cluster}/plans/${plan}`);
  await page.getByRole("button", { name: "Reject" }).click();
  await expect(page.getByText("It was rejected; nothing was changed.")).toBeVisible();
  expect(replicas(landing)).toBe(before);
});

test("stops an answer that waits for a silent cluster", async ({ page, account, baseURL }) => {
  const port = await closedPort();
  const added = await answer(
    page.request.post("/api/v1/clusters", {
      data: { name: `silent for ${account.name}`, kubeconfig: kubeconfigFor(port) },
      headers: { origin: baseURL! },
    }),
  );
  const server = await silent(port);
  try {
    await page.goto(`/c/${added.id}/ask`);
    await ask(page, "kubectl get pods -n shop");
    await page.getByRole("button", { name: "Stop" }).click();
    await expect(lastAnswer(page)).toContainText(/stopped/i);
    await expect(page.getByRole("button", { name: "Stop" })).toHaveCount(0);
  } finally {
    server.close();
  }
});
