// Starts the product for the whole run and ends it, by its process, when the run is over.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GREETING = /^ai4k8s serves (http:\/\/127\.0\.0\.1:\d+)$/;
const PATIENCE_MS = 60_000;

/** Tests find the product by these two; a run that has them set uses that product and starts none. */
const URL_VARIABLE = "AI4K8S_END2END_URL";
const DATA_VARIABLE = "AI4K8S_END2END_DATA";

export default async function start(): Promise<() => Promise<void>> {
  if (process.env[URL_VARIABLE] && process.env[DATA_VARIABLE]) {
    return async () => {};
  }
  const data = mkdtempSync(join(tmpdir(), "ai4k8s-end2end-"));
  const logs = join(ROOT, "target", "test-logs");
  mkdirSync(logs, { recursive: true });
  const server = spawn(
    join(ROOT, "target", "debug", "ai4k8s"),
    [
      ...["serve", "--listen", "127.0.0.1:0", "--demo-port", "0", "--data-dir", data],
      ...["--site", process.env.AI4K8S_SITE ?? join(ROOT, "target", "site-dev")],
    ],
    { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
  );
  const log = createWriteStream(join(logs, "browser-server.log"));
  server.stderr.pipe(log);
  const stop = async () => {
    await end(server);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const url = await greeted(server, log);
    await ready(url);
    process.env[URL_VARIABLE] = url;
    process.env[DATA_VARIABLE] = data;
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** The address the product says it serves; everything it prints is kept. */
function greeted(server: ChildProcess, log: NodeJS.WritableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new Error("the product did not start; see target/test-logs/browser-server.log")),
      PATIENCE_MS,
    );
    server.once("error", reject);
    server.once("exit", (code) =>
      reject(new Error(`the product ended (${code}); see target/test-logs/browser-server.log`)),
    );
    createInterface({ input: server.stdout! }).on("line", (line) => {
      log.write(`${line}\n`);
      const url = GREETING.exec(line)?.[1];
      if (url) {
        clearTimeout(deadline);
        resolve(url);
      }
    });
  });
}

async function ready(url: string): Promise<void> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) {
    throw new Error(`the product is not ready: ${answer.status} ${await answer.text()}`);
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.pid === undefined) {
    return;
  }
  const gone = once(server, "exit");
  server.kill("SIGTERM");
  const impatient = setTimeout(() => server.kill("SIGKILL"), 15_000);
  await gone;
  clearTimeout(impatient);
}
