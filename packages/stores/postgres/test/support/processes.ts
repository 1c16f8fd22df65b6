import { fileURLToPath } from "node:url";
import { startProgram, type Child } from "@mcp-flowgate/store-testkit";
import { onEnd } from "./open.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** The same, of another version's `child.ts`. */
export function startChildOf(program: string, ...given: readonly string[]): Child {
  const child = startProgram(program, ...given);
  onEnd(() => void child.process.kill("SIGKILL"));
  return child;
}

/** A process that uses the store, until the test ends. */
export function startChild(url: string, role: string, ...rest: readonly string[]): Child {
  return startChildOf(CHILD, url, role, ...rest);
}
