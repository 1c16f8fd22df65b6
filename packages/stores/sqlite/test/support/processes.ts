import { fileURLToPath } from "node:url";
import { startProgram, type Child } from "@mcp-flowgate/store-testkit";
import { onEnd } from "./open.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** A process that uses the store, until the test ends. */
export function startChild(path: string, role: string, ...rest: readonly string[]): Child {
  const child = startProgram(CHILD, path, role, ...rest);
  onEnd(() => void child.process.kill("SIGKILL"));
  return child;
}
