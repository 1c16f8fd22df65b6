import { describeSharedStateContract } from "@mcp-flowgate/testkit";
import { createPostgresStore } from "../src/index.ts";
import { digest, randomIds, silentLog, systemClock } from "@mcp-flowgate/store-testkit";
import { createBench } from "./support/open.ts";

describeSharedStateContract("the Postgres store", async () => {
  const { url } = await createBench();
  const parts = { clock: systemClock, ids: randomIds, digest, log: silentLog };
  const closes: (() => Promise<void>)[] = [];
  return {
    async open(replica) {
      const store = await createPostgresStore({ url, replica, poolSize: 2, ...parts });
      const close = (): Promise<void> => store.close();
      closes.push(close);
      return { shared: store.shared, close };
    },
    async dispose() {
      for (const close of closes) await close();
    },
  };
});
