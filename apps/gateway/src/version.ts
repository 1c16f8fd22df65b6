import { parseJson } from "@mcp-flowgate/core";
import { readFileSync } from "node:fs";

/** Of this package, as it was published. */
export const VERSION: string = (
  parseJson(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

export const NAME = "mcp-flowgate";
