// Everything by keyboard, and one always sees where one is.
import type { Locator, Page } from "@playwright/test";
import { askBox, expect, test } from "../support/test";

/** Presses until the page, once its script runs, does what the key is for. */
async function pressUntil(page: Page, key: string, seen: Locator, isSeen: "focused" | "visible") {
  await expect(async () => {
    await page.keyboard.press(key);
    const quickly = { timeout: 500 };
    await (isSeen === "focused" ? expect(seen).toBeFocused(quickly) : expect(seen).toBeVisible(quickly));
  }).toPass();
}

test.beforeEach(async ({ page, account }) => {
  await page.goto(`/c/${account.cluster}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("/ goes to the ask box, and is a letter inside it", async ({ page }) => {
  await pressUntil(page, "/", askBox(page), "focused");
  await page.keyboard.type("a/b?");
  await expect(askBox(page)).toHaveValue("a/b?");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("? shows the keys, Escape closes them", async ({ page }) => {
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await pressUntil(page, "?", help, "visible");
  await expect(help).toContainText("ask");
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
});

test("Ctrl+K finds a page by its words", async ({ page, account }) => {
  const palette = page.getByRole("dialog", { name: "Go to" });
  await pressUntil(page, "Control+k", palette, "visible");
  const box = palette.getByRole("combobox");
  await expect(box).toBeFocused();
  await box.fill("plans");
  await expect(palette.getByRole("option").first()).toContainText("Plans");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/c/${account.cluster}/plans$`));
  await expect(palette).toBeHidden();
});

test("g and a letter go to a page, j and k walk its rows, Enter opens one", async ({ page, account }) => {
  await expect(async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await expect(page).toHaveURL(new RegExp(`/c/${account.cluster}/autoscaling$`), { timeout: 500 });
  }).toPass();
  const links = page.getByRole("region", { name: "Fleet" }).locator("td:first-child").getByRole("link");
  await expect(links.nth(1)).toBeVisible();
  await page.keyboard.press("j");
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press("j");
  await expect(links.nth(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/autoscaling\/[^/]+\/[^/]+/);
});

test("Tab begins with the skip link, shows where it is, and reaches every main action", async ({ page }) => {
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  const reached = new Set<string>();
  for (let step = 0; step < 60; step += 1) {
    const focus = await page.evaluate(() => {
      const at = document.activeElement as HTMLElement;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
      const ring = (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
      const name = at.getAttribute("aria-label") ?? at.innerText.trim();
      return { ring, name, tag: at.tagName };
    });
    if (focus.tag === "BODY") break;
    expect(focus.ring, `focus is seen on ${focus.tag} ${focus.name}`).toBe(true);
    reached.add(focus.name.split("\n")[0]!);
    await page.keyboard.press("Tab");
  }
  for (const action of ["Overview", "Ask", "Autoscaling", "Sign out", "Ask or type a kubectl command", "Ask why"]) {
    expect([...reached], action).toContain(action);
  }
});

test("the skip link leads past the navigation", async ({ page }) => {
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(askBox(page)).toBeFocused();
});
