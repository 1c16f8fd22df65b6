/**
 * The trail suites at length: honest trails with crashes in between (none may be called bad), changed trails (all have to
 * be), and gateways that are killed while they write.
 *
 *     node bench/audit/long-run.ts [trails, 10000] [first seed, 1] [kills, 200]
 */
import { spawnSync } from "node:child_process";

const [trails = "10000", seed = "1", kills = "200"] = process.argv.slice(2);
const root = new URL("../..", import.meta.url).pathname;
const run = spawnSync(
  `${root}node_modules/.bin/vitest`,
  ["run", "--project", "packages/audit", "trail-mutations", "killed-writers"],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, AUDIT_TRAILS: trails, AUDIT_SEED: seed, AUDIT_KILLS: kills },
  },
);
process.exitCode = run.status ?? 1;
