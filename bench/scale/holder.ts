/**
 * A process that holds running operations until it is killed. Arguments: the kind of the store, its place, how many, and
 * the lease in milliseconds. It says `holding` when all of them run.
 */
import { createBenchEngine } from "../engine/engine.ts";
import { openStore, type StoreKind } from "../engine/open-store.ts";
import { idempotent } from "./idempotent.ts";

const [kind = "sqlite", place = "", count = "1", leaseMs = "15000"] = process.argv.slice(2);
const store = await openStore(kind as StoreKind, place, Number(leaseMs));
let running = 0;
const bench = createBenchEngine(store, idempotent, {
  kind: "mcp",
  execute: () => {
    running += 1;
    if (running === Number(count)) process.send?.("holding");
    return new Promise(() => undefined);
  },
});
for (let index = 0; index < Number(count); index += 1)
  void bench.client().then((client) => client.submit("effect"));
