import type { GatewayPlan, Log } from "@mcp-flowgate/core";
import type { LockFile } from "@mcp-flowgate/config-compiler";
import { CommandError } from "../commands/command-error.ts";
import { systemDigest } from "../host/ids.ts";
import { readLockFile } from "./read-lock.ts";

/** What pinned imports are held to. Nothing starts that was to be blocked and cannot be. */
export async function lockOf(plan: GatewayPlan, log: Log): Promise<LockFile | undefined> {
  const pinned = plan.imports.filter(({ pin }) => pin !== undefined);
  if (pinned.length === 0) return undefined;
  const read = await readLockFile(plan, systemDigest);
  const problem = !read.ok
    ? read.error
    : read.value === undefined
      ? `there is no ${plan.lockFile}`
      : undefined;
  if (problem === undefined) return read.ok ? read.value : undefined;
  const blocking = pinned.find(({ pin }) => pin === "block");
  const hint = "`mcp-flowgate pin -c FILE` writes it from what the servers list now.";
  if (blocking !== undefined)
    throw new CommandError(
      `proxy.import of "${blocking.connection}" has pin: block, and ${problem}. ${hint}`,
    );
  log.warn(`pin: warn has nothing to compare with: ${problem}. ${hint}`);
  return undefined;
}
