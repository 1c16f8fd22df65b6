import { execFileSync } from "node:child_process";

/**
 * A program of the system: the first of `candidates` (a command and what it is tried with) that runs. On a Debian where
 * this runs as root, its package is installed for it. Nothing, where it is not to be had.
 */
export function findProgram(
  debianPackage: string,
  ...candidates: readonly (readonly [command: string, ...args: string[]])[]
): string | undefined {
  const find = (): string | undefined => candidates.find(([command, ...args]) => runs(command, args))?.[0];
  const installed = find();
  if (installed !== undefined || process.getuid?.() !== 0) return installed;
  const install = ["install", "-y", "--no-install-recommends", debianPackage];
  if (!runs("apt-get", install)) {
    runs("apt-get", ["update"]);
    runs("apt-get", install);
  }
  return find();
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore", timeout: 120_000 });
    return true;
  } catch {
    return false;
  }
}
