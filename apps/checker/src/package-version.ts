import { parseJson } from "@mcp-flowgate/core";
import { readFileSync } from "node:fs";

/** This package's version. */
export const PACKAGE_VERSION: string = readVersion();

function readVersion(): string {
  const manifest: unknown = parseJson(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "0.0.0";
}
