// Getting in, being refused, and losing nothing on the way.
import type { Page } from "@playwright/test";
import { PASSWORD, askBox, expect, freshName, signIn, test } from "../support/test";

test.use({ complaints: [/the server responded with a status of 4\d\d/] });

const SESSION = "ai4k8s";

async function signOut(page: Page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
}

test("signs out and in again", async ({ page, account }) => {
  await page.goto("/");
  await signOut(page);
  await signIn(page, account.name);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Clusters");
  await expect(page.getByRole("complementary", { name: "Site" })).toContainText(account.name);
});

test("refuses a wrong password and keeps the name", async ({ page, account }) => {
  await page.goto("/settings");
  await signOut(page);
  await signIn(page, account.name, "not the password");
  await expect(page.getByRole("alert")).toContainText(/name .*password/i);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(account.name);
  await signIn(page, account.name);
  await expect(page.getByRole("heading", { level: 1 })).not.toHaveText("Sign in");
});

test("refuses a common password, says so, and keeps the name", async ({ page }) => {
  const name = freshName();
  await page.goto("/register");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill("password123");
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByRole("alert")).toContainText(/password/i);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Clusters");
});

test("brings a question back that met an ended session", async ({ page, context, account }) => {
  const question = "why is the ledger slow on Mondays?";
  await page.goto(`/c/${account.cluster}/ask`);
  await context.clearCookies({ name: SESSION });
  await askBox(page).fill(question);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByRole("status")).toContainText("What you had typed is kept");
  await signIn(page, account.name);
  await expect(page).toHaveURL(new RegExp(`/c/${account.cluster}/ask`));
  await expect(askBox(page)).toHaveValue(question);
});

test("brings a form back that met an ended session", async ({ page, context, account }) => {
  const text = "apiVersion: v1\nkind: Config\nclusters: []\n";
  await page.goto("/clusters/new");
  await page.getByLabel("Name", { exact: true }).fill("staging");
  await page.getByRole("textbox", { name: "Kubeconfig" }).fill(text);
  await context.clearCookies({ name: SESSION });
  await page.getByRole("button", { name: "Add and test the connection" }).click();
  await expect(page.getByRole("status")).toContainText("What you had typed is kept");
  await signIn(page, account.name);
  await expect(page).toHaveURL(/\/clusters\/new/);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("staging");
  await expect(page.getByRole("textbox", { name: "Kubeconfig" })).toHaveValue(text);
});

test("makes a token that is shown once and can be revoked", async ({ page, account, playwright, baseURL }) => {
  await page.goto("/settings");
  await page.getByLabel("Name of the token").fill("laptop");
  await page.getByRole("button", { name: "Make a token" }).click();
  const shown = page.getByRole("status", { name: "New token" });
  await expect(shown).toContainText("it is not shown again");
  const secret = await shown.locator("code").innerText();
  const program = await playwright.request.newContext({
    baseURL,
    extraHTTPHeaders: { authorization: `Bearer ${secret}` },
  });
  const status = async () => (await program.get(`/api/v1/clusters/${account.cluster}`)).status();
  expect(await status()).toBe(200);
  await page.goto("/settings");
  await expect(page.getByText(secret)).toHaveCount(0);
  await page.getByRole("row", { name: "laptop" }).getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("No tokens")).toBeVisible();
  expect(await status()).toBe(401);
  await program.dispose();
});

test("ends another browser's session from here", async ({ page, account, browser, baseURL }) => {
  const other = await browser.newContext({ baseURL });
  const elsewhere = await other.newPage();
  await elsewhere.goto("/login");
  await signIn(elsewhere, account.name);
  await expect(elsewhere.getByRole("heading", { level: 1 })).toHaveText("Clusters");
  await page.goto("/settings");
  const sessions = page.getByRole("region", { name: "Sessions" }).first();
  await sessions.getByRole("button", { name: "End" }).click();
  await expect(sessions.getByRole("button", { name: "End" })).toHaveCount(0);
  await elsewhere.goto("/settings");
  await expect(elsewhere.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  await other.close();
});

test("keeps the chosen theme", async ({ page, account }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(`/c/${account.cluster}`);
  const theme = page.getByRole("form", { name: "Theme" });
  await theme.getByRole("button", { name: "dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.locator("html")).toHaveCSS("color-scheme", "dark");
  await expect
    .poll(async () => (await page.context().cookies()).find(({ name }) => name === "ai4k8s_theme")?.value)
    .toBe("dark");
  await page.goto("/");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(theme.getByRole("button", { name: "dark" })).toHaveAttribute("aria-pressed", "true");
});
