/*
 * Imported before a program: when that ends, writes to LOADED_MODULES what it had loaded when it said where it serves, and
 * what at its end, Node's own parts included.
 */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const loaded = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
const now = () => [...loaded, ...process.moduleLoadList];
let serving;
const write = process.stderr.write.bind(process.stderr);
process.stderr.write = (text, ...rest) => {
  if (String(text).includes("endpoint=")) serving ??= now();
  return write(text, ...rest);
};
process.on("exit", () =>
  writeFileSync(process.env.LOADED_MODULES, JSON.stringify({ serving, ended: now() })),
);
