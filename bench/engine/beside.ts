/**
 * Preloaded with `?root=DIR`, where `DIR` is another checkout of this repository, installed: the bench's own imports of
 * the workspace's packages are then that checkout's, so that two versions can be measured in one run.
 */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const root = new URL(import.meta.url).searchParams.get("root") ?? "";
const here = new URL("../", import.meta.url).href;
const there = pathToFileURL(`${root}/bench/engine/engine.ts`).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const ours = specifier.startsWith("@mcp-flowgate/") && context.parentURL?.startsWith(here) === true;
    return nextResolve(specifier, ours ? { ...context, parentURL: there } : context);
  },
});
