import { digest, randomIds, runStoreChild, silentLog, systemClock } from "@mcp-flowgate/store-testkit";
import { createSqliteStore } from "../../src/index.ts";

/** `child.ts <path> <role> <arguments…>` */
const [path = "", ...given] = process.argv.slice(2);
const ports = { clock: systemClock, ids: randomIds, digest, log: silentLog };
await runStoreChild(() => createSqliteStore({ path, ...ports, leaseMs: 1_000 }), given);
