import { err, ok, type Result } from "@mcp-flowgate/core";

/** The part of a search request that a cursor belongs to. */
export interface CursorScope {
  readonly query: string;
  readonly kind?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

const FORMAT = /^c1-([0-9a-z]{1,6})-([0-9a-z]{1,7})$/;

/**
 * An opaque place in the pages of one search. It holds no state: any replica with the same catalogue reads it
 * alike, and it is tied to its request, so that it cannot page through another one.
 */
export function encodeCursor(offset: number, scope: CursorScope): string {
  return `c1-${offset.toString(36)}-${digest(offset, scope)}`;
}

/** The offset that {@link encodeCursor} wrote, or why the text is no cursor of this request. Never throws. */
export function decodeCursor(cursor: string, scope: CursorScope): Result<number, string> {
  const match = FORMAT.exec(cursor);
  if (match === null) return err("The cursor is not one that a search returned.");
  const offset = Number.parseInt(match[1] ?? "", 36);
  if (encodeCursor(offset, scope) !== cursor) return err("The cursor belongs to another search.");
  return ok(offset);
}

/**
 * A 32-bit FNV-1a sum (Fowler, Noll, Vo) over the request, against mix-ups and slips, not against forgery. No longer: a
 * model reads and writes it.
 */
function digest(offset: number, { query, kind, tags }: CursorScope): string {
  const text = JSON.stringify([offset, query.trim(), kind ?? null, [...(tags ?? [])].sort()]);
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return (sum >>> 0).toString(36);
}
