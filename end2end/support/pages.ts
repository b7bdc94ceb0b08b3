// Every page of the product, filled with something to show.
import type { Page } from "@playwright/test";
import { answer, asked, type Account } from "./test";

/** Workloads whose autoscaling is tried just to have a job to look at; one for each worker. */
const LOOKED_AT = [
  { namespace: "monitoring", deployment: "grafana" },
  { namespace: "batch", deployment: "report-worker" },
];

type Path = (account: Account, page: Page, worker: number) => string | Promise<string>;

/** In groups, because pages of one group share an account and a browser that has the script already. */
export const PAGES: Record<string, Record<string, Path>> = {
  "the pages around the clusters": {
    "sign in": () => "/login",
    register: () => "/register",
    clusters: () => "/",
    "add a cluster": () => "/clusters/new",
    "account settings": () => "/settings",
    "cluster settings": ({ cluster }) => `/c/${cluster}/settings`,
  },
  "the overview and the conversations": {
    overview: ({ cluster }) => `/c/${cluster}`,
    ask: ({ cluster }) => `/c/${cluster}/ask`,
    "a conversation": async (account, page) => {
      const { conversation } = await asked(page, account, "Show me pods with high CPU usage");
      return `/c/${account.cluster}/ask/${conversation}`;
    },
  },
  "the pages of autoscaling": {
    autoscaling: ({ cluster }) => `/c/${cluster}/autoscaling`,
    "the wizard's choice": ({ cluster }) => `/c/${cluster}/autoscaling/new`,
    "the wizard's bounds": ({ cluster }) =>
      `/c/${cluster}/autoscaling/new?kind=Deployment&namespace=shop&name=storefront`,
    "a workload": ({ cluster }) => `/c/${cluster}/autoscaling/shop/storefront?kind=Deployment`,
  },
  "plans and jobs": {
    "no plans": ({ cluster }) => `/c/${cluster}/plans`,
    plans: async (account, page) => {
      await plan(account, page);
      return `/c/${account.cluster}/plans`;
    },
    "a plan": async (account, page) => `/c/${account.cluster}/plans/${await plan(account, page)}`,
    "no jobs": ({ cluster }) => `/c/${cluster}/jobs`,
    "a job": async (account, page, worker) =>
      `/c/${account.cluster}/jobs/${await job(account, page, worker)}`,
  },
};

/** A plan that waits for approval and never gets it. */
async function plan(account: Account, page: Page): Promise<string> {
  const scale = "kubectl scale deployment landing-page -n default --replicas=2";
  return (await asked(page, account, scale)).plan!;
}

/** A job that has just been started. */
async function job(account: Account, page: Page, worker: number): Promise<string> {
  const started = await answer(
    page.request.post(`/api/v1/clusters/${account.cluster}/autoscaling/predictive`, {
      data: { ...LOOKED_AT[worker % LOOKED_AT.length], min_replicas: 1, max_replicas: 3 },
      headers: { origin: process.env.AI4K8S_END2END_URL! },
    }),
  );
  return started.job_id;
}
