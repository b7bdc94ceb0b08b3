// The product in a real browser, with JavaScript and without it.
//
// CHROMIUM names the browser, AI4K8S_SITE the folder of the built page. The product is started once, on a
// port and a data folder of its own (support/start.ts); every test brings its own account, and what tests
// change in the shared demo cluster is theirs alone, so that they run side by side.
import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";

const chromium = {
  browserName: "chromium",
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  },
} satisfies PlaywrightTestConfig["use"];

// Features that are JavaScript: there is nothing of them to test without it.
const NEEDS_JAVASCRIPT = ["**/keyboard.spec.ts", "**/browser.spec.ts"];

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  globalSetup: "./support/start.ts",
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  retries: process.env.CI ? 1 : 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    ...chromium,
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
  projects: [
    { name: "with-javascript" },
    {
      name: "without-javascript",
      use: { javaScriptEnabled: false },
      testIgnore: NEEDS_JAVASCRIPT,
    },
  ],
});
