import { digest, randomIds, runStoreChild, silentLog, systemClock } from "@mcp-flowgate/store-testkit";
import { createPostgresStore } from "../../src/index.ts";

/** `child.ts <url> <role> <arguments…>` */
const [url = "", ...given] = process.argv.slice(2);
const ports = { clock: systemClock, ids: randomIds, digest, log: silentLog };
await runStoreChild(() => createPostgresStore({ url, ...ports, leaseMs: 1_000 }), given);
