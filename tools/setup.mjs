/**
 * What `npm start` and `npm test` share: brings a fresh clone to the point where the workspace is installed and
 * built, says what it does and how long each step took. Plain JavaScript that any Node since 18 can run, because
 * it runs before the pinned Node is there.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const bin = join(root, "node_modules", ".bin");
const PNPM = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;
const stamp = join(root, "node_modules", ".flowgate-installed");

/** The pinned Node where it could be installed, else the one that runs this. */
export function nodePath() {
  const pinned = join(
    root,
    "node_modules",
    "node",
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  return existsSync(pinned) ? pinned : process.execPath;
}

/** The environment in which every tool of the workspace, and every child of it, finds the pinned Node first. */
export function toolEnvironment(extra = {}) {
  const separator = process.platform === "win32" ? ";" : ":";
  const path = [dirname(nodePath()), bin, process.env.PATH ?? ""].join(separator);
  return { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: "1", ...extra };
}

/** Installs and builds what is missing. */
export async function setUp(log = console.error) {
  await step(log, "dependencies", isInstalled() ? undefined : install);
  requireNode();
  await step(log, "build", () => run("tsc", ["-b"]));
}

/** Runs a command of the workspace and fails with its exit code. */
export async function run(command, args, options = {}) {
  const code = await runForCode(command, args, options);
  if (code !== 0) throw new Failure(`${command} ${args.join(" ")} ended with ${code}`, code);
}

export function runForCode(command, args, options = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: "inherit",
      env: toolEnvironment(options.env),
      shell: process.platform === "win32",
    });
    child.once("error", fail);
    child.once("exit", (code, signal) => done(signal === null ? (code ?? 1) : 1));
  });
}

/** Says a step's name and time. Without work it says that there was nothing to do. */
export async function step(log, name, work) {
  if (work === undefined) return log(`✓ ${name}: up to date`);
  const began = Date.now();
  log(`… ${name}`);
  await work();
  log(`✓ ${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

export class Failure extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** One line instead of a stack, then the exit code of whatever failed. */
export function fail(error) {
  console.error(`✗ ${error.message}`);
  process.exit(error instanceof Failure ? error.code : 1);
}

function lockHash() {
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"])
    hash.update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash();
}

async function install() {
  const frozen = existsSync(join(root, "pnpm-lock.yaml")) ? ["--frozen-lockfile"] : [];
  await run("npx", ["--yes", PNPM, "install", ...frozen, "--reporter=append-only", "--loglevel=error"]);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lockHash());
}

/** better-sqlite3 ends an old Node without a word, so an old one is refused before anything native is loaded. */
function requireNode() {
  if (nodePath() !== process.execPath) return;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return;
  throw new Failure(
    `Node ${process.versions.node} is too old and the pinned one could not be installed: use Node 22.19 or later`,
    1,
  );
}
