import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlowgateError } from "@mcp-flowgate/core";
import {
  createAuditChain,
  createSqliteStore,
  type AuditChain,
  type SqliteStore,
} from "@mcp-flowgate/store-sqlite";
import { createManualClock, createRecordingAudit, describeStoreContract } from "@mcp-flowgate/testkit";
import { digest, randomIds, silentLog } from "@mcp-flowgate/store-testkit";

describeStoreContract("the SQLite store", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flowgate-sqlite-"));
  const clock = createManualClock();
  const audit = createRecordingAudit();
  const stores: SqliteStore[] = [];
  const link = createAuditChain({ ids: randomIds, digest });
  let refused: "all" | readonly string[] = [];
  const auditChain: AuditChain = (head, draft) => {
    if (refused === "all" || refused.includes(draft.type)) throw new FlowgateError("AUDIT_UNAVAILABLE", "no");
    return link(head, draft);
  };
  return {
    async open(replica) {
      const path = join(folder, "flowgate.db");
      const parts = { clock, ids: randomIds, digest, log: silentLog };
      const store = await createSqliteStore({ path, replica, auditChain, forward: audit, ...parts });
      stores.push(store);
      return store;
    },
    crash: (store) => store.close(),
    advance: (ms) => clock.advance(ms),
    audit: {
      ...audit,
      refuse(types = []) {
        refused = types;
      },
    },
    async dispose() {
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
