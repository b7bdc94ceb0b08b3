// A phone's width: nothing has to be scrolled sideways but what scrolls inside its card.
import { PAGES, PUBLIC_PAGES } from "../support/pages";
import { expect, test } from "../support/test";

test.use({ viewport: { width: 320, height: 640 } });

for (const [name, path] of Object.entries({ ...PAGES, ...PUBLIC_PAGES })) {
  test(`${name} fits 320 pixels`, async ({ page, account }, info) => {
    await page.goto(typeof path === "string" ? path : await path(account, page, info.parallelIndex));
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText("Loading")).toHaveCount(0);
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    await expect.poll(width, "the page's width in pixels").toBeLessThanOrEqual(320);
  });
}
