// API servers that are none: ports nobody answers on, and kubeconfigs that lead there.
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";

const LOOPBACK = "127.0.0.1";

/** A loopback port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = await listening(0);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The demo cluster's kubeconfig, led to another port. */
export function kubeconfigFor(port: number): string {
  const path = join(process.env.AI4K8S_END2END_DATA!, "demo.kubeconfig");
  return readFileSync(path, "utf8").replace(/127\.0\.0\.1:\d+/, `${LOOPBACK}:${port}`);
}

/** Takes connections on `port` and never says a word. */
export async function silent(port: number): Promise<{ close(): void }> {
  const server = await listening(port);
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  return {
    close() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}

function listening(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(port, LOOPBACK, () => resolve(server));
  });
}
