import { FlowgateError } from "@mcp-flowgate/core";
import { createManualClock, createRecordingAudit, describeStoreContract } from "@mcp-flowgate/testkit";
import { createAuditChain, createPostgresStore, type AuditChain, type PostgresStore } from "../src/index.ts";
import { digest, randomIds, silentLog } from "@mcp-flowgate/store-testkit";
import { createBench, setDatabaseClock } from "./support/open.ts";

describeStoreContract("the Postgres store", async () => {
  const { url, ask } = await createBench();
  const clock = createManualClock();
  const audit = createRecordingAudit();
  const stores: PostgresStore[] = [];
  const link = createAuditChain({ ids: randomIds, digest });
  let refused: "all" | readonly string[] = [];
  const auditChain: AuditChain = (head, draft) => {
    if (refused === "all" || refused.includes(draft.type)) throw new FlowgateError("AUDIT_UNAVAILABLE", "no");
    return link(head, draft);
  };
  const open = async (replica: string): Promise<PostgresStore> => {
    const parts = { clock, ids: randomIds, digest, log: silentLog };
    return await createPostgresStore({ url, replica, auditChain, forward: audit, ...parts });
  };
  // The database's own time stands still until the harness moves it.
  await (await open("first")).close();
  await setDatabaseClock(ask, clock.now());
  return {
    async open(replica) {
      const store = await open(replica);
      stores.push(store);
      return store;
    },
    crash: (store) => store.close(),
    async advance(ms) {
      await setDatabaseClock(ask, clock.now() + ms);
      await clock.advance(ms);
    },
    audit: {
      ...audit,
      refuse(types = []) {
        refused = types;
      },
    },
    async dispose() {
      for (const store of stores) await store.close();
    },
  };
});
