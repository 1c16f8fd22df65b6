/**
 * Builds the image with the container engine of this machine and runs it as it is meant to be run: as its own user, from a
 * read-only file system, without capabilities; waits until it is healthy, and stops it. Without an engine it says that
 * nothing was built, and ends with 0; with `--require` with 1.
 *
 *   node tools/image.mjs [--require]
 */
import { spawnSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { join } from "node:path";
import { Failure, fail, root, run, step } from "./setup.mjs";

const TAG = "mcp-flowgate:local";
const KEYS = ["AGENT_KEY", "MANAGER_KEY", "METRICS_KEY"].flatMap((name) => [
  "--env",
  `${name}=${crypto.randomUUID()}`,
]);
const PATIENCE_MS = 120_000;

try {
  const engine = ["docker", "podman"].find((name) => spawnSync(name, ["info"]).status === 0);
  if (engine === undefined) {
    console.log("no container engine answers here: the image was neither built nor run");
    process.exit(process.argv.includes("--require") ? 1 : 0);
  }
  await step(console.log, `build with ${engine}`, () =>
    run(engine, ["build", "--file", "deploy/docker/Dockerfile", "--tag", TAG, "."]),
  );
  await step(console.log, "run", () => tryImage(engine));
} catch (error) {
  fail(error);
}

async function tryImage(engine) {
  const ask = (args) => {
    const { status, stdout, stderr } = spawnSync(engine, args, { encoding: "utf8" });
    if (status !== 0) throw new Failure(`${engine} ${args[0]} ended with ${status}: ${stderr.trim()}`, 1);
    return stdout.trim();
  };
  const compose = join(root, "deploy/compose");
  const id = ask(
    [
      "run --detach --read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp:mode=1777 --health-interval 2s".split(
        " ",
      ),
      KEYS,
      ["--env", "FLOWGATE_CONFIG=/etc/mcp-flowgate/gateway.yaml:/etc/mcp-flowgate/catalogue.yaml"],
      ["--volume", `${compose}/single-node/gateway.yaml:/etc/mcp-flowgate/gateway.yaml:ro`],
      ["--volume", `${compose}/catalogue.yaml:/etc/mcp-flowgate/catalogue.yaml:ro`],
      [TAG],
    ].flat(),
  );
  try {
    const state = () => JSON.parse(ask(["inspect", id]))[0].State;
    const until = Date.now() + PATIENCE_MS;
    for (let now = state(); (now.Health ?? now.Healthcheck)?.Status !== "healthy"; now = state()) {
      if (!now.Running || Date.now() > until)
        throw new Failure(`it does not become healthy:\n${ask(["logs", id])}`, 1);
      await wait(500);
    }
    const user = ask(["exec", id, "id", "-u"]);
    if (user === "0") throw new Failure("it runs as root", 1);
    ask(["exec", id, "mcp-flowgate", "approvals", "list"]);
    ask(["stop", "-t", "40", id]);
    const { ExitCode } = state();
    if (ExitCode !== 0) throw new Failure(`it ended with ${ExitCode} when it was told to stop`, 1);
    console.log(`healthy as user ${user}, stopped with 0`);
  } finally {
    spawnSync(engine, ["rm", "--force", id]);
  }
}
