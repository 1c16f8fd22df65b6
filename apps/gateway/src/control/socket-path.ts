import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { osUser } from "../host/os-user.ts";

/**
 * Where a gateway's control socket stands: `<runtime folder>/mcp-flowgate-<user>/<configuration>-<pid>.sock`.
 * The folder is readable by its owner only; whoever can open it may decide approvals, so the file system is
 * the authority. Several gateways may run on one configuration: every MCP host starts its own.
 */
export function controlSocketPath(configFiles: readonly string[], pid: number): string {
  return join(controlFolder(), `${configurationKey(configFiles)}-${pid}.sock`);
}

/** The sockets that may belong to running gateways: those of one configuration, or all. */
export function findControlSockets(configFiles?: readonly string[]): readonly string[] {
  const folder = controlFolder();
  const key = configFiles === undefined ? "" : configurationKey(configFiles);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sock") && name.startsWith(key))
    .sort()
    .map((name) => join(folder, name));
}

function controlFolder(): string {
  const base = process.env["FLOWGATE_RUNTIME_DIR"] ?? process.env["XDG_RUNTIME_DIR"] ?? tmpdir();
  const folder = join(base, `mcp-flowgate-${osUser().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function configurationKey(configFiles: readonly string[]): string {
  const paths = configFiles.map((file) => {
    try {
      return realpathSync(file);
    } catch {
      return resolve(file);
    }
  });
  // A socket's whole path must stay under 104 bytes on some systems: twelve digits tell configurations apart.
  return createHash("sha256").update(JSON.stringify(paths)).digest("hex").slice(0, 12);
}
