import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { createServer as createPortServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { findProgram } from "./debian.ts";
import { collect, exitOf, waitFor } from "./gateway-process.ts";

export interface LoadBalancer {
  readonly kind: "nginx" | "round robin in this process";
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Spreads requests over `targets` (origins) in turn: nginx where there is one or it can be installed, else a few lines of our
 * own, because what is under test is behind it.
 */
export async function startLoadBalancer(folder: string, targets: readonly string[]): Promise<LoadBalancer> {
  const nginx = findNginx();
  return nginx === undefined ? roundRobin(targets) : startNginx(nginx, folder, targets);
}

/** The path of nginx, which is installed where it can be. */
export function findNginx(): string | undefined {
  return findProgram("nginx-light", ["nginx", "-v"], ["/usr/sbin/nginx", "-v"]);
}

async function startNginx(nginx: string, folder: string, targets: readonly string[]): Promise<LoadBalancer> {
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
    .join(" ");
  writeFileSync(
    file,
    `master_process off; pid ${join(folder, "nginx.pid")}; error_log stderr;
events {}
http {
  access_log off; ${temp}
  upstream gateways { ${targets.map((target) => `server ${new URL(target).host} max_fails=0;`).join(" ")} keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://gateways; proxy_next_upstream error timeout http_503 non_idempotent; proxy_connect_timeout 2s; proxy_read_timeout 10s; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_buffering off; }
  }
}
`,
  );
  return runNginx(nginx, file, port);
}

/** Runs nginx on a configuration until it answers on `port` of loopback. */
export async function runNginx(
  nginx: string,
  file: string,
  port: number,
): Promise<LoadBalancer & { signal(name: NodeJS.Signals): void }> {
  const child = spawn(nginx, ["-c", file, "-p", dirname(file), "-g", "daemon off;"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const { stderr } = collect(child);
  const url = `http://127.0.0.1:${port}`;
  await waitFor(
    async () => ((await fetch(`${url}/health`).catch(() => undefined))?.ok === true ? true : undefined),
    () => child.exitCode !== null,
    () => `nginx ended: ${stderr()}`,
  );
  return {
    kind: "nginx",
    url,
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      const ended = exitOf(child);
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function roundRobin(targets: readonly string[]): Promise<LoadBalancer> {
  let turn = 0;
  const server = createServer((incoming, response) => {
    const target = new URL(targets[turn++ % targets.length] as string);
    const outgoing = request(
      {
        host: target.hostname,
        port: target.port,
        path: incoming.url,
        method: incoming.method,
        headers: { ...incoming.headers, host: "127.0.0.1" },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on("error", () => response.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    kind: "round robin in this process",
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** A port of loopback that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createPortServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
