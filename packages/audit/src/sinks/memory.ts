import { parseJson } from "@mcp-flowgate/core";
import { emptyHead, linkEvents } from "../hash-chain.ts";
import type { AuditRecord } from "../record.ts";
import type { Sink, SinkContext } from "./sink.ts";

/** Keeps the newest records of this process. They go when it does. */
export interface MemorySink extends Sink {
  /** Oldest first. */
  records(): readonly AuditRecord[];
}

export function createMemorySink(context: SinkContext, options: { readonly maxRecords: number }): MemorySink {
  let head = emptyHead(context.stream);
  let lines: string[] = [];
  return {
    kind: "memory",
    write: (texts) => {
      const linked = linkEvents(head, texts, context.digest);
      head = linked.head;
      for (const { line } of linked.lines) lines.push(line);
      // Trimmed rarely, so that a full memory costs nothing per event.
      if (lines.length > options.maxRecords * 2) lines = lines.slice(-options.maxRecords);
      return Promise.resolve();
    },
    records: () => lines.slice(-options.maxRecords).map((line) => parseJson(line) as AuditRecord),
    head: () => head,
    close: () => Promise.resolve(),
  };
}
