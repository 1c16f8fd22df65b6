#!/usr/bin/env node
// Checked before anything is loaded: with an older Node a native module ends the process without a word.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`mcp-flowgate needs Node 22.19 or later; this is ${process.versions.node}.\n`);
  process.exit(2);
}
await import("./compile-cache.mjs");
// As published the gateway is a bundle, in a checkout it is what was built last.
const { existsSync } = await import("node:fs");
const bundle = new URL("../mcp-flowgate.mjs", import.meta.url);
if (existsSync(bundle)) await import(bundle.href);
else {
  const { main } = await import("../dist/main.js");
  await main(process.argv.slice(2));
}
