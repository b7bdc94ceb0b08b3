// axe finds nothing on any page, in light and in dark (WCAG 2.2 A and AA, and axe's best practices).
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { PAGES, PUBLIC_PAGES } from "../support/pages";
import { expect, test } from "../support/test";

async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
}

for (const [name, path] of Object.entries({ ...PAGES, ...PUBLIC_PAGES })) {
  test(`axe finds nothing on ${name}`, async ({ page, account }, info) => {
    const url = typeof path === "string" ? path : await path(account, page, info.parallelIndex);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto(url);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      expect(await violations(page), colorScheme).toEqual([]);
    }
  });
}
