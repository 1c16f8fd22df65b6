import type { Diagnostic } from "@mcp-flowgate/core";

/** What a code means. The reference and `--explain` are made of this. */
export interface CodeEntry {
  readonly title: string;
  readonly severity: Diagnostic["severity"];
  /** Why it matters, in a few sentences of Markdown. */
  readonly explanation: string;
  /** YAML that earns the code. */
  readonly example: string;
  /** The same, mended, or what to do. */
  readonly fix: string;
}

/** One family of codes. */
export type CodeTable = { readonly [code: DiagnosticCode]: CodeEntry };

/** The form of every code. */
export type DiagnosticCode = `FG${number}`;
