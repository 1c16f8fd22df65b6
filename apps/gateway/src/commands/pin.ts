import { readFile, rename, writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { createRecord, parseJson, type GatewayPlan, type JsonObject } from "@mcp-flowgate/core";
import {
  compareLock,
  findTricks,
  lockConnection,
  parseLockFile,
  renderDifferences,
  renderLockFile,
  showTricks,
  type LockDifference,
  type LockedConnection,
  type LockFile,
} from "@mcp-flowgate/config-compiler";
import { openToolSource } from "../catalogue/open-tool-source.ts";
import { createPinScope } from "../catalogue/pin-scope.ts";
import { systemDigest } from "../host/ids.ts";
import { createLog } from "../host/log.ts";
import { writeJson, type Write } from "./admin-calls.ts";
import { CommandError } from "./command-error.ts";
import { configFiles, loadPlan } from "./load.ts";

export interface PinOptions {
  readonly config?: readonly string[];
  readonly update?: boolean;
  readonly json?: boolean;
}

/** How long all servers together may take to list their tools. */
const LIST_MS = 60_000;
const EMPTY: LockFile = { connections: {} };

/**
 * `pin`: writes the lock file where there is none, else compares what the servers list now with it, with exit code 1
 * where something differs; `--update` takes the differences over.
 */
export async function pin(options: PinOptions, write: Write): Promise<void> {
  const plan = await loadPlan(configFiles(options.config));
  if (plan.imports.length === 0)
    throw new CommandError("There is nothing to pin: the configuration has no proxy.import.");
  const now = await listAll(plan);
  const before = await readBefore(plan.lockFile, options.update === true);
  const differences = compareLock(before ?? EMPTY, now).concat(forgotten(before ?? EMPTY, now));
  const writes = before === undefined || (options.update === true && differences.length > 0);
  if (writes) await replaceFile(plan.lockFile, renderLockFile(now));
  const fails = before !== undefined && options.update !== true && differences.length > 0;
  if (fails) process.exitCode = 1;
  const tricks = findAllTricks(now);
  if (options.json === true) {
    const shown = before === undefined ? [] : differences;
    const result = { file: plan.lockFile, written: writes, differences: shown, tricks };
    return writeJson(parseJson(JSON.stringify(result)) as JsonObject, write);
  }
  for (const trick of tricks) write(`Look at this: ${trick}\n`);
  write(summary(plan.lockFile, before, now, differences, options.update === true));
}

function summary(
  path: string,
  before: LockFile | undefined,
  now: LockFile,
  differences: readonly LockDifference[],
  update: boolean,
): string {
  const file = relative(process.cwd(), path) || path;
  const counts = Object.values(now.connections).map(({ tools }) => Object.keys(tools).length);
  const tools = counts.reduce((sum, count) => sum + count, 0);
  const held = `${tools} tool${tools === 1 ? "" : "s"} of ${counts.length} connection${counts.length === 1 ? "" : "s"}`;
  if (before === undefined) return `${file} is written: ${held}.\n`;
  if (differences.length === 0) return `${file} holds: ${held} as pinned.\n`;
  const found = `${differences.length} difference${differences.length === 1 ? "" : "s"}`;
  const next = update
    ? `${file} is updated: ${found} taken over.`
    : `${found} from ${file}. Take them over with --update once somebody has read them.`;
  return `${renderDifferences(differences)}\n${next}\n`;
}

/** Everything that is listed now. A lock file that leaves a silent server out would block its tools later: none is made. */
async function listAll(plan: GatewayPlan): Promise<LockFile> {
  const scope = createPinScope(plan);
  const log = createLog({ level: "error", format: "text" });
  log.hide(plan.secrets);
  const opened = openToolSource(plan, log);
  try {
    const signal = AbortSignal.timeout(LIST_MS);
    const listed = await Promise.all(
      scope.sources.map(async ({ key, from }): Promise<readonly [string, LockedConnection]> => {
        const listing = await opened.source.list(from, signal);
        if (!listing.ok)
          throw new CommandError(
            `connection "${from.connection}" cannot be listed, so nothing is pinned: ${listing.error.message}`,
          );
        const { server, tools, problems } = listing.value;
        for (const { tool, problem } of problems)
          process.stderr.write(
            `connection "${key}": ${tool === undefined ? "" : `tool "${tool}": `}${problem}\n`,
          );
        const used = tools.filter((tool) => scope.has(key, tool.name));
        return [key, lockConnection(server, used, systemDigest)];
      }),
    );
    return { connections: createRecord(listed) };
  } finally {
    await opened.close();
  }
}

async function readBefore(path: string, replaces: boolean): Promise<LockFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new CommandError(`${path} cannot be read: ${message}`);
  }
  const parsed = parseLockFile(text, systemDigest);
  if (parsed.ok) return parsed.value;
  if (replaces) return EMPTY;
  throw new CommandError(
    `${path} cannot be used: ${parsed.error}. Restore it, or write it anew with --update.`,
  );
}

/** Connections of the lock file that the configuration imports no more. */
function forgotten(before: LockFile, now: LockFile): readonly LockDifference[] {
  return Object.entries(before.connections)
    .filter(([connection]) => !Object.hasOwn(now.connections, connection))
    .flatMap(([connection, { tools }]) =>
      Object.keys(tools).map((tool) => ({ connection, tool, change: "removed" as const, parts: [] })),
    );
}

function findAllTricks(lock: LockFile): readonly string[] {
  return Object.entries(lock.connections).flatMap(([connection, { tools }]) =>
    Object.entries(tools).flatMap(([name, tool]) =>
      findTricks(`${name}\n${JSON.stringify(tool)}`).map(
        ({ text }) => `tool "${showTricks(name)}" of connection "${connection}": ${text}`,
      ),
    ),
  );
}

/** Whoever reads the file meanwhile finds the old one or the new one, whole. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    throw new CommandError(`${path} cannot be written: ${(error as Error).message}`);
  }
}
