// Playwright's `test` with what every test here has: the running product, an account of its own, and a
// browser whose console has to stay silent.
import { randomUUID } from "node:crypto";
import { test as base, expect, type APIResponse, type BrowserContext, type Page } from "@playwright/test";

export { expect };

export const PASSWORD = "a long walk by the river";

/** A registered person and the demo cluster as this person has it. */
export interface Account {
  name: string;
  cluster: string;
}

interface Options {
  /** Console messages that are part of what is tested, such as a refused request. */
  complaints: RegExp[];
}

interface Fixtures {
  /** Registers, and signs this test's browser in. */
  account: Account;
  silence: void;
}

export const test = base.extend<Options & Fixtures>({
  complaints: [[], { option: true }],

  baseURL: async ({}, use) => {
    await use(process.env.AI4K8S_END2END_URL);
  },

  account: async ({ context, baseURL }, use) => {
    const name = freshName();
    await register(context, baseURL!, name);
    const [demo] = await answer(context.request.get("/api/v1/clusters"));
    await use({ name, cluster: demo.id });
  },

  silence: [
    async ({ context, complaints }, use) => {
      const heard: string[] = [];
      context.on("console", (message) => {
        if (["warning", "error"].includes(message.type())) {
          heard.push(`${message.type()}: ${message.text()}`);
        }
      });
      context.on("weberror", (error) => heard.push(`uncaught: ${error.error().message}`));
      await use();
      const unexpected = heard.filter((line) => !complaints.some((pattern) => pattern.test(line)));
      expect(unexpected, "warnings and errors of the browser's console").toEqual([]);
    },
    { auto: true },
  ],
});

/** A name nobody else has. */
export function freshName(): string {
  return `ada-${randomUUID().slice(0, 8)}`;
}

async function register(context: BrowserContext, url: string, name: string): Promise<void> {
  const form = { name, password: PASSWORD, next: "/" };
  await answer(
    context.request.post("/api/fn/register", {
      form,
      headers: { accept: "application/json", origin: url },
    }),
  );
}

/** The JSON of a request that has to succeed. */
export async function answer(sent: Promise<APIResponse>): Promise<any> {
  const response = await sent;
  expect(response.ok(), `${response.status()} ${response.url()}: ${await response.text()}`).toBe(true);
  return response.json();
}

/** Asks over the HTTP API and waits for the answer. */
export async function asked(
  page: Page,
  { cluster }: Account,
  message: string,
): Promise<{ conversation: string; plan?: string }> {
  const reply = await answer(
    page.request.post(`/api/v1/clusters/${cluster}/chat`, {
      data: { message },
      headers: { origin: process.env.AI4K8S_END2END_URL! },
    }),
  );
  const plan = reply.message.blocks.find((block: { block: string }) => block.block === "plan")?.plan;
  return { conversation: reply.conversation_id, plan };
}

export async function signIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The box that takes questions and kubectl commands. */
export function askBox(page: Page) {
  return page.getByRole("textbox", { name: "Ask or type a kubectl command" });
}

export async function ask(page: Page, message: string): Promise<void> {
  await askBox(page).fill(message);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
}

/** Waits until the script has taken the page over: only it opens the help. */
export async function takenOver(page: Page) {
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await page.getByRole("heading", { level: 1 }).click();
  await expect(async () => {
    await page.keyboard.press("?");
    await expect(help).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
}
