/**
 * One reason why a template does not compile. `FG511`: the template or operator is malformed, `FG504`/`FG509`: its path
 * is, `FG502`: the text of a quoted key in its path is.
 */
export interface TemplateError {
  readonly code: "FG502" | "FG504" | "FG509" | "FG511";
  readonly message: string;
  /** JSON pointer into the template. */
  readonly pointer: string;
  /** Where in the string, in UTF-16 units from 0. */
  readonly offset?: number;
  readonly length?: number;
}

/** A part of a template that has no value for a scope. Nothing may be sent in its place. */
export interface Unresolved {
  /** JSON pointer into the template; empty for its root. */
  readonly pointer: string;
  /** The path that was read, or the operator that failed. */
  readonly path: string;
  /** What is wrong, on one line. */
  readonly message: string;
}
