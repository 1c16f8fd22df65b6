/** Runs the tests of the working copy and prints `{ total, passed, failed, failing }`. A test that is skipped does not count. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = join(dirname(fileURLToPath(import.meta.url)), ".flowgate", "kata");
const { stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=tap"], {
  cwd: project,
  encoding: "utf8",
});
const count = (name) => Number(new RegExp(`^# ${name} (\\d+)`, "m").exec(stdout)?.[1] ?? 0);
const failing = [...stdout.matchAll(/^not ok \d+ - (.+)$/gm)].map((match) => match[1]);
const [passed, failed] = [count("pass"), count("fail")];
console.log(JSON.stringify({ total: passed + failed, passed, failed, failing }));
process.exitCode = failed === 0 ? 0 : 1;
