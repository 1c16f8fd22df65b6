import type { Decision, JsonObject, SharedState, SharedView } from "@mcp-flowgate/core";
import { fromJsonText, toJsonText } from "@mcp-flowgate/store-sql";
import type { Database, Statement } from "./database.ts";
import { fromKey, toKey } from "./keys.ts";
import { toStoreError } from "./store-error.ts";

const REPORT: Statement = {
  name: "report",
  text: "UPDATE mcp_flowgate.replica SET about = $2 WHERE epoch = $1::bigint AND about IS DISTINCT FROM $2",
};
// A broken connection is tried anew, and then counts twice: a number is only ever compared with others.
const DECIDE: Statement = {
  name: "decide",
  text: `INSERT INTO mcp_flowgate.decision AS last (subject, n, decided_at, body) VALUES ($1, 1, mcp_flowgate.now_ms(), $2)
    ON CONFLICT (subject) DO UPDATE SET n = last.n + 1, decided_at = excluded.decided_at, body = excluded.body
    RETURNING subject, n, decided_at, body`,
};
const LOOK: Statement = {
  name: "look",
  text: `SELECT 'decision' AS kind, subject AS name, n, decided_at AS at, body FROM mcp_flowgate.decision
    UNION ALL
    SELECT 'replica', id, epoch, started_at, about FROM mcp_flowgate.replica WHERE live_until >= mcp_flowgate.now_ms()
    ORDER BY kind, n`,
};

interface Row {
  readonly kind: "decision" | "replica";
  readonly name: string;
  readonly n: number;
  readonly at: number;
  readonly body: string | null;
}

/** What the replicas on one database agree on besides workflows (H1, H2). */
export function createSharedState({
  database,
  epoch,
}: {
  readonly database: Database;
  readonly epoch: number;
}): SharedState {
  const ask = async <T extends object>(statement: Statement, values: readonly unknown[]): Promise<T[]> => {
    try {
      return await database.read<T>(statement, values);
    } catch (thrown) {
      throw toStoreError(thrown);
    }
  };
  return {
    async report(about) {
      await ask(REPORT, [epoch, toJsonText(about)]);
    },
    async decide(subject, body) {
      const [row] = await ask<{ n: number; decided_at: number }>(DECIDE, [toKey(subject), toJsonText(body)]);
      return { subject, n: row?.n ?? 0, body, decidedAt: row?.decided_at ?? 0 };
    },
    async look() {
      return toView(await ask<Row>(LOOK, []), epoch);
    },
  };
}

function toView(rows: readonly Row[], self: number): SharedView {
  const decisions: Decision[] = [];
  const replicas: SharedView["replicas"][number][] = [];
  for (const { kind, name, n, at, body } of rows) {
    const value = body === null ? undefined : fromJsonText<JsonObject>(body);
    if (kind === "decision") {
      decisions.push({ subject: fromKey(name), n, body: value ?? {}, decidedAt: at });
      continue;
    }
    const about = value === undefined ? {} : { about: value };
    replicas.push({ replica: fromKey(name), epoch: n, startedAt: at, isSelf: n === self, ...about });
  }
  return { decisions, replicas };
}
