/**
 * The pipeline's steps, each printing one JSON object. Artifacts and deployments are files below `.flowgate`.
 *
 *   pipeline.mjs lint SERVICE | test SERVICE | build SERVICE VERSION | deploy staging|production ARTIFACT
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, ".flowgate");
const STEPS = { lint, test, build, deploy };

const [step, ...args] = process.argv.slice(2);
const result = STEPS[step]?.(...args) ?? fail(`there is no step ${step}`);
console.log(JSON.stringify(result));

function lint(service) {
  const files = readdirSync(folderOf(service)).filter((name) => name.endsWith(".mjs"));
  const problems = files.flatMap((file) =>
    /\bdebugger\b|\bvar\b/.test(readFileSync(join(folderOf(service), file), "utf8")) ? [file] : [],
  );
  return problems.length === 0 ? { files: files.length, problems } : fail(`lint: ${problems.join(", ")}`);
}

function test(service) {
  const { stdout, status } = spawnSync(process.execPath, ["--test", "--test-reporter=tap"], {
    cwd: folderOf(service),
    encoding: "utf8",
  });
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)`, "m").exec(stdout)?.[1] ?? 0);
  if (status !== 0)
    fail(
      `${count("fail")} of ${count("tests")} tests failed: ${[...stdout.matchAll(/^not ok \d+ - (.+)$/gm)].map((match) => match[1]).join(", ")}`,
    );
  return { passed: count("pass") };
}

/** The artifact is named by what is in it: building the same twice gives the same. */
function build(service, version) {
  const files = readdirSync(folderOf(service))
    .filter((name) => name.endsWith(".mjs") && !name.endsWith(".test.mjs"))
    .sort();
  const sha256 = createHash("sha256")
    .update(files.map((file) => readFileSync(join(folderOf(service), file), "utf8")).join("\0"))
    .digest("hex")
    .slice(0, 12);
  const artifact = `${service}-${version}-${sha256}`;
  const folder = join(out, "artifacts", artifact);
  mkdirSync(folder, { recursive: true });
  for (const file of files) cpSync(join(folderOf(service), file), join(folder, file));
  return { artifact, sha256, files };
}

function deploy(stage, artifact) {
  if (!existsSync(join(out, "artifacts", artifact))) fail(`there is no artifact ${artifact}`);
  mkdirSync(join(out, stage), { recursive: true });
  writeFileSync(join(out, stage, "current.json"), JSON.stringify({ artifact }));
  const answered = spawnSync(process.execPath, [join(out, "artifacts", artifact, "main.mjs"), "ping"], {
    encoding: "utf8",
  });
  return answered.status === 0
    ? { stage, artifact, answered: answered.stdout.trim() }
    : fail(`${stage} does not answer: ${answered.stderr.trim().split("\n")[0]}`);
}

function folderOf(service) {
  const folder = join(here, "services", service);
  return existsSync(folder) ? folder : fail(`there is no service ${service}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
