import type { Diagnostic } from "@mcp-flowgate/core";
import { placeOf, type Span } from "../source/config-node.ts";
import type { DiagnosticCode } from "./code-entry.ts";
import { severityOf } from "./codes.ts";
import { isOlderForm, toSteps, type Rewrite, type RewriteStep } from "./rewrite.ts";

export interface ReportOptions {
  readonly hint?: string | undefined;
  /** JSON pointer into the merged configuration. */
  readonly pointer?: string | undefined;
  /** Where the code's own severity does not fit. */
  readonly severity?: Diagnostic["severity"];
  /** Of an older form: how it is written today, where that can be said. */
  readonly rewrite?: readonly RewriteStep<Span>[] | undefined;
}

/** Notes one finding. `at` is undefined where no file can be named. */
export type Report = (
  code: DiagnosticCode,
  at: Span | undefined,
  message: string,
  options?: ReportOptions,
) => void;

/** Findings beyond this are counted, not kept. */
const MAX_KEPT = 2000;

/** Collects findings; equal ones (an alias, a fragment that is used twice) count once. */
export interface Reporter {
  readonly report: Report;
  /** Adds one that already has its place. */
  add(diagnostic: Diagnostic): void;
  readonly failed: boolean;
  /** How many findings were reported, equal ones counted each time. */
  readonly count: number;
  /** By file as loaded, then by position, then by code. */
  sorted(files: readonly string[]): readonly Diagnostic[];
  /** Every older form, in no order. */
  rewrites(): readonly Rewrite[];
}

export function createReporter(): Reporter {
  const found = new Map<string, Diagnostic>();
  const rewrites = new Map<string, Rewrite>();
  let failed = false;
  let count = 0;
  const add = (diagnostic: Diagnostic): void => {
    count += 1;
    if (diagnostic.severity === "error") failed = true;
    const key = keyOf(diagnostic);
    if (found.size < MAX_KEPT || diagnostic.severity === "error") {
      if (!found.has(key) && found.size < 2 * MAX_KEPT) found.set(key, diagnostic);
    }
  };
  return {
    add,
    report: (code, at, message, options = {}) => {
      const diagnostic: Diagnostic = {
        code,
        severity: options.severity ?? severityOf(code),
        message,
        ...(options.hint === undefined ? {} : { hint: options.hint }),
        ...(at === undefined ? {} : { place: placeOf(at) }),
        ...(options.pointer === undefined ? {} : { pointer: options.pointer }),
      };
      add(diagnostic);
      if (!isOlderForm(code) || rewrites.has(keyOf(diagnostic))) return;
      const steps = options.rewrite === undefined ? undefined : toSteps(options.rewrite);
      rewrites.set(keyOf(diagnostic), { diagnostic, steps });
    },
    get count() {
      return count;
    },
    get failed() {
      return failed;
    },
    rewrites: () => [...rewrites.values()],
    sorted: (files) => {
      const order = new Map(files.map((file, index) => [file, index]));
      const rank = (diagnostic: Diagnostic): number =>
        diagnostic.place === undefined ? -1 : (order.get(diagnostic.place.file) ?? files.length);
      return [...found.values()].sort(
        (a, b) =>
          rank(a) - rank(b) ||
          (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
          (a.place?.column ?? 0) - (b.place?.column ?? 0) ||
          (a.code < b.code ? -1 : Number(a.code > b.code)) ||
          (a.message < b.message ? -1 : Number(a.message > b.message)),
      );
    },
  };
}

function keyOf({ code, place, message }: Diagnostic): string {
  return `${code}\n${place?.file ?? ""}\n${place?.line ?? 0}:${place?.column ?? 0}\n${message}`;
}
