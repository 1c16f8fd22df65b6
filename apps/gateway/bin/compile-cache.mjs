// Compiled code is kept between runs, which takes a fifth off the cost of a start. It stands in a folder that only this user
// writes to: whoever can write there runs code as them, which rules out the shared temporary folder. Without such a
// folder, or where it cannot be written, every start compiles anew. NODE_COMPILE_CACHE names another place,
// NODE_DISABLE_COMPILE_CACHE=1 turns it off.
import module from "node:module";
import { isAbsolute, join } from "node:path";

const { HOME, LOCALAPPDATA, NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
const base =
  process.platform === "win32"
    ? LOCALAPPDATA
    : XDG_CACHE_HOME || (HOME === undefined ? undefined : join(HOME, ".cache"));
const folder =
  NODE_COMPILE_CACHE || (base && isAbsolute(base) ? join(base, "mcp-flowgate", "code") : undefined);
if (folder !== undefined) module.enableCompileCache?.(folder);
