// Every page, as it has to be for everyone: axe finds nothing in light or in dark (WCAG 2.2 A and AA, and axe's
// best practices), a phone's width needs no scrolling sideways, and the script takes over without a word in the
// console (that silence is checked after every test, support/test.ts).
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { PAGES } from "../support/pages";
import { expect, takenOver, test } from "../support/test";

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 320, height: 640 };

/** A page that fails does not hide what the next one has. */
const softly = expect.configure({ soft: true });

for (const [group, pages] of Object.entries(PAGES)) {
  test(`${group} are for everyone`, async ({ page, account, javaScriptEnabled }, info) => {
    test.setTimeout(240_000);
    for (const [name, path] of Object.entries(pages)) {
      await test.step(name, async () => {
        await page.setViewportSize(DESK);
        await page.goto(await path(account, page, info.parallelIndex));
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        if (javaScriptEnabled !== false) {
          await takenOver(page);
          await isAccessible(page, name);
        }
        await fitsAPhone(page, name);
      });
    }
  });
}

async function isAccessible(page: Page, name: string) {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.failureSummary}`),
    );
    softly(found, `${name} in ${colorScheme}`).toEqual([]);
  }
}

async function fitsAPhone(page: Page, name: string) {
  await page.setViewportSize(PHONE);
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await softly.poll(width, `width of ${name} in pixels`).toBeLessThanOrEqual(PHONE.width);
}
