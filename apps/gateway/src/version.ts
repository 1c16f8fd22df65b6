import { readFileSync } from "node:fs";

/** Of this package, as it was published. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

export const NAME = "mcp-flowgate";
