import type { Diagnostic } from "@mcp-flowgate/core";
import type { CodeTable, DiagnosticCode } from "./code-entry.ts";
import { EXPRESSION_CODES } from "./expression-codes.ts";
import { GOVERNANCE_CODES } from "./governance-codes.ts";
import { GRAPH_CODES } from "./graph-codes.ts";
import { LOAD_CODES } from "./load-codes.ts";
import { REFERENCE_CODES } from "./reference-codes.ts";
import { REACH_CODES } from "./reach-codes.ts";
import { SHAPE_CODES } from "./shape-codes.ts";

/** Every code with what it means. A code never changes its meaning and is never used again. */
export const DIAGNOSTIC_CODES: CodeTable = Object.freeze(
  Object.assign(
    {},
    LOAD_CODES,
    SHAPE_CODES,
    REFERENCE_CODES,
    GRAPH_CODES,
    EXPRESSION_CODES,
    GOVERNANCE_CODES,
    REACH_CODES,
  ),
);

export function isDiagnosticCode(code: string): code is DiagnosticCode {
  return Object.hasOwn(DIAGNOSTIC_CODES, code);
}

/** The severity that a code has unless its finding says otherwise. */
export function severityOf(code: DiagnosticCode): Diagnostic["severity"] {
  const entry = DIAGNOSTIC_CODES[code];
  if (entry === undefined) throw new Error(`${code} is not documented`);
  return entry.severity;
}
