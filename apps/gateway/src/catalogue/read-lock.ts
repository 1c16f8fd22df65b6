import { readFile } from "node:fs/promises";
import { err, ok, type Digest, type GatewayPlan, type Result } from "@mcp-flowgate/core";
import { parseLockFile, type LockFile } from "@mcp-flowgate/config-compiler";

/**
 * The lock file of a plan.
 *
 * @returns Undefined where there is none; one sentence where there is one that cannot be used.
 */
export async function readLockFile(
  plan: GatewayPlan,
  digest: Digest,
): Promise<Result<LockFile | undefined, string>> {
  let text: string;
  try {
    text = await readFile(plan.lockFile, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? ok(undefined) : err(`${plan.lockFile} cannot be read: ${message}`);
  }
  const parsed = parseLockFile(text, digest);
  return parsed.ok ? parsed : err(`${plan.lockFile} cannot be used: ${parsed.error}`);
}
