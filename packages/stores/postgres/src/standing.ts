import { parseJson } from "@mcp-flowgate/core";
import type { BatchRows } from "@mcp-flowgate/store-sql";

/** How an instance stands: all of its row that the writes of a step rest on. `id`, `claimant`, `operationId` are keys. */
export interface Standing {
  readonly id: string;
  readonly version: number;
  readonly fence: number;
  readonly claimant: string | null;
  readonly operationId: string | null;
  /** The head of its audit stream. */
  readonly seq: number;
  readonly hash: string;
}

/**
 * How instances stood when this process last read or wrote them. Others write too, so it is only what a transaction may
 * say that it expects, never what one is judged by.
 */
export interface KnownStandings {
  get(id: string): Standing | undefined;
  /** What is older than what is known changes nothing. */
  put(standing: Standing): void;
  /** What a batch made of its instance, with the head of its stream after it; without one, it is not known any more. */
  wrote(batch: BatchRows, head: { readonly seq: number; readonly hash: string } | undefined): void;
  forget(id: string): void;
}

/** Of some 300 bytes each. The one that was used least recently goes first. */
const MAX_KNOWN = 4_096;

export function createKnownStandings(): KnownStandings {
  const known = new Map<string, Standing>();
  const put = (standing: Standing): void => {
    const before = known.get(standing.id);
    if (before !== undefined && (before.version > standing.version || before.seq > standing.seq)) return;
    known.delete(standing.id);
    known.set(standing.id, standing);
    if (known.size > MAX_KNOWN) known.delete(known.keys().next().value ?? "");
  };
  return {
    get: (id) => known.get(id),
    put,
    wrote({ instance, workflowId }, head) {
      if (instance === undefined || head === undefined || instance.status === "terminal")
        known.delete(workflowId ?? "");
      else {
        const { id, version, fence, claimant, operationId } = instance;
        put({ id, version, fence, claimant, operationId, seq: head.seq, hash: head.hash });
      }
    },
    forget: (id) => void known.delete(id),
  };
}

/** From `json_build_array` of the columns, in the order of the members. */
export function fromStandingText(id: string, text: string | null): Standing {
  const [version, fence, claimant, operationId, seq, hash] = parseJson(text ?? "[]") as [
    number,
    number,
    string | null,
    string | null,
    number,
    string,
  ];
  return { id, version, fence, claimant, operationId, seq, hash };
}
