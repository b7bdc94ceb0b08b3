// The same way on a cluster of one's own: a real control plane, added by its kubeconfig.
//
// AI4K8S_TEST_KUBECONFIG names it; it has the workloads of control-plane/company.yaml.
import { readFileSync } from "node:fs";
import { HAS_KUBECTL, NO_KUBECTL } from "../support/kubectl";
import * as person from "../support/journey";
import { expect, test } from "../support/test";

const kubeconfig = process.env.AI4K8S_TEST_KUBECONFIG;

const WORKLOADS = {
  "with-javascript": {
    scaled: { namespace: "shop", name: "storefront", kubeconfig },
    foreseen: { namespace: "shop", name: "catalog", kubeconfig },
  },
  "without-javascript": {
    scaled: { namespace: "shop", name: "recommendations", kubeconfig },
    foreseen: { namespace: "payments", name: "gateway", kubeconfig },
  },
};

test.skip(!HAS_KUBECTL, NO_KUBECTL);
test.skip(!kubeconfig, "AI4K8S_TEST_KUBECONFIG names no cluster");

test("adds a real cluster, looks, asks, scales by a plan, and turns predictive autoscaling on and off", async ({ page }, info) => {
  test.setTimeout(180_000);
  const { scaled, foreseen } = WORKLOADS[info.project.name as keyof typeof WORKLOADS];
  const name = `control plane ${info.project.name}`;
  await test.step("register", () => person.registers(page));
  await test.step("add the cluster", async () => {
    await page.goto("/clusters/new");
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("textbox", { name: "Kubeconfig" }).fill(readFileSync(kubeconfig!, "utf8"));
    await page.getByRole("button", { name: "Add and test the connection" }).click();
    await expect(page.getByText("The cluster was added and its connection tested")).toBeVisible();
  });
  await test.step("open it", async () => {
    await page.goto("/");
    await person.opens(page, name);
  });
  await test.step("read the overview", () => person.readsTheOverview(page));
  await test.step("ask", () => person.asks(page));
  const counts = await test.step("scale", () => person.scales(page, scaled));
  await test.step("undo it", () => person.undoes(page, scaled, counts));
  // Nothing was measured before today: the page says so, and the present counts.
  await test.step("turn predictive autoscaling on", () => person.turnsOn(page, foreseen, /No forecast|not measured|no history/i));
  await test.step("turn it off", () => person.turnsOff(page, foreseen));
});
