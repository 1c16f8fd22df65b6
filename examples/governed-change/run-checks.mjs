/** `run-checks.mjs lint|test`: checks the working copy that the workspace server made. Exit code 0 means green. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const copy = join(dirname(fileURLToPath(import.meta.url)), ".flowgate", "working-copy");

if (process.argv[2] === "lint") {
  const files = readdirSync(copy, { recursive: true }).filter((file) => file.endsWith(".mjs"));
  const problems = files.flatMap((file) => {
    const lines = readFileSync(join(copy, file), "utf8").split("\n");
    return lines.flatMap((line, index) =>
      /\bvar\b|console\.log|\t/.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
    );
  });
  console.log(
    problems.length === 0 ? "lint: clean" : `lint: ${problems.length} problems\n${problems.join("\n")}`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
} else {
  const { stdout, status } = spawnSync(process.execPath, ["--test", "--test-reporter=tap"], {
    cwd: copy,
    encoding: "utf8",
  });
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)`, "m").exec(stdout)?.[1] ?? 0);
  const failed = [...stdout.matchAll(/^not ok \d+ - (.+)$/gm)].map((match) => match[1]);
  console.log(JSON.stringify({ passed: count("pass"), failed: count("fail"), failing: failed }));
  process.exitCode = status === 0 ? 0 : 1;
}
