import { parseJson } from "@mcp-flowgate/core";

/**
 * What a JSON text says that its parsed value does not: a key that stands twice in one object, of which another reader may
 * take the other value, and a number that no JavaScript number keeps. Such a text is refused, never quietly changed.
 *
 * @param text JSON, as `JSON.parse` takes it.
 * @returns One phrase, or `undefined` where the value is all that was said. Linear in the length of the text.
 */
export function findJsonFault(text: string): string | undefined {
  /** The keys of each object that is open here; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (isBeforeColon(text, end)) {
        const key = toKey(text.slice(at + 1, end - 1));
        const keys = open.at(-1);
        if (keys?.has(key) === true)
          return `the key ${shorten(JSON.stringify(key))} stands twice in one object`;
        keys?.add(key);
      }
      at = end;
    } else if (code === MINUS || isDigit(code)) {
      let end = at + 1;
      while (end < text.length && isInNumber(text.charCodeAt(end))) end += 1;
      const fault = numberFault(text.slice(at, end));
      if (fault !== undefined) return fault;
      at = end;
    } else {
      if (code === OPEN_OBJECT) open.push(new Set());
      else if (code === OPEN_LIST) open.push(undefined);
      else if (code === CLOSE_OBJECT || code === CLOSE_LIST) open.pop();
      at += 1;
    }
  }
  return undefined;
}

/** The id that an answer to this message goes to, `null` where it has none that could be trusted. */
export function idOf(message: unknown): string | number | null {
  const id =
    typeof message === "object" && message !== null ? (message as { readonly id?: unknown }).id : undefined;
  return typeof id === "string" || Number.isSafeInteger(id) ? (id as string | number) : null;
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Every integer of so few digits is kept exactly, and no number of so few characters without an exponent is too large. */
const SAFE_LENGTH = 15;
const MOST_SHOWN = 40;

/** Behind the closing quote. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return text.length;
}

function isBeforeColon(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return text.charCodeAt(at) === COLON;
}

function toKey(written: string): string {
  return written.includes("\\") ? (parseJson(`"${written}"`) as string) : written;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Digits, `.`, `+`, `-`, `e` and `E`. */
function isInNumber(code: number): boolean {
  return isDigit(code) || code === 0x2e || code === 0x2b || code === MINUS || (code | 0x20) === 0x65;
}

function numberFault(written: string): string | undefined {
  if (written.length <= SAFE_LENGTH && !/e/i.test(written)) return undefined;
  const value = Number(written);
  if (!Number.isFinite(value)) return `the number ${shorten(written)} is too large`;
  if (/^-?\d+$/.test(written) && String(value) !== written)
    return `the number ${shorten(written)} cannot be kept exactly; send it as text`;
  return undefined;
}

function shorten(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
