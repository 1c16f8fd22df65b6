/** One rewriting of a deprecated form. */
export interface ModernizeChange {
  readonly code: string;
  readonly message: string;
  /** In the source as given. */
  readonly offset: number;
  readonly length: number;
}

/** Rewrites deprecated forms to today's. */
export function modernizeExpr(source: string): {
  readonly source: string;
  readonly changes: readonly ModernizeChange[];
} {
  return { source, changes: [] };
}
