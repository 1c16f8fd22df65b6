/** One finding about a configuration or an expression. */
export interface Diagnostic {
  /** Stable: `FG1xx` load, `FG2xx` shape, `FG3xx` references, `FG4xx` graph, `FG5xx` expressions, `FG6xx` governance, `FG7xx` what was tried. */
  readonly code: string;
  readonly severity: "error" | "warning" | "notice";
  readonly message: string;
  /** How to mend it. */
  readonly hint?: string;
  readonly place?: SourcePlace;
  /** JSON pointer into the merged configuration. */
  readonly pointer?: string;
}

/** Where a node stands. Lines and columns count from 1; columns in UTF-16 units. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}
