// What a browser without JavaScript is spared.
import { expect, test } from "../support/test";

test("loads nothing that only a script could use", async ({ page, account, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled !== false, "with JavaScript these files are what is wanted");
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  await page.goto(`/c/${account.cluster}`, { waitUntil: "networkidle" });
  expect(loaded.filter((path) => /\.(js|wasm)$/.test(path))).toEqual([]);
  expect(loaded.some((path) => path.endsWith(".css"))).toBe(true);
});
