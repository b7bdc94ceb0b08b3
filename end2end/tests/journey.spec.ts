// From nothing to predictive autoscaling, as a person goes the way: the same steps with JavaScript and without.
import { HAS_KUBECTL, NO_KUBECTL } from "../support/kubectl";
import * as person from "../support/journey";
import { test } from "../support/test";

/** Both projects run at the same time on one demo cluster, so each changes workloads of its own. */
const WORKLOADS = {
  "with-javascript": {
    scaled: { namespace: "shop", name: "storefront" },
    foreseen: { namespace: "shop", name: "catalog" },
  },
  "without-javascript": {
    scaled: { namespace: "shop", name: "recommendations" },
    foreseen: { namespace: "payments", name: "gateway" },
  },
};

test.skip(!HAS_KUBECTL, NO_KUBECTL);

test("registers, looks, asks, scales by a plan, and turns predictive autoscaling on and off", async ({ page }, info) => {
  test.setTimeout(120_000);
  const { scaled, foreseen } = WORKLOADS[info.project.name as keyof typeof WORKLOADS];
  await test.step("register", () => person.registers(page));
  await test.step("open the demo cluster", () => person.opens(page, "demo"));
  await test.step("read the overview", () => person.readsTheOverview(page));
  await test.step("read the charts", () => person.readsTheCharts(page));
  await test.step("ask", () => person.asks(page));
  const counts = await test.step("scale", () => person.scales(page, scaled));
  await test.step("undo it", () => person.undoes(page, scaled, counts));
  await test.step("turn predictive autoscaling on", () => person.turnsOn(page, foreseen, /Expected to be .*80\s%/));
  await test.step("turn it off", () => person.turnsOff(page, foreseen));
});
