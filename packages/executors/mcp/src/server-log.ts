import type { Log } from "@mcp-flowgate/core";
import { createRateBudget } from "./rate-budget.ts";

/** Writes to the log what a server says beside the protocol: bounded, and with its connection's name. */
export interface ServerLog {
  onError(error: Error): void;
  onErrorLine(line: string): void;
  onNoise(what: string, sample: string): void;
}

const LINES_PER_SECOND = 20;
const LINES_BURST = 200;
const MAX_LINE = 2000;
const MAX_SAMPLE = 300;

export function createServerLog(log: Log, connection: string): ServerLog {
  const lines = createRateBudget(LINES_PER_SECOND, LINES_BURST);
  const reports = createRateBudget(0.2, 5);
  return {
    onError(error) {
      if (!reports.spend()) return;
      log.debug("An MCP connection reported a problem.", {
        connection,
        error: error.message.slice(0, MAX_SAMPLE),
      });
    },
    onErrorLine(line) {
      if (lines.spend()) log.info("stderr", { connection, line: line.slice(0, MAX_LINE) });
    },
    onNoise(what, sample) {
      if (reports.spend())
        log.warn(`An MCP server sent ${what}.`, { connection, sample: sample.slice(0, MAX_SAMPLE) });
    },
  };
}
