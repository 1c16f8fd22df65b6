import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, runNginx, type LoadBalancer } from "./load-balancer.ts";

/** nginx before gateways that come and go. */
export interface NginxPool extends LoadBalancer {
  /** Takes other targets (origins), without a call being lost: what runs is finished by the processes before. */
  spreadOver(targets: readonly string[]): void;
}

/**
 * As docs/running.md says for callers whose starts all have an `idempotencyKey`. Connections of clients are not kept:
 * one that idles when nginx changes its processes is closed, and what a client sends at that moment is lost.
 */
export async function startNginxPool(
  nginx: string,
  folder: string,
  targets: readonly string[],
): Promise<NginxPool> {
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
    .join(" ");
  const write = (over: readonly string[]): void =>
    writeFileSync(
      file,
      `worker_processes 1; pid ${join(folder, "nginx.pid")}; error_log stderr crit; ${process.getuid?.() === 0 ? "user root;" : ""}
events {}
http {
  access_log off; keepalive_timeout 0; ${temp}
  upstream gateways { ${over.map((target) => `server ${new URL(target).host} max_fails=0;`).join(" ")} keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://gateways;
      proxy_next_upstream error timeout http_503 non_idempotent;
      proxy_connect_timeout 2s; proxy_read_timeout 10s;
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_buffering off;
    }
  }
}
`,
    );
  write(targets);
  const balancer = await runNginx(nginx, file, port);
  return {
    ...balancer,
    spreadOver(over) {
      write(over);
      balancer.signal("SIGHUP");
    },
  };
}
