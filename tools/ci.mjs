/**
 * What `.ci/run` runs: installs and builds, then the tests beside everything else, two at a time. A step that fails
 * does not stop the others. The last line counts tests and steps: `N passed, N failed`.
 *
 *   node tools/ci.mjs               everything
 *   node tools/ci.mjs lint knip     only these steps
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePath, root, setUp, toolEnvironment } from "./setup.mjs";

/** The whole run has half an hour; what hangs must leave time to say so. */
const STEP_DEADLINE_MS = 28 * 60_000;
/** Property tests draw the same samples every time: whether a commit passes must depend on the commit. `pnpm explore` draws others. */
const PROPERTY_SEED = process.env.PROPERTY_SEED ?? "1";
const only = process.argv.slice(2);
const groups = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    for (const pid of groups) endGroup(pid);
    process.exit(130);
  });
}
const scratch = mkdtempSync(join(tmpdir(), "flowgate-ci-"));
const totals = { passed: 0, failed: 0 };
const failures = [];
const began = Date.now();
const treeBefore = workTree();

const isSetUp = await measure("install and build", async () => {
  await setUp(console.log);
  return { ok: true, output: "" };
});
if (!isSetUp && !existsSync(join(root, "node_modules", ".bin"))) finish();

await Promise.all([lane([testStep()]), lane(gateSteps())]);
if (process.env.CI === "true" && only.length === 0)
  await measure("work tree as it was", async () => ({ ok: workTree() === treeBefore, output: workTree() }));
finish();

/** The tests. A build that failed must not hide them: they run the sources. */
function testStep() {
  const report = join(scratch, "vitest.json");
  const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const command = isSetUp ? [nodePath(), "tools/test.mjs", ...options] : ["vitest", "run", ...options];
  return {
    name: "tests",
    run: async () => {
      const result = await capture(command, { live: true });
      const counts = countTests(report);
      totals.passed += counts.passed;
      totals.failed += counts.failed;
      const ok = result.ok && counts.failed === 0;
      return {
        ok,
        output: ok
          ? `${counts.passed} tests passed, ${counts.skipped} skipped`
          : `${counts.failed} tests failed`,
      };
    },
  };
}

function gateSteps() {
  const generators = ["packages", "packages/executors", "packages/stores", "apps"]
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((folder) => hasGenerator(join(root, folder, "package.json")))
    .sort();
  return [
    step("format", ["oxfmt", "--check", "."]),
    step("lint", ["oxlint", "--type-aware", "--deny-warnings"]),
    step("types of the tests", ["tsc", "-p", "tsconfig.tests.json"]),
    step("boundaries", ["turbo", "boundaries"]),
    step("knip", ["knip", "--no-progress", "--no-config-hints"]),
    step("sherif", ["sherif", "--fail-on-warnings", "--ignore-rule", "packages-without-package-json"]),
    step("changesets", ["changeset", "status"]),
    step("published packages", [nodePath(), "tools/check-packages.mjs"]),
    ...generators.map((folder) =>
      step(
        `generated files of ${folder}`,
        ["npm", "run", "--silent", "generate", "--", "--check"],
        join(root, folder),
      ),
    ),
  ];
}

function hasGenerator(manifest) {
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).scripts?.generate !== undefined;
}

function step(name, command, cwd = root) {
  return { name, run: () => capture(command, { cwd }) };
}

async function lane(steps) {
  for (const { name, run } of steps) if (only.length === 0 || only.includes(name)) await measure(name, run);
}

/** Runs one step, prints its name, time and, where it failed, all that it said. */
async function measure(name, run) {
  const started = Date.now();
  console.log(`▶ ${name}`);
  const { ok, output } = await run().catch((error) => ({
    ok: false,
    output: String(error?.message ?? error),
  }));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  totals[ok ? "passed" : "failed"] += 1;
  if (!ok) failures.push(name);
  const said = ok ? (output.trim().split("\n").at(-1) ?? "") : output;
  console.log(`${ok ? "✓" : "✗"} ${name} (${seconds} s)${said === "" ? "" : ok ? `: ${said}` : `\n${said}`}`);
  return ok;
}

/**
 * Runs a command in a process group of its own, so that at its deadline nothing of it stays. `live` prints its lines
 * as they come: a long step must show where it is.
 */
function capture([command, ...args], { cwd = root, live = false, deadlineMs = STEP_DEADLINE_MS } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd,
      env: toolEnvironment({ FORCE_COLOR: "0", NO_COLOR: "1", CI: "true", PROPERTY_SEED }),
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
      detached: process.platform !== "win32",
    });
    groups.add(child.pid);
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        chunks.push(chunk);
        if (live) process.stdout.write(chunk);
      });
    }
    const deadline = setTimeout(() => {
      chunks.push(Buffer.from(`\nended at its deadline of ${deadlineMs / 60_000} minutes\n`));
      endGroup(child.pid);
    }, deadlineMs);
    child.once("error", (error) => done({ ok: false, output: error.message }));
    child.once("close", (code) => {
      clearTimeout(deadline);
      groups.delete(child.pid);
      done({ ok: code === 0, output: Buffer.concat(chunks).toString("utf8") });
    });
  });
}

function endGroup(pid) {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** A file that could not be loaded has no tests; it counts as one that failed. */
function countTests(report) {
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: 0 };
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  const tests = testResults.flatMap((file) => file.assertionResults);
  const count = (...statuses) => tests.filter((test) => statuses.includes(test.status)).length;
  const unloaded = testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  return {
    passed: count("passed"),
    failed: count("failed") + unloaded,
    skipped: count("skipped", "pending", "todo", "disabled"),
  };
}

function workTree() {
  return spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }).stdout ?? "";
}

function finish() {
  rmSync(scratch, { recursive: true, force: true });
  console.log(
    `\n${((Date.now() - began) / 1000).toFixed(0)} s${failures.length === 0 ? "" : `; failed: ${failures.join(", ")}`}`,
  );
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  process.exit(totals.failed === 0 ? 0 : 1);
}
