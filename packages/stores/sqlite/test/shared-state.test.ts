import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeSharedStateContract } from "@mcp-flowgate/testkit";
import { createSqliteStore } from "../src/index.ts";
import { digest, randomIds, silentLog, systemClock } from "@mcp-flowgate/store-testkit";

describeSharedStateContract("the SQLite store", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flowgate-shared-"));
  const parts = { clock: systemClock, ids: randomIds, digest, log: silentLog };
  const closes: (() => Promise<void>)[] = [];
  return {
    async open(replica) {
      const store = await createSqliteStore({ path: join(folder, "flowgate.db"), replica, ...parts });
      const close = (): Promise<void> => store.close();
      closes.push(close);
      return { shared: store.shared, close };
    },
    async dispose() {
      for (const close of closes) await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
