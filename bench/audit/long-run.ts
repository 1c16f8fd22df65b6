/**
 * The trail suites at length, a part at a time: honest trails with crashes in between (none may be called bad), changed
 * trails (all have to be), or gateways that are killed while they write.
 *
 *     node bench/audit/long-run.ts honest|changed [trails, 10000] [first seed, 1]
 *     node bench/audit/long-run.ts killed [rounds of two kills, 100]
 *
 * Ends with 1 at the first run that fails; its message names the seed. `TMPDIR` says where trails are written: syncs
 * cost nothing in memory, which is where many trails are quick.
 */
import { spawnSync } from "node:child_process";

const [part = "honest", count = part === "killed" ? "100" : "10000", seed = "1"] = process.argv.slice(2);
const root = new URL("../..", import.meta.url).pathname;
/** So many at once, to hear how far it has come. */
const TRAILS_AT_ONCE = 1000;

const run = (what: readonly string[], env: Readonly<Record<string, string>>): void => {
  const { status } = spawnSync(
    `${root}node_modules/.bin/vitest`,
    ["run", "--project", "packages/audit", ...what],
    { cwd: root, stdio: "inherit", env: { ...process.env, ...env } },
  );
  if (status !== 0) process.exit(1);
};

if (part === "killed") run(["killed-writers"], { AUDIT_KILLS: count });
else {
  // A seed gives one trail, whatever it begins with; every second one is changed in every way.
  const title = { honest: "always verify", changed: "every change" }[part];
  if (title === undefined) throw new Error(`honest, changed or killed, not ${part}`);
  const trails = Number(count);
  for (let done = 0; done < trails;) {
    const next = Math.min(TRAILS_AT_ONCE, trails - done);
    run(["trail-mutations", "-t", title], {
      AUDIT_TRAILS: String(next),
      AUDIT_SEED: String(Number(seed) + done),
    });
    done += next;
    console.log(`${part}: ${done} of ${trails} trails, as they should be`);
  }
}
